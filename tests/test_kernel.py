"""The comparison kernel, against a plain scalar reading of the tables and against verdicts stated by hand."""

import csv
import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toegankelijk
from toegankelijk import schema
from toegankelijk.columns import map_columns
from toegankelijk.config import Column
from toegankelijk.norm import judge, read_norm
from toegankelijk.norm.kernel import REASONS

DATA = Path(toegankelijk.__file__).parent / "data"
NAMES = (*schema.OUTCOMES, "not_applicable")
STEP = 1e-6
MARGIN = 1e-9
NOTHING = (-math.inf, math.inf)


def read(table):
    with (DATA / table).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def split(cell):
    return cell.split("|") if cell else []


CRITERIA = {row["code"]: row for row in read("norm/vlaanderen/criteria.csv")}
LIMITS, SEVERITIES = read("norm/vlaanderen/limits.csv"), read("norm/vlaanderen/severities.csv")
ATTRIBUTES = {row["attribute"]: row for row in read("schema/attributes.csv")}
NORM = read_norm()
RULES = NORM.rules
NUMBERS = [code for code in CRITERIA if ATTRIBUTES[CRITERIA[code]["attribute"]]["type"] == "number"]
CLASSES = [code for code in CRITERIA if code not in NUMBERS]
GROUPS = {
    (code, level): [row for row in LIMITS if (row["code"], row["level"]) == (code, level)] for code in CRITERIA for level in "ABC"
}
GRAVER = {code: [row for row in SEVERITIES if row["code"] == code] for code in CRITERIA}

# -------------------- a plain reading of the tables: one exact value, exact drivers, one level


def asked_at(code, level, drivers):
    """The row that counts, and the number that it asks; None if nothing is asked."""
    for row in GROUPS[code, level]:
        value = drivers.get(row["driver"], 0.0)
        if not row["upto"] or value <= float(row["upto"]) + MARGIN:
            if row["classes"]:
                return set(split(row["classes"]))
            return float(row["limit"]) + float(row["per_driver"]) * value if row["limit"] else None
    return None


def meets(code, need, value):
    compare, tolerance = CRITERIA[code]["compare"], float(CRITERIA[code]["tolerance"])
    if compare == "one_of":
        return value <= need
    if compare == "contains_all":
        return value >= need
    return value >= need - tolerance - MARGIN if compare == "min" else value <= need + tolerance + MARGIN


def severity_of(code, level, value, drivers):
    severity = int(CRITERIA[code]["severity_base"])
    for row in GRAVER[code]:
        beyond = float(row["beyond"] or "nan")
        graver = {"lt": lambda b=beyond: value < b - MARGIN, "gt": lambda b=beyond: value > b + MARGIN}
        if graver.get(row["compare_beyond"], lambda row=row: value & set(split(row["classes"])))():
            severity = max(severity, int(row["severity"]))
    looser = {"A": "B", "B": "C"}.get(level, "")
    need = asked_at(code, looser, drivers) if looser else None
    return min(severity, 1) if need is not None and meets(code, need, value) else severity


def options(code, value):
    """All that a value can be, as far as it matters: the ends of its bounds, or every class."""
    attribute = ATTRIBUTES[CRITERIA[code]["attribute"]]
    if attribute["type"] == "number":
        return sorted(set(value))
    if value is not None:
        return [set(split(value))]
    if attribute["type"] == "bool":
        return [{"true"}, {"false"}]
    classes = split(attribute["classes"])
    longest = len(classes) if CRITERIA[code]["compare"] == "contains_all" else 1
    return [set(some) for n in range(1, longest + 1) for some in itertools.combinations(classes, n)]


def driver_options(code, driver, bounds):
    low, high = max(bounds[0], -1e9), min(bounds[1], 1e9)
    ends = [float(row["upto"]) for level in "ABC" for row in GROUPS[code, level] if row["driver"] == driver and row["upto"]]
    inside = [end + step for end in ends for step in (0.0, STEP)]
    return sorted({low, high, *(end for end in inside if low <= end <= high)})


