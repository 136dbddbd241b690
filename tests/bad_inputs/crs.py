"""Coordinate systems: none, wrong, contradictory, mixed, and features that lie astray."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import affinity

from .make import District, alter, case, feature, geojson, sample

ESRI = (
    'PROJCS["Belge_Lambert_1972",GEOGCS["GCS_Belge_1972",DATUM["D_Belge_1972",SPHEROID["International_1924",6378388.0,297.0]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],'
    'PARAMETER["False_Easting",150000.013],PARAMETER["False_Northing",5400088.438],PARAMETER["Central_Meridian",4.367486666666666],'
    'PARAMETER["Standard_Parallel_1",49.8333339],PARAMETER["Standard_Parallel_2",51.16666723333333],'
    'PARAMETER["Latitude_Of_Origin",90.0],UNIT["Meter",1.0]]'
)
NO_DATUM = (
    "+proj=lcc +lat_0=90 +lon_0=4.36748666666667 +lat_1=51.1666672333333 +lat_2=49.8333339 +x_0=150000.013 +y_0=5400088.438 "
    "+ellps=intl +units=m +no_defs"
)


def labelled(frame: gpd.GeoDataFrame, crs: object) -> gpd.GeoDataFrame:
    """The same coordinates under another label."""
    return frame.set_crs(crs, allow_override=True)


def swapped(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer with its axes the other way round."""
    return frame.set_geometry(gpd.GeoSeries(shapely.transform(frame.geometry.array, lambda xy: xy[:, ::-1]), crs=frame.crs))


def moved(frame: gpd.GeoDataFrame, *rows: int, east: float = 0.0, north: float = 0.0) -> gpd.GeoDataFrame:
    """Layer of which some rows lie elsewhere."""
    shapes = frame.geometry.to_numpy(dtype=object).copy()
    for row in rows:
        shapes[row] = affinity.translate(shapes[row], east, north)
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))


@case("crs-none")
def none(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), None))


@case("crs-none-shapefile")
def none_shapefile(city: District) -> None:
    city.shapefile("voetpaden").with_suffix(".prj").unlink()


@case("crs-none-geojson")
def none_geojson(city: District) -> None:
    city.deliver("voetpaden", "voetpaden.geojson")
    geojson(city.folder / "voetpaden.geojson", feature(sample("voetpaden")), crs=None)


@case("crs-undefined")
def undefined(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "UPDATE gpkg_geometry_columns SET srs_id = -1", "UPDATE gpkg_contents SET srs_id = -1")


@case("crs-unknown-authority")
def unknown_authority(city: District) -> None:
    path = city.feed("voetpaden")
    alter(
        path,
        "UPDATE gpkg_spatial_ref_sys SET organization = 'STAD', organization_coordsys_id = 1, definition = 'Lambert van de stad' "
        "WHERE srs_id = 31370",
    )


@case("crs-no-datum")
def no_datum(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), NO_DATUM), file="voetpaden.parquet")


@case("crs-no-datum-and-other")
def no_datum_other(city: District) -> None:
    text = NO_DATUM.replace("x_0=150000.013", "x_0=150100").replace("y_0=5400088.438", "y_0=5400000")
    city.feed("voetpaden", labelled(sample("voetpaden"), text), file="voetpaden.parquet")


@case("crs-local")
def local(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), 'LOCAL_CS["Bouwplaats",UNIT["metre",1]]'))


@case("crs-label-31300")
def label_31300(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), 31300))


@case("crs-label-3812")
def label_3812(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), 3812))


@case("crs-label-31370")
def label_31370(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden").to_crs(3812), 31370))


@case("crs-label-28992")
def label_28992(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), 28992))


@case("crs-label-3857")
def label_3857(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), 3857))


@case("crs-label-4326")
def label_4326(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden"), 4326))


@case("crs-degrees-as-metres")
def degrees_as_metres(city: District) -> None:
    city.feed("voetpaden", labelled(sample("voetpaden").to_crs(4326), 31370))


@case("crs-millimetres")
def millimetres(city: District) -> None:
    frame = sample("voetpaden")
    city.feed("voetpaden", frame.set_geometry(frame.geometry.scale(1000, 1000, origin=(0, 0))))


@case("crs-kilometres")
def kilometres(city: District) -> None:
    frame = sample("voetpaden")
    city.feed("voetpaden", frame.set_geometry(frame.geometry.scale(0.001, 0.001, origin=(0, 0))))


@case("crs-swapped-degrees")
def swapped_degrees(city: District) -> None:
    city.feed("voetpaden", swapped(sample("voetpaden").to_crs(4326)), file="voetpaden.geojson")


@case("crs-swapped-metres")
def swapped_metres(city: District) -> None:
    city.feed("voetpaden", swapped(sample("voetpaden")))


@case("crs-other-city")
def other_city(city: District) -> None:
    frame = sample("voetpaden")
    city.feed("voetpaden", moved(frame, *range(len(frame)), east=-75_000, north=15_000))


@case("crs-zones-none")
def zones_none(city: District) -> None:
    city.feed("zones", labelled(sample("zones"), None))


@case("crs-zones-label-31300")
def zones_label_31300(city: District) -> None:
    city.feed("zones", labelled(sample("zones"), 31300))


@case("crs-zones-swapped-metres", "footway", "kerb")
def zones_swapped(city: District) -> None:
    city.feed("zones", swapped(sample("zones")))
    city.feed("niveaugebieden", swapped(sample("niveaugebieden")))


@case("crs-areas-swapped-degrees", "footway", "kerb")
def areas_swapped(city: District) -> None:
    city.feed("niveaugebieden", swapped(sample("niveaugebieden").to_crs(4326)), file="niveaugebieden.geojson")


@case("crs-mixed-rows")
def mixed_rows(city: District) -> None:
    frame = sample("voetpaden")
    shapes = frame.geometry.to_numpy(dtype=object).copy()
    shapes[6:10] = frame.geometry.to_crs(4326).to_numpy(dtype=object)[6:10]
    city.feed("voetpaden", frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs)))


