"""A city as an OpenSidewalks dataset: valid by the schema's own validator, and the same when our own reader reads it."""

import json
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toegankelijk import sample_city, screen
from toegankelijk.errors import InputError
from toegankelijk.exchange.opensidewalks import SURFACES, write_opensidewalks
from toegankelijk.schema import attributes

from .screenings import screen_once

CARRIED = ("CRO-05", "CRO-06", "PAS-01", "SUR-03", "SUR-06", "FUR-01")
"""Criteria that ask for what the format holds in full: warnings, raised kerbs, width, slope, surface, seats."""

MEASURED_ANEW = "FUR-10"
"""How far a bench is from the way stands in the sample's file; in the drawing, which alone goes along, it is on the way."""

REAL = ("amsterdam_osdorp", "helsinki")


def read(path):
    with zipfile.ZipFile(path) as archive:
        return {name.split(".")[1]: json.loads(archive.read(name)) for name in archive.namelist()}


def properties(path, layer):
    return {feature["properties"]["_id"]: feature["properties"] for feature in read(path)[layer]["features"]}


def faults(path):
    """What the validator that the makers of the schema publish says."""
    reason = "needs python-osw-validation, jsonschema-rs and zipfile36, installed without their dependencies"
    validation = pytest.importorskip("python_osw_validation", reason=reason)
    return validation.OSWValidation(str(path)).validate().errors or []


@pytest.fixture(scope="module")
def sample():
    return screen_once(sample_city())


@pytest.fixture(scope="module")
def walking():
    return screen_once(sample_city("walking"))


@pytest.fixture(scope="module")
def archive(walking, tmp_path_factory):
    path = tmp_path_factory.mktemp("osw") / "osw.zip"
    write_opensidewalks(walking.findings, path, walking=walking.walking)
    return path


def with_layer(screening, kind, **columns):
    """The same findings over a city of which some values are other ones."""
    city = screening.city
    layer = city.layers[kind].assign(**columns)
    return replace(screening.findings, city=replace(city, layers={**city.layers, kind: layer}))


def export(screening, path, kind, **columns):
    write_opensidewalks(with_layer(screening, kind, **columns), path, walking=screening.walking)
    return path


def test_the_validator_finds_no_fault_in_either_sample(sample, archive, tmp_path):
    write_opensidewalks(sample.findings, tmp_path / "a.zip", walking=sample.walking)
    assert faults(tmp_path / "a.zip") == []
    assert faults(archive) == []


@pytest.mark.parametrize(
    ("layer", "change"), [("nodes", {"kerb": "high"}), ("edges", {"_u_id": "nowhere"}), ("edges", {"width": "wide"})]
)
def test_the_validator_does_find_faults(archive, tmp_path, layer, change):
    parts = read(archive)
    kerb = next(feature for feature in parts[layer]["features"] if layer == "edges" or "kerb" in feature["properties"])
    kerb["properties"].update(change)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as file:
        for name, part in parts.items():
            file.writestr(f"opensidewalks.{name}.geojson", json.dumps(part))
    assert faults(tmp_path / "b.zip")


@pytest.fixture(scope="module")
def again(walking, archive):
    """The walking sample, screened from its own export with the same zones."""
    folder = archive.parent
    areas = walking.city.areas[["level", "geometry"]].rename_axis("area").reset_index()
    areas.to_crs(4326).to_file(folder / "areas.gpkg")
    (folder / "city.toml").write_text(
        f'[city]\ncrs = "EPSG:{walking.city.crs.to_epsg()}"\n[zones]\nsource = "areas.gpkg"\nid = "area"\nlevel = "level"\n'
        '[[registers]]\nmap = "opensidewalks"\nsource = "osw.zip"\n'
    )
    return screen(folder / "city.toml")


def outcomes(first, second):
    keys = ["object_id", "criterion"]
    tables = [screening.findings.table.astype(dict.fromkeys([*keys, "outcome"], "str")) for screening in (first, second)]
    return tables[0].merge(tables[1], on=keys, suffixes=("", "_again"))


def test_no_verdict_is_turned_round_by_a_round_trip(walking, again):
    both = outcomes(walking, again)
    both = both[both["criterion"] != MEASURED_ANEW]
    told = both[(both["outcome"] != "unknown") & (both["outcome_again"] != "unknown")]
    assert len(told) > 500
    assert (told["outcome"] == told["outcome_again"]).all()


@pytest.mark.parametrize("criterion", CARRIED)
def test_what_the_format_can_carry_comes_back_with_the_same_verdict(walking, again, criterion):
    both = outcomes(walking, again)
    both = both[(both["criterion"] == criterion) & (both["outcome"] != "unknown")]
    assert len(both) > 50
    same = both["outcome"] == both["outcome_again"]
    assert same.mean() >= 0.98, both[~same]
    assert set(both.loc[~same, "outcome_again"]) <= {"unknown"}


def test_objects_keep_their_keys(walking, again):
    for kind in ("footway", "crossing_end", "rest_place", "stairs"):
        ours, theirs = (set(map(str, screening.city.layers[kind].index)) for screening in (walking, again))
        assert ours <= theirs, kind


