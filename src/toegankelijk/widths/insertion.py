"""Places put into the walls of a mesh: triangles beside them are divided, and edges turned until the mesh is Delaunay again."""

from __future__ import annotations

import numpy as np

STRICT = 1e-12
"""Sine by which the angles opposite an edge must exceed half a turn before it is turned."""


class Triangles:
    """Triangles that grow and turn: corners, twins and gates as in `toegankelijk.widths.triangles.Mesh`."""

    def __init__(self, points: np.ndarray, corners: np.ndarray, twin: np.ndarray, gate: np.ndarray, space: np.ndarray) -> None:
        self.points, self.corners, self.twin, self.gate, self.space = points, corners.ravel().copy(), twin, gate, space
        self._moved = np.zeros(0, np.intp)

    def divide(self, walls: np.ndarray, places: np.ndarray) -> None:
        """Put places into walls.

        Parameters
        ----------
        walls
            Half-edge of each place; the places of one wall follow each other.
        places
            Coordinates, from the start of their wall to its end.
        """
        first = np.flatnonzero(np.diff(walls, prepend=-1) != 0)
        counts = np.diff(np.append(first, len(walls)))
        point = len(self.points) + first
        self.points = np.concatenate([self.points, places])
        at = walls[first]
        touched = []
        todo = np.arange(len(at))
        while len(todo):  # a triangle with several such walls takes one at a time
            chosen = todo[np.unique(at[todo] // 3, return_index=True)[1]]
            touched.append(self._fan(at, chosen, point[chosen], counts[chosen]))
            todo = np.setdiff1d(todo, chosen, assume_unique=True)
        self._turn(np.concatenate(touched) if touched else np.zeros(0, np.intp))

    def turn_all(self) -> None:
        """Turn edges until the whole mesh is Delaunay."""
        self._turn(np.arange(len(self.space)))

    def _fan(self, at: np.ndarray, chosen: np.ndarray, point: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Divide triangles from the corner opposite a wall; keeps ``at`` up to date, and returns the triangles."""
        half = at[chosen]
        triangle, side = half // 3, half % 3
        base = half - side
        after, before = base + (side + 1) % 3, base + (side + 2) % 3  # from the end of the wall to the apex, and on to its start
        apex, start, end = self.corners[half], self.corners[after], self.corners[before]
        twins, gates = (self.twin[after], self.twin[before]), (self.gate[after], self.gate[before])
        count = len(self.corners) // 3
        offset = np.cumsum(counts) - counts
        of = np.repeat(np.arange(len(chosen)), counts)
        number = np.arange(len(of)) - offset[of]
        fresh = count + np.arange(len(of))  # the triangle after each place
        last = fresh[offset + counts - 1]
        places = point[of] + number
        followers = np.where(number == counts[of] - 1, end[of], places + 1)
        corners = np.stack([apex[of], places, followers], axis=1)
        self.corners[base], self.corners[base + 1], self.corners[base + 2] = apex, start, point
        self.corners = np.concatenate([self.corners, corners.ravel()])
        self.space = np.concatenate([self.space, self.space[triangle[of]]])
        size = 3 * len(of)
        self.twin = np.concatenate([self.twin, np.full(size, -1)])
        self.gate = np.concatenate([self.gate, np.full(size, -1)])
        moved = np.full(len(self.twin), -1)
        moved[after], moved[before] = 3 * last + 1, base + 2
        walls = moved[at]
        at[:] = np.where((walls >= 0) & ~np.isin(np.arange(len(at)), chosen), walls, at)
        self.twin[base], self.gate[base] = -1, -1
        self._join(3 * last + 1, twins[0], gates[0], moved)
        self._join(base + 2, twins[1], gates[1], moved)
        previous = np.where(number == 0, triangle[of], fresh - 1)
        self.twin[3 * previous + 1], self.twin[3 * fresh + 2] = 3 * fresh + 2, 3 * previous + 1
        self.gate[3 * previous + 1] = -1
        return np.concatenate([triangle, fresh])

    def _join(self, half: np.ndarray, twin: np.ndarray, gate: np.ndarray, moved: np.ndarray) -> None:
        """Half-edges with their twins, which may have moved themselves."""
        inner = twin >= 0
        here, there = half[inner], twin[inner]
        there = np.where(moved[there] >= 0, moved[there], there)
        self.twin[half] = -1
        self.twin[here], self.twin[there] = there, here
        self.gate[half] = gate

    def _turn(self, triangles: np.ndarray) -> None:
        """Turn edges of some triangles, and those beside, as long as a circle round a triangle holds the corner beyond."""
        edges = (3 * triangles[:, None] + np.arange(3)).ravel()
        claim = np.full(len(self.corners) // 3, -1)
        self._moved = np.full(len(self.twin), -1)  # where half-edges go in one round; kept, for it is as long as the mesh
        while len(edges):
            edges = edges[self.twin[edges] >= 0]
            edges = np.unique(np.minimum(edges, self.twin[edges]))
            edges = edges[self._is_crossed(edges)]
            one, other = edges // 3, self.twin[edges] // 3
            claim[one], claim[other] = -1, -1
            np.maximum.at(claim, one, edges)
            np.maximum.at(claim, other, edges)
            free = (claim[one] == edges) & (claim[other] == edges)
            turned = edges[free]
            near = np.concatenate([one[free], other[free]])
            self._flip(turned)
            edges = np.concatenate([edges[~free], (3 * near[:, None] + np.arange(3)).ravel()])

    def _is_crossed(self, half: np.ndarray) -> np.ndarray:
        """Whether the angles that see an edge from both sides add up to more than half a turn."""
        base, side = half - half % 3, half % 3
        apex = self.points[self.corners[half]]
        start = self.points[self.corners[base + (side + 1) % 3]]
        end = self.points[self.corners[base + (side + 2) % 3]]
        beyond = self.points[self.corners[self.twin[half]]]
        a, b, c, d = start - apex, end - apex, end - beyond, start - beyond
        sine = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], c[:, 0] * d[:, 1] - c[:, 1] * d[:, 0]
        cosine = (a * b).sum(axis=1), (c * d).sum(axis=1)
        size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1) * (c**2).sum(axis=1) * (d**2).sum(axis=1))
        return np.asarray(sine[0] * cosine[1] + cosine[0] * sine[1] < -STRICT * size)

    def _flip(self, half: np.ndarray) -> None:
        """Turn edges, no two of which share a triangle."""
        twin = self.twin[half]
        one, other = half - half % 3, twin - twin % 3
        first = one + (half % 3 + 1) % 3, one + (half % 3 + 2) % 3  # c to a, a to b
        second = other + (twin % 3 + 1) % 3, other + (twin % 3 + 2) % 3  # b to d, d to c
        a, b, c, d = (self.corners[x] for x in (half, first[0], first[1], twin))
        outer = [self.twin[x] for x in (*first, *second)]
        gates = [self.gate[x] for x in (*first, *second)]
        places = (other + 1, one + 2, one, other)
        moved = self._moved
        for x, place in zip((*first, *second), places, strict=True):
            moved[x] = place
        for k, corner in enumerate((a, b, d)):
            self.corners[one + k] = corner
        for k, corner in enumerate((a, d, c)):
            self.corners[other + k] = corner
        for place, beyond, gate in zip(places, outer, gates, strict=True):
            self._join(place, beyond, gate, moved)
        self.twin[one + 1], self.twin[other + 2] = other + 2, one + 1
        self.gate[one + 1], self.gate[other + 2] = -1, -1
        for x in (*first, *second):
            moved[x] = -1
