"""Several cities in one run: the same figures as alone, and refused where they were judged differently."""

import shutil
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from typer import Typer
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk.cli.comparing import compare
from toegankelijk.cli.terminal import WRONG_CALL
from toegankelijk.errors import ConfigError
from toegankelijk.screening.cities import FACTS, FILES, Cities, screen_cities

SAMPLE = tg.sample_city()
PAVEMENTS = SAMPLE.with_name("city_pavements.toml")
FIGURES = [
    "score_low",
    "score_high",
    "share_low",
    "share_high",
    "coverage",
    "blockers",
    "objects",
    "level_surely",
    "level_possibly",
]

app = Typer()
app.command()(compare)


@cache
def both() -> Cities:
    return screen_cities([SAMPLE, PAVEMENTS], lang="en")


def copied(folder: Path, *, name: str = "Andere stad", more: str = "") -> Path:
    """The pavements of the sample as a city of another name, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PAVEMENTS.with_name("pavements.gpkg"), folder)
    text = PAVEMENTS.read_text("utf-8").replace('name = "Doorgangstraat (verzonnen)"', f'name = "{name}"')
    (folder / "city.toml").write_text(text + more, encoding="utf-8")
    return folder / "city.toml"


def changed_norm(folder: Path, limit: str = "1.75") -> Path:
    """The bundled norm with another limit for the width of a walking route at level A."""
    source = Path(str(tg.__path__[0])) / "data" / "norm" / "vlaanderen"
    shutil.copytree(source, folder)
    table = pd.read_csv(folder / "limits.csv", dtype="str", keep_default_na=False)
    table.loc[(table["code"] == "PAS-01") & (table["level"] == "A"), "limit"] = limit
    table.to_csv(folder / "limits.csv", index=False, lineterminator="\n")
    return folder


@pytest.mark.slow
def test_every_city_has_the_figures_that_it_has_alone():
    table = both().table
    for path in (SAMPLE, PAVEMENTS):
        alone = tg.screen(path)
        rows = table[table["city"] == alone.city.name].set_index("zone_id")
        whole = alone.city_scores.query("level == 'all' and theme == 'all'")
        zones = alone.scores.query("level == 'all' and theme == 'all'")
        want = pd.concat([whole, zones]).set_index("zone_id")
        assert rows.index.tolist() == want.index.tolist()
        pd.testing.assert_frame_equal(rows[FIGURES], pd.DataFrame(want[FIGURES]), check_dtype=False, check_index_type=False)
        assert rows.loc["city", "bottlenecks"] == len(alone.table)
        assert rows.loc["city", "hoog"] == (alone.table["priority_band"] == "hoog").sum()
        assert rows["norm_hash"].unique().tolist() == [alone.norm.hash]


def test_a_row_says_in_what_the_data_differ():
    table = both().table.set_index(["city", "zone_id"])
    assert set(FACTS) <= set(table)
    sample, street = (table.loc[(tg.screen(path).city.name, "city")] for path in (SAMPLE, PAVEMENTS))
    assert sample["not_delivered"] == ""
    assert {"stop", "stairs", "crossing"} <= set(street["not_delivered"].split("|"))
    assert sample[["objects_A", "objects_B", "objects_C"]].tolist() == [35, 43, 6]
    assert street[["objects_B", "objects_C"]].tolist() == [0, 0]
    assert sample["date"] == "2026-05-01"


def test_scores_hold_all_levels_and_themes_and_have_no_geometry():
    scores = both().scores
    assert set(scores["theme"]) >= {"all", "doorgangen", "haltes"}
    assert set(scores["level"]) == {"all", "A", "B", "C"}
    assert "geometry" not in scores
    assert not scores.duplicated(["city", "zone_id", "level", "theme"]).any()


@pytest.mark.slow
def test_the_order_of_cities_only_orders_the_rows():
    turned = screen_cities([PAVEMENTS, SAMPLE], lang="en")
    keys = ["city", "zone_id"]
    for name in ("table", "scores"):
        by = keys if name == "table" else [*keys, "level", "theme"]
        one, other = (getattr(cities, name).sort_values(by, ignore_index=True) for cities in (both(), turned))
        pd.testing.assert_frame_equal(one, other)


def test_cities_of_one_name_are_told_apart_by_their_file(tmp_path):
    path = copied(tmp_path / "other", name="Doorgangstraat (verzonnen)")
    cities = screen_cities([PAVEMENTS, path]).table
    assert cities["city"].nunique() == 2
    assert str(path) in cities["city"].iloc[-1]
    figures = [rows[FIGURES].reset_index(drop=True) for _, rows in cities.groupby("city")]
    pd.testing.assert_frame_equal(*figures)


def test_other_norms_are_refused_before_anything_is_screened(tmp_path):
    changed_norm(tmp_path / "stad" / "norm")
    path = copied(tmp_path / "stad", more='\n[norm]\nsource = "norm"\n')
    said: list[str] = []
    with pytest.raises(ConfigError, match="different norms") as error:
        screen_cities([PAVEMENTS, path], progress=lambda step, what: said.append(step))
    assert not said
    assert "limits" in str(error.value)
    assert "1.75" in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.slow
def test_one_norm_for_all_makes_them_comparable(tmp_path):
    own = changed_norm(tmp_path / "stad" / "norm")
    path = copied(tmp_path / "stad", more='\n[norm]\nsource = "norm"\n')
    for norm in ("vlaanderen", own, tg.read_norm(own)):
        cities = screen_cities([PAVEMENTS, path], norm=norm)
        assert cities.table["norm_hash"].nunique() == 1
        assert cities.table["city"].nunique() == 2


@pytest.mark.parametrize("choice", ["coverage_floor = 0.3", "required_share = 0.8", "theme_weights = { haltes = 3 }"])
def test_other_choices_of_what_scores_go_by_are_refused(tmp_path, choice):
    path = copied(tmp_path / "stad", more=f"\n[scores]\n{choice}\n")
    said: list[str] = []
    with pytest.raises(ConfigError, match="chose differently") as error:
        screen_cities([PAVEMENTS, path], progress=lambda step, what: said.append(step))
    assert not said
    assert choice.split(" ", maxsplit=1)[0] in str(error.value)


def test_cities_that_chose_the_same_are_compared(tmp_path):
    choices = "\n[scores]\ncoverage_floor = 0.01\ntheme_weights = { haltes = 3 }\n"
    paths = [copied(tmp_path / name, name=name, more=choices) for name in ("een", "twee")]
    table = screen_cities(paths).table
    assert len(table) == 4
    assert table["ranked"].all()
    assert not both().table.query("zone_id == 'city'")["ranked"].all()


@pytest.mark.parametrize("paths", [[], [SAMPLE], [SAMPLE, SAMPLE], [SAMPLE, SAMPLE.parent / "." / SAMPLE.name]])
def test_one_city_is_not_compared_with_itself(paths):
    with pytest.raises(ConfigError, match=r"two cities or more|twice"):
        screen_cities(paths)


@pytest.mark.slow
def test_a_scope_holds_for_all():
    cities = screen_cities([SAMPLE, PAVEMENTS], scope=["PAS-01", "SUR-03"])
    assert cities.scope == {"PAS-01", "SUR-03"}
    assert set(cities.table["not_delivered"]) == {""}
    assert set(cities.table["scope"]) == {"PAS-01|SUR-03"}


def test_files_hold_what_was_compared_and_the_same_bytes_again(tmp_path):
    written = both().write(tmp_path / "out", lang="fr")
    assert [path.name for path in written] == list(FILES)
    read = pd.read_csv(written[0], sep=";", encoding="utf-8-sig", keep_default_na=False)
    assert read["city"].tolist() == both().table["city"].tolist()
    assert read["score_low"].tolist() == pytest.approx(both().table["score_low"].tolist())
    page = written[2].read_text("utf-8")
    assert "côte à côte" in page
    assert both().norm.hash in page
    assert "<script" not in page
    first = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in both().write(tmp_path / "out", lang="fr")] == first
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FILES)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        both().write(tmp_path / "file")


def test_text_of_a_city_stays_text(tmp_path):
    path = copied(tmp_path / "stad", name="<b>{{ 7 * 7 }}</b>")
    page = screen_cities([PAVEMENTS, path]).write(tmp_path / "out")[2].read_text("utf-8")
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in page
    assert "<b>{{" not in page


def test_the_command_prints_the_cities_and_writes(tmp_path):
    run = CliRunner().invoke(
        app, [str(SAMPLE), str(PAVEMENTS), "--out", str(tmp_path / "out"), "--lang", "en"], terminal_width=200
    )
    assert run.exit_code == 0, run.output
    assert both().norm.hash[:12] in run.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)
    assert str(both().table["bottlenecks"].iloc[0]) in run.output
    refused = CliRunner().invoke(app, [str(SAMPLE)])
    assert refused.exit_code == WRONG_CALL
    assert CliRunner().invoke(app, [str(SAMPLE), str(PAVEMENTS), "--scope", "XYZ-99"]).exit_code == WRONG_CALL
