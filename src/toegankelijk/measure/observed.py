"""Observations against what the layers say: of every attribute of every object the newest date wins.

A value of a layer has the date of its layer. What has no date is older than what has one; of one date, an observation wins over a
layer. Observations of one date that exclude one another leave the attribute unknown, or within bounds that enclose them all.
Nothing is lost: what was not used stays among the observations with the reason, also what a layer said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema

TIE = 2.0
"""A place belongs to an object only if the next one of its kind is so many metres further away, or more."""

UNDATED = np.iinfo(np.int64).min

_COLUMNS = list(schema.OBSERVATION_COLUMNS)


def apply_observations(
    city: schema.City, layers: Mapping[str, gpd.GeoDataFrame]
) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame, pd.DataFrame]:
    """Lay the observations of a city beside its layers.

    Parameters
    ----------
    city
        Its ``observations`` that are not settled yet (not ``used``, no ``reason``) are settled; ``sources`` gives the dates.
    layers
        Layers with derived objects, before anything is measured. What is observed of a whole holds for its parts: of a footway
        for its stretches, and what a crossing says of its ends for both.

    Returns
    -------
    tuple
        Layers with the values that won, and in ``{attribute}_how`` where they are from (``observed on 2026-05-03 (survey)``); all
        observations, settled, with columns `toegankelijk.schema.OBSERVATION_COLUMNS`; and remarks.
    """
    result, table = dict(layers), city.observations
    open_ = (~table["used"].astype("bool") & table["reason"].eq("")).to_numpy() if len(table) else np.zeros(0, bool)
    if not open_.any():
        return result, table.reindex(columns=_COLUMNS), schema.remarks()
    pending = _aimed(_with_kinds(_tied(table[open_].reset_index(drop=True), layers), layers), layers)
    dates = _layer_dates(city.sources)
    settled, replaced = [pending[pending["at"] < 0]], []
    aimed = pending[pending["at"] >= 0]
    for (kind, attribute), group in aimed.groupby(["target", "attribute"], sort=True):
        layer = result[kind]
        rows, own, columns = _settle(layer, schema.attributes()[attribute], group, dates)
        result[kind] = layer.assign(**columns)
        settled.append(rows)
        replaced.append(own.assign(kind=kind))
    told = pd.concat([part for part in settled if len(part)], ignore_index=True)
    bad = told[(told["reason"] != "") & ~told["stale"]]
    found = [
        schema.remarks(source, group["object_id"], attribute, group["raw"], group["reason"])
        for (source, attribute), group in bad.groupby(["source", "attribute"], sort=True)
    ]
    before = table[~open_].reindex(columns=_COLUMNS)
    parts = [part[_COLUMNS] for part in (before, told, *replaced) if len(part)]
    everything = pd.concat(parts, ignore_index=True).sort_values(["kind", "object_id", "attribute", "date", "source", "raw"])
    return result, everything.reset_index(drop=True), schema.all_remarks(found)


def _tied(table: pd.DataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Observations of places with the object that lies there."""
    table = table.reindex(columns=[*_COLUMNS, "x", "y", "within"])
    table.loc[table["within"].notna() & table["x"].isna(), "reason"] = "it has no place"
    for kind, group in table[table["x"].notna()].groupby("kind", sort=True):
        near = float(group["within"].max()) + TIE
        layer = layers.get(str(kind))
        shapes = np.array([], dtype=object) if layer is None else layer.geometry.to_numpy()
        points = shapely.points(group["x"], group["y"])
        which, shape = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=near)
        pairs = pd.DataFrame({"which": which, "shape": shape, "far": shapely.distance(points[which], shapes[shape])})
        pairs = pairs.sort_values(["which", "far", "shape"]).reset_index(drop=True)
        first = pairs.drop_duplicates("which").set_index("which").reindex(range(len(group)))
        second = pairs[pairs.duplicated("which")].drop_duplicates("which").set_index("which")["far"].reindex(range(len(group)))
        none = ~(first["far"] <= group["within"].to_numpy()).to_numpy()
        doubtful = (second - first["far"] < TIE).to_numpy() & ~none
        metres = group["within"].map("{:g}".format).to_numpy()
        reasons = np.where(none, f"there is no {kind} within " + metres + " m", "")
        reasons[doubtful] = f"another {kind} is nearly as near; it is not known which one is meant"
        names = group["object_id"].to_numpy(dtype=object, copy=True)
        fine = ~none & ~doubtful
        if fine.any() and layer is not None:
            names[fine] = layer.index.to_numpy()[first["shape"].to_numpy()[fine].astype(np.intp)]
        table.loc[group.index, "object_id"], table.loc[group.index, "reason"] = names, reasons
    return table[_COLUMNS]


