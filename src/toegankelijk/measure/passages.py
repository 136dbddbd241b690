"""Passages (doorgangen): the stretches of pavements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

WALKING_KINDS = ("footway", "crossing", "stairs", "ramp")
"""Kinds of lines on which people walk; where they meet, a stretch ends."""

SNAP = 0.05
"""Distance in metres within which the end of one line lies on another."""


def with_stretches(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Layers with the footway lines cut into stretches where other walking lines meet them."""
    result = dict(layers)
    if "footway" in result and len(result["footway"]):
        others = [layers[kind].geometry.to_numpy() for kind in WALKING_KINDS[1:] if kind in layers]
        result["footway"] = cut_stretches(result["footway"], np.concatenate([*others, np.array([], dtype=object)]))
    return result


def cut_stretches(footways: gpd.GeoDataFrame, others: np.ndarray) -> gpd.GeoDataFrame:
    """Cut footway lines where they meet one another or other walking lines.

    Lines meet where they share a vertex, or where one ends on the other (within 5 cm).

    Parameters
    ----------
    footways
        Footways; polygons, lines in several parts, and lines that nothing meets, stay as they are and keep their id.
    others
        Geometries of other walking lines, in the same coordinate system in metres.

    Returns
    -------
    GeoDataFrame
        Pieces have the id of their footway with ``/1``, ``/2`` and so on from its start, that id as ``parent_id``, and all its
        attributes.

    Examples
    --------
    >>> lines = [shapely.LineString([(0, 0), (10, 0)]), shapely.LineString([(4, 0), (4, 5)])]
    >>> footways = gpd.GeoDataFrame(geometry=lines, index=pd.Index(["a", "b"], name="object_id"), crs="EPSG:31370")
    >>> cut_stretches(footways, np.array([])).length.to_dict()
    {'a/1': 4.0, 'a/2': 6.0, 'b': 5.0}
    """
    shapes = footways.geometry.to_numpy()
    several = shapely.get_type_id(shapes) == 5
    shapes = np.where(several, shapely.line_merge(np.where(several, shapes, None)), shapes)  # often one line, stored as several
    rows = np.flatnonzero(shapely.get_type_id(shapes) == 1)
    lines = shapes[rows]
    other = shapely.get_parts(np.concatenate([others, shapes[shapely.get_type_id(shapes) == 5]]))
    meetings = _meetings(lines, other[shapely.get_type_id(other) == 1])
    if meetings.empty:
        return footways
    pieces, parent = _cut(lines, meetings)
    cut = rows[np.unique(parent)]
    number = pd.Series(parent).groupby(parent).cumcount() + 1
    ids = footways.index[rows[parent]]
    new = footways.iloc[rows[parent]].set_axis(derived_ids(ids, number, footways.index))
    new = new.set_geometry(gpd.GeoSeries(pieces, index=new.index, crs=footways.crs)).assign(
        parent_id=ids.to_numpy(), derived=True
    )
    kept = footways.drop(footways.index[cut])
    return gpd.GeoDataFrame(pd.concat([kept, new]).sort_index(), crs=footways.crs)


def derived_ids(parents: Iterable[str], numbers: Iterable[int | str], delivered: pd.Index) -> pd.Index:
    """Ids of derived objects: the id of the parent and a number; a second slash where a delivered object has that id already.

    Examples
    --------
    >>> derived_ids(["a", "a"], [1, 2], pd.Index(["a", "a/2"])).tolist()
    ['a/1', 'a//2']
    """
    taken, ids = set(delivered), []
    for parent, number in zip(parents, numbers, strict=True):
        separator = "/"
        while f"{parent}{separator}{number}" in taken:
            separator += "/"
        ids.append(f"{parent}{separator}{number}")
    return pd.Index(ids, name="object_id", dtype="object")


def _meetings(lines: np.ndarray, others: np.ndarray) -> pd.DataFrame:
    """Meetings inside a line: its number, the distance along it and the place, sorted; ends of the line itself are none."""
    every = np.concatenate([lines, others])
    coordinates, owner = shapely.get_coordinates(every, return_index=True)
    spot = pd.DataFrame(np.round(coordinates, 3), columns=["x", "y"]).assign(owner=owner).drop_duplicates()
    shared = spot[spot.groupby(["x", "y"])["owner"].transform("size") > 1]
    shared = shared[shared["owner"] < len(lines)]
    vertices = shapely.points(coordinates[shared.index])  # the very vertex, so that the pieces share it too
    ends = np.concatenate([shapely.get_point(every, 0), shapely.get_point(every, -1)])
    source = np.tile(np.arange(len(every)), 2)
    which, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=SNAP)
    foreign = source[which] != line
    on = np.concatenate([shared["owner"].to_numpy(), line[foreign]]).astype(np.intp)
    measure = shapely.line_locate_point(lines[on], np.concatenate([vertices, ends[which[foreign]]]))
    beside = shapely.line_interpolate_point(lines[on[len(vertices) :]], measure[len(vertices) :])
    x, y = shapely.get_coordinates(np.concatenate([vertices, beside])).T
    end = np.arange(len(on)) >= len(vertices)
    table = pd.DataFrame({"line": on, "along": np.round(measure, 6), "end": end, "x": x, "y": y})
    inside = (measure > SNAP) & (measure < shapely.length(lines)[on] - SNAP)
    table = table[inside].sort_values(["line", "along", "end", "x", "y"]).drop(columns="end")
    return table[(table["line"].diff() != 0) | (table["along"].diff() > SNAP)]


def _cut(lines: np.ndarray, meetings: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of the lines that have meetings, from the start of each line on, and the line that each comes from."""
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    keep = np.isin(owner, meetings["line"])
    coordinates, owner = coordinates[keep], owner[keep]
    step = np.hypot(*np.diff(coordinates, axis=0, prepend=coordinates[:1]).T)
    step[np.flatnonzero(np.diff(owner, prepend=-1))] = 0.0
    along = pd.Series(step).groupby(owner).cumsum().to_numpy()
    vertices = pd.DataFrame({"line": owner, "along": along, "x": coordinates[:, 0], "y": coordinates[:, 1], "cut": 0})
    table = pd.concat([vertices, meetings.assign(cut=1)]).sort_values(["line", "along", "cut"], kind="stable", ignore_index=True)
    table["piece"] = table.groupby("line")["cut"].cumsum()
    ends = table[table["cut"] == 1].assign(piece=lambda t: t["piece"] - 1)  # a cut starts one piece and ends the one before
    table = pd.concat([ends, table]).sort_values(["line", "piece", "along"], kind="stable", ignore_index=True)
    key = table.groupby(["line", "piece"], sort=True).ngroup()
    again = (key.diff() == 0) & (table[["x", "y"]].diff().abs().max(axis=1) < 1e-6)
    table, key = table[~again], key[~again]
    pieces = shapely.linestrings(table[["x", "y"]].to_numpy(), indices=key.to_numpy())
    return pieces, table.groupby(key.to_numpy())["line"].first().to_numpy()
