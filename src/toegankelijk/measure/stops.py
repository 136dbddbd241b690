"""Stops: bays and bends, depth of the platform, cycle paths at the stop, and the accessibility classes of De Lijn.

What GTFS says by ``wheelchair_boarding`` is read by its register map: of a platform in a station 1 is no step of more than 3 cm
on the way (`approach_step`), as ``wheelchair=yes`` in OpenStreetMap; 2 tells no reason, and 0 nothing.
"""

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
from toegankelijk.measure.axes import Axes, Geometries, Numbers
from toegankelijk.measure.geometry import flags, frame, spans, unit, worst_accuracy, xy
from toegankelijk.measure.passages import SNAP

STREET_REACH = 20.0
"""Distance in metres within which the axis of a stop's street lies; a proposal."""

LANE_REACH = 10.0
"""Distance in metres within which the axis lies of the street whose lane the bus stops in: two lanes and the platform's edge; a
proposal."""

BEND = 15.0
"""Turn in degrees of the street within 15 m before and after a stop, from which the stop lies in a bend; a proposal: on the
curve of about 75 m that this is, the front of a bus of 12 m reaches some 25 cm over the kerb."""

BEND_STEPS = (-15.0, -5.0, 5.0, 15.0)
"""Places in metres along the axis, from the stop, between which the street's direction is taken; about the length of a bus."""

BAY_STEPS = (-40.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0, 40.0)
"""Places in metres along the axis, from the stop, at which the edge of the carriageway is looked at; a bay is about 40 m long."""

BAY_DEPTH = 1.5
"""Depth in metres by which the carriageway is wider at a bay than before and after it; a proposal (a whole bay has about 3 m)."""

PLATFORM_STEPS = (-5.0, 0.0, 5.0)
"""Places in metres along the axis, from the stop, one of which is the boarding point; a proposal."""

AT_EDGE = 3.0
"""Distance in metres behind the edge of the carriageway within which a stop stands at that edge; a proposal."""

BAY_REACH = 15.0
"""Distance in metres from the axis up to which the edge of the carriageway is looked for."""

PLATFORM_REACH = 30.0
"""Distance in metres behind a stop up to which a pavement is followed."""

CYCLE_REACH = 5.0
"""Distance in metres behind a stop within which a cycle path runs along it; a proposal."""

CYCLE_CLEAR = 15.0
"""Distance in metres around a stop without any cycle path, beyond which none runs along it; a proposal."""

AXIS_CLEAR = 0.5
"""Distance in metres from an axis or an edge under which it is not clear on which side of it something lies; a proposal."""

STRAIGHT = 15.0
"""Turn of the street in degrees up to which a cross-section at a stop is square to it; a proposal."""

DELIJN_IMPLIES: Mapping[str, str] = {"MOTORISCHE_BEPERKING": "MOTORISCH_MET_ASSIST"}
"""A stop that people in a wheelchair use on their own, they can also use with help; source: METRO15 and DL-API, see ``norms.md``
section 7."""

Layers = Mapping[str, gpd.GeoDataFrame]
Booleans = npt.NDArray[np.bool_]


def with_delijn_classes(layers: Layers) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame]:
    """Layers in which the De Lijn classes of each stop are complete (see `complete_delijn_classes`), and remarks."""
    result = dict(layers)
    stops = result.get("stop")
    if stops is None or "delijn_class" not in stops:
        return result, schema.remarks()
    classes, clash = complete_delijn_classes(stops["delijn_class"])
    result["stop"] = stops.assign(delijn_class=classes)
    reason = "GEEN beside a class; the classes of the stop are unknown"
    rows = stops[clash]
    found = schema.remarks("", rows.index, "delijn_class", rows["delijn_class"], reason)
    return result, found.assign(layer=schema.texts(rows, "source").astype("str").to_numpy())


