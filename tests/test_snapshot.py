"""A screening as the monitoring table gets it: every object, every verdict, and the day on which each was seen."""

import datetime
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.inventory import with_inventory
from toegankelijk.ledger.fields import FIELDS
from toegankelijk.ledger.snapshot import Snapshot
from toegankelijk.ledger.verdicts import EVIDENCE_COLUMNS, find_evidence
from toegankelijk.monitoring.snapshot import OUTCOMES, take_snapshot
from toegankelijk.norm import judge
from toegankelijk.observations import with_observations

from .screenings import screen_once

NORM = tg.read_norm()
WORST = {"fails": 0, "unknown": 1, "meets": 2}
REAL = Path(__file__).parent / "real"


@pytest.fixture(scope="module")
def district(sample_folder: Path) -> tg.City:
    """The sample district, as read."""
    return tg.read_city(sample_folder / "city.toml")


@pytest.fixture(scope="module")
def measured(district: tg.City) -> tg.City:
    """The sample district, measured."""
    return tg.measure_layers(district)


def taken(city: tg.City, **options: object) -> Snapshot:
    findings = tg.assess(city, NORM)
    return take_snapshot(findings, NORM, tg.find_bottlenecks(findings, NORM), **options)


@pytest.fixture(scope="module")
def snapshot(measured: tg.City) -> Snapshot:
    return taken(measured)


def dated(city: tg.City, **dates: str | None) -> tg.City:
    """A city whose layers of some kinds have another date; all others have that of the city."""
    days = city.sources["kind"].map(lambda kind: pd.Timestamp(dates[kind]) if dates.get(kind) else pd.NaT)
    keep = ~city.sources["kind"].isin(list(dates))
    return replace(city, sources=city.sources.assign(date=days.where(~keep, pd.to_datetime(city.sources["date"]))))


def day(snapshot: Snapshot, object_id: str, criterion: str) -> str | None:
    table = snapshot.verdicts
    found = table[(table["object_id"] == object_id) & (table["criterion"] == criterion)]["observed_on"]
    assert len(found) == 1
    return None if pd.isna(found.iloc[0]) else found.iloc[0].date().isoformat()


# Bottlenecks and objects


def test_bottlenecks_come_with_what_the_ledger_needs(measured, snapshot):
    findings = tg.assess(measured, NORM)
    table = tg.find_bottlenecks(findings, NORM)
    beside = {"geometry", "shape", "parent", "decided"}
    assert set(snapshot.table) - beside <= set(FIELDS)
    assert not set(snapshot.table) & {"bottleneck_id", "status", "first_seen", "last_seen"}
    shared = [name for name in snapshot.table if name in table]
    pd.testing.assert_frame_equal(
        pd.DataFrame(snapshot.table[shared]).drop(columns="geometry"), pd.DataFrame(table[shared]).drop(columns="geometry")
    )
    assert snapshot.table.crs == measured.crs
    assert (snapshot.table.geom_type == "Point").all()
    for row in snapshot.table.itertuples():
        layer = findings.city.layers[row.kind]
        assert row.shape.equals(layer.geometry[row.object_id])
        derived = bool(schema.is_marked(layer, "derived")[row.object_id])
        assert row.parent == (layer.at[row.object_id, "parent_id"] if derived else "")
    assert set(snapshot.table["parent"]) > {""}
    assert snapshot.table["decided"].eq(False).all(), "no plan decided a term"


def test_bottlenecks_say_whether_their_term_was_decided(measured):
    findings = tg.assess(measured, NORM)
    table = tg.find_bottlenecks(findings, NORM)
    chosen = table["bottleneck_id"].iloc[[1, 4]]
    said = take_snapshot(findings, NORM, table, decided=frozenset(chosen)).table["decided"]
    assert said[said].index.tolist() == [1, 4]
    assert said.dtype == bool


def test_all_objects_are_there_once(measured, snapshot):
    layers = measured.layers
    listed = snapshot.objects.groupby("kind")["object_id"].agg(list).to_dict()
    assert {kind: sorted(ids) for kind, ids in listed.items()} == {
        kind: sorted(layer.index) for kind, layer in layers.items() if len(layer)
    }
    piece = snapshot.objects.set_index("object_id").loc["VP-11/v1"]
    assert (piece["kind"], piece["parent"]) == ("narrowing", "VP-11")
    assert snapshot.objects.crs == measured.crs


