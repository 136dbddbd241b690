"""What would help: the width of a narrowing once the furniture beside it stands elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.widths.footprints import is_movable, obstacle_shapes
from toegankelijk.widths.measured import measure
from toegankelijk.widths.tables import pavement_table

BEYOND = 2.0
"""Metres beyond the objects that are taken away, along the way, from where to where the width without them is measured."""

AROUND = 4.0
"""Metres beyond that of pavement that are looked at, so that discs of up to 8 m fit there."""

WORTH = 0.01
"""Metres by which a narrowing must get wider, or it does not help to move the object."""

WIDE, MUCH = 1.80, 0.10
"""Two objects are moved only where one alone leaves less than the widest route asks, and both give this many metres more."""

BETWEEN = " | "
"""Stands between the ids of two objects."""

APART = 200.0
"""Metres between the pieces of pavement that are measured together, each about one narrowing."""

LARGE = 1000
"""Corners from which a pavement is large."""

Kernel = Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame], pd.Series]
"""Passable width in metres of pavements, between obstacles and given entrances."""


def least_width(pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame) -> pd.Series:
    """Passable width in metres of pavements between given places, past obstacles as large as they may be."""
    measured, remarks = measure(pavements, obstacles, entrances, None, largest=True)
    return pavement_table(pavements, measured, remarks, None)["passable_width"]


def find_relief(
    narrowings: gpd.GeoDataFrame,
    profile: gpd.GeoDataFrame,
    pavements: gpd.GeoDataFrame,
    obstacles: gpd.GeoDataFrame | None,
    *,
    kernel: Kernel = least_width,
) -> pd.DataFrame:
    """What to move at each narrowing, and the width that this gives.

    The pavement round a narrowing is measured again without the movable object at one of its ends, or at the other, or without
    both, between the places on its way that lie 2 m before and after what is taken away. What else stands there stays.

    Parameters
    ----------
    narrowings
        Gaps as lines, with ``width``, ``first_id`` and ``second_id``.
    profile
        Pieces of ways, with ``way`` and ``start``.
    pavements, obstacles
        What was measured.
    kernel
        Measures all those pieces of pavement at once.

    Returns
    -------
    DataFrame
        ``movable_id``: what to move, of two objects both ids; empty if nothing helps. ``width_without``: metres; NaN if nothing
        helps. Index of the narrowings.
    """
    result = pd.DataFrame({"movable_id": "", "width_without": np.nan}, index=narrowings.index).astype({"movable_id": "object"})
    if obstacles is None or (options := _options(narrowings, obstacles)).empty:
        return result
    options = _with_ends(options, narrowings, profile, obstacles)
    options["gives"] = _measured(options, pavements, obstacles, kernel)
    options = options[options["gives"] > options["width"] + WORTH]
    single = (
        options[~options["both"]].sort_values("gives", ascending=False, kind="stable").drop_duplicates("row").set_index("row")
    )
    both = options[options["both"]].set_index("row")
    one = single["gives"].reindex(both.index).fillna(both["width"])
    both = both[(one < WIDE) & (both["gives"] >= one + MUCH)]
    best = pd.concat([single[~single.index.isin(both.index)], both])
    result.iloc[best.index, 0] = [BETWEEN.join(ids) for ids in best["ids"]]
    result.iloc[best.index, 1] = best["gives"].to_numpy()
    return result


def _options(narrowings: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame) -> pd.DataFrame:
    """What could be moved at each narrowing (its ``row``): the object at one end, at the other, or both."""
    movable = set(obstacles.index[is_movable(obstacles)].astype(str))
    first, second = (schema.texts(narrowings, name).to_numpy() for name in ("first_id", "second_id"))
    one, other = (np.array([name in movable for name in names], bool) for names in (first, second))
    both = one & other & (first != second)
    rows = [np.flatnonzero(one), np.flatnonzero(other & (first != second)), np.flatnonzero(both)]
    ids: list[tuple[str, ...]] = [*((name,) for name in first[rows[0]]), *((name,) for name in second[rows[1]])]
    ids += list(zip(first[rows[2]], second[rows[2]], strict=True))
    row = np.concatenate(rows)
    width = narrowings["width"].to_numpy(dtype=float)[row]
    return pd.DataFrame(
        {"row": row, "ids": pd.Series(ids, dtype="object"), "width": width, "both": [len(some) > 1 for some in ids]}
    )


def _with_ends(
    options: pd.DataFrame, narrowings: gpd.GeoDataFrame, profile: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Options with the places on the way ``before`` and ``after`` between which they are measured, and how far they ``reach``."""
    gaps = narrowings.geometry.to_numpy()[options["row"]]
    middle = shapely.line_interpolate_point(gaps, 0.5, normalized=True)
    ordered = profile.sort_values(["way", "start"], kind="stable")
    pieces, start = ordered.geometry.to_numpy(), ordered["start"].to_numpy(dtype=float)
    _, way = np.unique(ordered["way"].to_numpy(), return_inverse=True)
    length = shapely.length(pieces)
    end = np.zeros(way.max(initial=-1) + 1)
    np.maximum.at(end, way, start + length)
    offset = np.cumsum(end + 1.0) - (end + 1.0)  # all ways in one row, a metre apart
    nearest = shapely.STRtree(pieces).nearest(middle)
    at = start[nearest] + shapely.line_locate_point(pieces[nearest], middle)
    far = BEYOND + _reach(options["ids"], obstacles, middle, pieces[nearest])

    def on_way(place: np.ndarray) -> np.ndarray:
        piece = np.searchsorted(offset[way] + start, offset[way[nearest]] + place, side="right") - 1
        return np.asarray(shapely.line_interpolate_point(pieces[piece], np.minimum(place - start[piece], length[piece])))

    before, after = on_way(np.maximum(at - far, 0.0)), on_way(np.minimum(at + far, end[way[nearest]]))
    return options.assign(middle=middle, before=before, after=after, reach=far + AROUND)


