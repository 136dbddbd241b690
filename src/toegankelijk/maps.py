"""The map: zones by score, bottlenecks by theme and priority, good examples; written as one page that needs no network.

Folium puts what it is given into jinja2 templates, JavaScript template literals and HTML, and renders the outcome as a
template once more. So every text from data passes `inert` before folium sees it, and field names are our own.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import labels, pages, wording
from toegankelijk.errors import ConfigError, CrsError
from toegankelijk.norm import Norm

if TYPE_CHECKING:
    import folium

COLOURS = ("#8c510a", "#d8a860", "#e6e2d3", "#70b8ae", "#01665e")
"""Fill per fifth of the score, low to high: brown to teal, told apart by all kinds of colour vision."""

SIZES: Mapping[str, int] = {"hoog": 32, "middel": 28, "laag": 24}
"""Width of a bottleneck's sign per priority band, in pixels; 24 is the least that a finger can aim at."""

MAX_LABELS = 30
"""More zones than this have their name only when pointed at."""

MAX_SIGNS = 400
"""With more bottlenecks than this, those close together are shown as one number until one zooms in."""

DECIMALS = 6
"""Decimals of a degree on the map: about a decimetre."""


def show_map(
    scores: gpd.GeoDataFrame,
    bottlenecks: gpd.GeoDataFrame,
    good_examples: gpd.GeoDataFrame | None = None,
    *,
    lang: str = "nl",
    title: str = "",
    attribution: str = "",
    norm: Norm | None = None,
) -> folium.Map:
    """Map of a screening, with its legend and a table of the zones under it.

    Zones are coloured by the middle of their score's interval; the interval stands on the map and in the popup. A zone that is
    not ranked is hatched, one that is assumed has a dashed outline. Bottlenecks are grouped by theme; their priority shows as
    a letter and by size. There are no tiles: show the map in a notebook as it is, or write it with `write_map`.

    Parameters
    ----------
    scores
        Scores per zone, level and theme, with the zones' geometry. A zone has a row for level ``all`` and theme ``all``.
    bottlenecks
        Points.
    good_examples
        Any geometry.
    lang
        One of `labels.LANGUAGES`.
    title
        Heading over the map.
    attribution
        Whose data it is, such as ``© OpenStreetMap contributors``.
    norm
        Norm that gives the names of themes, criteria, remedies and services; by default the bundled one.

    Raises
    ------
    CrsError
        A table has no coordinate system, or coordinates that it cannot place on Earth.
    ConfigError
        The language has no labels.
    """
    import folium

    names, zones = wording.Names.of(norm, lang), wording.zone_names(scores)
    page = folium.Map(tiles=None, zoom_snap=0.5, control_scale=True, height="100%")
    page.options["max_zoom"] = 21  # folium keeps its own argument for tiles, and clusters need to know where zooming ends
    # The rest of what folium loads by default (Bootstrap, icon fonts) serves markers that this map does not have
    page.default_js = [asset for asset in page.default_js if asset[0] == "leaflet"]
    page.default_css = [asset for asset in page.default_css if asset[0] == "leaflet_css"]
    extents = [_add_zones(page, scores, names)]
    extents += [_add_bottlenecks(page, bottlenecks, names, zones)]
    if good_examples is not None:
        extents += [_add_good_examples(page, good_examples, names, zones)]
    narrow: Any = folium.JsCode("window.innerWidth < 800")
    folium.LayerControl(collapsed=narrow).add_to(page)
    known = np.vstack([extent for extent in extents if np.isfinite(extent).all()] or [np.array([3.0, 50.0, 6.0, 52.0])])
    (west, south), (east, north) = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    page.fit_bounds([[south, west], [north, east]], padding=(20, 20))
    _add_page_parts(page, scores, lang, title, attribution, clustered=len(bottlenecks) > MAX_SIGNS)
    return page


