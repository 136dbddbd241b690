"""Reserved bays on the walking network: how far it is to an entrance, and to a lowered kerb."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.measure import parking
from toegankelijk.measure.geometry import frame, says, worst_accuracy
from toegankelijk.measure.walking import BESIDE_WAY, Layers, Numbers, Ways, holds_all_ways, straight_distances
from toegankelijk.network.graph import Network
from toegankelijk.network.locating import locate
from toegankelijk.network.walks import walk_from
from toegankelijk.norm.kernel import FAILS, MEETS
from toegankelijk.zones import representative_points

LEVEL_STEP = 2.0
"""Height in centimetres up to which a step at an entrance is passed; source: ``THR-06``, level A."""

ALONG_KERB = ("footway", "street", "ramp", "link")
"""Kinds of edges along which a kerb runs, so that one can ride beside it."""


def bay_entrance_distance(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Distance in metres over the walking network from a bay to the nearest accessible entrance.

    An entrance of a public building without a step of more than 2 cm, reached over ways that users of a wheelchair can surely
    pass, gives an upper bound; which entrance a bay is meant for is not known. Any entrance that may be accessible, reached over
    ways that may be passable, gives a lower bound, if entrances, footways and crossings are complete and the bay and the entrance
    lie within 10 m of the network; else the straight line does, where entrances are complete. Straight lines to the way count.
    """
    bays, entrances = layers["parking_bay"], layers.get("entrance")
    straight = parking.bay_entrance_distance(layers)
    if entrances is None or entrances.empty:
        return straight
    network, outcome = ways.network, ways.passable("wheelchair").outcome
    shapes = entrances.geometry.to_numpy()
    least, most = schema.bounds(entrances, "entrance_step")
    there = ~schema.texts(entrances, "delivered").eq(False).to_numpy()
    sure, perhaps = there & says(entrances, "public_building", True) & (most <= LEVEL_STEP), least <= LEVEL_STEP
    slack = schema.accuracy(bays) + worst_accuracy(layers, "entrance")
    places, doors = locate(network, representative_points(bays.geometry.to_numpy())), locate(network, shapes)
    high = _walked(network, places, doors[sure], outcome == MEETS) + slack
    low = straight["low"].to_numpy(dtype=float)
    if schema.is_complete(entrances) and holds_all_ways(layers):
        beside = (doors["off"] <= BESIDE_WAY).to_numpy()
        walked = _walked(network, places, doors[perhaps & beside], outcome != FAILS)
        others = straight_distances(bays.geometry.to_numpy(), shapes[perhaps & ~beside])
        walked = np.maximum(np.minimum(np.minimum(walked, others), parking.FAR) - slack, 0.0)
        low = np.where((places["off"] <= BESIDE_WAY).to_numpy(), np.fmax(low, walked), low)
    return frame(bays.index, low, high)


def bay_kerb_distance(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Distance in metres from a bay to a lowered kerb: bounds by the straight line, and along the pavement to one on it.

    A crossing end that is surely lowered (at most 3 cm, or a lowered kerb of some width) and lies on the same pavement as the bay
    is reached by riding along its kerb: about as far as it is over the pavement, the straight lines to the way included. That is
    an upper bound; one that touches the bay is reached at once. The straight line to the nearest that may be lowered, driveways
    included, is a lower bound, where crossings and driveways are complete.
    """
    bays, ends = layers["parking_bay"], layers.get("crossing_end")
    straight = parking.bay_kerb_distance(layers)
    if ends is None or ends.empty:
        return straight
    lowered = parking.surely_lowered(ends)
    network = ways.network
    along = network.edges["kind"].isin(ALONG_KERB).to_numpy()
    places = locate(network, representative_points(bays.geometry.to_numpy()))
    pavements = replace(network, edges=network.edges.assign(kind=network.edges["kind"].where(along, "gate")))  # no place to be
    kerbs = locate(pavements, ends.geometry.to_numpy()[lowered])
    walked = _walked(network, places, kerbs, along) + schema.accuracy(bays) + worst_accuracy(layers, "crossing_end")
    high = np.fmin(straight["high"].to_numpy(dtype=float), walked)
    return frame(bays.index, straight["low"].to_numpy(dtype=float), high)


def _walked(network: Network, places: pd.DataFrame, goals: pd.DataFrame, open_: np.ndarray) -> Numbers:
    """Metres over open edges from places beside the network to the nearest goal; infinite where none is reached."""
    result = np.full(len(places), np.inf)
    on = np.flatnonzero(places["edge"] >= 0)
    walk = walk_from(network, goals, open_, limit=parking.FAR)
    result[on] = walk.to(places["edge"].to_numpy()[on], places["along"].to_numpy()[on]) + places["off"].to_numpy()[on]
    return result
