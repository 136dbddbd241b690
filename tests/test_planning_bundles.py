"""Jobs: which bottlenecks are one, what they cost together, and what holds of every job."""

import datetime
import itertools
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.errors import InputError
from toegankelijk.labels import LANGUAGES
from toegankelijk.ledger.fields import CLOSED
from toegankelijk.planning.bundles import EXTENT, JOB_COLUMNS, MEMBER_COLUMNS, NEAR, Bundles, find_bundles
from toegankelijk.planning.clustering import connect, cut_long, span
from toegankelijk.planning.costs import estimate_costs
from toegankelijk.planning.grouping import root_objects
from toegankelijk.planning.works import find_works

from .planning_world import NORM, kerbs, layer, row, sample, table
from .screenings import screen_once

TODAY = datetime.date(2026, 5, 1)
Layers = dict[str, gpd.GeoDataFrame]


def bundles(
    rows: gpd.GeoDataFrame, layers: Layers | None = None, planned: gpd.GeoDataFrame | None = None, **options: object
) -> Bundles:
    layers = layers or {}
    works = find_works(rows, planned, layers, today=TODAY)
    return find_bundles(rows, estimate_costs(rows, layers, NORM), layers, works, **{"lang": "en", **options})


def jobs_of(found: Bundles) -> set[frozenset[str]]:
    """Objects by job."""
    names = found.members["bottleneck_id"].str.split("-", n=2).str[2]
    return {frozenset(part) for _, part in names.groupby(found.members["job_id"])}


def sets(*groups: str) -> set[frozenset[str]]:
    return {frozenset(group.split()) for group in groups}


def kerb(name: str, x: float = 0.0, y: float = 0.0, /, **columns: object) -> dict:
    return row("drempel_wegwerken", name, x, y, **columns)


# On a street


def test_bottlenecks_near_each_other_on_a_street_are_one_job():
    rows = table(kerb("a"), kerb("b", 30), kerb("c", 60.1), kerb("d", 0, 10, street="Kerkstraat"))
    found = bundles(rows)
    assert jobs_of(found) == sets("a b", "c", "d")
    job = found.jobs[found.jobs["bottlenecks"] == 2].iloc[0]
    assert job["reason"] == "2 bottlenecks of one service on the same street, each within 30 m of the next"
    assert (job["street"], job["cost_low"], job["cost"], job["cost_high"]) == ("Dorpsstraat", 2000, 5000, 8000)
    assert job.geometry.geom_type == "MultiPoint"
    assert set(found.jobs.loc[found.jobs["bottlenecks"] == 1, "reason"]) == {"Stands alone"}


def test_lines_are_near_where_they_come_near():
    footway = layer({"v": shapely.LineString([(0, 0), (100, 0)])})
    rows = table(row("verharding_vervangen", "v", 50, 0, severity=2), kerb("k", 120, severity=2))
    assert jobs_of(bundles(rows, {"footway": footway})) == sets("v k")


def test_services_tracks_and_terms_of_staff_are_never_one_job():
    rows = table(
        kerb("a"),
        kerb("b", responsible="groen"),
        kerb("c", track="derden"),
        kerb("d", planning_staff="MLT"),
        kerb("e", planning_staff="MLT", target_year_staff=2030),
        kerb("f", status="in_uitvoering"),
        kerb("g", status="doorverwezen"),
        kerb("h", status="gepland"),
    )
    found = bundles(rows)
    assert jobs_of(found) == sets("a", "b", "c g", "d", "e", "f", "h")
    first = found.members.drop_duplicates("job_id").set_index("job_id")["bottleneck_id"].str[-1]
    told = found.jobs.set_index(first.reindex(found.jobs.index).to_numpy())
    assert told.loc[["a", "d", "e", "h"], ["planning", "year"]].to_numpy().tolist() == [
        ["", 0],
        ["MLT", 0],
        ["MLT", 2030],
        ["KT", 2028],
    ]
    assert told.loc[["a", "f"], "status"].tolist() == ["", "in_uitvoering"]
    assert "chosen by staff (2030)" in told.loc["e", "reason"]


