"""A plan in the monitoring table: what staff choose moves it, and every row says the term that its reason speaks of."""

import dataclasses

import numpy as np
import pytest

import toegankelijk as tg
from toegankelijk.ledger.fields import FIELDS, KEY
from toegankelijk.screening.plans import plan_city

from .screenings import screen_once

BUDGET = "in het plan in "


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city("walking"))


def rows_of(folder):
    return tg.open_store(folder / "monitoring.gpkg").read().table.set_index("object_id")


def said_terms(rows):
    """The term that each reason of a plan speaks of; LT where the money does not reach."""
    reason = rows["planning_reason"].astype("object")
    return reason[reason.str.startswith(BUDGET) | reason.str.startswith("niet binnen het budget")].map(
        lambda text: text.removeprefix(BUDGET).partition(":")[0] if text.startswith(BUDGET) else "LT"
    )


def test_bottlenecks_say_nothing_but_what_the_table_has_a_column_for(screening):
    planned = plan_city(screening)
    for table in (screening.table, screening.weighed.table, planned.plan.table, planned.screening.table):
        assert set(table) - set(FIELDS) == {"geometry"}


def test_what_planned_works_or_a_plan_decide_is_known_by_its_id(screening):
    def reasons(table):
        return table.set_index("bottleneck_id")["planning_reason"].astype("object")

    pulled = reasons(screening.table).str.startswith("samen met geplande werken")
    assert screening.decided == set(pulled.index[pulled])
    assert 0 < pulled.sum() < len(pulled)
    planned = plan_city(screening).screening
    before, after = reasons(screening.table), reasons(planned.table)
    by_plan = {one for one in after.index if after[one] != before[one]}
    assert planned.decided == by_plan | screening.decided
    assert screening.decided < planned.decided < set(after.index), "the plan decides more, and of what others own nothing"


@pytest.mark.slow
def test_a_plan_follows_what_staff_choose_and_rows_say_the_term_of_their_reason(screening, tmp_path):
    screening.write(tmp_path)
    first = rows_of(tmp_path)
    assert set(first["planning"]) == {"KT", "MLT", "LT"}
    assert first.loc[said_terms(first).index, "planning"].tolist() == said_terms(first).tolist()
    assert first.at["DG-E1", "target_year"] == 2027
    assert first.at["DG-E1", "planned_work"]
    with tg.open_store(tmp_path / "monitoring.gpkg").edit() as desk:
        before = desk.read()
        table = before.table.copy()
        chosen = table["object_id"].eq("VP-D5-pad")
        assert table.loc[chosen, "planning"].tolist() == ["LT"]
        table.loc[chosen, "planning_staff"] = "KT"
        desk.write(before, dataclasses.replace(before, table=table))
    screening.write(tmp_path)
    second = rows_of(tmp_path)
    assert second.at["VP-D5-pad", "planning"] == "KT"
    assert (second["planning"] != first["planning"].reindex(second.index)).sum() > 1, "its money is not there for others"
    assert second.loc[said_terms(second).index, "planning"].tolist() == said_terms(second).tolist()
    own = second["track"].eq("eigen")
    spent = second[own].groupby("planning")["cost_eur"].sum()
    assert spent["KT"] <= 11_000
    assert spent["MLT"] <= 8_000
    screening.write(tmp_path)
    third = rows_of(tmp_path)
    assert np.array_equal(third[KEY], second[KEY])
    assert third["planning"].tolist() == second["planning"].tolist()
