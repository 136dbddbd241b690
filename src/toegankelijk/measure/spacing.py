"""Spacing of rest places along the walking network, and the way from a care anchor to the first of them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import is_complete, worst_accuracy
from toegankelijk.measure.walking import Goals, Layers, Numbers, Spacing, Ways, bound_distances, spacing_from
from toegankelijk.network.graph import Network
from toegankelijk.network.locating import locate
from toegankelijk.network.walks import Walk, farthest_between
from toegankelijk.zones import representative_points

STEP = 2.0
"""Distance in metres between the places at which a route is laid over the network."""

ASTRAY = 3.0
"""Distance in metres from the network up to which a place of a route lies on it."""

COVERED = 0.95
"""Share of a route that must lie on the network, before its rest places are spaced; a proposal."""


def rest_gap(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Twice the largest distance in metres over the walking network from any point of a footway to its nearest rest place.

    With rest places a and b metres from the ends of a piece of L metres, its farthest point lies ``(a + b + L) / 2`` from one; a
    rest place beside a piece cuts it. Rest places are those of that kind, and stops with a bench, as far as they lie within 50 m
    of the network; the straight line from there to the way counts. An anchor is none, as nothing says that it offers all a seat.

    People walk past barriers here: a kerb on the way to a bench is judged as a kerb, and a bench is no remedy for it. So
    pavements that are drawn as polygons are walked along as if nothing stood there.

    It is known where rest places, footways and crossings are complete. Where only rest places are, more ways may be shorter: the
    straight line to the nearest is a lower bound, and the way over the network an upper one. So it is where no way leads to a
    rest place, as people get everywhere by some way, and of rest places more than 10 m from any way. Where rest places are
    missing, there is only an upper bound. What only the inventory knows may be gone: it only lowers the lower bound.
    """
    footways, network = layers["footway"], ways.network
    own = (network.edges["kind"] == "footway").to_numpy()
    edge = np.flatnonzero(own)
    row = footways.index.get_indexer(pd.Index(network.edges["object_id"].to_numpy()[edge]))
    edge, row = edge[row >= 0], row[row >= 0]

    def gaps(walk: Walk) -> Numbers:
        return _greatest(len(footways), row, 2 * farthest_between(walk, edge, np.zeros(len(edge)), network.length[edge]))

    return bound_distances(layers, network, footways, Spacing(gaps, np.isin(np.arange(len(footways)), row), 2.0), _seats(layers))


def route_rest_gap(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Twice the largest distance in metres over the walking network from any point of a route to its nearest rest place.

    As that of a footway. The route is laid over the network every 2 m; where more than 5 % of it lies 3 m or more from any way,
    only the straight line tells.
    """
    routes, network = layers["route"], ways.network
    parts = _laid_over(network, routes)
    row, edge, start, stop = (parts[name].to_numpy() for name in ("route", "edge", "start", "stop"))
    covered = parts.attrs["covered"]

    def gaps(walk: Walk) -> Numbers:
        return _greatest(len(routes), row, 2 * farthest_between(walk, edge, start, stop))

    return bound_distances(layers, network, routes, Spacing(gaps, covered, 2.0), _seats(layers))


def first_rest_distance(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Distance in metres over the walking network from a care anchor to the nearest rest place.

    Rest places and bounds are as those of `rest_gap`. The straight lines from the door to the way and from there to the seat
    count. Of an anchor that is drawn as an area, the door may be anywhere on its outline.
    """
    anchors = layers["anchor"]
    return bound_distances(layers, ways.network, anchors, spacing_from(ways.network, anchors), _seats(layers))


def _seats(layers: Layers) -> Goals:
    """Places to sit, and whether each is surely there.

    A complete layer of rest places holds those at stops too. So a stop of which nobody says whether it has a bench adds none.
    """
    points, sure = [np.array([], dtype=object)], [np.zeros(0, bool)]
    for kind in ("rest_place", "stop"):
        layer = layers.get(kind)
        if layer is None or layer.empty:
            continue
        holds = schema.is_marked(layer, "bench").to_numpy() if kind == "stop" else np.ones(len(layer), bool)
        points.append(representative_points(layer.geometry.to_numpy()[holds]))
        sure.append(~schema.texts(layer, "delivered").eq(False).to_numpy()[holds])
    slack = worst_accuracy(layers, "rest_place", "stop")
    return Goals(np.concatenate(points), np.concatenate(sure), is_complete(layers, "rest_place"), slack)


def _greatest(count: int, row: np.ndarray, metres: Numbers) -> Numbers:
    """Greatest figure of each object; infinite of one without any."""
    result = np.full(count, -np.inf)
    np.maximum.at(result, row, metres)
    return np.where(np.isneginf(result), np.inf, result)


def _laid_over(network: Network, routes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Parts of edges that each route runs over: ``route``, ``edge``, ``start`` and ``stop`` in metres along the edge.

    The attribute ``covered`` of the table says of which routes nearly all lies on the network.
    """
    lines, owner = shapely.get_parts(routes.geometry.to_numpy(), return_index=True)
    count = np.ceil(shapely.length(lines) / STEP).astype(np.intp) + 1
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    share = number / np.maximum(count - 1, 1)[line]
    found = locate(network, shapely.line_interpolate_point(lines[line], share, normalized=True), reach=ASTRAY)
    edge, along = found["edge"].to_numpy(), found["along"].to_numpy(dtype=float)
    on = edge >= 0
    covered = np.zeros(len(routes))
    np.add.at(covered, owner[line], on)
    covered /= np.maximum(np.bincount(owner[line], minlength=len(routes)), 1)
    length = np.zeros(len(edge))
    length[on] = network.length[edge[on]]
    end = np.where(along > length / 2, length, 0.0)
    moved = (line[1:] == line[:-1]) & (edge[1:] != edge[:-1])  # there the route leaves an edge by its nearer end
    leaves = np.concatenate([np.flatnonzero(moved), np.flatnonzero(moved) + 1])
    table = pd.DataFrame(
        {
            "route": np.concatenate([owner[line], owner[line][leaves]]),
            "edge": np.concatenate([edge, edge[leaves]]),
            "along": np.concatenate([along, end[leaves]]),
        }
    )
    parts = table[table["edge"] >= 0].groupby(["route", "edge"])["along"].agg(start="min", stop="max").reset_index()
    parts.attrs["covered"] = covered >= COVERED
    return parts
