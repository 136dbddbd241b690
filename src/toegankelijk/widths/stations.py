"""Stations along ways: how wide it is from place to place, and between what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import shapely

from toegankelijk.widths.ends import Ends
from toegankelijk.widths.triangles import Mesh, facing_walls

ROOM = 3.0
"""Width in metres up to which it matters how wide a way is between two narrow places."""

ASLANT = 1e-7
"""Metres by which an edge that lies aslant is told wider than the way beside it, so that it is never the narrowest place."""


@dataclass(frozen=True)
class Ways:
    """Stations along ways, from one end of each way to its other end; coordinates are those that the spaces were given in.

    Parameters
    ----------
    way
        Number of the way of each station, shape (stations,); its stations follow each other.
    along
        Metres along the way, by the middles of what is crossed.
    width
        Metres between the walls on both sides.
    left, right
        The places on the walls between which that is, shape (stations, 2).
    left_along, right_along
        Metres along either wall.
    jump
        Whether a wall ends just before a station, or an opening does, so that the width does not run evenly from the one before.
    way_round
        Metres of the shortest way that leads round to the same station from its other side; endless where there is none.
    main
        Whether a station lies on the widest way between two ends; else it lies on another way round.
    space
        Number of the space of each station.
    line, line_way, line_along
        Places along the middle of the ways, the way of each, and metres along it.
    line_space
        Number of the space of each of these places.
    """

    way: np.ndarray
    along: np.ndarray
    width: np.ndarray
    left: np.ndarray
    right: np.ndarray
    left_along: np.ndarray
    right_along: np.ndarray
    jump: np.ndarray
    way_round: np.ndarray
    main: np.ndarray
    space: np.ndarray
    line: np.ndarray
    line_way: np.ndarray
    line_along: np.ndarray
    line_space: np.ndarray


NO_WAYS = Ways(
    *(np.zeros(0, np.intp), np.zeros(0), np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0)),
    *(np.zeros(0, bool), np.zeros(0), np.zeros(0, bool), np.zeros(0, np.intp)),
    *(np.zeros((0, 2)), np.zeros(0, np.intp), np.zeros(0), np.zeros(0, np.intp)),
)


def join(parts: Sequence[Ways], first_space: Sequence[int]) -> Ways:
    """Ways of several batches of spaces as one, with ways and spaces numbered on."""
    parts, first_space = [NO_WAYS, *parts], [0, *first_space]
    ways = np.cumsum([0, *(int(part.line_way.max(initial=-1)) + 1 for part in parts)])
    shift: dict[str, Sequence[int]] = {
        **dict.fromkeys(("way", "line_way"), ways.tolist()),
        **dict.fromkeys(("space", "line_space"), first_space),
    }
    columns = {}
    for name in (field.name for field in fields(Ways)):
        arrays = [getattr(part, name) for part in parts]
        if name in shift:
            arrays = [array + by for array, by in zip(arrays, shift[name], strict=False)]
        columns[name] = np.concatenate(arrays)
    return Ways(**columns)


def find_stations(
    mesh: Mesh, spaces: np.ndarray, strings: tuple[np.ndarray, np.ndarray], marks: tuple[np.ndarray, np.ndarray], ends: Ends
) -> Ways:
    """Stations in the triangles that ways run through, in order along each way.

    Parameters
    ----------
    mesh, spaces
        Triangles, and the spaces they fill.
    strings
        Half-edges that are crossed, in order along each way, and the number of the way of each.
    marks
        Of each half-edge of the mesh: whether a widest way crosses it, and the length of the shortest large ring it lies on.
    ends
        Where ways end.
    """
    half, way = strings
    if not len(half):
        return NO_WAYS
    right, left = mesh.ends(half)
    points = mesh.points
    middle = (points[left] + points[right]) / 2
    goes_on = np.flatnonzero(way[1:] == way[:-1])
    leaving, entering = half[goes_on + 1], mesh.twin[half[goes_on]]
    corner, facing, solid = facing_walls(mesh, entering, leaving)
    on_left = left[goes_on] == left[goes_on + 1]
    one, other = (np.where(on_left[:, None], *pair) for pair in ((corner, facing), (facing, corner)))
    wide, centre = _rooms(mesh, spaces, points[left[goes_on]], points[right[goes_on]], corner, entering, ~solid)
    alone = (np.diff(way, prepend=-1) != 0) & (np.diff(way, append=-1) != 0)  # only one edge is crossed
    alone[goes_on[np.isfinite(wide)]] = True  # beside an opening, the edges themselves are passed
    alone[goes_on[np.isfinite(wide)] + 1] = True
    short = np.flatnonzero(alone)
    step = np.hypot(*np.diff(middle, axis=0, prepend=middle[:1]).T)
    along = _sum_along(step, way)
    at_far_end = np.hypot(*(facing - points[np.where(on_left, right[goes_on + 1], left[goes_on + 1])]).T) == 0
    into, out = np.zeros(len(half) + 1, bool), np.zeros(len(half) + 1, bool)  # a wall that jumps before and after a station
    into[goes_on], out[goes_on + 1] = ~solid & at_far_end, ~solid & ~at_far_end
    jumps = np.concatenate([into[goes_on] | (out[goes_on] & ~alone[goes_on]), out[short]])
    walls = [_along_wall(points[crossing], station, goes_on, way) for crossing, station in ((left, one), (right, other))]
    passed = np.fmax(wide, np.hypot(*(corner - facing).T))
    one, other = _across_rooms(one, other, passed, centre)
    around = np.zeros(len(half))
    np.maximum.at(around, goes_on, passed)
    np.maximum.at(around, goes_on + 1, passed)
    crossed = np.hypot(*(points[left] - points[right]).T)
    crossed = np.where(around > 0, np.minimum(crossed, around + ASLANT), crossed)
    order = np.argsort(np.concatenate([goes_on * 2 + 1, short * 2]), kind="stable")
    at = np.concatenate([goes_on, short])[order]
    place = [np.concatenate([here, points[there[short]]])[order] for here, there in ((one, left), (other, right))]
    own = mesh.space[half // 3]
    half_step = np.concatenate([step[goes_on + 1] / 2, np.zeros(len(short))])[order]
    extra = [np.concatenate([to, np.zeros(len(short))])[order] for _, to in walls]
    ways = Ways(
        way=way[at],
        along=along[at] + half_step,
        width=np.concatenate([passed, crossed[short]])[order],
        left=mesh.placed(place[0], own[at]),
        right=mesh.placed(place[1], own[at]),
        left_along=walls[0][0][at] + extra[0],
        right_along=walls[1][0][at] + extra[1],
        jump=jumps[order],
        way_round=marks[1][half[at]],
        main=marks[0][half[at]],
        space=own[at],
        line=mesh.placed(middle, own),
        line_way=way,
        line_along=along,
        line_space=own,
    )
    first = np.flatnonzero(np.diff(way, prepend=-1) != 0)
    last = np.append(first[1:], len(way)) - 1
    second, before = middle[np.minimum(first + 1, last)], middle[np.maximum(last - 1, first)]
    ways = _with_ends(ways, mesh, ends, half[first], second, (np.zeros(len(first)),) * 2, -1)
    lengths = (walls[1][0][last], walls[0][0][last])  # seen from there, left is right
    return _with_ends(ways, mesh, ends, mesh.twin[half[last]], before, lengths, 1)


def _along_wall(corner: np.ndarray, station: np.ndarray, goes_on: np.ndarray, way: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres along one wall to each crossing, by way of the stations between, and from each crossing on to the next station."""
    to = np.hypot(*(station - corner[goes_on]).T)
    total = np.zeros(len(way))
    total[goes_on + 1] = to + np.hypot(*(corner[goes_on + 1] - station).T)
    return _sum_along(total, way), to


