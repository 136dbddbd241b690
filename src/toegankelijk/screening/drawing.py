"""The map of a screening: its tables as layers, with the ground under them and what its walking network says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from toegankelijk.gaps import gaps_to_draw
from toegankelijk.labels import label, number
from toegankelijk.maps import show_map
from toegankelijk.maps.ground import draw_ground
from toegankelijk.maps.layers import Layer, Words
from toegankelijk.maps.words import all_names, norm_names
from toegankelijk.maps.zones import draw_districts
from toegankelijk.network_maps import draw_gains, draw_reach
from toegankelijk.planning.weighing import Weighed

if TYPE_CHECKING:
    import folium

    from toegankelijk.screening import Screening

MOST_EDGES = 150_000
"""Pieces of a walking network above which a screening's own map leaves out who gets where, and says so."""

KEYS = ["kind", "object_id", "remedy"]
"""What a bottleneck is of, whatever its number in the monitoring table."""


def show_screening(screening: Screening) -> folium.Map:
    """Map of a screening: zones, bottlenecks, narrowings, good examples; reach, gains and survey are hidden at first."""
    edges = 0 if screening.walking is None else len(screening.walking.network)
    large = edges > MOST_EDGES
    return show_map(
        screening.scores,
        screening.table,
        screening.good_examples,
        gaps=gaps_to_draw(screening.city, screening.table, lang=screening.lang),
        survey=screening.survey,
        network=[*district_layers(screening), *([] if large else reach_layers(screening)), *gain_layers(screening)],
        background=draw_ground(screening.city),
        lang=screening.lang,
        title=screening.city.name,
        attribution=screening.city.settings.get("attribution", ""),
        norm=screening.norm,
        intro=label("layer.too_large", screening.lang, edges=number(edges, screening.lang, digits=0)) if large else "",
    )


def district_layers(screening: Screening) -> list[Layer]:
    """Scores by the other divisions of the city, hidden at first."""
    return draw_districts(screening.area_scores, all_names(screening.norm)) if screening.city.districts else []


def reach_layers(screening: Screening) -> list[Layer]:
    """Ways, closed places and islands of the leading kind of user, hidden at first; none without a walking network."""
    if screening.walking is None:
        return []
    return draw_reach(screening.reach, screening.reach.edges(lang=screening.lang), shown=False)


def gain_layers(screening: Screening) -> list[Layer]:
    """What the jobs of bottlenecks that are still there gain, hidden at first."""
    weighed = screening.weighed
    if weighed is None or screening.walking is None:
        return []
    jobs = open_jobs(weighed, screening.table)
    return draw_gains(jobs, service_words(screening), counted=weighed.counted)


def open_jobs(weighed: Weighed, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Jobs of which a bottleneck is in the table, with what is done in each, in words."""
    of = weighed.bundles.members[["bottleneck_id", "job_id"]]
    rows = weighed.table.merge(of, on="bottleneck_id")
    there = pd.MultiIndex.from_frame(rows[KEYS].astype("object")).isin(pd.MultiIndex.from_frame(table[KEYS].astype("object")))
    solutions = rows[there].groupby("job_id")["solution"].agg(lambda texts: "; ".join(dict.fromkeys(map(str, texts))))
    jobs = weighed.jobs.loc[weighed.jobs.index.isin(solutions.index)]
    return jobs.assign(solutions=solutions.reindex(jobs.index))


def service_words(screening: Screening) -> dict[str, Words]:
    """Names of services by code, per language."""
    return norm_names(all_names(screening.norm), "services")
