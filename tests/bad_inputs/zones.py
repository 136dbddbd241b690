"""Zones and level areas: overlaps, holes, doubles, levels that are none, areas that lie elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pandas as pd
import shapely

from . import make
from .make import District, Spoil, changed, sample


def case(name: str) -> Callable[[Spoil], Spoil]:
    """Enter a case of a city with all its zones and level areas."""
    return make.case(name, "footway", "kerb")


def with_zone(*values: object, shape: shapely.Geometry) -> gpd.GeoDataFrame:
    """The zones and one more."""
    frame = sample("zones")
    more = gpd.GeoDataFrame([values], columns=["zone_id", "naam", "niveau"], geometry=[shape], crs=frame.crs)
    return gpd.GeoDataFrame(pd.concat([frame, more], ignore_index=True), crs=frame.crs)


@case("zone-overlap")
def overlap(city: District) -> None:
    city.reshape("zones", "WZ-3", shapely.box(229_140, 182_100, 229_480, 182_360))


@case("zone-hole")
def hole(city: District) -> None:
    outer, inner = shapely.box(228_700, 182_300, 229_300, 182_900), shapely.box(229_040, 182_550, 229_060, 182_570)
    city.reshape("zones", "WZ-2", outer.difference(inner))


@case("zone-same-twice")
def twice(city: District) -> None:
    city.feed("zones", with_zone("WZ-4", "Vijverzicht", "B", shape=shapely.box(228_700, 182_300, 229_300, 182_900)))


@case("zone-world-wide")
def world(city: District) -> None:
    city.feed("zones", with_zone("WZ-4", "Iedereen", "C", shape=shapely.box(-1e6, -1e6, 1e6, 1e6)))


@case("zone-world-wide-degrees")
def world_degrees(city: District) -> None:
    frame = with_zone("WZ-4", "Iedereen", "C", shape=shapely.box(228_000, 182_000, 229_000, 183_000)).to_crs(4326)
    frame.loc[3, "geometry"] = shapely.box(-180, -90, 180, 90)
    city.feed("zones", frame, file="zones.geojson")


@case("zone-without-data")
def without_data(city: District) -> None:
    city.feed("zones", with_zone("WZ-4", "Leeg", "C", shape=shapely.box(230_600, 182_600, 231_000, 183_000)))


@case("zone-none")
def none(city: District) -> None:
    del city.config["zones"], city.config["areas"]


@case("zone-no-rows")
def no_rows(city: District) -> None:
    city.feed("zones", sample("zones").iloc[:0], geometry_type="Polygon")


@case("zone-all-elsewhere")
def elsewhere(city: District) -> None:
    frame, areas = sample("zones"), sample("niveaugebieden")
    city.feed("zones", frame.set_geometry(frame.geometry.translate(3_000, 0)))
    city.feed("niveaugebieden", areas.set_geometry(areas.geometry.translate(3_000, 0)))


@case("zone-level-missing")
def level_missing(city: District) -> None:
    city.change("zones", "WZ-3", "niveau", None)


@case("zone-level-d")
def level_d(city: District) -> None:
    city.change("zones", "WZ-3", "niveau", "D")


@case("zone-level-small")
def level_small(city: District) -> None:
    city.change("zones", "WZ-3", "niveau", "c")


@case("zone-level-no-column")
def level_column(city: District) -> None:
    city.config["zones"]["level"] = "kwaliteit"


@case("zone-name-no-column")
def name_column(city: District) -> None:
    city.config["zones"]["name"] = "benaming"


@case("area-zone-unknown")
def zone_unknown(city: District) -> None:
    city.change("niveaugebieden", "WZ-1-B", "zone_id", "WZ-9")


@case("area-zone-missing")
def zone_missing(city: District) -> None:
    city.change("niveaugebieden", "WZ-1-B", "zone_id", None)


@case("area-zone-padded")
def zone_padded(city: District) -> None:
    city.change("niveaugebieden", "WZ-1-B", "zone_id", " WZ-1 ")


@case("area-level-missing")
def area_level_missing(city: District) -> None:
    city.change("niveaugebieden", "WZ-1-B", "niveau", None)


@case("area-outside")
def area_outside(city: District) -> None:
    shape = sample("niveaugebieden").set_index("area_id").geometry["WZ-1-B"]
    city.reshape("niveaugebieden", "WZ-1-B", shape.union(shapely.box(228_000, 182_300, 228_100, 182_400)))


@case("area-overlap")
def area_overlap(city: District) -> None:
    frame = changed(sample("niveaugebieden"), "WZ-1-B", "geometry", shapely.box(228_100, 182_300, 228_700, 182_900))
    city.feed("niveaugebieden", frame)


@case("area-gap")
def area_gap(city: District) -> None:
    frame = sample("niveaugebieden")
    city.feed("niveaugebieden", frame[frame["area_id"] == "WZ-1-A"])


@case("area-no-level-column")
def area_level_column(city: District) -> None:
    city.config["areas"]["level"] = "kwaliteit"


@case("zone-given-no-level")
def given_no_level(city: District) -> None:
    city.zones = city.folder / "wijken.geojson"
    sample("wijken").to_file(city.zones, driver="GeoJSON")


@case("zone-given-two-layers")
def given_two_layers(city: District) -> None:
    city.zones = city.folder / "district.gpkg"


@case("zone-district-no-column")
def district_column(city: District) -> None:
    city.config["districts"] = {"wijk": {"source": "district.gpkg", "layer": "wijken", "id": "wijk_id", "name": "benaming"}}
