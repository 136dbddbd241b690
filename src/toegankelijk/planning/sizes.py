"""How long, wide and large the objects of bottlenecks are, by what is drawn and measured; else a typical size, marked as such."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk.planning.facts import Layers, look_up, look_up_numbers, read_facts

WIDTHS = {
    "footway": ("gross_width", "footway_width", "route_width"),
    "ramp": ("ramp_width",),
    "stairs": ("stair_width",),
    "tactile": ("guide_width",),
    "parking_bay": ("bay_width",),
}
"""Attributes that say how wide an object is, in metres, the best first."""

LEAST = 0.1
"""Metres under which a line has no length and a width none, and square metres under which a polygon has no area."""

SQUARE = 8.0
"""Mean width in metres (twice the area by the outline) from which a footway drawn as polygon is a square: people cross it along
strips that are even, as nobody relays a whole square for that; a proposal."""

ANY = (5.0, 2.0)
"""Length and width in metres of a kind that the table of typical sizes does not have."""


def size_objects(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Sizes of the objects of bottlenecks.

    A line gives a length, and by the width of the object, or else the typical one of its kind, an area. A polygon gives an area,
    and as length that of the rectangle of the same area and outline: ``h / 2 + sqrt(h^2 / 4 - area)``, where ``h`` is half the
    outline.

    Parameters
    ----------
    table
        Bottlenecks: ``kind, object_id``.
    layers
        Kind to layer, measured.

    Returns
    -------
    DataFrame
        Index 0 to n - 1: ``length`` and ``width`` in metres and ``area`` in square metres, never zero; ``drawn``, the number of
        dimensions that is drawn (0, 1 or 2), ``measured``, whether the width is known, and ``strips``, the length in metres of
        two strips along and across a square, NaN for all else.
    """
    shapes = look_up(table, layers, "geometry").to_numpy(dtype=object)
    kinds = table["kind"].astype("object").reset_index(drop=True)
    typical = read_facts("sizes").set_index("kind")[["length", "width"]].astype(float).reindex(kinds)
    length, width = (typical[name].fillna(size).to_numpy(copy=True) for name, size in zip(("length", "width"), ANY, strict=True))
    measured = np.zeros(len(table), bool)
    for kind, names in WIDTHS.items():
        rows = np.flatnonzero(kinds == kind)
        known = np.full(len(rows), np.nan)
        for name in names if len(rows) else ():
            given = look_up_numbers(table.iloc[rows], layers, name)
            known = np.where(np.isnan(known) & (given > LEAST), given, known)
        measured[rows] = ~np.isnan(known)
        width[rows] = np.where(np.isnan(known), width[rows], known)
    long, large = (np.nan_to_num(part(shapes)) for part in (shapely.length, shapely.area))
    flat = large > LEAST
    drawn = np.select([flat, long > LEAST], [2, 1], 0)
    half = long / 2.0
    rectangle = half / 2.0 + np.sqrt(np.maximum(half**2 / 4.0 - large, 0.0))
    length = np.select([flat, drawn == 1], [rectangle, long], length)
    area = np.where(flat, large, length * width)
    strips = _strips(np.asarray(np.where(flat & (kinds == "footway").to_numpy(), shapes, None), dtype=object))
    return pd.DataFrame({"length": length, "width": width, "area": area, "drawn": drawn, "measured": measured, "strips": strips})


def _strips(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Length in metres of a strip along and one across each square: half the outline of the rectangle round it."""
    outline = np.maximum(np.nan_to_num(shapely.length(shapes)), LEAST)
    broad = 2.0 * np.nan_to_num(shapely.area(shapes)) / outline > SQUARE
    strips = np.full(len(shapes), np.nan)
    strips[broad] = shapely.length(shapely.oriented_envelope(shapes[broad])) / 2.0
    return strips
