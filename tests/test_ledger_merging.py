"""Edits from elsewhere: what a cell cannot hold is listed, and the cell stays."""

import datetime

import numpy as np
import pandas as pd

from toegankelijk.ledger.merging import EDIT_COLUMNS, apply_edits

from .memory_store import MemoryStore
from .monitoring_world import World


def test_a_word_in_a_number_column_of_staff_is_listed_and_the_number_stays():
    from toegankelijk.ledger.update import update

    state = update(MemoryStore().read(), World(np.random.default_rng(1), size=3).snapshot(), today=datetime.date(2026, 1, 1))
    state.table["bedrag"] = [100.0, 200.0, 300.0]
    first, second, _ = state.table["bottleneck_id"]
    edits = pd.DataFrame([(first, "bedrag", "100", "veel", "Blad", "A3"), (second, "bedrag", "200", "250", "Blad", "A4")])
    after, told = apply_edits(state, edits.set_axis(EDIT_COLUMNS, axis=1), today=datetime.date(2026, 1, 2), origin="x.xlsx")
    assert told["outcome"].tolist() == ["unfit", "set"]
    assert after.table["bedrag"].tolist() == [100.0, 250.0, 300.0]
    assert after.conflicts[["what", "bottleneck_id", "staff_value"]].to_numpy().tolist() == [["workbook", first, "veel"]]


def test_a_word_in_a_number_column_of_staff_is_kept_in_a_row_that_people_added():
    from toegankelijk.ledger.update import update

    state = update(MemoryStore().read(), World(np.random.default_rng(1), size=3).snapshot(), today=datetime.date(2026, 1, 1))
    state.table["bedrag"] = [100.0, 200.0, 300.0]
    added = pd.DataFrame({"bottleneck_id": ["", ""], "bedrag": ["veel", "12"]}).set_axis([0, 1])
    none = pd.DataFrame(columns=EDIT_COLUMNS)
    after, _ = apply_edits(state, none, added=added, today=datetime.date(2026, 1, 2), origin="x.xlsx")
    assert after.table["bedrag"].tolist()[:3] == [100.0, 200.0, 300.0]
    assert "veel" in after.table["bedrag"].tolist()
