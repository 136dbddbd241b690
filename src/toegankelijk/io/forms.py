"""Forms for the field: what a survey asks, as a GeoPackage with drop-downs for QGIS and QField, or as a table for a spreadsheet.

What comes back filled is read as observations: each layer of the GeoPackage in the wide form, the table in the long form. A cell
that stays empty says nothing. There is no place for names of people.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.io.geopackage import write_layers
from toegankelijk.labels import kind_names, label, word

YES_NO = ("yes", "no")
"""Codes of the answers to a question; an empty cell is neither."""

TABLE = (
    *("visit_id", "visit_order", "object", "street", "name", "attribute", "question", "unit", "choices", "value"),
    *("measured_on", "remark"),
)
"""Columns of the form as a table. ``object`` is ``kind:id``: of a bare ``12/1`` a spreadsheet makes a date."""

_FIXED = ("object_id", "kind", "visit_id", "visit_order", "street", "name", "asked")
_OPEN = ("measured_on", "remark", "photo")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SYMBOLS = {"Point": ("marker", "SimpleMarker"), "LineString": ("line", "SimpleLine"), "Polygon": ("fill", "SimpleFill")}
_TODO, _DONE = "213,94,0,255", "0,114,178,255"  # orange and blue: also told apart by the colour-blind


def write_form(path: Path, survey: gpd.GeoDataFrame, *, lang: str = "nl") -> None:
    """Write what is to be measured as a form.

    Parameters
    ----------
    path
        File to make or to replace. ``.gpkg``: a layer per kind (apart for points, lines and polygons, where a kind has several)
        with the objects as they are drawn, a column per attribute that is asked of some of them (numbers in the attribute's
        unit), drop-downs for classes and for yes and no, and ``measured_on``, ``remark`` and ``photo`` to fill in. ``.csv``: a
        row per object and attribute, for a spreadsheet.
    survey
        As `toegankelijk.survey.list_survey` gives it. Only rows with ``attributes`` are in the form.
    lang
        Language of names and choices.

    Raises
    ------
    ConfigError
        The path is neither, nothing is asked, or the file cannot be written.
    """
    path = Path(path)
    asked = survey[survey["attributes"] != ""].sort_values(["visit_id", "visit_order"])
    if asked.empty:
        raise ConfigError(f"{path}: nothing is to be measured on the spot, so there is no form to write")
    if path.suffix.lower() == ".csv":
        _write_table(path, asked, lang)
    elif path.suffix.lower() == ".gpkg":
        layers = {name: _layer(rows, lang) for name, rows in _by_layer(asked).items()}
        write_layers(path, layers, finish=lambda connection: _add_form(connection, layers, lang))
    else:
        raise ConfigError(f"{path}: a form is a .gpkg or a .csv")


def _by_layer(asked: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Objects by the layer they go in: their kind, apart for points, lines and polygons where a kind has several."""
    shape = np.array(["point", "line", "polygon"])[shapely.get_dimensions(asked.geometry.to_numpy())]
    several = asked.assign(shape=shape).groupby("kind")["shape"].transform("nunique") > 1
    names = asked["kind"].where(~several, asked["kind"] + "_" + shape)
    return {str(name): rows for name, rows in asked.groupby(names, sort=True)}


def _layer(rows: gpd.GeoDataFrame, lang: str) -> gpd.GeoDataFrame:
    """Objects of one kind with empty columns for what is asked."""
    import pyarrow as pa

    date, number, text = (pd.ArrowDtype(of) for of in (pa.date32(), pa.float64(), pa.string()))
    names = _attributes(rows)
    columns: dict[str, object] = {name: rows[name].to_numpy() for name in _FIXED[:-1]}
    questions = rows["attributes"].map(lambda listed: "; ".join(_question(name, lang) for name in listed.split("|")))
    columns["asked"] = questions.to_numpy()
    for name in names:
        kind_of = schema.attributes()[name].type
        columns[name] = pd.array([None] * len(rows), dtype=number if kind_of == "number" else text)
    columns["measured_on"] = pd.array([None] * len(rows), dtype=date)
    columns |= {name: pd.array([None] * len(rows), dtype=text) for name in ("remark", "photo")}
    return gpd.GeoDataFrame(columns, geometry=shapely.force_2d(rows.geometry.to_numpy()), crs=rows.crs)


