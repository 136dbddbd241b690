"""Rings that ways close round islands: round small ones the better side counts, round large ones there are two ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from toegankelijk.widths.forest import Forest, Links, climb
from toegankelijk.widths.triangles import Mesh

ROUND = 50.0
"""Metres round an island within which it is furniture, and its better side counts; round a larger one there are two ways. A
proposal: a kiosk or a row of planters is walked round without a thought, a block of houses is not."""


@dataclass(frozen=True)
class Loops:
    """Rings in a mesh: the half-edge that closes each, and its length in metres."""

    closing: np.ndarray
    length: np.ndarray


def find_rings(mesh: Mesh, links: Links, forest: Forest) -> Loops:
    """Rings that crossings close which are not in the forest."""
    half = links.half[~links.kept]
    start, end = (mesh.points[corner] for corner in mesh.ends(half))
    one, two = half // 3, mesh.twin[half] // 3
    length = np.zeros(len(half))
    for side in (one, two):
        length += np.hypot(*(forest.middle[side] - (start + end) / 2).T)

    def lengthen(ring: np.ndarray, triangle: np.ndarray) -> None:
        length[ring] += forest.step[triangle]

    climb(forest, one, two, lengthen)
    return Loops(half, length)


def part_rings(mesh: Mesh, forest: Forest, rings: Loops) -> tuple[Loops, np.ndarray]:
    """Rings round large islands, and the triangles on rings round small ones.

    What of a small ring lies on no way is the worse side of an island, and no dead end. Where furniture stands in the narrowest
    place of a large ring, one passes it on several sides: the widest closes the large ring, the others are worse sides.
    """
    on_small = np.zeros(len(forest.parent), bool)

    def mark(_: np.ndarray, triangle: np.ndarray) -> None:
        on_small[triangle], on_small[forest.parent[triangle]] = True, True

    large = rings.length > ROUND
    half, length = rings.closing[large], rings.length[large]
    small = rings.closing[~large]
    on_small[small // 3], on_small[mesh.twin[small] // 3] = True, True
    climb(forest, small // 3, mesh.twin[small] // 3, mark)
    worse, better, crosswise = _beside_each_other(mesh, forest, half)
    dropped = np.zeros(len(half), bool)
    for pair in range(len(worse)):  # wider ones first
        dropped[worse[pair]] |= not dropped[better[pair]]
    local = dropped[worse] & ~dropped[better]
    worse, better, crosswise = worse[local], better[local], crosswise[local]
    one, other = half // 3, mesh.twin[half] // 3
    climb(forest, one[worse], np.where(crosswise, other[better], one[better]), mark)
    climb(forest, other[worse], np.where(crosswise, one[better], other[better]), mark)
    return Loops(half[~dropped], length[~dropped]), on_small


def _beside_each_other(mesh: Mesh, forest: Forest, half: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of a crossing and a wider one with at most `ROUND` metres round what stands between, by the width of the wider.

    And whether the one side of the first lies towards the other side of the second.
    """
    start, end = (mesh.points[corner] for corner in mesh.ends(half))
    width = np.hypot(*(end - start).T)
    space = mesh.space[half // 3]
    places = shapely.points((start + end) / 2 + mesh.origins[space])
    first, second = shapely.STRtree(places).query(places, predicate="dwithin", distance=ROUND / 2)
    wider = (width[second] > width[first]) | ((width[second] == width[first]) & (second > first))
    kept = wider & (space[first] == space[second])
    first, second = first[kept], second[kept]
    one, other = half // 3, mesh.twin[half] // 3
    ways = []
    for towards in ((one, other), (other, one)):
        away = np.zeros(len(first))

        def lengthen(pair: np.ndarray, triangle: np.ndarray, away: np.ndarray = away) -> None:
            away[pair] += forest.step[triangle]

        climb(forest, one[first], towards[0][second], lengthen)
        climb(forest, other[first], towards[1][second], lengthen)
        ways.append(away)
    near = np.flatnonzero(np.minimum(*ways) <= ROUND)
    near = near[np.lexsort((first[near], second[near], -width[second[near]]))]
    return first[near], second[near], ways[1][near] < ways[0][near]
