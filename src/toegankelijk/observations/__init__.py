"""Observations: what a survey, a register or a resident saw of one attribute of one object, at a date.

They are read here and kept with the city; `toegankelijk.measure.observed` lays them beside what the layers say. Only the columns
that are named are read: who reported something never enters a table.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.columns import map_columns
from toegankelijk.config import Column
from toegankelijk.errors import ConfigError, InputError, ToegankelijkError
from toegankelijk.keys import key_texts
from toegankelijk.observations.dates import parse_dates
from toegankelijk.observations.meanings import read_meanings, say, worded

Form = Literal["long", "wide", "labels"]
"""A row per value; a row per object with a column per attribute, as the field form; or points with a type and tags."""

KEYS = ("object_id", "object")
"""Columns that hold the id, where none is named; ``object`` is ``kind:id``, which a spreadsheet leaves as it is."""

DATES = ("measured_on", "date")
"""Columns that hold the date, where none is named."""

LABEL_DATES = ("image_capture_date", "time_created")
"""The same for labels: what a picture shows is of the day it was taken, not of the day it was labelled."""

PENDING_COLUMNS = (*schema.OBSERVATION_COLUMNS, "x", "y", "within")
"""An observation that is not applied yet may be a place: the object is then the nearest one within so many metres."""

PEOPLE = ("manager",)
"""Attributes that are read only where `columns` names them: a column of that name may as well hold a person."""

_TEXT = ("object_id", "kind", "attribute", "raw", "text", "source", "reason")


def with_observations(
    city: schema.City,
    frame: pd.DataFrame,
    *,
    form: Form | None = None,
    kind: str | None = None,
    id: str | None = None,  # noqa: A002 - as in city.toml
    attribute: str | None = None,
    value: str | None = None,
    unit: str | None = None,
    date: str | datetime.date | None = None,
    origin: str | None = None,
    source: str = "observations",
    columns: Mapping[str, Column] | None = None,
    codes: Mapping[str, Mapping[str, str]] | None = None,
    meanings: Path | None = None,
) -> schema.City:
    """Add observations to a city; `measure_layers` sets them against what the layers say.

    Parameters
    ----------
    city
        Layers as read.
    frame
        Rows of one source; points in a coordinate system for labels.
    form
        ``"long"``: a row per value. ``"wide"``: a row per object, and a column per attribute. ``"labels"``: points with a type of
        label and tags. By default long if there are columns with the attribute and its value, else wide.
    kind
        Kind of all objects, or the column that holds it; by default the column ``kind``, or the one kind that has the object.
    id
        Column with the id of the object; by default one of `KEYS`. Of labels the id of the label.
    attribute, value
        Columns with the attribute and its value (long: ``attribute`` and ``value``), or with the type of a label and its tags
        (``label_type`` and ``tags``).
    unit
        Unit of plain numbers (long), or the column that holds it; by default the column ``unit``, or the schema's unit.
    date
        Column with the date, or one date for all; by default the first of `DATES` (of labels `LABEL_DATES`) that is there.
    origin
        Column that names where a row comes from, if several sources are in one table. Do not name a column with people in it.
    source
        Name of the source, for evidence and remarks.
    columns
        Attribute to where it comes from (wide), as the columns of a layer; by default every column named as an attribute.
    codes
        Named tables of codes; in the long form the table named as the attribute is used.
    meanings
        What labels say of attributes: a CSV as ``data/registers/project_sidewalk.csv``, which is the default.

    Returns
    -------
    City
        The same city with more ``observations`` (columns `PENDING_COLUMNS`), and remarks on what was not understood.

    Raises
    ------
    ConfigError
        A column that is named is not there, or a unit or code does not fit.
    InputError
        Labels have no place or no coordinate system.

    Examples
    --------
    >>> from toegankelijk import measure_layers, read_city, sample_city
    >>> seen = pd.DataFrame({"object_id": ["HA-01"], "platform_height": ["18,5 cm"], "measured_on": ["12/05/2026"]})
    >>> city = with_observations(read_city(sample_city()), seen, form="wide", kind="stop", source="survey")
    >>> print(*measure_layers(city).layers["stop"].loc["HA-01", ["platform_height", "platform_height_how"]])
    18.5 observed on 2026-05-12 (survey)
    """
    if form == "labels":
        frame = _placed(frame, city, source)
    table, found = read_observations(
        frame,
        form=form,
        kind=kind,
        id=id,
        attribute=attribute,
        value=value,
        unit=unit,
        date=date,
        origin=origin,
        source=source,
        columns=columns,
        codes=codes,
        meanings=meanings,
    )
    parts = [part for part in (city.observations, table) if len(part)]
    observations = pd.concat(parts, ignore_index=True) if parts else table
    return replace(city, observations=observations, remarks=schema.all_remarks([city.remarks, found]))


def read_observations(
    frame: pd.DataFrame,
    *,
    form: Form | None = None,
    kind: str | None = None,
    id: str | None = None,  # noqa: A002 - as in city.toml
    attribute: str | None = None,
    value: str | None = None,
    unit: str | None = None,
    date: str | datetime.date | None = None,
    origin: str | None = None,
    source: str = "observations",
    columns: Mapping[str, Column] | None = None,
    codes: Mapping[str, Mapping[str, str]] | None = None,
    meanings: Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Observations of one source, in the schema's units; the parameters are those of `with_observations`.

    An empty cell says nothing. A value that is not understood is kept with its reason and never used. Points of labels are in
    the coordinate system of the run.

    Returns
    -------
    tuple of DataFrame
        Observations with columns `PENDING_COLUMNS`, and remarks.
    """
    rows = pd.DataFrame(frame).reset_index(drop=True)
    labels = form == "labels"
    rows, found = _checked(rows, source) if labels else (rows, [])
    key = id or ("label_id" if labels else next((name for name in KEYS if name in rows), KEYS[0]))
    first = attribute or ("label_type" if labels else "attribute")
    second = value or ("tags" if labels else "value")
    form = form or ("long" if attribute or value or {first, second} <= set(rows) else "wide")
    asked = [] if form == "wide" else [first] if labels else [first, second]
    _need(rows, [key, *asked, *filter(None, [origin])], source)
    facts = _facts(rows, key, kind, date, LABEL_DATES if labels else DATES, origin, source, found)
    if form == "wide":
        table = _wide(rows, facts, columns, codes or {}, source)
    elif labels:
        table = _labels(rows, facts, first, second, read_meanings(meanings), source, found)
    else:
        cells = facts.assign(attribute=schema.texts(rows, first).astype("str").str.strip(), value=rows[second])
        column = unit if unit in rows else "unit" if unit is None and "unit" in rows else None
        cells["unit"] = schema.texts(rows, column).astype("str").str.strip() if column else unit or ""
        table = _parsed(cells, codes or {}, source, strict=column is None)
    return _finished(table), schema.all_remarks([*found, *_remarks(table, source)])


