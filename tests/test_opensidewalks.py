"""OpenSidewalks: a small dataset of our own in which everything is known."""

import json
import zipfile

import pytest

from toegankelijk import schema
from toegankelijk.city import read_city
from toegankelijk.errors import InputError
from toegankelijk.io import opensidewalks
from toegankelijk.io.formats import list_source, read_source

# Places in metres east and north of a corner in Genk, as degrees
LON, LAT = 5.5, 50.96
NODES = {  # a pavement, a kerb, the middle of the street, a kerb, a pavement; an island in a second crossing
    "p1": (0, 0),
    "k1": (0, 2),
    "m1": (0, 5),
    "k2": (0, 8),
    "p2": (0, 10),
    "k3": (50, 2),
    "m2": (50, 4),
    "i1": (50, 6),
    "i2": (50, 8),
    "m3": (50, 10),
    "k4": (50, 12),
    "p3": (50, 0),
    "s1": (0, 20),
    "b1": (20, 0),
    "w1": (-30, 5),
    "w2": (80, 5),
    "loose": (200, 200),
}
KERBS = {
    "k1": {"kerb": "lowered", "tactile_paving": "yes"},
    "k2": {"kerb": "raised", "tactile_paving": "no"},
    "k3": {"kerb": "flush"},
    "k4": {},
    "i1": {"kerb": "rolled"},
    "i2": {"kerb": "rolled", "tactile_paving": "primitive"},
    "b1": {"kerb": "raised"},
    "loose": {"kerb": "raised"},
}
CROSSING = {"highway": "footway", "footway": "crossing"}
EDGES = [  # id, from, to, properties
    ("e1", "p1", "b1", {"highway": "footway", "footway": "sidewalk", "width": 1.5, "incline": -0.05, "surface": "paving_stones"}),
    ("e1b", "b1", "p3", {"highway": "footway", "footway": "sidewalk", "width": 1.2, "incline": 0.02, "surface": "unpaved"}),
    ("e2", "p1", "k1", {"highway": "footway"}),
    ("c1", "k1", "m1", CROSSING | {"crossing:markings": "zebra", "length": 3.0}),
    ("c2", "k2", "m1", CROSSING | {"crossing:markings": "zebra", "length": 3.0}),
    ("e3", "k2", "p2", {"highway": "footway"}),
    ("e4", "p3", "k3", {"highway": "footway"}),
    ("c3", "k3", "m2", CROSSING | {"crossing:markings": "no"}),
    ("c4", "m2", "i1", CROSSING | {"crossing:markings": "lines"}),
    ("t1", "i1", "i2", {"highway": "footway", "footway": "traffic_island"}),
    ("c5", "i2", "m3", CROSSING),
    ("c6", "m3", "k4", CROSSING | {"crossing:markings": "dashes"}),
    ("r1", "w1", "m1", {"highway": "residential", "name": "Kerkstraat", "foot": "yes"}),
    ("r2", "m1", "m2", {"highway": "living_street"}),
    ("r3", "m2", "w2", {"highway": "primary", "foot": "no"}),
    ("st", "p2", "s1", {"highway": "steps", "step_count": 5, "climb": "up"}),
]


def place(name):
    x, y = NODES[name]
    return [LON + x / 70_200, LAT + y / 111_240]


def feature(geometry, coordinates, **properties):
    return {"type": "Feature", "geometry": {"type": geometry, "coordinates": coordinates}, "properties": properties}


def dataset():
    kerb = {name: {"barrier": "kerb", **more} for name, more in KERBS.items()}
    square = [place(name) for name in ("p1", "p3", "m2", "m1", "p1")]
    return {
        "nodes": [feature("Point", place(name), _id=name, **kerb.get(name, {})) for name in NODES],
        "edges": [
            feature("LineString", [place(u), place(v)], _id=name, _u_id=u, _v_id=v, **properties)
            for name, u, v, properties in EDGES
        ],
        "points": [
            feature("Point", place("p2"), _id="1", amenity="bench"),
            feature("Point", place("p1"), _id="2", barrier="bollard"),
            feature("Point", place("p1"), _id="3", highway="street_lamp"),
            feature("Point", place("p1"), _id="4", man_made="manhole"),
        ],
        "zones": [feature("Polygon", [square], _id="z", highway="pedestrian", _w_id=["p1", "p3"])],
        "polygons": [feature("Polygon", [square], _id="h", building="yes")],
    }


@pytest.fixture
def archive(tmp_path):
    def write(parts=None, names="genk.graph.{}.OSW.geojson"):
        path = tmp_path / "osw.zip"
        with zipfile.ZipFile(path, "w") as file:
            for part, features in (parts or dataset()).items():
                document = {"$schema": "https://sidewalks.washington.edu/opensidewalks/0.3/schema.json"}
                document |= {"type": "FeatureCollection", "features": features}
                file.writestr(names.format(part), json.dumps(document))
        return path

    return write


def test_layers_of_an_archive(archive):
    names = ["edges", "nodes", "points", "polygons", "zones", "crossings", "crossing_kerbs", "kerbs"]
    assert list_source(archive()) == names
    assert list_source(archive(names="{}.geojson")) == names
    assert opensidewalks.fits(["genk.edges.geojson"])
    assert not opensidewalks.fits(["points.geojson", "knodes.geojson.txt"])