def write_map(map: folium.Map, path: Path, *, title: str, lang: str = "nl") -> None:  # noqa: A002 - what it is
    """Write a map as one HTML file that opens without a network.

    Scripts and styles come from installed packages into the page; a content security policy lets only these very scripts run
    and nothing be fetched. The same tables give the same bytes.

    Parameters
    ----------
    map
        Map of `show_map`, or another folium map that needs Leaflet, jQuery and marker clusters only.
    path
        File to write.
    title
        Title of the page, and its heading if the map has none.
    lang
        Language of the page, one of `labels.LANGUAGES`.

    Raises
    ------
    ConfigError
        The map would load something from the network, such as tiles; all sources are listed.
    """
    figure: Any = map.get_root()
    page: str = figure.render()
    for order, identity in enumerate(dict.fromkeys(_identities(figure))):
        page = page.replace(identity, f"{order:03d}")
    page = pages.inline_assets(page)
    page = re.sub(r'<meta name="viewport"[^>]*>', "", page)
    heading = "" if '<h1 class="title">' in page else f'<h1 class="title">{html.escape(title)}</h1>'
    region = f'<div class="folium-map" role="region" aria-label="{html.escape(labels.label("map.region", lang))}" '
    # The page gets its outline; folium's own has its script after the body, and neither language nor landmarks
    head, body = page.split("</head>", 1)
    body, script = body.split("</body>", 1)
    body = body.replace(
        "<body>", f'<body>\n<a class="skip" href="#zones">{labels.label("map.skip", lang)}</a>\n<main>{heading}', 1
    )
    body = body.replace('<div class="folium-map" ', region, 1)
    head = re.sub(r"<title>.*?</title>", "", head, flags=re.DOTALL) + f"<script>\n{_words(lang)}</script>\n"
    page = f"{head}</head>{body}</main>\n{script.replace('</html>', '</body>' + chr(10) + '</html>')}"
    top = f'<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n{pages.policy(page)}\n'
    top += f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(title)}</title>'
    page = re.sub(r"<html>\s*<head>", lambda _: top, page, count=1)
    outside = pages.outside_sources(page)
    if outside:
        raise ConfigError(
            "the map would load from the network, so it cannot be written as a page that opens without one", outside
        )
    Path(path).write_text(page, encoding="utf-8", newline="\n")


def features(frame: gpd.GeoDataFrame, properties: Mapping[str, pd.Series], *, where: str) -> tuple[dict[str, Any], np.ndarray]:
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
    places = gpd.GeoSeries(shapely.transform(places.array, lambda points: points.round(DECIMALS)), crs=places.crs)
    table = pd.DataFrame(
        {key: column[there].map(pages.inert).to_numpy() for key, column in properties.items()}, index=places.index
    )
    data: dict[str, Any] = gpd.GeoDataFrame(table, geometry=places).to_geo_dict()
    return data, extent


