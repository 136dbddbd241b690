"""Real layers, from a city.toml to files: verdicts that were checked by hand against the source, and that nothing gets lost."""

from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from toegankelijk import Screening

from .screenings import screen_once

pytestmark = pytest.mark.slow

REAL = Path(__file__).parent / "real"
FILES = ("findings.parquet", "screening.gpkg", "monitoring.gpkg", "map.html", "report.html", "run.json", "monitoring.xlsx")


@pytest.fixture(scope="module", params=["otterlo", "neukoelln"])
def city(request: pytest.FixtureRequest, shared_data: Path) -> tuple[str, Screening]:
    """A city by name, screened once."""
    assert shared_data.is_dir()
    return request.param, screen_once(REAL / f"{request.param}.toml")


def test_verdicts_checked_by_hand(city: tuple[str, Screening]) -> None:
    name, screening = city
    checked = pd.read_csv(REAL / f"checked_{name}.csv", dtype="str", keep_default_na=False)
    assert len(checked) >= 20
    areas = screening.city.areas["level"].astype("str")
    table = screening.findings.table.astype({"object_id": "str", "criterion": "str", "outcome": "str"})
    table = table.assign(level=table["area_id"].astype("str").map(areas)).set_index(["object_id", "criterion"]).sort_index()
    objects = set(screening.findings.membership["object_id"])
    problems = []
    for row in checked.to_dict("records"):
        key = (row["object_id"], row["criterion"])
        rows = table.loc[[key]] if key in table.index else table.iloc[:0]
        found = set(rows[["level", "outcome", "severity"]].astype("str").itertuples(index=False, name=None))
        if row["outcome"] == "not_applicable":
            right = not found and row["object_id"] in objects
        elif row["outcome"] == "fails":
            right = found == {(row["level"], "fails", row["severity"])}
        else:
            right = {(level, outcome) for level, outcome, _ in found} == {(row["level"], row["outcome"])}
        if not right:
            problems.append(f"{key}: {sorted(found)}, but {row['outcome']} {row['severity']}: {row['why']}")
    assert not problems, "\n".join(problems)


def test_every_row_comes_back(city: tuple[str, Screening]) -> None:
    balance = city[1].balance
    assert balance["layer"].is_unique
    assert (balance["read"] > 0).all()
    assert (balance["read"] == balance["assessed"] + balance["outside"] + balance["not_assessable"]).all()
    assert balance["outside"].sum() == 0  # the assumed grid covers all of it


def test_zones_are_named_as_assumed(city: tuple[str, Screening]) -> None:
    screening = city[1]
    assert screening.city.zones["assumed"].all()
    assert screening.scores["assumed"].all()


def test_transformations_are_on_record(city: tuple[str, Screening]) -> None:
    name, screening = city
    record = screening.run_record()
    inputs = pd.DataFrame(record["inputs"])
    if name == "otterlo":
        assert record["crs"] == "EPSG:28992"
        assert set(inputs["crs"]) == {"EPSG:28992"}
        assert (inputs["accuracy"] == 0).all()
        return
    assert record["crs"] == "EPSG:25833"
    assert set(inputs["crs"]) == {"EPSG:4326", "EPSG:25833"}
    moved = inputs[inputs["crs"] == "EPSG:4326"]
    assert moved["operation"].str.contains("UTM zone 33N").all()
    assert (moved["accuracy"] == 1).all()  # metres: what PROJ says of WGS 84 to ETRS89
    assert (inputs.loc[inputs["crs"] == "EPSG:25833", "accuracy"] == 0).all()


def test_all_files_are_written(city: tuple[str, Screening], tmp_path: Path) -> None:
    screening = city[1]
    screening.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    layers = dict(pyogrio.list_layers(tmp_path / "screening.gpkg").tolist())
    assert set(layers) >= {"findings", "zone_scores", "good_examples", "survey", "visits"}
    info = pyogrio.read_info(tmp_path / "screening.gpkg", layer="findings", force_feature_count=True)
    assert info["features"] == len(screening.findings)
    table = pyogrio.read_dataframe(tmp_path / "monitoring.gpkg", layer="monitoring")
    assert len(table) == len(screening.table)
    assert set(table.geom_type) == {"Point"}
    assert table.crs == screening.city.crs
    report = (tmp_path / "report.html").read_text("utf-8")
    assert screening.city.settings["attribution"] in report