def _attributes(rows: pd.DataFrame) -> list[str]:
    """Attributes asked of some of the objects, in the order of the schema."""
    listed = {name for cell in rows["attributes"].unique() for name in cell.split("|")}
    return [name for name in schema.attributes() if name in listed]


def _question(name: str, lang: str) -> str:
    """What an attribute is, with its unit."""
    unit = schema.attributes()[name].unit
    text = word("attribute", name, lang)
    return text if unit in ("bool", "class", "1", "count") else f"{text} ({unit})"


def _choices(name: str, lang: str) -> dict[str, str]:
    """Codes that can be chosen, with their names; none for a number."""
    attribute = schema.attributes()[name]
    if attribute.type == "bool":
        return {code: label(code, lang) for code in YES_NO}
    return {code: word("class", code, lang) for code in attribute.classes}


def _write_table(path: Path, asked: gpd.GeoDataFrame, lang: str) -> None:
    """A row per object and attribute, as Excel in Belgium opens it: semicolons, UTF-8 with a mark."""
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist; make it first.")
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
            writer.writerow(TABLE)
            writer.writerows(_lines(asked, lang))
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written ({error}); is it open in another program?") from error


def _lines(asked: gpd.GeoDataFrame, lang: str) -> Iterator[list[str]]:
    known = {name: (_question(name, lang), " / ".join(_choices(name, lang).values())) for name in _attributes(asked)}
    columns = ["visit_id", "visit_order", "kind", "object_id", "street", "name", "attributes"]
    for visit, order, kind, object_id, street, name, listed in asked[columns].itertuples(index=False, name=None):
        for attribute in listed.split("|"):
            question, choices = known[attribute]
            unit = schema.attributes()[attribute].unit
            unit = unit if schema.attributes()[attribute].type == "number" else ""
            cells = [visit, str(order), f"{kind}:{object_id}", street, name, attribute, question, unit, choices, "", "", ""]
            yield [_inert(cell) for cell in cells]


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _add_form(connection: sqlite3.Connection, layers: Mapping[str, gpd.GeoDataFrame], lang: str) -> None:
    """Names of columns, drop-downs and styles: in the standard's own tables, and as QGIS reads them."""
    connection.executescript(_TABLES)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (_DATE,),
    )
    for table, layer in layers.items():
        named = {**{name: _heading(name, lang) for name in (*_FIXED, *_OPEN)}, **_asked(layer, lang)}
        for name, title in named.items():
            choices = _choices(name, lang) if name in schema.attributes() else {}
            constraint = _constraint(name) if choices else None
            connection.execute(
                "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)", (table, name, None, title, title, constraint)
            )
            rows = [(constraint, "enum", code, text) for code, text in choices.items()]
            connection.executemany(
                "INSERT OR IGNORE INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
                "VALUES (?, ?, ?, ?)",
                rows,
            )
        style = _style(layer, named, lang)
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, "
            "styleSLD, useAsDefault, description, owner, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', ?)",
            (table, table, style, kind_names(lang)[layer["kind"].iloc[0]], _DATE),
        )


def _asked(layer: gpd.GeoDataFrame, lang: str) -> dict[str, str]:
    return {name: _question(name, lang) for name in schema.attributes() if name in layer and name not in _FIXED}


def _constraint(name: str) -> str:
    """Name of a list of choices: one for all questions of yes and no."""
    return "yes_no" if schema.attributes()[name].type == "bool" else name


def _heading(name: str, lang: str) -> str:
    """Name of a column that every form has."""
    if name in ("kind", "street", "name"):
        return label(name, lang)
    return label("object", lang) if name == "object_id" else label(f"form.{name}", lang)


