"""The monitoring table on a real PostGIS server: what survives around it, others who write meanwhile, a server that stops."""

import contextlib
import dataclasses
import os
import subprocess
import sys
import threading
import time
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from psycopg import sql

from toegankelijk.errors import ConfigError, InputError, MissingExtraError
from toegankelijk.io.monitoring_postgis import PostgisStore
from toegankelijk.labels import label
from toegankelijk.ledger.fields import KEY
from toegankelijk.ledger.state import canonical_state

from .postgis_server import own_server
from .store_laws import CRS, LAWS, assert_same, filled, first_state, no_news, put, some_rows

VARIABLE = "GENK_DATABASE"
TYPES = {"text": "text", "integer": "bigint", "real": "double precision", "boolean": "boolean", "date": "date"}


@pytest.fixture(scope="module")
def server(postgis):
    """Address of a database of our own, in which PostGIS stands in a schema that is not searched."""
    name = f"monitoring_{uuid.uuid4().hex[:12]}"
    own = psycopg.conninfo.make_conninfo(postgis, dbname=name)
    with psycopg.connect(postgis, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        with psycopg.connect(own, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA gis; CREATE EXTENSION postgis SCHEMA gis")
        yield own
    finally:
        with psycopg.connect(postgis, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def address(server, monkeypatch):
    """The same, with a schema for one test."""
    monkeypatch.setenv(VARIABLE, server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute('DROP SCHEMA IF EXISTS "Toegang" CASCADE; CREATE SCHEMA "Toegang"')
    return server


@pytest.fixture
def store(address):
    assert os.environ[VARIABLE] == address
    return PostgisStore(VARIABLE, "Toegang.monitoring")


class Staff:
    """Staff with QGIS on the same database."""

    table = sql.Identifier("Toegang", "monitoring")

    def __init__(self, address):
        self.address = address

    def run(self, statement, *values, **names):
        with psycopg.connect(self.address) as connection:
            placed = {name: sql.Identifier(value) for name, value in names.items()}
            cursor = connection.execute(sql.SQL(statement).format(t=self.table, **placed), values)
            return cursor.fetchall() if cursor.description else None

    def set(self, row, column, value):
        self.run("UPDATE {t} SET {c} = %s WHERE fid = %s", value, row, c=column)

    def copy(self, row, **values):
        names = [name for (name,) in self.run(COLUMNS, "monitoring") if name not in {"fid", *values}]
        listed = sql.SQL(", ").join(map(sql.Identifier, [*names, *values]))
        taken = sql.SQL(", ").join([*map(sql.Identifier, names), *map(sql.Literal, values.values())])
        with psycopg.connect(self.address) as connection:
            statement = sql.SQL("INSERT INTO {t} ({listed}) SELECT {taken} FROM {t} WHERE fid = %s")
            connection.execute(statement.format(t=self.table, listed=listed, taken=taken), [row])

    def delete(self, row):
        self.run("DELETE FROM {t} WHERE fid = %s", row)

    def add_column(self, name, kind):
        self.run(f"ALTER TABLE {{t}} ADD COLUMN {{c}} {TYPES[kind]}", c=name)

    def drop_column(self, name):
        self.run("ALTER TABLE {t} DROP COLUMN {c}", c=name)

    def trace(self):
        tables = [name for (name,) in self.run(TABLES)]
        return {name: self.run("SELECT xmin::text, ctid::text FROM {s}.{n} ORDER BY 2", s="Toegang", n=name) for name in tables}

    def trace_of(self, row):
        return self.run("SELECT xmin::text, ctid::text FROM {t} WHERE fid = %s", row)


COLUMNS = """
SELECT column_name FROM information_schema.columns WHERE table_schema = 'Toegang' AND table_name = %s ORDER BY ordinal_position
"""
TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'Toegang' AND table_type = 'BASE TABLE' ORDER BY 1"
)


@pytest.fixture
def staff(address):
    return Staff(address)


@pytest.mark.parametrize("law", LAWS)
def test_laws_of_every_store(store, staff, law):
    LAWS[law](store, staff)


SECRET = "hunter2"  # noqa: S105 - opens nothing but databases of these tests

AROUND = """
CREATE ROLE {reader};
GRANT SELECT, UPDATE (remark) ON {t} TO {reader};
COMMENT ON TABLE {t} IS 'Van de dienst';
COMMENT ON COLUMN {t}.remark IS 'Zeg wat u zag';
CREATE INDEX eigen_index ON {t} (lower(street));
ALTER TABLE {t} ADD CONSTRAINT eigen_regel CHECK (severity < 100);
CREATE VIEW "Toegang".open AS SELECT * FROM {t} WHERE status = 'open';
CREATE MATERIALIZED VIEW "Toegang".telling AS SELECT level, count(*) FROM {t} GROUP BY level;
ALTER TABLE {t} ADD COLUMN gewijzigd timestamptz DEFAULT now(), ADD COLUMN wie text DEFAULT session_user;
CREATE TABLE "Toegang".spoor (rij bigint, straat text);
CREATE FUNCTION "Toegang".noteer() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO "Toegang".spoor VALUES (NEW.fid, NEW.street); RETURN NEW; END';
CREATE TRIGGER spoor AFTER UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION "Toegang".noteer();
CREATE PUBLICATION {reader} FOR TABLE {t};
"""

CATALOGUE = """
SELECT 'acl', c.relname, c.relacl::text FROM pg_class c WHERE c.relnamespace = '"Toegang"'::regnamespace
UNION ALL SELECT 'column', a.attrelid::regclass::text, a.attnum || a.attname || format_type(a.atttypid, a.atttypmod)
    || coalesce(a.attacl::text, '') || a.attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = '"Toegang"'::regnamespace AND a.attnum > 0
UNION ALL SELECT 'comment', objoid::text, objsubid || description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
    WHERE c.relnamespace = '"Toegang"'::regnamespace
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'Toegang'
UNION ALL SELECT 'rule', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = '"Toegang"'::regnamespace
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = '"Toegang".monitoring'::regclass
UNION ALL SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = 'Toegang'
UNION ALL SELECT 'file', relname, pg_relation_filenode(oid)::text FROM pg_class WHERE relnamespace = '"Toegang"'::regnamespace
UNION ALL SELECT 'published', pubname, tablename FROM pg_publication_tables WHERE schemaname = 'Toegang'
ORDER BY 1, 2, 3
"""


def street(name):
    """An update that gives all rows another street."""
    return lambda state: no_news(state, table=state.table.assign(street=name))


def told(error):
    """Everything that somebody could see of an error."""
    return "".join(traceback.format_exception(error.value)) + repr(error.value)


def test_all_that_people_made_around_the_table_stays(store, staff):
    filled(store)
    reader = f"lezer_{uuid.uuid4().hex[:8]}"
    staff.run(AROUND, reader=reader)
    try:
        before = staff.run(CATALOGUE)
        rows = staff.run("SELECT fid, gewijzigd, wie FROM {t} ORDER BY fid")
        state = put(store, street("Nieuw"))
        more = canonical_state(some_rows(3, start=40), *(pd.DataFrame(),) * 4).table
        put(store, lambda state: no_news(state, table=pd.concat([state.table, more])))
        assert staff.run(CATALOGUE) == before
        after = staff.run("SELECT fid, gewijzigd, wie FROM {t} ORDER BY fid")
        assert after[:12] == rows
        assert all(moment is not None and who for _, moment, who in after)
        assert staff.run('SELECT * FROM "Toegang".spoor ORDER BY 1') == [(row, "Nieuw") for row in state.table.index]
        assert staff.run('SELECT count(*) FROM "Toegang".open WHERE bottleneck_id IS NOT NULL') == [
            (int((state.table["status"] == "open").sum()),)
        ]
    finally:
        staff.run("DROP PUBLICATION {reader}", reader=reader)
        staff.run("DROP OWNED BY {reader}; DROP ROLE {reader}", reader=reader)


def test_the_table_is_made_with_types_indexes_and_words(staff):
    filled(PostgisStore(VARIABLE, "Toegang.monitoring", lang="fr"))
    types = dict(staff.run("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'monitoring'"))
    wanted = {"fid": "bigint", "severity": "integer", "done_on": "date", "remark": "text", "geom": "USER-DEFINED"}
    assert {name: types[name] for name in wanted} == wanted
    assert staff.run(
        "SELECT gis.postgis_typmod_srid(atttypmod) FROM pg_attribute WHERE attname = 'geom' AND attrelid = %s::regclass",
        '"Toegang".monitoring',
    ) == [(31370,)]
    kinds = [definition for kind, name, definition in staff.run(CATALOGUE) if kind == "index" and name.startswith("monitoring_")]
    assert any("USING gist (geom)" in one for one in kinds)
    assert any("monitoring USING btree (bottleneck_id)" in one and "UNIQUE" not in one for one in kinds)
    comments = {text for kind, _, text in staff.run(CATALOGUE) if kind == "comment"}
    assert f"0{label('about.monitoring', 'fr')}" in comments
    assert any(text.endswith(label("done_on", "fr")) for text in comments)


def test_qgis_finds_a_style_and_none_is_no_reason_to_fail(store, staff):
    find = "SELECT stylename, styleqml::text, useasdefault, type FROM public.layer_styles WHERE f_table_schema = 'Toegang'"
    staff.run("DROP TABLE IF EXISTS public.layer_styles")
    for _ in range(2):
        filled(store)
        ((name, style, is_default, kind),) = staff.run(find)
        assert (name, is_default, kind) == ("monitoring", True, None)
        assert ElementTree.fromstring(style).find("aliases/alias[@field='status_staff']").get("name") == "Status (dienst)"  # noqa: S314 - our own
        staff.run("DROP TABLE {t}; DROP TABLE {s}.monitoring_base, {s}.monitoring_conflicts", s="Toegang")
    staff.run("DROP TABLE public.layer_styles; CREATE TABLE public.layer_styles (id integer)")
    filled(store)
    assert staff.run("SELECT * FROM public.layer_styles") == []
    staff.run("DROP TABLE public.layer_styles")


OWN = """
CREATE TYPE "Toegang".kleur AS ENUM ('rood', 'groen');
ALTER TABLE {t} ADD COLUMN bedrag numeric(8, 2), ADD COLUMN fijn numeric(40, 30), ADD COLUMN lijst text[], ADD COLUMN feit jsonb,
    ADD COLUMN tijd timestamptz, ADD COLUMN stip timestamp, ADD COLUMN sleutel uuid, ADD COLUMN tint "Toegang".kleur,
    ADD COLUMN foto bytea, ADD COLUMN vlak gis.geometry, ADD COLUMN dubbel integer GENERATED ALWAYS AS (severity * 2) STORED,
    ADD COLUMN duur interval, ADD COLUMN code char(5), ADD COLUMN klein smallint, ADD COLUMN enkel real, ADD COLUMN eeuwig date;
UPDATE {t} SET bedrag = 12.50, fijn = 0.1234567890123456789, lijst = '{{a,"b c"}}', feit = '{{"a": [1, 2]}}',
    tijd = '2026-07-01 12:00:00.25+02', stip = '2026-07-01 12:00:00.25', sleutel = '00000000-0000-0000-0000-000000000001',
    tint = 'rood', foto = 'x', vlak = gis.ST_Buffer(geom, 1), duur = '1 day', code = 'ab', klein = 3, enkel = 0.1,
    eeuwig = 'infinity' WHERE fid = 1;
"""


def test_columns_of_staff_of_any_type_keep_their_values(store, staff):
    filled(store)
    staff.run(OWN)
    values = staff.run("SELECT md5(to_jsonb(m)::text) FROM {t} AS m ORDER BY fid")
    state = store.read()
    given = state.table.loc[1]
    assert given[["bedrag", "fijn", "lijst", "feit", "sleutel", "tint", "duur", "code", "klein", "eeuwig"]].tolist() == [
        *(12.5, "0.1234567890123456789", '{a,"b c"}', '{"a": [1, 2]}', "00000000-0000-0000-0000-000000000001", "rood"),
        *("1 day", "ab", 3, "infinity"),
    ]
    assert given["tijd"] == "2026-07-01 10:00:00.25+00"
    assert given["stip"] == pd.Timestamp("2026-07-01 12:00:00.25")
    assert given["enkel"] == pytest.approx(0.1)
    assert not {"foto", "vlak"} & set(state.extra)
    put(store, no_news)
    table = state.table.copy()
    table.loc[2, ["bedrag", "fijn", "lijst", "feit", "tint", "code"]] = [7.25, "1.5", "{x}", '{"b": null}', "groen", "xyz"]
    table.loc[2, ["sleutel", "tijd", "klein", "stip"]] = [
        "00000000-0000-0000-0000-000000000002",
        "2026-01-01 00:00+01",
        4,
        pd.Timestamp("2026-01-02"),
    ]
    table["theme"] = "haltes"
    found = put(store, lambda state: no_news(state, table=table)).table
    assert found.loc[2, ["bedrag", "fijn", "lijst", "feit", "tint", "code", "klein"]].tolist() == [
        *(7.25, "1.5", "{x}", '{"b": null}', "groen", "xyz", 4),
    ]
    assert found.loc[2, "tijd"] == "2025-12-31 23:00:00+00"
    staff.run("UPDATE {t} SET theme = 'theme 0' WHERE fid = 1")
    after = staff.run("SELECT md5(to_jsonb(m)::text) FROM {t} AS m ORDER BY fid")
    assert after[0] == values[0] or state.table.loc[1, "theme"] == ""


def test_times_are_the_same_text_for_everybody(store, staff, monkeypatch):
    filled(store)
    staff.run("ALTER TABLE {t} ADD COLUMN tijd timestamptz; UPDATE {t} SET tijd = '2026-07-01 12:00+02'")
    found = set()
    for zone in ("Europe/Brussels", "America/New_York"):
        monkeypatch.setenv("PGTZ", zone)
        found |= set(store.read().table["tijd"])
    assert found == {"2026-07-01 10:00:00+00"}


def test_two_updates_at_once_follow_one_another(store):
    filled(store)

    def add(worker):
        for turn in range(2):
            more = canonical_state(some_rows(1, start=100 + 10 * worker + turn), *(pd.DataFrame(),) * 4).table
            put(
                PostgisStore(VARIABLE, store.table, wait=60),
                lambda state, more=more: no_news(
                    state,
                    table=pd.concat([state.table, more]),
                    runs=pd.concat([state.runs, state.runs.tail(1).assign(run=len(state.runs) + 1)]),
                ),
            )

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(add, range(3)))
    state = store.read()
    assert len(state.table) == 18
    assert state.runs["run"].tolist() == list(range(1, 8))


def test_two_first_updates_at_once_make_one_table(store):
    def first(_):
        with PostgisStore(VARIABLE, store.table, wait=60).edit() as desk:
            before = desk.read()
            if before.table.empty:
                desk.write(before, first_state())
                return True
        return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(first, range(4))) == 1
    assert len(store.read().table) == 12


def test_somebody_who_edits_is_waited_for_and_then_named(store, staff, address):
    before = filled(store)
    hurried = PostgisStore(VARIABLE, store.table, wait=0.2)
    with psycopg.connect(address) as colleague:
        colleague.execute('UPDATE "Toegang".monitoring SET remark = %s WHERE fid = 1', ["bezig"])
        assert hurried.read().table.loc[1, "remark"] == before.table.loc[1, "remark"]
        with pytest.raises(InputError, match=r"somebody else is writing.*within 0\.2 s.*QGIS.*as it was"):
            put(hurried, street("Nieuw"))
        with ThreadPoolExecutor(1) as pool:
            later = pool.submit(put, PostgisStore(VARIABLE, store.table, wait=60), street("Nieuw"))
            wait_for_a_lock(staff)
            colleague.commit()
            state = later.result()
    assert state.table.loc[1, "remark"] == "bezig"
    assert set(state.table["street"]) == {"Nieuw"}


def test_an_edit_during_an_update_waits_and_is_kept_and_readers_go_on(store, staff):
    before = filled(store)
    with ThreadPoolExecutor(1) as pool:
        with store.edit() as desk:
            state = desk.read()
            edit = pool.submit(staff.set, 2, "remark", "van QGIS")
            wait_for_a_lock(staff)
            assert store.read().table.loc[2, "remark"] == before.table.loc[2, "remark"]
            desk.write(state, no_news(state, table=state.table.assign(street="Nieuw", remark="van ons")))
            assert set(store.read().table["street"]) == set(before.table["street"])
            assert not edit.done()
        edit.result()
    state = store.read()
    assert state.table.loc[2, ["remark", "street"]].tolist() == ["van QGIS", "Nieuw"]
    assert state.table.loc[3, "remark"] == "van ons"


KILLED = """
import sys
from toegankelijk.io.monitoring_postgis import PostgisStore
with PostgisStore(*sys.argv[1:]).edit() as desk:
    state = desk.read()
    table = state.table.assign(street="half")
    desk.write(state, type(state)(table, state.base, state.conflicts, state.runs, state.history))
    print("written", flush=True)
    sys.stdin.read()
"""


def test_an_update_that_is_killed_leaves_nothing_behind(store):
    before = filled(store)
    command = [sys.executable, "-c", KILLED, VARIABLE, store.table]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "written\n"
        process.kill()
    assert_same(store.read(), before)
    assert set(put(store, street("Nieuw")).table["street"]) == {"Nieuw"}


def wait_for_a_lock(staff):
    """Until another session stands in line."""
    for _ in range(600):
        if staff.run("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"):
            return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


@pytest.fixture
def reader(address, staff):
    """Address of a user who may read the table only."""
    user = f"lezer_{uuid.uuid4().hex[:8]}"
    staff.run(f"CREATE ROLE {{u}} LOGIN PASSWORD '{SECRET}'", u=user)
    staff.run("GRANT USAGE ON SCHEMA gis TO {u}", u=user)
    staff.run('GRANT USAGE ON SCHEMA "Toegang" TO {u}', u=user)
    yield user, psycopg.conninfo.make_conninfo(address, user=user, password=SECRET)
    staff.run("DROP OWNED BY {u}; DROP ROLE {u}", u=user)


def test_a_user_who_may_only_read(store, staff, reader, monkeypatch):
    user, address = reader
    monkeypatch.setenv(VARIABLE, address)
    with pytest.raises(InputError, match=r"may not do that.*to make tables") as error:
        filled(store)
    monkeypatch.setenv(VARIABLE, staff.address)
    before = filled(store)
    monkeypatch.setenv(VARIABLE, address)
    with pytest.raises(InputError, match="may not do that") as denied:
        store.read()
    staff.run('GRANT SELECT ON ALL TABLES IN SCHEMA "Toegang" TO {u}', u=user)
    assert_same(store.read(), before)
    with pytest.raises(InputError, match=r"may not do that.*as it was") as other:
        put(store, street("Nieuw"))
    for one in (error, denied, other):
        assert not [secret for secret in (SECRET, user, "127.0.0.1") if secret in told(one)]
    staff.run('GRANT UPDATE, INSERT, DELETE ON ALL TABLES IN SCHEMA "Toegang" TO {u}', u=user)
    put(store, street("Nieuw"))
    more = canonical_state(some_rows(1, start=40), *(pd.DataFrame(),) * 4).table
    assert len(put(store, lambda state: no_news(state, table=pd.concat([state.table, more]))).table) == 13


def test_rows_that_a_policy_hides_are_refused(store, staff, reader, monkeypatch):
    filled(store)
    staff.run('GRANT SELECT, UPDATE, INSERT, DELETE ON ALL TABLES IN SCHEMA "Toegang" TO {u}', u=reader[0])
    staff.run("ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; CREATE POLICY deel ON {t} USING (fid < 5)")
    monkeypatch.setenv(VARIABLE, reader[1])
    for work in (store.read, lambda: put(store, no_news)):
        with pytest.raises(InputError, match="row-level security"):
            work()


def test_a_connection_that_breaks_tells_no_secret_and_changes_nothing(store, staff, reader, monkeypatch):
    before = filled(store)
    user, address = reader
    staff.run('GRANT SELECT, UPDATE, INSERT, DELETE ON ALL TABLES IN SCHEMA "Toegang" TO {u}', u=user)
    monkeypatch.setenv(VARIABLE, address)
    for late in (False, True):
        with pytest.raises(InputError) as error, store.edit() as desk:  # noqa: PT012 - where it breaks is the point
            state = desk.read()
            if late:
                desk.write(state, street("Nieuw")(state))
            staff.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", user)
            if not late:
                desk.write(state, street("Nieuw")(state))
        assert "wholly up to date" in str(error.value) if late else "the table is as it was" in str(error.value)
        assert not [secret for secret in (SECRET, user, "127.0.0.1") if secret in told(error)]
        assert SECRET not in repr(store)
    monkeypatch.setenv(VARIABLE, staff.address)
    assert_same(store.read(), before)


def test_an_error_that_somebody_swallowed_is_not_taken_for_success(store):
    before = filled(store)
    with pytest.raises(InputError, match="an error before this one"), store.edit() as desk:  # noqa: PT012 - one transaction
        state = desk.read()
        with contextlib.suppress(psycopg.Error):
            desk.write(state, no_news(state, table=state.table.assign(remark="\0")))
    assert_same(store.read(), before)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("severity", "veel", r"1 values do not fit.*\n- K-\w+: severity 'veel' is no whole number"),
        ("done_on", "morgen", "K-[0-9a-f]+: done_on 'morgen' is no date"),
        ("remark", "a\0b", "NUL|Unicode|0x00"),
        ("remark", "\ud800", "Unicode|half a character|invalid"),
        ("severity", 2**40, "severity 1099511627776 is no whole number that fits"),
    ],
)
def test_a_value_that_does_not_fit_undoes_all(store, column, value, message):
    before = filled(store)
    table = before.table.assign(street="Nieuw").astype({column: "object"})
    table.loc[table.index[3], column] = value
    with pytest.raises(InputError, match=message) as error:
        put(store, lambda state: no_news(state, table=table))
    assert "as it was" in str(error.value) or "Nothing was changed" in str(error.value)
    fresh = some_rows(1).assign(**{column: pd.Series([value], index=[-1], dtype="object")})
    with pytest.raises(InputError, match=message):
        put(store, lambda state: no_news(state, table=pd.concat([state.table.astype({column: "object"}), fresh])))
    assert_same(store.read(), before)


