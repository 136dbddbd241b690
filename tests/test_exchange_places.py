"""A city as A11yJSON and as OSLO Toegankelijkheid: what they say, their schemas, and the command that writes them."""

import json
import os
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from toegankelijk import sample_city
from toegankelijk.cli import app
from toegankelijk.errors import ConfigError
from toegankelijk.exchange import FORMATS, export_screened
from toegankelijk.exchange.a11yjson import write_a11yjson
from toegankelijk.exchange.oslo import KINDS, LEVELS, write_oslo
from toegankelijk.groups import judge_groups

from .screenings import screen_once

REAL = ("amsterdam_osdorp", "helsinki")
PACKAGE = "TOEGANKELIJK_A11YJSON"
"""Variable that names a folder in which ``npm install @sozialhelden/a11yjson@31.1.0`` was run."""

CHECK = """
const from = require('module').createRequire(process.argv[2] + '/x.js');
const a11y = from('@sozialhelden/a11yjson'), simpl = from('@sozialhelden/simpl-schema');
const Schema = simpl.default || simpl, wrong = [];
const sorts = {places: a11y.getPlaceInfoSchemaDefinition(), equipment: a11y.getEquipmentInfoSchemaDefinition()};
const document = JSON.parse(require('fs').readFileSync(process.argv[3]));
for (const [list, definition] of Object.entries(sorts)) for (const item of document[list]) {
  const context = new Schema(definition).newContext();
  context.validate(item);
  wrong.push(...context.validationErrors().map(fault => `${list} ${fault.name}: ${fault.type}`));
}
console.log(JSON.stringify(wrong));
"""


@pytest.fixture(scope="module")
def sample():
    return screen_once(sample_city())


