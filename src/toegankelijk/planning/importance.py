"""What the walking network says of a bottleneck's priority: how far it is from care, and whether a chain of care hangs on it."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk.bottlenecks import Importance
from toegankelijk.network.bridges import find_chain
from toegankelijk.network.distances import at_places, distances
from toegankelijk.network.locating import locate
from toegankelijk.network.walking import Walking
from toegankelijk.norm import Norm
from toegankelijk.planning.fixes import find_fixes
from toegankelijk.zones import representative_points

CARE = "care"
"""Purpose whose distance is the exposure of a bottleneck; source: ``norms.md`` section 11.2 (a proposal)."""

Numbers = npt.NDArray[np.float64]


def weigh_by_network(walking: Walking, layers: Mapping[str, gpd.GeoDataFrame], norm: Norm) -> Importance:
    """How a walking network weighs bottlenecks, to be given to `toegankelijk.bottlenecks.find_bottlenecks`.

    The distance is that of the shortest way on foot, for everyone, from the nearest care anchor to where one first meets the
    object. The chain term holds where fixing it opens a barrier that lies on every way between a care anchor and its nearest stop
    or shop (see `toegankelijk.network.bridges.find_chain`).

    Parameters
    ----------
    walking
        The walking network, with the users that lead.
    layers
        Layers of the city, as measured.
    norm
        Says what a remedy mends.
    """

    def importance(rows: pd.DataFrame) -> pd.DataFrame:
        chain = np.zeros(len(rows), bool)
        if len(rows):
            named = rows.assign(bottleneck_id=[f"{i:09d}" for i in range(len(rows))])
            found = find_chain(walking.network, walking.leading, walking.places, find_fixes(named, norm, layers))
            chain = found.reindex(named["bottleneck_id"]).eq(True).to_numpy(dtype=bool)
        return pd.DataFrame({"distance": care_distances(walking, layers, rows), "chain": chain}, index=rows.index)

    return importance


def care_distances(walking: Walking, layers: Mapping[str, gpd.GeoDataFrame], objects: pd.DataFrame) -> Numbers:
    """Metres to walk from the nearest care anchor to each object; NaN without anchors, or where the object lies off the network.

    Parameters
    ----------
    walking
        The walking network.
    layers
        Layers of the city.
    objects
        Columns ``kind`` and ``object_id``.

    Returns
    -------
    numpy.ndarray
        Metres per row; infinite where the network does not lead there.
    """
    result: Numbers = np.full(len(objects), np.nan)
    network, places = walking.network, walking.places.destinations
    care = places[(places["purpose"] == CARE) & (places["node"] >= 0)]
    if care.empty or not len(objects):
        return result
    every = np.ones(len(network), bool)
    metres = distances(network, every, care["node"].to_numpy(dtype=np.intp), start=care["off"].to_numpy(dtype=float))
    parts = network.parts
    edge = parts["edge"].to_numpy(dtype=np.intp)
    near = pd.Series(np.minimum(metres[network.tail[edge]], metres[network.head[edge]]))
    first = near.groupby([parts["kind"].astype("object").to_numpy(), parts["object_id"].astype("object").to_numpy()]).min()
    keys = pd.MultiIndex.from_arrays([objects["kind"].astype("object"), objects["object_id"].astype("object")])
    result = np.array(first.reindex(keys), dtype=float)
    apart = np.flatnonzero(np.isnan(result))
    for kind, rows in objects.iloc[apart].groupby(objects["kind"].iloc[apart].astype("object")).indices.items():
        at = apart[rows]
        shapes = layers[str(kind)].geometry.loc[objects["object_id"].iloc[at]].to_numpy()
        place = locate(network, representative_points(shapes))
        on = place["edge"].to_numpy() >= 0
        there = at_places(network, every, metres, place["edge"].to_numpy(np.intp)[on], place["along"].to_numpy(float)[on])
        result[at[on]] = there + place["off"].to_numpy(dtype=float)[on]
    return result