def complete_delijn_classes(classes: pd.Series) -> tuple[pd.Series, Booleans]:
    """Sets of De Lijn classes, with those that follow from others.

    ``MOTORISCHE_BEPERKING`` also sets ``MOTORISCH_MET_ASSIST``. An empty set is unknown. ``GEEN`` says that the stop was
    inventoried and has no class.

    Parameters
    ----------
    classes
        Classes joined by ``|``.

    Returns
    -------
    tuple
        The sets in the order of the schema, missing where nothing is known; and where ``GEEN`` stands beside a class.

    Examples
    --------
    >>> given = pd.Series(["MOTORISCHE_BEPERKING", "VISUELE_BEPERKING", "GEEN", "", "GEEN|VISUELE_BEPERKING"])
    >>> classes, clash = complete_delijn_classes(given)
    >>> classes.tolist()
    ['MOTORISCH_MET_ASSIST|MOTORISCHE_BEPERKING', 'VISUELE_BEPERKING', 'GEEN', None, None]
    >>> clash.tolist()
    [False, False, False, False, True]
    """
    codes, distinct = pd.factorize(classes.astype("object"))
    order = schema.attributes()["delijn_class"].classes
    texts: list[str | None] = []
    clashes = []
    for text in map(str, distinct):
        held = set(schema.split(text))
        clashes.append("GEEN" in held and len(held) > 1)
        held |= {implied for one, implied in DELIJN_IMPLIES.items() if one in held}
        texts.append("|".join(sorted(held, key=order.index)) if held and not clashes[-1] else None)
    names = np.array([*texts, None], dtype=object)[codes]
    return pd.Series(names, classes.index, dtype="object", name=classes.name), np.array([*clashes, False])[codes]


def shelter(layers: Layers) -> pd.DataFrame:
    """Whether a stop has a shelter: it has, if there is space for a wheelchair under it (`shelter_wheelchair`)."""
    stops = layers["stop"]
    return flags(stops.index, schema.bounds(stops, "shelter_wheelchair")[0] > 0, np.zeros(len(stops), bool))


def bus_swings_in(layers: Layers) -> pd.DataFrame:
    """Whether a stop lies in a bay or a bend: 1, or unknown.

    It lies in a bend if the axis of the street turns by 15 degrees or more within 15 m on either side, and no other street lies
    nearly as near; and in a bay if the edge of the carriageway lies 1.5 m or more further out at the stop than somewhere before
    and somewhere after it, within 40 m.
    Neither tells that there is none: a bus also swings in between cars that park along a straight kerb.
    """
    stops = layers["stop"]
    lines, axis = axes.find_driven(shapely.centroid(stops.geometry.to_numpy()), layers.get("street"), reach=LANE_REACH)
    rows = np.flatnonzero(axis.found)
    yes = np.zeros(len(stops), bool)
    if len(rows):
        line, along = lines[axis.line[rows]], axis.along[rows]
        noise = 2 * np.degrees(np.arctan(2 * worst_accuracy(layers, "street") / (BEND_STEPS[1] - BEND_STEPS[0])))
        bend = _turn(np.stack([_places(line, along + step) for step in BEND_STEPS])) - noise >= BEND
        yes[rows] = bend & axis.alone[rows]
        yes[rows] |= _in_bay(layers, _beside(stops, axis), rows, line, along)
    return flags(stops.index, yes, np.zeros(len(stops), bool))


def boarding_depth(layers: Layers) -> pd.DataFrame:
    """Depth in metres of the platform, square to the street: an upper bound, as poles and shelters are not looked at.

    It is that of the pavement polygons that hold the stop, the deepest within 5 m of it, where the city delivered all pavements;
    of a stop that is itself drawn as a platform at least the platform's own.
    """
    stops = layers["stop"]
    side = _side(layers)
    rows = np.flatnonzero(side.sure)
    high = np.full(len(stops), np.nan)
    flat = shapely.get_dimensions(stops.geometry.to_numpy()[rows]) == 2
    high[rows] = np.where(flat, (side.far - side.near + 2 * schema.accuracy(stops))[rows], np.nan)
    footways = layers.get("footway")
    if footways is not None and schema.is_complete(footways) and len(rows):
        whole = ~schema.texts(footways, "drawn").eq("walkway").to_numpy()  # a walkway is only part of its pavement
        shapes = footways.geometry.to_numpy()
        pavements = shapes[whole & (shapely.get_dimensions(shapes) == 2)]
        depths = {step: _pavement_depth(side, rows, pavements, step) for step in PLATFORM_STEPS}
        deepest = np.fmax.reduce(list(depths.values())) + 2 * worst_accuracy(layers, "footway")
        high[rows] = np.where(np.isnan(depths[0.0]), high[rows], np.fmax(high[rows], deepest))
    return frame(stops.index, np.where(np.isnan(high), np.nan, 0.0), high)