def test_all_values_that_do_not_fit_are_told_at_once(store, staff):
    before = filled(store)
    staff.run("ALTER TABLE {t} ALTER criteria TYPE varchar(40), ADD COLUMN bedrag numeric(6, 2), ADD COLUMN dag date")
    table = store.read().table.astype({"bedrag": "object", "dag": "object"})
    table.loc[2, ["criteria", "bedrag"]] = ["x" * 41, "veel"]
    table.loc[[3, 4], "criteria"] = "é" * 40
    table.loc[4, "dag"] = "morgen"
    with pytest.raises(InputError, match="3 values do not fit") as error:
        put(store, lambda state: no_news(state, table=table))
    assert [problem.partition(": ")[0] for problem in error.value.problems] == before.table.loc[[2, 2, 4], KEY].tolist()
    table.loc[2, ["criteria", "bedrag"]] = ["", "7.5"]
    table.loc[4, "dag"] = "2026-05-01"
    table["severity"] = pd.Series([np.int64(number) for number in range(12)], index=table.index, dtype="object")
    found = put(store, lambda state: no_news(state, table=table)).table
    assert found.loc[[2, 3], "criteria"].tolist() == ["", "é" * 40]
    assert found.loc[2, "bedrag"] == 7.5
    assert found["severity"].tolist() == list(range(12))


