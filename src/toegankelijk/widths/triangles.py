"""Triangles between walls: the mesh on which passable widths are measured.

A free space is cut by the constrained Delaunay triangulation of its corners and of *feet*: for a corner that faces a wall, the
place on that wall nearest to it. Every place where the way between two walls is narrowest is a gap whose round disc holds no
other wall. Such a gap joins two corners, or a corner and its foot; and a Delaunay triangulation holds all gaps of that kind
between its points. So with the feet in it, the lengths of its edges tell every pinch, to the accuracy of the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

from toegankelijk.widths.cuts import LARGEST, cut_spaces
from toegankelijk.widths.insertion import Triangles

WALL = -1
"""Twin of a half-edge that has no triangle on its other side."""

SAME = 1e-3
"""Metres from a corner within which no foot is set: that makes a gap of 10 cm at most 5 micrometres too wide."""

SPACING = 4.0
"""Longest piece of wall in metres between two points of a mesh, so that ways bend where the walls do. Widths
do not depend on it."""

FACING = 0.7
"""Part of the disc between a corner and its foot that the corners beside it must leave free; below 1 also walls that are not
parallel get feet, so that widths between them run straight from one to the next."""


@dataclass(frozen=True)
class Mesh:
    """Triangles of some spaces; half-edge ``3 t + k`` of triangle ``t`` lies opposite its corner ``k``.

    Parameters
    ----------
    points
        Places, shape (points, 2), relative to the origin of their space.
    corners
        Numbers of the three corners of each triangle, anticlockwise, shape (triangles, 3).
    twin
        The same edge seen from the other side, shape (3 triangles,); `WALL` at the border of the space.
    gate
        Number of the gate that each half-edge at the border is, shape (3 triangles,); -1 for others.
    space
        Number of the space of each triangle.
    origins
        Origin of each space in the coordinates it was given in, shape (spaces, 2).
    """

    points: np.ndarray
    corners: np.ndarray
    twin: np.ndarray
    gate: np.ndarray
    space: np.ndarray
    origins: np.ndarray

    @cached_property
    def border(self) -> tuple[np.ndarray, np.ndarray]:
        """Point before and point after each point of the border, with the space on the left; -1 for others."""
        begin, end = self.ends(np.flatnonzero(self.twin < 0))
        before, after = np.full(len(self.points), -1), np.full(len(self.points), -1)
        before[end], after[begin] = begin, end
        return before, after

    def ends(self, edge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Corners at the start and at the end of half-edges; their triangle lies on their left."""
        flat, base, side = self.corners.ravel(), edge - edge % 3, edge % 3
        return flat[base + (side + 1) % 3], flat[base + (side + 2) % 3]

    def placed(self, points: np.ndarray, space: np.ndarray) -> np.ndarray:
        """Places in the coordinates that the spaces were given in."""
        return np.asarray(points + self.origins[space])


@dataclass(frozen=True)
class _Rings:
    """Borders of polygons: coordinates, where each ring starts (and the last ends), and each polygon among the rings."""

    coordinates: np.ndarray
    rings: np.ndarray
    polygons: np.ndarray

    @property
    def space(self) -> np.ndarray:
        of_ring = np.repeat(np.arange(len(self.polygons) - 1), np.diff(self.polygons))
        return np.repeat(of_ring, np.diff(self.rings))

    def inserted(self, after: np.ndarray, places: np.ndarray) -> _Rings:
        """Rings with places put after some of the coordinates."""
        added = np.cumsum(np.bincount(after + 1, minlength=len(self.coordinates) + 1))
        coordinates = np.insert(self.coordinates, after + 1, places, axis=0)
        return _Rings(coordinates, self.rings + added[self.rings], self.polygons)


def triangulate(spaces: np.ndarray, gates: np.ndarray | None = None, gate_space: np.ndarray | None = None) -> Mesh:
    """Mesh of free spaces with all feet in it.

    Parameters
    ----------
    spaces
        Valid polygons in metres, each in one piece.
    gates
        Edges of the spaces that are no walls, as coordinates of both ends, shape (gates, 2, 2).
    gate_space
        Number of the space of each gate.

    Examples
    --------
    >>> mesh = triangulate(np.array([shapely.Polygon([(0, 0), (10, 0), (10, 2), (6, 2), (5, 1), (4, 2), (0, 2)])]))
    >>> [5.0, 0.0] in mesh.points.tolist()
    True
    """
    gates = np.zeros((0, 2, 2)) if gates is None else gates
    gate_space = np.zeros(0, np.intp) if gate_space is None else gate_space
    origins = np.floor(shapely.bounds(spaces)[:, :2]) if len(spaces) else np.zeros((0, 2))
    _, coordinates, (rings, polygons) = shapely.to_ragged_array(spaces)
    borders = _Rings(coordinates[:, :2], rings.astype(np.intp), polygons.astype(np.intp))
    borders = _Rings(borders.coordinates - origins[borders.space], borders.rings, borders.polygons)
    gates = gates - origins[gate_space][:, None]
    borders = borders.inserted(*_divide_long(borders, gates, gate_space))
    mesh = _mesh(borders, gates, gate_space, origins)
    triangles = Triangles(mesh.points, mesh.corners, mesh.twin, mesh.gate, mesh.space)
    if shapely.get_num_coordinates(spaces).max(initial=0) > LARGEST:
        triangles.turn_all()  # beside the cuts
        mesh = _current(triangles, origins)
    triangles.divide(*_find_feet(mesh))
    return _in_order(_current(triangles, origins), np.argsort(triangles.space, kind="stable"))


