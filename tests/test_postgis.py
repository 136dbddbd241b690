"""Layers from a real PostGIS server: names, types, coordinate systems, and what a reader must not do or tell."""

import datetime as dt
import os
import stat
import traceback
import uuid

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from toegankelijk.city import read_city
from toegankelijk.errors import ConfigError, InputError, MissingExtraError
from toegankelijk.io import postgis as reader
from toegankelijk.io.postgis import list_postgis, read_postgis

psycopg = pytest.importorskip("psycopg")

VARIABLE = "GENK_DATABASE"
SECRET = "hunter2"  # noqa: S105 - opens nothing but databases of these tests

LAYERS = '''
CREATE SCHEMA gis;
CREATE EXTENSION postgis SCHEMA gis;
SET search_path = public, gis;
CREATE TABLE banken (
    id text PRIMARY KEY, rug boolean, zitplaatsen integer, breedte numeric(6, 2), jaar numeric(6, 0), hoogte double precision,
    gezien date, gewijzigd timestamptz, soorten text[], extra jsonb, sleutel uuid, foto bytea, geom geometry(Point, 31370)
);
INSERT INTO banken VALUES
    ('B-1', true, 3, 1.25, 2020, 0.45, '2026-05-01', '2026-05-01 10:00+02', '{hout,staal}', '{"a": 1}',
     '00000000-0000-0000-0000-000000000001', 'x', ST_SetSRID(ST_Point(228350.5, 182350.25), 31370)),
    ('B-2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', NULL, NULL, NULL, NULL);
CREATE TABLE "Rare Tabel; drop" ("Kolom ""x""" integer, "geo'm" geometry);
INSERT INTO "Rare Tabel; drop" VALUES
    (1, ST_GeomFromText('CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))', 31370)),
    (2, ST_GeomFromText('TIN (((0 0 0, 0 0 1, 0 1 0, 0 0 0)))', 31370));
CREATE TABLE leeg (id integer, geom geometry(LineString, 3812));
CREATE TABLE zonder (id integer, geom geometry);
INSERT INTO zonder VALUES (1, ST_Point(1, 2));
CREATE TABLE gemengd (id integer, geom geometry);
INSERT INTO gemengd VALUES (1, ST_SetSRID(ST_Point(1, 2), 31370)), (2, ST_SetSRID(ST_Point(1, 2), 3812));
CREATE TABLE bol (id integer, plek geography(Point, 4326));
INSERT INTO bol VALUES (1, 'POINT (5.49 50.96)');
CREATE TABLE eeuwig (id integer, tot date, geom geometry(Point, 31370));
INSERT INTO eeuwig VALUES (1, 'infinity', ST_SetSRID(ST_Point(1, 2), 31370));
CREATE VIEW twee AS SELECT id, geom, ST_Buffer(geom, 1) AS vlak FROM banken;
CREATE MATERIALIZED VIEW vast AS SELECT id, geom FROM banken;
CREATE TABLE geheim (id integer, geom geometry(Point, 31370));
CREATE TABLE deels (id integer, geom geometry(Point, 31370));
INSERT INTO deels VALUES (1, NULL), (2, NULL);
ALTER TABLE deels ENABLE ROW LEVEL SECURITY;
CREATE POLICY eerste ON deels USING (id = 1);
CREATE TABLE sporen (id integer);
CREATE FUNCTION schrijf() RETURNS integer LANGUAGE sql VOLATILE AS 'INSERT INTO public.sporen VALUES (1) RETURNING id';
CREATE VIEW schrijvend AS SELECT schrijf() AS id, ST_SetSRID(ST_Point(1, 2), 31370) AS geom;
'''


