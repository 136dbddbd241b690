"""Identity over screenings: planted truth, small worlds, real layers drawn anew. A wrong adoption is never allowed."""

import datetime
import hashlib
import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.ledger.fields import BASE_FIELDS, CONFLICT_FIELDS, KEY, canonical
from toegankelijk.ledger.identity import conflict_of, fresh_ids, match
from toegankelijk.ledger.likeness import are_unmoved, find_links
from toegankelijk.ledger.snapshot import Snapshot

CORNER = 170_000.0
"""Coordinates as large as those of Flanders, so that rounding is as in a city."""


def base_of(keys, shapes, *, ids=None, kind="rest_place", remedy="bank_vervangen", **columns):
    """What the table was like: a bottleneck per object, ``K-0``, ``K-1`` and so on."""
    rows = pd.DataFrame({"kind": kind, "object_id": list(map(str, keys)), "remedy": remedy})
    rows = rows.assign(theme="straatmeubilair", criteria="MEU-01", status="open", shape=shapely.to_wkb(np.array(shapes, object)))
    rows = rows.assign(**columns)
    rows[KEY] = [f"K-{i}" for i in range(len(rows))] if ids is None else list(ids)
    return canonical(rows, BASE_FIELDS).set_index(KEY)


def seen(keys, shapes, *, fails=None, parent="", kind="rest_place", remedy="bank_vervangen", **columns):
    """A screening with an object per key, which fails where `fails` says so (everywhere)."""
    rows = pd.DataFrame({"kind": kind, "object_id": list(map(str, keys)), "remedy": remedy, "parent": parent})
    rows = rows.assign(theme="straatmeubilair", criteria="MEU-01").assign(**columns)
    rows["shape"] = np.array(list(shapes), object)
    places = gpd.GeoSeries(rows["shape"].to_numpy(), crs="EPSG:31370")
    objects = gpd.GeoDataFrame(rows[["kind", "object_id", "parent"]], geometry=places)
    objects = objects.drop_duplicates(["kind", "object_id"], ignore_index=True)
    failing = rows if fails is None else rows[np.asarray(fails, bool)].reset_index(drop=True)
    table = gpd.GeoDataFrame(failing, geometry=shapely.centroid(failing["shape"].to_numpy()), crs="EPSG:31370")
    return Snapshot(table, objects, pd.DataFrame(), frozenset(rows["kind"]), datetime.date(2026, 6, 1))


def shifted(shapes, rng, most, *, least=0.0):
    """Each shape shifted by its own vector, at most so far."""
    turn, far = rng.uniform(0, 2 * np.pi, len(shapes)), np.sqrt(rng.uniform((least / most) ** 2, 1, len(shapes))) * most
    coordinates, of = shapely.get_coordinates(shapes, return_index=True)
    return shapely.set_coordinates(shapes.copy(), coordinates + np.column_stack([np.cos(turn), np.sin(turn)])[of] * far[of, None])


def moved_by(x, y):
    return lambda places: places + np.array([x, y])


def grid(count, spacing):
    side = int(np.ceil(np.sqrt(count)))
    return np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)[:count] * spacing + CORNER


def planted(form, count, rng):
    """Points, lines or polygons of which like ones stand more than a metre apart."""
    if form == "points":
        return shapely.points(grid(count, 1.0001))
    at, turn, length = grid(count, 14.0), rng.uniform(0, 2 * np.pi, count), rng.uniform(1.5, 10, count)
    step = np.column_stack([np.cos(turn), np.sin(turn)]) * length[:, None] / 2
    lines = shapely.linestrings(np.stack([at - step, at + rng.normal(0, 0.2, (count, 2)), at + step], 1))
    return lines if form == "lines" else shapely.buffer(lines, rng.uniform(0.4, 1.2, count), quad_segs=2, cap_style="flat")


def truth_of(alive, count):
    """Id that each object of today should have; "" for new ones."""
    return np.array([f"K-{i}" if i < count else "" for i in alive], object)


def score(matches, truth):
    found = matches.found.to_numpy(dtype=object)
    return {
        "kept": int(((found == truth) & (truth != "")).sum()),
        "wrong": int(((found != truth) & ~np.isin(found, ["", "?"])).sum()),
        "withheld": int((found == "?").sum()),
    }


def keys_for(how, alive, rng):
    return {
        "new": [f"N{i}" for i in alive],
        "dealt out anew": list(rng.permutation(len(alive))),
        "one further": [i + 1 for i in alive],
        "kept": list(alive),
    }[how]


# ---------------------------------------------------------------------------------------------------------- acceptance


