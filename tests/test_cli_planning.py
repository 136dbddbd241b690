"""`toegankelijk network` and `toegankelijk plan`: files, words, and refusals that tell all at once."""

import json

import pandas as pd
import pyogrio
import pytest
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk.cli import app, terminal
from toegankelijk.cli.planning import parse_budget
from toegankelijk.errors import ConfigError
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.screening import plans

from .walking_world import walked

WRONG_CALL = 2


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """A terminal on which no line is broken, whichever test made it first."""
    monkeypatch.setattr(terminal.out, "_width", 250)


@pytest.fixture
def known(monkeypatch):
    """The sample is screened once; what the command asks for is noted."""
    asked, screening = [], walked()

    def screen(source, **options):
        asked.append((source, options))
        return screening

    monkeypatch.setattr("toegankelijk.screening.screen", screen)
    return asked


def call(*args, code=0):
    result = CliRunner().invoke(app, [*map(str, args)], env={"COLUMNS": "250", "TOEGANKELIJK_TRACEBACK": ""})
    assert result.exit_code == code, result.output
    return result.output


def test_network_writes_its_files_and_prints_who_gets_where(tmp_path, known):
    text = call(
        "network", tg.sample_city("walking"), "--out", tmp_path / "new", "--profile", "wheelchair", "--profile", "rollator"
    )
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(plans.NETWORK_FILES)
    assert known[0][1]["profiles"] == ["wheelchair", "rollator"]
    for part in ("Rolstoel", "Zorgvoorziening", "De Olm", "57–62", "10,2 km", "6 eilanden"):
        assert part in text
    layers = set(pyogrio.list_layers(tmp_path / "new" / "network.gpkg")[:, 0])
    assert layers == {"ways", "gates", "origins", "islands", "layer_styles"}
    sums = pd.read_csv(tmp_path / "new" / "reach.csv", sep=";", encoding="utf-8-sig")
    assert len(sums) == len(walked().reach.areas)
    ways = pyogrio.read_dataframe(tmp_path / "new" / "network.gpkg", layer="ways")
    assert set(ways["wheelchair"]) <= {"open", "closed", "unknown"}


@pytest.mark.usefixtures("known")
def test_plan_writes_its_files_and_the_figures(tmp_path):
    text = call("plan", tg.sample_city("walking"), "--out", tmp_path, "--budget", "KT=300000", "--budget", "MLT=600000")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(plans.PLAN_FILES)
    record = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert [(row["term"], row["amount"]) for row in record["budgets"]] == [("KT", 300000.0), ("MLT", 600000.0)]
    assert record["points"] <= record["bound"] + 1e-6
    assert record["jobs"]["done"] <= record["jobs"]["of"]
    jobs = pd.read_csv(tmp_path / "jobs.csv", sep=";", encoding="utf-8-sig", keep_default_na=False)
    assert len(jobs) == record["jobs"]["of"]
    assert (jobs["plan_reason"] != "").all()
    assert str(tmp_path) in text.replace("\n", "")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.usefixtures("known")
def test_the_files_speak_the_language(tmp_path, lang):
    call("network", tg.sample_city("walking"), "--out", tmp_path, "--lang", lang)
    page = (tmp_path / "network.html").read_text("utf-8")
    assert f'<html lang="{lang}">' in page
    about = label("network.map.about", lang, profile="|").partition("|")[2]
    assert about.replace("'", "&#39;") in page


@pytest.mark.usefixtures("known")
def test_the_budget_of_the_city_holds_where_none_is_given(tmp_path):
    call("plan", tg.sample_city("walking"), "--out", tmp_path)
    record = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert {row["term"]: row["amount"] for row in record["budgets"]} == {"KT": 11000.0, "MLT": 8000.0, "LT": 0.0}


def test_a_city_without_a_budget_is_refused_with_what_to_do(tmp_path):
    text = call("plan", tg.sample_city(), "--out", tmp_path, code=WRONG_CALL)
    assert "--budget" in text
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("known")
def test_wrong_terms_are_told_all_at_once(tmp_path):
    asked = [part for term in ("KTT=1", "soon=2", "MLT=3") for part in ("--budget", term)]
    text = call("plan", tg.sample_city("walking"), "--out", tmp_path, *asked, code=WRONG_CALL)
    assert "KTT" in text
    assert "soon" in text


def test_an_unknown_profile_is_refused_with_those_that_are_known(tmp_path):
    text = call("network", tg.sample_city("walking"), "--out", tmp_path, "--profile", "unicycle", code=WRONG_CALL)
    for part in ("unicycle", "wheelchair", "white_cane"):
        assert part in text
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("known")
def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    text = call("network", tg.sample_city("walking"), "--out", tmp_path / "file", code=WRONG_CALL)
    assert "file" in text


@pytest.mark.parametrize(
    ("texts", "budget"),
    [
        (["KT=250000"], {"KT": 250000.0}),
        (["KT=250_000", "2029=8 000"], {"KT": 250000.0, "2029": 8000.0}),
        ([" KT = 1.5 "], {"KT": 1.5}),
        (["MLT:wegen=3", "MLT:groen=4", "KT=5"], {"MLT": {"wegen": 3.0, "groen": 4.0}, "KT": 5.0}),
    ],
)
def test_budgets_as_they_are_typed(texts, budget):
    assert parse_budget(texts) == budget


@pytest.mark.parametrize(
    ("texts", "problems"),
    [
        (["KT"], 1),
        (["KT=much", "=5", "MLT=1e999"], 3),
        (["KT=nan", "MLT=-5", "LT=inf"], 3),
        (["KT=1", "KT=2"], 1),
        (["KT=1", "KT:groen=2"], 1),
        (["KT:groen=2", "KT=1"], 1),
        (["KT:groen=2", "KT:groen=3"], 1),
    ],
)
def test_budgets_that_cannot_be_read_are_told_all_at_once(texts, problems):
    with pytest.raises(ConfigError) as refusal:
        parse_budget(texts)
    assert len(refusal.value.problems) == problems
