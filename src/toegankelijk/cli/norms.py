"""Commands on norms: list, show, check, and what a city's data can say by one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from toegankelijk.cli.terminal import Lang, NormName, out, print_table, refusals
from toegankelijk.labels import interval, label

if TYPE_CHECKING:
    import pandas as pd

norms = typer.Typer(help="List, show and check norms, and see what a city's data can say by them.", no_args_is_help=True)


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
    lang: Annotated[str, typer.Option("--lang", help="nl, en, fr or de.")] = "nl",
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
            out.print(f"{name}{label('colon', lang)} {text}", markup=False)
        print_table(limits)


@norms.command("check")
def check_norm(folder: Annotated[Path, typer.Argument(help="Folder with norm tables.")]) -> None:
    """Check a norm folder and list all its faults."""
    from toegankelijk.norm import read_norm

    with refusals("nl"):
        norm = read_norm(folder)
        out.print(f"{folder}: {len(norm.rules)} criteria, no faults; SHA-256 {norm.hash[:12]}", markup=False)
        if norm.base:
            out.print(f"{len(norm.overrides)} cells or rows differ from {norm.base}", markup=False)


@norms.command("coverage")
def show_coverage(
    source: Annotated[Path, typer.Argument(help="A city.toml, or a raw OSM extract.")],
    file: Annotated[Path | None, typer.Option("--out", help="CSV file to write, with advice.", dir_okay=False)] = None,
    norm: Annotated[str | None, typer.Option("--norm", help="A bundled norm, or a folder; else that of city.toml.")] = None,
    lang: Lang = "nl",
) -> None:
    """Show how every criterion is obtained on a city, what is known by it, and what is lacking."""
    from toegankelijk.coverage import cover_norm
    from toegankelijk.io.lists import write_list
    from toegankelijk.screening import screen

    with refusals(lang):
        table = cover_norm(screen(source, norm=norm, lang=lang).findings, lang=lang)
        if file is not None:
            write_list(file, table)
        out.print(_coverage_table(table, lang))
        counts = {"known": int((table["known"] > 0).sum()), "all": len(table), "asked": int((table["asked"] > 0).sum())}
        out.print(label("coverage.summary", lang, **counts))


def _coverage_table(table: pd.DataFrame, lang: str) -> Table:
    columns = ("criterion", "tier", "attribute", "obtained", "known", "asked", "fill", "lacking")
    result = Table(
        *(Column(label(f"coverage.{name}", lang), overflow="fold") for name in columns),
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for row in table.to_dict("records"):
        obtained = ", ".join(label(f"obtained.{way}", lang) for way in row["obtained"].split("|"))
        cells = [row["criterion"], row["tier"], row["attribute"], obtained, str(row["known"]), str(row["asked"])]
        cells += [interval(row["fill"], row["fill"], lang), row["lacking"].replace("|", ", ")]
        result.add_row(*map(escape, cells))
    return result