def test_a_year_of_staff_gives_the_term():
    assert bundles(table(kerb("a", target_year_staff=2030))).jobs["planning"].tolist() == ["MLT"]


@pytest.mark.parametrize("status", CLOSED)
@pytest.mark.parametrize("column", ["status", "status_staff"])
def test_what_is_closed_is_in_no_job(status, column):
    assert jobs_of(bundles(table(kerb("a"), kerb("b", **{column: status})))) == sets("a")


def test_a_long_street_is_cut_at_its_widest_gaps():
    rows = table(*(kerb(f"k{x}", x) for x in (0, 20, 40, 60, 88, 108, 128, 148, 168)))
    found = bundles(rows)
    assert jobs_of(found) == sets("k0 k20 k40 k60", "k88 k108 k128 k148 k168")
    assert found.jobs["reason"].str.contains("longer than 150 m and is cut in parts").all()


def test_what_has_no_street_lies_on_the_nearest_with_a_name():
    streets = layer({"s": shapely.LineString([(0, 20), (100, 20)])}, street=["Dorpsstraat"])
    rows = table(kerb("a", street=""), kerb("b", 20))
    assert jobs_of(bundles(rows, {"street": streets})) == sets("a b")
    assert jobs_of(bundles(rows)) == sets("a", "b")


# One object, one crossing


def test_both_kerbs_of_a_crossing_are_one_job_whatever_the_distance():
    ends = layer({"e1": shapely.Point(0, 0), "e2": shapely.Point(200, 0)}, parent_id=["x", "x"])
    crossings = layer({"x": shapely.LineString([(0, 0), (200, 0)])})
    rows = table(row("oversteekzijde_aanpassen", "e1"), row("oversteekzijde_aanpassen", "e2", 200, street="Kerkstraat"))
    found = bundles(rows, {"crossing_end": ends, "crossing": crossings})
    assert jobs_of(found) == sets("e1 e2")
    assert found.jobs["reason"].tolist() == ["2 bottlenecks of the same crossing"]
    own = rows.assign(responsible=["wegen", "awv"], track=["eigen", "derden"])
    assert jobs_of(bundles(own, {"crossing_end": ends, "crossing": crossings})) == sets("e1", "e2")


def test_a_contained_remedy_is_not_paid_twice():
    rows = table(row("halte_heraanleggen", "h"), row("perronmarkering_leggen", "h"))
    found = bundles(rows)
    assert found.jobs[["cost_low", "cost", "cost_high"]].iloc[0].tolist() == [13000, 19000, 25000]
    members = found.members.set_index("bottleneck_id")
    assert members.loc["K-perronmarkering_leggen-h", ["cost", "counted_in"]].tolist() == [0, "K-halte_heraanleggen-h"]
    assert found.jobs["reason"].iloc[0] == "2 bottlenecks of the same object; €3,000 is not counted twice"


def test_what_staff_gave_for_a_contained_remedy_counts():
    rows = table(row("halte_heraanleggen", "h"), row("perronmarkering_leggen", "h", cost_eur_staff=700.0))
    assert bundles(rows).jobs["cost"].tolist() == [19700]


def test_an_obstacle_is_moved_once_for_all_that_it_limits():
    narrowing = layer({"n": shapely.Point(0, 0)}, parent_id=["v"], movable_id=["a"], narrowing_width=[0.8])
    layers = {"narrowing": narrowing, "obstacle": layer({"a": shapely.Point(90, 0)}, obstacle_type=["sign"])}
    place = row("obstakel_verplaatsen", "n", kind="narrowing", criteria="PAS-04", criterion="PAS-04")
    thing = row("obstakel_verplaatsen", "a", 90, kind="obstacle", criteria="FUR-14", criterion="FUR-14")
    found = bundles(table(place, thing), layers)
    assert jobs_of(found) == sets("n a")
    assert found.jobs["cost"].tolist() == [2500]
    apart = bundles(table(place, {**thing, "responsible": "handhaving"}), layers)
    assert jobs_of(apart) == sets("n", "a")
    assert apart.jobs["cost"].tolist() == [2500, 2500]
    assert apart.jobs["reason"].str.contains("coincides with bottlenecks of other jobs (1)", regex=False).all()


