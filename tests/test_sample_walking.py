"""The walking sample: everything that was planted in it, and worked out by hand, is found."""

import importlib
import itertools
import re
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

import toegankelijk as tg
from toegankelijk.network.gains import find_gains, joint_gain
from toegankelijk.network.passable import edge_outcomes
from toegankelijk.network.reach import find_reach
from toegankelijk.norm.kernel import FAILS

from .screenings import screen_once

ROOT = Path(__file__).resolve().parents[1]
TRUTH = pd.read_csv(ROOT / "sample_data" / "truth_walking.csv", dtype={"value": float}, keep_default_na=False)
WEIGHTS = {"KT": 1.0, "MLT": 0.8}


def planted(what):
    """Objects (joined by ``|``) to value."""
    rows = TRUTH[TRUTH["what"] == what]
    assert len(rows), what
    return dict(zip(rows["objects"], rows["value"], strict=True))


def figure(what):
    (row,) = TRUTH[TRUTH["what"] == what].to_dict("records")
    return row["value"]


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city("walking"))


@pytest.fixture(scope="module")
def walking(screening):
    return screening.walking


@pytest.fixture(scope="module")
def reach(screening):
    return screening.reach


@pytest.fixture(scope="module")
def weighed(screening):
    return screening.weighed


@pytest.fixture(scope="module")
def plan(screening, walking, weighed):
    return tg.plan_works(weighed, screening.city, walking)


@pytest.fixture(scope="module")
def ways(reach):
    """Ways of wheelchair users by address and purpose."""
    table = reach.table[reach.table["profile"] == "wheelchair"]
    return table.assign(address=table["origin"].str.partition(":")[2]).set_index(["address", "purpose"])


@pytest.fixture(scope="module")
def job_of(screening, weighed):
    """Object to the job that it is in; each has one bottleneck."""
    table = screening.table.set_index("bottleneck_id")["object_id"]
    members = weighed.bundles.members
    return pd.Series(members["job_id"].to_numpy(), index=members["bottleneck_id"].map(table)).astype("object")


def fixes_of(screening, weighed, objects):
    """What passes once the bottlenecks of objects are mended."""
    table = screening.table
    ids = table.loc[table["object_id"].isin(objects.split("|")), "bottleneck_id"]
    assert len(ids) == len(objects.split("|"))
    return weighed.fixes[weighed.fixes["fix"].isin(ids)]


# What stands in the files ---------------------------------------------------------------------------------------------------


def test_the_file_holds_what_the_script_makes(sample_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(sample_folder), *sys.path])
        made = importlib.import_module("build_walking").layers()
    assert (sample_folder / "walking.gpkg").stat().st_size < 300_000
    for name, frame in made.items():
        stored = gpd.read_file(sample_folder / "walking.gpkg", layer=name)
        assert_geodataframe_equal(stored, frame, check_dtype=False, check_less_precise=True)


@pytest.mark.parametrize("row", TRUTH.to_dict("records"), ids=lambda row: f"{row['what']} {row['objects']} {row['purpose']}")
def test_every_reckoning_of_the_truth_is_right(row):
    assert re.fullmatch(r"[\d .+*/()-]+", row["reckoning"])
    assert eval(row["reckoning"]) == pytest.approx(row["value"])  # noqa: S307 - digits and signs only


def test_samples_go_by_name():
    assert tg.sample_city("pavements").name == "city_pavements.toml"
    with pytest.raises(tg.ConfigError, match=r"no sample called 'nowhere'.*walking"):
        tg.sample_city("nowhere")


# Who gets there -------------------------------------------------------------------------------------------------------------


def test_nothing_had_to_be_mended_and_everybody_lives_on_the_network(walking):
    mended = {name: count for name, count in walking.network.mended.items() if count and name != "gates_set"}
    assert mended == {}
    assert walking.network.remarks.empty
    origins = walking.places.origins
    assert (origins["edge"] >= 0).all()
    assert origins["residents"].sum() == figure("residents")


def test_those_who_are_cut_off_are_found_and_nobody_else(ways):
    away = ways[ways["weight"] > 0].groupby("address")["reached_possibly"].all()
    assert set(away.index[~away]) == {one for objects in planted("cut_off") for one in objects.split("|")}
    perhaps = ways[ways["weight"] > 0].groupby("address")["reached_surely"].all()
    assert set(perhaps.index[~perhaps & away]) == set(planted("unknown"))


