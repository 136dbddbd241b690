"""Which shapes of two dates lie in the same place: wholly, or one as a part of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

UNMOVED = 0.01
"""Metres by which a shape may differ and count as the same drawing."""

MOST = 8
"""Links per point, and shapes with the very same extent, that are looked at; where there are more, nobody can tell them apart."""

WHOLE = 0.8
"""Share of a shape from which all of it counts as lying at another."""

_SLACK = 1e-6
_STEPS = 16
_FIRST = np.array([1, 4, 8, 11, 14])  # of the steps: enough to see that two shapes lie elsewhere
_CHUNK = 50_000


@dataclass(frozen=True)
class Links:
    """Pairs of an old and a new shape of one kind that lie in the same place, and how.

    Parameters
    ----------
    old, new
        Positions of the two.
    old_share, new_share
        Share of the old one that lies within the tolerance of the new one, and the other way about.
    apart
        Distance in metres between their centres.
    old_thronged, new_thronged
        Per shape: there are more like it in its place than were looked at.
    """

    old: np.ndarray
    new: np.ndarray
    old_share: np.ndarray
    new_share: np.ndarray
    apart: np.ndarray
    old_thronged: np.ndarray
    new_thronged: np.ndarray


def find_links(old: np.ndarray, new: np.ndarray, *, old_kind: np.ndarray, new_kind: np.ndarray, tolerance: float) -> Links:
    """Pairs of shapes of one kind of which at least one lies, for `WHOLE`, within the tolerance of the other.

    Points are linked by their distance. Lines and polygons are by 16 places spread evenly along them or along their outlines: the
    share of these that lies within the tolerance of the other shape. Of two with another dimension only the lesser one has to lie
    at the other, and neither may lie at one of its own dimension.

    Parameters
    ----------
    old, new
        Shapes; missing and empty ones have no links.
    old_kind, new_kind
        Number of the kind of each.
    tolerance
        Metres.
    """
    ends = shapely.get_type_id(old) == 0, shapely.get_type_id(new) == 0
    usable = _usable(old), _usable(new)
    flat = _nearest(old, new, old_kind, new_kind, (ends[0] & usable[0], ends[1] & usable[1]), tolerance)
    deep = _overlapping(old, new, old_kind, new_kind, (ends[0], ends[1]), (usable[0], usable[1]), tolerance)
    i, j, old_share, new_share = (np.concatenate(two) for two in zip(flat[:4], deep[:4], strict=True))
    # a point that lies on a line is that line only if neither of them is anything else
    like = shapely.get_dimensions(old[i]) == shapely.get_dimensions(new[j])
    other = np.bincount(i[like], minlength=len(old))[i] + np.bincount(j[like], minlength=len(new))[j] > 0
    kept = like | ~other
    i, j, old_share, new_share = i[kept], j[kept], old_share[kept], new_share[kept]
    apart = shapely.distance(shapely.centroid(old[i]), shapely.centroid(new[j]))
    return Links(i, j, old_share, new_share, apart, flat[4] | deep[4], flat[5] | deep[5])


def are_unmoved(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Pair by pair: whether two shapes are the same drawing, to a centimetre, however their vertices are stored."""
    same = np.asarray(shapely.equals_exact(old, new, tolerance=UNMOVED / 2))
    rest = np.flatnonzero(~same & _usable(old) & _usable(new))
    near = np.abs(shapely.bounds(old[rest]) - shapely.bounds(new[rest])).max(axis=1, initial=0.0) <= UNMOVED + _SLACK
    rest = rest[near & (shapely.get_dimensions(old[rest]) == shapely.get_dimensions(new[rest]))]
    same[rest] = shapely.hausdorff_distance(old[rest], new[rest]) <= UNMOVED + _SLACK
    return same


def measures(shapes: np.ndarray) -> np.ndarray:
    """Size of each shape, to compare parts with their whole: area of polygons, length of lines, 1 for points."""
    dimension = shapely.get_dimensions(shapes)
    return np.where(dimension == 2, shapely.area(shapes), np.where(dimension == 1, shapely.length(shapes), 1.0))


def _usable(shapes: np.ndarray) -> np.ndarray:
    return np.asarray(~shapely.is_missing(shapes) & np.isfinite(shapely.bounds(shapes)).all(axis=1))