def test_what_was_screened_by_what(snapshot):
    assert (snapshot.norm, snapshot.norm_hash) == (NORM.name, NORM.hash)
    assert snapshot.criteria == set(NORM.rules)
    assert (snapshot.date, snapshot.crs) == (datetime.date(2026, 5, 1), "EPSG:31370")


# Verdicts


def judged_anew(city: tg.City, norm: tg.Norm) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Worst outcome and its level of every object and criterion, straight from the kernel."""
    findings = tg.assess(city, norm)
    member = findings.membership
    levels = {key: sorted(set(part["level"])) for key, part in member.groupby(["kind", "object_id"])}
    found = {}
    for kind, layer in city.layers.items():
        for rule in (rule for rule in norm.rules.values() if rule.kind == kind):
            verdicts = judge(rule, layer)
            for i, name in enumerate(layer.index):
                options = []
                for level in levels.get((kind, name), []):
                    code, severity = verdicts[level].outcome[i], verdicts[level].severity[i]
                    if code < 3:
                        outcome = schema.OUTCOMES[code]
                        options.append((WORST[outcome], -severity, level, outcome))
                lies = levels.get((kind, name))
                absent = (9, 0, lies[0], "not_applicable") if lies else (9, 0, "", "outside")
                best = min(options, default=absent)
                found[kind, name, rule.code] = (best[3], best[2])
    return found


def plain(snapshot: Snapshot) -> dict[tuple[str, str, str], tuple[str, str]]:
    table = snapshot.verdicts.astype(dict.fromkeys(("kind", "criterion", "outcome", "level"), "object"))
    assert not table.duplicated(["kind", "object_id", "criterion"]).any()
    keys = zip(table["kind"], table["object_id"], table["criterion"], strict=True)
    return dict(zip(keys, zip(table["outcome"], table["level"], strict=True), strict=True))


def test_every_object_has_every_verdict_of_its_kind(measured, snapshot):
    assert plain(snapshot) == judged_anew(measured, NORM)
    assert set(snapshot.verdicts["outcome"]) == set(OUTCOMES)


def test_the_worst_of_several_areas_counts(measured):
    zones = pd.concat([measured.zones, measured.zones.rename(index=lambda name: f"{name}-C")])
    areas = measured.areas.assign(level="C").rename(index=lambda name: f"{name}-C")
    areas = pd.concat([measured.areas, areas.assign(zone_id=areas["zone_id"] + "-C")])
    city = replace(measured, zones=zones.rename_axis("zone_id"), areas=areas.rename_axis("area_id"))
    snapshot = taken(city)
    verdicts = plain(snapshot)
    assert verdicts == judged_anew(tg.measure_layers(city), NORM)
    assert len({level for _, level in verdicts.values()}) == 4


def test_a_failing_verdict_stands_for_every_bottleneck(snapshot):
    keys = ["kind", "object_id", "criterion"]
    fails = snapshot.verdicts[snapshot.verdicts["outcome"] == "fails"].astype(dict.fromkeys(keys, "object"))
    joined = snapshot.table.merge(fails, on=keys, how="left", suffixes=("", "_said"))
    assert len(joined) == len(snapshot.table)
    assert (joined["value"] == joined["value_said"]).all()
    assert (joined["level"] == joined["level_said"].astype("object")).all()
    assert (joined["observed_on"] == joined["observed_on_said"]).all()


def test_values_speak_the_language_of_the_table(measured):
    findings = tg.assess(measured, NORM)
    english = take_snapshot(findings, NORM, tg.find_bottlenecks(findings, NORM, lang="en"), lang="en")
    said = english.verdicts.set_index(["object_id", "criterion"])["value"]
    keys = pd.MultiIndex.from_frame(english.table[["object_id", "criterion"]].astype("object"))
    assert said.loc[keys].tolist() == english.table["value"].tolist()
    known = english.verdicts["outcome"].isin(["fails", "meets"])
    assert (english.verdicts.loc[known, "value"] != "").all()
    assert (english.verdicts.loc[~known, "value"] == "").all()


def test_a_city_without_anything_to_judge_has_no_verdicts(measured):
    bare = replace(measured, layers={kind: measured.layers[kind] for kind in ("anchor", "zone")})
    findings = tg.assess(bare, replace(NORM, rules={}))
    snapshot = take_snapshot(findings, findings.norm, tg.find_bottlenecks(findings, NORM))
    assert snapshot.verdicts.empty
    assert snapshot.table.empty
    assert snapshot.verdicts["observed_on"].dtype == "datetime64[s]"


# Days


def test_each_object_was_seen_on_the_day_of_its_layer(measured):
    snapshot = taken(dated(measured, kerb="2024-03-04", stop=None))
    assert day(snapshot, "NV-05", "THR-01") == "2024-03-04"
    stops = snapshot.verdicts[snapshot.verdicts["kind"] == "stop"]
    assert stops["observed_on"].isna().all()
    others = ~snapshot.verdicts["kind"].isin(["kerb", "stop", "zone"])
    assert (snapshot.verdicts.loc[others, "observed_on"] == pd.Timestamp("2026-05-01")).all()
    assert snapshot.layer_dates["kerb"] == datetime.date(2024, 3, 4)
    assert "stop" not in snapshot.layer_dates


def test_an_observation_that_is_used_gives_its_own_day(district):
    seen = pd.DataFrame(
        {
            "object_id": ["NV-05", "NV-04", "NV-03"],
            "level_difference": ["7 cm", "6 cm", "5 cm"],
            "measured_on": ["12/06/2026", "2020-01-01", None],
        }
    )
    city = dated(district, kerb="2024-03-04")
    snapshot = taken(tg.measure_layers(with_observations(city, seen, form="wide", kind="kerb", source="survey")))
    assert day(snapshot, "NV-05", "THR-01") == "2026-06-12"
    assert day(snapshot, "NV-04", "THR-01") == "2024-03-04"  # the layer is newer, and it is what counts
    table = snapshot.table.set_index("object_id")
    assert table.at["NV-05", "observed_on"] == pd.Timestamp("2026-06-12")
    undated = taken(
        tg.measure_layers(with_observations(dated(district, kerb=None), seen, form="wide", kind="kerb", source="survey"))
    )
    assert day(undated, "NV-04", "THR-01") == "2020-01-01"
    assert day(undated, "NV-03", "THR-01") is None


def test_what_is_derived_was_seen_on_the_day_of_what_it_is_derived_from(district):
    without = {kind: layer for kind, layer in district.layers.items() if kind != "crossing_end"}
    city = dated(replace(district, layers=without), crossing="2023-01-02")
    city = replace(city, sources=city.sources[city.sources["kind"] != "crossing_end"])
    snapshot = taken(tg.measure_layers(city))
    ends = snapshot.verdicts[snapshot.verdicts["kind"] == "crossing_end"]
    assert len(ends)
    assert (ends["observed_on"] == pd.Timestamp("2023-01-02")).all()
    assert snapshot.layer_dates["crossing_end"] == datetime.date(2023, 1, 2)


def test_a_width_past_obstacles_is_no_newer_than_the_layer_of_obstacles(measured):
    snapshot = taken(dated(measured, obstacle="2023-01-02", footway="2025-01-02"))
    layer = measured.layers["narrowing"]
    assert layer.at["VP-11/v1", "narrowing_width_how"] == "measured"
    code = next(rule.code for rule in NORM.rules.values() if rule.attribute == "narrowing_width")
    assert day(snapshot, "VP-11/v1", code) == "2023-01-02"
    assert snapshot.layer_dates["narrowing"] == datetime.date(2023, 1, 2)
    slopes = [rule.code for rule in NORM.rules.values() if rule.attribute == "running_slope" and rule.kind == "footway"]
    assert day(snapshot, "VP-03", slopes[0]) == "2025-01-02"


def test_the_oldest_of_several_layers_of_a_kind_dates_what_is_gone(measured):
    more = measured.sources[measured.sources["kind"] == "kerb"].assign(layer="kerb: more", date=datetime.date(2019, 1, 1))
    city = replace(measured, sources=pd.concat([measured.sources, more], ignore_index=True))
    assert taken(city).layer_dates["kerb"] == datetime.date(2019, 1, 1)


def test_the_date_of_the_data_or_else_of_today(measured):
    settings = {name: value for name, value in measured.settings.items() if name != "date"}
    today = datetime.date(2026, 7, 8)
    assert taken(replace(measured, settings=settings), today=today).date == today
    assert taken(measured, today=today).date == datetime.date(2026, 5, 1)


# Deliveries


def test_kinds_that_were_delivered_whole(measured, snapshot):
    assert {"kerb", "stairs", "footway", "crossing", "street"} <= snapshot.delivered
    assert not {"stop", "parking_bay", "tactile", "zone"} & snapshot.delivered  # never whole unless the city says so
    partial = {**measured.layers, "kerb": measured.layers["kerb"].assign(complete=False)}
    assert "kerb" not in taken(replace(measured, layers=partial)).delivered
    fewer = {kind: layer for kind, layer in measured.layers.items() if kind != "kerb"}
    assert "kerb" not in taken(replace(measured, layers=fewer)).delivered


def test_an_empty_layer_delivers_nothing(measured):
    empty = measured.layers["kerb"].iloc[:0]
    empty.attrs["complete"] = True
    assert "kerb" not in taken(replace(measured, layers={**measured.layers, "kerb": empty})).delivered


def test_what_only_the_inventory_knows_was_not_delivered(district):
    kerbs = district.layers["kerb"]
    known = gpd.GeoDataFrame({"object_id": kerbs.index, "kind": "kerb"}, geometry=kerbs.geometry.to_numpy(), crs=district.crs)
    fewer = {kind: layer for kind, layer in district.layers.items() if kind != "kerb"}
    snapshot = taken(tg.measure_layers(with_inventory(replace(district, layers=fewer), known)))
    assert "kerb" not in snapshot.delivered
    kerb = snapshot.verdicts[snapshot.verdicts["kind"] == "kerb"]
    assert set(kerb["object_id"]) == set(kerbs.index)
    assert set(kerb["outcome"]) <= {"unknown", "not_applicable", "outside"}
    assert kerb["observed_on"].isna().all()


def test_derived_ends_follow_their_crossings_and_delivered_ones_their_own_layer(district):
    fewer = {kind: layer for kind, layer in district.layers.items() if kind != "crossing_end"}
    snapshot = taken(tg.measure_layers(replace(district, layers=fewer)))
    assert "crossing_end" not in snapshot.delivered  # nobody delivered ends; what was delivered before is not gone
    assert "crossing" in snapshot.delivered
    row = {"criterion": "CRO-01", "criteria": "CRO-01", "at": -1, "kind": "crossing_end"}
    rows = pd.DataFrame([{**row, "object_id": name} for name in ("OV-99/1", "\0OV-99//2", "OE-12", "node/12")])
    assert find_evidence(rows, snapshot)["outcome"].tolist() == ["gone", "gone", "not_delivered", "not_delivered"]


def test_narrowings_on_a_pavement_that_could_not_be_measured_are_not_gone(sample_folder):
    city = tg.measure_layers(tg.read_city(sample_folder / "city_pavements.toml"))
    footways = city.layers["footway"]
    assert schema.is_known(footways, "route_width").any()
    drawn = footways.index[shapely.get_dimensions(footways.geometry.to_numpy()) == 2]
    name = drawn[schema.is_known(footways, "route_width")[drawn].to_numpy()][0]
    ends = [column for column in footways if column.startswith("route_width")]
    blind = footways.copy()
    blind.loc[name, ends] = None
    narrowings = city.layers["narrowing"]
    fewer = {**city.layers, "footway": blind, "narrowing": narrowings[schema.texts(narrowings, "parent_id") != name]}
    findings = tg.assess(replace(city, layers=fewer), NORM)
    snapshot = take_snapshot(findings, NORM, tg.find_bottlenecks(findings, NORM))
    assert name in snapshot.unmeasured
    other = next(one for one in drawn if one not in snapshot.unmeasured)
    row = {"criterion": "PAS-02", "criteria": "PAS-02", "at": -1, "kind": "narrowing"}
    rows = pd.DataFrame([{**row, "object_id": f"{one}/v98"} for one in (name, other, f"\0{name}")])
    outcome = find_evidence(rows, snapshot)["outcome"].tolist()
    assert outcome == ["unknown", "gone" if "footway" in snapshot.delivered else "not_delivered", "unknown"]


# Evidence on rows


def asked(snapshot: Snapshot, **cells: object) -> pd.DataFrame:
    plain = {"kind": "kerb", "object_id": "NV-01", "criterion": "THR-01", "criteria": "THR-01", "at": -1}
    return find_evidence(pd.DataFrame([{**plain, **cells}], index=["K-1"]), snapshot)


def told(snapshot: Snapshot, outcomes: dict[str, tuple[str, str | None]], **options: object) -> Snapshot:
    """A snapshot in which the kerb NV-01 has these verdicts."""
    rows = [
        {
            "kind": "kerb",
            "object_id": "NV-01",
            "criterion": code,
            "outcome": outcome,
            "level": "B",
            "value": code,
            "observed_on": on,
        }
        for code, (outcome, on) in outcomes.items()
    ]
    verdicts = pd.DataFrame(rows).astype({"observed_on": "datetime64[s]"})
    return replace(snapshot, verdicts=verdicts, criteria=frozenset(options.get("criteria", outcomes)))


def test_a_row_that_is_found_fails_as_the_screening_says(snapshot):
    for at in (0, len(snapshot.table) - 1):
        said = snapshot.table.iloc[at]
        found = asked(snapshot, at=at, object_id="gone long ago").iloc[0]
        assert found["outcome"] == "fails"
        assert [found[name] for name in EVIDENCE_COLUMNS[1:]] == [said[name] for name in EVIDENCE_COLUMNS[1:]]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({"X": ("meets", "2026-01-01"), "Y": ("meets", "2026-02-01")}, ("meets", "2026-01-01")),
        ({"X": ("meets", "2026-01-01"), "Y": ("meets", None)}, ("meets", None)),
        ({"X": ("meets", "2026-01-01"), "Y": ("fails", "2025-02-01")}, ("fails", "2025-02-01")),
        ({"X": ("fails", "2026-01-01"), "Y": ("fails", None)}, ("fails", "2026-01-01")),
        ({"X": ("meets", "2026-01-01"), "Y": ("unknown", "2026-02-01")}, ("unknown", "2026-02-01")),
        ({"X": ("unknown", None), "Y": ("fails", "2026-02-01")}, ("fails", "2026-02-01")),
        ({"X": ("meets", "2026-01-01"), "Y": ("not_applicable", None)}, ("meets", "2026-01-01")),
        ({"X": ("not_applicable", None), "Y": ("not_applicable", "2026-01-01")}, ("not_applicable", None)),
        ({"X": ("outside", "2026-01-01"), "Y": ("outside", "2026-01-01")}, ("outside", "2026-01-01")),
    ],
)
def test_several_criteria_make_one_outcome(snapshot, outcomes, expected):
    for criteria in ("X|Y", "Y|X", "X|Y|X"):
        found = asked(told(snapshot, outcomes), criterion="X", criteria=criteria).iloc[0]
        seen = None if pd.isna(found["observed_on"]) else found["observed_on"].date().isoformat()
        assert (found["outcome"], seen) == expected


def test_the_value_is_that_of_the_leading_criterion_where_it_decides(snapshot):
    both = told(snapshot, {"X": ("meets", None), "Y": ("meets", None)})
    assert asked(both, criterion="Y", criteria="Y|X")["value"].tolist() == ["Y"]
    one = told(snapshot, {"X": ("fails", None), "Y": ("meets", None)})
    assert asked(one, criterion="Y", criteria="Y|X")["value"].tolist() == ["X"]


def test_criteria_that_the_norm_dropped(snapshot):
    outcomes = {"X": ("meets", "2026-01-01")}
    assert asked(told(snapshot, outcomes), criterion="Z", criteria="Z")["outcome"].tolist() == ["dropped"]
    assert asked(told(snapshot, outcomes), criterion="Z", criteria="Z|X")["outcome"].tolist() == ["meets"]
    judged = told(snapshot, outcomes, criteria=["X", "Z"])
    assert asked(judged, criterion="Z", criteria="Z|X")["outcome"].tolist() == ["unknown"]  # nobody judged it


def test_what_became_of_an_object_that_is_not_there(snapshot):
    assert asked(snapshot, object_id="NV-99")["outcome"].tolist() == ["gone"]
    assert asked(snapshot, object_id="NV-99")["observed_on"].dt.date.tolist() == [datetime.date(2026, 5, 1)]
    assert asked(replace(snapshot, delivered=frozenset()), object_id="NV-99")["outcome"].tolist() == ["not_delivered"]
    assert asked(replace(snapshot, layer_dates={}), object_id="NV-99")["observed_on"].isna().all()
    assert asked(snapshot, kind="stop", object_id="HA-99", criteria="STO-01")["outcome"].tolist() == ["not_delivered"]
    assert asked(snapshot, object_id="NV-99", criteria="OLD-1")["outcome"].tolist() == ["dropped"]


def test_rows_of_which_nothing_can_be_told_are_unknown(snapshot):
    for cells in ({"kind": ""}, {"object_id": ""}, {"criteria": ""}, {"kind": None}, {"doubtful": True}):
        assert asked(snapshot, **cells)["outcome"].tolist() == ["unknown"], cells
    assert asked(snapshot, at=0, doubtful=True)["outcome"].tolist() == ["unknown"]
    assert asked(snapshot, doubtful=False)["outcome"].tolist() != ["unknown"]


def test_every_bottleneck_that_is_not_matched_still_finds_its_verdict(snapshot):
    rows = snapshot.table[["kind", "object_id", "criterion", "criteria"]].assign(at=-1)
    found = find_evidence(rows, snapshot)
    assert (found["outcome"] == "fails").all()
    assert found["value"].tolist() == snapshot.table["value"].tolist()
    assert (found["observed_on"] == snapshot.table["observed_on"]).all()
    assert find_evidence(rows.iloc[:0], snapshot).columns.tolist() == list(EVIDENCE_COLUMNS)


# A real city


@pytest.mark.slow
@pytest.mark.parametrize("name", ["genk", "amsterdam_osdorp"])
def test_a_real_city(name, shared_data):
    assert shared_data.is_dir()
    screening = screen_once(REAL / f"{name}.toml")
    findings = screening.findings
    found = findings.table
    snapshot = take_snapshot(findings, screening.norm, screening.table)
    layers = findings.city.layers
    assert len(snapshot.objects) == sum(map(len, layers.values()))
    rules = pd.Series([rule.kind for rule in screening.norm.rules.values()]).value_counts()
    assert len(snapshot.verdicts) == sum(len(layer) * rules.get(kind, 0) for kind, layer in layers.items())
    once = found.drop_duplicates(["object_id", "criterion"])
    told = snapshot.verdicts["outcome"].isin(schema.OUTCOMES)
    assert told.sum() == len(once)
    failing = found[found["outcome"] == "fails"].drop_duplicates(["object_id", "criterion"])
    assert (snapshot.verdicts["outcome"] == "fails").sum() == len(failing)
    rank = found["outcome"].astype("object").map(WORST)
    worst = rank.groupby([found["object_id"].astype("object"), found["criterion"].astype("object")]).min()
    said = snapshot.verdicts[told.to_numpy()]
    keys = pd.MultiIndex.from_arrays([said["object_id"].astype("object"), said["criterion"].astype("object")])
    assert np.array_equal(worst.loc[keys].to_numpy(), said["outcome"].astype("object").map(WORST).to_numpy())
    evidence = find_evidence(screening.table[["kind", "object_id", "criterion", "criteria"]].assign(at=-1), snapshot)
    assert (evidence["outcome"] == "fails").all()
    assert snapshot.table["observed_on"].notna().all() == bool(screening.city.sources["date"].notna().all())
