"""Street furniture: whether objects stand in the walkway, and how far seats stand from it."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import frame, is_complete

NEAR = 20.0
"""Distance in metres within which some pavement must be known, before an object counts as standing outside it."""

HALF_PAVEMENT = 3.0
"""Distance in metres from the line of a footway that its walkway reaches at most, if its width is not known."""

HALF_SEAT = 0.9
"""Distance in metres that a seat drawn as a point may reach from it: half the length of a bench."""


def outside_walkway(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether each obstacle stands outside the walkway: 1 outside, 0 inside.

    The walkway is the part of the pavement that must stay free. It is known where the city draws it (column ``drawn`` is
    ``walkway``) or where a footway line has a width: within half the width of the line is inside. An object on a pavement whose
    walkway is not known is unknown; one that stands on no pavement, while there is one nearby, is outside, unless the city says
    that its layer of pavements is not complete (column ``complete``). An object that is drawn as a line or a polygon and only
    reaches a pavement is unknown.
    """
    obstacles = layers["obstacle"]
    whole = obstacles.geometry.to_numpy()
    footways = layers.get("footway")
    result = np.full(len(obstacles), np.nan)
    if footways is not None and len(footways):
        shapes = footways.geometry.to_numpy()
        slack = schema.accuracy(obstacles)
        inside, maybe = _reach(footways, shapes, whole, slack)
        near = np.zeros(len(whole), bool)
        known = shapes[footways["complete"].ne(False).to_numpy()] if "complete" in footways else shapes
        near[shapely.STRtree(known).query(whole, predicate="dwithin", distance=NEAR)[0]] = True
        result = np.select([inside, maybe, near], [0.0, np.nan, 1.0], np.nan)
    return pd.DataFrame({"low": result, "high": result}, index=obstacles.index)


def bench_setback(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Distance in metres from each seat to the edge of the nearest walkway: to its polygon, or to its line less half its width.

    A seat that is drawn as a point may reach 0.9 m from it. Of a pavement whose walkway is not drawn only the least is known:
    the walkway may keep away from its edge. Where footways are not complete a nearer one may be missing: only the greatest is.
    Without a footway within 20 m it is unknown.
    """
    seats, footways = layers["rest_place"], layers.get("footway")
    low, high = np.full(len(seats), np.nan), np.full(len(seats), np.nan)
    if footways is None or footways.empty:
        return frame(seats.index, low, high)
    shapes, benches = footways.geometry.to_numpy(), seats.geometry.to_numpy()
    flat = shapely.get_dimensions(shapes) == 2
    walkway = flat & (schema.texts(footways, "drawn") == "walkway").to_numpy()
    least, most = (width / 2 for width in schema.bounds(footways, "route_width"))
    bench, footway = shapely.STRtree(shapes).query(benches, predicate="dwithin", distance=NEAR)
    away = shapely.distance(benches[bench], shapes[footway])
    nearest = away - np.where(flat, 0.0, np.minimum(most, HALF_PAVEMENT))[footway]
    farthest = away - np.where(flat, np.where(walkway, 0.0, -np.inf), np.maximum(least, 0.0))[footway]
    table = pd.DataFrame({"low": nearest, "high": farthest}).groupby(bench).min()
    slack = schema.accuracy(seats) + float(schema.accuracy(footways).max(initial=0.0))
    reach = np.where(shapely.get_dimensions(benches) == 0, HALF_SEAT, 0.0)
    low[table.index], high[table.index] = table["low"], table["high"]
    low = np.maximum(low - slack - reach, 0.0) if is_complete(layers, "footway") else low * np.nan
    high = np.maximum(np.where(np.isinf(high), np.nan, high) + slack, 0.0)
    return frame(seats.index, low, high)


def _reach(
    footways: gpd.GeoDataFrame, shapes: np.ndarray, obstacles: np.ndarray, slack: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Obstacles that surely stand in some walkway, by a point on them, and those that perhaps do, by their whole shape."""
    flat = shapely.get_dimensions(shapes) == 2
    walkway = flat & (footways["drawn"].eq("walkway").to_numpy() if "drawn" in footways else np.zeros(len(footways), bool))
    low, high = schema.bounds(footways, "route_width")
    sure = np.where(flat, np.where(walkway, 0.0, -np.inf), low / 2)
    farthest = np.where(flat, 0.0, np.minimum(high / 2, NEAR))
    obstacle, footway = shapely.STRtree(shapes).query(obstacles, predicate="dwithin", distance=NEAR)
    places = shapely.point_on_surface(obstacles)[obstacle]
    middle = shapely.distance(places, shapes[footway])
    drawn = walkway[footway] & (middle == 0)  # how far inside: an object may stand off by its accuracy, and still be in it
    middle[drawn] = -shapely.distance(places[drawn], shapely.boundary(shapes[footway[drawn]]))
    nearest = shapely.distance(obstacles[obstacle], shapes[footway])
    inside, maybe = np.zeros(len(obstacles), bool), np.zeros(len(obstacles), bool)
    inside[obstacle[middle + slack[obstacle] <= sure[footway]]] = True
    maybe[obstacle[nearest - slack[obstacle] <= farthest[footway]]] = True
    return inside, maybe
