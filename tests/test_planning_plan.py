"""A plan of the walking sample: budgets, minimum shares, weights, choices of staff, works and third parties all hold."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.bottlenecks import Horizon
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.planning.plan import find_terms, plan_works
from toegankelijk.planning.programme import NEVER

from .walking_world import plan, walked

RICH = {"KT": 1e6, "MLT": 1e6}
TERMS = ["KT", "MLT", "LT"]


def own(jobs):
    return jobs[jobs["track"] == "eigen"]


def spent(found, **where):
    jobs = own(found.jobs)
    for name, value in where.items():
        jobs = jobs[jobs[name] == value]
    return jobs.loc[jobs["term"] != "", "cost"].sum()


def with_jobs(**columns):
    """What is worth fixing, with other columns of the jobs; a mapping gives values to single jobs."""
    weighed = walked().weighed
    jobs = weighed.jobs.copy()
    for name, values in columns.items():
        jobs[name] = pd.Series(values).reindex(jobs.index).fillna(jobs[name]) if isinstance(values, dict) else values
    return replace(weighed, bundles=replace(weighed.bundles, jobs=jobs))


def plan_of(weighed, **choices):
    screening = walked()
    given = {"worth": {}, "minimum": {}, "weight": {}, **choices}
    return plan_works(weighed, screening.city, screening.walking, **given)


def free_jobs():
    """Jobs of the city's own on which neither staff nor works have a say, the dearest first."""
    jobs = own(walked().weighed.jobs)
    free = jobs[(jobs["planning"] == "") & (jobs["work_year"] == 0) & (jobs["year"] == 0)]
    return free.sort_values("cost", ascending=False, kind="stable")


@pytest.mark.parametrize(
    "budget", [{"KT": 0.0}, {"KT": 5000.0}, {"KT": 11000.0, "MLT": 8000.0}, {"2027": 4000.0, "2030": 9000.0}]
)
def test_no_term_costs_more_than_it_has(budget):
    found = plan(budget=budget)
    for term, amount in budget.items():
        assert spent(found, term=term) <= amount + 0.01
    assert found.solution.value <= found.solution.bound + 1e-6
    assert list(found.gains.index) == sorted(
        budget, key=lambda term: (term.isdigit(), TERMS.index(term) if term in TERMS else term)
    )


def test_money_of_one_service_pays_no_other():
    jobs = free_jobs()
    other = with_jobs(responsible=dict.fromkeys(jobs.index[:2], "groen"))
    found = plan_of(other, budget={"KT": {"wegen": 4000.0, "groen": 0.0}, "MLT": {"groen": 7000.0}})
    assert spent(found, term="KT", responsible="groen") == 0
    assert spent(found, term="MLT", responsible="wegen") == 0
    assert 0 < spent(found, term="KT", responsible="wegen") <= 4000.01
    assert 0 < spent(found, term="MLT", responsible="groen") <= 7000.01


@pytest.mark.parametrize(("zone", "share"), [("WZ-1", 0.9), ("WZ-2", 0.9), ("WZ-1", 0.0)])
def test_a_zone_gets_the_share_that_it_was_promised(zone, share):
    found = plan(budget={"KT": 11000.0, "MLT": 8000.0}, minimum={"zone": {zone: share}})
    row = found.solution.minimums.loc[f"zone: {zone}"]
    assert row["asked"] == share
    assert row["reached"] >= row["applied"] - 1e-6
    if row["applied"] == share:
        assert spent(found, zone_id=zone) >= share * spent(found) - 0.01


def test_a_promised_share_never_gains_more():
    free = plan(budget={"KT": 11000.0, "MLT": 8000.0})
    for zone in ("WZ-1", "WZ-2"):
        bound = plan(budget={"KT": 11000.0, "MLT": 8000.0}, minimum={"zone": {zone: 0.8}})
        assert bound.solution.value <= free.solution.value + 1e-6


def test_a_weight_doubles_what_is_worth_there_and_only_there():
    plain, doubled = plan(budget=RICH), plan(budget=RICH, weight={"zone": {"WZ-1": 2.0}})
    there = plain.jobs["zone_id"] == "WZ-1"
    assert there.any()
    assert not there.all()
    assert doubled.jobs.loc[there, "value"].tolist() == pytest.approx((2 * plain.jobs.loc[there, "value"]).tolist())
    assert doubled.jobs.loc[~there, "value"].tolist() == pytest.approx(plain.jobs.loc[~there, "value"].tolist())
    origins, homes = walked().walking.places.origins, walked().reach.origins
    assert doubled.programme.package_values.sum() > plain.programme.package_values.sum()
    both = plan(budget=RICH, weight={"zone": {"WZ-1": 2.0, "WZ-2": 2.0}})
    assert both.programme.package_values.sum() == pytest.approx(2 * plain.programme.package_values.sum())
    assert len(origins) == len(homes)


