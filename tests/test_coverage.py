"""What the norm can say of a city's data."""

from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk.cli import app
from toegankelijk.coverage import COLUMNS, cover_norm
from toegankelijk.findings import assess

from .screenings import screen_once


@pytest.fixture(scope="module")
def findings():
    return screen_once(tg.sample_city()).findings


@pytest.fixture(scope="module")
def table(findings):
    return cover_norm(findings).set_index("criterion", drop=False)


def test_every_criterion_has_a_row(table, findings):
    assert table.index.tolist() == list(findings.norm.rules)
    assert list(table) == list(COLUMNS)


def test_counts_are_those_of_the_findings(table, findings):
    plain = findings.table.astype({"outcome": "str"})
    pairs = plain.groupby(["criterion", "object_id"], observed=True)["outcome"].agg(set)
    for code, outcomes in pairs.groupby(level="criterion"):
        fails = sum("fails" in one for one in outcomes)
        unknown = sum("unknown" in one and "fails" not in one for one in outcomes)
        row = table.loc[code]
        assert (row["fails"], row["unknown"], row["asked"]) == (fails, unknown, len(outcomes))
        assert row["known"] == row["fails"] + row["meets"]


def test_a_criterion_that_is_wholly_known_lacks_nothing(table):
    row = table.loc["PAS-06"]
    assert (row["obtained"], row["fill"], row["lacking"], row["advice"]) == ("read", 1.0, "", "")


def test_what_decides_whether_it_applies_is_lacking_too(table):
    row = table.loc["PAS-15"]
    assert row["lacking"] == "bollards"
    assert row["advice"].startswith("bollards: ")


def test_a_kind_that_was_not_delivered_is_advised(findings):
    layers = {kind: layer for kind, layer in findings.city.layers.items() if kind != "stop"}
    table = cover_norm(assess(replace(findings.city, layers=layers, sources=pd.DataFrame()), findings.norm), lang="en")
    rows = table[table["kind"] == "stop"]
    assert set(rows["obtained"]) == {"no_layer"}
    assert rows["asked"].sum() == 0
    assert rows["advice"].str.startswith("deliver a layer with objects of kind Transit stop").all()


@pytest.mark.parametrize("lang", ["nl", "en", "fr", "de"])
def test_the_command_prints_it_and_writes_a_table(tmp_path, lang, table):
    file = tmp_path / "coverage.csv"
    result = CliRunner().invoke(app, ["norm", "coverage", str(tg.sample_city()), "--out", str(file), "--lang", lang])
    assert result.exit_code == 0, result.output
    assert "CRO-01" in result.output
    written = pd.read_csv(file, sep=";", encoding="utf-8-sig")
    assert written["known"].tolist() == table["known"].tolist()
