"""Narrowings on the map as the gap itself: a line from edge to edge, with the ground round it, seen from near."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.maps.bottlenecks import OTHER, band_classes, band_styles
from toegankelijk.maps.layers import Layer, Style
from toegankelijk.maps.words import AllNames, code_field, norm_names, said, text_field, word_field

NEAR = 20
"""Zoom from which gaps show: a gap of 0.80 m is there 9 pixels long, at 51° north."""


def draw_gaps(gaps: gpd.GeoDataFrame, names: AllNames) -> list[Layer]:
    """Gaps with what they lie between and what would help, over the pavement and the things round them.

    Parameters
    ----------
    gaps
        As `toegankelijk.gaps.gaps_to_draw` gives them.
    names
        Names of themes.
    """
    rows = gaps.sort_index(kind="stable")
    index = rows.index
    classes = band_classes(rows["priority_band"])
    fields = [
        text_field("width", "gap.width", rows["width"]),
        text_field("required", "required", rows["required"]),
        text_field("lengths", "gap.lengths", rows["lengths"]),
        text_field("limits", "gap.limits", rows["limits"], searched=True),
        text_field("advice", "gap.help", rows["advice"]),
        text_field("solution_text", "solution", rows["solution"]),
        code_field("theme", "theme", rows["theme"], norm_names(names, "themes"), facet=True),
        word_field("priority_band", "priority", rows["priority_band"], "band", facet=True),
        text_field("gap", "gap", index.to_series(), searched=True),
        text_field("bottleneck", "bottleneck", rows["bottleneck_id"], searched=True),
    ]
    looks = band_styles()
    # As wide as the sign of the bottleneck is large: the bands are told apart in grey too
    styles = {
        name: Style(look.title, look.colour, width=(look.size - 20) / 2, dash=(3, 2) if name == OTHER else ())
        for name, look in looks.items()
        if name in set(classes)
    }
    layer = Layer(
        key="gaps",
        title=said("layer_name.narrowings"),
        shapes=rows.geometry,
        styles=styles,
        classes=classes,
        fields=fields,
        named=("width", "limits"),
        identity="gap",
        near=NEAR,
    )
    return [*_ground(rows), layer]


def _ground(rows: gpd.GeoDataFrame) -> list[Layer]:
    """Pavement and things round the gaps; what several gaps share is drawn more than once, and looks the same."""
    looks = {
        "pavement": Style(said("layer.pavement"), "#555555", width=1, fill="#ffffff", opacity=0.85),
        "things": Style(said("layer.things"), "#555555", width=1, fill="#4a4a4a", opacity=0.8),
    }
    layers = []
    for name, look in looks.items():
        shapes = gpd.GeoSeries(_areas(rows[name].to_numpy()), crs=rows.crs)
        if len(shapes):
            classes = pd.Series(np.full(len(shapes), name, dtype=object), shapes.index)
            layers.append(Layer(f"gap_{name}", look.title, shapes, {name: look}, classes, near=NEAR, background=True))
    return layers


def _areas(shapes: np.ndarray) -> np.ndarray:
    """Parts of shapes that are areas; where two only touch, they share a line or a point too."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return np.asarray(parts[shapely.get_dimensions(parts) == 2])
