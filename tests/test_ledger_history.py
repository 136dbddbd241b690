"""What the table was like before, what differs, and how it stands: against tables that were written down as they went."""

import datetime
import random
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk.errors import ConfigError
from toegankelijk.ledger.comparison import CHANGES, diff, status
from toegankelijk.ledger.fields import (
    BASE_FIELDS,
    CLOSED,
    FIELDS,
    HISTORY_FIELDS,
    KEY,
    RUN_FIELDS,
    as_text,
    canonical,
    pack_extra,
)
from toegankelijk.ledger.history import COUNTED, history_of, table_at, trends
from toegankelijk.ledger.state import State, canonical_state
from toegankelijk.ledger.update import update

from .memory_store import MemoryStore
from .monitoring_world import Staff, World

CRS = "EPSG:31370"
FIRST = datetime.date(2026, 3, 1)


def day(run):
    """Updates come every seven months."""
    month = FIRST.month - 1 + 7 * (run - 1)
    return datetime.date(FIRST.year + month // 12, month % 12 + 1, 1)


def table_of(rows, extra=()):
    """A table from its rows by id; a row is its cells, with `at` for the place. `extra` are columns that it has besides."""
    cells = [{KEY: key, **{name: value for name, value in row.items() if name != "at"}} for key, row in rows.items()]
    points = [shapely.Point(*row.get("at", (0, 0))) for row in rows.values()]
    frame = gpd.GeoDataFrame(pd.DataFrame(cells, columns=[KEY] if not cells else None), geometry=points, crs=CRS)
    frame = canonical(frame, {name: field.type for name, field in FIELDS.items()} | dict.fromkeys(sorted(extra), "str"))
    return frame[[*FIELDS, *(name for name in frame if name not in FIELDS and name != "geometry"), "geometry"]]


def ledger_of(versions):
    """The state after versions of a table, one per update: base, history and runs are written from what differs, cell by cell."""
    history, gone, before, said, last = [], {}, {}, {}, {}
    own = {name for rows in versions for row in rows.values() for name in row} - {*FIELDS, "at"}
    tables = [table_of(rows, own) for rows in versions]
    for run, table in enumerate(tables, 1):
        now = table.set_index(KEY)
        texts = {key: {name: as_text(row[name]) for name in row.index} for key, row in now.iterrows()}
        for key, row in texts.items():
            row["geometry"] = f"{now.geometry[key].x:.3f} {now.geometry[key].y:.3f}"

        def tell(key, name, old, new, cause, run=run):
            history.append([key, pd.Timestamp(day(run)), run, name, old, new, cause, f"update {run}"])

        for key in texts.keys() - before.keys():
            tell(key, "*", "", "restored" if key in gone else "new", "staff" if key in gone else "data")
            gone.pop(key, None)
        for key in before.keys() - texts.keys():
            tell(key, "*", "", "deleted", "staff")
            gone[key] = run
        for key in texts.keys() & said.keys():  # of one that came back, against what it said when it went
            names = {name for name in {*texts[key], *said[key]} if name not in FIELDS or FIELDS[name].logged}
            for name in sorted(names):
                old, new = said[key].get(name, ""), texts[key].get(name, "")
                if old != new:
                    tell(key, name, old, new, "street")
        before = texts
        said |= texts
        last |= {key: now.loc[key] for key in texts}
    return _state(tables[-1], last, gone, history, len(versions))


def _state(table, last, gone, history, runs):
    extra = [name for name in table if name not in FIELDS and name != "geometry"]
    base = pd.DataFrame([{KEY: key, **row[list(set(FIELDS) - {KEY})]} for key, row in last.items()])
    own = pd.DataFrame([{name: row.get(name, "") for name in extra} for row in last.values()], columns=extra)
    base = base.assign(extra=pack_extra(own), x=[row.geometry.x for row in last.values()])
    base = base.assign(y=[row.geometry.y for row in last.values()])
    base["deleted_on"] = [pd.Timestamp(day(gone[key])) if key in gone else pd.NaT for key in base[KEY]]
    log = pd.DataFrame(history, columns=list(HISTORY_FIELDS))
    made = pd.DataFrame({"run": range(1, runs + 1), "run_on": [pd.Timestamp(day(run)) for run in range(1, runs + 1)]})
    return canonical_state(table, canonical(base, BASE_FIELDS), log, pd.DataFrame(), canonical(made, RUN_FIELDS))


def plain(table, names=None):
    """What a table says, by id: texts of what is logged and of staff's own columns, and the places."""
    names = [name for name in table if name != "geometry" and (name not in FIELDS or FIELDS[name].logged)]
    return {
        row[KEY]: {name: as_text(row[name]) for name in names if name != KEY and as_text(row[name])}
        | {"geometry": shapely.to_wkt(row["geometry"], rounding_precision=3)}
        for row in table.to_dict("records")
    }


def random_versions(seed):
    """Up to five versions of a small table; rows come, go and come again, any cell may change."""
    rng = random.Random(seed)  # noqa: S311 - it hides nothing
    choices = {
        "status": ["open", "gepland", "uitgevoerd", "geverifieerd", "heropend", "aanvaard"],
        "severity": [1, 2, 3, 4],
        "planning": ["KT", "MLT", "LT"],
        "target_year": [2026, 2030, 2040],
        "remark": ["a", "b\nc", "'é;", "=1"],
        "done_on": [datetime.date(2026, 1, 1), datetime.date(2029, 12, 31)],
        "wijkbudget": ["1000", "2000.5", "later"],
        "at": [(0, 0), (1, 0), (0, 2)],
    }

    def row():
        return {name: rng.choice(values) for name, values in choices.items() if name == "status" or rng.random() < 0.5}

    keys = ["K-1", "K-2", "K-3", "E-4"]
    return [{key: row() for key in rng.sample(keys, rng.randint(1, 4))} for _ in range(rng.randint(1, 5))]


@pytest.fixture(scope="module", params=range(8))
def versions(request):
    return random_versions(request.param)


@pytest.fixture(scope="module")
def state(versions):
    return ledger_of(versions)


def test_the_table_of_every_update_comes_back_from_the_last_one(versions, state):
    for run, rows in enumerate(versions, 1):
        wanted = plain(table_of(rows))
        assert plain(table_at(state, run)) == wanted
        assert plain(table_at(state, day(run))) == wanted
        assert plain(table_at(state, day(run) + datetime.timedelta(days=3))) == wanted
    assert table_at(state, FIRST - datetime.timedelta(days=1)).empty


def test_types_are_those_of_the_table(versions, state):
    for run in range(1, len(versions) + 1):
        then = table_at(state, run)
        assert {name: then[name].dtype for name in FIELDS} == {name: state.table[name].dtype for name in FIELDS}
        assert then.crs == state.table.crs


def test_open_at_the_end_of_a_year_is_what_the_table_of_that_day_says(versions, state):
    table = trends(state, by="theme").set_index(["theme", "year"])
    years = range(FIRST.year, day(len(versions)).year + 1)
    assert table.loc["city"].index.tolist() == list(years)
    for year in years:
        then = table_at(state, datetime.date(year, 12, 31))
        standing = int((~then["status"].isin(CLOSED)).sum())
        assert table.loc[("city", year), "open"] == standing
    deleted = state.history["field"].eq("*") & state.history["new"].eq("deleted")
    assert table.loc["city", "deleted"].sum() == deleted.sum()
    assert table.loc["city", "new"].sum() == len({key for rows in versions for key in rows})


@pytest.mark.parametrize("seed", range(2))
def test_years_of_real_updates_and_edits_are_walked_back_cell_by_cell(seed):
    rng = np.random.default_rng(seed)
    world, staff, store, told = World(rng, size=15), Staff(rng), MemoryStore(), {}
    for _ in range(4):
        with store.edit() as desk:
            before = desk.read()
            desk.write(before, update(before, world.snapshot(), today=world.day, most_deleted=1))
        state = store.read(history=True)
        told[int(state.runs["run"].max())] = plain(state.table)
        for _ in range(20):
            store.table, store.next = staff.work(store.table, store.next)
        world.change()
    state = store.read(history=True)
    for run, wanted in told.items():
        found = plain(table_at(state, run))
        for rows in (wanted, found):  # where a screening moved a point is not in the history
            for row in rows.values():
                del row["geometry"]
        assert found == wanted
    year = int(state.runs["run_on"].max().year)
    last = table_at(state, int(state.runs["run"].max()))
    counted = trends(state).set_index(["zone_id", "year"]).loc[("city", year), "open"]
    assert counted == int((~last["status"].isin(CLOSED)).sum())


def test_trends_count_what_was_planted():
    rows = {key: {"status": "open", "zone_id": zone, "theme": "haltes"} for key, zone in (("K-1", "WZ-1"), ("K-2", "WZ-2"))}
    done = {**rows, "K-1": {**rows["K-1"], "status": "uitgevoerd"}}  # October 2026
    sure = {**done, "K-1": {**rows["K-1"], "status": "geverifieerd"}, "K-3": rows["K-2"]}  # May 2027
    back = {**sure, "K-1": {**rows["K-1"], "status": "heropend"}, "K-3": {**rows["K-2"], "status": "onterecht"}}  # December 2027
    del back["K-2"]
    table = trends(ledger_of([rows, done, sure, back]))
    assert table.columns.tolist() == ["zone_id", "year", "new", *COUNTED, "reopened", "deleted", "open"]
    counted = {(row["zone_id"], row["year"]): {name: row[name] for name in row if row[name]} for row in table.to_dict("records")}
    for row in counted.values():
        del row["zone_id"], row["year"]
    assert counted == {
        ("WZ-1", 2026): {"new": 1, "uitgevoerd": 1},
        ("WZ-1", 2027): {"geverifieerd": 1, "reopened": 1, "open": 1},
        ("WZ-2", 2026): {"new": 1, "open": 1},
        ("WZ-2", 2027): {"new": 1, "onterecht": 1, "deleted": 1},
        ("city", 2026): {"new": 2, "uitgevoerd": 1, "open": 1},
        ("city", 2027): {"new": 1, "geverifieerd": 1, "onterecht": 1, "reopened": 1, "deleted": 1, "open": 1},
    }


def test_trends_of_a_table_that_is_older_than_its_history():
    state = ledger_of([{"K-1": {"status": "open", "zone_id": "WZ-1", "first_seen": datetime.date(2024, 6, 1)}}])
    state = replace(state, history=state.history.iloc[:0])
    table = trends(state).set_index(["zone_id", "year"])
    assert table.loc["WZ-1", "open"].to_dict() == {2024: 1, 2025: 1, 2026: 1}
    assert table.loc["WZ-1", "new"].to_dict() == {2024: 1, 2025: 0, 2026: 0}


def test_trends_by_two_columns_and_by_one_that_is_not_there():
    rows = {"K-1": {"status": "open", "zone_id": "WZ-1", "theme": "haltes"}, "K-2": {"status": "open", "zone_id": "WZ-1"}}
    table = trends(ledger_of([rows]), by=["zone_id", "theme"])
    assert table[["zone_id", "theme", "open"]].to_numpy().tolist() == [["WZ-1", "", 1], ["WZ-1", "haltes", 1], ["city", "", 2]]
    with pytest.raises(ConfigError, match="'wijk'"):
        trends(ledger_of([rows]), by="wijk")


def edited(state, cells):
    """The table with cells that staff changed since it was written."""
    table = state.table.copy()
    for (key, name), value in cells.items():
        if name not in table:
            table[name] = pd.Series("", index=table.index, dtype="object")
        table.loc[table[KEY] == key, name] = value
    return replace(state, table=table)


def test_what_staff_typed_since_is_there_only_on_days_after_the_update():
    rows = {"K-1": {"status": "open", "severity": 3, "street": "Dorpsstraat", "wijk": "Noord"}, "K-2": {"status": "open"}}
    state = ledger_of([rows])
    typed = edited(state, {("K-1", "status"): "gepland", ("K-1", "street"): "Kerkstraat", ("K-1", "wijk"): "Zuid"})
    typed = replace(typed, table=typed.table.iloc[:1])  # K-2 was deleted
    pasted = pd.concat([typed.table, typed.table.assign(**{KEY: ""})])
    typed = replace(typed, table=pasted)
    assert plain(table_at(typed, 1)) == plain(state.table)
    assert plain(table_at(typed, FIRST)) == plain(state.table)
    assert len(table_at(typed, FIRST + datetime.timedelta(days=1))) == 2
    steps = diff(table_at(typed, 1), table_at(typed, datetime.date(2030, 1, 1)))
    assert steps[["change", "field"]].to_numpy().tolist() == [
        *(["new", "*"], ["gone", "*"], ["edited", "wijk"], ["changed", "street"], ["changed", "status"])
    ]
    assert trends(typed)["open"].tolist() == trends(state)["open"].tolist()


def test_a_cell_of_the_machine_that_staff_hold_is_theirs_at_the_last_update_too():
    state = ledger_of([{"K-1": {"status": "open", "value": "1,10 m", "at": (5, 5)}}])
    held = pd.DataFrame(
        [
            ["C-1", "K-1", "machine_field", "value", "0,90 m", "1,10 m"],
            ["C-2", "K-1", "machine_field", "geometry", "7.000 8.000", ""],
        ],
        columns=["conflict_id", KEY, "what", "field", "staff_value", "machine_value"],
    )
    state = canonical_state(state.table, state.base.reset_index(), state.history, held, state.runs)
    row = table_at(state, 1).iloc[0]
    assert (row["value"], row["geometry"]) == ("0,90 m", shapely.Point(7, 8))


def test_an_update_that_never_was_is_refused():
    state = ledger_of([{"K-1": {"status": "open"}}, {"K-1": {"status": "open"}}])
    with pytest.raises(ConfigError, match="no update 3 of the table; there are 1 to 2"):
        table_at(state, 3)


def test_history_of_one_bottleneck_since_a_day_and_of_one_cause():
    rows = {key: {"status": "open", "street": "Dorpsstraat"} for key in ("K-1", "K-2")}
    then = {"K-1": {"status": "uitgevoerd", "street": "Dorpsstraat"}}
    state = ledger_of([rows, then])
    told = history_of(state, "K-1")
    assert told[["run", "street", "field", "old", "new"]].to_numpy().tolist() == [
        [1, "Dorpsstraat", "*", "", "new"],
        [2, "Dorpsstraat", "status", "open", "uitgevoerd"],
    ]
    assert history_of(state, "K-2", since=day(2))["new"].tolist() == ["deleted"]
    assert history_of(state, "K-2")["street"].tolist() == ["Dorpsstraat"] * 2
    assert history_of(state, cause="staff")[KEY].tolist() == ["K-2"]
    with pytest.raises(ConfigError, match="never had a bottleneck 'K-9'"):
        history_of(state, "K-9")
    with pytest.raises(ConfigError, match="choose one of street, data"):
        history_of(state, cause="weather")


def changes_of(before, after):
    return [tuple(row) for row in diff(table_of(before), table_of(after)).to_numpy().tolist()]


def test_diff_tells_new_gone_better_worse_and_edited():
    asked = {"level": "A", "required": "≥ 1,50 m", "severity": 3, "status": "open"}
    before = {f"K-{i}": dict(asked) for i in range(1, 7)}
    after = {f"K-{i}": dict(asked) for i in range(2, 8)}
    after["K-2"] |= {"severity": 2, "value": "1,40 m"}
    after["K-3"] |= {"severity": 4}
    after["K-4"] |= {"status": "uitgevoerd", "status_staff": "uitgevoerd", "remark": "klaar"}
    after["K-5"] |= {"severity": 2, "level": "B"}
    after["K-6"] |= {"status": "onterecht", "status_staff": "onterecht", "wijk": "Noord"}
    assert changes_of(before, after) == [
        ("K-7", "new", "*", "", "open"),
        ("K-1", "gone", "*", "open", ""),
        ("K-2", "better", "severity", "3", "2"),
        ("K-4", "better", "status", "open", "uitgevoerd"),
        ("K-3", "worse", "severity", "3", "4"),
        ("K-6", "edited", "status", "open", "onterecht"),
        ("K-4", "edited", "remark", "", "klaar"),
        ("K-6", "edited", "wijk", "", "Noord"),
        ("K-5", "changed", "level", "A", "B"),
        ("K-2", "changed", "value", "", "1,40 m"),
        ("K-5", "changed", "severity", "3", "2"),
    ]


def test_a_proposal_that_moves_is_no_edit_and_a_staff_value_that_confirms_is():
    row = {"planning": "KT", "planning_proposed": "KT", "status": "open"}
    before = {"K-1": row, "K-2": row}
    after = {"K-1": {**row, "planning": "LT", "planning_proposed": "LT"}, "K-2": {**row, "planning_staff": "KT"}}
    assert changes_of(before, after) == [
        ("K-2", "edited", "planning_staff", "", "KT"),
        ("K-1", "changed", "planning", "KT", "LT"),
    ]


def test_a_point_that_moved_is_told_in_metres_also_between_coordinate_systems():
    before, after = (table_of({"K-1": {"status": "open", "at": at}}) for at in ((228000, 179000), (228000, 179002)))
    assert diff(before, after)[["change", "field", "after"]].to_numpy().tolist() == [
        ["changed", "geometry", "228000.00 179002.00"]
    ]
    assert diff(before, before.to_crs("EPSG:3812")).empty


def test_a_table_does_not_differ_from_itself_however_it_is_sorted(state):
    table = state.table
    assert diff(table, table).empty
    assert diff(table, table.iloc[::-1]).empty
    assert set(diff(table, table.iloc[:0])["change"]) <= {"gone"}


def test_every_difference_is_told_once_and_both_ways(versions):
    first, last = table_of(versions[0]), table_of(versions[-1])
    there, back = diff(first, last), diff(last, first)
    turned = {"new": "gone", "gone": "new", "better": "worse", "worse": "better"}
    assert set(there["change"]) <= set(CHANGES)
    assert not there.duplicated([KEY, "field"]).any()
    one = {(row[0], turned.get(row[1], row[1]), row[2], row[4], row[3]) for row in there.to_numpy().tolist()}
    assert one == {tuple(row) for row in back.to_numpy().tolist()}


def test_rows_without_or_with_doubled_ids_are_compared_in_their_order():
    table = table_of({"K-1": {"status": "open"}})
    twice = pd.concat([table, table, table.assign(**{KEY: ""})], ignore_index=True)
    assert diff(twice, twice).empty
    assert diff(table, twice)[[KEY, "change"]].to_numpy().tolist() == [["K-1", "new"], ["", "new"]]


def test_status_counts_what_was_planted():
    row = {"status": "open", "planning": "KT", "responsible": "wegen", "target_year": 2026}
    first = {"K-1": row}
    rows = {
        **{"K-1": row, "K-2": {**row, "responsible": "groen"}, "K-3": {**row, "target_year": 2030, "planning": "LT"}},
        **{"K-4": {**row, "status": "uitgevoerd", "done_on": datetime.date(2026, 9, 1)}},
        "K-5": {**row, "status": "uitgevoerd", "done_on": datetime.date(2026, 9, 1), "observed_on": datetime.date(2026, 9, 2)},
        "K-6": {**row, "status": "heropend", "target_year": None},
    }
    state = ledger_of([first, rows])
    found = pd.DataFrame([["C-1", "K-1", "ambiguous"], ["C-2", "", "field_gone"]], columns=["conflict_id", KEY, "what"])
    state = canonical_state(state.table, state.base.reset_index(), state.history, found, state.runs)
    counted = status(state, today=datetime.date(2027, 1, 1))
    assert counted.to_numpy().tolist() == [
        *(["total", "", 6], ["open", "", 4]),
        *(["status", "open", 3], ["status", "uitgevoerd", 2], ["status", "heropend", 1]),
        *(["planning", "KT", 3], ["planning", "LT", 1], ["responsible", "wegen", 3], ["responsible", "groen", 1]),
        *(["overdue", "groen", 1], ["overdue", "wegen", 1], ["to_verify", "", 1], ["new", "", 5]),
        *(["conflicts", "ambiguous", 1], ["conflicts", "field_gone", 1]),
    ]
    assert "overdue" in set(status(state, today=FIRST)["what"])
    assert status(state, today=FIRST).set_index("what").loc["overdue", "count"] == 0


def test_status_of_an_empty_table_is_noughts():
    empty = table_of({})
    state = State(empty, *(pd.DataFrame(columns=[KEY, "what"]) for _ in range(2)), *(pd.DataFrame() for _ in range(2)))
    state = canonical_state(state.table, pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), pd.DataFrame())
    assert set(status(state, today=FIRST)["count"]) == {0}
    assert trends(state).empty
    assert history_of(state).empty
