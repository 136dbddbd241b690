"""What one handles a map with: panel, search, filters, popup, table, links and base maps, by mouse and by keyboard alone."""

import re

import pytest

from toegankelijk import labels
from toegankelijk.maps.page import BASE_MAPS

from .browsing import NEEDS_BROWSER, Visits, faults, running_browser, tab_to
from .layers_for_pages import BANDS, bottlenecks, write_layers

pytestmark = NEEDS_BROWSER

POPUP = ".leaflet-popup-content"
PIXEL = (  # the smallest PNG there is
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xff\xff?\0\5\xfe\2\xfe\xa75\x81\x84"
    b"\0\0\0\0IEND\xaeB`\x82"
)


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_layers(tmp_path_factory.mktemp("page"))


@pytest.fixture
def visit(browser, request):
    visits = Visits(browser, request.node.name)

    def ready(path, **options):
        page = visits(path, **options)
        page.wait_for_selector("html[data-ready]")
        return page

    yield ready
    visits.close()


def matches(page) -> str:
    return page.locator("#matches").inner_text()


def rows(page) -> list[list[str]]:
    cells = "(row) => [...row.cells].map((cell) => cell.innerText.trim())"
    return page.evaluate(f"[...document.querySelectorAll('tbody tr')].map({cells})")


def choose_table(page, title: str) -> None:
    page.locator("#table-layer").select_option(label=title)


def focused(page, script: str = "node => node.outerHTML"):
    return page.locator(":focus").evaluate(script)


def test_page_opens_without_a_network_with_its_outline_and_legend(path, visit):
    page = visit(path)
    assert page.asked == page.trouble == []
    assert page.title() == page.locator("h1").inner_text() == "Voorbeeldstad"
    assert matches(page) == "Op de kaart: 64 van 64"
    assert page.locator("#layers li[data-layer] > label").all_inner_texts() == ["Knelpunten\n60", "Woonzorgzones\n4", "Wegen\n30"]
    assert page.locator(".legend").first.locator("li").all_inner_texts() == ["L\nLaag", "M\nMiddel", "H\nHoog"]
    assert page.locator("footer").inner_text().startswith("Bron van de gegevens: © Voorbeeldstad\n\nDit bestand is 0,")
    assert page.locator("#message").inner_text() == ""


def test_popup_by_mouse(path, visit):
    place = bottlenecks().shapes.to_crs("EPSG:4326").iloc[0]
    page = visit(path, hash=f"#at=18/{place.y}/{place.x}")
    sign = page.get_by_role("button", name="Drempels, Weg naar As 1", exact=True).first
    sign.click()
    popup = page.locator(POPUP)
    for part in ("Drempels, Weg naar As 1", "Knelpunten – Hoog", "De looproute is te smal (0)", "Sledderlo", "K-0000"):
        assert part in popup.inner_text()
    link = popup.get_by_role("link", name="Foto: openen in een nieuw tabblad")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == ("https://example.org/foto?a=1&b=2", "noopener noreferrer")
    assert page.get_by_role("dialog", name="Drempels, Weg naar As 1").count() == 1
    page.get_by_role("button", name="Sluiten").click()
    popup.wait_for(state="detached")
    assert focused(page, "node => node.getAttribute('aria-label')") == "Drempels, Weg naar As 1"
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + 30, box["y"] + 60)
    assert popup.count() == 0  # nothing lies there
    assert page.trouble == []


def test_a_link_that_does_not_lead_to_the_web_is_only_text(path, visit):
    page = visit(path, hash="#k=bottlenecks/K-0001")
    assert "javascript:alert(1)" in page.locator(POPUP).inner_text()
    assert page.locator(f"{POPUP} a").count() == page.locator("td a[href^=javascript]").count() == 0


def test_popup_by_keyboard_alone(path, visit):
    page = visit(path)
    page.keyboard.press("Tab")
    assert focused(page, "node => node.textContent") == "Naar de kaart"
    page.keyboard.press("Enter")
    zone = tab_to(page, "path[role=button]")
    assert zone.get_attribute("aria-label") == "Sledderlo"
    page.keyboard.press("Enter")
    assert focused(page, "node => node.textContent") == "Sledderlo"
    assert "78,0 %" in page.locator(POPUP).inner_text().replace("\u00a0", " ")
    tab_to(page, ".copy button", limit=3)
    page.keyboard.press("Escape")
    page.locator(POPUP).wait_for(state="detached")
    assert focused(page, "node => node.getAttribute('aria-label')") == "Sledderlo"
    sign = tab_to(page, ".sign:not(.number)")
    name = sign.get_attribute("aria-label")
    page.keyboard.press("Enter")
    assert focused(page, "node => node.textContent") == name
    page.keyboard.press("Escape")
    page.locator(POPUP).wait_for(state="detached")
    assert focused(page, "node => node.getAttribute('aria-label')") == name
    assert page.trouble == []


