"""Measures: geometry and raw values in, attributes or derived objects out. Nothing here judges.

A value that the city gives always wins over one that is measured. What is measured is marked in a column ``{attribute}_how``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.measure import bays, bends, bollards, footway_widths, levels, narrowings, passing, ramps, slopes, stairs
from toegankelijk.measure.carriageways import crossing_lanes, crossing_maxspeed, skew_angle
from toegankelijk.measure.crossings import crossing_length, crossing_marked, required_speed, with_crossing_ends, zebra
from toegankelijk.measure.detours import crossing_detour, stepfree_detour
from toegankelijk.measure.ends import both_sides_lowered, crossing_width, landing_depth
from toegankelijk.measure.furniture import bench_setback, outside_walkway
from toegankelijk.measure.guidance import (
    at_crossing,
    at_stop_or_entrance,
    field_depth,
    guide_clearance,
    guide_gap,
    guide_width,
    info_side,
    tactile_warning,
    warning_depth,
    warning_length,
)
from toegankelijk.measure.implied import (
    gentle,
    length_below_120,
    length_below_150,
    length_below_180,
    line_narrowing,
    narrowest_of_route,
    ramp_handrail,
    ramp_without_handrail,
    speed_50_or_more,
    stairs_handrail,
    stairs_without_handrail,
)
from toegankelijk.measure.limits import with_limits
from toegankelijk.measure.managers import with_managers
from toegankelijk.measure.narrowings import Widths, find_widths, width_remarks, with_narrowings
from toegankelijk.measure.observed import apply_observations
from toegankelijk.measure.parking import (
    bay_count,
    bay_length,
    bay_width,
    parallel_bay,
    reserved_count,
    sign,
)
from toegankelijk.measure.passages import with_stretches
from toegankelijk.measure.pavements import with_derived_pavements
from toegankelijk.measure.refuges import refuge_depth, refuge_present, refuge_width
from toegankelijk.measure.spacing import first_rest_distance, rest_gap, route_rest_gap
from toegankelijk.measure.stops import (
    boarding_depth,
    bus_swings_in,
    cycle_behind,
    cycle_path_at_stop,
    shelter,
    with_delijn_classes,
)
from toegankelijk.measure.streets import footway_sides, with_street_names
from toegankelijk.measure.surroundings import (
    building_line_9m_or_more,
    built_up_area,
    has_driveway,
    natural_guide,
    obstacles_one_side,
)
from toegankelijk.measure.thresholds import step_follows, step_gap
from toegankelijk.measure.walked import find_ways, with_axes
from toegankelijk.measure.walking import Ways
from toegankelijk.network.building import WALKED, build_network
from toegankelijk.network.graph import Network

Layers = Mapping[str, gpd.GeoDataFrame]
"""Kind to layer; context kinds such as ``carriageway`` and ``building`` stand among them."""


@dataclass(frozen=True)
class Measure:
    """How one attribute of one kind is measured: a function of all layers.

    It gives columns ``low`` and ``high`` on the index of the kind's layer: equal bounds are a value, NaN is unknown, true is 1
    and false is 0. Of a class it gives a column ``value`` instead, missing where it is unknown. It is called only if the layer
    is there and holds objects.
    """

    attribute: str
    kind: str
    function: Callable[[Layers], pd.DataFrame]


@dataclass(frozen=True)
class TerrainMeasure:
    """How one attribute of one kind is measured from heights of the ground; as `Measure`."""

    attribute: str
    kind: str
    function: Callable[[Layers, schema.Terrain], pd.DataFrame]


@dataclass(frozen=True)
class WidthMeasure:
    """How one attribute of one kind is measured from widths of pavements; as `Measure`."""

    attribute: str
    kind: str
    function: Callable[[Layers, Widths], pd.DataFrame]


@dataclass(frozen=True)
class NetworkMeasure:
    """How one attribute of one kind is measured over the walking network; as `Measure`.

    It replaces what was measured before. With ``past_barriers``, pavements that are drawn as polygons are walked along as if
    nothing stood there: how far it is does not hang on which obstacles were delivered.
    """

    attribute: str
    kind: str
    function: Callable[[Layers, Ways], pd.DataFrame]
    past_barriers: bool = False


MEASURES = (
    Measure("crossing_marked", "crossing", crossing_marked),
    Measure("zebra", "crossing", zebra),
    Measure("crossing_length", "crossing", crossing_length),
    Measure("required_speed", "crossing", required_speed),
    Measure("refuge_present", "crossing", refuge_present),
    Measure("refuge_depth", "crossing", refuge_depth),
    Measure("refuge_width", "crossing", refuge_width),
    Measure("maxspeed", "crossing", crossing_maxspeed),
    Measure("lanes", "crossing", crossing_lanes),
    Measure("speed_50_or_more", "crossing", speed_50_or_more),
    Measure("skew_angle", "crossing", skew_angle),
    Measure("both_sides_lowered", "crossing", both_sides_lowered),
    Measure("crossing_width", "crossing_end", crossing_width),
    Measure("landing_depth", "crossing_end", landing_depth),
    Measure("tactile_warning", "crossing_end", tactile_warning),
    Measure("warning_length", "crossing_end", warning_length),
    Measure("warning_depth", "crossing_end", warning_depth),
    Measure("guide_width", "tactile", guide_width),
    Measure("warning_depth", "tactile", field_depth),
    Measure("info_side", "tactile", info_side),
    Measure("at_crossing", "tactile", at_crossing),
    Measure("at_stop_or_entrance", "tactile", at_stop_or_entrance),
    Measure("guide_clearance", "tactile", guide_clearance),
    Measure("guide_gap", "tactile", guide_gap),
    Measure("footway_sides", "street", footway_sides),
    Measure("step_gap", "kerb", step_gap),
    Measure("step_follows", "kerb", step_follows),
    Measure("length_below_120", "narrowing", length_below_120),
    Measure("length_below_150", "narrowing", length_below_150),
    Measure("length_below_180", "narrowing", length_below_180),
    Measure("line_narrowing", "narrowing", line_narrowing),
    Measure("passage_width", "passage", bollards.gap_in_row),
    Measure("min_passage_width", "footway", narrowest_of_route),
    Measure("long_slope", "footway", gentle),
    Measure("turn_90", "ramp", ramps.turn_90),
    Measure("turn_180", "ramp", ramps.turn_180),
    Measure("intermediate_landing", "ramp", ramps.landing),
    Measure("run_length", "ramp", ramps.run_length),
    Measure("ramp_slope", "ramp", ramps.ramp_slope),
    Measure("rise", "ramp", ramps.ramp_rise),
    Measure("stair_alternative", "ramp", ramps.stair_alternative),
    Measure("handrail_sides", "ramp", ramp_without_handrail),
    Measure("handrail_present", "ramp", ramp_handrail),
    Measure("intermediate_landing", "stairs", stairs.landing),
    Measure("flight_steps", "stairs", stairs.flight_steps),
    Measure("riser", "stairs", stairs.riser),
    Measure("stride", "stairs", stairs.stride),
    Measure("handrail_sides", "stairs", stairs_without_handrail),
    Measure("handrail_present", "stairs", stairs_handrail),
    Measure("bay_width", "parking_bay", bay_width),
    Measure("bay_length", "parking_bay", bay_length),
    Measure("parallel_bay", "parking_bay", parallel_bay),
    Measure("sign", "parking_bay", sign),
    Measure("reserved_count", "car_park", reserved_count),
    Measure("bay_count", "car_park", bay_count),
    Measure("bus_swings_in", "stop", bus_swings_in),
    Measure("boarding_depth", "stop", boarding_depth),
    Measure("shelter", "stop", shelter),
    Measure("cycle_path_at_stop", "stop", cycle_path_at_stop),
    Measure("cycle_behind", "stop", cycle_behind),
    Measure("outside_walkway", "obstacle", outside_walkway),
    Measure("built_up_area", "footway", built_up_area),
    Measure("building_line_9m_or_more", "footway", building_line_9m_or_more),
    Measure("has_driveway", "footway", has_driveway),
    Measure("obstacles_one_side", "footway", obstacles_one_side),
    Measure("natural_guide", "route", natural_guide),
    Measure("bench_setback", "rest_place", bench_setback),
)
"""What can be measured from the layers, in this order; every other attribute is known only where the city gives it."""

TERRAIN_MEASURES: tuple[TerrainMeasure, ...] = (
    TerrainMeasure("running_slope", "footway", slopes.running_slope),
    TerrainMeasure("long_slope", "footway", slopes.long_slope),
    TerrainMeasure("slope_rest_gap", "footway", slopes.slope_rest_gap),
    TerrainMeasure("cross_slope", "footway", levels.cross_slope),
    TerrainMeasure("rise", "kerb", levels.kerb_rise),
    TerrainMeasure("level_difference", "kerb", levels.kerb_step),
    TerrainMeasure("rise", "crossing_end", levels.end_rise),
    TerrainMeasure("rise", "ramp", ramps.terrain_rise),
    TerrainMeasure("rise", "stairs", stairs.stairs_rise),
)
"""What heights of the ground tell; measured before `MEASURES`."""

WIDTH_MEASURES: tuple[WidthMeasure, ...] = (
    WidthMeasure("route_width", "footway", footway_widths.route_width),
    WidthMeasure("min_passage_width", "footway", footway_widths.min_passage_width),
    WidthMeasure("clear_width", "footway", footway_widths.clear_width),
    WidthMeasure("gross_width", "footway", footway_widths.gross_width),
    WidthMeasure("footway_width", "footway", footway_widths.footway_width),
    WidthMeasure("passing_place_gap", "footway", passing.passing_place_gap),
    WidthMeasure("turning_point", "footway", bends.turning_point),
    WidthMeasure("turning_diameter", "footway", bends.turning_diameter),
    WidthMeasure("right_angle_bend", "footway", bends.right_angle_bend),
    WidthMeasure("bend_width_sum", "footway", bends.bend_width_sum),
    WidthMeasure("narrowing_width", "narrowing", narrowings.narrowing_width),
    WidthMeasure("length_below_120", "narrowing", narrowings.below_120),
    WidthMeasure("length_below_150", "narrowing", narrowings.below_150),
    WidthMeasure("length_below_180", "narrowing", narrowings.below_180),
    WidthMeasure("free_square_side", "narrowing", narrowings.free_square_side),
    WidthMeasure("narrowing_gap", "narrowing", narrowings.narrowing_gap),
    WidthMeasure("narrowing_follows", "narrowing", narrowings.narrowing_follows),
    WidthMeasure("passage_width", "passage", bollards.gap_on_pavement),
)
"""What the widths of pavements that are drawn as polygons tell; measured before all others."""


NETWORK_MEASURES: tuple[NetworkMeasure, ...] = (
    NetworkMeasure("rest_gap", "footway", rest_gap, past_barriers=True),
    NetworkMeasure("rest_gap", "route", route_rest_gap, past_barriers=True),
    NetworkMeasure("first_rest_distance", "anchor", first_rest_distance, past_barriers=True),
    NetworkMeasure("crossing_detour", "street", crossing_detour),
    NetworkMeasure("stepfree_detour", "stairs", stepfree_detour),
    NetworkMeasure("bay_entrance_distance", "parking_bay", bays.bay_entrance_distance),
    NetworkMeasure("bay_kerb_distance", "parking_bay", bays.bay_kerb_distance),
    NetworkMeasure("passing_place_gap", "footway", passing.passing_over_network),
)
"""What the walking network tells; measured after all others."""


def measure_layers(city: schema.City) -> schema.City:
    """Measure what the layers allow: derived stretches, crossing ends and narrowings, names of streets, then attributes.

    Parameters
    ----------
    city
        Layers as read.

    Returns
    -------
    City
        The same city with more attributes known and derived objects added; derived ones have a ``parent_id``.
    """
    return measure_and_walk(city)[0]


def measure_and_walk(city: schema.City) -> tuple[schema.City, Callable[[], Network]]:
    """Measure as `measure_layers` does; and the walking network of what is measured, built when it is first asked for."""
    derived = with_crossing_ends(with_stretches(_with_pavements(city)))
    widths = find_widths({**city.context, **derived})
    derived, observations, found = apply_observations(city, with_street_names(with_narrowings(derived, widths)))
    derived, clashes = with_delijn_classes(with_managers(derived))
    layers = {**city.context, **derived}
    for of_width in WIDTH_MEASURES:
        if widths is not None and _holds(layers, of_width.kind):
            layers[of_width.kind] = _filled(layers[of_width.kind], of_width.attribute, of_width.function(layers, widths))
    layers = with_limits(layers, widths)
    for step in TERRAIN_MEASURES:
        if city.terrain is not None and _holds(layers, step.kind):
            layers[step.kind] = _filled(layers[step.kind], step.attribute, step.function(layers, city.terrain))
    for measure in MEASURES:
        if _holds(layers, measure.kind):
            layers[measure.kind] = _filled(layers[measure.kind], measure.attribute, measure.function(layers))
    layers, ways = _over_network(layers, widths)
    measured = {kind: layer for kind, layer in layers.items() if kind not in schema.context_kinds()}
    context = {kind: layer for kind, layer in layers.items() if kind in schema.context_kinds()}
    remarks = schema.all_remarks([city.remarks, found, clashes, width_remarks(derived, widths)])
    result = replace(city, layers=measured, context=context, observations=observations, remarks=remarks)
    if any("delivered" in layers.get(kind, ()) for kind in WALKED):  # measured along ways that only the inventory knows, too
        return result, lambda: build_network(layers)
    return result, lambda: ways(False).network


def _over_network(layers: Layers, widths: Widths | None) -> tuple[dict[str, gpd.GeoDataFrame], Callable[[bool], Ways]]:
    """Layers with what the walking network tells, and where people walk (see `toegankelijk.measure.walked.find_ways`)."""
    layers = with_axes(layers, widths)
    result, ways = dict(layers), find_ways(layers, widths)
    for step in NETWORK_MEASURES:
        if _holds(layers, step.kind):
            found = step.function(layers, ways(step.past_barriers))
            result[step.kind] = _filled(_without_measured(result[step.kind], step.attribute), step.attribute, found)
    return result, ways


def _without_measured(layer: gpd.GeoDataFrame, attribute: str) -> gpd.GeoDataFrame:
    """Layer without what was measured of an attribute before."""
    measured = (schema.texts(layer, f"{attribute}_how") == "measured").to_numpy()
    columns = [name for name in (attribute, f"{attribute}_low", f"{attribute}_high") if name in layer]
    return layer.assign(**{name: np.where(measured, np.nan, _column(layer, name)) for name in columns})


def _with_pavements(city: schema.City) -> dict[str, gpd.GeoDataFrame]:
    """Layers of the city, with pavements derived from road areas where none were delivered."""
    layers = with_derived_pavements({**city.context, **city.layers})
    return {kind: layer for kind, layer in layers.items() if kind not in city.context}


def _holds(layers: Layers, kind: str) -> bool:
    return kind in layers and len(layers[kind]) > 0


def _filled(layer: gpd.GeoDataFrame, attribute: str, found: pd.DataFrame) -> gpd.GeoDataFrame:
    if "delivered" in layer:  # of an object that only the inventory knows, the geometry says where it was and no more
        found = found.mask(layer["delivered"].eq(False))
    return fill(layer, attribute, found)


def fill(layer: gpd.GeoDataFrame, attribute: str, found: pd.DataFrame) -> gpd.GeoDataFrame:
    """Layer with measured values where the attribute was unknown."""
    if schema.attributes()[attribute].type == "class":
        given = layer[attribute] if attribute in layer else pd.Series(None, layer.index, dtype="object")
        new = given.isna() & found["value"].notna()
        values = given.astype("object").where(~new, found["value"])
        return layer.assign(**{attribute: values, f"{attribute}_how": _how(layer, attribute, new)})
    low, high = (found[end].to_numpy(dtype=float) for end in ("low", "high"))
    if schema.attributes()[attribute].type == "bool":
        given = layer[attribute].astype("boolean") if attribute in layer else pd.Series(pd.NA, layer.index, dtype="boolean")
        new = (given.isna() & found["low"].notna()).to_numpy()
        values = given.where(~new, pd.Series(low == 1, layer.index, dtype="boolean"))
        return layer.assign(**{attribute: values, f"{attribute}_how": _how(layer, attribute, new)})
    known_low, known_high = schema.bounds(layer, attribute)
    new = np.isneginf(known_low) & np.isposinf(known_high) & ~(np.isnan(low) & np.isnan(high))
    exact = low == high
    columns = {attribute: np.where(new & exact, low, _column(layer, attribute))}
    for end, bound in (("low", low), ("high", high)):
        name = f"{attribute}_{end}"
        if name in layer or (new & ~exact).any():
            columns[name] = np.where(new, np.where(exact, np.nan, bound), _column(layer, name))
    return layer.assign(**columns, **{f"{attribute}_how": _how(layer, attribute, new)})


def _how(layer: pd.DataFrame, attribute: str, new: np.ndarray) -> np.ndarray:
    """Marks of what is measured now, beside those of what was observed."""
    return np.where(new, "measured", schema.texts(layer, f"{attribute}_how"))


def _column(layer: pd.DataFrame, name: str) -> np.ndarray:
    return layer[name].to_numpy(dtype=float, na_value=np.nan) if name in layer else np.full(len(layer), np.nan)
