"""The page of a map: layers, the script that draws them, and words in all languages, as one file that needs no network."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toegankelijk import labels, pages
from toegankelijk.errors import ConfigError
from toegankelijk.maps import encoding
from toegankelijk.maps.layers import Layer

if TYPE_CHECKING:
    import folium

    from toegankelijk.maps.drawn import DrawnMap

SCRIPTS = (*("store", "dom", "painting", "lettering", "view", "signs", "popup", "panel", "table", "share", "base", "main"),)
"""Files of the page's own script, in order; each may use what stands in those before it."""

STYLES = ("page", "map")
"""Files of the page's own style."""

BASE_MAPS = ("https://geo.api.vlaanderen.be", "https://service.pdok.nl", "https://tile.openstreetmap.org")
"""Hosts of base maps, from which a page loads pictures once somebody has chosen one."""

HEAVY, LARGEST = 10_000_000, 25_000_000
"""Bytes from which a page is slow to send by mail and to open, and above which it is only written if asked."""

NOWHERE = (3.0, 50.0, 6.0, 52.0)
"""Extent of a map without objects (west, south, east, north)."""


def draw_layers(
    layers: Sequence[Layer], *, title: str = "", lang: str = "nl", attribution: str = "", intro: str = ""
) -> folium.Map:
    """Map of layers: with a legend, search, filters, popups and tables, in all languages.

    Show it in a notebook as it is, or write it with `write_map`.

    Parameters
    ----------
    layers
        What is drawn, from below to above; their keys differ.
    title
        Heading of the page.
    lang
        Language in which the page opens, one of `labels.LANGUAGES`.
    attribution
        Whose data it is, such as ``© OpenStreetMap contributors``.
    intro
        A sentence under the heading.

    Raises
    ------
    CrsError
        A layer has no coordinate system, or coordinates that it cannot place on Earth.
    ConfigError
        The language has no labels, or a layer contradicts itself.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from toegankelijk.maps import draw_layers
    >>> from toegankelijk.maps.layers import Field, Layer, Style
    >>> bench = {"nl": "Rustbank", "en": "Bench", "fr": "Banc", "de": "Bank"}
    >>> shapes = gpd.GeoSeries.from_xy([5.5], [50.96], crs="EPSG:4326")
    >>> layer = Layer("bench", bench, shapes, {"all": Style(bench)}, pd.Series(["all"]))
    >>> page = draw_layers([layer], title="Rustbanken").render()
    >>> page.startswith("<!DOCTYPE html>"), "http://" in page.split("<script")[0]
    (True, False)
    """
    from toegankelijk.maps.drawn import DrawnMap

    labels.check_language(lang)
    keys = [layer.key for layer in layers]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ConfigError("layers of a map have keys of their own", [f"{key} is there twice" for key in twice])
    return DrawnMap(layers, title=title, lang=lang, attribution=attribution, intro=intro)


def render_page(drawn: DrawnMap, *, title: str, lang: str, region: str = "") -> str:
    """The page of a map of `draw_layers`, as HTML."""
    blocks = _blocks(drawn, title, lang)
    filled = partial(
        pages.fill_page,
        "map/page.html",
        lang,
        styles=[pages.read_asset("leaflet.css"), *(pages.read_template(f"map/{name}.css") for name in STYLES)],
        scripts=[pages.read_asset("leaflet.js"), _script()],
        images=BASE_MAPS,
        title=title or labels.label("map.legend", lang),
        intro=drawn.intro,
        attribution=drawn.attribution,
        region=region,
    )
    size = len(filled(size="", blocks=[]).encode("utf-8")) + sum(len(block["text"]) for block in blocks)
    return filled(size=labels.number(size / 1e6, lang, digits=1), blocks=blocks)


def write_map(
    map: folium.Map,  # noqa: A002 - what it is
    path: Path,
    *,
    title: str,
    lang: str = "nl",
    region: str = "",
    large: bool = False,
) -> int:
    """Write a map as one HTML file that opens without a network; how many bytes it has.

    Scripts and styles come from installed packages into the page; a content security policy lets only these very scripts run
    and nothing be fetched but a base map that somebody chooses. The same tables give the same bytes.

    Parameters
    ----------
    map
        Map of `draw_layers` or `show_map`.
    path
        File to write.
    title
        Title of the page, and its heading.
    lang
        Language in which the page opens, one of `labels.LANGUAGES`.
    region
        What the map shows, for a screen reader, if more than that it is a map.
    large
        Whether to write the page also if it has more than `LARGEST` bytes; over `HEAVY` it warns.

    Raises
    ------
    ConfigError
        The map is not one of `draw_layers`, or the page is too large and nobody asked for it; the heaviest layers are listed.
    """
    from toegankelijk.maps.drawn import DrawnMap

    if not isinstance(map, DrawnMap):
        raise ConfigError(
            f"a {type(map).__name__} of another package cannot be written as a page without a network: "
            "make layers of its tables, and a map of them with draw_layers"
        )
    path = Path(path)
    content = render_page(map, title=title, lang=lang, region=region).encode("utf-8")
    told = f"{path.name} has {len(content) / 1e6:.1f} MB"
    if len(content) > LARGEST and not large:
        weights = [(len(block), layer.key, len(layer.shapes)) for layer, block in zip(map.layers, map.packed, strict=True)]
        heaviest = sorted(weights, reverse=True)[:5]
        raise ConfigError(
            f"{told}, more than the {LARGEST / 1e6:.0f} MB that browsers and mail take: leave out layers or fields, "
            "draw a part of the city, or ask for it with large=True",
            [f"layer {key}: {count} objects, {weight / 1e6:.1f} MB" for weight, key, count in heaviest],
        )
    if len(content) > HEAVY:
        warnings.warn(f"{told}: it may be slow to open, and too large to mail", stacklevel=2)
    path.write_bytes(content)
    return len(content)


def pack_layers(layers: Sequence[Layer]) -> tuple[list[str], list[np.ndarray]]:
    """Objects of each layer, packed, and their extents in degrees."""
    encoded = [encoding.encode_layer(layer) for layer in layers]
    return [encoding.pack(data) for data, _ in encoded], [extent for _, extent in encoded]


def _blocks(drawn: DrawnMap, title: str, lang: str) -> list[dict[str, str]]:
    """Packed data: what the page is about and which layers there are, then the objects of each layer."""
    head: dict[str, Any] = {
        "lang": lang,
        "langs": labels.LANGUAGES,
        "words": {other: labels.group("map.ui.", other) for other in labels.LANGUAGES},
        "title": title,
        "attribution": drawn.attribution,
        "extent": _first_view(drawn),
        "layers": [encoding.describe_layer(layer) for layer in drawn.layers],
    }
    blocks = [{"id": "data", "text": encoding.pack(head)}]
    return blocks + [{"id": f"data-{order}", "text": block} for order, block in enumerate(drawn.packed)]


def _first_view(drawn: DrawnMap) -> list[float]:
    """Extent that shows first: what somebody chose, or all that is switched on; else all there is, and the ground at last."""
    if drawn.first_view is not None:
        return list(drawn.first_view)
    own = [(layer, extent) for layer, extent in zip(drawn.layers, drawn.extents, strict=True) if not layer.background]
    shown = [extent for layer, extent in own if layer.shown]
    for extent in map(encoding.around, (shown, [extent for _, extent in own], drawn.extents)):
        if not np.isnan(extent).any():
            return [float(degree) for degree in extent.round(encoding.NEAR_DECIMALS)]
    return list(NOWHERE)


def _script() -> str:
    files = "\n".join(pages.read_template(f"map/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{files}}})();'
