"""What lies round pavements and routes: built-up areas, building lines, driveways, obstacles, natural guide lines."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import (
    as_lines,
    flags,
    is_complete,
    middle_lines,
    only,
    segments,
    shapes_of,
    spans,
    worst_accuracy,
    xy,
)
from toegankelijk.measure.passages import SNAP
from toegankelijk.measure.places import across, along_lines, first_met

WIDE_STREET = 9.0
"""Distance in metres between building lines from which a footway must be wider; source: BVR97 art. 3, see ``norms.md`` 2."""

MARGIN_OF_NUMBERS = 1e-6
"""Metres by which a width that was computed may differ from the same width as drawn."""

STEP = 10.0
"""Distance in metres between the places along a footway at which the width of its street is taken."""

MOST = 6
"""Number of such places on a long footway."""

MARGIN = 5.0
"""Length in metres of either end of a footway that is left out: the side street lies there."""

OPPOSITE = 50.0
"""Distance in metres on either side of a footway up to which building lines are looked for."""

STUB = 0.5
"""Length in metres of either end of a line that a driveway may touch without crossing it."""

OVER = 1.0
"""Length in metres along which a driveway must lie against a pavement, to cross it."""

AT_KERB = 1.0
"""Distance in metres from a carriageway within which the edge of a pavement is its kerb."""

WIDEST = 10.0
"""Width in metres beyond which a pavement is a square, and has no two sides."""

HALF_PAVEMENT = 3.0
"""Distance in metres from the line of a footway beyond which its pavement surely does not reach, if its width is unknown."""

FOLLOW = 3.0
"""Distance in metres from a route within which a front or a kerb can be followed with a cane; a proposal."""

LOST = 5.0
"""Distance in metres from a route beyond which nothing can be followed; a proposal."""

PLACE = 0.5
"""Distance in metres between the places along a route at which a guide line is looked for."""

GAP = 1.0
"""Length in metres that a natural guide line may be interrupted; source: the shortest gap of TAC-06."""

LONG_GAP = 10.0
"""Length in metres beyond which it is surely interrupted; source: the longest gap of TAC-06."""

CROSSED = 3.0
"""Distance in metres from a crossing within which a route needs no natural guide line: it crosses a street there."""


def built_up_area(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a footway lies inside a built-up area as a whole, or outside as a whole; partly is unknown.

    Within the accuracy of both from the border of the area is unknown too.
    """
    footways, areas = layers["footway"], shapes_of(layers, "built_up_area")
    shapes = footways.geometry.to_numpy()
    slack = float(schema.accuracy(footways).max(initial=0.0)) + worst_accuracy(layers, "built_up_area")
    whole = shapely.union_all(areas)
    inside = np.zeros(len(shapes), bool)
    inside[shapely.STRtree(shapes).query(whole.buffer(-slack) if slack else whole, predicate="covers")] = True
    touched = np.zeros(len(shapes), bool)
    touched[shapely.STRtree(shapes).query(whole, predicate="dwithin", distance=slack)] = True
    return flags(footways.index, inside, ~touched & is_complete(layers, "built_up_area"))