def test_texts_of_any_characters_come_back(store):
    rng = np.random.default_rng(3)
    letters = [chr(code) for code in (*range(1, 0x300), *range(0x1F300, 0x1F700), *range(0xE000, 0xE100), 0xFFFF, 0x10FFFF)]
    for _ in range(2):  # new rows take another way than rows that change
        state = store.read() if store.exists() else first_state(400)
        texts = ["".join(rng.choice(letters, rng.integers(1, 30))) for _ in range(400)]
        table = state.table.assign(remark=pd.Series(texts, index=state.table.index, dtype="object"))
        assert (
            put(store, lambda _, state=state, table=table: dataclasses.replace(state, table=table)).table["remark"].tolist()
            == texts
        )


def test_rules_of_staff_that_refuse_or_hold_back_rows_are_named(store, staff):
    before = filled(store)
    staff.run("ALTER TABLE {t} ADD CONSTRAINT geen_nieuw CHECK (street <> 'Nieuw')")
    with pytest.raises(InputError, match="geen_nieuw"):
        put(store, street("Nieuw"))
    staff.run(
        "ALTER TABLE {t} DROP CONSTRAINT geen_nieuw; ALTER TABLE {t} ADD COLUMN plicht text NOT NULL DEFAULT 'x';"
        "ALTER TABLE {t} ALTER plicht DROP DEFAULT"
    )
    more = canonical_state(some_rows(1, start=40), *(pd.DataFrame(),) * 4).table
    with pytest.raises(InputError, match="column 'plicht'"):
        put(store, lambda state: no_news(state, table=pd.concat([state.table, more])))
    staff.run("ALTER TABLE {t} DROP plicht")
    staff.run("""CREATE FUNCTION "Toegang".niets() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER niets BEFORE UPDATE OR INSERT ON {t} FOR EACH ROW WHEN (NEW.fid > 9) EXECUTE FUNCTION "Toegang".niets()""")
    for change in (street("Nieuw"), lambda state: no_news(state, table=pd.concat([state.table, more]))):
        with pytest.raises(InputError, match=r"\d+ of 1?\d rows could be written; a trigger"):
            put(store, change)
    assert_same(store.read(), before)


