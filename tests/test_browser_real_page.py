"""The page of a screening in a browser: of the sample district, and of a real city, by keyboard alone and to axe."""

from pathlib import Path

import pytest

import toegankelijk as tg
from toegankelijk import labels
from toegankelijk.maps import write_map

from .browsing import NEEDS_BROWSER, Visits, faults, running_browser, tab_to
from .screenings import screen_once

pytestmark = NEEDS_BROWSER

REAL = Path(__file__).parent / "real"


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module", params=["sample", "neukoelln_osm"])
def made(request, tmp_path_factory):
    """Screening and its page."""
    if request.param != "sample":
        request.getfixturevalue("shared_data")
    screening = screen_once(tg.sample_city() if request.param == "sample" else REAL / f"{request.param}.toml")
    path = tmp_path_factory.mktemp(request.param) / "map.html"
    write_map(screening.map(), path, title=request.param)
    return screening, path


@pytest.fixture
def visit(browser, request):
    visits = Visits(browser, request.node.name)

    def ready(path, **options):
        page = visits(path, **options)
        page.wait_for_selector("html[data-ready]")
        return page

    yield ready
    visits.close()


def test_a_bottleneck_is_found_read_and_left_by_keyboard_alone(made, visit):
    screening, path = made
    row = screening.table.iloc[-1]
    page = visit(path)
    tab_to(page, "#query")
    page.keyboard.type(row["bottleneck_id"])
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    text = popup.inner_text()
    for key in ("description", "value", "required", "basis", "source", "solution", "responsible", "planning", "priority"):
        assert labels.label(key, "nl") in text
    assert row["bottleneck_id"] in text
    assert row["description"] in text.replace("\n", " ")
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert page.evaluate("document.activeElement.closest('#results') !== null")
    assert page.asked == page.trouble == []


def test_all_that_is_on_the_map_is_in_the_tables(made, visit):
    screening, path = made
    page = visit(path)
    options = page.locator("#table-layer option").all_inner_texts()
    assert f"{labels.label('bottlenecks', 'nl')} ({labels.number(len(screening.table), 'nl', digits=0)})" in options
    layers = "toegankelijk.store.layers.filter((layer) => !layer.background).length"
    assert len(options) == page.evaluate(layers)
    for option in options:
        page.locator("#table-layer").select_option(label=option)
        assert page.locator("tbody tr").count() > 0
    assert page.trouble == []


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (320, 640)])
def test_axe_finds_nothing_with_all_layers_on(made, visit, width, height):
    page = visit(made[1], width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    for box in page.locator("#layers input").all():
        box.check()
    assert faults(page) == []
    page.locator("tbody button").first.click()
    page.locator(".leaflet-popup-content").wait_for()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.trouble == []
