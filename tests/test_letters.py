"""Letters and work lists: to whom, about what, with which reasons, and the word infringement only where it is one."""

import dataclasses
import html
import re

import pandas as pd
import pytest

import toegankelijk as tg
from toegankelijk.breaches import list_breaches
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.reports.letters import write_letters
from toegankelijk.reports.work_lists import MOST, describe_list, headings, write_work_list
from toegankelijk.screening.fact_sheets import facts_of
from toegankelijk.screening.paper_tables import locate

from .screenings import screen_once
from .test_breaches import WORD


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


def letters_of(screening, folder, *, breaches=None, lang="nl"):
    found = list_breaches(screening.findings, screening.table, lang=lang) if breaches is None else breaches
    return write_letters(folder, facts_of(screening), found, places=locate(screening.table), lang=lang)


def words(page):
    """What a reader sees."""
    text = re.sub(r"<(style|svg)\b.*?</\1>", "", page.read_text("utf-8"), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


def test_each_other_party_gets_what_is_theirs_and_nothing_else(screening, tmp_path):
    letters, table = letters_of(screening, tmp_path), screening.table
    others = table[table["track"] == "derden"]
    assert set(letters) == set(others["responsible"])
    for service, pages in letters.items():
        mine = set(others.loc[others["responsible"] == service, "bottleneck_id"])
        named = [one for page in pages for one in re.findall(r"K-[0-9a-f]{12}", words(page))]
        assert sorted(named) == sorted(mine)


def test_owners_get_a_letter_per_street(screening, tmp_path):
    owners = screening.table[(screening.table["track"] == "derden") & (screening.table["responsible"] == "eigenaar")]
    pages = letters_of(screening, tmp_path)["eigenaar"]
    assert len(pages) == owners["street"].nunique() > 1
    for page, street in zip(pages, sorted(set(owners["street"])), strict=True):
        assert street in words(page)
        assert not [other for other in set(owners["street"]) - {street} if other in words(page)]


def test_a_letter_has_place_reason_request_and_term(screening, tmp_path):
    text = words(letters_of(screening, tmp_path)["awv"][0])
    mine = screening.table[screening.table["responsible"] == "awv"]
    assert all(where in text for where in locate(mine)["where"])
    assert all(solution in text for solution in mine["solution"])
    assert all(object_id in text for object_id in mine["object_id"])
    assert label("paper.letter.term", year=str(mine["target_year"].max())) in text
    assert "Voldoet niet aan de richtlijn" in text
    assert "Agentschap Wegen en Verkeer" in text


def test_what_only_a_person_knows_is_left_open(screening, tmp_path):
    text = words(letters_of(screening, tmp_path)["awv"][0])
    for what in ("contact", "address", "date", "reply", "name", "signature"):
        assert f"[{label(f'paper.letter.fill_{what}')}]" in text


def test_the_contact_of_the_city_is_used(screening, tmp_path):
    city = dataclasses.replace(screening.city, settings={**screening.city.settings, "contact": "Dienst mobiliteit, Markt 1"})
    text = words(letters_of(dataclasses.replace(screening, city=city), tmp_path)["awv"][0])
    assert "Dienst mobiliteit, Markt 1" in text
    assert label("paper.letter.fill_contact") not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_guidelines_are_never_called_infringements(screening, tmp_path, lang):
    pages = [page for pages in letters_of(screening, tmp_path, lang=lang).values() for page in pages]
    for page in pages:
        assert WORD[lang] not in words(page)
    assert label("paper.letter.legal_none", lang) in words(pages[0])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_infringement_is_named_with_its_scope_where_it_is_one(screening, tmp_path, lang):
    breaches = list_breaches(screening.findings, screening.table, lang=lang)
    mine = screening.table.loc[screening.table["responsible"] == "awv", "bottleneck_id"].iloc[0]
    planted = breaches[breaches["bottleneck_id"] == mine].head(1)
    sentence = label("paper.breach.infringement", lang, name="n", value="v", required="r", title="BVR", article="art. 3")
    planted = planted.assign(grade="infringement", source="BVR97", title="BVR", article="art. 3", sentence=sentence)
    found = pd.concat([breaches, planted], ignore_index=True)
    letters = letters_of(screening, tmp_path, breaches=found, lang=lang)
    text = words(letters["awv"][0])
    assert sentence in text
    assert label("paper.letter.legal_infringement", lang, count="1", titles="BVR") in text
    assert label("paper.scope.BVR97", lang) in text
    assert label("paper.letter.legal_rest", lang) in text
    others = [page for service, pages in letters.items() if service != "awv" for page in pages]
    assert not [page for page in others if WORD[lang] in words(page)]


def test_a_street_that_says_something_is_only_text(screening, tmp_path):
    table = screening.table.copy()
    rows = table["responsible"] == "eigenaar"
    table.loc[rows, "street"] = "../../<script>alert(1)</script>{{ 7*7 }}"
    pages = letters_of(dataclasses.replace(screening, table=table), tmp_path)["eigenaar"]
    assert [page.parent for page in pages] == [tmp_path]
    raw = pages[0].read_text("utf-8")
    assert "<script" not in raw
    assert "{{ 7*7 }}" in html.unescape(raw)


def test_a_work_list_says_all_of_a_service(screening, tmp_path):
    facts, breaches = facts_of(screening), list_breaches(screening.findings, screening.table)
    mine = screening.table[screening.table["responsible"] == "wegen"]
    listed = describe_list(facts, mine, breaches, places=locate(screening.table), lang="nl")
    assert sorted(listed["bottleneck_id"]) == sorted(mine["bottleneck_id"])
    assert listed["priority"].is_monotonic_decreasing
    assert listed["cost_eur"].sum() == pytest.approx(mine["cost_eur"].round(0).sum())
    assert (listed["rests_on"] != "").all()
    assert len(headings(list(listed.columns), "nl")) == len(set(headings(list(listed.columns), "nl")))
    text = words(write_work_list(tmp_path / "list.html", facts, listed, service="wegen"))
    assert "Dienst wegen" in text
    assert all(one in text for one in mine["bottleneck_id"])
    many = listed.iloc[[0] * (MOST + 3)]
    text = words(write_work_list(tmp_path / "many.html", facts, many, service="wegen"))
    assert text.count(many["bottleneck_id"].iloc[0]) == MOST
    assert label("paper.list.more", count="3") in text
