"""Hostile texts through the whole way: from a city's files to every file that comes out, opened as people open it."""

import csv
import json
import re
import shutil
import sqlite3
import tomllib
import xml.dom.minidom
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

import toegankelijk as tg

from . import hostile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

CARRIED = {"straat", "naam", "kantoor"}
"""Columns of names: texts that go through to what people see."""

KEYS = {"id", "zone_id", "area_id", "wijk_id", "oversteek"}
"""Columns of keys, which refer to one another."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")

pytestmark = pytest.mark.slow


def hostile_city(folder, texts):
    """The walking sample with hostile keys, names, streets, title and attribution; what refers to what is as before."""
    source = tg.sample_city("walking")
    keys, streets = {}, {}

    def key(old):
        return keys.setdefault(old, f"{texts[len(keys) % len(texts)][:80].strip()} {old}")

    def street(old):
        return streets.setdefault(old, texts[len(streets) % len(texts)] + str(len(streets)))

    for name, _ in pyogrio.list_layers(source.with_name("walking.gpkg")):
        frame = gpd.read_file(source.with_name("walking.gpkg"), layer=name)
        for column in frame.columns:
            if column in KEYS:
                frame[column] = [old if old is None else key(old) for old in frame[column]]
            elif column in CARRIED:
                frame[column] = [old if old is None else street(old) for old in frame[column]]
        frame.to_file(folder / "walking.gpkg", layer=name)
    text = source.read_text("utf-8")
    text = text.replace(
        'name = "Blokkenwijk (verzonnen)"', f"name = {json.dumps(texts[9])}\nattribution = {json.dumps(texts[11])}"
    )
    text = text.replace("W-N = 0.30", f"{json.dumps(keys['W-N'])} = 0.30")
    (folder / "city.toml").write_text(text, encoding="utf-8")
    assert tomllib.loads(text)["city"]["name"] == texts[9]
    assert len(streets) >= 20
    return folder / "city.toml"


@pytest.fixture(scope="module")
def marker(tmp_path_factory):
    return tmp_path_factory.mktemp("marker") / "ran"


@pytest.fixture(scope="module")
def written(tmp_path_factory, marker):
    """A folder with all that comes out of a hostile city."""
    from toegankelijk.screening.papers import write_papers

    texts = hostile.payloads(marker)
    folder = tmp_path_factory.mktemp("hostile")
    screening = tg.screen(hostile_city(folder, texts))
    out = folder / "out"
    screening.write(out)
    planned = tg.plan_city(screening)
    planned.write(out / "plan")
    tg.write_reach(screening.reach, out / "network")
    write_papers(screening, out / "papers", plan=planned, pdf=True)
    tg.screen_cities([folder / "city.toml", tg.sample_city()]).write(out / "compare")
    tg.export_monitoring(out / "monitoring.gpkg", out / "export.xlsx")
    cards = "".join(result._repr_html_() for result in (screening, screening.findings, screening.reach, planned, planned.plan))
    head = '<!DOCTYPE html><html lang="nl"><head><meta charset="utf-8"><title>x</title></head>'
    (out / "notebook.html").write_text(f"{head}<body>{cards}{screening.map()._repr_html_()}</body></html>", encoding="utf-8")
    return out


def test_there_are_forty_payloads_and_more(marker):
    assert len(set(hostile.payloads(marker))) >= 40


def test_nothing_ran_on_the_machine_that_made_the_pages(written, marker):
    assert len(list(written.rglob("*.html"))) >= 10
    assert hostile.never_ran(marker)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")
def test_nothing_runs_and_nothing_is_fetched_in_a_browser(written):
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync"]
    trouble = []
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = browser.new_context(offline=True)
        for path in sorted(written.rglob("*.html")):
            trouble += visit(context, path)
        browser.close()
    assert trouble == []


def visit(context, path):
    """What goes wrong on a page while one clicks on everything in it."""
    page, trouble = context.new_page(), []

    def note(what):
        trouble.append(f"{path.name}: {what}"[:300])

    page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", note)
    page.on("requestfailed", lambda request: note(request.url))
    page.on("dialog", lambda dialog: (note("dialog"), dialog.dismiss()))
    own = ("file:", "data:", "about:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else note(request.url))
    page.goto(path.as_uri())
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    for handle in page.query_selector_all("summary, .leaflet-marker-icon, path.leaflet-interactive")[:40]:
        handle.evaluate("node => node.dispatchEvent(new MouseEvent('click', {bubbles: true}))")
        page.keyboard.press("Escape")
    for frame in page.frames:
        if frame.evaluate("window.RAN"):
            note(f"ran {frame.evaluate('window.RAN')} times in {frame.url[:50]}")
        bad = frame.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))")
        trouble += [f"{path.name}: link {link}" for link in bad if not re.match(r"(https?:|#|mailto:|[\w./-]+(#|$))", link)]
    page.close()
    return trouble


def test_every_page_says_what_it_may_run(written):
    for path in written.rglob("*.html"):
        if path.name == "notebook.html":
            continue
        page = path.read_text("utf-8")
        assert page.count('http-equiv="Content-Security-Policy"') == 1, path.name
        assert "default-src 'none'" in page, path.name
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
        scripts = re.search(r"script-src ([^;]*)", policy)
        assert scripts is None or "unsafe" not in scripts[1], path.name


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(written):
    openpyxl = pytest.importorskip("openpyxl")
    books = list(written.rglob("*.xlsx"))
    assert books
    for path in books:
        for sheet in openpyxl.load_workbook(path):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", (path.name, sheet.title, cell.coordinate, cell.value)
                    link = cell.hyperlink
                    assert link is None or (link.target or "#").startswith(("http://", "https://", "#")), link.target


def test_no_cell_of_a_table_begins_as_a_formula(written):
    tables = list(written.rglob("*.csv"))
    assert tables
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file, delimiter=";"):
                for cell in row:
                    assert not cell.startswith(FORMULA) or re.fullmatch(r"-?[\d.,]+(e-?\d+)?", cell), (path.name, cell)


def test_styles_in_geopackages_are_xml_without_texts_of_the_data(written):
    packages = list(written.rglob("*.gpkg"))
    assert len(packages) >= 4
    for path in packages:
        with closing(sqlite3.connect(path)) as connection:
            there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchone()
            styles = connection.execute("SELECT styleQML FROM layer_styles").fetchall() if there else []
        for (style,) in styles:
            xml.dom.minidom.parseString(style)  # noqa: S318 - of our own making
            assert "RAN" not in style


def test_documents_hold_no_script_and_only_web_links(written):
    papers = list(written.rglob("*.pdf"))
    assert papers
    for path in papers:
        pdf = path.read_bytes()
        assert b"/JavaScript" not in pdf, path.name
        assert b"/JS " not in pdf, path.name
        for link in re.findall(rb"/URI \(([^)]*)\)", pdf):
            assert link.startswith((b"http://", b"https://", b"mailto:")), link


def test_texts_arrive_as_they_were(written):
    """Inert is not gone: what was delivered can still be read on the page."""
    page = (written / "report.html").read_text("utf-8")
    assert "&lt;script&gt;window.RAN" in page or "&lt;script&gt;" in page
    assert Path(written / "map.html").stat().st_size > 0