Found = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _nearest(
    old: np.ndarray,
    new: np.ndarray,
    old_kind: np.ndarray,
    new_kind: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    tolerance: float,
) -> Found:
    """Links between points: the nearest few of each, so that a heap of points costs no more than others."""
    thronged = np.zeros(len(old), bool), np.zeros(len(new), bool)
    at = np.flatnonzero(ends[0]), np.flatnonzero(ends[1])
    if not len(at[0]) or not len(at[1]):
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, np.zeros(0), np.zeros(0), *thronged
    # a kind is a storey of its own, so far above the next that nothing is near it
    places = [
        np.column_stack([shapely.get_coordinates(shapes[rows]), 1e4 * (tolerance + 1) * kind[rows]])
        for shapes, kind, rows in ((old, old_kind, at[0]), (new, new_kind, at[1]))
    ]
    pairs = []
    for this, that in ((0, 1), (1, 0)):
        apart, which = cKDTree(places[that], balanced_tree=False).query(
            places[this], k=MOST + 1, distance_upper_bound=tolerance + 2 * _SLACK
        )
        near = apart <= tolerance + _SLACK
        thronged[this][at[this]] = near.all(axis=1)
        row, column = np.nonzero(near[:, :MOST])
        here, there = at[this][row], at[that][which[row, column]]
        pairs.append(np.column_stack([here, there] if this == 0 else [there, here]))
    i, j = np.unique(np.concatenate(pairs), axis=0).T
    return i, j, np.ones(len(i)), np.ones(len(i)), *thronged


def _overlapping(
    old: np.ndarray,
    new: np.ndarray,
    old_kind: np.ndarray,
    new_kind: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    usable: tuple[np.ndarray, np.ndarray],
    tolerance: float,
) -> Found:
    """Links of which at least one is no point."""
    first, like_old, many_old = _fewer(old, old_kind, usable[0])
    second, like_new, many_new = _fewer(new, new_kind, usable[1])
    boxes = [shapely.box(*shapely.bounds(shapes[at]).T) for shapes, at in ((old, first), (new, second))]
    i, j = shapely.STRtree(boxes[1]).query(boxes[0], predicate="dwithin", distance=tolerance + _SLACK)
    i, j = first[i], second[j]
    possible = (old_kind[i] == new_kind[j]) & ~(ends[0][i] & ends[1][j])
    i, j = i[possible], j[possible]
    i, j, old_share, new_share = _shares(old, new, i, j, tolerance)
    # those that were left out lie where the first of their like lies
    left_old, left_new = np.flatnonzero(like_old >= 0), np.flatnonzero(like_new >= 0)
    old_row, of_old = _join(like_old[left_old], i)
    new_row, of_new = _join(like_new[left_new], j)
    again = np.concatenate([np.arange(len(i)), of_old, of_new])
    i, j = np.concatenate([i, left_old[old_row], i[of_new]]), np.concatenate([j, j[of_old], left_new[new_row]])
    return i, j, old_share[again], new_share[again], many_old, many_new