def _add_zones(page: folium.Map, scores: gpd.GeoDataFrame, names: wording.Names) -> np.ndarray:
    import folium

    lang = names.lang
    chosen = scores[(scores["level"] == "all") & (scores["theme"] == "all")].reset_index(drop=True)
    rows = pd.DataFrame(wording.headline(chosen, lang)).set_index("zone_id") if len(chosen) else pd.DataFrame()
    if rows.empty:
        return np.full(4, np.nan)
    rows = rows.reindex(chosen["zone_id"].astype(str)).reset_index(drop=True)
    note = pd.Series(np.where(chosen["ranked"].astype(bool), "", f" ({labels.label('not_ranked', lang)})"))
    mark = pd.Series(np.where(chosen["assumed"].astype(bool), f" ({labels.label('assumed', lang)})", ""))
    shown = {key: rows[key] for key in ("name", "share", "blockers", "reached", "score", "coverage", "objects")}
    shown |= {"name": shown["name"] + mark, "score": shown["score"] + note}
    keys = ("zone", "share", "blockers", "level_reached", "score_scale", "coverage", "objects")
    titles = {field: labels.label(key, lang) for field, key in zip(shown, keys, strict=True)}
    for order, (theme, cells) in enumerate(wording.theme_scores(scores, names)):
        shown[f"theme_{order}"] = cells.reindex(chosen["zone_id"].astype(str)).fillna("").reset_index(drop=True)
        titles[f"theme_{order}"] = theme
    # Colour and outline travel as numbers, apart from the texts
    middle = (chosen["score_low"] + chosen["score_high"]) / 2
    fifth = (middle * len(COLOURS)).clip(0, len(COLOURS) - 1).fillna(-1).astype(int).where(chosen["ranked"].astype(bool), -1)
    shown |= {"told": _told(shown["name"], shown["score"]), "fifth": fifth, "assumed": chosen["assumed"].astype(bool).astype(int)}
    data, extent = features(chosen, shown, where="scores")
    group = folium.FeatureGroup(name=_counted(labels.label("zones", lang), len(chosen), lang)).add_to(page)
    _layer(data, _zone_style, titles, named=len(chosen) <= MAX_LABELS).add_to(group)
    return extent


def _zone_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    fifth = int(feature["properties"]["fifth"])
    style = {"color": "#222", "weight": 2, "fillOpacity": 0.65, "fillColor": COLOURS[fifth] if fifth >= 0 else "url(#hatch)"}
    return style | ({"dashArray": "8 6"} if feature["properties"]["assumed"] == "1" else {})


def _add_bottlenecks(page: folium.Map, table: gpd.GeoDataFrame, names: wording.Names, zones: Mapping[str, str]) -> np.ndarray:
    import folium

    table = table.sort_values("bottleneck_id", ignore_index=True)
    described = wording.describe_bottlenecks(table, names, zones)
    described["priority"] = described["priority"] + " (" + described["band_name"] + ")"
    fields = [*("theme", "object_id", "kind", "street", "zone", "level", "description", "value", "required", "severity")]
    fields += ["priority", "priority_reason", "solution", "feasibility", "planning", "responsible", "partner", "bottleneck_id"]
    keys = {"object_id": "object", "bottleneck_id": "bottleneck", "priority_reason": "reason"}
    titles = {field: labels.label(keys.get(field, field), names.lang) for field in fields}
    extent = np.full((1, 4), np.nan)
    order = {name: place for place, name in enumerate(names.themes.values())}
    groups = dict(list(described.groupby("theme", sort=True)))
    for theme in sorted(groups, key=lambda theme: order.get(str(theme), len(order))):
        rows = groups[theme]
        told = _told(rows["theme"], rows["priority"], rows["street"])
        shown = {**{key: rows[key] for key in (*fields, "band", "letter")}, "told": told}
        data, around = features(table.loc[rows.index], shown, where="bottlenecks")
        group: Any = folium.FeatureGroup(name=_counted(str(theme), len(rows), names.lang)).add_to(page)
        _layer(data, _sign_style, titles).add_to(_clusters().add_to(group) if len(table) > MAX_SIGNS else group)
        extent = np.vstack([extent, around])
    return _around(extent)


def _sign_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    band, letter = feature["properties"]["band"], feature["properties"]["letter"]
    size = SIZES.get(band, min(SIZES.values()))
    return {"html": letter, "className": f"sign {band if band in SIZES else ''}", "iconSize": [size, size]}


def _add_good_examples(page: folium.Map, table: gpd.GeoDataFrame, names: wording.Names, zones: Mapping[str, str]) -> np.ndarray:
    import folium

    described = wording.describe_examples(table, names, zones)
    fields = ("object_id", "name", "kind", "theme", "street", "zone", "level", "criteria")
    titles = {field: labels.label("object" if field == "object_id" else field, names.lang) for field in fields}
    heading = pd.Series(labels.label("good_example", names.lang), index=table.index)
    shown = {key: described[key] for key in fields} | {"told": _told(heading, described["kind"], described["street"])}
    data, extent = features(table, shown, where="good_examples")
    if not data["features"]:
        return extent
    group = folium.FeatureGroup(name=_counted(labels.label("good_examples", names.lang), len(table), names.lang)).add_to(page)
    _layer(data, _example_style, titles).add_to(group)
    return extent


