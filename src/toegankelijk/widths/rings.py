"""Corners and edges of the rings of many polygons in flat arrays, and polygons of them with places inserted in their edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True)
class Rings:
    """Corners of all rings of polygons; what is inside a polygon lies to the left of each of its edges.

    Parameters
    ----------
    xy
        Corners, shape (corners, 2); an edge goes from each to the one that follows.
    ring
        Ring of each corner.
    polygon
        Polygon of each corner.
    polygon_of_ring
        Polygon of each ring; the first ring of a polygon is its outer one.
    following
        Next corner on the same ring; the first one follows the last one.
    """

    xy: np.ndarray
    ring: np.ndarray
    polygon: np.ndarray
    polygon_of_ring: np.ndarray
    following: np.ndarray

    def edges(self) -> np.ndarray:
        """Start and end of each edge, shape (corners, 2, 2)."""
        return np.stack([self.xy, self.xy[self.following]], axis=1)

    def boxes(self, margin: float) -> np.ndarray:
        """Left, bottom, right and top of every polygon, with a margin round it."""
        box = np.full((self.polygon_of_ring[-1] + 1, 4), np.inf)
        np.minimum.at(box, self.polygon, np.hstack([self.xy, -self.xy]))
        return np.asarray(box * [1, 1, -1, -1] + [-margin, -margin, margin, margin])


def rings_of(polygons: np.ndarray) -> Rings:
    """Corners of the rings of polygons."""
    rings, polygon_of_ring = shapely.get_rings(shapely.orient_polygons(polygons), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.append(ring[1:] != ring[:-1], True)[: len(ring)]
    xy, ring = xy[~last], ring[~last]
    start = np.flatnonzero(np.append(True, ring[1:] != ring[:-1])[: len(ring)])
    following = np.arange(1, len(ring) + 1)
    following[np.append(start[1:], len(ring))[: len(start)] - 1] = start
    return Rings(xy, ring, polygon_of_ring[ring], polygon_of_ring, following)


def rebuilt(rings: Rings, edge: np.ndarray, share: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polygons with places inserted in their edges, without doubled corners, and the polygon that each was.

    A ring that has less than three corners left is left out, and so is a polygon that loses its outer ring.

    Parameters
    ----------
    rings
        Corners of polygons.
    edge, share, places
        Edges in which places are inserted, where along each edge (between 0 and 1), and the coordinates of the places.
    """
    count = len(rings.xy)
    order = np.lexsort([np.concatenate([np.zeros(count), share]), np.concatenate([np.arange(count), edge])])
    xy = np.concatenate([rings.xy, places])[order]
    ring = np.concatenate([rings.ring, rings.ring[edge]])[order]
    start = np.flatnonzero(np.append(True, ring[1:] != ring[:-1])[: len(ring)])
    after = np.roll(xy, -1, axis=0)  # of doubled corners the last one stays, so that a ring starts where it did
    after[np.append(start[1:], len(xy))[: len(start)] - 1] = xy[start]
    keep = (xy != after).any(axis=1)
    xy, ring = xy[keep], ring[keep]
    enough = np.bincount(ring, minlength=len(rings.polygon_of_ring)) >= 3
    outer = np.append(True, rings.polygon_of_ring[1:] != rings.polygon_of_ring[:-1])[: len(enough)]
    gone = np.isin(rings.polygon_of_ring, rings.polygon_of_ring[outer & ~enough])
    good = (enough & ~gone)[ring]
    numbers, place = np.unique(ring[good], return_inverse=True)
    polygons, of = np.unique(rings.polygon_of_ring[numbers], return_inverse=True)
    if not len(polygons):
        return np.array([], dtype=object), polygons
    return shapely.polygons(shapely.linearrings(xy[good], indices=place), indices=of), polygons


def share_along(edges: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Where the foot of a place on an edge lies, as a share of the edge: 0 at its start and 1 at its end.

    Examples
    --------
    >>> share_along(np.array([[0.0, 0.0], [4.0, 0.0]]), np.array([1.0, 7.0])).item()
    0.25
    """
    step = edges[..., 1, :] - edges[..., 0, :]
    square = np.maximum((step**2).sum(axis=-1), np.finfo(float).tiny)
    return np.asarray(((places - edges[..., 0, :]) * step).sum(axis=-1) / square)


def places_at(edges: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Places on edges, exactly their ends at 0 and 1; shares of shape (edges, places) give shape (edges, places, 2)."""
    start, end, share = edges[:, :1], edges[:, 1:], share[:, :, None]
    return np.where(share <= 0, start, np.where(share >= 1, end, start + share * (end - start)))


def snapped(edges: np.ndarray, share: np.ndarray, distance: float) -> np.ndarray:
    """Shares along edges, at the very end of an edge where they come within a distance of it."""
    little = distance / np.maximum(lengths(edges), np.finfo(float).tiny)[:, None]
    return np.where(share <= little, 0.0, np.where(share >= 1 - little, 1.0, share))


def lengths(edges: np.ndarray) -> np.ndarray:
    """Length of each edge."""
    return np.asarray(np.hypot(*(edges[:, 1] - edges[:, 0]).T))


def directions(edges: np.ndarray) -> np.ndarray:
    """Direction of each edge, a vector of length one."""
    return np.asarray((edges[:, 1] - edges[:, 0]) / np.maximum(lengths(edges), np.finfo(float).tiny)[:, None])


def gaps(one: np.ndarray, two: np.ndarray, share: np.ndarray) -> np.ndarray:
    """How far the second edge lies to the right of two places on the first, in metres; the edges run opposite ways.

    Examples
    --------
    >>> path, kerb = np.array([[[0.0, 0.0], [0.0, 4.0]]]), np.array([[[0.5, 4.0], [0.1, 0.0]]])
    >>> gaps(path, kerb, np.array([[0.0, 1.0]])).round(9).tolist()
    [[0.1, 0.5]]
    """
    along = directions(one)
    right = np.stack([along[:, 1], -along[:, 0]], axis=1)
    step, offset = two[:, 0] - two[:, 1], two[:, 1] - one[:, 0]
    places = share * lengths(one)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):  # across each other they do not face
        reached = (places - (offset * along).sum(axis=1)[:, None]) / (step * along).sum(axis=1)[:, None]
        return np.asarray((offset * right).sum(axis=1)[:, None] + reached * (step * right).sum(axis=1)[:, None])


def facing(one: np.ndarray, two: np.ndarray, least: float, most: float) -> np.ndarray:
    """Shares of the first edge between which the second lies right of it, from ``least`` to ``most`` metres away.

    Where it never does, the first share is the larger one.
    """
    ends = np.clip(share_along(one[:, None], two[:, ::-1]), 0, 1)  # of the second edge, in the direction of the first
    gap = gaps(one, two, ends)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (gap[:, 1] - gap[:, 0]) / (ends[:, 1] - ends[:, 0])
        limits = ends[:, :1] + (np.array([[least, most]]) - gap[:, :1]) / slope[:, None]
    within = ((gap >= least) & (gap <= most)).all(axis=1, keepdims=True)
    limits = np.where(np.isfinite(limits).all(axis=1, keepdims=True), np.sort(limits, axis=1), np.where(within, (-1, 2), (2, -1)))
    return np.stack([np.maximum(ends[:, 0], limits[:, 0]), np.minimum(ends[:, 1], limits[:, 1])], axis=1)