def test_amounts_of_staff_for_one_thing_all_count():
    narrowing = layer({"n": shapely.Point(0, 0)}, parent_id=["v"], movable_id=["a"], narrowing_width=[0.8])
    layers = {"narrowing": narrowing, "obstacle": layer({"a": shapely.Point(9, 0)}, obstacle_type=["sign"])}
    place = row("obstakel_verplaatsen", "n", kind="narrowing", criteria="PAS-04", criterion="PAS-04", cost_eur_staff=300.0)
    thing = row("obstakel_verplaatsen", "a", 9, kind="obstacle", criteria="FUR-14", criterion="FUR-14", cost_eur_staff=500.0)
    assert bundles(table(place, thing), layers).jobs["cost"].tolist() == [800]
    assert bundles(table(place, {**thing, "cost_eur_staff": np.nan}), layers).jobs["cost"].tolist() == [300]


def test_benches_are_counted_along_all_stretches_of_a_job():
    footways = layer({f"v{i}": shapely.LineString([(30 * i, 0), (30 * i + 30, 0)]) for i in range(5)})
    rows = table(*(row("zitbank_plaatsen", f"v{i}", 30 * i + 15) for i in range(5)))
    found = bundles(rows, {"footway": footways})  # level A: one every 100 m, so 2 for 150 m; one each by itself
    assert found.jobs["cost"].tolist() == [2 * (1000 + 3000) / 2]
    assert found.members["cost"].sum() == 4000


def test_a_quick_repair_does_not_wait_for_a_dear_thing_that_is_less_grave():
    ends = layer({"e1": shapely.Point(0, 0), "e2": shapely.Point(7, 0)}, parent_id=["x", "x"])
    layers = {"crossing_end": ends, "crossing": layer({"x": shapely.LineString([(0, 0), (7, 0)])})}
    kerb_rows = [row("waarschuwing_leggen", "e1"), row("waarschuwing_leggen", "e2", 7)]
    dear = row("oversteek_inkorten", "x", 3)
    found = bundles(table(*kerb_rows, dear), layers)
    assert jobs_of(found) == sets("e1 e2", "x")
    assert "other jobs (2)" in found.jobs.set_index("bottlenecks").loc[1, "reason"]
    grave = bundles(table(*kerb_rows, {**dear, "severity": 3}), layers)
    assert jobs_of(grave) == sets("e1 e2 x")
    assert grave.jobs["cost"].tolist() == [42500]  # a kerb extension comes with its warning fields
    on_street = [kerb("k", severity=3), row("voetpad_aanleggen", "s", 10, severity=1)]
    assert jobs_of(bundles(table(*on_street))) == sets("k", "s")


# Works and choices of staff

WORK = layer({"W": shapely.box(-10, -10, 1000, 10)}, year=[2030.0], name=["Dorpskern"])


def test_a_planned_work_pulls_all_of_its_manager_into_its_year():
    rows = table(kerb("a"), kerb("b", 900, street="Kerkstraat"), kerb("c", 0, 11), kerb("d", track="derden", responsible="awv"))
    found = bundles(rows, planned=WORK)
    assert jobs_of(found) == sets("a b", "c", "d")
    job = found.jobs[found.jobs["work_id"] == "W"].iloc[0]
    assert job[["bottlenecks", "work_year", "work_term", "work_owner"]].tolist() == [2, 2030, "MLT", "Dorpskern"]
    assert "2 bottlenecks in the same planned works (Dorpskern, 2030)" in job["reason"]
    assert "later than the rule asks" in job["reason"]
    assert found.jobs.loc[found.jobs["work_id"] == "", "work_year"].eq(0).all()


def test_staff_win_over_a_planned_work():
    found = bundles(table(kerb("a"), kerb("b", planning_staff="KT")), planned=WORK)
    assert jobs_of(found) == sets("a", "b")


