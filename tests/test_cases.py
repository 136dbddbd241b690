"""The case files of every criterion: sources in the shape of real ones, and the verdicts that follow from them."""

import csv
import json
import math
import tomllib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.measure.shares import measure_shares
from toegankelijk.registers import bundled_maps

from .cases.deliver import MOST, OSM_BODY, deliver, deliver_together, deliver_whole
from .cases.make_cases import FILES, HEADER, build_case, read_spec

CASES = Path(__file__).parent / "cases"
NORM = tg.read_norm("vlaanderen")
CODES = sorted(path.name for path in CASES.glob("*-*") if path.is_dir())

WITHOUT_CASES: dict[str, str] = {}
"""Criteria without case files, with the reason: nothing that a city can deliver says it."""

REAL_NAMES = {"surface", "smoothness", "maxspeed", "lanes", "lit", "shelter", "bench", "backrest", "armrest"}
"""Keys of OpenStreetMap that happen to have the name of an attribute."""

NEVER_SILENT = {"FUR-08", "PRK-06", "STO-16"}
"""Criteria of which something is always known: shares lie between 0 and 100 %, a straight line is a lower bound."""

STRICTEST = {"pass": "meets", "fail": "fails", "unknown": "unknown", "not_asked": "not_applicable"}
"""What every object of a file gets at the strictest level."""


def rows_of(code):
    """Expected verdicts by file."""
    with (CASES / code / "expected.csv").open(encoding="utf-8", newline="") as file:
        found = defaultdict(list)
        for row in csv.DictReader(file):
            found[row["file"]].append(row)
    return found


def only_osm(code):
    text = (CASES / code / "case.toml").read_text("utf-8")
    return text.endswith(OSM_BODY)


def only_one_layer(code):
    """Cases whose columns say it all, each object by itself."""
    given = tomllib.loads((CASES / code / "case.toml").read_text("utf-8"))
    others = {"registers", "osm", "terrain", "observations"} & set(given)
    return not others and [layer["kind"] for layer in given["layers"]] == [NORM.rules[code].kind]


def features_of(code):
    """Features of all files of a criterion, with the name of the file."""
    for path in sorted((CASES / code).glob("*.geojson")):
        for feature in json.loads(path.read_text("utf-8"))["features"]:
            yield path.stem, feature


OSM_FILES = [(code, name) for code in CODES if only_osm(code) for name in rows_of(code)]


def screened(toml, norm):
    city = measure_shares(tg.measure_layers(tg.read_city(toml)), NORM)
    findings = tg.assess(city, norm, scope="full")
    return findings.table.assign(level=findings.table["area_id"].map(city.areas["level"]).astype(str)), city


def verdicts(table):
    return {(row.object_id, row.level): row.outcome for row in table.itertuples()}


def screen_alone(code, name, folder):
    """Verdicts of one file, by object and level, and the layer of the criterion's kind."""
    folder.mkdir()
    rule = NORM.rules[code]
    table, city = screened(deliver(CASES / code, name, folder), replace(NORM, rules={code: rule}))
    return verdicts(table), city.layers[rule.kind]