def test_rows_pasted_with_their_own_numbers_are_not_met_again(store, staff):
    filled(store)
    staff.run("INSERT INTO {t} (fid, remark) VALUES (13, 'a'), (40, 'b')")
    more = canonical_state(some_rows(3, start=40), *(pd.DataFrame(),) * 4).table
    state = put(store, lambda state: no_news(state, table=pd.concat([state.table, more])))
    assert state.table.index.tolist()[-5:] == [13, 40, 41, 42, 43]
    staff.run("INSERT INTO {t} (remark) VALUES ('c')")
    assert store.read().table.index[-1] == 44


def test_a_table_without_those_beside_it(store, staff):
    before = filled(store)
    for beside in ("base", "history", "conflicts", "runs"):
        staff.run("DROP TABLE {s}.{n}", s="Toegang", n=f"monitoring_{beside}")
    state = store.read(history=True)
    assert_same(state, no_news(before, base=before.base.iloc[:0], conflicts=before.conflicts.iloc[:0], runs=before.runs.iloc[:0]))
    after = put(store, lambda state: no_news(state, base=before.base, runs=before.runs))
    assert_same(after, no_news(before, conflicts=before.conflicts.iloc[:0]))


def test_a_table_that_staff_loaded_with_qgis(store, staff):
    staff.run("""CREATE TABLE {t} (id serial PRIMARY KEY, geom gis.geometry(Point, 31370), bottleneck_id varchar(40),
        status varchar(30), severity numeric(10, 0), first_seen timestamp, wijk varchar);
        INSERT INTO {t} (geom, bottleneck_id, status, severity, first_seen, wijk)
        VALUES (gis.ST_SetSRID(gis.ST_Point(1, 2), 31370), 'K-1', 'open', 3, '2026-01-01', 'Noord')""")
    state = store.read()
    assert state.table.loc[1, ["bottleneck_id", "status", "severity", "wijk"]].tolist() == ["K-1", "open", 3, "Noord"]
    assert state.table.loc[1, "first_seen"] == pd.Timestamp("2026-01-01")
    staff.run("ALTER TABLE {t} ADD COLUMN value numeric(6, 2) DEFAULT 90")
    assert store.read().table["value"].tolist() == ["90.00"]
    staff.run("ALTER TABLE {t} DROP value")
    assert state.table.crs.to_epsg() == 31370
    table = state.table.assign(remark="x", severity=pd.array([4], dtype="Int64"))
    assert_same(put(store, lambda state: no_news(state, table=table)), no_news(state, table=table))


