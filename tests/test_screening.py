"""What a screening writes, how it carries on with a table that stands there, and how it refuses."""

import copy
import json
import pickle
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk import reports
from toegankelijk.cli import app
from toegankelijk.io.geopackage import write_layers
from toegankelijk.io.geopackage_rows import add_functions
from toegankelijk.ledger.fields import BESIDE, FIELDS, LAYER
from toegankelijk.screening import results

runner = CliRunner()


def read_table(path):
    return pyogrio.read_dataframe(path, layer=LAYER)


def by_staff(path, *statements):
    """Edits as a program such as QGIS makes them: in place."""
    with closing(sqlite3.connect(path)) as connection:
        add_functions(connection)
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.fixture(scope="module")
def screened(sample_folder):
    return tg.screen(sample_folder / "city.toml")


@pytest.fixture(scope="module")
def written(screened, tmp_path_factory):
    """A folder with all outputs; tests only read it."""
    return screened.write(tmp_path_factory.mktemp("out") / "screening")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return tg.screen(small_city(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def small_written(small, tmp_path_factory):
    return small.write(tmp_path_factory.mktemp("small-out") / "out")


@pytest.fixture
def folder(small_written, tmp_path):
    """A copy of the outputs of a small screening, to change."""
    return Path(shutil.copytree(small_written, tmp_path / "out"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def small_city(folder: Path, *, crs: str = "EPSG:31370", place: tuple[int, int] = (228_000, 182_000), top: str = "") -> Path:
    """A city.toml with two kerbs in one zone of level B."""
    zone = gpd.GeoDataFrame(
        {"zone_id": ["Z"], "niveau": ["B"]}, geometry=[shapely.box(228_000, 182_000, 228_100, 182_100)], crs="EPSG:31370"
    )
    kerbs = gpd.GeoDataFrame(
        {"id": ["k1", "k2"], "hoogte": [1.0, 7.0]},
        geometry=gpd.points_from_xy([place[0] + 10, place[0] + 20], [place[1] + 10, place[1] + 10]),
        crs="EPSG:31370",
    )
    pyogrio.write_dataframe(zone, folder / "zones.gpkg")
    pyogrio.write_dataframe(kerbs.to_crs(crs), folder / "kerbs.gpkg")
    toml = folder / "city.toml"
    toml.write_text(
        top + '[city]\nname = "Proef"\ndate = 2026-05-01\n'
        '[zones]\nsource = "zones.gpkg"\nid = "zone_id"\nlevel = "niveau"\n'
        '[[layers]]\nkind = "kerb"\nsource = "kerbs.gpkg"\nid = "id"\n[layers.columns]\nlevel_difference = "hoogte"\n'
    )
    return toml


# What is written


def test_a_screening_goes_to_another_process_and_back(screened):
    """As a pipeline that works in several processes hands it on."""
    for other in (pickle.loads(pickle.dumps(screened)), copy.deepcopy(screened)):  # noqa: S301 - written in this line
        pd.testing.assert_frame_equal(other.findings.table, screened.findings.table)
        pd.testing.assert_frame_equal(other.table, screened.table)
        pd.testing.assert_frame_equal(other.reach.table, screened.reach.table)
        assert repr(other) == repr(screened)


def test_all_files_and_nothing_else(written):
    assert sorted(path.name for path in written.iterdir()) == sorted([*results.FILES, results.TABLE])


def test_findings_carry_what_belongs_to_them(written, screened):
    table = gpd.read_parquet(written / "findings.parquet")
    assert {"theme", "unit", "kind", "zone_id", "level", "geometry"} <= set(table)
    assert {"value_text", "required_text", "basis", "source", "how", "delivered_by"} <= set(table)
    assert len(table) == len(screened.findings)
    assert table.crs == screened.city.crs
    assert table.geometry.notna().all()
    vp12 = table[(table["object_id"] == "VP-12") & (table["criterion"] == "SUR-03")]
    assert vp12[["zone_id", "level", "theme", "kind", "outcome"]].astype(str).to_numpy().tolist() == [
        ["WZ-2", "B", "oppervlak", "footway", "fails"],
        ["WZ-3", "C", "oppervlak", "footway", "fails"],
    ]
    derived = table[table["parent_id"] != ""]
    assert set(zip(derived["object_id"], derived["parent_id"], strict=True)) >= {("VP-07/1", "VP-07"), ("OV-04/2", "OV-04")}
    assert (derived["object_id"].str.rpartition("/")[0] == derived["parent_id"]).all()


def test_geopackages_are_version_1_3_with_the_layers_that_are_promised(written):
    names = ("screening.gpkg", "monitoring.gpkg")
    layers = {name: {str(row[0]) for row in pyogrio.list_layers(written / name)} for name in names}
    assert layers == {
        "screening.gpkg": {"findings", "zone_scores", "good_examples", "survey", "visits", "stop_verdicts", "narrowings"}
        | {"area_scores", "area_works", "layer_styles"},
        "monitoring.gpkg": {LAYER, *BESIDE, "layer_styles"},
    }
    for name in layers:
        with closing(sqlite3.connect(written / name)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (10300,)
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_layers_of_the_geopackage_say_what_the_tables_say(written, screened):
    for name, table in {"zone_scores": screened.scores, "good_examples": screened.good_examples}.items():
        frame = pyogrio.read_dataframe(written / "screening.gpkg", layer=name)
        assert len(frame) == len(table)
        assert set(table.columns) <= set(frame.columns)
    table = read_table(written / "monitoring.gpkg")
    assert [column for column in table if column != table.geometry.name] == list(FIELDS)
    assert table["bottleneck_id"].tolist() == screened.table["bottleneck_id"].tolist()
    assert table["first_seen"].astype(str).unique().tolist() == ["2026-05-01"]
    assert pd.api.types.is_integer_dtype(table["priority"])


def test_run_record(written, screened, sample_folder):
    record = json.loads((written / "run.json").read_text("utf-8"))
    assert record["norm"] == {"name": "vlaanderen", "version": screened.norm.version, "hash": screened.norm.hash}
    assert len(record["norm"]["hash"]) == 64
    assert {len(source["sha256"]) for source in record["inputs"]} == {64}
    assert {source["operation"] for source in record["inputs"]}
    assert record["crs"] == "EPSG:31370"
    judged = [source for source in record["inputs"] if source["kind"] in screened.city.layers]
    assert len(record["balance"]) == len(judged)
    assert all(row["read"] == row["assessed"] + row["outside"] + row["not_assessable"] for row in record["balance"])
    assert {row["layer"]: row["reasons"] for row in record["balance"]}["rest_place: district.gpkg/banken"] == {
        "exact copy of another row": 1
    }
    assert record["counts"]["bottlenecks"] == len(screened.table)
    assert set(record["scope"]) == {rule.code for rule in screened.norm.rules.values() if rule.core}
    assert str(sample_folder) not in (written / "run.json").read_text("utf-8"), "a machine's own path is in the record"


# Writing again


def test_the_same_again_changes_nothing(written, screened, tmp_path):
    folder = Path(shutil.copytree(written, tmp_path / "out"))
    before = contents(folder)
    screened.write(folder)
    after = contents(folder)
    assert sorted(after) == sorted(before)
    assert {name for name in after if after[name] != before[name]} <= {"run.json"}  # it says when it ran


def test_what_staff_wrote_is_kept_when_the_data_changes(tmp_path):
    toml = small_city(tmp_path)
    tg.screen(toml).write(tmp_path / "mine")
    path = tmp_path / "mine" / "monitoring.gpkg"
    identity = read_table(path)["bottleneck_id"].item()
    by_staff(
        path,
        "ALTER TABLE monitoring ADD COLUMN opmerking TEXT",
        "ALTER TABLE monitoring ADD COLUMN bedrag DOUBLE",
        "UPDATE monitoring SET opmerking = 'bellen met aannemer', bedrag = 1250.5, status = 'in uitvoering'",
        "UPDATE monitoring SET planning_staff = 'LT'",
    )
    changed = gpd.GeoDataFrame(
        {"id": ["k0", "k1", "k2"], "hoogte": [5.0, 1.0, 3.5]},
        geometry=gpd.points_from_xy([228_005, 228_010, 228_020], [182_010] * 3),
        crs="EPSG:31370",
    )
    pyogrio.write_dataframe(changed, tmp_path / "kerbs.gpkg")
    tg.screen(toml).write(tmp_path / "mine")

    after = read_table(path).set_index("bottleneck_id")
    assert len(after) == 2
    row = after.loc[identity]
    typed = ("status", "status_staff", "planning", "planning_staff", "opmerking", "bedrag")
    assert row[list(typed)].tolist() == ["in_uitvoering", "in_uitvoering", "LT", "LT", "bellen met aannemer", 1250.5]
    assert (row["value"], row["severity"]) == ("3,5 cm", 3)  # what the machine owns is refreshed
    new = after[after["object_id"] == "k0"].iloc[0]
    assert (new["status"], str(new["first_seen"])[:10]) == ("open", "2026-05-01")
    assert pd.isna(new["opmerking"])
    assert pd.isna(new["bedrag"])

    files = contents(tmp_path / "mine")
    tg.screen(toml).write(tmp_path / "mine")  # and now nothing changes any more
    assert contents(tmp_path / "mine").keys() == files.keys()
    assert contents(tmp_path / "mine")["monitoring.gpkg"] == files["monitoring.gpkg"]


def test_a_bottleneck_that_is_not_delivered_any_more_is_closed_only_by_a_whole_layer(tmp_path):
    toml = small_city(tmp_path)
    tg.screen(toml).write(tmp_path / "out")
    gone = gpd.GeoDataFrame({"id": ["k1"], "hoogte": [1.0]}, geometry=gpd.points_from_xy([228_010], [182_010]), crs="EPSG:31370")
    pyogrio.write_dataframe(gone, tmp_path / "kerbs.gpkg")
    tg.screen(toml).write(tmp_path / "out")
    table = read_table(tmp_path / "out" / "monitoring.gpkg")
    assert table[["object_id", "status"]].to_numpy().tolist() == [["k2", "vervallen"]]


def test_map_and_report_say_what_staff_say(folder, small):
    by_staff(folder / "monitoring.gpkg", "UPDATE monitoring SET responsible_staff = 'ploeg noord'")
    small.write(folder)
    assert "ploeg noord" in (folder / "report.html").read_text("utf-8")
    by_staff(folder / "monitoring.gpkg", "UPDATE monitoring SET status_staff = 'onterecht'")
    small.write(folder)
    assert "ploeg noord" not in (folder / "report.html").read_text("utf-8")


def test_a_workbook_that_is_replaced_stays_beside_it(folder, small):
    before = (folder / "monitoring.xlsx").read_bytes()
    small.write(folder)
    assert not (folder / "monitoring.previous-1.xlsx").exists()
    by_staff(folder / "monitoring.gpkg", "UPDATE monitoring SET remark = 'gebeld'")
    small.write(folder)
    assert (folder / "monitoring.previous-1.xlsx").read_bytes() == before


def test_a_place_without_any_bottleneck(tmp_path):
    toml = small_city(tmp_path)
    fine = gpd.GeoDataFrame({"id": ["k1"], "hoogte": [1.0]}, geometry=gpd.points_from_xy([228_010], [182_010]), crs="EPSG:31370")
    broken_kerbs = (tmp_path / "kerbs.gpkg").read_bytes()
    pyogrio.write_dataframe(fine, tmp_path / "kerbs.gpkg")
    out = tg.screen(toml).write(tmp_path / "out")
    assert len(read_table(out / "monitoring.gpkg")) == 0
    before = contents(out)["monitoring.gpkg"]
    tg.screen(toml).write(out)
    assert contents(out)["monitoring.gpkg"] == before
    (tmp_path / "kerbs.gpkg").write_bytes(broken_kerbs)
    tg.screen(toml).write(out)
    assert read_table(out / "monitoring.gpkg")["object_id"].tolist() == ["k2"]


# Failing midway


def test_failing_midway_leaves_a_folder_as_it_was(folder, small, monkeypatch):
    before = contents(folder)
    monkeypatch.setattr(reports, "write_report", broken)
    with pytest.raises(RuntimeError, match="no more"):
        small.write(folder)
    assert contents(folder) == before
    assert not list(folder.glob(".*"))


def test_failing_midway_leaves_no_folder_that_was_not_there(tmp_path, small, monkeypatch):
    monkeypatch.setattr(reports, "write_report", broken)
    with pytest.raises(RuntimeError, match="no more"):
        small.write(tmp_path / "new" / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("stuck", ["monitoring.xlsx", "run.json"])
def test_a_file_that_cannot_be_replaced_leaves_all_as_it_was(folder, small, monkeypatch, stuck):
    """As when a file is open in another program on Windows."""
    by_staff(folder / "monitoring.gpkg", "UPDATE monitoring SET severity = 1")
    (folder / "map.html").unlink()
    (folder / "report.html").write_text("of mine")
    before = contents(folder)
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target) == folder / stuck:
            raise PermissionError("in use")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(tg.ConfigError, match="in use"):
        small.write(folder)
    assert contents(folder) == before


def broken(*args: object, **kwargs: object) -> None:  # noqa: ARG001 (it stands in for another function)
    raise RuntimeError("no more")


# Order, copies, options


@pytest.fixture(scope="module")
def shuffled(sample_folder, tmp_path_factory):
    """The sample district with all rows in another order, and some of them twice."""
    folder = tmp_path_factory.mktemp("shuffled")
    shutil.copy(sample_folder / "city.toml", folder)
    source = sample_folder / "district.gpkg"
    layers = {str(name): pyogrio.read_dataframe(source, layer=name) for name, _ in pyogrio.list_layers(source)}
    divisions = {"zones", "niveaugebieden", "wijken"}
    for name, layer in layers.items():
        copies = layer if name in divisions else pd.concat([layer, layer.sample(frac=0.5, random_state=1)])
        shuffled = gpd.GeoDataFrame(copies.sample(frac=1, random_state=2), crs=layer.crs).reset_index(drop=True)
        pyogrio.write_dataframe(shuffled, folder / "district.gpkg", layer=name, append=(folder / "district.gpkg").exists())
    return folder


def test_the_order_of_rows_and_exact_copies_change_no_byte_of_the_findings(shuffled, written, tmp_path):
    screening = tg.screen(shuffled / "city.toml")
    out = screening.write(tmp_path / "out")
    assert (out / "findings.parquet").read_bytes() == (written / "findings.parquet").read_bytes()
    assert (out / "screening.gpkg").read_bytes() == (written / "screening.gpkg").read_bytes()
    tables = [read_table(folder / "monitoring.gpkg") for folder in (out, written)]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, tables))
    assert (screening.city.remarks["reason"] == "exact copy of another row").sum() > 40
    assert (screening.balance["not_assessable"] > 0).sum() > 10


def test_scope_full_counts_all_criteria(screened):
    full = tg.screen_city(screened.city, screened.norm, scope="full")
    assert full.findings.scope == set(full.norm.rules)
    assert full.run_record()["scope"] == sorted(full.norm.rules)
    pd.testing.assert_frame_equal(full.findings.table, screened.findings.table)  # all are judged in any case
    pd.testing.assert_frame_equal(pd.DataFrame(full.table), pd.DataFrame(screened.table))
    coverage = full.scores.query("level == 'all' and theme == 'all'")["coverage"]
    assert (coverage < screened.scores.query("level == 'all' and theme == 'all'")["coverage"]).all()


def test_language_changes_words_and_no_codes(screened):
    english = tg.screen_city(screened.city, screened.norm, lang="en")
    codes = ["bottleneck_id", "theme", "criterion", "remedy", "planning", "phase", "priority_band", "responsible", "severity"]
    pd.testing.assert_frame_equal(pd.DataFrame(english.table[codes]), pd.DataFrame(screened.table[codes]))
    for column in ("description", "solution", "priority_reason", "planning_reason", "feasibility_reason", "responsible_reason"):
        assert (english.table[column] != screened.table[column]).all(), column


def test_an_inventory_in_city_toml_keeps_what_is_missing_in_the_count(tmp_path):
    toml = small_city(tmp_path)
    first = tg.screen(toml)
    first.write(tmp_path / "previous")
    fewer = gpd.GeoDataFrame({"id": ["k1"], "hoogte": [1.0]}, geometry=gpd.points_from_xy([228_010], [182_010]), crs="EPSG:31370")
    pyogrio.write_dataframe(fewer, tmp_path / "kerbs.gpkg")
    without = tg.screen(toml)
    toml.write_text('inventory = "previous/screening.gpkg"\n' + toml.read_text())
    second = tg.screen(toml)

    low = [s.scores.query("level == 'all' and theme == 'drempels'")["score_low"].item() for s in (first, without, second)]
    assert low[1] > low[0] >= low[2]
    assert second.balance[["read", "assessed"]].to_numpy().tolist() == [[1, 1]]
    assert second.city.remarks.query("layer == 'inventory'")[["object_id", "raw"]].to_numpy().tolist() == [["k2", "kerb"]]
    assert second.run_record()["settings"]["inventory"]["path"] == "screening.gpkg"
    assert len(second.run_record()["settings"]["inventory"]["sha256"]) == 64
    unknown = second.findings.table.query("object_id == 'k2'")
    assert set(unknown["outcome"]) == {"unknown"}


def test_an_inventory_that_is_none_is_refused(tmp_path):
    toml = small_city(tmp_path, top='inventory = "zones.gpkg"\n')
    with pytest.raises(tg.InputError, match="findings"):
        tg.screen(toml)
    other = gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(1, 1)], crs="EPSG:31370")
    write_layers(tmp_path / "other.gpkg", {"findings": other})
    toml = small_city(tmp_path, top='inventory = "other.gpkg"\n')
    with pytest.raises(tg.InputError, match="object_id"):
        tg.screen(toml)


# The command line


class Told(str):
    """What a command printed, whatever the width of the terminal: spaces and line breaks do not count."""

    __slots__ = ()

    def __contains__(self, text: object) -> bool:
        return super().__contains__("".join(str(text).split()))


def run(*arguments: object) -> tuple[int, Told]:
    result = runner.invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, Told("".join(result.output.split()))


def test_demo(tmp_path):
    code, told = run("demo", "--out", tmp_path / "out")
    assert code == 0, told
    assert "70 knelpunten" in told
    assert "verzonnen" in told
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*results.FILES, results.TABLE])


