"""Streets: which street an object lies in, so that a crew finds it."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely

from toegankelijk import schema

NEAR = 30.0
"""Distance in metres within which the nearest named street gives an object its street name."""


def with_street_names(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Layers in which objects without a street name have that of the nearest named street within 30 m of their middle."""
    result = dict(layers)
    streets = layers.get("street")
    if streets is None or streets.empty:
        return result
    names = schema.texts(streets, "street").where(schema.texts(streets, "street") != "", schema.texts(streets, "name"))
    result["street"] = streets.assign(street=names)
    named = (names != "").to_numpy()
    if not named.any():
        return result
    tree, names = shapely.STRtree(streets.geometry.to_numpy()[named]), names[named]
    for kind, layer in layers.items():
        if kind in ("street", "zone", "route") or layer.empty:
            continue
        given = schema.texts(layer, "street")
        bare = np.flatnonzero(given == "")
        points = shapely.centroid(layer.geometry.to_numpy()[bare])
        (which, nearest), _ = tree.query_nearest(points, max_distance=NEAR, return_distance=True, all_matches=False)
        texts = given.to_numpy(dtype="object").copy()
        texts[bare[which]] = names.to_numpy()[nearest]
        result[kind] = layer.assign(street=texts)
    return result
