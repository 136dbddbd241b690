"""Pieces of pavement that touch or overlap, as one: digitising gaps of up to a centimetre between them are closed.

A gap that stays open reads as a slit into the pavement, and a slit as a pinch. Coordinates that differ by a rounding are made
equal; a wider gap is filled between the very edges that face each other, so that nothing is moved elsewhere.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from toegankelijk.widths.rings import (
    Rings,
    directions,
    facing,
    gaps,
    lengths,
    places_at,
    rebuilt,
    rings_of,
    share_along,
    snapped,
)

GAP = 0.01 + 1e-6
"""Widest gap in metres between two pieces that counts as a slip of the pen: a centimetre, as far as coordinates can tell."""

ROUNDING = 0.001
"""Metres within which two corners, or a corner and an edge, of different pieces are meant to be in one place."""

SAME = 1e-6
"""Metres within which corners of different pieces are one already: what is left of coordinates after a calculation."""

FACING = np.cos(np.radians(6.0))
"""Edges face each other if they run opposite within 6 degrees. A notch between two pieces that is more blunt stays a notch."""


def dissolve(pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Connected polygons that pieces make together.

    Pieces that touch in a single point stay apart: nobody passes there. Gaps and overlaps of up to `GAP` between two pieces are
    closed. This moves an edge by at most `ROUNDING`, but for the gap itself, and within a piece it closes nothing.

    Parameters
    ----------
    pieces
        Valid polygons, in metres.

    Returns
    -------
    tuple
        The polygons; for each the number of its group of pieces; and for each piece the number of its group.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 5, 2), shapely.box(5.006, 0, 9, 2), shapely.box(20, 0, 21, 1)])
    >>> shapes, group, of_piece = dissolve(halves)
    >>> shapely.area(shapes).round(6).tolist(), group.tolist(), of_piece.tolist()
    ([18.0, 1.0], [0, 1], [0, 0, 1])
    """
    first, second = _pairs(pieces)
    groups, group = connected_components(
        coo_array((np.ones(len(first)), (first, second)), shape=(len(pieces),) * 2), directed=False
    )
    alone = np.bincount(group, minlength=groups)[group] == 1
    joined, owner = _mended(pieces[~alone], group[~alone])
    order = np.argsort(owner, kind="stable")
    numbers, place = np.unique(owner[order], return_inverse=True)
    whole = np.array([], dtype=object)
    if len(numbers):
        together = shapely.multipolygons(joined[order], indices=place)
        whole = shapely.union_all(together[:, None], axis=1)
    parts, of = shapely.get_parts(whole, return_index=True)
    parts = _without_slits(parts)
    shapes, label = np.concatenate([pieces[alone], parts]), np.concatenate([group[alone], numbers[of]]).astype(np.intp)
    order = np.argsort(label, kind="stable")
    return shapes[order], label[order], group


