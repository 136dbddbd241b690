"""Where people come into a free space and leave it: entrances that are given, and borders that it shares with other surfaces."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.widths.borders import (
    CONTACT,
    Borders,
    borders_of,
    contacts,
    merged,
    round_places,
    runs_along,
    with_corners,
)
from toegankelijk.widths.footprints import faults
from toegankelijk.widths.rings import places_at, share_along
from toegankelijk.widths.spaces import Spaces

TOLERANCE = 0.5
"""Metres from a space within which a given entrance, or the end of a crossing that is a line, belongs to it."""

LEAST_CONTACT = 0.60
"""Contact in metres that somebody can pass through; a shorter one is none."""

LEAST_GIVEN = 0.01
"""Length in metres from which a given entrance is a stretch of border, and no point."""

WIDTHS = ("crossing_width", "width")
"""Columns that hold the width in metres of a surface that is drawn as a line; the first that is there counts."""

COLUMNS = ("space", "entrance_id", "rule", "geometry")
"""Columns of entrances."""


def find_entrances(
    spaces: Spaces, entrances: gpd.GeoDataFrame | None = None, walkable: gpd.GeoDataFrame | gpd.GeoSeries | None = None
) -> tuple[Spaces, pd.DataFrame, pd.DataFrame]:
    """Entrances of free spaces: all that are given, and all that other surfaces make.

    A given one (rule ``given``) belongs to the space that it lies in or nearest to, within `TOLERANCE`. A polygon or a line that
    lies along the border is that stretch of border; anything else is a point, on the border or inside. Another surface (rule
    ``shared``) makes a stretch of border where it lies within `CONTACT` of it and outside it; contacts in a row are one, with
    all ids; one shorter than `LEAST_CONTACT` is none. A crossing that is a line makes a stretch as wide as its column ``width``
    or ``crossing_width`` says, else a point, where it crosses the border or ends at most `TOLERANCE` short of it. Obstacles at
    the border are in the way: there is no entrance through them.

    Parameters
    ----------
    spaces
        Free spaces, as `free_spaces` gives them.
    entrances
        Given entrances: points, lines or polygons in metres; the index holds their ids.
    walkable
        Other surfaces that people walk on, such as crossings and driveways: polygons, or lines.

    Returns
    -------
    tuple
        The same spaces, with the ends of all stretches as corners; a table with the columns ``space`` (number of the space),
        ``entrance_id`` (ids, ``|`` between several), ``rule`` and ``geometry`` (a point, or a line whose corners are corners of
        the space); and remarks on what was set aside: ``no_space`` (nothing within reach), ``no_geometry``, ``not_finite``,
        ``not_a_surface`` (a walkable point).

    Examples
    --------
    >>> from toegankelijk.widths.spaces import free_spaces
    >>> free, _ = free_spaces(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 2)]), largest=True)
    >>> drives = gpd.GeoDataFrame(geometry=[shapely.box(3, 2, 6, 9)], index=["drive"])
    >>> free, found, _ = find_entrances(free, walkable=drives)
    >>> found.loc[0, ["entrance_id", "rule"]].tolist(), found["geometry"][0].wkt
    (['drive', 'shared'], 'LINESTRING (6 2, 3 2)')
    """
    given, other = _usable(entrances, "entrances"), _usable(walkable, "walkable")
    remarks = [given.remarks, other.remarks]
    if not len(spaces.shapes):
        remarks.append(schema.remarks("entrances", given.ids, "", "", "no_space"))
        return spaces, pd.DataFrame(columns=list(COLUMNS)), schema.all_remarks(remarks)
    borders = borders_of(spaces.shapes)
    first, first_of = _given_stretches(borders, given.shapes)
    points = _given_points(spaces.shapes, given.shapes, np.setdiff1d(np.arange(len(given.shapes)), first_of["owner"]))
    second, second_of, crossings = _shared(spaces, borders, other)
    shapes, lines = with_corners(borders, pd.concat([first, second], ignore_index=True))
    space = borders.rings.polygon_of_ring[np.concatenate([first["ring"], second["ring"]]).astype(np.intp)]
    count = len(first)
    parts = [
        _table(space[:count], _names(first_of, given.ids), "given", lines[:count]),
        _table(points["space"], given.ids[points["owner"]], "given", points["geometry"]),
        _table(space[count:], _names(second_of, other.ids), "shared", lines[count:]),
        _table(crossings["space"], other.ids[crossings["owner"]], "shared", crossings["geometry"]),
    ]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.sort_values(["space", "rule", "entrance_id"], kind="stable", ignore_index=True)
    lost = np.setdiff1d(np.arange(len(given.shapes)), np.concatenate([first_of["owner"], points["owner"]]))
    remarks.append(schema.remarks("entrances", given.ids[lost], "", "", "no_space"))
    return replace(spaces, shapes=shapes), table, schema.all_remarks(remarks)


@dataclass(frozen=True)
class _Usable:
    """Geometries that can be used, their ids and widths (NaN where none is known), and remarks on the others."""

    shapes: np.ndarray
    ids: np.ndarray
    widths: np.ndarray
    remarks: pd.DataFrame


def _usable(layer: gpd.GeoDataFrame | gpd.GeoSeries | None, name: str) -> _Usable:
    if layer is None:
        return _Usable(np.array([], dtype=object), np.array([], dtype=object), np.zeros(0), schema.remarks())
    shapes = shapely.force_2d(np.asarray(layer.geometry.values, dtype=object))
    fault = faults(shapes)
    if name == "walkable":
        fault[(fault == "") & (shapely.get_dimensions(shapes) < 1)] = "not_a_surface"
    good = fault == ""
    broken = good & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    column = next((column for column in WIDTHS if isinstance(layer, gpd.GeoDataFrame) and column in layer), None)
    widths = np.full(len(layer), np.nan)
    if column is not None:
        widths = pd.to_numeric(layer[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    ids = np.asarray(layer.index.astype(str), dtype=object)
    return _Usable(shapes[good], ids[good], widths[good], schema.remarks(name, ids[~good], "", "", fault[~good]))


def _given_stretches(borders: Borders, shapes: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stretches of border that given polygons and lines lie along, and pairs of a stretch and the entrance that it is of."""
    polygons, of = _polygons(shapes)
    found = contacts(borders, polygons, of, distance=CONTACT)
    away = ~np.isin(of, found["owner"])
    farther = contacts(borders, polygons[away], of[away], distance=TOLERANCE)
    linear = np.flatnonzero(shapely.get_dimensions(shapes) == 1)
    along = runs_along(borders, shapes[linear], linear)
    length = (along["high"] - along["low"]).groupby(along["owner"]).sum()
    mostly = length.index[length >= shapely.length(shapes[length.index]) / 2]
    table = pd.concat([found, farther, along[along["owner"].isin(mostly)]], ignore_index=True)
    return _merged(borders, table, apart=True, least=LEAST_GIVEN)


