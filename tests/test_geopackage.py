import datetime as dt
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io import geopackage
from toegankelijk.io.geopackage import write_layers
from toegankelijk.io.vector import list_layers, read_layer


@pytest.fixture
def stairs():
    return gpd.GeoDataFrame(
        {
            "name": ["Trap – €", None, "Kerk"],
            "flight_steps": pd.array([3, None, 12], dtype="Int64"),
            "handrail_present": pd.array([True, None, False], dtype="boolean"),
            "assumed": [True, False, True],
            "length": [1.5, np.nan, np.inf],
            "seen": [dt.date(2026, 5, 1), None, dt.date(2026, 5, 2)],
        },
        geometry=[shapely.LineString([(228350 + x, 182350), (228351 + x, 182351)]) for x in range(3)],
        index=pd.Index(["T-1", "T-2", "007"], name="object_id"),
        crs=31370,
    )


@pytest.fixture
def table():
    return gpd.GeoDataFrame(
        {
            "bottleneck_id": ["DR-0001", "DR-0002", "OV-0001"],
            "theme": ["drempels", "drempels", "oversteekplaatsen"],
            "severity": pd.array([4, None, 2], dtype="Int64"),
            "budget": [4e9, np.nan, 5.0],
            "length": [1.5, np.nan, 0.0],
            "assumed": pd.array([True, None, False], dtype="boolean"),
            "first_seen": [dt.date(2026, 5, 1), None, dt.date(2026, 5, 2)],
            "remark": [None, "Straße – €", ""],
            "not_written": [1, 2, 3],
        },
        geometry=[shapely.Point(228350, 182350), None, shapely.Point(228351, 182350)],
        crs=31370,
    )


def ask(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def declared(path, layer):
    return {row[1]: row[2] for row in ask(path, f'PRAGMA table_info("{layer}")')}


def write(path, table):
    write_layers(path, {"x": table})


def test_the_version_is_really_1_3(tmp_path, table):
    path = tmp_path / "out.gpkg"
    write(path, table)
    assert path.read_bytes()[68:72] == b"GPKG"
    assert ask(path, "PRAGMA user_version") == [(10300,)]


def test_the_same_input_gives_the_same_bytes(tmp_path, table):
    write(tmp_path / "a.gpkg", table)
    write(tmp_path / "b.gpkg", table)
    write(tmp_path / "b.gpkg", table)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_the_setting_of_the_date_is_given_back(tmp_path, stairs):
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2020-02-02T00:00:00.000Z"})
    try:
        write_layers(tmp_path / "a.gpkg", {"stairs": stairs})
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2020-02-02T00:00:00.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    write_layers(tmp_path / "b.gpkg", {"stairs": stairs})
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_layers_keep_names_columns_types_and_gaps(tmp_path, stairs):
    path = tmp_path / "out.gpkg"
    write_layers(path, {"trappen": stairs, "zone's": stairs.iloc[:1], "leeg": stairs.iloc[:0]})
    assert list_layers(path) == ["trappen", "zone's", "leeg"]
    frame = read_layer(path, layer="trappen").set_index("object_id")
    assert frame.index.tolist() == ["T-1", "T-2", "007"]
    assert frame["name"].fillna("").tolist() == ["Trap – €", "", "Kerk"]
    assert frame["flight_steps"].dtype == "Int64"
    assert frame["handrail_present"].dtype == "boolean"
    assert frame["assumed"].dtype == bool
    assert frame["length"].tolist() == pytest.approx([1.5, np.nan, np.inf], nan_ok=True)
    assert frame["seen"].tolist() == [dt.date(2026, 5, 1), None, dt.date(2026, 5, 2)]
    assert frame.geometry.tolist() == stairs.geometry.tolist()
    assert frame.crs == CRS.from_epsg(31370)


def test_an_empty_layer_keeps_columns_types_and_geometry_type(tmp_path, stairs):
    empty = stairs.iloc[:0].drop(columns="seen")
    empty.attrs["geometry_type"] = "LineString"
    write_layers(tmp_path / "out.gpkg", {"stairs": empty, "full": stairs.drop(columns="seen")})
    assert declared(tmp_path / "out.gpkg", "stairs") == declared(tmp_path / "out.gpkg", "full")
    frame = read_layer(tmp_path / "out.gpkg", layer="stairs")
    assert len(frame) == 0
    assert frame.crs == CRS.from_epsg(31370)
    assert frame["assumed"].dtype == bool


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["POINT (0 0)", "POINT (1 1)"], "POINT"),
        (["POINT (0 0)", None], "POINT"),
        (["LINESTRING (0 0, 1 1)", "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))"], "MULTILINESTRING"),
        (["POLYGON ((0 0, 1 0, 1 1, 0 0))", None, "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"], "MULTIPOLYGON"),
        (["POINT (0 0)", "LINESTRING (0 0, 1 1)"], "GEOMETRY"),
        ([None], "GEOMETRY"),
    ],
)
def test_the_geometry_type_is_the_narrowest(tmp_path, texts, kind):
    geometry = [None if text is None else shapely.from_wkt(text) for text in texts]
    write_layers(tmp_path / "out.gpkg", {"x": gpd.GeoDataFrame({"a": range(len(texts))}, geometry=geometry, crs=31370)})
    assert ask(tmp_path / "out.gpkg", "SELECT geometry_type_name FROM gpkg_geometry_columns") == [(kind,)]
    found = read_layer(tmp_path / "out.gpkg").geometry
    assert [None if shape is None else shape.length for shape in found] == [
        None if shape is None else shape.length for shape in geometry
    ]
    if kind != "GEOMETRY":
        assert {shape.geom_type.upper() for shape in found.dropna()} == {kind}


