"""Borders of spaces as lengths: where other surfaces lie against them, and stretches of border as lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from toegankelijk.widths.rings import Rings, directions, facing, lengths, places_at, rebuilt, rings_of, share_along, snapped

CONTACT = 0.05
"""Metres from a border within which another surface lies against it; contacts that are no farther apart are one."""

BESIDE = 0.01
"""How far outside a border is looked, in metres, for what lies there."""

ALONG = 0.7
"""Cosine of the largest angle between borders that lie against each other: 45 degrees."""

SNAP = 0.001
"""Metres from a corner within which a place on the border is that corner."""

STRETCHES = ("owner", "ring", "low", "high", "drawn")
"""Columns of stretches: what makes it, on which ring, from where to where in metres, and whether its width was given."""


@dataclass(frozen=True)
class Borders:
    """Borders of spaces, measured in metres along all their rings, one ring after the other.

    Parameters
    ----------
    rings
        Corners of the spaces.
    edges
        Start and end of each edge.
    lines, tree
        The edges as lines, and an index of them.
    at
        Metres at each corner, and at the end of the last edge.
    first
        First corner of each ring, and last the number of corners.
    """

    rings: Rings
    edges: np.ndarray
    lines: np.ndarray
    tree: shapely.STRtree
    at: np.ndarray
    first: np.ndarray

    def ring_ends(self, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Metres at which rings start and end."""
        return self.at[self.first[ring]], self.at[self.first[ring + 1]]

    def metres(self, edge: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Metres at places that are shares along edges."""
        return np.asarray(self.at[edge] + share * (self.at[edge + 1] - self.at[edge]))

    def edge_at(self, metres: np.ndarray, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Edge of a ring at so many metres, and the share along it."""
        edge = np.searchsorted(self.at, metres, side="right") - 1
        edge = np.clip(edge, self.first[ring], self.first[ring + 1] - 1)
        span = np.maximum(self.at[edge + 1] - self.at[edge], np.finfo(float).tiny)
        return edge, np.clip((metres - self.at[edge]) / span, 0, 1)

    def beside(self, edge: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Points just outside the border, at shares along edges."""
        along = directions(self.edges[edge])
        place = places_at(self.edges[edge], share[:, None])[:, 0]
        return np.asarray(shapely.points(place + BESIDE * np.stack([along[:, 1], -along[:, 0]], axis=1)))


def borders_of(spaces: np.ndarray) -> Borders:
    """Borders of spaces."""
    rings = rings_of(spaces)
    edges = rings.edges()
    first = np.flatnonzero(np.append(True, rings.ring[1:] != rings.ring[:-1]))
    at = np.concatenate([[0.0], np.cumsum(lengths(edges))])
    lines = shapely.linestrings(edges)
    return Borders(rings, edges, lines, shapely.STRtree(lines), at, np.append(first, len(edges)))


def contacts(borders: Borders, polygons: np.ndarray, owner: np.ndarray, *, distance: float) -> pd.DataFrame:
    """Stretches of border against which polygons lie from outside: within a distance of them, or over them.

    Parameters
    ----------
    borders
        Borders of spaces.
    polygons, owner
        Valid polygons, and a number for each.
    distance
        In metres. A border within it and along that of a polygon is in contact as far as the two face each other.

    Returns
    -------
    DataFrame
        Columns `STRETCHES`.
    """
    which, edge = borders.tree.query(polygons, predicate="intersects")
    inside, pair = shapely.get_parts(shapely.intersection(borders.lines[edge], polygons[which]), return_index=True)
    real = shapely.length(inside) > 0
    which, edge = which[pair[real]], edge[pair[real]]
    ends = np.stack([shapely.get_coordinates(shapely.get_point(inside[real], number)) for number in (0, -1)], axis=1)
    share = np.sort(share_along(borders.edges[edge][:, None], ends), axis=1)
    outside = shapely.intersects(polygons[which], borders.beside(edge, share.mean(axis=1)))
    over = _stretches(borders, owner[which[outside]], edge[outside], share[outside])

    other = rings_of(polygons)
    lines = other.edges()
    segment, edge = borders.tree.query(shapely.linestrings(lines), predicate="dwithin", distance=distance)
    opposite = (directions(borders.edges[edge]) * directions(lines[segment])).sum(axis=1) < -ALONG
    segment, edge = segment[opposite], edge[opposite]
    faced = facing(borders.edges[edge], lines[segment], -distance, distance)
    return pd.concat([over, _stretches(borders, owner[other.polygon[segment]], edge, faced)], ignore_index=True)


def runs_along(borders: Borders, lines: np.ndarray, owner: np.ndarray) -> pd.DataFrame:
    """Stretches of border along which lines run, within `CONTACT`, whichever way; columns `STRETCHES`."""
    places, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    steps, line = np.stack([places[:-1], places[1:]], axis=1)[same], line[1:][same]
    step, edge = borders.tree.query(shapely.linestrings(steps), predicate="dwithin", distance=CONTACT)
    turn = (directions(borders.edges[edge]) * directions(steps[step])).sum(axis=1)
    step, edge, turn = step[np.abs(turn) > ALONG], edge[np.abs(turn) > ALONG], turn[np.abs(turn) > ALONG]
    opposite = np.where(turn[:, None, None] > 0, steps[step][:, ::-1], steps[step])
    return _stretches(borders, owner[line[step]], edge, facing(borders.edges[edge], opposite, -CONTACT, CONTACT))


def round_places(borders: Borders, owner: np.ndarray, edge: np.ndarray, share: np.ndarray, width: np.ndarray) -> pd.DataFrame:
    """Stretches of border of a width round places on edges, at most the whole ring; columns `STRETCHES`, ``drawn`` is true."""
    ring = borders.rings.ring[edge]
    start, end = borders.ring_ends(ring)
    half = np.minimum(width, end - start) / 2
    low, high = borders.metres(edge, share) - half, borders.metres(edge, share) + half
    table = pd.DataFrame({"owner": np.tile(owner, 3), "ring": np.tile(ring, 3)})
    table["low"] = np.concatenate([np.maximum(low, start), low + end - start, start])  # what runs over an end of the ring goes on
    table["high"] = np.concatenate([np.minimum(high, end), end, high - end + start])  # at its other end
    table["drawn"] = True
    return table[table["high"] > table["low"]].reset_index(drop=True)


def merged(borders: Borders, stretches: pd.DataFrame, *, apart: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """Stretches that touch or overlap, as one; across the place where the ring starts, too.

    Parameters
    ----------
    borders
        Borders of spaces.
    stretches
        Columns `STRETCHES`.
    apart
        Whether stretches of different owners stay apart.

    Returns
    -------
    tuple
        Table with ``ring``, its ``start`` and ``end``, ``low``, ``high`` (beyond the end of the ring where the stretch goes on at
        its start) and ``drawn``; and for each given stretch the row that it went into.
    """
    ring, key = stretches["ring"].to_numpy(), stretches["owner"].to_numpy() * int(apart)
    low, high = stretches["low"].to_numpy(), stretches["high"].to_numpy()
    order = np.lexsort([low, ring, key])
    table = pd.DataFrame({"key": key, "ring": ring, "low": low, "high": high, "drawn": stretches["drawn"].to_numpy(bool)})
    table = table.iloc[order].reset_index(drop=True)
    same = table.groupby(["key", "ring"], sort=False)
    reached = same["high"].cummax().groupby([table["key"], table["ring"]], sort=False).shift()
    number = np.cumsum((reached.isna() | (table["low"] > reached + CONTACT)).to_numpy()) - 1
    table = table.groupby(number).agg({"key": "first", "ring": "first", "low": "min", "high": "max", "drawn": "any"})
    start, end = borders.ring_ends(table["ring"].to_numpy())
    first = np.append(True, (table[["key", "ring"]].to_numpy()[1:] != table[["key", "ring"]].to_numpy()[:-1]).any(axis=1))[
        : len(table)
    ]
    head = np.flatnonzero(first)
    tail = np.append(head[1:], len(table))[: len(head)] - 1
    over = (head != tail) & (table["low"].to_numpy()[head] <= (start + CONTACT)[head])
    over &= table["high"].to_numpy()[tail] >= (end - CONTACT)[tail]
    head, tail = head[over], tail[over]
    table.loc[tail, "high"] = table["high"].to_numpy()[head] + (end - start)[head]
    table.loc[tail, "drawn"] |= table["drawn"].to_numpy()[head]
    goes = np.arange(len(table))
    goes[head] = tail
    table["start"], table["end"] = start, end
    keep = goes == np.arange(len(table))
    renumbered = np.cumsum(keep) - 1
    result = np.empty(len(stretches), np.intp)
    result[order] = renumbered[goes[number]]
    return table[keep].reset_index(drop=True), result


def with_corners(borders: Borders, stretches: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Spaces with the ends of stretches as corners, and the stretches as lines along them.

    Parameters
    ----------
    borders
        Borders of the spaces.
    stretches
        Columns ``low``, ``high`` and ``ring``, as `merged` gives them. One that is as long as its ring is the ring.
    """
    ring = stretches["ring"].to_numpy(np.intp)
    start, end = borders.ring_ends(ring)
    low, high = stretches["low"].to_numpy(), stretches["high"].to_numpy()
    high = np.where(high > end, high - (end - start), high)
    edge, share = borders.edge_at(np.concatenate([low, high]), np.tile(ring, 2))
    share = snapped(borders.edges[edge], share[:, None], SNAP)
    spaces, _ = rebuilt(borders.rings, edge, share[:, 0], places_at(borders.edges[edge], share)[:, 0])
    if not len(stretches):
        return spaces, np.array([], dtype=object)
    after = borders_of(spaces)
    first, count = after.first[ring], np.diff(after.first)[ring]
    along = np.tile(after.at[first] - start, 2) + borders.metres(edge, share[:, 0])
    one, two = np.split((np.searchsorted(after.at, along - SNAP / 10) - np.tile(first, 2)) % np.tile(count, 2), 2)
    steps = (two - one) % count
    steps = np.where(steps == 0, count, steps) + 1  # from a corner to itself: the whole ring
    stretch = np.repeat(np.arange(len(ring)), steps)
    step = np.arange(len(stretch)) - np.repeat(np.cumsum(steps) - steps, steps)
    corner = first[stretch] + (one[stretch] + step) % count[stretch]
    return spaces, shapely.linestrings(after.rings.xy[corner], indices=stretch)


def _stretches(borders: Borders, owner: np.ndarray, edge: np.ndarray, share: np.ndarray) -> pd.DataFrame:
    """Stretches between two shares along edges, but those without a length."""
    share = np.clip(share, 0, 1)
    table = {"owner": owner, "ring": borders.rings.ring[edge], "low": borders.metres(edge, share[:, 0])}
    result = pd.DataFrame({**table, "high": borders.metres(edge, share[:, 1]), "drawn": False})
    return result[result["high"] - result["low"] > SNAP / 10].reset_index(drop=True)
