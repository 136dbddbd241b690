"""How heavy the page of a map is, how long it takes to make and to open, beside folium's own GeoJson of the same objects.

    python benchmarks/map.py [--features 20000] [--many 100000] [--pairs 3] [--quick]

The first part is a third points, a third lines of six points and a third areas, each with six facts in popup and tooltip. Both
sides show the same facts; ours also lists, filters and searches them in four languages. The bytes are those of the file, and for
folium without what it loads from elsewhere; ours opens without a network, so it has Leaflet in it. Building is timed in turns
(A B A B) as processor time. Opening is timed in a real browser, offline: until the first area is on the screen. For folium, which
shows nothing without a network, Leaflet is written into the page first.

The second part opens a page of very many points and lines, zooms and pans it, and tells how long the browser was busy at most.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import sync_playwright

from toegankelijk import pages
from toegankelijk.maps import Field, Layer, Style, draw_layers, write_map

CENTRE, SPREAD = (230_000, 181_000), 2500.0  # metres
FACTS = ("object", "street", "theme", "priority", "remedy", "note")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=20_000)
    parser.add_argument("--many", type=int, default=100_000, help="points, and as many lines, of the second part")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of all; for a first look")
    options = parser.parse_args()
    features, many = (options.features // 10, options.many // 10) if options.quick else (options.features, options.many)
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), features, options.pairs)
        if shutil.which("chromium"):
            print(f"{many} points and {many} lines:")
            path = Path(folder) / "many.html"
            layers = [as_layer("lines", lines(many)), as_layer("points", points(many))]
            size = write_map(draw_layers(layers), path, title="many", large=True)
            print(f"  page {size / 1e6:.1f} MB")
            browse(path)


def compare(folder: Path, features: int, pairs: int) -> None:
    tables = {"areas": areas(features // 3), "lines": lines(features // 3), "points": points(features // 3)}
    ours, theirs = folder / "ours.html", folder / "theirs.html"
    seconds: dict[str, list[float]] = {"ours": [], "folium": []}
    for _ in range(pairs):
        for name, build in (("ours", lambda: write_ours(tables, ours)), ("folium", lambda: write_theirs(tables, theirs))):
            start = time.process_time()
            build()
            seconds[name].append(time.process_time() - start)
    build = statistics.median(a / b for a, b in zip(seconds["ours"], seconds["folium"], strict=True))
    bytes_ = ours.stat().st_size / theirs.stat().st_size
    print(f"{3 * (features // 3)} features: a third areas, lines and points each")
    print(f"  bytes: {ours.stat().st_size / 1e6:.2f} MB, folium {theirs.stat().st_size / 1e6:.2f} MB, ratio {bytes_:.3f}")
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"  build: {middle['ours']:.2f} s, folium {middle['folium']:.2f} s, ratio {build:.3f}")
    if not shutil.which("chromium"):
        return
    offline(theirs)
    opened = {"ours": [], "folium": []}
    for _ in range(pairs):
        opened["ours"].append(first_area(ours, "path[role=button], .leaflet-areas-pane canvas[data-painted]"))
        opened["folium"].append(first_area(theirs, "path.leaflet-interactive"))
    ratio = statistics.median(a / b for a, b in zip(opened["ours"], opened["folium"], strict=True))
    middle = {name: statistics.median(times) for name, times in opened.items()}
    print(f"  first area on the screen: {middle['ours']:.2f} s, folium {middle['folium']:.2f} s, ratio {ratio:.3f}")


def write_ours(tables: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    write_map(draw_layers([as_layer(name, table) for name, table in tables.items()]), path, title="ours", large=True)


def write_theirs(tables: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    page = folium.Map(tiles=None)
    for table in tables.values():
        shown: dict[str, Any] = {"fields": list(FACTS), "aliases": list(FACTS)}
        popup, tooltip = folium.GeoJsonPopup(**shown), folium.GeoJsonTooltip(**shown)
        folium.GeoJson(table.to_crs("EPSG:4326"), popup=popup, tooltip=tooltip, marker=folium.CircleMarker(radius=4)).add_to(page)
    west, south, east, north = tables["points"].to_crs("EPSG:4326").total_bounds
    page.fit_bounds([[south, west], [north, east]])
    page.save(str(path))


def as_layer(key: str, table: gpd.GeoDataFrame) -> Layer:
    title = dict.fromkeys(("nl", "en", "fr", "de"), key)
    styles = {"a": Style(title, "#01665e", 3, fill="#70b8ae"), "b": Style(title, "#8f1414", 4, (8, 6), fill="#d8a860")}
    fields = [
        Field(
            name,
            dict.fromkeys(title, name),
            table[name],
            facet=name in ("theme", "priority"),
            searched=name in ("object", "street"),
        )
        for name in FACTS
    ]
    classes = pd.Series(np.where(np.arange(len(table)) % 3 == 0, "b", "a"))
    return Layer(key, title, table.geometry, styles, classes, fields, named=("street", "object"), identity="object")


def points(count: int) -> gpd.GeoDataFrame:
    draw = np.random.default_rng(1)
    return with_facts(gpd.points_from_xy(*(draw.normal(0, SPREAD, (count, 2)) + CENTRE).T), draw)


def lines(count: int) -> gpd.GeoDataFrame:
    draw = np.random.default_rng(2)
    ways = np.cumsum(draw.normal(0, 15, (count, 6, 2)), axis=1) + draw.normal(0, SPREAD, (count, 1, 2)) + CENTRE
    return with_facts(shapely.linestrings(ways), draw)


def areas(count: int) -> gpd.GeoDataFrame:
    draw = np.random.default_rng(3)
    spots = shapely.points(draw.normal(0, SPREAD, (count, 2)) + CENTRE)
    return with_facts(shapely.buffer(spots, draw.uniform(5, 30, count), quad_segs=2), draw)


def with_facts(shapes: Any, draw: np.random.Generator) -> gpd.GeoDataFrame:
    count = len(shapes)
    table = {
        "object": [f"K-{number:06d}" for number in range(count)],
        "street": [f"Kerkstraat {number}" for number in draw.integers(0, 500, count)],
        "theme": draw.choice(["Doorgangen", "Drempels", "Oversteekplaatsen"], count),
        "priority": draw.choice(["hoog", "middel", "laag"], count),
        "remedy": draw.choice(["Voetpad verbreden", "Boordsteen verlagen", "Paaltje verplaatsen"], count),
        "note": [f"doorgang van {width:.2f} m" for width in draw.uniform(0.5, 2.5, count)],
    }
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:31370")


def offline(path: Path) -> None:
    """Leaflet in folium's page, and nothing else that it would load."""
    page = re.sub(r'<script src="[^"]*"></script>|<link rel="stylesheet" href="[^"]*"\s*/?>', "", path.read_text("utf-8"))
    leaflet = f"<style>{pages.read_asset('leaflet.css')}</style>\n<script>{pages.read_asset('leaflet.js')}</script>"
    path.write_text(page.replace("<head>", f"<head>{leaflet}", 1), "utf-8")


