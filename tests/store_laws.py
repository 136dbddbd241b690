"""What every store of the monitoring table must do, whatever it keeps it in, with staff who work in it by its own means."""

import dataclasses
import datetime as dt
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk.ledger.fields import BASE_FIELDS, FIELDS, KEY, canonical
from toegankelijk.ledger.state import State, canonical_state, changes, empty_state
from toegankelijk.ledger.update import update

from .monitoring_world import World

CRS = "EPSG:31370"
HARD_TEXTS = (
    *(
        "a\tb",
        "a\nb",
        "a\r\nb\rc",
        "\\N",
        "\\.",
        "\\",
        "a'b\"c",
        "NULL",
        "null",
        "  spaces  ",
        "1.0",
        "1e5",
        "true",
        "{a,b}",
        "[1]",
    ),
    *(
        "é ß ĳ",
        "🦽 ♿",
        "e\u0301",
        "\u200b",
        "=1+1",
        "%s %(x)s {} ?",
        ";DROP TABLE monitoring;--",
        "x" * 5000,
        "\x7f",
        "nan",
        "inf",
    ),
)


class Staff(Protocol):
    """People with another program on the same table; they know rows by their number in the store."""

    def set(self, row: int, column: str, value: object) -> None:
        """Type something into a cell."""

    def copy(self, row: int, **values: object) -> None:
        """Paste a copy of a row, with other values in some cells."""

    def delete(self, row: int) -> None:
        """Delete a row."""

    def add_column(self, name: str, kind: str) -> None:
        """Make a column of ``text``, ``integer``, ``real``, ``boolean`` or ``date``."""

    def drop_column(self, name: str) -> None:
        """Take a column away."""

    def trace(self) -> object:
        """What changes when anything is written, were it the same value."""

    def trace_of(self, row: int) -> object:
        """What changes when a row is written."""


def some_rows(count: int, *, start: int = 0, crs: object = CRS) -> gpd.GeoDataFrame:
    """New rows for the table: every column filled somewhere, and empty somewhere."""
    at = np.arange(start, start + count)
    columns = {}
    for place, (name, field) in enumerate(FIELDS.items()):
        values = {
            "str": [f"{name[:20]} {number}" for number in at],
            "int32": [int(number) for number in at],
            "float": [float(number) * 12.5 for number in at],
            "date": [dt.date(2026, 1, 1) + dt.timedelta(days=int(number) % 300) for number in at],
        }[field.type.partition(":")[0]]
        columns[name] = [None if (number + place) % 5 == 0 else value for number, value in zip(at, values, strict=True)]
    columns[KEY] = [f"K-{number:012x}" for number in at]
    columns["remark"] = [HARD_TEXTS[number % len(HARD_TEXTS)] for number in at]
    points = shapely.points(200_000.125 + at * 3.0, 180_000.0625 + at % 7 / 3)
    index = pd.Index(-1 - np.arange(count), name="row")
    return gpd.GeoDataFrame(columns, geometry=points, crs=crs, index=index)


