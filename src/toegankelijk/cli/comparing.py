"""The command that lays cities side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from toegankelijk.cli.terminal import Lang, out, refusals, telling
from toegankelijk.labels import interval, label, word

if TYPE_CHECKING:
    from toegankelijk.screening.cities import Cities

COLUMNS = ("score", "share", "coverage", "blockers", "level_reached", "bottlenecks")


def compare(
    sources: Annotated[list[Path], typer.Argument(help="Two or more cities: a city.toml or a raw OSM extract each.")],
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder to write the tables and a page to.", file_okay=False)
    ] = None,
    norm: Annotated[str | None, typer.Option("--norm", help="A bundled norm, or a folder; else that of the cities.")] = None,
    scope: Annotated[str, typer.Option("--scope", help="Criteria that count in scores: core or full.")] = "core",
    zones: Annotated[bool, typer.Option("--zones", help="Show every zone, not only the cities.")] = False,
    lang: Lang = "nl",
) -> None:
    """Screen several cities by one norm and scope, and lay their scores side by side."""
    from toegankelijk.labels import check_language
    from toegankelijk.screening.cities import screen_cities

    with refusals(lang):
        check_language(lang)
        with telling(lang) as progress:
            cities = screen_cities(sources, norm=norm, scope=scope, lang=lang, progress=progress)
            files = cities.write(out_folder, lang=lang) if out_folder is not None else []
        _print(cities, lang, zones=zones)
        for file in files:
            out.print(str(file), markup=False)


def _print(cities: Cities, lang: str, *, zones: bool) -> None:
    table = Table(label("compare.city", lang), label("zone", lang), *(label(name, lang) for name in COLUMNS))
    for row in cities.table.to_dict("records"):
        whole = row["zone_id"] == "city"
        if whole or zones:
            name = label("total", lang) if whole else str(row["zone_name"])
            table.add_row(*map(escape, [str(row["city"]), name, *_cells(row, lang)]))
    out.print(table)
    norm = {"name": cities.norm.name, "version": cities.norm.version, "hash": cities.norm.hash[:12]}
    out.print(label("compare.same", lang, **norm, criteria=len(cities.scope)))


def _cells(row: Mapping[Any, Any], lang: str) -> list[str]:
    surely, possibly = (word("level", row[f"level_{how}"], lang) for how in ("surely", "possibly"))
    reached = surely if surely == possibly else label("level_range", lang, surely=surely, possibly=possibly)
    ends = [interval(row[f"{name}_low"], row[f"{name}_high"], lang) for name in ("score", "share")]
    coverage = interval(row["coverage"], row["coverage"], lang)
    return [*ends, coverage, str(row["blockers"]), reached, str(row["bottlenecks"])]
