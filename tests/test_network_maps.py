"""Maps of the walking network and of a plan: what they show, that they need no network, and that text from data stays text."""

import itertools
import re
import shutil
from dataclasses import replace
from functools import cache

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk import maps, network_maps, pages
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.network.passable import Passability
from toegankelijk.network_maps import layers as drawing
from toegankelijk.network_maps import show_jobs, show_network
from toegankelijk.norm.kernel import UNKNOWN
from toegankelijk.reach import reach_city

from . import hostile
from .walking_world import planned, walked

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


@cache
def network_page(lang="nl"):
    return show_network(walked().reach, lang=lang)


def plan_page(lang="nl"):
    found = planned()
    done = found.plan.jobs.index[found.plan.jobs["term"] != ""]
    fixes = walked().weighed.job_fixes
    return show_jobs(
        found.jobs,
        walked().city.zones,
        reach=walked().reach,
        fixes=fixes[fixes["fix"].isin(done)],
        after=found.after.reach,
        gains=found.plan.gains,
        lang=lang,
        title="Werven",
    )


def groups(page):
    """GeoJSON data by the name of its layer."""
    found = {}
    for group in page._children.values():
        if isinstance(group, folium.FeatureGroup):
            child = next(iter(group._children.values()))
            inner = child if isinstance(child, folium.GeoJson) else next(iter(child._children.values()))
            found[group.layer_name] = inner.data["features"]
    return found


def text_of(page, path, lang="nl"):
    maps.write_map(page, path, title="Proef", lang=lang)
    return path.read_text("utf-8")


def told(features):
    return [feature["properties"]["told"] for feature in features]


# The network ----------------------------------------------------------------------------------------------------------------


def test_layers_of_the_network_are_there_and_counted():
    names = list(groups(network_page()))
    assert names == [
        *(
            "Woonzorgzones (2)",
            "Eilanden (6)",
            "Open: 10,2 km",
            "Gesloten: 20 m",
            "Onbekende plaatsen (2)",
            "Gesloten plaatsen (12)",
        ),
        *("Bereikt niet drempelvrij (13)", "Zorgvoorziening (2)", "Halte (3)", "Winkel (2)", "Voorbehouden parkeerplaats (31)"),
        "Rustplaats (64)",
    ]


def test_a_closed_place_tells_what_and_how_much():
    places = {one["properties"]["object"]: one["properties"]["told"] for one in groups(network_page())["Gesloten plaatsen (12)"]}
    assert places["DG-A1"] == "Doorgang: Vrije breedte van de doorgang: 0,75 m (vereist: ≥ 0,90 m)"
    assert {"OZ-A1-1", "OZ-A1-2", "OZ-A5-1", "OZ-F3-1", "OZ-E1-2"} <= set(places)


def test_islands_tell_how_many_live_there_and_what_closes_them():
    islands = [one["properties"] for one in groups(network_page())["Eilanden (6)"]]
    assert [one["told"].partition(" ")[0] for one in islands] == ["60", "50", "50", "40", "30", "30"]
    closing = "|".join(one["closing"] for one in islands)
    for name in ("OZ-A5-1", "DG-A1", "OZ-F3-2"):
        assert name in closing


def test_who_does_not_get_there_is_on_the_map_with_what_is_missed():
    rows = told(groups(network_page())["Bereikt niet drempelvrij (13)"])
    table = walked().reach.origins
    missed = table[["wheelchair_care", "wheelchair_stop"]].eq("not").any(axis=1) & (table["residents"] > 0)
    assert len(rows) == missed.sum() == 13
    assert all("niet bereikt: " in row and "inwoners" in row for row in rows)


def test_all_of_the_way_is_drawn_once():
    edges = walked().reach.edges()
    lines = edges[edges["kind"] != "gate"]
    drawn = [
        shapely.geometry.shape(one["geometry"])
        for name, rows in groups(network_page()).items()
        if name.startswith(("Open", "Gesloten: "))
        for one in rows
    ]
    series = gpd.GeoSeries(drawn, crs="EPSG:4326").to_crs(edges.crs)
    assert series.length.sum() == pytest.approx(lines.length.sum(), rel=0.005)
    assert len(drawn) < len(lines) / 3
    numbers = np.concatenate([shapely.get_coordinates(line).ravel() for line in drawn])
    assert (numbers == numbers.round(6)).all()


