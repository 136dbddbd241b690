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


def test_parts_of_one_layer_have_names_of_their_own(toml):
    balance = screen(toml).balance
    assert balance["layer"].tolist() == ["obstacle: data.gpkg/palen", "obstacle: data.gpkg/palen (2)"]
    assert balance[["read", "assessed"]].to_numpy().tolist() == [[1, 1], [3, 3]]
