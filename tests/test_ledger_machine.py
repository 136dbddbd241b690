"""Years of screenings with staff at work between them: nothing that they typed is lost, or moves to another bottleneck."""

import datetime

import numpy as np
import pytest
import shapely

from toegankelijk.ledger.fields import KEY, as_text
from toegankelijk.ledger.state import changes
from toegankelijk.ledger.update import update

from .memory_store import MemoryStore, plain
from .monitoring_world import Staff, World


def screen_again(store, world, today):
    with store.edit() as desk:
        before = desk.read()
        after = update(before, world.snapshot(), today=today)
        desk.write(before, after)
    again = store.read()
    assert not changes(again, update(again, world.snapshot(), today=today)), "the same input twice changes nothing"


def nothing_is_lost(store, staff):
    """Every word stands in its row, or in the list of conflicts under that row's id, or that of the row it was copied from."""
    state = store.read()
    lost = []
    for row, told in staff.typed.items():
        assert row in state.table.index, f"row {row} is gone"
        cells = state.table.loc[row]
        words = {as_text(value) for name, value in cells.items() if name != "geometry"}
        names = {cells[KEY], cells["parent_id"]}  # of two rows with one id, the one that was edited is taken for the copy
        listed = set(state.conflicts.loc[state.conflicts[KEY].isin(names), "staff_value"])
        for name, value in told.items():
            if name == "geometry":
                lost += [] if shapely.equals_exact(cells["geometry"], value, tolerance=1e-6) else [(row, name)]
            elif value not in words | listed:
                lost.append((row, name, value))
    assert not lost, f"{len(lost)} words are lost: {lost[:5]}"


def ids_stay_with_their_objects(store, world, truth):
    """A bottleneck never goes over to another object."""
    base = store.read().base
    for id_, kind, object_id in zip(base.index, base["kind"], base["object_id"], strict=True):
        uid = world.uid_of(kind, object_id)
        if id_.startswith("K-") and uid is not None:
            assert truth.setdefault(id_, uid) == uid, f"{id_} went from object {truth[id_]} to {uid}"


def run(seed, acts, rounds, store):
    rng = np.random.default_rng(seed)
    world, staff, truth = World(rng), Staff(rng), {}
    day = datetime.date(2026, 1, 1)
    screen_again(store, world, day)
    for _ in range(rounds):
        table = plain(store.table)
        for _ in range(acts // rounds):
            table, store.next = staff.work(table, store.next)
        store.table = table
        world.change()
        day += datetime.timedelta(days=100)
        screen_again(store, world, day)
        nothing_is_lost(store, staff)
        ids_stay_with_their_objects(store, world, truth)
    state = store.read(history=True)
    assert state.table[KEY].is_unique
    assert state.table[KEY].ne("").all()
    issued = state.history.loc[state.history["field"].eq("*") & state.history["new"].isin(["new", "split"]), KEY]
    assert issued.is_unique, "an id is never issued twice"
    return state


@pytest.mark.parametrize("seed", range(2))
def test_no_word_of_staff_is_lost_in_years_of_screenings(seed):
    run(seed, acts=100, rounds=5, store=MemoryStore())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_no_word_of_staff_is_lost_in_a_thousand_edits(seed):
    run(seed, acts=1000, rounds=10, store=MemoryStore())
