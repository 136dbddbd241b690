"""The map of the jobs of a plan: by term, with what is left out, and the ways and islands that the plan opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from toegankelijk.labels import label, number, word
from toegankelijk.maps import draw_layers
from toegankelijk.maps.ground import draw_ground
from toegankelijk.maps.layers import Field, Layer, Style, Words
from toegankelijk.maps.words import code_field, number_field, said, same, text_field, word_field, word_names
from toegankelijk.network_maps.places import draw_outlines
from toegankelijk.network_maps.ways import draw_islands, draw_ways, sure_islands
from toegankelijk.reach import Reach

if TYPE_CHECKING:
    import folium

NEAR = 0.5
"""Metres within which ways of before and after the plan are the same."""

_TERMS = (("#00332e", "#ffffff"), ("#0b6e63", "#ffffff"), ("#bfe3dc", "#111111"))
"""Ground and mark of the signs of the terms, the first term darkest."""

_LEFT = "#7a0c0c"


def show_jobs(
    jobs: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    reach: Reach | None = None,
    fixes: pd.DataFrame | None = None,
    after: Reach | None = None,
    services: Mapping[str, Words] | None = None,
    gains: pd.DataFrame | None = None,
    lang: str = "nl",
    title: str = "",
    attribution: str = "",
) -> folium.Map:
    """Map of the jobs of a plan by term, of those left out, and of the ways that the plan opens.

    Parameters
    ----------
    jobs
        Jobs with ``term`` (empty if left out), ``plan_reason``, costs and gains, as `toegankelijk.screening.plans.CityPlan.jobs`.
    zones
        Zones, for orientation.
    reach
        The walking network, where there is one.
    fixes
        What passes its rule once the plan is done (``kind, object_id, attribute``).
    after
        The walking network once the plan is done.
    services
        Names of services by code, per language.
    gains
        Per term what the network gains, for the order of the terms and what stands over the map.
    lang, title, attribution
        As for other maps.
    """
    layers: list[Layer] = [] if reach is None else draw_ground(reach.city)
    layers.append(draw_outlines(zones))
    if reach is not None:
        opened, stays = _islands_opened(reach, after)
        parts = {"islands_opened": opened, "islands_stay": stays}
        layers += [draw_islands(reach, rows, key=key) for key, rows in parts.items() if len(rows)]
        layers.append(draw_ways(reach, reach.edges(lang=lang), fixes=fixes))
    terms = [str(term) for term in (gains.index if gains is not None else sorted(set(jobs["term"]) - {""}))]
    layers += draw_jobs(jobs, terms, services or {})
    done = [term for term in terms if (jobs["term"] == term).any()]
    texts = [_term_text(term, jobs[jobs["term"] == term], gains, lang) for term in done]
    intro = " ".join([*texts, label("layer.plan_page", lang)])
    return draw_layers(layers, title=title, lang=lang, attribution=attribution, intro=intro)


def draw_jobs(jobs: gpd.GeoDataFrame, terms: Sequence[str], services: Mapping[str, Words]) -> list[Layer]:
    """Jobs in the plan by term; beside it those left out: of high priority, others, and those of third parties."""
    names = word_names("term", terms)
    styles = {
        term: Style(names[term], ground, sign=same(term), shape="tag", size=28, text=mark)
        for term, (ground, mark) in zip(terms, (*_TERMS, *[_TERMS[-1]] * len(terms)), strict=False)
    }
    out, others, high = jobs["term"] == "", jobs["track"] != "eigen", jobs["priority_band"] == "hoog"
    left = {
        "jobs_high": (out & ~others & high, "!", "network.map.left_high"),
        "jobs_other": (out & ~others & ~high, "–", "network.map.left_other"),
        "jobs_third": (out & others, "→", "network.map.third"),
    }
    layers = [_layer("jobs", said("layer_name.jobs"), jobs[~out], styles, jobs["term"][~out], services)]
    for key, (chosen, mark, title) in left.items():
        look = Style(said(title), "#ffffff", sign=same(mark), shape="tag", text=_LEFT)
        rows = jobs[chosen]
        layers.append(_layer(key, said(title), rows, {key: look}, pd.Series(key, rows.index), services, shown=key == "jobs_high"))
    return [layer for layer in layers if len(layer.shapes)]


def _layer(
    key: str,
    title: Words,
    jobs: gpd.GeoDataFrame,
    styles: Mapping[str, Style],
    classes: pd.Series,
    services: Mapping[str, Words],
    *,
    shown: bool = True,
) -> Layer:
    points = shapely.point_on_surface(jobs.geometry.to_numpy())
    return Layer(
        key=key,
        title=title,
        shapes=gpd.GeoSeries(points, jobs.index, crs=jobs.crs),
        styles={name: look for name, look in styles.items() if (classes == name).any()},
        classes=classes,
        fields=job_fields(jobs, services),
        named=("solutions", "street"),
        identity="job",
        shown=shown,
    )


def job_fields(jobs: gpd.GeoDataFrame, services: Mapping[str, Words]) -> list[Field]:
    """What is done, by whom, what it costs and gains, and why it is in the plan or not."""
    fields = [
        text_field("solutions", "solution", jobs["solutions"], searched=True),
        text_field("street", "street", jobs["street"], searched=True),
        word_field("planning", "planning", jobs["term"], "term", facet=True),
        text_field("plan_reason", "column.plan_reason", jobs["plan_reason"]),
        code_field("responsible", "responsible", jobs["responsible"], services, facet=True, searched=True),
        word_field("priority_band", "priority", jobs["priority_band"], "band", facet=True),
        number_field("cost", "layer.cost", jobs["cost"], unit="€"),
        number_field("gain", "plan.page.won", jobs["gain_residents"]),
        number_field("metres", "column.gain_metres", jobs["gain_metres"]),
        text_field("job_reason", "job_reason", jobs["reason"]),
        text_field("objects", "objects", jobs["objects"], searched=True),
        text_field("job", "job", jobs.index.to_series(), searched=True),
    ]
    return [field for field in fields if field.values.notna().any()]


def _islands_opened(reach: Reach, after: Reach | None) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Islands of now of which most is no island any more once the plan is done, and the others."""
    now = sure_islands(reach)
    if after is None or not len(now):
        return now.iloc[:0], now
    later = shapely.buffer(shapely.union_all(sure_islands(after).geometry.to_numpy()), NEAR)
    ways = now.geometry.to_numpy()
    opened = shapely.length(shapely.intersection(ways, later)) < shapely.length(ways) / 2
    return now[opened].reset_index(drop=True), now[~opened].reset_index(drop=True)


def _term_text(term: str, jobs: pd.DataFrame, gains: pd.DataFrame | None, lang: str) -> str:
    """How many jobs a term has, what they cost, and who gains by then."""
    numbers = {"count": float(len(jobs)), "cost": float(jobs["cost"].sum())}
    told = {name: number(value, lang, digits=0) for name, value in numbers.items()}
    text = label("layer.term", lang, term=word("term", term, lang), **told)
    if gains is None:
        return text
    return f"{text} {label('layer.term_gain', lang, gain=number(float(gains.loc[term, 'residents']), lang, digits=0))}"