def test_a_column_called_fid_is_kept(tmp_path, stairs):
    write_layers(tmp_path / "out.gpkg", {"x": stairs.assign(fid=["a", "b", "c"])})
    assert read_layer(tmp_path / "out.gpkg")["fid"].tolist() == ["a", "b", "c"]


def test_all_problems_are_named_at_once(tmp_path, stairs):
    path = tmp_path / "out.gpkg"
    layers = {
        "gpkg_x": stairs,
        "twice": stairs.assign(Name="x"),
        "taken": stairs.assign(GEOM=1),
        "mixed": stairs.assign(value=[1, "a", None]),
    }
    with pytest.raises(ConfigError) as caught:
        write_layers(path, layers)
    for text in [str(path), "'gpkg_x'", "'Name'", "'geom'", "'value'"]:
        assert text in str(caught.value)
    assert not path.exists()
    with pytest.raises(ConfigError, match="no layer"):
        write_layers(path, {})


@pytest.mark.parametrize("name", ["out.sqlite", "none/out.gpkg"])
def test_a_wrong_path_is_refused(tmp_path, table, name):
    with pytest.raises(ConfigError, match="out"):
        write(tmp_path / name, table)
    assert not list(tmp_path.iterdir())


# Whole or not at all


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), RuntimeError("x"), MemoryError()])
def test_an_exception_midway_leaves_the_old_file(tmp_path, table, monkeypatch, error):
    path = tmp_path / "out.gpkg"
    write_layers(path, {"old": table})
    before = path.read_bytes()

    def fail(draft, _rows):
        assert draft.exists()
        raise error

    monkeypatch.setattr(geopackage, "_check_draft", fail)
    with pytest.raises((InputError, KeyboardInterrupt, MemoryError)):
        write(path, table)
    assert path.read_bytes() == before
    assert names(tmp_path) == ["out.gpkg"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a matter of Unix")
def test_a_full_disk_leaves_the_old_file(tmp_path, table):
    path = tmp_path / "out.gpkg"
    write_layers(path, {"old": table})
    before = path.read_bytes()
    many = gpd.GeoDataFrame(pd.concat([table] * 400, ignore_index=True), crs=31370)
    many["bottleneck_id"] = [f"DR-{row}" for row in range(len(many))]
    many["first_seen"] = "2026-05-01"
    many.to_parquet(tmp_path / "many.parquet")
    call = "write_layers(path, {'x': frame})"
    script = f"""
        import resource, signal
        import geopandas as gpd
        from pathlib import Path
        from toegankelijk.errors import InputError
        from toegankelijk.io.geopackage import write_layers
        frame, path = gpd.read_parquet({str(tmp_path / "many.parquet")!r}), Path({str(path)!r})
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        before = path.read_bytes()
        for limit in (1_000, 60_000, 110_000, 130_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            try:
                {call}
            except InputError as error:
                print("refused:", path.read_bytes() == before, error)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert run.stdout.count("refused: True") == 4, run.stdout + run.stderr
    assert path.read_bytes() == before
    assert names(tmp_path) == ["many.parquet", "out.gpkg"]


def test_a_writer_that_loses_rows_in_silence_is_found(tmp_path, table, monkeypatch):
    write_dataframe = pyogrio.write_dataframe
    monkeypatch.setattr(pyogrio, "write_dataframe", lambda frame, *args, **options: write_dataframe(frame[1:], *args, **options))
    with pytest.raises(InputError, match="of 3 rows"):
        write(tmp_path / "out.gpkg", table)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_file_that_is_open_elsewhere_is_not_replaced(tmp_path, table, mode):
    path = tmp_path / "out.gpkg"
    write_layers(path, {"old": table})
    with closing(sqlite3.connect(path)) as editor:
        editor.execute(f"PRAGMA journal_mode = {mode}")
        editor.execute("CREATE TABLE note (text TEXT)")
        editor.execute("INSERT INTO note VALUES ('unsaved')")
        with pytest.raises(InputError, match="open in another program"):
            write(path, table)
        editor.commit()
    assert ask(path, "SELECT text FROM note") == [("unsaved",)]
    write(path, table)
    assert "old" not in list_layers(path)


def test_other_files_are_not_overwritten(tmp_path, table):
    (tmp_path / "letter.gpkg").write_text("Geachte, ...")
    with pytest.raises(ConfigError, match="not a GeoPackage"):
        write(tmp_path / "letter.gpkg", table)
    (tmp_path / "folder.gpkg").mkdir()
    with pytest.raises(ConfigError, match="not a file"):
        write(tmp_path / "folder.gpkg", table)
    assert (tmp_path / "letter.gpkg").read_text() == "Geachte, ..."


def test_a_link_stays_a_link(tmp_path, table):
    (tmp_path / "real").mkdir()
    (tmp_path / "out.gpkg").symlink_to(tmp_path / "real" / "out.gpkg")
    write(tmp_path / "out.gpkg", table)
    assert (tmp_path / "out.gpkg").is_symlink()
    assert names(tmp_path / "real") == ["out.gpkg"]


# The monitoring table