def test_screen_with_options(tmp_path):
    toml = small_city(tmp_path)
    zones = gpd.GeoDataFrame(
        {"id": ["N"], "level": ["C"]}, geometry=[shapely.box(228_000, 182_000, 228_050, 182_050)], crs="EPSG:31370"
    )
    pyogrio.write_dataframe(zones, tmp_path / "other.geojson")
    code, told = run(
        "screen", toml, "--zones", tmp_path / "other.geojson", "--scope", "full", "--lang", "en", "--out", tmp_path / "out"
    )
    assert code == 0, told
    assert "bottleneck" in told
    scores = pyogrio.read_dataframe(tmp_path / "out" / "screening.gpkg", layer="zone_scores")
    assert set(scores["zone_id"]) == {"N"}
    assert set(scores["level"]) == {"all", "C"}
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert len(record["scope"]) == len(tg.read_norm().rules)


def test_zones_without_a_level_are_a_wrong_call(tmp_path):
    toml = small_city(tmp_path)
    zones = gpd.GeoDataFrame({"id": ["N"]}, geometry=[shapely.box(228_000, 182_000, 228_050, 182_050)], crs="EPSG:31370")
    pyogrio.write_dataframe(zones, tmp_path / "other.gpkg")
    code, told = run("screen", toml, "--zones", tmp_path / "other.gpkg", "--out", tmp_path / "out")
    assert code == 2
    assert "niveau" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not = [toml", ["not a TOML file"]),
        ('[city]\nname = "x"\n', ["nothing to screen"]),
        ('[city]\nnaam = "x"\n[[layers]]\nkind = "kurb"\nsource = "kerbs.gpkg"\n', ["naam"]),
        (
            '[[layers]]\nkind = "kurb"\nsource = "k"\n[[layers]]\nkind = "kerb"\nsource = "k"\n[layers.columns]\nx = "y"\n',
            ["kurb", "'x'"],
        ),
    ],
    ids=["no TOML", "no layers", "unknown key", "several faults"],
)
def test_a_wrong_city_toml_is_a_wrong_call(tmp_path, text, words):
    (tmp_path / "city.toml").write_text(text)
    code, told = run("screen", tmp_path / "city.toml", "--out", tmp_path / "out")
    assert code == 2
    assert all(word in told for word in words), told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--norm", "zwitserland"], ["zwitserland"]),
        (["--scope", "alles"], ["alles"]),
        (["--lang", "tlh"], ["tlh"]),
        (["--zones", "nowhere.gpkg"], ["nowhere.gpkg"]),
    ],
    ids=lambda value: value[0] if value[0].startswith("--") else "",
)
def test_wrong_options(tmp_path, arguments, words):
    code, told = run("screen", small_city(tmp_path), *arguments, "--out", tmp_path / "out")
    assert code in (2, 3)
    assert all(word in told for word in words), told
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there(tmp_path):
    code, told = run("screen", tmp_path / "nowhere.toml", "--out", tmp_path / "out")
    assert code == 2
    assert "no such file" in told
    toml = small_city(tmp_path)
    (tmp_path / "kerbs.gpkg").unlink()
    code, told = run("screen", toml, "--out", tmp_path / "out")
    assert code in (2, 3)
    assert "kerbs.gpkg" in told
    assert not (tmp_path / "out").exists()


