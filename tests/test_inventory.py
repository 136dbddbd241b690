"""Objects that an earlier screening knew and a delivery lacks. That no low end rises is a law (see the tests of the laws)."""

from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk.evidence import join_findings
from toegankelijk.inventory import with_inventory


@pytest.fixture(scope="module")
def raw(sample_folder):
    return tg.read_city(sample_folder / "city.toml")


@pytest.fixture(scope="module")
def known(raw):
    return join_findings(tg.assess(tg.measure_layers(raw), tg.read_norm()))


def without(city: tg.City, kind: str, *ids: str) -> tg.City:
    return replace(city, layers={**city.layers, kind: city.layers[kind].drop(list(ids))})


def added(city: tg.City, kind: str) -> list[str]:
    layer = city.layers[kind]
    return layer.index[layer["source"] == "inventory"].tolist()


def test_nothing_is_missing_of_a_complete_delivery(raw, known):
    city = with_inventory(raw, known)
    for kind, layer in raw.layers.items():
        assert city.layers[kind] is layer
    assert city.remarks.equals(raw.remarks)


def test_a_missing_object_comes_back_where_it_was_and_nothing_is_known_of_it(raw, known):
    city = with_inventory(without(raw, "stop", "HA-03"), known)
    stop, old = city.layers["stop"].loc["HA-03"], raw.layers["stop"].loc["HA-03"]
    assert stop.geometry.equals(old.geometry)
    assert (stop["source"], stop["street"], stop["name"], stop["delivered"]) == ("inventory", old["street"], old["name"], False)
    unknown = (
        city.layers["stop"]
        .loc[["HA-03"]]
        .drop(columns=["source", "street", "name", "delivered", "geometry", "accuracy", "complete"])
    )
    assert unknown.isna().all(axis=None)
    assert city.layers["stop"].index.is_monotonic_increasing
    assert city.remarks.query("layer == 'inventory'")[["object_id", "attribute", "raw"]].to_numpy().tolist() == [
        ["HA-03", "object_id", "stop"]
    ]
    table = tg.assess(tg.measure_layers(city), tg.read_norm()).table
    assert set(table.loc[table["object_id"] == "HA-03", "outcome"]) == {"unknown"}


def test_columns_keep_their_types(raw, known):
    stops = with_inventory(without(raw, "stop", "HA-03"), known).layers["stop"]
    for column, dtype in raw.layers["stop"].dtypes.items():
        assert stops[column].dtype == dtype, column


def test_pieces_of_a_footway_that_is_there_are_not_missing_and_those_of_one_that_is_not_come_back_whole(raw, known):
    assert {"VP-07/1", "VP-07/2"} <= set(known["object_id"])
    city = with_inventory(without(raw, "footway", "VP-07"), known)
    assert added(city, "footway") == ["VP-07"]
    assert city.layers["footway"].geometry["VP-07"].equals(raw.layers["footway"].geometry["VP-07"])
    measured = tg.measure_layers(city).layers["footway"]
    assert measured.loc[["VP-07/1", "VP-07/2"]].length.tolist() == pytest.approx([40.0, 60.0])


def test_pieces_go_in_the_direction_of_their_footway():
    """Eleven pieces, of which /10 and /11 come last; one is drawn backwards in the file's order."""
    pieces = [shapely.LineString([(i, 0), (i + 1, 0)]) for i in range(11)]
    table = gpd.GeoDataFrame(
        {"object_id": [f"a/{i + 1}" for i in range(11)], "kind": "footway", "parent_id": "a"}, geometry=pieces, crs="EPSG:31370"
    )
    city = with_inventory(empty_city(), table.iloc[::-1])
    line = city.layers["footway"].geometry["a"]
    assert line.geom_type == "LineString"
    assert (line.coords[0], line.coords[-1]) == ((0.0, 0.0), (11.0, 0.0))