def _fewer(shapes: np.ndarray, kind: np.ndarray, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shapes to look at, at most `MOST` of one extent; for others the first of their like; and which have too many alike."""
    at = np.flatnonzero(usable)
    extent = np.column_stack([kind[at], np.round(shapely.bounds(shapes[at]), 2)])
    group = np.unique(extent, axis=0, return_inverse=True)[1].reshape(-1)  # numpy 2.0 gives it two dimensions
    order = np.argsort(group, kind="stable")
    begins = np.flatnonzero(np.diff(group[order], prepend=-1))
    size = np.diff(np.append(begins, len(order)))
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order)) - np.repeat(begins, size)
    like, many = np.full(len(shapes), -1), np.zeros(len(shapes), bool)
    like[at] = np.where(rank >= MOST, at[order[begins]][group], -1)
    many[at] = size[group] > MOST
    return at[rank < MOST], like, many


def _join(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of equal numbers in two arrays."""
    order = np.argsort(right, kind="stable")
    begin, end = np.searchsorted(right[order], left, "left"), np.searchsorted(right[order], left, "right")
    count = end - begin
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(np.arange(len(left)), count), order[np.repeat(begin, count) + within]


def _shares(
    old: np.ndarray, new: np.ndarray, i: np.ndarray, j: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of which one lies at the other, with both shares."""
    alike = _displaced(old, new, i, j) <= tolerance + _SLACK
    known, i, j = (i[alike], j[alike]), i[~alike], j[~alike]
    involved = np.unique(i), np.unique(j)
    spread = [_spread(shapes[at]) for shapes, at in zip((old, new), involved, strict=True)]
    a, b = np.searchsorted(involved[0], i), np.searchsorted(involved[1], j)
    of = [shapes[at] for shapes, at in zip((old, new), involved, strict=True)]
    for shapes in of:
        shapely.prepare(shapes)
    if len(a) > len(of[0]) + len(of[1]):
        few = [points[:, _FIRST] for points in spread]
        hopeful = np.maximum(_share(few[0], a, of[1], b, tolerance), _share(few[1], b, of[0], a, tolerance)) >= 0.6
        a, b = a[hopeful], b[hopeful]
    old_share, new_share = _share(spread[0], a, of[1], b, tolerance), _share(spread[1], b, of[0], a, tolerance)
    # of two dimensions the lesser one counts; an island fills a hole without being a part of what lies around it
    less = shapely.get_dimensions(of[0][a]) - shapely.get_dimensions(of[1][b])
    old_share, new_share = np.where(less > 0, new_share, old_share), np.where(less < 0, old_share, new_share)
    within = [
        shapely.dwithin(shapely.point_on_surface(shapes[at]), others[to], tolerance + _SLACK)
        for shapes, at, others, to in ((of[0], a, of[1], b), (of[1], b, of[0], a))
    ]
    both = (old_share >= WHOLE) & (new_share >= WHOLE)
    part = ((old_share >= WHOLE) & within[0]) | ((new_share >= WHOLE) & within[1])
    kept, whole = both | part, np.ones(len(known[0]))
    i, j = np.concatenate([known[0], involved[0][a[kept]]]), np.concatenate([known[1], involved[1][b[kept]]])
    return i, j, np.concatenate([whole, old_share[kept]]), np.concatenate([whole, new_share[kept]])


def _displaced(old: np.ndarray, new: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Pair by pair: how far vertex by vertex a shape of as many vertices lies off, at most; no point lies off farther."""
    result = np.full(len(i), np.inf)
    counts = shapely.get_num_coordinates(old[i])
    like = (counts == shapely.get_num_coordinates(new[j])) & (shapely.get_type_id(old[i]) == shapely.get_type_id(new[j]))
    like &= shapely.get_num_geometries(old[i]) == shapely.get_num_geometries(new[j])
    rows = np.flatnonzero(like & (np.abs(shapely.bounds(old[i]) - shapely.bounds(new[j])).max(axis=1, initial=0.0) < 10.0))
    for start in range(0, len(rows), _CHUNK):
        at = rows[start : start + _CHUNK]
        off = np.hypot(*(shapely.get_coordinates(old[i[at]]) - shapely.get_coordinates(new[j[at]])).T)
        begins = np.cumsum(counts[at]) - counts[at]
        result[at] = np.maximum.reduceat(off, begins)
    return result


def _share(points: np.ndarray, at: np.ndarray, shapes: np.ndarray, to: np.ndarray, tolerance: float) -> np.ndarray:
    """Share of the points of each shape `at` that lie within the tolerance of the shape `to`."""
    result = np.zeros(len(at))
    near = tolerance + _SLACK
    left, below, right, above = shapely.bounds(shapes).T if len(shapes) else np.zeros((4, 0))
    for start in range(0, len(at), _CHUNK):
        one, other = at[start : start + _CHUNK], to[start : start + _CHUNK]
        x, y = points[one, :, 0], points[one, :, 1]
        box = (x >= (left[other] - near)[:, None]) & (x <= (right[other] + near)[:, None])
        box &= (y >= (below[other] - near)[:, None]) & (y <= (above[other] + near)[:, None])
        row, column = np.nonzero(box)
        inside = shapely.dwithin(shapes[other[row]], shapely.points(x[row, column], y[row, column]), near)
        result[start : start + len(one)] = np.bincount(row[inside], minlength=len(one)) / points.shape[1]
    return result


def _spread(shapes: np.ndarray) -> np.ndarray:
    """Places spread evenly along lines and along outlines with their holes; a point is in all its places itself."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    polygon = shapely.get_dimensions(parts) == 2
    rings, of = shapely.get_rings(parts[polygon], return_index=True)
    curves, owner = np.concatenate([parts[~polygon], rings]), np.concatenate([owner[~polygon], owner[polygon][of]])
    order = np.argsort(owner, kind="stable")
    places, curve = shapely.get_coordinates(curves[order], return_index=True)
    belongs = owner[order][curve]
    step = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    step[np.flatnonzero(np.diff(curve, prepend=-1))] = 0.0
    along = np.cumsum(step)
    first = np.searchsorted(belongs, np.arange(len(shapes)), "left")[:, None]
    last = np.searchsorted(belongs, np.arange(len(shapes)), "right")[:, None] - 1
    wanted = along[first] + (np.arange(_STEPS) + 0.5) / _STEPS * (along[last] - along[first])
    at = np.clip(np.searchsorted(along, wanted, "left"), first, last)
    before = np.maximum(at - 1, first)
    length = along[at] - along[before]
    part = np.divide(wanted - along[before], length, out=np.zeros_like(length), where=length > 0)
    return np.asarray(places[before] + part[..., None] * (places[at] - places[before]))