def test_lines_are_told_apart_in_grey():
    def grey(name):
        style = drawing.STYLES[name]
        red, green, blue = (int(style["color"][at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [grey(name) for name in ("closed", "unknown", "open")]
    assert all(second - first > 35 for first, second in itertools.pairwise(shades))
    dashes = [drawing.STYLES[name].get("dashArray", "") for name in ("closed", "unknown", "open")]
    assert len(set(dashes)) == 3


def test_what_is_unknown_is_drawn_per_street_and_reason():
    walking = walked().walking
    blank = Passability("wheelchair", np.full(len(walking.network), UNKNOWN, dtype=np.int8), walking.leading.barriers.iloc[:0])
    reach = reach_city(walked().city, replace(walking, passable={"wheelchair": blank}))
    found = groups(show_network(reach))
    (unknown,) = (rows for name, rows in found.items() if name.startswith("Onbekend: "))
    assert len(unknown) <= reach.edges()["street"].nunique()
    assert not any(name.startswith(("Open", "Gesloten", "Eilanden")) for name in found)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_in_every_language(tmp_path, lang):
    page = text_of(network_page(lang), tmp_path / "network.html", lang)
    for key in ("network.map.open_legend", "network.map.island_legend", "network.map.closing"):
        assert label(key, lang).replace("'", "&#39;") in page
    page = text_of(plan_page(lang), tmp_path / "plan_map.html", lang)
    assert label("network.map.islands_stay", lang).replace("'", "&#39;") in page


@pytest.mark.parametrize("make", [network_page, plan_page])
def test_a_page_loads_nothing_and_is_light(tmp_path, make):
    page = text_of(make(), tmp_path / "page.html")
    assert pages.outside_sources(page) == []
    assert "default-src 'none'" in page
    assert len(page) < 400_000
    assert len(re.findall(r"<h1", page)) == 1


def test_the_same_network_gives_the_same_page(tmp_path):
    one, two = (text_of(show_network(walked().reach), tmp_path / name) for name in ("one.html", "two.html"))
    assert one == two


def test_a_network_without_destinations_and_islands_is_drawn(tmp_path):
    walking = walked().walking
    places = replace(walking.places, destinations=walking.places.destinations.iloc[:0], origins=walking.places.origins.iloc[:0])
    free = replace(
        walking.leading, outcome=np.ones(len(walking.network), dtype=np.int8), barriers=walking.leading.barriers.iloc[:0]
    )
    reach = reach_city(walked().city, replace(walking, places=places, passable={"wheelchair": free}))
    page = show_network(reach)
    assert list(groups(page)) == ["Woonzorgzones (2)", "Open: 10,3 km"] or len(groups(page)) == 2
    text_of(page, tmp_path / "page.html")


# The plan -------------------------------------------------------------------------------------------------------------------


def test_every_job_is_on_the_map_once_under_its_term():
    found = groups(plan_page())
    jobs = planned().jobs
    for name, chosen in (("KT (korte termijn)", jobs["term"] == "KT"), ("MLT (middellange termijn)", jobs["term"] == "MLT")):
        assert len(found[f"{name} ({chosen.sum()})"]) == chosen.sum() > 0
    signs = [rows for name, rows in found.items() if name.startswith(("KT", "MLT", "LT", "Niet in", "Van derden"))]
    assert sum(map(len, signs)) == len(jobs)


def test_a_job_tells_what_who_cost_gain_and_why():
    jobs = planned().jobs
    rows = {
        one["properties"]["why"]: one["properties"]
        for rows in groups(plan_page()).values()
        for one in rows
        if "why" in one["properties"]
    }
    assert set(rows) == set(map(pages.inert, jobs["plan_reason"]))
    for row in rows.values():
        assert all(row[key] for key in ("what", "who", "cost", "gain", "job", "objects"))


def test_islands_that_the_plan_opens_are_told_apart_from_those_that_stay():
    found = groups(plan_page())
    sizes = {name.rpartition(" ")[0]: len(rows) for name, rows in found.items() if name.startswith("Eilanden")}
    before = walked().reach.islands
    after = planned().after.reach.islands
    surely = [int((one["surely"] & (one["profile"] == "wheelchair")).sum()) for one in (before, after)]
    assert sizes["Eilanden die opengaan"] + sizes["Eilanden die blijven"] == surely[0]
    assert sizes["Eilanden die blijven"] == surely[1]


def test_a_plan_without_a_network_is_drawn(tmp_path):
    page = show_jobs(planned().jobs, walked().city.zones, title="Werven")
    assert not any(name.startswith(("Open", "Gesloten")) for name in groups(page))
    assert pages.outside_sources(text_of(page, tmp_path / "page.html")) == []


# Texts from data ------------------------------------------------------------------------------------------------------------


def poisoned(texts):
    """Reach and jobs with a hostile text wherever data gives one."""
    city, walking = walked().city, walked().walking
    layers, context = ({**some} for some in (city.layers, city.context))
    for some in (layers, context):
        for kind, layer in some.items():
            spoiled = {name: [texts[i % len(texts)] for i in range(len(layer))] for name in ("name", "street") if name in layer}
            some[kind] = layer.assign(**spoiled)
    zones = city.zones.assign(name=[texts[i % len(texts)] for i in range(len(city.zones))])
    city = replace(city, name=" ".join(texts), layers=layers, context=context, zones=zones)
    origins = walking.places.origins
    origins = origins.assign(street=[texts[i % len(texts)] for i in range(len(origins))])
    reach = reach_city(city, replace(walking, places=replace(walking.places, origins=origins)))
    jobs = hostile.poison(planned().jobs, texts, keep=("term", "track", "priority_band"))
    return reach, jobs


def poisoned_pages(tmp_path, texts):
    reach, jobs = poisoned(texts)
    said = " ".join(texts)
    made = {
        "network.html": show_network(reach, attribution=said),
        "plan_map.html": show_jobs(jobs, reach.city.zones, reach=reach, title=said, attribution=said),
    }
    for name, page in made.items():
        maps.write_map(page, tmp_path / name, title=said)
    return [tmp_path / name for name in made]


def test_hostile_texts_run_neither_here_nor_in_the_pages(tmp_path):
    marker = tmp_path / "ran"
    for path in poisoned_pages(tmp_path, hostile.payloads(marker)):
        page = path.read_text("utf-8")
        assert hostile.never_ran(marker)
        assert pages.outside_sources(page) == []
        body = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
        assert not re.search(r"<(img|iframe|textarea|a href=.javascript)", body)
        assert len(re.findall(r"<h1", body)) == 1


# In a browser ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def visit(browser, path, width=1280):
    page = browser.new_context(viewport={"width": width, "height": 900}, offline=True).new_page()
    page.trouble = []
    page.on("console", lambda message: page.trouble.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("request", lambda one: page.trouble.append(one.url) if not one.url.startswith(("file:", "data:")) else None)
    page.goto(path.as_uri())
    page.wait_for_load_state("load")
    return page


@pytest.mark.slow
def test_the_network_opens_in_a_browser(tmp_path, browser):
    text_of(network_page(), tmp_path / "network.html")
    page = visit(browser, tmp_path / "network.html")
    assert page.locator(".leaflet-marker-icon.gate.closed").count() == 12
    assert page.locator(".leaflet-marker-icon.home").count() == 13
    page.get_by_label("Gesloten plaatsen (12)").uncheck()
    assert page.locator(".leaflet-marker-icon.gate.closed").count() == 0
    island = page.locator("path.leaflet-interactive[role=button]").first
    island.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "60 inwoners" in popup.inner_text()
    assert page.trouble == []


@pytest.mark.slow
def test_the_plan_opens_in_a_browser(tmp_path, browser):
    text_of(plan_page(), tmp_path / "plan_map.html")
    page = visit(browser, tmp_path / "plan_map.html")
    page.locator(".leaflet-marker-icon.job.t0").first.click()
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    for key in ("solution", "responsible", "cost_eur", "reason"):
        assert label(key) in popup.inner_text()
    assert page.trouble == []


@pytest.mark.slow
@pytest.mark.parametrize("make", [network_page, plan_page])
def test_a_narrow_screen_shows_it_without_scrolling_sideways(tmp_path, browser, make):
    text_of(make(), tmp_path / "page.html")
    page = visit(browser, tmp_path / "page.html", width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.trouble == []


@pytest.mark.slow
def test_hostile_texts_run_nowhere_in_a_browser(tmp_path, browser):
    for path in poisoned_pages(tmp_path, hostile.payloads(tmp_path / "ran")):
        page = visit(browser, path)
        opened = page.evaluate(
            """() => {
                const map = Object.values(window).find(one => one instanceof L.Map);
                let opened = 0;
                map.eachLayer(layer => {
                    if (!layer.feature) { return; }
                    layer.openTooltip();
                    layer.fire('click', {latlng: layer.getLatLng ? layer.getLatLng() : layer.getBounds().getCenter()});
                    opened += 1;
                });
                return opened;
            }"""
        )
        assert opened > 5
        page.wait_for_timeout(300)
        assert page.evaluate("window.RAN") is None
        assert page.trouble == []
        assert page.locator("main img, main iframe").count() == 0


def test_the_rooms_names_are_public():
    assert set(network_maps.__all__) == {"network_title", "show_jobs", "show_network"}
    assert pd.Series(drawing.SIGNS).is_unique