def _across_rooms(one: np.ndarray, other: np.ndarray, width: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of gaps; where a disc is wider than the gap beside it, those of its diameter in the same direction."""
    step = one - other
    length = np.hypot(*step.T)
    room = (width > length) & ~np.isnan(centre[:, 0])
    half = step / np.maximum(length, 1e-12)[:, None] * width[:, None] / 2
    return np.where(room[:, None], centre + half, one), np.where(room[:, None], centre - half, other)


def _rooms(
    mesh: Mesh,
    spaces: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    corner: np.ndarray,
    entering: np.ndarray,
    opened: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Width in metres, and middle, where a way passes between three corners and no wall: of the disc there; NaN elsewhere.

    Left and right are those of the edge over which one enters. Where the middle of the disc lies outside the triangle, the way
    does not pass it.
    """
    result, centres = np.full(len(corner), np.nan), np.full((len(corner), 2), np.nan)
    third = mesh.points[mesh.corners.ravel()[entering]]
    number = np.flatnonzero(opened & (np.hypot(*(left - right).T) < ROOM))
    a, b, c = third[number], left[number], right[number]
    u, v = b - a, c - a
    square = (u**2).sum(axis=1), (v**2).sum(axis=1), ((c - b) ** 2).sum(axis=1)
    acute = 2 * np.max(square, axis=0) < np.sum(square, axis=0)
    number, a, u, v = number[acute], a[acute], u[acute], v[acute]
    twice = 2 * (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    uu, vv = (u**2).sum(axis=1), (v**2).sum(axis=1)
    centre = np.stack([v[:, 1] * uu - u[:, 1] * vv, u[:, 0] * vv - v[:, 0] * uu], axis=1) / twice[:, None] + a
    space = mesh.space[entering[number] // 3]
    away = shapely.distance(shapely.points(mesh.placed(centre, space)), shapely.boundary(spaces)[space])
    result[number], centres[number] = 2 * away, centre
    return result, centres


def _with_ends(
    ways: Ways, mesh: Mesh, ends: Ends, half: np.ndarray, onward: np.ndarray, walls: tuple[np.ndarray, np.ndarray], side: int
) -> Ways:
    """Ways with a station in the gap at their end.

    Parameters
    ----------
    half, onward
        Half-edge of each way that is crossed on leaving its end, and the middle of the one crossed next.
    walls
        Metres along the left and the right wall there, seen from the end.
    side
        -1 for the starts of ways, 1 for their ends.
    """
    end_of = np.full(len(mesh.corners), -1)
    end_of[ends.triangle[ends.across]] = np.flatnonzero(ends.across)
    end = end_of[half // 3]
    right, left = (mesh.points[corner] for corner in mesh.ends(half))
    ahead, onward = onward - (left + right) / 2, (left + right) / 2 - ends.gap[end].mean(axis=1)
    along = (ahead * onward).sum(axis=1) >= np.hypot(*ahead.T) * np.hypot(*onward.T) / 2  # not back, nor aside
    way = np.flatnonzero((end >= 0) & (along | (np.hypot(*ahead.T) == 0)))
    end, half, right, left = end[way], half[way], right[way], left[way]
    one, other = ends.gap[end, 0], ends.gap[end, 1]
    straight = np.hypot(*(one - left).T) + np.hypot(*(other - right).T) <= np.hypot(*(one - right).T) + np.hypot(
        *(other - left).T
    )
    one, other = np.where(straight[:, None], one, other), np.where(straight[:, None], other, one)
    onward = np.hypot(*((one + other) / 2 - (left + right) / 2).T)
    by = [
        wall[way] + side * np.hypot(*(place - corner).T)
        for wall, place, corner in zip(walls, (one, other), (left, right), strict=True)
    ]
    if side > 0:
        one, other, by = other, one, by[::-1]
    space = mesh.space[half // 3]
    own, flags = np.zeros(len(way), bool), np.ones(len(way), bool)
    total = np.zeros(int(ways.line_way.max(initial=-1)) + 1)
    np.maximum.at(total, ways.line_way, ways.line_along)
    shift = np.zeros(len(total))
    if side < 0:
        shift[way] = onward
    at = total[way] + onward if side > 0 else np.zeros(len(way))
    added = {
        "way": way,
        "along": at,
        "width": ends.width[end],
        "left": mesh.placed(one, space),
        "right": mesh.placed(other, space),
        "left_along": by[0],
        "right_along": by[1],
        "jump": own,
        "way_round": np.full(len(way), np.inf),
        "main": flags,
        "space": space,
    }
    lines = {"line": mesh.placed((one + other) / 2, space), "line_way": way, "line_along": at, "line_space": space}
    columns = {field.name: getattr(ways, field.name) for field in fields(Ways)}
    columns["along"] = columns["along"] + shift[columns["way"]]
    columns["line_along"] = columns["line_along"] + shift[columns["line_way"]]
    for group, number, along in ((added, "way", "along"), (lines, "line_way", "line_along")):
        joined = {name: np.concatenate([columns[name], values]) for name, values in group.items()}
        order = np.lexsort((joined[along], joined[number]))
        columns.update({name: values[order] for name, values in joined.items()})
    return Ways(**columns)


def _sum_along(step: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Running sum of steps from the start of each way; the first step of a way counts nothing."""
    fresh = np.diff(way, prepend=-1) != 0
    total = np.cumsum(np.where(fresh, 0.0, step))
    return np.asarray(total - total[np.flatnonzero(fresh)][np.cumsum(fresh) - 1])
