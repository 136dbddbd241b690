"""Columns of a source to attributes: names, units, codes, one value for all, and what is not understood."""

import math

import numpy as np
import pandas as pd
import pytest

from toegankelijk import schema
from toegankelijk.columns import map_columns
from toegankelijk.config import Column
from toegankelijk.errors import ConfigError


def mapped(columns, codes=None, **raw):
    table = pd.DataFrame(raw)
    table.index = pd.Index([f"O-{i}" for i in range(1, len(table) + 1)], name="object_id")
    given = {name: Column(column=column) if isinstance(column, str) else column for name, column in columns.items()}
    return map_columns(table, given, layer="laag", codes=codes or {})


def listed(values):
    return [None if pd.isna(value) else value for value in values]


def test_plain_numbers_are_in_the_unit_of_the_schema():
    layer, remarks = mapped({"route_width": "breedte"}, breedte=[1.5, np.nan, 2.0])
    assert layer.index.tolist() == ["O-1", "O-2", "O-3"]
    assert layer["route_width"].dtype == float
    assert listed(layer["route_width"]) == [1.5, None, 2.0]
    assert list(layer.columns) == ["route_width"], "no bounds where there are none"
    assert remarks.empty


@pytest.mark.parametrize(
    ("attribute", "unit", "value", "stated"),
    [
        ("kerb_height", "cm", 18, 18.0),
        ("kerb_height", "m", 0.18, 18.0),
        ("kerb_height", "mm", "180", 18.0),
        ("kerb_height", "cm", "0,18 m", 18.0),  # a unit in the text goes before that of the column
        ("route_width", "cm", "150", 1.5),
        ("running_slope", None, "1:20", 5.0),
        ("running_slope", "deg", 3, 100 * math.tan(math.radians(3))),
        ("running_slope", "1", 0.05, 5.0),
        ("maxspeed", None, "30 km/h", 30.0),
        ("flight_steps", None, "12", 12.0),
    ],
)
def test_units_of_columns(attribute, unit, value, stated):
    layer, remarks = mapped({attribute: Column(column="c", unit=unit)}, c=[value])
    assert layer[attribute].tolist() == pytest.approx([stated])
    assert remarks.empty


def test_codes_are_values_or_bounds():
    codes = {"verlaagd": "..3", "hoog": "3..", "vlak": "0..1", "drie": "3", "?": ""}
    column = Column(column="rand", codes=codes)
    layer, remarks = mapped({"kerb_height": column}, rand=["verlaagd", "hoog", "vlak", "drie", "?", None, "12", "raar"])
    low, high = schema.bounds(layer, "kerb_height")
    assert low.tolist() == [-math.inf, 3, 0, 3, -math.inf, -math.inf, 12, -math.inf]
    assert high.tolist() == [3, math.inf, 1, 3, math.inf, math.inf, 12, math.inf]
    assert listed(layer["kerb_height"]) == [None, None, None, 3.0, None, None, 12.0, None]
    assert remarks[["layer", "object_id", "attribute", "raw"]].to_numpy().tolist() == [["laag", "O-8", "kerb_height", "raar"]]


def test_code_tables_have_names():
    layer, _ = mapped(
        {"surface": Column(column="v", codes="wegdek")}, {"wegdek": {"asfalt": "asphalt", "puin": "gravel"}}, v=["asfalt", "PUIN"]
    )
    assert layer["surface"].tolist() == ["asphalt", "gravel"]


def test_classes():
    layer, remarks = mapped({"surface": "v"}, v=["asphalt", "Sand; asphalt", None, "lava"])
    assert listed(layer["surface"]) == ["asphalt", "asphalt|sand", None, None]
    assert remarks["raw"].tolist() == ["lava"]


def test_truth_values():
    layer, remarks = mapped(
        {"zebra": "z", "lit": Column(column="l", codes={"lamp": "true", "donker": "false"})},
        z=["ja", "nee", None, "soms"],
        l=["lamp", "donker", "ja", ""],
    )
    assert layer["zebra"].dtype == layer["lit"].dtype == "boolean"
    assert listed(layer["zebra"]) == [True, False, None, None]
    assert listed(layer["lit"]) == [True, False, True, None]
    assert remarks[["object_id", "attribute", "raw"]].to_numpy().tolist() == [["O-4", "zebra", "soms"]]


