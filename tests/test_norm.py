"""The norm folder: what the bundled one holds, and that every kind of fault is found, all at once."""

import csv
import math
import re
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import toegankelijk
from toegankelijk import labels, schema
from toegankelijk.cli import app
from toegankelijk.errors import NormError, ToegankelijkError
from toegankelijk.norm import bundled_norms, judge, read_norm
from toegankelijk.norm.kernel import MEETS, NOT_APPLICABLE
from toegankelijk.norm.tables import HEADS, MAX_BYTES

ATTRIBUTES = "attribute,kind,unit,type,classes,plausible,how,description_en\n"
BUNDLED = Path(toegankelijk.__file__).parent / "data" / "norm" / "vlaanderen"
COUNT = {"PAS": 18, "SUR": 12, "THR": 6, "CRO": 21, "TAC": 8, "RMP": 16, "STR": 15, "STO": 18, "PRK": 14, "FUR": 15}

# Code, level, value of the driver, and what is then required (None: nothing), worked out by hand from the sources
EXAMPLES = [
    ("PAS-01", "B", None, 1.50),
    ("PAS-02", "A", 1.20, 1.00),
    ("PAS-02", "A", 1.80, 1.30),
    ("PAS-02", "C", 3.0, 1.50),
    ("PAS-04", "A", 1.0, 1.00),
    ("PAS-04", "B", 5.0, 1.20),
    ("PAS-04", "A", 15.0, 1.80),
    ("PAS-04", "C", 15.0, 1.20),
    ("PAS-08", "A", 1.80, None),
    ("PAS-08", "A", 1.50, 18.0),
    ("PAS-08", "B", 1.50, None),
    ("CRO-03", "A", 0.10, 10.0),
    ("CRO-03", "C", 0.30, 8.0),
    ("CRO-07", "A", 1.0, 1.80),
    ("CRO-07", "A", 3.0, 3.0),
    ("CRO-06", "C", 3.0, {"true"}),
    ("CRO-06", "C", 5.0, None),
    ("CRO-11", "C", 2.0, None),
    ("CRO-11", "C", 3.0, {"true"}),
    ("THR-03", "A", 0.5, {"ramp_stairs"}),
    ("RMP-09", "A", 0.25, None),
    ("PRK-05", "A", 0.0, None),
    ("PRK-05", "A", 3.0, 1.0),
    ("PRK-05", "A", 50.0, 3.0),
    ("PRK-05", "B", 100.0, 6.0),
    ("PRK-05", "A", 150.0, 7.0),
    ("PRK-05", "C", 50.0, 1.0),
    ("PRK-05", "C", 150.0, 3.0),
]


