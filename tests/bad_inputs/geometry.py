"""Geometry: broken, empty, of the wrong type, curved, stacked."""

from __future__ import annotations

import struct
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from .make import SMALL, District, alter, case, sample

OUTLINE = ((229_180, 182_420), (229_220, 182_420), (229_220, 182_450), (229_180, 182_450))
"""Corners of the car park PK-04."""


def wkb(path: Any, row: str, blob: bytes | None) -> None:
    """Put raw bytes as the geometry of a row of a GeoPackage (after the header of 8 bytes, without envelope, if any)."""
    table = path.stem
    head = b"GP\x00\x01" + struct.pack("<i", 31370)
    statement = f'UPDATE "{table}" SET geom = ? WHERE id = ?'  # noqa: S608  (names of our own)
    alter(path, (statement, (None if blob is None else head + blob, row)))


def ring(*corners: tuple[float, float]) -> bytes:
    """Well-known binary of a ring, closed or not."""
    return struct.pack("<I", len(corners)) + b"".join(struct.pack("<dd", *corner) for corner in corners)


def polygon(*rings: bytes, kind: int = 3) -> bytes:
    """Well-known binary of a polygon."""
    return struct.pack("<BII", 1, kind, len(rings)) + b"".join(rings)


@case("geo-open-ring", "car_park", "kerb", SMALL)
def open_ring(city: District) -> None:
    wkb(city.feed("parkings"), "PK-04", polygon(ring(*OUTLINE)))


@case("geo-bow-tie", "car_park", "kerb", SMALL)
def bow_tie(city: District) -> None:
    a, b, c, d = OUTLINE
    city.reshape("parkings", "PK-04", shapely.Polygon([a, c, b, d]))


@case("geo-spike", "car_park", "kerb", SMALL)
def spike(city: District) -> None:
    city.reshape("parkings", "PK-04", shapely.Polygon([*OUTLINE[:2], (229_220, 182_500), *OUTLINE[1:]]))


@case("geo-hole-outside", "car_park", "kerb", SMALL)
def hole_outside(city: District) -> None:
    hole = shapely.box(229_300, 182_420, 229_305, 182_425)
    city.reshape("parkings", "PK-04", shapely.Polygon(OUTLINE, [hole.exterior.coords]))


@case("geo-hole-equals-shell", "car_park", "kerb", SMALL)
def hole_equals_shell(city: District) -> None:
    city.reshape("parkings", "PK-04", shapely.Polygon(OUTLINE, [OUTLINE]))


@case("geo-collection", "car_park", "kerb", SMALL)
def collection(city: District) -> None:
    shape = shapely.Polygon(OUTLINE)
    city.reshape("parkings", "PK-04", shapely.GeometryCollection([shape, shape.exterior, shape.centroid]))


@case("geo-collection-line")
def collection_line(city: District) -> None:
    line = sample("voetpaden").set_index("id").geometry["VP-07"]
    nested = shapely.GeometryCollection([shapely.GeometryCollection([line]), line.centroid])
    city.reshape("voetpaden", "VP-07", nested, file="voetpaden.parquet")


@case("geo-curve-polygon", "car_park", "kerb", SMALL)
def curve_polygon(city: District) -> None:
    a, b, c, d = OUTLINE
    corners = [a, b, ((b[0] + c[0]) / 2, (b[1] + c[1]) / 2), c, d, ((d[0] + a[0]) / 2, (d[1] + a[1]) / 2), a]
    circular = struct.pack("<BI", 1, 8) + ring(*corners)
    wkb(city.feed("parkings"), "PK-04", struct.pack("<BII", 1, 10, 1) + circular)


@case("geo-circular-string")
def circular_string(city: District) -> None:
    corners = [(228_900, 182_690), (228_950, 182_693), (229_000, 182_690)]
    wkb(city.feed("voetpaden"), "VP-07", struct.pack("<BI", 1, 8) + ring(*corners))


@case("geo-polyhedral-surface", "car_park", "kerb", SMALL)
def polyhedral_surface(city: District) -> None:
    a, b, c, d = OUTLINE
    wkb(city.feed("parkings"), "PK-04", struct.pack("<BII", 1, 15, 1) + polygon(ring(a, b, c, d, a)))


@case("geo-z", "car_park", "kerb", SMALL)
def with_z(city: District) -> None:
    city.reshape("parkings", "PK-04", shapely.Polygon([(x, y, 61.5) for x, y in OUTLINE]))


@case("geo-null")
def null(city: District) -> None:
    city.reshape("voetpaden", "VP-07", None)


@case("geo-all-null")
def all_null(city: District) -> None:
    frame = sample("voetpaden")
    city.feed("voetpaden", frame.set_geometry(gpd.GeoSeries([None] * len(frame), crs=frame.crs)), geometry_type="LineString")


@case("geo-not-a-geometry")
def not_a_geometry(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "UPDATE voetpaden SET geom = x'68656c6c6f' WHERE id = 'VP-07'")


@case("geo-too-many-points")
def too_many_points(city: District) -> None:
    wkb(city.feed("voetpaden"), "VP-07", struct.pack("<BII", 1, 2, 0xFFFFFFF0) + b"\0" * 32)


@case("geo-deep-collection")
def deep_collection(city: District) -> None:
    deep = struct.pack("<BII", 1, 7, 1) * 500 + struct.pack("<BIdd", 1, 1, 228_900.0, 182_690.0)
    wkb(city.feed("voetpaden"), "VP-07", deep)


@case("geo-points-as-lines")
def points_as_lines(city: District) -> None:
    frame = sample("voetpaden")
    city.feed("voetpaden", frame.set_geometry(frame.geometry.centroid))


@case("geo-one-point-as-line")
def one_point_as_line(city: District) -> None:
    city.reshape("voetpaden", "VP-07", shapely.Point(228_950, 182_690))


@case("geo-zero-length")
def zero_length(city: District) -> None:
    city.reshape("voetpaden", "VP-07", shapely.LineString([(228_900, 182_690)] * 2))


@case("geo-stacked")
def stacked(city: District) -> None:
    frame = sample("voetpaden")
    copy = frame[frame["id"] == "VP-07"].assign(id="VP-99")
    city.feed("voetpaden", gpd.GeoDataFrame(pd.concat([frame, copy], ignore_index=True), crs=frame.crs))


@case("geo-stacked-layers")
def stacked_layers(city: District) -> None:
    frame = sample("voetpaden")
    again = frame.assign(id="K-" + frame["id"].astype(str))
    table = dict(city.settings("voetpaden"))
    city.config["layers"].append(table)
    city.feed("voetpaden")
    again.to_file(city.folder / "kopie.geojson", driver="GeoJSON")
    table["source"] = "kopie.geojson"
    table.pop("layer")


@case("geo-zone-as-line", "footway", "kerb")
def zone_as_line(city: District) -> None:
    frame = sample("zones")
    city.feed("zones", frame.set_geometry(frame.geometry.boundary))


@case("geo-zone-bow-tie", "footway", "kerb")
def zone_bow_tie(city: District) -> None:
    city.reshape(
        "zones", "WZ-3", shapely.Polygon([(229_240, 182_100), (229_480, 182_360), (229_480, 182_100), (229_240, 182_360)])
    )


@case("geo-zone-null", "footway", "kerb")
def zone_null(city: District) -> None:
    city.reshape("zones", "WZ-3", None)