def _placed(frame: pd.DataFrame, city: schema.City, source: str) -> pd.DataFrame:
    """Labels with coordinates of the run in ``x`` and ``y``."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{source}: labels need a place; give GeoJSON, or a table with `coordinates` and `crs`")
    if len(frame):
        systems.check_fit(frame, where=source)
    moved = systems.transform(frame, city.crs)[0]
    points = shapely.centroid(moved.geometry.to_numpy())
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return plain.assign(x=shapely.get_x(points), y=shapely.get_y(points))


def _need(rows: pd.DataFrame, names: Sequence[str], source: str) -> None:
    if absent := [name for name in names if name not in rows]:
        there = ", ".join(map(str, rows.columns))
        raise ConfigError(f"{source}: columns that are not there", [f"{name!r}; there are {there}" for name in absent])


def _checked(rows: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Labels without those that other people found to be wrong."""
    _need(rows, ["x", "y"], source)
    if "correct" not in rows:
        return rows, []
    wrong = schema.texts(rows, "correct").astype("str").str.strip().str.casefold().isin(["false", "f", "0", "0.0"]).to_numpy()
    names = schema.texts(rows[wrong], "label_id")
    remark = schema.remarks(source, names, "", "", "the people who checked the label found it wrong; it is not used")
    return rows[~wrong].reset_index(drop=True), [remark]