def cycle_path_at_stop(layers: Layers) -> pd.DataFrame:
    """Whether a cycle path runs along a stop: in front of it, or at most 5 m behind it.

    None does where no cycle path lies within 15 m, in a layer that holds all of them.
    """
    stops, paths = layers["stop"], layers.get("cycle_path")
    front, behind, unclear = _cycle_paths(layers)
    none = np.zeros(len(stops), bool)
    if paths is not None and schema.is_complete(paths):
        reach = CYCLE_CLEAR + schema.accuracy(stops) + worst_accuracy(layers, "cycle_path")
        near = shapely.STRtree(paths.geometry.to_numpy()).query(stops.geometry.to_numpy(), predicate="dwithin", distance=reach)
        none = ~np.isin(np.arange(len(stops)), near[0])
    return flags(stops.index, front | behind | unclear, none)


def cycle_behind(layers: Layers) -> pd.DataFrame:
    """Whether the cycle path at a stop runs behind it, seen from the carriageway, and none runs in front of it."""
    front, behind, unclear = _cycle_paths(layers)
    return flags(layers["stop"].index, behind & ~front & ~unclear, front)


@dataclass(frozen=True)
class _Side:
    """The side of the street on which each stop lies.

    ``foot`` is the nearest place on the axis of the street (or the edge of the carriageway) and ``outward`` points from there to
    the stop; ``near`` and ``far`` are where the stop begins and ends, in metres from there; ``sure`` marks stops of which all
    this is known.
    """

    foot: Numbers
    outward: Numbers
    near: Numbers
    far: Numbers
    sure: Booleans


def _side(layers: Layers) -> _Side:
    """By the axis of the street; where none is found, by the edge of a carriageway that the stop does not lie on."""
    stops, carriageways = layers["stop"], layers.get("carriageway")
    points = shapely.centroid(stops.geometry.to_numpy())
    by_axis = _beside(stops, axes.find_driven(points, layers.get("street"), reach=STREET_REACH)[1])
    edges = axes.edge_lines(carriageways)
    if not len(edges) or carriageways is None:
        return by_axis
    by_edge = _beside(stops, axes.find_axes(points, edges, reach=STREET_REACH), clear=worst_accuracy(layers, "carriageway"))
    on_it = np.isin(np.arange(len(stops)), shapely.STRtree(carriageways.geometry.to_numpy()).query(points, "intersects")[0])
    chosen = ~by_axis.sure & by_edge.sure & ~on_it
    mixed = {name: getattr(by_axis, name).copy() for name in ("foot", "outward", "near", "far", "sure")}
    for name, values in mixed.items():
        values[chosen] = getattr(by_edge, name)[chosen]
    return _Side(**mixed)


def _beside(stops: gpd.GeoDataFrame, axis: Axes, *, clear: float = AXIS_CLEAR) -> _Side:
    shapes = stops.geometry.to_numpy()
    step = xy(shapely.centroid(shapes)) - axis.foot
    outward = unit(step)
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    reach = pd.Series(((corners - axis.foot[owner]) * outward[owner]).sum(axis=1)).groupby(owner).agg(["min", "max"])
    sure = axis.found & (np.hypot(*step.T) > schema.accuracy(stops) + clear) & (axis.turn <= STRAIGHT)
    return _Side(axis.foot, outward, reach["min"].to_numpy(), reach["max"].to_numpy(), sure)


def _turn(places: Numbers) -> Numbers:
    """Greatest angle in degrees between the steps from place to place (step, stop, xy); NaN with fewer than two steps."""
    steps = np.diff(places, axis=0)
    heading = np.arctan2(steps[..., 1], steps[..., 0])
    apart = np.abs((heading[:, None] - heading[None, :] + np.pi) % (2 * np.pi) - np.pi)
    apart[np.diag_indices(len(heading))] = np.nan
    return np.asarray(np.degrees(np.fmax.reduce(apart, axis=(0, 1))))


