"""The pages in a real browser: nothing is fetched, nothing fails, and what one clicks on opens."""

import shutil

import geopandas as gpd
import pandas as pd
import pytest

from toegankelijk import labels, maps
from toegankelijk.maps.zones import MAX_LABELS
from toegankelijk.network_maps import show_network

from . import hostile
from .frames_for_pages import bottlenecks, gaps, good_examples, scores, write_report
from .test_network_maps import poisoned_pages
from .walking_world import planned, walked

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
        if path.name != "report.html":
            page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()


def write_map(folder, *tables, lang="nl", title="Voorbeeldstad", **options):
    shown = maps.show_map(*(tables or (scores(), bottlenecks(), good_examples())), lang=lang, title=title, **options)
    maps.write_map(shown, folder / "map.html", title=title, lang=lang)
    return folder / "map.html"


def write_walked(folder):
    """Map of the walking sample: everything that a screening has."""
    maps.write_map(walked().map(), folder / "map.html", title=walked().city.name)
    return folder / "map.html"


def write_network(folder):
    maps.write_map(show_network(walked().reach), folder / "network.html", title="Waar men stopt")
    return folder / "network.html"


def write_plan(folder):
    return planned().write(folder / "plan") / "plan_map.html"


def signs(page, layer):
    return page.locator(f"button.sign[data-key={layer}]")


def standing_for(page):
    """How many objects the signs in view stand for: those that would overlap are one sign with a count."""
    return page.evaluate("""() => [...document.querySelectorAll('button.sign')]
        .reduce((sum, node) => sum + (node.classList.contains('many') ? Number(node.innerText.match(/\\d+/)[0]) : 1), 0)""")


def look(page, at, zoom):
    page.evaluate("([x, y, zoom]) => toegankelijk.view.map.setView([y, x], zoom, {animate: false})", [*at, zoom])


def popup_of(page):
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    return popup.inner_text()


def test_map_opens_without_a_network_and_shows_all(tmp_path, visit):
    page = visit(write_map(tmp_path))
    assert page.trouble == []
    assert page.title() == "Voorbeeldstad"
    assert page.locator("path[data-key=zones]").count() == 3
    assert page.locator("path[data-key=example_lines]").count() == 1
    assert standing_for(page) == 12 + 2
    assert page.locator(".name").all_inner_texts()[0] == "Sledderlo, 62–78"


@pytest.mark.parametrize("make", [write_walked, write_network, write_plan])
def test_maps_of_a_screening_open_without_a_network(tmp_path, visit, make):
    page = visit(make(tmp_path))
    assert page.evaluate("toegankelijk.store.layers.every(layer => layer.loaded && layer.count > 0)")
    for box in page.locator("#layers input[type=checkbox]").all():
        box.set_checked(True)
    page.wait_for_timeout(300)
    assert page.locator("button.sign").count() > 5
    assert page.trouble == []


def test_popup_of_a_bottleneck_opens_with_its_values(tmp_path, visit):
    page = visit(write_map(tmp_path))
    page.get_by_role("button", name="Doorgangen, hoog, Weg naar As, VP-00", exact=True).click()
    text = popup_of(page)
    for part in (
        "VP-00",
        "Sledderlo",
        "17",
        "Voetpad verbreden",
        "Dienst wegen",
        "1,10 m",
        "1,50 m",
        "richtlijn",
        "ENT-D",
        "K-0000",
    ):
        assert part in text
    assert page.trouble == []


def test_popup_of_an_island_and_of_a_job_say_what_closes_and_what_it_costs(tmp_path, visit):
    page = visit(write_network(tmp_path))
    island = page.locator("path[data-key=islands]").first
    island.focus()
    page.keyboard.press("Enter")
    assert "60" in popup_of(page)
    assert page.trouble == []
    page = visit(write_plan(tmp_path))
    signs(page, "jobs").first.click()
    text = popup_of(page)
    for key in ("solution", "responsible", "layer.cost", "column.plan_reason"):
        assert labels.label(key) in text
    assert page.trouble == []


def test_a_zone_is_reached_and_opened_with_the_keyboard(tmp_path, visit):
    page = visit(write_map(tmp_path))
    page.get_by_role("button", name="Kolderbos, 10–95 (niet gerangschikt)", exact=True).focus()
    page.keyboard.press("Enter")
    assert "zeker geen, mogelijk A" in popup_of(page)
    page.keyboard.press("Escape")
    page.locator(".leaflet-popup-content").wait_for(state="detached")
    assert page.trouble == []


def test_a_label_that_is_larger_than_its_zone_is_not_shown(tmp_path, visit):
    page = visit(write_map(tmp_path))
    label = page.locator(".name", has_text="Sledderlo")
    assert label.count() == 1
    for change, count in ((-4, 0), (4, 1)):
        page.evaluate(
            "change => { const {map} = toegankelijk.view; map.setZoom(map.getZoom() + change, {animate: false}); }", change
        )
        assert label.count() == count
    assert page.trouble == []