def expected(code, level, value, drivers, flags):
    """Outcome, and least and greatest severity, over all that value, drivers and flags can be."""
    wanted = {name.removeprefix("!"): not name.startswith("!") for name in split(CRITERIA[code]["applies"])}
    if any(flags[name] is not None and flags[name] != wish for name, wish in wanted.items()):
        return "not_applicable", 0, 0
    unclear = any(flags[name] is None for name in wanted)
    names = sorted(drivers)
    found = set()
    for at in itertools.product(*(driver_options(code, name, drivers[name]) for name in names)):
        exact = dict(zip(names, at, strict=True))
        need = asked_at(code, level, exact)
        for one in options(code, value):
            if need is None:
                found.add(("silent", 0))
            elif meets(code, need, one):
                found.add(("meets", 0))
            else:
                found.add(("fails", severity_of(code, level, one, exact)))
    outcomes = {outcome for outcome, _ in found}
    severities = [severity for _, severity in found]
    if outcomes == {"silent"}:
        return "not_applicable", 0, 0
    if unclear:
        return "unknown", 0, max(severities)
    if outcomes == {"fails"}:
        return "fails", min(severities), max(severities)
    return ("unknown" if "fails" in outcomes else "meets"), 0, max(severities)


# -------------------- cases to a layer


def layer_of(code, cases):
    """A layer with one object per case; a case is a value, its drivers (bounds) and its flags."""
    attribute = ATTRIBUTES[CRITERIA[code]["attribute"]]
    columns = {}
    if attribute["type"] == "number":
        columns |= number_columns(attribute["attribute"], [case[0] for case in cases])
    elif attribute["type"] == "bool":
        truth = [None if value is None else value == "true" for value, _, _ in cases]
        columns[attribute["attribute"]] = pd.array(truth, dtype="boolean")
    else:
        columns[attribute["attribute"]] = pd.array([np.nan if v is None else v for v, _, _ in cases], dtype="object")
    for driver in cases[0][1]:
        columns |= number_columns(driver, [case[1][driver] for case in cases])
    for flag in cases[0][2]:
        columns[flag] = pd.array([case[2][flag] for case in cases], dtype="boolean")
    return pd.DataFrame(columns)


def number_columns(name, bounds):
    low, high = np.array(bounds, dtype=float).T
    exact = low == high
    return {
        name: np.where(exact, low, np.nan),
        f"{name}_low": np.where(exact | np.isneginf(low), np.nan, low),
        f"{name}_high": np.where(exact | np.isposinf(high), np.nan, high),
    }


def drivers_of(code):
    return sorted({row["driver"] for level in "ABC" for row in GROUPS[code, level]} - {""})


def flags_of(code):
    return [name.removeprefix("!") for name in split(CRITERIA[code]["applies"])]


def good_flags(code):
    return {name.removeprefix("!"): not name.startswith("!") for name in split(CRITERIA[code]["applies"])}


def exact_drivers(code):
    """Every end of a range of the drivers, and just over it."""
    axes = []
    for driver in drivers_of(code):
        step = 1.0 if ATTRIBUTES[driver]["unit"] == "count" else STEP
        ends = {float(row["upto"]) for level in "ABC" for row in GROUPS[code, level] if row["upto"]}
        axes.append(sorted({0.0, *ends, *(end + step for end in ends), 3 * max(ends)}))
    return [dict(zip(drivers_of(code), at, strict=True)) for at in itertools.product(*axes)]


def wide_drivers(code):
    """Drivers that are unknown, or known by bounds: inside one range, over its end, or on one side only."""
    result = [dict.fromkeys(drivers_of(code), NOTHING)] if drivers_of(code) else []
    for driver in drivers_of(code):
        others = dict.fromkeys(drivers_of(code), (0.5, 0.5))
        ends = sorted({float(row["upto"]) for level in "ABC" for row in GROUPS[code, level] if row["upto"]})
        for a, b in itertools.combinations([-math.inf, 0.0, *ends, *(end + 0.01 for end in ends), math.inf], 2):
            if a < b:
                result.append(others | {driver: (a, b)})
    return result


def turning_points(code, drivers):
    """Values where a verdict or a severity can turn, and both sides of them."""
    tolerance = float(CRITERIA[code]["tolerance"])
    needs = [asked_at(code, level, drivers) for level in "ABC"]
    points = [need + sign * tolerance for need in needs if isinstance(need, float) for sign in (-1, 0, 1)]
    points += [float(row["beyond"]) for row in GRAVER[code]]
    return sorted({point + step for point in points for step in (-STEP, 0.0, STEP)})