def test_everyone_without_a_wheelchair_reaches_everything(ways, walking):
    limits = ways.index.get_level_values("purpose").map({name: one.within for name, one in walking.places.purposes.items()})
    lived = (ways["weight"] > 0).to_numpy()
    assert (ways["distance"] <= np.asarray(limits))[lived].all()


def test_islands_have_the_planted_residents_and_the_planted_barriers(reach):
    islands = reach.islands
    mine = islands[islands["profile"] == "wheelchair"]
    assert sorted(mine.loc[mine["surely"], "residents"]) == sorted(planted("cut_off").values())
    assert mine.loc[~mine["surely"], "residents"].tolist() == list(planted("unknown").values())
    (d5,) = mine.loc[mine["barriers"].str.contains("OZ-D5"), "barriers"]
    assert d5 == "crossing_end:OZ-D5-2|footway:VP-D5-pad"
    assert set(islands["profile"]) == {"wheelchair", "rollator"}, "white canes find kerbs; nothing cuts them off"
    rollator = islands[(islands["profile"] == "rollator") & islands["surely"]]
    assert sorted(rollator["residents"]) == [50, 50, 60, 70], "over 5 cm and through 0.80 m: D5 and the yard of E1 are open"


@pytest.mark.parametrize(
    "row",
    TRUTH[TRUTH["what"].isin(["way", "detour"])].to_dict("records"),
    ids=lambda r: f"{r['what']} {r['objects']} {r['purpose']}",
)
def test_ways_and_detours_have_the_length_that_was_worked_out(ways, row):
    found = ways.loc[(row["objects"], row["purpose"])]
    if row["what"] == "way":
        assert found["distance"] == pytest.approx(row["value"], abs=1e-6)
    else:
        assert [found["detour_low"], found["detour_high"]] == pytest.approx([row["value"]] * 2, abs=1e-6)


def test_reach_per_zone(reach):
    areas = reach.areas
    rows = areas[(areas["profile"] == "wheelchair") & (areas["division"] == "zone") & (areas["purpose"] == "stop")].set_index(
        "area"
    )
    for what, column in (("residents", "residents"), ("surely", "reached_low"), ("possibly", "reached_high")):
        assert rows[column].to_dict() == planted(f"zone_{what}")


def test_reach_per_district_adds_up_to_that_of_the_city(reach):
    table = reach.areas[(reach.areas["profile"] == "wheelchair") & (reach.areas["purpose"] == "stop")]
    city = table[table["division"] == "city"].iloc[0]
    districts = table[table["division"] == "wijk"]
    assert set(districts["name"]) == {"Noord", "Zuid"}
    for name in ("residents", "reached_low", "reached_high"):
        assert districts[name].sum() == city[name]
    lost, perhaps = sum(planted("cut_off").values()), sum(planted("unknown").values())
    assert city["reached_high"] == figure("residents") - lost
    assert city["reached_low"] == figure("residents") - lost - perhaps


# What a fix gains -----------------------------------------------------------------------------------------------------------


def test_the_bottlenecks_are_the_planted_barriers(screening):
    barriers = {one for objects in planted("job") for one in objects.split("|")}
    assert set(screening.table["object_id"]) == barriers
    assert len(screening.table) == len(barriers)


def test_what_each_gains_alone(screening, walking, weighed):
    table = screening.table.set_index("object_id")["bottleneck_id"]
    gains = find_gains(walking.network, walking.leading, walking.places, weighed.fixes)
    for name, residents in planted("residents_alone").items():
        assert gains.loc[table[name], "residents"] == residents, name


@pytest.mark.parametrize(("what", "column"), [("residents", "residents"), ("points", "value"), ("metres", "metres")])
def test_what_they_gain_together(screening, walking, weighed, what, column):
    for objects, wanted in planted(f"{what}_together").items():
        found = joint_gain(walking.network, walking.leading, walking.places, fixes_of(screening, weighed, objects))
        assert found[column] == pytest.approx(wanted, abs=1e-6), objects


def test_kerbs_of_one_crossing_are_one_job_and_costs_are_those_of_the_norm(weighed, job_of):
    jobs = job_of.groupby(job_of.to_numpy()).agg(lambda rows: "|".join(sorted(rows.index)))
    found = {jobs[job]: cost for job, cost in weighed.jobs["cost"].items()}
    assert found == planted("job")
    assert weighed.jobs.loc[job_of["OZ-F3-1"], ["track", "work_year"]].tolist() == ["derden", 2030]
    assert weighed.jobs.loc[job_of["DG-E1"], ["track", "work_year", "work_id"]].tolist() == ["eigen", 2027, "WK-1"]


