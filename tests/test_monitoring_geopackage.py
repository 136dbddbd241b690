"""The monitoring table in a GeoPackage: beside other layers, with others in the same file, and when all goes wrong."""

import dataclasses
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io.geopackage_rows import add_functions, decode_points, encode_points, quoted, read_columns
from toegankelijk.io.monitoring_geopackage import GeoPackageStore
from toegankelijk.labels import LANGUAGES
from toegankelijk.ledger.fields import BESIDE, FIELDS, KEY, LAYER, STAFF_STATUSES, STATUSES, columns_of
from toegankelijk.ledger.words import field_label

from .geopackage_rules import broken_rules
from .store_laws import CRS, assert_same, filled, first_state, no_news, put, some_rows

LOCKED = "open in another program"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "monitoring.gpkg"


def connected(path):
    """A program that knows the functions of the file's triggers, as QGIS does."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    add_functions(connection)
    return closing(connection)


def run(path, *statements):
    with connected(path) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def dump(path, *, without=()):
    """All that stands in a file: how things are made, and every row with its exact values."""
    with connected(path) as connection:
        made = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        tables = [name for kind, name, sql in made if kind == "table" and name not in without]
        rows = {
            name: connection.execute(f"SELECT * FROM {quoted(name)} ORDER BY 1").fetchall()  # noqa: S608
            for name in tables
            if not name.startswith("sqlite_")
        }
    return [one for one in made if one[1] not in without], rows


def city_file(path, rows=7):
    """A GeoPackage of the city's own, with a layer that has a style, an index and a trigger."""
    trees = gpd.GeoDataFrame(
        {"name": [f"boom {at}" for at in range(rows)]}, geometry=shapely.points(np.arange(rows), 1.5), crs=CRS
    )
    trees.to_file(path, layer="bomen", engine="pyogrio")
    run(
        path,
        "CREATE INDEX bomen_name ON bomen (name)",
        "CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT)",
        "CREATE TRIGGER bomen_log AFTER UPDATE ON bomen BEGIN INSERT INTO log (what) VALUES (NEW.name); END",
    )


def street(state, name, rows=slice(None)):
    table = state.table.copy()
    table.loc[table.index[rows], "street"] = name
    return no_news(state, table=table)


# a new file, and a file of the city


def test_a_new_file_keeps_the_rules_of_the_standard_and_stays_so(path):
    filled(GeoPackageStore(path))
    assert broken_rules(path) == []
    table = GeoPackageStore(path).read().table
    moved = table.copy()
    moved.loc[table.index[:2], "geometry"] = [shapely.Point(1, 2), None]
    extra = some_rows(3, start=40)
    extra.loc[extra.index[0], "geometry"] = None
    put(GeoPackageStore(path), lambda state: no_news(state, table=pd.concat([moved, extra])))
    assert broken_rules(path) == []
    again = GeoPackageStore(path).read().table
    assert again.geometry.isna().sum() == 2
    assert again.geometry.iloc[0] == shapely.Point(1, 2)


def test_other_programs_read_the_table(path):
    wanted = filled(GeoPackageStore(path), 30)
    assert pyogrio.list_layers(path)[:, 0].tolist() == [LAYER, *BESIDE, "layer_styles"]
    found = pyogrio.read_dataframe(path, layer=LAYER, fid_as_index=True, use_arrow=True)
    assert found.index.tolist() == wanted.table.index.tolist()
    assert found["street"].fillna("").tolist() == wanted.table["street"].tolist()
    assert found.crs == CRS
    near = pyogrio.read_dataframe(path, layer=LAYER, bbox=(200_000, 180_000, 200_007, 180_001))
    assert len(near) == 3, "the spatial index finds what lies there"
    with fiona.open(path, layer=LAYER) as source:
        kinds = {name: kind.partition(":")[0] for name, kind in source.schema["properties"].items()}
    assert {kinds[name] for name, field in FIELDS.items() if field.type == "date"} == {"date"}
    assert {kinds[name] for name, field in FIELDS.items() if field.type == "int32"} == {"int32"}