def test_tables_that_cannot_be_kept_are_refused(store, staff):
    staff.run("CREATE TABLE {t} (bottleneck_id text, geom gis.geometry(Point, 31370))")
    with pytest.raises(InputError, match="ADD COLUMN fid bigint GENERATED"):
        store.read()
    staff.run("ALTER TABLE {t} ADD COLUMN fid bigint GENERATED BY DEFAULT AS IDENTITY UNIQUE")
    assert store.read().table.empty
    staff.run("ALTER TABLE {t} RENAME geom TO een; ALTER TABLE {t} ADD COLUMN twee gis.geometry")
    with pytest.raises(InputError, match="several columns with geometry \\(een, twee\\)"):
        store.read()
    staff.run("ALTER TABLE {t} DROP een, DROP twee")
    with pytest.raises(InputError, match="no column with geometry"):
        store.read()
    staff.run("ALTER TABLE {t} ADD COLUMN geom gis.geometry, ADD COLUMN geometry text")
    with pytest.raises(InputError, match="is called 'geometry'; rename it"):
        store.read()
    staff.run("DROP TABLE {t}; CREATE TABLE {t} (id serial PRIMARY KEY, waterpeil real, geom gis.geometry(Point, 31370))")
    with pytest.raises(InputError, match="another table, not one of bottlenecks"):
        filled(store)
    staff.run("DROP TABLE {t}; CREATE VIEW {t} AS SELECT 1 AS fid")
    with pytest.raises(InputError, match="is a view"):
        store.exists()