def _pairs(pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of pieces that lie within `GAP` of each other."""
    first, second = shapely.STRtree(pieces).query(pieces, predicate="dwithin", distance=GAP)
    return first[first < second], second[first < second]


def _mended(pieces: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same pieces with equal corners along their seams, and patches for what gapes; with the group of each."""
    if not len(pieces):
        return pieces, group
    corners = _merged(rings_of(pieces))
    first, second = _neighbours(corners)
    rounded = _rounded(corners, first, second)
    patches, of, faced = _patches(corners, first, second)
    mended, piece = rebuilt(corners, *(np.concatenate(parts) for parts in zip(rounded, faced, strict=True)))
    broken = ~shapely.is_valid(mended)
    mended[broken] = shapely.make_valid(mended[broken], method="structure", keep_collapsed=False)
    mended, number = shapely.get_parts(mended, return_index=True)
    return np.concatenate([mended, patches]), np.concatenate([group[piece[number]], group[of]])


def _merged(corners: Rings) -> Rings:
    """Corners of different pieces that are meant to be one, in the place of the first of them."""
    pairs = cKDTree(corners.xy).query_pairs(ROUNDING, output_type="ndarray")
    pairs = pairs[corners.polygon[pairs[:, 0]] != corners.polygon[pairs[:, 1]]]
    away = np.hypot(*(corners.xy[pairs[:, 0]] - corners.xy[pairs[:, 1]]).T)
    table = pd.DataFrame({"one": pairs.ravel(), "piece": corners.polygon[pairs[:, ::-1]].ravel(), "away": np.repeat(away, 2)})
    nearest = (table["away"] <= table.groupby(["one", "piece"])["away"].transform("min")).to_numpy().reshape(-1, 2)
    count = len(corners.xy)
    settled = np.isin(np.arange(count), pairs[away <= SAME])  # a cut that ends beside a corner or another cut moves nothing
    pairs = pairs[nearest.all(axis=1) & ((away <= SAME) | ~settled[pairs].all(axis=1))]
    _, cluster = connected_components(coo_array((np.ones(len(pairs)), pairs.T), shape=(count, count)), directed=False)
    first = np.unique(cluster, return_index=True)[1]
    return Rings(corners.xy[first[cluster]], corners.ring, corners.polygon, corners.polygon_of_ring, corners.following)


def _neighbours(corners: Rings) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of edges of two pieces that lie within `GAP` of each other, both ways round."""
    lines = shapely.linestrings(corners.edges())
    boxes = shapely.box(*corners.boxes(GAP).T)
    one, two = shapely.STRtree(boxes).query(boxes)
    low, high = np.split(corners.boxes(GAP), 2, axis=1)
    common = shapely.box(*np.maximum(low[one], low[two])[one < two].T, *np.minimum(high[one], high[two])[one < two].T)
    near = np.unique(shapely.STRtree(common).query(lines)[0])  # only edges where the boxes of two pieces meet
    first, second = near[shapely.STRtree(lines[near]).query(lines[near], predicate="dwithin", distance=GAP)]
    other = corners.polygon[first] != corners.polygon[second]
    return first[other], second[other]


def _rounded(corners: Rings, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners to insert in edges of other pieces on which they lie but for a rounding: edge, share along it, place.

    A corner that is near an edge is the start of an edge that is near that edge.
    """
    edges, places = corners.edges()[second], corners.xy[first]
    share = share_along(edges, places)
    away = np.hypot(*(places - places_at(edges, share[:, None])[:, 0]).T)
    inside = np.flatnonzero((share > 0) & (share < 1) & (away <= ROUNDING) & (places[:, None] != edges).any(axis=2).all(axis=1))
    # A corner that the other piece has too lies where it should, even if another edge of that piece comes close.
    there = pd.DataFrame({"x": corners.xy[:, 0], "y": corners.xy[:, 1], "piece": corners.polygon}).drop_duplicates()
    wanted = pd.DataFrame({"x": places[inside, 0], "y": places[inside, 1], "piece": corners.polygon[second[inside]]})
    inside = inside[wanted.merge(there, how="left", indicator=True)["_merge"].eq("left_only").to_numpy()]
    return second[inside], share[inside], places[inside]


def _patches(
    corners: Rings, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Quadrilaterals between edges of two pieces that face each other over a gap: they, a piece of each, and corners to insert.

    Inside is left of every edge. So a facing edge runs the other way, and lies to the right.
    """
    edges = corners.edges()
    keep = corners.polygon[first] < corners.polygon[second]
    first, second = first[keep], second[keep]
    keep = (directions(edges[first]) * directions(edges[second])).sum(axis=1) < -FACING
    first, second = first[keep], second[keep]
    one, two = edges[first], edges[second]
    ends = facing(one, two, 0.0, GAP)
    keep = ((ends[:, 1] - ends[:, 0]) * lengths(one) > ROUNDING) & (gaps(one, two, ends).max(axis=1) > 1e-9)
    first, second, one, two = first[keep], second[keep], one[keep], two[keep]
    ends = snapped(one, ends[keep], ROUNDING)
    near = places_at(one, ends)
    reached = snapped(two, share_along(two[:, None], near), ROUNDING)
    far = places_at(two, reached)
    closed = (np.hypot(*np.moveaxis(near - far, 2, 0)) <= ROUNDING)[:, :, None]  # `_rounded` puts a corner there
    corner = ((ends == 0) | (ends == 1))[:, :, None]
    near, far = np.where(closed & ~corner, far, near), np.where(closed & corner, near, far)
    quads = shapely.polygons(np.concatenate([near, far[:, ::-1]], axis=1)) if len(first) else np.array([], dtype=object)
    sound = shapely.is_valid(quads)
    insert = (
        np.concatenate([np.repeat(first, 2), np.repeat(second, 2)]),
        np.concatenate([ends.ravel(), reached.ravel()]),
        np.concatenate([near.reshape(-1, 2), far.reshape(-1, 2)]),
    )
    return quads[sound], corners.polygon[first[sound]], insert


def _without_slits(shapes: np.ndarray) -> np.ndarray:
    """Polygons without holes that are nowhere wider than `GAP`: what is left of a gap that is closed at both ends."""
    rings, of = shapely.get_rings(shapes, return_index=True)
    inner = np.append(False, of[1:] == of[:-1])[: len(of)]
    hole = shapely.polygons(rings)
    thin = inner & (2 * shapely.area(hole) <= GAP * shapely.length(rings))
    thin[thin] = shapely.is_empty(shapely.buffer(hole[thin], -GAP / 2 - 1e-6, join_style="mitre"))
    touched = np.unique(of[thin])
    if not len(touched):
        return shapes
    keep = ~thin & np.isin(of, touched)
    result = shapes.copy()
    result[touched] = shapely.polygons(rings[keep], indices=np.searchsorted(touched, of[keep]))
    return result