def test_a_crossing_goes_into_a_work_with_both_its_kerbs():
    ends = layer({"e1": shapely.Point(0, 0), "e2": shapely.Point(0, 20)}, parent_id=["x", "x"])
    layers = {"crossing_end": ends, "crossing": layer({"x": shapely.LineString([(0, 0), (0, 20)])})}
    rows = table(row("waarschuwing_leggen", "e1"), row("waarschuwing_leggen", "e2", 0, 20))
    found = bundles(rows, layers, WORK)
    assert jobs_of(found) == sets("e1 e2")
    assert found.jobs["work_id"].tolist() == ["W"]


def test_a_knot_goes_with_the_work_in_which_most_of_it_lies():
    works = layer({"W1": shapely.box(-1, -1, 1, 1), "W2": shapely.box(5, -1, 9, 1)}, year=[2027.0, 2030.0], name=["", ""])
    ends = layer({"e1": shapely.Point(0, 0), "e2": shapely.Point(7, 0)}, parent_id=["x", "x"])
    layers = {"crossing_end": ends, "crossing": layer({"x": shapely.LineString([(0, 0), (7, 0)])})}
    kerb_rows = [row("waarschuwing_leggen", "e1"), row("waarschuwing_leggen", "e2", 7)]
    assert bundles(table(*kerb_rows), layers, works).jobs["work_id"].tolist() == ["W1"]  # of as many, the earliest
    rows = table(*kerb_rows, row("oversteekzijde_aanpassen", "e2", 7))
    assert bundles(rows, layers, works).jobs["work_id"].tolist() == ["W2"]


@pytest.mark.parametrize("column", ["job_staff", "bundle_staff"])
def test_staff_take_bottlenecks_together_by_a_text(column):
    rows = table(kerb("a", **{column: "school"}), kerb("b", 10), kerb("c", 900, street="Kerkstraat", **{column: " school"}))
    found = bundles(rows)
    assert jobs_of(found) == sets("a c", "b")
    assert found.jobs["reason"].str.contains(r"taken together by staff \(school\)").sum() == 1
    apart = rows.assign(responsible=["wegen", "wegen", "groen"])
    assert jobs_of(bundles(apart)) == sets("a", "b", "c")


def test_who_writes_the_id_of_a_job_joins_it():
    before = bundles(table(kerb("a"), kerb("b", 10)))
    proposed = before.jobs.index[0]
    rows = table(
        kerb("a", job_proposed=proposed, job_staff=""),
        kerb("b", 10, job_proposed=proposed, job_staff=""),
        kerb("c", 900, job_proposed="J-other", job_staff=proposed),
    )
    assert jobs_of(bundles(rows)) == sets("a b c")


# What holds of every job