def _example_style(_feature: Mapping[str, Any]) -> dict[str, Any]:
    line = {"color": "#00594f", "weight": 5, "dashArray": "1 8", "fillColor": "#00594f", "fillOpacity": 0.4}
    return {**line, "html": "✓", "className": "sign example", "iconSize": [24, 24]}


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


def _layer(
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


def _clusters() -> Any:
    """Group that shows signs close together as their number."""
    from folium.plugins import MarkerCluster

    count = "{html: String(cluster.getChildCount()), className: 'sign many', iconSize: [36, 36]}"
    return MarkerCluster(  # type: ignore[no-untyped-call]
        icon_create_function=f"function (cluster) {{ return L.divIcon({count}); }}",
        disable_clustering_at_zoom=18,
        show_coverage_on_hover=False,
    )


def _told(*parts: pd.Series) -> pd.Series:
    """Short name of each object: the parts that are there, with commas."""
    joined = pd.Series("", index=parts[0].index, dtype="str")
    for part in (part.astype("str") for part in parts):  # pandas 3.0 adds no empty columns of other types
        joined = joined + ((joined != "") & (part != "")).map({True: ", ", False: ""}).astype("str") + part
    return joined


def _counted(name: str, count: int, lang: str) -> str:
    return pages.inert(labels.label("map.layer_count", lang, name=name, count=labels.number(count, lang, digits=0)))


def _around(extents: np.ndarray) -> np.ndarray:
    """Extent around extents, of which some may be unknown."""
    known = extents[np.isfinite(extents).all(axis=1)]
    return np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)]) if len(known) else np.full(4, np.nan)


def _add_page_parts(
    page: folium.Map, scores: gpd.GeoDataFrame, lang: str, title: str, attribution: str, *, clustered: bool
) -> None:
    """Heading, legend, table of zones and their style, in the figure round the map."""
    from folium import Element

    figure: Any = page.get_root()
    style = pages.read_template("page.css") + pages.read_template("map.css")
    figure.header.add_child(Element(f"<style>{style}</style>"), name="toegankelijk_style")
    if title:
        figure.title = pages.inert(title)
        figure.html.add_child(Element(f'<h1 class="title">{pages.inert(title)}</h1>'), name="toegankelijk_title")
    fifths = [(colour, f"{i * 20}–{i * 20 + 20}") for i, colour in enumerate(COLOURS)]
    rows = wording.headline(scores, lang)
    below = pages.fill_template(
        "legend.html", lang, rows=rows, fifths=fifths, bands=SIZES, attribution=attribution, clustered=clustered
    )
    # Only markup and text from here on: as entities, the live characters stay what they are on the page
    page.add_child(_below(below.translate(pages.LIVE)))


def _below(markup: str) -> Any:
    """Markup that comes after the map."""
    from folium import MacroElement
    from folium.template import Template

    part: Any = MacroElement()  # type: ignore[no-untyped-call]
    part.markup = markup
    part._template = Template("{% macro html(this, kwargs) %}{{ this.markup }}{% endmacro %}")
    return part


def _words(lang: str) -> str:
    """Script that gives Leaflet's own buttons their words, and zones a name and a place in the tab order."""
    words = {key: labels.label(f"map.{key}", lang) for key in ("zoom_in", "zoom_out", "close", "layers")}
    return f"(function (words) {{\n{pages.read_template('map.js')}}})({json.dumps(words)});\n"


def _identities(element: Any) -> Iterator[str]:
    """Random names that folium gave to the parts of a map."""
    yield element._id
    for child in element._children.values():
        yield from _identities(child)