def test_jobs_that_only_help_together_are_one_package(weighed, job_of):
    members = weighed.packages.members.groupby("package")["fix"].agg(frozenset)
    value = {jobs: weighed.packages.value[name] for name, jobs in members.items()}
    assert value[frozenset({job_of["OZ-A1-1"], job_of["DG-A1"]})] == 400
    assert value[frozenset({job_of["OZ-E1-2"]})] == 320
    assert value[frozenset({job_of["OZ-E1-2"], job_of["DG-E1"]})] == 240
    assert value[frozenset({job_of["VP-D5-pad"]})] == 240, "the cheapest of two ways"
    assert frozenset({job_of["DG-A1"]}) not in value


def test_fixing_never_lowers_reach_and_gains_are_those_of_reckoning_anew(walking, weighed):
    """Every set of two jobs, with the barriers taken out of the network by hand."""
    network, places, leading = walking.network, walking.places, walking.leading
    before = find_reach(network, leading, places)
    people = places.origins["residents"].reindex(before["origin"]).to_numpy()
    barriers = leading.barriers
    for one, other in itertools.combinations(weighed.jobs.index, 2):
        fixes = weighed.job_fixes[weighed.job_fixes["fix"].isin([one, other])]
        done = set(fixes[["kind", "object_id", "attribute"]].itertuples(index=False, name=None))
        rows = barriers[["kind", "object_id", "attribute"]].itertuples(index=False, name=None)
        left = barriers[[not {(*row[:2], "*"), row} & done for row in rows]]
        after = find_reach(network, replace(leading, outcome=edge_outcomes(len(network), left), barriers=left), places)
        for name in ("distance_best", "distance_worst"):
            assert (after[name] <= before[name] + 1e-9).all(), (one, other)
        won = (after["reached_possibly"] & ~before["reached_possibly"]).to_numpy()
        anew = pd.Series(np.where(won, people, 0.0)).groupby(before["origin"].to_numpy()).max().sum()
        assert joint_gain(network, leading, places, fixes)["residents"] == anew, (one, other)
    assert (barriers["outcome"] == FAILS).any()


def test_the_order_of_rows_changes_nothing(screening, walking, reach, weighed):
    city = screening.city
    mixed = replace(
        city,
        layers={kind: layer.sample(frac=1, random_state=7) for kind, layer in city.layers.items()},
        context={kind: layer.sample(frac=1, random_state=8) for kind, layer in city.context.items()},
    )
    again = tg.walk_city(mixed)
    pd.testing.assert_frame_equal(again.network.edges, walking.network.edges)
    pd.testing.assert_frame_equal(tg.reach_city(mixed, again).table, reach.table)
    anew = tg.weigh(screening.table.sample(frac=1, random_state=9), mixed, screening.norm, walking=again)
    pd.testing.assert_frame_equal(pd.DataFrame(anew.jobs), pd.DataFrame(weighed.jobs))
    pd.testing.assert_frame_equal(anew.packages.members, weighed.packages.members)


# The plan -------------------------------------------------------------------------------------------------------------------


def own_jobs():
    """The city's own jobs by short name: objects, cost and priorities."""
    costs, priority = planted("job"), planted("priority")
    return {objects.split("|")[0]: (costs[objects], priority[objects]) for objects in priority}


def points_of(terms):
    """Points of a plan (job to term), worked out from the truth: either way into D5 will do, the others need all."""
    jobs, metres = own_jobs(), planted("metres_together")
    when = {job: WEIGHTS[term] for job, term in terms.items()}
    total = sum(weight * jobs[job][1] for job, weight in when.items())
    total += sum(when.get(objects.split("|")[0], 0) * saved / 1000 for objects, saved in metres.items())
    sets = [({"OZ-A5-1"}, 300), ({"OZ-A1-1", "DG-A1"}, 400), ({"OZ-E1-2"}, 320), ({"OZ-E1-2", "DG-E1"}, 240)]
    total += sum(won * min(when.get(job, 0) for job in needed) for needed, won in sets)
    return total + 240 * max(when.get("OZ-D5-2", 0), when.get("VP-D5-pad", 0))


