"""Free space: pavements that touch as one, less the ground that obstacles take up."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toegankelijk import schema
from toegankelijk.widths.footprints import obstacle_shapes, unusable
from toegankelijk.widths.seams import dissolve

LEAST_AREA = 0.01
"""Free space of less than this many square metres, left over beside an obstacle, is none."""

LEAST_THICKNESS = 0.001
"""Nor is free space that is thinner than this, in metres: twice its area over its perimeter."""

AT = 1e-4
"""Metres within which a place on the border of a space lies at the obstacle that makes the border there."""

FRONT = 0.2
"""Metres within which a building front or a fence stands at the edge of a pavement."""


@dataclass(frozen=True)
class Spaces:
    """Free spaces, and which pavements they are of.

    Parameters
    ----------
    shapes
        Valid, connected polygons: people can move about in each of them, and not from one to another.
    space, pavement
        Pairs of a space (its number in ``shapes``) and a given pavement (number of its row) that overlap.
    obstacles
        Ground of the obstacles that stand on or at pavements.
    obstacle_ids
        Their ids.
    wholes, whole
        Pavements dissolved, as if nothing stood there, and the number of the one that each space is part of.
    """

    shapes: np.ndarray
    space: np.ndarray
    pavement: np.ndarray
    obstacles: np.ndarray = field(repr=False)
    obstacle_ids: np.ndarray = field(repr=False)
    wholes: np.ndarray = field(repr=False)
    whole: np.ndarray = field(repr=False)


def free_spaces(
    pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame | None = None, *, largest: bool
) -> tuple[Spaces, pd.DataFrame]:
    """Space of pavements that obstacles leave free; touching and overlapping pavements are one.

    Parameters
    ----------
    pavements
        Polygons in metres; the index holds their ids.
    obstacles
        What stands on them: points, lines and polygons, as for `obstacle_shapes`.
    largest
        Whether obstacles that are drawn as points and lines take their largest footprint, or their smallest.

    Returns
    -------
    tuple
        The spaces, and remarks: a pavement or an obstacle that was set aside has an empty ``attribute`` and one of the reasons
        ``no_area``, ``not_a_polygon``, ``not_finite``, ``covered`` (by obstacles, wholly) or ``no_geometry``; one that was made
        valid has ``geometry`` and ``made_valid``.

    Examples
    --------
    >>> strips = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 2), shapely.box(10, 0, 20, 2)], index=["a", "b"])
    >>> wall = gpd.GeoDataFrame(geometry=[shapely.box(14, -1, 15, 3)], index=["wall"])
    >>> free, _ = free_spaces(strips, wall, largest=True)
    >>> shapely.area(free.shapes).tolist(), free.space.tolist(), free.pavement.tolist()
    ([28.0, 10.0], [0, 0, 1], [0, 1, 1])
    """
    pieces, row, found = _pieces(pavements)
    shapes, group, group_of_piece = dissolve(pieces)
    ground, ids = np.array([], dtype=object), np.array([], dtype=object)
    if obstacles is not None and len(obstacles):
        found.append(unusable(obstacles))
        ground, ids = obstacle_shapes(obstacles, largest=largest), np.asarray(obstacles.index.astype(str), dtype=object)
        near = np.unique(shapely.STRtree(ground).query(shapes, predicate="intersects")[1])
        ground, ids = ground[near], ids[near]
    apart = _apart(ground)
    free, of = _subtract(shapes, apart)
    space, pavement = _overlaps(free, group[of], pieces, group_of_piece, row, apart)
    covered = np.setdiff1d(row, pavement)
    found.append(schema.remarks("pavements", pavements.index[covered], "", "", "covered"))
    return Spaces(free, space, pavement, ground, ids, shapes, of), schema.all_remarks(found)


def limiting(spaces: Spaces, points: np.ndarray, *, fronts: gpd.GeoDataFrame | None = None) -> np.ndarray:
    """What makes the border of a space at places on it: the id of an obstacle, else of a front, else nothing.

    Parameters
    ----------
    spaces
        Spaces as `free_spaces` gives them.
    points
        Coordinates of places on the border, shape (places, 2).
    fronts
        Buildings, fences and walls beside the pavements; one within `FRONT` metres of a place makes the border there.

    Returns
    -------
    ndarray
        An id per place; empty where the pavement ends there for no reason that was given.

    Examples
    --------
    >>> strip = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 2)])
    >>> bin = gpd.GeoDataFrame(geometry=[shapely.box(4, 0, 5, 0.5)], index=["bin"])
    >>> limiting(free_spaces(strip, bin, largest=True)[0], np.array([[4.5, 0.5], [4.5, 2.0]])).tolist()
    ['bin', '']
    """
    places = shapely.points(np.asarray(points, dtype=float).reshape(-1, 2))
    result = np.full(len(places), "", dtype=object)
    if fronts is not None and len(fronts):
        shapes = np.asarray(fronts.geometry.values, dtype=object)
        place, front = _nearest(places, shapes, FRONT)
        result[place] = np.asarray(fronts.index.astype(str), dtype=object)[front]
    place, obstacle = _nearest(places, spaces.obstacles, AT)
    result[place] = spaces.obstacle_ids[obstacle]
    return result


def _nearest(places: np.ndarray, shapes: np.ndarray, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Places that have a shape within a distance, and the nearest one of each; of several the first."""
    place, shape = shapely.STRtree(shapes).query_nearest(places, max_distance=distance)
    order = np.lexsort([shape, place])
    place, first = np.unique(place[order], return_index=True)
    return place, shape[order][first]