@pytest.fixture(scope="module")
def norm():
    return read_norm()


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled norm to break."""
    return Path(shutil.copytree(BUNDLED, tmp_path / "own"))


def set_cell(folder, table, where, column, value):
    """Write one cell, in the one row where all the given columns hold the given texts."""
    file = folder / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    (row,) = [row for row in rows if all(row[name] == text for name, text in where.items())]
    row[column] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def problems(folder):
    with pytest.raises(NormError) as caught:
        read_norm(folder)
    assert f"{len(caught.value.problems)} faults" in caught.value.message
    return caught.value.problems


# -------------------- the bundled norm


def test_bundled_norm_is_whole(norm):
    assert bundled_norms() == ["vlaanderen"]
    assert (norm.name, norm.version) == ("vlaanderen", "2026.1")
    assert re.fullmatch("[0-9a-f]{64}", norm.hash)
    assert set(norm.rules) == set(norm.criteria.index)
    assert len(norm.rules) == 143
    sizes = {name: len(getattr(norm, name)) for name in HEADS}
    assert sizes == {
        "themes": 8, "criteria": 143, "limits": 475, "severities": 41, "remedies": 64, "services": 11, "sources": 100,
    }  # fmt: skip


@pytest.mark.parametrize(("prefix", "count"), COUNT.items())
def test_codes_of_a_prefix_have_no_gap(norm, prefix, count):
    numbers = sorted(int(code[4:]) for code in norm.rules if code.startswith(f"{prefix}-"))
    assert numbers == list(range(1, count + 1))


def test_core_criteria(norm):
    core = Counter(rule.theme for rule in norm.rules.values() if rule.core)
    assert core.total() == 40
    assert set(core) == set(schema.THEMES)
    assert list(norm.themes.index) == list(schema.THEMES)
    assert all(norm.weight(theme) > 0 for theme in schema.THEMES)


MENDED = {"criteria": {"STO-18"}, "limits": {"PAS-04"}}
"""Rows that differ. STO-18: a platform too low where a bus swings in is too low anywhere, so this limit always holds. PAS-04:
what is narrow is what lies below the route width of the level, so each level goes by a length of its own."""


def test_tables_are_those_of_the_norm_that_was_worked_out(shared_data):
    folder = shared_data.parent / "norms"
    if not folder.is_dir():
        pytest.skip("no ../shared/norms: the tables that the norm was made from are not here")
    for table in HEADS:
        mine, theirs = (list(csv.reader((place / f"{table}.csv").read_text("utf-8").splitlines())) for place in (BUNDLED, folder))
        assert len(mine) == len(theirs)
        shared = [mine[0].index(column) for column in theirs[0]]
        added = {column for column in mine[0] if column not in theirs[0]}
        assert added <= {f"{what}_{lang}" for what in ("name", "sentence") for lang in ("fr", "de")}, "only wordings were added"
        changed = {a[0] for a, b in zip(mine, theirs, strict=True) if [a[i] for i in shared] != b}
        assert changed == MENDED.get(table, set()), table


@pytest.mark.parametrize(("code", "level", "driver", "required"), EXAMPLES)
def test_worked_examples(norm, code, level, driver, required):
    rule = norm.rules[code]
    values = {"number": [0.0], "bool": ["true", "false"], "class": list(rule.classes)}[rule.type]
    layer = pd.DataFrame({rule.attribute: values})
    if rule.type == "bool":
        layer[rule.attribute] = layer[rule.attribute].eq("true").astype("boolean")
    if driver is not None:
        layer[rule.drivers[level]] = driver
    for flag, wanted in rule.applies:
        layer[flag] = pd.array([wanted] * len(values), dtype="boolean")
    verdicts = judge(rule, layer)[level]
    if required is None:
        assert (verdicts.outcome == NOT_APPLICABLE).all()
    elif isinstance(required, set):
        assert {value for value, code in zip(values, verdicts.outcome, strict=True) if code == MEETS} == required
    else:
        assert verdicts.required.tolist() == pytest.approx([required])


def test_reserved_bays_follow_the_rule_for_every_size_of_car_park(norm):
    """Flemish rule: 6 % of the first 100 bays and 2 % of the rest, each rounded up; at least 1."""
    rule, bays = norm.rules["PRK-05"], range(2001)
    verdicts = judge(rule, pd.DataFrame({"reserved_count": 0.0, "bay_count": [float(n) for n in bays]}))["A"]
    assert verdicts.outcome[0] == NOT_APPLICABLE
    asked = [math.ceil(number - 1e-9) for number in verdicts.required[1:]]
    up_to_100 = [max(1, -(-6 * n // 100)) for n in bays[1:101]]
    above = [6 + -(-(n - 100) // 50) for n in bays[101:]]
    assert asked == up_to_100 + above


@pytest.mark.parametrize("lang", ["nl", "en", "fr", "de"])
def test_every_sentence_renders(norm, lang):
    for code, rule in norm.rules.items():
        sentence = norm.sentence(code, "7", lang)
        assert sentence.endswith("."), code
        assert not set("{}") & set(sentence), code
        assert ("7" in sentence) == (rule.type != "bool"), code
        if rule.type == "number" and rule.unit not in ("1", "count"):
            assert labels.with_unit("7", rule.unit, lang) in sentence, code


def test_sentence_is_in_the_language_asked(norm):
    assert norm.sentence("CRO-01", "2,0", "nl") == "De boordsteen aan de oversteek is hoogstens 2,0 cm hoog."
    assert norm.sentence("CRO-01", "2.0", "en") == "The kerb at the crossing is at most 2.0 cm high."
    assert norm.sentence("CRO-01", "2,0", "fr") == "À la traversée, la bordure a une hauteur de 2,0 cm au plus."
    assert norm.sentence("THR-02", "45", "de") == "Eine kleine Kante ist mit höchstens 45° abgeschrägt."
    assert norm.sentence("CRO-13", "30", "nl") == "Aan een zebrapad mag hoogstens 30 km/u gereden worden."


def test_a_norm_of_ones_own_may_lack_a_language(folder):
    for table in ("criteria", "remedies", "services", "themes"):
        rows = list(csv.DictReader((folder / f"{table}.csv").read_text("utf-8").splitlines()))
        head = [column for column in rows[0] if not column.endswith(("_fr", "_de"))]
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, head, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    own = read_norm(folder)
    assert own.sentence("CRO-01", "2,0", "de") == "The kerb at the crossing is at most 2,0 cm high."
    assert labels.names(own.remedies, "fr")["snoeien"] == own.remedies.at["snoeien", "name_en"]


def test_a_sentence_in_another_language_is_checked_too(folder):
    set_cell(folder, "criteria", {"code": "CRO-01"}, "sentence_fr", "La bordure est basse.")
    assert any("CRO-01: sentence_fr" in problem for problem in problems(folder))


# -------------------- faults

CRO01, CRO01A = {"code": "CRO-01"}, {"code": "CRO-01", "level": "A"}
RMP01 = {"code": "RMP-01", "upto": "0.25"}
FAULTS = {
    # name: (table, row, column, cell, what must be said)
    "unknown attribute": ("criteria", CRO01, "attribute", "kerb_hight", "CRO-01: attribute 'kerb_hight' is not known"),
    "attribute of another kind": ("criteria", CRO01, "kind", "ramp", "CRO-01: kerb_height is no attribute of ramp"),
    "other unit": ("criteria", CRO01, "unit", "m", "CRO-01: unit is 'm', but kerb_height has 'cm'"),
    "unknown unit": ("criteria", CRO01, "unit", "furlong", "CRO-01: unit is 'furlong'"),
    "unknown remedy": ("criteria", CRO01, "remedy", "bidden", "CRO-01: remedy 'bidden' is not in remedies"),
    "alternative is the remedy": ("criteria", CRO01, "alternative", "oversteekzijde_aanpassen", "CRO-01: alternative"),
    "unknown theme": ("criteria", CRO01, "theme", "crossings", "CRO-01: theme 'crossings'"),
    "unknown kind": ("criteria", CRO01, "kind", "kerbstone", "CRO-01: kind 'kerbstone' is not known"),
    "unknown tier": ("criteria", CRO01, "tier", "main", "CRO-01: tier 'main'"),
    "compare does not fit": ("criteria", CRO01, "compare", "one_of", "CRO-01: compare 'one_of' does not fit a number"),
    "unknown flag": ("criteria", CRO01, "applies", "!wet", "CRO-01: applies '!wet' is no true/false attribute of crossing_end"),
    "number as flag": ("criteria", CRO01, "applies", "rise", "CRO-01: applies 'rise' is no true/false attribute"),
    "tolerance below 0": ("criteria", CRO01, "tolerance", "-0.1", "CRO-01: tolerance -0.1 is below 0"),
    "tolerance of a class": ("criteria", {"code": "SUR-03"}, "tolerance", "1", "SUR-03: tolerance 1 is .* set on a class"),
    "tolerance is no number": ("criteria", CRO01, "tolerance", "nan", "criteria row .*: tolerance is 'nan', not a number"),
    "base severity": ("criteria", CRO01, "severity_base", "5", "CRO-01: severity_base '5' is not 1 to 4"),
    "no name": ("criteria", CRO01, "name_nl", "", "CRO-01: a name is missing"),
    "no limit in the sentence": ("criteria", CRO01, "sentence_nl", "Laag.", "CRO-01: sentence_nl is no sentence with a {limit}"),
    "levels not nested": ("limits", CRO01 | {"level": "C"}, "limit", "1.0", "CRO-01: level B asks less than C at every value"),
    "not nested in a range": ("limits", RMP01 | {"level": "C"}, "limit", "7", "RMP-01: level B asks less than C at .*rise.*0.1"),
    "lengths of their own not nested": (
        "limits", {"code": "PAS-04", "level": "A", "upto": ""}, "limit", "1.40", "PAS-04: level A asks less than B",
    ),
    "classes not nested": ("limits", {"code": "SUR-03", "level": "A"}, "classes", "asphalt|mud", "SUR-03: level A asks less"),
    "upto does not rise": ("limits", RMP01 | {"level": "A"}, "upto", "0.05", "limits RMP-01 A: upto must rise"),
    "range has an end": ("limits", {"code": "RMP-01", "level": "A", "upto": ""}, "upto", "9", "limits RMP-01 A: upto .* end"),
    "limit is no number": ("limits", CRO01A, "limit", "2 cm", "limits row .*: limit is '2 cm', not a number"),
    "limit is infinite": ("limits", CRO01A, "limit", "inf", "limits row .*: limit is 'inf', not a number"),
    "per_driver is no number": ("limits", CRO01A, "per_driver", "x", "limits row .*: per_driver is 'x', not a number"),
    "per_driver without driver": ("limits", CRO01A, "per_driver", "1", r"limits row .* \(CRO-01 A\): upto or per_driver without"),
    "classes of a number": ("limits", CRO01A, "classes", "true", r"\(CRO-01 A\): classes on the number kerb_height"),
    "unknown class": ("limits", {"code": "SUR-03", "level": "A"}, "classes", "asphalt|tarmac", r"\['tarmac'\] are no classes of"),
    "number of a class": ("limits", {"code": "SUR-03", "level": "A"}, "limit", "1", "a number on the class surface"),
    "unknown source": ("limits", CRO01A, "source", "HEARSAY", r"\(CRO-01 A\): source 'HEARSAY' is not in sources"),
    "unknown basis": ("limits", CRO01A, "basis", "law", r"\(CRO-01 A\): basis 'law'"),
    "driver of another kind": ("limits", RMP01 | {"level": "A"}, "driver", "lanes", r"\(RMP-01 A\): driver 'lanes' is no number"),
    "two drivers": ("limits", RMP01 | {"level": "A"}, "driver", "run_length", "limits RMP-01 A: more than one driver"),
    "unknown level": ("limits", CRO01A, "level", "D", r"\(CRO-01 D\): no such criterion or level"),
    "looser level only": ("limits", CRO01A, "level", "Z", "limits CRO-01: has levels BC, but a stricter level may not ask less"),
    "limits of nothing": ("limits", CRO01A, "code", "CRO-99", r"\(CRO-99 A\): no such criterion or level"),
    "no room": ("limits", {"code": "STO-01", "level": "A"}, "limit", "40", "STO-01 and STO-02: nothing can meet both at level A"),
    "graver is not graver": (
        "severities", CRO01 | {"beyond": "6"}, "severity", "3", "severities CRO-01: a worse value gives no graver severity",
    ),
    "severity of what meets": ("severities", CRO01 | {"beyond": "3"}, "beyond", "1", "severities CRO-01: 1.0 meets some level"),
    "class is grave and meets": (
        "severities", {"code": "SUR-03", "severity": "4"}, "classes", "asphalt", "severities SUR-03: a class twice, or .* meets",
    ),
    "severity is not raised": ("severities", CRO01 | {"beyond": "3"}, "severity", "2", "severity 2 does not raise the base 2"),
    "wrong side": ("severities", CRO01 | {"beyond": "3"}, "compare_beyond", "lt", "compare_beyond is 'lt', but max needs 'gt'"),
    "severity of nothing": ("severities", CRO01 | {"beyond": "3"}, "code", "CRO-99", r"severities row .* \(CRO-99\)"),
    "severity of unknown class": (
        "severities", {"code": "SUR-03", "severity": "4"}, "classes", "lava", "a class that surface does not have",
    ),
    "unknown service": ("remedies", {"remedy": "snoeien"}, "responsible", "bosbeheer", "remedy snoeien: responsible 'bosbeheer'"),
    "partner is not another": ("remedies", {"remedy": "snoeien"}, "partner", "groen", "remedy snoeien: partner 'groen' is not"),
    "cost class": ("remedies", {"remedy": "snoeien"}, "cost_class", "6", "remedy snoeien: cost_class '6' is not 1 to 5"),
    "costs reversed": ("remedies", {"remedy": "snoeien"}, "cost_low_eur", "99999999", "remedy snoeien: cost 99999999 to"),
    "costs unknown": ("remedies", {"remedy": "snoeien"}, "cost_low_eur", "veel", "remedies row .*: cost_low_eur is 'veel'"),
    "feasibility": ("remedies", {"remedy": "snoeien"}, "feasibility_default", "high", "remedy snoeien: feasibility"),
    "phase": ("remedies", {"remedy": "snoeien"}, "phase_default", "soon", "remedy snoeien: phase_default 'soon'"),
    "weight": ("themes", {"theme": "haltes"}, "weight", "0", "theme haltes: weight must be above 0"),
    "theme without row": ("themes", {"theme": "haltes"}, "theme", "stops", "themes: 'haltes' has criteria but no row"),
    "own service": ("services", {"service": "groen"}, "own", "ja", "service groen: own is 'ja', not true or false"),
    "source without title": ("sources", {"source": "BVR97"}, "title", "", "source BVR97: has no title"),
    "empty key": ("sources", {"source": "BVR97"}, "source", "", "sources: key '' is empty or not unique"),
    "duplicate key": ("criteria", {"code": "CRO-02"}, "code", "CRO-01", "criteria: key 'CRO-01' is empty or not unique"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_one_broken_cell_is_found(folder, fault):
    table, row, column, cell, said = FAULTS[fault]
    set_cell(folder, table, row, column, cell)
    found = problems(folder)
    assert any(re.search(said.replace("{", r"\{"), problem) for problem in found), found
    assert len(found) <= 8, "one broken cell drowns in faults that follow from it"


def test_faults_of_all_tables_are_reported_at_once(folder):
    set_cell(folder, "criteria", {"code": "PAS-01"}, "attribute", "route_widht")
    set_cell(folder, "limits", {"code": "CRO-01", "level": "B"}, "source", "HEARSAY")
    set_cell(folder, "severities", {"code": "SUR-06", "beyond": "8"}, "severity", "9")
    set_cell(folder, "remedies", {"remedy": "snoeien"}, "responsible", "bosbeheer")
    set_cell(folder, "services", {"service": "wegen"}, "own", "ja")
    found = problems(folder)
    assert len(found) == 5
    for word in ("PAS-01", "HEARSAY", "SUR-06", "bosbeheer", "service wegen"):
        assert sum(word in problem for problem in found) == 1, word


def test_several_criteria_that_are_not_nested_are_all_reported(folder):
    for code in ("CRO-01", "SUR-06", "THR-01"):
        set_cell(folder, "limits", {"code": code, "level": "C"}, "limit", "0.5")
    assert [problem[:6] for problem in problems(folder)] == ["SUR-06", "THR-01", "CRO-01"]


def rewrite(change):
    def act(folder):
        file = folder / "remedies.csv"
        file.write_bytes(change(file.read_bytes()))

    return act


FORMS = {
    "missing cells": (rewrite(lambda raw: raw + b"a,b\n"), "remedies row 66: 2 cells instead of 14"),
    "not UTF-8": (rewrite(lambda raw: raw + b"caf\xe9,,,,,,,,,,,\n"), "remedies: not a UTF-8 CSV table"),
    "quote that never ends": (rewrite(lambda raw: raw + b'"open,' + b"x" * (1 << 18)), "remedies: not a UTF-8 CSV table"),
    "too large": (rewrite(lambda raw: raw + b"\n" * MAX_BYTES), f"remedies: larger than {MAX_BYTES} bytes"),
    "empty": (rewrite(lambda _: b""), "remedies: column 'remedy' is missing"),
    "other head": (rewrite(lambda raw: raw.replace(b"cost_class", b"class", 1)), "remedies: column 'cost_class' is missing"),
    "head twice": (rewrite(lambda raw: raw.replace(b"name_en", b"name_nl", 1)), "remedies: column 'name_nl' is there twice"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_of_the_wrong_form_is_refused(folder, form):
    act, said = FORMS[form]
    act(folder)
    assert any(said in problem for problem in problems(folder))


def test_missing_tables_are_all_named(folder):
    (folder / "limits.csv").unlink()
    (folder / "sources.csv").unlink()
    with pytest.raises(NormError) as caught:
        read_norm(folder)
    assert caught.value.problems == ("limits.csv is not there", "sources.csv is not there")


@pytest.mark.parametrize("source", ["flanders", "no/such/folder"])
def test_a_norm_that_is_not_there_names_those_that_are(source):
    with pytest.raises(NormError, match="vlaanderen"):
        read_norm(source)


def test_byte_order_mark_and_line_ends_of_spreadsheets_change_nothing(folder, norm):
    for table in HEADS:
        file = folder / f"{table}.csv"
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert read_norm(folder).rules == norm.rules


def test_more_columns_are_allowed(folder, norm):
    file = folder / "services.csv"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([f"{lines[0]},phone", *(f"{line},012" for line in lines[1:])]) + "\n", "utf-8")
    own = read_norm(folder)
    assert own.rules == norm.rules
    assert set(own.services["phone"]) == {"012"}


# -------------------- a norm of one's own


def test_hash_tells_tables_apart(folder, norm):
    assert read_norm(folder).hash == norm.hash, "the same tables"
    set_cell(folder, "limits", CRO01A, "limit", "1.9")
    changed = read_norm(folder)
    assert changed.hash != norm.hash
    assert changed.rules["CRO-01"].limits["A"][0].limit == 1.9
    assert changed.rules["CRO-02"] == norm.rules["CRO-02"]


def test_another_wording_is_no_other_norm(folder, norm):
    set_cell(folder, "criteria", {"code": "CRO-01"}, "name_fr", "Bordure")
    set_cell(folder, "criteria", {"code": "CRO-01"}, "sentence_nl", "De boordsteen meet hoogstens {limit} {unit}.")
    set_cell(folder, "remedies", {"remedy": "snoeien"}, "name_en", "Prune")
    changed = read_norm(folder)
    assert changed.criteria.at["CRO-01", "name_fr"] == "Bordure"
    assert changed.hash == norm.hash
    set_cell(folder, "remedies", {"remedy": "snoeien"}, "responsible", "wegen")
    assert read_norm(folder).hash != norm.hash


def test_hash_covers_own_attributes(folder, norm):
    (folder / "attributes.csv").write_text(f"{ATTRIBUTES}bench_length,rest_place,m,number,,0..20,survey,Length.\n", "utf-8")
    assert read_norm(folder).rules == norm.rules
    assert read_norm(folder).hash != norm.hash


def append(folder, table, **cells):
    file = folder / f"{table}.csv"
    head = file.read_text("utf-8").splitlines()[0].split(",")
    with file.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, head, restval="", lineterminator="\n").writerow(cells)


def test_own_norm_with_own_attribute_judges(folder, norm):
    (folder / "norm.toml").write_text('name = "Dorp"\nversion = "3"\n', "utf-8")
    (folder / "attributes.csv").write_text(
        ATTRIBUTES + "bench_length,rest_place,m,number,,0..20,survey,Length of the seat.\n", "utf-8"
    )
    cells = {
        "theme": "straatmeubilair", "kind": "rest_place", "tier": "detail", "attribute": "bench_length", "compare": "min",
        "unit": "m", "tolerance": "0.05", "severity_base": "1", "remedy": "bank_vervangen", "name_nl": "L", "name_en": "L",
        "sentence_nl": "De bank is minstens {limit} {unit} lang.", "sentence_en": "The bench is at least {limit} {unit} long.",
    }  # fmt: skip
    append(folder, "criteria", code="OWN-01", **cells)
    append(folder, "limits", code="OWN-01", level="A", limit="1.5", per_driver="0", basis="voorstel", source="EIGEN")
    own = read_norm(folder)
    assert (own.name, own.version) == ("Dorp", "3")
    assert own.hash != norm.hash
    assert own.attributes["bench_length"].plausible == (0.0, 20.0)
    assert "bench_length" not in schema.attributes()
    verdicts = judge(own.rules["OWN-01"], pd.DataFrame({"bench_length": [1.44, 1.45]}))["A"]
    assert [schema.OUTCOMES[code] for code in verdicts.outcome] == ["fails", "meets"]


def test_folder_name_and_version_0_where_nothing_is_said(folder):
    (folder / "norm.toml").unlink()
    own = read_norm(folder)
    assert (own.name, own.version) == ("own", "0")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("kerb_height,crossing_end,m,number,,,survey,Kerb.", "attribute kerb_height: differs from the package's"),
        ("speed_limit,street,mph,number,,,survey,Limit.", "attribute speed_limit: unit 'mph' does not fit a number"),
        ("colour,kerb,class,colour,,,survey,Colour.", "attribute colour: type 'colour' is not number, bool or class"),
        ("colour,kerb,class,class,,,survey,Colour.", "attribute colour: classes only and always"),
        ("colour,kerbstone,class,class,red|grey,,survey,Colour.", "attribute colour: kind kerbstone is not known"),
        ("colour,,class,class,red|grey,,survey,Colour.", "attribute colour: has no kind"),
        ("length,kerb,m,number,,0..many,survey,Length.", "attribute length: plausible '0..many' is not bounds"),
        ("length,kerb,m,number", "attributes row 2: 4 cells instead of 8"),
    ],
)
def test_faults_of_own_attributes_are_named(folder, row, said):
    (folder / "attributes.csv").write_text(f"{ATTRIBUTES}{row}\n", "utf-8")
    assert any(said in problem for problem in problems(folder))


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"name\n", b"attribute,kind\nlength,kerb\n"])
def test_own_attributes_of_the_wrong_form_are_refused(folder, raw):
    (folder / "attributes.csv").write_bytes(raw)
    assert any("attributes" in problem for problem in problems(folder))


@pytest.mark.parametrize("raw", [b"name = ", b"\xff"])
def test_broken_norm_toml_is_refused(folder, raw):
    (folder / "norm.toml").write_bytes(raw)
    (problem,) = problems(folder)
    assert problem.startswith("norm.toml: not a TOML file")


# -------------------- command line


@pytest.fixture
def run(monkeypatch):
    """Runs the command line; gives exit code and output, with line breaks of the terminal undone."""
    monkeypatch.setenv("COLUMNS", "300")

    def call(*arguments):
        result = CliRunner().invoke(app, ["norm", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, " ".join(result.output.split())

    return call


def test_list_names_the_bundled_norms(run, norm):
    code, text = run("list")
    assert code == 0
    assert f"vlaanderen 2026.1: 143 criteria, SHA-256 {norm.hash[:12]}" in text


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("nl", ("Boordsteenhoogte aan oversteek", "richtlijn", "buitenlandse norm")),
        ("en", ("Kerb upstand at the crossing", "guideline", "foreign norm")),
    ],
)
def test_show_tells_what_is_asked_at_every_level_and_why(run, lang, said):
    code, text = run("show", "CRO-01", "--lang", lang)
    assert code == 0
    for word in ("CRO-01", *said, "cm", "ENT-R", "PEB"):
        assert word in text, word


def test_show_renders_every_criterion(run, norm):
    for code in list(norm.rules)[::24]:
        assert run("show", code)[0] == 0, code


def test_show_of_an_unknown_code_is_a_wrong_call(run):
    code, text = run("show", "CRO-99")
    assert code == 2
    assert "'CRO-99'" in text


def test_show_reads_a_norm_of_ones_own(run, folder):
    set_cell(folder, "criteria", CRO01, "name_nl", "Eigen stoeprand [bold]")
    code, text = run("show", "CRO-01", "--norm", folder)
    assert code == 0
    assert "Eigen stoeprand [bold]" in text


def test_check_of_a_sound_folder(run, folder):
    code, text = run("check", folder)
    assert code == 0
    assert "143 criteria, no faults" in text


def test_check_lists_all_faults(run, folder):
    set_cell(folder, "criteria", CRO01, "attribute", "kerb_hight")
    set_cell(folder, "limits", {"code": "SUR-06", "level": "A"}, "source", "HEARSAY")
    code, text = run("check", folder)
    assert code == 2
    for word in ("2 faults", "'kerb_hight'", "'HEARSAY'"):
        assert word in text, word


@pytest.mark.parametrize("arguments", [("check", "no/such/folder"), ("show", "CRO-01", "--norm", "no/such/folder")])
def test_a_folder_that_is_not_there_is_a_wrong_call(run, arguments):
    code, text = run(*arguments)
    assert code == 2
    assert "no/such/folder" in text


def test_norm_error_is_one_of_ours():
    assert issubclass(NormError, ToegankelijkError)
    assert issubclass(NormError, ValueError)