@case("crs-mostly-mixed-rows")
def mostly_mixed_rows(city: District) -> None:
    frame = sample("voetpaden")
    shapes = frame.geometry.to_numpy(dtype=object).copy()
    shapes[:7] = frame.geometry.to_crs(4326).to_numpy(dtype=object)[:7]
    city.feed("voetpaden", frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs)))


@case("crs-row-swapped")
def row_swapped(city: District) -> None:
    frame = sample("voetpaden")
    city.reshape("voetpaden", "VP-07", swapped(frame).geometry[frame["id"] == "VP-07"].iloc[0])


@case("crs-zero-point")
def zero_point(city: District) -> None:
    city.reshape("drempels", "NV-05", shapely.Point(0, 0))


@case("crs-zero-point-degrees")
def zero_point_degrees(city: District) -> None:
    frame = sample("drempels").to_crs(4326)
    frame.loc[frame["id"] == "NV-05", "geometry"] = shapely.Point(0, 0)
    city.feed("drempels", frame, file="drempels.geojson")


@case("crs-zero-vertex")
def zero_vertex(city: District) -> None:
    line = sample("voetpaden").set_index("id").geometry["VP-07"]
    city.reshape("voetpaden", "VP-07", shapely.LineString([*line.coords, (0, 0)]))


@case("crs-outlier-inland")
def outlier_inland(city: District) -> None:
    frame = sample("voetpaden")
    city.feed("voetpaden", moved(frame, 6, east=-120_000))


@case("crs-outlier-vertex")
def outlier_vertex(city: District) -> None:
    line = sample("voetpaden").set_index("id").geometry["VP-07"]
    city.reshape("voetpaden", "VP-07", shapely.LineString([*line.coords, (128_000, 182_000)]))


@case("crs-nan-coordinates")
def nan_coordinates(city: District) -> None:
    with np.errstate(invalid="ignore"):
        line = shapely.LineString([(228_900, 182_690), (np.nan, 182_690), (229_000, 182_690)])
        city.reshape("voetpaden", "VP-07", line)


@case("crs-infinite-coordinates")
def infinite_coordinates(city: District) -> None:
    city.reshape("drempels", "NV-05", shapely.Point(np.inf, 182_500), file="drempels.parquet")


@case("crs-other-31370-esri")
def esri(city: District) -> None:
    city.shapefile("voetpaden").with_suffix(".prj").write_text(ESRI)


@case("crs-other-3812")
def other_3812(city: District) -> None:
    city.feed("drempels", sample("drempels").to_crs(3812))


@case("crs-other-28992")
def other_28992(city: District) -> None:
    city.feed("drempels", sample("drempels").to_crs(28992))


@case("crs-other-4326")
def other_4326(city: District) -> None:
    city.feed("drempels", sample("drempels").to_crs(4326), file="drempels.geojson")


@case("crs-other-compound")
def compound(city: District) -> None:
    city.feed("drempels", labelled(sample("drempels"), "EPSG:31370+5710"))


@case("crs-city-missing")
def city_missing(city: District) -> None:
    del city.config["city"]["crs"]
    city.feed("drempels", sample("drempels").to_crs(3812))


@case("crs-city-degrees")
def city_degrees(city: District) -> None:
    city.config["city"]["crs"] = "EPSG:4326"


@case("crs-city-mercator")
def city_mercator(city: District) -> None:
    city.config["city"]["crs"] = "EPSG:3857"


@case("crs-city-feet")
def city_feet(city: District) -> None:
    city.config["city"]["crs"] = "EPSG:2263"


@case("crs-city-31300")
def city_31300(city: District) -> None:
    city.config["city"]["crs"] = "EPSG:31300"


@case("crs-city-words")
def city_words(city: District) -> None:
    city.config["city"]["crs"] = "Lambert 72"


@case("crs-city-abroad")
def city_abroad(city: District) -> None:
    city.config["city"]["crs"] = "EPSG:27700"