def _in_bay(layers: Layers, side: _Side, rows: np.ndarray, line: Geometries, along: Numbers) -> Booleans:
    """Whether the carriageway is wider at each stop, on its side, than before and after it."""
    carriageways = layers.get("carriageway")
    if carriageways is None or carriageways.empty:
        return np.zeros(len(rows), bool)
    edges = []
    for step in BAY_STEPS:
        place, direction = _places(line, along + step), axes.directions(line, along + step, -axes.CHORD, axes.CHORD)
        normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
        normal *= np.sign((normal * side.outward[rows]).sum(axis=1))[:, None]
        there = np.flatnonzero(~np.isnan(place).any(axis=1) & ~np.isnan(normal).any(axis=1))
        edge = np.full(len(rows), np.nan)
        rays = axes.rays(place[there], normal[there], BAY_REACH)
        edge[there] = axes.span_at(spans(rays, carriageways.geometry.to_numpy()), np.zeros(len(there)))[1]
        edges.append(edge)
    steps, edge = np.array(BAY_STEPS), np.array(edges)
    here, before, after = edge[steps == 0][0], edge[steps < 0], edge[steps > 0]
    slack = 2 * worst_accuracy(layers, "carriageway")
    at_edge = (side.near[rows] >= here - AXIS_CLEAR) & (side.near[rows] <= here + AT_EDGE) & (here < BAY_REACH)
    narrower = [np.fmin.reduce(ends) <= here - BAY_DEPTH - slack for ends in (before, after)]
    return np.asarray(at_edge & narrower[0] & narrower[1])


def _pavement_depth(side: _Side, rows: np.ndarray, pavements: Geometries, step: float) -> Numbers:
    """Depth of the pavement that holds each stop, on a cross-section some metres further along; NaN where none does."""
    outward = side.outward[rows]
    along = np.stack([-outward[:, 1], outward[:, 0]], axis=1)
    section = axes.rays(side.foot[rows] + step * along, outward, side.far[rows] + PLATFORM_REACH)
    start, end = axes.span_at(spans(section, pavements), (side.near + side.far)[rows] / 2)
    return np.asarray(end - start)


def _cycle_paths(layers: Layers) -> tuple[Booleans, Booleans, Booleans]:
    """Stops with a cycle path in front of them, behind them, and on either side or through them for all that can be told.

    Nothing is told of a stop that lies too far from the street to be served from it, such as a platform on a square.
    """
    stops, paths = layers["stop"], layers.get("cycle_path")
    front, behind, unclear = (np.zeros(len(stops), bool) for _ in range(3))
    side = _side(layers)
    rows = np.flatnonzero(side.sure & (side.near <= LANE_REACH))
    if paths is None or paths.empty or not len(rows):
        return front, behind, unclear
    slack = schema.accuracy(stops) + worst_accuracy(layers, "cycle_path")
    section = axes.rays(side.foot[rows], side.outward[rows], side.far[rows] + CYCLE_REACH)
    shapes = paths.geometry.to_numpy()
    found = spans(section, np.where(shapely.get_dimensions(shapes) == 2, shapes, shapely.buffer(shapes, SNAP)))
    stop = rows[found["line"].to_numpy(int)]
    start, end = found["start"].to_numpy(), found["end"].to_numpy()
    middle, near, far, slack = (start + end) / 2, side.near[stop], side.far[stop], slack[stop]
    beside = middle > AXIS_CLEAR + slack  # else it may be a path on the other side of the axis
    after = (middle > far + slack) & (start > near - slack - SNAP)
    before = (middle < near - slack) & (end < far + slack + SNAP)
    front[stop[beside & before]] = True
    behind[stop[beside & after]] = True
    unclear[stop[beside & ~before & ~after]] = True
    return front, behind, unclear


def _places(lines: Geometries, along: Numbers) -> Numbers:
    """Places on lines (x, y); NaN before their start and past their end."""
    places = xy(shapely.line_interpolate_point(lines, np.clip(along, 0, shapely.length(lines))))
    outside = (along < 0) | (along > shapely.length(lines))
    return np.asarray(np.where(outside[:, None], np.nan, places))
