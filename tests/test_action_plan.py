"""The action plan: every bottleneck is in one action, costs and gains add up, and a budget holds."""

import csv
import dataclasses
import re

import numpy as np
import pytest

import toegankelijk as tg
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.reports.action_plan import MOST, write_action_plan
from toegankelijk.screening.fact_sheets import facts_of
from toegankelijk.screening.paper_tables import COSTS, SECTIONS, count_criteria, list_actions, locate
from toegankelijk.screening.plans import plan_city

from .screenings import screen_once
from .walking_world import walked


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def planned():
    return plan_city(walked(), budget={"KT": 15_000, "MLT": 10_000})


def test_every_bottleneck_is_in_one_action(screening):
    actions = list_actions(screening)
    ids = [one for cell in actions["ids"] for one in cell.split("|")]
    assert sorted(ids) == sorted(screening.table["bottleneck_id"])
    assert actions["bottlenecks"].sum() == len(screening.table)


def test_an_action_is_of_one_service_and_one_part(screening):
    table = screening.table.set_index("bottleneck_id")
    for row in list_actions(screening).itertuples():
        mine = table.loc[row.ids.split("|")]
        assert set(mine["responsible"]) == {row.responsible}
        assert set(mine["job"]) == {row.job}
        assert set(mine["track"]) == ({"derden"} if row.section == "derden" else {"eigen"})
        if row.section != "derden":
            assert set(mine["planning"]) == {row.section}


def test_costs_are_those_of_the_jobs_and_none_counts_twice(screening):
    actions, jobs = list_actions(screening), screening.weighed.jobs
    for name in COSTS:
        assert actions[name].sum() == pytest.approx(jobs[name].sum())
    assert (actions["cost_low"] <= actions["cost"]).all()
    assert (actions["cost"] <= actions["cost_high"]).all()


def test_the_order_is_by_part_then_priority(screening):
    actions = list_actions(screening)
    places = actions["section"].map(SECTIONS.index)
    assert places.is_monotonic_increasing
    for _, part in actions.groupby("section"):
        assert part["priority"].is_monotonic_decreasing


def test_a_plan_puts_what_it_has_no_money_for_apart(planned):
    actions, jobs = list_actions(planned.screening, planned), planned.plan.jobs
    own = jobs[jobs["track"] == "eigen"]
    left = set(own.index[own["term"] == ""])
    assert left  # else this test says nothing
    assert set(actions.loc[actions["section"] == "left", "job"]) == left
    spent = planned.plan.solution.spent.sum(axis=1)
    for term in ("KT", "MLT"):
        assert actions.loc[actions["section"] == term, "cost"].sum() == pytest.approx(spent[term])


def test_gains_are_those_of_whole_jobs(planned):
    actions = list_actions(planned.screening, planned)
    known = actions[actions["gain_residents"].notna()]
    assert known["gain_residents"].sum() > 0
    assert known["gain_residents"].tolist() == planned.plan.jobs.loc[known["job"], "gain_residents"].tolist()


def test_a_job_that_is_split_over_terms_has_no_gain():
    screening = walked()
    table = screening.table.copy()
    job = table["job"].value_counts().index[0]
    place = table.index[(table["job"] == job) & (table["track"] == "eigen")]
    assert len(place) > 1
    table.loc[place, "planning"] = ["KT", *["LT"] * (len(place) - 1)]
    parts = list_actions(screening, table=table)
    parts = parts[parts["job"] == job]
    assert len(parts) == 2
    assert parts["gain_residents"].isna().all()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_what_where_who_when_and_cost(screening, tmp_path, lang):
    screening = dataclasses.replace(screening, lang=lang)
    actions = list_actions(screening)
    page = write_action_plan(tmp_path / "plan.html", facts_of(screening), actions, counted="residents", lang=lang)
    text = page.read_text("utf-8")
    assert f'<html lang="{lang}">' in text
    assert text.count('<tr><td class="n"><span class="band') == len(actions)
    assert all(label(f"paper.action.note_{part}", lang) in text.replace("&#39;", "'") for part in set(actions["section"]))
    assert "Lindeplein" in text
    assert not re.search(r"[a-z]+_[a-z_]+\b(?!\.csv)", re.sub(r"<style>.*?</style>|<[^>]*>", "", text, flags=re.DOTALL))


def test_many_actions_are_counted_and_not_all_shown(screening, tmp_path):
    actions = list_actions(screening)
    many = actions.iloc[np.zeros(MOST + 7, int)].reset_index(drop=True).assign(section="KT")
    text = write_action_plan(tmp_path / "plan.html", facts_of(screening), many).read_text("utf-8")
    assert text.count('<tr><td class="n"><span class="band') == MOST
    assert label("paper.action.more", count="7") in text


def test_nothing_to_do_is_said(screening, tmp_path):
    none = dataclasses.replace(screening, table=screening.table.iloc[:0])
    text = write_action_plan(tmp_path / "plan.html", facts_of(none), list_actions(none)).read_text("utf-8")
    assert label("paper.action.nothing") in text


def test_places_are_told_in_the_system_of_the_city_and_in_degrees(screening):
    places = locate(screening.table)
    back = screening.table.to_crs(4326).geometry
    assert np.allclose(places["lat"], back.y, atol=1e-6)
    assert np.allclose(places["lon"], back.x, atol=1e-6)
    assert places["where"].str.contains("EPSG:31370").all()


def test_counts_of_criteria_are_of_objects_each_once(screening):
    counts, table = count_criteria(screening), screening.findings.table
    for code in ("PAS-01", "CRO-01", "STO-01"):
        mine = table[table["criterion"] == code]
        failing = set(mine.loc[mine["outcome"] == "fails", "object_id"])
        unknown = set(mine.loc[mine["outcome"] == "unknown", "object_id"]) - failing
        meets = set(mine["object_id"]) - failing - unknown
        assert counts.loc[code, ["fails", "unknown", "meets"]].tolist() == [len(failing), len(unknown), len(meets)]


def test_lists_hold_text_as_text_and_numbers_as_numbers(tmp_path):
    import pandas as pd

    from toegankelijk.io.lists import write_list

    bad = ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", '=HYPERLINK("x";"y")', 'a;b"c\nd', "＝1"]
    path = write_list(tmp_path / "list.csv", pd.DataFrame({"tekst": bad, "getal": [-1.5, None, 2, 3, 4, 5, 6, 7, 8, 9]}))
    assert path.read_bytes()[:3] == b"\xef\xbb\xbf"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == ["tekst", "getal"]
    assert not [row[0] for row in rows[1:] if row[0].lstrip().startswith(("=", "+", "-", "@", "＝"))]
    assert [row[1] for row in rows[1:4]] == ["-1.5", "", "2"]
    assert rows[9][0] == 'a;b"c\nd'
