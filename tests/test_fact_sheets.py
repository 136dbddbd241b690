"""Fact sheets: the figures on them are those of the tables, every unit has one, and text from data stays text."""

import dataclasses
import datetime
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import toegankelijk as tg
from toegankelijk import labels
from toegankelijk.errors import ConfigError
from toegankelijk.ledger.progress import PROGRESS_COLUMNS, progress
from toegankelijk.monitoring import read_monitoring, update_monitoring
from toegankelijk.reports import sheet_parts
from toegankelijk.reports.fact_sheets import write_fact_sheets
from toegankelijk.screening.fact_sheets import facts_of, write_sheets

from . import hostile
from .browsing import NEEDS_BROWSER, Visits, faults, running_browser
from .conftest import ROOT
from .frames_for_pages import bottlenecks
from .screenings import screen_once
from .test_ledger_history import day, ledger_of
from .walking_world import walked


class Page(HTMLParser):
    """Text of every element with an id, of every row, and all links."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.rows, self.links, self.cards, self.sections = [], {}, [], [], {}
        self.row, self.section, self.inside = None, "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag == "section":
            self.section = given.get("aria-labelledby", "")
            self.sections[self.section] = ""
        if tag == "tr":
            self.row = []
            self.rows.setdefault(self.section, []).append(self.row)
        if tag == "article":
            self.cards.append("")
        if tag == "a":
            self.links.append(given["href"])
        self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag == "article":
            self.inside.append("/article")
        if tag == "tr":
            self.row = None

    def handle_data(self, data):
        said = data.strip()
        if not said:
            return
        if self.section in self.sections:
            self.sections[self.section] += f" {said}"
        if self.row is not None:
            self.row.append(said)
        if self.cards and "/article" not in self.inside[-1:]:
            self.cards[-1] += f" {said}"


@cache
def sample():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sheets")
    write_sheets(sample(), folder)
    return folder


def page(folder, name):
    return Page((folder / name).read_text("utf-8"))


def facts_on(sheet):
    return {row[0]: " ".join(row[1:]) for row in sheet.rows["short"]}


@pytest.mark.parametrize("zone", ["WZ-1", "WZ-2", "WZ-3"])
def test_figures_of_a_zone_are_those_of_the_tables(folder, zone):
    screening = sample()
    said = facts_on(page(folder, f"zone-{zone.lower()}.html"))
    rows = screening.scores[screening.scores["zone_id"] == zone]
    whole = rows[(rows["level"] == "all") & (rows["theme"] == "all")].iloc[0]
    mine = screening.table[screening.table["zone_id"] == zone]
    high = (mine["priority_band"] == "hoog").sum()
    assert labels.interval(whole["score_low"], whole["score_high"], unit="") in said["Score (0–100)"]
    assert said["Waarop dat steunt"].startswith(f"{whole['objects']} objecten, {labels.interval(*[whole['coverage']] * 2)}")
    assert said["Gevraagd niveau"] == ", ".join(sorted(set(rows["level"]) - {"all"}))
    assert labels.word("level", whole["level_surely"]) in said["Gehaald niveau"]
    assert labels.word("level", whole["level_possibly"]) in said["Gehaald niveau"]
    assert said["Knelpunten"] == f"{len(mine)}, waarvan {high} met hoge prioriteit"
    assert said["Kosten"] == labels.money(mine["cost_eur"].sum())
    assert said["Op te meten objecten"] == str((screening.survey["zone_id"] == zone).sum())


def test_urgent_bottlenecks_are_of_the_zone_and_most_urgent_first(folder):
    table = sample().table
    mine = table[table["zone_id"] == "WZ-1"].set_index("bottleneck_id")
    cards = page(folder, "zone-wz-1.html").cards
    ids = [re.findall(r"K-[0-9a-f]{12}", card)[0] for card in cards]
    assert len(ids) == sheet_parts.MOST == len(set(ids))
    shown = mine.loc[ids]
    assert shown["priority"].is_monotonic_decreasing
    left = mine.drop(ids)
    alike = shown[sheet_parts.ALIKE].astype(str).agg("|".join, axis=1)
    unlike = left[~left[sheet_parts.ALIKE].astype(str).agg("|".join, axis=1).isin(alike)]
    assert unlike["priority"].max() <= shown["priority"].min()
    for card, row in zip(cards, shown.to_dict("records"), strict=True):
        for said in (row["value"], row["solution"], row["object_id"], labels.money(row["cost_eur"])):
            assert said in card


def test_every_card_has_a_picture_with_a_text_alternative(folder):
    sheet = page(folder, "zone-wz-1.html")
    pictures = [given for tag, given in sheet.elements if tag == "svg" and given["class"] == "picture"]
    assert len(pictures) == len(sheet.cards)
    assert all(given["role"] == "img" and "noorden boven" in given["aria-label"] for given in pictures)


def test_sheets_of_a_division_add_up_to_the_tables(folder):
    table = sample().table
    index = page(folder, "index.html")
    (rows,) = index.rows.values()
    totals, kind = {}, ""
    for row in rows:
        if row[0] in ("Woonzorgzone", "Wijk", "Dienst"):
            kind = row[0]
            continue
        totals.setdefault(kind, []).append((int(row[-4]), int(row[-3]), row[-2]))
    high = int((table["priority_band"] == "hoog").sum())
    assert {kind: (sum(row[0] for row in rows), sum(row[1] for row in rows)) for kind, rows in totals.items()} == dict.fromkeys(
        ("Woonzorgzone", "Wijk", "Dienst"), (len(table), high)
    )
    works = sample().area_works
    wijken = works[(works["division"] == "wijk") & (works["responsible"] == "all") & (works["theme"] == "all")]
    assert sorted(count for count, _, _ in totals["Wijk"]) == sorted(wijken["bottlenecks"])
    services = table.groupby("responsible")["cost_eur"].sum()
    assert sorted(cost for _, _, cost in totals["Dienst"]) == sorted(labels.money(cost) for cost in services)


def test_the_index_links_every_sheet_and_each_links_back(folder):
    index = page(folder, "index.html")
    files = {file.name for file in folder.iterdir()} - {"index.html"}
    linked = [link for link in index.links if not link.startswith("#")]
    assert sorted(linked) == sorted(files)
    assert {file.split("-")[0] for file in files} == {"zone", "wijk", "service"}
    for file in files:
        assert [link for link in page(folder, file).links if not link.startswith("#")] == ["index.html"]


def test_sheets_can_be_part_of_other_papers(tmp_path):
    write_sheets(sample(), tmp_path, trail=[{"href": "../index.html", "text": "Alle bladen"}])
    assert page(tmp_path, "zone-wz-1.html").links[1:3] == ["../index.html", "index.html"]
    assert page(tmp_path, "index.html").links[1] == "../index.html"


def test_a_service_has_its_own_bottlenecks_and_no_score(folder):
    mine = sample().table[sample().table["responsible"] == "mobiliteit"]
    sheet = page(folder, "service-mobiliteit.html")
    said = facts_on(sheet)
    assert "Score (0–100)" not in said
    assert said["Knelpunten"] == f"{len(mine)}, waarvan {(mine['priority_band'] == 'hoog').sum()} met hoge prioriteit"
    ids = {re.findall(r"K-[0-9a-f]{12}", card)[0] for card in sheet.cards}
    assert ids <= set(mine["bottleneck_id"])
    charts = [given["aria-label"] for tag, given in sheet.elements if tag == "svg" and given["class"] == "chart"]
    where = next(text for text in charts if text.startswith("Knelpunten per woonzorgzone"))
    for zone, count in mine["zone_id"].value_counts().items():
        assert f"{sample().city.zones['name'][zone]}: {count} (" in where


def test_themes_and_priorities_in_charts_are_counted_from_the_table(folder):
    mine = sample().table[sample().table["zone_id"] == "WZ-2"]
    charts = [given["aria-label"] for tag, given in page(folder, "zone-wz-2.html").elements if tag == "svg"]
    themes = next(text for text in charts if text.startswith("Knelpunten per thema"))
    names = labels.names(sample().norm.themes)
    for theme, part in mine.groupby("theme"):
        bands = part["priority_band"].value_counts().reindex(sheet_parts.BANDS, fill_value=0)
        shares = ", ".join(f"{count} prioriteit {labels.word('band', band)}" for band, count in bands.items())
        assert f"{names[theme]}: {len(part)} ({shares})." in themes
    rows = sample().scores
    rows = rows[(rows["zone_id"] == "WZ-2") & (rows["level"] == "all") & (rows["theme"] != "all")]
    scores = next(text for text in charts if text.startswith("Score per thema"))
    for row in rows.to_dict("records"):
        assert f"{names[row['theme']]}: " in scores
    assert scores.count("Score") - 1 + scores.count("Geen score") == len(rows)


def test_where_nobody_is_counted_reach_is_told_in_metres_of_street(folder):
    assert sample().walking.places.counted == "metres of street"
    said = page(folder, "zone-wz-1.html").sections["reach"]
    assert "Geteld in meter straat:" in said
    assert "inwoners" not in said


def test_terms_and_good_examples_are_those_of_the_tables(folder):
    screening = sample()
    sheet = page(folder, "zone-wz-1.html")
    mine = screening.table[screening.table["zone_id"] == "WZ-1"]
    said = {row[0].split()[0]: row[1] for row in sheet.rows["works"]}
    assert said == {term: str((mine["planning"] == term).sum()) for term in ("KT", "MLT", "LT")}
    zones = screening.good_examples["zone_id"].str.split("|")
    good = screening.good_examples[[("WZ-1" in of) for of in zones]]
    assert f"In totaal {len(good)}." in sheet.sections["examples"]
    shown = re.findall(r"; ([A-Z]+-\d+)\)", sheet.sections["examples"])
    assert set(shown) <= set(good["object_id"])
    assert len(shown) == min(len(good), sheet_parts.MOST_EXAMPLES)


def test_who_gets_where_is_that_of_the_reach(tmp_path):
    screening = walked()
    write_sheets(screening, tmp_path)
    rows = screening.reach.areas
    rows = rows[(rows["division"] == "zone") & (rows["area"] == "WZ-1")]
    sheet = page(tmp_path, "zone-wz-1.html")
    assert "Geteld in inwoners:" in sheet.sections["reach"]
    said = sheet.rows["reach"]
    said = [row for row in said if row[0] != "Bestemming"]
    assert len(said) == len(rows)
    for (purpose, within, reached), row in zip(said, rows.to_dict("records"), strict=True):
        assert purpose == screening.walking.places.purposes[row["purpose"]].names["nl"]
        assert within == labels.number(row["within"], digits=0)
        ends = [labels.number(row[end], digits=0) for end in ("reached_low", "reached_high")]
        assert reached == (ends[0] if ends[0] == ends[1] else f"{ends[0]} tot {ends[1]}")


# Like bottlenecks, names of files


def test_bottlenecks_that_are_alike_are_shown_once():
    table = bottlenecks(12).assign(street="Weg naar As", criterion="PAS-01")
    table["priority"] = [17] * 5 + [9] * 7
    table["severity"] = 3
    chosen = sheet_parts.choose_urgent(table)
    assert chosen[["bottleneck_id", "alike"]].to_numpy().tolist() == [["K-0000", 4], ["K-0005", 6]]
    assert sheet_parts.choose_urgent(table.iloc[:0]).empty
    several = sheet_parts.choose_urgent(table.assign(street=[f"straat {order}" for order in range(12)]))
    assert len(several) == sheet_parts.MOST
    assert several["alike"].eq(0).all()


def test_names_of_files_are_safe_and_apart(tmp_path):
    facts = facts_of(sample())
    ids = ["../../x", "..", "A/B", "a b", "WZ-é", "CON", "x" * 300]
    part = facts.scores[facts.scores["zone_id"] == "WZ-1"]
    scores = pd.concat([part.assign(zone_id=name) for name in ids], ignore_index=True)
    homes = {"zone": {"bottlenecks": pd.Series("", index=facts.bottlenecks.index)}}
    files = write_fact_sheets(tmp_path / "out", dataclasses.replace(facts, scores=scores, homes=homes))
    names = [file.name for file in files]
    assert len({name.lower() for name in names}) == len(ids) + 1
    assert all(re.fullmatch(r"[a-z0-9-]{1,70}\.html", name) for name in names)
    assert {file.parent for file in files} == {tmp_path / "out"}
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


# Trend


def versions():
    """Two zones over three screenings; K-2 is done in the second, K-3 comes, in the third K-1 is accepted and K-4 reopened."""
    one = {"zone_id": "WZ-1", "priority_band": "hoog", "status": "open"}
    two = {"zone_id": "WZ-2", "priority_band": "laag", "status": "open"}
    closed = {"status": "uitgevoerd"}
    first = {"K-1": one, "K-2": one, "K-4": two | closed}
    second = {"K-1": one, "K-2": one | closed, "K-3": one | {"priority_band": "laag"}, "K-4": two | closed}
    third = {**second, "K-1": one | {"status": "aanvaard"}, "K-4": two | {"status": "heropend"}}
    return [first, second, third]


def planted_progress(**options):
    state = ledger_of(versions())
    state = dataclasses.replace(state, runs=state.runs.assign(seen_on=state.runs["run_on"]))
    return progress(state, {"zone": lambda table: table["zone_id"]}, **options)


def test_progress_counts_what_was_open_new_and_settled():
    table = planted_progress()
    assert list(table) == list(PROGRESS_COLUMNS)
    told = {
        (row["unit"], row["run"]): [None if pd.isna(row[key]) else int(row[key]) for key in ("open", "high", "new", "settled")]
        for row in table.to_dict("records")
    }
    assert told == {
        ("WZ-1", 1): [2, 2, None, None],
        ("WZ-1", 2): [2, 1, 1, 1],
        ("WZ-1", 3): [1, 0, 0, 1],
        ("WZ-2", 1): [0, 0, None, None],
        ("WZ-2", 2): [0, 0, 0, 0],
        ("WZ-2", 3): [1, 0, 1, 0],
        ("city", 1): [2, 2, None, None],
        ("city", 2): [2, 1, 1, 1],
        ("city", 3): [2, 0, 1, 1],
    }
    assert [stamp.date() for stamp in table["on"].unique()] == [day(run) for run in (1, 2, 3)]


def test_progress_looks_back_on_the_last_screenings_only():
    table = planted_progress(last=2)
    assert table["run"].unique().tolist() == [2, 3]
    assert table.loc[(table["unit"] == "WZ-1") & (table["run"] == 2), "settled"].item() == 1


def test_progress_without_a_screening_is_empty():
    assert planted_progress().shape[0] == 9
    state = ledger_of(versions())  # updates in which staff's edits were taken in, and no screening
    assert progress(state, {"zone": lambda table: table["zone_id"]}).empty


@pytest.mark.slow
def test_the_trend_of_a_sheet_is_that_of_the_monitoring_table(tmp_path):
    store, screening = tmp_path / "monitoring.gpkg", sample()
    update_monitoring(store, screening)
    mended = screening.table.loc[screening.table["zone_id"] == "WZ-1", "object_id"].iloc[:3]
    done = screening.table[screening.table["object_id"].isin(mended)]
    found = screening.findings.table.copy()
    found.loc[found["object_id"].isin(mended) & (found["outcome"] == "fails"), "outcome"] = "meets"
    city = dataclasses.replace(screening.city, settings={**screening.city.settings, "date": datetime.date(2027, 5, 1)})
    findings = dataclasses.replace(screening.findings, table=found, city=city)
    table = screening.table.drop(done.index).reset_index(drop=True)
    update_monitoring(store, dataclasses.replace(screening, table=table, city=city, findings=findings))
    state = read_monitoring(store, history=True)
    write_sheets(screening, tmp_path / "out", state=state)
    closed = state.table[state.table["status"].isin(("geverifieerd", "vervallen", "uitgevoerd"))]
    said = page(tmp_path / "out", "zone-wz-1.html").rows["trend"][1:]
    assert [row[0] for row in said] == ["1 mei 2026", "1 mei 2027"]
    first = (screening.table["zone_id"] == "WZ-1").sum()
    settled = (closed["zone_id"] == "WZ-1").sum()
    assert [row[1] for row in said] == [str(first), str(first - settled)]
    assert said[1][3:] == ["0", str(settled)]
    assert settled == (done["zone_id"] == "WZ-1").sum() >= 3
    assert "Evolutie" not in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_without_a_monitoring_table_there_is_no_trend(folder):
    assert "trend" not in page(folder, "zone-wz-1.html").sections


def test_a_city_without_anything_found_has_sheets_too(tmp_path):
    facts = facts_of(sample())
    nothing = {name: getattr(facts, name).iloc[:0] for name in ("bottlenecks", "good_examples", "survey")}
    scores = facts.scores.assign(score_low=np.nan, score_high=np.nan, ranked=False, coverage=0.0)
    write_fact_sheets(tmp_path, dataclasses.replace(facts, scores=scores, **nothing))
    text = unescape((tmp_path / "zone-wz-1.html").read_text("utf-8"))
    for said in ("niet genoeg bekend voor een score", "geen knelpunt vastgesteld", "Er is niets op te meten.", "geen gegevens"):
        assert said in text


# Languages, safety, print


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_language(tmp_path, lang):
    screening = dataclasses.replace(sample(), lang=lang)
    files = write_sheets(screening, tmp_path)
    for file in files:
        text = file.read_text("utf-8")
        elements = Page(text).elements
        assert text.startswith("<!DOCTYPE html>")
        assert ("html", {"lang": lang}) in elements
        ids = [given["id"] for _, given in elements if "id" in given]
        assert len(ids) == len(set(ids))
        assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in elements}
        assert not re.search(r"\b(nan|NaN|None|NaT|<NA>)\b", text)
    assert labels.label("sheet.short", lang) in unescape(text)
    with pytest.raises(ConfigError, match="nl, en, fr, de"):
        write_fact_sheets(tmp_path / "xx", facts_of(sample()), lang="xx")
    assert not (tmp_path / "xx").exists()


def test_the_same_screening_gives_the_same_bytes(tmp_path, folder):
    write_sheets(sample(), tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        file.name: file.read_bytes() for file in folder.iterdir()
    }


def poisoned(tmp_path):
    """Facts with a hostile text wherever a text can be."""
    texts, facts = hostile.payloads(tmp_path / "ran"), facts_of(walked())
    rows = {name: hostile.poison(getattr(facts, name), texts) for name in ("bottlenecks", "good_examples", "survey")}
    rows["bottlenecks"] = rows["bottlenecks"].assign(
        priority_band="hoog", bottleneck_id=[f"K{i}" for i in range(len(rows["bottlenecks"]))]
    )
    scores = hostile.poison_scores(_as_zone_one(facts.scores), texts)
    homes = {
        "zone": {name: pd.Series([texts[i % len(texts)] for i in range(len(part))], part.index) for name, part in rows.items()},
        texts[9]: {},
        "service": {
            name: pd.Series([texts[i % len(texts)] for i in range(len(part))], part.index) for name, part in rows.items()
        },
    }
    area_scores = facts.area_scores.assign(division=texts[9], district_id=texts[10], district_name=texts[11], office=texts[12])
    area_scores = area_scores.drop_duplicates(["level", "theme"])
    reach = facts.reach.assign(area=texts[0], purpose_name=texts[9], profile_name=texts[11], counted=texts[12], division="zone")
    city = dataclasses.replace(facts.city, name=texts[9], sources=hostile.poison(facts.city.sources, texts))
    run = dict.fromkeys(("norm", "hash", "date", "version", "attribution"), texts[11])
    frames = {"scores": scores, "area_scores": area_scores, "homes": homes, "reach": reach, "city": city, "run": run}
    return dataclasses.replace(facts, **rows, **frames)


def _as_zone_one(scores):
    first = scores[scores["zone_id"] == scores["zone_id"].iloc[0]]
    return gpd.GeoDataFrame(first.assign(zone_id="zone-1"), geometry="geometry", crs=scores.crs)


@pytest.mark.slow
def test_hostile_texts_stay_text(tmp_path):
    files = write_fact_sheets(tmp_path / "out", poisoned(tmp_path))
    assert hostile.never_ran(tmp_path / "ran")
    assert len(files) > 80
    for file in files:
        elements = Page(file.read_text("utf-8")).elements
        assert not {"script", "img", "iframe", "textarea", "object"} & {tag for tag, _ in elements}
        assert not [given for _, given in elements if any(name.startswith("on") for name in given)]
        for tag, given in elements:
            assert tag != "a" or re.fullmatch(r"#content|[a-z0-9-]+\.html", given["href"])


@pytest.mark.slow
def test_a_sheet_prints_on_a_few_a4_pages(folder):
    weasyprint = pytest.importorskip("weasyprint", reason="weasyprint is not installed")
    document = weasyprint.HTML(folder / "zone-wz-1.html").render()
    assert 2 <= len(document.pages) <= 5
    boxes = {round(page.width) for page in document.pages}
    assert boxes == {794}  # A4


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visit(browser, request):
    visits = Visits(browser, request.node.name)
    yield visits
    visits.close()


class TestInABrowser:
    pytestmark = NEEDS_BROWSER

    @pytest.mark.parametrize("name", ["index.html", "zone-wz-1.html", "service-wegen.html"])
    @pytest.mark.parametrize("width", [320, 1280])
    def test_a_sheet_has_no_faults_and_fits(self, folder, visit, name, width):
        opened = visit(folder / name, width=width)
        assert opened.trouble == opened.asked == []
        assert faults(opened) == []
        assert opened.evaluate("document.documentElement.scrollWidth") <= width

    def test_forced_colours_and_print_keep_the_drawings(self, folder, visit):
        opened = visit(folder / "zone-wz-1.html", forced_colors="active")
        assert faults(opened) == []
        opened.emulate_media(media="print")
        assert opened.locator("nav.trail").is_hidden()
        assert opened.locator(".card .picture").first.is_visible()

    def test_the_index_leads_to_a_sheet_and_back_by_keyboard(self, folder, visit):
        opened = visit(folder / "index.html")
        opened.locator("a", has_text="De Lindehof").focus()
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/zone-wz-1.html")
        opened.keyboard.press("Tab")
        assert opened.locator(":focus").inner_text() == labels.label("report.skip")
        opened.keyboard.press("Tab")
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/index.html")

    def test_hostile_sheets_run_nothing(self, tmp_path, visit):
        files = write_fact_sheets(tmp_path / "out", poisoned(tmp_path))
        for file in files[:4]:
            opened = visit(file)
            assert opened.trouble == opened.asked == []
            assert opened.evaluate("window.RAN") is None


@pytest.mark.slow
@pytest.mark.usefixtures("shared_data")
@pytest.mark.parametrize("city", ["wechelderzande", "monaco"])
def test_real_cities_have_sheets_with_readable_drawings(tmp_path, city):
    screening = screen_once(ROOT / "tests" / "real" / f"{city}.toml", lang="fr")
    files = write_sheets(screening, tmp_path)
    services = {*screening.table["responsible"], *screening.survey["responsible"]} - {""}
    assert len(files) == 1 + len(screening.city.zones) + len(services) + sum(map(len, screening.city.districts.values()))
    drawings = [svg for file in files for svg in re.findall(r"<svg xmlns.*?</svg>", file.read_text("utf-8"), re.DOTALL)]
    assert len(drawings) > len(screening.table.head(6))
    for svg in drawings:
        drawn = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
        assert drawn.get("aria-label")
        assert not re.search(r"nan|inf\b", re.sub(r'aria-label="[^"]*"|>[^<]*<', "", svg))