def test_coordinate_systems(store, staff):
    with pytest.raises(InputError, match="not one that the database knows"):
        put(store, lambda _: dataclasses.replace(first_state(), table=first_state().table.set_crs(None, allow_override=True)))
    local = 'LOCAL_CS["eigen",UNIT["metre",1]]'
    with pytest.raises(InputError, match=r"eigen.*EPSG:31370"):
        put(store, lambda _: dataclasses.replace(first_state(), table=first_state().table.set_crs(local, allow_override=True)))
    assert not store.exists()
    filled(store)
    dutch = first_state().table.set_crs(28992, allow_override=True)
    with pytest.raises(InputError, match=r"another coordinate system \(EPSG:31370\).*\(EPSG:28992\)"):
        put(store, lambda state: no_news(state, table=dutch))
    staff.run("ALTER TABLE {t} ALTER geom TYPE gis.geometry USING geom")
    assert store.read().table.crs.to_epsg() == 31370
    moved = store.read().table.copy()
    moved.loc[[1], "geometry"] = gpd.GeoSeries([shapely.Point(5, 6)], index=[1], crs=CRS)
    assert put(store, lambda state: no_news(state, table=moved)).table.geometry[1].wkt == "POINT (5 6)"
    staff.run("UPDATE {t} SET geom = gis.ST_SetSRID(geom, 28992) WHERE fid = 1")
    with pytest.raises(InputError, match=r"several coordinate systems \(SRID 28992, 31370\)"):
        store.read()


