"""What to measure on the spot, on the map: signs by how telling a measurement is."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.labels import word
from toegankelijk.maps.layers import Layer, Style, Words
from toegankelijk.maps.words import (
    AllNames,
    code_field,
    joined_names,
    norm_names,
    number_field,
    said,
    same,
    text_field,
    word_field,
)
from toegankelijk.wording import text

_INK = "#4b2e83"


def draw_survey(survey: gpd.GeoDataFrame, names: AllNames, zones: Mapping[str, Words]) -> Layer:
    """Objects of which something is to be measured, in their visits; hidden at first.

    Parameters
    ----------
    survey
        As `toegankelijk.list_survey` gives it.
    names
        Names of services.
    zones
        Names of zones by id.
    """
    rows = survey.sort_values("rank", kind="stable", ignore_index=True)
    points = shapely.point_on_surface(rows.geometry.to_numpy())

    def attribute(code: str, lang: str) -> str:
        return word("attribute", code, lang)

    fields = [
        code_field("measure", "form.asked", rows["attributes"], joined_names(rows["attributes"], attribute)),
        code_field("from_data", "column.from_data", rows["from_data"], joined_names(rows["from_data"], attribute)),
        text_field("unknown_reason", "reason", rows["reason"]),
        code_field("kind", "kind", rows["kind"], norm_names(names, "kinds"), facet=True),
        text_field("name", "name", rows["name"], searched=True),
        text_field("street", "street", rows["street"], searched=True),
        code_field("zone", "zone", rows["zone_id"], zones, facet=True, searched=True),
        code_field("level", "level", rows["level"], {}, facet=True),
        word_field("priority_band", "priority", rows["priority_band"], "band", facet=True),
        text_field("priority_reason", "priority_reason", rows["priority_reason"]),
        word_field("planning", "planning", rows["planning"], "term", facet=True),
        text_field("target_year", "target_year", text(rows["target_year"])),
        code_field("responsible", "responsible", rows["responsible"], norm_names(names, "services"), facet=True),
        text_field("visit", "form.visit_id", rows["visit_id"], searched=True),
        number_field("visit_order", "form.visit_order", rows["visit_order"].where(rows["visit_id"] != "")),
        text_field("object", "object", rows["object_id"], searched=True),
    ]
    classes = pd.Series(np.where(rows["planning"] != "", "planned", "free"), rows.index)
    styles = {
        "free": Style(said("layer.survey_free"), "#ffffff", sign=same("?"), text=_INK),
        "planned": Style(said("layer.survey_planned"), _INK, sign=same("?"), size=28),
    }
    return Layer(
        key="survey",
        title=said("layer.survey"),
        shapes=gpd.GeoSeries(points, rows.index, crs=survey.crs),
        styles={name: look for name, look in styles.items() if (classes == name).any()},
        classes=classes,
        fields=fields,
        named=("kind", "name", "street", "object"),
        identity="object",
        shown=False,
    )
