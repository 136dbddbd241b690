"""The map of a walking network: what a kind of user can pass, what stops them, what is cut off, and who does not get there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from toegankelijk.labels import label, number
from toegankelijk.maps import draw_layers
from toegankelijk.maps.ground import draw_ground
from toegankelijk.maps.layers import Layer
from toegankelijk.maps.words import lengths
from toegankelijk.network_maps.places import draw_cut_off, draw_destinations, draw_outlines
from toegankelijk.network_maps.ways import draw_gates, draw_islands, draw_ways, sure_islands, user_name
from toegankelijk.reach import Reach

if TYPE_CHECKING:
    import folium


def show_network(reach: Reach, *, edges: gpd.GeoDataFrame | None = None, lang: str = "nl", attribution: str = "") -> folium.Map:
    """Map of what the leading kind of user can pass, what stops them, which parts are cut off, and who does not get there.

    Parameters
    ----------
    reach
        Who gets where; its first profile leads.
    edges
        ``reach.edges(lang=lang)``, if it was worked out already.
    lang
        One of `labels.LANGUAGES`.
    attribution
        Whose data it is.
    """
    table = reach.edges(lang=lang) if edges is None else edges
    layers = [*draw_ground(reach.city), draw_outlines(reach.city.zones, reach), *draw_reach(reach, table)]
    layers += [*draw_cut_off(reach), *draw_destinations(reach)]
    return draw_layers(
        layers, title=network_title(reach, lang), lang=lang, attribution=attribution, intro=_intro(reach, table, lang)
    )


def draw_reach(reach: Reach, edges: gpd.GeoDataFrame, *, shown: bool = True) -> list[Layer]:
    """Islands, ways and closed places of the leading user.

    Parameters
    ----------
    reach
        Who gets where; its first profile leads.
    edges
        ``reach.edges()``, in the language of the run.
    shown
        Whether they are switched on at first.
    """
    islands = sure_islands(reach)
    layers = [draw_islands(reach, islands, shown=shown)] if len(islands) else []
    return [*layers, draw_ways(reach, edges, shown=shown), *draw_gates(reach, edges, shown=shown)]


def network_title(reach: Reach, lang: str) -> str:
    """Heading of the map of a network: the city, and for whom it is drawn."""
    return label("network.map.title", lang, profile=user_name(reach, lang), city=reach.city.name)


def _intro(reach: Reach, edges: gpd.GeoDataFrame, lang: str) -> str:
    """For whom it is drawn, how much is closed or unknown, and what is not drawn."""
    user = reach.walking.leading.profile
    metres = edges["length"].groupby(edges[user].astype("object")).sum()
    sizes = {name: lengths(float(metres.get(name, 0.0)))[lang] for name in ("open", "unknown", "closed")}
    perhaps = int((~reach.islands["surely"] & (reach.islands["profile"] == user)).sum())
    texts = [label("network.map.about", lang, profile=user_name(reach, lang)), label("layer.network_sizes", lang, **sizes)]
    if perhaps:
        texts.append(label("layer.perhaps", lang, count=number(perhaps, lang, digits=0)))
    return " ".join(texts)
