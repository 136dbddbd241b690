"""Large spaces cut into pieces that are triangulated one by one: the time that takes grows with the square of their corners."""

from __future__ import annotations

import numpy as np
import shapely

LARGEST = 2000
"""Corners beyond which a space is cut in two, and its halves again."""

CLEAR = 1e-5
"""Metres between corners, across the cut, for one to run between them."""

SHARES = (0.5, 0.45, 0.55, 0.4, 0.6, 0.3, 0.7)
"""Shares of the corners left of a cut that are tried, for a cut may not run through a gate."""


def cut_spaces(spaces: np.ndarray, gates: np.ndarray, gate_space: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spaces, the large ones in pieces, and the number of the space that each is of.

    All cuts of a space are parallel, and none runs through a corner: so what a cut has from wall to wall is one edge of either
    side, with the very same ends, and triangles of both sides share it.
    """
    pieces, owner = list(spaces), list(range(len(spaces)))
    left, bottom, right, top = shapely.bounds(spaces).T
    axis = (top - bottom > right - left).astype(int)
    done: list[tuple[shapely.Polygon, int]] = []
    while pieces:
        piece, space = pieces.pop(), owner.pop()
        halves = []
        if shapely.get_num_coordinates(piece) > LARGEST:
            halves = _halves(piece, gates[gate_space == space], int(axis[space]))
        if halves:
            pieces.extend(halves)
            owner.extend([space] * len(halves))
        else:
            done.append((piece, space))
    done.sort(key=lambda pair: pair[1])
    return np.array([piece for piece, _ in done], dtype=object), np.array([space for _, space in done], dtype=np.intp)


def _halves(piece: shapely.Polygon, gates: np.ndarray, axis: int) -> list[shapely.Polygon]:
    """Both sides of a cut through a polygon; nothing where every cut would run through a gate."""
    left, bottom, right, top = shapely.bounds(piece)
    low, high = gates[:, :, axis].min(axis=1), gates[:, :, axis].max(axis=1)
    places = np.unique(shapely.get_coordinates(piece)[:, axis])
    clear = np.flatnonzero(np.diff(places) > CLEAR)
    for share in SHARES if len(clear) else ():
        number = clear[int(share * len(clear))]
        at = float(places[number] + places[number + 1]) / 2
        if not ((low < at) & (at < high)).any():
            break
    else:
        return []
    with_corners = _with_corners(piece, axis, at)
    box = [left - 1, bottom - 1, right + 1, top + 1]
    first, second = list(box), list(box)
    first[2 + axis], second[axis] = at, at
    parts = shapely.get_parts(shapely.intersection(with_corners, shapely.box(*np.array([first, second]).T)))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    smaller = len(parts) > 1 and shapely.get_num_coordinates(parts).max() < shapely.get_num_coordinates(piece)
    return list(parts) if smaller else []


def _with_corners(piece: shapely.Polygon, axis: int, at: float) -> shapely.Polygon:
    """Polygon with a corner wherever its border crosses a line."""
    _, places, (rings, polygons) = shapely.to_ragged_array(np.array([piece]))
    places = places[:, :2]
    before, after = places[:-1], places[1:]
    crossing = (before[:, axis] - at) * (after[:, axis] - at) < 0
    crossing[rings[1:-1] - 1] = False  # from one ring to the next there is no border
    number = np.flatnonzero(crossing)
    share = (at - before[number, axis]) / (after[number, axis] - before[number, axis])
    new = before[number] + share[:, None] * (after[number] - before[number])
    new[:, axis] = at
    added = np.cumsum(np.bincount(number + 1, minlength=len(places) + 1))
    return shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, np.insert(places, number + 1, new, axis=0), (rings + added[rings], polygons)
    )[0]
