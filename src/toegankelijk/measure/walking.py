"""What measures over the walking network share: where objects lie on it, and whether it holds all ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import frame, is_complete
from toegankelijk.network.graph import Network
from toegankelijk.network.locating import locate
from toegankelijk.network.passable import Passability
from toegankelijk.network.walks import Walk, walk_from
from toegankelijk.zones import representative_points

Layers = Mapping[str, gpd.GeoDataFrame]
Numbers = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

WALKED = ("footway", "crossing", "street", "stairs", "ramp")
"""Kinds of which the walking network is made."""


BESIDE_WAY = 10.0
"""Distance in metres from a way up to which people surely take it: from farther away they may walk straight; a proposal."""


@dataclass(frozen=True)
class Ways:
    """Where people walk, and what they can pass there.

    Parameters
    ----------
    network
        The walking network.
    passable
        From the name of a profile to what its users can pass; worked out when it is first asked for.
    """

    network: Network
    passable: Callable[[str], Passability]


@dataclass(frozen=True)
class Goals:
    """What distances are measured to.

    Parameters
    ----------
    points
        Where the goals lie.
    sure
        Whether each surely counts; others may.
    complete
        Whether these are all there are.
    slack
        Metres by which they may lie elsewhere.
    """

    points: Geometries
    sure: Booleans
    complete: bool
    slack: float


@dataclass(frozen=True)
class Spacing:
    """How far objects are from goals, by a figure for each.

    Parameters
    ----------
    metres
        From a walk to the figures.
    there
        Objects that lie on the network.
    times
        How often the distance to a goal stands in the figure; more than once only of stretches.
    slack
        Metres by which the place of an object may be off.
    """

    metres: Callable[[Walk], Numbers]
    there: Booleans
    times: float
    slack: Numbers | float = 0.0


def bound_distances(layers: Layers, network: Network, objects: gpd.GeoDataFrame, spacing: Spacing, goals: Goals) -> pd.DataFrame:
    """Bounds on distances to goals over all ways, by what the layers hold and lack.

    The upper one is the way over the network to what surely is a goal, without the ends of streets that nobody says can be
    crossed. The lower one is the way to what may be one, if all ways
    and goals are known, and both ends lie within 10 m of the network. Where no way leads to any, and in all other cases, it is
    the straight line. It is not known where goals may be missing.
    """
    shapes, free = objects.geometry.to_numpy(), np.ones(len(network), bool)
    places = locate(network, goals.points)
    drawn = network.edges["kind"].ne("mouth").to_numpy()
    high = spacing.metres(walk_from(network, places[goals.sure], drawn))
    low = np.full(len(objects), np.nan)
    if goals.complete:
        low = spacing.times * _straight(shapes, goals.points, farthest=spacing.times > 1)
        if holds_all_ways(layers):
            near = (places["off"] <= BESIDE_WAY).to_numpy()
            walked = spacing.metres(walk_from(network, places[near], free))
            sure = spacing.there & np.isfinite(walked)
            sure &= spacing.times * straight_distances(shapes, goals.points[~near]) >= walked
            low = np.where(sure, walked, low)
    low = np.minimum(low, high)  # a straight way is as long as its straight line, but for rounding
    slack = spacing.times * goals.slack + spacing.slack
    return frame(objects.index, np.maximum(low - slack, 0.0), high + slack)


def spacing_from(network: Network, objects: gpd.GeoDataFrame) -> Spacing:
    """Distances from objects beside the network, the straight line to their way included.

    The door of one that is drawn as an area may be anywhere on its outline, so half of that away.
    """
    shapes = objects.geometry.to_numpy()
    places = locate(network, representative_points(shapes))
    on = np.flatnonzero(places["edge"] >= 0)
    edge, along, off = (places[name].to_numpy()[on] for name in ("edge", "along", "off"))

    def metres(walk: Walk) -> Numbers:
        result = np.full(len(objects), np.inf)
        result[on] = walk.to(edge, along) + off
        return result

    outline = np.where(shapely.get_dimensions(shapes) > 0, shapely.length(shapes) / 2, 0.0)
    return Spacing(metres, (places["off"] <= BESIDE_WAY).to_numpy(), 1.0, outline)


def straight_distances(points: Geometries, others: Geometries) -> Numbers:
    """Straight distance in metres to the nearest of others; infinite where there is none."""
    result = np.full(len(points), np.inf)
    if len(others) and len(points):
        (which, _), metres = shapely.STRtree(others).query_nearest(points, return_distance=True, all_matches=False)
        result[which] = metres
    return result


def _straight(shapes: Geometries, goals: Geometries, *, farthest: bool) -> Numbers:
    """Straight distance in metres to the nearest goal; of a stretch from its middle or an end, whichever is farther."""
    if not farthest:
        return straight_distances(shapes, goals)
    result = straight_distances(representative_points(shapes), goals)
    lines = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    for number in (0, -1):
        ends = shapely.get_point(shapes[lines], number)
        result[lines] = np.maximum(result[lines], straight_distances(ends, goals))
    return result


def holds_all_ways(layers: Layers) -> bool:
    """Whether the walking network holds all ways, so that something follows from where it does not lead.

    Footways and crossings must be there and complete, and streets, stairs and ramps as far as they were delivered.
    """
    others = [layers[kind] for kind in WALKED if kind in layers and len(layers[kind])]
    return is_complete(layers, "footway", "crossing") and all(schema.is_complete(layer) for layer in others)