def _given_points(spaces: np.ndarray, shapes: np.ndarray, owner: np.ndarray) -> pd.DataFrame:
    """Other given entrances as points: the middle of what lies in a space, else the nearest place on its border."""
    which, space = shapely.STRtree(spaces).query_nearest(shapes[owner], max_distance=TOLERANCE)
    owner = owner[which]
    shared = shapely.intersection(shapes[owner], spaces[space])
    point = shapely.get_point(shapely.shortest_line(spaces[space], shapes[owner]), 0)
    inside = np.flatnonzero(~shapely.is_empty(shared))
    parts, of = shapely.get_parts(shared[inside], return_index=True)
    of = inside[of]
    order = np.lexsort([-shapely.length(parts), -shapely.area(parts), of])
    of, widest = np.unique(of[order], return_index=True)  # of each the largest part
    parts = parts[order][widest]
    linear = shapely.get_dimensions(parts) == 1
    middle = np.where(linear, shapely.line_interpolate_point(np.where(linear, parts, None), 0.5, normalized=True), parts)
    flat = shapely.get_dimensions(parts) == 2
    point[of] = np.where(flat, shapely.point_on_surface(parts), middle)
    return pd.DataFrame({"space": space, "owner": owner, "geometry": point})


def _shared(spaces: Spaces, borders: Borders, other: _Usable) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Stretches of border that other surfaces share, pairs of a stretch and a surface, and points where the width is unknown."""
    polygons, of = _polygons(other.shapes)
    found = contacts(borders, polygons, of, distance=CONTACT)
    ends = _line_ends(spaces.shapes, borders, other.shapes)
    known = other.widths[ends["owner"]] >= LEAST_GIVEN
    wide = ends[known]
    width = other.widths[wide["owner"]]
    drawn = round_places(borders, wide["owner"].to_numpy(), wide["edge"].to_numpy(), wide["share"].to_numpy(), width)
    table = pd.concat([found, drawn], ignore_index=True)
    free = _is_free(spaces, borders, table["ring"], table[["low", "high"]].mean(axis=1))
    stretches, pairs = _merged(borders, table[free].reset_index(drop=True), apart=False, least=LEAST_CONTACT)
    narrow = ends[~known]
    edge, share = narrow["edge"].to_numpy(), narrow["share"].to_numpy()
    ring, metres = borders.rings.ring[edge], borders.metres(edge, share)
    free = _is_free(spaces, borders, ring, metres) & ~_inside(stretches, ring, metres)
    points = shapely.points(places_at(borders.edges[edge], share[:, None])[:, 0])
    space = borders.rings.polygon[edge]
    return stretches, pairs, pd.DataFrame({"space": space, "owner": narrow["owner"].to_numpy(), "geometry": points})[free]


def _line_ends(spaces: np.ndarray, borders: Borders, shapes: np.ndarray) -> pd.DataFrame:
    """Where lines cross borders, or end close outside them: owner, edge, and share along the edge.

    A line that crosses a border within twice the tolerance of its end has come in there, and its end says nothing more.
    """
    linear = np.flatnonzero(shapely.get_dimensions(shapes) == 1)
    which, edge = borders.tree.query(shapes[linear], predicate="intersects")
    points, pair = shapely.get_parts(shapely.intersection(shapes[linear[which]], borders.lines[edge]), return_index=True)
    single = shapely.get_dimensions(points) == 0
    points, owner, edge = points[single], linear[which[pair[single]]], edge[pair[single]]
    crossed = pd.DataFrame({"owner": owner, "edge": edge, "x": shapely.get_x(points), "y": shapely.get_y(points)})
    parts, of = shapely.get_parts(shapes[linear], return_index=True)
    tips, owner = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)]), np.tile(linear[of], 2)
    tip, edge = borders.tree.query_nearest(tips, max_distance=TOLERANCE, all_matches=False)
    inside = np.isin(tip, shapely.STRtree(tips).query(spaces, predicate="contains")[1])
    outside = ~inside | (shapely.distance(tips[tip], borders.lines[edge]) <= CONTACT)
    tip, edge = tip[outside], edge[outside]
    ended = pd.DataFrame({"owner": owner[tip], "edge": edge, "x": shapely.get_x(tips[tip]), "y": shapely.get_y(tips[tip])})
    near = ended.reset_index().merge(crossed, on="owner", suffixes=("", "_other"))
    near = near[np.hypot(near["x"] - near["x_other"], near["y"] - near["y_other"]) <= 2 * TOLERANCE]
    table = pd.concat([crossed, ended.drop(index=near["index"].unique())], ignore_index=True)
    edge = table["edge"].to_numpy(np.intp)
    share = np.clip(share_along(borders.edges[edge], table[["x", "y"]].to_numpy(float)), 0, 1)
    table = pd.DataFrame({"owner": table["owner"].to_numpy(np.intp), "edge": edge, "share": share})
    where = np.round(places_at(borders.edges[edge], share[:, None])[:, 0], 3)  # at a corner it crosses two edges
    return table[~pd.DataFrame({"owner": table["owner"], "x": where[:, 0], "y": where[:, 1]}).duplicated()]


def _is_free(spaces: Spaces, borders: Borders, ring: np.ndarray, metres: np.ndarray) -> np.ndarray:
    """Whether no obstacle makes the border at places, so that one can pass there."""
    beside = borders.beside(*borders.edge_at(np.asarray(metres, dtype=float), np.asarray(ring, dtype=np.intp)))
    blocked = shapely.STRtree(spaces.obstacles).query(beside, predicate="intersects")[0]
    return ~np.isin(np.arange(len(beside)), blocked)


def _inside(stretches: pd.DataFrame, ring: np.ndarray, metres: np.ndarray) -> np.ndarray:
    """Whether places lie in one of the stretches of their ring."""
    place = pd.DataFrame({"ring": ring, "metres": metres}).reset_index().merge(stretches, on="ring")
    within = (place["metres"] >= place["low"] - CONTACT) & (place["metres"] <= place["high"] + CONTACT)
    within |= place["metres"] <= place["high"] - (place["end"] - place["start"]) + CONTACT  # it goes on where the ring starts
    return np.isin(np.arange(len(ring)), place.loc[within, "index"])


def _merged(borders: Borders, stretches: pd.DataFrame, *, apart: bool, least: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stretches that touch as one, if they are long enough or their width was given; and pairs of a stretch and an owner."""
    table, row = merged(borders, stretches, apart=apart)
    keep = ((table["high"] - table["low"] >= least - 1e-6) | table["drawn"]).to_numpy(bool)  # as far as coordinates can tell
    number = np.cumsum(keep) - 1
    pairs = pd.DataFrame({"stretch": number[row], "owner": stretches["owner"].to_numpy(np.intp)})[keep[row]].drop_duplicates()
    return table[keep].reset_index(drop=True), pairs


def _polygons(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polygons that shapes are made of, and the shape that each is of."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    flat = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)
    return parts[flat], of[flat]


def _names(pairs: pd.DataFrame, ids: np.ndarray) -> np.ndarray:
    """Ids of what makes each stretch, with ``|`` between them."""
    table = pd.DataFrame({"stretch": pairs["stretch"].to_numpy(), "id": ids[pairs["owner"].to_numpy(np.intp)]})
    return np.asarray(table.sort_values(["stretch", "id"]).groupby("stretch")["id"].agg(" | ".join), dtype=object)


def _table(space: np.ndarray, ids: np.ndarray, rule: str, geometry: np.ndarray) -> pd.DataFrame:
    columns = (np.asarray(space, np.intp), np.asarray(ids, object), rule, np.asarray(geometry, object))
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