def test_a_layer_as_published_with_all_columns_of_the_schema(archive):
    edges = read_source(archive(), layer="edges")
    assert edges.crs == "EPSG:4326"
    assert edges["_id"].tolist() == [edge[0] for edge in EDGES]
    assert set(opensidewalks.COLUMNS["edges"]) <= set(edges)
    assert edges["incline:size"].tolist()[:2] == [0.05, 0.02]
    assert edges["service"].isna().all()


def test_halves_of_a_crossing_are_one_and_an_island_parts_two(archive):
    crossings = read_source(archive(), layer="crossings").set_index("_id")
    assert sorted(crossings.index) == ["c1+c2", "c3+c4", "c5+c6"]
    metres = crossings.to_crs("EPSG:31370").length.round(1).to_dict()
    assert metres == {"c1+c2": 6.0, "c3+c4": 4.0, "c5+c6": 4.0}
    marks = crossings["crossing:markings"]
    assert marks["c1+c2"] == "zebra"
    assert marks.isna()["c3+c4"]  # the halves do not agree
    assert marks["c5+c6"] == "dashes"
    assert crossings.geometry["c1+c2"].coords[0] == tuple(place("k1"))


def test_a_crossing_ends_where_another_way_joins_it(archive):
    parts = dataset()
    join = feature("LineString", [place("m1"), place("w1")], _id="x", _u_id="m1", _v_id="w1", highway="footway")
    parts["edges"].append(join)
    assert {"c1", "c2"} <= set(read_source(archive(parts), layer="crossings")["_id"])


def test_kerbs_at_crossings_and_others(archive):
    ends = read_source(archive(), layer="crossing_kerbs").set_index("_id")["crossing"].to_dict()
    assert ends == {"k1": "c1+c2", "k2": "c1+c2", "k3": "c3+c4", "k4": "c5+c6", "i1": "c3+c4", "i2": "c5+c6"}
    others = read_source(archive(), layer="kerbs")
    assert others["_id"].tolist() == ["b1"]
    assert others.attrs["not_selected"] == 1  # the loose one lies on no way


def test_a_dataset_read_by_the_bundled_map(archive, tmp_path):
    archive()
    path = tmp_path / "city.toml"
    path.write_text('[city]\ncrs = "auto"\n[draft]\nzones = "grid"\n[[registers]]\nmap = "opensidewalks"\nsource = "osw.zip"\n')
    city = read_city(path)
    layers = city.layers
    ids = {kind: sorted(layer.index) for kind, layer in layers.items() if kind != "zone"}
    assert ids == {
        "footway": ["e1", "e1b", "e2", "e3", "e4", "t1", "z"],
        "crossing": ["c1+c2", "c3+c4", "c5+c6"],
        "crossing_end": ["i1", "i2", "k1", "k2", "k3", "k4"],
        "kerb": ["b1"],
        "street": ["r1", "r2", "r3"],
        "stairs": ["st"],
        "rest_place": ["1"],
        "obstacle": ["2", "3"],
    }
    footways = layers["footway"]
    assert footways.loc[["e1", "e1b"], "route_width"].tolist() == [1.5, 1.2]
    assert footways.loc[["e1", "e1b"], "running_slope"].tolist() == [5.0, 2.0]
    assert footways["surface"].fillna("")[["e1", "e1b"]].tolist() == ["paving_stones", ""]
    assert not footways["complete"].any()
    ends = layers["crossing_end"]
    assert dict(zip(ends.index, ends["parent_id"], strict=True))["k2"] == "c1+c2"
    low, high = schema.bounds(ends, "kerb_height")
    bounds = dict(zip(ends.index, zip(low, high, strict=True), strict=True))
    inf = float("inf")
    assert bounds == {"i1": (3, inf), "i2": (3, inf), "k1": (-inf, 3), "k2": (3, inf), "k3": (0, 1), "k4": (-inf, inf)}
    told = ends["tactile_warning"].astype("object").where(ends["tactile_warning"].notna(), None)
    assert told.to_dict() == {"i1": None, "i2": None, "k1": True, "k2": False, "k3": None, "k4": None}
    crossings = layers["crossing"]
    assert crossings["zebra"].astype("object").where(crossings["zebra"].notna(), None).tolist() == [True, None, False]
    streets = layers["street"]
    assert streets["footway_sides"].fillna("").tolist() == ["", "shared", ""]
    allowed = streets["pedestrians_allowed"]
    assert allowed.astype("object").where(allowed.notna(), None).tolist() == [True, None, False]
    assert sorted(city.context) == ["building"]
    told = city.remarks[(city.remarks["layer"] != "osw.zip") & ~city.remarks["reason"].str.contains("two at one place")]
    assert told.empty, told.to_dict("records")


def test_only_edges(archive):
    path = archive({"edges": dataset()["edges"]})
    assert list_source(path) == ["edges", "crossings"]
    found = read_source(path, layer="crossings")
    assert sorted(found["_id"]) == ["c1+c2", "c3+c4", "c5+c6"]  # the island's own edge parts what its kerbs would


def test_what_is_refused(archive, tmp_path):
    with pytest.raises(InputError, match=r"no layer 'kerb'.*crossing_kerbs"):
        read_source(archive(), layer="kerb")
    path = archive()
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("other.edges.geojson", "{}")
    with pytest.raises(InputError, match="2 files hold edges"):
        read_source(path, layer="edges")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.edges.geojson", '{"type": "FeatureCollection", "features": [')
    with pytest.raises(InputError, match="damaged"):
        read_source(path, layer="edges")
    assert [file.name for file in tmp_path.iterdir()] == ["osw.zip"]