def values_of(code, drivers):
    attribute = ATTRIBUTES[CRITERIA[code]["attribute"]]
    if attribute["type"] == "bool":
        return ["true", "false", None]
    if attribute["type"] == "class":
        classes = split(attribute["classes"])
        return [*classes, *map("|".join, itertools.combinations(classes, 2)), "|".join(classes), None]
    points = turning_points(code, drivers)
    thin = points[:: max(1, len(points) // 5)]
    bounds = [(a, b) for a, b in itertools.combinations([-math.inf, *thin, math.inf], 2) if a < b]
    return [(point, point) for point in points] + bounds + [(math.inf, math.inf)]


def cases_of(code):
    flags = good_flags(code)
    cases = []
    for at in exact_drivers(code) or [{}]:
        drivers = {name: (value, value) for name, value in at.items()}
        cases += [(value, drivers, flags) for value in values_of(code, at)]
    middle = dict.fromkeys(drivers_of(code), 0.2)
    few = values_of(code, middle)[:: max(1, len(values_of(code, middle)) // 9)]
    cases += [(value, drivers, flags) for drivers in wide_drivers(code) for value in few]
    for states in itertools.product([True, False, None], repeat=len(flags)):
        given_flags = dict(zip(flags, states, strict=True))
        drivers = dict.fromkeys(drivers_of(code), (0.2, 0.2))
        cases += [(value, at, given_flags) for value in few for at in (drivers, dict.fromkeys(drivers, NOTHING))]
    return cases


def assert_as_expected(code, level, verdict, i, case):
    outcome, least, most = expected(code, level, *case)
    assert (NAMES[verdict.outcome[i]], verdict.severity[i]) == (outcome, least), (level, case)
    if all(low == high for low, high in case[1].values()):
        assert verdict.severity_worst[i] == most, (level, case)
    else:  # the greatest severity is judged range by range of the driver: never too small, perhaps too great
        assert verdict.severity_worst[i] >= most, (level, case)


@pytest.mark.parametrize("code", CRITERIA)
def test_verdicts_of_every_criterion_at_every_level_are_those_of_a_plain_reading(code):
    cases = cases_of(code)
    verdicts = judge(RULES[code], layer_of(code, cases))
    assert set(verdicts) == set("ABC")
    for level, verdict in verdicts.items():
        for i, case in enumerate(cases):
            assert_as_expected(code, level, verdict, i, case)


@pytest.mark.parametrize("code", NUMBERS)
def test_on_just_under_and_just_over_every_limit_and_its_tolerance(code):
    """The limit and the limit with its tolerance meet; the least bit more does not, in every range of the driver."""
    tolerance = float(CRITERIA[code]["tolerance"])
    better = 1.0 if CRITERIA[code]["compare"] == "min" else -1.0
    tried = 0
    for level in "ABC":
        for at in exact_drivers(code) or [{}]:
            need = asked_at(code, level, at)
            if need is None:
                continue
            stated = {
                need + better * STEP: "meets",
                need: "meets",
                need - better * tolerance: "meets",
                need - better * (tolerance + STEP): "fails",
            }
            drivers = {name: (value, value) for name, value in at.items()}
            cases = [((value, value), drivers, good_flags(code)) for value in stated]
            verdict = judge(RULES[code], layer_of(code, cases))[level]
            assert [NAMES[outcome] for outcome in verdict.outcome] == list(stated.values()), (level, at)
            assert verdict.required.tolist() == pytest.approx([need] * len(stated))
            tried += 1
    assert tried


@pytest.mark.parametrize("code", CLASSES)
def test_every_class_that_is_allowed_meets_and_every_other_fails(code):
    attribute = ATTRIBUTES[CRITERIA[code]["attribute"]]
    classes = ["true", "false"] if attribute["type"] == "bool" else split(attribute["classes"])
    if CRITERIA[code]["compare"] == "contains_all":
        classes = list(map("|".join, itertools.chain(*(itertools.combinations(classes, n) for n in range(1, len(classes) + 1)))))
    tried = set()
    for level in "ABC":
        for at in exact_drivers(code) or [{}]:
            need = asked_at(code, level, at)
            if need is None:
                continue
            drivers = {name: (value, value) for name, value in at.items()}
            verdict = judge(RULES[code], layer_of(code, [(name, drivers, good_flags(code)) for name in classes]))[level]
            met = {name for name, outcome in zip(classes, verdict.outcome, strict=True) if NAMES[outcome] == "meets"}
            if CRITERIA[code]["compare"] == "contains_all":
                assert met == {name for name in classes if need <= set(split(name))}
            else:
                assert met == need
            tried |= {NAMES[outcome] for outcome in verdict.outcome}
    assert tried == {"meets", "fails"}


@pytest.mark.parametrize("code", CRITERIA)
def test_nothing_known_is_never_a_verdict(code):
    """A layer without any column: unknown where the criterion applies to all, with the reason."""
    for level, verdict in judge(RULES[code], pd.DataFrame(index=range(2))).items():
        stated = "unknown" if GROUPS[code, level] else "not_applicable"
        assert {NAMES[outcome] for outcome in verdict.outcome} == {stated}
        if stated == "unknown":
            assert {REASONS[reason] for reason in verdict.reason} == {"applies" if flags_of(code) else "missing"}


def test_an_empty_layer_gives_empty_verdicts():
    for code in ("CRO-01", "CRO-06", "SUR-03", "PRK-05"):
        whole = layer_of(code, cases_of(code)[:1])
        for layer in (whole.iloc[:0], pd.DataFrame()):
            assert all(len(verdict.outcome) == 0 for verdict in judge(RULES[code], layer).values())


# -------------------- laws, on values, bounds and drivers drawn at random


@st.composite
def nested(draw, points):
    """Bounds, narrower bounds inside them, and a value inside those."""
    chosen = draw(st.lists(st.sampled_from(points), min_size=5, max_size=5))
    a, b, value, c, d = sorted(chosen)
    low, high = (-math.inf if draw(st.booleans()) else a), (math.inf if draw(st.booleans()) else d)
    return (low, high), (b, c), (value, value)


@st.composite
def families(draw):
    """A criterion, and three objects of which each is known better than the one before: value, drivers, flags."""
    code = draw(st.sampled_from(list(CRITERIA)))
    uptos = {float(row["upto"]) for level in "ABC" for row in GROUPS[code, level] if row["upto"]}
    whole = any(schema.attributes()[name].unit == "count" for name in drivers_of(code))  # levels are nested at whole counts only
    least, *steps = (1.0, -1.0, 0.0, 1.0) if whole else (0.003, -0.013, 0.0, 0.017)
    grid = sorted({0.0, least, *(end + step for end in uptos for step in steps), 3 * max(uptos, default=1.0)})
    drivers = {name: draw(nested([point for point in grid if point >= 0])) for name in drivers_of(code)}
    if code in NUMBERS:
        at = {name: draw(st.sampled_from(grid)) for name in drivers}
        values = draw(nested([0.0, *turning_points(code, at), 1000.0]))
    else:
        known = values_of(code, {})[:-1]
        chosen = draw(st.sampled_from(known))
        values = (None, draw(st.sampled_from([None, chosen])), chosen)
    states = {name: draw(st.booleans()) for name in flags_of(code)}
    flags = ({name: draw(st.sampled_from([None, state])) for name, state in states.items()}, states, states)
    return code, [(values[i], {name: ends[i] for name, ends in drivers.items()}, flags[i]) for i in range(3)]


@settings(max_examples=150)
@given(families())
def test_knowing_more_never_turns_a_sure_verdict_and_narrows_the_severity(family):
    code, cases = family
    for level, verdict in judge(RULES[code], layer_of(code, cases)).items():
        told = [NAMES[outcome] for outcome in verdict.outcome]
        for less, more in itertools.combinations(range(3), 2):
            allowed = {
                "fails": {"fails"},
                "meets": {"meets", "not_applicable"},  # a range of the driver that asks nothing counts as met
                "not_applicable": {"not_applicable"},
                "unknown": set(NAMES),
            }[told[less]]
            assert told[more] in allowed, (level, told)
            assert verdict.severity_worst[more] <= verdict.severity_worst[less], level
            assert verdict.severity[more] >= verdict.severity[less] or told[more] != "fails", level
        assert (verdict.severity <= verdict.severity_worst).all()
        assert told[2] != "unknown", "all is known of the last"


@settings(max_examples=150)
@given(families())
def test_what_surely_meets_a_level_meets_the_looser_ones(family):
    code, cases = family
    verdicts = judge(RULES[code], layer_of(code, cases))
    for stricter, looser in itertools.pairwise("ABC"):
        for above, below in zip(verdicts[stricter].outcome, verdicts[looser].outcome, strict=True):
            if NAMES[above] in ("meets", "not_applicable"):
                assert NAMES[below] in ("meets", "not_applicable")
            if NAMES[below] == "fails":
                assert NAMES[above] == "fails"


@settings(max_examples=150)
@given(families())
def test_random_bounds_and_drivers_agree_with_a_plain_reading(family):
    code, cases = family
    for level, verdict in judge(RULES[code], layer_of(code, cases)).items():
        for i, case in enumerate(cases):
            assert_as_expected(code, level, verdict, i, case)


def test_order_of_objects_does_not_matter():
    for code in ("CRO-01", "PRK-05", "THR-03", "SUR-03"):
        layer = layer_of(code, cases_of(code))
        order = np.random.default_rng(7).permutation(len(layer))
        plain, mixed = judge(RULES[code], layer), judge(RULES[code], layer.iloc[order])
        for level in "ABC":
            assert (plain[level].outcome[order] == mixed[level].outcome).all()
            assert (plain[level].severity_worst[order] == mixed[level].severity_worst).all()


# -------------------- severities by hand


def told(code, level, **columns):
    verdict = judge(RULES[code], pd.DataFrame({name: [value] for name, value in columns.items()}))[level]
    return NAMES[verdict.outcome[0]], int(verdict.severity[0]), int(verdict.severity_worst[0])


@pytest.mark.parametrize(
    ("code", "level", "columns", "stated"),
    [
        # CRO-01 asks 2 cm at A and B, 3 cm at C, with a tolerance of 0.3 cm; severity 2, over 3 cm 3, over 6 cm 4
        ("CRO-01", "A", {"kerb_height": 2.5}, ("fails", 2, 2)),  # B, the next level, is not met either
        ("CRO-01", "B", {"kerb_height": 2.5}, ("fails", 1, 1)),  # C is still met: a point of attention
        ("CRO-01", "C", {"kerb_height": 2.5}, ("meets", 0, 0)),
        ("CRO-01", "A", {"kerb_height": 3.2}, ("fails", 3, 3)),
        ("CRO-01", "B", {"kerb_height": 3.2}, ("fails", 1, 1)),  # over 3 cm, but C is met within its tolerance
        ("CRO-01", "B", {"kerb_height": 3.4}, ("fails", 3, 3)),
        ("CRO-01", "C", {"kerb_height": 6.0}, ("fails", 3, 3)),  # beyond 6 cm only: 6 itself is not
        ("CRO-01", "C", {"kerb_height": 6.1}, ("fails", 4, 4)),
        # bounds: 2.5 to 8 cm surely fails A and B, and may be as good as C or as bad as 4
        ("CRO-01", "A", {"kerb_height_low": 2.5, "kerb_height_high": 8.0}, ("fails", 2, 4)),
        ("CRO-01", "B", {"kerb_height_low": 2.5, "kerb_height_high": 8.0}, ("fails", 1, 4)),
        ("CRO-01", "C", {"kerb_height_low": 2.5, "kerb_height_high": 8.0}, ("unknown", 0, 4)),
        # PAS-08 asks a passing place each 18 m at A below 1.80 m, each 50 m at B but only below 1.50 m
        ("PAS-08", "A", {"passing_place_gap": 30.0, "route_width": 1.4}, ("fails", 1, 1)),  # B is met
        ("PAS-08", "A", {"passing_place_gap": 30.0, "route_width": 1.6}, ("fails", 2, 2)),  # B asks nothing: no cap
        # CRO-16 asks nothing at C: no cap at B
        ("CRO-16", "A", {"signal_nonvisual": False, "signals": True}, ("fails", 3, 3)),
        ("CRO-16", "B", {"signal_nonvisual": False, "signals": True}, ("fails", 3, 3)),
        ("CRO-16", "C", {"signal_nonvisual": False, "signals": True}, ("not_applicable", 0, 0)),
        # a flag that is not known: perhaps it does not apply at all, so not even a value that fails is a failure
        ("CRO-16", "A", {"signal_nonvisual": False, "signals": None}, ("unknown", 0, 3)),
        ("CRO-16", "A", {"signal_nonvisual": True, "signals": None}, ("unknown", 0, 0)),
        ("CRO-16", "A", {"signal_nonvisual": None, "signals": False}, ("not_applicable", 0, 0)),
        # CRO-06 asks a warning field at A and B, and at C only where the kerb is at most 3 cm
        ("CRO-06", "B", {"tactile_warning": False, "kerb_height": 5.0}, ("fails", 3, 3)),  # C asks nothing: no cap
        ("CRO-06", "C", {"tactile_warning": False, "kerb_height": 5.0}, ("not_applicable", 0, 0)),
        ("CRO-06", "C", {"tactile_warning": False, "kerb_height_low": 2.0, "kerb_height_high": 5.0}, ("unknown", 0, 3)),
        # SUR-03: an unknown surface may be mud; gravel is grave, compacted gravel is not
        ("SUR-03", "C", {"surface": "mud"}, ("fails", 4, 4)),
        ("SUR-03", "C", {"surface": None}, ("unknown", 0, 4)),
        ("SUR-03", "A", {"surface": "asphalt|mud"}, ("fails", 4, 4)),  # two surfaces: the worse one counts
        # RMP-01 with 12.6 % is grave however high the ramp is
        ("RMP-01", "A", {"ramp_slope": 12.6, "rise": 0.05}, ("fails", 4, 4)),
        ("RMP-01", "C", {"ramp_slope": 12.6, "rise": 0.05}, ("fails", 4, 4)),
    ],
)
def test_severity_and_its_cap_by_hand(code, level, columns, stated):
    assert told(code, level, **columns) == stated


# -------------------- values as cities write them

OSM_KERBS = {"lowered": "..3", "raised": "3.."}
NOT_UNDERSTOOD = [("~2", "cm"), ("18", "m")]


def test_kerbs_of_openstreetmap_are_bounds():
    """What the table below says of lowered and raised is what the tag table says."""
    (row,) = [
        row
        for row in read("osm_tags.csv")
        if (row["kind"], row["attribute"], row["tag"]) == ("crossing_end", "kerb_height", "kerb")
    ]
    codes = dict(code.split("=", 1) for code in row["codes"].split(";"))
    assert {name: codes[name] for name in OSM_KERBS} == OSM_KERBS
    assert row["unit"] == "cm"


@pytest.mark.parametrize(
    ("text", "unit", "stated"),
    [
        # 18 cm is over every limit (2, 2 and 3 cm), however it is written
        ("0.18 m", None, "fails fails fails"),
        ("0,18 m", "cm", "fails fails fails"),
        ("18 cm", None, "fails fails fails"),
        ("18 cm", "m", "fails fails fails"),  # a unit in the text goes before that of the column
        ("18", "cm", "fails fails fails"),
        (18, "cm", "fails fails fails"),
        ("0.18", "m", "fails fails fails"),
        # on and over the tolerance of 0.3 cm
        ("2.3 cm", None, "meets meets meets"),
        ("23 mm", None, "meets meets meets"),
        ("2.4 cm", None, "fails fails meets"),
        ("3.3", "cm", "fails fails meets"),
        ("3.4", "cm", "fails fails fails"),
        # about 3 cm or less: perhaps 2 cm, surely within 3 cm with its tolerance
        ("lowered", "cm", "unknown unknown meets"),
        # 3 cm or more: surely over 2.3 cm; perhaps just 3 cm, which C allows
        ("raised", "cm", "fails fails unknown"),
        # not known, and not understood: never a pass, never a fail
        (None, "cm", "unknown unknown unknown"),
        ("", "cm", "unknown unknown unknown"),
        ("onbekend", "cm", "unknown unknown unknown"),
        ("~2", "cm", "unknown unknown unknown"),
        ("18", "m", "unknown unknown unknown"),  # 18 m is no kerb: a remark asks for the unit
    ],
)
def test_kerb_height_as_it_is_written(text, unit, stated):
    raw = pd.DataFrame({"boordsteen": [text]}, index=pd.Index(["OV-1"], name="object_id"))
    column = Column(column="boordsteen", unit=unit, codes=OSM_KERBS)
    layer, remarks = map_columns(raw, {"kerb_height": column}, layer="kerbs", codes={})
    verdicts = judge(RULES["CRO-01"], layer)
    assert " ".join(NAMES[verdicts[level].outcome[0]] for level in "ABC") == stated
    assert remarks["raw"].tolist() == ([text] if (text, unit) in NOT_UNDERSTOOD else [])


@pytest.mark.parametrize(
    ("slope", "stated"),
    [
        # SUR-06 asks 4 % at A, 5 % at B, 6 % at C, each with 0.5 % tolerance
        (4.5, "meets meets meets"),
        (5.0, "fails meets meets"),
        (5.4, "fails meets meets"),  # over 5 %, within its tolerance of up to 5.5 %
        (5.6, "fails fails meets"),
        (6.6, "fails fails fails"),
    ],
)
def test_running_slope(slope, stated):
    verdicts = judge(RULES["SUR-06"], pd.DataFrame({"running_slope": [slope]}))
    assert " ".join(NAMES[verdicts[level].outcome[0]] for level in "ABC") == stated


@pytest.mark.parametrize(
    ("slope", "rise", "stated"),
    [
        # RMP-01, tolerance 0.3 %. A and B ask 10 % up to 0.10 m, 8.3 % up to 0.25 m, 6.25 % up to 0.50 m and 5 % above;
        # C asks 12, 10, 8 and 6.25 %
        (5.0, 0.05, "meets meets meets"),
        (5.4, 0.05, "meets meets meets"),
        (5.0, 0.2, "meets meets meets"),
        (5.4, 0.2, "meets meets meets"),
        (5.0, 0.4, "meets meets meets"),
        (5.4, 0.4, "meets meets meets"),
        (5.0, 0.6, "meets meets meets"),  # on the limit
        (5.3, 0.6, "meets meets meets"),  # on its tolerance
        (5.4, 0.6, "fails fails meets"),  # over 5.3 %
        # height not known: 5 % is right for every height; 5.4 % is wrong only for ramps over 0.50 m, so A and B are unknown;
        # C allows 6.25 % even there
        (5.0, None, "meets meets meets"),
        (5.4, None, "unknown unknown meets"),
        (10.4, None, "fails fails unknown"),  # over 10 % with its tolerance fails A and B at every height
        # a rise of exactly 0.10 m is still in the first range
        (10.0, 0.1, "meets meets meets"),
        (10.0, 0.1001, "fails fails meets"),
    ],
)
def test_ramp_slope_by_height(slope, rise, stated):
    layer = pd.DataFrame({"ramp_slope": [slope], "rise": pd.array([rise], dtype="Float64")})
    verdicts = judge(RULES["RMP-01"], layer)
    assert " ".join(NAMES[verdicts[level].outcome[0]] for level in "ABC") == stated
    if rise is None and "unknown" in stated:
        unsure = [level for level in "ABC" if NAMES[verdicts[level].outcome[0]] == "unknown"]
        assert {REASONS[verdicts[level].reason[0]] for level in unsure} == {"driver"}


# -------------------- every criterion can be used


@pytest.mark.parametrize("code", CRITERIA)
def test_every_criterion_is_complete(code):
    norm, rule, row = NORM, RULES[code], NORM.criteria.loc[code]
    own = schema.attributes_of(rule.kind)
    assert rule.attribute in own, "no object of its kind can have the attribute"
    assert own[rule.attribute].unit == rule.unit != ""
    assert {name for name, _ in rule.applies} <= set(own)
    assert {driver for driver in rule.drivers.values() if driver} <= set(own)
    assert row["name_nl"]
    assert row["name_en"]
    assert norm.remedies.at[rule.remedy, "name_nl"]
    assert norm.remedies.at[rule.remedy, "name_en"]
    assert norm.services.at[norm.remedies.at[rule.remedy, "responsible"], "name_nl"]
    sources = norm.limits.loc[norm.limits["code"] == code, "source"]
    assert len(sources)
    assert norm.sources.loc[sources, "title"].ne("").all()
    assert norm.sentence(code, "1", "nl") != norm.sentence(code, "1", "en")
    low, high = own[rule.attribute].plausible
    limits = [limit.limit for rows in rule.limits.values() for limit in rows if limit.limit is not None]
    assert all(low <= limit <= high or limit < 0 for limit in limits), "no plausible value is on the limit"
