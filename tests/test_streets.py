"""Street names for objects that have none."""

import geopandas as gpd
import pandas as pd
import shapely

from toegankelijk.measure.streets import with_street_names


def layer(shapes, **columns):
    index = pd.Index([f"X-{i}" for i in range(1, len(shapes) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs="EPSG:31370")


STREETS = layer(
    [shapely.LineString([(0, y), (100, y)]) for y in (0, 40, 5)], name=["Lindeplein", "Molenstraat", ""], street=["", None, ""]
)


def test_the_nearest_named_street_within_30_m_gives_the_name():
    points = [shapely.Point(50, y) for y in (5, 21, 30, 71, -29.9, -30.1)]
    stops = with_street_names({"street": STREETS, "stop": layer(points)})["stop"]
    assert stops["street"].tolist() == ["Lindeplein", "Molenstraat", "Molenstraat", "", "Lindeplein", ""]


def test_a_given_name_stays():
    stops = layer([shapely.Point(50, 5), shapely.Point(50, 6)], street=["Kerkstraat", None])
    assert with_street_names({"street": STREETS, "stop": stops})["stop"]["street"].tolist() == ["Kerkstraat", "Lindeplein"]


def test_a_street_has_its_own_name():
    assert with_street_names({"street": STREETS})["street"]["street"].tolist() == ["Lindeplein", "Molenstraat", ""]


def test_without_named_streets_nothing_changes():
    stops = layer([shapely.Point(50, 5)])
    assert "street" not in with_street_names({"stop": stops})["stop"]
    assert "street" not in with_street_names({"street": STREETS.assign(name="", street=""), "stop": stops})["stop"]
