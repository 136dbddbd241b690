"""Four languages: every name in each, plurals, dates and amounts as people write them, and no word of another one."""

import datetime
import itertools
import re
import string

import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk import evidence, labels, schema
from toegankelijk.cli import app, terminal
from toegankelijk.errors import ConfigError
from toegankelijk.labels import LANGUAGES, day, label, money, word
from toegankelijk.norm import read_norm
from toegankelijk.screening.papers import write_papers
from toegankelijk.screening.plans import plan_city, write_reach

from . import spoken
from .screenings import screen_once

ROWS = spoken.read("labels.csv")
BUDGET = {"KT": 11_000.0, "MLT": 20_000.0}


# -------------------- names


@pytest.mark.parametrize("name", spoken.NAMED)
def test_every_row_has_a_name_in_every_language(name):
    rows = spoken.read(name)
    for lang in LANGUAGES:
        named = [row[f"name_{lang}"] for row in rows]
        assert all(text == text.strip() and text for text in named)
        told = [(row.get("kind", "") if name.endswith("criteria.csv") else "", row[f"name_{lang}"]) for row in rows]
        assert len(set(told)) == len(told), [text for text in told if told.count(text) > 1]


SAME = {"Passage", "Passages", "Stop", "Parking", "De Lijn", "Rollator", "Norm", "Obstacle"}


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(LANGUAGES, 2)))
def test_a_name_is_not_copied_from_another_language(one, other):
    """Some words are the same in two languages; a sentence never is."""
    copied = [
        row[f"name_{one}"] for name in spoken.NAMED for row in spoken.read(name) if row[f"name_{one}"] == row[f"name_{other}"]
    ]
    assert all(" " not in text for text in copied if text not in SAME), copied
    for row in spoken.read("norm/vlaanderen/criteria.csv"):
        assert row[f"sentence_{one}"] != row[f"sentence_{other}"]


def test_sentences_name_the_same_in_every_language():
    for row in spoken.read("norm/vlaanderen/criteria.csv"):
        named = {lang: sorted(re.findall(r"\{\w+\}", row[f"sentence_{lang}"])) for lang in LANGUAGES}
        assert len({tuple(one) for one in named.values()}) == 1, (row["code"], named)
        numbers = {lang: set(re.findall(r"\d+", row[f"sentence_{lang}"])) - {"90", "180"} for lang in LANGUAGES}
        assert len({frozenset(one) for one in numbers.values()}) == 1, (row["code"], numbers)
        assert all(row[f"sentence_{lang}"][0].isupper() for lang in LANGUAGES)


def test_the_terms_of_the_field_are_used():
    """As the guides of the Walloon and German-speaking parts of the country have them."""
    fr, de = (" ".join(spoken.texts(lang)).lower() for lang in ("fr", "de"))
    for term in (
        "passage libre",
        "trottoir",
        "bordure",
        "abaissement de bordure",
        "dalles podotactiles",
        "ligne guide",
        "palier",
    ):
        assert term in fr
    for term in ("durchgangsbreite", "gehweg", "bordsteinabsenkung", "bodenindikatoren", "leitlinie", "podest", "haltestelle"):
        assert term in de
    assert "leitstreifen" not in de
    assert "ligne de guidage" not in fr


@pytest.mark.parametrize("group", spoken.coded())
def test_every_code_has_a_word(group):
    keys = {row["key"] for row in ROWS}
    missing = [code for code in spoken.coded()[group] if f"{group}.{code}" not in keys]
    assert not missing