@pytest.mark.parametrize(
    "crs", ["EPSG:28992", "EPSG:3879", "EPSG:25832", None, "+proj=tmerc +lon_0=5 +lat_0=51 +units=m +ellps=GRS80"]
)
def test_the_coordinate_system_comes_back(path, crs):
    store = GeoPackageStore(path)
    table = some_rows(3).set_crs(crs, allow_override=True)
    found = put(store, lambda _: dataclasses.replace(first_state(3), table=table))
    assert broken_rules(path) == []
    wanted = table.crs
    assert (found.table.crs is None) == (wanted is None)
    assert wanted is None or found.table.crs.equals(wanted, ignore_axis_order=True)


def test_a_file_of_the_city_gets_the_table_and_keeps_the_rest(path):
    city_file(path)
    made, rows = dump(path)
    store = GeoPackageStore(path)
    assert not store.exists()
    assert store.read().table.empty
    filled(store)
    put(store, lambda state: street(state, "Nieuwstraat"))
    after_made, after_rows = dump(path)
    assert [one for one in after_made if one in made] == made
    changed = {name for name in rows if after_rows[name] != rows[name]}
    assert changed <= {"gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions"}
    for name in changed:
        assert [row for row in after_rows[name] if row in rows[name]] == rows[name]
    assert store.exists()
    run(path, "DROP TABLE log")
    assert broken_rules(path) == []


def test_what_people_made_in_the_file_stays(path):
    store = GeoPackageStore(path)
    before = filled(store)
    one = int(before.table.index[0])
    run(
        path,
        "CREATE TABLE seen (fid INTEGER PRIMARY KEY, row INTEGER, street TEXT)",
        "CREATE TRIGGER watch AFTER UPDATE OF street ON monitoring "
        "BEGIN INSERT INTO seen (row, street) VALUES (NEW.fid, NEW.street); END",
        "CREATE INDEX by_street ON monitoring (street, remark)",
        "CREATE VIEW open_ones AS SELECT * FROM monitoring WHERE status = 'open'",
        "ALTER TABLE monitoring ADD COLUMN wijk VARCHAR(12) DEFAULT 'Noord'",
        "UPDATE layer_styles SET styleQML = '<qgis>eigen</qgis>'",
        "UPDATE gpkg_data_columns SET title = 'Onze straat' WHERE column_name = 'street'",
        "UPDATE gpkg_contents SET identifier = 'Onze knelpunten' WHERE table_name = 'monitoring'",
    )
    made, rows = dump(path)
    put(store, lambda state: street(state, "Nieuwstraat", slice(0, 1)))
    after_made, after_rows = dump(path)
    assert after_made == made
    assert after_rows["seen"] == [(1, one, "Nieuwstraat")], "one row is written, once"
    kept = set(rows) - {LAYER, "seen", "gpkg_contents"}
    assert {name for name in kept if rows[name] != after_rows[name]} == set()
    assert [row[:4] for row in rows["gpkg_contents"]] == [row[:4] for row in after_rows["gpkg_contents"]]
    assert store.read().table["wijk"].tolist() == ["Noord"] * 12


def test_only_changed_cells_are_written(path):
    """A cell whose form is staff's own, such as a moment or a number as text, is the same to the byte."""
    store = GeoPackageStore(path)
    filled(store)
    run(
        path,
        "ALTER TABLE monitoring ADD COLUMN moment DATETIME",
        "UPDATE monitoring SET moment = '2026-01-01T10:20:30.5+02:00', severity = 'erg', done_on = '31/12/2026', remark = x'6869' ",  # noqa: E501
    )
    names = "moment, severity, done_on, remark, geom"
    query = f"SELECT typeof(severity), typeof(remark), {names} FROM monitoring"  # noqa: S608
    before = run(path, query)
    found = put(store, lambda state: street(state, "Nieuwstraat"))
    assert run(path, query) == before
    assert found.table["severity"].tolist() == ["erg"] * 12
    assert found.table["done_on"].tolist() == ["31/12/2026"] * 12


