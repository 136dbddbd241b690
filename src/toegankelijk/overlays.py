"""Objects on a map: GeoJSON in which text stays text, popups, and names for the mouse, the keyboard and a screen reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import labels, pages
from toegankelijk.errors import CrsError

if TYPE_CHECKING:
    import folium

DECIMALS = 6
"""Decimals of a degree on the map: about a decimetre."""

_REACHABLE = """function (feature, layer) {
    layer.bindTooltip(feature.properties.told, %s);
    layer.on('add', function () {
        var node = layer.getElement(), text = L.DomUtil.create('div');
        text.innerHTML = feature.properties.told;
        node.setAttribute('role', 'button');
        node.setAttribute('tabindex', '0');
        node.setAttribute('aria-label', text.textContent);
    });
}"""
"""Names an object on the map, for the mouse, for the keyboard and for a screen reader."""


def features(
    frame: gpd.GeoDataFrame, properties: Mapping[str, pd.Series], *, where: str, decimals: int = DECIMALS
) -> tuple[dict[str, Any], np.ndarray]:
    """GeoJSON in degrees with inert properties, and its extent (west, south, east, north).

    Objects without geometry are left out.
    """
    if frame.crs is None:
        raise CrsError(f"{where}: no coordinate system; set it with set_crs before showing a map")
    there = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    places = frame.geometry[there].to_crs("EPSG:4326")
    extent = np.asarray(places.total_bounds)
    if there.any() and not np.isfinite(extent).all():
        raise CrsError(f"{where}: coordinates that {frame.crs.to_string()} cannot place on Earth; is this the right system?")
    places = gpd.GeoSeries(shapely.transform(places.array, lambda points: points.round(decimals)), crs=places.crs)
    table = pd.DataFrame(
        {key: column[there].map(pages.inert).to_numpy() for key, column in properties.items()}, index=places.index
    )
    data: dict[str, Any] = gpd.GeoDataFrame(table, geometry=places).to_geo_dict()
    return data, extent


def object_layer(
    data: Mapping[str, Any], style: Callable[..., dict[str, Any]], titles: Mapping[str, str], *, named: bool = False
) -> folium.GeoJson:
    """Layer of objects with a popup; their name shows on the map, or when they are pointed at."""
    import folium

    tooltip = {"permanent": True, "direction": "center", "className": "zone-label"} if named else {"direction": "top"}
    layer = folium.GeoJson(
        data,
        style_function=style,
        marker=folium.Marker(icon=folium.DivIcon()),
        on_each_feature=folium.JsCode(_REACHABLE % json.dumps(tooltip)),
    )
    aliases = [pages.inert(title) for title in titles.values()]
    beside: Any = folium.JsCode("window.innerWidth < 800 ? [10, 10] : [260, 30]")  # the list of layers stands there
    size = {"max_width": 360, "max_height": 380, "auto_pan_padding_bottom_right": beside}
    layer.add_child(folium.GeoJsonPopup(list(titles), aliases, localize=False, **size))
    return layer


def clusters() -> Any:
    """Group that shows signs close together as their number."""
    from folium.plugins import MarkerCluster

    count = "{html: String(cluster.getChildCount()), className: 'sign many', iconSize: [36, 36]}"
    return MarkerCluster(  # type: ignore[no-untyped-call]
        icon_create_function=f"function (cluster) {{ return L.divIcon({count}); }}",
        disable_clustering_at_zoom=18,
        show_coverage_on_hover=False,
    )


def short_name(*parts: pd.Series) -> pd.Series:
    """Short name of each object: the parts that are there, with commas."""
    joined = pd.Series("", index=parts[0].index, dtype="str")
    for part in (part.astype("str") for part in parts):  # pandas 3.0 adds no empty columns of other types
        joined = joined + ((joined != "") & (part != "")).map({True: ", ", False: ""}).astype("str") + part
    return joined


def counted(name: str, count: int, lang: str) -> str:
    """Name of a group of objects, with how many they are."""
    return pages.inert(labels.label("map.layer_count", lang, name=name, count=labels.number(count, lang, digits=0)))