@pytest.mark.parametrize("form", ["points", "lines", "polygons"])
@pytest.mark.parametrize("keys", ["new", "dealt out anew", "one further", "kept"])
@pytest.mark.parametrize("seed", [1, 2])
def test_redigitised_objects_keep_their_bottleneck(form, keys, seed):
    rng, count = np.random.default_rng(seed), 1000
    old = planted(form, count + 30, rng)
    new = shifted(old, rng, 0.5, least=0.49 if seed == 1 else 0.0)
    alive = rng.permutation(np.r_[rng.permutation(count)[30:], np.arange(count, count + 30)])
    if form == "points":  # what stands a metre from something that is gone may be taken for it: new ones stand farther off
        new[count:] = shapely.points(grid(30, 3.0) + np.array([5_000, 0]))
    matches = match(base_of(range(count), old[:count]), seen(keys_for(keys, alive, rng), new[alive]))
    told = score(matches, truth_of(alive, count))
    assert told["wrong"] == 0
    assert told["kept"] >= 0.995 * 970
    assert set(matches.objects.index) == set(truth_of(range(count), count)) - set(matches.found)


@pytest.mark.parametrize("form", ["lines", "polygons"])
def test_objects_that_were_split_and_merged_while_redigitised(form):
    rng, count = np.random.default_rng(7), 1000
    old = shapely.linestrings(
        np.stack(
            [grid(count, 30.0), grid(count, 30.0) + np.column_stack([rng.uniform(8, 20, count), rng.uniform(-5, 5, count)])], 1
        )
    )
    drawn = shifted(old, rng, 0.5)
    pieces, truth, largest = [], [], []
    for i, line in enumerate(drawn):  # every third in two, every seventh in three
        cuts = [0.0, *([0.62] if i % 3 == 0 else [0.2, 0.75] if i % 7 == 0 else []), 1.0]
        parts = [shapely.ops.substring(line, a, b, normalized=True) for a, b in itertools.pairwise(cuts)]
        pieces += parts
        truth += [f"K-{i}"] * len(parts)
        largest += list(np.diff(cuts) == max(np.diff(cuts)))
    wide = (lambda lines: shapely.buffer(lines, 0.9, cap_style="flat")) if form == "polygons" else np.asarray
    order = rng.permutation(len(pieces))
    truth, largest = np.array(truth, object)[order], np.array(largest)[order]
    matches = match(base_of(range(count), wide(old)), seen([f"N{i}" for i in order], wide(np.array(pieces))[order]))
    assert score(matches, np.where(largest, truth, ""))["wrong"] == 0
    assert (matches.found[largest] == truth[largest]).mean() >= 0.995
    assert (matches.parent[~largest] == truth[~largest]).mean() >= 0.995
    assert set(matches.how[~largest]) == {"split"}
    # and back again: the pieces were drawn as one
    back = match(base_of(order, wide(np.array(pieces))[order]), seen(range(count), wide(shifted(old, rng, 0.0001))))
    whole = pd.Series(np.flatnonzero(largest), index=truth[largest])
    expected = np.array([f"K-{whole[f'K-{i}']}" for i in range(count)], object)
    assert score(back, expected)["wrong"] == 0
    assert (back.found == expected).mean() >= 0.995
    merged = back.objects["merged_into"]
    assert (merged == [expected[int(truth[int(name[2:])][2:])] for name in merged.index]).mean() >= 0.995


@pytest.mark.parametrize("keys", ["new", "dealt out anew", "one further", "kept"])
@pytest.mark.parametrize("moved", ["each", "none", "all by the distance between two"])
def test_crowded_objects_adopt_rightly_or_wait(keys, moved):
    rng, count = np.random.default_rng(3), 1000
    crowd = np.repeat(np.arange(count), rng.integers(1, 6, count))[:count]
    rank = pd.Series(crowd).groupby(crowd).cumcount().to_numpy()
    spread = np.column_stack([0.4 * rank, np.zeros(count)]) if moved.startswith("all") else rng.uniform(0, 1.2, (count, 2))
    places = np.r_[grid(count, 30.0)[crowd] + spread, grid(30, 40.0) + np.array([17, 17])]
    old = shapely.points(places)
    new = {"each": shifted(old, rng, 0.5), "none": old}.get(moved, shapely.points(places + np.array([0.4, 0])))
    alive = rng.permutation(np.r_[rng.permutation(count)[30:], np.arange(count, count + 30)])
    if keys == "one further":
        alive = np.sort(alive)
    matches = match(base_of(range(count), old[:count]), seen(keys_for(keys, alive, rng), new[alive]))
    told = score(matches, truth_of(alive, count))
    assert told["wrong"] == 0
    assert told["kept"] + told["withheld"] == 970
    if moved == "none":
        assert told["kept"] >= 0.99 * 970
    assert len(matches.conflicts) == told["withheld"]
    for row, names in zip(np.flatnonzero(matches.found == "?"), matches.conflicts["candidates"], strict=True):
        assert truth_of(alive, count)[row] in names.split(" | ")