def test_the_same_again_changes_neither_bytes_nor_date(path):
    store = GeoPackageStore(path)
    filled(store)
    before, moment = path.read_bytes(), path.stat().st_mtime_ns
    put(store, no_news)
    store.read(history=True)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, moment)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_table_of_an_older_release_is_read_and_then_has_all_columns(path):
    old = some_rows(9)[
        [KEY, "theme", "level", "street", "severity", "status", "planning", "priority_band", "first_seen", "geometry"]
    ]
    old["remark"] = "van ons"
    old.to_file(path, layer=LAYER, engine="pyogrio", layer_options={"GEOMETRY_NAME": "geom", "FID": "fid"}, VERSION="1.3")
    run(path, f"CREATE UNIQUE INDEX monitoring_bottleneck_id ON monitoring ({KEY})")
    store = GeoPackageStore(path)
    state = store.read()
    assert state.base.empty
    assert state.runs.empty
    assert "status_staff" in state.missing
    assert state.table["remark"].tolist() == ["van ons"] * 9
    table = state.table.copy()
    table["status_staff"] = "gepland"
    found = put(store, lambda now: no_news(now, table=table, runs=first_state(1).runs))
    assert not found.missing
    assert_same(found, no_news(state, table=table, runs=found.runs))
    assert broken_rules(path) == []
    run(path, f"INSERT INTO monitoring ({KEY}) SELECT {KEY} FROM monitoring")  # noqa: S608
    assert len(store.read().table) == 18, "split rows have the same id"
    assert run(path, "SELECT count(*) FROM layer_styles") == [(1,)]


# what people see


@pytest.mark.parametrize("lang", LANGUAGES)
def test_qgis_finds_headings_drop_downs_and_a_form(path, lang):
    filled(GeoPackageStore(path, lang=lang))
    titles = dict(run(path, "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'monitoring'"))
    assert titles == {name: field_label(name, lang) for name in FIELDS}
    assert len(set(titles.values())) == len(titles), "no two columns have one heading"
    lists = dict(run(path, "SELECT column_name, constraint_name FROM gpkg_data_columns WHERE table_name = 'monitoring'"))
    codes = {}
    for name, code, text in run(path, "SELECT constraint_name, value, description FROM gpkg_data_column_constraints"):
        codes.setdefault(name, {})[code] = text
    assert tuple(codes[lists["status"]]) == STATUSES
    assert tuple(codes[lists["status_staff"]]) == STAFF_STATUSES
    assert all(
        text != code or lang == "nl"
        for text, code in zip(codes[lists["status"]].values(), STATUSES, strict=True)
        if code != "open"
    )
    ((qml,),) = run(path, "SELECT styleQML FROM layer_styles WHERE f_table_name = 'monitoring' AND useAsDefault")
    style = ElementTree.fromstring(qml.partition(">")[2])  # noqa: S314 - our own text, without its DOCTYPE
    assert {alias.get("field"): alias.get("name") for alias in style.iter("alias")} == titles
    editable = {field.get("name") for field in style.find("editable") if field.get("editable") == "1"}
    assert editable == set(columns_of("staff"))
    pages = [{field.get("name") for field in page} for page in style.find("attributeEditorForm")]
    assert set.union(*pages) == set(FIELDS)
    assert sum(map(len, pages)) == len(FIELDS)
    assert editable == pages[0]
    widgets = {field.get("name"): field.find("editWidget") for field in style.find("fieldConfiguration")}
    listed = [option.get("value") for option in widgets["status_staff"].iter("Option") if option.get("type") == "QString"]
    assert listed[1:] == list(STAFF_STATUSES), "and first that nothing is chosen"
    assert widgets["done_on"].get("type") == "DateTime"