def screen_whole(code, folder):
    """The same for all files of a case by name."""
    rule = NORM.rules[code]
    table, city = screened(deliver_whole(CASES / code, folder), replace(NORM, rules={code: rule}))
    table, layer, found = table.astype({"object_id": str}), city.layers[rule.kind], {}
    for name in rows_of(code):
        head = f"{name}:"
        part = table[table["object_id"].str.startswith(head)]
        here = layer[layer.index.str.startswith(head)]
        part, here = (
            part.assign(object_id=part["object_id"].str.removeprefix(head)),
            here.rename(lambda key: key.partition(":")[2]),
        )
        found[name] = verdicts(part), here
    return found


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The same for all files of OpenStreetMap, which are read and measured in one go."""
    files = [(CASES / code, name) for code, name in OSM_FILES]
    table, city = screened(deliver_together(files, tmp_path_factory.mktemp("osm")), NORM)
    codes = {code for code, _ in OSM_FILES}
    table = table[table["criterion"].isin(codes)].astype({"object_id": str, "criterion": str})
    number = table["object_id"].str.extract(r"(\d+)", expand=False).astype(int)
    parts = dict(iter(table.groupby([table["criterion"], number // MOST])))
    found = {}
    for place, (code, name) in enumerate(OSM_FILES):
        part = parts.get((code, place), table.iloc[:0])
        layer = city.layers[NORM.rules[code].kind]
        here = layer[layer.index.str.extract(r"(\d+)", expand=False).astype(int) // MOST == place]
        part = part.assign(object_id=part["object_id"].map(lambda key, place=place: own_id(key, place)))
        found[code, name] = verdicts(part), here.rename(index=lambda key, place=place: own_id(key, place))
    return found


def own_id(key, place):
    """Id of an element in its own file."""
    digits = key[1:].partition("/")[0]
    return f"{key[0]}{int(digits) - MOST * place}{key[1 + len(digits) :]}"


def differences(code, name, rows, found, layer):
    """Where verdicts and values are not as expected; verdicts on objects that are not listed too."""
    rule, found, wrong = NORM.rules[code], dict(found), []
    for row in rows:
        object_id, level = row["object_id"], row["level"]
        outcome = found.pop((object_id, level), "not_applicable")
        if object_id not in layer.index:
            wrong.append(f"{name}: no object {object_id}; there are {', '.join(layer.index)}")
            continue
        if outcome != row["outcome"]:
            wrong.append(f"{name}: {object_id} at {level} {outcome}, expected {row['outcome']}")
        if outcome != "not_applicable" and not is_value(layer, rule, object_id, row["value"]):
            known = known_of(layer, rule, object_id)
            wrong.append(f"{name}: {object_id} is read as {known}, expected {row['value'] or 'unknown'}")
    return wrong + [f"{name}: {object_id} at {level} {outcome}, not expected" for (object_id, level), outcome in found.items()]


def known_of(layer, rule, object_id):
    """Bounds of a number; text of a class or of true and false, empty if it is unknown."""
    if rule.type == "number":
        at = layer.index.get_loc(object_id)
        return tuple(float(end[at]) for end in schema.bounds(layer, rule.attribute))
    value = layer.at[object_id, rule.attribute] if rule.attribute in layer else None
    return "" if pd.isna(value) else str(value).lower() if rule.type == "bool" else str(value)


def is_value(layer, rule, object_id, text):
    known = known_of(layer, rule, object_id)
    if rule.type != "number":
        return known == text
    low, dots, high = text.partition("..")
    return is_end(low, known[0], -math.inf) and is_end(high if dots else low, known[1], math.inf)


def is_end(text, value, endless):
    """Whether a number is the one written, to half of its last decimal; nothing written is without end, or below zero."""
    if not text:
        return value == endless or value <= 0 > endless
    return abs(value - float(text)) <= 0.5 * 10.0 ** -len(text.partition(".")[2]) + 0.002  # coordinates are good to 1 mm


@pytest.mark.parametrize("code", CODES)
def test_cases_get_the_verdicts_that_they_say(code, request, tmp_path):
    wrong = []
    whole = {} if only_osm(code) or not only_one_layer(code) else screen_whole(code, tmp_path)
    for name, rows in rows_of(code).items():
        if only_osm(code):
            found, layer = request.getfixturevalue("together")[code, name]
        else:
            found, layer = whole.get(name) or screen_alone(code, name, tmp_path / name)
        wrong += differences(code, name, rows, found, layer)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("code", [code for code in CODES if only_osm(code) or only_one_layer(code)])
def test_cases_that_are_read_together_get_them_alone_too(code, tmp_path):
    rows = rows_of(code)["fail"]
    wrong = differences(code, "fail", rows, *screen_alone(code, "fail", tmp_path / "fail"))
    assert not wrong, "\n".join(wrong)


def test_every_criterion_has_cases_or_a_reason_why_not():
    assert set(CODES) | set(WITHOUT_CASES) == set(NORM.rules)
    assert not set(CODES) & set(WITHOUT_CASES)
    assert all(WITHOUT_CASES.values())


@pytest.mark.parametrize("code", CODES)
def test_cases_pass_fail_and_are_unknown_as_their_files_say(code):
    found, asked = rows_of(code), tomllib.loads((CASES / code / "case.toml").read_text("utf-8"))
    assert {"pass", "fail", "unknown"} <= set(found) <= set(FILES)
    assert asked["criterion"] == code
    assert asked["levels"] == list(NORM.rules[code].limits), "levels of which the norm asks something"
    for name, rows in found.items():
        at_strictest = {row["outcome"] for row in rows if row["level"] == asked["levels"][0]}
        assert at_strictest == {STRICTEST[name]}, f"{name} at the strictest level"
        assert {row["level"] for row in rows} == set(schema.LEVELS)
    met = {row["outcome"] for row in found["pass"]}
    assert "fails" not in met
    assert "unknown" not in met
    silent = any(row["outcome"] == "unknown" and not row["value"] for row in found["unknown"])
    assert silent != (code in NEVER_SILENT), "an object of which the sources say nothing"


@pytest.mark.parametrize("code", [code for code in CODES if NORM.rules[code].type == "number"])
def test_something_passes_on_the_limit(code):
    """Or by no more than the tolerance; what fails by less would not be seen otherwise."""
    rule = NORM.rules[code]
    level = next(iter(rule.limits))
    asked = [row.limit for row in rule.limits[level] if row.asks and row.per_driver == 0]
    ends = [row["value"].partition("..")[0 if rule.compare == "min" else 2] or row["value"] for row in rows_of(code)["pass"]]
    gaps = [abs(float(end) - limit) for end in ends if ".." not in end for limit in asked]
    assert min(gaps) <= rule.tolerance + 0.002


def test_cases_tell_the_levels_apart():
    """Where limits differ some object fails at one level and not at another; else the cases would not show a wrong level."""
    same = []
    for code in CODES:
        rule = NORM.rules[code]
        differ = len({rule.limits[level] for level in rule.limits}) > 1
        by_object = defaultdict(set)
        for row in rows_of(code)["fail"]:
            by_object[row["object_id"]].add(row["outcome"])
        if differ and not any(len(outcomes) > 1 for outcomes in by_object.values()):
            same.append(code)
    assert same == ["FUR-08", "STO-16"], "all but zones, of which a file holds one"


def test_committed_files_are_those_that_the_tables_make():
    spec = read_spec()
    assert set(spec) == set(CODES)
    for code, one in spec.items():
        made, there = build_case(code, one), {path.name: path for path in (CASES / code).iterdir()}
        assert set(made) == set(there), code
        for name, text in made.items():
            committed = there[name].read_text("utf-8")
            if name.endswith(".geojson"):  # versions of PROJ may differ in the last decimal
                assert_same_features(json.loads(text), json.loads(committed))
            else:
                assert committed == text, f"{code}/{name}: run make_cases.py"


def assert_same_features(made, committed):
    assert made["name"] == committed["name"]
    assert len(made["features"]) == len(committed["features"])
    for one, other in zip(made["features"], committed["features"], strict=True):
        assert {**one, "geometry": None} == {**other, "geometry": None}, f"{made['name']}: run make_cases.py"
        if one["geometry"] is not None:
            assert one["geometry"]["type"] == other["geometry"]["type"]
            places = [np.array(feature["geometry"]["coordinates"]) for feature in (one, other)]
            assert np.allclose(*places, rtol=0, atol=2.1e-8), f"{made['name']}: run make_cases.py"


def test_no_column_has_the_name_of_an_attribute():
    names = {name for code in CODES for _, feature in features_of(code) for name in feature["properties"]}
    assert names & set(schema.attributes()) == REAL_NAMES


def test_features_are_geojson_that_other_tools_read():
    for code in CODES:
        ids = defaultdict(list)
        for name, feature in features_of(code):
            ids[name].append(feature["id"])
            kind, slash, number = feature["id"].partition("/")
            if slash and kind in ("node", "way"):
                assert 0 < int(number) < MOST
                assert all(isinstance(value, str) for value in feature["properties"].values()), "tags are text"
            if feature["geometry"] is not None:
                assert feature["geometry"]["type"] in ("Point", "LineString", "Polygon")
                places = np.array(feature["geometry"]["coordinates"]).reshape(-1, 2)
                assert (np.abs(places - [5.50, 50.95]) < [0.04, 0.02]).all(), "in Genk, longitude first"
        for name, given in ids.items():
            assert len(given) == len(set(given)), f"{code} {name}: an id twice"


def test_cases_come_in_the_shape_of_many_sources():
    used, endings = set(), defaultdict(int)
    for code in CODES:
        given = tomllib.loads((CASES / code / "case.toml").read_text("utf-8"))
        used |= {register["map"] for register in given.get("registers", ())}
        for source in {place["source"] for kind in ("layers", "registers", "osm") for place in given.get(kind, ())}:
            endings[Path(source).suffix] += 1
    assert used <= set(bundled_maps())
    assert {"antwerpen_parking", "bgt", "de_lijn", "grb", "gtfs", "opensidewalks", "wegenregister"} <= used
    assert endings[".osm"] >= 40
    assert set(endings) == {".osm", ".geojson", ".csv", ".gpkg", ".zip"}


def test_expected_tables_have_the_columns_that_the_readme_tells():
    readme = (CASES / "README.md").read_text("utf-8")
    for code in CODES:
        first = (CASES / code / "expected.csv").read_text("utf-8").partition("\n")[0]
        assert first == ",".join(HEADER)
    assert f"`{','.join(HEADER)}`" in readme
    assert "CC0-1.0" in readme