def test_a_term_of_staff_holds_even_if_it_gains_less():
    job = free_jobs().index[-1]
    for term in ("KT", "MLT"):
        found = plan_of(with_jobs(planning={job: term}), budget={"KT": 11000.0, "MLT": 8000.0})
        assert found.jobs.loc[job, "term"] == term


def test_a_term_of_staff_beyond_the_plan_is_not_in_it_and_says_so():
    job = free_jobs().index[0]
    found = plan_of(with_jobs(planning={job: "LT"}), budget=RICH)
    assert found.jobs.loc[job, "term"] == ""
    assert found.jobs.loc[job, "why"] == "fixed_never"
    assert found.programme.fixed[job] == NEVER


def test_a_year_of_staff_falls_in_the_term_that_holds_it():
    job = free_jobs().index[0]
    for year, term in ((2028, "KT"), (2029, "MLT"), (2031, "MLT"), (2032, "")):
        found = plan_of(with_jobs(year={job: year}), budget=RICH)
        assert found.jobs.loc[job, "term"] == term, year


def test_works_under_way_are_done_in_the_first_term():
    job = free_jobs().index[-1]
    found = plan_of(with_jobs(status={job: "in_uitvoering"}), budget={"KT": 11000.0, "MLT": 8000.0})
    assert found.jobs.loc[job, "term"] == "KT"


def test_choices_of_staff_that_cost_more_than_there_is_are_refused():
    jobs = free_jobs()
    with pytest.raises(InputError, match="KT"):
        plan_of(with_jobs(planning=dict.fromkeys(jobs.index, "KT")), budget={"KT": 100.0})


def test_jobs_in_planned_works_are_done_with_them_or_not_at_all():
    for budget in ({"KT": 300.0, "MLT": 8000.0}, RICH, {"KT": 0.0, "MLT": 1e6}, {"MLT": 1e6}):
        jobs = own(plan(budget=budget).jobs)
        pulled = jobs[jobs["work_id"] == "WK-1"]  # of the city, in 2027
        assert len(pulled) > 0
        assert set(pulled["term"]) <= {"", "KT" if "KT" in budget else "MLT"}


def test_what_goes_with_works_after_the_plan_waits_for_them_and_says_so():
    jobs = free_jobs()
    found = plan_of(with_jobs(work_year={jobs.index[0]: 2036}, work_id={jobs.index[0]: "WK-9"}), budget=RICH)
    row = found.jobs.loc[jobs.index[0]]
    assert (row["term"], row["why"]) == ("", "fixed_never")
    assert row["plan_reason"] == "niet in dit plan: wacht op geplande werken van 2036"
    others = found.jobs[found.jobs["track"] == "derden"]
    early = plan(budget={"KT": 1e6}).jobs.loc[others.index, "plan_reason"]
    assert set(early) == {"niet in dit plan: wacht op geplande werken van 2030"}


def test_third_parties_are_never_paid():
    for budget in (RICH, {"KT": 11000.0, "MLT": 8000.0}, {"KT": 0.0}):
        found = plan(budget=budget)
        others = found.jobs[found.jobs["track"] != "eigen"]
        assert len(others) > 0
        assert found.solution.spent.to_numpy().sum() == pytest.approx(spent(found))
        assert set(others.loc[others["term"] == "", "why"]) <= {"third_party", "fixed_never"}


def test_a_job_of_a_third_party_without_a_term_is_not_counted_on():
    job = free_jobs().index[0]
    found = plan_of(with_jobs(track={job: "derden"}), budget=RICH)
    assert found.jobs.loc[job, ["term", "why"]].tolist() == ["", "third_party"]


@settings(max_examples=6, deadline=None)
@given(
    money=st.tuples(st.integers(0, 20000), st.integers(0, 20000)),
    more=st.tuples(st.integers(0, 9000), st.integers(0, 9000)),
)
def test_more_money_never_gains_less(money, more):
    less = plan(budget={"KT": float(money[0]), "MLT": float(money[1])})
    rich = plan(budget={"KT": float(money[0] + more[0]), "MLT": float(money[1] + more[1])})
    assert rich.solution.value >= less.solution.value * (1 - 1e-4) - 1e-6


def test_a_job_waits_for_the_one_that_must_come_first():
    free = free_jobs()
    dear, cheap = free.index[0], free.index[-1]
    budget = {"KT": float(free["cost"].iloc[0]) - 1.0, "MLT": 0.0}
    order = pd.DataFrame({"first": [dear], "then": [cheap]})
    alone, waiting = plan_of(walked().weighed, budget=budget), plan_of(walked().weighed, budget=budget, order=order)
    assert alone.jobs.at[cheap, "term"] == "KT"
    assert waiting.jobs.at[cheap, "term"] == ""
    assert dear in waiting.jobs.at[cheap, "plan_reason"]