def test_the_form_follows_columns_that_staff_add_but_no_style_of_their_own(path):
    store = GeoPackageStore(path, lang="fr")
    filled(store)
    ((first,),) = run(path, "SELECT styleQML FROM layer_styles")
    name = 'l\'année & "plus"'
    run(path, f"ALTER TABLE monitoring ADD COLUMN {quoted(name)} TEXT")
    put(GeoPackageStore(path), lambda state: street(state, "A"))
    ((second,),) = run(path, "SELECT styleQML FROM layer_styles")
    style = ElementTree.fromstring(second.partition(">")[2])  # noqa: S314 - our own text, without its DOCTYPE
    assert style.find("attributeEditorForm")[0][-1].get("name") == name
    assert "Statut (service)" in second
    run(path, f"ALTER TABLE monitoring DROP COLUMN {quoted(name)}")
    put(store, lambda state: street(state, "B"))
    assert run(path, "SELECT styleQML FROM layer_styles") == [(first,)]
    run(
        path,
        "UPDATE layer_styles SET styleQML = replace(styleQML, '140,81,10', '1,1,1')",
        "ALTER TABLE monitoring ADD COLUMN wijk TEXT",
    )
    own = run(path, "SELECT * FROM layer_styles")
    put(store, lambda state: street(state, "C"))
    assert run(path, "SELECT * FROM layer_styles") == own


def test_a_style_that_was_taken_away_stays_away_and_lists_of_the_city_stay(path):
    city_file(path)
    store = GeoPackageStore(path)
    filled(store)
    run(path, "DELETE FROM layer_styles")
    put(store, lambda state: street(state, "Nieuwstraat"))
    assert run(path, "SELECT count(*) FROM layer_styles") == [(0,)]


# what programs and people leave behind


values = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["\x1f", "a\x00b", "", ",", "1,2", "2026-01-01", "2026-13-01", "2026", "today", "NaT", "-1", " 1", "1e3", "\n"]
    ),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(-1e300, 1e300),
    st.binary(max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(values, values, values), max_size=12), st.sampled_from(["TEXT", "MEDIUMINT", "DATE", ""]))
def test_reading_quickly_gives_what_stands_there(rows, declared):
    """Whatever stands in a column, reading many cells at once says the same as reading cell by cell."""
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        connection.execute(f"CREATE TABLE t (fid INTEGER PRIMARY KEY, a {declared}, b {declared}, c {declared})")
        connection.executemany("INSERT INTO t (a, b, c) VALUES (?, ?, ?)", rows)
        plain = connection.execute("SELECT a, b, c FROM t").fetchall()
        quick = read_columns(connection, "t", {"a": "str", "b": "int32", "c": "date"}, "fid")
    for at, (name, kind) in enumerate({"a": "str", "b": "int32", "c": "date"}.items()):
        column = [row[at] for row in plain]
        found = quick[name]
        assert len(found) == len(column)
        if kind == "date" and found.dtype == "datetime64[s]":
            found = ["" if np.isnat(day) else str(day)[:10] for day in found]
            column = ["" if cell in (None, b"") else cell for cell in column]
        elif kind == "int32" and found.dtype == "Int64":
            found = [None if cell is pd.NA else int(cell) for cell in found]
            column = [None if cell is None else int(cell) for cell in column]
        elif kind == "str":
            found, told = (
                [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in side]
                for side in (found, column)
            )
            found, column = ["" if one is None else str(one) for one in found], ["" if one is None else str(one) for one in told]
            if pairs := [pair for pair, cell in zip(enumerate(found), told, strict=True) if isinstance(cell, float)]:
                assert [float(text) for _, text in pairs] == pytest.approx([told[at] for at, _ in pairs], rel=1e-14)
                found = [text for at, text in enumerate(found) if not isinstance(told[at], float)]
                column = [text for at, text in enumerate(column) if not isinstance(told[at], float)]
        assert list(found) == column


@given(
    st.lists(st.one_of(st.none(), st.builds(shapely.Point, *[st.floats(-1e7, 1e7)] * 2), st.just(shapely.Point())), max_size=9)
)
def test_points_come_back_to_the_bit(points):
    shapes = np.empty(len(points), dtype=object)
    shapes[:] = points
    blobs = np.empty(len(points), dtype=object)
    blobs[:] = encode_points(shapes, 31370)
    back = decode_points(blobs)
    assert shapely.to_wkb(back).tolist() == shapely.to_wkb(shapes).tolist()
    assert [None if blob is None else blob[3] for blob in blobs] == [
        None if p is None else 0x11 if p.is_empty else 1 for p in points
    ]