def test_one_value_for_all_rows():
    columns = {
        "manager": Column(value="municipality"), "route_width": Column(value="90 cm"), "rest_gap": Column(value=50.0),
        "long_slope": Column(value=False), "street": Column(value="Dorpsstraat"),
    }  # fmt: skip
    layer, remarks = mapped(columns, other=[1, 2])
    assert layer["manager"].tolist() == ["municipality"] * 2
    assert layer["route_width"].tolist() == [0.9, 0.9]
    assert layer["rest_gap"].tolist() == [50.0, 50.0]
    assert layer["long_slope"].tolist() == [False, False]
    assert layer["street"].tolist() == ["Dorpsstraat"] * 2
    assert remarks.empty


def test_text_columns_and_parents_are_text():
    layer, remarks = mapped({"name": "n", "street": "s", "parent_id": "p"}, n=[" Markt ", None], s=[7, 8], p=[12, 13])
    assert layer["name"].tolist() == ["Markt", ""]
    assert layer["street"].tolist() == ["7", "8"]
    assert layer["parent_id"].tolist() == ["12", "13"]
    assert remarks.empty


def test_one_column_may_give_several_attributes():
    layer, _ = mapped({"flight_steps": "n", "name": "n"}, n=["12"])
    assert (layer["flight_steps"].tolist(), layer["name"].tolist()) == ([12.0], ["12"])


def test_what_is_not_plausible_is_a_remark_that_says_what_may_be_meant():
    layer, remarks = mapped({"route_width": "b"}, b=[150, -9999, 1.5])
    assert listed(layer["route_width"]) == [None, None, 1.5]
    reasons = dict(zip(remarks["object_id"], remarks["reason"], strict=True))
    assert "cm?" in reasons["O-1"]
    assert "no data" in reasons["O-2"]


def test_infinity_is_a_distance():
    layer, remarks = mapped({"rest_gap": "afstand"}, afstand=["inf", "80", np.inf])
    assert layer["rest_gap"].tolist() == [math.inf, 80.0, math.inf]
    assert remarks.empty


def test_remarks_of_all_attributes_are_sorted():
    _, remarks = mapped({"route_width": "b", "surface": "v"}, b=["x", "y"], v=["lava", "lava"])
    assert remarks[["object_id", "attribute"]].to_numpy().tolist() == [
        ["O-1", "route_width"], ["O-1", "surface"], ["O-2", "route_width"], ["O-2", "surface"],
    ]  # fmt: skip


def test_several_columns_tell_it_together():
    codes = {"yes|yes": "true", "yes|no": "true", "no|yes": "true", "no|no": "false", "no|": ""}
    columns = {"signal_nonvisual": Column(column=("sound", "shake"), codes=codes)}
    sound, shake = ["yes", "no", "no", " no ", None, "?"], ["no", "yes", "no", None, None, None]
    layer, remarks = mapped(columns, sound=sound, shake=shake)
    assert listed(layer["signal_nonvisual"]) == [True, True, False, None, None, None]
    assert remarks[["object_id", "attribute", "raw"]].to_numpy().tolist() == [["O-6", "signal_nonvisual", "?|"]]
    with pytest.raises(ConfigError) as caught:
        mapped(columns, sound=sound)
    assert caught.value.problems == ("signal_nonvisual: no column 'shake'; the layer has sound",)


def test_no_rows_keep_their_columns():
    layer, remarks = mapped({"route_width": "b", "surface": "v", "lit": "l", "name": "n"}, b=[], v=[], l=[], n=[])
    assert list(layer.columns) == ["route_width", "surface", "lit", "name"]
    assert layer.empty
    assert remarks.empty


def test_columns_that_are_not_there_are_all_named():
    with pytest.raises(ConfigError) as caught:
        mapped({"route_width": "Breedte", "surface": "v", "street": "straat"}, breedte=[1.5], v=["sand"])
    first, second = caught.value.problems
    assert "laag" in caught.value.message
    assert first.startswith("route_width: no column 'Breedte'")
    assert second.startswith("street: no column 'straat'")
    assert "breedte, v" in first


def test_units_and_codes_that_do_not_fit_are_all_named():
    columns = {
        "route_width": Column(column="a", unit="furlong"), "running_slope": Column(column="a", unit="m"),
        "surface": Column(column="b", codes={"x": "lava", "y": "sand", "z": "ice"}), "unevenness": Column(column="a"),
        "lit": Column(column="b", codes={"x": "perhaps"}),
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        mapped(columns, a=[1.0], b=["x"])
    assert "laag" in caught.value.message
    said = ["route_width: unit 'furlong'", "running_slope: ", "surface: 'x'", "surface: 'z'", "lit: 'x'"]
    assert len(caught.value.problems) == len(said)
    assert all(problem.startswith(start) for problem, start in zip(caught.value.problems, said, strict=True))
