"""The tables of a programme: what is refused, all at once, and what they become as arrays."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from toegankelijk.errors import InputError
from toegankelijk.planning.matrices import as_arrays, points, spend_rows
from toegankelijk.planning.programme import NEVER, Programme, jobs_in_circles

JOBS = pd.DataFrame(
    {"cost": [10.0, 20.0, 30.0], "service": ["roads", "roads", "parks"], "value": [1.0, 2.0, 3.0], "own": True},
    index=["c", "a", "b"],
)
TERMS = pd.DataFrame({"weight": [1.0, 0.8, 0.6]}, index=["KT", "MLT", "LT"])
BUDGETS = pd.DataFrame({"term": ["KT", "LT", "KT"], "service": ["roads", "roads", ""], "amount": [25.0, 10.0, 40.0]})


def programme(**tables: object) -> Programme:
    return Programme(**({"jobs": JOBS, "terms": TERMS, "budgets": BUDGETS} | tables))


def problems(**tables: object) -> str:
    with pytest.raises(InputError) as error:
        programme(**tables)
    return "\n".join(error.value.problems)


def test_all_faults_are_told_at_once():
    told = problems(
        jobs=JOBS.assign(cost=[-1.0, np.nan, 3.0], value=[1.0, np.inf, 1.0]),
        terms=TERMS.assign(weight=[0.5, 0.8, 1.2]),
        budgets=pd.concat([BUDGETS, BUDGETS.iloc[:1], BUDGETS.iloc[:1].assign(term="2040")]),
        order=pd.DataFrame({"first": ["a"], "then": ["z"]}),
        fixed=pd.Series({"a": "someday", "y": "KT"}),
        packages=pd.DataFrame({"package": ["p"], "job": ["x"]}),
        minimums=pd.DataFrame({"area": ["w"], "share": [1.5]}),
    )
    for words in (
        "jobs: cost must be a number, 0 or more: 'a', 'c'",
        "jobs: value must be a number, 0 or more: 'a'",
        "terms: weight must be a number, 0 to 1: 'LT'",
        "terms: a later term weighs more",
        "budgets: more than once: 'KT, roads'",
        "budgets: no term '2040'",
        "order: no job 'z'",
        "fixed: no job 'y'",
        "fixed: no term 'someday'",
        "packages: no job 'x'",
        "packages: no value for 'p'",
        "minimums: share must be a number, 0 to 1: 'w'",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"jobs": JOBS.drop(columns="own")}, "jobs: no column own"),
        ({"jobs": pd.concat([JOBS, JOBS.iloc[:1]])}, "jobs: more than once: 'c'"),
        ({"terms": TERMS.rename(index={"KT": NEVER})}, "no term can be called 'never'"),
        ({"terms": TERMS.iloc[:0], "budgets": BUDGETS.iloc[:0]}, "terms: there is none"),
        ({"package_values": pd.Series({"p": 1.0})}, "package_values: no jobs in 'p'"),
        ({"order": pd.DataFrame({"first": ["a", "b"], "then": ["b", "a"]})}, "wait for each other: 'a', 'b'"),
        ({"order": pd.DataFrame({"first": ["a"], "then": ["a"]})}, "wait for each other: 'a'"),
        ({"fixed": pd.Series({"a": "KT", "c": "KT"})}, "30 EUR in term 'KT' for 'roads'; the budget is 25 EUR"),
        ({"fixed": pd.Series({"a": "KT", "b": "KT"})}, "50 EUR in term 'KT' for all services; the budget is 40 EUR"),
    ],
)
def test_a_fault_is_named(tables, words):
    assert words in problems(**tables)


@pytest.mark.parametrize("fixed", [{"a": NEVER, "b": "LT"}, {"a": "LT", "b": "MLT"}])
def test_a_fixed_job_whose_first_comes_too_late_is_refused(fixed):
    order = pd.DataFrame({"first": ["a"], "then": ["b"]})
    assert "'a' must be done for the sake of a later job that is fixed" in problems(order=order, fixed=pd.Series(fixed))


def test_a_third_party_that_gave_no_term_cannot_come_first():
    jobs = JOBS.assign(own=[True, False, True])
    order = pd.DataFrame({"first": ["a"], "then": ["b"]})
    assert "'a' must be done" in problems(jobs=jobs, order=order, fixed=pd.Series({"b": "LT"}))


def test_circles_are_found_with_what_waits_behind_them():
    order = pd.DataFrame({"first": ["a", "b", "c", "x"], "then": ["b", "c", "a", "a"]})
    assert jobs_in_circles(order) == ["a", "b", "c"]
    assert jobs_in_circles(order.iloc[[0, 1, 3]]) == []


def test_arrays_are_sorted_and_hold_what_tables_say():
    arrays = as_arrays(programme(fixed=pd.Series({"b": "MLT"})))
    assert list(arrays.ids) == ["a", "b", "c"]
    assert arrays.row_names == (("KT", ""), ("KT", "roads"), ("LT", "roads"))
    assert arrays.choices.tolist() == [
        [True, True, False, True],  # 20 EUR is more than roads have in LT, and MLT has no limit
        [False, True, False, False],
        [True, True, True, True],
    ]
    chosen = np.array([0, 1, 2])
    assert spend_rows(arrays, chosen).tolist() == [20, 20, 10]
    assert points(arrays, chosen) == pytest.approx(2 + 0.8 * 3 + 0.6 * 1)


def test_money_carried_over_makes_rows_of_all_up_to_their_term():
    arrays = as_arrays(programme(carry_over=True))
    assert dict(zip(arrays.row_names, arrays.amounts, strict=True)) == {("KT", ""): 40, ("KT", "roads"): 25, ("LT", "roads"): 35}
    assert spend_rows(arrays, np.array([0, 0, 2])).tolist() == [50, 20, 30]


def test_what_follows_from_fixed_choices_goes_along_a_chain():
    order = pd.DataFrame({"first": ["a", "b"], "then": ["b", "c"]})
    arrays = as_arrays(programme(budgets=BUDGETS.iloc[:0], order=order, fixed=pd.Series({"c": "MLT"})))
    assert arrays.must.tolist() == [True, True, True]
    assert arrays.lower[:, 0].tolist() == [False, False, False]
    assert arrays.lower[:, 1].tolist() == [True, True, True]
    late = as_arrays(programme(budgets=BUDGETS.iloc[:0], order=order, fixed=pd.Series({"a": "LT"})))
    assert late.upper[:, 1].tolist() == [False, False, False]
    assert late.upper[:, 2].tolist() == [True, True, True]


def test_money_is_the_least_of_budgets_and_work():
    assert as_arrays(programme()).money == 60  # MLT has no limit: all work
    capped = pd.concat([BUDGETS, pd.DataFrame({"term": ["MLT", "LT"], "service": "", "amount": [5.0, 7.0]})])
    assert as_arrays(programme(budgets=capped)).money == 40 + 5 + 7
    assert as_arrays(replace(programme(budgets=capped), jobs=JOBS.assign(own=[True, False, False]))).money == 10