def _facts(
    rows: pd.DataFrame,
    key: str,
    kind: str | None,
    date: str | datetime.date | None,
    usual: Sequence[str],
    origin: str | None,
    source: str,
    found: list[pd.DataFrame],
) -> pd.DataFrame:
    """Per row: id, kind, date, source."""
    ids = _ids(rows[key])
    if kind in schema.kinds():
        kinds = pd.Series(kind, rows.index, dtype="object")
    else:
        _need(rows, [] if kind is None else [kind], source)
        kinds = schema.texts(rows, kind or "kind").astype("str").str.strip()
    if key == "object":  # the field form's key: kind and id in one cell
        head, colon, rest = ids.str.partition(":").to_numpy(dtype=object).T
        split = (colon == ":") & np.isin(head.astype(str), list(schema.kinds()))
        ids, kinds = ids.where(~split, rest), kinds.where(~split, head)
    facts = pd.DataFrame({"object_id": ids, "kind": kinds}, index=rows.index)
    if isinstance(date, datetime.date):
        facts["date"] = pd.Series(pd.Timestamp(date), rows.index).astype("datetime64[s]")
    else:
        _need(rows, [] if date is None else [date], source)
        names = [date] if date else [name for name in usual if name in rows]
        facts["date"] = pd.Series(pd.NaT, rows.index, dtype="datetime64[s]")
        for name in names:  # of labels the day of the picture, else that of the label
            dates, reason = parse_dates(rows[name])
            facts["date"] = facts["date"].fillna(dates)
            bad = reason != ""
            found.append(schema.remarks(source, ids[bad], "date", rows.loc[bad, name], reason[bad]))
    named = schema.texts(rows, origin).astype("str").str.strip() if origin else pd.Series("", rows.index, dtype="object")
    return facts.assign(source=named.where(named != "", source))


def _ids(column: pd.Series) -> pd.Series:
    """Ids as text; without the apostrophe that keeps a spreadsheet from reading a formula."""
    return key_texts(column).str.replace(r"^'(?=[=+@\-])", "", regex=True).astype("object")


def _wide(
    rows: pd.DataFrame,
    facts: pd.DataFrame,
    columns: Mapping[str, Column] | None,
    codes: Mapping[str, Mapping[str, str]],
    source: str,
) -> pd.DataFrame:
    """Observations of a table with a column per attribute."""
    if columns is None:
        columns = {name: Column(column=name) for name in schema.attributes() if name in rows and name not in PEOPLE}
        if not columns:
            raise ConfigError(f"{source}: no column is named as an attribute; name them in `columns`")
    if unknown := sorted(set(columns) - set(schema.attributes())):
        raise ConfigError(f"{source}: no such attributes", unknown)
    columns = {name: worded(column, name) for name, column in columns.items()}
    parsed, remarks = map_columns(rows, columns, layer=source, codes=codes)
    parts = []
    for name, column in columns.items():
        given = [schema.texts(rows, part).astype("str").str.strip() for part in column.columns]
        raw = given[0].str.cat(given[1:], sep="|") if given else pd.Series(str(column.value), rows.index)
        bad = remarks[remarks["attribute"] == name]
        part = facts.assign(attribute=name, raw=raw, **_bounds(parsed, name), reason="")
        part.loc[bad["object_id"].astype("int64"), "reason"] = bad["reason"].to_numpy()
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _parsed(cells: pd.DataFrame, codes: Mapping[str, Mapping[str, str]], source: str, *, strict: bool) -> pd.DataFrame:
    """Observations of a table with a row per value; a unit that does not fit is a fault of the row, or of the call."""
    parts = []
    for (name, unit), group in cells.groupby(["attribute", "unit"], sort=True):
        raw = schema.texts(group, "value").astype("str").str.strip()
        part = group.assign(raw=raw, low=np.nan, high=np.nan, text="", reason="")
        if name in schema.attributes():
            number = schema.attributes()[name].type == "number"
            column = Column(column="value", unit=(unit or None) if number else None, codes=dict(codes.get(name, {})))
            column = worded(column, name)
            try:
                parsed, remarks = map_columns(group, {name: column}, layer=source, codes={})
                part = part.assign(**_bounds(parsed, name))
                part.loc[remarks["object_id"].astype("int64"), "reason"] = remarks["reason"].to_numpy()
            except ToegankelijkError as error:
                if strict or not unit:
                    raise
                part["reason"] = "; ".join(error.problems) or error.message
        else:
            part["reason"] = "there is no such attribute"
        parts.append(part[raw != ""])
    empty = cells.assign(raw="", low=np.nan, high=np.nan, text="", reason="")[:0]
    return pd.concat([part for part in parts if len(part)] or [empty]).sort_index()


