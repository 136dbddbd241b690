import geopandas as gpd
import numpy as np
import pyproj.network
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from toegankelijk import crs
from toegankelijk.errors import CrsError, InputError

GENK_72 = (228350.0, 182350.0)
GENK_08 = (728347.58, 682359.64)
AMSTERDAM_RD = (121700.0, 487400.0)
GENK_LONLAT = (5.4837, 50.9461)
BARE_LAMBERT = (
    "+proj=lcc +lat_1=51.16666723333333 +lat_2=49.8333339 +lat_0=90 +lon_0=4.367486666666666 "
    "+x_0=150000.013 +y_0=5400088.438 +ellps=intl +units=m +no_defs"
)
ESRI_LAMBERT = (
    'PROJCS["Belge_Lambert_1972",GEOGCS["GCS_Belge_1972",DATUM["D_Belge_1972",SPHEROID["International_1924",6378388.0,297.0]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],'
    'PARAMETER["False_Easting",150000.01256],PARAMETER["False_Northing",5400088.4378],'
    'PARAMETER["Central_Meridian",4.367486666666666],PARAMETER["Standard_Parallel_1",49.8333339],'
    'PARAMETER["Standard_Parallel_2",51.16666723333333],PARAMETER["Latitude_Of_Origin",90.0],UNIT["Meter",1.0]]'
)


def points(*places, label=31370):
    return gpd.GeoDataFrame(geometry=[shapely.Point(place) for place in places], crs=label)


def around(place, margin):
    return (place[0] - margin, place[1] - margin, place[0] + margin, place[1] + margin)


@pytest.mark.parametrize("code", [31370, "EPSG:3812", 28992, 25831, 25833, 32631, 2154, 3035, "EPSG:31370+5710", ESRI_LAMBERT])
def test_metric_systems_are_accepted(code):
    assert crs.check_metric(code, where="footways").is_projected


@pytest.mark.parametrize(
    ("code", "extent", "said"),
    [
        (None, around(GENK_72, 100), ["no coordinate system", 'crs = "EPSG:31370"']),
        (None, around(GENK_08, 100), ["no coordinate system", 'crs = "EPSG:3812"']),
        (None, around(GENK_LONLAT, 0.01), ["degrees", 'crs = "EPSG:31370"']),
        (None, None, ["no coordinate system", "EPSG:31370", "EPSG:28992"]),
        ("", None, ["no coordinate system"]),
        (4326, around(GENK_LONLAT, 0.01), ["in degrees", 'crs = "EPSG:31370"', "EPSG:3812"]),
        (4326, around((4.9, 52.37), 0.01), ["in degrees", 'crs = "EPSG:28992"']),
        (4326, around((13.43, 52.48), 0.01), ["in degrees", 'crs = "EPSG:25833"']),
        (4258, None, ["in degrees"]),
        (3857, None, ["EPSG:3857", "lengths"]),
        (3857, around((610_500, 6_610_000), 100), ["lengths", 'crs = "EPSG:31370"']),
        (2263, None, ["US survey foot", "not in metres"]),
        (31300, around(GENK_72, 100), ["741 m", 'crs = "EPSG:31370"']),
        (4978, None, ["not a projected"]),
        ("Lambert 72", None, ["'Lambert 72'", "not understood"]),
        ("+proj=tmerc +lat_0=50.9 +lon_0=5.5 +ellps=intl +units=m", None, ["datum"]),
        ('LOCAL_CS["Undefined Cartesian SRS",UNIT["Meter",1]]', None, ["not a projected"]),
    ],
)
def test_other_systems_are_refused_with_a_proposal(code, extent, said):
    with pytest.raises(CrsError) as caught:
        crs.check_metric(code, where="voetpaden (city.gpkg)", extent=extent)
    for text in ["voetpaden (city.gpkg)", "crs = ", *said]:
        assert text in str(caught.value)
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize("definition", [ESRI_LAMBERT, BARE_LAMBERT, CRS.from_epsg(31370).to_wkt("WKT1_ESRI"), "EPSG:31370+5710"])
def test_a_definition_without_its_code_equals_the_registered_one(definition):
    assert crs.registered(definition) == CRS.from_epsg(31370)