def facing_walls(mesh: Mesh, entering: np.ndarray, leaving: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Between what one passes in triangles that are entered over one edge and left over another.

    Returns
    -------
    tuple
        The corner that both edges share; the place nearest to it on the third edge if that is a wall, else its nearer corner;
        and whether it is a wall.
    """
    base = leaving - leaving % 3
    third = base + (3 - leaving % 3 - entering % 3)
    corner = mesh.points[mesh.corners.ravel()[third]]
    start, end = (mesh.points[place] for place in mesh.ends(third))
    solid = (mesh.twin[third] == WALL) & (mesh.gate[third] < 0)
    return corner, _nearest(corner, start, end, solid), solid


def _nearest(place: np.ndarray, start: np.ndarray, end: np.ndarray, solid: np.ndarray) -> np.ndarray:
    """Place on a wall between two corners that lies nearest; where there is no wall, the nearer of the corners."""
    step = end - start
    share = np.clip(((place - start) * step).sum(axis=1) / (step**2).sum(axis=1), 0.0, 1.0)
    share = np.where(solid, share, np.hypot(*(place - end).T) < np.hypot(*(place - start).T))
    return np.asarray(start + step * share[:, None])


def _divide_long(borders: _Rings, gates: np.ndarray, gate_space: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places that divide long walls evenly: the coordinate of the borders that each comes after, and the place, in order."""
    step = borders.coordinates[1:] - borders.coordinates[:-1]
    pieces = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) / SPACING).astype(np.intp), 1)
    pieces[borders.rings[1:-1] - 1] = 1  # from one ring to the next there is no wall
    if len(gates):
        ids = identify(
            np.concatenate([borders.coordinates, gates.reshape(-1, 2)]), np.concatenate([borders.space, np.repeat(gate_space, 2)])
        )
        on_border, of_gate = ids[: len(borders.coordinates)], ids[len(borders.coordinates) :].reshape(-1, 2)
        pieces[_find_gates(on_border[:-1], on_border[1:], of_gate, int(ids.max()) + 1) >= 0] = 1
    after = np.repeat(np.arange(len(pieces)), pieces - 1)
    first = np.cumsum(pieces - 1) - (pieces - 1)
    share = (np.arange(len(after)) - first[after] + 1) / pieces[after]
    return after, borders.coordinates[after] + step[after] * share[:, None]


def _mesh(borders: _Rings, gates: np.ndarray, gate_space: np.ndarray, origins: np.ndarray) -> Mesh:
    """Delaunay triangles between the borders."""
    shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, borders.coordinates, (borders.rings, borders.polygons))
    shapes, owner = cut_spaces(shapes, gates, gate_space)
    found = shapely.constrained_delaunay_triangles(shapes)
    places = shapely.get_coordinates(found).reshape(-1, 4, 2)[:, :3]
    space = np.repeat(owner, shapely.get_num_geometries(found))
    a, b, c = places[:, 0], places[:, 1], places[:, 2]
    turned = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    places[turned] = places[turned][:, ::-1]
    every = np.concatenate([places.reshape(-1, 2), gates.reshape(-1, 2)])
    ids = identify(every, np.concatenate([np.repeat(space, 3), np.repeat(gate_space, 2)]))
    of_corner, of_gate = np.split(ids, [len(ids) - 2 * len(gates)])
    points = np.empty((ids.max(initial=-1) + 1, 2))
    points[ids] = every
    corners = of_corner.reshape(-1, 3)
    start, end = corners[:, [1, 2, 0]].ravel(), corners[:, [2, 0, 1]].ravel()
    twin = _twins(start, end, len(points))
    gate = np.full(len(twin), -1)
    if len(gates):
        border = np.flatnonzero(twin == WALL)
        gate[border] = _find_gates(start[border], end[border], of_gate.reshape(-1, 2), len(points))
    return Mesh(points, corners, twin, gate, space, origins)


def identify(places: np.ndarray, space: np.ndarray) -> np.ndarray:
    """The same number for the same place of the same space."""
    bits = np.ascontiguousarray(places + 0.0).view(np.uint64)  # minus zero is zero
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ (bits[:, 1] + space.astype(np.uint64)) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(32)
    mixed = mixed * np.uint64(0xD6E8FEB86659FD93) ^ space.astype(np.uint64)
    ids, values = pd.factorize(mixed)
    first = np.empty(len(values), np.intp)
    first[ids[::-1]] = np.arange(len(ids))[::-1]
    if (places[first[ids]] != places).any() or (space[first[ids]] != space).any():  # two places by chance share a number
        return np.unique(np.column_stack([space, places]), axis=0, return_inverse=True)[1].ravel()
    return np.asarray(ids)