def test_themes_have_the_names_of_the_norm():
    for lang in LANGUAGES:
        assert {theme: word("theme", theme, lang) for theme in schema.THEMES} == labels.names(read_norm().themes, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_kinds_are_named_in_the_language(lang):
    for names, rows in ((labels.kind_names(lang), "kinds"), (labels.context_names(lang), "context")):
        assert names == {row["kind"]: row[f"name_{lang}"] for row in spoken.read(f"schema/{rows}.csv")}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_criterion_is_described_in_the_language(lang):
    """All 143, with limits, flags, severities and sources; codes stand only where an attribute is named for who edits a norm."""
    norm = read_norm()
    told = []
    for code in norm.rules:
        heading, facts, table = evidence.describe_criterion(norm, code, lang)
        attribute = label("attribute", lang)
        said = [heading, *(text.partition(" (")[0] if name == attribute else text for name, text in facts)]
        said += [cell for cell in table.astype("str").to_numpy().ravel().tolist() if cell]
        told += [(code, lang, text) for text in said]
    assert not spoken.faults(iter(told), set(norm.sources.index) | set(norm.rules))


# -------------------- one and several


ALIKE = {("paper.count.residents", "de")}
"""Labels of which one and several are the same word: "1 Einwohner", "2 Einwohner"."""

FORMS = [(row["key"], lang) for row in ROWS for lang in LANGUAGES if "|" in row[lang]]


@pytest.mark.parametrize(("key", "lang"), FORMS)
def test_one_and_several_are_told_apart(key, lang):
    row = next(row for row in ROWS if row["key"] == key)
    fields = {name for _, name, _, _ in string.Formatter().parse(row[lang]) if name}
    chosen = {name for _, name, form, _ in string.Formatter().parse(row[lang]) if name and "|" in (form or "")}
    for name in chosen:
        one, two = (label(key, lang, **dict.fromkeys(fields, "x") | {name: count}) for count in ("1", "2"))
        assert (one.replace("1", "2", 1) != two) == ((key, lang) not in ALIKE)
        assert not set("{}|") & set(one + two)
        assert label(key, lang, **dict.fromkeys(fields, "x") | {name: 1}) == one, "a number and its text are the same"


@pytest.mark.parametrize(
    ("count", "texts"),
    [
        (0, ("0 knelpunten", "0 bottlenecks", "0 point noir", "0 Mängel")),
        (1, ("1 knelpunt", "1 bottleneck", "1 point noir", "1 Mangel")),
        (2, ("2 knelpunten", "2 bottlenecks", "2 points noirs", "2 Mängel")),
        ("21", ("21 knelpunten", "21 bottlenecks", "21 points noirs", "21 Mängel")),
        ("1.200", ("1.200 knelpunten", "1.200 bottlenecks", "1.200 points noirs", "1.200 Mängel")),
    ],
)
def test_counts(count, texts):
    assert tuple(label("n.bottlenecks", lang, count=count) for lang in LANGUAGES) == texts


def test_what_is_filled_in_chooses_but_is_never_read_as_a_form():
    text = "{count:a|b}|{0}"
    assert label("n.bottlenecks", "en", count=text) == f"{text} bottlenecks"


# -------------------- dates, amounts, units


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (datetime.date(2026, 11, 22), ("22 november 2026", "22 November 2026", "22 novembre 2026", "22. November 2026")),
        (pd.Timestamp("2026-03-01 14:30"), ("1 maart 2026", "1 March 2026", "1er mars 2026", "1. März 2026")),
        ("2026-08-31T10:00:00", ("31 augustus 2026", "31 August 2026", "31 août 2026", "31. August 2026")),
        ("spring 2024", ("spring 2024",) * 4),
        ("2026-13-01", ("2026-13-01",) * 4),
        (None, ("",) * 4),
        (pd.NaT, ("",) * 4),
        (float("nan"), ("",) * 4),
    ],
)
def test_days(value, texts):
    assert tuple(day(value, lang) for lang in LANGUAGES) == texts


def test_days_in_digits():
    assert [day("2026-03-01", lang, short=True) for lang in LANGUAGES] == ["01/03/2026", "01/03/2026", "01/03/2026", "01.03.2026"]


@given(st.dates(), st.sampled_from(LANGUAGES))
def test_a_day_can_be_read_back(date, lang):
    found = re.fullmatch(r"(\d+)(?:er|\.)? (\w+) (\d+)", day(date, lang))
    assert (int(found[3]), labels.MONTHS[lang].index(found[2]) + 1, int(found[1])) == (date.year, date.month, date.day)
    assert day(date.isoformat(), lang) == day(date, lang)


def test_amounts():
    assert [money(1_234_567.4, lang) for lang in LANGUAGES] == [
        "€\u00a01.234.567",
        "€1,234,567",
        "1\u202f234\u202f567\u00a0€",
        "1.234.567\u00a0€",
    ]
    assert money(0.5, "de", digits=2) == "0,50\u00a0€"
    assert money(float("nan"), "fr") == "inconnu"


@pytest.mark.parametrize("lang", ["", "NL", "es"])
def test_a_language_that_is_not_spoken_is_refused(lang):
    for call in (lambda: day("2026-01-01", lang), lambda: money(1.0, lang), lambda: labels.with_unit("1", "m", lang)):
        with pytest.raises(ConfigError, match="nl, en, fr, de"):
            call()


