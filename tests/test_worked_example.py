"""The worked example of the docs, done by hand, against what the program finds on the sample district."""

import re
from pathlib import Path

import pandas as pd
import pytest

import toegankelijk as tg
from toegankelijk.schema import THEMES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "worked_example.md"
NUMBERS = ["score_low", "score_high", "share_low", "share_high", "coverage"]
HALF_DIGIT = 0.5e-4


def read_tables(text):
    """Tables of a markdown page as frames of text; links become their text."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    tables = []
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        tables.append(pd.DataFrame(rows[2:], columns=rows[0]))
    return tables


def table_with(column):
    return next(table for table in read_tables(PAGE.read_text("utf-8")) if column in table)


FIGURES = table_with("score_low").set_index(["zone", "theme"])


@pytest.fixture(scope="module")
def findings():
    return tg.assess(tg.measure_layers(tg.read_city(tg.sample_city())), tg.read_norm())


@pytest.fixture(scope="module")
def scores(findings):
    table = tg.score_zones(findings, tg.read_norm())
    return table[table["level"] == "all"].set_index(["zone_id", "theme"])


def test_every_theme_of_the_zone_is_on_the_page():
    assert set(FIGURES.loc["WZ-3"].index) == {*THEMES, "all"}
    known = FIGURES.loc["WZ-1"]
    assert (known["score_low"] < known["score_high"]).all()


@pytest.mark.parametrize(("zone", "theme"), FIGURES.index.to_list())
def test_figures_by_hand_are_those_of_the_program(scores, zone, theme):
    by_hand, found = FIGURES.loc[(zone, theme)], scores.loc[(zone, theme)]
    wanted = [float("nan") if by_hand[name] == "–" else float(by_hand[name]) for name in NUMBERS]
    assert found[NUMBERS].to_list() == pytest.approx(wanted, abs=HALF_DIGIT + 1e-9, nan_ok=True)
    assert found["blockers"] == int(by_hand["blockers"])
    assert ("–" if pd.isna(found["level_surely"]) else found["level_surely"]) == by_hand["level_surely"]


def test_level_c_of_a_zone_that_is_level_c_as_a_whole_has_the_same_figures(findings, scores):
    table = tg.score_zones(findings, tg.read_norm())
    of_level = table[(table["zone_id"] == "WZ-3") & (table["level"] == "C")].set_index("theme")[NUMBERS]
    pd.testing.assert_frame_equal(of_level, scores.loc["WZ-3", NUMBERS])


def test_findings_by_hand_are_those_of_the_program(findings):
    by_hand = {
        (object_id, row["Criterion"], row["Outcome"], int(row["Severity"]))
        for row in table_with("Outcome").to_dict("records")
        for object_id in row["Object"].split(", ")
    }
    table = findings.table[(findings.table["area_id"] == "WZ-3") & findings.table["criterion"].isin(findings.scope)]
    found = set(table[["object_id", "criterion", "outcome", "severity"]].itertuples(index=False, name=None))
    assert by_hand == found


def test_lengths_by_hand_are_those_of_the_drawing(findings):
    where = table_with("Where")
    lengths = where["Counts for"].str.extract(r"= (\d+) m")[0].dropna().astype(float)
    by_hand = dict(zip(where.loc[lengths.index, "Object"].str.extract(r"(\w\w-\d\d)")[0], lengths, strict=True))
    places = findings.membership[findings.membership["zone_id"] == "WZ-3"].set_index("object_id")
    assert len(by_hand) == 3
    assert places.loc[list(by_hand), "weight"].to_dict() == pytest.approx(by_hand)
    others = set(places.index[places["kind"] != "zone"]) - set(by_hand)
    assert others == {"OV-06", "OV-06/1", "OV-06/2", "HA-06", "PK-02", "ZV-03"}