def test_no_schema_and_no_postgis(address, monkeypatch):
    with pytest.raises(InputError, match="no schema 'geen'"):
        filled(PostgisStore(VARIABLE, "geen.monitoring"))
    monkeypatch.setenv(VARIABLE, psycopg.conninfo.make_conninfo(address, dbname="postgres"))
    with psycopg.connect(os.environ[VARIABLE]) as connection:
        has_it = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone()
    if not has_it:
        with pytest.raises(InputError, match="CREATE EXTENSION postgis"):
            filled(PostgisStore(VARIABLE, "public.monitoring"))


@pytest.mark.parametrize("table", ["monitoring", "", ".x", "a.", f"public.{'m' * 60}", "a.b\0"])
def test_names_of_tables(table):
    with pytest.raises(ConfigError, match=r"schema\.table"):
        PostgisStore(VARIABLE, table)


def test_a_name_that_looks_like_code_is_a_name(store):
    odd = PostgisStore(VARIABLE, 'Toegang.x"; DROP TABLE y; %s --')
    assert not store.exists()
    filled(odd)
    assert odd.exists()
    table = odd.read().table.assign(street="%", **{'%s "kolom" {0}': "x"})
    assert set(put(odd, lambda state: no_news(state, table=table)).table['%s "kolom" {0}']) == {"x"}


