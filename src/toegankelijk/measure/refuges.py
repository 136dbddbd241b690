"""Refuges: islands in the middle of a crossing, where people can stop halfway."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.measure.carriageways import REACH, Kerbs, find_kerbs
from toegankelijk.measure.geometry import cut_large, flags, frame, is_complete, only, says, shapes_of, spans, worst_accuracy
from toegankelijk.measure.passages import SNAP

STAND = 0.5
"""Least depth in metres of an island on which a person can stand: a thinner strip is no refuge."""

LANE = 2.0
"""Least width in metres of carriageway on both sides of an island that lies in the middle; a proposal."""

CUT = 3.0
"""Distance in metres on either side of a crossing within which an island with a passage cut through it is looked for."""


def refuge_present(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether there is a traffic island in the middle of each crossing.

    There is, where the crossing runs at least 0.5 m over a traffic island, or through a passage between two parts of one, and
    at least 2 m of carriageway lies on either side. There is none, where both traffic islands and carriageways are delivered
    completely, the crossing runs from kerb to kerb without a break, and no island comes near it. A pavement or a verge between
    two carriageways is no island, but may serve as one, and so may what lies in a hole of the carriageway: unknown.
    """
    crossings = layers["crossing"]
    if "traffic_island" not in layers:
        nothing = np.zeros(len(crossings), bool)
        return flags(crossings.index, nothing, nothing)
    kerbs = find_kerbs(layers)
    found = _find(layers, kerbs)
    numbers = np.arange(len(crossings))
    sure = np.isin(numbers, found.loc[found["sure"], "line"])
    maybe = np.isin(numbers, found["line"]) | np.isin(numbers, _breaks(kerbs))
    known = ~np.isnan(kerbs.length) & is_complete(layers, "traffic_island", "carriageway")
    return flags(crossings.index, sure, known & ~maybe)


def refuge_depth(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Depth in metres of the refuge: the length of the crossing inside the island; of several refuges the least."""
    return _least(layers, "depth_low", "depth_high")


def refuge_width(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Upper bound in metres of the passage through the refuge, where it is cut through the island: posts may narrow it.

    A crossing that runs over the island may be narrower than it: its passage is unknown.
    """
    return _least(layers, "width_low", "width_high")


def _least(layers: Mapping[str, gpd.GeoDataFrame], low: str, high: str) -> pd.DataFrame:
    crossings = layers["crossing"]
    if "traffic_island" not in layers:
        nothing = np.full(len(crossings), np.nan)
        return frame(crossings.index, nothing, nothing)
    found = _find(layers, find_kerbs(layers))
    least = found[found["sure"]].groupby("line")[[low, high]].min().reindex(range(len(crossings)))
    return frame(crossings.index, least[low].to_numpy(dtype=float), least[high].to_numpy(dtype=float))


def _find(layers: Mapping[str, gpd.GeoDataFrame], kerbs: Kerbs) -> pd.DataFrame:
    """What may be refuges, and which of them surely are: columns ``line``, ``sure`` and bounds of depth and width."""
    crossings = layers["crossing"]
    islands = layers["traffic_island"].geometry.to_numpy()
    slack = np.maximum(kerbs.accuracy, worst_accuracy(layers, "traffic_island"))
    over = spans(kerbs.lines, islands).assign(width_low=np.nan, width_high=np.nan)
    through, between = _passages(kerbs.lines, islands), _passages(kerbs.lines, _holes(layers))
    table = pd.concat([over.assign(island=True), through.assign(island=True), between.assign(island=False)], ignore_index=True)
    off = slack[table["line"]]
    drawn = ~says(crossings, "axis_to_axis", True)
    first = np.where(np.isnan(kerbs.start) & drawn, REACH, kerbs.start)[table["line"]]
    last = np.where(np.isnan(kerbs.end) & drawn, shapely.length(kerbs.lines) - REACH, kerbs.end)[table["line"]]
    depth = table["end"] - table["start"]
    lane = np.minimum(table["start"] - first, last - table["end"])
    table = table.assign(depth_low=np.maximum(depth - off, 0.0), depth_high=depth + off, width_high=table["width_high"] + off)
    table["sure"] = table["island"].astype(bool) & (depth - off >= STAND) & (lane - off >= LANE)
    never = (depth + off < STAND) | (lane <= off + SNAP)
    return table[~never]


def _passages(lines: np.ndarray, islands: np.ndarray) -> pd.DataFrame:
    """Passages between islands on the left and on the right of lines: where they start and end, and how wide they are."""
    near = shapely.STRtree(lines).query(islands, predicate="dwithin", distance=CUT)[1]
    sides = []
    for side in (CUT, -CUT):
        bands = shapely.buffer(only(lines, np.isin(np.arange(len(lines)), near)), side, single_sided=True)
        parts, _ = cut_large(islands, bands)
        part, line = shapely.STRtree(bands).query(parts, predicate="intersects")
        pieces = shapely.intersection(parts[part], bands[line])
        aside = shapely.distance(pieces, lines[line])
        places, owner = shapely.get_coordinates(pieces, return_index=True)
        along = pd.Series(shapely.line_locate_point(lines[line[owner]], shapely.points(places))).groupby(owner)
        real = (shapely.area(pieces) > 0) & (aside > SNAP)  # what the line itself runs over is no passage
        table = pd.DataFrame({"start": along.min(), "end": along.max()}, index=range(len(pieces))).assign(line=line, aside=aside)
        sides.append(table[real])
    both = sides[0].merge(sides[1], on="line", suffixes=("_left", "_right"))
    result = pd.DataFrame(
        {
            "line": both["line"],
            "start": both[["start_left", "start_right"]].max(axis=1),
            "end": both[["end_left", "end_right"]].min(axis=1),
            "width_low": np.nan,
            "width_high": both["aside_left"] + both["aside_right"],
        }
    )
    return result[result["end"] > result["start"]]


def _holes(layers: Mapping[str, gpd.GeoDataFrame]) -> np.ndarray:
    """Holes in carriageways: something stands there, an island perhaps."""
    rings, owner = shapely.get_rings(shapely.get_parts(shapes_of(layers, "carriageway")), return_index=True)
    inner = np.flatnonzero(np.diff(owner, prepend=-1) == 0)
    return np.asarray(shapely.polygons(rings[inner]))


def _breaks(kerbs: Kerbs) -> np.ndarray:
    """Crossings whose carriageway is broken by something on which a person might stand."""
    gap = kerbs.gap
    return np.asarray(gap.loc[gap["end"] - gap["start"] + kerbs.accuracy[gap["line"]] >= STAND, "line"])
