"""Pavements that obstacles cut in two: nobody passes there, and what is cut off on all sides is no way at all."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.widths.ends import NO_ENDS, far_ends
from toegankelijk.widths.forest import link
from toegankelijk.widths.spaces import Spaces
from toegankelijk.widths.triangles import triangulate


def find_barriers(spaces: Spaces, entrances: pd.DataFrame, rule: np.ndarray) -> tuple[np.ndarray, gpd.GeoDataFrame]:
    """Spaces that people come into, and where obstacles part two of them.

    Where a pavement is in several pieces between its obstacles, the pieces count in which an entrance lies; unless entrances are
    given, also those in which the ends lie of the pavement as if nothing stood there. Other pieces are voids between things.

    Parameters
    ----------
    spaces
        Free spaces.
    entrances
        Columns ``space`` and ``geometry``.
    rule
        By which entrances the ways of each space go.

    Returns
    -------
    tuple
        Whether each space counts, and barriers: columns ``pavement`` (number of its row), ``obstacles`` (numbers of what stands
        there), and the line across it from space to space.
    """
    pieces = np.bincount(spaces.whole, minlength=len(spaces.wholes))
    parted = np.flatnonzero(pieces > 1)
    counts = pieces[spaces.whole] == 1
    if not len(parted):
        return counts, _barriers([], [], [])
    reached = np.zeros(len(spaces.shapes), bool)
    reached[entrances["space"].to_numpy(dtype=np.intp)] = True
    fixed = np.zeros(len(spaces.wholes), bool)
    fixed[spaces.whole[rule == "given"]] = True
    free = parted[~fixed[parted]]
    reached[_spaces_at_ends(spaces, free)] = True
    lost = np.setdiff1d(parted, spaces.whole[reached])  # given entrances may lie elsewhere
    counts |= reached | np.isin(spaces.whole, lost)
    return counts, _between(spaces, reached)


def without_voids(spaces: Spaces, entrances: pd.DataFrame, counts: np.ndarray) -> tuple[Spaces, pd.DataFrame]:
    """Only the spaces that count, and entrances with their new numbers."""
    number = np.cumsum(counts) - 1
    pair = counts[spaces.space]
    of = entrances["space"].to_numpy(dtype=np.intp)
    kept = entrances[counts[of]]
    return (
        replace(
            spaces,
            shapes=spaces.shapes[counts],
            space=number[spaces.space[pair]],
            pavement=spaces.pavement[pair],
            whole=spaces.whole[counts],
        ),
        kept.assign(space=number[of[counts[of]]]),
    )


def _spaces_at_ends(spaces: Spaces, wholes: np.ndarray) -> np.ndarray:
    """Spaces nearest to the far ends of dissolved pavements."""
    if not len(wholes):
        return np.zeros(0, np.intp)
    shapes = spaces.wholes[wholes]
    mesh = triangulate(shapes)
    ends, _, _ = far_ends(mesh, link(mesh), NO_ENDS, np.zeros(len(shapes), bool), shapes)
    of = mesh.space[ends.triangle]
    places = shapely.points(mesh.placed(ends.gap.mean(axis=1), of))
    of_whole = pd.Series(np.arange(len(spaces.shapes))).groupby(spaces.whole).agg(list)
    candidates = of_whole.reindex(wholes[of])
    end = np.repeat(np.arange(len(of)), candidates.map(len))
    space = np.concatenate(candidates.to_list())
    away = shapely.distance(places[end], spaces.shapes[space])
    order = np.lexsort((away, end))
    return np.asarray(space[order[np.unique(end[order], return_index=True)[1]]])


def _between(spaces: Spaces, reached: np.ndarray) -> gpd.GeoDataFrame:
    """Barriers on pavements that lie in several of the spaces that people come into: the thinnest way through to each."""
    pairs = pd.DataFrame({"space": spaces.space, "pavement": spaces.pavement})[reached[spaces.space]]
    pairs["whole"] = spaces.whole[pairs["space"]]
    both = pairs.merge(pairs, on=["whole", "pavement"], suffixes=("", "_other"))
    both = both[both["space"] < both["space_other"]].drop_duplicates(["space", "space_other"])
    across = shapely.shortest_line(spaces.shapes[both["space"]], spaces.shapes[both["space_other"]])
    both = both.assign(line=across, length=shapely.length(across))
    both = both.sort_values("length").drop_duplicates(["pavement", "space_other"])
    lines = both["line"].to_numpy()
    line, obstacle = shapely.STRtree(spaces.obstacles).query(lines, predicate="intersects")
    touched = pd.Series(obstacle).groupby(line).agg(list).reindex(range(len(lines)))
    return _barriers(both["pavement"], [x if isinstance(x, list) else [] for x in touched], lines)


def _barriers(pavement: object, obstacles: list[list[int]], lines: object) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"pavement": np.asarray(pavement, dtype=np.intp), "obstacles": pd.Series(obstacles, dtype=object)})
    return gpd.GeoDataFrame(table, geometry=np.asarray(lines, dtype=object))
