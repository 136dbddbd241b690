"""What the commands share: the terminal, options, tables, and how an error is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from toegankelijk.errors import InputError, ToegankelijkError
from toegankelijk.labels import label

if TYPE_CHECKING:
    import pandas as pd

out, err = Console(), Console(stderr=True)

UNFORESEEN, WRONG_CALL, REFUSED = 1, 2, 3
"""Exit codes: a mistake of this program; a wrong call or configuration; input that is refused. Nothing half-written stays
behind."""

TRACEBACK = "TOEGANKELIJK_TRACEBACK"
"""Environment variable that, if set, lets a mistake of this program end in a traceback, for a report."""

Out = Annotated[Path, typer.Option("--out", help="Folder to write to.", file_okay=False)]
Lang = Annotated[str, typer.Option("--lang", help="Language of table, map and report: nl, en, fr or de.")]
NormName = Annotated[str, typer.Option("--norm", help="Name of a bundled norm, or a folder with norm tables.")]


@contextmanager
def telling(lang: str) -> Iterator[Callable[[str, str], None]]:
    """A line that says what is being done; it is given a step and what."""
    with err.status(label("terminal.reading", lang)) as status:

        def progress(step: str, what: str) -> None:
            status.update(f"{label(f'terminal.{step}', lang)}: {escape(what)}")

        yield progress


def print_table(frame: pd.DataFrame) -> None:
    """Print a table of texts and numbers."""
    table = Table(*map(str, frame.columns))
    for row in frame.astype("str").to_numpy().tolist():
        table.add_row(*map(escape, row))
    out.print(table)


@contextmanager
def refusals(lang: str) -> Iterator[None]:
    """Print an error as text and end with its exit code."""
    try:
        yield
    except InputError as error:
        err.print(f"[red]{label('terminal.refused', lang)}[/red]\n{escape(str(error))}", soft_wrap=True)
        raise typer.Exit(REFUSED) from None
    except ToegankelijkError as error:
        err.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
        raise typer.Exit(WRONG_CALL) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        words = label("terminal.unforeseen", lang, variable=TRACEBACK)
        err.print(f"[red]{words}[/red]\n{escape(f'{type(error).__name__}: {error}')}", soft_wrap=True)
        raise typer.Exit(UNFORESEEN) from None
