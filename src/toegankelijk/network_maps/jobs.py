"""The map of the jobs of a plan: by term, with what is left out, and the ways and islands that the plan opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import maps, pages
from toegankelijk.labels import label, number, word
from toegankelijk.overlays import short_name
from toegankelijk.reach import Reach

if TYPE_CHECKING:
    import folium

from toegankelijk.network_maps.layers import STYLES, add_islands, add_signs, add_ways, add_zones, sure_islands

NEAR = 0.5
"""Metres within which ways of before and after the plan are the same."""


def show_jobs(
    jobs: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    reach: Reach | None = None,
    fixes: pd.DataFrame | None = None,
    after: Reach | None = None,
    services: Mapping[str, str] | None = None,
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
        Names of services by code.
    gains
        Per term what the network gains, for the order of the terms and the table under the map.
    lang, title, attribution
        As for other maps.
    """
    page = maps.blank_map()
    extents = [np.full(4, np.nan)]
    around = add_zones(page, zones, lang)
    if reach is not None:
        opened, stays = _islands_opened(reach, after)
        add_islands(page, reach, opened, label("network.map.islands_opened", lang), "island_opened", lang)
        add_islands(page, reach, stays, label("network.map.islands_stay", lang), "island", lang)
        extents += [add_ways(page, reach, reach.edges(lang=lang), lang, fixes=fixes)]
    terms = [str(term) for term in (gains.index if gains is not None else sorted(set(jobs["term"]) - {""}))]
    told, titles = _described_jobs(jobs, services or {}, lang)
    groups: list[tuple[str, pd.Series, str, str, bool]] = [
        (word("term", term, lang), jobs["term"] == term, f"t{min(i, 2)}", term, True) for i, term in enumerate(terms)
    ]
    out, others = jobs["term"] == "", jobs["track"] != "eigen"
    high = jobs["priority_band"] == "hoog"
    groups += [(label("network.map.left_high", lang), out & ~others & high, "left", "!", True)]
    groups += [(label("network.map.left_other", lang), out & ~others & ~high, "left", "–", False)]
    groups += [(label("network.map.third", lang), out & others, "left", "→", False)]
    for name, chosen, style, sign, show in groups:
        extents += [
            add_signs(page, jobs[chosen], told[chosen], name, (sign, f"sign job {style}"), lang, titles=titles, show=show)
        ]
    maps.fit_map(page, extents if np.isfinite(np.vstack(extents)).any() else [around])
    rows = [_term_row(term, jobs[jobs["term"] == term], gains, lang) for term in terms]
    signs = [(name, f"sign job {style}", sign) for name, chosen, style, sign, _ in groups if chosen.any()]
    shown = {"styles": STYLES, "signs": signs, "rows": rows, "network": reach is not None, "attribution": attribution}
    maps.frame_map(page, title, pages.fill_template("plan_legend.html", lang, **shown))
    return page


def _islands_opened(reach: Reach, after: Reach | None) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Islands of now of which most is no island any more once the plan is done, and the others."""
    now = sure_islands(reach)
    if after is None or not len(now):
        return now.iloc[:0], now
    later = shapely.buffer(shapely.union_all(sure_islands(after).geometry.to_numpy()), NEAR)
    ways = now.geometry.to_numpy()
    opened = shapely.length(shapely.intersection(ways, later)) < shapely.length(ways) / 2
    return now[opened].reset_index(drop=True), now[~opened].reset_index(drop=True)


def _described_jobs(jobs: gpd.GeoDataFrame, services: Mapping[str, str], lang: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """What is done, by whom, what it costs and gains, and why it is in the plan or not; and the titles of these."""
    who = jobs["responsible"].astype("object").map(lambda code: services.get(code, code))
    texts = {
        "what": jobs["solutions"],
        "street": jobs["street"],
        "who": who,
        "cost": jobs["cost"].map(lambda value: number(float(value), lang, digits=0)),
        "gain": jobs["gain_residents"].map(lambda value: number(float(value), lang, digits=0)),
        "why": jobs["plan_reason"],
        "job": jobs["reason"],
        "objects": jobs["objects"],
    }
    table = pd.DataFrame({key: value.astype("object").fillna("") for key, value in texts.items()}, index=jobs.index)
    keys = ("solution", "street", "responsible", "cost_eur", "plan.page.gain", "reason", "job", "object")
    titles = {name: label(key, lang) for name, key in zip(table, keys, strict=True)}
    return table.assign(told=short_name(table["what"], table["street"])), titles


def _term_row(term: str, jobs: pd.DataFrame, gains: pd.DataFrame | None, lang: str) -> dict[str, str]:
    gained = float("nan") if gains is None else float(gains.loc[term, "residents"])
    numbers = {"count": float(len(jobs)), "cost": float(jobs["cost"].sum()), "gain": gained}
    return {"term": word("term", term, lang), **{key: number(value, lang, digits=0) for key, value in numbers.items()}}
