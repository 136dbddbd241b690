"""The command line: parse, call, print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from toegankelijk.errors import InputError, ToegankelijkError
from toegankelijk.labels import interval, kind_names, label

if TYPE_CHECKING:
    import pandas as pd

    from toegankelijk.screening import Screening

app = typer.Typer(name="toegankelijk", help="Screen public space for accessibility.", no_args_is_help=True, add_completion=False)
norms = typer.Typer(help="List, show and check norms.", no_args_is_help=True)
app.add_typer(norms, name="norm")

out, err = Console(), Console(stderr=True)

WRONG_CALL, REFUSED = 2, 3
"""Exit codes: a wrong call or configuration; input that is refused. Nothing half-written stays behind."""

Out = Annotated[Path, typer.Option("--out", help="Folder to write to.", file_okay=False)]
Lang = Annotated[str, typer.Option("--lang", help="Language of table, map and report: nl, en, fr or de.")]
NormName = Annotated[str, typer.Option("--norm", help="Name of a bundled norm, or a folder with norm tables.")]


@app.command()
def demo(out_folder: Out, lang: Lang = "nl") -> None:
    """Screen the made-up sample district that comes with the package."""
    from toegankelijk.sample import sample_city

    with _refusals(lang):
        _run(sample_city(), out_folder, zones=None, norm="vlaanderen", scope="core", lang=lang)
        out.print(label("terminal.synthetic", lang))


@app.command()
def screen(
    source: Annotated[Path, typer.Argument(help="A city.toml, or a raw OSM extract (.osm, .osm.gz, .osm.pbf).")],
    out_folder: Out,
    zones: Annotated[Path | None, typer.Option("--zones", help="File with zones, with a column level or niveau.")] = None,
    norm: NormName = "vlaanderen",
    scope: Annotated[str, typer.Option("--scope", help="Criteria that count in scores: core or full.")] = "core",
    lang: Lang = "nl",
) -> None:
    """Screen a city and write findings, scores, monitoring table, map and report."""
    with _refusals(lang):
        _run(source, out_folder, zones=zones, norm=norm, scope=scope, lang=lang)


@norms.command("list")
def list_norms() -> None:
    """List the norms that come with the package."""
    from toegankelijk.norm import bundled_norms, read_norm

    with _refusals("nl"):
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

    with _refusals(lang):
        read = read_norm(norm)
        if code not in read.rules:
            raise ConfigError(
                f"norm {read.name!r} has no criterion {code!r}; the codes run from {min(read.rules)} to {max(read.rules)}"
            )
        heading, facts, limits = describe_criterion(read, code, lang)
        out.print(f"[bold]{escape(heading)}[/bold]")
        for name, text in facts:
            out.print(f"{name}: {text}", markup=False)
        _print_table(limits)


@norms.command("check")
def check_norm(folder: Annotated[Path, typer.Argument(help="Folder with norm tables.")]) -> None:
    """Check a norm folder and list all its faults."""
    from toegankelijk.norm import read_norm

    with _refusals("nl"):
        norm = read_norm(folder)
        out.print(f"{folder}: {len(norm.rules)} criteria, no faults; SHA-256 {norm.hash[:12]}", markup=False)


def _run(source: Path, folder: Path, *, zones: Path | None, norm: str, scope: str, lang: str) -> None:
    from toegankelijk.labels import check_language
    from toegankelijk.screening import screen as screen_source

    check_language(lang)
    with err.status(label("terminal.reading", lang)) as status:

        def progress(step: str, what: str) -> None:
            status.update(f"{label(f'terminal.{step}', lang)}: {escape(what)}")

        screening = screen_source(source, zones=zones, norm=norm, scope=scope, lang=lang, progress=progress)
        screening.write(folder, progress=progress)
    _summarise(screening, folder, lang)


def _summarise(screening: Screening, folder: Path, lang: str) -> None:
    scores = screening.scores
    rows = scores[(scores["level"] == "all") & (scores["theme"] == "all")]
    columns = ("zone", "score", "share", "coverage", "blockers", "level_reached")
    table = Table(*(label(name, lang) for name in columns))
    for row in rows.to_dict("records"):
        table.add_row(*_score_cells(row, str(row["zone_name"]), lang))
    if len(rows) > 1:
        table.add_section()
        table.add_row(*_score_cells(screening.city_scores.iloc[0].to_dict(), label("total", lang), lang))
    out.print(table)
    _print_balance(screening.balance, lang)
    if screening.city.zones["assumed"].all():
        out.print(label("terminal.assumed_zones", lang))
    if len(screening.city.remarks):
        out.print(label("terminal.remarks", lang, count=len(screening.city.remarks)))
    counts = {"zones": len(rows), "bottlenecks": len(screening.table), "good_examples": len(screening.good_examples)}
    out.print(label("terminal.done", lang, **counts))
    out.print(label("terminal.written", lang, folder=folder), markup=False)


def _score_cells(row: Mapping[str, Any], name: str, lang: str) -> list[str]:
    cells = [name, interval(row["score_low"], row["score_high"], lang), interval(row["share_low"], row["share_high"], lang)]
    cells += [interval(row["coverage"], row["coverage"], lang), str(row["blockers"])]
    reached = {word: _level(row[f"level_{word}"], lang) for word in ("surely", "possibly")}
    return [escape(cell) for cell in [*cells, label("level_range", lang, **reached)]]


def _level(level: str, lang: str) -> str:
    return label("level.none", lang) if level == "none" else level


def _print_balance(balance: pd.DataFrame, lang: str) -> None:
    columns = ("read", "assessed", "outside", "not_assessable", "derived")
    numbers = [Column(label(f"balance.{name}", lang), justify="right") for name in columns]
    table = Table(Column(label("layer", lang), overflow="fold"), *numbers, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    names, several = kind_names(lang), set(balance["kind"][balance["kind"].duplicated()])
    for row in balance.to_dict("records"):
        layer = row["layer"].rpartition("/")[2] if row["kind"] in several else ""  # its file stands in the report
        table.add_row(escape(f"{names[row['kind']]} {layer}".strip()), *(str(row[name]) for name in columns))
    out.print(table)


def _print_table(frame: pd.DataFrame) -> None:
    table = Table(*map(str, frame.columns))
    for row in frame.astype("str").to_numpy().tolist():
        table.add_row(*map(escape, row))
    out.print(table)


@contextmanager
def _refusals(lang: str) -> Iterator[None]:
    """Print an error as text and end with its exit code."""
    try:
        yield
    except InputError as error:
        err.print(f"[red]{label('terminal.refused', lang)}[/red]\n{escape(str(error))}", soft_wrap=True)
        raise typer.Exit(REFUSED) from None
    except ToegankelijkError as error:
        err.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
        raise typer.Exit(WRONG_CALL) from None