def test_a_gap_shows_from_near_as_long_as_it_is_and_opens_with_the_keyboard(tmp_path, visit):
    page = visit(write_map(tmp_path, scores(), bottlenecks(), gaps=gaps()))
    gap = page.locator("path[data-key=gaps]")
    assert gap.count() == 0  # nor can the keyboard reach it
    place = gaps().to_crs("EPSG:4326").geometry.iloc[0].centroid
    look(page, (place.x, place.y), 19)
    assert gap.count() == 0
    look(page, (place.x, place.y), 24)
    assert gap.evaluate("node => node.getBBox().width") == pytest.approx(136, abs=4)  # 0.80 m at 51 degrees north
    button = page.get_by_role("button", name="0,80 m, tussen vuilnisbak VB-12 en de rand van het voetpad")
    button.focus()
    page.keyboard.press("Enter")
    text = popup_of(page)
    for part in ("1,50 m", "0,30 m lang smaller dan 1,20 m", "zonder vuilnisbak VB-12 is de doorgang hier 1,45 m", "K-0000"):
        assert part in text
    assert page.trouble == []


@pytest.mark.parametrize("lang", ["en", "fr", "de"])
def test_map_in_other_languages(tmp_path, visit, lang):
    page = visit(write_map(tmp_path, lang=lang))
    assert page.locator("html").get_attribute("lang") == lang
    text = page.locator("#layers").inner_text()
    for key in ("bottlenecks", "zones", "good_examples", "map.not_ranked_legend"):
        assert labels.label(key, lang) in text
    assert page.trouble == []


@pytest.mark.parametrize("make", [write_map, write_report, write_network, write_plan])
def test_a_narrow_screen_shows_the_page_without_scrolling_sideways(tmp_path, visit, make):
    page = visit(make(tmp_path), width=320, height=640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.trouble == []


def test_report_opens_without_a_network(tmp_path, visit):
    page = visit(write_report(tmp_path))
    assert page.trouble == []
    assert page.locator("h1").inner_text() == "Screening van de toegankelijkheid: Voorbeeldstad"
    assert page.locator("#bottlenecks ~ .wide tbody tr").count() == 12


def open_everything(page):
    """Every popup of every object, one after the other, and every table; how many opened."""
    return page.evaluate("""() => {
        const {store} = toegankelijk;
        let opened = 0;
        store.layers.forEach(layer => store.setOn(layer, true));
        store.layers.filter(layer => !layer.background).forEach(layer => {
            for (let i = 0; i < layer.count; i++) {
                store.select({layer, i}, {fly: i < 3, focus: true});
                opened += document.querySelectorAll('.leaflet-popup-content').length > 0;
            }
        });
        return opened;
    }""")


def test_hostile_text_runs_nowhere_on_the_map(tmp_path, visit):
    texts = hostile.payloads(tmp_path / "ran")
    table = hostile.poison(bottlenecks(len(texts)), texts)
    table = table.assign(photo=[texts[i % len(texts)] for i in range(len(table))], remark=texts)
    examples = gpd.GeoDataFrame(pd.concat([good_examples()] * 11, ignore_index=True), crs="EPSG:31370")
    examples = hostile.poison(examples, texts)
    zones = hostile.poison_scores(scores(), texts[:MAX_LABELS])
    lines = gpd.GeoDataFrame(pd.concat([gaps()] * len(texts)), crs="EPSG:31370").assign(bottleneck_id="K-0000")
    lines = lines.assign(**dict.fromkeys(("width", "limits", "advice", "solution"), texts)).set_axis(texts)
    said = " ".join(texts)
    page = visit(write_map(tmp_path, zones, table, examples, gaps=lines.rename_axis("object_id"), title=said, attribution=said))
    for sign in page.locator("button.sign, path[role=button]").all():
        sign.dispatch_event("mouseover")
        sign.dispatch_event("click")
    assert open_everything(page) > 3 * len(texts)
    page.wait_for_timeout(300)
    assert page.evaluate("window.RAN") is None
    assert page.trouble == []
    assert page.locator("main img, main iframe, main a[href^='javascript']").count() == 0
    assert hostile.never_ran(tmp_path / "ran")


def test_hostile_text_runs_nowhere_on_the_maps_of_a_network_and_of_a_plan(tmp_path, visit):
    texts = hostile.payloads(tmp_path / "ran")
    for path in poisoned_pages(tmp_path, texts):
        page = visit(path)
        assert open_everything(page) > 5
        page.wait_for_timeout(300)
        assert page.evaluate("window.RAN") is None
        assert page.trouble == []
        assert page.locator("main img, main iframe").count() == 0


def test_hostile_text_is_shown_as_it_is(tmp_path, visit):
    for text in ["<b>{{ 7 * 7 }}</b> `${1 + 1}` \\n &amp; 'x' \"y\"", "{% raw %}"]:
        table = bottlenecks(1).assign(street=text)
        page = visit(write_map(tmp_path, scores().assign(zone_name=text), table))
        signs(page, "bottlenecks").click()
        assert text in popup_of(page)
        assert text in page.locator("#table-frame").inner_text()
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
