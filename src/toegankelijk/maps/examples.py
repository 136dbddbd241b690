"""Good examples on the map: stretches as lines, all others as signs."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.maps.layers import Layer, Style, Words
from toegankelijk.maps.words import AllNames, code_field, joined_names, norm_names, said, same, text_field
from toegankelijk.wording import text

COLOUR = "#00594f"


def draw_examples(table: gpd.GeoDataFrame, names: AllNames, zones: Mapping[str, Words]) -> list[Layer]:
    """Good examples, each once: what is a line as a line, all else as a sign.

    Parameters
    ----------
    table
        As `toegankelijk.findings.find_good_examples` gives them.
    names
        Names of themes and criteria.
    zones
        Names of zones by id.
    """
    rows = table.assign(**{name: text(table[name]) for name in ("object_id", "kind", "level", "criteria")})
    rows = rows.sort_values(["kind", "object_id", "theme", "zone_id"], kind="stable", ignore_index=True)
    long = (shapely.get_dimensions(rows.geometry.to_numpy()) == 1) & ~rows.geometry.is_empty.to_numpy()
    title = said("good_example")
    signs = rows[~long]
    spots = signs.set_geometry(gpd.GeoSeries(shapely.point_on_surface(signs.geometry.to_numpy()), signs.index, crs=rows.crs))
    parts = {
        "examples": (spots, said("good_examples"), Style(title, COLOUR, sign=same("✓"), shape="square")),
        "example_lines": (rows[long], said("layer.example_lines"), Style(title, COLOUR, width=4, dash=(12, 5))),
    }
    return [_layer(key, *part, names=names, zones=zones) for key, part in parts.items() if len(part[0])]


def _layer(key: str, rows: gpd.GeoDataFrame, title: Words, look: Style, *, names: AllNames, zones: Mapping[str, Words]) -> Layer:
    def theme(code: str, lang: str) -> str:
        return names[lang].themes.get(code, code)

    def criterion(code: str, lang: str) -> str:
        return names[lang].criteria.get(code, code)

    fields = [
        code_field("theme", "theme", rows["theme"], joined_names(rows["theme"], theme), facet=True),
        code_field("kind", "kind", rows["kind"], norm_names(names, "kinds"), facet=True),
        text_field("name", "name", rows["name"], searched=True),
        text_field("street", "street", rows["street"], searched=True),
        code_field("zone", "zone", rows["zone_id"], zones, facet=True, searched=True),
        code_field("level", "level", rows["level"], {}, facet=True),
        code_field("criteria", "layer.right", rows["criteria"], joined_names(rows["criteria"], criterion)),
        text_field("object", "object", rows["object_id"], searched=True),
    ]
    classes = pd.Series(np.full(len(rows), "good", dtype=object), rows.index)
    return Layer(key, title, rows.geometry, {"good": look}, classes, fields, named=("kind", "name", "street"), identity="object")
