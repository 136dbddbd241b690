"""Which things lie together: connected pieces, and pieces that are too long cut in parts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Labels = npt.NDArray[np.intp]
Points = npt.NDArray[np.float64]

MIDDLE = (0.25, 0.75)
"""Part of a piece, along it, in which it is cut, at the widest gap there."""


def connect(count: int, one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> Labels:
    """Number of the connected piece of each of ``count`` things, by pairs that belong together.

    Examples
    --------
    >>> connect(4, np.array([0, 3]), np.array([2, 3])).tolist()
    [0, 1, 0, 2]
    """
    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def span(points: Points, labels: Labels) -> npt.NDArray[np.float64]:
    """Extent in metres of each piece: the diagonal of the box round its points, along and across the way that they run.

    No two points of a piece lie farther apart.
    """
    along, across = _turned(points, labels)
    return np.asarray(np.hypot(_range(along, labels), _range(across, labels)))


def cut_long(points: Points, labels: Labels, most: float) -> Labels:
    """Cut pieces of more than an extent along the way that they run, until none is longer.

    A piece is cut in two at the widest gap between its points in its middle half, and each part again. The outcome does not
    depend on the order of the points.

    Parameters
    ----------
    points
        Coordinates in metres, shape (n, 2), in an order that is always the same.
    labels
        Number of the piece of each point, 0 to k - 1.
    most
        Largest extent in metres; see `span`. Points at one place are never parted.

    Examples
    --------
    >>> line = np.array([[0.0, 0.0], [20.0, 0.0], [70.0, 0.0], [100.0, 0.0]])
    >>> cut_long(line, np.zeros(4, dtype=int), 60.0).tolist()
    [0, 0, 1, 1]
    """
    labels = labels.astype(np.intp)
    while len(labels):
        long = span(points, labels) > most + 1e-6
        at = np.flatnonzero(long[labels])
        if not len(at):
            break
        along = _turned(points, labels)[0][at]
        order = np.lexsort((points[at, 1], points[at, 0], along, labels[at]))
        after = _after_gap(along[order], labels[at][order])
        beyond = np.zeros(len(labels), bool)
        beyond[at[order]] = after
        labels = np.unique(labels * 2 + beyond, return_inverse=True)[1].astype(np.intp)
    return labels


def _after_gap(along: npt.NDArray[np.float64], labels: Labels) -> npt.NDArray[np.bool_]:
    """Which points lie beyond the widest gap of their piece; they are sorted by piece and place, and each piece has several."""
    piece = np.unique(labels, return_inverse=True)[1]
    start = np.flatnonzero(np.append(True, piece[1:] != piece[:-1]))
    end = np.append(start[1:], len(piece)) - 1
    low, high = along[start][piece], along[end][piece]
    gap = np.append(np.diff(along), 0.0)
    gap[end] = -1.0
    least, most = (low + share * (high - low) for share in MIDDLE)
    inner = (np.append(along[1:], 0.0) > least) & (along < most)  # the gap reaches into the middle half
    worth = np.where(inner & (gap >= 0), gap, -1.0)
    best = np.lexsort((np.arange(len(worth)), -worth, piece))[start]  # the first of the widest ones
    return np.asarray(np.arange(len(piece)) > best[piece])


def _turned(points: Points, labels: Labels) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Coordinates along and across the main axis of each piece, from its middle."""
    count = np.bincount(labels)
    centre = np.stack([np.bincount(labels, points[:, i]) / np.maximum(count, 1) for i in (0, 1)], axis=1)
    x, y = (points - centre[labels]).T
    xx, yy, xy = (np.bincount(labels, values) for values in (x * x, y * y, x * y))
    angle = (0.5 * np.arctan2(2.0 * xy, xx - yy))[labels]
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _range(values: npt.NDArray[np.float64], labels: Labels) -> npt.NDArray[np.float64]:
    count = int(labels.max()) + 1 if len(labels) else 0
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, labels, values)
    np.maximum.at(high, labels, values)
    return np.asarray(np.maximum(high - low, 0.0))
