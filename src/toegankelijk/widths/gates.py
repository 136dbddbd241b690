"""Entrances in the border of a space: the border there is no wall, and ways start in it."""

from __future__ import annotations

import numpy as np
import shapely

from toegankelijk.widths.ends import LEAST_TURN, Ends, gap_across, largest_discs, locate, turns
from toegankelijk.widths.triangles import Mesh, identify

BENT = 0.3
"""Metres from the straight line between its ends by which an entrance may bend, to be taken out where others cannot."""

ALONGSIDE = 10.0
"""Metres of border shared with another surface beyond which it lies alongside: one walks past it, and not into it there."""


def open_gates(shapes: np.ndarray, lines: np.ndarray, space: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make entrances along the border of spaces straight edges of it, which are gates.

    The corners of an entrance are no walls, so they are taken out. Where that would not leave a proper polygon they stay, and
    only the longest piece of the entrance is a gate: no way gets wider by that.

    Parameters
    ----------
    shapes
        Free spaces.
    lines
        Entrances, lines along the border from corner to corner.
    space
        Number of the space of each.

    Returns
    -------
    tuple
        The spaces; the gates as coordinates of both ends, shape (gates, 2, 2); and the space of each.
    """
    if not len(lines):
        return shapes, np.zeros((0, 2, 2)), np.zeros(0, np.intp)
    places, line = shapely.get_coordinates(lines, return_index=True)
    inner = np.ones(len(line), bool)
    inner[np.flatnonzero(np.diff(line, prepend=-1))] = False
    inner[np.flatnonzero(np.diff(line, append=-1))] = False
    chord = shapely.linestrings(places[~inner], indices=line[~inner])
    straight = np.ones(len(lines), bool)
    for bent in (np.inf, BENT, 0.0):  # all entrances of a space; the nearly straight ones; none
        doubtful = ~_is_proper(_without(shapes, places[inner & straight[line]], space[line[inner & straight[line]]]))
        if not doubtful.any():
            break
        straight &= ~doubtful[space] | (shapely.hausdorff_distance(lines, chord) < bent)
    taken = inner & straight[line]
    shapes = _without(shapes, places[taken], space[line[taken]])
    places, line = places[~taken], line[~taken]
    pair = np.flatnonzero(line[1:] == line[:-1])
    gates, of = np.stack([places[pair], places[pair + 1]], axis=1), line[pair]
    order = np.lexsort((-np.hypot(*(gates[:, 1] - gates[:, 0]).T), of))
    longest = order[np.unique(of[order], return_index=True)[1]]
    return shapes, gates[longest], space[of[longest]]


def _is_proper(shapes: np.ndarray) -> np.ndarray:
    """Whether spaces are polygons that hold water."""
    return np.asarray(shapely.is_valid(shapes) & (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON))


def ends_at_gates(mesh: Mesh) -> Ends:
    """Ends of ways at the gates of a mesh, each as wide as its gate."""
    edge = np.flatnonzero(mesh.gate >= 0)
    start, end = mesh.ends(edge)
    before, after = mesh.border
    into, out = (turns(mesh.points, *corner) for corner in ((before[start], start, end), (start, end, after[end])))
    gap = np.stack([mesh.points[start], mesh.points[end]], axis=1)
    width = np.hypot(*(gap[:, 1] - gap[:, 0]).T)
    return Ends(edge // 3, width, gap, (into >= LEAST_TURN) & (out >= LEAST_TURN))


def beside_gates(mesh: Mesh, spaces: np.ndarray, ends: Ends, on_side: np.ndarray) -> Ends:
    """The same ends, but those in the side of a way no wider than the disc that fits before their middle."""
    side = np.flatnonzero(on_side)
    of = mesh.space[ends.triangle[side]]
    start, end = ends.gap[side, 0], ends.gap[side, 1]
    step = (end - start) / np.maximum(ends.width[side], 1e-12)[:, None]
    inward = np.stack([-step[:, 1], step[:, 0]], axis=1)  # the space lies on the left of its border
    middle = (start + end) / 2
    reach, disc = largest_discs(middle + mesh.origins[of], inward, np.ones(len(side)), spaces, of)
    narrower = disc < ends.width[side]
    width, gap = ends.width.copy(), ends.gap.copy()
    width[side[narrower]] = disc[narrower]
    gap[side[narrower]] = gap_across(middle + inward * reach[:, None], inward, disc)[narrower]
    return Ends(ends.triangle, width, gap, ends.across)


def ends_at_places(mesh: Mesh, spaces: np.ndarray, places: np.ndarray, space: np.ndarray) -> Ends:
    """Ends of ways at places in spaces or on their border: where the largest disc lies that touches the wall nearest to each."""
    inside = np.asarray(places, dtype=float).copy()
    line = shapely.shortest_line(shapely.points(inside), shapely.boundary(spaces[space]))
    flat = shapely.length(line) < 1e-3
    if flat.any():  # on the border: a step into the triangle there
        triangle = locate(mesh, inside[flat], space[flat])
        middle = mesh.placed(mesh.points[mesh.corners[triangle]].mean(axis=1), space[flat])
        inside[flat] = np.where((triangle >= 0)[:, None], inside[flat] + (middle - inside[flat]) * 0.1, inside[flat])
        line = shapely.shortest_line(shapely.points(inside), shapely.boundary(spaces[space]))
    wall = shapely.get_coordinates(shapely.get_point(line, -1))
    away = inside - wall
    away /= np.maximum(np.hypot(*away.T), 1e-12)[:, None]
    reach, width = largest_discs(wall, away, np.ones(len(wall)), spaces, space)
    centre = wall + away * reach[:, None]
    triangle = locate(mesh, centre, space)
    found = triangle >= 0
    gap = gap_across(centre - mesh.origins[space], away, width)
    return Ends(triangle[found], width[found], gap[found], np.zeros(int(found.sum()), bool))


def _without(shapes: np.ndarray, places: np.ndarray, space: np.ndarray) -> np.ndarray:
    """Polygons without some of their corners; none where fewer than three are left of a ring."""
    touched = np.unique(space)
    if not len(touched):
        return shapes
    _, coordinates, (rings, polygons) = shapely.to_ragged_array(shapes[touched])
    coordinates = coordinates[:, :2]
    ring = np.repeat(np.arange(len(rings) - 1), np.diff(rings))
    polygon = np.repeat(np.arange(len(touched)), np.diff(polygons))[ring]
    ids = identify(np.concatenate([coordinates, places]), np.concatenate([polygon, np.searchsorted(touched, space)]))
    closing = np.append(np.diff(ring) != 0, True)
    keep = ~np.isin(ids[: len(ring)], ids[len(ring) :]) & ~closing
    left = np.bincount(ring[keep], minlength=len(rings) - 1)
    poor = np.isin(np.arange(len(touched)), np.repeat(np.arange(len(touched)), np.diff(polygons))[left < 3])
    keep |= poor[polygon] & ~closing
    coordinates, ring = coordinates[keep], ring[keep]
    starts = np.searchsorted(ring, np.arange(len(rings) - 1))
    counts = np.bincount(ring, minlength=len(rings) - 1)
    stops = starts + counts
    coordinates = np.insert(coordinates, stops, coordinates[starts], axis=0)
    new = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, coordinates, (np.concatenate([[0], np.cumsum(counts + 1)]), polygons)
    )
    result = shapes.copy()
    result[touched] = np.where(poor, None, new)
    return result