def test_geometries_of_other_programs_are_read():
    """Big-endian, with a box in front, with a height, and what is none at all."""
    head = b"GP\x00"
    point = shapely.Point(3, 4)
    box = np.array([3.0, 3.0, 4.0, 4.0]).tobytes()
    blobs = [
        head + b"\x01\x8a\x7a\0\0" + shapely.to_wkb(point),
        head + b"\x03\x8a\x7a\0\0" + box + shapely.to_wkb(point),
        head + b"\x00\0\0\x7a\x8a" + shapely.to_wkb(point, byte_order=0),
        head + b"\x01\x8a\x7a\0\0" + shapely.to_wkb(shapely.Point(3, 4, 5), flavor="iso"),
        b"GP",
        b"nonsense",
        "tekst",
        None,
    ]
    array = np.empty(len(blobs), dtype=object)
    array[:] = blobs
    found = decode_points(array)
    assert [None if one is None else (one.x, one.y) for one in found] == [(3, 4)] * 4 + [None] * 4


def test_a_wrong_count_of_rows_does_not_hide_rows(path):
    store = GeoPackageStore(path)
    city_file(path)
    filled(store)
    run(path, "INSERT OR REPLACE INTO gpkg_ogr_contents VALUES ('monitoring', 3)")
    assert len(store.read().table) == 12
    put(store, lambda state: street(state, "Nieuwstraat"))
    assert run(path, "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'monitoring'") == [(12,)]


def test_columns_in_capitals_and_wrong_letters_are_no_hindrance(path):
    store = GeoPackageStore(path)
    filled(store)
    run(
        path,
        "ALTER TABLE monitoring RENAME COLUMN street TO Straat",
        "ALTER TABLE monitoring RENAME COLUMN Straat TO STREET",
        "UPDATE monitoring SET remark = CAST(x'636166e9' AS TEXT)",
        "ALTER TABLE monitoring ADD COLUMN Note TEXT",
        "UPDATE monitoring SET Note = 'a' || char(31) || 'b'",
    )
    state = store.read()
    assert not state.missing
    assert state.extra == ["Note"]
    assert state.table["remark"].tolist() == ["caf\ufffd"] * 12
    found = put(store, lambda state: street(state, "Nieuwstraat"))
    assert found.table["street"].tolist() == ["Nieuwstraat"] * 12
    assert found.table["Note"].tolist() == ["a\x1fb"] * 12
    assert run(path, "SELECT DISTINCT hex(remark) FROM monitoring") == [("636166E9",)]


def test_rows_pasted_beside_the_table_do_no_harm(path):
    store = GeoPackageStore(path)
    before = filled(store)
    run(
        path,
        f"INSERT INTO monitoring_base ({KEY}, street) SELECT {KEY}, 'kopie' FROM monitoring_base LIMIT 2",  # noqa: S608
        "INSERT INTO monitoring_base (street) VALUES ('zonder')",
        "INSERT INTO monitoring_conflicts (note) VALUES ('van ons')",
    )
    assert_same(store.read(), before)
    put(store, lambda state: no_news(state, base=state.base.assign(street="nieuw")))
    assert store.read().base["street"].tolist() == ["nieuw"] * 12


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + b"x" * 5000), "damaged"),
        (lambda path: path.write_text("geen databank" * 99), "damaged"),
        (lambda path: run(path, "CREATE TABLE t (a)"), "is no GeoPackage"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: some_rows(2)[["street", "geometry"]].to_file(path, layer=LAYER), "not a monitoring table"),
        (lambda path: (city_file(path), run(path, f"CREATE VIEW monitoring AS SELECT 1 AS {KEY}")), "not a monitoring table"),
        (
            lambda path: (filled(GeoPackageStore(path)), run(path, "ALTER TABLE monitoring ADD COLUMN Geometry TEXT")),
            "cannot be called 'geometry'",
        ),
    ],
)
def test_what_is_no_monitoring_table_is_refused_and_stays(path, make, words):
    make(path)
    before = path.read_bytes() if path.is_file() else None
    store = GeoPackageStore(path)
    with pytest.raises((InputError, ConfigError), match=words):
        store.read()
    with pytest.raises((InputError, ConfigError), match=words), store.edit() as desk:
        desk.read()
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_wrong_name_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"\.gpkg"):
        GeoPackageStore(tmp_path / "monitoring.xlsx")
    with pytest.raises(ConfigError, match="does not exist"):
        GeoPackageStore(tmp_path / "no" / "monitoring.gpkg")
    with pytest.raises(ConfigError, match="nl, en, fr, de"):
        GeoPackageStore(tmp_path / "monitoring.gpkg", lang="xx")


