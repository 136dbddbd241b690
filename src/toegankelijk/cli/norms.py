"""Commands on norms: list, show, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from toegankelijk.cli.terminal import NormName, out, print_table, refusals

norms = typer.Typer(help="List, show and check norms.", no_args_is_help=True)


@norms.command("list")
def list_norms() -> None:
    """List the norms that come with the package."""
    from toegankelijk.norm import bundled_norms, read_norm

    with refusals("nl"):
        for name in bundled_norms():
            norm = read_norm(name)
            out.print(f"{norm.name} {norm.version}: {len(norm.rules)} criteria, SHA-256 {norm.hash[:12]}", markup=False)


@norms.command("show")
def show_criterion(
    code: Annotated[str, typer.Argument(help="Code of a criterion, such as CRO-01.")],
    norm: NormName = "vlaanderen",
    lang: Annotated[str, typer.Option("--lang", help="nl or en.")] = "nl",
) -> None:
    """Show a criterion: what it asks at each level, on what basis, and what to do about it."""
    from toegankelijk.errors import ConfigError
    from toegankelijk.evidence import describe_criterion
    from toegankelijk.norm import read_norm

    with refusals(lang):
        read = read_norm(norm)
        if code not in read.rules:
            raise ConfigError(
                f"norm {read.name!r} has no criterion {code!r}; the codes run from {min(read.rules)} to {max(read.rules)}"
            )
        heading, facts, limits = describe_criterion(read, code, lang)
        out.print(f"[bold]{escape(heading)}[/bold]")
        for name, text in facts:
            out.print(f"{name}: {text}", markup=False)
        print_table(limits)


@norms.command("check")
def check_norm(folder: Annotated[Path, typer.Argument(help="Folder with norm tables.")]) -> None:
    """Check a norm folder and list all its faults."""
    from toegankelijk.norm import read_norm

    with refusals("nl"):
        norm = read_norm(folder)
        out.print(f"{folder}: {len(norm.rules)} criteria, no faults; SHA-256 {norm.hash[:12]}", markup=False)