def test_a_nearly_equal_definition_keeps_its_own():
    moved = ESRI_LAMBERT.replace("150000.01256", "150100.0")
    assert crs.registered(moved) != CRS.from_epsg(31370)
    assert crs.registered(31300) != CRS.from_epsg(31370)


@pytest.mark.parametrize(
    ("place", "label", "fits"),
    [
        (GENK_08, 31370, "EPSG:3812"),
        (GENK_72, 3812, "EPSG:31370"),
        (GENK_72, 28992, "EPSG:31370"),
        (GENK_72, 4326, "EPSG:31370"),
        (AMSTERDAM_RD, 31370, "EPSG:28992"),
        (GENK_LONLAT, 31370, "EPSG:4326"),
        ((610_500.0, 6_610_000.0), 31370, "EPSG:3857"),
        ((674_000.0, 5_646_000.0), 31370, "EPSG:25831"),
    ],
)
def test_a_wrong_label_is_refused_with_the_system_that_fits(place, label, fits):
    with pytest.raises(CrsError, match=r"voetpaden.*2 of 2 features") as caught:
        crs.check_fit(points(place, place, label=label), where="voetpaden")
    assert f'crs = "{fits}"' in str(caught.value)
    assert f"EPSG:{label}" in str(caught.value)


@pytest.mark.parametrize(
    ("place", "label"), [(GENK_72, 31370), (GENK_08, 3812), (AMSTERDAM_RD, 28992), (GENK_LONLAT, 4326), (GENK_72, BARE_LAMBERT)]
)
def test_a_right_label_is_accepted(place, label):
    crs.check_fit(points(place, label=label), where="voetpaden")


def test_a_fit_needs_a_label():
    with pytest.raises(CrsError, match=r'no coordinate system.*crs = "EPSG:31370"'):
        crs.check_fit(points(GENK_72, label=None), where="voetpaden")


def test_strays_are_found_but_do_not_refuse_the_layer():
    frame = points(GENK_72, (0, 0), GENK_72, (float("inf"), 1.0))
    frame.loc[len(frame), "geometry"] = None
    frame.loc[len(frame), "geometry"] = shapely.Point()
    assert crs.strays(frame).tolist() == [False, True, False, True, False, False]
    with pytest.raises(CrsError, match="2 of 4 features"):
        crs.check_fit(frame, where="voetpaden")
    crs.check_fit(frame.iloc[[0, 1, 2, 4, 5]], where="voetpaden")


def test_a_layer_without_geometries_has_nothing_to_contradict():
    crs.check_fit(gpd.GeoDataFrame(geometry=[], crs=31370), where="voetpaden")
    crs.check_fit(gpd.GeoDataFrame(geometry=[None, shapely.Point()], crs=31370), where="voetpaden")


@pytest.mark.parametrize(
    ("place", "first"),
    [
        (GENK_LONLAT, "EPSG:31370"),
        ((4.40, 51.22), "EPSG:31370"),
        ((2.92, 51.22), "EPSG:31370"),
        ((5.57, 50.64), "EPSG:31370"),
        ((3.61, 51.50), "EPSG:28992"),
        ((5.48, 51.44), "EPSG:28992"),
        ((5.69, 50.85), "EPSG:28992"),
        ((13.43, 52.48), "EPSG:25833"),
        ((-43.2, -22.9), "EPSG:32723"),
        ((180.0, 0.0), "EPSG:32660"),
    ],
)
def test_proposals_fit_the_place(place, first):
    assert crs.propose((*place, *place))[0] == first


def test_a_place_near_the_border_gets_both_countries():
    assert set(crs.propose((5.69, 50.85, 5.69, 50.85))) == {"EPSG:31370", "EPSG:3812", "EPSG:28992"}


@given(st.floats(2.6, 6.3), st.floats(49.6, 51.45), st.sampled_from([31370, 3812]))
def test_belgian_coordinates_never_fit_the_other_belgian_or_dutch_system(lon, lat, code):
    frame, _ = crs.transform(points((lon, lat), label=4326), code)
    found = crs.candidates(tuple(frame.total_bounds))
    assert not {"EPSG:31370", "EPSG:3812", "EPSG:28992"} & set(found) - {f"EPSG:{code}"}


