"""Recommendations: each criterion once per theme, with what each level asks, its basis and article, and how the city does."""

import html
import re

import pytest

import toegankelijk as tg
from toegankelijk.evidence import limit_rows
from toegankelijk.labels import LANGUAGES, label, names, word
from toegankelijk.reports.recommendations import write_recommendations
from toegankelijk.screening.fact_sheets import facts_of
from toegankelijk.screening.paper_tables import count_criteria

from .screenings import screen_once


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def counts(screening):
    return count_criteria(screening)


@pytest.fixture(scope="module")
def pages(screening, counts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("learn")
    return {page.stem: page for page in write_recommendations(folder, facts_of(screening), counts)}


def criteria(page):
    """Text of each criterion of a page, by code."""
    raw = page.read_text("utf-8")
    parts = re.findall(r'<article class="criterion" aria-labelledby="c-([A-Z0-9-]+)">(.*?)</article>', raw, flags=re.DOTALL)
    return {code: " ".join(html.unescape(re.sub(r"<[^>]*>", " ", part)).split()) for code, part in parts}


def test_every_criterion_is_on_the_page_of_its_theme_and_no_other(screening, pages):
    found = [code for stem, page in pages.items() if stem.startswith("theme-") for code in criteria(page)]
    assert sorted(found) == sorted(screening.norm.rules)
    for theme in screening.norm.themes.index:
        codes = {code for code, rule in screening.norm.rules.items() if rule.theme == theme}
        assert set(criteria(pages[f"theme-{theme.replace('_', '-')}"])) == codes


def test_a_service_learns_what_it_carries_out(screening, pages):
    responsible = screening.norm.remedies["responsible"]
    for service in set(responsible):
        codes = {code for code, rule in screening.norm.rules.items() if responsible[rule.remedy] == service}
        mine = pages.get(f"service-{service}")
        assert (mine is None) == (not codes)
        if mine is not None:
            assert set(criteria(mine)) == codes


def test_each_level_says_what_it_asks_on_what_basis_and_where_that_stands(screening, pages):
    told = {code: text for stem, page in pages.items() if stem.startswith("theme-") for code, text in criteria(page).items()}
    titles = screening.norm.sources["title"]
    for code, rule in screening.norm.rules.items():
        for level in rule.limits:
            for row, basis, source, article in limit_rows(screening.norm, code, level):
                if row.asks:
                    assert label(f"basis.{basis}") in told[code], code
                    assert basis == "voorstel" or " ".join(titles[source].split()) in told[code], code
                    assert word("article", article) in told[code], code


def test_ranges_of_a_driver_are_told_apart(pages):
    text = criteria(pages["theme-hellingen-trappen"])["RMP-01"]
    assert "art. 5" in text
    for part in ("tot 0,10 m", "tot 0,25 m", "10 %", "12 %", "8,3 %"):
        assert part in text, part


def test_a_limit_that_grows_is_a_formula(pages):
    text = criteria(pages["theme-parkeerplaatsen"])["PRK-05"]
    assert "0,06 × aantal parkeerplaatsen" in text


def test_what_was_not_read_is_said(screening, pages):
    limits = screening.norm.limits
    remembered = set(limits.loc[limits["verified"] == "memory", "code"])
    told = {code: text for stem, page in pages.items() if stem.startswith("theme-") for code, text in criteria(page).items()}
    assert {code for code, text in told.items() if label("paper.learn.unread") in text} == remembered


def test_the_city_is_counted(counts, pages):
    text = criteria(pages["theme-doorgangen"])["PAS-01"]
    row = counts.loc["PAS-01"]
    assert label("paper.learn.counts", **{name: str(row[name]) for name in ("fails", "meets", "unknown")}) in text
    assert row["bad"].split("|")[0] in text
    assert row["good"].split("|")[0] in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_speak_the_language(screening, counts, tmp_path, lang):
    pages = write_recommendations(tmp_path, facts_of(screening), counts, lang=lang)
    for page in pages:
        raw = page.read_text("utf-8")
        assert f'<html lang="{lang}">' in raw
        assert "{" not in re.sub(r"<style>.*?</style>", "", raw, flags=re.DOTALL)
    text = criteria(pages[0])["PAS-01"]
    assert names(screening.norm.criteria, lang)["PAS-01"] in text
    assert names(screening.norm.remedies, lang)[screening.norm.rules["PAS-01"].remedy] in text
