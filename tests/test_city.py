"""Reading a city: rows that are selected, and layers that are read in parts."""

import geopandas as gpd
import pytest
import shapely

from toegankelijk import screen
from toegankelijk.city import read_city
from toegankelijk.io.geopackage import write_layers

TOML = """
[draft]
zones = "grid"
[[layers]]
kind = "obstacle"
source = "data.gpkg"
layer = "palen"
id = "id"
where = { soort = ["lamp"] }
[[layers]]
kind = "obstacle"
source = "data.gpkg"
layer = "palen"
id = "id"
where = { soort = ["", "bord"] }
"""


@pytest.fixture
def toml(tmp_path):
    shapes = [shapely.Point(228_000 + 10 * i, 182_000) for i in range(5)]
    columns = {"id": ["P1", "P2", "P3", "P4", "P5"], "soort": ["lamp", None, "bord", "boom", ""]}
    write_layers(tmp_path / "data.gpkg", {"palen": gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:31370")})
    (tmp_path / "city.toml").write_text(TOML)
    return tmp_path / "city.toml"


def test_rows_without_a_value_can_be_selected(toml):
    city = read_city(toml)
    assert sorted(city.layers["obstacle"].index) == ["P1", "P2", "P3", "P5"]
    assert city.sources["not_selected"].tolist() == [4, 2]


def test_a_selection_of_nothing_is_told(toml):
    toml.write_text(TOML.replace('"lamp"', '"lantaarn"'))
    remarks = read_city(toml).remarks
    assert remarks[["layer", "reason"]].to_numpy().tolist() == [
        ["obstacle: data.gpkg/palen", "`where` selects none of 5 rows"],
    ]


@pytest.mark.parametrize("complete", [True, False])
def test_a_map_that_selects_nothing_is_told_where_it_then_says_that_there_is_none(toml, complete):
    layers = [
        f'[[layers]]\nlayer = "palen"\nkind = "obstacle"\nid = "id"\nwhere = {{ soort = ["{soort}"] }}\n'
        for soort in ("lamp", "kiosk")
    ]
    mapped = [layer + f"complete = {str(complete).lower()}\n" for layer in layers]
    (toml.parent / "palen.toml").write_text('name = "Palen"\nabout = ""\n' + "".join(mapped))
    toml.write_text('[city]\ncrs = "EPSG:31370"\n[draft]\n[[registers]]\nmap = "palen.toml"\nsource = "data.gpkg"\n')
    city = read_city(toml)
    assert city.layers["obstacle"].index.tolist() == ["P1"]
    assert city.remarks["reason"].tolist() == ["`where` selects none of 5 rows"] * complete


ZONES = """[zones]
source = "zones.gpkg"
id = "id"
level = "niveau"
[[layers]]
kind = "building"
source = "buildings.gpkg"
id = "id"
"""


@pytest.mark.parametrize(("metres", "told"), [(3, False), (300, False), (990, False), (1010, True), (4000, True)])
@pytest.mark.parametrize("kind", ["building", "rest_place"])
def test_a_layer_beside_the_zones_is_normal_and_one_far_away_is_told(toml, metres, told, kind):
    """Zones of 60 by 20 m: what lies beside them is not remarked upon, be it context or to be assessed."""
    zone = shapely.box(227_995, 181_990, 228_055, 182_010)
    beside = shapely.box(zone.bounds[2] + metres, 182_000, zone.bounds[2] + metres + 10, 182_005)
    for name, shape in {"zones": zone, "buildings": beside}.items():
        frame = gpd.GeoDataFrame({"id": [name], "niveau": ["B"]}, geometry=[shape], crs="EPSG:31370")
        write_layers(toml.parent / f"{name}.gpkg", {name: frame})
    toml.write_text(TOML.replace('[draft]\nzones = "grid"', "") + ZONES.replace('building"', f'{kind}"'))
    remarks = read_city(toml).remarks
    reason = f"all 1 objects lie {metres / 1000:.1f} km or more from the zones; is its coordinate system right?"
    remark = [f"{kind}: buildings.gpkg", "geometry", reason]
    assert remarks[["layer", "attribute", "reason"]].to_numpy().tolist() == [remark] * told


def test_parts_of_one_layer_have_names_of_their_own(toml):
    balance = screen(toml).balance
    assert balance["layer"].tolist() == ["obstacle: data.gpkg/palen", "obstacle: data.gpkg/palen (2)"]
    assert balance[["read", "assessed"]].to_numpy().tolist() == [[1, 1], [3, 3]]