def _style(layer: gpd.GeoDataFrame, named: Mapping[str, str], lang: str) -> str:
    """Style of a layer for QGIS: names and widgets of the columns, what is done in another colour, and the order as text."""
    fields = "".join(_field(name, lang) for name in named)
    aliases = "".join(
        f"<alias field={quoteattr(name)} name={quoteattr(title)} index='{i}'/>" for i, (name, title) in enumerate(named.items())
    )
    editable = "".join(f"<field name='{name}' editable='{int(name not in _FIXED)}'/>" for name in named)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version='3.22' styleCategories='AllStyleCategories'>"
        f"<fieldConfiguration>{fields}</fieldConfiguration><aliases>{aliases}</aliases><editable>{editable}</editable>"
        f'<previewExpression>"object_id"</previewExpression>{_symbols(layer, lang)}</qgis>'
    )


def _field(name: str, lang: str) -> str:
    """Widget of a column."""
    choices = _choices(name, lang) if name in schema.attributes() else {}
    if choices:
        listed = [("", ""), *choices.items()]  # an answer can be taken back
        entries = "".join(
            f"<Option type='Map'><Option type='QString' name={quoteattr(text)} value={quoteattr(code or _NULL)}/></Option>"
            for code, text in listed
        )
        widget, options = "ValueMap", f"<Option type='List' name='map'>{entries}</Option>"
    elif name == "measured_on":
        formats = ("display_format", "field_format")
        parts = "".join(f"<Option type='QString' name='{part}' value='yyyy-MM-dd'/>" for part in formats)
        flags = "".join(f"<Option type='bool' name='{part}' value='true'/>" for part in ("allow_null", "calendar_popup"))
        widget, options = "DateTime", parts + flags
    elif name == "photo":
        # paths beside the form, so that they still hold on another machine
        widget = "ExternalResource"
        options = "<Option type='int' name='DocumentViewer' value='1'/><Option type='int' name='RelativeStorage' value='1'/>"
    else:
        widget, options = "TextEdit", "<Option type='bool' name='IsMultiline' value='false'/>"
    config = f"<config><Option type='Map'>{options}</Option></config>"
    return f"<field name={quoteattr(name)}><editWidget type='{widget}'>{config}</editWidget></field>"


def _symbols(layer: gpd.GeoDataFrame, lang: str) -> str:
    """Two symbols, for what is still to be measured and for what is done; nothing where a layer has points and lines."""
    kinds: Sequence[str] = layer.geometry.geom_type.str.removeprefix("Multi").unique().tolist()
    if len(kinds) != 1 or kinds[0] not in _SYMBOLS:
        return ""
    group, name = _SYMBOLS[kinds[0]]
    colour, width = ("line_color", "line_width") if group == "line" else ("color", "outline_width")
    cases = (("0", "form.todo", _TODO), ("1", "form.done", _DONE))
    categories = "".join(
        f"<category value='{case}' symbol='{case}' render='true' label={quoteattr(label(text, lang))}/>"
        for case, text, _ in cases
    )
    size = "<Option type='QString' name='size' value='3'/>" if group == "marker" else ""
    symbols = "".join(
        f"<symbol type='{group}' name='{case}' alpha='1'><layer class='{name}' enabled='1' pass='0' locked='0'>"
        "<Option type='Map'>"
        f"<Option type='QString' name='{colour}' value='{rgb}'/><Option type='QString' name='{width}' value='0.8'/>{size}"
        "</Option></layer></symbol>"
        for case, _, rgb in cases
    )
    return (
        "<renderer-v2 type='categorizedSymbol' attr='&quot;measured_on&quot; IS NOT NULL' symbollevels='0' enableorderby='0'>"
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


_NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"
"""How QGIS writes "no value" in a list of choices."""

_DATE = "2000-01-01T00:00:00.000Z"

_TABLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
  max_is_inclusive BOOLEAN, description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT INTO gpkg_extensions VALUES
  ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec/#extension_schema', 'read-write'),
  ('gpkg_data_column_constraints', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec/#extension_schema', 'read-write');
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""
