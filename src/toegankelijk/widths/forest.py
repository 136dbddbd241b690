"""The widest ways through a mesh: its maximum spanning forest, by the length of the edges that are crossed.

Between two triangles the path in the forest is a widest one. An edge that is not in it closes a ring, and is the narrowest on
it: the way on the other side of whatever stands inside the ring is at least as wide.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from toegankelijk.widths.triangles import WALL, Mesh


@dataclass(frozen=True)
class Forest:
    """Rooted trees of triangles, one for each part of the mesh that hangs together.

    Parameters
    ----------
    parent
        Triangle towards the root, the root itself at the root, shape (triangles,).
    order
        Triangles from the roots outward; a parent comes before its children.
    levels
        Where each distance from the root, in triangles, starts in the order, and the last ends.
    across
        Half-edge of each triangle that its parent lies across; -1 at a root.
    length
        Metres of that edge; endless at a root.
    middle
        Middle of that edge, shape (triangles, 2); at a root the middle of the triangle.
    step
        Metres from there to the middle of the parent.
    """

    parent: np.ndarray
    order: np.ndarray
    levels: np.ndarray
    across: np.ndarray
    length: np.ndarray
    middle: np.ndarray
    step: np.ndarray

    @cached_property
    def depth(self) -> np.ndarray:
        """Triangles between each triangle and its root."""
        depth = np.empty(len(self.parent), np.intp)
        depth[self.order] = np.repeat(np.arange(len(self.levels) - 1), np.diff(self.levels))
        return depth

    @cached_property
    def away(self) -> np.ndarray:
        """Metres along the way from the root to each triangle."""
        total = np.zeros(len(self.parent))
        for first, last in zip(self.levels[1:-1], self.levels[2:], strict=True):
            level = self.order[first:last]
            total[level] = total[self.parent[level]] + self.step[level]
        return total


@dataclass(frozen=True)
class Links:
    """Crossings between triangles: the half-edges, one of each pair, and their length in metres; ``kept`` are in the forest."""

    half: np.ndarray
    length: np.ndarray
    kept: np.ndarray
    tree: sparse.csr_array


def link(mesh: Mesh) -> Links:
    """Crossings of a mesh, and which of them the widest ways take."""
    half = np.flatnonzero(mesh.twin > np.arange(len(mesh.twin)))
    start, end = mesh.ends(half)
    length = np.hypot(*(mesh.points[end] - mesh.points[start]).T)
    count = len(mesh.corners)
    here, there = half // 3, mesh.twin[half] // 3
    places = (here.astype(np.int32), there.astype(np.int32))  # scipy's graphs take no longer numbers
    graph = sparse.csr_array((-length, places), shape=(count, count))
    tree = sparse.csr_array(csgraph.minimum_spanning_tree(graph))
    rows = np.repeat(np.arange(count), np.diff(tree.indptr))
    key = np.sort(rows.astype(np.int64) * count + tree.indices)
    own = here.astype(np.int64) * count + there
    place = np.minimum(np.searchsorted(key, own), max(len(key) - 1, 0))
    return Links(half, length, key[place] == own if len(key) else np.zeros(len(own), bool), tree)


def root(mesh: Mesh, links: Links, roots: np.ndarray) -> Forest:
    """Forest with these roots, one for each part."""
    count = len(mesh.corners)
    rows = np.repeat(np.arange(count), np.diff(links.tree.indptr))
    ones = np.ones(len(rows) + len(roots))
    ends = np.concatenate([links.tree.indices, roots])
    starts = np.concatenate([rows, np.full(len(roots), count)])  # one more node, over all roots
    graph = sparse.csr_array((ones, (starts.astype(np.int32), ends.astype(np.int32))), shape=(count + 1, count + 1))
    order, parent = csgraph.breadth_first_order(graph + graph.T, count, directed=True)
    order, parent = order[1:].astype(np.intp), parent[:-1].astype(np.intp)
    at_root = parent == count
    parent = np.where(at_root, np.arange(count), parent)
    position = np.empty(count, np.intp)
    position[order] = np.arange(count)
    above = np.maximum.accumulate(position[parent[order]]).tolist()  # parents come in the order of their children
    levels, last = [0], len(roots)
    while last < count:
        levels.append(last)
        last = bisect_left(above, last, lo=last)  # the first whose parent lies in this level
    levels.append(count)
    sides = mesh.twin.reshape(-1, 3)
    towards = (np.where(sides >= 0, sides // 3, -1) == parent[:, None]).argmax(axis=1)
    across = np.where(at_root, WALL, 3 * np.arange(count) + towards)
    start, end = (mesh.points[corner] for corner in mesh.ends(np.maximum(across, 0)))
    length, middle = np.hypot(*(end - start).T), (start + end) / 2
    tops = np.flatnonzero(at_root)
    length[tops], middle[tops] = np.inf, mesh.points[mesh.corners[tops]].mean(axis=1)
    step = np.hypot(*(middle - middle[parent]).T)
    return Forest(parent, order, np.array(levels), across, length, middle, step)


def climb(forest: Forest, first: np.ndarray, second: np.ndarray, visit: Callable[[np.ndarray, np.ndarray], None]) -> None:
    """Walk the paths between pairs of triangles of one tree, from both ends to where they meet.

    ``visit`` is given the numbers of pairs and, for each, a triangle whose edge to its parent lies on the path.
    """
    one, other = first.copy(), second.copy()
    apart = np.flatnonzero(one != other)
    while len(apart):
        deeper = forest.depth[one[apart]] >= forest.depth[other[apart]]
        triangle = np.where(deeper, one[apart], other[apart])
        visit(apart, triangle)
        one[apart[deeper]] = forest.parent[triangle[deeper]]
        other[apart[~deeper]] = forest.parent[triangle[~deeper]]
        apart = apart[one[apart] != other[apart]]
