"""How QGIS shows the monitoring table: its form, its drop-downs and its symbols."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import unescape

from toegankelijk.io.geopackage_rows import columns_of as columns_in
from toegankelijk.io.geopackage_tables import now
from toegankelijk.io.qgis import Entry, Symbol, Widget, add_style, describe, make_labels, make_style, make_symbols
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.ledger.fields import BESIDE, CLOSED, FIELDS, KEY, LAYER, SHARED, STAFF, columns_of
from toegankelijk.ledger.words import field_choices, field_label

BUSY = ("gepland", "in_uitvoering", "doorverwezen")
"""Statuses of bottlenecks that somebody takes care of."""

_WIDGETS: Mapping[str, Widget] = {
    **{"done_on": "date", "photo": "picture", "responsible_staff": "known", "partner_staff": "known"},
    **dict.fromkeys(("reason", "remark", "description", "solution_reason", "note"), "lines"),
}
_WHERE = ("theme", "zone_id", "level", "street", "description", "value", "required", "severity", "solution", "phase")
_FIRST = (KEY, "status", "priority_band", "planning", "street", "description", "solution")
_LATE = ("parent_id", "criteria", "remedy", "basis", "track", "kind", "feasibility_reason", "responsible_reason")

# brown to light, as on the map and in the workbook; size and shape say the same to who cannot tell the colours apart
_BANDS: Mapping[str, tuple[str, float, str]] = {
    "hoog": ("140,81,10,255", 4.6, "diamond"),
    "middel": ("216,168,96,255", 3.6, "square"),
    "laag": ("230,226,211,255", 2.8, "circle"),
}
_ALIAS = re.compile(r"<alias field=(\"[^\"]*\"|'[^']*')")
_BLUE, _DARK, _GREY = "0,114,178,255", "60,40,10,255", "150,150,150,255"


def add_form(connection: sqlite3.Connection, *, extra: Sequence[str], lang: str, geometry: str) -> None:
    """Give the monitoring table and the tables beside it their headings, drop-downs and style; what people made stays.

    Parameters
    ----------
    connection
        In a transaction, with all tables made.
    extra
        Columns that staff added.
    lang
        Language of what people see.
    geometry
        Column with the points.
    """
    describe(connection, LAYER, _entries(extra, lang))
    for table, columns in BESIDE.items():
        describe(connection, table, [_entry(name, lang) for name in columns])
    add_style(connection, LAYER, table_style(extra, lang), geometry=geometry, title=label("bottlenecks", lang), date=now())


def follow_columns(connection: sqlite3.Connection, *, extra: Sequence[str]) -> None:
    """Show columns that staff added since, as pages of a form only show what they were made with; not in a style of their own."""
    if not columns_in(connection, "layer_styles"):
        return
    styles = connection.execute("SELECT id, styleQML FROM layer_styles WHERE lower(f_table_name) = ?", (LAYER,)).fetchall()
    for number, style in styles:
        named = [unescape(name[1:-1], {"&quot;": '"'}) for name in _ALIAS.findall(style or "")]
        had = [name for name in named if name not in FIELDS]
        if set(had) == set(extra):
            continue
        for lang in LANGUAGES:
            if style == table_style(had, lang):
                row = (table_style(extra, lang), now(), number)
                connection.execute("UPDATE layer_styles SET styleQML = ?, update_time = ? WHERE id = ?", row)


def table_style(extra: Sequence[str], lang: str) -> str:
    """Style of the monitoring table as QGIS stores it (QML), whatever it stands in; `extra` are columns that staff added."""
    return make_style(
        list(_entries(extra, lang)),
        preview='concat("street", \' – \', "solution")',
        symbols=_symbols(lang),
        labels=make_labels(f'CASE WHEN "status" IN ({_listed(CLOSED)}) THEN \'\' ELSE "solution" END', size=7.5, scale=1500),
        groups=_groups(extra, lang),
        sort='"priority"',
    )


def _entries(extra: Sequence[str], lang: str) -> Iterator[Entry]:
    """Columns in the order of the table of attributes: what people need first."""
    ordered = list(dict.fromkeys([*_FIRST, *columns_of("staff"), *extra, *FIELDS]))
    hidden = {*_LATE, *columns_of("proposed")}
    for name in [*(name for name in ordered if name not in hidden), *(name for name in ordered if name in hidden)]:
        yield _entry(name, lang, shown=name not in hidden)


def _entry(name: str, lang: str, *, shown: bool = True) -> Entry:
    choices = field_choices(name, lang)
    field = FIELDS.get(name)
    texts = choices and (field is None or field.type.startswith("str"))
    listed = f"{LAYER}_{name if name == 'status_staff' or field is None else field.of}" if texts else ""
    editable = field is None or field.owner == "staff"
    return Entry(name, field_label(name, lang), _WIDGETS.get(name, "text"), choices, listed, editable, shown)


def _groups(extra: Sequence[str], lang: str) -> dict[str, list[str]]:
    """Pages of the form: what staff fill in, what is wrong and what counts, why, and where it comes from."""
    effective = list(SHARED)
    pages = {
        label("table.page.work", lang): [*(f"{name}_staff" for name in SHARED), *STAFF, *extra],
        label("bottleneck", lang): [KEY, *_WHERE, *effective, "status_since"],
    }
    why = [name for name in FIELDS if name.endswith("_reason") or name in ("priority", "feasibility")]
    pages[label("table.page.reasons", lang)] = [*why, *columns_of("proposed")]
    placed = {name for names in pages.values() for name in names}
    pages[label("table.page.source", lang)] = [name for name in FIELDS if name not in placed]
    return pages


def _symbols(lang: str) -> str:
    """Priority by colour, size and shape; a blue edge where somebody takes care of it; a small cross for what is settled."""
    closed, busy = _listed(CLOSED), _listed(BUSY)
    case = (
        f'CASE WHEN "status" IN ({closed}) THEN \'closed\' WHEN "status" IN ({busy}) '
        'THEN concat("priority_band", \' busy\') ELSE "priority_band" END'
    )
    words = field_choices("priority_band", lang)
    symbols = [
        Symbol(f"{band}{ending}", label(f"table.legend.{text}", lang, band=words[band]), colour, edge, size, width, shape)
        for ending, text, edge, width in (("", "open", _DARK, 0.3), (" busy", "busy", _BLUE, 0.9))
        for band, (colour, size, shape) in _BANDS.items()
    ]
    symbols.append(Symbol("closed", label("table.legend.closed", lang), _GREY, _GREY, 2.0, 0.4, "cross2"))
    symbols.append(Symbol("", label("table.legend.other", lang), "255,255,255,255", _DARK, 2.4, 0.3, "triangle"))
    return make_symbols(case, symbols, shape="Point", order='"priority"')


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)
