"""Thresholds: level changes that follow one another on the same way."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import as_lines, flags, frame, is_complete, says, worst_accuracy

ON_WAY = 1.0
"""Distance in metres from the line of a footway or a route within which a level change is on it; a proposal."""

FOLLOWS = 50.0
"""Distance in metres along the way within which the next level change follows; a proposal."""

TIP = 0.3
"""Distance in metres from the end of a level change that is drawn as a line, within which a way only touches it: who walks on
along the way does not meet it. It is a link over a street that begins there, or the kerb beside the way."""

SAME = 0.3
"""Distance in metres within which two objects may be one and the same step, entered twice: less than the shortest going."""

FLUSH = 1.0
"""Height in centimetres up to which a kerb is no step."""


def step_gap(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Distance in metres along the same footway or route to the next level change, where one follows within 50 m."""
    kerbs = layers["kerb"]
    pairs = _pairs(layers)
    gap = pairs.groupby("kerb")["gap"].min().reindex(range(len(kerbs))).to_numpy()
    slack = 2 * schema.accuracy(kerbs)
    return frame(kerbs.index, np.maximum(gap - slack, 0.0), gap + slack)


def step_follows(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether another level change follows on the same footway or route.

    It does if one lies on the same line within 50 m. It does not if level changes are complete and there is none within 50 m in
    a straight line, so on no way. A kerb up to 1 cm high is no step; two objects within 0.3 m may be one: unknown.
    """
    kerbs = layers["kerb"]
    places, steps = _places(kerbs), _steps(kerbs)
    follows = np.isin(np.arange(len(kerbs)), _pairs(layers)["kerb"])
    reach = FOLLOWS + 2 * worst_accuracy(layers, "kerb")
    first, other = shapely.STRtree(places).query(places, predicate="dwithin", distance=reach)
    near = np.zeros(len(kerbs), bool)
    near[first[(first != other) & steps[other]]] = True
    return flags(kerbs.index, follows, ~follows & ~near & is_complete(layers, "kerb"))


def _places(kerbs: gpd.GeoDataFrame) -> np.ndarray:
    return np.asarray(shapely.point_on_surface(kerbs.geometry.to_numpy()))


def _steps(kerbs: gpd.GeoDataFrame) -> np.ndarray:
    """Level changes that are a step."""
    return np.asarray(~(schema.bounds(kerbs, "level_difference")[1] <= FLUSH))


def _pairs(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Steps that follow one another on a way: columns ``kerb`` and ``gap``, the distance in metres to the next."""
    kerbs = layers["kerb"]
    lines = _ways(layers)
    shapes = np.where(_steps(kerbs), kerbs.geometry.to_numpy(), None)
    slack = 2 * schema.accuracy(kerbs)
    kerb, line = shapely.STRtree(lines).query(shapes, predicate="dwithin", distance=ON_WAY)
    met = shapely.get_point(shapely.shortest_line(lines[line], shapes[kerb]), 0)
    across = as_lines(np.asarray(shapes))[kerb]
    along, length = shapely.line_locate_point(across, met), shapely.length(across)
    touched = (length > 2 * ON_WAY) & ((along < TIP) | (along > length - TIP))
    kerb, line, met = kerb[~touched], line[~touched], met[~touched]
    table = pd.DataFrame({"kerb": kerb, "line": line, "at": shapely.line_locate_point(lines[line], met)})
    table = table.sort_values(["line", "at", "kerb"], ignore_index=True)
    found = []
    for way in (1, -1):
        gap = (table.groupby("line")["at"].shift(-way) - table["at"]).abs()
        found.append(table.assign(gap=gap)[(gap > SAME + slack[table["kerb"]]) & (gap <= FOLLOWS)])
    return pd.concat(found, ignore_index=True)[["kerb", "gap"]]


def _ways(layers: Mapping[str, gpd.GeoDataFrame]) -> np.ndarray:
    """Lines of routes and of footways; the pieces of a footway that was cut are one line again."""
    result = [as_lines(layers["route"].geometry.to_numpy())] if "route" in layers else []
    footways = layers.get("footway")
    if footways is not None and len(footways):
        derived = says(footways, "derived", True)
        shapes = footways.geometry.to_numpy()
        result.append(as_lines(shapes[~derived]))
        if derived.any():
            parent, _ = pd.factorize(footways["parent_id"][derived])
            order = np.argsort(parent, kind="stable")
            whole = shapely.multilinestrings(shapes[derived][order], indices=parent[order])
            result.append(as_lines(whole))
    lines = np.concatenate([*result, np.array([], dtype=object)])
    return np.asarray(lines[~shapely.is_missing(lines)])