def _pieces(pavements: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, list[pd.DataFrame]]:
    """Valid polygons of pavements without doubled corners, the row of each, and remarks on the others."""
    shapes = shapely.force_2d(np.asarray(pavements.geometry.values, dtype=object))
    places, row = shapely.get_coordinates(shapes, return_index=True)
    infinite = np.zeros(len(shapes), bool)
    infinite[row[~np.isfinite(places).all(axis=1)]] = True
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kind = shapely.get_type_id(shapes)
    flat = np.isin(kind, [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    fault = np.select([absent, ~flat, infinite], ["no_area", "not_a_polygon", "not_finite"], "").astype(object)
    shapes[fault != ""] = None
    broken = (fault == "") & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    pieces, row = shapely.get_parts(shapes, return_index=True)
    real = shapely.area(pieces) > 0
    pieces, row = shapely.remove_repeated_points(pieces[real]), row[real]
    fault[(fault == "") & ~np.isin(np.arange(len(shapes)), row)] = "no_area"
    aside, ids = fault != "", pavements.index
    found = [schema.remarks("pavements", ids[aside], "", "", fault[aside])]
    found.append(schema.remarks("pavements", ids[broken & ~aside], "geometry", "", "made_valid"))
    return pieces, row, found


def _apart(ground: np.ndarray) -> np.ndarray:
    """Polygons that take up the same ground, of which no two touch. Most stand alone, and a union of all is slow."""
    parts = shapely.get_parts(ground)
    first, second = shapely.STRtree(parts).query(parts, predicate="intersects")
    count = len(parts)
    _, cluster = connected_components(coo_array((np.ones(len(first)), (first, second)), shape=(count, count)), directed=False)
    alone = np.bincount(cluster)[cluster] == 1
    order = np.argsort(cluster[~alone], kind="stable")
    _, place = np.unique(cluster[~alone][order], return_inverse=True)
    bundles = shapely.geometrycollections(parts[~alone][order], indices=place)
    return np.concatenate([parts[alone], shapely.get_parts(shapely.union_all(bundles[:, None], axis=1))])


def _subtract(shapes: np.ndarray, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polygons that are left of shapes beside ground of which no two parts touch, and the shape that each is of."""
    shape, obstacle = shapely.STRtree(ground).query(shapes, predicate="intersects")  # this way round large shapes are prepared
    free = shapes.copy()
    if len(shape):
        order = np.argsort(shape, kind="stable")
        touched, place = np.unique(shape[order], return_inverse=True)
        free[touched] = shapely.difference(shapes[touched], shapely.multipolygons(ground[obstacle[order]], indices=place))
    free, of = shapely.get_parts(free, return_index=True)
    area = shapely.area(free)
    keep = (area >= LEAST_AREA) & (2 * area >= LEAST_THICKNESS * shapely.length(free))
    return free[keep], of[keep]


def _overlaps(
    free: np.ndarray, group: np.ndarray, pieces: np.ndarray, group_of_piece: np.ndarray, row: np.ndarray, ground: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a space and the row of a pavement that overlap.

    A place in each free part of a piece tells in which space it lies: parts are small, and spaces may be as large as a city.
    """
    parts, piece = _subtract(pieces, ground)
    places = shapely.point_on_surface(parts)
    space, place = shapely.STRtree(places).query(free, predicate="dwithin", distance=AT)  # it may be a corner, off by a rounding
    doubtful = np.flatnonzero(np.bincount(place, minlength=len(parts))[place] > 1)  # it is where spaces touch
    common = shapely.area(shapely.intersection(parts[place[doubtful]], free[space[doubtful]]))
    keep = group[space] == group_of_piece[piece[place]]
    keep[doubtful[2 * common < shapely.area(parts[place[doubtful]])]] = False
    pairs = np.unique(np.stack([space[keep], row[piece[place[keep]]]], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]
