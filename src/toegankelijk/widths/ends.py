"""Where ways end: at entrances, or at the far ends of a space of which no entrance is known."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import shapely

from toegankelijk.widths.forest import Forest, Links, root
from toegankelijk.widths.loops import Loops, find_rings, part_rings
from toegankelijk.widths.triangles import Mesh, facing_walls

ARM = 10.0
"""Metres beyond which a dead end is a way of its own, and no pocket; a proposal."""

STRIP = 3.0
"""Times its own width that a strip is long at least; what is shorter is a corner of something wider; a proposal."""

PLACE = 0.60
"""Width in metres of a place where a walker can stand; what is narrower is a strip only if it is an arm; a proposal."""

WIDER = 1.5
"""Times wider than its end from which on a strip is another, wider one."""

LEAST_TURN = np.radians(60.0)
"""Turn of the border in a corner at either end of the wall that a strip ends at."""

ROUNDED, WINDOW, STEPS = np.radians(40.0), 1.5, 64
"""Turn of a round end over so many metres on either side, and the corners that may lie in them: up to 4 m wide it is an end."""

FLAT, SMOOTH = np.radians(0.1), np.radians(35.0)
"""Turn in one corner from which a border bends, and does not only have a place set in a wall; and up to which it bends round."""

MOST_TURN = np.radians(177.0)
"""Turn beyond which a corner is a spike: a slip of the pen, or a crumb that was left beside an obstacle."""

STRAIGHT = np.radians(1.0)
"""Turn up to which a wall goes straight on."""

SIGHT = 50.0
"""Metres from its wall within which the middle of a disc at an end is looked for."""

MANY = 2000
"""Corners beyond which the border of a space is cut to what lies near."""

SHRINKS = 50
"""Times that a disc may shrink to fit between walls; it takes a few."""


@dataclass(frozen=True)
class Ends:
    """Places that ways join.

    Parameters
    ----------
    triangle
        Triangle of each end, shape (ends,).
    width
        Diameter in metres of the largest disc that fits there.
    gap
        Both ends of that diameter, relative to the origin of the space, shape (ends, 2, 2).
    across
        Whether the way runs out over the gap, as at the end of a strip, and not through an opening in its side.
    """

    triangle: np.ndarray
    width: np.ndarray
    gap: np.ndarray
    across: np.ndarray

    def joined(self, other: Ends) -> Ends:
        """Both together."""
        return Ends(*(np.concatenate([getattr(self, x.name), getattr(other, x.name)]) for x in fields(Ends)))


NO_ENDS = Ends(np.zeros(0, np.intp), np.zeros(0), np.zeros((0, 2, 2)), np.zeros(0, bool))


def gap_across(centre: np.ndarray, ahead: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Ends of a diameter square to a direction (a unit vector), shape (places, 2, 2)."""
    beside = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) * width[:, None] / 2
    return np.stack([centre - beside, centre + beside], axis=1)


def far_ends(mesh: Mesh, links: Links, known: Ends, fixed: np.ndarray, spaces: np.ndarray) -> tuple[Ends, Forest, Loops]:
    """Far ends of spaces: of those that lack two entrances the farthest places, and the ends of long arms.

    A far end is where the largest disc lies that touches both walls in the far corner; but if that is a corner of something
    wider, and no strip, then in the wider place.

    Parameters
    ----------
    mesh, links
        Triangles and their crossings.
    known
        Entrances.
    fixed
        Whether the entrances of each space are all there are, shape (spaces,); one alone never is.
    spaces
        The free spaces.

    Returns
    -------
    tuple
        The far ends, the forest in which they were found, and the rings round large islands.
    """
    count = len(mesh.origins)
    entrances = np.bincount(mesh.space[known.triangle], minlength=count)
    roots = np.searchsorted(mesh.space, np.arange(count))
    roots[mesh.space[known.triangle][::-1]] = known.triangle[::-1]
    lonely, leaves, corner = entrances == 0, np.zeros(0, np.intp), _corners(mesh)
    if lonely.any():
        one = _farthest(mesh, root(mesh, links, roots), corner)
        roots = np.where(lonely, one, roots)
        forest = root(mesh, links, roots)
        other = _farthest(mesh, forest, corner)
        leaves = np.concatenate([one[lonely], other[lonely]])
        roots = np.where(lonely, _halfway(forest, other), roots)  # seen from there, both lie at the end of a branch
    forest = root(mesh, links, roots)
    leaves = np.concatenate([leaves, _farthest(mesh, forest, corner)[entrances == 1]])
    rings, on_small = part_rings(mesh, forest, find_rings(mesh, links, forest))
    base = _on_paths(forest, np.concatenate([known.triangle, leaves])) | on_small
    arms = _arms(mesh, forest, base, corner)
    leaves = np.concatenate([leaves, arms[~fixed[mesh.space[arms]]]])
    reach, discs = _end_discs(mesh, leaves, corner[leaves], spaces)
    return _moved_in(mesh, forest, corner[leaves], reach, discs), forest, rings


