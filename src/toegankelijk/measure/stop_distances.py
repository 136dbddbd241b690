"""How far it is from a care anchor to an accessible stop."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np

from toegankelijk import schema
from toegankelijk.measure import fill
from toegankelijk.measure.walking import Booleans, Goals, bound_distances, spacing_from
from toegankelijk.network.building import build_network
from toegankelijk.network.graph import Network
from toegankelijk.norm import Norm
from toegankelijk.norm.together import judge_together
from toegankelijk.zones import find_membership, representative_points


def measure_stop_distances(city: schema.City, norm: Norm, *, network: Network | None = None) -> schema.City:
    """Measure how far each care anchor is from the nearest accessible stop, over the walking network.

    A stop is accessible if it meets all core criteria for stops at the level of the area where it lies. One that surely does
    gives the upper bound, one that possibly does the lower one; a stop in no area may or may not, unless it meets what level A
    asks, or fails what level C does. The straight lines from the anchor to the way, and from there to the stop, count.

    Where stops are not complete there is no lower bound; where footways or crossings are not, or where no way leads to a stop,
    the straight line is. Barriers on the way are judged where they stand.

    Parameters
    ----------
    city
        A city as measured (see `toegankelijk.measure.measure_layers`).
    norm
        The criteria.
    network
        The walking network of the city, if it was built before.

    Returns
    -------
    City
        The same city with ``stop_distance`` in its layer ``anchor``; what the city gives itself is kept.
    """
    anchors, stops = city.layers.get("anchor"), city.layers.get("stop")
    rules = [rule for rule in norm.rules.values() if rule.kind == "stop" and rule.core]
    if anchors is None or anchors.empty or stops is None or stops.empty or not rules:
        return city
    layers = {**city.context, **city.layers}
    network = build_network(layers) if network is None else network
    sure, possible = _accessible(city, stops, norm)
    points = representative_points(stops.geometry.to_numpy()[possible])
    slack = float(schema.accuracy(stops).max(initial=0.0))
    goals = Goals(points, sure[possible], schema.is_complete(stops), slack)
    found = bound_distances(layers, network, anchors, spacing_from(network, anchors), goals)
    found = found.mask(schema.texts(anchors, "delivered").eq(False))  # it was there once
    return replace(city, layers={**city.layers, "anchor": fill(anchors, "stop_distance", found)})


def _accessible(city: schema.City, stops: gpd.GeoDataFrame, norm: Norm) -> tuple[Booleans, Booleans]:
    """Stops that surely and that possibly are accessible, at the levels of all areas where each lies."""
    rules = [rule for rule in norm.rules.values() if rule.kind == "stop" and rule.core]
    verdicts = judge_together(rules, stops)
    level = find_membership({"stop": stops}, city.areas).groupby("object_id")["level"]
    strictest = level.min().reindex(stops.index).fillna(schema.LEVELS[0]).to_numpy()
    mildest = level.max().reindex(stops.index).fillna(schema.LEVELS[-1]).to_numpy()
    sure, possible = np.zeros(len(stops), bool), np.zeros(len(stops), bool)
    for name, verdict in verdicts.items():
        sure[strictest == name] = verdict.surely[strictest == name]
        possible[mildest == name] = verdict.possibly[mildest == name]
    there = ~schema.texts(stops, "delivered").eq(False).to_numpy()
    return sure & there, possible
