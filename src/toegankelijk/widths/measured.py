"""Ways measured in free spaces, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.widths.barriers import find_barriers, without_voids
from toegankelijk.widths.entrances import find_entrances
from toegankelijk.widths.footprints import is_certain
from toegankelijk.widths.gates import ALONGSIDE, beside_gates, ends_at_gates, ends_at_places, open_gates
from toegankelijk.widths.spaces import Spaces, free_spaces
from toegankelijk.widths.stations import Ways, join
from toegankelijk.widths.triangles import triangulate
from toegankelijk.widths.ways import find_ways

BATCH = 20_000
"""Corners of spaces that are measured together: few enough to stay in the cache of a processor."""

NO_ENTRANCES = pd.DataFrame({"space": np.zeros(0, np.intp), "rule": np.array([], object), "geometry": np.array([], object)})


@dataclass(frozen=True)
class Measured:
    """Ways in free spaces.

    Parameters
    ----------
    spaces, ways
        The spaces, and the ways in them.
    end_gaps, end_widths, end_spaces
        Gaps at the ends of ways, shape (ends, 2, 2), how wide they are, and the number of the space.
    counted
        Whether an end limits the way: an edge that is shared with another surface does not, for one may pass beside it.
    rule
        By which entrances the ways of each space were found: ``given``, ``shared`` or ``farthest``.
    barriers
        Where obstacles part a pavement, as of `find_barriers`.
    """

    spaces: Spaces
    ways: Ways
    end_gaps: np.ndarray
    end_widths: np.ndarray
    end_spaces: np.ndarray
    counted: np.ndarray
    rule: np.ndarray
    barriers: gpd.GeoDataFrame


def measure(
    pavements: gpd.GeoDataFrame,
    obstacles: gpd.GeoDataFrame | None,
    entrances: gpd.GeoDataFrame | None,
    walkable: gpd.GeoDataFrame | None,
    *,
    largest: bool,
) -> tuple[Measured, pd.DataFrame]:
    """Ways through the space that obstacles leave, and remarks."""
    if obstacles is not None and not largest:
        obstacles = obstacles[is_certain(obstacles)]
    spaces, remarks = free_spaces(pavements, obstacles, largest=largest)
    found, aside = NO_ENTRANCES, schema.remarks()
    if entrances is not None or walkable is not None:
        spaces, found, aside = find_entrances(spaces, entrances, walkable)
    found = found[~_is_alongside(found)]
    rule = _rules(spaces, found)
    found = found[(rule[found["space"].to_numpy(dtype=np.intp)] == found["rule"]).to_numpy()]  # where given, only they count
    counts, barriers = find_barriers(spaces, found, rule)
    spaces, found = without_voids(spaces, found, counts)
    shapes, rule = spaces.shapes, rule[counts]
    space, border = found["space"].to_numpy(dtype=np.intp), found["geometry"].to_numpy(dtype=object)
    lines = shapely.get_type_id(border) == shapely.GeometryType.LINESTRING
    shapes, gates, gate_space = open_gates(shapes, border[lines], space[lines])
    places, place_space = shapely.get_coordinates(border[~lines]), space[~lines]
    parts, starts, ends_of = [], [], [(np.zeros((0, 2, 2)), np.zeros(0), np.zeros(0, np.intp), np.zeros(0, bool))]
    for first, last in _batches(shapes):
        own = shapes[first:last]
        of_gate, of_place = ((x >= first) & (x < last) for x in (gate_space, place_space))
        mesh = triangulate(own, gates[of_gate], gate_space[of_gate] - first)
        known = ends_at_gates(mesh)
        on_side = ~known.across & (rule[mesh.space[known.triangle] + first] == "shared")
        if on_side.any():
            known = beside_gates(mesh, own, known, on_side)
        if of_place.any():
            known = known.joined(ends_at_places(mesh, own, places[of_place], place_space[of_place] - first))
        ways, ends = find_ways(mesh, known, rule[first:last] == "given", own)
        parts.append(ways)
        starts.append(first)
        of = mesh.space[ends.triangle]
        ends_of.append(
            (ends.gap + mesh.origins[of][:, None], ends.width, of + first, ends.across | (rule[of + first] != "shared"))
        )
    gaps, widths, of_ends, counted = (np.concatenate(column) for column in zip(*ends_of, strict=True))
    measured = Measured(spaces, join(parts, starts), gaps, widths, of_ends, counted, rule, barriers)
    return measured, schema.all_remarks([remarks, aside])


def _is_alongside(found: pd.DataFrame) -> np.ndarray:
    """Shared borders that are so long that the other surface lies alongside."""
    long = shapely.length(found["geometry"].to_numpy(dtype=object)) > ALONGSIDE
    return np.asarray(long & (found["rule"] == "shared").to_numpy())


def _rules(spaces: Spaces, found: pd.DataFrame) -> np.ndarray:
    """By which entrances the ways of each space go; all parts of a pavement go by the same."""
    rule = np.full(len(spaces.wholes), "farthest", dtype=object)
    for name in ("shared", "given"):
        chosen = found["space"].to_numpy(dtype=np.intp)[(found["rule"] == name).to_numpy()]
        rule[spaces.whole[chosen]] = name
    return np.asarray(rule[spaces.whole])


def _batches(shapes: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last number of spaces to measure together."""
    batch = np.cumsum(shapely.get_num_coordinates(shapes)) // BATCH
    bounds = np.append(np.flatnonzero(np.diff(batch, prepend=-1) != 0), len(shapes))
    return zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