@pytest.fixture(scope="module")
def database(postgis):
    """Address of a database of our own on the server, and that of a user who may not see all of it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    user = f"lezer_{name}"
    own = psycopg.conninfo.make_conninfo(postgis, dbname=name)
    with psycopg.connect(postgis, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        server.execute(f"CREATE ROLE \"{user}\" LOGIN PASSWORD '{SECRET}'")
    try:
        with psycopg.connect(own, autocommit=True) as connection:
            connection.execute(LAYERS)
            connection.execute(f'GRANT USAGE ON SCHEMA gis TO "{user}"')
            connection.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA public, gis TO "{user}"')
            connection.execute(f'REVOKE ALL ON geheim FROM "{user}"')
        yield own, psycopg.conninfo.make_conninfo(own, user=user, password=SECRET)
    finally:
        with psycopg.connect(postgis, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            server.execute(f'DROP ROLE "{user}"')


@pytest.fixture
def address(database, monkeypatch):
    monkeypatch.setenv(VARIABLE, database[0])
    return database


@pytest.fixture
def read(address):
    assert os.environ[VARIABLE] == address[0]
    return lambda layer: read_postgis(VARIABLE, layer)


@pytest.mark.usefixtures("address")
def test_layers_are_listed():
    names = list_postgis(VARIABLE)
    assert names == sorted(names)
    assert {"public.banken", "public.vast", "public.Rare Tabel; drop", "public.bol", "public.leeg"} <= set(names)
    assert {name for name in names if "twee" in name} == {"public.twee.geom", "public.twee.vlak"}
    assert "public.sporen" not in names


def test_types_are_kept(read):
    banks = read("public.banken")
    assert banks.crs.to_epsg() == 31370
    assert [None if point is None else point.wkt for point in banks.geometry] == ["POINT (228350.5 182350.25)", None]
    assert banks["id"].tolist() == ["B-1", "B-2"]
    assert banks["rug"].dtype == "boolean"
    assert banks["zitplaatsen"].dtype == "Int64"
    assert banks["zitplaatsen"].tolist() == [3, pd.NA]
    assert banks["jaar"].tolist() == [2020, pd.NA]
    assert banks["breedte"].dtype == float
    assert banks["breedte"][0] == 1.25
    assert banks["gezien"].tolist() == [dt.date(2026, 5, 1), None]
    assert banks["gewijzigd"][0] == pd.Timestamp("2026-05-01 08:00", tz="UTC")
    assert banks["soorten"].fillna("-").tolist() == ["hout|staal", "-"]
    assert banks["extra"][0] == '{"a": 1}'
    assert banks["sleutel"][0] == "00000000-0000-0000-0000-000000000001"
    assert "foto" not in banks
    assert shapely.get_srid(banks.geometry[0]) == 0


def test_the_same_data_in_a_geopackage_is_the_same_layer(read, tmp_path):
    from toegankelijk.io.formats import read_source

    columns = ["id", "rug", "zitplaatsen", "hoogte", "gezien", "geometry"]
    banks = read("public.banken")[columns]
    banks.to_file(tmp_path / "banken.gpkg", layer="banken", engine="pyogrio")
    other = read_source(tmp_path / "banken.gpkg")[columns]
    assert banks.crs == other.crs
    other["gezien"] = [None if pd.isna(cell) else dt.date.fromisoformat(str(cell)) for cell in other["gezien"]]
    for column in columns[:-1]:
        pair = [[None if pd.isna(cell) else cell for cell in frame[column]] for frame in (banks, other)]
        assert pair[0] == pair[1], column
    assert banks.geometry.tolist() == other.geometry.tolist()


def test_names_that_look_like_code_are_names(read):
    odd = read("public.Rare Tabel; drop")
    assert list(odd) == ['Kolom "x"', "geometry"]
    assert odd['Kolom "x"'].tolist() == [1, 2]
    with pytest.raises(InputError, match="there is no layer"):
        read('public.banken"; DROP TABLE banken; --')
    assert len(read("public.banken")) == 2


def test_curves_become_lines_and_what_cannot_be_read_is_missing(read):
    circle, other = read("public.Rare Tabel; drop").geometry
    assert circle.geom_type == "Polygon"
    assert circle.area == pytest.approx(3.1416, abs=0.01)
    assert other is None


def test_views_and_other_columns(read):
    assert read("public.vast").geometry.notna().tolist() == [True, False]
    assert read("public.twee.vlak").geometry[0].geom_type == "Polygon"
    with pytest.raises(InputError, match=r"say which: 'public\.twee\.geom', 'public\.twee\.vlak'"):
        read("public.twee")
    assert list(read("public.twee.geom")) == ["id", "geometry"]
    assert len(read("public.banken.geom")) == 2


def test_coordinate_systems(read):
    assert read("public.leeg").crs.to_epsg() == 3812
    assert read("public.leeg").empty
    assert read("public.zonder").crs is None
    assert read("public.bol").crs.to_epsg() == 4326
    assert read("public.bol").geometry[0].wkt == "POINT (5.49 50.96)"
    with pytest.raises(InputError, match="several coordinate systems") as error:
        read("public.gemengd")
    assert error.value.problems == ("SRID 3812: 1 rows", "SRID 31370: 1 rows")


def test_dates_that_python_does_not_know(read):
    assert read("public.eeuwig")["tot"].tolist() == ["infinity"]


def test_a_layer_has_to_be_named(read):
    with pytest.raises(InputError, match=r"say which layer to read, as schema\.table\. Layers in .*'public\.banken'"):
        read(None)


def test_nothing_is_written(read, address):
    with pytest.raises(InputError, match="read-only transaction"):
        read("public.schrijvend")
    with psycopg.connect(address[0]) as connection:
        assert connection.execute("SELECT count(*) FROM sporen").fetchone() == (0,)


def test_a_user_sees_what_he_may_read_and_nothing_in_part(read, address, monkeypatch):
    monkeypatch.setenv(VARIABLE, address[1])
    assert "public.geheim" not in list_postgis(VARIABLE)
    assert len(read("public.banken")) == 2
    with pytest.raises(InputError, match="there is no layer"):
        read("public.geheim")
    with pytest.raises(InputError, match="row-level security"):
        read("public.deels")


def test_a_query_that_takes_too_long_is_given_up(read, address, monkeypatch):
    with psycopg.connect(address[0], autocommit=True) as connection:
        connection.execute("CREATE VIEW traag AS SELECT pg_sleep(30) IS NULL AS wacht, geom FROM banken")
    monkeypatch.setattr(reader, "QUERY_SECONDS", 1)
    try:
        with pytest.raises(InputError, match="statement timeout"):
            read("public.traag")
    finally:
        with psycopg.connect(address[0], autocommit=True) as connection:
            connection.execute("DROP VIEW traag")


def test_a_database_without_postgis(address, monkeypatch):
    monkeypatch.setenv(VARIABLE, psycopg.conninfo.make_conninfo(address[0], dbname="template1"))
    with pytest.raises(InputError, match="CREATE EXTENSION postgis"):
        list_postgis(VARIABLE)


FORMS = {
    "link": lambda given: f"postgresql://{given['user']}@{given['host']}:{given['port']}/{given['dbname']}",
    "link with a driver": lambda given: f"postgresql+psycopg://{given['user']}@{given['host']}:{given['port']}/{given['dbname']}",
    "words": lambda given: f"host={given['host']} port={given['port']} user={given['user']} dbname={given['dbname']}",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_an_address(read, address, monkeypatch, form):
    given = psycopg.conninfo.conninfo_to_dict(address[0])
    monkeypatch.setenv(VARIABLE, FORMS[form](given))
    if given.get("password"):
        monkeypatch.setenv("PGPASSWORD", given["password"])
    assert len(read("public.banken")) == 2


def test_a_service_file(read, address, monkeypatch, tmp_path):
    given = psycopg.conninfo.conninfo_to_dict(address[0])
    path = tmp_path / "services.conf"
    path.write_text("[genk]\n" + "".join(f"{key}={value}\n" for key, value in given.items()))
    path.chmod(stat.S_IRUSR)
    monkeypatch.setenv("PGSERVICEFILE", str(path))
    monkeypatch.setenv(VARIABLE, "service=genk")
    assert len(read("public.banken")) == 2


@pytest.mark.parametrize(
    "given",
    [
        f"postgresql://piet:{SECRET}@127.0.0.1:1/genk",
        f"postgresql://piet:{SECRET}@server.invalid/genk",
        f"host=127.0.0.1 port=1 user=piet password={SECRET}",
        f"piet {SECRET} genk",
        f"postgresql://piet:{SECRET}@127.0.0.1:geen/genk",
        f"service={SECRET}",
    ],
)
def test_what_goes_wrong_tells_no_secret(monkeypatch, given, capfd, caplog):
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(InputError, match=f"the database of .{VARIABLE} cannot be reached; check") as error:
        read_postgis(VARIABLE, "public.banken")
    told = "".join(traceback.format_exception(error.value)) + repr(error.value) + capfd.readouterr().err + caplog.text
    for secret in (SECRET, "piet", "127.0.0.1", "server.invalid"):
        assert secret not in told
    assert error.value.__context__ is None


def test_a_password_that_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "service=genk")
    monkeypatch.setattr(
        psycopg, "connect", lambda *_, **__: (_ for _ in ()).throw(psycopg.OperationalError(f"password of piet {SECRET}"))
    )
    with pytest.raises(InputError, match="refuses the user or the password") as error:
        read_postgis(VARIABLE, "public.banken")
    assert SECRET not in "".join(traceback.format_exception(error.value))


def test_an_address_in_place_of_a_variable_is_not_repeated():
    with pytest.raises(ConfigError, match="name of an environment variable") as error:
        read_postgis(f"postgresql://piet:{SECRET}@server/genk", "public.banken")
    assert SECRET not in str(error.value)


def test_a_variable_that_is_not_set(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match=f"{VARIABLE} is not set"):
        list_postgis(VARIABLE)


@pytest.mark.parametrize("package", ["psycopg", "sqlalchemy"])
def test_packages_that_are_not_installed(monkeypatch, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    monkeypatch.setenv(VARIABLE, "service=genk")
    with pytest.raises(MissingExtraError, match=rf"{package}.*toegankelijk\[postgis\]"):
        list_postgis(VARIABLE)


@pytest.mark.usefixtures("address")
def test_a_city_in_a_database(tmp_path):
    text = f'[draft]\nzones = "grid"\n\n[[layers]]\nkind = "rest_place"\npostgis = "{VARIABLE}"\nlayer = "public.banken"\n'
    (tmp_path / "city.toml").write_text(text + 'id = "id"\n[layers.columns]\nbackrest = "rug"\n')
    found = read_city(tmp_path / "city.toml")
    assert found.layers["rest_place"].index.tolist() == ["B-1"]
    assert found.layers["rest_place"]["backrest"].tolist() == [True]
    rows = found.remarks[found.remarks["object_id"] != ""]
    assert rows[["object_id", "reason"]].to_numpy().tolist() == [["B-2", "no geometry that can be read"]]
    assert VARIABLE in found.sources["path"][0]
    assert isinstance(found.layers["rest_place"], gpd.GeoDataFrame)
    assert os.environ[VARIABLE] not in found.sources.to_string()