def test_through_a_link_the_file_itself_is_written(path, tmp_path):
    filled(GeoPackageStore(path))
    link = tmp_path / "link.gpkg"
    link.symlink_to(path)
    put(GeoPackageStore(link), lambda state: street(state, "Nieuwstraat"))
    assert link.is_symlink()
    assert GeoPackageStore(path).read().table["street"].tolist() == ["Nieuwstraat"] * 12


# others at the same time


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_another_program_that_writes_is_waited_for_and_then_named(path, lock):
    store = GeoPackageStore(path, wait=0.2)
    before = filled(store)
    bytes_before = path.read_bytes()
    with connected(path) as other:
        other.execute(lock)
        with pytest.raises(InputError, match=LOCKED), store.edit():
            pytest.fail("no transaction")  # pragma: no cover
        if lock.endswith("EXCLUSIVE"):
            with pytest.raises(InputError, match=LOCKED):
                store.read()
    assert path.read_bytes() == bytes_before
    assert_same(store.read(), before)


def test_a_reader_that_stays_holds_up_the_end_and_nothing_is_lost(path):
    store = GeoPackageStore(path, wait=0.2)
    before = filled(store)
    with connected(path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM monitoring").fetchall()
        with pytest.raises(InputError, match=LOCKED):
            put(store, lambda state: street(state, "Nieuwstraat"))
        assert reader.execute("SELECT count(*) FROM monitoring WHERE street = 'Nieuwstraat'").fetchall() == [(0,)]
    assert_same(store.read(), before)
    assert broken_rules(path) == []


def test_while_one_edits_no_other_program_can_write(path):
    """The lock holds until the end: reading must not give it up on the way."""
    store = GeoPackageStore(path)
    filled(store)
    attempt = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
    with store.edit() as desk:
        state = desk.read()
        done = subprocess.run([sys.executable, "-c", attempt], capture_output=True, text=True, check=False)
        assert "locked" in done.stderr
        desk.write(state, street(state, "Nieuwstraat"))
        done = subprocess.run([sys.executable, "-c", attempt], capture_output=True, text=True, check=False)
        assert "locked" in done.stderr
    subprocess.run([sys.executable, "-c", attempt], check=True)


def test_write_ahead_mode_is_read_written_and_kept(path):
    store = GeoPackageStore(path)
    filled(store)
    with connected(path) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("UPDATE monitoring SET remark = 'nog niet in het bestand zelf'")
        assert path.with_name(path.name + "-wal").stat().st_size
        assert set(store.read().table["remark"]) == {"nog niet in het bestand zelf"}
        put(store, lambda state: street(state, "Nieuwstraat"))
        assert other.execute("SELECT DISTINCT street FROM monitoring").fetchall() == [("Nieuwstraat",)]
    assert run(path, "PRAGMA journal_mode") == [("wal",)]
    assert set(store.read().table["street"]) == {"Nieuwstraat"}


def test_two_processes_at_once_lose_nothing(path):
    filled(GeoPackageStore(path))
    done = [subprocess.Popen([sys.executable, "-c", _COUNTING, str(path)]) for _ in range(2)]
    assert [one.wait() for one in done] == [0, 0]
    assert GeoPackageStore(path).read().table["priority"].iloc[0] == 16
    assert broken_rules(path) == []


_COUNTING = """
import dataclasses, sys
from toegankelijk.io.monitoring_geopackage import GeoPackageStore
for _ in range(8):
    with GeoPackageStore(sys.argv[1], wait=60).edit() as desk:
        state = desk.read()
        table = state.table.copy()
        old = table["priority"].iloc[0]
        table.loc[table.index[0], "priority"] = 1 if old is table["priority"].dtype.na_value or old == 0 else old + 1
        desk.write(state, dataclasses.replace(state, table=table, history=state.history.iloc[:0]))
"""


def test_a_file_that_was_made_meanwhile_stays(path):
    store = GeoPackageStore(path)
    with pytest.raises(InputError, match="in the meantime"), store.edit() as desk:  # noqa: PT012 - what comes between is the point
        desk.write(desk.read(), first_state(3))
        city_file(path)
    assert not store.exists()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert len(pyogrio.read_dataframe(path, layer="bomen")) == 7


def test_a_disk_without_links_gets_the_file_too(path, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    filled(GeoPackageStore(path))
    assert broken_rules(path) == []


# when all goes wrong


def child(code, *given, **options):
    return subprocess.run([sys.executable, "-c", code, *map(str, given)], capture_output=True, text=True, check=False, **options)


_UPDATE = """
import dataclasses, resource, sys
from toegankelijk.io.monitoring_geopackage import GeoPackageStore
sys.path.insert(0, {tests!r})
from tests.store_laws import first_state, no_news
from toegankelijk.errors import InputError
store = GeoPackageStore(sys.argv[1], wait=0.2)
if sys.argv[2] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    with store.edit() as desk:
        state = desk.read()
        if len(state.table):
            table = state.table.assign(description="y" * 900, solution_reason="z" * 400)
            desk.write(state, no_news(state, table=table))
        else:
            desk.write(state, first_state(500))
except InputError as error:
    print(error)
else:
    print("done")
""".replace("{tests!r}", repr(str(Path(__file__).parents[1])))


_AS_NOBODY = """
import os, resource, sys, tempfile
sys.path.insert(0, {tests!r})
from toegankelijk.io.monitoring_geopackage import GeoPackageStore
from tests.store_laws import first_state
with tempfile.TemporaryDirectory() as folder, GeoPackageStore(folder + "/first.gpkg").edit() as desk:
    desk.write(desk.read(), first_state(2))  # so that all that is imported late is there
if os.getuid() == 0:  # to whom no folder is closed
    os.seteuid(65534)
""".replace("{tests!r}", repr(str(Path(__file__).parents[1])))


@pytest.mark.parametrize("room", [0.0, 0.2, 0.9])
def test_a_full_disk_leaves_the_table_as_it_was(path, room):
    """At no room, in the middle, and near the end: SQLite's files cannot grow beyond a limit."""
    city_file(path)
    store = GeoPackageStore(path)
    filled(store, 500)
    size = path.stat().st_size
    before = dump(path)
    assert "done" not in (said := child(_UPDATE, path, int(size + room * 400_000)).stdout)
    assert "disk" in said
    assert "full" in said or "written" in said
    assert dump(path) == before
    assert child(_UPDATE, path, 0).stdout == "done\n"
    assert set(store.read().table["description"]) == {"y" * 900}


def test_a_full_disk_leaves_no_new_file(path):
    said = child(_UPDATE, path, 100_000).stdout
    assert "disk" in said
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("there", [False, True])
def test_where_nobody_may_write_it_says_so(there):
    with tempfile.TemporaryDirectory() as folder:  # not pytest's own, which others than its owner cannot enter
        path = Path(folder) / "monitoring.gpkg"
        if there:
            filled(GeoPackageStore(path))
            path.chmod(0o444)
        before = path.read_bytes() if there else b""
        path.parent.chmod(0o555)
        try:
            said = child(_AS_NOBODY + _UPDATE, path, 0)
        finally:
            path.parent.chmod(0o755)
        assert "may not be written" in said.stdout, said.stderr
        assert [one.read_bytes() for one in path.parent.iterdir()] == [before] * there


def test_what_a_broken_off_update_left_is_undone(path):
    """A journal beside the file, as a program that was killed in the middle of writing leaves it."""
    store = GeoPackageStore(path)
    before = filled(store, 400)
    broken = """
import os, sqlite3, sys
from toegankelijk.io.geopackage_rows import add_functions
c = sqlite3.connect(sys.argv[1], isolation_level=None)
add_functions(c)
c.execute("PRAGMA cache_size = 10")
c.execute("BEGIN")
c.execute("UPDATE monitoring SET description = hex(randomblob(400))")
os._exit(9)
"""
    child(broken, path)
    assert path.with_name(path.name + "-journal").stat().st_size
    assert_same(store.read(), before)
    assert not path.with_name(path.name + "-journal").exists()


_FOREVER = """
import os, sys
sys.path.insert(0, {tests!r})
from tests.store_laws import no_news
from toegankelijk.io.monitoring_geopackage import GeoPackageStore
store = GeoPackageStore(sys.argv[1])
store.read()
print("ready", flush=True)
for line in sys.stdin:  # for every line a process that updates until it is killed
    child = os.fork()
    while not child:
        with store.edit() as desk:
            state = desk.read()
            turn = int(state.table["priority"].iloc[0]) + 1
            table = state.table.assign(priority=turn, description=str(turn) * 200)
            base = state.base.assign(priority=turn, description=str(turn) * 200)
            desk.write(state, no_news(state, table=table, base=base))
        print(turn, flush=True)
    print(-child, flush=True)
    os.waitpid(child, 0)
    print("end", flush=True)
""".replace("{tests!r}", repr(str(Path(__file__).parents[1])))


@pytest.mark.slow
def test_killed_at_200_moments_the_table_is_whole_old_or_new(path):
    """Every turn writes its number in all rows of two tables; whatever the moment, all say the same number."""
    city_file(path)
    store = GeoPackageStore(path)
    first = filled(store, 300)
    put(store, lambda state: no_news(state, table=state.table.assign(priority=0), base=state.base.assign(priority=0)))
    trees = dump(path)[1]["bomen"]
    rng = np.random.default_rng(5)
    journals = turns = longest = 0
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", _FOREVER, str(path)], **pipes) as process:
        assert process.stdout.readline() == "ready\n"
        for _ in range(200):
            process.stdin.write("go\n")
            process.stdin.flush()
            said = [int(process.stdout.readline())]
            while said[-1] >= 0:
                said.append(int(process.stdout.readline()))
            time.sleep(float(rng.uniform(0.0, 0.6)))
            os.kill(-said.pop(), signal.SIGKILL)
            said += [int(line) for line in iter(process.stdout.readline, "end\n")]
            journals += path.with_name(path.name + "-journal").exists()
            turns, before = _turn_of(path, trees), turns
            told = max(said, default=before)
            assert turns in (told, told + 1), "what was said to be written is written, and at most one more"
            longest = max(longest, turns - before)
        process.stdin.close()
    state = store.read()
    assert state.table.index.tolist() == first.table.index.tolist()
    assert state.table["remark"].tolist() == first.table["remark"].tolist()
    assert journals > 5, "too few moments lay within a write for the test to say something"
    assert longest
    run(path, "DROP TABLE log")
    assert broken_rules(path) == []


def _turn_of(path, trees):
    """The one number that stands everywhere in a file that is whole."""
    with connected(path) as connection:
        found = {
            row
            for name in ("monitoring", "monitoring_base")
            for row in connection.execute(f"SELECT DISTINCT priority, description FROM {name}")  # noqa: S608
        }
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT * FROM bomen ORDER BY 1").fetchall() == trees
    numbers = {turn for turn, _ in found}
    assert len(numbers) == 1, found
    (turn,) = numbers
    assert turn == 0 or found == {(turn, str(turn) * 200)}
    return turn


def test_messages_name_the_file_and_no_folder(path):
    store = GeoPackageStore(path, wait=0)
    filled(store)
    with connected(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError) as caught:
            store.read()
    assert str(caught.value).startswith("monitoring.gpkg: ")
    assert str(path.parent) not in str(caught.value)
    assert re.search(r"QGIS", str(caught.value))
