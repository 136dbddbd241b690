"""Results in a notebook: they show what is in their tables, keep text as text, and have a short plain form."""

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk import display, labels

from . import hostile
from .screenings import screen_once


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city("walking"))


def words(html):
    return re.sub(r"<[^>]+>", " ", html)


def test_a_screening_shows_its_zones_and_the_most_urgent_bottlenecks(screening):
    html = screening._repr_html_()
    worst = screening.table.sort_values(["priority", "severity"], ascending=False).iloc[0]
    assert worst["bottleneck_id"] in html
    assert worst["street"] in html
    for name in screening.city.zones["name"]:
        assert name in html
    assert f"{len(screening.table)}" in words(html)
    assert "Screening van Blokkenwijk" in words(html)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_a_screening_speaks_its_language(lang):
    screening = screen_once(tg.sample_city("walking"), lang=lang)
    assert labels.label("display.urgent", lang) in screening._repr_html_()


def test_every_result_has_a_short_form_and_one_for_notebooks(screening):
    planned = tg.plan_city(screening, budget={"KT": 50_000})
    results = [screening, screening.findings, screening.norm, screening.reach, planned, planned.plan]
    sample = tg.sample_city().with_name("pavements.gpkg")
    results.append(tg.passable_width(gpd.read_file(sample, layer="voetpaden").set_index("id")))
    results.append(tg.inspect_files([sample]))
    for result in results:
        assert len(repr(result)) < 200, type(result)
        html = result._repr_html_()
        assert html.startswith('<div class="tex2jax_ignore'), type(result)
        assert len(html) < 60_000, type(result)
    assert len(repr(screening.city)) < 1_000
    assert repr(screening.city).startswith("City('Blokkenwijk")


def test_text_of_data_stays_text(tmp_path):
    for payload in [*hostile.payloads(tmp_path / "ran"), "$x$", "\u202eabc", "\x00\x07", "a" * 5_000]:
        frame = pd.DataFrame({payload: [payload]})
        html = display.card(payload, facts={payload: payload}, tables={payload: frame}, note=payload)
        inside = re.sub(r"</?(div|strong|b|table|caption|thead|tbody|tr|th|td)( [^<>]*)?>", "", html)
        assert "<" not in inside
        assert "$" not in inside
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", inside)
        assert len(inside) < 1_500
    assert not (tmp_path / "ran").exists()


def test_a_long_table_is_cut_and_says_so():
    html = display.card("x", tables={"t": pd.DataFrame({"a": range(100)})}, lang="en")
    assert "8 of 100 rows" in html
    assert html.count("<tr>") == 1 + display.ROWS


def test_numbers_and_missing_values_are_written_as_people_do():
    frame = pd.DataFrame({"a": [1234.5], "b": [None], "c": [True], "d": [float("inf")]})
    cells = re.findall(r"<td[^>]*>(.*?)</td>", display.card("x", tables={"t": frame}, lang="nl"))
    assert cells == ["1.234,50", "", "ja", "inf"]


def test_geometry_is_left_out_and_a_named_index_stays():
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], index=pd.Index(["k"], name="key"))
    html = display.card("x", tables={"t": frame})
    assert "POINT" not in html
    assert re.findall(r"<th [^>]*>(.*?)</th>", html) == ["key", "a"]
