"""Places on a drawn footway where two wheelchairs can pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.footway_widths import pieces_of
from toegankelijk.measure.geometry import frame, spans
from toegankelijk.measure.narrowings import Layers, Widths
from toegankelijk.measure.walking import Ways
from toegankelijk.network.distances import distances, farthest_on_edges
from toegankelijk.widths.footprints import obstacle_shapes

PASSING = 1.80
"""Metres of width where two wheelchairs can pass: a disc of this size is such a place; source: DIN24, ``norms.md`` section 2."""

SEAM = 0.005
"""Metres by which each pavement is drawn larger, so that two that touch are one."""

ROUNDING = 0.001
"""Metres by which coordinates may be rounded, so that a strip of 1.80 m is one."""


def passing_place_gap(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Greatest distance in metres along the ways over a footway between places where two wheelchairs can pass.

    Such a place is a free disc of 1.80 m on the way or beside it. What lies beyond the end of a way is not known, so what lies
    between a place and an end gives a lower bound; it also is one where not all obstacles are known. A distance that goes on over
    the next footway counts in full for both. By the accuracy of the drawing and the size of obstacles there may be fewer places.
    """
    index, pieces = layers["footway"].index, pieces_of(widths)
    table = pd.DataFrame({"low": np.nan, "high": np.nan}, index=index)
    if len(pieces):
        slack = schema.accuracy(widths.pavements).max(initial=0.0) + schema.accuracy(widths.barred).max(initial=0.0)
        least, _ = _gaps(pieces, _places(widths, PASSING - slack, largest=False))
        most, ended = _gaps(pieces, _places(widths, PASSING + slack, largest=True))
        most = np.where(ended | (not widths.whole), np.inf, most)
        found = pd.DataFrame({"low": least, "high": most}).groupby(pieces["pavement_id"].to_numpy()).max()
        table = found.reindex(index)
    return frame(index, table["low"].to_numpy(dtype=float), table["high"].to_numpy(dtype=float))


def passing_over_network(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Greatest distance in metres over the walking network between places where two wheelchairs can pass, past its ends.

    A footway that is 1.80 m wide everywhere is such a place, and so is a street that people walk on. With places a and b metres
    from the ends of a piece of L metres, the distance over it is at most ``a + b + L``. It is an upper bound, as there may be
    places on the way; what the drawing of the footway says stays.
    """
    footways, network = layers["footway"], ways.network
    there = ~schema.texts(footways, "delivered").eq(False).to_numpy()
    wide = (schema.bounds(footways, "min_passage_width")[0] >= PASSING) & there
    kind = network.edges["kind"].to_numpy(dtype=object)
    row = np.where(kind == "footway", footways.index.get_indexer(pd.Index(network.edges["object_id"].to_numpy())), -1)
    passing = (kind == "street") & (schema.texts(network.edges, "side") == "").to_numpy()
    passing |= (row >= 0) & wide[row]
    nodes = np.unique(np.concatenate([network.tail[passing], network.head[passing]]))
    free = np.ones(len(network), bool)
    far = 2 * farthest_on_edges(network, free, distances(network, free, nodes))
    most = np.full(len(footways), -np.inf)
    np.maximum.at(most, row[row >= 0], np.where(passing, 0.0, far)[row >= 0])
    low, high = schema.bounds(footways, "passing_place_gap")
    high = np.minimum(high, np.where(np.isneginf(most), np.inf, most))
    low = np.where(np.isneginf(low), np.where(wide, 0.0, np.nan), np.minimum(low, high))
    return frame(footways.index, low, high)


def _places(widths: Widths, size: float, *, largest: bool) -> np.ndarray:
    """Ground that free discs of a size cover, as polygons; obstacles are as large or as small as they can be."""
    pavements = shapely.buffer(widths.pavements.geometry.to_numpy(), SEAM, join_style="mitre")
    ground = shapely.union_all(pavements)
    things = obstacle_shapes(widths.barred, largest=largest)
    free = shapely.get_parts(shapely.difference(ground, shapely.union_all(things)) if len(things) else ground)
    middles = shapely.get_parts(shapely.buffer(free, ROUNDING - size / 2 - SEAM))
    middles = middles[~shapely.is_empty(middles)]
    return np.asarray(shapely.buffer(middles, size / 2 + SEAM))


def _gaps(pieces: pd.DataFrame, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres between the places before and after the middle of each piece, 0 in a place; and whether that is the end of a run."""
    run = pieces["run"].to_numpy()
    number = np.cumsum(np.concatenate([[False], run[1:] != run[:-1]]))
    coordinates, owner = shapely.get_coordinates(np.asarray(pieces["geometry"], dtype=object), return_index=True)
    lines = shapely.linestrings(coordinates, indices=number[owner])
    wide = spans(lines, places)
    ends = shapely.length(lines)
    begin = np.concatenate([np.zeros(len(lines)), wide["end"].to_numpy(dtype=float)])  # where its run does, or after a place
    table = pd.DataFrame({"run": np.concatenate([np.arange(len(lines)), wide["line"].to_numpy(dtype=np.intp)]), "start": begin})
    stop = pd.DataFrame({"run": np.concatenate([wide["line"].to_numpy(dtype=np.intp), np.arange(len(lines))])})
    stop["end"] = np.concatenate([wide["start"].to_numpy(dtype=float), ends])
    table = table.sort_values(["run", "start"], ignore_index=True).assign(end=stop.sort_values(["run", "end"])["end"].to_numpy())
    first, last = (table["run"].ne(table["run"].shift(by)).to_numpy() for by in (1, -1))
    length = pieces["length"].to_numpy(dtype=float)
    before = pd.Series(length).groupby(number).cumsum().to_numpy() - length / 2
    apart = np.concatenate([[0.0], np.cumsum(ends)])  # all runs in one row
    gap = np.searchsorted(table["start"].to_numpy() + apart[table["run"]], apart[number] + before, side="right") - 1
    inside = table["end"].to_numpy()[gap] > before
    metres = np.where(inside, (table["end"] - table["start"]).to_numpy()[gap], 0.0)
    return metres, inside & (first | last)[gap]
