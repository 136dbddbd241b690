"""Who gets through two real neighbourhoods, against the raw files: what closes a way there, and what can be reached."""

import gzip
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyogrio
import pytest

from toegankelijk.city import read_city
from toegankelijk.measure import measure_layers
from toegankelijk.network.building import build_network
from toegankelijk.network.islands import find_islands
from toegankelijk.network.passable import judge_edges
from toegankelijk.network.places import find_places
from toegankelijk.network.profiles import read_profiles
from toegankelijk.network.reach import find_reach, sum_reach
from toegankelijk.norm.kernel import FAILS, UNKNOWN

pytestmark = pytest.mark.slow

REAL = Path(__file__).parent / "real"
PROFILES = read_profiles()


def walk(name):
    city = measure_layers(read_city(REAL / f"{name}.toml"))
    layers = {**city.context, **city.layers}
    network, places = find_places(layers, build_network(layers))
    return network, places, {one: judge_edges(network, layers, profile) for one, profile in PROFILES.items()}


@pytest.fixture(scope="module")
def berlin(shared_data):
    return walk("neukoelln_osm"), shared_data / "berlin-neukoelln" / "neukoelln_sonnenallee.osm.gz"


@pytest.fixture(scope="module")
def amsterdam(shared_data):
    return walk("amsterdam_osdorp"), shared_data / "amsterdam-osdorp" / "amsterdam_osdorp.gpkg"


def test_kerbs_that_close_a_crossing_are_the_raised_ones_of_the_raw_file(berlin):
    (_, _, judged), source = berlin
    with gzip.open(source) as stream:
        nodes = {
            f"n{node.get('id')}": {tag.get("k"): tag.get("v") for tag in node.iter("tag")}
            for node in ElementTree.parse(stream).getroot().iter("node")  # noqa: S314 - a file of our own
        }
    barriers = judged["wheelchair"].barriers
    failing = barriers[(barriers["kind"] == "crossing_end") & (barriers["outcome"] == FAILS)]["object_id"]
    known = [nodes[one] for one in failing if one in nodes and {"kerb", "kerb:height"} & set(nodes[one])]
    assert len(known) >= 5
    for tags in known:
        assert tags.get("kerb") in ("raised", "regular", "rolled") or float(tags["kerb:height"].split()[0]) > 0.03, tags


def test_narrow_ways_are_those_of_the_raw_file(amsterdam):
    (network, _, judged), source = amsterdam
    raw = pyogrio.read_dataframe(source, layer="walk_bike_network", read_geometry=False)
    widths = raw["obstacle_free_width_float"]
    barriers = judged["wheelchair"].barriers
    failing = barriers[(barriers["attribute"] == "route_width") & (barriers["outcome"] == FAILS)]["object_id"].nunique()
    narrow = int((widths < 0.9).sum())
    assert 0 < failing <= narrow
    assert len(network) > 0


@pytest.mark.parametrize("city", ["berlin", "amsterdam"])
def test_bounds_hold_and_a_cane_reaches_no_less_than_a_wheelchair(city, request):
    (network, places, judged), _ = request.getfixturevalue(city)
    areas = pd.Series("all", places.origins.index)
    sums = {}
    for name, passability in judged.items():
        reach = find_reach(network, passability, places)
        assert (reach["distance_best"] <= reach["distance_worst"]).all()
        placed = reach["distance"].notna()
        assert (reach["distance"] <= reach["distance_best"])[placed].all()
        sums[name] = sum_reach(reach, places, areas).set_index("purpose")
        assert (sums[name]["reached_low"] <= sums[name]["reached_high"]).all()
        assert (sums[name]["reached_high"] <= sums[name]["within"] + sums[name]["unplaced"] + 1e-6).all()
    for column in ("reached_low", "reached_high"):
        assert (sums["white_cane"][column] >= sums["wheelchair"][column]).all()


@pytest.mark.parametrize("city", ["berlin", "amsterdam"])
def test_islands_are_closed_by_what_stops_the_user(city, request):
    (network, places, judged), _ = request.getfixturevalue(city)
    passability = judged["wheelchair"]
    islands = find_islands(network, passability, places)
    assert islands["surely"].any()
    barriers = passability.barriers
    named = barriers["kind"] + ":" + barriers["object_id"].astype(str)
    for sure, codes in ((True, (FAILS,)), (False, (FAILS, UNKNOWN))):
        closing = set("|".join(islands.loc[islands["surely"] == sure, "barriers"]).split("|")) - {""}
        assert closing <= set(named[barriers["outcome"].isin(codes)])
    assert (islands.loc[islands["surely"], "barriers"] != "").all()
    assert np.isfinite(islands["length"]).all()
