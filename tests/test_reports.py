"""The report: everything that was found, not known and read is in it, and text from data stays text."""

import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from toegankelijk import labels, wording
from toegankelijk.errors import ConfigError
from toegankelijk.reports import overview

from . import hostile
from .frames_for_pages import balance, bottlenecks, good_examples, run, scores, unknowns, write_report


class Tables(HTMLParser):
    """Rows of text per heading, and all elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: dict[str, list[str]] = {}
        self.section = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in ("h2", "h3"):
            self.section = dict(attrs)["id"]
            self.rows[self.section] = []
        if tag == "tr":
            self.rows[self.section].append("")

    def handle_data(self, data):
        if self.rows.get(self.section):
            self.rows[self.section][-1] += f" {data.strip()}" if data.strip() else ""


def write(path, **changes) -> str:
    return write_report(path, **changes).read_text("utf-8")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return Tables(write(tmp_path_factory.mktemp("report"))).rows


def test_headline_has_intervals_levels_and_blockers(rows):
    _, first, second, third = rows["headline"]
    for part in ("Sledderlo", "62–78\u00a0%", "3", "zeker C, mogelijk B", "84\u00a0%", "Score tussen 62 en 78 op 100"):
        assert part in first
    assert "niet gerangschikt" in second
    assert "*" not in first + second
    assert "*" in third
    assert "Geen score: geen gegevens" in third


def test_ranked_zones_come_first_from_the_lowest_score_up():
    table = scores()
    table.loc[table["zone_id"] == "zone-2", ["score_low", "score_high", "ranked"]] = [0.2, 0.3, True]
    order = [row["zone_id"] for row in wording.headline(table.sample(frac=1, random_state=0), "nl")]
    assert order == ["zone-2", "zone-1", "zone-3"]


def test_the_bar_spans_the_interval(tmp_path):
    bars = [attrs for tag, attrs in Tables(write(tmp_path)).elements if tag == "rect" and attrs["class"] == "span"]
    assert (bars[0]["x"], bars[0]["width"]) == ("62.0", "16.0")
    one = wording.describe_score(scores().iloc[0].to_dict() | {"score_low": 0.5, "score_high": 0.5}, "nl")
    assert (one["low"], one["wide"], one["bar"]) == (50, 1, "Score 50 op 100")


def test_themes_stand_in_the_order_of_the_method_with_coverage(rows):
    head, first, _, third = rows["themes"]
    assert re.search("Doorgangen.*Oppervlak.*Drempels.*Straatmeubilair", head)
    assert first.count("(84\u00a0%)") == 8
    assert third.count("geen gegevens") == 8


def test_levels_have_rows_of_their_own(rows):
    assert len(rows["levels"]) == 1 + 3 * 2


def test_bottlenecks_are_sorted_by_priority_and_say_all_reasons(rows):
    head, *table = rows["bottlenecks"]
    assert "Prioriteit" in head
    assert [re.findall(r"K-\d{4}", row)[0] for row in table] == [f"K-{i:04d}" for start in range(3) for i in range(start, 12, 3)]
    reasons = ("3 × 4 + 2 + 1", "eigen grond, geen vergunning", "hoge prioriteit, haalbaar", "beheerder is de gemeente", "ENT-D")
    assert all(reason in row for reason in reasons for row in table)
    assert "Criteria: PAS-01, PAS-06" in table[1]
    assert "Criteria" not in table[0]


def test_a_long_list_is_cut_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(overview, "MAX_ROWS", 5)
    page = write(tmp_path)
    assert "5 van 12 knelpunten" in page
    assert len(Tables(page).rows["bottlenecks"]) == 6


def test_what_is_unknown_is_said_with_its_reason_most_first(rows):
    _, first, second = rows["unknowns"]
    assert "SUR-06 Langshelling looproute" in first
    assert "niet gemeten of niet geleverd" in first
    assert "1.234" in first
    assert "kerb_height ligt tussen 0 en 3 cm" in second


def test_balance_accounts_for_every_row_read(rows):
    _, first, second = rows["balance"]
    for part in ("voetpaden", "1.300", "1.250", "48", "310", "no geometry: 1", "exact duplicate: 1"):
        assert part in first
    assert "haltes" in second


@pytest.mark.parametrize("reasons", [None, "", np.nan, {}])
def test_balance_without_reasons(tmp_path, reasons):
    table = balance().assign(reasons=[reasons] * 2)
    assert "nan" not in "".join(Tables(write(tmp_path, balance=table)).rows["balance"])
    assert write(tmp_path, balance=balance().drop(columns="reasons"))


def test_layers_and_reasons_are_in_the_language():
    reasons = {"exact copy of another row": 2, "the same object as another, less than 2.5 m away": 1, "something new": 4}
    given = {"layer": "stop: haltes.gpkg/palen", "kind": "stop", "read": 9, "assessed": 2, "outside": 0, "not_assessable": 7}
    rows = overview._describe_balance(pd.DataFrame([{**given, "derived": 0, "reasons": reasons}]), wording.Names.of(None, "nl"))
    assert rows[0]["layer"] == "haltes.gpkg/palen"
    said = ["exacte kopie van een andere rij: 2", "hetzelfde object als een ander, op minder dan 2.5 m: 1", "something new: 4"]
    assert rows[0]["reasons"] == said


def test_norm_crs_and_inputs_are_in_it(tmp_path):
    page = write(tmp_path)
    for part in (
        "vlaanderen",
        "ab" * 32,
        "EPSG:31370",
        "EPSG:3812",
        "Lambert 2008 to Lambert 72",
        "0,01 m",
        "0f" * 32,
        "district.gpkg",
    ):
        assert part in page
    assert "© Voorbeeldstad" in page


def test_an_empty_screening_has_a_report(tmp_path):
    page = write(
        tmp_path,
        scores=scores().iloc[:0],
        bottlenecks=bottlenecks().iloc[:0],
        good_examples=good_examples().iloc[:0],
        unknowns=unknowns().iloc[:0],
        balance=balance().iloc[:0],
        run={},
    )
    assert page.count("Er zijn er geen.") == 3


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_language(tmp_path, lang):
    page = write(tmp_path, lang=lang)
    elements = Tables(page).elements
    assert page.startswith("<!DOCTYPE html>")
    assert ("html", {"lang": lang}) in elements
    assert labels.label("report.headline", lang) in unescape(page)
    assert labels.label("report.title", lang, city="Voorbeeldstad") in unescape(page)
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in elements}
    assert not re.search(r"\b(nan|NaN|None|NaT|<NA>)\b", page)


def test_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="nl, en, fr, de"):
        write(tmp_path, lang="xx")
    assert not (tmp_path / "report.html").exists()


def test_a_code_without_a_name_stands_for_itself(tmp_path):
    table = bottlenecks().assign(responsible="eigen_dienst", theme="eigen_thema", status="op_de_lijst")
    page = write(tmp_path, bottlenecks=table)
    assert all(code in page for code in ("eigen_dienst", "eigen_thema", "op_de_lijst"))


def test_hostile_text_stays_text(tmp_path):
    marker = tmp_path / "ran"
    texts = hostile.payloads(marker)
    given = run() | {key: texts[i] for i, key in enumerate(("scope", "crs", "date", "version", "attribution"))}
    given["norm"] = {"name": texts[0], "version": texts[10], "hash": texts[12]}
    given["inputs"] = [dict.fromkeys(("layer", "kind", "path", "sha256", "crs", "operation", "date"), text) for text in texts]
    table = pd.concat([balance()] * len(texts), ignore_index=True).head(len(texts))
    page = write(
        tmp_path,
        city_name=texts[0] + texts[11],
        scores=hostile.poison_scores(scores(), texts),
        bottlenecks=hostile.poison(bottlenecks(len(texts)), texts),
        good_examples=hostile.poison(good_examples(), texts),
        unknowns=hostile.poison(pd.concat([unknowns()] * len(texts), ignore_index=True), texts),
        balance=hostile.poison(table, texts).assign(reasons=[{text: 1} for text in texts]),
        run=given,
    )
    assert hostile.never_ran(marker)
    elements = Tables(page).elements
    assert not {"script", "img", "iframe", "textarea"} & {tag for tag, _ in elements}
    assert not [attrs for _, attrs in elements if any(name.startswith("on") for name in attrs)]
    assert not [attrs for tag, attrs in elements if tag == "a" and not attrs["href"].startswith("#")]
    assert "{{ 1 / 0 }}" in page
