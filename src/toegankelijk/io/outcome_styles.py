"""How QGIS shows the layers of a screening and of a plan: headings of columns, and a style where all objects are of one shape.

The classes, their words and their colours are those of the maps. What is told by colour is told by size, by shape or by a
text on the map too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd

from toegankelijk.io.qgis import Entry, Symbol, add_style, describe, make_labels, make_style, make_symbols
from toegankelijk.labels import label, word

DATE = "2000-01-01T00:00:00.000Z"
"""Date of every style: the true one would make two equal outcomes differ."""

_FIFTHS = ("43,15,0", "122,58,6", "181,114,47", "217,178,122", "224,245,240")
_DARK, _LIGHT, _NONE = "35,35,35,255", "255,255,255,255", "0,0,0,0"
_BANDS = (
    ("hoog", "143,20,20,255", 4.6, "diamond"),
    ("middel", "154,82,0,255", 3.6, "square"),
    ("laag", "47,93,138,255", 2.8, "circle"),
)
_REST = ""


@dataclass(frozen=True)
class _Look:
    """How a layer is drawn: the expression that tells its cases apart, how each looks, and what is written beside it."""

    shape: str
    expression: str
    symbols: Callable[[str], Sequence[Symbol]]
    text: str = ""
    scale: int = 20_000


def outcome_finish(
    layers: Mapping[str, gpd.GeoDataFrame], lang: str, *, user: str = "wheelchair"
) -> Callable[[sqlite3.Connection], None]:
    """What `toegankelijk.io.geopackage.write_layers` does last: headings and styles of these layers.

    Parameters
    ----------
    layers
        The layers of the file by name.
    lang
        Language of headings and legends.
    user
        Kind of user for whom ways are drawn as open or closed.
    """

    def finish(connection: sqlite3.Connection) -> None:
        for name, frame in layers.items():
            entries = [_entry(column, lang) for column in _columns(frame)]
            describe(connection, name, entries)
            look = LOOKS.get(name)
            if look is None or not set(frame.geom_type.dropna().unique()) <= {look.shape, f"Multi{look.shape}"}:
                continue
            symbols = make_symbols(look.expression.replace("{user}", user), look.symbols(lang), shape=look.shape)
            texts = make_labels(look.text, size=8, scale=look.scale, inside=look.shape == "Polygon") if look.text else ""
            style = make_style(entries, preview=f'"{entries[0].name}"', symbols=symbols, labels=texts)
            add_style(connection, name, style, geometry="geom", title=_title(name, lang), date=DATE)

    return finish


def _columns(frame: gpd.GeoDataFrame) -> list[str]:
    """Columns as they stand in the file: a named index comes first."""
    index = [str(frame.index.name)] if frame.index.name else []
    return [*index, *(str(name) for name in frame.columns if name != frame.geometry.name)]


def _entry(column: str, lang: str) -> Entry:
    return Entry(column, _heading(column, lang), editable=False)


def _heading(column: str, lang: str) -> str:
    """Heading of a column: its label, the attribute's, or its own name with spaces."""
    for ending in ("before", "after", "difference"):
        if column.endswith(f"_{ending}"):
            return label(f"column.{ending}", lang, x=_heading(column.removesuffix(f"_{ending}"), lang))
    for key in (f"column.{column}", column, f"attribute.{column}"):
        try:
            return label(key, lang)
        except (KeyError, ValueError):  # no such label, or one with values to fill in
            continue
    return column.replace("_", " ")


def _title(name: str, lang: str) -> str:
    return word("layer_name", name, lang)


def _scores(lang: str) -> list[Symbol]:
    rows = [
        Symbol(str(number), f"{20 * number}–{20 * number + 20}", f"{colour},190", _DARK, width=0.4)
        for number, colour in enumerate(_FIFTHS)
    ]
    return [*rows, Symbol("unranked", label("qgis.unranked", lang), "236,236,236,120", _DARK, width=0.4), _other()]


def _other() -> Symbol:
    """Rows that are not drawn, such as scores per theme: they are there to be filtered."""
    return Symbol(_REST, "", _NONE, _NONE, size=0.1, width=0)