def test_skip_link_leads_past_all_signs_to_the_table(path, visit):
    page = visit(path)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page, "node => node.id") == "table-layer"


def test_layers_by_mouse_and_by_keyboard(path, visit):
    page = visit(path)
    page.get_by_role("checkbox", name="Knelpunten").uncheck()
    assert page.locator(".sign").count() == 0
    assert matches(page) == "Op de kaart: 4 van 4"
    assert not page.locator(".legend").get_by_text("Hoog").is_visible()  # nor is its legend
    page.get_by_role("checkbox", name="Knelpunten").check()
    assert page.locator(".sign").count() > 0
    page.locator("#query").focus()
    box = tab_to(page, "#layers input:not(:checked)")
    page.keyboard.press("Space")
    assert box.is_checked()
    assert page.locator("path[data-key=ways]").count() == 30
    assert matches(page) == "Op de kaart: 94 van 94"
    assert page.trouble == []


def test_a_layer_that_is_switched_off_takes_its_popup_along(path, visit):
    page = visit(path, hash="#k=bottlenecks/K-0003")
    page.locator(POPUP).wait_for()
    page.get_by_role("checkbox", name="Knelpunten").uncheck()
    page.locator(POPUP).wait_for(state="detached")
    assert page.trouble == []


def test_filters_by_mouse_with_counts_of_what_each_choice_would_give(path, visit):
    page, table = visit(path), bottlenecks()
    facts = {field.name: field.values for field in table.fields}
    page.locator(".facet summary", has_text="Prioriteit").click()
    page.locator(".facet summary", has_text="Thema").click()
    page.locator(".facet summary", has_text="Zone").click()
    priorities = page.locator(".facet", has_text="Prioriteit")
    assert priorities.locator("bdi").all_inner_texts() == ["Hoog", "Middel", "Laag"]  # not by the alphabet
    page.get_by_role("checkbox", name="Hoog").check()
    page.get_by_role("checkbox", name="Kolderbos").check()
    expected = int(((facts["band"] == "hoog") & (facts["zone"] == "z1")).sum())
    assert expected > 0
    assert matches(page) == f"Op de kaart: {expected + 1} van 64"  # and the zone itself
    told = priorities.locator(".count").all_inner_texts()
    assert told == [str(int(((facts["band"] == band) & (facts["zone"] == "z1")).sum())) for band in BANDS]
    choose_table(page, f"Knelpunten ({expected})")
    assert len(rows(page)) == expected
    assert {row[6] for row in rows(page)} == {"Kolderbos"}
    assert page.locator("#chosen button").all_inner_texts() == ["Zone: Kolderbos ✕", "Prioriteit: Hoog ✕"]
    page.get_by_role("button", name="Wis keuze: Zone: Kolderbos").click()
    assert matches(page) == f"Op de kaart: {int((facts['band'] == 'hoog').sum()) + 4} van 64"
    page.get_by_role("button", name="Alles terugzetten").click()
    assert matches(page) == "Op de kaart: 64 van 64"
    assert not page.locator("#chosen").is_visible()
    assert page.locator(".facet input:checked").count() == 0
    assert page.trouble == []


