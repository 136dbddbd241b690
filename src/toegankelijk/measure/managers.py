"""Managers of roads: who manages what lies on a street, so that the right service is told."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema

ON = 15.0
"""Distance in metres from the axis of a street within which an object belongs to it; a proposal."""

NEAR = 30.0
"""Distance in metres within which every street must have the same manager; as far as a street gives its name."""

KINDS = (
    *("footway", "narrowing", "passage", "crossing", "crossing_end", "kerb", "tactile", "ramp", "stairs", "stop", "parking_bay"),
    *("rest_place", "obstacle", "control"),
)
"""Kinds of things that belong to a street. An entrance, a care anchor or a car park is its owner's, whatever street it is on."""


def with_managers(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Layers in which objects without a manager have that of their street, where there is no doubt.

    A street lies within 15 m of the object, all streets within 30 m have the same manager, and the city delivered all streets. A
    manager found so is marked in the column ``manager_how``.
    """
    result = dict(layers)
    streets = layers.get("street")
    if streets is None or streets.empty or "manager" not in streets or not schema.is_complete(streets):
        return result
    codes, managers = pd.factorize(streets["manager"].to_numpy(dtype=object))
    names = np.array([*managers, None], dtype=object)
    tree = shapely.STRtree(streets.geometry.to_numpy())
    for kind in KINDS:
        layer = layers.get(kind)
        if layer is None or layer.empty:
            continue
        given = layer["manager"].astype("object") if "manager" in layer else pd.Series(None, layer.index, dtype="object")
        bare = np.flatnonzero(given.isna() & ~schema.texts(layer, "delivered").eq(False))
        found = _common(tree, codes, layer.geometry.to_numpy()[bare])
        values = given.to_numpy(dtype=object, copy=True)
        values[bare] = names[found]
        how = np.full(len(layer), "", dtype=object)
        how[bare[found >= 0]] = "measured"
        result[kind] = layer.assign(manager=values, manager_how=how)
    return result


def _common(tree: shapely.STRtree, codes: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Code of the manager that all streets near each shape share; -1 where they differ, one has none, or none is near enough."""
    shape, street = tree.query(shapes, predicate="dwithin", distance=NEAR)
    groups = pd.Series(codes[street]).groupby(shape).agg(["min", "max"]).reindex(range(len(shapes)), fill_value=-1)
    on = np.zeros(len(shapes), bool)
    on[tree.query(shapes, predicate="dwithin", distance=ON)[0]] = True
    return np.where(on & (groups["min"] == groups["max"]), groups["min"], -1)
