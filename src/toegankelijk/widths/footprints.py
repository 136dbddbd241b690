"""Ground that obstacles take up: as drawn, or what a lamp post, a tree or a bench usually takes where it is a point or a line.

What is taken where only the kind is known lies between a smallest and a largest footprint (``data/footprints.csv``): the width
beside it has bounds.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema

ROUND = 0.0009
"""Metres by which a polygon reaches out of the disc that it stands for, at most. It never leaves any of the disc out."""


@dataclass(frozen=True)
class Footprints:
    """Footprints by class of obstacle, in metres; the first row is of an unknown class, as small and as large as any.

    Parameters
    ----------
    classes
        Names of the classes; the first is empty.
    radius
        Smallest and largest radius of what is drawn as a point, shape (classes, 2).
    half
        Smallest and largest half thickness of what is drawn as a line, shape (classes, 2).
    movable
        Whether a city can put it elsewhere: a bin or a sign, and not a tree or a shelter.
    source
        Where the sizes were published, or ``assumption``.
    """

    classes: tuple[str, ...]
    radius: np.ndarray
    half: np.ndarray
    movable: np.ndarray
    source: tuple[str, ...]


@cache
def footprints() -> Footprints:
    """Footprints by class of obstacle, from ``data/footprints.csv``.

    Examples
    --------
    >>> table = footprints()
    >>> bool(table.movable[table.classes.index("bin")]), bool(table.movable[table.classes.index("tree")])
    (True, False)
    """
    text = files("toegankelijk").joinpath("data", "footprints.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    sizes = np.array(
        [[float(row[name] or "nan") for name in ("radius_low", "radius_high", "half_low", "half_high")] for row in rows]
    )
    widest = np.array([np.nanmin(sizes[:, 0]), np.nanmax(sizes[:, 1]), np.nanmin(sizes[:, 2]), np.nanmax(sizes[:, 3])])
    sizes = np.vstack([widest, np.where(np.isnan(sizes), widest, sizes)])
    return Footprints(
        classes=("", *(row["obstacle_type"] for row in rows)),
        radius=sizes[:, :2],
        half=sizes[:, 2:],
        movable=np.array([False, *(row["movable"] == "true" for row in rows)]),
        source=("", *(row["source"] for row in rows)),
    )


def is_movable(obstacles: gpd.GeoDataFrame) -> np.ndarray:
    """Whether each obstacle is street furniture that a city can put elsewhere; false where its class is unknown."""
    return np.asarray(footprints().movable[_class_of(obstacles)])


def obstacle_shapes(obstacles: gpd.GeoDataFrame, *, largest: bool) -> np.ndarray:
    """Ground that each obstacle takes up, as polygons.

    Polygons stay as drawn. A point becomes a disc and a line a band, by the smallest or the largest footprint of its class
    (column ``obstacle_type``); an unknown class may be any of them. The polygon of a disc contains the disc, so that no
    width is overestimated, and reaches out of it by less than 1 mm.

    Parameters
    ----------
    obstacles
        Points, lines and polygons in metres, with or without ``obstacle_type``.
    largest
        Whether to take the largest footprint, which gives the least width; else the smallest.

    Returns
    -------
    ndarray
        A polygon or multipolygon per row; none where `unusable` has a remark.

    Examples
    --------
    >>> poles = gpd.GeoDataFrame({"obstacle_type": ["bollard", "tree"]}, geometry=gpd.points_from_xy([0, 9], [0, 0]))
    >>> small, large = obstacle_shapes(poles, largest=False), obstacle_shapes(poles, largest=True)
    >>> bool((shapely.area(small) < shapely.area(large)).all())
    True
    """
    shapes = shapely.force_2d(np.asarray(obstacles.geometry.values, dtype=object))
    shapes[faults(shapes) != ""] = None
    table, which = footprints(), _class_of(obstacles)
    parts, row = _parts(shapes)
    dimension = shapely.get_dimensions(parts)
    size = np.where(dimension == 0, table.radius[which[row], int(largest)], table.half[which[row], int(largest)])
    parts[dimension < 2] = _swollen(parts[dimension < 2], size[dimension < 2])
    broken = ~shapely.is_valid(parts)
    parts[broken] = shapely.make_valid(parts[broken], method="structure", keep_collapsed=False)
    return _together(parts, row, len(shapes))


def spread(obstacles: gpd.GeoDataFrame) -> np.ndarray:
    """Metres by which the width beside each obstacle is uncertain: between its smallest and its largest footprint.

    Endless for one that may not be there (column ``certain`` false).

    Examples
    --------
    >>> things = gpd.GeoDataFrame({"obstacle_type": ["bin", "bin"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.Point(3, 0)])
    >>> spread(things)[0], bool(spread(things)[1] > 0)
    (np.float64(0.0), True)
    """
    table, which = footprints(), _class_of(obstacles)
    dimension = shapely.get_dimensions(np.asarray(obstacles.geometry.values, dtype=object))
    sizes = [table.radius[which], table.half[which]]
    by_size = np.select([dimension == 0, dimension == 1], [size[:, 1] - size[:, 0] for size in sizes], 0.0)
    return np.where(is_certain(obstacles), by_size, np.inf)


def is_certain(obstacles: gpd.GeoDataFrame) -> np.ndarray:
    """Whether each obstacle is surely there: unless a column ``certain`` says that it is not known."""
    return obstacles["certain"].ne(False).to_numpy(dtype=bool) if "certain" in obstacles else np.ones(len(obstacles), bool)


def unusable(obstacles: gpd.GeoDataFrame) -> pd.DataFrame:
    """Remarks on obstacles whose ground is not known: no geometry, an empty one, or coordinates that are not finite."""
    why = faults(np.asarray(obstacles.geometry.values, dtype=object))
    bad = why != ""
    return schema.remarks("obstacles", obstacles.index[bad], "", "", why[bad])


def _class_of(obstacles: gpd.GeoDataFrame) -> np.ndarray:
    """Row of the table of footprints for each obstacle; the first one where its class is not in the table."""
    kinds = pd.Index(footprints().classes)
    return np.asarray(np.maximum(kinds.get_indexer(schema.texts(obstacles, "obstacle_type").astype(str)), 0))


def faults(shapes: np.ndarray) -> np.ndarray:
    """Why a geometry cannot be used, as a key; empty where it can."""
    places, row = shapely.get_coordinates(shapes, return_index=True)
    infinite = np.zeros(len(shapes), bool)
    infinite[row[~np.isfinite(places).all(axis=1)]] = True
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return np.asarray(np.select([absent, infinite], ["no_geometry", "not_finite"], ""), dtype=object)


def _parts(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points, polygons and straight edges of lines, and the row that each is of."""
    row = np.arange(len(shapes))
    while (shapely.get_type_id(shapes) > shapely.GeometryType.POLYGON).any():
        shapes, of = shapely.get_parts(shapes, return_index=True)
        row = row[of]
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    shapes, row = shapes[there], row[there]
    linear = shapely.get_dimensions(shapes) == 1
    places, line = shapely.get_coordinates(shapes[linear], return_index=True)
    ends = np.stack([places[:-1], places[1:]], axis=1)[line[1:] == line[:-1]] if len(line) else np.empty((0, 2, 2))
    edges = shapely.linestrings(ends) if len(ends) else np.array([], dtype=object)
    of_edge = row[linear][line[1:][line[1:] == line[:-1]]]
    same = (ends[:, 0] == ends[:, 1]).all(axis=1)
    edges[same] = shapely.points(ends[same, 0])
    return np.concatenate([shapes[~linear], edges]), np.concatenate([row[~linear], of_edge])


def _swollen(shapes: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Points and straight edges, buffered; a disc is a polygon round it, of no more corners than `ROUND` asks for."""
    quarter = np.ceil(np.pi / 4 / np.arccos(radius / (radius + ROUND))).astype(int)  # sides: a disc of radius r lies inside them
    around = radius / np.cos(np.pi / 4 / quarter)
    result = shapes.copy()
    for count in np.unique(quarter):
        chosen = quarter == count
        result[chosen] = shapely.buffer(shapes[chosen], around[chosen], quad_segs=int(count))
    return result


def _together(parts: np.ndarray, row: np.ndarray, count: int) -> np.ndarray:
    """One shape per row out of its parts."""
    result = np.full(count, None, dtype=object)
    order = np.argsort(row, kind="stable")
    parts, row = parts[order], row[order]
    several = np.bincount(row, minlength=count)[row] > 1
    result[row[~several]] = parts[~several]
    if several.any():
        rows, place = np.unique(row[several], return_inverse=True)
        bundles = shapely.geometrycollections(parts[several], indices=place)
        result[rows] = shapely.union_all(bundles[:, None], axis=1)
    return result
