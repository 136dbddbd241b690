"""Why jobs are left out, what money is worth, and what more of it buys."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.errors import InputError
from toegankelijk.planning.explaining import REASONS
from toegankelijk.planning.more_money import marginal
from toegankelijk.planning.programme import NEVER, Programme
from toegankelijk.planning.solving import solve

from . import plans

JOBS = pd.DataFrame(
    {
        "cost": [10.0, 10.0, 10.0, 10.0, 10.0, 500.0, 10.0],
        "service": "works",
        "value": [9.0, 8.0, 5.0, 7.0, 7.0, 99.0, 0.0],
        "own": [True, True, True, True, False, True, True],
    },
    index=["done", "refused", "poor", "waits", "tram", "huge", "idle"],
)


@pytest.fixture
def programme() -> Programme:
    return Programme(
        jobs=JOBS,
        terms=pd.DataFrame({"weight": [1.0]}, index=["KT"]),
        budgets=pd.DataFrame({"term": ["KT"], "service": "works", "amount": [10.0]}),
        order=pd.DataFrame({"first": ["refused"], "then": ["waits"]}),
        fixed=pd.Series({"refused": NEVER}),
    )


def test_every_job_that_is_not_done_has_its_reason(programme):
    left = solve(programme).left_out
    assert dict(left["reason"]) == {
        "refused": "fixed_never",
        "poor": "no_money",
        "waits": "needs",
        "tram": "third_party",
        "huge": "too_dear",
        "idle": "no_value",
    }
    assert left.loc["waits", "other"] == "refused"
    assert set(left["other"].drop("waits")) == {""}
    assert set(left["reason"]) == set(REASONS)


def test_a_job_left_out_for_money_brings_less_than_its_money_elsewhere(programme):
    left = solve(programme).left_out.loc["poor"]
    assert left["brings"] == 5
    assert left["elsewhere"] >= left["brings"]


def test_a_job_that_would_complete_a_package_brings_it_too(programme):
    pair = pd.DataFrame({"package": "p", "job": ["done", "poor"]})
    left = solve(replace(programme, packages=pair, package_values=pd.Series({"p": 2.0}))).left_out
    assert left.loc["poor", "brings"] == 7


def test_a_job_that_leads_to_others_is_not_without_value(programme):
    order = pd.DataFrame({"first": ["idle"], "then": ["poor"]})
    left = solve(replace(programme, order=order, fixed=pd.Series(dtype="object"))).left_out
    assert left.loc["idle", "reason"] == "no_money"
    assert left.loc["poor", ["reason", "other"]].tolist() == ["needs", "idle"]


def test_the_price_of_a_budget_is_what_its_next_euro_brings():
    jobs = pd.DataFrame(
        {"cost": 1.0, "service": "works", "value": np.arange(20.0, 0, -1), "own": True}, index=list("abcdefghijklmnopqrst")
    )
    budgets = pd.DataFrame({"term": ["KT", "MLT"], "service": "works", "amount": [5.5, 5.0]})
    terms = pd.DataFrame({"weight": [1.0, 0.5]}, index=["KT", "MLT"])
    prices = solve(Programme(jobs=jobs, terms=terms, budgets=budgets)).budgets["price"]
    # another EUR in KT does the job of value 15 half a weight sooner; then MLT has an EUR for the job of value 10
    assert prices.tolist() == pytest.approx([0.5 * 15 + 0.5 * 10, 0.5 * 10])


def test_more_money_buys_the_next_best(programme):
    more = marginal(programme, solve(programme), extra=1.0)
    assert more.money == 10
    assert more.gain == 5
    assert more.changes.to_dict("index") == {"poor": {"before": "", "after": "KT", "change": "added", "cost": 10.0, "value": 5.0}}


def test_a_job_that_comes_earlier_with_more_money_is_told():
    jobs = pd.DataFrame({"cost": [10.0], "service": "works", "value": 1.0, "own": True}, index=["bridge"])
    budgets = pd.DataFrame({"term": ["KT", "MLT"], "service": "works", "amount": [9.5, 10.0]})
    programme = Programme(jobs=jobs, terms=pd.DataFrame({"weight": [1.0, 0.8]}, index=["KT", "MLT"]), budgets=budgets)
    more = marginal(programme, solve(programme))
    assert more.changes.loc["bridge", ["before", "after", "change"]].tolist() == ["MLT", "KT", "earlier"]
    assert more.gain == pytest.approx(0.2)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_reasons_stand_for_all_jobs_left_out_and_prices_are_never_below_zero(seed):
    try:
        programme = Programme(**plans.draw_tables(np.random.default_rng(seed)))
        solution = solve(programme)
    except InputError:
        return
    assert list(solution.left_out.index) == [job for job in programme.jobs.index if not solution.terms[job]]
    assert solution.left_out["reason"].isin(REASONS).all()
    assert (solution.budgets["price"] >= 0).all()
    assert (solution.minimums["premium"] >= 0).all()
    free = programme.jobs.index[(programme.jobs["cost"] == 0) & programme.jobs["own"]]
    assert set(solution.left_out["reason"].reindex(free).dropna()) <= {"fixed_never", "needs"}
