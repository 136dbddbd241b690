"""Commands that screen: the sample district, or a city; and what they run on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from toegankelijk.cli.terminal import Lang, Out, out, refusals, telling
from toegankelijk.labels import interval, kind_names, label

if TYPE_CHECKING:
    import pandas as pd

    from toegankelijk.screening import Screening


MOST_ZONES = 40
"""Zones up to which each has a line in the terminal, beside the total; the report has all of them."""


def demo(out_folder: Out, lang: Lang = "nl") -> None:
    """Screen the made-up sample district that comes with the package."""
    from toegankelijk.sample import sample_city

    with refusals(lang):
        _run(sample_city(), out_folder, zones=None, norm=None, scope="core", lang=lang)
        out.print(label("terminal.synthetic", lang))


def screen(
    source: Annotated[Path, typer.Argument(help="A city.toml, or a raw OSM extract (.osm, .osm.gz, .osm.pbf).")],
    out_folder: Out,
    zones: Annotated[Path | None, typer.Option("--zones", help="File with zones, with a column level or niveau.")] = None,
    norm: Annotated[str | None, typer.Option("--norm", help="A bundled norm, or a folder; else that of city.toml.")] = None,
    scope: Annotated[str, typer.Option("--scope", help="Criteria that count in scores: core or full.")] = "core",
    lang: Lang = "nl",
) -> None:
    """Screen a city and write findings, scores, monitoring table, map and report."""
    with refusals(lang):
        _run(source, out_folder, zones=zones, norm=norm, scope=scope, lang=lang)


def versions() -> None:
    """Print the versions of all that a screening rests on, for a report of a fault."""
    from toegankelijk.versions import show_versions

    show_versions()


def _run(source: Path, folder: Path, *, zones: Path | None, norm: str | None, scope: str, lang: str) -> None:
    from toegankelijk.labels import check_language
    from toegankelijk.screening import screen as screen_source

    check_language(lang)
    with telling(lang) as progress:
        screening = screen_source(source, zones=zones, norm=norm, scope=scope, lang=lang, progress=progress)
        screening.write(folder, progress=progress)
    _summarise(screening, folder, lang)


def _summarise(screening: Screening, folder: Path, lang: str) -> None:
    scores = screening.scores
    rows = scores[(scores["level"] == "all") & (scores["theme"] == "all")]
    columns = ("zone", "score", "share", "coverage", "blockers", "level_reached")
    table = Table(*(label(name, lang) for name in columns))
    shown = rows if len(rows) <= MOST_ZONES else rows.iloc[:0]
    for row in shown.to_dict("records"):
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