def test_units():
    assert [labels.with_unit("5", unit, "nl") for unit in ("m", "deg", "km/h", "count", "%")] == [
        "5 m",
        "5°",
        "5 km/u",
        "5",
        "5 %",
    ]
    assert evidence.bounds_text(30.0, 20.0, 40.0, "deg", "fr") == "30°"
    assert evidence.bounds_text(float("nan"), 20.0, 40.0, "km/h", "nl") == "20 tot 40 km/u"


def test_french_has_no_line_that_begins_with_a_mark():
    text = label("plan.page.bound", "fr", points="1", bound="2", gap="0,1")
    assert "\u00a0;" in text
    assert "\u00a0%" in text
    assert not re.search(r" [:;?!%€]", text)


# -------------------- all that comes out


@pytest.fixture(scope="module", params=LANGUAGES)
def spoken_files(request, tmp_path_factory):
    """Language, folder with all that is written, and texts of the data."""
    lang, folder = request.param, tmp_path_factory.mktemp(request.param)
    sample = screen_once(tg.sample_city(), lang=lang)
    sample.write(folder / "sample")
    walking = screen_once(tg.sample_city("walking"), lang=lang)
    planned = plan_city(walking, budget=BUDGET)
    planned.write(folder / "plan")
    write_reach(walking.reach, folder / "network", lang=lang)
    write_papers(walking, folder / "papers", plan=planned)
    for name, screening in (("sample", sample), ("walking", walking)):
        joined = evidence.join_findings(screening.findings, lang=lang)
        lines = [*joined["value_text"].cat.categories, *joined["required_text"].cat.categories]
        (folder / f"{name}.txt").write_text("\n".join(lines), "utf-8")
    return lang, folder, spoken.data_texts(sample.city, walking.city)


@pytest.mark.slow
def test_no_output_has_a_word_of_another_language(spoken_files):
    lang, folder, given = spoken_files
    files = [
        path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".xlsx", ".txt") or path.match("papers/*.csv")
    ]
    assert {"report.html", "map.html", "monitoring.xlsx", "plan.html", "plan_map.html", "network.html"} <= {p.name for p in files}
    found = {}
    for path in files:
        said = list(spoken.said(path, lang))
        assert said, path
        found |= spoken.faults(iter(said), given)
    assert not found, "\n".join(f"{what}\n    {text[:160]}" for what, text in sorted(found.items()))


REASONED = ("description", "solution", "value", "required", "source")


@pytest.mark.slow
def test_what_the_table_says_in_full_is_in_the_language(spoken_files):
    lang, folder, given = spoken_files
    for layer in ("sample/monitoring.gpkg", "plan/plan.gpkg"):
        name = "monitoring" if layer.startswith("sample") else "bottlenecks"
        table = pyogrio.read_dataframe(folder / layer, layer=name, read_geometry=False)
        columns = [column for column in table if column in REASONED or column.endswith("_reason")]
        assert len(columns) > len(REASONED)
        texts = [(f"{layer} {name}.{column}", lang, text) for column in columns for text in table[column].dropna().unique()]
        found = spoken.faults(((where, one, str(text)) for where, one, text in texts), given)
        assert not found, "\n".join(f"{what}\n    {text[:160]}" for what, text in sorted(found.items()))


COMMANDS = (
    ("norm", "show", "PRK-05"),
    ("norm", "show", "SUR-03"),
    ("monitor", "status", "sample/monitoring.gpkg"),
    ("monitor", "history", "sample/monitoring.gpkg"),
    ("monitor", "trends", "sample/monitoring.gpkg"),
)


@pytest.mark.slow
def test_commands_speak_the_language(spoken_files, monkeypatch):
    lang, folder, given = spoken_files
    monkeypatch.setattr(terminal.out, "_width", 250)
    for *command, about in COMMANDS:
        place = folder / about
        given_about = str(place) if place.exists() else about
        result = CliRunner().invoke(app, [*command, given_about, "--lang", lang], env={"COLUMNS": "250"})
        assert result.exit_code == 0, result.output
        cells = [cell for line in result.output.splitlines() for cell in re.split(r"[│┃]|\s{2,}", line)]
        told = ((" ".join(command), lang, re.sub(r"\(\w+, \w+\)$", "", cell)) for cell in cells)
        found = spoken.faults(told, given | {*schema.attributes()})
        assert not found, found
