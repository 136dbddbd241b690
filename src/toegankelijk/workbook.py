"""The monitoring table as an Excel workbook: which columns, in which words, with which choices."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.bottlenecks import BANDS
from toegankelijk.io.excel import DERIVED, Column, Written, write_workbook
from toegankelijk.labels import label, word
from toegankelijk.monitoring import FIELDS
from toegankelijk.norm import Norm
from toegankelijk.norm.faults import FEASIBILITIES, PHASES
from toegankelijk.wording import Names

PRINTED = (
    *("bottleneck_id", "zone_id", "level", "street", "theme", "description", "severity", "solution", "priority_band"),
    *("planning", "phase", "target_year", "responsible", "partner", "status"),
)
"""Columns that people work with, and that are on paper; those that staff added follow."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": ("open", "gepland", "opgelost"),
    "planning": ("KT", "MLT", "LT"),
    "phase": ("opmeten", *PHASES, "aanmelden_bij_derden"),
    "feasibility": FEASIBILITIES,
    "track": ("eigen", "derden"),
    "priority_band": tuple(band for _, band in BANDS),
}
"""Codes that drop-downs offer; services are offered too, and others may be entered there."""

GROUPS: Mapping[str, str] = {"planning": "term", "priority_band": "band"}
"""Group of labels of a coded column, where it is not called like the column."""

COLOURS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "priority_band": {"hoog": ("#8c510a", "#ffffff"), "middel": ("#d8a860", "#000000"), "laag": ("#e6e2d3", "#000000")},
    "severity": {"4": ("#8c510a", "#ffffff"), "3": ("#d8a860", "#000000"), "2": ("#e6e2d3", "#000000")},
}
"""Colours of the cell and its text, those of the map; the words stand there too."""


def write_monitoring_workbook(
    path: str | Path, table: gpd.GeoDataFrame, *, city: schema.City, norm: Norm, lang: str = "nl"
) -> Written:
    """Write the monitoring table as an Excel workbook to filter, fill in and print.

    Parameters
    ----------
    path
        File to make or to replace; its folder must exist.
    table
        The monitoring table, with the columns that staff added.
    city
        Gives its name, the names of zones, and where the data came from.
    norm
        Gives the names of themes and services.
    lang
        Language of headings and words.

    Raises
    ------
    MissingExtraError
        The package xlsxwriter is not installed.
    ConfigError
        The table has more rows than a sheet.
    InputError
        The file cannot be written; the old one stays.
    """
    plain = pd.DataFrame(table.drop(columns=table.geometry.name)).assign(**_places(table))
    names = Names.of(norm, lang)
    columns = [_column(name, city, norm, names) for name in _ordered(plain)]
    seen = [day for day in plain["last_seen"] if isinstance(day, datetime.date) and not pd.isna(day)]
    return write_workbook(
        path,
        plain,
        columns,
        name=label("bottlenecks", lang),
        title=label("workbook.title", lang, city=city.name),
        created=city.settings.get("date") or max(seen, default=datetime.date(1980, 1, 1)),  # the first day that a zip file knows
        facts=_facts(plain, city, norm, lang),
        counts=_counts(plain, norm, names),
        lang=lang,
    )


def _ordered(table: pd.DataFrame) -> Iterator[str]:
    """Columns: those that are printed, those of staff, and the rest."""
    own = [name for name in table if name not in FIELDS and not name.startswith(DERIVED)]
    rest = [name for name in table if name not in PRINTED and name not in own]
    yield from (name for name in (*PRINTED, *own, *rest) if name in table)


def _column(name: str, city: schema.City, norm: Norm, names: Names) -> Column:
    services = name in ("responsible", "partner")
    choices = tuple(norm.services.index) if services else CHOICES.get(name, ())
    words = {
        "theme": names.themes,
        "kind": names.kinds,
        "zone_id": {zone: given or zone for zone, given in city.zones["name"].astype("str").items()},
        "responsible": names.services,
        "partner": names.services,
        "severity": {grade: word("severity", grade, names.lang) for grade in "4321"},
    }.get(name, {code: word(GROUPS.get(name, name), code, names.lang) for code in choices})
    heading = label(name, names.lang) if name in FIELDS or name.startswith(DERIVED) else name
    printed = name in PRINTED or not (name in FIELDS or name.startswith(DERIVED))
    return Column(name, heading, words, choices, not services, COLOURS.get(name, {}), printed)


def _places(table: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """Where each bottleneck is: metres, degrees, and the address of a map as text."""
    points = gpd.GeoDataFrame(geometry=table.geometry[~(table.geometry.is_empty | table.geometry.isna())])
    degrees = points if points.empty or table.crs is None else systems.transform(points, "EPSG:4326")[0]
    columns = {"x": points.geometry.x.round(2), "y": points.geometry.y.round(2)}
    if degrees is not points:
        lon, lat = degrees.geometry.x.round(6), degrees.geometry.y.round(6)
        links = [f"https://www.openstreetmap.org/?mlat={y}&mlon={x}#map=19/{y}/{x}" for x, y in zip(lon, lat, strict=True)]
        columns |= {"lon": lon, "lat": lat, "map": pd.Series(links, points.index, dtype="object")}
    return {f"{DERIVED}{name}": column.reindex(table.index) for name, column in columns.items()}


def _facts(table: pd.DataFrame, city: schema.City, norm: Norm, lang: str) -> Iterator[tuple[str, object]]:
    """What the table rests on."""
    yield label("city", lang), city.name
    yield label("date", lang), city.settings.get("date")
    yield label("source", lang), city.settings.get("attribution", "")
    yield label("norm", lang), f"{norm.name} {norm.version}"
    yield label("checksum", lang), norm.hash
    if norm.base:
        rows = norm.overrides[["table", "key"]].drop_duplicates().agg(" ".join, axis=1) if len(norm.overrides) else []
        yield label("workbook.overrides", lang, base=norm.base), ", ".join(rows)
    yield label("crs", lang), systems.label(city.crs)
    yield label("zones", lang), len(city.zones)
    yield label("bottlenecks", lang), len(table)


def _counts(table: pd.DataFrame, norm: Norm, names: Names) -> pd.DataFrame:
    """Bottlenecks per theme and priority band."""
    bands, lang = CHOICES["priority_band"], names.lang
    counts = pd.crosstab(table["theme"], table["priority_band"]).reindex(index=norm.themes.index, columns=bands, fill_value=0)
    counts[label("total", lang)] = counts.sum(axis=1)
    counts.loc[label("total", lang)] = counts.sum()
    counts.index = pd.Index([names.themes.get(theme, theme) for theme in counts.index], name=label("theme", lang))
    return counts.rename(columns={band: word("band", band, lang) for band in bands})