def every_plan(budget, least=0.30):
    """All that the budget and the share of Noord allow, with their points."""
    jobs = own_jobs()
    north = {"OZ-A5-1", "OZ-D5-2", "VP-D5-pad", "OZ-E5-1"}
    for choice in itertools.product(("", "KT", "MLT"), repeat=len(jobs)):
        terms = {job: term for job, term in zip(jobs, choice, strict=True) if term}
        spent = {term: sum(jobs[job][0] for job in terms if terms[job] == term) for term in budget}
        there = sum(jobs[job][0] for job in terms if job in north)
        allowed = all(spent[term] <= budget[term] for term in budget) and there >= least * sum(spent.values())
        if allowed and terms.get("DG-E1") != "MLT":  # it goes with the works of 2027, or not at all
            yield points_of(terms), terms


def test_the_plan_is_the_one_right_plan(plan, job_of):
    (best, terms), (second, _) = sorted(every_plan({"KT": 11000, "MLT": 8000}), key=lambda each: -each[0])[:2]
    assert best == pytest.approx(figure("plan_points"))
    assert second < best - 1
    wanted = {name: term for term in WEIGHTS for objects in planted(f"plan_{term}") for name in objects.split("|")}
    assert terms == {name: term for name, term in wanted.items() if name in own_jobs()}
    found = plan.solution.terms.reindex(job_of).set_axis(job_of.index)
    assert found[found != ""].to_dict() == {**wanted, "OZ-F3-1": "MLT", "OZ-F3-2": "MLT"}, "AWV comes with works of its own"
    assert plan.solution.value == pytest.approx(best + figure("plan_third"))
    assert plan.solution.gap <= 1e-6
    spent = plan.solution.spent["wegen"]
    assert {term: spent[term] for term in WEIGHTS} == {term: next(iter(planted(f"plan_{term}").values())) for term in WEIGHTS}
    assert plan.solution.spent.drop(columns="wegen").to_numpy().sum() == 0


def test_the_pair_that_only_helps_together_is_bought_together(plan, job_of):
    terms = plan.solution.terms
    assert terms[job_of["OZ-A1-1"]] == terms[job_of["DG-A1"]] == "MLT"


def test_the_true_gains_are_those_of_the_truth(plan):
    assert plan.gains.loc["KT", "residents"] == figure("plan_residents_KT")
    assert plan.gains.loc["MLT", "residents"] == figure("plan_residents_MLT")


def test_what_more_money_buys(plan):
    assert plan.more.gain == pytest.approx(figure("plan_more"), abs=1e-3)
    best = max(points for points, _ in every_plan({"KT": 12100, "MLT": 8800}))
    assert best - figure("plan_points") == pytest.approx(figure("plan_more"))


def test_a_larger_share_for_the_north_changes_the_plan(screening, walking, weighed, job_of):
    other = tg.plan_works(weighed, screening.city, walking, minimum={"wijk": {"W-N": 0.5}})
    best, terms = max(every_plan({"KT": 11000, "MLT": 8000}, least=0.5), key=lambda each: each[0])
    found = other.solution.terms
    assert {job: found[job_of[job]] for job in own_jobs() if found[job_of[job]]} == terms
    assert best < figure("plan_points")
    assert other.solution.minimums["reached"].iloc[0] >= 0.5


def test_more_money_never_buys_less(screening, walking, weighed):
    values = [
        tg.plan_works(weighed, screening.city, walking, budget={"KT": money}, worth={}, minimum={}).solution.value
        for money in (0, 475, 3975, 7000, 11000, 40000)
    ]
    assert values == sorted(values)
    assert values[0] < values[-1]


# The page -------------------------------------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "network_plan.md").read_text("utf-8")
PROSE = re.sub(r"\s+", " ", PAGE)


