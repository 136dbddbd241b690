"""Identity over time: what an earlier screening knew, delivered as an inventory that does not fit."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from .make import District, case, sample, write


def known(**columns: Any) -> gpd.GeoDataFrame:
    """What an earlier screening knew: all footways and kerbs, and a kerb NV-99 that is not delivered any more."""
    parts = []
    for kind, name in (("footway", "voetpaden"), ("kerb", "drempels")):
        frame = sample(name)
        parts.append(
            gpd.GeoDataFrame({"object_id": frame["id"], "kind": kind, "street": frame["straat"]}, geometry=frame.geometry)
        )
    more = parts[1].iloc[[4]].assign(object_id="NV-99")
    more = more.set_geometry(more.geometry.translate(3, 0))
    table = pd.concat([*parts, more], ignore_index=True).assign(parent_id=None, **columns)
    return gpd.GeoDataFrame(table, crs="EPSG:31370")


def give(city: District, frame: gpd.GeoDataFrame, file: str = "findings.gpkg") -> None:
    """Deliver an inventory."""
    path = city.folder / file
    write(frame, path)
    city.config = {"inventory": file, **city.config}


@case("time-sound")
def sound(city: District) -> None:
    give(city, known())


@case("time-other-crs")
def other_crs(city: District) -> None:
    give(city, known().to_crs(3812))


@case("time-no-crs")
def no_crs(city: District) -> None:
    give(city, known().set_crs(None, allow_override=True))


@case("time-wrong-label")
def wrong_label(city: District) -> None:
    give(city, known().set_crs(3812, allow_override=True))


@case("time-far-away")
def far_away(city: District) -> None:
    frame = known()
    give(city, frame.set_geometry(frame.geometry.translate(-100_000, 0)))


@case("time-no-id")
def no_id(city: District) -> None:
    give(city, known().drop(columns="object_id"))


@case("time-kind-unknown")
def kind_unknown(city: District) -> None:
    give(city, known(kind="tegelpad"))


@case("time-id-missing")
def id_missing(city: District) -> None:
    frame = known()
    frame.loc[len(frame) - 1, "object_id"] = None
    give(city, frame)


@case("time-double")
def double(city: District) -> None:
    frame = known()
    give(city, gpd.GeoDataFrame(pd.concat([frame, frame], ignore_index=True), crs=frame.crs))


@case("time-id-padded")
def id_padded(city: District) -> None:
    give(city, known().assign(object_id=lambda f: f["object_id"] + " "))


@case("time-id-numbers")
def id_numbers(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden").assign(id=range(1, 12)))
    frame = known()
    give(city, frame[frame["kind"] == "footway"].assign(object_id=[float(number) for number in range(1, 12)]))


@case("time-geometry-missing")
def geometry_missing(city: District) -> None:
    frame = known()
    shapes = frame.geometry.to_numpy(dtype=object).copy()
    shapes[-1] = None
    give(city, frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs)))


@case("time-cut")
def cut_off(city: District) -> None:
    give(city, known())
    path = city.folder / "findings.gpkg"
    path.write_bytes(path.read_bytes()[:50_000])


@case("time-other-layer")
def other_layer(city: District) -> None:
    city.config = {"inventory": "district.gpkg", **city.config}


@case("time-object-lost")
def object_lost(city: District) -> None:
    give(city, known())
    frame = sample("voetpaden")
    city.feed("voetpaden", frame[frame["id"] != "VP-07"])


@case("time-layer-lost")
def layer_lost(city: District) -> None:
    give(city, known())
    frame = sample("voetpaden")
    city.feed("voetpaden", frame.iloc[:0], geometry_type="LineString")


@case("time-ids-renumbered")
def renumbered(city: District) -> None:
    give(city, known())
    city.feed("voetpaden", sample("voetpaden").assign(id=[f"N-{number}" for number in range(11)]))
