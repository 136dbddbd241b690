"""Values: notations that can be read, that are ambiguous, and that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .make import SMALL, District, case, changed, feature, geojson, sample

WIDTH, PASSAGE, SURFACE = "breedte", "smalste_cm", "verharding"
ONE = ("footway", SMALL)

# The right width of VP-05 is 1,40 m, which fails.
WIDTHS = {
    # that can be read
    "comma": "1,40",
    "centimetres": "140cm",
    "blanks": "  1,40\u00a0m ",
    # that cannot
    "more-than": "> 1,5",
    "about": "~1,7",
    "range": "1,5-2,0",
    "thousands-blank": "1 400",
    "thousands-point": "1.400",
    "word-only": "up",
    "fraction": "1½",
    "full-width-digits": "１,４０",
    "arabic-digits": "١٫٤٠",
    "square-metres": "1,40 m²",
    "ratio": "1:12",
    "minus-sign": "−1,40",
    "no-data": "-9999",
    "too-large": "140",
    "very-long": "1" * 400,
    "excel-error": "#DEEL/0!",
    "formula": "=1,2+0,54",
}

MISSING = {"empty": ""}


def cell(column: str, row: str, value: Any, *, layer: str = "voetpaden", file: str = "") -> Callable[[District], Any]:
    """A spoiler that changes one value."""
    return lambda city: city.change(layer, row, column, value, file=file)


def bays(city: District, text: str) -> None:
    """Give the number of bays of PK-03 as a text."""
    frame = sample("parkings").assign(plaatsen=lambda parkings: parkings["plaatsen"].astype(str))
    city.feed("parkings", changed(frame, "PK-03", "plaatsen", text))


for name, text in {**WIDTHS, **MISSING}.items():
    case(f"value-width-{name}", *ONE)(cell(WIDTH, "VP-05", text))

# The narrowest passage of VP-05 is 120 cm, which is enough.
for name, number in {
    "no-data": -9999.0,
    "infinite": np.inf,
    "nan": np.nan,
    "huge": 1e308,
}.items():
    case(f"value-number-{name}", *ONE)(cell(PASSAGE, "VP-05", number, file="voetpaden.parquet"))

# The slope of VP-07 is 1:18, which fails.
for name, text in {
    "percent": "5,56%",
    "degrees": "3,18°",
    "ratio-turned": "18:1",
    "ratio-of-zero": "1:0",
    "upright": "90°",
}.items():
    case(f"value-slope-{name}", *ONE)(cell("langshelling", "VP-07", text))

# The surface of VP-12 is grind, which fails.
for name, text in {
    "unknown": "puin",
    "capitals": "GRIND",
    "two": "asfalt/grind",
    "number": "7",
}.items():
    case(f"value-class-{name}", *ONE)(cell(SURFACE, "VP-12", text))

# RP-02 has no back: nee.
for name, text in {
    "zero": "0",
    "cross": "X",
    "two": "2",
    "minus-one": "-1",
}.items():
    case(f"value-bool-{name}", "rest_place", "kerb")(cell("rugleuning", "RP-02", text, layer="banken"))

for name, text in {"fraction": "2,5", "minus": "-2", "many": "1e30"}.items():
    case(f"value-count-{name}", "car_park", "kerb")(lambda city, text=text: bays(city, text))


def typed(column: str, values: Callable[[pd.Series], Any], *, layer: str = "voetpaden") -> Callable[[District], Any]:
    """A spoiler that gives a column another type, in a file that knows types."""

    def spoil(city: District) -> None:
        frame = sample(layer)
        city.feed(layer, frame.assign(**{column: values(frame[column])}), file=f"{layer}.parquet")

    return spoil


case("value-type-bool", *ONE)(typed(PASSAGE, lambda column: column > 0))
case("value-type-bytes", *ONE)(typed(PASSAGE, lambda column: [b"\x00\xff"] * len(column)))
case("value-type-empty-column", *ONE)(typed(PASSAGE, lambda column: [None] * len(column)))


@case("value-json-mixed", *ONE)
def json_mixed(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[4]["properties"][WIDTH] = 1.40
    city.deliver("voetpaden", "voetpaden.geojson")
    geojson(city.folder / "voetpaden.geojson", features)


@case("value-json-list", *ONE)
def json_list(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[4]["properties"][WIDTH] = ["1,40 m", "2 m"]
    city.deliver("voetpaden", "voetpaden.geojson")
    geojson(city.folder / "voetpaden.geojson", features)


@case("value-json-object", *ONE)
def json_object(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[4]["properties"][WIDTH] = {"m": 1.40}
    city.deliver("voetpaden", "voetpaden.geojson")
    geojson(city.folder / "voetpaden.geojson", features)


@case("value-json-bool", *ONE)
def json_bool(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[4]["properties"][PASSAGE] = True
    city.deliver("voetpaden", "voetpaden.geojson")
    geojson(city.folder / "voetpaden.geojson", features)


@case("value-column-in-cm")
def column_in_cm(city: District) -> None:
    frame = sample("voetpaden")
    city.feed("voetpaden", frame.assign(breedte=[180, 175, 174, 200, 140, 180, 200, 150, 150, 150, 160]))


@case("value-column-unit-unknown")
def unit_unknown(city: District) -> None:
    city.settings("voetpaden")["columns"]["min_passage_width"] = {"column": PASSAGE, "unit": "kg"}


@case("value-column-unit-other")
def unit_other(city: District) -> None:
    city.settings("voetpaden")["columns"]["min_passage_width"] = {"column": PASSAGE, "unit": "%"}


@case("value-column-missing")
def column_missing(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden").drop(columns=WIDTH))


@case("value-column-capitals")
def column_capitals(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden").rename(columns={WIDTH: "BREEDTE"}))


@case("value-column-cut")
def column_cut(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden"), file="voetpaden.shp")


@case("value-attribute-unknown")
def attribute_unknown(city: District) -> None:
    city.settings("voetpaden")["columns"]["width_of_route"] = WIDTH


@case("value-codes-double")
def codes_double(city: District) -> None:
    city.settings("voetpaden")["columns"]["surface"] = {"column": SURFACE, "codes": {"grind": "gravel", "Grind": "asphalt"}}


@case("value-codes-turned-bounds", "crossing", "kerb")
def codes_turned(city: District) -> None:
    city.settings("oversteken")["columns"]["kerb_height"] = {"column": "boordsteen", "unit": "cm", "codes": {"verlaagd": "3..0"}}


@case("value-date-not-real")
def date_not_real(city: District) -> None:
    city.config["city"]["date"] = "2026-02-30"


@case("value-accuracy-negative")
def accuracy_negative(city: District) -> None:
    city.settings("voetpaden")["accuracy"] = -0.5