def building_line_9m_or_more(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether the building lines of the street lie 9.00 m or more apart.

    Every 10 m along the footway, or at 6 places if it is long, a line is drawn square to it. On it the building lines are the
    edges of the road area, or else the nearest parcels on both sides. Without these the fronts of buildings only tell where they
    lie less than 9 m apart: they may stand behind the building line. True or false where all places that have both sides say the
    same; in a footway that is drawn as a polygon, places are on the middle line of a straight strip.
    """
    footways = layers["footway"]
    places = along_lines(_axes(footways), STEP, MARGIN, least=1, most=MOST)
    kind = next((kind for kind in ("road_area", "parcel") if is_complete(layers, kind)), "building")
    left, right = (across(places, reach) for reach in (OPPOSITE, -OPPOSITE))
    things = shapes_of(layers, kind)
    width = _across_road(left, right, things) if kind == "road_area" else _between(left, right, things)
    slack = worst_accuracy(layers, kind)
    known = places.assign(width=width)[np.isfinite(width)].groupby("line")["width"].agg(["min", "max"])
    known = known.reindex(range(len(footways)))
    least, most = known["min"].to_numpy() - slack, known["max"].to_numpy() + slack
    wide = (least >= WIDE_STREET - MARGIN_OF_NUMBERS) & (kind != "building")
    return flags(footways.index, wide, most < WIDE_STREET - MARGIN_OF_NUMBERS)


def has_driveway(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a driveway crosses a footway.

    It crosses a line where it meets that, more than half a metre from its ends. It crosses a pavement that is drawn as a polygon
    where it lies on it or against it for at least 1 m: registers cut the pavement where a driveway runs. There is none, where
    driveways are complete and none comes near the pavement.
    """
    footways, driveways = layers["footway"], shapes_of(layers, "driveway")
    shapes = footways.geometry.to_numpy()
    flat = shapely.get_dimensions(shapes) == 2
    slack = schema.accuracy(footways) + worst_accuracy(layers, "driveway")
    inner = np.where(flat, shapely.buffer(only(shapes, flat), SNAP), _without_tips(only(shapes, ~flat), STUB))
    footway, driveway = shapely.STRtree(driveways).query(inner, predicate="intersects")
    edges = np.where(shapely.get_dimensions(driveways) == 2, shapely.boundary(driveways), driveways)
    against = shapely.length(shapely.intersection(edges[driveway], inner[footway])) >= OVER
    crossed = np.zeros(len(shapes), bool)
    crossed[footway[~flat[footway] | against]] = True
    near = np.zeros(len(shapes), bool)
    reach = np.where(flat, SNAP, np.minimum(_half_width(footways)[1], HALF_PAVEMENT)) + slack
    near[shapely.STRtree(driveways).query(shapes, predicate="dwithin", distance=reach)[0]] = True
    return flags(footways.index, crossed, ~near & is_complete(layers, "driveway"))


def obstacles_one_side(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether all obstacles on a footway stand on the same side of its axis.

    Obstacles stand on it within half its width of its line, or inside its polygon. The axis of a polygon is the middle line of a
    straight strip; in another it lies as far from the carriageway as from the edges away from it. False where two surely stand
    on different sides. True where obstacles are complete and all that may stand on it are on one side, or there is at most one.
    Where the width is not known, obstacles up to 3 m from the line may.
    """
    footways, obstacles = layers["footway"], layers.get("obstacle")
    if obstacles is None or obstacles.empty:
        nothing = np.zeros(len(footways), bool)
        return flags(footways.index, nothing, nothing)
    shapes, axes, things = footways.geometry.to_numpy(), _axes(footways), obstacles.geometry.to_numpy()
    flat = shapely.get_dimensions(shapes) == 2
    sure, reach = _half_width(footways)
    margin = float(schema.accuracy(obstacles).max(initial=0.0)) + schema.accuracy(footways)
    area = np.where(flat, shapes, axes)
    footway, thing = shapely.STRtree(things).query(area, predicate="dwithin", distance=np.where(flat, 0.0, reach) + margin)
    off = schema.accuracy(obstacles)[thing] + schema.accuracy(footways)[footway]
    away = shapely.distance(area[footway], things[thing])
    on = np.where(flat[footway], shapely.distance(shapely.boundary(shapes[footway]), things[thing]) >= off, True)
    offset = _offset(axes[footway], things[thing])
    bent = np.isnan(offset) & flat[footway]
    offset[bent] = _kerb_side(layers, shapes, footway[bent], things[thing[bent]])
    table = pd.DataFrame({"on": on & (away + np.where(flat[footway], 0.0, off) <= np.where(flat, 0.0, sure)[footway])})
    table["left"], table["right"] = ~(offset < -off), ~(offset > off)  # of unknown offset: on either side
    table["sure_left"], table["sure_right"] = table["on"] & (offset > off), table["on"] & (offset < -off)
    table = table[away - off <= np.where(flat, 0.0, reach)[footway]]
    found = table.groupby(footway[table.index]).any().reindex(range(len(footways)), fill_value=False).astype(bool)
    count = pd.Series(footway[table.index]).value_counts().reindex(range(len(footways)), fill_value=0)
    same = (~(found["left"] & found["right"]) | (count <= 1)) & (flat | ~shapely.is_missing(axes))
    false = found["sure_left"] & found["sure_right"]
    return flags(footways.index, (same & is_complete(layers, "obstacle")).to_numpy(), false.to_numpy())


def natural_guide(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a front or a kerb can be followed along the whole route.

    Every half metre a place on the route is looked at, but not within 3 m of a crossing. It has a guide line within 3 m of a
    building or a kerb line, and none if these, and carriageways, parcels and obstacles such as hedges, are all more than 5 m
    away. True if nowhere more than 1 m in a row is without; false if more than 10 m in a row surely are, and buildings and kerb
    lines are complete.
    """
    routes = layers["route"]
    places = along_lines(as_lines(routes.geometry.to_numpy()), PLACE, least=1)
    points = places["point"].to_numpy()
    slack = schema.accuracy(routes)[places["line"]] + worst_accuracy(layers, "building", "kerb_line")
    lacking = ~_near(points, shapes_of(layers, "building", "kerb_line"), FOLLOW - slack, np.ones(len(points), bool))
    lacking &= ~_near(points, shapes_of(layers, "crossing"), np.full(len(points), CROSSED), lacking)
    edges = shapes_of(layers, "building", "kerb_line", "carriageway", "parcel", "obstacle")
    lost = lacking & ~_near(points, edges, LOST + slack, lacking)
    straight = ~shapely.is_missing(as_lines(routes.geometry.to_numpy()))
    known = is_complete(layers, "building", "kerb_line")
    longer = _longest_run(places, lost, len(routes)) > LONG_GAP
    return flags(routes.index, straight & (_longest_run(places, lacking, len(routes)) <= GAP), straight & known & longer)


def _axes(footways: gpd.GeoDataFrame) -> np.ndarray:
    """Line of each footway; of a polygon that is a straight strip its middle line."""
    shapes = footways.geometry.to_numpy()
    lines = as_lines(shapes)
    return np.where(shapely.is_missing(lines), middle_lines(only(shapes, shapely.get_dimensions(shapes) == 2)), lines)


def _half_width(footways: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Half of the least and of the greatest width that each pavement has; 0 and `HALF_PAVEMENT` where nothing is known."""
    widths = [schema.bounds(footways, name) for name in ("footway_width", "gross_width", "route_width")]
    least = np.maximum.reduce([np.where(np.isfinite(low), low, 0.0) for low, _ in widths])
    most = np.minimum.reduce([high for _, high in widths[:2]])  # the clear width says nothing of the rest
    return least / 2, np.where(np.isfinite(most), np.maximum(most, least) / 2, HALF_PAVEMENT)


def _kerb_side(layers: Mapping[str, gpd.GeoDataFrame], shapes: np.ndarray, footway: np.ndarray, things: np.ndarray) -> np.ndarray:
    """Distance in metres of things from the middle of their pavement, towards the carriageway; NaN if it lies at none."""
    streets = shapes_of(layers, "carriageway")
    edges, owner = segments(only(shapes, np.isin(np.arange(len(shapes)), footway)))
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    at_street = np.isin(np.arange(len(edges)), shapely.STRtree(middle).query(streets, predicate="dwithin", distance=AT_KERB)[1])
    front, back = np.full(len(things), np.inf), np.full(len(things), np.inf)
    for result, chosen in ((front, at_street), (back, ~at_street)):
        thing, edge = shapely.STRtree(only(edges, chosen)).query(things, predicate="dwithin", distance=WIDEST)
        own = owner[edge] == footway[thing]
        np.minimum.at(result, thing[own], shapely.distance(things[thing[own]], edges[edge[own]]))
    known = front + back <= WIDEST
    return (np.where(known, back, np.nan) - np.where(known, front, np.nan)) / 2


def _offset(lines: np.ndarray, things: np.ndarray) -> np.ndarray:
    """Distance in metres of things to the left of lines, negative to the right; NaN without a line."""
    nearest = shapely.shortest_line(lines, things)
    foot, point = xy(shapely.get_point(nearest, 0)), xy(shapely.get_point(nearest, -1))
    at = shapely.line_locate_point(lines, shapely.get_point(nearest, 0))
    before, after = (xy(shapely.line_interpolate_point(lines, np.maximum(at + move, 0.0))) for move in (-STUB, STUB))
    course, aside = after - before, point - foot
    return np.asarray(np.sign(course[:, 0] * aside[:, 1] - course[:, 1] * aside[:, 0]) * np.hypot(*aside.T))


def _across_road(left: np.ndarray, right: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Width in metres of the road area across each place; NaN where the place is outside it, or it goes on too far."""
    whole = shapely.linestrings(np.stack([xy(shapely.get_point(left, -1)), xy(shapely.get_point(right, -1))], axis=1))
    inside = spans(whole, areas)
    here = (inside["start"] > SNAP) & (inside["start"] <= OPPOSITE) & (inside["end"] >= OPPOSITE)
    inside = inside[here & (inside["end"] < 2 * OPPOSITE - SNAP)]
    result = np.full(len(whole), np.nan)
    result[inside["line"]] = inside["end"] - inside["start"]
    return result


def _between(left: np.ndarray, right: np.ndarray, things: np.ndarray) -> np.ndarray:
    """Distance in metres between the first things on both sides of each place; infinite where a side has none."""
    sides = first_met(left, things), first_met(right, things)
    return np.where((sides[0] > 0) & (sides[1] > 0), sides[0] + sides[1], np.inf)


def _without_tips(lines: np.ndarray, length: float) -> np.ndarray:
    """Lines without what lies within a distance of their ends; none if nothing is left."""
    tips = shapely.union(*(shapely.buffer(shapely.get_point(lines, number), length) for number in (0, -1)))
    rest = shapely.difference(lines, tips)
    return only(rest, ~shapely.is_missing(rest) & ~shapely.is_empty(rest))


def _near(points: np.ndarray, things: np.ndarray, reach: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Points within a distance of any thing, of those that are asked for."""
    result = np.zeros(len(points), bool)
    chosen = np.flatnonzero(asked)
    found = shapely.STRtree(things).query(points[chosen], predicate="dwithin", distance=reach[chosen])[0]
    result[chosen[found]] = True
    return result


def _longest_run(places: pd.DataFrame, chosen: np.ndarray, lines: int) -> np.ndarray:
    """Length in metres of the longest run of chosen places of each line; each place stands for its part of the line."""
    line = places["line"].to_numpy()
    part = places.groupby("line")["at"].transform("min").to_numpy() * 2  # the first place lies half a part from the start
    fresh = ~chosen | (np.diff(line, prepend=-1) != 0)
    runs = pd.DataFrame({"line": line, "run": np.cumsum(fresh), "length": np.where(chosen, part, 0.0)})
    longest = runs.groupby(["line", "run"])["length"].sum().groupby("line").max()
    return np.asarray(longest.reindex(range(lines), fill_value=np.inf).to_numpy())
