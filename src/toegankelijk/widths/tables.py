"""What was measured in free spaces, told of the pavements that were given."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.widths.footprints import spread
from toegankelijk.widths.measured import Measured
from toegankelijk.widths.narrowings import find_narrowings, lasting_widths
from toegankelijk.widths.profiles import profile_ways
from toegankelijk.widths.spaces import Spaces, limiting

ACROSS = 0.25
"""Metres of a gap that lie on a pavement, for the way to run on it too, though its middle runs beside it."""

SEAM = 0.02
"""Metres from a pavement within which a place of a space lies in it, though a closed seam does not."""


def pavement_table(
    pavements: gpd.GeoDataFrame, measured: Measured, remarks: pd.DataFrame, fronts: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Narrowest place of the ways on each pavement, or why there is none."""
    ways, spaces = measured.ways, measured.spaces
    count = len(pavements)
    gaps = np.concatenate([np.stack([ways.left, ways.right], axis=1), measured.end_gaps])
    space = np.concatenate([ways.space, measured.end_spaces])
    width = np.concatenate([ways.width, measured.end_widths])
    lasting = np.concatenate([lasting_widths(ways), measured.end_widths])
    place, row = _rows_at(pavements, spaces, gaps.mean(axis=1), space)
    beside, strip = _rows_crossed(pavements, spaces, gaps[: len(ways.way)], ways.space, np.unique(row))
    place, row = np.concatenate([place, beside]), np.concatenate([row, strip])
    least = np.full(count, np.inf)
    limiting_ends = np.concatenate([np.ones(len(ways.way), bool), measured.counted])[place]
    np.minimum.at(least, row[limiting_ends], width[place[limiting_ends]])
    # Between given entrances the widest way counts; else people come from anywhere, and every way does
    counted = np.concatenate([ways.main | (measured.rule[ways.space] != "given"), measured.counted])[place]
    counted |= ~np.isin(row, row[counted])  # where nothing else is known
    place, row = place[counted], row[counted]
    order = np.lexsort((place, width[place], row))
    order = order[np.unique(row[order], return_index=True)[1]]
    narrowest = np.full(count, -1)
    narrowest[row[order]] = place[order]
    known = narrowest >= 0
    table = pd.DataFrame({"passable_width": np.where(known, np.append(width, np.nan)[narrowest], np.nan)}, index=pavements.index)
    route = np.full(count, np.inf)
    np.minimum.at(route, row, lasting[place])
    table["least_width"] = np.where(known, np.minimum(least, table["passable_width"]), np.nan)
    table["route_width"] = np.where(known, np.maximum(route, table["passable_width"]), np.nan)
    gap = np.flatnonzero(known)
    ends = [gaps[narrowest[gap], side] for side in (0, 1)]
    names = [limiting(spaces, side, fronts=fronts) for side in ends]
    table["rule"], table["limited_by"], table["reason"] = "", "", ""
    table["rule"] = _of_pavement(spaces, measured.rule, count)
    table.iloc[gap, table.columns.get_loc("limited_by")] = [
        " | ".join(dict.fromkeys(filter(None, pair))) for pair in zip(*names, strict=True)
    ]
    aside = remarks[(remarks["layer"] == "pavements") & (remarks["attribute"] == "")]
    why = pd.Series(aside["reason"].to_numpy(), index=aside["object_id"].to_numpy())
    why = why[~why.index.duplicated()].reindex(pavements.index.astype(str)).fillna("no_way").to_numpy()
    table["reason"] = np.where(known, "", why)
    lines = np.full(count, None, dtype=object)
    lines[gap] = shapely.linestrings(np.stack(ends, axis=1))
    barred = measured.barriers["pavement"].to_numpy()
    lines[barred] = measured.barriers.geometry.to_numpy()
    table.iloc[barred, [table.columns.get_loc(name) for name in ("passable_width", "least_width")]] = 0.0
    table.iloc[barred, table.columns.get_loc("limited_by")] = _names(measured)
    table.iloc[barred, table.columns.get_loc("reason")] = ""
    return gpd.GeoDataFrame(table, geometry=lines, crs=pavements.crs)


