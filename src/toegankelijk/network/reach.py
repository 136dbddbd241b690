"""What people reach on foot: ways from each origin to the nearest destination of each purpose, for everyone and for a profile.

For a profile the length of a way lies between two bounds: that over all edges that may be passable, and that over those that
surely are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from toegankelijk.network.distances import at_places, nearest, nearest_others, ways
from toegankelijk.network.graph import Network
from toegankelijk.network.passable import Passability
from toegankelijk.network.places import Places

REACH_COLUMNS = (
    *("origin", "purpose", "distance", "distance_best", "distance_worst", "reached_surely", "reached_possibly"),
    *("detour_low", "detour_high", "weight"),
)
"""Columns of what is reached; distances and detours are in metres, ``weight`` is residents times the weight of the purpose."""

SUM_COLUMNS = (
    *("area", "purpose", "residents", "unplaced", "within", "reached_low", "reached_high", "share", "share_low", "share_high"),
    *("detour_low", "detour_high"),
)
"""Columns of sums per area and purpose."""

Numbers = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


def find_reach(network: Network, passability: Passability, places: Places) -> pd.DataFrame:
    """Ways from each origin to the nearest destination of each purpose.

    A way counts from door to door, so with the distances of both ends to the network. Of an origin that does not lie on the
    network nothing is known: it may be at the door, or out of reach. An object that is origin and destination does not count for
    itself. An origin on an edge that cannot be passed does not get away over that edge.

    Parameters
    ----------
    network
        The network that `toegankelijk.network.places.find_places` gave.
    passability
        What a kind of user can pass on it.
    places
        Origins and destinations.

    Returns
    -------
    DataFrame
        One row per origin and purpose that has a destination; columns `REACH_COLUMNS`. ``distance`` is the way of everyone,
        ``distance_best`` and ``distance_worst`` bound that of the profile; infinite where there is none. A purpose is reached if
        its way is not longer than its ``within``. Detours are what the way of the profile is longer than that of everyone.
    """
    masks = (np.ones(len(network), dtype=bool), passability.possibly, passability.surely)
    graphs = [ways(network, mask) for mask in masks]
    tables = []
    for name, purpose in places.purposes.items():
        serving = places.destinations[places.destinations["purpose"] == name]
        if serving.empty:
            continue
        everyone, best, worst = (
            _distances(network, mask, graph, places.origins, serving) for mask, graph in zip(masks, graphs, strict=True)
        )
        unplaced = (places.origins["edge"] < 0).to_numpy()
        everyone, best = np.where(unplaced, np.nan, everyone), np.where(unplaced, 0.0, best)
        with np.errstate(invalid="ignore"):  # infinite less infinite: no detour of a way that nobody has
            low, high = best - everyone, worst - everyone
        table = {
            "origin": places.origins.index,
            "purpose": name,
            "distance": everyone,
            "distance_best": best,
            "distance_worst": worst,
            "reached_surely": worst <= purpose.within,
            "reached_possibly": best <= purpose.within,
            "detour_low": low,
            "detour_high": high,
            "weight": places.origins["residents"].to_numpy() * purpose.weight,
            "place": np.arange(len(places.origins)),
        }
        tables.append(pd.DataFrame(table))
    if not tables:
        return pd.DataFrame(columns=list(REACH_COLUMNS))
    rows = pd.concat(tables, ignore_index=True).sort_values("place", kind="stable", ignore_index=True)
    return rows[list(REACH_COLUMNS)]


def sum_reach(reach: pd.DataFrame, places: Places, areas: pd.Series, *, people: str = "residents") -> pd.DataFrame:
    """How many people of each area reach each purpose.

    Parameters
    ----------
    reach
        What `find_reach` gave.
    places
        The places that it was found for.
    areas
        Origin to area; an origin may be there several times, and one that is not there counts in no area.
    people
        Column of the origins that is counted: ``residents``, ``residents_60plus`` or ``residents_80plus``.

    Returns
    -------
    DataFrame
        Columns `SUM_COLUMNS`, sorted by area and purpose. ``unplaced`` people do not live on the network; ``within`` has everyone
        for whom the purpose is near enough if nothing is a barrier, and ``share`` is that of ``residents``. Of ``reached`` and
        ``share`` there are bounds. ``detour_low`` and ``detour_high`` are medians in metres over the people within.
    """
    rows = reach.merge(pd.DataFrame({"origin": areas.index, "area": areas.to_numpy()}).dropna(), on="origin")
    own = places.origins[people].reindex(rows["origin"]).fillna(0.0).to_numpy()
    limit = rows["purpose"].map({name: purpose.within for name, purpose in places.purposes.items()}).astype(float)
    rows["residents"] = own
    rows["unplaced"] = np.where(rows["distance"].isna(), own, 0.0)
    rows["within"] = np.where(rows["distance"] <= limit, own, 0.0)
    rows["reached_low"] = np.where(rows["reached_surely"], own, 0.0)
    rows["reached_high"] = np.where(rows["reached_possibly"], own, 0.0)
    keys = ["area", "purpose"]
    sums = rows.groupby(keys)[["residents", "unplaced", "within", "reached_low", "reached_high"]].sum()
    for share, part in (("share", "within"), ("share_low", "reached_low"), ("share_high", "reached_high")):
        sums[share] = sums[part] / sums["residents"].where(sums["residents"] > 0)
    for name in ("detour_low", "detour_high"):
        sums[name] = _medians(rows, name).reindex(sums.index)
    return sums.reset_index()[list(SUM_COLUMNS)]


def _medians(rows: pd.DataFrame, name: str) -> pd.Series:
    """Median of a column per area and purpose, over the people within."""
    near = rows[rows["within"] > 0].sort_values(["area", "purpose", name], kind="stable")
    groups = near.groupby(["area", "purpose"])["within"]
    half = near[groups.cumsum() >= groups.transform("sum") / 2]
    return pd.Series(half.groupby(["area", "purpose"])[name].first())


def _distances(network: Network, mask: Booleans, graph: csr_array, origins: pd.DataFrame, serving: pd.DataFrame) -> Numbers:
    """Metres from each origin to the nearest destination, over the edges of a mask."""
    placed = serving[serving["node"] >= 0]
    node, start = placed["node"].to_numpy(dtype=np.intp), placed["off"].to_numpy(dtype=float)
    reached = nearest(graph, node, start=start)
    edge, along = origins["edge"].to_numpy(dtype=np.intp), origins["along"].to_numpy(dtype=float)
    found = at_places(network, mask, reached, edge, along) + origins["off"].fillna(0.0).to_numpy()
    twice = _also_served(origins, placed)
    if twice:
        others = nearest_others(graph, node, start=start)
        found[list(twice)] = others[list(twice.values())]
    return np.asarray(found)


def _also_served(origins: pd.DataFrame, placed: pd.DataFrame) -> Mapping[int, int]:
    """Origins that are destinations too: number of the origin to that of the destination."""
    columns = ["kind", "object_id"]
    own = origins[columns].assign(origin=np.arange(len(origins)))
    other = placed[columns].assign(destination=np.arange(len(placed)))
    both = own.merge(other, on=columns)
    return dict(zip(both["origin"].tolist(), both["destination"].tolist(), strict=True))