def _bands(lang: str) -> list[Symbol]:
    rows = [Symbol(band, word("band", band, lang), colour, _LIGHT, size, 0.4, shape) for band, colour, size, shape in _BANDS]
    return [*rows, Symbol(_REST, label("unknown", lang), _LIGHT, _DARK, 2.4, 0.3, "triangle")]


def _gaps(lang: str) -> list[Symbol]:
    return [Symbol(_REST, label("gap", lang), "143,20,20,255", width=0.9)]


def _terms(lang: str) -> list[Symbol]:
    looks = (("KT", "0,51,46,255", 4.6), ("MLT", "11,110,99,255", 3.8), ("LT", "191,227,220,255", 3.2))
    rows = [Symbol(term, word("term", term, lang), colour, _LIGHT, size, 0.4, "square") for term, colour, size in looks]
    return [*rows, Symbol(_REST, label("qgis.not_in_plan", lang), _LIGHT, "122,12,12,255", 3.0, 0.5, "cross2")]


def _ways(lang: str) -> list[Symbol]:
    looks = (("open", "63,134,184,255", 0.5), ("unknown", "135,80,0,255", 0.7), ("closed", "122,12,12,255", 1.6))
    return [Symbol(name, label(f"network.map.{name}", lang), colour, width=width) for name, colour, width in looks]


def _gates(lang: str) -> list[Symbol]:
    looks = (
        ("open", "63,134,184,255", 1.6, "circle"),
        ("unknown", _LIGHT, 2.6, "circle"),
        ("closed", "122,12,12,255", 3.4, "square"),
    )
    return [
        Symbol(name, label(f"network.map.{name}", lang), colour, _DARK, size, 0.3, shape) for name, colour, size, shape in looks
    ]


def _verdicts(lang: str) -> list[Symbol]:
    looks = (
        ("meets", "0,89,79,255", 3.0, "circle"),
        ("unknown", _LIGHT, 3.0, "circle"),
        ("fails", "143,20,20,255", 4.0, "diamond"),
    )
    return [Symbol(name, word("outcome", name, lang), colour, _DARK, size, 0.4, shape) for name, colour, size, shape in looks]


def _score_case(ending: str = "") -> str:
    """Fifth of the middle of the score, of the rows over all levels and themes."""
    low, high = f'"score_low{ending}"', f'"score_high{ending}"'
    fifth = f"to_string(min(4, floor(({low} + {high}) * 2.5)))"
    return (
        "CASE WHEN \"level\" = 'all' AND \"theme\" = 'all' THEN "
        f"CASE WHEN \"ranked{ending}\" AND {low} IS NOT NULL THEN {fifth} ELSE 'unranked' END ELSE '' END"
    )


def _score_text(name: str, ending: str = "") -> str:
    ends = [
        f"coalesce(to_string({way}(\"score_{end}{ending}\" * 100)), '?')" for end, way in (("low", "floor"), ("high", "ceil"))
    ]
    return (
        f"CASE WHEN \"level\" = 'all' AND \"theme\" = 'all' THEN concat(\"{name}\", '\\n', {ends[0]}, '–', {ends[1]}) ELSE '' END"
    )


_WORST_STOP = (
    "CASE WHEN 'fails' IN (\"physical\", \"visual\") THEN 'fails' WHEN 'unknown' IN (\"physical\", \"visual\") THEN 'unknown' "
    "ELSE 'meets' END"
)

LOOKS: Mapping[str, _Look] = {
    "zone_scores": _Look("Polygon", _score_case(), _scores, _score_text("zone_name"), 100_000),
    "area_scores": _Look("Polygon", _score_case(), _scores, _score_text("district_name"), 100_000),
    "scores": _Look("Polygon", _score_case("_after"), _scores, _score_text("zone_name", "_after"), 100_000),
    "bottlenecks": _Look("Point", '"priority_band"', _bands, '"solution"', 1500),
    "visits": _Look("Point", '"priority_band"', _bands, '"visit_id"', 5000),
    "narrowings": _Look("LineString", "''", _gaps, '"width"', 1000),
    "stop_verdicts": _Look("Point", _WORST_STOP, _verdicts, '"name"', 5000),
    "jobs": _Look("Point", '"term"', _terms, '"solutions"', 2000),
    "ways": _Look("LineString", '"{user}"', _ways),
    "gates": _Look("Point", '"{user}"', _gates),
}
"""Looks of layers by name; ``{user}`` stands for the leading kind of user."""
