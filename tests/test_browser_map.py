"""The map itself in a real browser: what is drawn where, how crowded places open up, and what the keyboard reaches."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk import labels
from toegankelijk.maps import Field, Layer, Style, draw_layers, write_map
from toegankelijk.maps.page import NOWHERE

from .browsing import NEEDS_BROWSER, Visits, running_browser, tab_to
from .layers_for_pages import X, Y, said, write_layers, zones

pytestmark = NEEDS_BROWSER

LOOK = "([lat, lng, zoom]) => toegankelijk.view.map.setView([lat, lng], zoom, {animate: false})"
DRAWN = """async pane => {
    const quiet = () => [...document.querySelectorAll(`.leaflet-${pane}-pane canvas`)].every((tile) => tile.dataset.painted);
    const wait = (milliseconds) => new Promise((next) => { setTimeout(next, milliseconds); });
    await wait(300);
    while (!quiet()) { await wait(20); }
    await wait(300);
    let pixels = 0;
    for (const tile of document.querySelectorAll(`.leaflet-${pane}-pane canvas`)) {
        const {data} = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height);
        for (let k = 3; k < data.length; k += 4) { pixels += data[k] > 0; }
    }
    return pixels;
}"""
SIGNS = """() => [...document.querySelectorAll(".sign")].map((node) => {
    const {left, top, right, bottom} = node.querySelector(".ground").getBoundingClientRect();
    const text = node.matches(".number") ? node.querySelector(".mark").textContent : node.querySelector(".count").textContent;
    return [left, top, right, bottom, text ? Number(text.replace(/\\D/g, "")) : 1];
})"""


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visit(browser, request):
    visits = Visits(browser, request.node.name)

    def ready(path, **options):
        page = visits(path, **options)
        page.wait_for_selector("html[data-ready]")
        return page

    yield ready
    visits.close()


def write(folder, *layers, **options):
    write_map(draw_layers(layers, title="Proef", **options), folder / "map.html", title="Proef")
    return folder / "map.html"


def made(key: str, shapes, styles=None, classes=None, **options) -> Layer:
    series = gpd.GeoSeries(shapes, crs="EPSG:31370")
    names = pd.Series([f"{key} {order}" for order in range(len(series))])
    styles = styles or {"one": Style(said(key), "#8f1414", 4)}
    classes = pd.Series(next(iter(styles)), index=series.index) if classes is None else classes
    fields = [Field("name", said("Naam"), names, searched=True)]
    return Layer(key, said(key), series, styles, classes, fields, **{"named": ("name",), "identity": "name"} | options)


def scattered(count: int, seed: int = 1, wide: float = 800) -> np.ndarray:
    return np.random.default_rng(seed).uniform((X, Y), (X + wide, Y + wide), (count, 2))


def ways(count: int, **options) -> Layer:
    lines = [shapely.LineString([(x, y), (x + 40, y + 25), (x + 80, y)]) for x, y in scattered(count)]
    return made("ways", lines, **options)


def spots(count: int, **options) -> Layer:
    return made("spots", shapely.points(scattered(count)), **options)


def at(page, place) -> tuple[float, float]:
    """Where a place of the earth (x, y in Lambert 72) is on the screen."""
    spot = gpd.GeoSeries.from_xy([place[0]], [place[1]], crs="EPSG:31370").to_crs("EPSG:4326").iloc[0]
    box = page.locator("#map").bounding_box()
    point = page.evaluate("([lat, lng]) => toegankelijk.view.map.latLngToContainerPoint([lat, lng])", [spot.y, spot.x])
    return box["x"] + point["x"] + 1, box["y"] + point["y"] + 1  # the border


def look(page, place, zoom: float) -> None:
    spot = gpd.GeoSeries.from_xy([place[0]], [place[1]], crs="EPSG:31370").to_crs("EPSG:4326").iloc[0]
    page.evaluate(LOOK, [spot.y, spot.x, zoom])


def chosen(page) -> str | None:
    script = (
        "() => { const {selected} = toegankelijk.store; return selected && toegankelijk.store.name(selected.layer, selected.i); }"
    )
    return page.evaluate(script)


def test_all_sorts_of_layers_are_drawn_and_nothing_is_asked_of_the_network(tmp_path, visit):
    page = visit(write_layers(tmp_path))
    assert page.locator("path[role=button]").count() == 4
    assert page.locator("path[role=button]").first.get_attribute("aria-label") == "Sledderlo"
    assert [node.strip() for node in page.locator(".name").all_inner_texts()] == [
        "Sledderlo",
        "Kolderbos",
        "Bret-Gelieren",
        "Winterslag",
    ]
    assert page.locator("path[stroke-dasharray='8 6']").get_attribute("fill") == "url(#hatch)"
    assert page.evaluate(DRAWN, "ground") > 1000
    assert sum(sign[4] for sign in page.evaluate(SIGNS)) == 59  # one has no place
    assert page.locator(".leaflet-control-scale").inner_text()
    assert (page.trouble, page.asked) == ([], [])


def test_the_page_has_the_places_that_the_layers_have(tmp_path, visit):
    areas = [zone.buffer(5).difference(zone.buffer(-30)) for zone in zones().shapes]  # rings: their middle lies in the hole
    lines = list(ways(20).shapes)
    page = visit(write(tmp_path, made("areas", [*areas, None]), made("lines", lines)))
    for key, shapes in (("areas", areas), ("lines", lines)):
        script = """key => { const layer = toegankelijk.store.layers.find((one) => one.key === key);
            return Array.from({length: layer.count}, (_, i) => [layer.bounds(i), layer.centre(i)]); }"""
        found = page.evaluate(script, key)
        there = gpd.GeoSeries(shapes, crs="EPSG:31370")
        assert np.array([box for box, _ in found[: len(shapes)]]) == pytest.approx(
            there.to_crs("EPSG:4326").bounds.to_numpy(), abs=1e-6
        )
        middles = gpd.GeoSeries.from_xy(
            [centre[1] for _, centre in found[: len(shapes)]], [centre[0] for _, centre in found[: len(shapes)]], crs="EPSG:4326"
        )
        assert middles.to_crs("EPSG:31370").distance(there).max() < 0.2  # a middle lies on what it is the middle of
    assert found is not None
    empty = page.evaluate("() => { const layer = toegankelijk.store.layers[0]; return [layer.bounds(4), layer.centre(4)]; }")
    assert empty == [None, None]


def test_many_lines_are_one_picture_that_follows_layers_filters_and_the_pointer(tmp_path, visit):
    layer = ways(500)
    page = visit(write(tmp_path, layer))
    assert page.locator("path[role=button]").count() == 0
    all_of_them = page.evaluate(DRAWN, "lines")
    assert all_of_them > 5000
    page.evaluate("toegankelijk.store.setFilters({query: 'ways 12'})")
    some = page.evaluate(DRAWN, "lines")
    assert 0 < some < all_of_them / 10
    page.evaluate("toegankelijk.store.setFilters({})")
    assert page.evaluate(DRAWN, "lines") == all_of_them
    place = layer.shapes.iloc[40].coords[1]
    look(page, place, 20)
    page.mouse.click(*at(page, place))
    page.locator(".leaflet-popup-content").wait_for()
    assert chosen(page) == "ways 40"
    page.keyboard.press("Escape")
    page.locator(".leaflet-popup-content").wait_for(state="detached")
    page.evaluate("toegankelijk.store.setOn(toegankelijk.store.layers[0], false)")
    assert page.evaluate(DRAWN, "lines") == 0
    page.mouse.click(*at(page, place))
    assert chosen(page) is None
    assert page.trouble == []


def test_the_line_under_the_pointer_is_told_and_a_hidden_one_is_not(tmp_path, visit):
    layer = ways(400)
    page = visit(write(tmp_path, layer))
    place = layer.shapes.iloc[7].coords[1]
    look(page, place, 20)
    x, y = at(page, place)
    page.mouse.move(x + 30, y + 60)
    page.mouse.move(x, y)
    tip = page.locator(".leaflet-tooltip.told")
    tip.wait_for()
    assert tip.inner_text() == "ways 7"
    page.keyboard.press("Escape")
    tip.wait_for(state="detached")
    assert page.trouble == []


@pytest.mark.parametrize("count", [40, 140, 900])
def test_no_sign_lies_over_another_and_none_is_lost(tmp_path, visit, count):
    page = visit(write(tmp_path, spots(count)))
    for zoom in (None, 15, 16, 17.5):
        if zoom:
            look(page, (X + 400, Y + 400), zoom)
        signs = np.array(page.evaluate(SIGNS))
        seen = page.evaluate("toegankelijk.store.within(toegankelijk.store.layers[0], ...toegankelijk.view.window()).length")
        assert signs[:, 4].sum() == seen
        if zoom in (None, 15, 16):
            assert seen == count
        assert (signs[:, 2:4] - signs[:, :2]).min() >= 24
        left, top, right, bottom = (signs[:, k] for k in range(4))
        wide = np.minimum.outer(right, right) - np.maximum.outer(left, left)
        high = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
        overlap = np.minimum(wide, high)
        np.fill_diagonal(overlap, -1)
        assert overlap.max() < 2  # lines of a pixel
    assert page.trouble == []


def test_signs_of_a_sparse_layer_stay_when_another_is_crowded(tmp_path, visit):
    few = made(
        "few",
        [shapely.Point(X + order * 150, Y + order * 150) for order in range(5)],
        {"one": Style(said("few"), "#01665e", sign=said("W"))},
    )
    page = visit(write(tmp_path, few, spots(2000)))
    assert page.locator(".sign[data-key=few]").count() == 5
    assert page.locator(".sign.number").count() > 5


def test_a_number_opens_when_one_comes_nearer(tmp_path, visit):
    page = visit(write(tmp_path, spots(1500)), reduced_motion="reduce")
    number = page.locator(".sign.number").first
    before = page.evaluate("toegankelijk.view.map.getZoom()")
    assert number.get_attribute("aria-label").endswith("bij elkaar: kies om ze te zien")
    number.click()
    assert page.evaluate("toegankelijk.view.map.getZoom()") > before
    assert chosen(page) is None
    assert page.trouble == []


def test_what_stands_on_one_spot_fans_out_and_each_is_reached_with_the_keyboard(tmp_path, visit):
    page = visit(write(tmp_path, made("spots", [shapely.Point(X, Y)] * 4 + [shapely.Point(X + 300, Y)])))
    assert page.locator(".sign").count() == 2
    stack = tab_to(page, ".sign.many")
    assert stack.get_attribute("aria-label") == "spots 0; 4 bij elkaar: kies om ze te zien"
    page.keyboard.press("Enter")
    assert page.locator(".sign").count() == 5
    names = []
    for _ in range(4):
        names.append(page.locator(":focus").get_attribute("aria-label"))
        page.keyboard.press("Enter")
        page.locator(".leaflet-popup-content").wait_for()
        assert chosen(page) == names[-1]
        page.keyboard.press("Escape")
        page.locator(".leaflet-popup-content").wait_for(state="detached")
        assert page.locator(":focus").get_attribute("aria-label") == names[-1]
        page.keyboard.press("Tab")
    assert sorted(names) == ["spots 0", "spots 1", "spots 2", "spots 3"]
    assert page.trouble == []


def test_a_chosen_point_in_a_crowd_has_a_sign_of_its_own(tmp_path, visit):
    page = visit(write(tmp_path, spots(1500)))
    page.evaluate("toegankelijk.store.select({layer: toegankelijk.store.layers[0], i: 77})")
    sign = page.locator(".sign.chosen")
    assert sign.get_attribute("aria-label").startswith("spots 77")
    page.evaluate("toegankelijk.store.select(null)")
    assert sign.count() == 0


def test_signs_stay_on_their_spot_when_one_zooms_and_pans(tmp_path, visit):
    place = (X + 123, Y + 45)
    page = visit(write(tmp_path, made("spots", [shapely.Point(place), shapely.Point(X + 700, Y)])), reduced_motion="reduce")
    look(page, place, 17)
    for step in ("+", "+", "-", "ArrowRight", "ArrowDown"):
        page.locator("#map").focus()
        page.keyboard.press(step)
        page.wait_for_timeout(400)
        box = page.get_by_role("button", name="spots 0", exact=True).locator(".ground").bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert middle == pytest.approx(at(page, place), abs=1.5)
    assert page.trouble == []


def test_a_layer_for_near_shows_there_only_and_is_reached_with_the_keyboard(tmp_path, visit):
    place = (X + 200, Y + 100)
    gaps = made("gaps", [shapely.LineString([place, (place[0] + 0.8, place[1])])], near=20)
    page = visit(write(tmp_path, zones(), gaps, made("spots", [shapely.Point(place)])))
    gap = page.locator("path[data-key=gaps]")
    for zoom, there in ((19.5, 0), (20, 1), (24, 1), (19, 0)):
        look(page, place, zoom)
        assert gap.count() == there
        assert page.locator(".raised").count() == there  # the sign does not lie on the gap
    look(page, place, 24)
    assert gap.evaluate("node => node.getBBox().width") == pytest.approx(136, abs=4)  # 0.80 m at 51 degrees north
    tab_to(page, "path[data-key=gaps]")
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup-content").wait_for()
    assert chosen(page) == "gaps 0"
    assert page.trouble == []


def test_an_area_is_hit_inside_only_and_a_line_over_it_comes_first(tmp_path, visit):
    ring = shapely.box(X, Y, X + 400, Y + 400).difference(shapely.box(X + 150, Y + 150, X + 250, Y + 250))
    line = shapely.LineString([(X - 50, Y + 50), (X + 450, Y + 50)])
    page = visit(write(tmp_path, made("areas", [ring]), made("lines", [line])))
    for place, name in (((200, 200), None), ((50, 300), "areas 0"), ((200, 50), "lines 0"), ((-40, 300), None)):
        page.mouse.click(*at(page, (X + place[0], Y + place[1])))
        assert chosen(page) == name
        page.evaluate("toegankelijk.store.select(null)")


def test_layers_lie_over_one_another_in_their_order_also_when_they_are_switched_on_later(tmp_path, visit):
    line = shapely.LineString([(X, Y), (X + 100, Y)])
    wide = {"one": Style(said("wide"), "#c0b0e0", 18)}
    page = visit(write(tmp_path, made("wide", [line], wide, shown=False), made("narrow", [line])))
    page.evaluate("toegankelijk.store.setOn(toegankelijk.store.layers[0], true)")
    assert page.eval_on_selector_all("path[data-key]", "nodes => nodes.map((node) => node.dataset.key)") == ["wide", "narrow"]
    for zoom, width in ((18, 18), (12, 18 * 3 / 7)):
        look(page, (X, Y), zoom)
        assert float(page.locator("path[data-key=wide]").get_attribute("stroke-width")) == pytest.approx(width)
    page.evaluate("toegankelijk.store.setOn(toegankelijk.store.layers[1], false)")
    assert page.locator("path[data-key]").count() == 1


def test_names_and_words_follow_the_language(tmp_path, visit):
    page = visit(write_layers(tmp_path))
    page.evaluate("toegankelijk.store.setLang('fr')")
    told = page.eval_on_selector_all(".sign", "nodes => nodes.map((node) => node.getAttribute('aria-label'))")
    assert any(label.startswith("Passages, Weg naar As") for label in told)
    assert not any("Doorgangen" in label for label in told)
    assert {"É", "M", "F"} >= set(page.locator(".sign:not(.number) .mark").all_inner_texts()) >= {"É"}
    assert page.locator(".leaflet-control-zoom-in").get_attribute("aria-label") == "Zoomer"
    assert page.trouble == []


def test_somebody_who_wants_no_motion_gets_none(tmp_path, visit):
    path = write(tmp_path, spots(3))
    for wish, animated in (("reduce", False), ("no-preference", True)):
        page = visit(path, reduced_motion=wish)
        assert page.evaluate("toegankelijk.view.map.options.zoomAnimation") is animated


def test_an_empty_map_opens(tmp_path, visit):
    page = visit(write(tmp_path, made("spots", [None, None])))
    west, south, east, north = NOWHERE
    assert page.evaluate(f"toegankelijk.view.map.getBounds().contains([[{south}, {west}], [{north}, {east}]])")
    assert page.trouble == []


def test_names_of_streets_stand_along_them_where_they_have_room(tmp_path, visit):
    title = said("straten")
    names = pd.Series(["Kerkstraat", "Steeg", "Bochtige Weg", None])
    bent = [(X + 40 * k, Y + 400 + 30 * (k % 2)) for k in range(12)]
    shapes = gpd.GeoSeries(
        [
            shapely.LineString([(X, Y), (X + 400, Y)]),
            shapely.LineString([(X, Y + 100), (X + 9, Y + 100)]),
            shapely.LineString(bent),
            shapely.LineString([(X, Y + 200), (X + 400, Y + 200)]),
        ],
        crs="EPSG:31370",
    )
    styles, fields = {"one": Style(title, "#c9c6bd")}, [Field("street", title, names)]
    ground = Layer("streets", title, shapes, styles, pd.Series(["one"] * 4), fields, named=("street",), background=True)
    page = visit(write(tmp_path, ground))
    spots = {"Kerkstraat": (X + 200, Y), "Steeg": (X + 4, Y + 100), "Bochtige Weg": (X + 220, Y + 415), "": (X + 200, Y + 200)}
    for zoom, place, there in (
        *((17, spots[name], name == "Kerkstraat") for name in spots),
        (14, spots["Kerkstraat"], False),
    ):
        look(page, place, zoom)
        page.evaluate(DRAWN, "letters")
        script = """([x, y]) => { for (const tile of document.querySelectorAll(".leaflet-letters-pane canvas")) {
            const box = tile.getBoundingClientRect();
            if (x < box.left + 8 || x > box.right - 8 || y < box.top + 8 || y > box.bottom - 8) { continue; }
            const {data} = tile.getContext("2d").getImageData(x - box.left - 8, y - box.top - 8, 16, 16);
            return data.some((value) => value > 0); } return null; }"""
        assert page.evaluate(script, list(at(page, place))) in ({there} | ({None} if not there else set()))


def test_the_fill_of_an_area_fades_for_who_is_in_it(tmp_path, visit):
    page = visit(write_layers(tmp_path))
    area = page.locator("path[aria-label=Sledderlo]")
    whole = float(area.get_attribute("fill-opacity"))
    assert whole == 0.65
    look(page, (X + 280, Y + 250), 19)
    assert float(area.get_attribute("fill-opacity")) == pytest.approx(0.13)
    look(page, (X + 280, Y + 250), 15)
    assert float(area.get_attribute("fill-opacity")) == whole


def test_the_page_tells_its_size_in_every_language(tmp_path, visit):
    path = write_layers(tmp_path)
    page = visit(path)
    told = page.locator("footer")
    size = re.search(r"(\d+,\d) MB", told.inner_text())[1]
    assert float(size.replace(",", ".")) == pytest.approx(path.stat().st_size / 1e6, abs=0.051)
    assert labels.label("map.ui.size", "nl", text=size) in told.inner_text()
    page.evaluate("toegankelijk.store.setLang('fr')")
    assert labels.label("map.ui.size", "fr", text=size) in told.inner_text()


def test_a_map_in_a_notebook_is_the_whole_page(tmp_path, browser, request):
    shown, visits = draw_layers([zones(), spots(30)], title="Proef"), Visits(browser, request.node.name)
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><title>Notebook</title>{shown._repr_html_()}", "utf-8")
    page = visits(tmp_path / "notebook.html")
    inside = page.frame_locator("iframe")
    inside.locator("html[data-ready]").wait_for(state="attached")
    assert inside.locator("path[data-key=zones]").count() == 4
    inside.locator(".sign:not(.many)").first.click()
    inside.locator(".leaflet-popup-content").wait_for()
    assert (page.trouble, page.asked) == ([], [])
    visits.close()


@pytest.mark.parametrize("scale", [1, 2])
def test_lines_are_as_wide_and_in_place_on_any_screen(tmp_path, visit, scale):
    line = shapely.LineString([(X, Y), (X + 200, Y)])
    far = [shapely.LineString([(X + 900, Y + order), (X + 901, Y + order)]) for order in range(300)]  # enough for a picture
    page = visit(write(tmp_path, made("ways", [line, *far])), device_scale_factor=scale)
    place = (X + 100, Y)
    look(page, place, 19)
    page.evaluate(DRAWN, "lines")
    script = """([x, y]) => { for (const tile of document.querySelectorAll(".leaflet-lines-pane canvas")) {
        const box = tile.getBoundingClientRect(), scale = tile.width / box.width;
        if (x < box.left || x > box.right || y < box.top + 10 || y > box.bottom - 10) { continue; }
        const {data} = tile.getContext("2d").getImageData((x - box.left) * scale, (y - box.top - 10) * scale, 1, 20 * scale);
        return [scale, data.filter((value, k) => k % 4 === 3 && value > 127).length / scale]; } return null; }"""
    ratio, wide = page.evaluate(script, list(at(page, place)))
    assert ratio == scale
    assert wide == pytest.approx(4, abs=1)


def test_an_old_browser_and_a_damaged_file_are_told_in_words(tmp_path, browser, request):
    visits, path = Visits(browser, request.node.name), write(tmp_path, spots(3))
    old = visits(path, prepare=lambda page: page.add_init_script("delete window.DecompressionStream"))
    assert "te oud" in old.locator("#message").inner_text()
    text = path.read_text("utf-8")
    start = text.index('id="data-0">') + 12
    path.write_text(text[:start] + text[start + 40 :], "utf-8")
    damaged = visits(path)
    damaged.get_by_text("onvolledig of beschadigd").wait_for()
    assert damaged.trouble  # and the browser's own message is there for who looks for it
    visits.close()


def test_tens_of_thousands_of_objects_open_and_zoom(tmp_path, visit):
    areas = made(
        "areas",
        [shapely.Point(*spot).buffer(4, 2) for spot in scattered(5_000, seed=9)],
        {"one": Style(said("a"), fill="#70b8ae")},
    )
    page = visit(write(tmp_path, areas, ways(20_000), spots(20_000)))
    for zoom in (13, 16, 19):
        look(page, (X + 400, Y + 400), zoom)
        assert page.evaluate(DRAWN, "lines") > 1000
        assert page.evaluate(DRAWN, "areas") > 100
        seen = page.evaluate("toegankelijk.store.within(toegankelijk.store.layers[2], ...toegankelijk.view.window()).length")
        signs = page.evaluate(SIGNS)
        assert sum(sign[4] for sign in signs) == seen > 0
        assert len(signs) < 400
    assert page.trouble == []
