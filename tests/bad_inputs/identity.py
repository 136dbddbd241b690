"""Identity: ids that are double, missing, padded, numbers or hostile."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from .make import SMALL, District, case, changed, sample

LONG = "VP-" + "x" * 5000


def renamed(name: str, ids: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Layer in which some objects have another id."""
    frame = sample(name)
    return frame.assign(id=[ids.get(value, value) for value in frame["id"]])


def again(name: str, row: str, **values: Any) -> gpd.GeoDataFrame:
    """Layer with a row that is there twice, the second time with other values."""
    frame = sample(name)
    copy = frame[frame["id"] == row].assign(**values)
    return gpd.GeoDataFrame(pd.concat([frame, copy], ignore_index=True), crs=frame.crs)


@case("id-copy")
def copy(city: District) -> None:
    city.feed("voetpaden", again("voetpaden", "VP-07"))


@case("id-double")
def double(city: District) -> None:
    city.feed("voetpaden", again("voetpaden", "VP-07", breedte="2,40 m"))


@case("id-double-padded")
def double_padded(city: District) -> None:
    city.feed("voetpaden", again("voetpaden", "VP-07", id=" VP-07", breedte="2,40 m"))


@case("id-double-composed")
def double_composed(city: District) -> None:
    frame = renamed("voetpaden", {"VP-09": "Pré-1", "VP-07": unicodedata.normalize("NFD", "Pré-1")})
    city.feed("voetpaden", frame, file="voetpaden.geojson")


@case("id-double-invisible")
def double_invisible(city: District) -> None:
    city.feed("voetpaden", again("voetpaden", "VP-07", id="VP-07\u200b", breedte="2,40 m"))


@case("id-double-in-two-files")
def double_files(city: District) -> None:
    table = dict(city.settings("voetpaden"))
    city.config["layers"].append(table)
    frame = sample("voetpaden")
    frame[frame["id"] == "VP-07"].assign(breedte="2,40 m").to_parquet(city.folder / "meer.parquet")
    table["source"] = "meer.parquet"
    table.pop("layer")


@case("id-capitals")
def capitals(city: District) -> None:
    city.feed("voetpaden", renamed("voetpaden", {"VP-09": "vp-07"}))


@case("id-null")
def null(city: District) -> None:
    city.feed("voetpaden", changed(sample("voetpaden"), "VP-07", "id", None))


@case("id-null-in-numbers")
def null_in_numbers(city: District) -> None:
    numbers = pd.array([1, 2, None, *range(4, 12)], dtype="Int64")
    city.feed("voetpaden", sample("voetpaden").assign(id=numbers))


@case("id-no-column")
def no_column(city: District) -> None:
    city.settings("voetpaden")["id"] = "nummer"


@case("id-row-number")
def row_number(city: District) -> None:
    city.settings("voetpaden")["id"] = "fid"


@case("id-none-given-double")
def none_given_double(city: District) -> None:
    del city.settings("voetpaden")["id"]
    city.feed("voetpaden", again("voetpaden", "VP-07", id="VP-99", breedte="2,40 m"))


@case("id-padded")
def padded(city: District) -> None:
    city.feed("voetpaden", renamed("voetpaden", {"VP-07": " VP-07 "}))


@case("id-leading-zeros")
def leading_zeros(city: District) -> None:
    city.feed("voetpaden", renamed("voetpaden", {"VP-09": "007", "VP-07": "7"}))


@case("id-float")
def floats(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden").assign(id=[float(number) for number in range(1, 12)]))


@case("id-float-parent", "crossing", "crossing_end", "kerb")
def float_parent(city: District) -> None:
    numbers = {f"OV-0{number}": number for number in range(1, 7)}
    city.feed("oversteken", sample("oversteken").assign(id=lambda f: f["id"].map(numbers).astype("int64")))
    city.feed("oversteekzijden", sample("oversteekzijden").assign(oversteek=lambda f: f["oversteek"].map(numbers).astype(float)))


@case("id-float-zone", "footway", "kerb")
def float_zone(city: District) -> None:
    numbers = {"WZ-1": 1, "WZ-2": 2, "WZ-3": 3}
    city.feed("zones", sample("zones").assign(zone_id=lambda f: f["zone_id"].map(numbers).astype("int64")))
    city.feed("niveaugebieden", sample("niveaugebieden").assign(zone_id=lambda f: f["zone_id"].map(numbers).astype(float)))


@case("id-too-big-for-float")
def too_big(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden").assign(id=[float(2**53 + number) for number in range(11)]))


@case("id-long")
def long(city: District) -> None:
    city.feed("voetpaden", renamed("voetpaden", {"VP-07": LONG}))


@case("id-like-a-piece", "footway", "crossing", SMALL)
def like_a_piece(city: District) -> None:
    city.feed("voetpaden", renamed("voetpaden", {"VP-09": "VP-07/1"}))


@case("id-controls")
def controls(city: District) -> None:
    city.feed("voetpaden", renamed("voetpaden", {"VP-07": "VP\x0b-\n03"}), file="voetpaden.geojson")


@case("id-other-kind")
def other_kind(city: District) -> None:
    city.feed("voetpaden", renamed("voetpaden", {"VP-07": "NV-05"}))


@case("id-zone-double", "footway", "kerb")
def zone_double(city: District) -> None:
    frame = sample("zones")
    city.feed("zones", frame.assign(zone_id=["WZ-1", "WZ-2", "WZ-2"]))


@case("id-area-double", "footway", "kerb")
def area_double(city: District) -> None:
    city.feed("niveaugebieden", sample("niveaugebieden").assign(area_id="WZ-1-A"))


@case("id-parent-unknown", "crossing", "crossing_end", "kerb")
def parent_unknown(city: District) -> None:
    city.change("oversteekzijden", "OZ-01", "oversteek", "OV-99")
