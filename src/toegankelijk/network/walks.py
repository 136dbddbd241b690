"""Walking distances from the nearest of some places beside a network, everywhere on it: on nodes, and inside edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk.network.distances import Booleans, Numbers, distances
from toegankelijk.network.graph import Network
from toegankelijk.network.lines import cut_lines


@dataclass(frozen=True)
class Walk:
    """Walking distances from the nearest of some places, everywhere on a network.

    Parameters
    ----------
    network
        Where people walk.
    open
        Edges that they can take, shape (edges,).
    sources
        The places: columns ``edge``, ``along`` and ``off`` (metres from the place to the way), sorted.
    at
        Distance in metres of each node; infinite where none of the places is reached.
    """

    network: Network
    open: Booleans
    sources: pd.DataFrame
    at: Numbers

    def to(self, edge: npt.NDArray[np.intp], along: Numbers) -> Numbers:
        """Distance in metres of places on edges, given in metres along them; infinite on edges that are closed."""
        network = self.network
        tail, head, length = network.tail[edge], network.head[edge], network.length[edge]
        found = np.minimum(self.at[tail] + along, self.at[head] + length - along)
        beside = np.flatnonzero(np.isin(edge, self.sources["edge"].to_numpy()))
        own = self.sources[self.sources["edge"].isin(edge[beside])]
        table = pd.DataFrame(
            {
                "edge": np.concatenate([edge[beside], own["edge"]]),
                "along": np.concatenate([along[beside], own["along"]]),
                "metres": np.concatenate([found[beside], own["off"]]),
            }
        ).sort_values(["edge", "along"])
        on = table["edge"]
        onward = (table["metres"] - table["along"]).groupby(on).cummin() + table["along"]
        backward = (table["metres"] + table["along"])[::-1].groupby(on[::-1]).cummin() - table["along"]
        found[beside] = np.minimum(onward, backward).sort_index().to_numpy()[: len(beside)]
        return np.where(self.open[edge], found, np.inf)


def walk_from(network: Network, places: pd.DataFrame, open_: Booleans, *, limit: float = np.inf) -> Walk:
    """Walking distances from the nearest of some places.

    Parameters
    ----------
    places
        Columns ``edge``, ``along`` and ``off``, as `toegankelijk.network.locating.locate` gives them; those beside no edge, or
        beside one that is closed, are left out.
    open_
        Edges that can be taken.
    limit
        Distance in metres beyond which nothing is looked for.
    """
    sources = places[["edge", "along", "off"]]
    sources = sources[sources["edge"] >= 0]
    sources = sources[open_[sources["edge"]]].sort_values(["edge", "along", "off"])
    edge, along, off = (sources[name].to_numpy() for name in ("edge", "along", "off"))
    node = np.concatenate([network.tail[edge], network.head[edge]])
    start = np.concatenate([off + along, off + network.length[edge] - along])
    first = pd.Series(start).groupby(node).min()
    nodes = first.index.to_numpy(dtype=np.intp)
    at = distances(network, open_, nodes, start=first.to_numpy(dtype=float), limit=limit)
    return Walk(network, open_, sources.reset_index(drop=True), at)


def farthest_between(walk: Walk, edge: npt.NDArray[np.intp], start: Numbers, stop: Numbers) -> Numbers:
    """Greatest walking distance in metres of any place on parts of edges.

    Between two places that lie g metres apart on an edge, at distances a and b, it is ``(a + b + g) / 2``.

    Parameters
    ----------
    edge
        Edge of each part.
    start, stop
        Where the part begins and ends, in metres along its edge.
    """
    on = walk.sources["edge"].to_numpy()
    first, last = np.searchsorted(on, edge, side="left"), np.searchsorted(on, edge, side="right")
    part = np.repeat(np.arange(len(edge)), last - first)
    source = np.arange(len(part)) - np.repeat(np.cumsum(last - first) - (last - first), last - first) + first[part]
    along = walk.sources["along"].to_numpy()[source]
    inside = (along > start[part]) & (along < stop[part])
    number = np.concatenate([np.arange(len(edge)), part[inside], np.arange(len(edge))])
    along = np.concatenate([start, along[inside], stop])
    order = np.lexsort((along, number))
    number, along = number[order], along[order]
    metres = walk.to(edge[number], along)
    same = number[1:] == number[:-1]
    gap, near, far = (np.diff(along), metres[:-1], metres[1:])
    most = np.minimum((near + far + gap) / 2, np.minimum(near, far) + gap)
    result = np.zeros(len(edge))
    np.maximum.at(result, number[1:][same], most[same])
    return result


def walked_parts(walk: Walk, metres: float) -> npt.NDArray[np.object_]:
    """Lines of the parts of edges from which one of the places is within so many metres."""
    network, sources = walk.network, walk.sources
    lines = np.flatnonzero(walk.open & (network.length > 0) & (shapely.get_dimensions(network.shapes) == 1))
    number = np.full(len(network), -1)
    number[lines] = np.arange(len(lines))
    drawn = np.zeros(len(network))
    drawn[lines] = shapely.length(network.shapes[lines]) / network.length[lines]  # of a line that is not as long as told
    on = sources["edge"].to_numpy()
    reach = metres - sources["off"].to_numpy()
    edge = np.concatenate([lines, lines, on, on])
    along = np.concatenate(
        [
            metres - walk.at[network.tail[lines]],
            network.length[lines] - metres + walk.at[network.head[lines]],
            sources["along"].to_numpy() - reach,
            sources["along"].to_numpy() + reach,
        ]
    )
    inside = (along > 0) & (along < network.length[edge]) & (number[edge] >= 0)
    edge, along = edge[inside], along[inside]
    pieces, owner, start = cut_lines(network.shapes[lines], number[edge], along * drawn[edge])
    of = lines[owner]
    middle = (start + shapely.length(pieces) / 2) / drawn[of]
    return np.asarray(pieces[walk.to(of, middle) <= metres], dtype=object)