def largest_discs(
    places: np.ndarray, inward: np.ndarray, sine: np.ndarray, spaces: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far from places on the border the middle of the largest disc lies in a direction, and its diameter, in metres.

    In a corner of half angle a, whose sine is given, a disc that touches both walls and whose middle lies s away has the radius
    s sin(a); on a straight wall the sine is 1.
    """
    boxes = shapely.bounds(spaces)[own]
    reach = np.minimum(np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]), SIGHT)
    walls = shapely.boundary(spaces)[own]
    for number in np.flatnonzero(shapely.get_num_coordinates(walls) > MANY):  # only what lies near of a large space
        (x, y), room = places[number], 2 * SIGHT
        walls[number] = shapely.clip_by_rect(walls[number], x - room, y - room, x + room, y + room)
    shapely.prepare(spaces)
    active = np.arange(len(places))
    for _ in range(SHRINKS):  # a disc that holds a place of a wall shrinks until that place is on its edge
        centre = places[active] + inward[active] * reach[active, None]
        line = shapely.shortest_line(shapely.points(centre), walls[active])
        beyond = ~shapely.contains_xy(spaces[own[active]], centre)  # a wall
        inside = beyond | (shapely.length(line) < reach[active] * sine[active] * (1 - 1e-5) - 1e-5)
        active, beyond = active[inside], beyond[inside]
        if not len(active):
            break
        place = shapely.get_coordinates(shapely.get_point(line[inside], -1)) - places[active]
        ahead, square = (place * inward[active]).sum(axis=1), (place**2).sum(axis=1)
        beside = np.sqrt(np.maximum(ahead**2 - square * (1 - sine[active] ** 2), 0.0))
        smaller = np.minimum(square / np.maximum(ahead + beside, 1e-9), reach[active] * np.where(beyond, 0.9, 1.0))
        shrunk = smaller < reach[active] * (1 - 1e-5)
        reach[active] = smaller
        active = active[shrunk]
    return reach, 2 * reach * sine


def locate(mesh: Mesh, places: np.ndarray, space: np.ndarray) -> np.ndarray:
    """Triangle that each place of a space lies in, -1 where it lies outside."""
    shift = mesh.origins[mesh.space][:, None]
    tree = shapely.STRtree(shapely.polygons(mesh.points[mesh.corners] + shift))
    place, triangle = tree.query(shapely.points(places), predicate="intersects")
    right = mesh.space[triangle] == space[place]
    result = np.full(len(places), -1)
    result[place[right]] = triangle[right]
    return result


def _corners(mesh: Mesh) -> np.ndarray:
    """Point of each triangle in which the border has a corner, by which a space may end; -1 where there is none.

    In a space without such corners, one that is round, it is the tip of triangles with walls on two sides; or any point. A branch
    of the forest may also end on the worse side of an island, and that is no end of a space.
    """
    before, after = mesh.border
    turn = turns(mesh.points, before, np.arange(len(mesh.points)), after)
    rounded = _bends_round(mesh, before, after, turn)[mesh.corners]
    turn = turn[mesh.corners]
    turn[turn > MOST_TURN] = 0.0  # a spike, not a corner
    turn = np.where((turn < LEAST_TURN) & rounded, LEAST_TURN, turn)
    sharpest = turn.argmax(axis=1)
    rows = np.arange(len(turn))
    result = np.where(turn[rows, sharpest] >= LEAST_TURN, mesh.corners[rows, sharpest], -1)
    walls = mesh.twin.reshape(-1, 3) < 0
    tip = np.where(walls.sum(axis=1) == 2, mesh.corners[rows, (~walls).argmax(axis=1)], -1)
    starts = np.searchsorted(mesh.space, np.arange(len(mesh.origins)))
    for other in (tip, mesh.corners[:, 0]):
        without = np.maximum.reduceat(result, starts) < 0
        result = np.where(without[mesh.space], other, result)
    return result


def _bends_round(mesh: Mesh, before: np.ndarray, after: np.ndarray, sharp: np.ndarray) -> np.ndarray:
    """Points of a border that turns to the left by `ROUNDED` between `WINDOW` metres before and after, without a real corner."""
    points, here = mesh.points, np.arange(len(mesh.points))
    ends, smooth = [], np.abs(sharp) < SMOOTH
    for neighbour in (before, after):
        at, moving = neighbour.copy(), here
        for _ in range(STEPS):
            smooth[moving] &= np.abs(sharp[at[moving]]) < SMOOTH
            moving = moving[np.hypot(*(points[at[moving]] - points[moving]).T) < WINDOW]
            if not len(moving):
                break
            at[moving] = neighbour[at[moving]]
        ends.append(at)
    return np.asarray(smooth & (sharp > FLAT) & (turns(points, ends[0], here, ends[1]) >= ROUNDED))


def _reaches(mesh: Mesh, forest: Forest, corner: np.ndarray) -> np.ndarray:
    """Metres along the way from the root to the corner in each triangle; minus infinity where there is none."""
    onward = np.hypot(*(mesh.points[corner] - forest.middle).T) * (forest.across >= 0)
    return np.where(corner >= 0, forest.away + onward, -np.inf)


def _farthest(mesh: Mesh, forest: Forest, corner: np.ndarray) -> np.ndarray:
    """Triangle of each space whose corner lies farthest from the root, along the way."""
    away = _reaches(mesh, forest, corner)
    starts = np.searchsorted(mesh.space, np.arange(len(mesh.origins)))
    at = np.flatnonzero(away == np.maximum.reduceat(away, starts)[mesh.space])
    starts[mesh.space[at][::-1]] = at[::-1]
    return starts


def _halfway(forest: Forest, ends: np.ndarray) -> np.ndarray:
    """Triangle half way from each end to its root."""
    away, at = forest.away, ends.copy()
    half = away[ends] / 2
    moving = np.arange(len(at))
    while len(moving):
        moving = moving[(away[at[moving]] > half[moving]) & (forest.across[at[moving]] >= 0)]
        at[moving] = forest.parent[at[moving]]
    return at


def _on_paths(forest: Forest, triangles: np.ndarray) -> np.ndarray:
    """Triangles on the paths from some to their roots."""
    seen = np.zeros(len(forest.parent), bool)
    while len(triangles):
        seen[triangles] = True
        triangles = forest.parent[triangles]
        triangles = np.unique(triangles[~seen[triangles]])
    return seen


def _arms(mesh: Mesh, forest: Forest, base: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Last triangles of the arms that reach at least `ARM` beyond the ways already known, or beyond a longer arm."""
    height = np.where(base, 0.0, _reaches(mesh, forest, corner) - forest.away)  # minus infinity where there is no corner
    leaf = np.arange(len(height))
    ends = []
    last = np.zeros(len(height), np.intp)
    for start, stop in zip(forest.levels[-2:0:-1], forest.levels[:1:-1], strict=True):
        level = forest.order[start:stop]
        level = level[~base[level]]
        above = forest.parent[level]
        total = height[level] + forest.step[level]
        order = np.argsort(total, kind="stable")
        level, above, total = level[order], above[order], total[order]
        last[above] = np.arange(len(level))  # of one parent the tallest comes last, and stays
        tallest = last[above] == np.arange(len(level))
        on_base = base[above]
        ends.append(leaf[level[(on_base | ~tallest) & (total >= ARM)]])
        up = tallest & ~on_base & (total > height[above])
        height[above[up]], leaf[above[up]] = total[up], leaf[level[up]]
    return np.concatenate([np.zeros(0, np.intp), *ends])


def _end_discs(mesh: Mesh, leaves: np.ndarray, corner: np.ndarray, spaces: np.ndarray) -> tuple[np.ndarray, Ends]:
    """How far from the corner of each leaf the middle of the largest disc lies that touches both walls there, and the discs.

    In a corner of half angle a, the disc whose middle lies s away has the radius s sin(a), until it meets another wall.
    """
    tip = mesh.points[corner]
    arms = [mesh.points[other[corner]] - tip for other in mesh.border]
    arms = [arm / np.hypot(*arm.T)[:, None] for arm in arms]
    along = arms[1] - arms[0]
    sharp = np.hypot(*along.T) < 1  # else the walls go on so straight that their sum is next to nothing
    inward = np.where(sharp[:, None], arms[0] + arms[1], np.stack([-along[:, 1], along[:, 0]], axis=1))
    inward /= np.hypot(*inward.T)[:, None]
    sine = np.sqrt(np.clip((1 - (arms[0] * arms[1]).sum(axis=1)) / 2, 0.0, 1.0))
    own = mesh.space[leaves]
    reach, width = largest_discs(tip + mesh.origins[own], inward, sine, spaces, own)
    width = np.minimum(width, _end_walls(mesh, corner))
    gap = gap_across(tip + inward * reach[:, None], inward, width)
    return reach, Ends(leaves, width, gap, np.ones(len(leaves), bool))


def _end_walls(mesh: Mesh, corner: np.ndarray) -> np.ndarray:
    """Length in metres of the wall that a way ends at, as at the end of a strip, in some corners; endless where there is none.

    It lies between two corners in which the border turns by 60 degrees or more.
    """
    before, after = mesh.border
    result = np.full(len(corner), np.inf)
    for preceding, follower, turn in ((before, after, 1), (after, before, -1)):
        at, length = corner.copy(), np.zeros(len(corner))
        open_ = np.flatnonzero(turns(mesh.points, preceding[at], at, follower[at]) * turn >= LEAST_TURN)
        while len(open_):
            onward = follower[at[open_]]
            length[open_] += np.hypot(*(mesh.points[onward] - mesh.points[at[open_]]).T)
            angle = turns(mesh.points, at[open_], onward, follower[onward]) * turn
            at[open_] = onward
            ends = open_[angle >= LEAST_TURN]
            result[ends] = np.minimum(result[ends], length[ends])
            open_ = open_[(np.abs(angle) < STRAIGHT) & (length[open_] < ARM)]
    return result


def turns(points: np.ndarray, before: np.ndarray, at: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Radians by which a border turns to the left."""
    one, other = points[at] - points[before], points[after] - points[at]
    return np.asarray(np.arctan2(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0], (one * other).sum(axis=1)))


def _moved_in(mesh: Mesh, forest: Forest, corner: np.ndarray, reach: np.ndarray, discs: Ends) -> Ends:
    """Ends on the paths from leaves to their roots: as far from the tip as its disc, or where it is a strip that ends."""
    tip = mesh.points[corner]
    at, width, gap = discs.triangle.copy(), discs.width.copy(), discs.gap.copy()
    moving = np.arange(len(at))
    while len(moving):
        away = np.hypot(*(forest.middle[at[moving]] - tip[moving]).T)
        moving = moving[(away < reach[moving]) & (forest.across[at[moving]] >= 0)]
        at[moving] = forest.parent[at[moving]]
    here, moving = at.copy(), np.flatnonzero(forest.across[at] >= 0)
    least = np.where(width < PLACE, ARM, STRIP * width)  # metres from the corner that make a strip
    while len(moving):
        entering = mesh.twin[forest.across[here[moving]]]
        here[moving] = forest.parent[here[moving]]
        inner = forest.across[here[moving]] >= 0
        moving, entering = moving[inner], entering[inner]
        one, other, _ = facing_walls(mesh, entering, forest.across[here[moving]])
        wide = np.hypot(*(one - other).T)
        wider = wide > WIDER * width[moving]
        roomy = moving[wider & (width[moving] < PLACE) & (wide >= PLACE)]
        at[moving[wider]], width[moving[wider]] = here[moving[wider]], wide[wider]
        least[roomy] = np.minimum(STRIP * width[roomy], ARM)
        gap[moving[wider]] = np.stack([one, other], axis=1)[wider]
        moving = moving[np.hypot(*((one + other) / 2 - tip[moving]).T) < least[moving]]
    return Ends(at, width, gap, np.ones(len(at), bool))
