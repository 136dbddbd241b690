"""Headings and codes of the monitoring table have words in every language, and those that the norm uses."""

import pytest

from toegankelijk.bottlenecks import BANDS
from toegankelijk.labels import LANGUAGES
from toegankelijk.ledger.fields import BESIDE, CAUSES, CONFLICTS, FIELDS, STAFF_STATUSES, STATUSES
from toegankelijk.ledger.words import CHOICES, beside_label, field_choices, field_label
from toegankelijk.norm.faults import FEASIBILITIES, PHASES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_has_a_heading_of_its_own(lang):
    headings = [field_label(name, lang) for name in FIELDS]
    assert len(set(headings)) == len(FIELDS)
    assert not set(headings) & set(FIELDS) - {"Status", "Phase", "Partner", "Planning"}
    for table, columns in BESIDE.items():
        assert beside_label(table, lang) != table
        assert all(field_label(name, lang) for name in columns)


def test_a_column_of_staff_keeps_its_name():
    assert field_label("Wijk 3", "en") == "Wijk 3"
    assert field_choices("Wijk 3") == {}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "name", ["status", "planning_staff", "priority_band_proposed", "phase", "severity", "cause", "what", "track"]
)
def test_every_code_has_a_word(lang, name):
    words = field_choices(name, lang)
    assert len(set(words.values())) == len(words) > 1
    if lang != "nl":
        dutch = field_choices(name, "nl")
        assert sum(words[code] != dutch[code] for code in words) >= len(words) / 2


def test_codes_are_those_of_the_method():
    assert tuple(field_choices("status")) == STATUSES
    assert tuple(field_choices("status_staff")) == STAFF_STATUSES
    assert set(CHOICES["phase"]) == {"opmeten", *PHASES, "aanmelden_bij_derden"}
    assert CHOICES["feasibility"] == FEASIBILITIES
    assert set(CHOICES["priority_band"]) == {band for _, band in BANDS}
    assert CHOICES["cause"] == CAUSES
    assert CHOICES["what"] == CONFLICTS
