"""The laws of scores, on the sample district and on a real extract of OpenStreetMap.

A law is about every single change, so each is tried in a world of its own: copies of the city that lie far apart, each with one
change, are judged together in one run. That other zones change nothing is itself a law, which is tested first.

Why the law "removing what fails never raises the low end" needs an inventory
-----------------------------------------------------------------------------
Let ``low`` be any rule that gives a zone a low end between the least and the greatest score of its objects (as every mean,
median and quantile does) and that knows nothing but what was delivered. Take one good object with score 1 and any number n of
bad ones with score 0. Removing all bad ones leaves the good one, and then ``low`` is 1, as the least and the greatest score
are both 1. The law says ``low({good}) <= low({good} + any bad)``, for any number of bad ones: a zone with one good bench and
a thousand bad ones would have a perfect low end, so only rules that are blind to what is bad could keep the law. A rule can
tell an object that was left out from one that never was only if the run is told what was there. That is the inventory: what
is known of and not delivered stays, as unknown, and then the law holds, because unknown is never better than what was known.

The same goes for a layer of crossing ends beside one of crossings. Crossings derive their own ends, so the kind is still
delivered when that layer is left out, with fewer objects. Every other layer that is left out makes its kind unknown,
inventory or not.

Why the law "cutting a pavement changes nothing" cannot hold for the gap between rest places
--------------------------------------------------------------------------------------------
That gap is told of a footway by its worst place, the one that is farthest from any seat. Cut in two, one piece has that place
and the other has not. Let 100 m of pavement begin at a bench, and the limit be 50 m: the whole of it is bad, and cut halfway
only the last 50 m are. So any rule that tells a stretch by its worst place and scores by length breaks the law. What holds is
that the worse piece is as bad as the whole and the other one no worse, and so no score falls.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.city import read_city
from toegankelijk.config import About, CityConfig, Draft, Osm
from toegankelijk.evidence import join_findings
from toegankelijk.inventory import with_inventory
from toegankelijk.network.building import WALKED
from toegankelijk.network.topology import MOST
from toegankelijk.testing import assert_findings_equal

KEYS = ["zone_id", "level", "theme"]
LOWS, HIGHS = ["score_low", "share_low"], ["score_high", "share_high"]
APART = 100_000.0
"""Distance in metres between worlds."""

Edit = tuple[str, str, dict[str, object]]
"""A change: kind, object, and the new content of some of its columns."""


@dataclass(frozen=True)
class Case:
    """A city as read and as measured, with its verdicts; how many worlds a test may take, and which layers it removes."""

    raw: tg.City
    city: tg.City
    norm: tg.Norm
    findings: tg.Findings
    scores: pd.DataFrame
    most: int
    kinds: tuple[str, ...]


@pytest.fixture(scope="module", params=["sample", pytest.param("neukoelln", marks=pytest.mark.slow)])
def case(request, sample_folder) -> Case:
    if request.param == "sample":
        raw, most = read_city(sample_folder / "city.toml"), 250
    else:
        folder = request.getfixturevalue("shared_data") / "berlin-neukoelln"
        source = Osm(source="neukoelln_sonnenallee.osm.gz")
        raw, most = read_city(CityConfig(city=About(crs="auto"), osm=[source], draft=Draft()), folder=folder), 40
    city, norm = tg.measure_layers(raw), tg.read_norm()
    findings = tg.assess(city, norm)
    some = ("crossing", "footway", "rest_place", "stop")  # those that other kinds lean on
    kinds = some if request.param == "sample" else tuple(sorted(set(raw.layers) - {"zone"}))
    return Case(raw, city, norm, findings, score(city, norm), most, kinds)


# The machinery: worlds


def worlds(city: tg.City, count: int) -> tg.City:
    """Copies of a city, 100 km apart; every id begins with the number of its world."""

    def copies(table: gpd.GeoDataFrame, refers: Iterable[str] = ()) -> gpd.GeoDataFrame:
        world = np.repeat(np.arange(count), len(table))
        tiled = table.iloc[np.tile(np.arange(len(table)), count)]
        tiled = tiled.set_axis(pd.Index([f"{w}#{i}" for w, i in zip(world, tiled.index, strict=True)], name=table.index.name))
        for column in refers:
            own = tiled[column].astype("object")
            named = [f"{w}#{i}" for w, i in zip(world, own, strict=True)]
            tiled[column] = own.where(own.isna() | (own == ""), pd.Series(named, tiled.index))
        shifted = shapely.transform(tiled.geometry.to_numpy(), lambda xy: xy)
        coordinates, owner = shapely.get_coordinates(shifted, return_index=True)
        coordinates[:, 0] += world[owner] * APART
        return tiled.set_geometry(gpd.GeoSeries(shapely.set_coordinates(shifted, coordinates), tiled.index, crs=table.crs))

    layers = {
        kind: copies(layer, {"parent_id"} & set(layer.columns)) if len(layer) else layer for kind, layer in city.layers.items()
    }
    return replace(city, layers=layers, zones=copies(city.zones), areas=copies(city.areas, ["zone_id"]))


def edited(city: tg.City, changes: list[list[Edit]]) -> tg.City:
    """A world per list of edits."""
    many = worlds(city, len(changes))
    layers = dict(many.layers)
    for world, edits in enumerate(changes):
        for kind, object_id, columns in edits:
            layer = layers[kind]
            if layer is many.layers[kind]:
                layer = layers[kind] = layer.copy()
            for column, value in columns.items():
                if column not in layer:
                    layer[column] = np.nan
                    if schema.attributes().get(column, schema.attributes()["surface"]).type != "number":
                        layer[column] = layer[column].astype("object")
                layer.at[f"{world}#{object_id}", column] = value
    return replace(many, layers=layers)


def plain_scores(scores: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(scores.drop(columns=["geometry", "zone_name", "assumed"])).set_index(KEYS)


def score(city: tg.City, norm: tg.Norm, scope: str | list[str] = "core") -> pd.DataFrame:
    return plain_scores(tg.score_zones(tg.assess(city, norm, scope=scope), norm))


def score_worlds(case: Case, changes: list[list[Edit]]) -> pd.DataFrame:
    """Scores after each change, beside those before it."""
    return beside(case, score(edited(case.city, changes), case.norm))


def beside(case: Case, after: pd.DataFrame) -> pd.DataFrame:
    after = after.reset_index()
    parts = after["zone_id"].str.partition("#")
    after = after.assign(world=parts[0].astype(int), zone_id=parts[2])
    return after.merge(case.scores.reset_index(), on=KEYS, suffixes=("", "_before"), validate="many_to_one")


def assert_law(table: pd.DataFrame, rise: Iterable[str], fall: Iterable[str], changes: list[object]) -> None:
    """Ends in ``rise`` are nowhere lower than before, those in ``fall`` nowhere higher; NaN is no statement."""
    for columns, sign in ((rise, 1), (fall, -1)):
        for column in columns:
            worse = sign * (table[column] - table[f"{column}_before"]) < -1e-9
            first = table[worse].head(5)[["world", *KEYS, f"{column}_before", column]]
            told = [f"{changes[world]}" for world in first["world"].unique()]
            assert not worse.any(), f"{column}:\n{first.to_string()}\n" + "\n".join(told)


def sampled(items: list, most: int, seed: int = 0) -> list:
    chosen = np.sort(np.random.default_rng(seed).permutation(len(items))[:most])
    return [items[i] for i in chosen]


# The machinery: values


def right_value(case: Case, code: str, layer: pd.DataFrame, object_id: str) -> object:
    """A value that meets a criterion at every level, whatever its driver is."""
    rule = case.norm.rules[code]
    if rule.type == "bool":
        return True
    rows = [row for level in rule.limits for row in rule.limits[level] if row.asks]
    if rule.type == "class":
        names = [set(row.classes) for row in rows]
        return "|".join(sorted(set.union(*names))) if rule.compare == "contains_all" else min(set.intersection(*names))
    limits = [row.limit for row in rows]
    for level in schema.LEVELS:
        driver = rule.drivers.get(level)
        if driver and any(row.per_driver for row in rule.limits[level]):
            known = layer.at[object_id, driver] if driver in layer else np.nan
            limits += [row.limit + row.per_driver * (0 if pd.isna(known) else known) for row in rule.limits[level] if row.asks]
    return max(limits) if rule.compare == "min" else min(limits)


def setting(attribute: str, value: object) -> dict[str, object]:
    """Columns of an attribute that is now known."""
    bounds = {f"{attribute}_low": np.nan, f"{attribute}_high": np.nan} if schema.attributes()[attribute].type == "number" else {}
    return {attribute: value, **bounds}


def unsetting(attribute: str) -> dict[str, object]:
    kind = schema.attributes()[attribute].type
    return setting(attribute, pd.NA if kind == "bool" else np.nan)


def known_values(case: Case) -> list[tuple[str, str, str]]:
    """Kind, object and attribute of all that is known and that some criterion looks at: value, driver or applicability."""
    used: dict[str, set[str]] = {}
    for rule in case.norm.rules.values():
        looked_at = {rule.attribute, *(flag for flag, _ in rule.applies), *filter(None, rule.drivers.values())}
        used.setdefault(rule.kind, set()).update(looked_at)
    member = set(map(tuple, case.findings.membership[["kind", "object_id"]].to_numpy()))
    return [
        (kind, object_id, attribute)
        for kind, attributes in sorted(used.items())
        for attribute in sorted(attributes & set(case.city.layers.get(kind, pd.DataFrame()).columns))
        for object_id in case.city.layers[kind].index[case.city.layers[kind][attribute].notna()]
        if (kind, object_id) in member
    ]


def findings_of(case: Case, outcome: str, *reasons: str) -> list[tuple[str, str]]:
    """Object and criterion of the findings with an outcome, each once."""
    table = case.findings.table
    table = table[table["outcome"] == outcome]
    table = table[table["reason"].isin(reasons)] if reasons else table
    return sorted(set(zip(table["object_id"].astype(str), table["criterion"].astype(str), strict=True)))


# The laws


def test_other_zones_change_nothing(case):
    for zone_id in case.city.zones.index:
        alone = replace(
            case.city, zones=case.city.zones.loc[[zone_id]], areas=case.city.areas[case.city.areas["zone_id"] == zone_id]
        )
        after = score(alone, case.norm)
        pd.testing.assert_frame_equal(after, case.scores.loc[[zone_id]], check_dtype=False)


def test_worlds_that_lie_apart_score_the_same(case):
    """What the other tests lean on: a run over many worlds is many runs."""
    table = beside(case, score(worlds(case.city, 3), case.norm))
    assert len(table) == 3 * len(case.scores)
    for column in (*LOWS, *HIGHS, "score_known", "coverage", "blockers", "objects"):
        np.testing.assert_allclose(table[column], table[f"{column}_before"], atol=1e-9)


@pytest.mark.parametrize("part", [1.0, 0.5], ids=["wholly", "halfway"])
def test_mending_one_failing_value_never_lowers(case, part):
    changes: list[list[Edit]] = []
    for object_id, code in sampled(findings_of(case, "fails"), case.most):
        rule = case.norm.rules[code]
        layer = case.city.layers[rule.kind]
        value = right_value(case, code, layer, object_id)
        if rule.type == "number":
            value = part * value + (1 - part) * evidently(layer, rule, object_id)
        elif part < 1:
            continue
        changes.append([(rule.kind, object_id, setting(rule.attribute, value))])
    assert len(changes) >= min(30, case.most // 4)
    after = tg.assess(edited(case.city, changes), case.norm)
    # a value may serve two criteria that pull apart, or be what another limit hangs on: then it was changed, and not mended
    kept = [world for world in range(len(changes)) if not spoiled(case, after, world, changes[world][0])]
    assert len(kept) >= 0.9 * len(changes)
    table = beside(case, plain_scores(tg.score_zones(after, case.norm)))
    assert_law(table[table["world"].isin(kept)], [*LOWS, *HIGHS], [], changes)


def evidently(layer: pd.DataFrame, rule: object, object_id: str) -> float:
    """A number attribute that fails, by its best end."""
    low, high = schema.bounds(layer.loc[[object_id]], rule.attribute)
    return float(high[0] if rule.compare == "min" else low[0])


def spoiled(case: Case, after: tg.Findings, world: int, edit: Edit) -> bool:
    """Whether a change made another verdict that counts on its object worse."""
    kind, object_id, _ = edit
    own = {rule.code for rule in case.norm.rules.values() if rule.kind == kind} & case.findings.scope
    before = verdicts(case.findings.table, object_id, own)
    now = verdicts(after.table, f"{world}#{object_id}", own)
    now.index = now.index.map(lambda key: (key[0].partition("#")[2], key[1]))
    both = pd.concat([now, before.add_suffix("_before")], axis=1).fillna(0)
    return any((both[column] > both[f"{column}_before"]).any() for column in now)


def verdicts(table: pd.DataFrame, object_id: str, own: set[str]) -> pd.DataFrame:
    start, end = table["object_id"].cat.codes.searchsorted(
        [table["object_id"].cat.categories.get_loc(object_id), table["object_id"].cat.categories.get_loc(object_id) + 1]
    )
    rows = table.iloc[start:end].astype({"area_id": "object", "criterion": "object"})
    rows = rows[rows["criterion"].isin(own)]
    return rows.set_index(["area_id", "criterion"])[["severity", "severity_worst"]].astype(int)


def test_measuring_what_turns_out_right_never_lowers_the_low_end(case):
    changes: list[list[Edit]] = []
    for object_id, code in sampled(findings_of(case, "unknown", "missing", "bounds", "driver"), case.most):
        rule = case.norm.rules[code]
        layer = case.city.layers[rule.kind]
        changes.append([(rule.kind, object_id, setting(rule.attribute, right_value(case, code, layer, object_id)))])
    assert len(changes) >= min(30, case.most)
    assert_law(score_worlds(case, changes), LOWS, [], changes)


def test_learning_whether_it_applies_only_narrows(case):
    changes: list[list[Edit]] = []
    for object_id, code in sampled(findings_of(case, "unknown", "applies"), case.most // 2):
        rule = case.norm.rules[code]
        flags = case.city.layers[rule.kind].reindex(columns=[flag for flag, _ in rule.applies]).loc[object_id]
        changes += [
            [(rule.kind, object_id, setting(flag, value))] for flag in flags.index[flags.isna()] for value in (True, False)
        ]
    assert changes
    assert_law(score_worlds(case, changes), LOWS, HIGHS, changes)


def test_making_a_known_value_unknown_only_widens(case):
    changes = [[(kind, i, unsetting(attribute))] for kind, i, attribute in sampled(known_values(case), case.most)]
    assert len(changes) >= min(200, case.most)
    assert_law(score_worlds(case, changes), HIGHS, LOWS, changes)


def test_widening_a_number_to_bounds_only_widens(case):
    numbers = [(kind, i, name) for kind, i, name in known_values(case) if schema.attributes()[name].type == "number"]
    changes: list[list[Edit]] = []
    for kind, i, name in sampled(numbers, case.most // 2, seed=1):
        value = case.city.layers[kind].at[i, name]
        slack = (abs(value) if np.isfinite(value) else 0.0) * 0.2 + 0.1
        changes.append([(kind, i, {name: np.nan, f"{name}_low": value - slack, f"{name}_high": value + slack})])
    assert changes
    assert_law(score_worlds(case, changes), HIGHS, LOWS, changes)


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_forgetting_many_things_at_once_only_widens(case, seed):
    """Step by step: what is known shrinks, and each interval lies inside the next."""
    known = known_values(case)
    known = [known[i] for i in np.random.default_rng(seed).permutation(len(known))]
    steps = [0.05, 0.2, 0.5, 0.9]
    changes = [[(kind, i, unsetting(name)) for kind, i, name in known[: int(len(known) * part)][:2000]] for part in steps]
    table = score_worlds(case, changes)
    assert_law(table, HIGHS, LOWS, steps)
    ordered = table.sort_values("world").groupby(KEYS)
    for column in LOWS:
        assert (ordered[column].diff().dropna() <= 1e-9).all(), column
    for column in HIGHS:
        assert (ordered[column].diff().dropna() >= -1e-9).all(), column


def test_a_stricter_level_is_never_easier(case):
    scores = {}
    for level in schema.LEVELS:
        areas = case.city.areas.assign(level=level)
        scores[level] = score(replace(case.city, areas=areas), case.norm).xs("all", level="level")
    for stricter, looser in (("A", "B"), ("B", "C"), ("A", "C")):
        for column in (*LOWS, *HIGHS, "score_known"):
            difference = scores[stricter][column] - scores[looser][column]
            assert (difference.dropna() <= 1e-9).all(), f"{column}: {stricter} against {looser}"
        assert (scores[stricter]["objects"] == scores[looser]["objects"]).all()
    assert (scores["A"]["score_low"] < scores["C"]["score_low"]).any(), "the levels differ in nothing"


def test_the_order_of_rows_changes_nothing(case):
    layers = {kind: layer.sample(frac=1, random_state=7) for kind, layer in case.raw.layers.items()}
    shuffled = replace(case.raw, layers=layers, zones=case.raw.zones.iloc[::-1], areas=case.raw.areas.iloc[::-1])
    after = tg.assess(tg.measure_layers(shuffled), case.norm)
    assert_findings_equal(after, case.findings)
    pd.testing.assert_frame_equal(plain_scores(tg.score_zones(after, case.norm)), case.scores)


@pytest.mark.parametrize("part", [0.5, 0.137])
def test_cutting_footways_into_touching_pieces_changes_no_score(case, part):
    """But for the gap between rest places, by which no score falls (see above)."""
    after = measured_in_pieces(case, part)
    spaced = {rule.code for rule in case.norm.rules.values() if rule.attribute == "rest_gap"}
    others = [rule.code for rule in case.norm.rules.values() if rule.core and rule.code not in spaced]
    assert_same_scores(score(after, case.norm, others), score(case.city, case.norm, others))
    scores = score(after, case.norm)
    if not eased(case, tg.assess(after, case.norm), spaced):
        assert_same_scores(scores, case.scores)
    for column in (*LOWS, *HIGHS, "score_known", "coverage"):
        assert not (scores[column] < case.scores[column] - 1e-9).any(), column


@pytest.mark.parametrize("part", [0.5, 0.137])
def test_the_worst_piece_of_a_footway_is_as_far_from_rest_places_as_the_whole(case, part):
    """But where the cut almost meets another way: an end is joined to what it almost meets."""
    after = measured_in_pieces(case, part, apart=True)
    whole, pieces = (worst_gaps(city.layers["footway"]) for city in (case.city, after))
    assert whole.index.equals(pieces.index)
    assert np.isfinite(whole).sum() >= (60 if case.most < 100 else 1)
    np.testing.assert_allclose(pieces, whole, atol=1e-6)


def measured_in_pieces(case: Case, part: float, *, apart: bool = False) -> tg.City:
    """The city with every footway cut in two; if ``apart``, only those whose cut meets no other way, nor almost."""
    footways = case.raw.layers["footway"]
    line = (shapely.get_type_id(footways.geometry.to_numpy()) == 1) & (footways.length.to_numpy() > 1)
    if apart:
        at = shapely.line_interpolate_point(footways.geometry.to_numpy()[line], part, normalized=True)
        ways = np.concatenate([case.raw.layers[kind].geometry for kind in WALKED if kind in case.raw.layers])
        which, _ = shapely.STRtree(ways).query(at, predicate="dwithin", distance=MOST)
        line[line] = np.bincount(which, minlength=len(at)) == 1
    cut = footways[line]
    at = cut.length.to_numpy() * part
    first = substrings(cut.geometry, np.zeros(len(at)), at)
    second = substrings(cut.geometry, at, cut.length.to_numpy())
    halves = [
        cut.set_axis(pd.Index([f"{i} {name}" for i in cut.index], name="object_id")).set_geometry(
            gpd.GeoSeries(shapes, [f"{i} {name}" for i in cut.index], crs=cut.crs)
        )
        for name, shapes in (("first", first), ("second", second))
    ]
    layers = {**case.raw.layers, "footway": gpd.GeoDataFrame(pd.concat([footways[~line], *halves]), crs=footways.crs)}
    return tg.measure_layers(replace(case.raw, layers=layers))


def whole_ids(ids: pd.Index | pd.Series) -> pd.Index:
    """Footways as they were delivered, of stretches and pieces of them."""
    return pd.Index(ids.astype("str")).str.replace(r"( first| second)?(/\d+)?$", "", regex=True)


def worst_gaps(footways: pd.DataFrame) -> pd.Series:
    """What the gap between rest places is at most on any part of a footway, by the footway as it was delivered."""
    gaps = pd.Series(schema.bounds(footways, "rest_gap")[1], whole_ids(footways.index))
    return gaps.groupby(level=0).max()


def assert_same_scores(after: pd.DataFrame, before: pd.DataFrame) -> None:
    told = [*LOWS, *HIGHS, "score_known", "coverage"]
    np.testing.assert_allclose(after[told], before[told], atol=1e-9)
    assert (after["level_surely"].fillna("") == before["level_surely"].fillna("")).all()


def eased(case: Case, after: tg.Findings, codes: set[str]) -> bool:
    """Whether a piece of a footway has another verdict by some criteria than the whole."""

    def outcomes(findings: tg.Findings) -> pd.Series:
        table = findings.table[findings.table["criterion"].isin(codes)].astype("str")
        return table.groupby([whole_ids(table["object_id"]), "area_id", "criterion"])["outcome"].unique().map(sorted)

    before, now = outcomes(case.findings), outcomes(after)
    return not now.equals(before.reindex(now.index))


def substrings(lines: Iterable[shapely.Geometry], start: np.ndarray, end: np.ndarray) -> list[shapely.Geometry]:
    from shapely.ops import substring

    return [substring(line, a, b) for line, a, b in zip(lines, start, end, strict=True)]


def test_removing_a_whole_layer_never_raises_a_low_end(case):
    """But for crossing ends beside crossings (see above)."""
    for kind in set(case.kinds) - {"crossing_end"}:
        layers = {name: layer for name, layer in case.raw.layers.items() if name != kind}
        after = score(tg.measure_layers(replace(case.raw, layers=layers)), case.norm)
        for column in LOWS:
            risen = (after[column] - case.scores[column]) > 1e-9
            assert not risen.any(), f"without {kind}: {column}\n{after[risen]}\n{case.scores[risen]}"


def test_removing_a_failing_object_raises_no_low_end_where_an_inventory_knows_it(case):
    failing = case.findings.table[case.findings.table["outcome"] == "fails"]
    kinds = pd.Index([case.norm.rules[code].kind for code in failing["criterion"]])
    given_ids = set()
    for kind, object_id in zip(kinds, failing["object_id"].astype(str), strict=True):
        given_ids.add(as_delivered(case, kind, object_id))
    removed = sampled(sorted(given_ids), case.most)
    assert len(removed) >= 40
    many = worlds(case.raw, len(removed))
    layers = dict(many.layers)
    for world, (kind, object_id) in enumerate(removed):
        layers[kind] = layers[kind].drop(f"{world}#{object_id}")
    known = known_in_worlds(case, len(removed))
    fewer = with_inventory(replace(many, layers=layers), known)
    back = fewer.remarks[fewer.remarks["layer"] == "inventory"]
    back = back[~back["object_id"].str.contains("/v")]  # narrowings that go and come back with their footway
    assert sorted(back["object_id"]) == sorted(f"{world}#{object_id}" for world, (_, object_id) in enumerate(removed))
    table = beside(case, score(tg.measure_layers(fewer), case.norm))
    assert_law(table, [], LOWS, removed)
    assert_law(table, HIGHS, [], removed)

    without = beside(case, score(tg.measure_layers(replace(many, layers=layers)), case.norm))
    assert (without["score_low"] > without["score_low_before"] + 1e-9).any(), "without an inventory the law does not hold"


def test_removing_a_layer_raises_no_low_end_where_an_inventory_knows_it(case):
    known = join_findings(case.findings)
    for kind in case.kinds:
        layers = {name: layer for name, layer in case.raw.layers.items() if name != kind}
        after = score(tg.measure_layers(with_inventory(replace(case.raw, layers=layers), known)), case.norm)
        for column in LOWS:
            risen = (after[column] - case.scores[column]) > 1e-9
            assert not risen.any(), f"without {kind}: {column}\n{after[risen]}\n{case.scores[risen]}"


def as_delivered(case: Case, kind: str, object_id: str) -> tuple[str, str]:
    """The delivered object that an object is, or was derived from."""
    row = case.city.layers[kind].loc[object_id]
    if row.get("derived") is not True and row.get("derived") is not np.True_:
        return kind, object_id
    return {"crossing_end": "crossing", "narrowing": "footway"}.get(kind, kind), str(row["parent_id"])


def known_in_worlds(case: Case, count: int) -> gpd.GeoDataFrame:
    """What the first screening knew, in every world."""
    known = join_findings(case.findings)[["object_id", "kind", "parent_id", "street", "name", "geometry"]]
    known = known.drop_duplicates(["kind", "object_id"]).astype({"object_id": str, "parent_id": str, "kind": str})
    parts = []
    for world in range(count):
        moved = known.assign(object_id=f"{world}#" + known["object_id"])
        moved["parent_id"] = np.where(known["parent_id"] == "", "", f"{world}#" + known["parent_id"])
        parts.append(moved.set_geometry(known.translate(world * APART, 0)))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=known.crs)


def test_a_complete_delivery_needs_nothing_of_the_inventory(case):
    again = with_inventory(case.raw, join_findings(case.findings))
    assert len(again.remarks) == len(case.raw.remarks)
    assert_findings_equal(tg.assess(tg.measure_layers(again), case.norm), case.findings)
