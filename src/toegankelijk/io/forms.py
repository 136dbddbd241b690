"""Forms for the field: what a survey asks, as a GeoPackage with drop-downs for QGIS and QField, or as a table for a spreadsheet.

What comes back filled is read as observations: each layer of the GeoPackage in the wide form, the table in the long form. A cell
that stays empty says nothing. There is no place for names of people.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.io.geopackage import write_layers
from toegankelijk.io.qgis import Entry, Symbol, Widget, add_style, describe, make_style, make_symbols
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
    """Names of columns, drop-downs and styles."""
    for table, layer in layers.items():
        named = {**{name: _heading(name, lang) for name in (*_FIXED, *_OPEN)}, **_asked(layer, lang)}
        entries = [_entry(name, title, lang) for name, title in named.items()]
        describe(connection, table, entries)
        style = make_style(entries, preview='"object_id"', symbols=_symbols(layer, lang))
        title = kind_names(lang)[layer["kind"].iloc[0]]
        add_style(connection, table, style, geometry="geom", title=title, date=_DATE)


def _entry(name: str, title: str, lang: str) -> Entry:
    widgets: Mapping[str, Widget] = {"measured_on": "date", "photo": "picture"}
    if name not in schema.attributes():
        return Entry(name, title, widgets.get(name, "text"), editable=name not in _FIXED)
    listed = "yes_no" if schema.attributes()[name].type == "bool" else name  # one list for all questions of yes and no
    return Entry(name, title, choices=_choices(name, lang), listed=listed)


def _asked(layer: gpd.GeoDataFrame, lang: str) -> dict[str, str]:
    return {name: _question(name, lang) for name in schema.attributes() if name in layer and name not in _FIXED}


def _heading(name: str, lang: str) -> str:
    """Name of a column that every form has."""
    if name in ("kind", "street", "name"):
        return label(name, lang)
    return label("object", lang) if name == "object_id" else label(f"form.{name}", lang)


def _symbols(layer: gpd.GeoDataFrame, lang: str) -> str:
    """Two symbols, for what is still to be measured and for what is done; nothing where a layer has points and lines."""
    kinds = layer.geometry.geom_type.str.removeprefix("Multi").unique().tolist()
    if len(kinds) != 1 or kinds[0] not in ("Point", "LineString", "Polygon"):
        return ""
    symbols = (Symbol("0", label("form.todo", lang), _TODO), Symbol("1", label("form.done", lang), _DONE))
    return make_symbols('"measured_on" IS NOT NULL', symbols, shape=kinds[0])


_DATE = "2000-01-01T00:00:00.000Z"