def test_only_a_surely_known_width_is_written(walking, tmp_path):
    footways = walking.city.layers["footway"]
    key = footways.index[0]
    nothing = pd.Series(np.nan, footways.index)
    known, bounded = nothing.copy(), nothing.copy()
    known[footways.index[1]] = 1.234
    bounded[key] = 1.1
    columns = {"route_width": known, "route_width_low": bounded, "route_width_high": bounded + 1}
    edges = properties(export(walking, tmp_path / "c.zip", "footway", **columns), "edges")
    widths = {
        edge["ext:object_id"]: edge["width"] for edge in edges.values() if edge["ext:kind"] == "footway" and "width" in edge
    }
    assert widths == {str(footways.index[1]): 1.234}


@pytest.mark.parametrize(
    ("low", "high", "dropped", "word"),
    [
        (0, 1, None, "flush"),
        (2, 2, None, "lowered"),
        (0, 3, None, "lowered"),
        (4, 4, 0.0, "raised"),
        (3, 9, None, "raised"),
        (2, 5, None, None),
        (None, None, None, None),
        (5, 5, 1.2, None),
    ],
)
def test_a_kerb_has_a_class_only_if_that_holds_all_it_may_be(walking, tmp_path, low, high, dropped, word):
    ends = walking.city.layers["crossing_end"]
    values = {"kerb_height": None, "kerb_height_low": low, "kerb_height_high": high, "dropped_kerb_width": dropped}
    columns = {name: pd.Series(np.nan if value is None else value, ends.index, dtype=float) for name, value in values.items()}
    nodes = properties(export(walking, tmp_path / "d.zip", "crossing_end", **columns), "nodes")
    kerbs = [node for node in nodes.values() if node.get("barrier") == "kerb"]
    assert len(kerbs) == len(ends)
    assert {node.get("kerb") for node in kerbs} == {word}


def test_warnings_nobody_looked_at_are_not_said_to_be_missing(walking, tmp_path):
    ends = walking.city.layers["crossing_end"]
    said = pd.Series([True, False, None] * len(ends), dtype="object")[: len(ends)].set_axis(ends.index)
    nodes = properties(export(walking, tmp_path / "e.zip", "crossing_end", tactile_warning=said), "nodes")
    found = {key: nodes[str(key)].get("tactile_paving") for key in ends.index}
    assert found == {key: {True: "yes", False: "no"}.get(value) for key, value in said.items()}


def test_who_stays_on_the_pavement_meets_no_kerb(archive):
    edges, nodes = properties(archive, "edges"), properties(archive, "nodes")
    kinds = {key: Counter() for key in nodes}
    for key, edge in edges.items():
        sort = "approach" if "~kerb" in key else edge["ext:kind"]
        kinds[edge["_u_id"]][sort] += 1
        kinds[edge["_v_id"]][sort] += 1
    met = [kinds[key] for key, node in nodes.items() if node.get("barrier") == "kerb"]
    assert any(count["approach"] for count in met)
    assert all(count["footway"] == 0 and count["crossing"] == 1 and count["approach"] <= 1 for count in met)


def test_every_surface_of_ours_has_one_there():
    assert set(SURFACES) == set(attributes()["surface"].classes)


def test_verdicts_stand_in_extras_and_unknown_ones_do_not(archive):
    words = Counter(edge.get("ext:physical") for edge in properties(archive, "edges").values() if edge["ext:kind"] == "footway")
    assert set(words) <= {"fails", "meets", None}
    assert words["fails"]
    assert not any(
        value == "unknown"
        for edge in properties(archive, "edges").values()
        for value in edge.values()
        if value != edge.get("ext:incline_direction")
    )


def test_what_has_no_place_is_counted(walking, tmp_path):
    done = write_opensidewalks(walking.findings, tmp_path / "f.zip", walking=walking.walking)
    assert done.left_out["parking_bay"] == len(walking.city.layers["parking_bay"])
    assert done.left_out["stop"] == len(walking.city.layers["stop"])
    assert "footway" not in done.left_out
    assert done.written == {name: len(part["features"]) for name, part in read(done.path).items()}


def test_the_same_city_gives_the_same_bytes(walking, archive, tmp_path):
    write_opensidewalks(walking.findings, tmp_path / "g.zip", walking=walking.walking)
    assert (tmp_path / "g.zip").read_bytes() == archive.read_bytes()


def test_a_city_without_ways_is_refused(walking, tmp_path):
    with pytest.raises(InputError, match="nothing to hold"):
        write_opensidewalks(walking.findings, tmp_path / "h.zip", walking=None)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
@pytest.mark.usefixtures("shared_data")
def test_real_cities_are_valid(tmp_path, name):
    real = screen_once(Path(__file__).parent / "real" / f"{name}.toml")
    done = write_opensidewalks(real.findings, tmp_path / "real.zip", walking=real.walking)
    assert done.written["edges"] > 5_000
    assert faults(done.path) == []
