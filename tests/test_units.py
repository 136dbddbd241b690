"""Values as people write them: what is read, what is refused, and why."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.units import Parsed, parse_bools, parse_classes, parse_numbers, print_number

NO_DATA = (-99999, -9999, -999, 9999, 99999)


def number(value, unit, **options):
    """The one number that is read from a value without any remark."""
    parsed = parse_numbers(pd.Series([value], dtype=object), unit, **options)
    assert parsed.reason.tolist() == [""]
    np.testing.assert_array_equal(parsed.low, parsed.high)
    return parsed.low[0]


def reason(value, unit, **options):
    """Why a value was not understood, after a check that nothing was read from it."""
    parsed = parse_numbers(pd.Series([value], dtype=object), unit, **options)
    assert np.isnan(parsed.low[0])
    assert np.isnan(parsed.high[0])
    return parsed.reason[0]


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("1,5 m", "m", 1.5),
        ("1.5", "m", 1.5),
        ("2.5m", "m", 2.5),
        (" 1,50\u00a0m ", "m", 1.5),
        ("90cm", "m", 0.9),
        ("90 CM", "m", 0.9),
        ("18 mm", "cm", 1.8),
        ("18 mm", "m", 0.018),
        ("0,18 m", "cm", 18),
        ("0.29 m", "cm", 29),
        ("3 dm", "cm", 30),
        ("1.2 km", "m", 1200),
        ("2 meter", "m", 2),
        ("2 m.", "m", 2),
        (".5", "m", 0.5),
        ("0.125", "m", 0.125),
        ("0,125 m", "m", 0.125),
        ("1.1250", "m", 1.125),
        ("1234.500", "m", 1234.5),
        ("1e-3", "m", 0.001),
        ("inf", "m", math.inf),
        ("6'", "m", 1.8288),
        ("2'6\"", "m", 0.762),
        ("2' 6\"", "cm", 76.2),
        ("2\u20326\u2033", "cm", 76.2),
        ("2 ft 6 in", "cm", 76.2),
        ('4"', "cm", 10.16),
        ("1 mi", "m", 1609.344),
        ("5%", "%", 5),
        ("5 %", "%", 5),
        ("\u22125 %", "%", -5),
        ("12 ‰", "%", 1.2),
        ("1:12", "%", 100 / 12),
        ("1 : 12,5", "%", 8),
        ("1:20", "%", 5),
        ("1:1", "deg", 45),
        ("45°", "%", 100),
        ("3°", "%", 5.2407779283),
        ("3 deg", "%", 5.2407779283),
        ("3º", "%", 5.2407779283),
        ("100 %", "deg", 45),
        ("8 graden", "deg", 8),
        ("90", "deg", 90),
        ("30 km/h", "km/h", 30),
        ("30", "km/h", 30),
        ("20 mph", "km/h", 32.18688),
        ("3,6 km/u", "m/s", 1),
        ("1 m/s", "km/h", 3.6),
        ("2", "count", 2),
        ("2.0", "count", 2),
        ("0.7", "1", 0.7),
    ],
)
def test_text_is_read_in_the_unit_asked_for(text, unit, expected):
    assert number(text, unit) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("text", ["0.29 m", "0,18 m", "18 mm", "5.4 cm", "1.1 m", "2.3 dm"])
def test_converted_decimals_carry_no_noise(text):
    amount, unit = text.replace(",", ".").split()
    expected = Decimal(amount) * {"m": 100, "dm": 10, "cm": 1, "mm": Decimal("0.1")}[unit]
    assert number(text, "cm") == float(expected)


@pytest.mark.parametrize(
    ("plain", "given_unit", "unit", "expected"),
    [
        (18, "mm", "cm", 1.8),  # not 0.18: a millimetre is a tenth of a centimetre
        (18, "mm", "m", 0.018),
        (0.18, "m", "cm", 18),
        (2, "km", "m", 2000),  # not 0.002
        (45, "deg", "%", 100),  # the tangent of 45 degrees, not of 45 radians
        (3, "deg", "%", 5.2407779283),
        (100, "%", "deg", 45),
        (50, "‰", "%", 5),
        (0.05, "1", "%", 5),
        (70, "%", "1", 0.7),
        (36, "km/h", "m/s", 10),
        (10, "m/s", "km/h", 36),
        (30, "mph", "km/h", 48.28032),
        (1, "meter", "cm", 100),
    ],
)
@pytest.mark.parametrize("form", [float, str, np.float32, Decimal])
def test_plain_numbers_are_in_the_unit_of_their_column(plain, given_unit, unit, expected, form):
    assert number(form(str(plain)), unit, given=given_unit) == pytest.approx(expected, rel=1e-9)


def test_a_written_unit_goes_before_the_unit_of_the_column():
    assert number("1,5 m", "m", given="cm") == 1.5
    assert number("5 %", "%", given="deg") == 5
    assert number("70 %", "1", given="%") == 0.7


@pytest.mark.parametrize(
    ("dtype", "missing"), [("float64", np.nan), ("Float64", pd.NA), ("object", None), ("float32", np.nan), ("category", None)]
)
def test_numeric_columns(dtype, missing):
    values = pd.Series([1.5, missing, 0.9, 1.125, 1.5], dtype=dtype)
    parsed = parse_numbers(values, "m")
    np.testing.assert_array_equal(parsed.low, [1.5, np.nan, 0.9, 1.125, 1.5])  # 0.9 exactly, also from single precision
    assert parsed.reason.tolist() == [""] * 5


@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint8", "int32"])
def test_whole_number_columns(dtype):
    parsed = parse_numbers(pd.Series([3, 0, 18], dtype=dtype), "m", given="cm")
    assert parsed.high.tolist() == [0.03, 0, 0.18]


@pytest.mark.parametrize(
    "text", [None, np.nan, pd.NA, "", "  ", "-", "?", "onbekend", "Unknown", "nvt", "N.v.t.", "n/a", "NaN", "NULL"]
)
def test_missing_values_need_no_reason(text):
    assert reason(text, "m") == ""
    truth, why = parse_bools(pd.Series([text], dtype=object))
    assert truth.isna().tolist() == [True]
    assert why.tolist() == [""]
    names, why = parse_classes(pd.Series([text], dtype=object), ["both"])
    assert pd.isna(names).tolist() == [True]
    assert why.tolist() == [""]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("> 1,5", "not an exact number"),
        ("<5", "not an exact number"),
        ("≥ 2", "not an exact number"),
        ("~1", "not an exact number"),
        ("±1", "not an exact number"),
        ("ca. 1,5 m", "not an exact number"),
        ("1-2", "more than one number"),
        ("1 - 2", "more than one number"),
        ("1,5/2", "more than one number"),
        ("1/12", "more than one number"),
        ("1.5;2", "more than one number"),
        ("1.2.3", "more than one number"),
        ("1.500,25", "more than one number"),
        ("1 500", "thousands"),
        ("1\u202f500", "thousands"),
        ("1 1", "thousands"),
        ("1.500", "thousands or decimals"),
        ("1,500", "thousands or decimals"),
        ("12,345 m", "thousands or decimals"),
        ("-1.500", "thousands or decimals"),
        ("up", "not a number"),
        ("yes", "not a number"),
        ("none", "not a number"),
        ("-inf", "not a number"),
        ("infinity", "not a number"),
        ("m", "not a number"),
        ("\u0663", "not a number"),  # a digit, but not one of ours
        ("5 m2", "'m2' is not known"),
        ("2 m 50", "'m 50' is not known"),
        ("1,5 m breed", "'m breed' is not known"),
        ("1.5+", "'+' is not known"),
        ("5 %", "a slope in %, where a length in m is asked"),
        ("1:12", "a slope in %, where a length in m is asked"),
        ("3°", "an angle in deg, where a length in m is asked"),
        ("30 km/h", "a speed in km/h, where a length in m is asked"),
        (True, "true or false"),
        (np.True_, "true or false"),
        ([1.5, 2], "not a number"),
        (-math.inf, "minus infinity"),
    ],
)
def test_what_can_be_meant_in_two_ways_is_not_guessed(text, why):
    assert why in reason(text, "m")


@pytest.mark.parametrize(
    ("text", "unit", "why"),
    [
        ("5 m", "%", "a length in m, where a slope in % is asked"),
        ("5 m", "1", "a length in m, where a plain number is asked"),
        ("70 %", "1", "a slope in %, where a plain number is asked"),
        ("12:1", "%", "more than one number"),
        ("1:0", "%", "1:n"),
        ("1:0,5", "%", "1:n"),
        ("1:12 m", "%", "1:n"),
        ("01:12:00", "%", "more than one number"),
        ("1:1.500", "%", "thousands or decimals"),
        ("90°", "%", "no slope"),
        ("120 deg", "%", "no slope"),
        ("2.5", "count", "not a whole number"),
        ("6'", "%", "a length in ft"),
    ],
)
def test_wrong_dimensions_and_ratios_are_refused(text, unit, why):
    assert why in reason(text, unit)


@pytest.mark.parametrize("value", NO_DATA)
@pytest.mark.parametrize("form", [int, float, str])
def test_codes_for_no_data_are_refused(value, form):
    assert reason(form(value), "m") == "a code for no data"
    assert reason(form(value), "cm", given="m", plausible=(0, 100)) == "a code for no data"


def test_a_written_unit_shows_that_a_number_is_no_code_for_no_data():
    assert number("9999 mm", "m") == 9.999


@pytest.mark.parametrize(
    ("value", "unit", "options", "why"),
    [
        (150, "m", {}, "not plausible: above 50 m; is the column in cm?"),
        ("150", "m", {}, "not plausible: above 50 m; is the column in cm?"),
        (15000, "m", {}, "not plausible: above 50 m; is the column in mm?"),
        (1e6, "m", {}, "not plausible: above 50 m"),
        ("150 m", "m", {}, "not plausible: above 50 m"),  # its unit is written: no doubt about the column
        (-1, "m", {}, "not plausible: below 0 m"),
        (180, "cm", {"given": "cm"}, "not plausible: above 50 cm; is the column in mm?"),
        (18, "cm", {"given": "m"}, "not plausible: above 50 cm; is the column in cm?"),
        ("inf", "m", {}, "not plausible: above 50 m"),
        (51, "count", {}, "not plausible: above 50"),
        (300, "%", {}, "not plausible: above 50 %"),
    ],
)
def test_what_cannot_be_is_refused_with_a_hint(value, unit, options, why):
    assert reason(value, unit, plausible=(0, 50), **options) == why


def test_plausible_bounds_belong_to_what_can_be():
    assert number(0, "m", plausible=(0, 50)) == 0
    assert number("50 m", "m", plausible=(0, 50)) == 50
    assert number("0.18", "cm", plausible=(0, 100)) == 0.18
    assert number(math.inf, "m", plausible=(0, math.inf)) == math.inf


def test_codes_are_values_or_bounds_and_go_before_reading():
    values = pd.Series(["Lowered ", "raised", "flush", "weet niet", "150", 7, 8.0, "5", None, "x"], dtype=object)
    codes = {"lowered": "..3", "RAISED": "3..", "flush": "0..1", "weet niet": "", "150": "15", "7": "0.7", "8": "0.8"}
    parsed = parse_numbers(values, "cm", given="mm", codes=codes, plausible=(0, 100))
    nan, inf = math.nan, math.inf
    np.testing.assert_array_equal(parsed.low, [-inf, 3, 0, nan, 15, 0.7, 0.8, 0.5, nan, nan])
    np.testing.assert_array_equal(parsed.high, [3, inf, 1, nan, 15, 0.7, 0.8, 0.5, nan, nan])
    assert parsed.reason.tolist() == [""] * 9 + ["not a number"]


def test_codes_work_on_columns_of_numbers():
    parsed = parse_numbers(pd.Series([1.0, 2.0, np.nan, 3.0]), "cm", codes={"1": "..3", "2": ""})
    np.testing.assert_array_equal(parsed.high, [3, np.nan, np.nan, 3])
    truth, _ = parse_bools(pd.Series([1, 2, 3]), codes={"1": "false", "2": "true", "3": ""})
    assert truth.tolist() == [False, True, pd.NA]


def test_all_wrong_codes_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        parse_numbers(
            pd.Series(["a"]), "cm", codes={"a": "low", "b": "3..1", "c": "..", "d": "nan", "e": "1", "E ": "2", "f": "0..1"}
        )
    assert [problem.split(" ")[0] for problem in caught.value.problems] == ["'a'", "'b'", "'c'", "'d'", "'E"]
    with pytest.raises(ConfigError, match="'maybe', which is not true or false"):
        parse_bools(pd.Series(["a"]), codes={"a": "maybe"})
    with pytest.raises(ConfigError, match="'tar', which is not among the classes asphalt, gravel"):
        parse_classes(pd.Series(["a"]), ["asphalt", "gravel"], codes={"a": "tar"})


@pytest.mark.parametrize(
    ("unit", "column_unit", "why"),
    [
        ("furlong", None, "unit 'furlong' is not known"),
        ("m", "el", "unit 'el' is not known"),
        ("cm", "%", "a slope in % cannot become a length in cm"),
        ("%", "m", "a length in m cannot become a slope in %"),
        ("m/s", "m", "a length in m cannot become a speed in m/s"),
        ("deg", "1", "a plain number cannot become an angle in deg"),
    ],
)
def test_wrong_units_of_a_call_are_refused(unit, column_unit, why):
    with pytest.raises(ConfigError, match=why):
        parse_numbers(pd.Series([1.0]), unit, given=column_unit)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["m", "cm", "%", "deg", "m/s", "km/h", "1"]))
def test_what_is_printed_is_read_back(value, unit):
    assume(unit != "1" or value not in NO_DATA)
    assert number(print_number(value, unit), unit) == value


@given(st.integers(-(10**15), 10**15))
def test_printed_counts_are_read_back(value):
    assume(value not in NO_DATA)
    assert number(print_number(value, "count"), "count") == value


@pytest.mark.parametrize("value", [1.125, 999.999, -12.345, 1500.0, 0.125, 1234.567, math.inf])
def test_printed_numbers_are_never_ambiguous(value):
    assert number(print_number(value, "m"), "m") == value


def test_an_unknown_number_prints_as_nothing():
    assert print_number(math.nan, "m") == ""


@given(st.text())
def test_any_text_gives_a_number_a_reason_or_is_missing(text):
    parsed = parse_numbers(pd.Series([text], dtype=object), "m", plausible=(0, 50))
    assert np.isnan(parsed.low[0]) or (0 <= parsed.low[0] <= 50 and parsed.reason[0] == "")
    assert np.isnan(parsed.low[0]) == np.isnan(parsed.high[0])


@given(st.floats(0, 1000), st.sampled_from([("m", "cm"), ("cm", "mm"), ("m", "ft"), ("km/h", "mph"), ("%", "deg"), ("%", "1")]))
def test_conversion_there_and_back_gives_the_value(value, units):
    unit, other = units
    there = number(value, other, given=unit)
    assert number(there, unit, given=other) == pytest.approx(value, rel=1e-6, abs=1e-6)


@given(st.lists(st.sampled_from(["1,5 m", "90cm", "1.500", None, "up", "lowered", "-9999", "1:12"]), max_size=30))
def test_rows_are_read_one_by_one_and_keep_their_order(cells):
    whole = parse_numbers(pd.Series(cells, dtype=object, index=[7] * len(cells)), "m", codes={"lowered": "..0.03"})
    for place, cell in enumerate(cells):
        alone = parse_numbers(pd.Series([cell], dtype=object), "m", codes={"lowered": "..0.03"})
        np.testing.assert_array_equal([alone.low[0], alone.high[0]], [whole.low[place], whole.high[place]])
        assert alone.reason[0] == whole.reason[place]


@pytest.mark.parametrize("dtype", ["object", "str", "float64", "Int64", "boolean", "category"])
def test_empty_columns(dtype):
    empty = pd.Series([], dtype=dtype)
    parsed = parse_numbers(empty, "m")
    assert isinstance(parsed, Parsed)
    assert (len(parsed.low), len(parsed.high), len(parsed.reason)) == (0, 0, 0)
    assert [len(part) for part in parse_bools(empty)] == [0, 0]
    assert [len(part) for part in parse_classes(empty, ["both"])] == [0, 0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(word, True) for word in ["ja", "J", " Waar", "TRUE", "t", "yes", "y", "1", "1.0", 1, 1.0, True, np.True_, "oui"]]
    + [(word, False) for word in ["nee", "Neen", "N", "onwaar", "False", "f", "no", "0", "0.0", 0, 0.0, False, np.False_, "non"]],
)
def test_truth_values(value, expected):
    truth, why = parse_bools(pd.Series([value], dtype=object))
    assert truth.tolist() == [expected]
    assert why.tolist() == [""]


@pytest.mark.parametrize("value", ["misschien", "ja/nee", 2, 0.5, -1, "x", "limited"])
def test_other_words_are_no_truth_values(value):
    truth, why = parse_bools(pd.Series([value], dtype=object))
    assert truth.isna().tolist() == [True]
    assert why.tolist() == ["not yes or no"]


@pytest.mark.parametrize(
    ("dtype", "cells"),
    [("bool", [True, False]), ("boolean", [True, False, pd.NA]), ("float64", [1, 0, np.nan]), ("str", ["ja", "nee", None])],
)
def test_truth_values_of_any_column_type(dtype, cells):
    truth, why = parse_bools(pd.Series(cells, dtype=dtype))
    assert truth.dtype == "boolean"
    assert truth.tolist() == [True, False, pd.NA][: len(cells)]
    assert set(why) == {""}


def test_codes_of_truth_values_go_before_words():
    truth, why = parse_bools(pd.Series(["A", "b", "n", "c", "ja"]), codes={"a": "ja", "B": "false", "n": "", "c": True})
    assert truth.tolist() == [True, False, pd.NA, True, True]
    assert set(why) == {""}


SURFACES = ["asphalt", "concrete", "concrete:plates", "sett", "none"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("asphalt", "asphalt"),
        (" Concrete:Plates", "concrete:plates"),
        ("sett;asphalt", "asphalt|sett"),
        ("sett | asphalt|sett", "asphalt|sett"),
        ("none", "none"),  # a class here, not a word for missing
        ("Klinkers", "sett"),
        ("klinkers;beton", "concrete|sett"),
        ("7", "asphalt"),
        (7.0, "asphalt"),
        ("gemengd", "asphalt|concrete"),
    ],
)
def test_classes_and_sets_of_classes(text, expected):
    codes = {"klinkers": "sett", "beton": "Concrete", "7": "asphalt", "gemengd": "concrete|asphalt"}
    names, why = parse_classes(pd.Series([text], dtype=object), SURFACES, codes=codes)
    assert names.tolist() == [expected]
    assert why.tolist() == [""]


@pytest.mark.parametrize("text", ["paved", "asphalt;paved", "asphalt|", "asphalt,sett", "asph", "asphalt;onbekend", 1, True])
def test_unknown_classes_are_refused(text):
    names, why = parse_classes(pd.Series([text], dtype=object), SURFACES)
    assert pd.isna(names).tolist() == [True]
    assert why.tolist() == ["not a known class; map it with codes"]


def test_a_code_may_stand_for_missing():
    names, why = parse_classes(pd.Series(["paved", "sett"]), SURFACES, codes={"paved": ""})
    assert names.tolist()[1] == "sett"
    assert pd.isna(names).tolist() == [True, False]
    assert why.tolist() == ["", ""]


def test_every_unit_of_the_schema_can_be_read_and_printed():
    for attribute in schema.attributes().values():
        if attribute.type == "number":
            assert number(print_number(1.0, attribute.unit), attribute.unit) == 1, attribute.name


def test_every_number_of_the_schema_has_plausible_bounds():
    for attribute in schema.attributes().values():
        low, high = attribute.plausible
        assert (low < high) if attribute.type == "number" else (low, high) == (-math.inf, math.inf), attribute.name
        assert low == (0 if attribute.type == "number" else -math.inf), attribute.name
