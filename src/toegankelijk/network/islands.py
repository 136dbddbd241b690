"""Parts of a walking network that a kind of user cannot get into or out of, and what closes them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import connected_components

from toegankelijk.network.distances import ways
from toegankelijk.network.graph import Network
from toegankelijk.network.passable import Passability
from toegankelijk.network.places import PEOPLE, Places
from toegankelijk.norm.kernel import FAILS

LEAST = 50.0
"""Metres of way below which an island without any origin is left out, such as a crossing between two high kerbs; a proposal."""

ISLAND_COLUMNS = ("surely", *PEOPLE, "addresses", "length", "barriers", "geometry")
"""Columns of islands: whether they are cut off even if all that is unknown is passable; people and addresses there; metres of
way; the objects at its edge that close it (``kind:object_id``, separated by ``|``); and the ways."""


def find_islands(network: Network, passability: Passability, places: Places) -> gpd.GeoDataFrame:
    """Parts of the network that are cut off from the rest by what a kind of user cannot pass.

    The rest is the longest part of what belongs together for everyone. So ways that lead nowhere, for anybody, are no island. An
    island that is cut off only if what is unknown is closed lies within one part that is not, or within its rest.

    Parameters
    ----------
    network
        The walking network.
    passability
        What a kind of user can pass on it.
    places
        Origins, to count the people who live there.

    Returns
    -------
    GeoDataFrame
        One row per island; columns `ISLAND_COLUMNS`. Sure ones first, then by residents and length.
    """
    _, together = connected_components(ways(network, np.ones(len(network), dtype=bool)), directed=False)
    failing = passability.barriers[passability.barriers["outcome"] == FAILS]
    surely = _islands(network, places, passability.possibly, together, failing)
    _, together = connected_components(ways(network, passability.possibly), directed=False)
    perhaps = _islands(network, places, passability.surely, together, passability.barriers)
    table = pd.concat([surely.assign(surely=True), perhaps.assign(surely=False)], ignore_index=True)
    table["west"] = shapely.bounds(table["geometry"].to_numpy(dtype=object))[:, 0]
    order = ["surely", "residents", "addresses", "length", "barriers", "west"]
    table = table.sort_values(order, ascending=[False, False, False, False, True, True], ignore_index=True)
    return gpd.GeoDataFrame(table[list(ISLAND_COLUMNS)], geometry="geometry", crs=network.crs)


def _islands(
    network: Network, places: Places, is_open: npt.NDArray[np.bool_], together: npt.NDArray[np.int32], barriers: pd.DataFrame
) -> pd.DataFrame:
    """Components of the open edges, without the longest of each part that belongs together."""
    count, part = connected_components(ways(network, is_open), directed=False)
    tail, head = part[network.tail], part[network.head]
    length = np.bincount(tail[is_open], weights=network.length[is_open], minlength=count)
    within = np.zeros(count, dtype=np.intp)
    within[part] = together
    first = np.lexsort((_corners(network, part, count), -length, within))
    main = np.zeros(count, dtype=bool)
    main[first[np.diff(within[first], prepend=-1) != 0]] = True
    people = _people(network, places, is_open, part, count)
    chosen = np.flatnonzero(~main & ((people["addresses"].to_numpy() > 0) | (length >= LEAST)))
    table = people.iloc[chosen].assign(length=length[chosen])
    table["barriers"] = _closing(tail, head, barriers, is_open, within).reindex(chosen).fillna("").to_numpy(dtype=object)
    edges = np.flatnonzero(is_open & np.isin(tail, chosen) & (network.length > 0))
    edges = edges[np.argsort(tail[edges], kind="stable")]
    shapes = shapely.multilinestrings(network.shapes[edges], indices=np.searchsorted(chosen, tail[edges]))
    table["geometry"] = pd.Series(shapes, index=table.index[: len(shapes)], dtype=object)
    return table


def _corners(network: Network, part: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.intp]:
    """Rank of each component by its westernmost node, so that of two as long always the same one is the rest."""
    order = np.lexsort((network.nodes[:, 1], network.nodes[:, 0]))
    rank = np.full(count, len(order), dtype=np.intp)
    np.minimum.at(rank, part[order], np.arange(len(order)))
    return rank


def _people(
    network: Network, places: Places, is_open: npt.NDArray[np.bool_], part: npt.NDArray[np.int32], count: int
) -> pd.DataFrame:
    """People and origins per component; who lives on a closed edge lives in none."""
    edge = places.origins["edge"].to_numpy(dtype=np.intp)
    inside = edge >= 0
    inside[inside] = is_open[edge[inside]]
    own = part[network.tail[edge[inside]]]
    counts = {
        name: np.bincount(own, weights=places.origins.loc[inside, name].fillna(0.0), minlength=count).astype(float)
        for name in PEOPLE
    }
    lived = (places.origins["kind"] != "anchor").to_numpy()[inside]
    return pd.DataFrame({**counts, "addresses": np.bincount(own[lived], minlength=count)})


def _closing(
    tail: npt.NDArray[np.int32],
    head: npt.NDArray[np.int32],
    barriers: pd.DataFrame,
    is_open: npt.NDArray[np.bool_],
    within: npt.NDArray[np.intp],
) -> pd.Series:
    """Per component the objects on closed edges that lead out of it into what belongs together with it."""
    border = np.flatnonzero(~is_open & (tail != head) & (within[tail] == within[head]))
    ends = pd.DataFrame({"edge": np.tile(border, 2), "part": np.concatenate([tail[border], head[border]])})
    rows = ends.merge(barriers[["edge", "kind", "object_id"]], on="edge")
    rows["name"] = rows["kind"] + ":" + rows["object_id"].astype(str)
    rows = rows[["part", "name"]].drop_duplicates().sort_values(["part", "name"])
    return rows.groupby("part")["name"].agg("|".join)
