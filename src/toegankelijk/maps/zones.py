"""Zones on the map: the score as colour, with its interval, what it rests on, and the score of each theme."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk.labels import LANGUAGES, label, word
from toegankelijk.maps.layers import Field, Layer, Style, Words
from toegankelijk.maps.words import AllNames, code_field, number_field, said, same, told_field
from toegankelijk.wording import describe_score, theme_scores, zone_names

COLOURS = ("#2b0f00", "#7a3a06", "#b5722f", "#d9b27a", "#e0f5f0")
"""Fill per fifth of the score, low to high: dark to light, told apart by all kinds of colour vision and in grey print."""

MAX_LABELS = 30
"""With more zones than this, names stand on the map only when pointed at."""

_LINE, _FILL = "#222222", 0.65

_SCALE = tuple(f"score_{order}" for order in range(len(COLOURS)))
"""Classes that the legend has even where no zone is of them: the whole scale says how to read one colour."""


def zone_words(scores: pd.DataFrame) -> dict[str, Words]:
    """Names of zones by their id, sorted by name; they are the same in every language."""
    return {zone: same(name) for zone, name in sorted(zone_names(scores).items(), key=lambda pair: pair[::-1])}


def draw_zones(scores: gpd.GeoDataFrame, names: AllNames) -> Layer:
    """Zones by score; one that is not ranked is hatched, one that is assumed has a dashed outline.

    Parameters
    ----------
    scores
        Scores per zone, level and theme, with the zones' geometry. A zone has a row for level ``all`` and theme ``all``.
    names
        Names of themes.
    """
    chosen = scores[(scores["level"] == "all") & (scores["theme"] == "all")]
    order = chosen.assign(last=~chosen["ranked"].astype(bool), text=chosen["zone_id"].astype(str))
    chosen = chosen.loc[order.sort_values(["last", "score_low", "score_high", "text"], kind="stable").index]
    chosen = chosen.set_index(chosen["zone_id"].astype(str).to_numpy())
    ranked, assumed = (chosen[name].astype(bool) for name in ("ranked", "assumed"))
    middle = (chosen["score_low"] + chosen["score_high"]) / 2
    fifth = (middle * len(COLOURS)).clip(0, len(COLOURS) - 1).fillna(-1).astype(int).where(ranked, -1)
    own = [_class(*pair) for pair in zip(fifth, assumed, strict=True)]
    classes = pd.Series(own, chosen.index, dtype="object")
    return Layer(
        key="zones",
        title=said("zones"),
        shapes=chosen.geometry,
        styles={name: look for name, look in _styles().items() if name in own or name in _SCALE},
        classes=classes,
        fields=_fields(chosen, scores, names),
        named=("zone", "score"),
        identity="zone",
        labelled=len(chosen) <= MAX_LABELS,
    )


def draw_districts(areas: gpd.GeoDataFrame, names: AllNames) -> list[Layer]:
    """Districts of every other division of a city by score, hidden at first: a layer per division.

    Parameters
    ----------
    areas
        As `toegankelijk.areas.score_areas` gives them.
    names
        Names of themes.
    """
    layers = []
    for order, (division, rows) in enumerate(areas.groupby("division", sort=True)):
        layer = draw_zones(rows.rename(columns={"district_id": "zone_id", "district_name": "zone_name"}), names)
        division_words = {lang: word("area.division", division, lang) for lang in LANGUAGES}
        title = {lang: label("area.title", lang, division=name) for lang, name in division_words.items()}
        own = replace(layer.fields[0], name=f"district_{order}", title=division_words)
        fields = [own, *layer.fields[1:]]
        layer = replace(layer, key=f"districts_{order}", title=title, fields=fields, named=(own.name, "score"), identity=own.name)
        layers.append(replace(layer, shown=False, labelled=False))
    return layers


def _class(fifth: int, assumed: bool) -> str:
    return ("unranked" if fifth < 0 else f"score_{fifth}") + ("_assumed" if assumed else "")


def _styles() -> dict[str, Style]:
    """A look per fifth of the score, and with a dashed outline where a zone is assumed."""
    fifths = [said("layer.zone_score", low=20 * order, high=20 * order + 20) for order in range(len(COLOURS))]
    looks = {
        f"score_{order}": Style(title, _LINE, fill=colour, opacity=_FILL)
        for order, (title, colour) in enumerate(zip(fifths, COLOURS, strict=True))
    }
    looks["unranked"] = Style(said("map.not_ranked_legend"), _LINE, fill="#8a8a8a", opacity=_FILL, hatch=True)
    dashed = {
        f"{name}_assumed": replace(
            look, title={lang: f"{look.title[lang]} ({label('assumed', lang)})" for lang in LANGUAGES}, dash=(8, 6)
        )
        for name, look in looks.items()
    }
    return looks | dashed


def _fields(chosen: gpd.GeoDataFrame, scores: gpd.GeoDataFrame, names: AllNames) -> list[Field]:
    records = pd.DataFrame(chosen.drop(columns="geometry")).to_dict("records")
    told = {lang: [describe_score(row, lang) for row in records] for lang in LANGUAGES}
    unranked = {lang: f" ({label('not_ranked', lang)})" for lang in LANGUAGES}
    score = {lang: [row["score"] + ("" if row["ranked"] else unranked[lang]) for row in told[lang]] for lang in LANGUAGES}
    index = chosen.index
    outline = pd.Series(np.where(chosen["assumed"].astype(bool), "assumed", ""), index)
    fields = [
        code_field("zone", "zone", index.to_series(), zone_words(scores), facet=True, searched=True),
        told_field("score", said("score_scale"), score, index),
        code_field("outline", "layer.zone_outline", outline, {"assumed": said("assumed")}),
    ]
    for name, key in (("share", "share"), ("reached", "level_reached"), ("coverage", "coverage")):
        fields.append(told_field(name, said(key), {lang: [row[name] for row in told[lang]] for lang in LANGUAGES}, index))
    fields += [number_field(name, name, chosen[name]) for name in ("blockers", "objects")]
    by_theme = {lang: theme_scores(scores, names[lang]) for lang in LANGUAGES}
    for order, parts in enumerate(zip(*by_theme.values(), strict=True)):
        title = dict(zip(by_theme, (theme for theme, _ in parts), strict=True))
        cells = {lang: part.reindex(index).fillna("").tolist() for lang, (_, part) in zip(by_theme, parts, strict=True)}
        fields.append(told_field(f"theme_{order}", title, cells, index))
    return fields