def check(rows: gpd.GeoDataFrame, found: Bundles, costs: pd.DataFrame, layers: Layers, near: float, extent: float) -> None:
    """Every open bottleneck is in one job, of one service and choice; jobs are no longer and no dearer than they may be."""
    held = rows[~rows["status"].isin(CLOSED)].set_index("bottleneck_id")
    assert sorted(found.members["bottleneck_id"]) == sorted(held.index)
    assert set(found.members["job_id"]) == set(found.jobs.index)
    assert tuple(found.jobs) == JOB_COLUMNS
    assert tuple(found.members) == MEMBER_COLUMNS
    for job, part in found.members.groupby("job_id"):
        own = held.loc[part["bottleneck_id"]]
        assert (
            len(own[[name for name in ("responsible", "track", "planning_staff", "status") if name in own]].drop_duplicates())
            == 1
        )
        full = costs.loc[part["bottleneck_id"]]
        for name in ("cost_low", "cost", "cost_high"):
            assert 0 < found.jobs.at[job, name] <= full[name].sum() + 1e-6
            assert found.jobs.at[job, name] == pytest.approx(part[name].sum())
        assert found.jobs.at[job, "priority"] == own["priority"].max()
        if root_objects(own.reset_index(), layers).nunique() > 1 and not found.jobs.at[job, "work_id"]:
            points = own.groupby(root_objects(own.reset_index(), layers).to_numpy())["geometry"].first()
            pairs = itertools.combinations(points, 2)
            assert max(one.distance(other) for one, other in pairs) <= extent + 1e-6
            reach = connect(
                len(own), *np.nonzero(shapely.distance(own.geometry.to_numpy()[:, None], own.geometry.to_numpy()) <= near + 1e-9)
            )
            assert reach.max() == 0


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.sampled_from([15.0, 40.0]), st.sampled_from([50.0, 150.0]))
def test_jobs_hold_what_they_may_in_any_order(seed, count, near, extent):
    rng = np.random.default_rng(seed)
    rows = kerbs(rng, count) if count else kerbs(rng, 1).iloc[:0]
    costs = estimate_costs(rows, {}, NORM)
    found = find_bundles(rows, costs, {}, near=near, extent=extent)
    check(rows, found, costs, {}, near, extent)
    mixed = find_bundles(rows.iloc[rng.permutation(len(rows))], costs, {}, near=near, extent=extent)
    pd.testing.assert_frame_equal(pd.DataFrame(mixed.jobs), pd.DataFrame(found.jobs))
    pd.testing.assert_frame_equal(mixed.members, found.members)


def joined_by_hand(rows: gpd.GeoDataFrame, near: float) -> set[frozenset[str]]:
    """Jobs pair by pair, where nothing is so long or so dear that it is taken apart."""
    groups = [{one.bottleneck_id} for one in rows.itertuples()]
    for one, other in itertools.combinations(rows.itertuples(), 2):
        alike = all(
            getattr(one, name) == getattr(other, name) for name in ("responsible", "track", "planning_staff", "status", "street")
        )
        if alike and one.geometry.distance(other.geometry) <= near:
            first, second = (next(group for group in groups if row.bottleneck_id in group) for row in (one, other))
            if first is not second:
                groups.remove(second)
                first |= second
    return {frozenset(group) for group in groups}


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_jobs_are_those_that_pairs_give(seed, count):
    rows = kerbs(np.random.default_rng(seed), count, 150.0).assign(severity=2, status="open")
    found = bundles(rows, near=NEAR, extent=1e6)
    assert {frozenset(part) for _, part in found.members.groupby("job_id")["bottleneck_id"]} == joined_by_hand(rows, NEAR)


def test_an_id_rests_on_the_bottlenecks_of_the_job_alone():
    one = bundles(table(kerb("a"), kerb("b", 10)))
    other = bundles(table(kerb("b", 12, severity=4), kerb("a", street="Dorpsstraat"), kerb("z", 500)))
    assert one.jobs.index[0] in other.jobs.index
    assert one.jobs.index[0].startswith("J-")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 300)), min_size=1, max_size=40), st.floats(20, 200))
def test_cut_pieces_are_no_longer_than_they_may_be(places, most):
    points = np.array(sorted(places), dtype=float)
    labels = cut_long(points, np.zeros(len(points), dtype=int), most)
    assert (span(points, labels) <= most + 1e-6).all()
    for label in np.unique(labels):
        own = points[labels == label]
        assert np.hypot(*(own[:, None] - own).T).max() <= most + 1e-6
    same = {}
    for place, label in zip(map(tuple, points), labels, strict=True):
        assert same.setdefault(place, label) == label, "points at one place stay together"


def test_several_long_pieces_are_cut_at_once():
    first = np.array([[0.0, 0.0], [20.0, 0.0], [70.0, 0.0], [100.0, 0.0]])
    points, labels = np.concatenate([first, first + 1000.0, first[:2] + 2000.0]), np.array([0] * 4 + [1] * 4 + [2] * 2)
    assert cut_long(points, labels, 60.0).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


# Input that is not right, and the sample district


