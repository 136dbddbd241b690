"""What makes a layer of a GeoPackage ready for work: headings, drop-downs and a style, by the standard and as QGIS reads them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import quoteattr

from toegankelijk.io.geopackage_rows import columns_of, insert_rows
from toegankelijk.io.geopackage_tables import add_extension

Widget = Literal["text", "lines", "date", "picture", "known", "choice"]
"""How a cell is filled in: a line, several lines, a day, a path to a picture, one of the values that are there already or another
one, or one of the choices."""


@dataclass(frozen=True)
class Entry:
    """A column as people see it.

    Parameters
    ----------
    name
        The column.
    title
        Its heading.
    widget
        How it is filled in.
    choices
        Codes that can be chosen, with their words.
    listed
        Name of the list of choices in the file; columns may share one. None for numbers: programs that read a file through Arrow
        would get the words instead, and fail at a number that is not in the list.
    editable
        Whether people fill it in.
    shown
        Whether it stands in the table of attributes from the start.
    """

    name: str
    title: str
    widget: Widget = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    listed: str = ""
    editable: bool = True
    shown: bool = True


@dataclass(frozen=True)
class Symbol:
    """How the objects of one case are drawn; colours as ``"r,g,b,a"``, sizes in millimetres.

    Parameters
    ----------
    value
        The case, as the renderer's expression gives it.
    title
        Its words in the legend.
    colour, outline
        Of the inside and of the edge.
    size, width
        Of a point, and of the edge or the line.
    shape
        Of a point.
    """

    value: str
    title: str
    colour: str
    outline: str = "35,35,35,255"
    size: float = 3.0
    width: float = 0.8
    shape: str = "circle"


def describe(connection: sqlite3.Connection, table: str, entries: Iterable[Entry]) -> None:
    """Write headings and drop-downs of a layer in the tables of the standard; what is there already stays."""
    for name, columns in _SCHEMA.items():
        if not columns_of(connection, name):
            connection.execute(f"CREATE TABLE {name} ({columns})")
        add_extension(connection, name, None, "gpkg_schema", _SCHEMA_PAGE, "read-write")
    for entry in entries:
        constraint = entry.listed or None if entry.choices else None
        connection.execute(
            "INSERT OR IGNORE INTO gpkg_data_columns (table_name, column_name, title, description, constraint_name) "
            "VALUES (?, ?, ?, ?, ?)",
            (table, entry.name, entry.title, entry.title, constraint),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
            "VALUES (?, 'enum', ?, ?)",
            [(constraint, code, text) for code, text in entry.choices.items() if constraint],
        )


def add_style(connection: sqlite3.Connection, table: str, style: str, *, geometry: str, title: str, date: str) -> None:
    """Give a layer its style, unless it has one."""
    if not columns_of(connection, "layer_styles"):
        connection.execute(f"CREATE TABLE layer_styles ({_STYLES})")
        row = {"table_name": "layer_styles", "data_type": "attributes", "identifier": "layer_styles", "last_change": date}
        insert_rows(connection, "gpkg_contents", {name: [value] for name, value in row.items()})
    if connection.execute("SELECT 1 FROM layer_styles WHERE lower(f_table_name) = lower(?)", (table,)).fetchone():
        return
    given = {"f_table_catalog": "", "f_table_schema": "", "f_table_name": table, "f_geometry_column": geometry}
    given |= {"styleName": table, "styleQML": style, "styleSLD": "", "description": title, "owner": "", "update_time": date}
    insert_rows(connection, "layer_styles", {**{name: [value] for name, value in given.items()}, "useAsDefault": [1]})


def make_style(
    entries: Sequence[Entry],
    *,
    preview: str,
    symbols: str = "",
    labels: str = "",
    groups: Mapping[str, Sequence[str]] | None = None,
    sort: str = "",
) -> str:
    """Style of a layer as QGIS stores it (QML).

    Parameters
    ----------
    entries
        Its columns.
    preview
        Expression for the name of an object in lists.
    symbols, labels
        As `make_symbols` and `make_labels` give them.
    groups
        Title to columns of each page of the form; without it QGIS puts all columns below each other.
    sort
        Expression by which the table of attributes is sorted, highest first; with it the columns stand there in this order.
    """
    fields = "".join(
        f"<field name={quoteattr(entry.name)}><editWidget type='{kind}'><config><Option type='Map'>{options}</Option></config>"
        "</editWidget></field>"
        for entry in entries
        for kind, options in [_widget(entry)]
    )
    aliases = "".join(
        f"<alias field={quoteattr(entry.name)} name={quoteattr(entry.title)} index='{number}'/>"
        for number, entry in enumerate(entries)
    )
    editable = "".join(f"<field name={quoteattr(entry.name)} editable='{int(entry.editable)}'/>" for entry in entries)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version='3.22' styleCategories='AllStyleCategories'>"
        f"<fieldConfiguration>{fields}</fieldConfiguration><aliases>{aliases}</aliases><editable>{editable}</editable>"
        f"<previewExpression>{_text(preview)}</previewExpression>{_form(groups)}{_table(entries, sort)}{symbols}{labels}</qgis>"
    )


def make_symbols(expression: str, symbols: Sequence[Symbol], *, shape: str, order: str = "") -> str:
    """Symbols by the value of an expression.

    Parameters
    ----------
    expression
        Tells the cases apart.
    symbols
        How each is drawn; one of value "" is for all other objects.
    shape
        Type of the layer's geometry: ``"Point"``, ``"LineString"`` or ``"Polygon"``.
    order
        Expression by which objects are drawn, the highest on top.
    """
    categories = "".join(
        f"<category value={quoteattr(one.value)} symbol='{number}' render='true' label={quoteattr(one.title)}/>"
        for number, one in enumerate(symbols)
    )
    drawn = "".join(_symbol(number, one, shape) for number, one in enumerate(symbols))
    clause = f"<orderby><orderByClause asc='1' nullsFirst='1'>{_text(order)}</orderByClause></orderby>" if order else ""
    return (
        f"<renderer-v2 type='categorizedSymbol' attr={quoteattr(expression)} symbollevels='0' enableorderby='{int(bool(order))}'>"
        f"<categories>{categories}</categories><symbols>{drawn}</symbols>{clause}</renderer-v2>"
    )


def make_labels(expression: str, *, size: float, scale: int, inside: bool = False) -> str:
    """Texts on the map beside the objects, or inside of them, in points, when zoomed in to 1 : `scale` or further."""
    place = (
        "<placement placement='4' priority='8'/>"
        if inside
        else "<placement placement='6' offsetType='1' dist='0.5' distUnits='MM' "
        "predefinedPositionOrder='TR,TL,BR,BL,R,L,TSR,BSR'/>"
    )
    return (
        "<labeling type='simple'><settings calloutType='simple'>"
        f"<text-style fieldName={quoteattr(expression)} isExpression='1' fontSize='{size}' fontSizeUnit='Point' "
        "textColor='35,35,35,255' multilineHeight='0.9'>"
        "<text-buffer bufferDraw='1' bufferSize='0.8' bufferSizeUnits='MM' bufferColor='255,255,255,230' bufferOpacity='0.9'/>"
        "</text-style><text-format autoWrapLength='28' useMaxLineLengthForAutoWrap='1' multilineAlign='0'/>"
        f"{place}<rendering scaleVisibility='1' scaleMin='0' scaleMax='{scale}' drawLabels='1' obstacle='{int(not inside)}'/>"
        "</settings></labeling>"
    )


def _widget(entry: Entry) -> tuple[str, str]:
    """Name of the widget in QGIS, with its settings."""
    if entry.choices:
        listed = [("", ""), *entry.choices.items()]  # an answer can be taken back
        choices = "".join(
            f"<Option type='Map'><Option type='QString' name={quoteattr(text)} value={quoteattr(code or _NULL)}/></Option>"
            for code, text in listed
        )
        return "ValueMap", f"<Option type='List' name='map'>{choices}</Option>"
    if entry.widget == "date":
        formats = ("display_format", "field_format")
        parts = "".join(f"<Option type='QString' name='{part}' value='yyyy-MM-dd'/>" for part in formats)
        flags = "".join(f"<Option type='bool' name='{part}' value='true'/>" for part in ("allow_null", "calendar_popup"))
        return "DateTime", parts + flags
    if entry.widget == "picture":
        # paths beside the file, so that they still hold on another machine
        return (
            "ExternalResource",
            "<Option type='int' name='DocumentViewer' value='1'/><Option type='int' name='RelativeStorage' value='1'/>",
        )
    if entry.widget == "known":
        return "UniqueValues", "<Option type='bool' name='Editable' value='true'/>"
    several = "true" if entry.widget == "lines" else "false"
    return "TextEdit", f"<Option type='bool' name='IsMultiline' value='{several}'/>"


def _form(groups: Mapping[str, Sequence[str]] | None) -> str:
    if groups is None:
        return ""
    pages = "".join(
        f"<attributeEditorContainer name={quoteattr(title)} groupBox='0' columnCount='1' showLabel='1' "
        "visibilityExpressionEnabled='0' visibilityExpression=''>"
        + "".join(f"<attributeEditorField name={quoteattr(name)} index='-1' showLabel='1'/>" for name in names)
        + "</attributeEditorContainer>"
        for title, names in groups.items()
    )
    return f"<editorlayout>tablayout</editorlayout><attributeEditorForm>{pages}</attributeEditorForm>"


def _table(entries: Sequence[Entry], sort: str) -> str:
    if not sort:
        return ""
    columns = "".join(
        f"<column type='field' name={quoteattr(entry.name)} hidden='{int(not entry.shown)}' width='-1'/>" for entry in entries
    )
    start = f"<attributetableconfig sortExpression={quoteattr(sort)} sortOrder='1'>"
    return f"{start}<columns>{columns}</columns></attributetableconfig>"


def _symbol(number: int, symbol: Symbol, shape: str) -> str:
    group, name = _SHAPES[shape]
    if group == "line":
        options = {"line_color": symbol.colour, "line_width": f"{symbol.width:g}"}
    else:
        options = {"color": symbol.colour, "outline_color": symbol.outline, "outline_width": f"{symbol.width:g}"}
    if group == "marker":
        options |= {"size": f"{symbol.size:g}", "name": symbol.shape}
    listed = "".join(f"<Option type='QString' name='{key}' value={quoteattr(value)}/>" for key, value in options.items())
    return (
        f"<symbol type='{group}' name='{number}' alpha='1'><layer class='{name}' enabled='1' pass='0' locked='0'>"
        f"<Option type='Map'>{listed}</Option></layer></symbol>"
    )


def _text(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"
"""How QGIS writes "no value" in a list of choices."""

_SHAPES = {"Point": ("marker", "SimpleMarker"), "LineString": ("line", "SimpleLine"), "Polygon": ("fill", "SimpleFill")}

_SCHEMA_PAGE = "http://www.geopackage.org/spec/#extension_schema"

_SCHEMA = {
    "gpkg_data_columns": (
        "table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT, "
        "constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
        "CONSTRAINT gdc_tn UNIQUE (table_name, name)"
    ),
    "gpkg_data_column_constraints": (
        "constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, "
        "max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, "
        "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)"
    ),
}

_STYLES = (
    "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), "
    "f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, "
    "owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))"
)