def base_of(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """What is kept of rows beside them."""
    base = pd.DataFrame(table.drop(columns="geometry")).assign(
        extra='{"wijk": "Noord ♿"}', x=table.geometry.x, y=table.geometry.y, deleted_on=None
    )
    shapes = shapely.buffer(table.geometry.to_numpy(), 1.0)
    return base.assign(shape=pd.Series(list(shapely.to_wkb(shapes)), index=table.index, dtype="object"))


def first_state(count: int = 12) -> State:
    """A table as the first update makes it."""
    table = some_rows(count)
    entries = {KEY: table[KEY], "changed_on": dt.date(2026, 5, 1), "run": 1, "field": "*", "old": "", "new": "open"}
    history = pd.DataFrame(entries).assign(cause="data", origin="screening 2026-05-01")
    conflict = {
        "conflict_id": "C-1",
        KEY: "K-1",
        "what": "report",
        "field": "",
        "note": HARD_TEXTS[2],
        "since": dt.date(2026, 5, 1),
    }
    run = {"run": 1, "run_on": dt.date(2026, 5, 1), "schema_version": 2, "action": "update", "city": "Genk", "crs": CRS}
    return canonical_state(table, base_of(table), history, pd.DataFrame([conflict]), pd.DataFrame([run]))


def put(store, change) -> State:
    """One update: what `change` makes of the state in the store; gives what then stands there."""
    with store.edit() as desk:
        before = desk.read()
        desk.write(before, change(before))
    return store.read()


def filled(store, count: int = 12) -> State:
    """A store with a table."""
    return put(store, lambda _: first_state(count))


def no_news(state: State, **parts: object) -> State:
    """A state after an update that adds nothing to the history but what is given."""
    return dataclasses.replace(state, **{"history": state.history.iloc[:0], **parts})


def assert_same(found: State, wanted: State, *, numbers: bool = True) -> None:
    """Both say the same, cell by cell; the numbers of rows too unless one of them has none yet."""
    if not numbers:
        found, wanted = (dataclasses.replace(one, table=one.table.reset_index(drop=True)) for one in (found, wanted))
    assert list(found.table) == list(wanted.table)
    assert found.table.index.tolist() == wanted.table.index.tolist()
    types = {name: field.type for name, field in FIELDS.items()}
    assert found.table.dtypes.to_dict() == canonical(found.table, types).dtypes.to_dict()
    wanted = dataclasses.replace(wanted, table=canonical(wanted.table, types))
    assert found.table.crs == wanted.table.crs
    empty = no_news(found, runs=found.runs.iloc[:0])
    differences = changes(empty, no_news(wanted, runs=wanted.runs.iloc[:0]))
    assert not differences, differences
    assert (
        found.runs.astype("object").fillna("").to_numpy().tolist() == wanted.runs.astype("object").fillna("").to_numpy().tolist()
    )
    assert found.base.index.equals(wanted.base.index.sort_values()) or set(found.base.index) == set(wanted.base.index)


def law_nothing_is_there_at_first(store, _staff):
    assert not store.exists()
    with store.edit() as desk:
        state = desk.read()
        assert state.table.empty
        desk.write(state, state)
    assert not store.exists()
    assert store.read().table.empty


def law_what_is_written_is_read(store, _staff):
    wanted = first_state(40)
    found = put(store, lambda _: wanted)
    assert store.exists()
    assert_same(found, wanted, numbers=False)
    assert found.table["remark"].tolist() == [HARD_TEXTS[row % len(HARD_TEXTS)] for row in range(40)]
    assert shapely.equals_exact(found.table.geometry.to_numpy(), wanted.table.geometry.to_numpy()).all()
    assert found.base["shape"].map(bytes).tolist() == wanted.base["shape"].tolist()
    assert found.conflicts["note"].tolist() == [HARD_TEXTS[2]]
    history = store.read(history=True).history
    assert (
        history[[KEY, "field", "new", "cause"]].to_numpy().tolist()
        == wanted.history[[KEY, "field", "new", "cause"]].to_numpy().tolist()
    )
    assert not found.missing
    assert len(found.history) == 0


def law_the_same_again_touches_nothing(store, staff):
    filled(store)
    trace = staff.trace()
    put(store, no_news)
    with store.edit():
        pass
    assert staff.trace() == trace


def law_one_cell_touches_one_row(store, staff):
    before = filled(store)
    row, other = before.table.index[3], before.table.index[4]
    trace = [staff.trace_of(one) for one in (row, other)]
    table = before.table.copy()
    table.loc[row, "street"] = "Nieuwstraat"
    found = put(store, lambda state: no_news(state, table=table))
    assert_same(found, no_news(before, table=table))
    assert staff.trace_of(row) != trace[0]
    assert staff.trace_of(other) == trace[1]


def law_every_kind_of_cell_can_change_and_be_emptied(store, _staff):
    before = filled(store)
    table = before.table.copy()
    first, second = table.index[:2]
    table.loc[first, ["severity", "remark", "target_year_staff"]] = [7, "", 2031]
    table.loc[first, "done_on"] = pd.Timestamp("2026-08-09")
    table.loc[second, list(FIELDS)[1:]] = (
        canonical_state(some_rows(1).iloc[:0], *(pd.DataFrame(),) * 4).table.reindex([0]).iloc[0]
    )
    for name, field in FIELDS.items():
        table.loc[second, name] = "" if field.type.startswith("str") and name != KEY else table.loc[second, name]
    table.loc[[first], "geometry"] = gpd.GeoSeries([shapely.Point(201_000.5, 181_000.25)], index=[first], crs=CRS)
    assert_same(put(store, lambda state: no_news(state, table=table)), no_news(before, table=table))


def law_new_rows_follow_and_old_ones_keep_their_numbers(store, _staff):
    before = filled(store)
    more = canonical_state(some_rows(5, start=50), *(pd.DataFrame(),) * 4).table
    after = put(store, lambda state: no_news(state, table=pd.concat([state.table, more])))
    assert after.table.index[:12].tolist() == before.table.index.tolist()
    assert after.table[KEY].tolist() == [*before.table[KEY], *more[KEY]]
    assert after.table.index.is_monotonic_increasing
    assert (after.table.index[12:] > before.table.index.max()).all()


def law_columns_of_staff_stay(store, staff):
    before = filled(store)
    one, two = before.table.index[:2]
    for kind in ("text", "integer", "real", "boolean", "date"):
        staff.add_column(f"Eigen {kind}", kind)
    staff.set(one, "Eigen text", "♿ 'x'")
    staff.set(one, "Eigen integer", 2**40)
    staff.set(two, "Eigen real", 0.1)
    staff.set(one, "Eigen boolean", True)
    staff.set(two, "Eigen date", "2026-02-28")
    state = store.read()
    assert state.extra == [f"Eigen {kind}" for kind in ("text", "integer", "real", "boolean", "date")]
    table = state.table
    assert table.loc[one, ["Eigen text", "Eigen integer", "Eigen boolean"]].tolist() == ["♿ 'x'", 2**40, True]
    assert table.loc[two, "Eigen real"] == 0.1
    assert pd.Timestamp(table.loc[two, "Eigen date"]) == pd.Timestamp("2026-02-28")
    assert table["Eigen text"].tolist()[1:] == [""] * 11
    changed = table.copy()
    changed.loc[two, "Eigen text"] = "uit Excel"
    changed.loc[two, "Eigen integer"] = 4
    changed.loc[one, "severity"] = 9
    more = canonical_state(some_rows(2, start=70), *(pd.DataFrame(),) * 4).table
    found = put(
        store, lambda state: no_news(state, table=pd.concat([changed, more.reindex(columns=changed.columns)]).set_crs(CRS))
    )
    kept = found.table.iloc[:12]
    assert_same(no_news(found, table=kept), no_news(state, table=changed))
    assert len(found.table) == 14


def law_pasted_split_and_deleted_rows_are_read_and_written(store, staff):
    before = filled(store)
    one, two, three = before.table.index[:3]
    staff.copy(one)
    staff.copy(two, **{KEY: None})
    staff.copy(two, **{KEY: "", "remark": "gesplitst"})
    staff.delete(three)
    state = store.read()
    ids = state.table[KEY].tolist()
    assert len(ids) == 14
    assert ids[-3:] == [before.table.loc[one, KEY], "", ""]
    table = state.table.copy()
    table[KEY] = [*ids[:-3], "E-000000000001", "E-000000000002", "E-000000000003"]
    table.loc[one, "street"] = "Alleen deze"
    found = put(store, lambda now: no_news(now, table=table))
    assert_same(found, no_news(state, table=table))
    assert (found.table["street"] == "Alleen deze").sum() == 1


def law_a_column_that_was_taken_away_comes_back(store, staff):
    before = filled(store)
    staff.drop_column("description")
    staff.drop_column("remark")
    state = store.read()
    assert set(state.missing) == {"description", "remark"}
    assert (state.table["remark"] == "").all()
    table = state.table.assign(description=before.table["description"])
    found = put(store, lambda now: no_news(now, table=table))
    assert not found.missing
    assert found.table["description"].tolist() == before.table["description"].tolist()
    assert (found.table["remark"] == "").all()


def law_a_new_column_can_be_written(store, _staff):
    before = filled(store)
    table = before.table.assign(wijk="")
    table.loc[table.index[2], "wijk"] = "Noord"
    found = put(store, lambda now: no_news(now, table=table))
    assert found.table["wijk"].tolist() == table["wijk"].tolist()


def law_what_is_kept_beside_it_changes_row_by_row(store, _staff):
    before = filled(store)
    base = before.base.copy()
    base.loc[base.index[1], ["street", "deleted_on"]] = ["Weg", pd.Timestamp("2026-09-01")]
    base = base.drop(index=base.index[2])
    fresh = canonical_state(some_rows(0), base_of(some_rows(1, start=90)), *(pd.DataFrame(),) * 3).base
    base = pd.concat([base, fresh])
    conflicts = before.conflicts.assign(decision="nieuw")
    second = conflicts.rename(index={"C-1": "C-2"}).assign(what="ambiguous", candidates="K-1|K-2")
    history = first_state(3).history.assign(run=2, field="street", old="", new="x")
    runs = pd.concat([before.runs, before.runs.assign(run=2, note="tweede")], ignore_index=True)
    after = no_news(before, base=base, conflicts=pd.concat([conflicts, second]), history=history, runs=runs)
    found = put(store, lambda _: after)
    assert_same(found, after)
    assert found.runs["run"].tolist() == [1, 2]
    assert store.read(history=True).history["run"].tolist() == [1] * 12 + [2] * 3
    emptied = no_news(found, conflicts=found.conflicts.iloc[:0])
    assert_same(put(store, lambda _: emptied), emptied)
    assert list(found.base.columns) == [name for name in BASE_FIELDS if name != KEY]


def law_an_error_leaves_all_as_it_was(store, staff):
    before = filled(store)
    trace = staff.trace()
    with pytest.raises(RuntimeError, match="in the middle"), store.edit() as desk:  # noqa: PT012 - what is undone is the point
        state = desk.read()
        desk.write(state, no_news(state, table=state.table.assign(street="Weg"), base=state.base.iloc[:0]))
        raise RuntimeError("in the middle")
    assert_same(store.read(), before)
    assert staff.trace() == trace


def law_two_writes_in_one_transaction(store, _staff):
    before = filled(store)
    with store.edit() as desk:
        for name in ("Eerste", "Tweede"):
            state = desk.read()
            desk.write(state, no_news(state, table=state.table.assign(street=name)))
    assert_same(store.read(), no_news(before, table=before.table.assign(street="Tweede")))


def law_staffs_word_is_read(store, staff):
    before = filled(store)
    row = before.table.index[5]
    staff.set(row, "status_staff", "uitgevoerd")
    staff.set(row, "done_on", "2026-10-01")
    staff.set(row, "target_year", 2040)
    staff.set(row, "remark", None)
    table = store.read().table
    assert table.loc[row, ["status_staff", "remark"]].tolist() == ["uitgevoerd", ""]
    assert table.loc[row, "done_on"] == pd.Timestamp("2026-10-01")
    assert table.loc[row, "target_year"] == 2040


def law_an_empty_table_is_a_table(store, _staff):
    put(store, lambda _: dataclasses.replace(empty_state(CRS), runs=first_state(1).runs))
    assert store.exists()
    assert store.read().table.crs == CRS
    assert len(filled(store).table) == 12


def law_years_of_updates_stand_as_the_ledger_made_them(store, staff):
    world = World(np.random.default_rng(5), size=24)
    day = dt.date(2026, 1, 1)
    for year in range(3):
        with store.edit() as desk:
            before = desk.read()
            after = update(before, world.snapshot(), today=day)
            desk.write(before, after)
        found = store.read()
        assert_same(found, after, numbers=False)
        trace = staff.trace()
        with store.edit() as desk:
            before = desk.read()
            desk.write(before, update(before, world.snapshot(), today=day))
        assert staff.trace() == trace
        rows = found.table.index
        staff.set(rows[8 + year], "description", f"anders {year}")
        staff.set(rows[1], "planning", "LT")
        staff.set(rows[2], "status_staff", "uitgevoerd")
        staff.copy(rows[3], **{KEY: None})
        staff.copy(rows[4])
        staff.delete(rows[5])
        world.change()
        day += dt.timedelta(days=200)
    state = store.read(history=True)
    assert {"staff", "street", "system"} & set(state.history["cause"])
    assert {"anders 0", "anders 1", "anders 2"} <= set(state.table["description"])
    assert "machine_field" in set(state.conflicts["what"])


LAWS = {name.removeprefix("law_"): law for name, law in dict(globals()).items() if name.startswith("law_")}
"""By what they say; each is given a store without a table, and staff who work in it."""