def _twins(start: np.ndarray, end: np.ndarray, points: int) -> np.ndarray:
    """The half-edge that runs the other way between the same points, `WALL` where there is none."""
    key = np.minimum(start, end).astype(np.int64) * points + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    pair = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    twin = np.full(len(key), WALL)
    twin[order[pair]], twin[order[pair + 1]] = order[pair + 1], order[pair]
    return twin


def _find_gates(start: np.ndarray, end: np.ndarray, gates: np.ndarray, points: int) -> np.ndarray:
    """Number of the gate between the same points, -1 for an edge that is none."""
    key, wanted = (
        np.minimum(one, other).astype(np.int64) * points + np.maximum(one, other) for one, other in (gates.T, (start, end))
    )
    order = np.argsort(key, kind="stable")
    place = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    return np.where(key[order[place]] == wanted, order[place], -1)


def _find_feet(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Feet of corners on the walls they face: the half-edge of the wall and the place of each, in order along the wall."""
    wall, at = _look_inward(mesh)
    order = np.lexsort((at, wall))
    wall, at = wall[order], at[order]
    kept = (np.diff(wall, prepend=-1) != 0) | (np.diff(at, prepend=-np.inf) > SAME)
    wall, at = wall[kept], at[kept]
    start, end = (mesh.points[corner] for corner in mesh.ends(wall))
    step = end - start
    return wall, start + step * (at / np.hypot(step[:, 0], step[:, 1]))[:, None]


def _current(triangles: Triangles, origins: np.ndarray) -> Mesh:
    """Mesh of triangles as they are now."""
    corners = triangles.corners.reshape(-1, 3).copy()
    return Mesh(triangles.points, corners, triangles.twin.copy(), triangles.gate.copy(), triangles.space, origins)


def _in_order(mesh: Mesh, order: np.ndarray) -> Mesh:
    """The same mesh with its triangles in another order."""
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    twin = mesh.twin.reshape(-1, 3)[order]
    twin = np.where(twin == WALL, WALL, 3 * place[twin // 3] + twin % 3)
    gate = mesh.gate.reshape(-1, 3)[order]
    return Mesh(mesh.points, mesh.corners[order], twin.ravel(), gate.ravel(), mesh.space[order], mesh.origins)


def _look_inward(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Walls, as half-edges, and metres from their start at which a corner has its foot.

    From each wall one looks inward, square to it, from triangle to triangle. The first corner met has a foot there, and divides
    the wall into what lies left and right of it, from where one looks on. One stops at a wall, and where no disc that touches
    the wall could reach farther without holding a corner that was passed.
    """
    points, corners, twin = mesh.points, mesh.corners.ravel(), mesh.twin
    walls = np.flatnonzero((twin == WALL) & (mesh.gate < 0))
    start, end = mesh.ends(walls)
    base, along = points[start], points[end] - points[start]
    length = np.hypot(along[:, 0], along[:, 1])
    along = along / length[:, None]
    zero = np.zeros(len(walls))
    wall, half, low, high, most = np.arange(len(walls)), walls, zero, length, zero + np.inf
    left, right = (zero, zero), (length, zero)  # the corners between which one looks, along the wall and off it
    found: list[tuple[np.ndarray, np.ndarray]] = []
    while len(wall):
        apex, away = half - half % 3, half % 3
        x, y = (points[corners[half]] - base[wall]).T
        at = x * along[wall, 0] + y * along[wall, 1]
        off = y * along[wall, 0] - x * along[wall, 1]
        free = np.minimum(np.minimum(_reach(left, at), _reach(right, at)), most)
        hit = (at > low + SAME) & (at < high - SAME) & (off * FACING <= free)
        found.append((walls[wall[hit]], at[hit]))
        sides = (
            (apex + (away + 2) % 3, left, (at, off), low, np.where(at < high, at, high)),
            (apex + (away + 1) % 3, (at, off), right, np.where(at > low, at, low), high),
        )
        parts = [_beyond(wall, twin[gate], one, other, lowest, highest, most) for gate, one, other, lowest, highest in sides]
        wall, half, low, high, most, *ends = (np.concatenate(pair) for pair in zip(*parts, strict=True))
        left, right = (ends[0], ends[1]), (ends[2], ends[3])
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def _beyond(
    wall: np.ndarray,
    half: np.ndarray,
    left: tuple[np.ndarray, np.ndarray],
    right: tuple[np.ndarray, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    most: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """What is worth looking at beyond an edge of a triangle."""
    most = np.minimum(most, np.minimum(_reach(left, high), _reach(right, low)))
    kept = np.flatnonzero((half != WALL) & (high - low > 2 * SAME) & (np.minimum(left[1], right[1]) * FACING <= most))
    return tuple(column[kept] for column in (wall, half, low, high, most, *left, *right))


def _reach(corner: tuple[np.ndarray, np.ndarray], at: np.ndarray) -> np.ndarray:
    """Diameter of the disc that touches the wall at a place and has the corner on its edge; endless for a corner at the wall."""
    along, off = corner
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = ((at - along) ** 2 + off**2) / off
    return np.where(off > SAME, reach, np.inf)