def test_filters_by_keyboard_alone(path, visit):
    page = visit(path)
    tab_to(page, "#filters .facet:nth-child(2) summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(".facet:nth-child(2) .chosen").inner_text() == "1 gekozen"
    assert matches(page) == "Op de kaart: 24 van 64"
    tab_to(page, "#chosen button", back=True)
    page.keyboard.press("Enter")
    assert matches(page) == "Op de kaart: 64 van 64"
    assert focused(page, "node => node.id") == "query"  # the button is gone: focus goes on to what is near
    assert page.trouble == []


def test_search_by_mouse(path, visit):
    page = visit(path)
    page.locator("#query").fill("weg KÓLDER k-0017")
    page.locator("#results button").first.wait_for()
    assert matches(page) == "Op de kaart: 1 van 64"
    page.locator("#results button").first.click()
    assert "Kolderbos" in page.locator(POPUP).inner_text()
    assert "K-0017" in page.locator(POPUP).inner_text()
    page.locator("#query").fill("nergens te vinden")
    page.get_by_text("Niets gevonden.").wait_for()
    assert matches(page) == "Op de kaart: 0 van 64"
    page.locator("#query").fill("")
    page.get_by_text("Op de kaart: 64 van 64").wait_for()
    assert not page.locator("#results").is_visible()
    assert page.trouble == []


def test_a_search_is_not_lost_when_one_goes_on_at_once(path, visit):
    page = visit(path)
    page.locator(".facet summary", has_text="Prioriteit").click()
    page.locator("#query").focus()
    page.keyboard.insert_text("weg")
    page.get_by_role("checkbox", name="Hoog").evaluate(
        "node => { node.focus(); node.click(); }"
    )  # before the page began to search
    page.locator("#results button").first.wait_for()
    assert page.locator("#query").input_value() == "weg"
    assert page.locator("#chosen button").count() == 1


def test_search_by_keyboard_alone(path, visit):
    page = visit(path)
    tab_to(page, "#query")
    page.keyboard.type("k-0023")
    page.keyboard.press("Enter")
    assert focused(page, "node => node.closest('#results') !== null")
    page.keyboard.press("Enter")
    assert "K-0023" in page.locator(POPUP).inner_text()
    assert focused(page, "node => node.id") == "popup-title"
    assert rows(page)[0][8] == "K-0023"  # the table went to the layer that has something
    page.keyboard.press("Escape")
    page.locator(POPUP).wait_for(state="detached")
    assert focused(page, "node => node.closest('#results') !== null")
    assert page.trouble == []


def test_a_hidden_layer_is_switched_on_by_what_one_goes_to(path, visit):
    page = visit(path)
    page.locator("#query").fill("pad 12")
    page.locator("#results button").first.click()
    assert page.get_by_role("checkbox", name="Wegen").is_checked()
    assert "Pad 12" in page.locator(POPUP).inner_text()


@pytest.mark.parametrize("lang", ["en", "fr", "de"])
def test_language_by_mouse_changes_all_words_at_once(path, visit, lang):
    page = visit(path, hash="#k=bottlenecks/K-0001")
    native = {"en": "English", "fr": "Français", "de": "Deutsch"}[lang]
    page.get_by_role("button", name=native).click()
    assert page.locator("html").get_attribute("lang") == lang
    assert page.get_by_role("button", name=native).get_attribute("aria-pressed") == "true"
    told = {"#layers h2": "layers", "#filters h2": "filters", "#table": "table", "#reset": "reset", "#search label": "search"}
    for selector, key in told.items():
        assert page.locator(selector).inner_text() == labels.label(f"map.ui.{key}", lang)
    for role, key in (("button", "zoom_in"), ("button", "close"), ("navigation", "language"), ("search", "search")):
        assert page.get_by_role(role, name=labels.label(f"map.ui.{key}", lang)).count() >= 1
    popup = page.locator(POPUP)
    assert {"en": "0.81", "fr": "0,81", "de": "0,81"}[lang] in popup.inner_text()
    free = popup.get_by_text("De looproute is te smal (1)")
    assert free.get_attribute("lang") == "nl"  # a reader of texts aloud has to know
    theme = {"en": "Passages", "fr": "Passages", "de": "Durchgänge"}[lang]
    assert popup.get_by_text(theme, exact=True).get_attribute("lang") is None
    title = {"en": "Bottlenecks (60)", "fr": "Points noirs (60)", "de": "Mängel (60)"}[lang]
    choose_table(page, title)
    text = page.locator("body").inner_text()
    assert not re.search(r"\b(Knelpunten|Zoeken|Filteren|Omschrijving|Breedte|Toon|Drempels|Hoog)\b", text)
    assert page.trouble == []


def test_language_by_keyboard_alone(path, visit):
    page = visit(path)
    tab_to(page, "#languages [lang=fr]")
    page.keyboard.press("Enter")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert focused(page, "node => node.lang") == "fr"


def test_a_link_shows_another_person_the_same(path, visit):
    page = visit(path)
    page.locator("#query").fill("weg")
    page.locator("#results button").first.wait_for()
    page.locator(".facet summary", has_text="Prioriteit").click()
    page.get_by_role("checkbox", name="Hoog").check()
    page.get_by_role("checkbox", name="Wegen").check()
    page.get_by_role("button", name="Deutsch").click()
    page.locator("#results button").first.click()
    name = page.locator("#popup-title").inner_text()
    page.wait_for_url(re.compile("#.*k=.*at="))
    hash = page.evaluate("location.hash")  # noqa: A001
    other = visit(path, hash=hash)
    assert other.locator("html").get_attribute("lang") == "de"
    assert other.locator("#query").input_value() == "weg"
    assert other.locator("#popup-title").inner_text() == name
    assert matches(other) == matches(page)
    assert other.get_by_role("checkbox", name="Wege").is_checked()
    view = "[toegankelijk.view.map.getZoom(), toegankelijk.view.map.getCenter().lat.toFixed(4)]"
    assert other.evaluate(view) == page.evaluate(view)
    assert other.trouble == page.trouble == []


@pytest.mark.parametrize("hash", ["#k=bottlenecks/K-9999", "#k=nowhere/1"])
def test_a_link_to_what_is_not_there_says_so(path, visit, hash):  # noqa: A002
    page = visit(path, hash=hash)
    assert page.locator("#message").inner_text() == "De plaats uit de link staat niet op deze kaart."
    assert page.locator(POPUP).count() == 0
    assert page.trouble == []


BROKEN = ["#", "#lang=xx&on=&at=a/b/c", "#f.nothing=1&q=%00%F0&k=", "#at=99/95/999", "#%%%&&=&==", "#f.band=<img src=x>"]


@pytest.mark.parametrize("hash", BROKEN)
def test_a_broken_link_breaks_nothing(path, visit, hash):  # noqa: A002
    page = visit(path, hash=hash)
    page.locator("#query").fill("weg")
    page.wait_for_url(re.compile("#.*q=weg"))
    assert page.trouble == []


def test_a_link_opened_on_the_same_page_is_followed(path, visit):
    page = visit(path)
    page.evaluate("location.hash = '#k=bottlenecks/K-0007&lang=en'")
    page.locator(POPUP).wait_for()
    assert "K-0007" in page.locator(POPUP).inner_text()
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_link_to_a_place_is_copied(path, visit):
    page = visit(path, hash="#k=bottlenecks/K-0003", permissions=["clipboard-read", "clipboard-write"])
    tab_to(page, f"{POPUP} .copy button", limit=5)
    page.keyboard.press("Enter")
    page.locator(POPUP).get_by_text("Gekopieerd").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{path.as_uri()}#k=bottlenecks%2FK-0003"
    assert page.locator(f"{POPUP} .copy input").input_value() == link


def test_where_the_page_may_not_copy_the_link_is_ready_to_be_copied(path, visit):
    refuse = "navigator.clipboard.writeText = () => Promise.reject(new Error('no'))"
    page = visit(path, hash="#k=zones/z2", prepare=lambda page: page.add_init_script(refuse))
    page.locator(f"{POPUP} .copy button").click()
    page.get_by_text("Kopieer de link hieronder met Ctrl+C.").wait_for()
    assert focused(page, "node => node.value.slice(node.selectionStart, node.selectionEnd)").endswith("#k=zones%2Fz2")
    assert page.trouble == []


def test_table_is_sorted_by_any_column_and_what_is_missing_comes_last(path, visit):
    page = visit(path)
    choose_table(page, "Knelpunten (60)")
    head = page.locator("thead th", has_text="Breedte")
    for direction in ("ascending", "descending"):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == direction
        page.wait_for_timeout(0)
        told = [row[4] for row in rows(page)]
        known = [float(text.split()[0].replace(",", ".")) for text in told if text]
        assert known == sorted(known, reverse=direction == "descending")
    page.get_by_role("button", name="Volgende").click()
    assert [row[4] for row in rows(page)][-9:] == [""] * 9
    page.locator("thead button", has_text="Prioriteit").click()
    assert head.get_attribute("aria-sort") == "none"
    order = [row[3] for row in rows(page)]
    assert order == sorted(order, key=["Hoog", "Middel", "Laag"].index)  # by what it means, not by the alphabet
    assert page.trouble == []


def test_table_has_pages_and_its_buttons_keep_the_focus(path, visit):
    page = visit(path)
    choose_table(page, "Knelpunten (60)")
    assert (len(rows(page)), page.locator("caption").inner_text()) == (50, "Knelpunten: rij 1 tot 50 van 60")
    button = tab_to(page, "#table-pages button:last-child")
    page.keyboard.press("Enter")
    assert (len(rows(page)), page.locator("caption").inner_text()) == (10, "Knelpunten: rij 51 tot 60 van 60")
    assert button.get_attribute("aria-disabled") == "true"
    page.keyboard.press("Enter")
    assert page.locator("#table-pages span").inner_text() == "Blad 2 van 2"
    page.get_by_role("button", name="Vorige").click()
    assert len(rows(page)) == 50


def test_a_row_is_shown_on_the_map_and_one_comes_back_to_it(path, visit):
    page = visit(path)
    choose_table(page, "Knelpunten (60)")
    assert page.locator("tbody tr").nth(5).locator("button").count() == 0  # it has no place
    assert rows(page)[5][0] == "geen plaats"
    button = page.locator("tbody tr").nth(9).locator("button")
    assert button.get_attribute("aria-label") == "Toon op de kaart: Drempels"
    button.focus()
    page.keyboard.press("Enter")
    assert "K-0009" in page.locator(POPUP).inner_text()
    assert page.locator("tbody tr[aria-current=true]").get_attribute("data-row") == "9"
    popup = page.locator(".leaflet-popup").bounding_box()
    assert popup["y"] >= 0
    assert popup["y"] + popup["height"] <= 900
    page.keyboard.press("Escape")
    page.locator(POPUP).wait_for(state="detached")
    assert focused(page, "node => node.closest('tr').dataset.row") == "9"
    assert page.trouble == []


def test_a_base_map_of_the_internet_is_not_tried_without_one(path, visit):
    page = visit(path)
    page.locator("#base summary").click()
    page.get_by_label("OpenStreetMap").click()
    told = "De ondergrond OpenStreetMap is niet bereikbaar. De getekende ondergrond staat er weer."
    assert page.locator("#message").inner_text() == told
    assert page.get_by_label("Getekend, zonder internet").is_checked()
    assert page.asked == page.trouble == []


@pytest.mark.parametrize(
    ("label", "credit"), [("GRB", "© Digitaal Vlaanderen"), ("BRT", "© Kadaster"), ("OpenStreetMap", "© OpenStreetMap")]
)
def test_a_base_map_is_fetched_once_somebody_chooses_it(path, visit, label, credit):
    serve = lambda page: page.route(re.compile("^https:"), lambda route: route.fulfill(body=PIXEL, content_type="image/png"))  # noqa: E731
    page = visit(path, offline=False, prepare=serve)
    assert page.asked == []
    page.locator("#base summary").click()
    page.get_by_label(label).check()
    page.locator("img.leaflet-tile-loaded").first.wait_for()
    assert page.asked
    assert all(address.startswith(BASE_MAPS) for address in page.asked)
    assert len({address.split("/")[2] for address in page.asked}) == 1
    assert page.locator("#base-credit").inner_text() == credit
    assert not page.get_by_role("checkbox", name="Straten").is_checked()  # what is drawn would lie over it
    page.get_by_label("Getekend, zonder internet").check()
    assert page.locator("img.leaflet-tile").count() == 0
    assert page.get_by_role("checkbox", name="Straten").is_checked()
    assert page.trouble == []


def test_a_base_map_that_fails_gives_way_to_the_drawn_one(path, visit):
    page = visit(path, offline=False, prepare=lambda page: page.route(re.compile("^https:"), lambda route: route.abort()))
    page.locator("#base summary").click()
    page.get_by_label("OpenStreetMap").click()
    page.get_by_text("De ondergrond OpenStreetMap is niet bereikbaar.").wait_for()
    assert page.get_by_label("Getekend, zonder internet").is_checked()
    assert page.get_by_role("checkbox", name="Straten").is_checked()


def test_nothing_but_the_three_hosts_may_be_fetched(path, visit):
    sent = []
    note = lambda route: (sent.append(route.request.url), route.abort())  # noqa: E731
    page = visit(path, offline=False, prepare=lambda page: page.route(re.compile("^https:"), note))
    page.evaluate("(new Image()).src = 'https://example.org/x.png'")
    page.evaluate("fetch('https://tile.openstreetmap.org/1/1/1.png').catch(() => null)")
    page.wait_for_timeout(300)
    assert sent == []
    assert page.trouble  # the policy of the page refused them


def open_all(page):
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")


@pytest.mark.parametrize("width", [1280, 640, 320])
def test_axe_finds_nothing_in_any_state(path, visit, width):
    page = visit(path, width=width, height=900 if width > 1000 else 640)
    assert faults(page) == []
    open_all(page)
    page.locator("#query").fill("weg")
    page.locator("#results button").first.wait_for()
    page.get_by_role("checkbox", name="Kolderbos").check()
    page.get_by_role("checkbox", name="Wegen").check()
    assert faults(page) == []
    page.locator("#results button").first.click()
    page.locator(f"{POPUP} .copy button").click()
    page.get_by_role("button", name="Français").click()
    page.locator("thead button").last.click()
    assert faults(page) == []
    page.get_by_label("OpenStreetMap").click()
    assert faults(page) == []
    assert page.trouble == []


@pytest.mark.parametrize(("width", "height", "scale"), [(320, 640, 1), (640, 450, 2)])
def test_narrow_screens_and_enlarged_pages_do_not_scroll_sideways(path, visit, width, height, scale):
    page = visit(path, width=width, height=height, device_scale_factor=scale)
    assert not page.locator("#layers .row").first.is_visible()  # the map is near; what one chooses by is a step away
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("toegankelijk.store.select(toegankelijk.store.find('bottlenecks', 'K-0008'), {fly: true, focus: true})")
    one, whole = (page.locator(selector).bounding_box() for selector in (".leaflet-popup", "#map"))
    for start, length in (("x", "width"), ("y", "height")):
        assert one[start] >= whole[start]
        assert one[start] + one[length] <= whole[start] + whole[length] + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = """[...document.querySelectorAll("button, select, summary, .row, input:not([type=checkbox], [type=radio])")]
      .filter((node) => node.checkVisibility()).map((node) => [node.getBoundingClientRect(), node.outerHTML])
      .filter(([box]) => box.width < 24 || box.height < 24).map(([box, text]) => `${box.width} x ${box.height} ${text}`)"""
    assert page.evaluate(small) == []
    assert page.trouble == []


def test_text_may_be_spaced_out(path, visit):
    page = visit(path, width=320, height=640)
    open_all(page)
    spaced = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
    page.add_style_tag(content=spaced)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_forced_colours_keep_signs_and_legend_apart(path, visit):
    page = visit(path, hash="#k=bottlenecks/K-0003")
    page.emulate_media(forced_colors="active")
    assert page.locator(".legend .swatch circle").first.evaluate("node => getComputedStyle(node).fill") == "rgb(47, 93, 138)"
    edge = page.locator("#reset").evaluate("node => getComputedStyle(node).borderTopWidth")
    assert edge == "1px"
    assert faults(page) == []


def test_reduced_motion_moves_nothing(path, visit):
    for reduced, moves in (("reduce", False), ("no-preference", True)):
        page = visit(path, reduced_motion=reduced)
        assert page.evaluate("toegankelijk.view.map.options.zoomAnimation") is moves
    page = visit(path, reduced_motion="reduce", hash="#k=bottlenecks/K-0003")
    page.get_by_role("button", name="Inzoomen").click()
    moving = "(node) => parseFloat(getComputedStyle(node).transitionDuration) > 0"
    assert page.evaluate(f"[...document.querySelectorAll('*')].filter({moving}).length") == 0
    assert page.locator(".leaflet-zoom-anim").count() == 0


def test_print_has_map_legend_choices_and_the_whole_table(path, visit):
    page = visit(path)
    page.locator(".facet summary", has_text="Zone").click()
    page.get_by_role("checkbox", name="Kolderbos").check()
    page.get_by_role("checkbox", name="Sledderlo").check()
    page.get_by_role("checkbox", name="Winterslag").check()
    page.get_by_role("checkbox", name="Bret-Gelieren").check()
    choose_table(page, "Knelpunten (60)")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(rows(page)) == 60
    for gone in ("#search", "#languages", "#filters", "#base", "#share", "#reset", "#table-tools"):
        assert not page.locator(gone).is_visible()
    for there in ("h1", "#map", "#chosen", "#layers .legend >> nth=0", "table", "footer"):
        assert page.locator(there).is_visible()
    assert not page.locator("#layers li.off").first.is_visible()
    assert page.pdf()[:5] == b"%PDF-"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(rows(page)) == 50


def test_without_scripts_the_page_says_so(path, browser):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("noscript").inner_text() == labels.label("map.ui.no_script", "nl")
    context.close()


def test_an_old_browser_is_told_so(path, browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(path.as_uri())
    page.get_by_text("Deze browser is te oud voor deze kaart.").wait_for()
    context.close()
