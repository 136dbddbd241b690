"""Crossings that are drawn as points on the axis of a street."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.network.graph import Network
from toegankelijk.network.growing import counted, joinable, table_of, with_edges
from toegankelijk.network.lines import Floats, Numbers, Shapes, headings
from toegankelijk.network.locating import split
from toegankelijk.network.sides import ASLANT, BESIDE

ON_WAY = 0.3
"""Distance in metres from a footway within which a crossing point lies on it."""

ON_STREET = 3.0
"""Distance in metres from the axis of a street within which a crossing point lies on that street."""


def cross_at_points(network: Network, crossings: gpd.GeoDataFrame, streets: Shapes) -> tuple[Network, pd.DataFrame]:
    """Network with crossings that are drawn as points, but for those on footways that run over the street there.

    A crossing leads from the nearest footway or side of the street on the left to that on the right, within 15 m; or to the axis,
    where people walk on it and only one of these is there.

    Parameters
    ----------
    network
        A network.
    crossings
        Crossings that are drawn as points.
    streets
        Axes of streets.

    Returns
    -------
    tuple
        The network, and remarks on crossings of which nothing is known that they join.
    """
    points, ids = shapely.point_on_surface(crossings.geometry.to_numpy()), crossings.index.to_numpy(dtype=object)
    course = _courses(points, streets)
    network, _, lost = _on_footways(network, points, ids, course)
    rest = np.setdiff1d(lost, np.flatnonzero(np.isnan(course)))
    network, joined = _between_sides(network, points, ids, course, rest)
    nowhere = np.setdiff1d(lost, joined)
    reason = "nothing is known that it joins: no footway, and no street with pavements, lies on both sides of it"
    return network, schema.remarks("crossing", ids[nowhere], "geometry", "", reason)


def gates_on_footways(
    network: Network, crossings: gpd.GeoDataFrame, ends: gpd.GeoDataFrame, streets: Shapes
) -> tuple[Network, pd.DataFrame]:
    """Network with nodes at crossings that are drawn as points on footways, and gates that stand for these and for their ends.

    The crossing stands on the footway on either side of the axis of the street, its first end on the left of the street and its
    second on the right.
    """
    points, ids = shapely.point_on_surface(crossings.geometry.to_numpy()), crossings.index.to_numpy(dtype=object)
    network, gates, _ = _on_footways(network, points, ids, _courses(points, streets))
    if gates.empty:
        return network, gates
    of_ends = _on_both_sides(gates, ends)
    return network, pd.concat([gates.drop(columns="left"), of_ends], ignore_index=True)


def _courses(points: Shapes, streets: Shapes) -> Floats:
    """Direction in radians of the street at each point; NaN where there is none."""
    result = np.full(len(points), np.nan)
    if not len(streets) or not len(points):
        return result
    found = shapely.STRtree(streets).query_nearest(points, max_distance=ON_STREET)
    order = np.lexsort((found[1], found[0]))
    point, street = found[:, order]
    fresh = np.diff(point, prepend=-1) != 0
    point, line = point[fresh], streets[street[fresh]]
    result[point] = _heading(line, points[point])
    return result


def _on_footways(network: Network, points: Shapes, ids: Shapes, course: Floats) -> tuple[Network, pd.DataFrame, Numbers]:
    """Gates of crossings on footways that run through their points, and the numbers of the other crossings."""
    columns = ["edge", "along", "kind", "object_id"]
    able = np.flatnonzero(network.edges["kind"].isin(["footway", "ramp"]).to_numpy())
    if not len(able) or not len(points):
        return network, pd.DataFrame(columns=columns), np.arange(len(points))
    point, near = shapely.STRtree(network.shapes[able]).query(points, predicate="dwithin", distance=ON_WAY)
    edge = able[near]
    heading = _heading(network.shapes[edge], points[point])
    course = course.copy()
    bare = np.isnan(course[point])  # no street is drawn: it leads over a track or so, square to the footway
    course[point[bare]] = heading[bare] + np.pi / 2
    across = np.abs(np.cos(heading - course[point])) <= np.sqrt(0.75)
    point, edge = point[across], edge[across]
    network, node = split(network, edge, shapely.line_locate_point(network.shapes[edge], points[point]))
    pairs = pd.DataFrame({"point": point, "node": node}).drop_duplicates()
    first, last = headings(
        np.where(shapely.get_dimensions(network.shapes) == 1, network.shapes, shapely.LineString([(0, 0), (1, 0)]))
    )
    arms = pd.DataFrame(
        {
            "node": np.concatenate([network.tail, network.head]),
            "edge": np.tile(np.arange(len(network)), 2),
            "end": np.repeat([0, 1], len(network)),
            "angle": np.concatenate([first, last]),
            "kind": np.tile(network.edges["kind"].to_numpy(), 2),
        }
    )
    arms = arms[arms["kind"].isin(["footway", "ramp"])].merge(pairs, on="node").sort_values(["point", "edge", "end"])
    turn = np.sin(arms["angle"].to_numpy() - course[arms["point"]])
    arms = arms.assign(left=turn > 0)
    sides = arms.groupby("point")["left"].agg(["min", "max"])
    through = sides.index[sides["min"] != sides["max"]]  # it goes on beyond the street
    arms = arms[arms["point"].isin(through)]
    along = np.where(arms["end"] == 0, 0.0, network.length[arms["edge"]])
    gates = pd.DataFrame({"edge": arms["edge"], "along": along, "kind": "crossing", "object_id": ids[arms["point"]]})
    return network, gates.assign(left=arms["left"]), np.setdiff1d(np.arange(len(points)), through)


def _heading(lines: Shapes, points: Shapes) -> Floats:
    """Direction in radians of lines where they are nearest to points."""
    at, length = shapely.line_locate_point(lines, points), shapely.length(lines)
    step = np.subtract(
        *(shapely.get_coordinates(shapely.line_interpolate_point(lines, np.clip(at + by, 0, length))) for by in (2.0, -2.0))
    )
    return np.asarray(np.arctan2(step[:, 1], step[:, 0]))


def _between_sides(network: Network, points: Shapes, ids: Shapes, course: Floats, rows: Numbers) -> tuple[Network, Numbers]:
    """Network with crossings between what runs on either side of each point, and the numbers of those that join something."""
    side = network.edges["side"].to_numpy() != ""
    beside = np.flatnonzero(joinable(network, "footway") | (joinable(network, "street") & side))
    axes = np.flatnonzero(joinable(network, "street") & ~side)
    found = []
    if len(beside):
        row, near = shapely.STRtree(network.shapes[beside]).query(points[rows], predicate="dwithin", distance=BESIDE)
        found.append(_seen(network, points, rows[row], beside[near], course))
    if len(axes):
        row, near = shapely.STRtree(network.shapes[axes]).query(points[rows], predicate="dwithin", distance=1.0)
        far = shapely.distance(points[rows[row]], network.shapes[axes[near]])
        found.append(pd.DataFrame({"point": rows[row], "edge": axes[near], "far": far, "place": "axis"}))
    if not found:
        return network, np.zeros(0, np.intp)
    table = pd.concat(found, ignore_index=True).sort_values(["point", "place", "far", "edge"]).drop_duplicates(["point", "place"])
    wide = table.pivot(index="point", columns="place", values="edge").reindex(columns=["left", "right", "axis"])
    one, other = wide["left"].fillna(wide["axis"]), wide["right"].fillna(wide["axis"])
    real = (one.notna() & other.notna() & (one != other)).to_numpy()
    point = wide.index.to_numpy(np.intp)[real]
    if not len(point):
        return network, point
    edges = np.concatenate([one[real], other[real]]).astype(np.intp)
    along = shapely.line_locate_point(network.shapes[edges], points[np.tile(point, 2)])
    network, node = split(network, edges, along)
    tail, head = node[: len(point)], node[len(point) :]
    parts = pd.DataFrame({"edge": np.arange(len(point)), "kind": "crossing", "object_id": ids[point]})
    network = with_edges(network, table_of(tail, head, "crossing", ids[point]), parts)
    return counted(network, crossings_from_points=len(point)), point


def _seen(network: Network, points: Shapes, point: Numbers, edge: Numbers, course: Floats) -> pd.DataFrame:
    """Edges to the left and to the right of points on a street, square to it more or less."""
    line = shapely.shortest_line(points[point], network.shapes[edge])
    step = shapely.get_coordinates(shapely.get_point(line, 1)) - shapely.get_coordinates(points[point])
    far, angle = np.hypot(*step.T), np.arctan2(step[:, 1], step[:, 0]) - course[point]
    square = (np.abs(np.cos(angle)) <= ASLANT) & (far > ON_WAY)
    place = np.where(np.sin(angle) > 0, "left", "right")
    return pd.DataFrame({"point": point, "edge": edge, "far": far, "place": place})[square]


def _on_both_sides(gates: pd.DataFrame, ends: gpd.GeoDataFrame) -> pd.DataFrame:
    """Gates of the ends of crossings that stand on footways: the first end on the left of the street, the second on the right."""
    arms = gates.rename(columns={"object_id": "parent"})
    parents = schema.texts(ends, "parent_id").to_numpy(dtype=object)
    table = pd.DataFrame({"parent": parents, "object_id": ends.index.to_numpy(dtype=object)}).sort_values(["parent", "object_id"])
    table["left"] = table.groupby("parent").cumcount() == 0
    table = table[table["left"] | (table.groupby("parent").cumcount() == 1)]
    return arms.merge(table, on=["parent", "left"])[["edge", "along", "object_id"]].assign(kind="crossing_end")