def test_geographic_coordinates_are_refused_with_a_proposal(tmp_path):
    toml = small_city(tmp_path, crs="EPSG:4326")
    code, told = run("screen", toml, "--out", tmp_path / "out")
    assert code == 3
    assert 'crs = "EPSG:31370"' in told
    assert not (tmp_path / "out").exists()
    toml.write_text(toml.read_text().replace("[city]", '[city]\ncrs = "EPSG:31370"'))
    code, told = run("screen", toml, "--out", tmp_path / "out")
    assert code == 0, told


def test_an_unknown_coordinate_system_is_refused(tmp_path):
    toml = small_city(tmp_path)
    toml.write_text(toml.read_text().replace("[city]", '[city]\ncrs = "EPSG:4326"'))
    code, told = run("screen", toml, "--out", tmp_path / "out")
    assert code in (2, 3)
    assert 'crs = "EPSG:31370"' in told
    assert not (tmp_path / "out").exists()


def test_when_no_object_lies_in_a_zone_nothing_is_written(tmp_path):
    toml = small_city(tmp_path, place=(230_000, 185_000))
    code, told = run("screen", toml, "--out", tmp_path / "out")
    assert code == 3
    assert "none of 2 objects lies in a zone" in told
    assert not (tmp_path / "out").exists()


def test_damaged_input_is_refused(tmp_path):
    toml = small_city(tmp_path)
    (tmp_path / "kerbs.gpkg").write_bytes(b"SQLite format 3\0 and then nothing")
    code, told = run("screen", toml, "--out", tmp_path / "out")
    assert code == 3
    assert "kerbs.gpkg" in told
    assert not (tmp_path / "out").exists()