def launch(driver: Any) -> Any:
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
    return driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(quiet))


def first_area(path: Path, selector: str) -> float:
    """Seconds from asking for the page until something fits the selector and the browser has drawn a frame with it."""
    watch = """selector => {
        const drawn = () => requestAnimationFrame(() => setTimeout(() => { window.firstSeen = performance.now(); }));
        const look = () => { if (document.querySelector(selector)) { drawn(); } else { setTimeout(look, 5); } };
        look();
    }"""
    with sync_playwright() as driver:
        browser = launch(driver)
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
        page.add_init_script(f"({watch})({selector!r})")
        page.goto(path.as_uri(), timeout=120_000, wait_until="commit")
        while not (seen := page.evaluate("window.firstSeen || 0")):
            page.wait_for_timeout(50)
        browser.close()
    return float(seen) / 1000


_BUSY = """async ([zoom, wait]) => {
    const map = window.toegankelijk.view.map, busy = [0];
    const watch = new PerformanceObserver((list) => list.getEntries().forEach((entry) => busy.push(entry.duration)));
    watch.observe({entryTypes: ["longtask"]});
    const start = performance.now();
    if (zoom) { map.setZoom(zoom, {animate: false}); } else { map.panBy([500, 200], {animate: false}); }
    const asked = performance.now() - start;
    await new Promise((next) => setTimeout(next, wait));
    watch.disconnect();
    return [asked, Math.max(...busy)];
}"""


def browse(path: Path) -> None:
    with sync_playwright() as driver:
        browser = launch(driver)
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
        start = time.perf_counter()
        page.goto(path.as_uri(), timeout=120_000)
        page.wait_for_selector("html[data-ready]", timeout=120_000)
        print(f"  ready to be used after {time.perf_counter() - start:.1f} s")
        page.wait_for_timeout(3000)
        for zoom in (13, 15, 17):
            asked, busy = page.evaluate(_BUSY, [zoom, 2500])
            panned, also = page.evaluate(_BUSY, [None, 1500])
            print(
                f"  zoom {zoom}: answers in {asked:.0f} ms, busy at most {busy:.0f} ms; "
                f"pan {panned:.0f} ms, at most {also:.0f} ms"
            )
        for what, script in {
            "filter": "toegankelijk.store.setFilters({theme: new Set(['Drempels'])})",
            "search": "toegankelijk.store.setFilters({query: 'K-0001'})",
        }.items():
            start = time.perf_counter()
            page.evaluate(f"void ({script})")
            print(f"  {what}: {time.perf_counter() - start:.2f} s")
        browser.close()


if __name__ == "__main__":
    main()
