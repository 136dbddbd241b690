"""Zip archives: names that lead out, bombs, links, and timetables and maps that are damaged."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

from .make import SMALL, District, case

STOPS = "stop_id,stop_name,stop_lat,stop_lon\nHA-01,Lindeplein,50.947,5.485\n"


def pack(path: Path, members: Mapping[str, bytes]) -> None:
    """Write a zip archive, the same bytes each time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def layer(city: District) -> bytes:
    """The footways as the bytes of a GeoPackage."""
    path = city.feed("voetpaden")
    content = path.read_bytes()
    path.unlink()
    return content


def deliver(city: District, **members: bytes) -> Path:
    """Let city.toml read the footways from an archive with these members, given as ``name_with_underscores``."""
    path = city.folder / "voetpaden.zip"
    pack(path, {"voetpaden.gpkg": layer(city), **members})
    city.deliver("voetpaden", path.name)
    return path


@case("zip-sound")
def sound(city: District) -> None:
    deliver(city)


@case("zip-name-above")
def above(city: District) -> None:
    deliver(city, **{"../RAN": b"x"})


@case("zip-name-absolute")
def absolute(city: District) -> None:
    deliver(city, **{"/tmp/RAN": b"x"})  # noqa: S108


@case("zip-link")
def link(city: District) -> None:
    path = deliver(city)
    info = zipfile.ZipInfo("paden.gpkg", (2026, 5, 1, 0, 0, 0))
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")


@case("zip-bomb")
def bomb(city: District) -> None:
    deliver(city, **{"groot.geojson": b" " * (64 << 20)})


@case("zip-size-untrue")
def size_untrue(city: District) -> None:
    path = deliver(city)
    data = bytearray(path.read_bytes())
    place = data.find(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 1000)
    path.write_bytes(data)


@case("zip-many")
def many(city: District) -> None:
    deliver(city, **{f"{number}.txt": b"" for number in range(10_001)})


@case("zip-locked")
def locked(city: District) -> None:
    path = deliver(city)
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + place] |= 1
    path.write_bytes(data)


@case("zip-cut")
def cut_off(city: District) -> None:
    path = deliver(city)
    path.write_bytes(path.read_bytes()[:-200])


@case("zip-sum-wrong")
def sum_wrong(city: District) -> None:
    path = deliver(city)
    data = bytearray(path.read_bytes())
    data[2000] ^= 0xFF
    path.write_bytes(data)


@case("zip-nothing-in-it")
def nothing(city: District) -> None:
    path = city.folder / "voetpaden.zip"
    pack(path, {"leesmij.txt": b"niets"})
    city.deliver("voetpaden", path.name)


@case("zip-two-layers")
def two_layers(city: District) -> None:
    deliver(city, **{"ook.geojson": b'{"type": "FeatureCollection", "features": []}'})


@case("zip-is-no-zip")
def no_zip(city: District) -> None:
    (city.folder / "voetpaden.zip").write_text("geen archief")
    city.deliver("voetpaden", "voetpaden.zip")


def stops(city: District, text: str) -> None:
    """Let city.toml read the stops from a timetable."""
    pack(city.folder / "gtfs.zip", {"stops.txt": text.encode()})
    city.deliver("haltes", "gtfs.zip")
    city.settings("haltes").update(id="stop_id", columns={"name": "stop_name"})


@case("gtfs-no-places", "stop", "kerb", SMALL)
def gtfs_places(city: District) -> None:
    stops(city, "stop_id,stop_name\nHA-01,Lindeplein\n")


@case("gtfs-id-twice", "stop", "kerb", SMALL)
def gtfs_twice(city: District) -> None:
    stops(city, STOPS + "HA-01,Kapel,50.948,5.486\n")


@case("gtfs-swapped", "stop", "kerb", SMALL)
def gtfs_swapped(city: District) -> None:
    stops(city, STOPS.replace("50.947,5.485", "5.485,50.947"))


@case("gtfs-cut", "stop", "kerb", SMALL)
def gtfs_cut(city: District) -> None:
    stops(city, STOPS + 'HA-02,"Kapel')


@case("bgt-doctype")
def bgt_doctype(city: District) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><CityModel>&e;</CityModel>'
    pack(city.folder / "bgt.zip", {"bgt_wegdeel.gml": text.encode()})
    city.deliver("voetpaden", "bgt.zip", "wegdeel")


@case("bgt-cut")
def bgt_cut(city: District) -> None:
    pack(city.folder / "bgt.zip", {"bgt_wegdeel.gml": b'<?xml version="1.0"?><CityModel><cityObjectMember>'})
    city.deliver("voetpaden", "bgt.zip", "wegdeel")
