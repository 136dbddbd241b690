"""Parking: size, direction and surroundings of reserved bays, and how many of them a car park has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure import axes
from toegankelijk.measure.geometry import flags, frame, unit, worst_accuracy, xy

RECTANGULAR = 0.85
"""Least share of its bounding rectangle that a polygon fills to pass for one bay."""

LARGEST_BAY = 45.0
"""Area in square metres over which a polygon cannot be one bay (5 m by 9 m)."""

NARROWEST, SHORTEST = 2.25, 4.5
"""Width and length in metres of the smallest bay: a polygon in which two of them fit may be two; a proposal."""

DRAWING = 0.01
"""Metres by which a side may be off, even of a bay that is drawn exactly: coordinates come in centimetres."""

STREET_REACH = 10.0
"""Distance in metres from the middle of a bay within which the axis of its street lies; a proposal."""

PARALLEL, SQUARE = 30.0, 60.0
"""Angles in degrees between a bay and the street: parallel up to the first, perpendicular from the second; a proposal."""

OBLONG = 1.25
"""Least ratio of the sides of a bay, before it tells which of them is the long one; a proposal."""

STRAIGHT = 15.0
"""Turn in degrees of the street beside a bay up to which its direction counts; a proposal."""

TOUCH = 0.5
"""Distance in metres under which two things that are drawn apart touch; a proposal."""

BESIDE = 5.0
"""Distance in metres from a line of kerbside bays within which a reserved bay may be one of them; a proposal."""

LOWERED = 3.0
"""Height in centimetres up to which a kerb is lowered; source: OSM, see ``norms.md`` section 10."""

FAR = 250.0
"""Distance in metres beyond which the nearest entrance or kerb is not looked for: farther than any criterion asks."""

Layers = Mapping[str, gpd.GeoDataFrame]
Numbers = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


def bay_width(layers: Layers) -> pd.DataFrame:
    """Width in metres of a bay: the shorter side of the smallest rectangle round its polygon.

    Of a polygon in which two bays fit these are bounds: it may be two that were drawn as one.
    """
    bays = layers["parking_bay"]
    box = _rectangles(bays)
    return _within(bays, np.where(box.abreast, NARROWEST, box.shorter), box.shorter)


def bay_length(layers: Layers) -> pd.DataFrame:
    """Length in metres of a bay: the longer side of the smallest rectangle round its polygon; bounds as `bay_width`."""
    bays = layers["parking_bay"]
    box = _rectangles(bays)
    low = np.where(box.abreast, box.shorter, box.longer)
    return _within(bays, np.where(box.in_line, SHORTEST, low), box.longer)


def parallel_bay(layers: Layers) -> pd.DataFrame:
    """Whether a bay lies parallel to the road: its long side turns at most 30 degrees away from the street beside it.

    From 60 degrees on it does not; between them, and of bays that are nearly square or may be several, nothing is known. Nor is
    it of bays in a car park, which lie along its own lanes. Where no axis of a street is near, the edge of a carriageway counts.
    """
    bays = layers["parking_bay"]
    box = _rectangles(bays)
    points = shapely.centroid(bays.geometry.to_numpy())
    angle, noise = np.full(len(bays), np.nan), np.degrees(np.arctan2(2 * schema.accuracy(bays), box.longer))
    for kind, lines in (("carriageway", axes.edge_lines), ("street", axes.street_lines)):
        beside = axes.find_axes(points, lines(layers.get(kind)), reach=STREET_REACH)
        straight = beside.found & (beside.turn <= STRAIGHT)
        angle[straight] = axes.angle_between(beside.direction, box.direction)[straight]
    parks = layers.get("car_park")
    inside = np.zeros(0, int) if parks is None else shapely.STRtree(_areas(parks)).query(points, predicate="intersects")[0]
    clear = ~np.isin(np.arange(len(bays)), inside) & ~box.abreast & ~box.in_line & (box.longer >= OBLONG * box.shorter)
    return flags(bays.index, clear & (angle + noise <= PARALLEL), clear & (angle - noise >= SQUARE))


def sign(layers: Layers) -> pd.DataFrame:
    """Whether a bay has a sign: it has, if its height is known."""
    bays = layers["parking_bay"]
    return flags(bays.index, schema.is_known(bays, "sign_height").to_numpy(), np.zeros(len(bays), bool))


def bay_entrance_distance(layers: Layers) -> pd.DataFrame:
    """Distance in metres from a bay to the nearest entrance: a lower bound, as people do not walk through walls.

    It is the straight line to the nearest entrance of any building, where the city delivered all entrances.
    """
    bays, entrances = layers["parking_bay"], layers.get("entrance")
    low = np.full(len(bays), np.nan)
    if entrances is not None and schema.is_complete(entrances):
        slack = schema.accuracy(bays) + worst_accuracy(layers, "entrance")
        low = np.maximum(_distances(bays.geometry.to_numpy(), entrances.geometry.to_numpy()) - slack, 0)
    return frame(bays.index, low, np.full(len(bays), np.nan))


def bay_kerb_distance(layers: Layers) -> pd.DataFrame:
    """Distance in metres from a bay to a lowered kerb.

    A crossing end that is surely lowered (at most 3 cm, or a lowered kerb of some width) is reached if it touches the bay. The
    straight line to the nearest one that may be lowered, driveways included, is a lower bound, where the city delivered all
    crossings and all driveways.
    """
    bays, ends, driveways = layers["parking_bay"], layers.get("crossing_end"), layers.get("driveway")
    low, high = np.full(len(bays), np.nan), np.full(len(bays), np.nan)
    if ends is None or ends.empty:
        return frame(bays.index, low, high)
    shapes, places = bays.geometry.to_numpy(), ends.geometry.to_numpy()
    slack = schema.accuracy(bays) + worst_accuracy(layers, "crossing_end", "driveway")
    least, most = schema.bounds(ends, "kerb_height")
    width = schema.bounds(ends, "dropped_kerb_width")
    sure = _distances(shapes, places[surely_lowered(ends)])
    touching = sure <= TOUCH
    high[touching] = (sure + slack)[touching]
    low[touching] = 0.0
    if driveways is not None and all(schema.is_complete(layers.get(kind)) for kind in ("crossing", "crossing_end", "driveway")):
        perhaps = (most <= LOWERED) | (width[0] > 0) | ((least <= LOWERED) & (width[1] > 0))
        maybe = np.concatenate([places[perhaps], driveways.geometry.to_numpy()])
        low = np.maximum(_distances(shapes, maybe) - slack, 0)
    return frame(bays.index, low, high)


def surely_lowered(ends: gpd.GeoDataFrame) -> Booleans:
    """Crossing ends that are there, and are lowered: by the height of their kerb, or as a lowered part of it has a width."""
    there = ~schema.texts(ends, "delivered").eq(False).to_numpy()
    lowered = (schema.bounds(ends, "kerb_height")[1] <= LOWERED) | (schema.bounds(ends, "dropped_kerb_width")[0] > 0)
    return np.asarray(there & lowered)


def reserved_count(layers: Layers) -> pd.DataFrame:
    """Number of reserved bays of a car park: those that lie in its polygon, on its line, or name it as their ``parent_id``.

    It is a lower bound, where the city did not deliver all reserved bays. Bays at its edge, polygons that may be several bays,
    and rows of reserved bays that were delivered as car parks of their own raise the upper bound only. Of a car park that is
    drawn as a point only bays that name it are known.
    """
    parks, bays = layers["car_park"], layers.get("parking_bay")
    nothing = np.full(len(parks), np.nan)
    if bays is None:
        return frame(parks.index, nothing, nothing)
    each_low, each_high = _capacities(bays)
    table = _bays_of(parks, bays)
    low, high = np.zeros(len(parks)), np.zeros(len(parks))
    np.add.at(low, table["park"], np.where(table["sure"], each_low[table["bay"]], 0.0))
    np.add.at(high, table["park"], each_high[table["bay"]])
    told = np.flatnonzero(schema.is_known(parks, "reserved_count"))
    rows = _bays_of(parks, parks.iloc[told])
    rows = rows[rows["park"] != told[rows["bay"]]]
    np.add.at(high, rows["park"], schema.bounds(parks, "reserved_count")[1][told[rows["bay"]]])
    known = schema.is_complete(bays) & (shapely.get_dimensions(parks.geometry.to_numpy()) > 0)
    return frame(parks.index, np.where(known | (low > 0), low, np.nan), np.where(known, high, np.nan))


def bay_count(layers: Layers) -> pd.DataFrame:
    """Number of bays of a car park: at least one, and at least as many as are reserved."""
    parks = layers["car_park"]
    return frame(parks.index, np.maximum(schema.bounds(parks, "reserved_count")[0], 1.0), np.full(len(parks), np.nan))


@dataclass(frozen=True)
class _Rectangles:
    """Smallest rectangle round each bay; NaN where the polygon is no rectangle, or too large for one bay.

    ``direction`` is that of the longer side. ``abreast`` and ``in_line`` mark polygons in which two bays fit side by side, or one
    behind the other.
    """

    shorter: Numbers
    longer: Numbers
    direction: Numbers
    abreast: Booleans
    in_line: Booleans


def _rectangles(bays: gpd.GeoDataFrame) -> _Rectangles:
    shapes = bays.geometry.to_numpy()
    box = shapely.oriented_envelope(shapes)
    ring = shapely.get_exterior_ring(np.where(shapely.get_dimensions(box) == 2, box, None))
    corners = [xy(shapely.get_point(ring, number)) for number in range(3)]
    steps = np.stack([corners[1] - corners[0], corners[2] - corners[1]])
    sides = np.hypot(steps[..., 0], steps[..., 1])
    area = shapely.area(shapes)
    rectangular = (area >= RECTANGULAR * shapely.area(box)) & (area <= LARGEST_BAY) & (shapely.get_dimensions(shapes) == 2)
    shorter, longer = np.where(rectangular, np.sort(sides, axis=0), np.nan)
    direction = unit(np.where((sides[0] >= sides[1])[:, None], steps[0], steps[1]))
    slack = schema.accuracy(bays) + DRAWING
    return _Rectangles(shorter, longer, direction, shorter + slack >= 2 * NARROWEST, longer + slack >= 2 * SHORTEST)


def _within(bays: gpd.GeoDataFrame, low: Numbers, high: Numbers) -> pd.DataFrame:
    """Bounds on a length, made wider by the accuracy of the drawing."""
    slack = schema.accuracy(bays)
    return frame(bays.index, np.maximum(np.minimum(low, high) - slack, 0), high + slack)


def _capacities(bays: gpd.GeoDataFrame) -> tuple[Numbers, Numbers]:
    """Least and greatest number of bays that each object stands for; one that only the inventory knows may be gone."""
    box = _rectangles(bays)
    fitting = np.floor(shapely.area(bays.geometry.to_numpy()) / (NARROWEST * SHORTEST))
    single = np.isfinite(box.longer) & ~box.abreast & ~box.in_line
    gone = schema.texts(bays, "delivered").eq(False).to_numpy()
    return np.where(gone, 0.0, 1.0), np.where(single, 1.0, np.maximum(fitting, 1.0))


def _bays_of(parks: gpd.GeoDataFrame, bays: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which bays belong to which car park: ``park`` and ``bay`` as positions, and whether that is ``sure``."""
    shapes, outlines = bays.geometry.to_numpy(), parks.geometry.to_numpy()
    slack = schema.accuracy(bays) + schema.accuracy(parks).max(initial=0.0)
    bay, park = shapely.STRtree(outlines).query(shapes, predicate="dwithin", distance=BESIDE + slack)
    flat = shapely.get_dimensions(outlines)[park]
    middle = shapely.distance(shapely.centroid(shapes[bay]), outlines[park])
    inside = shapely.distance(shapely.centroid(shapes[bay]), shapely.boundary(outlines[park])) > slack[bay]
    apart = shapely.distance(shapes[bay], outlines[park])
    sure = np.where(flat == 2, (middle == 0) & inside, apart == 0)
    near = np.where(flat == 2, apart <= TOUCH + slack[bay], flat == 1)
    named = schema.texts(bays, "parent_id").to_numpy()
    given = parks.index.get_indexer(pd.Index(named))
    by_name = np.flatnonzero(given >= 0)
    free = near & (given[bay] < 0)  # a bay that names its car park is of no other
    return pd.DataFrame(
        {
            "park": np.concatenate([park[free], given[by_name]]),
            "bay": np.concatenate([bay[free], by_name]),
            "sure": np.concatenate([sure[free], np.ones(len(by_name), bool)]),
        }
    )


def _areas(layer: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    shapes = layer.geometry.to_numpy()
    return np.asarray(shapes[shapely.get_dimensions(shapes) == 2])


def _distances(shapes: npt.NDArray[np.object_], others: npt.NDArray[np.object_]) -> Numbers:
    """Straight distance in metres to the nearest of others; `FAR` where none is nearer than that."""
    result = np.full(len(shapes), FAR)
    if len(others):
        (which, _), distance = shapely.STRtree(others).query_nearest(
            shapes, max_distance=FAR, return_distance=True, all_matches=False
        )
        result[which] = distance
    return result