def test_nowhere_fits_nothing():
    assert crs.candidates((1e9, 1e9, 1e9, 1e9)) == []
    assert crs.candidates((float("nan"),) * 4) == []


def test_a_transformation_says_what_was_done():
    frame = gpd.GeoDataFrame(
        {"street": ["Dorp", "Markt"]}, geometry=[shapely.Point(*GENK_72, 80), None], crs=31370, index=["a", "b"]
    )
    moved, operation = crs.transform(frame, "EPSG:3812")
    assert moved.crs == CRS.from_epsg(3812)
    assert moved.index.tolist() == ["a", "b"]
    assert moved.street.tolist() == ["Dorp", "Markt"]
    assert shapely.get_coordinates(moved.geometry.iloc[0]) == pytest.approx(np.array([GENK_08]), abs=0.01)
    assert moved.geometry.iloc[1] is None
    assert (operation.source, operation.target, operation.accuracy) == ("EPSG:31370", "EPSG:3812", 0.2)
    assert "BD72 to ETRS89" in operation.name
    assert frame.crs == CRS.from_epsg(31370)


def test_a_transformation_keeps_the_name_of_the_geometry():
    moved, _ = crs.transform(points(GENK_72).rename_geometry("geom"), 4326)
    assert moved.geometry.name == "geom"
    assert moved.columns.tolist() == ["geom"]


def test_the_same_system_changes_nothing():
    frame = points(GENK_72)
    same, operation = crs.transform(frame, 31370)
    assert same is frame
    assert operation == crs.Operation("none", 0.0, "EPSG:31370", "EPSG:31370")
    same, operation = crs.transform(points(GENK_72, label=ESRI_LAMBERT), 31370)
    assert same.crs == CRS.from_epsg(31370)
    assert same.geometry.x.tolist() == [GENK_72[0]]
    assert operation.accuracy == 0.0


def test_an_empty_layer_can_be_transformed():
    moved, operation = crs.transform(gpd.GeoDataFrame({"a": []}, geometry=[], crs=4326), 31370)
    assert len(moved) == 0
    assert moved.crs == CRS.from_epsg(31370)
    assert operation.accuracy == 1.0


def test_the_network_is_never_asked(monkeypatch):
    monkeypatch.setenv("PROJ_NETWORK", "ON")
    pyproj.network.set_network_enabled(active=True)
    moved, _ = crs.transform(points(GENK_72), 3812)
    assert not pyproj.network.is_network_enabled()
    assert np.isfinite(moved.total_bounds).all()


@pytest.mark.parametrize(
    ("frame", "target", "said"),
    [
        (points(GENK_72, label=None), 3812, "no coordinate system"),
        (points(GENK_72), None, "no coordinate system"),
        (points(GENK_72, label="+proj=tmerc +lat_0=50.9 +lon_0=5.5 +ellps=intl +units=m"), 3812, "better than a guess"),
        (points(GENK_72, (float("inf"), 2.0)), 3812, "1 features have coordinates that are not finite.*: 1"),
        (points((0.0, 95.0), label=4326), 31370, "not finite"),
    ],
)
def test_a_transformation_that_cannot_be_trusted_is_refused(frame, target, said):
    with pytest.raises(CrsError, match=said):
        crs.transform(frame, target)


def test_the_shared_layers_fit_their_labels(shared_data):
    from toegankelijk.io.vector import list_layers, read_layer

    for name in ("genk/genk.gpkg", "amsterdam-width/amsterdam_width.gpkg", "berlin-neukoelln/berlin_neukoelln.gpkg"):
        for layer in list_layers(shared_data / name):
            frame = read_layer(shared_data / name, layer=layer)
            crs.check_fit(frame, where=layer)
            assert not crs.strays(frame).any()


def test_genk_in_the_new_lambert_under_the_old_label_is_refused(shared_data):
    from toegankelijk.io.vector import read_layer

    benches, _ = crs.transform(read_layer(shared_data / "genk" / "genk.gpkg", layer="osm_bench"), 3812)
    with pytest.raises(CrsError, match="EPSG:3812"):
        crs.check_fit(benches.set_crs(31370, allow_override=True), where="banken")