def test_with_all_the_money_all_that_gains_is_done():
    found = plan(budget=RICH)
    jobs = own(found.jobs)
    assert set(jobs.loc[jobs["value"] > 0, "term"]) <= {"KT", "MLT"}
    assert found.left_out[found.left_out["track"] == "eigen"].empty
    later = jobs[(jobs["term"] == "MLT") & (jobs["planning"] == "") & (jobs["work_year"] == 0)]
    assert later.empty  # a point is worth most in the first term


@pytest.mark.parametrize("budget", [RICH, {"KT": 11000.0, "MLT": 8000.0}, {"KT": 0.0}])
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_open_bottleneck_of_the_city_has_a_reason_in_words(budget, lang):
    found = plan(budget=budget, lang=lang)
    rows = found.table[found.table["job"] != ""]
    assert len(rows) > 0
    assert (rows["planning_reason"].str.len() > 10).all()
    assert rows["planning"].isin(TERMS).all()
    assert (found.jobs["plan_reason"].str.len() > 10).all()
    assert not found.jobs["plan_reason"].str.contains("nan").any()
    left = found.jobs[found.jobs["term"] == ""]
    assert (left["why"] != "").all()
    assert (found.jobs.loc[found.jobs["term"] != "", "why"] == "").all()


def test_the_table_says_the_term_and_year_of_the_plan():
    found = plan(budget={"KT": 11000.0, "MLT": 8000.0})
    ends = Horizon(**walked().city.settings["planning"])
    table = found.table[found.table["track"] == "eigen"].set_index("bottleneck_id")
    term = table["job"].map(found.jobs["term"])
    done = table[term != ""]
    assert (done["planning"] == term[term != ""]).all()
    assert (table.loc[term == "", "planning"] == "LT").all()
    assert (table.loc[term == "", "target_year"] == ends.LT).all()


def test_true_gains_never_fall_from_term_to_term():
    gains = plan(budget={"KT": 4000.0, "MLT": 4000.0, "LT": 20000.0}).gains
    for column in ("residents", "pairs", "residents_low", "residents_high"):
        assert gains[column].is_monotonic_increasing, column
    assert (gains["residents_low"] <= gains["residents"]).all()
    assert (gains["residents"] <= gains["residents_high"]).all()


def test_without_a_network_jobs_go_by_their_priority():
    screening = walked()
    found = plan_works(screening.weighed, screening.city, None, budget={"KT": 8000.0}, worth={}, minimum={}, weight={})
    assert found.programme.packages.empty
    assert found.gains.isna().all(axis=None)
    assert spent(found) <= 8000.01
    assert (found.jobs["plan_reason"] != "").all()


def test_faults_of_a_call_are_told_all_at_once():
    with pytest.raises(ConfigError) as refusal:
        plan(
            budget={"KTT": 1.0, "KT": 1.0},
            worth={"LT": 1.0},
            minimum={"zone": {"WZ-9": 0.1}, "dorp": {"x": 0.1}},
            weight={"wijk": {"y": 2.0}},
        )
    assert len(refusal.value.problems) == 5
    with pytest.raises(ConfigError, match="--budget"):
        plan(budget={})


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (250_000, "250000 does not say when"),
        ({"KT": "11000"}, "budget: KT: '11000' is no number"),
        ({"KT": {"wegen": None}}, "budget: KT wegen: None is no number"),
        ({"KT": {"wegen": 1.0, "wegenn": 1.0}}, "KT names the service 'wegenn'"),
    ],
)
def test_a_budget_that_cannot_be_read_is_refused(budget, said):
    with pytest.raises(ConfigError) as refusal:
        plan(budget=budget)
    assert said in str(refusal.value)


def test_a_year_may_be_a_number():
    assert plan(budget={2027: 8000.0}).jobs["term"].isin(["", "2027"]).all()


def test_a_city_may_weigh_more_terms_than_a_call_has():
    screening = walked()
    assert set(screening.city.settings["plan"]["worth"]) == {"KT", "MLT", "LT"}
    found = plan_works(screening.weighed, screening.city, screening.walking, budget={"MLT": 9000.0}, minimum={})
    assert found.programme.terms["weight"].to_dict() == {"MLT": 0.8}


def test_terms_are_in_the_order_of_their_years():
    terms = find_terms({"LT": 1.0, "2026": 1.0, "KT": 1.0}, {"KT": 0.9}, Horizon())
    assert terms.index.tolist() == ["2026", "KT", "LT"]
    assert terms["weight"].is_monotonic_decreasing
