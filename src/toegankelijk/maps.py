"""The map: zones by score, bottlenecks by theme and priority, good examples; written as one page that needs no network.

Folium puts what it is given into jinja2 templates, JavaScript template literals and HTML, and renders the outcome as a
template once more. So every text from data passes `inert` before folium sees it, and field names are our own.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import labels, pages, wording
from toegankelijk.errors import ConfigError
from toegankelijk.norm import Norm
from toegankelijk.overlays import DECIMALS, clusters, counted, features, object_layer, short_name

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

NEAR, NEAREST, FIRST = 20, 24, 21
"""Zoom from which gaps show, closest zoom (there a gap of 0.80 m is 136 pixels long at 51° north), and closest one at first."""


def show_map(
    scores: gpd.GeoDataFrame,
    bottlenecks: gpd.GeoDataFrame,
    good_examples: gpd.GeoDataFrame | None = None,
    *,
    gaps: gpd.GeoDataFrame | None = None,
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
    gaps
        Narrowest places of bottlenecks, from `toegankelijk.gaps.gaps_to_draw`; they show from zoom `NEAR` on.
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
    names, zones = wording.Names.of(norm, lang), wording.zone_names(scores)
    page = blank_map()
    extents = [_add_zones(page, scores, names)]
    extents += [_add_bottlenecks(page, bottlenecks, gaps, names, zones)]
    if good_examples is not None:
        extents += [_add_good_examples(page, good_examples, names, zones)]
    fit_map(page, extents)
    shown = {"clustered": len(bottlenecks) > MAX_SIGNS, "gaps": gaps is not None and len(gaps) > 0, "attribution": attribution}
    _add_page_parts(page, scores, lang, title, shown)
    return page


def blank_map() -> folium.Map:
    """A map without tiles and without what folium loads for parts that maps of this package do not have."""
    import folium

    page = folium.Map(tiles=None, zoom_snap=0.5, control_scale=True, height="100%")
    page.options["max_zoom"] = NEAREST  # folium keeps its own argument for tiles, and clusters need to know where zooming ends
    # The rest of what folium loads by default (Bootstrap, icon fonts) serves markers that these maps do not have
    page.default_js = [asset for asset in page.default_js if asset[0] == "leaflet"]
    page.default_css = [asset for asset in page.default_css if asset[0] == "leaflet_css"]
    return page


def fit_map(page: folium.Map, extents: Sequence[np.ndarray]) -> None:
    """Give the map its list of layers, and show at first all that is within the extents (west, south, east, north)."""
    import folium

    narrow: Any = folium.JsCode("window.innerWidth < 800")
    folium.LayerControl(collapsed=narrow).add_to(page)
    known = np.vstack([extent for extent in extents if np.isfinite(extent).all()] or [np.array([3.0, 50.0, 6.0, 52.0])])
    (west, south), (east, north) = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    page.fit_bounds([[south, west], [north, east]], padding=(20, 20), max_zoom=FIRST)


def frame_map(page: folium.Map, title: str, below: str) -> None:
    """Give the map its style, a heading, and what comes under it: markup of a template of the package."""
    from folium import Element

    figure: Any = page.get_root()
    style = pages.read_template("page.css") + pages.read_template("map.css")
    figure.header.add_child(Element(f"<style>{style}</style>"), name="toegankelijk_style")
    if title:
        figure.title = pages.inert(title)
        figure.html.add_child(Element(f'<h1 class="title">{pages.inert(title)}</h1>'), name="toegankelijk_title")
    # Only markup and text from here on: as entities, the live characters stay what they are on the page
    page.add_child(_below(below.translate(pages.LIVE)))


def write_map(
    map: folium.Map,  # noqa: A002 - what it is
    path: Path,
    *,
    title: str,
    lang: str = "nl",
    region: str = "",
) -> None:
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
    region
        What the map shows, for a screen reader; zones, bottlenecks and good examples if not given.

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
    region = f'<div class="folium-map" role="region" aria-label="{html.escape(region or labels.label("map.region", lang))}" '
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
    shown |= {
        "told": short_name(shown["name"], shown["score"]),
        "fifth": fifth,
        "assumed": chosen["assumed"].astype(bool).astype(int),
    }
    data, extent = features(chosen, shown, where="scores")
    group = folium.FeatureGroup(name=counted(labels.label("zones", lang), len(chosen), lang)).add_to(page)
    object_layer(data, _zone_style, titles, named=len(chosen) <= MAX_LABELS).add_to(group)
    return extent


def _zone_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    fifth = int(feature["properties"]["fifth"])
    style = {"color": "#222", "weight": 2, "fillOpacity": 0.65, "fillColor": COLOURS[fifth] if fifth >= 0 else "url(#hatch)"}
    return style | ({"dashArray": "8 6"} if feature["properties"]["assumed"] == "1" else {})


def _add_bottlenecks(
    page: folium.Map, table: gpd.GeoDataFrame, gaps: gpd.GeoDataFrame | None, names: wording.Names, zones: Mapping[str, str]
) -> np.ndarray:
    import folium

    table = table.sort_values("bottleneck_id", ignore_index=True)
    described = wording.describe_bottlenecks(table, names, zones)
    described["priority"] = described["priority"] + " (" + described["band_name"] + ")"
    fields = [*("theme", "object_id", "kind", "street", "zone", "level", "description", "value", "required", "severity")]
    fields += ["priority", "priority_reason", "solution", "solution_reason", "feasibility", "planning", "responsible"]
    fields += ["partner", "bottleneck_id"]
    keys = {"object_id": "object", "bottleneck_id": "bottleneck", "priority_reason": "reason"}
    drawn = pd.DataFrame(columns=["bottleneck_id", "theme", "parent_id"]) if gaps is None else gaps
    seen_through = table["bottleneck_id"].isin(drawn["bottleneck_id"]) | table["object_id"].isin(drawn["parent_id"])
    titles = {field: labels.label(keys.get(field, field), names.lang) for field in fields}
    extent = np.full((1, 4), np.nan)
    order = {name: place for place, name in enumerate(names.themes.values())}
    groups = dict(list(described.groupby("theme", sort=True)))
    for theme in sorted(groups, key=lambda theme: order.get(str(theme), len(order))):
        rows = groups[theme]
        told = short_name(rows["theme"], rows["priority"], rows["street"])
        through = seen_through[rows.index].map({True: "through", False: ""})
        shown = {**{key: rows[key] for key in (*fields, "band", "letter")}, "told": told, "through": through}
        data, place = features(table.loc[rows.index], shown, where="bottlenecks")
        group: Any = folium.FeatureGroup(name=counted(str(theme), len(rows), names.lang)).add_to(page)
        object_layer(data, _sign_style, titles).add_to(clusters().add_to(group) if len(table) > MAX_SIGNS else group)
        if len(own := drawn[wording.translate(drawn["theme"], names.themes) == theme]):
            _add_gaps(group, own, names)
        extent = np.vstack([extent, place])
    return around(extent)


def _sign_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    band, letter, through = (feature["properties"][key] for key in ("band", "letter", "through"))
    size = SIZES.get(band, min(SIZES.values()))
    return {"html": letter, "className": f"sign {band if band in SIZES else ''} {through}", "iconSize": [size, size]}


def _add_gaps(group: folium.FeatureGroup, gaps: gpd.GeoDataFrame, names: wording.Names) -> None:
    """Gaps of one theme, with the ground round them; each says its width, between what it lies, and what would help."""
    import folium

    fields = ("width", "required", "lengths", "limits", "advice", "solution", "object_id", "bottleneck_id")
    keys = ("gap.width", "required", "gap.lengths", "gap.limits", "gap.help", "solution", "gap", "bottleneck")
    titles = {field: labels.label(key, names.lang) for field, key in zip(fields, keys, strict=True)}
    texts = gaps.reset_index()
    for name in ("pavement", "things"):
        ground = gpd.GeoDataFrame(geometry=gpd.GeoSeries(texts[name], crs=gaps.crs))
        style = {"stroke": True, "weight": 1, "color": "#555", "className": f"ground {name}"}
        data = features(ground, {}, where="gaps", decimals=DECIMALS + 2)[0]
        folium.GeoJson(data, style_function=lambda _, style=style: style, interactive=False).add_to(group)
    shown = {field: texts[field] for field in (*fields, "priority_band")} | {"told": short_name(texts["width"], texts["limits"])}
    object_layer(features(texts, shown, where="gaps", decimals=DECIMALS + 2)[0], _gap_style, titles).add_to(group)


def _gap_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    band = feature["properties"]["priority_band"]
    return {"weight": 4, "fill": False, "lineCap": "butt", "className": f"gap {band if band in SIZES else ''}"}


def _add_good_examples(page: folium.Map, table: gpd.GeoDataFrame, names: wording.Names, zones: Mapping[str, str]) -> np.ndarray:
    import folium

    described = wording.describe_examples(table, names, zones)
    fields = ("object_id", "name", "kind", "theme", "street", "zone", "level", "criteria")
    titles = {field: labels.label("object" if field == "object_id" else field, names.lang) for field in fields}
    heading = pd.Series(labels.label("good_example", names.lang), index=table.index)
    shown = {key: described[key] for key in fields} | {"told": short_name(heading, described["kind"], described["street"])}
    data, extent = features(table, shown, where="good_examples")
    if not data["features"]:
        return extent
    group = folium.FeatureGroup(name=counted(labels.label("good_examples", names.lang), len(table), names.lang)).add_to(page)
    object_layer(data, _example_style, titles).add_to(group)
    return extent


def _example_style(_feature: Mapping[str, Any]) -> dict[str, Any]:
    line = {"color": "#00594f", "weight": 5, "dashArray": "1 8", "fillColor": "#00594f", "fillOpacity": 0.4}
    return {**line, "html": "✓", "className": "sign example", "iconSize": [24, 24]}


def around(extents: np.ndarray) -> np.ndarray:
    """Extent around extents, of which some may be unknown."""
    known = extents[np.isfinite(extents).all(axis=1)]
    return np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)]) if len(known) else np.full(4, np.nan)


def _add_page_parts(page: folium.Map, scores: gpd.GeoDataFrame, lang: str, title: str, shown: Mapping[str, Any]) -> None:
    """Heading, legend, table of zones and their style round the map."""
    fifths = [(colour, f"{i * 20}–{i * 20 + 20}") for i, colour in enumerate(COLOURS)]
    below = pages.fill_template("legend.html", lang, rows=wording.headline(scores, lang), fifths=fifths, bands=SIZES, **shown)
    frame_map(page, title, below)


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
    return f"(function (words) {{\n{pages.read_template('map.js')}}})({json.dumps({**words, 'near': NEAR})});\n"


def _identities(element: Any) -> Iterator[str]:
    """Random names that folium gave to the parts of a map."""
    yield element._id
    for child in element._children.values():
        yield from _identities(child)
