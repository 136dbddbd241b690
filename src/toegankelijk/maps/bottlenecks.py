"""Bottlenecks on the map: signs by priority, with all evidence and every reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from toegankelijk.labels import LANGUAGES, label, word
from toegankelijk.maps.layers import Field, Layer, Style, Words
from toegankelijk.maps.words import (
    AllNames,
    code_field,
    day_field,
    joined_names,
    norm_names,
    number_field,
    said,
    text_field,
    word_field,
    word_names,
)
from toegankelijk.wording import text, urgent_first

BANDS: Mapping[str, tuple[str, int]] = {"laag": ("#2f5d8a", 24), "middel": ("#9a5200", 28), "hoog": ("#8f1414", 32)}
"""Ground and size in pixels of the sign of a bottleneck, per priority band; 24 is the least that a finger can aim at."""

_NAMED = ("theme", "priority_band", "street", "object")
"""What makes the name of a bottleneck; a popup need not say it again."""

OTHER = "other"
"""Class of what has no priority band, or one that is no code."""


def band_styles() -> dict[str, Style]:
    """Looks of signs per priority band: a letter, a size and a colour."""
    words = word_names("band", BANDS)
    signs = word_names("band_letter", BANDS)
    other = Style(said("table.legend.other"), "#555555", sign=dict.fromkeys(LANGUAGES, "·"))
    looks = {
        band: Style(
            {lang: label("table.legend.open", lang, band=words[band][lang]) for lang in LANGUAGES},
            colour,
            sign=signs[band],
            size=size,
        )
        for band, (colour, size) in BANDS.items()
    }
    return {OTHER: other, **looks}


def band_classes(bands: pd.Series) -> pd.Series:
    """Class of each bottleneck by its priority band."""
    known = bands.astype("object")
    return known.where(known.isin(list(BANDS)), OTHER)


def draw_bottlenecks(table: gpd.GeoDataFrame, names: AllNames, zones: Mapping[str, Words]) -> Layer:
    """Bottlenecks as signs by priority, the most urgent first in the table.

    Parameters
    ----------
    table
        Points, with the columns of `toegankelijk.find_bottlenecks`; those that weighing and staff add are shown where they are.
    names
        Names of themes, criteria, remedies and services.
    zones
        Names of zones by id.
    """
    rows = urgent_first(table).reset_index(drop=True)
    fields = [*_what(rows, names), *_work(rows, names), *_money(rows), *_staff(rows), *_where(rows, names, zones)]
    fields = [replace(field, popup=field.name not in _NAMED) for field in fields]
    classes = band_classes(rows["priority_band"])
    there = set(classes.unique())
    return Layer(
        key="bottlenecks",
        title=said("bottlenecks"),
        shapes=rows.geometry,
        styles={name: look for name, look in band_styles().items() if name in there},
        classes=classes,
        fields=fields,
        named=_NAMED,
        identity="bottleneck",
    )


def _what(rows: pd.DataFrame, names: AllNames) -> list[Field]:
    """What is wrong, and on what basis."""
    criteria = norm_names(names, "criteria")
    coded = {code: {lang: f"{code} {name}" for lang, name in words.items()} for code, words in criteria.items()}
    several = text(rows["criteria"])
    basis = joined_names(rows["basis"], lambda code, lang: word("basis", code, lang))
    return [
        code_field("theme", "theme", rows["theme"], norm_names(names, "themes"), facet=True),
        word_field("priority_band", "priority", rows["priority_band"], "band", facet=True),
        text_field("description", "description", rows["description"], searched=True),
        text_field("value", "value", rows["value"]),
        text_field("required", "required", rows["required"]),
        code_field("basis", "basis", rows["basis"], basis, facet=True),
        text_field("source", "source", _sources(rows["source"], names)),
        code_field("criterion", "criterion", rows["criterion"], coded, searched=True),
        text_field("criteria", "criteria", several.str.replace("|", ", ").where(several != text(rows["criterion"]), "")),
        word_field("severity", "severity", text(rows["severity"]), "severity", facet=True),
    ]


def _sources(cells: pd.Series, names: AllNames) -> pd.Series:
    """Titles of sources, each with its code and article; a source has one title, whatever the language of the reader."""
    titles = names[LANGUAGES[0]].sources

    def told(one: str) -> str:
        title = titles.get(one.partition(" ")[0], "")
        return f"{title} ({one})" if title else one

    written = text(cells)
    texts = {cell: "; ".join(told(one) for one in cell.split("; ")) for cell in written.unique()}
    return written.map(texts)


def _work(rows: pd.DataFrame, names: AllNames) -> list[Field]:
    """What is to be done, how soon, by whom, and why."""
    services = norm_names(names, "services")
    return [
        _solution(rows, names),
        text_field("solution_reason", "solution_reason", rows["solution_reason"]),
        number_field("points", "layer.points", rows["priority"]),
        text_field("priority_reason", "priority_reason", rows["priority_reason"]),
        word_field("planning", "planning", rows["planning"], "term", facet=True),
        word_field("phase", "phase", rows["phase"], "phase"),
        text_field("target_year", "target_year", text(rows["target_year"])),
        text_field("planning_reason", "planning_reason", rows["planning_reason"]),
        code_field("responsible", "responsible", rows["responsible"], services, facet=True, searched=True),
        code_field("partner", "partner", rows["partner"], services),
        text_field("responsible_reason", "responsible_reason", rows["responsible_reason"]),
        word_field("status", "status", rows["status"], "status", facet=True),
        word_field("track", "track", rows["track"], "track"),
        word_field("feasibility", "feasibility", rows["feasibility"], "feasibility"),
        text_field("feasibility_reason", "feasibility_reason", rows["feasibility_reason"]),
    ]


def _solution(rows: pd.DataFrame, names: AllNames) -> Field:
    """The remedy by its name; a solution that says something else, as it is."""
    remedies = norm_names(names, "remedies")
    known = {name for lang in LANGUAGES for name in names[lang].remedies.values()}
    own, remedy = text(rows["solution"]), text(rows["remedy"])
    return code_field("solution", "solution", remedy.where(own.isin(known) | (own == ""), own), remedies, facet=True)


def _money(rows: pd.DataFrame) -> list[Field]:
    """What it costs and gains, and the job that it is in; where it was weighed."""
    fields: list[Field] = []
    if "cost_eur" in rows:
        fields.append(number_field("cost", "layer.cost", rows["cost_eur"], unit="€"))
    if "gain" in rows:
        fields.append(number_field("gain", "plan.page.won", rows["gain"]))
    texts = {"cost_reason": "cost_reason", "gain_reason": "gain_reason", "job": "job", "job_reason": "job_reason"}
    texts |= {"planned_work": "planned_work"}
    return fields + [text_field(name, key, rows[name], searched=name == "job") for name, key in texts.items() if name in rows]


def _staff(rows: pd.DataFrame) -> list[Field]:
    """What staff wrote."""
    fields: list[Field] = []
    if "remark" in rows:
        fields.append(text_field("remark", "layer.remark", rows["remark"], searched=True))
    if "reason" in rows:
        fields.append(text_field("staff_reason", "layer.staff_reason", rows["reason"]))
    if "photo" in rows:
        fields.append(Field("photo", said("photo"), rows["photo"], type="link"))
    if "done_on" in rows:
        fields.append(day_field("done_on", "done_on", rows["done_on"]))
    return fields


def _where(rows: pd.DataFrame, names: AllNames, zones: Mapping[str, Words]) -> list[Field]:
    return [
        text_field("street", "street", rows["street"], searched=True),
        code_field("zone", "zone", rows["zone_id"], zones, facet=True, searched=True),
        code_field("level", "level", rows["level"], {}, facet=True),
        code_field("kind", "kind", rows["kind"], norm_names(names, "kinds"), facet=True),
        text_field("object", "object", rows["object_id"], searched=True),
        day_field("first_seen", "first_seen", rows["first_seen"]),
        text_field("bottleneck", "bottleneck", rows["bottleneck_id"], searched=True),
    ]