def _labels(
    rows: pd.DataFrame,
    facts: pd.DataFrame,
    type_column: str,
    tag_column: str,
    meanings: pd.DataFrame,
    source: str,
    found: list[pd.DataFrame],
) -> pd.DataFrame:
    """Observations that labels stand for; a label that stands for none is remarked on."""
    said = say(rows, type_column, tag_column, meanings)
    types = schema.texts(rows, type_column).astype("str")
    silent = ~rows.index.isin(said["row"])
    reason = "a label of this type says nothing of an attribute"
    found.append(schema.remarks(source, facts.loc[silent, "object_id"], "", types[silent], reason))
    at = said["row"].to_numpy()
    cells = facts.iloc[at].reset_index(drop=True)
    cells = cells.assign(**{name: said[name].to_numpy() for name in ("kind", "attribute", "value", "within")}, unit="")
    cells = cells.assign(x=rows["x"].to_numpy()[at], y=rows["y"].to_numpy()[at])
    table = _parsed(cells, {}, source, strict=True)
    words = said["said"] + " (label " + cells["object_id"].astype("str") + ")"
    return table.assign(raw=words.loc[table.index])


def _bounds(parsed: pd.DataFrame, name: str) -> dict[str, object]:
    """Values as they stand in an observation: bounds, NaN where there is none, or the text of a class."""
    if schema.attributes()[name].type == "class":
        return {"low": np.nan, "high": np.nan, "text": schema.texts(parsed, name).to_numpy()}
    if schema.attributes()[name].type == "bool":
        truth = parsed[name].astype("boolean").to_numpy(dtype=float, na_value=np.nan)
        return {"low": truth, "high": truth, "text": ""}
    low, high = schema.bounds(parsed, name)
    ends = {"low": np.where(np.isneginf(low), np.nan, low), "high": np.where(np.isposinf(high), np.nan, high)}
    unreachable = np.isposinf(low)
    return {**ends, "high": np.where(unreachable, np.inf, ends["high"]), "text": ""}


def _finished(table: pd.DataFrame) -> pd.DataFrame:
    """Observations with all their columns; a blank cell is none. A fault of the whole row is named in its reason."""
    table = table[_tells(table)].copy()
    fault = _row_faults(table)
    table["reason"] = table["reason"].where(table["reason"] != "", fault)
    for name in ("x", "y", "within"):
        table[name] = table.get(name, np.nan)
    table["used"] = False
    table = table[list(PENDING_COLUMNS)].astype(dict.fromkeys(_TEXT, "object"))
    return table.reset_index(drop=True)


def _tells(table: pd.DataFrame) -> pd.Series:
    known = table["low"].notna() | table["high"].notna() | (table["text"] != "")
    return known | (table["reason"] != "")


def _row_faults(table: pd.DataFrame) -> pd.Series:
    """Why an observation cannot be of any object, whatever the city holds; empty if it can."""
    fault = pd.Series("", table.index, dtype="object")
    kinds, attributes = schema.kinds(), schema.attributes()
    for (kind, name), group in table.groupby(["kind", "attribute"]).groups.items():
        if kind and kind not in kinds:
            fault[group] = f"there is no kind {kind!r}"
        elif kind and name in attributes and not _fits(attributes[name], kind):
            fault[group] = f"a {kind} has no such attribute"
    fault[table["object_id"] == ""] = "no object is named"
    return fault


def _fits(attribute: schema.Attribute, kind: str) -> bool:
    """Whether a kind can have an attribute; a crossing may say what holds for both its ends."""
    return attribute.belongs_to(kind) or (kind == "crossing" and attribute.belongs_to("crossing_end"))


def _remarks(table: pd.DataFrame, source: str) -> list[pd.DataFrame]:
    told = table[_tells(table)]
    fault = _row_faults(told)
    reason = told["reason"].where(told["reason"] != "", fault)
    bad = told[reason != ""]
    return [
        schema.remarks(source, group["object_id"], str(name), group["raw"], reason[group.index])
        for name, group in bad.groupby("attribute", sort=True)
    ]
