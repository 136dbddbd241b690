"""The pages in a real browser: nothing is fetched, nothing fails, and what one clicks on opens."""

import re
import shutil

import geopandas as gpd
import pandas as pd
import pytest

from toegankelijk import labels, maps

from . import hostile
from .frames_for_pages import bottlenecks, gaps, good_examples, scores, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser():
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Opens a page without a network, and notes what it asks for and what goes wrong."""
    contexts = []

    def open_page(path, *, width=1280, height=900):
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.trouble = []
        page.on("console", lambda message: page.trouble.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("requestfailed", lambda request: page.trouble.append(request.url))
        page.on(
            "request",
            lambda request: page.trouble.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
        )
        page.on("dialog", lambda dialog: (page.trouble.append("dialog"), dialog.dismiss()))
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        return page

    yield open_page
    for context in contexts:
        context.close()


def write_map(folder, *tables, lang="nl", title="Voorbeeldstad", **options):
    shown = maps.show_map(*(tables or (scores(), bottlenecks(), good_examples())), lang=lang, title=title, **options)
    maps.write_map(shown, folder / "map.html", title=title, lang=lang)
    return folder / "map.html"


def test_map_opens_without_a_network_and_shows_all(tmp_path, visit):
    page = visit(write_map(tmp_path))
    assert page.trouble == []
    assert page.title() == "Voorbeeldstad"
    assert page.locator("path.leaflet-interactive").count() == 3 + 2
    assert page.locator(".leaflet-marker-icon.sign").count() == 12 + 1
    assert page.locator(".zone-label").all_inner_texts()[0] == "Sledderlo, 62–78"


def test_popup_of_a_bottleneck_opens_with_its_values(tmp_path, visit):
    page = visit(write_map(tmp_path))
    page.locator(".leaflet-marker-icon.hoog").first.click()
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    text = popup.inner_text()
    for part in ("Doorgangen", "VP-00", "Weg naar As", "Sledderlo", "17 (hoog)", "Voetpad verbreden", "Dienst wegen"):
        assert part in text
    assert page.locator(".leaflet-popup-close-button").get_attribute("aria-label") == "Sluiten"
    assert page.trouble == []


def test_a_zone_is_reached_and_opened_with_the_keyboard(tmp_path, visit):
    page = visit(write_map(tmp_path))
    zone = page.get_by_role("button", name="Kolderbos, 10–95 (niet gerangschikt)")
    zone.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "zeker geen, mogelijk A" in popup.inner_text()
    page.keyboard.press("Escape")
    assert page.trouble == []


def test_a_label_that_is_larger_than_its_zone_is_not_shown(tmp_path, visit):
    page = visit(write_map(tmp_path))
    label = page.locator(".zone-label").first
    assert label.is_visible()
    for change, state in ((-4, "hidden"), (4, "visible")):
        script = "change => { const map = Object.values(window).find(v => v instanceof L.Map);"
        page.evaluate(f"{script} map.setZoom(map.getZoom() + change, {{animate: false}}); }}", change)
        label.wait_for(state=state)
    assert page.trouble == []


def test_a_gap_shows_from_near_as_long_as_it_is_and_opens_with_the_keyboard(tmp_path, visit):
    page = visit(write_map(tmp_path, scores(), bottlenecks(), gaps=gaps()))
    gap, ground = page.locator("path.gap"), page.locator("path.ground")
    assert (gap.count(), ground.count()) == (1, 2)
    assert not gap.is_visible()  # nor can the keyboard reach it: it is not displayed at all
    place = gaps().to_crs("EPSG:4326").geometry.iloc[0].centroid
    look = "([y, x, zoom]) => Object.values(window).find(v => v instanceof L.Map).setView([y, x], zoom, {animate: false})"
    for zoom, seen in ((maps.NEAR - 1, False), (maps.NEAREST, True)):
        page.evaluate(look, [place.y, place.x, zoom])
        gap.wait_for(state="visible" if seen else "hidden")
        assert ground.first.is_visible() == seen
    assert gap.evaluate("node => node.getBBox().width") == pytest.approx(136, abs=4)  # 0.80 m at 51 degrees north
    assert page.locator(".sign.through").count() == 1
    button = page.get_by_role("button", name="0,80 m, tussen vuilnisbak VB-12 en de rand van het voetpad")
    button.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    for part in ("1,50 m", "0,30 m lang smaller dan 1,20 m", "zonder vuilnisbak VB-12 is de doorgang hier 1,45 m", "K-0000"):
        assert part in popup.inner_text()
    page.get_by_label("Doorgangen (2)").uncheck()
    assert gap.count() == ground.count() == 0
    assert page.trouble == []


def test_groups_are_switched_off_and_on(tmp_path, visit):
    page = visit(write_map(tmp_path))
    signs = page.locator(".leaflet-marker-icon.sign")
    box = page.get_by_label("Drempels (2)")
    box.uncheck()
    assert signs.count() == 11
    box.check()
    assert signs.count() == 13
    page.get_by_label("Woonzorgzones (3)").uncheck()
    page.locator(".zone-label").first.wait_for(state="detached")
    assert page.trouble == []


@pytest.mark.parametrize("lang", ["en", "fr", "de"])
def test_map_in_other_languages(tmp_path, visit, lang):
    page = visit(write_map(tmp_path, lang=lang))
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator(".leaflet-control-zoom-in").get_attribute("title") == labels.label("map.zoom_in", lang)
    assert labels.label("map.legend", lang) in page.locator("main").inner_text()
    assert page.trouble == []


def test_clusters_open_when_one_zooms_in(tmp_path, visit, monkeypatch):
    monkeypatch.setattr(maps, "MAX_SIGNS", 100)
    page = visit(write_map(tmp_path, scores(), bottlenecks(400)))
    clusters = page.locator(".leaflet-marker-icon.many")
    assert clusters.count() > 0
    before = page.locator(".leaflet-marker-icon.sign").count()
    assert before < 400
    for _ in range(3):
        page.locator(".leaflet-control-zoom-in").click()
        page.wait_for_timeout(400)
    assert page.locator(".leaflet-marker-icon.many").count() == 0
    assert page.trouble == []


@pytest.mark.parametrize("make", [write_map, write_report])
def test_a_narrow_screen_shows_the_page_without_scrolling_sideways(tmp_path, visit, make):
    page = visit(make(tmp_path), width=320, height=640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.trouble == []


def test_report_opens_without_a_network(tmp_path, visit):
    page = visit(write_report(tmp_path))
    assert page.trouble == []
    assert page.locator("h1").inner_text() == "Screening van de toegankelijkheid: Voorbeeldstad"
    assert page.locator("#bottlenecks ~ .wide tbody tr").count() == 12


def test_hostile_text_runs_nowhere_on_the_map(tmp_path, visit):
    texts = hostile.payloads(tmp_path / "ran")
    table = hostile.poison(bottlenecks(len(texts)), texts)
    examples = gpd.GeoDataFrame(pd.concat([good_examples()] * 11, ignore_index=True), crs="EPSG:31370")
    examples = hostile.poison(examples, texts)
    zones = hostile.poison_scores(scores(), texts[: maps.MAX_LABELS])
    lines = gpd.GeoDataFrame(pd.concat([gaps()] * len(texts)), crs="EPSG:31370").assign(bottleneck_id="K-0000")
    lines = (
        lines.assign(**dict.fromkeys(("width", "limits", "advice", "solution"), texts)).set_axis(texts).rename_axis("object_id")
    )
    path = write_map(tmp_path, zones, table, examples, gaps=lines, title=" ".join(texts), attribution=" ".join(texts))
    page = visit(path)
    for sign in page.locator(".leaflet-marker-icon.sign, path.leaflet-interactive").all():
        sign.dispatch_event("mouseover")
        sign.dispatch_event("click")
    shown = page.evaluate(_OPEN_EVERYTHING)
    page.wait_for_timeout(300)
    assert shown > 2 * len(texts)
    assert page.evaluate("window.RAN") is None
    assert page.trouble == []
    assert page.locator("main img, main iframe, main a[href^='javascript']").count() == 0
    assert page.title() == re.sub(r"[ \t\n]+", " ", " ".join(texts)).strip()
    assert hostile.never_ran(tmp_path / "ran")


def test_hostile_text_is_shown_as_it_is(tmp_path, visit):
    for text in ["<b>{{ 7 * 7 }}</b> `${1 + 1}` \\n &amp; 'x' \"y\"", "{% raw %}"]:
        table = bottlenecks(1).assign(street=text)
        page = visit(write_map(tmp_path, scores().assign(zone_name=text), table))
        page.locator(".leaflet-marker-icon.hoog").click()
        page.locator(".leaflet-popup-content").wait_for()
        assert text in page.locator(".leaflet-popup-content").inner_text()
        assert page.locator("section[aria-labelledby=zones] tbody th").first.inner_text() == text
        assert page.trouble == []


def test_hostile_text_runs_nowhere_in_the_report(tmp_path, visit):
    texts = hostile.payloads(tmp_path / "ran")
    path = write_report(
        tmp_path,
        city_name=" ".join(texts),
        scores=hostile.poison_scores(scores(), texts),
        bottlenecks=hostile.poison(bottlenecks(len(texts)), texts),
        good_examples=hostile.poison(good_examples(), texts),
    )
    page = visit(path)
    page.wait_for_timeout(200)
    assert page.evaluate("window.RAN") is None
    assert page.trouble == []


_OPEN_EVERYTHING = """() => {
    // Every popup and tooltip of every object, one after the other
    const map = Object.values(window).find(one => one instanceof L.Map);
    let opened = 0;
    map.eachLayer(layer => {
        if (!layer.feature) { return; }
        layer.openTooltip();
        layer.fire('click', {latlng: layer.getLatLng ? layer.getLatLng() : layer.getBounds().getCenter()});
        opened += document.querySelectorAll('.leaflet-popup-content').length > 0;
    });
    return opened;
}"""