def _with_kinds(table: pd.DataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Observations that name no kind, with the one kind that has the object and the attribute."""
    bare = table[(table["kind"] == "") & (table["reason"] == "")]
    if bare.empty:
        return table
    matches = pd.DataFrame(index=bare.index)
    for kind, layer in layers.items():
        fits = {name: schema.attributes()[name].belongs_to(kind) for name in bare["attribute"].unique()}
        if kind in schema.kinds() and any(fits.values()):
            ids = {*layer.index, *layer.get("parent_id", pd.Series(dtype="object")).dropna()}
            matches[kind] = bare["object_id"].isin(ids) & bare["attribute"].map(fits).astype("bool")
    count = matches.sum(axis=1)
    table.loc[bare.index[count == 0], "reason"] = "there is no such object that can have the attribute"
    table.loc[bare.index[count > 1], "reason"] = "objects of several kinds have this id; say which kind"
    single = matches[count == 1]
    table.loc[single.index, "kind"] = single.idxmax(axis=1) if len(single) else []
    return table


def _aimed(table: pd.DataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Observations with the kind (``target``) and position (``at``, -1 for none) of their object; one row per part of a whole."""
    table = table.assign(stale=False, target="", at=-1)
    parts = [table[table["reason"] != ""]]
    for kind, rows in table[table["reason"] == ""].groupby("kind", sort=True):
        own = rows["attribute"].map(lambda name, kind=kind: schema.attributes()[name].belongs_to(kind)).astype("bool")
        for group, target in ((rows[own], str(kind)), (rows[~own], "crossing_end")):
            if group.empty:
                continue
            layer = layers.get(target)
            at = np.full(len(group), -1) if layer is None else layer.index.get_indexer(pd.Index(group["object_id"]))
            if target != kind:
                at[:] = -1
            parts.append(group[at >= 0].assign(target=target, at=at[at >= 0]))
            children = _children(group[at < 0], target, layer)
            parts.append(children)
            lost = group[(at < 0) & ~group.index.isin(children.index)]
            parts.append(lost.assign(reason=f"there is no such {kind}"))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _children(group: pd.DataFrame, target: str, layer: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Observations of a whole, as observations of its parts."""
    if layer is None or "parent_id" not in layer or group.empty:
        return group[:0]
    whole = target != "crossing_end"  # an end has no parts, but a crossing has ends, derived or not
    group = group if whole else group[group["kind"] != target]
    part = pd.Series(np.arange(len(layer)), schema.texts(layer, "parent_id").to_numpy())
    part = part[(part.index != "") & (schema.is_marked(layer, "derived").to_numpy() | (not whole))]
    at = group["object_id"].map(part.groupby(level=0).agg(list)).dropna().explode()
    found = group.loc[at.index]
    places = at.to_numpy().astype(np.intp)
    return found.assign(target=target, at=places, object_id=layer.index.to_numpy()[places])


def _layer_dates(sources: pd.DataFrame) -> dict[str, int]:
    """Date of each layer, as seconds since 1970."""
    if "date" not in sources:
        return {}
    return dict(zip(sources["layer"], _seconds(pd.to_datetime(sources["date"])), strict=True))


def _seconds(dates: pd.Series) -> npt.NDArray[np.int64]:
    """Dates as numbers; missing is `UNDATED`."""
    return np.asarray(dates.to_numpy().astype("datetime64[s]").astype("int64"))


def _settle(
    layer: gpd.GeoDataFrame, attribute: schema.Attribute, group: pd.DataFrame, dates: Mapping[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Settle one attribute of one kind: observations with their reason, values of the layer that gave way, new columns."""
    places, which = np.unique(group["at"].to_numpy(np.intp), return_inverse=True)
    date = _seconds(group["date"])
    newest = np.full(len(places), UNDATED)
    np.maximum.at(newest, which, date)
    known = schema.is_known(layer, attribute.name).to_numpy()[places]
    given = schema.texts(layer.iloc[places], "source").map(lambda name: dates.get(name, UNDATED)).to_numpy(np.int64)
    stays = known & (given > newest)
    chosen = (date == newest[which]) & ~stays[which]
    low, high, text, clash = _together(attribute, group, which, chosen, len(places))
    reason = np.full(len(group), "", dtype=object)
    late, over = stays[which], ~stays[which] & ~chosen
    reason[late] = [f"the layer is newer ({_day(day)}) and says it itself" for day in given[which[late]]]
    reason[over] = [f"there is a newer observation ({_day(day)})" for day in newest[which[over]]]
    enclosed = attribute.type == "number"
    at_odds = clash[which] & chosen
    words = "bounds enclose them all" if enclosed else "it is not used, and the attribute is unknown"
    reason[at_odds] = f"another observation of that day says otherwise; {words}"
    used = chosen & (~at_odds | enclosed)
    rows = group.assign(used=used, reason=reason, stale=late | over)
    origin = (
        group.assign(which=which)[used].sort_values(["which", "source"]).drop_duplicates("which").set_index("which")["source"]
    )
    how = [
        f"observed on {_day(day)} ({name})" if day != UNDATED else f"observed ({name})"
        for day, name in zip(newest[origin.index], origin, strict=True)
    ]
    wins = ~stays
    own = _own(layer, attribute, places[known & wins], given[known & wins], newest[known & wins])
    columns = _columns(layer, attribute, places[wins], low[wins], high[wins], text[wins])
    said = schema.texts(layer, f"{attribute.name}_how").to_numpy(dtype=object, copy=True)
    said[places[wins]] = ""
    said[places[origin.index]] = how
    return rows, own, {**columns, f"{attribute.name}_how": said}


def _together(
    attribute: schema.Attribute, group: pd.DataFrame, which: npt.NDArray[np.intp], chosen: npt.NDArray[np.bool_], count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What the chosen observations of each object say together, and where they exclude one another."""
    text = np.full(count, None, dtype=object)
    if attribute.type == "class":
        said = group["text"].to_numpy(dtype=object)[chosen]
        names = pd.Series(said).groupby(which[chosen])
        clash = np.zeros(count, bool)
        clash[names.nunique().index] = names.nunique() > 1
        text[names.first().index] = names.first()
        text[clash] = None
        return np.full(count, np.nan), np.full(count, np.nan), text, clash
    at = which[chosen]
    low = np.where(group["low"].isna(), -np.inf, group["low"].to_numpy(dtype=float))[chosen]
    high = np.where(group["high"].isna(), np.inf, group["high"].to_numpy(dtype=float))[chosen]
    inner = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(inner[0], at, low)
    np.minimum.at(inner[1], at, high)
    outer = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(outer[0], at, low)
    np.maximum.at(outer[1], at, high)
    clash = inner[0] > inner[1]
    if attribute.type == "bool":
        return np.where(clash, np.nan, inner[0]), np.where(clash, np.nan, inner[1]), text, clash
    return np.where(clash, outer[0], inner[0]), np.where(clash, outer[1], inner[1]), text, clash


def _columns(
    layer: gpd.GeoDataFrame,
    attribute: schema.Attribute,
    places: npt.NDArray[np.intp],
    low: np.ndarray,
    high: np.ndarray,
    text: np.ndarray,
) -> dict[str, Any]:
    """Columns of the layer with the values that won."""
    name = attribute.name
    if attribute.type == "class":
        words = layer[name].astype("object") if name in layer else pd.Series(None, layer.index, dtype="object")
        words = words.copy()
        words.iloc[places] = text
        return {name: words}
    if attribute.type == "bool":
        flags = layer[name].astype("boolean") if name in layer else pd.Series(pd.NA, layer.index, dtype="boolean")
        flags = flags.copy()
        flags.iloc[places] = pd.array([pd.NA if np.isnan(flag) else bool(flag) for flag in low], dtype="boolean")
        return {name: flags}
    exact = low == high
    columns = {name: _numbers(layer, name)}
    columns[name][places] = np.where(exact, low, np.nan)
    for end, bound in ((f"{name}_low", low), (f"{name}_high", high)):
        if end in layer or not exact.all():
            columns[end] = _numbers(layer, end)
            columns[end][places] = np.where(exact | np.isinf(bound), np.nan, bound)
    return columns


def _own(
    layer: gpd.GeoDataFrame,
    attribute: schema.Attribute,
    places: npt.NDArray[np.intp],
    given: npt.NDArray[np.int64],
    newest: npt.NDArray[np.int64],
) -> pd.DataFrame:
    """Values of the layer that an observation replaces, as observations that were not used."""
    mine = layer.iloc[places]
    low, high = np.full(len(mine), np.nan), np.full(len(mine), np.nan)
    text = pd.Series("", mine.index)
    if attribute.type == "class":
        text = schema.texts(mine, attribute.name)
        raw = text.tolist()
    elif attribute.type == "bool":
        given_flags = mine.get(attribute.name, pd.Series(pd.NA, mine.index)).astype("boolean")
        low = high = given_flags.to_numpy(dtype=float, na_value=np.nan)
        raw = ["true" if flag else "false" for flag in low]
    else:
        low, high = schema.bounds(mine, attribute.name)
        raw = [
            f"{a:g}" if a == b else f"{a:g}..{b:g}".replace("-inf", "").replace("inf", "") for a, b in zip(low, high, strict=True)
        ]
        unreachable = np.isposinf(low)
        low, high = np.where(np.isneginf(low), np.nan, low), np.where(np.isposinf(high) & ~unreachable, np.nan, high)
    days = [_day(day) for day in newest]
    table = {
        **{"object_id": mine.index.to_numpy(), "kind": "", "attribute": attribute.name, "raw": raw, "low": low, "high": high},
        **{"text": text.to_numpy(), "date": _dates(given), "source": schema.texts(mine, "source").to_numpy(), "used": False},
        "reason": [f"replaced by an observation ({day})" for day in days],
    }
    return pd.DataFrame(table, columns=_COLUMNS)


def _dates(seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    return np.asarray(seconds.astype("datetime64[s]"))  # the number of `UNDATED` is that of no date


def _day(seconds: int) -> str:
    return "undated" if seconds == UNDATED else str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))


def _numbers(layer: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    if name not in layer:
        return np.full(len(layer), np.nan)
    return np.array(layer[name].to_numpy(dtype=float, na_value=np.nan))
