"""Real cities, each from its committed city.toml: verdicts checked by hand against the source, and no row lost."""

import json
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
import shapely

from toegankelijk import Screening
from toegankelijk.coverage import cover_norm

from .screenings import screen_once

pytestmark = pytest.mark.slow

REAL = Path(__file__).parent / "real"
FILES = ("findings.parquet", "screening.gpkg", "monitoring.gpkg", "map.html", "report.html", "run.json", "monitoring.xlsx")

CITIES = (
    *("amsterdam_osdorp", "antwerp_south", "genk", "otterlo_bgt"),
    *("heidelberg", "porto", "london", "helsinki", "monaco", "wechelderzande", "neukoelln_osm"),
)
"""Cities with a table of verdicts that were checked by hand, ``checked_NAME.csv``."""

GRIDS = ("amsterdam_osdorp", "antwerp_south", "genk", "otterlo_bgt", "heidelberg", "wechelderzande")
"""Those of which the assumed zones are squares that cover all there is."""


@pytest.fixture(scope="module", params=CITIES)
def name(request: pytest.FixtureRequest) -> str:
    """Name of a city."""
    return str(request.param)


@pytest.fixture(scope="module")
def screening(name: str, shared_data: Path) -> Screening:
    """The city, screened once."""
    assert shared_data.is_dir()
    return screen_once(REAL / f"{name}.toml")


def test_verdicts_checked_by_hand(name: str, screening: Screening) -> None:
    checked = pd.read_csv(REAL / f"checked_{name}.csv", dtype="str", keep_default_na=False)
    assert len(checked) >= 20
    assert not checked.duplicated(["object_id", "criterion", "level"]).any()
    levels = screening.city.areas["level"].astype("str")
    table = screening.findings.table.astype({"object_id": "str", "criterion": "str", "outcome": "str"})
    table = table.assign(level=table["area_id"].astype("str").map(levels))
    table = table.set_index(["object_id", "criterion", "level"]).sort_index()
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


def test_every_row_comes_back(name: str, screening: Screening) -> None:
    balance = screening.balance
    assert balance["layer"].is_unique
    assert balance["read"].sum() > 100
    assert (balance["read"] == balance["assessed"] + balance["outside"] + balance["not_assessable"]).all()
    assert (balance["reasons"].map(lambda reasons: sum(reasons.values())) == balance["not_assessable"]).all()
    if name in GRIDS:
        assert balance["outside"].sum() == 0


def test_criteria_that_have_verdicts_here(name: str, screening: Screening) -> None:
    """What data of this shape can say something about; a criterion that falls silent is told here."""
    expected = pd.read_csv(REAL / "known_criteria.csv", dtype="str").set_index("city")["criteria"]
    table = cover_norm(screening.findings).set_index("criterion")
    known = set(table.index[table["known"] > 0])
    assert set(expected[name].split("|")) - known == set()
    assert (table["known"] + table["unknown"] == table["asked"]).all()
    assert (table.loc[table["obtained"] == "no_layer", "asked"] == 0).all()


def test_assumed_zones_are_named_so(screening: Screening) -> None:
    assert len(screening.city.zones) > 0
    assert screening.city.zones["assumed"].all()
    assert screening.scores["assumed"].all()


def test_all_files_are_written(screening: Screening, tmp_path: Path) -> None:
    screening.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    info = pyogrio.read_info(tmp_path / "screening.gpkg", layer="findings", force_feature_count=True)
    assert info["features"] == len(screening.findings)
    table = pyogrio.read_dataframe(tmp_path / "monitoring.gpkg", layer="monitoring")
    assert len(table) == len(screening.table)
    assert table.geometry.is_valid.all()
    record = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert {"inputs", "balance", "attributes", "remarks"} <= set(record)
    assert record["attribution"] in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize("name", ["genk"], indirect=True)
def test_of_genk_itself_mostly_nothing_is_known(screening: Screening) -> None:
    """What could be had of the city: its outcome says that it is unknown, and not that it is good."""
    outcomes = screening.findings.table["outcome"].value_counts(normalize=True)
    assert outcomes["unknown"] > 0.99
    scores = screening.scores
    assert not scores["ranked"].any()
    assert scores["coverage"].max() < 0.5
    whole = screening.city_scores
    themes = set(whole.loc[whole["coverage"] > 0, "theme"].dropna())
    assert themes <= {"parkeerplaatsen", "straatmeubilair", "all"}
    assert (whole["score_high"] - whole["score_low"]).max() > 0.9


def test_the_archive_of_the_register_says_the_same_as_the_geopackage(shared_data: Path) -> None:
    """Otterlo in CityGML, with past versions and label points among the buildings, and as somebody made a GeoPackage of it."""
    assert shared_data.is_dir()
    geopackage, archive = (screen_once(REAL / f"otterlo_{form}.toml") for form in ("bgt", "gml"))
    tables = [_without_widths(screening) for screening in (geopackage, archive)]
    pd.testing.assert_frame_equal(*tables, check_dtype=False)
    columns = ["kind", "read", "assessed", "outside", "not_assessable", "derived"]
    columns.remove("derived")  # narrowings are found in the shapes themselves
    pd.testing.assert_frame_equal(geopackage.balance[columns], archive.balance[columns])
    for kind, layer in {**geopackage.city.layers, **geopackage.city.context}.items():
        if kind in ("narrowing", "pavement_axis"):
            continue
        other = {**archive.city.layers, **archive.city.context}[kind]
        assert layer.index.tolist() == other.index.tolist(), kind
        # arcs become straight parts in two ways: at most 6 cm apart, where the register asks for 20
        assert shapely.hausdorff_distance(layer.geometry.to_numpy(), other.geometry.to_numpy()).max() < 0.06, kind
    scores = [screening.scores.drop(columns="geometry") for screening in (geopackage, archive)]
    scores = [pd.DataFrame(table[~table["theme"].isin(["doorgangen", "all"])]) for table in scores]
    pd.testing.assert_frame_equal(*scores, rtol=1e-3)


def _without_widths(screening: Screening) -> pd.DataFrame:
    """Findings but for those on passable widths, which follow the shapes of arcs to the centimetre."""
    texts = dict.fromkeys(("object_id", "area_id", "criterion", "outcome", "reason"), "str")
    table = screening.findings.table.astype(texts).set_index(["object_id", "area_id", "criterion"])
    table = table[~table.index.get_level_values("criterion").str.startswith("PAS-")]
    return table[["outcome", "severity", "reason"]].sort_index()
