"""Every word that is used is there, in every language, with the same values to fill in."""

import csv
import math
import re
import string
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk import labels, schema
from toegankelijk.errors import ConfigError
from toegankelijk.norm.kernel import REASONS

SOURCE = Path(labels.__file__).parent
ROWS = list(csv.DictReader((SOURCE / "data" / "labels.csv").read_text("utf-8").splitlines()))
KEYS = {row["key"] for row in ROWS}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_keys_are_unique():
    assert len(KEYS) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["key"])
def test_every_label_is_complete_in_every_language(row):
    assert set(row) == {"key", *labels.LANGUAGES}
    assert all(row[lang].strip() for lang in labels.LANGUAGES)
    assert len({frozenset(fields(row[lang])) for lang in labels.LANGUAGES}) == 1


def test_every_label_that_is_asked_for_exists():
    code = "".join(path.read_text("utf-8") for path in [*SOURCE.rglob("*.py"), *SOURCE.rglob("templates/*.html")])
    asked = set(re.findall(r'\blabel\(\s*["\']([\w.]*\w)["\']', code))
    assert len(asked) > 50
    assert asked <= KEYS


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_codes_of_the_method_have_words(lang):
    codes = {
        "severity": "1234",
        "band": ("hoog", "middel", "laag"),
        "band_letter": ("hoog", "middel", "laag"),
        "feasibility": ("hoog", "middel", "laag"),
        "track": ("eigen", "derden"),
        "term": ("KT", "MLT", "LT"),
        "unknown_reason": REASONS[1:],
        "outcome": (*schema.OUTCOMES, "not_applicable"),
    }
    for group, members in codes.items():
        assert all(f"{group}.{code}" in KEYS for code in members)
    letters = [labels.word("band_letter", band, lang) for band in codes["band"]]
    assert len(set(letters)) == 3, "the letters on the map must tell the bands apart"


def test_a_missing_label_and_a_missing_value_are_errors():
    with pytest.raises(KeyError, match="no_such_label"):
        labels.label("no_such_label")
    with pytest.raises(KeyError, match="city"):
        labels.label("report.title", "nl")


@pytest.mark.parametrize("lang", ["", "NL", "xx", "../nl"])
def test_a_language_without_labels_is_refused(lang):
    for call in (
        lambda: labels.label("level", lang),
        lambda: labels.number(1.0, lang),
        lambda: labels.word("band", "hoog", lang),
    ):
        with pytest.raises(ConfigError, match="nl, en, fr, de"):
            call()


def test_values_are_filled_in_once():
    assert labels.label("report.title", "en", city="{city.__class__} {0}") == "Accessibility screening: {city.__class__} {0}"


@pytest.mark.parametrize(
    ("value", "lang", "digits", "text"),
    [
        (1.5, "nl", 2, "1,50"),
        (1.5, "en", 2, "1.50"),
        (1234567.891, "nl", 1, "1.234.567,9"),
        (1234567.891, "de", 1, "1.234.567,9"),
        (1234567.891, "en", 1, "1,234,567.9"),
        (1234.5, "fr", 1, "1\u202f234,5"),
        (-0.004, "nl", 2, "0,00"),
        (-0.006, "nl", 2, "-0,01"),
        (12, "nl", 0, "12"),
        (math.inf, "nl", 2, "∞"),
        (math.nan, "nl", 2, "onbekend"),
        (math.nan, "en", 2, "unknown"),
    ],
)
def test_numbers(value, lang, digits, text):
    assert labels.number(value, lang, digits=digits) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.0, 0.0, "0"),
        (1.0, 1.0, "100"),
        (0.004, 0.004, "1"),
        (0.9999, 0.9999, "99"),
        (0.62, 0.78, "62–78"),
        (0.29, 0.29 + 1e-12, "29"),
        (0.621, 0.779, "62–78"),
        (0.0, 1.0, "0–100"),
        (math.nan, 0.5, "onbekend"),
    ],
)
def test_intervals(low, high, text):
    assert labels.interval(low, high, unit="") == text


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_interval_never_looks_surer_than_it_is(one, other):
    low, high = sorted((one, other))
    ends = [int(end) / 100 for end in labels.interval(low, high, unit="").split("–")]
    if len(ends) == 2:
        assert ends[0] <= low + 1e-9
        assert ends[1] >= high - 1e-9
    assert (0 in ends) <= (low < 0.01)
    assert (1 in ends) <= (high > 0.99)


def test_names_fall_back_on_english_then_dutch_then_the_key():
    table = pd.DataFrame(
        {"name_nl": ["een", "twee", ""], "name_en": ["one", "", None], "name_fr": ["un", None, ""]}, index=["a", "b", "c"]
    )
    assert labels.names(table, "fr") == {"a": "un", "b": "twee", "c": "c"}
    assert labels.names(table, "de") == {"a": "one", "b": "twee", "c": "c"}
    assert labels.names(table.drop(columns=list(table)), "de") == {"a": "a", "b": "b", "c": "c"}


def test_every_kind_has_a_name():
    assert set(labels.kind_names("nl")) == set(schema.kinds())