def _reach(ids: pd.Series, obstacles: gpd.GeoDataFrame, middle: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """How far objects reach from the middle of a gap, in metres along the way there."""
    names = [name for several in ids for name in several]
    shapes = obstacle_shapes(obstacles.set_axis(obstacles.index.astype(str)).loc[names], largest=True)
    places, shape = shapely.get_coordinates(shapes, return_index=True)
    option = np.repeat(np.arange(len(ids)), ids.str.len())[shape]
    along = shapely.get_coordinates(shapely.get_point(pieces, -1)) - shapely.get_coordinates(shapely.get_point(pieces, 0))
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    reach = np.zeros(len(ids))
    np.maximum.at(reach, option, np.abs(((places - shapely.get_coordinates(middle)[option]) * along[option]).sum(axis=1)))
    return reach


def _measured(options: pd.DataFrame, pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame, kernel: Kernel) -> np.ndarray:
    """Width of each option: its piece of pavement is carried to a place of its own, and all are measured at once."""
    middle = shapely.get_coordinates(np.asarray(options["middle"]))
    side = int(np.ceil(np.sqrt(len(options))))
    number = np.arange(len(options))
    shift = APART * np.stack([number % side, number // side], axis=1) - middle
    window = shapely.buffer(shapely.points(middle), options["reach"].to_numpy(), quad_segs=8)
    shapes = pavements.geometry.to_numpy()
    option, row = shapely.STRtree(shapes).query(window, predicate="intersects")
    ground = _carried(_clipped(shapes[row], window[option]), shift[option])
    flat = shapely.get_dimensions(ground) == 2
    option, ground = option[flat], ground[flat]
    near, thing = shapely.STRtree(obstacles.geometry.to_numpy()).query(window, predicate="intersects")
    names = obstacles.index.astype(str).to_numpy()
    gone = {(place, name) for place, ids in enumerate(options["ids"]) for name in ids}
    stays = np.array([pair not in gone for pair in zip(near, names[thing], strict=True)], bool)
    near, thing = near[stays], thing[stays]
    standing = obstacles.iloc[thing].set_axis(pd.RangeIndex(len(thing)))
    standing = standing.set_geometry(gpd.GeoSeries(_carried(standing.geometry.to_numpy(), shift[near]), crs=pavements.crs))
    ends = np.concatenate([_carried(np.asarray(options[name]), shift) for name in ("before", "after")])
    pieces = gpd.GeoDataFrame(geometry=ground, crs=pavements.crs)
    found = kernel(pieces, standing, gpd.GeoDataFrame(geometry=ends, crs=pavements.crs)).to_numpy(dtype=float)
    result = np.full(len(options), np.inf)
    np.fmin.at(result, option, found)
    return np.where(np.isinf(result), np.nan, result)


def _clipped(shapes: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Shapes as far as they lie in their window; a large one is first cut to its box, which is quick."""
    shapes, large = shapes.copy(), np.flatnonzero(shapely.get_num_coordinates(shapes) > LARGE)
    boxes = shapely.bounds(windows[large])
    shapes[large] = shapely.make_valid([shapely.clip_by_rect(shapes[i], *box) for i, box in zip(large, boxes, strict=True)])
    return np.asarray(shapely.intersection(shapes, windows))


def _carried(shapes: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Shapes moved, each by its own distance."""
    moved = shapes.copy()
    places, of = shapely.get_coordinates(moved, return_index=True)
    return np.asarray(shapely.set_coordinates(moved, places + shift[of]))
