"""What was split, and what was merged: objects that are a part of another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toegankelijk.ledger.likeness import WHOLE, Links, measures
from toegankelijk.ledger.objects import Objects

REMAINS = 0.5
"""Least share of an object that a single part has to be, to be the same object when nothing else of it is left."""

SHARED = 0.1
"""Least share of a polygon that has to lie in the very area of another to be a part of it."""

LONG = 4.0
"""Tolerances that a part has to be long, to tell it from what only touches the whole."""


@dataclass(frozen=True)
class Parts:
    """Pairs of a part and a whole; the fields are those of `toegankelijk.ledger.pairing.Pairs`."""

    old: np.ndarray
    new: np.ndarray
    main: np.ndarray
    claims: np.ndarray
    overlap: np.ndarray
    doubt_old: np.ndarray
    doubt_new: np.ndarray


def find_parts(
    old: Objects,
    new: Objects,
    links: Links,
    *,
    free: tuple[np.ndarray, np.ndarray],
    unclear: tuple[np.ndarray, np.ndarray],
    tolerance: float,
) -> Parts:
    """What was split and what was merged.

    Of a whole with its parts, side by side, the part that shares most is the same object. A further part of an object that is
    known is new; an object that is gone and lies in a known one was merged into that.

    Parameters
    ----------
    old, new
        Objects of both dates.
    links
        Which lie in the same place.
    free
        Which of the old and of the new ones are not paired.
    unclear
        Which of them may be one or another; they have no parts.
    tolerance
        Metres that a place may lie off.
    """
    inside = links.new_share >= WHOLE  # the new one lies in the old one
    size = measures(old.shape), measures(new.shape)
    overlap = np.where(inside, links.new_share * size[1][links.new], links.old_share * size[0][links.old])
    clear = ~unclear[0][links.old] & ~unclear[1][links.new] & (free[0][links.old] | free[1][links.new])
    clear[clear] = _overlapping(old.shape[links.old[clear]], new.shape[links.new[clear]])
    open_ = free[0][links.old], free[1][links.new]
    rows = np.flatnonzero(clear & open_[0] & open_[1])
    star, doubt = _stars(links, rows, inside, overlap, size, _extents(old, new, links, inside) >= LONG * tolerance)
    # of what is the same as another one by place, a further part is new; of what is gone, the rest is in what took it over
    whole = np.zeros(len(old.key), bool)
    same = (links.old_share >= WHOLE) & (links.new_share >= WHOLE)
    whole[links.old[same & ~open_[0] & ~open_[1]]] = True
    split = np.flatnonzero(clear & ~open_[0] & open_[1] & inside)
    merged = np.flatnonzero(clear & open_[0] & ~open_[1] & (links.old_share >= WHOLE))
    every = np.concatenate([star, split, merged])
    main, claims = np.zeros(len(every), bool), np.ones(len(every), bool)
    main[: len(star)] = _largest(old, new, links, star, overlap)
    claims[len(star) : len(star) + len(split)] = ~whole[links.old[split]]
    return Parts(links.old[every], links.new[every], main, claims, overlap[every], links.old[doubt], links.new[doubt])


def _overlapping(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Which pairs share an area, if they are polygons: a narrow one lies within the tolerance of what is beside it too."""
    flat = np.flatnonzero((shapely.get_dimensions(old) == 2) & (shapely.get_dimensions(new) == 2))
    flat = flat[shapely.is_valid(old[flat]) & shapely.is_valid(new[flat])]
    common = shapely.area(shapely.intersection(old[flat], new[flat]))
    result = np.ones(len(old), bool)
    result[flat] = common >= SHARED * np.minimum(shapely.area(old[flat]), shapely.area(new[flat]))
    return result


def _stars(
    links: Links,
    rows: np.ndarray,
    inside: np.ndarray,
    overlap: np.ndarray,
    size: tuple[np.ndarray, np.ndarray],
    long: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Of pairs of a part and a whole: those of one whole with its parts, which fit in it side by side; and all others."""
    if not len(rows):
        return rows, rows
    i, j = links.old[rows], links.new[rows]
    group, olds, news = find_groups(i, j, (len(size[0]), len(size[1])))
    count = len(olds)
    pair = (olds == 1) & (news == 1)
    # the whole is the one of which there is only one; of a pair it is the larger
    of_old = np.where(pair[group], inside[rows], olds[group] == 1)
    whole = np.zeros(count)
    whole[group] = np.where(of_old, size[0][i], size[1][j])
    sum_, most = np.bincount(group, overlap[rows], minlength=count), np.zeros(count)
    np.maximum.at(most, group, overlap[rows])
    fine = ((olds == 1) | (news == 1)) & (sum_ <= 1.3 * whole) & ((most >= REMAINS * whole) | (sum_ >= WHOLE * whole))
    fine &= np.bincount(group[long[rows]], minlength=count) > 0
    fine[group[(of_old & ~inside[rows]) | (~of_old & (links.old_share[rows] < WHOLE))]] = False
    return rows[fine[group]], rows[~fine[group]]


def _extents(old: Objects, new: Objects, links: Links, inside: np.ndarray) -> np.ndarray:
    """Length of the part of each pair: the diagonal of its extent."""
    part = np.where(inside, new.shape[links.new], old.shape[links.old])
    left, below, right, above = shapely.bounds(part).T if len(part) else np.zeros((4, 0))
    return np.hypot(right - left, above - below)


def _largest(old: Objects, new: Objects, links: Links, rows: np.ndarray, overlap: np.ndarray) -> np.ndarray:
    """Which pair of each star shares most; of equal ones that which lies more to the west, or south."""
    i, j = links.old[rows], links.new[rows]
    places = np.round(shapely.get_coordinates(shapely.centroid(np.concatenate([old.shape[i], new.shape[j]]))), 3)
    place = places.reshape(2, len(rows), 2)
    order = np.lexsort([*place[:, :, 1], *place[:, :, 0], -np.round(overlap[rows], 3)])
    first = np.unique(i[order], return_index=True)[1], np.unique(j[order], return_index=True)[1]
    of_old, of_new = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    of_old[order[first[0]]], of_new[order[first[1]]] = True, True
    return of_old & of_new


def find_groups(old: np.ndarray, new: np.ndarray, sizes: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group that each pair belongs to by what it shares with others; and how many old and how many new ones a group has."""
    nodes = sizes[0] + sizes[1]
    graph = coo_array((np.ones(len(old)), (old.astype(np.int32), (new + sizes[0]).astype(np.int32))), shape=(nodes, nodes))
    count, label = connected_components(graph, directed=False)
    olds = np.bincount(label[np.unique(old)], minlength=count)
    news = np.bincount(label[np.unique(new) + sizes[0]], minlength=count)
    return label[old], olds, news