@pytest.fixture(scope="module")
def a11y(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("a11y") / "city.json"
    write_a11yjson(sample.findings, path)
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def oslo(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("oslo") / "city.jsonld"
    write_oslo(sample.findings, path)
    return json.loads(path.read_text("utf-8"))


def faults(document, folder):
    """What the schemas of the package of A11yJSON say of a document."""
    package, node = os.environ.get(PACKAGE), shutil.which("node")
    if not package or not node:
        pytest.skip(f"needs node, and {PACKAGE} with a folder in which npm installed @sozialhelden/a11yjson")
    (folder / "check.cjs").write_text(CHECK)
    (folder / "city.json").write_text(json.dumps(document))
    done = subprocess.run(
        [node, folder / "check.cjs", Path(package).resolve(), folder / "city.json"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def about(document, kind):
    items = [*document["places"], *document["equipment"]]
    return {
        item["properties"]["ids"]["object_id"]: item["properties"] for item in items if item["properties"]["ids"]["kind"] == kind
    }


def test_a11yjson_follows_its_schemas(a11y, tmp_path):
    assert faults(a11y, tmp_path) == []


@pytest.mark.parametrize(
    ("where", "value"), [("category", None), ("accessibility", {"accessibleWith": {"wheelchair": "perhaps"}}), ("score", 3)]
)
def test_the_schemas_of_a11yjson_do_find_faults(a11y, tmp_path, where, value):
    place = json.loads(json.dumps(a11y["places"][0]))
    place["properties"][where] = value
    assert faults({"places": [place], "equipment": []}, tmp_path)


def test_a_place_is_said_to_be_accessible_only_by_its_verdicts(sample, a11y):
    kinds = ("stop", "parking_bay", "car_park")
    verdicts = judge_groups(sample.findings, sample.norm, kinds=kinds).drop_duplicates(["kind", "object_id"], keep=False)
    places = {kind: about(a11y, kind) for kind in kinds}
    assert {kind: len(found) for kind, found in places.items()} == {kind: len(sample.city.layers[kind]) for kind in kinds}
    said = {True: "meets", False: "fails", None: "unknown"}
    for row in verdicts.itertuples():
        told = places[row.kind][row.object_id]["accessibility"].get("accessibleWith", {})
        assert said[told.get("visualImpairment")] == (row.visual or "unknown")  # or nothing is asked
        assert said[told.get("mobilityImpairment")] == (row.physical or "unknown")
    assert {"fails", "meets", "unknown"} <= {*verdicts["visual"], *verdicts["physical"]}


def test_what_is_not_known_is_not_in_a11yjson(sample, tmp_path):
    city = sample.city
    bays = city.layers["parking_bay"]
    first = bays.index[0]
    changed = {name: pd.Series(np.nan, bays.index) for name in ("bay_width", "bay_length", "bay_entrance_distance")}
    changed["bay_width"][first] = 3.5
    sign = pd.Series(None, bays.index, dtype="object")
    layer = bays.drop(columns=[f"{name}_{end}" for name in changed for end in ("low", "high") if f"{name}_{end}" in bays])
    layer = layer.assign(**changed, sign=sign)
    findings = replace(sample.findings, city=replace(city, layers={**city.layers, "parking_bay": layer}))
    path = tmp_path / "city.json"
    write_a11yjson(findings, path)
    found = {
        key: place["accessibility"]["parking"]["forWheelchairUsers"]
        for key, place in about(json.loads(path.read_text("utf-8")), "parking_bay").items()
    }
    assert found.pop(first) == {"count": 1, "width": {"value": 3.5, "unit": "meter"}}
    assert set(map(str, found.values())) == {"{'count': 1}"}


def test_linked_data_says_of_each_limitation_what_was_found(sample, oslo):
    told = Counter()
    for place in oslo["@graph"]:
        for statement in place.get("halteToegankelijkheid", []) + place.get("toegankelijkheid", []):
            kind, key = place["@id"].split(":")[2:4]
            told[kind, key, statement["type"].split(":")[-1], statement["niveau"].split(":")[-1]] += 1
    kinds = [kind for kind in KINDS if kind in sample.city.layers]
    verdicts = judge_groups(sample.findings, sample.norm, kinds=kinds)
    wanted = set()
    for (kind, key), rows in verdicts.groupby(["kind", "object_id"]):
        for group, limitation in (("physical", "motorischeBeperking"), ("visual", "visueleBeperking")):
            values = set(rows[group])
            level = "fails" if "fails" in values else "meets" if values == {"meets"} else None
            if level:
                wanted.add((kind, key, limitation, LEVELS[level]))
    assert set(told) == wanted
    assert set(told.values()) == {1}
    assert {level for *_, level in wanted} == set(LEVELS.values())


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # within rdflib
def test_linked_data_is_read_as_triples_without_a_network(oslo):
    rdflib = pytest.importorskip("rdflib", reason="needs rdflib")
    graph = rdflib.Graph().parse(data=json.dumps(oslo), format="json-ld")
    trips = rdflib.Namespace("https://data.vlaanderen.be/ns/mobiliteit/trips-en-aanbod#")
    statements = list(graph.subjects(rdflib.RDF.type, trips.Accessibility))
    assert len(statements) > 20
    concepts = set(graph.subjects(rdflib.RDF.type, rdflib.SKOS.Concept))
    for statement in statements:
        assert {*graph.objects(statement, trips.level), *graph.objects(statement, rdflib.DCTERMS.type)} <= concepts
        assert len(list(graph.subjects(None, statement))) == 1
    assert all(str(predicate).startswith("http") for predicate in graph.predicates())
    words = {name for node in oslo["@graph"] for name in node if not name.startswith("@")}
    assert words <= set(oslo["@context"])
    shapes = list(graph.objects(None, rdflib.URIRef("http://www.opengis.net/ont/geosparql#asWKT")))
    assert {str(shape).split(" ")[0] for shape in shapes} >= {"POINT", "LINESTRING", "POLYGON"}


def test_concepts_of_a_published_list_take_the_place_of_our_own(sample, tmp_path):
    path = tmp_path / "city.jsonld"
    write_oslo(sample.findings, path, concepts={"zelfstandigToegankelijk": "https://example.org/niveau/1"})
    text = path.read_text("utf-8")
    assert '"niveau":"https://example.org/niveau/1"' in text
    assert "urn:toegankelijk:concept:zelfstandigToegankelijk" not in text


@pytest.mark.parametrize("concepts", [{"half": "https://example.org/x"}, {"motorischeBeperking": "javascript:alert(1)"}])
def test_wrong_concepts_are_refused(sample, tmp_path, concepts):
    with pytest.raises(ConfigError, match="concepts that cannot be used"):
        write_oslo(sample.findings, tmp_path / "x.jsonld", concepts=concepts)
    assert not list(tmp_path.iterdir())


def test_strange_keys_and_names_stay_text(sample, tmp_path):
    city = sample.city
    stops = city.layers["stop"]
    strange = "<b>\u202e\x07\"'}{{x}} `${1}`"
    layer = stops.assign(name=strange)
    findings = replace(sample.findings, city=replace(city, layers={**city.layers, "stop": layer}))
    for to in ("a11yjson", "oslo"):
        done = export_screened(findings, tmp_path / to, to=to)
        document = json.loads(done.path.read_text("utf-8"))
        assert json.dumps(strange) in json.dumps(document)


@pytest.mark.slow
@pytest.mark.parametrize("to", FORMATS)
def test_the_command_writes_each_format(to, tmp_path):
    path = tmp_path / "deep" / ("city.zip" if to == "opensidewalks" else "city.json")
    done = CliRunner().invoke(app, ["export", str(sample_city()), "--to", to, "--out", str(path), "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert path.stat().st_size > 1_000
    assert "No place in this format: " in done.output
    assert "Zone (3)" in done.output
    assert list(path.parent.iterdir()) == [path]


def test_a_format_that_is_not_there_is_refused(sample, tmp_path):
    with pytest.raises(ConfigError, match="opensidewalks, a11yjson, oslo"):
        export_screened(sample.findings, tmp_path / "x", to="shapefile")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
@pytest.mark.usefixtures("shared_data")
def test_real_cities_as_places(tmp_path, name):
    real = screen_once(Path(__file__).parent / "real" / f"{name}.toml")
    done = write_a11yjson(real.findings, tmp_path / "a.json")
    assert done.written["places"] >= len(real.city.layers["stop"]) > 0
    linked = write_oslo(real.findings, tmp_path / "o.jsonld")
    assert linked.written["statements"] >= linked.written["places"]
    assert faults(json.loads(done.path.read_text("utf-8")), tmp_path) == []
