"""Lines as arrays: their ends, cut into pieces, and moved to one side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]
Shapes = npt.NDArray[np.object_]

SAME = 1e-3
"""Distance in metres within which two places are one."""

AIM = 3.0
"""Length in metres over which the direction is taken in which a line leaves its end."""

SHARPEST = 2.0
"""Times the distance of a moved line that its corners may lie from the line at most."""


def ends_of(lines: Shapes) -> Floats:
    """Coordinates of the first and the last place of each line, shape (lines, 2, 2)."""
    return np.stack([shapely.get_coordinates(shapely.get_point(lines, place)).reshape(-1, 2) for place in (0, -1)], axis=1)


def with_ends(lines: Shapes, first: Floats, last: Floats) -> Shapes:
    """Lines whose first and last coordinates are other ones; NaN keeps what there is."""
    if not len(lines):
        return lines
    places, owner = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero(np.diff(owner, prepend=-1))
    stop = np.append(start[1:], len(owner)) - 1
    for at, new in ((start, first), (stop, last)):
        places[at] = np.where(np.isnan(new), places[at], new)
    return np.asarray(shapely.linestrings(places, indices=owner), dtype=object)


def cut_lines(lines: Shapes, line: Numbers, along: Floats) -> tuple[Shapes, Numbers, Floats]:
    """Pieces of lines between places along them.

    Parameters
    ----------
    lines
        Lines, each of one part.
    line, along
        Number of the line, and metres from its start, of each place at which it is cut. Places at its ends, and places twice,
        cut nothing.

    Returns
    -------
    tuple
        The pieces in the order of the lines and from the start of each on, the number of the line of each, and at how many metres
        it starts. A line without places is one piece.

    Examples
    --------
    >>> pieces, owner, start = cut_lines(np.array([shapely.LineString([(0, 0), (10, 0)])]), np.array([0]), np.array([4.0]))
    >>> shapely.length(pieces).tolist(), owner.tolist(), start.tolist()
    ([4.0, 6.0], [0, 0], [0.0, 4.0])
    """
    length = shapely.length(lines)
    line, along = np.asarray(line, dtype=np.intp), np.asarray(along, dtype=float)
    inside = (along > SAME) & (along < length[line] - SAME)
    line, along = line[inside], along[inside]
    order = np.lexsort((along, line))
    line, along = line[order], along[order]
    fresh = (np.diff(line, prepend=-1) != 0) | (np.diff(along, prepend=-np.inf) > SAME)
    line, along = line[fresh], along[fresh]
    touched = np.zeros(len(lines), bool)
    touched[line] = True
    whole = np.flatnonzero(~touched)
    if not len(line):
        return lines.copy(), np.arange(len(lines)), np.zeros(len(lines))
    pieces, owner, start = _cut(lines, line, along, np.flatnonzero(touched))
    owners = np.concatenate([owner, whole])
    order = np.lexsort((np.concatenate([start, np.zeros(len(whole))]), owners))
    return (
        np.concatenate([pieces, lines[whole]])[order],
        owners[order],
        np.concatenate([start, np.zeros(len(whole))])[order],
    )


def _cut(lines: Shapes, line: Numbers, along: Floats, touched: Numbers) -> tuple[Shapes, Numbers, Floats]:
    """Pieces of the lines that are cut; the places are sorted and lie inside."""
    places, owner = shapely.get_coordinates(lines[touched], return_index=True)
    step = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    fresh = np.diff(owner, prepend=-1) != 0
    total = np.cumsum(np.where(fresh, 0.0, step))
    at = total - total[np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    owner = touched[owner]
    cuts = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along))
    # each cut ends one piece and starts the next, so it stands there twice
    every = np.concatenate([places, cuts, cuts])
    owners = np.concatenate([owner, line, line])
    where = np.concatenate([at, along, along])
    rank = np.concatenate([np.zeros(len(at)), np.full(len(along), 1), np.full(len(along), 2)])
    order = np.lexsort((rank, where, owners))
    every, owners, where, rank = every[order], owners[order], where[order], rank[order]
    piece = np.cumsum((rank == 2) | (np.diff(owners, prepend=-1) != 0)) - 1
    again = (np.diff(piece, prepend=-1) == 0) & (np.abs(np.diff(every, axis=0, prepend=every[:1])).max(axis=1) < SAME / 100)
    # of two that are the same the cut is kept, so that both pieces share its very coordinates
    drop = again.copy()
    before = np.flatnonzero(again & (rank == 1)) - 1
    drop[before], drop[before + 1] = True, False
    every, owners, where, piece = every[~drop], owners[~drop], where[~drop], piece[~drop]
    first = np.flatnonzero(np.diff(piece, prepend=-1))
    return np.asarray(shapely.linestrings(every, indices=piece), dtype=object), owners[first], where[first]


def headings(lines: Shapes) -> tuple[Floats, Floats]:
    """Directions in radians in which each line leaves its start, and its end backwards."""
    ends, length = ends_of(lines), shapely.length(lines)
    reach = np.minimum(AIM, length / 2)
    angles = []
    for place, at in ((0, reach), (1, length - reach)):
        step = shapely.get_coordinates(shapely.line_interpolate_point(lines, at)).reshape(-1, 2) - ends[:, place]
        angles.append(np.arctan2(step[:, 1], step[:, 0]))
    return angles[0], angles[1]


def beside(lines: Shapes, distance: Floats, first: Floats, last: Floats) -> Shapes:
    """Lines moved to their left (to their right, by a negative distance in metres), between given ends.

    What lies nearer to an end of the line than the distance is left out, so that the line does not turn back there.
    """
    if not len(lines):
        return lines
    places, owner = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero(np.diff(owner, prepend=-1))
    stop = np.append(start[1:], len(owner)) - 1
    step = np.diff(places, axis=0, append=places[-1:])
    with np.errstate(invalid="ignore", divide="ignore"):
        course = step / np.hypot(*step.T)[:, None]
    normal = np.nan_to_num(np.stack([-course[:, 1], course[:, 0]], axis=1))
    before = np.roll(normal, 1, axis=0)
    middle = before + normal
    cosine = 1 + (before * normal).sum(axis=1)  # the corner lies at (n1 + n2) / (1 + n1 . n2)
    moved = middle / np.maximum(cosine, 2 / SHARPEST**2)[:, None] * distance[owner][:, None]
    gone = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    gone[start] = 0.0
    total = np.cumsum(gone)
    at = total - total[start][owner]
    keep = (at > np.abs(distance)[owner]) & (at < at[stop][owner] - np.abs(distance)[owner])
    result = places + moved
    result[start], result[stop] = first, last
    keep[start], keep[stop] = True, True
    return np.asarray(shapely.linestrings(result[keep], indices=owner[keep]), dtype=object)