def test_an_id_with_a_slash_of_its_own_is_no_piece():
    table = gpd.GeoDataFrame({"object_id": ["2023/15"], "kind": "footway"}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:31370")
    assert added(with_inventory(empty_city(), table), "footway") == ["2023/15"]


def test_ends_come_back_with_their_crossing(raw, known):
    city = with_inventory(without(raw, "crossing", "OV-04"), known)
    assert added(city, "crossing") == ["OV-04"]
    assert not city.layers["crossing_end"].index.str.startswith("OV-04").any()
    ends = tg.measure_layers(city).layers["crossing_end"].loc[["OV-04/1", "OV-04/2"]]
    assert ends["kerb_height"].isna().all()
    assert ends["source"].tolist() == ["inventory"] * 2


def test_a_missing_end_does_not_take_over_what_its_crossing_says(raw, known):
    crossings = raw.layers["crossing"].assign(kerb_height=1.0)
    city = replace(raw, layers={**raw.layers, "crossing": crossings})
    measured = tg.measure_layers(with_inventory(without(city, "crossing_end", "OZ-01"), known)).layers["crossing_end"]
    assert measured["kerb_height"].isna()["OZ-01"]
    assert measured.at["OV-05/1", "kerb_height"] == 1.0
    assert "OV-02/1" not in measured.index, "the end has its place still"


def test_nothing_is_measured_from_a_geometry_that_was_not_delivered(raw, known):
    city = tg.measure_layers(with_inventory(without(without(raw, "parking_bay", "PV-03"), "crossing", "OV-02"), known))
    bays, crossings = city.layers["parking_bay"], city.layers["crossing"]
    assert bays.loc["PV-03", ["bay_width", "bay_length"]].isna().all()
    assert bays.drop("PV-03")[["bay_width", "bay_length"]].notna().all(axis=None)
    assert crossings["crossing_length"].isna().to_dict()["OV-02"]


def test_a_kind_that_was_not_delivered_holds_what_the_inventory_knows(raw, known):
    layers = {kind: layer for kind, layer in raw.layers.items() if kind != "stop"}
    city = with_inventory(replace(raw, layers=layers), known)
    assert added(city, "stop") == sorted(set(known.loc[known["kind"] == "stop", "object_id"]))


def test_zones_are_never_missing(raw):
    zones = gpd.GeoDataFrame({"object_id": ["WZ-9"], "kind": "zone"}, geometry=[shapely.box(0, 0, 1, 1)], crs=raw.crs)
    assert "WZ-9" not in with_inventory(raw, zones).layers["zone"].index


def test_an_inventory_in_another_coordinate_system_is_brought_to_the_runs(raw, known):
    city = with_inventory(without(raw, "stop", "HA-03"), known.to_crs("EPSG:3812"))
    assert city.layers["stop"].geometry["HA-03"].distance(raw.layers["stop"].geometry["HA-03"]) < 0.1


def test_an_inventory_of_an_inventory_still_knows(raw, known):
    """An object that is missing twice in a row does not disappear the second time."""
    fewer = without(raw, "stop", "HA-03")
    second = join_findings(tg.assess(tg.measure_layers(with_inventory(fewer, known)), tg.read_norm()))
    assert added(with_inventory(fewer, second), "stop") == ["HA-03"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda table: table.drop(columns="kind"), "kind"),
        (lambda table: table.assign(kind="kurb"), "kurb"),
        (lambda table: table.set_crs(None, allow_override=True), "coordinate system"),
    ],
    ids=["no kind", "unknown kind", "no crs"],
)
def test_what_is_no_inventory_is_refused(raw, known, change, word):
    with pytest.raises(tg.InputError, match=word):
        with_inventory(raw, change(known.astype({"kind": "object"})))


def empty_city() -> tg.City:
    square = shapely.box(0, 0, 100, 100)
    zone = gpd.GeoDataFrame({"name": [""], "assumed": [False]}, geometry=[square], index=["Z"], crs="EPSG:31370")
    return tg.City("", zone.crs, {}, zone, zone.assign(zone_id="Z", level="A"))
