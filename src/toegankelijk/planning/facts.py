"""Facts that planning goes by: what remedies open and contain, what their cost is counted by, and what the norm asks."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.norm import Norm, judge

Layers = Mapping[str, gpd.GeoDataFrame]

WHOLE = "*"
"""Stands for all attributes of an object."""

BETWEEN = " | "
"""Stands between the keys of several things in one text."""


def read_facts(name: str) -> pd.DataFrame:
    """A table of ``data/planning``: ``remedies_open``, ``contains``, ``quantities`` or ``sizes``; all cells are text.

    Examples
    --------
    >>> read_facts("contains").iloc[0][["remedy", "contains", "on"]].tolist()
    ['voetpad_verbreden', 'voetpad_verbreden', 'narrowing']
    """
    return pd.DataFrame([*_rows(name)], dtype="object")


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = files("toegankelijk").joinpath("data", "planning", f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def cleared_attributes(norm: Norm) -> pd.DataFrame:
    """Attributes that a remedy puts right on an object of a kind: those of all criteria that name it, first or second.

    The table ``remedies_open`` adds what a remedy opens besides, `WHOLE` for all of the object, and takes out what it keeps: a
    sign to a less steep way does not make a slope less steep.

    Returns
    -------
    DataFrame
        Columns ``remedy, kind, attribute``; each row once, sorted.
    """
    criteria, keys = norm.criteria, ["remedy", "kind", "attribute"]
    second = criteria[criteria["alternative"] != ""].assign(remedy=criteria["alternative"])
    facts = read_facts("remedies_open")
    opens = facts["effect"] == "opens"
    named = pd.concat([criteria[keys], second[keys], facts.loc[opens, keys]]).astype("object").drop_duplicates()
    return named[~is_kept(named)].sort_values(keys, ignore_index=True)


def is_kept(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows ``remedy, kind, attribute`` name what the remedy leaves as it is, by the table ``remedies_open``."""
    facts, keys = read_facts("remedies_open"), ["remedy", "kind", "attribute"]
    kept = pd.MultiIndex.from_frame(facts.loc[facts["effect"] == "keeps", keys])
    return np.asarray(pd.MultiIndex.from_frame(rows[keys]).isin(kept))


def list_criteria(table: pd.DataFrame, norm: Norm) -> pd.DataFrame:
    """A row per bottleneck and criterion that it stands for: ``row`` (its place in the table), ``code`` and ``attribute``.

    Criteria that the norm does not have (any more) are left out.
    """
    listed, first = schema.texts(table, "criteria"), schema.texts(table, "criterion")
    codes = listed.where(listed != "", first).str.split("|").set_axis(range(len(table))).explode().astype("object")
    rows = pd.DataFrame({"row": codes.index.to_numpy(dtype=np.intp), "code": codes.to_numpy(dtype=object)})
    rows["attribute"] = rows["code"].map(norm.criteria["attribute"].astype("object")).astype("object")
    return rows[rows["attribute"].notna()].reset_index(drop=True)


def required_values(table: pd.DataFrame, criteria: pd.DataFrame, layers: Layers, norm: Norm) -> npt.NDArray[np.float64]:
    """What the norm asks, as a number, for each row of `list_criteria`; NaN where it is no number or the object is gone."""
    required = np.full(len(criteria), np.nan)
    places = table[["kind", "object_id", "level"]].astype("object").iloc[criteria["row"]].reset_index(drop=True)
    places["code"] = criteria["code"].to_numpy()
    for (code, level), group in places.groupby(["code", "level"], sort=True):
        rule = norm.rules[str(code)]
        layer = layers.get(rule.kind)
        if layer is None or level not in schema.LEVELS:
            continue
        there = group[(group["kind"] == rule.kind) & group["object_id"].isin(layer.index)]
        if len(there):
            objects = layer.loc[there["object_id"].unique()]
            asked = pd.Series(judge(rule, objects)[str(level)].required, objects.index)
            required[there.index] = asked.loc[there["object_id"]].to_numpy()
    return required


def look_up(table: pd.DataFrame, layers: Layers, column: str) -> pd.Series:
    """A column of the objects of the bottlenecks, in the order of the table (index 0 to n - 1); missing where there is none."""
    values = np.full(len(table), None, dtype=object)
    places = table[["kind", "object_id"]].astype("object").reset_index(drop=True)
    for kind, group in places.groupby("kind", sort=True):
        layer = layers.get(str(kind))
        if layer is not None and column in layer:
            values[group.index] = layer[column].astype("object").reindex(group["object_id"]).to_numpy()
    values[pd.isna(values)] = None
    return pd.Series(values, dtype="object")


def look_up_numbers(table: pd.DataFrame, layers: Layers, column: str) -> npt.NDArray[np.float64]:
    """A number attribute of the objects of the bottlenecks: its value, or the middle of its bounds if it has both; else NaN.

    Where only one bound is known, it is that bound.
    """
    values = np.full(len(table), np.nan)
    places = table[["kind", "object_id"]].astype("object").reset_index(drop=True)
    for kind, group in places.groupby("kind", sort=True):
        layer = layers.get(str(kind))
        if layer is not None and schema.is_known(layer, column).any():
            low, high = schema.bounds(layer, column)
            low, high = (np.where(np.isfinite(part), part, np.nan) for part in (low, high))
            low, high = np.fmin(low, high), np.fmax(low, high)  # of one bound alone, both are that one
            values[group.index] = pd.Series((low + high) / 2.0, layer.index).reindex(group["object_id"]).to_numpy()
    return values
