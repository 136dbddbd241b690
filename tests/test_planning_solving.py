"""Small plans are the best there are, keep to every limit, and follow the laws of money."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.errors import InputError
from toegankelijk.planning import solving
from toegankelijk.planning.programme import NEVER, Programme
from toegankelijk.planning.relaxing import relax
from toegankelijk.planning.solving import Solution, solve

from . import plans

SEEDS = st.integers(0, 10**6)


def drawn(seed: int, jobs: int = 6, terms: int = 3) -> Programme | None:
    try:
        return Programme(**plans.draw_tables(np.random.default_rng(seed), jobs, terms))
    except InputError:
        return None


def solved(programme: Programme, **options: object) -> Solution | None:
    try:
        return solve(programme, gap=0.0, **options)
    except InputError:
        return None


def applied(solution: Solution) -> dict[str, float]:
    return dict(solution.minimums["applied"])


@settings(max_examples=40)
@given(seed=SEEDS, shape=st.sampled_from([(4, 3), (6, 2), (5, 3)]))
def test_a_plan_is_the_best_of_all(seed, shape):
    programme = drawn(seed, *shape)
    if programme is None:
        return
    solution = solved(programme)
    if solution is None:  # what fixed choices ask for does not fit: then no plan at all does
        assert plans.Judge(programme).best_by_trying_all({}) is None
        return
    assert solution.method == "exact"
    assert plans.Judge(programme).faults(solution.terms, applied(solution)) == []
    assert solution.value == pytest.approx(plans.Judge(programme).worth(solution.terms), abs=1e-9)
    assert solution.value == pytest.approx(plans.Judge(programme).best_by_trying_all(applied(solution)), abs=1e-6)
    assert solution.bound >= solution.value


@pytest.mark.slow
def test_eight_jobs_in_three_terms_are_the_best_of_up_to_65536_plans():
    programmes = [each for each in (drawn(seed, 8, 3) for seed in range(40, 60)) if each is not None]
    solutions = [solved(each) for each in programmes]
    assert sum(each is not None for each in solutions) >= 8
    for programme, solution in zip(programmes, solutions, strict=True):
        if solution is None:
            continue
        assert solution.value == pytest.approx(plans.Judge(programme).best_by_trying_all(applied(solution)), abs=1e-6)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_a_plan_by_prices_keeps_to_every_limit_and_its_bound_holds(seed):
    programme = drawn(seed, 9, 3)
    exact = None if programme is None else solved(programme)
    if exact is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "EXACT", 0)
        near = solve(programme, gap=0.0)
    assert near.method == "prices"
    assert plans.Judge(programme).faults(near.terms, applied(near)) == []
    assert near.value <= exact.value + 1e-6
    assert near.bound >= exact.value - 1e-6


@given(seed=SEEDS, factors=st.lists(st.floats(0, 3), min_size=2, max_size=4))
@settings(max_examples=20)
def test_the_bound_holds_at_any_prices(seed, factors):
    from toegankelijk.planning import relaxing
    from toegankelijk.planning.matrices import as_arrays

    programme = drawn(seed)
    exact = None if programme is None else solved(programme)
    if exact is None:
        return
    arrays = as_arrays(programme)
    shares = exact.minimums["applied"].to_numpy()
    prices, premiums = np.resize(factors, len(arrays.amounts)), np.resize(factors[::-1], len(shares))
    found = relaxing._at_prices(arrays, shares, relaxing.Closure(arrays), prices, premiums)
    assert found.bound >= exact.value - 1e-6
    assert relax(arrays, shares).bound >= exact.value - 1e-6


@given(seed=SEEDS, more=st.floats(1, 3))
@settings(max_examples=20)
def test_more_money_never_brings_less(seed, more):
    programme = drawn(seed)
    solution = None if programme is None else solved(programme)
    if solution is None:
        return
    richer = solved(replace(programme, budgets=programme.budgets.assign(amount=programme.budgets["amount"] * more)))
    if (richer.minimums["applied"] <= solution.minimums["applied"] + 1e-12).all():
        assert richer.value >= solution.value - 1e-6


@given(seed=SEEDS, row=st.integers(0, 8))
@settings(max_examples=20)
def test_more_money_in_one_budget_never_brings_less(seed, row):
    programme = drawn(seed)
    solution = None if programme is None else solved(programme)
    if solution is None or programme.budgets.empty:
        return
    budgets = programme.budgets.astype({"amount": float})
    budgets.loc[row % len(budgets), "amount"] += 5
    richer = solved(replace(programme, budgets=budgets))
    if (richer.minimums["applied"] <= solution.minimums["applied"] + 1e-12).all():
        assert richer.value >= solution.value - 1e-6


@given(seed=SEEDS)
@settings(max_examples=20)
def test_a_minimum_that_can_be_met_is_not_capped_and_none_is_raised(seed):
    programme = drawn(seed)
    solution = None if programme is None else solved(programme)
    if solution is None:
        return
    minimums = solution.minimums
    assert (minimums["applied"] <= minimums["asked"]).all()
    assert ((minimums["applied"] < minimums["asked"]) == (minimums["reason"] != "")).all()
    if solution.spent.to_numpy().sum() > 0:
        assert (minimums["reached"] >= minimums["applied"] - 1e-6).all()


@given(seed=SEEDS, exponent=st.integers(-6, 6))
@settings(max_examples=20)
def test_another_unit_of_money_changes_nothing(seed, exponent):
    programme = drawn(seed)
    solution = None if programme is None else solved(programme)
    if solution is None:
        return
    unit = 10.0**exponent
    other = solved(
        replace(
            programme,
            jobs=programme.jobs.assign(cost=programme.jobs["cost"] * unit),
            budgets=programme.budgets.assign(amount=programme.budgets["amount"] * unit),
        )
    )
    assert other.value == pytest.approx(solution.value, abs=1e-6)


@given(seed=SEEDS, shuffle=st.integers(0, 100))
@settings(max_examples=20)
def test_the_order_of_rows_changes_nothing(seed, shuffle):
    programme = drawn(seed, 8)
    solution = None if programme is None else solved(programme)
    if solution is None:
        return
    tables = ("jobs", "budgets", "packages", "package_values", "minimums", "members", "order", "fixed", "only")
    other = solved(replace(programme, **{name: getattr(programme, name).sample(frac=1, random_state=shuffle) for name in tables}))
    assert other.terms.reindex(solution.terms.index).equals(solution.terms)
    assert other.value == solution.value
    assert other.bound == solution.bound


def table(**jobs: tuple[float, float]) -> pd.DataFrame:
    """Jobs of service "works" by cost and value."""
    rows = [{"cost": cost, "service": "works", "value": value, "own": True} for cost, value in jobs.values()]
    return pd.DataFrame(rows, index=list(jobs), columns=["cost", "service", "value", "own"])


def programme_of(jobs: pd.DataFrame, amounts: list[float], **more: object) -> Programme:
    terms = pd.DataFrame({"weight": [1.0, 0.8, 0.6][: len(amounts)]}, index=["KT", "MLT", "LT"][: len(amounts)])
    budgets = pd.DataFrame({"term": terms.index, "service": "", "amount": amounts})
    return Programme(jobs=jobs, terms=terms, budgets=budgets, **more)


def test_two_jobs_that_only_help_together_are_bought_together():
    jobs = table(kerb_one=(5, 0), kerb_two=(5, 0), bench=(6, 4), tree=(3, 2))
    pair = pd.DataFrame({"package": "crossing", "job": ["kerb_one", "kerb_two"]})
    programme = programme_of(jobs, [10], packages=pair, package_values=pd.Series({"crossing": 9.0}))
    assert dict(solve(programme).terms) == {"kerb_one": "KT", "kerb_two": "KT", "bench": "", "tree": ""}
    poorer = programme_of(jobs, [9], packages=pair, package_values=pd.Series({"crossing": 9.0}))
    assert dict(solve(poorer).terms) == {"kerb_one": "", "kerb_two": "", "bench": "KT", "tree": "KT"}


def test_a_package_counts_in_the_term_of_its_last_job():
    jobs = table(one=(5, 0), two=(5, 0))
    pair = pd.DataFrame({"package": "p", "job": ["one", "two"]})
    solution = solve(programme_of(jobs, [5, 5], packages=pair, package_values=pd.Series({"p": 10.0})))
    assert sorted(solution.terms) == ["KT", "MLT"]
    assert solution.value == pytest.approx(8.0)


def test_money_is_carried_over_only_if_asked():
    jobs = table(bridge=(9, 10))
    assert solve(programme_of(jobs, [5, 5])).terms["bridge"] == ""
    carried = solve(programme_of(jobs, [5, 5], carry_over=True))
    assert carried.terms["bridge"] == "MLT"
    assert list(carried.budgets["spent"]) == [0, 9]


def test_what_has_no_budget_row_has_no_limit():
    jobs = table(dear=(10**9, 1))
    budgets = pd.DataFrame({"term": ["KT"], "service": ["parks"], "amount": [0.0]})
    assert solve(replace(programme_of(jobs, [0.0]), budgets=budgets)).terms["dear"] == "KT"


def test_order_is_part_of_the_model_and_not_only_of_the_check():
    names = [f"{part}{number:02d}" for number in range(40) for part in ("dig", "pave")]
    jobs = pd.DataFrame({"cost": [5.0, 0.0] * 40, "service": "works", "value": [0.0, 10.0] * 40, "own": True}, index=names)
    order = pd.DataFrame({"first": names[::2], "then": names[1::2]})
    solution = solve(programme_of(jobs, [20], order=order), gap=0.0)
    assert (solution.value, solution.method) == (40, "exact")
    assert solution.bound == pytest.approx(40)


def test_a_job_that_goes_with_planned_works_comes_in_their_term_or_not_at_all():
    jobs = table(pipe=(5, 5), path=(5, 4))
    only = pd.Series({"pipe": "MLT"})
    assert dict(solve(programme_of(jobs, [5, 5], only=only)).terms) == {"pipe": "MLT", "path": "KT"}
    assert solve(programme_of(jobs, [5, 0], only=only)).terms["pipe"] == ""


def test_a_free_job_is_always_done_even_if_it_brings_nothing():
    jobs = table(sign=(0, 0), paint=(0, 0), dear=(9, 9))
    order = pd.DataFrame({"first": ["dear", "sign"], "then": ["paint", "dear"]})
    assert dict(solve(programme_of(jobs, [5], order=order)).terms) == {"sign": "KT", "paint": "", "dear": ""}
    assert solve(programme_of(jobs, [0, 9], order=order)).terms["paint"] == "MLT"


def test_a_third_partys_job_costs_nothing_and_counts_in_its_term():
    jobs = table(track=(1000, 7), path=(5, 1)).assign(own=[False, True])
    both = pd.DataFrame({"package": "p", "job": ["track", "path"]})
    more = {"packages": both, "package_values": pd.Series({"p": 10.0})}
    without = solve(programme_of(jobs, [5, 5], **more))
    assert dict(without.terms) == {"track": "", "path": "KT"}
    assert without.value == pytest.approx(1)
    given_term = solve(programme_of(jobs, [5, 5], fixed=pd.Series({"track": "MLT"}), **more))
    assert dict(given_term.terms) == {"track": "MLT", "path": "KT"}
    assert given_term.value == pytest.approx(1 + 0.8 * (7 + 10))
    assert given_term.spent.to_numpy().sum() == 5


def test_an_area_gets_its_share_of_what_is_spent():
    jobs = table(**{f"rich{number}": (10, 10) for number in range(8)}, **{f"poor{number}": (10, 1) for number in range(8)})
    members = pd.DataFrame({"area": "poor", "job": [job for job in jobs.index if job.startswith("poor")]})
    asked = pd.DataFrame({"area": ["poor"], "share": [0.25]})
    solution = solve(programme_of(jobs, [40], minimums=asked, members=members))
    assert (solution.terms[members["job"]] != "").sum() == 1
    assert solution.minimums.loc["poor", ["asked", "applied", "reached", "reason"]].tolist() == [0.25, 0.25, 0.25, ""]
    assert solution.minimums.loc["poor", "premium"] > 0


@pytest.mark.parametrize(("work", "reason"), [(1, "little_to_do"), (8, "no_budget")])
def test_a_minimum_that_cannot_be_met_is_capped_and_told(work, reason):
    jobs = table(**{f"rich{number}": (10, 10) for number in range(8)}, **{f"poor{number}": (10, 1) for number in range(work)})
    jobs.loc[jobs.index.str.startswith("poor"), "service"] = "parks"
    members = pd.DataFrame({"area": "poor", "job": [job for job in jobs.index if job.startswith("poor")]})
    asked = pd.DataFrame({"area": ["poor"], "share": [0.5]})
    budgets = pd.DataFrame({"term": "KT", "service": ["", "parks"], "amount": [40.0, 15.0]})
    programme = replace(programme_of(jobs, [40], minimums=asked, members=members), budgets=budgets)
    solution = solve(programme)
    assert solution.minimums.loc["poor", ["asked", "applied", "reached", "reason"]].tolist() == [0.5, 0.25, 0.25, reason]
    assert solution.spent.to_numpy().sum() == 40


def test_minimums_that_share_a_small_budget_do_not_starve_the_plan():
    jobs = table(**{f"rich{number}": (10, 10) for number in range(9)}, west=(10, 1), east=(10, 1))
    jobs.loc[["west", "east"], "service"] = "parks"
    members = pd.DataFrame({"area": ["west", "east"], "job": ["west", "east"]})
    asked = pd.DataFrame({"area": ["west", "east"], "share": [0.1, 0.1]})
    budgets = pd.DataFrame({"term": "KT", "service": ["", "parks"], "amount": [90.0, 10.0]})
    solution = solve(replace(programme_of(jobs, [90], minimums=asked, members=members), budgets=budgets))
    assert solution.spent.to_numpy().sum() == 90
    assert sorted(solution.minimums["reason"]) == ["", "no_budget"]


def test_what_fixed_choices_ask_for_is_refused_if_it_does_not_fit():
    jobs = table(first=(6, 0), then=(5, 9))
    order = pd.DataFrame({"first": ["first"], "then": ["then"]})
    with pytest.raises(InputError, match="'first'"):
        solve(programme_of(jobs, [10, 10], order=order, fixed=pd.Series({"then": "KT"})))
    assert solve(programme_of(jobs, [10, 10], order=order, fixed=pd.Series({"then": "MLT"}))).terms["first"] == "KT"


def test_an_earlier_plan_is_kept_where_it_is_better(monkeypatch):
    jobs = table(one=(5, 5), two=(5, 6))
    programme = programme_of(jobs, [10])
    good = solve(programme)
    monkeypatch.setattr(solving, "EXACT", 0)
    monkeypatch.setattr(solving, "find_plan", lambda arrays, *_, **__: np.full(len(arrays), arrays.terms))
    assert solve(programme).value == 0
    kept = solve(programme, start=good)
    assert (kept.value, kept.method) == (11, "kept")
    assert solve(replace(programme, fixed=pd.Series({"one": NEVER})), start=good).value == 0


@pytest.mark.parametrize("largest_exact", [300, 0])
def test_without_budgets_everything_is_done_at_once(monkeypatch, largest_exact):
    monkeypatch.setattr(solving, "EXACT", largest_exact)
    programme = programme_of(table(one=(5, 5), two=(9, 0.1)), [0])
    free = solve(replace(programme, budgets=programme.budgets.iloc[:0]))
    assert dict(free.terms) == {"one": "KT", "two": "KT"}
    assert free.gap < 1e-6


def test_a_long_chain_of_jobs_is_planned_by_prices(monkeypatch):
    monkeypatch.setattr(solving, "EXACT", 0)
    names = [f"j{number:04d}" for number in range(3000)]
    jobs = pd.DataFrame({"cost": 1.0, "service": "works", "value": 0.0, "own": True}, index=names)
    jobs.loc[names[-1], "value"] = 10.0
    order = pd.DataFrame({"first": names[:-1], "then": names[1:]})
    assert (solve(programme_of(jobs, [3000], order=order)).terms == "KT").all()
    assert solve(programme_of(jobs, [2999], order=order)).value == 0


def test_a_programme_without_jobs_has_an_empty_plan():
    solution = solve(programme_of(table(), [10]))
    assert len(solution.terms) == 0
    assert (solution.value, solution.gap) == (0, 0)
