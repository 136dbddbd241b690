"""Ways measured in free spaces, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.widths.entrances import find_entrances
from toegankelijk.widths.gates import ends_at_gates, ends_at_places, open_gates
from toegankelijk.widths.spaces import Spaces, free_spaces
from toegankelijk.widths.triangles import triangulate
from toegankelijk.widths.ways import Ways, find_ways, join

BATCH = 20_000
"""Corners of spaces that are measured together: few enough to stay in the cache of a processor."""


@dataclass(frozen=True)
class Measured:
    """Ways in free spaces.

    Parameters
    ----------
    spaces, ways
        The spaces, and the ways in them.
    end_places, end_widths, end_spaces
        Where ways end, how wide it is there, and the number of the space.
    rule
        By which entrances the ways of each space were found: ``given``, ``shared`` or ``farthest``.
    """

    spaces: Spaces
    ways: Ways
    end_places: np.ndarray
    end_widths: np.ndarray
    end_spaces: np.ndarray
    rule: np.ndarray


def measure(
    pavements: gpd.GeoDataFrame,
    obstacles: gpd.GeoDataFrame | None,
    entrances: gpd.GeoDataFrame | None,
    walkable: gpd.GeoDataFrame | None,
    *,
    largest: bool,
) -> tuple[Measured, pd.DataFrame]:
    """Ways through the space that obstacles leave, and remarks."""
    spaces, remarks = free_spaces(pavements, obstacles, largest=largest)
    spaces, found, aside = find_entrances(spaces, entrances, walkable)
    shapes = spaces.shapes
    rule = np.full(len(shapes), "farthest", dtype=object)
    for name in ("shared", "given"):
        rule[found["space"].to_numpy()[(found["rule"] == name).to_numpy()]] = name
    found = found[(rule[found["space"]] == found["rule"]).to_numpy()]  # where some are given, only they count
    space, border = found["space"].to_numpy(dtype=np.intp), found["geometry"].to_numpy(dtype=object)
    lines = shapely.get_type_id(border) == shapely.GeometryType.LINESTRING
    shapes, gates, gate_space = open_gates(shapes, border[lines], space[lines])
    places, place_space = shapely.get_coordinates(border[~lines]), space[~lines]
    parts, starts, end_places, end_widths, end_spaces = [], [], [], [], []
    for first, last in _batches(shapes):
        own = shapes[first:last]
        of_gate, of_place = ((x >= first) & (x < last) for x in (gate_space, place_space))
        mesh = triangulate(own, gates[of_gate], gate_space[of_gate] - first)
        ends = ends_at_gates(mesh)
        if of_place.any():
            ends = ends.joined(ends_at_places(mesh, own, places[of_place], place_space[of_place] - first))
        ways, ends = find_ways(mesh, ends, rule[first:last] == "given", own)
        parts.append(ways)
        starts.append(first)
        space = mesh.space[ends.triangle]
        end_places.append(mesh.placed(mesh.points[mesh.corners[ends.triangle]].mean(axis=1), space))
        end_widths.append(ends.width)
        end_spaces.append(space + first)
    ends_of = (np.vstack([np.zeros((0, 2)), *end_places]), *map(np.concatenate, ([[], *end_widths], [[], *end_spaces])))
    measured = Measured(spaces, join(parts, starts), ends_of[0], ends_of[1], ends_of[2].astype(np.intp), rule)
    return measured, schema.all_remarks([remarks, aside])


def _batches(shapes: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last number of spaces to measure together."""
    batch = np.cumsum(shapely.get_num_coordinates(shapes)) // BATCH
    bounds = np.append(np.flatnonzero(np.diff(batch, prepend=-1) != 0), len(shapes))
    return zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