def test_a_variable_that_is_not_set(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    for work in (PostgisStore(VARIABLE).exists, PostgisStore(VARIABLE).read):
        with pytest.raises(ConfigError, match="is not set"):
            work()


def test_the_package_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv(VARIABLE, "service=genk")
    with pytest.raises(MissingExtraError, match=r"toegankelijk\[postgis\]"):
        PostgisStore(VARIABLE).exists()


@pytest.mark.slow
def test_a_server_that_stops_in_the_middle_leaves_the_table_whole(monkeypatch):
    def update(number):
        def change(state):
            name = f"run {number}"
            entry = first_state(1).history.assign(run=number, new=name)
            runs = pd.concat([state.runs, state.runs.tail(1).assign(run=number)], ignore_index=True)
            table, base = state.table.assign(street=name), state.base.assign(street=name)
            return no_news(state, table=table, base=base, history=entry, runs=runs)

        return change

    def standing():
        state = store.read(history=True)
        told = {*state.table["street"], *state.base["street"]}
        assert len(told) == 1, f"torn: {told}"
        assert len(state.table) == len(state.base) == 1500
        assert told == {f"run {state.runs['run'].iloc[-1]}"}
        assert state.runs["run"].is_unique
        assert len(state.history) - 1500 == len(state.runs) - 1
        return told.pop()

    with own_server() as (address, stop, start):
        monkeypatch.setenv(VARIABLE, address)
        with psycopg.connect(address) as connection:
            connection.execute("CREATE EXTENSION postgis")
        store = PostgisStore(VARIABLE)
        filled(store, 1500)
        put(store, update(2))
        began = time.monotonic()
        put(store, update(3))
        lasted, last = time.monotonic() - began, "run 3"
        outcomes = []
        for number in range(20):
            blow = threading.Timer(lasted * number / 18, stop)
            blow.start()
            message = ""
            try:
                with store.edit() as desk:
                    state = desk.read()
                    desk.write(state, update(10 + number)(state))
            except InputError as error:
                message = str(error)
            blow.join()
            start()
            now = standing()
            outcomes.append("new" if now == f"run {10 + number}" else "old")
            if not message:
                assert outcomes[-1] == "new"
            elif "wholly up to date" not in message:
                assert outcomes[-1] == "old"
                assert "as it was" in message or "cannot be reached" in message
            assert now in {last, f"run {10 + number}"}
            last = now
        assert "old" in outcomes
