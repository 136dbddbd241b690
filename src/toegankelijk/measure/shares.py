"""Shares of a zone: of its stops that are accessible, and of its benches that are ergonomic."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.measure import fill
from toegankelijk.norm import Norm
from toegankelijk.norm.tables import Rule
from toegankelijk.norm.together import judge_together
from toegankelijk.zones import find_membership

ERGONOMIC = ("seat_height", "backrest", "armrest")
"""Attributes that make a bench ergonomic, as the description of ``ergonomic_share`` says."""


def measure_shares(city: schema.City, norm: Norm) -> schema.City:
    """Measure the shares of each zone from what its objects are known to meet.

    ``accessible_share`` is the share of stops that meet all core criteria for stops, ``ergonomic_share`` that of rest places that
    meet all criteria on seat height, backrest and armrest; each at the level of the area that it lies in. The low end counts
    what surely meets them, the high end what possibly does. A zone without any such object has 0 %, as there is nothing to use;
    where the layer was not delivered, or does not hold all there is, the share is unknown.

    What only the inventory knows, and what lies in no level area, may or may not meet them. So with an inventory, an object that
    is left out never raises the low end; without one it does if it was a bad one, as with every share.

    Parameters
    ----------
    city
        A city as measured (see `toegankelijk.measure.measure_layers`).
    norm
        The criteria.

    Returns
    -------
    City
        The same city with the shares in its layer ``zone``; what the city gave itself is kept.

    Examples
    --------
    >>> from toegankelijk import measure_layers, read_city, read_norm, sample_city
    >>> city = measure_shares(measure_layers(read_city(sample_city())), read_norm())
    >>> zones = city.layers["zone"]
    >>> [schema.bounds(zones, "ergonomic_share")[end].round().tolist() for end in (0, 1)]
    [[0.0, 0.0, 0.0], [67.0, 100.0, 0.0]]
    """
    zones = city.layers.get("zone")
    if zones is None or zones.empty:
        return city
    stops = [rule for rule in norm.rules.values() if rule.kind == "stop" and rule.core]
    benches = [rule for rule in norm.rules.values() if rule.kind == "rest_place" and rule.attribute in ERGONOMIC]
    zones = fill(zones, "accessible_share", _shares(city, "stop", stops))
    zones = fill(zones, "ergonomic_share", _shares(city, "rest_place", benches))
    return replace(city, layers={**city.layers, "zone": zones})


def _shares(city: schema.City, kind: str, rules: list[Rule]) -> pd.DataFrame:
    """Share (%) per zone of the objects of a kind that meet all of some criteria."""
    zones, layer = city.layers["zone"], city.layers.get(kind)
    unknown = pd.DataFrame(np.nan, zones.index, ["low", "high"])
    if layer is None or not rules or not schema.is_complete(layer):
        return unknown
    if layer.empty:
        return unknown.fillna(0.0)
    places = _places(city, kind, layer)
    row = layer.index.get_indexer(places["object_id"])
    there = ~schema.texts(layer, "delivered").eq(False).to_numpy()[row]
    low, high = np.zeros(len(places)), np.ones(len(places))
    for level, verdict in judge_together(rules, layer).items():
        at = (places["level"] == level).to_numpy() & there
        low[at], high[at] = verdict.surely[row[at]], verdict.possibly[row[at]]
    shares = pd.DataFrame({"low": 100 * low, "high": 100 * high}).groupby(places["zone_id"].to_numpy()).mean()
    return shares.reindex(zones.index).fillna(0.0)


def _places(city: schema.City, kind: str, layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """A row per zone and object that lies in it, with the level there; missing where the zone has no level area."""
    whole = city.zones[["geometry"]].assign(zone_id=city.zones.index, level="")
    keys = ["object_id", "zone_id"]
    inside = find_membership({kind: layer}, whole)[keys]
    return inside.merge(find_membership({kind: layer}, city.areas)[[*keys, "level"]], on=keys, how="left")