def test_the_same_id_twice_and_a_missing_cost_are_refused():
    rows = table(kerb("a"), kerb("a"))
    with pytest.raises(InputError, match="same id"):
        find_bundles(rows, estimate_costs(rows, {}, NORM), {})
    with pytest.raises(InputError, match="no cost"):
        find_bundles(table(kerb("a"), kerb("b")), estimate_costs(rows.iloc[:1], {}, NORM), {})


def test_gaps_of_the_monitoring_table_do_no_harm():
    rows = table(kerb("a", severity=None, planning=None, partner=None, zone_id=None, street=None), kerb("b", geometry=None))
    rows["status_staff"] = pd.Series([None, pd.NA], dtype="object")
    rows["target_year_staff"] = pd.array([None, 2030], dtype="Int64")
    found = bundles(rows)
    assert found.jobs["bottlenecks"].tolist() == [1, 1]
    assert found.jobs["year"].sum() == 2030


@pytest.mark.parametrize("lang", LANGUAGES)
def test_jobs_of_the_sample_district(lang):
    city, rows = sample()
    costs = estimate_costs(rows, city.layers, NORM)
    found = find_bundles(rows, costs, city.layers, lang=lang)
    check(rows, found, costs, city.layers, 1e6, EXTENT)
    assert found.jobs["reason"].str.len().min() > 4
    objects = rows.set_index("bottleneck_id")["object_id"].loc[found.members["bottleneck_id"]].to_numpy()
    jobs = {frozenset(part) for _, part in pd.Series(objects).groupby(found.members["job_id"].to_numpy())}
    assert {"OV-04/1", "OV-04/2"} in jobs
    assert {"VP-07/1", "VP-07/2"} in jobs
    assert {"HA-03"} in jobs
    assert {"WZ-1"} in jobs


def test_the_order_of_rows_and_objects_changes_nothing():
    city, rows = sample()
    rng = np.random.default_rng(6)
    mixed = rows.iloc[rng.permutation(len(rows))]
    layers = {kind: one.iloc[rng.permutation(len(one))] for kind, one in city.layers.items()}
    expected, found = (
        find_bundles(part, estimate_costs(part, others, NORM), others) for part, others in ((rows, city.layers), (mixed, layers))
    )
    pd.testing.assert_frame_equal(pd.DataFrame(found.jobs), pd.DataFrame(expected.jobs))
    pd.testing.assert_frame_equal(found.members, expected.members)


@pytest.mark.slow
def test_jobs_of_a_real_city(shared_data):
    screening = screen_once(shared_data / "osm-europe" / "helsinki.osm.pbf")
    rows, layers = screening.table, screening.city.layers
    costs = estimate_costs(rows, layers, NORM)
    found = find_bundles(rows, costs, layers)
    assert len(rows) > 200
    assert len(found.jobs) < 0.6 * len(rows)
    assert found.jobs["cost"].max() < 500_000
    assert found.members["job_id"].value_counts().max() < 40
    kinds = rows.set_index("bottleneck_id")["kind"].loc[found.members["bottleneck_id"]]
    ends = found.members[(kinds == "crossing_end").to_numpy()]
    parent = layers["crossing_end"]["parent_id"].loc[rows.set_index("bottleneck_id")["object_id"].loc[ends["bottleneck_id"]]]
    assert ends.groupby(parent.to_numpy())["job_id"].nunique().max() == 1


@pytest.mark.slow
def test_a_hundred_thousand_bottlenecks_are_joined_in_seconds():
    part = kerbs(np.random.default_rng(6), 2000, 2000.0)
    shifted = [
        part.assign(
            geometry=part.geometry.translate(10_000.0 * number),
            bottleneck_id=part["bottleneck_id"] + f"/{number}",
            object_id=part["object_id"] + f"/{number}",
        )
        for number in range(50)
    ]
    rows = gpd.GeoDataFrame(pd.concat(shifted, ignore_index=True), crs=part.crs)
    start = time.process_time()
    found = find_bundles(rows, estimate_costs(rows, {}, NORM), {})
    assert time.process_time() - start < 40
    assert len(found.jobs) == 50 * len(bundles(part).jobs)