def page_table(column):
    """The table of the page with a column of that name."""
    for block in re.findall(r"(?:^\|.*\|\n)+", PAGE, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        if column in rows[0]:
            return pd.DataFrame(rows[2:], columns=rows[0]).to_dict("records")
    raise AssertionError(f"no table with {column!r}")


def reckon(text):
    """A sum as the page writes it: what it says comes out, and what does."""
    terms, _, said = text.partition("=")
    value = eval(terms.replace("×", "*").replace("−", "-"))  # noqa: S307 - digits and signs only
    assert not said or value == pytest.approx(float(said)), text
    return value


@pytest.mark.parametrize("row", page_table("Metres in a wheelchair"), ids=lambda row: f"{row['Address']} {row['To']}")
def test_ways_of_the_page(ways, row):
    found = ways.loc[(row["Address"], row["To"])]
    assert reckon(row["Everyone"]) == float(row["Metres"]) == pytest.approx(found["distance"])
    assert reckon(row["Wheelchair"]) == float(row["Metres in a wheelchair"]) == pytest.approx(found["distance_worst"])
    assert float(row["Detour"]) == pytest.approx(found["detour_low"])


@pytest.mark.parametrize("row", page_table("Fixed"), ids=lambda row: row["Fixed"])
def test_gains_of_the_page(screening, walking, weighed, row):
    fixes = fixes_of(screening, weighed, row["Fixed"].replace(", ", "|"))
    found = joint_gain(walking.network, walking.leading, walking.places, fixes)
    by_hand = [reckon(row[name]) for name in ("Residents", "Value", "Metres")]
    assert found[["residents", "value", "metres"]].tolist() == pytest.approx(by_hand)


@pytest.mark.parametrize("row", page_table("Own points"), ids=lambda row: row["Job"])
def test_jobs_of_the_page(plan, job_of, row):
    (job,) = set(job_of[row["Bottlenecks"].split(", ")])
    assert plan.jobs.loc[job, ["cost", "value"]].tolist() == pytest.approx([reckon(row["Cost"]), reckon(row["Own points"])])


def test_the_plan_of_the_page(plan, job_of):
    rows = page_table("Spent")
    for row in rows:
        jobs = job_of[row["Jobs"].split(", ")]
        assert set(plan.solution.terms[jobs]) == {row["Term"]}
        assert plan.solution.spent.loc[row["Term"]].sum() == reckon(row["Spent"])
    total = sum(reckon(row["Points"]) for row in rows)
    assert f"**{total:.2f}** points" in PROSE
    assert f"**{total + figure('plan_third'):.2f}**" in PROSE
    assert plan.solution.value == pytest.approx(total + figure("plan_third"))
    assert f"**{plan.more.gain:.2f}** more" in PROSE
    assert f"all {3 ** len(own_jobs())} choices" in PROSE
    assert f"{plan.gains.loc['KT', 'residents']:.0f} residents win a way by the end of the short term" in PROSE
    assert f"{plan.gains.loc['MLT', 'residents']:.0f} by that of the middle one" in PROSE


def test_the_example_of_the_page_runs(monkeypatch, screening):
    monkeypatch.setattr(tg, "screen", lambda path: screening)
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    scope: dict = {}
    exec(compile(code, "network_plan.md", "exec"), scope)  # noqa: S102 - the example of our own page
    assert len(scope["planned"].reach)


def beside_the_docs(name):
    """A module that stands beside the docs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
        return importlib.import_module(name)


def test_the_drawing_is_that_of_the_program_and_its_texts_stand_apart(reach):
    drawing = beside_the_docs("network_drawings").district(reach)
    assert (ROOT / "docs" / "network" / f"{drawing.name}.svg").read_text("utf-8") == drawing.svg()
    assert f"```{{image}} network/{drawing.name}.svg\n:alt: {drawing.title}\n" in PAGE
    assert not re.search(r"href|@import|@font-face|url\((?!#)|<script", drawing.svg())
    width = beside_the_docs("drawing").WIDTH
    for (text, one), (other, two) in itertools.combinations(drawing.texts, 2):
        apart = one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]
        assert apart, f"{text} lies over {other}"
    for text, (left, top, right, bottom) in drawing.texts:
        assert 0 <= left < right <= width, text
        assert 0 <= top < bottom <= drawing.height, text


def test_tables_of_the_page_hold_every_rule_and_purpose():
    pages = beside_the_docs("network_pages")
    text = pages.profiles_table()
    for profile in pages.read_profiles().values():
        assert f"(`{profile.name}`)" in text
        for question in profile.questions:
            assert f"`{question.rule.attribute}`" in text
            limit = question.rule.limits["A"][0].limit
            assert limit is None or f" {limit:g} {question.rule.unit}" in text
    assert all(f"| {one.within:g} m | {one.weight:g} |" in pages.purposes_table() for one in pages.read_purposes().values())
    figures = {name: value for name, value, _ in pages.figures()}
    assert figures["`planning.plan.DETOUR_WORTH`"] == "0.001"
    assert figures["`planning.bundles.NEAR`"] == "30"
    assert "within 30 m" in PROSE
    assert "longer than 150 m" in PROSE
    assert "loses 5 % for each year" in PROSE
    assert "Up to 300 jobs" in PROSE