places = st.tuples(*[st.integers(0, 40).map(lambda n: n * 0.25) | st.floats(0, 10, allow_nan=False)] * 2)
vectors = st.tuples(st.floats(0, 0.5), st.floats(0, 6.3)).map(lambda v: (v[0] * np.cos(v[1]), v[0] * np.sin(v[1])))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_small_worlds_have_no_wrong_adoption(data):
    """A few points, near or far, drawn anew with new keys; some gone."""
    at = np.array(data.draw(st.lists(places, min_size=1, max_size=9, unique=True)), float)
    steps = np.array([data.draw(vectors) for _ in at])
    now = at + steps
    apart = np.hypot(*(at[:, None] - now[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, 9)
    alive = np.array(data.draw(st.lists(st.booleans(), min_size=len(at), max_size=len(at))))
    # what comes to lie in the very place of another one cannot be told from it by anybody
    ok = alive & ~(apart <= 0.011).any(axis=0)
    # nor can one that comes within reach of what is gone, if its own old one is not known; here all old ones are known
    rows = data.draw(st.permutations(list(np.flatnonzero(ok))))
    matches = match(
        base_of(range(len(at)), shapely.points(at + CORNER)),
        seen([f"N{i}" for i in rows], shapely.points(now[rows] + CORNER).reshape(-1)),
    )
    told = score(matches, truth_of(rows, len(at)))
    assert told["wrong"] == 0
    assert told["kept"] + told["withheld"] == len(rows)
    gap = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 9 * np.eye(len(at))
    lonely = gap[rows].min(axis=1, initial=9) > 1.0001
    assert (matches.found.to_numpy()[lonely] == truth_of(rows, len(at))[lonely]).all()


def test_many_small_worlds_have_no_wrong_adoption():
    """Five hundred at once, far apart: up to nine points on a few metres, on round numbers too, some gone."""
    rng, old, new, alive = np.random.default_rng(11), [], [], []
    for world in range(500):
        count = rng.integers(1, 10)
        at = rng.uniform(0, 3, (count, 2)) if world % 2 else rng.integers(0, 13, (count, 2)) * 0.25
        turn, far = rng.uniform(0, 6.3, count), rng.uniform(0, 0.5, count)
        now = at + np.column_stack([np.cos(turn), np.sin(turn)]) * far[:, None]
        old.append(at + np.array([world * 100, 0]))
        new.append(now + np.array([world * 100, 0]))
        alive.append(rng.random(count) < 0.8)
    old, new, alive = (
        shapely.points(np.concatenate(old) + CORNER),
        shapely.points(np.concatenate(new) + CORNER),
        np.concatenate(alive),
    )
    i, j = shapely.STRtree(old).query(new, predicate="dwithin", distance=0.011)[::-1]
    alive[j[i != j]] = False  # what comes to lie in the very place of another one cannot be told from it by anybody
    rows = rng.permutation(np.flatnonzero(alive))
    matches = match(base_of(range(len(old)), old), seen([f"N{i}" for i in rows], new[rows]))
    told = score(matches, truth_of(rows, len(old)))
    assert told["wrong"] == 0
    assert told["kept"] + told["withheld"] == len(rows)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_order_and_names_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    old = shapely.points(rng.uniform(0, 6, (count, 2)) + CORNER)
    new = shifted(old, rng, 0.5)
    one = match(base_of(range(count), old), seen(range(100, 100 + count), new)).found
    shuffle, again = rng.permutation(count), rng.permutation(count)
    base = base_of(range(count), old).iloc[again]
    other = match(base, seen(np.arange(100, 100 + count)[shuffle], new[shuffle])).found
    assert other.tolist() == one[shuffle].tolist()


# --------------------------------------------------------------------------------------------------------------- keys


def test_the_same_twice_finds_all_by_key():
    rng = np.random.default_rng(0)
    old = planted("polygons", 200, rng)
    matches = match(base_of(range(200), old), seen(range(200), old))
    assert matches.found.tolist() == [f"K-{i}" for i in range(200)]
    assert set(matches.how) == {"key"}
    assert matches.objects.empty
    assert matches.conflicts.empty


def test_what_moved_with_its_key_is_the_same():
    old = shapely.points(grid(50, 40.0))
    new = old.copy()
    new[7] = shapely.transform(old[7], moved_by(8, 0))
    matches = match(base_of(range(50), old), seen(range(50), new))
    assert matches.found[7] == "K-7"
    assert matches.how[7] == "key"
    alone = match(base_of([7], old[7:8]), seen([7], new[7:8]))
    assert alone.found.tolist() == ["K-7".replace("7", "0")]


def test_a_key_that_turns_up_far_away_has_to_be_decided():
    old = shapely.points(grid(50, 40.0))
    new = old.copy()
    new[7] = shapely.transform(old[7], moved_by(2_000, 0))
    matches = match(base_of(range(50), old), seen(range(50), new))
    assert matches.found[7] == "?"
    assert matches.conflicts["candidates"].tolist() == ["K-7"]
    assert (matches.found.drop(7) == [f"K-{i}" for i in range(50) if i != 7]).all()


def test_a_key_that_moved_to_where_another_stood_has_to_be_decided():
    """Bench 7 stands 8 m off, and a new one stands in its old place."""
    old = shapely.points(grid(50, 40.0))
    new = np.append(old, old[7])
    new[7] = shapely.transform(old[7], moved_by(8, 0))
    matches = match(base_of(range(50), old), seen([*range(50), 99], new))
    assert matches.found[[7, 50]].tolist() == ["?", "?"]
    assert matches.objects.loc["K-7", "how"] == "ambiguous"


def test_two_swapped_keys_in_a_thousand_have_to_be_decided_and_the_others_stay():
    old = shapely.points(grid(1000, 5.0))
    keys = np.arange(1000)
    keys[[17, 18]] = [18, 17]
    matches = match(base_of(range(1000), old), seen(keys, old))
    assert np.flatnonzero(matches.found == "?").tolist() == [17, 18]
    assert set(matches.conflicts["candidates"]) == {"K-17 | K-18", "K-18 | K-17"}
    assert score(matches, np.where(matches.found == "?", "", truth_of(range(1000), 1000))) == {
        "kept": 998,
        "wrong": 0,
        "withheld": 2,
    }


def test_keys_given_out_anew_elsewhere_are_not_the_old_ones():
    old = shapely.points(grid(60, 10.0))
    new = shapely.points(grid(60, 10.0) + np.array([5_000, 0]))
    matches = match(base_of(range(60), old), seen(range(60), new))
    assert set(matches.found) == {""}
    assert set(matches.objects["how"]) == {"gone"}


def test_a_row_of_bollards_numbered_one_further_is_not_taken_by_number():
    """They stand 0.4 m apart, so each number lies within the tolerance of its old place; and all others kept theirs."""
    far = shapely.points(grid(100, 50.0))
    row = shapely.points(np.column_stack([CORNER - 50 + 0.4 * np.arange(10), np.full(10, CORNER)]))
    old, keys = np.append(far, row), np.arange(110)
    now = np.append(np.arange(100), np.arange(101, 111))
    rng = np.random.default_rng(1)
    matches = match(base_of(keys, old), seen(now, shifted(old, rng, 0.03)))
    assert score(matches, truth_of(range(110), 110))["wrong"] == 0
    assert matches.found[:100].tolist() == [f"K-{i}" for i in range(100)]


def test_crowded_objects_with_kept_keys_are_found_by_key():
    rng = np.random.default_rng(5)
    row = np.append(
        shapely.points(grid(40, 20.0)), shapely.points(np.column_stack([CORNER - 9 + 0.3 * np.arange(20), np.full(20, CORNER)]))
    )
    matches = match(base_of(range(60), row), seen(range(60), shifted(row, rng, 0.12)))
    assert matches.found.tolist() == [f"K-{i}" for i in range(60)]


def test_kinds_do_not_mix():
    spot = [Point(CORNER, CORNER)]
    matches = match(base_of(["1"], spot), seen(["1"], spot, kind="stop"))
    assert matches.found.tolist() == [""]
    assert matches.objects.loc["K-0", "how"] == "gone"


# ------------------------------------------------------------------------------------------------------- place, exactly


@pytest.mark.parametrize("corner", [0.1, 170_000.3, 5_815_983.7])
@pytest.mark.parametrize(
    "form", [Point, lambda x, y: LineString([(x, y), (x, y + 7), (x + 3, y + 9)]), lambda x, y: box(x, y, x + 2, y + 5)]
)
def test_the_tolerance_itself_is_within_it(corner, form):
    old = form(corner, corner)
    for step, found in ((0.5, "K-0"), (0.51, "")):
        new = form(corner + step * 0.6, corner + step * 0.8)
        if not isinstance(old, Point) and not found:
            continue  # of a line that lies 1 cm too far most places may still lie within it
        assert match(base_of(["a"], [old]), seen(["b"], [new])).found.tolist() == [found]


def test_other_tolerances():
    base, now = base_of(["a"], [Point(0, 0)]), seen(["b"], [Point(2, 0)])
    assert match(base, now, tolerance=2.0).found.tolist() == ["K-0"]
    assert match(base, now, tolerance=1.0).found.tolist() == [""]


def test_shapes_stored_otherwise_are_the_same():
    square = box(CORNER, CORNER, CORNER + 4, CORNER + 3)
    ring = LineString([(CORNER, CORNER), (CORNER + 9, CORNER)])
    for old, new in (
        (square, shapely.reverse(square)),
        (square, shapely.segmentize(square, 0.5)),
        (square, shapely.MultiPolygon([square])),
        (square, shapely.force_3d(square, 7.0)),
        (square, shapely.GeometryCollection([square, Point(0, 0)])),
        (ring, shapely.reverse(ring)),
        (ring, shapely.segmentize(ring, 1.0)),
        (Point(CORNER, CORNER), shapely.MultiPoint([(CORNER, CORNER)])),
        (Point(CORNER, CORNER), LineString([(CORNER, CORNER), (CORNER, CORNER)])),
        (Point(CORNER + 1, CORNER + 1), square),
        (square, Point(CORNER + 1, CORNER + 1)),
    ):
        assert match(base_of(["a"], [old]), seen(["b"], [new])).found.tolist() == ["K-0"], (old, new)


def test_an_island_is_no_part_of_what_lies_around_it():
    hole = box(4, 4, 8, 8)
    around = box(0, 0, 12, 12) - hole
    matches = match(base_of(["a"], [around]), seen(["b"], [hole]))
    assert matches.found.tolist() == [""]
    assert matches.parent.tolist() == [""]


def test_what_touches_is_no_part():
    for old, new in ((LineString([(0, 0), (10, 0)]), LineString([(10, 0), (10.5, 0)])), (box(0, 0, 10, 2), box(0, 2, 10, 2.4))):
        matches = match(base_of(["a"], [old]), seen(["b"], [new]))
        assert "K-0" not in matches.found.tolist()


def test_rows_without_a_place_are_known_by_key_only():
    base = base_of(["a", "b"], [None, None], x=[5.0, np.nan], y=[6.0, np.nan])
    now = seen(["x", "b", "c"], [Point(5.1, 6.1), Point(9, 9), None])
    assert match(base, now).found.tolist() == ["K-0", "K-1", ""]


def test_empty_tables():
    one = [Point(0, 0)]
    assert match(base_of([], []), seen(["a"], one)).found.tolist() == [""]
    nothing = match(base_of(["a"], one), seen([], []))
    assert nothing.found.empty
    assert nothing.objects.loc["K-0", ["object_id", "how"]].tolist() == ["", "gone"]
    assert match(base_of([], []), seen([], [])).objects.empty


def test_a_heap_in_one_place_is_left_to_people_and_not_squared():
    heap = np.append(np.full(3_000, Point(CORNER, CORNER)), np.full(3_000, box(0, 0, 3, 3)))
    kept = match(base_of(range(6_000), heap), seen(range(6_000), heap))
    assert score(kept, truth_of(range(6_000), 6_000))["kept"] == 6_000
    renamed = match(base_of(range(6_000), heap), seen([f"N{i}" for i in range(6_000)], heap))
    assert set(renamed.found) <= {"", "?"}
    assert "gone" not in set(renamed.objects["how"])


# ------------------------------------------------------------------------------------------------------ split and merged


def test_the_part_on_which_it_still_fails_keeps_the_bottleneck():
    line = LineString([(0, 0), (10, 0)])
    parts = [LineString([(0, 0), (7, 0)]), LineString([(7, 0), (10, 0)])]
    both = match(base_of(["a"], [line]), seen(["b", "c"], parts))
    assert both.found.tolist() == ["K-0", ""]
    assert both.how.tolist() == ["place", "split"]
    assert both.parent.tolist() == ["", "K-0"]
    short = match(base_of(["a"], [line]), seen(["b", "c"], parts, fails=[False, True]))
    assert short.found.tolist() == ["K-0"]
    mended = match(base_of(["a"], [line]), seen(["b", "c"], parts, fails=[False, False]))
    assert mended.objects.loc["K-0", ["object_id", "candidates", "how"]].tolist() == ["b", "b | c", "place"]


def test_equal_halves_give_the_same_answer_in_any_order():
    line = LineString([(0, 0), (10, 0)])
    west, east = LineString([(0, 0), (5, 0)]), LineString([(5, 0), (10, 0)])
    assert match(base_of(["a"], [line]), seen(["c", "b"], [east, west])).found.tolist() == ["", "K-0"]
    assert match(base_of(["a"], [line]), seen(["c", "b"], [west, east])).found.tolist() == ["K-0", ""]


def test_a_part_that_kept_the_key_goes_first():
    others = [LineString([(0, y), (10, y)]) for y in (20, 40, 60)]
    line = LineString([(0, 0), (10, 0)])
    parts = [LineString([(0, 0), (3, 0)]), LineString([(3, 0), (10, 0)])]
    matches = match(base_of(["a", "b", "c", "d"], [line, *others]), seen(["a", "e", "b", "c", "d"], [*parts, *others]))
    assert matches.found.tolist() == ["K-0", "", "K-1", "K-2", "K-3"]
    assert matches.parent[1] == "K-0"


def test_merged_bottlenecks_say_where_they_went():
    parts = [LineString([(0, 0), (7, 0)]), LineString([(7, 0), (12, 0)]), LineString([(7, 0), (12, 0)])]
    base = base_of(["a", "b", "b"], parts, remedy=["bank_vervangen", "bank_vervangen", "zitbank_plaatsen"])
    whole = LineString([(0, 0), (12, 0)])
    now = seen(["z", "z"], [whole, whole], remedy=["bank_vervangen", "zitbank_plaatsen"])
    matches = match(base, now)
    assert matches.found.tolist() == ["K-0", "K-2"]  # nothing else had the second remedy
    assert matches.parent.tolist() == ["K-1", ""]
    assert matches.objects.loc["K-1", ["object_id", "how", "merged_into"]].tolist() == ["z", "part", "K-0"]


def test_what_was_split_is_not_taken_for_its_neighbour():
    """A line was cut in two, and another one, which nobody asked about before, runs along nearly all of it."""
    line, beside = LineString([(0, 0), (9, 0)]), LineString([(0.3, 0.2), (9.3, 0.55)])
    parts = [LineString([(0, 0), (5, 0)]), LineString([(5, 0), (9, 0)])]
    matches = match(base_of(["a"], [line]), seen(["b", "c", "d"], [*parts, beside]))
    assert "K-0" not in matches.found.tolist()
    assert matches.found[2] == "?"


def test_a_scrap_of_what_was_there_is_no_sure_thing():
    plaza = box(0, 0, 40, 40)
    path = box(0, 0, 40, 3)
    assert match(base_of(["a"], [plaza]), seen(["b"], [path])).found.tolist() == ["?"]


# ------------------------------------------------------------------------------------------------------ derived objects


def test_numbers_of_derived_objects_may_slide():
    """The first narrowing is gone, so the second is now the first."""
    gaps = [LineString([(x, 0), (x, 1.1)]) for x in (5.0, 40.0, 80.0)]
    base = base_of(["VP/v1", "VP/v2", "VP/v3"], gaps, kind="narrowing")
    now = seen(["VP/v1", "VP/v2"], gaps[1:], kind="narrowing", parent="VP")
    assert match(base, now).found.tolist() == ["K-1", "K-2"]
    ends = [Point(0, 0), Point(9, 0)]
    swapped = match(
        base_of(["c/1", "c/2"], ends, kind="crossing_end"), seen(["c/2", "c/1"], ends, kind="crossing_end", parent="c")
    )
    assert swapped.found.tolist() == ["K-0", "K-1"]


def test_a_derived_object_a_little_farther_off_is_known_by_its_number_if_nothing_contests():
    old = [Point(0, 0), Point(9, 0)]
    base = base_of(["c/1", "c/2"], old, kind="crossing_end")

    def found(*new, keys=("c/1", "c/2")):
        return match(base, seen(keys, new, kind="crossing_end", parent="c")).found.tolist()

    assert found(Point(-1.5, 0), Point(10.2, 0)) == ["K-0", "K-1"]
    assert found(Point(-2.5, 0), Point(10.2, 0)) == ["", "K-1"]
    assert found(Point(10.2, 0), Point(-1.5, 0)) == ["", ""]  # its number says another end
    near = match(
        base_of(["c/1", "c/2"], [Point(0, 0), Point(1.2, 0)], kind="crossing_end"),
        seen(["c/1"], [Point(0.6, 0.9)], parent="c", kind="crossing_end"),
    )
    assert near.found.tolist() == [""]


# ---------------------------------------------------------------------------------------------------------- bottlenecks


def test_every_remedy_of_an_object_is_a_bottleneck_of_its_own():
    spot = Point(0, 0)
    base = base_of(["a", "a", "a"], [spot] * 3, remedy=["r1", "r2", "r3"])
    matches = match(base, seen(["b", "b"], [Point(0.2, 0)] * 2, remedy=["r3", "r1"]))
    assert matches.found.tolist() == ["K-2", "K-0"]
    assert matches.objects.loc["K-1", ["object_id", "how"]].tolist() == ["b", "place"]
    assert matches.objects.loc["K-1", "shape"] == Point(0.2, 0)


def test_a_bottleneck_whose_remedy_changed_is_the_same():
    way = LineString([(0, 0), (9, 0)])
    columns = {"kind": "footway", "theme": "doorgangen"}
    base = base_of(["a"], [way], remedy="obstakel_verplaatsen", criteria="PAS-01|PAS-06", **columns)
    now = {"remedy": "voetpad_verbreden", "criteria": "PAS-01", **columns}
    assert match(base, seen(["a"], [way], **now)).found.tolist() == ["K-0"]
    assert match(base, seen(["a"], [way], **now | {"criteria": "SUR-01"})).found.tolist() == [""]
    assert match(base, seen(["a"], [way], **now | {"theme": "oppervlak"})).found.tolist() == [""]
    closed = base.assign(status="geverifieerd")
    assert match(closed, seen(["a"], [way], **now)).found.tolist() == [""]
    two = seen(["a", "a"], [way] * 2, **now | {"remedy": ["voetpad_verbreden", "snoeien"]})
    assert match(base, two).found.tolist() == ["", ""]
    still = seen(["a", "a"], [way] * 2, **now | {"remedy": ["voetpad_verbreden", "obstakel_verplaatsen"]})
    assert match(base, still).found.tolist() == ["", "K-0"]


def test_deleted_rows_are_found_and_own_rows_are_not():
    spots = [Point(0, 0), Point(50, 0)]
    base = base_of(["a", "b"], spots, ids=["K-1", "E-1"], deleted_on=[pd.Timestamp("2026-01-01"), pd.NaT])
    matches = match(base, seen(["c", "d"], spots))
    assert matches.found.tolist() == ["K-1", ""]
    assert "E-1" not in matches.objects.index
    both = base_of(["a", "a"], [spots[0]] * 2, deleted_on=[pd.Timestamp("2026-01-01"), pd.NaT])
    assert match(both, seen(["a"], spots[:1])).found.tolist() == ["K-1"]


def test_a_row_left_behind_in_an_old_place_does_not_stand_in_the_way():
    """Two rows of one object, of which one was not brought along when it was drawn anew."""
    base = base_of(["a", "a"], [Point(0, 0), Point(0.4, 0)], remedy=["r1", "r2"], last_seen=[pd.Timestamp("2024-01-01"), pd.NaT])
    matches = match(base, seen(["a", "a"], [Point(0.4, 0)] * 2, remedy=["r1", "r2"]))
    assert matches.found.tolist() == ["K-0", "K-1"]
    far = base_of(["a", "a"], [Point(300, 0), Point(0.4, 0)], remedy=["r1", "r2"], last_seen=[pd.Timestamp("2024-01-01"), pd.NaT])
    assert match(far, seen(["a", "a"], [Point(0.4, 0)] * 2, remedy=["r1", "r2"])).found.tolist() == ["", "K-1"]


# ------------------------------------------------------------------------------------------------------------ decisions


def crowd():
    """Two benches 0.4 m apart, both drawn anew."""
    return base_of(["a", "b"], [Point(0, 0), Point(0.4, 0)]), seen(["p", "q"], [Point(0.1, 0.1), Point(0.4, 0.1)])


def test_conflicts_can_be_listed_and_decided():
    base, now = crowd()
    matches = match(base, now)
    assert matches.found.tolist() == ["?", "?"]
    assert list(matches.conflicts) == list(CONFLICT_FIELDS)
    assert matches.conflicts["what"].eq("ambiguous").all()
    assert matches.conflicts["candidates"].tolist() == ["K-0 | K-1", "K-1 | K-0"]  # the nearest one first
    assert matches.conflicts["note"].tolist()[0] == "rest_place, bank_vervangen: 0.14 m | 0.32 m"
    assert matches.conflicts["conflict_id"].tolist() == [conflict_of("rest_place", key, "bank_vervangen") for key in "pq"]
    first, second = matches.conflicts["conflict_id"]
    decided = match(base, now, decisions={first: "K-1"})
    assert decided.found.tolist() == ["K-1", "K-0"]  # then nothing else is left for the other one
    assert decided.how.tolist() == ["decision", "place"]
    assert match(base, now, decisions={first: " Nieuw "}).found.tolist() == ["", "?"]
    assert match(base, now, decisions={first: "nieuw", second: "nieuw"}).found.tolist() == ["", ""]


@pytest.mark.parametrize("nonsense", [["K-0", "K-0"], ["K-9", ""], ["E-1", "?"], ["", ""]])
def test_decisions_that_cannot_be_followed_stay_in_the_list(nonsense):
    base, now = crowd()
    ids = match(base, now).conflicts["conflict_id"]
    matches = match(base, now, decisions=dict(zip(ids, nonsense, strict=True)))
    assert matches.found.tolist() == ["?", "?"]
    assert matches.conflicts["conflict_id"].tolist() == ids.tolist()


def test_a_decision_that_is_settled_meanwhile_is_not_followed():
    spots = [Point(0, 0), Point(50, 0)]
    decision = {conflict_of("rest_place", "a", "bank_vervangen"): "K-1"}
    assert match(base_of(["a", "b"], spots), seen(["a", "b"], spots), decisions=decision).found.tolist() == ["K-0", "K-1"]


def test_only_one_bench_of_a_crowd_fails():
    """That nobody knows which one it was keeps it from being called mended."""
    base, now = crowd()
    none = match(base, seen(["p", "q"], now.table["shape"], fails=[False, False]))
    assert none.conflicts.empty
    assert none.objects["how"].tolist() == ["ambiguous"] * 2
    assert none.objects["object_id"].tolist() == [""] * 2
    assert none.objects["candidates"].tolist() == ["p | q"] * 2
    other = match(base, seen(["p", "q"], now.table["shape"], remedy="zitbank_plaatsen", criteria="MEU-09", theme="haltes"))
    assert other.found.tolist() == ["", ""]  # neither of them ever had that remedy


# ------------------------------------------------------------------------------------------------------------------ ids


def test_ids_are_those_of_the_screening_and_never_given_out_twice():
    first = fresh_ids(["stop"], ["1"], ["r"], taken=[])
    assert first == ["K-" + hashlib.sha256(b"stop\x001\x00r").hexdigest()[:12]]
    again = fresh_ids(["stop", "stop"], ["1", "1"], ["r", "r"], taken=first)
    assert len({*first, *again}) == 3
    assert again[0] == "K-" + hashlib.sha256(b"stop\x001\x00r\x001").hexdigest()[:12]


def test_wrong_calls_are_refused():
    base, now = crowd()
    for tolerance in (0, -1, float("nan"), float("inf"), "wide"):
        with pytest.raises(ConfigError, match="tolerance"):
            match(base, now, tolerance=tolerance)
    with pytest.raises(InputError, match="remedy, shape"):
        match(base.drop(columns=["remedy", "shape"]), now)


# --------------------------------------------------------------------------------------------------------------- places


def test_links_find_what_a_plain_comparison_of_all_pairs_finds():
    rng = np.random.default_rng(2)
    old = planted("polygons", 60, rng)
    old = np.append(old, shapely.transform(old[:20], moved_by(1.2, 0.3)))
    new = shifted(old, rng, 0.7)
    zeros = np.zeros(len(old), int)
    links = find_links(old, new, old_kind=zeros, new_kind=zeros, tolerance=0.5)
    i, j = np.divmod(np.arange(len(old) ** 2), len(old))
    share = shapely.length(shapely.intersection(old.astype(object)[i], shapely.buffer(new[j], 0.5)))
    outline = shapely.boundary(old)[i]
    share = shapely.length(shapely.intersection(outline, shapely.buffer(new[j], 0.5))) / shapely.length(outline)
    told = pd.Series(links.old_share, index=links.old * len(old) + links.new)
    sure = np.flatnonzero(share > 0.95)
    assert np.isin(sure, told.index).all()
    assert np.abs(share[told.index] - told).max() < 0.13  # sixteen places
    assert are_unmoved(old, old.copy()).all()
    assert not are_unmoved(old, shapely.transform(old, moved_by(0.02, 0))).any()


# ----------------------------------------------------------------------------------------------------------- real layers

REAL = [
    ("otterlo-bgt/otterlo_bgt_current.gpkg", "wegdeel", 0.995),
    ("otterlo-bgt/otterlo_bgt_current.gpkg", "paal", 0.995),
    ("otterlo-bgt/otterlo_bgt_current.gpkg", "scheiding", 0.95),
    ("genk/genk.gpkg", "osm_bench", 0.995),
    ("genk/genk.gpkg", "osm_parking", 0.995),
    ("amsterdam-width/amsterdam_width.gpkg", "pavement_large", 0.995),
]


@pytest.mark.parametrize(("file", "layer", "least"), REAL, ids=[layer for _, layer, _ in REAL])
def test_real_layers_drawn_anew(shared_data, file, layer, least):
    shapes = gpd.read_file(shared_data / file, layer=layer)
    shapes = shapely.force_2d((shapes.to_crs("EPSG:31370") if shapes.crs.is_geographic else shapes).geometry.to_numpy())
    rng, count = np.random.default_rng(4), len(shapes)
    failing = np.sort(rng.permutation(count)[: count // 3])
    base = base_of(failing, shapes[failing], ids=[f"K-{i}" for i in failing])
    new = shifted(shapes, rng, 0.5)
    drawn = shapely.get_dimensions(new) > 0
    new[drawn] = shapely.segmentize(shapely.reverse(shapely.simplify(new[drawn], 0.05)), 2.0)
    alive = rng.permutation(count)[count // 50 :]
    failed = np.isin(alive, failing)
    fails = failed | (rng.random(len(alive)) < 0.2)
    matches = match(base, seen([f"N{i}" for i in range(len(alive))], new[alive], fails=fails))
    told = score(matches, np.array([f"K-{i}" if i in set(failing) else "" for i in alive[fails]], object))
    assert told["wrong"] == 0
    assert told["kept"] >= least * failed.sum()


def versions(shared_data, layer, day):
    """Objects of the register of Otterlo as it stood on a day: its own key, and the shape."""
    rows = gpd.read_file(f"/vsizip/{shared_data}/otterlo-bgt/otterlo_bgt_imgeo_gml.zip/bgt_{layer}.gml")
    began, ended = (pd.to_datetime(rows[f"{name}Registratie"], format="ISO8601") for name in ("tijdstip", "eind"))
    stood = (began <= day) & (ended.isna() | (ended > day)) & rows.geometry.notna()
    rows = rows[stood].drop_duplicates("lokaalID")
    return rows["lokaalID"].to_numpy(dtype=object), shapely.force_2d(rows.geometry.to_numpy())


@pytest.mark.parametrize("layer", ["wegdeel", "ondersteunendwegdeel", "pand", "put"])
def test_two_real_versions_of_a_register(shared_data, layer):
    """Between 2018 and 2020 the register was redrawn, split and merged; its keys are the truth, told to us or not."""
    before, old = versions(shared_data, layer, pd.Timestamp("2018-06-01"))
    after, new = versions(shared_data, layer, pd.Timestamp("2020-08-05"))
    base = base_of(before, old)
    id_of, now = dict(zip(before, base.index, strict=True)), dict(zip(after, new, strict=True))
    truth = np.array([id_of.get(key, "") for key in after], object)

    def kept(matches):
        """Share of the bottlenecks with an object that is there still, that are on it or on what it was merged into."""
        merged = matches.objects["merged_into"].reindex(truth[truth != ""]).fillna("").ne("").to_numpy()
        return ((matches.found.to_numpy(dtype=object) == truth)[truth != ""] | merged).mean()

    told = match(base, seen(after, new))
    assert kept(told) >= 0.995
    untold = match(base, seen([f"N{i}" for i in range(len(after))], new))
    assert kept(untold) >= {"ondersteunendwegdeel": 0.9}.get(layer, 0.98)
    for matches in (told, untold):
        for row, name in enumerate(matches.found):
            if name in ("", "?") or name == truth[row] or (own := now.get(before[int(name[2:])])) is None:
                continue  # its own object is gone, and it lies in its place
            whole = old[int(name[2:])]
            assert whole.intersection(new[row]).area > whole.intersection(own).area
