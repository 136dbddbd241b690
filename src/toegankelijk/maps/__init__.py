"""The map: zones by score, bottlenecks, narrowings, good examples, and whatever else is a layer; one page that needs no network.

    tables --(a module per group of layers)--> layers --encoding--> page

Every function that makes a layer is plain: tables in, a `Layer` out. What a layer looks like on the page, its popups, legend,
filters and table, the page makes of the layer itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd

from toegankelijk.labels import check_language
from toegankelijk.maps.bottlenecks import draw_bottlenecks
from toegankelijk.maps.examples import draw_examples
from toegankelijk.maps.gaps import draw_gaps
from toegankelijk.maps.layers import Field, Layer, Style
from toegankelijk.maps.page import draw_layers, write_map
from toegankelijk.maps.survey import draw_survey
from toegankelijk.maps.words import all_names
from toegankelijk.maps.zones import draw_zones, zone_words
from toegankelijk.norm import Norm

if TYPE_CHECKING:
    import folium

__all__ = ["Field", "Layer", "Style", "draw_layers", "show_map", "write_map"]


def show_map(
    scores: gpd.GeoDataFrame,
    bottlenecks: gpd.GeoDataFrame,
    good_examples: gpd.GeoDataFrame | None = None,
    *,
    gaps: gpd.GeoDataFrame | None = None,
    survey: gpd.GeoDataFrame | None = None,
    network: Sequence[Layer] = (),
    background: Sequence[Layer] = (),
    lang: str = "nl",
    title: str = "",
    attribution: str = "",
    norm: Norm | None = None,
    intro: str = "",
) -> folium.Map:
    """Map of a screening: zones, bottlenecks and good examples, with legend, filters, search and all of it in a table.

    Zones are coloured by the middle of their score's interval; the interval stands on the map and in the popup. A zone that is
    not ranked is hatched, one that is assumed has a dashed outline. The priority of a bottleneck shows as a letter and by size.
    There are no tiles: show the map in a notebook as it is, or write it with `write_map`.

    Parameters
    ----------
    scores
        Scores per zone, level and theme, with the zones' geometry. A zone has a row for level ``all`` and theme ``all``.
    bottlenecks
        Points.
    good_examples
        Any geometry.
    gaps
        Narrowest places of bottlenecks, from `toegankelijk.gaps.gaps_to_draw`; they show from near.
    survey
        What is to be measured, from `toegankelijk.list_survey`; hidden at first.
    network
        Further layers that lie over the zones and under the bottlenecks, such as those of `toegankelijk.network_maps`.
    background
        Layers to find one's way by, which lie under all others.
    lang
        Language in which the page opens, one of `labels.LANGUAGES`; it has all of them.
    title
        Heading over the map.
    attribution
        Whose data it is, such as ``© OpenStreetMap contributors``.
    norm
        Norm that gives the names of themes, criteria, remedies and services; by default the bundled one.
    intro
        What stands between the heading and the map.

    Raises
    ------
    CrsError
        A table has no coordinate system, or coordinates that it cannot place on Earth.
    ConfigError
        The language has no labels.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> screening = screen(sample_city())
    >>> type(show_map(screening.scores, screening.table, screening.good_examples)).__mro__[1].__name__
    'Map'
    """
    check_language(lang)
    names, zones = all_names(norm), zone_words(scores)
    layers = [*background, draw_zones(scores, names), *network]
    if survey is not None:
        layers.append(draw_survey(survey, names, zones))
    if good_examples is not None:
        layers += draw_examples(good_examples, names, zones)
    if gaps is not None:
        layers += draw_gaps(gaps, names)
    layers.append(draw_bottlenecks(bottlenecks, names, zones))
    shown = [layer for layer in layers if len(layer.shapes)]
    return draw_layers(shown, title=title, lang=lang, attribution=attribution, intro=intro)