def narrowing_table(
    pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame | None, measured: Measured, fronts: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Narrowings with the pavement they lie on, what limits them, and the gap as geometry."""
    ways, spaces = measured.ways, measured.spaces
    table = find_narrowings(ways)
    station = table.pop("station").to_numpy()
    sides = [ways.left[station], ways.right[station]]
    ids = [limiting(spaces, side, fronts=fronts) for side in sides]
    parent = _first_ids(pavements, spaces, (sides[0] + sides[1]) / 2, ways.space[station])
    doubt = np.zeros(len(table))
    if obstacles is not None:
        of = pd.Series(spread(obstacles), index=obstacles.index.astype(str))
        of = of[~of.index.duplicated()]
        doubt = sum((of.reindex(side).fillna(0.0).to_numpy() for side in ids), doubt)
    number = pd.Series(parent).groupby(parent).cumcount().to_numpy() + 1
    table.insert(0, "pavement_id", parent)
    table.insert(2, "width_low", table["width"])
    table.insert(3, "width_high", table["width"] + doubt)
    table["first_id"], table["second_id"] = ids
    index = pd.Index([f"{of}/v{n}" for of, n in zip(parent, number, strict=True)], name="narrowing_id", dtype="object")
    return gpd.GeoDataFrame(table.set_axis(index), geometry=shapely.linestrings(np.stack(sides, axis=1)), crs=pavements.crs)


def _names(measured: Measured) -> list[str]:
    """Ids of what stands in each barrier, sorted."""
    ids = measured.spaces.obstacle_ids
    return [" | ".join(sorted({ids[number] for number in numbers})) for numbers in measured.barriers["obstacles"]]


def profile_table(pavements: gpd.GeoDataFrame, measured: Measured) -> gpd.GeoDataFrame:
    """Pieces of ways with the pavement they lie on."""
    table, middle = profile_ways(measured.ways, crs=pavements.crs)
    table.insert(0, "pavement_id", _first_ids(pavements, measured.spaces, middle, table.pop("space")))
    return table


def _first_ids(pavements: gpd.GeoDataFrame, spaces: Spaces, places: np.ndarray, space: pd.Series | np.ndarray) -> np.ndarray:
    """Id of the first pavement that each place lies in; else the first one of its space."""
    space = np.asarray(space, dtype=np.intp)
    fallback = np.full(len(spaces.shapes), -1)
    fallback[spaces.space[::-1]] = spaces.pavement[::-1]
    place, row = _rows_at(pavements, spaces, places, space)
    result = fallback[space]
    order = np.argsort(row, kind="stable")[::-1]
    result[place[order]] = row[order]
    return np.asarray(pavements.index.to_numpy()[result])


def _rows_at(pavements: gpd.GeoDataFrame, spaces: Spaces, places: np.ndarray, space: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a place in a space and the row of a pavement that it lies in."""
    members = np.bincount(spaces.space, minlength=len(spaces.shapes))
    only = np.full(len(spaces.shapes), -1)
    only[spaces.space] = spaces.pavement
    alone = np.flatnonzero(members[space] == 1)
    shared = np.flatnonzero(members[space] > 1)
    shapes, points = pavements.geometry.to_numpy(), shapely.points(places[shared])
    row, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    lost = np.setdiff1d(np.arange(len(points)), point)
    beside, near = shapely.STRtree(shapes).query(points[lost], predicate="dwithin", distance=SEAM)
    point, row = np.concatenate([point, lost[beside]]), np.concatenate([row, near])
    here = _belong(spaces, space[shared][point], row)
    return np.concatenate([alone, shared[point[here]]]), np.concatenate([only[space[alone]], row[here]])


def _rows_crossed(
    pavements: gpd.GeoDataFrame, spaces: Spaces, gaps: np.ndarray, space: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a gap and the row of a pavement, of those not yet known, that it crosses: a strip beside the middle of the way."""
    lost = np.setdiff1d(spaces.pavement, known)
    if not len(lost):
        return lost, lost
    shapes, lines = pavements.geometry.to_numpy()[lost], shapely.linestrings(gaps)
    row, gap = shapely.STRtree(lines).query(shapes, predicate="intersects")
    crossed = shapely.length(shapely.intersection(lines[gap], shapes[row])) > ACROSS
    right = _belong(spaces, space[gap], lost[row])
    return gap[crossed & right], lost[row[crossed & right]]


def _belong(spaces: Spaces, space: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Whether spaces and rows of pavements are pairs that overlap."""
    count = int(max(spaces.pavement.max(initial=0), row.max(initial=0))) + 1
    return np.isin(space.astype(np.int64) * count + row, spaces.space.astype(np.int64) * count + spaces.pavement)


def _of_pavement(spaces: Spaces, of_space: np.ndarray, count: int) -> np.ndarray:
    """What holds for the first space of each pavement; nothing where it has none."""
    result = np.full(count, "", dtype=object)
    result[spaces.pavement[::-1]] = of_space[spaces.space[::-1]]
    return result
