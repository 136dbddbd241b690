"""A norm folder that overrides rows of a bundled norm: what it replaces, adds and removes, and that all its faults are named."""

import csv
import io
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import toegankelijk
from toegankelijk.errors import NormError
from toegankelijk.norm import bundled_norms, judge, read_norm
from toegankelijk.norm.kernel import FAILS, MEETS
from toegankelijk.norm.tables import HEADS, MAX_BYTES, OVERRIDE_COLUMNS

BUNDLED = Path(toegankelijk.__file__).parent / "data" / "norm" / "vlaanderen"
LIMITS = ",".join(HEADS["limits"])
SEVERITIES = ",".join(HEADS["severities"])


@pytest.fixture(scope="module")
def base():
    return read_norm()


@pytest.fixture
def folder(tmp_path):
    """A norm folder that changes nothing of its base yet."""
    folder = tmp_path / "dorp"
    folder.mkdir()
    (folder / "norm.toml").write_text('name = "Dorp"\nversion = "2"\nbase = "vlaanderen"\n', "utf-8")
    return folder


def write(folder, table, *lines):
    (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def problems(folder):
    with pytest.raises(NormError) as caught:
        read_norm(folder)
    assert f"{len(caught.value.problems)} faults" in caught.value.message
    return caught.value.problems


def changes(norm):
    return [tuple(row) for row in norm.overrides.to_numpy().tolist()]


# -------------------- what it does


def test_a_folder_that_changes_nothing_is_its_base_under_another_name(folder, base):
    own = read_norm(folder)
    assert (own.name, own.version, own.base, own.base_hash) == ("Dorp", "2", "vlaanderen", base.hash)
    assert own.hash == base.hash
    assert own.rules == base.rules
    assert tuple(own.overrides) == OVERRIDE_COLUMNS
    assert own.overrides.empty
    for table in HEADS:
        pd.testing.assert_frame_equal(getattr(own, table), getattr(base, table))


def test_a_norm_that_stands_on_its_own_has_no_base(base):
    assert (base.base, base.base_hash, len(base.overrides)) == ("", "", 0)


def test_one_limit_is_replaced_and_nothing_else(folder, base):
    write(folder, "limits", LIMITS, "CRO-01,C,,,2.5,0,,voorstel,,EIGEN,")
    own = read_norm(folder)
    assert own.rules["CRO-01"].limits["C"][0].limit == 2.5
    assert own.rules["CRO-01"].limits["A"] == base.rules["CRO-01"].limits["A"]
    assert {code for code in base.rules if own.rules[code] != base.rules[code]} == {"CRO-01"}
    assert own.hash != base.hash
    was = base.limits[(base.limits["code"] == "CRO-01") & (base.limits["level"] == "C")].iloc[0]
    said = {column: (was_, now) for _, _, column, was_, now in changes(own)}
    assert said["limit"] == (was["limit"], "2.5")
    assert {(table, key) for table, key, *_ in changes(own)} == {("limits", "CRO-01 C")}
    verdicts = judge(own.rules["CRO-01"], pd.DataFrame({"kerb_height": [2.5, 3.0]}))["C"]
    assert verdicts.outcome.tolist() == [MEETS, FAILS]


def test_the_same_change_in_a_copy_of_all_tables_gives_the_same_hash(folder, tmp_path):
    whole = Path(shutil.copytree(BUNDLED, tmp_path / "whole"))
    text = (whole / "limits.csv").read_text("utf-8")
    old = next(line for line in text.splitlines() if line.startswith("PAS-01,B,"))
    new = old.replace("1.50", "1.60")
    assert old != new
    (whole / "limits.csv").write_text(text.replace(old, new), "utf-8")
    write(folder, "limits", LIMITS, new)
    assert read_norm(folder).hash == read_norm(whole).hash
    assert changes(read_norm(folder)) == [("limits", "PAS-01 B", "limit", "1.50", "1.60")]


def test_all_ranges_of_a_level_are_replaced_together(folder, base):
    assert len(base.rules["RMP-01"].limits["A"]) > 1
    write(folder, "limits", LIMITS, "RMP-01,A,,,4,0,,voorstel,,EIGEN,")
    own = read_norm(folder)
    assert [row.limit for row in own.rules["RMP-01"].limits["A"]] == [4.0]
    assert own.rules["RMP-01"].limits["B"] == base.rules["RMP-01"].limits["B"]
    (limit,) = [(was, now) for _, key, column, was, now in changes(own) if (key, column) == ("RMP-01 A", "limit")]
    assert limit[0].count(" / ") == len(base.rules["RMP-01"].limits["A"]) - 1
    assert limit[1] == "4"


def test_an_empty_limit_asks_nothing_at_that_level(folder):
    write(folder, "limits", LIMITS, "CRO-01,C,,,,0,,voorstel,,EIGEN,")
    assert not read_norm(folder).rules["CRO-01"].limits["C"][0].asks


def test_severities_of_a_criterion_are_replaced_together(folder, base):
    assert len(base.rules["PAS-01"].severities) == 2
    write(folder, "severities", SEVERITIES, "PAS-01,lt,0.80,,4")
    own = read_norm(folder)
    assert [(row.beyond, row.severity) for row in own.rules["PAS-01"].severities] == [(0.8, 4)]
    assert own.rules["PAS-02"].severities == base.rules["PAS-02"].severities


def test_a_row_keeps_the_columns_that_the_folder_leaves_out(folder, base):
    write(folder, "themes", "theme,weight", "haltes,2.5")
    write(folder, "remedies", "remedy,responsible,partner", "snoeien,wegen,")
    own = read_norm(folder)
    assert own.weight("haltes") == 2.5
    assert own.themes.loc["haltes", "name_nl"] == base.themes.loc["haltes", "name_nl"]
    assert own.themes.index.tolist() == base.themes.index.tolist(), "the order of the base"
    assert own.remedies.loc["snoeien", "responsible"] == "wegen"
    assert own.remedies.loc["snoeien", "partner"] == "", "an empty cell empties"
    assert changes(own) == [
        ("themes", "haltes", "weight", "1", "2.5"),
        ("remedies", "snoeien", "responsible", "groen", "wegen"),
        ("remedies", "snoeien", "partner", base.remedies.loc["snoeien", "partner"], ""),
    ]


def test_a_criterion_of_ones_own_is_added(folder, base):
    write(folder, "attributes", "attribute,kind,unit,type,classes,plausible,how,description_en",
          "bench_length,rest_place,m,number,,0..20,survey,Length of the seat.")  # fmt: skip
    cells = {
        "code": "OWN-01", "theme": "straatmeubilair", "kind": "rest_place", "tier": "core", "attribute": "bench_length",
        "compare": "min", "unit": "m", "applies": "", "tolerance": "0.05", "severity_base": "1", "remedy": "bank_vervangen",
        "alternative": "", "user_groups": "ALL", "how": "survey", "name_en": "L", "name_nl": "L",
        "sentence_nl": "De bank is minstens {limit} {unit} lang.", "sentence_en": "The bench is at least {limit} {unit} long.",
    }  # fmt: skip
    text = io.StringIO()
    writer = csv.DictWriter(text, cells, lineterminator="\n")
    writer.writeheader()
    writer.writerow(cells)
    write(folder, "criteria", text.getvalue().strip())
    write(folder, "limits", LIMITS, "OWN-01,A,,,1.5,0,,voorstel,,DORP,")
    write(folder, "sources", ",".join(HEADS["sources"]), "DORP,Besluit van de gemeenteraad,Dorp,2026,,,besluit,yes")
    own = read_norm(folder)
    assert set(own.rules) - set(base.rules) == {"OWN-01"}
    assert [(row[0], row[1], row[3]) for row in changes(own)] == [
        ("criteria", "OWN-01", ""), ("limits", "OWN-01 A", ""), ("sources", "DORP", ""),
    ]  # fmt: skip
    assert all("OWN-01" in now or "DORP" in now for *_, now in changes(own))


def test_a_removed_criterion_takes_its_limits_and_severities_with_it(folder, base):
    write(folder, "removed", "table,key", "criteria,PAS-01", "severities,CRO-01")
    own = read_norm(folder)
    assert set(base.rules) - set(own.rules) == {"PAS-01"}
    assert not own.limits["code"].eq("PAS-01").any()
    assert own.rules["CRO-01"].severities == ()
    assert own.rules["CRO-01"].limits == base.rules["CRO-01"].limits
    told = {(table, key): (was, now) for table, key, _, was, now in changes(own)}
    assert {("criteria", "PAS-01"), ("limits", "PAS-01 A"), ("severities", "PAS-01"), ("severities", "CRO-01")} <= set(told)
    assert all(was and not now for was, now in told.values())


def test_the_order_of_the_rows_changes_nothing(folder):
    rows = ["CRO-01,C,,,2.5,0,,voorstel,,EIGEN,", "PAS-01,A,,,2.00,0,,voorstel,,EIGEN,"]
    write(folder, "limits", LIMITS, *rows)
    first = read_norm(folder)
    write(folder, "limits", LIMITS, *reversed(rows))
    assert read_norm(folder).hash == first.hash
    assert changes(read_norm(folder)) == changes(first)


def test_the_base_is_not_touched(folder, base):
    write(folder, "limits", LIMITS, "CRO-01,C,,,2.5,0,,voorstel,,EIGEN,")
    read_norm(folder)
    assert read_norm().hash == base.hash


def test_bundled_norms_have_no_base():
    """No chains: a base is whole."""
    assert not [name for name in bundled_norms() if read_norm(name).base]


def test_the_example_of_the_docs_is_a_norm(tmp_path, base):
    text = (Path(__file__).resolve().parents[1] / "docs" / "norm.md").read_text("utf-8")
    blocks = re.findall(r"```(?:toml|text)\n(# my-norm/.*?)```", text, re.DOTALL)
    parts = re.split(r"^# my-norm/(\S+)\n", "\n".join(blocks), flags=re.MULTILINE)
    files = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(files) == {"norm.toml", "limits.csv", "sources.csv", "themes.csv", "removed.csv"}
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
    own = read_norm(tmp_path)
    assert (own.name, own.base) == ("Mijn stad", "vlaanderen")
    assert own.rules["PAS-01"].limits["A"][0].limit == 2.0
    assert own.weight("doorgangen") == 2.0
    assert set(base.rules) - set(own.rules) == {"FUR-12"}


# -------------------- faults

FAULTS = {
    # name: (table, lines, what must be said)
    "not nested with the base": (
        "limits", [LIMITS, "CRO-01,A,,,9,0,,voorstel,,EIGEN,"],
        ["CRO-01: level A asks less than B at every value: 9.0 and", "(see limits.csv)"],
    ),
    "severity of what meets now": (
        "limits", [LIMITS, *(f"CRO-01,{level},,,3.5,0,,voorstel,,EIGEN," for level in "ABC")],
        ["severities CRO-01: 3.0 meets some level", "(see limits.csv)"],
    ),
    "not a number": ("limits", [LIMITS, "CRO-01,C,,,3 cm,0,,voorstel,,EIGEN,"], ["limits.csv row 2: limit is '3 cm'"]),
    "unknown source": (
        "limits", [LIMITS, "PAS-01,A,,,2,0,,voorstel,,EIGEN,", "CRO-01,C,,,4,0,,voorstel,,HEARSAY,"],
        ["limits.csv row 3 (CRO-01 C): source 'HEARSAY'"],
    ),
    "row of nothing": ("limits", [LIMITS, "CRO-99,A,,,4,0,,voorstel,,EIGEN,"], ["limits.csv row 2 (CRO-99 A): no such"]),
    "limits lack columns": ("limits", ["code,level,limit", "CRO-01,C,4"], ["limits: column 'driver' is missing"]),
    "key lacks": ("themes", ["weight", "2"], ["themes: column 'theme' is missing"]),
    "misspelt column": ("themes", ["theme,weigth", "haltes,2"], ["themes.csv: column 'weigth' is not one of theme, weight"]),
    "new row lacks columns": (
        "remedies", ["remedy,cost_class", "bidden,1"], ["remedies.csv row 2: vlaanderen has no remedies 'bidden', and a new row"],
    ),
    "key twice": ("themes", ["theme,weight", "haltes,2", "haltes,3"], ["themes: key 'haltes' is empty or not unique"]),
    "bad weight": ("themes", ["theme,weight", "haltes,0"], ["theme haltes: weight must be above 0 (see themes.csv)"]),
    "removed one that is needed": (
        "removed", ["table,key", "remedies,snoeien"], ["remedy 'snoeien' is not in remedies (see removed.csv)"],
    ),
    "removed what is not there": ("removed", ["table,key", "criteria,CRO-99"], ["removed.csv row 2: vlaanderen has no criteria"]),
    "removed limits": ("removed", ["table,key", "limits,CRO-01 C"], ["removed.csv row 2: limits are not removed; give a row"]),
    "removed of no table": ("removed", ["table,key", "norms,CRO-01"], ["removed.csv row 2: table 'norms' is not known"]),
    "no key of removed": ("removed", ["table,code", "criteria,CRO-01"], ["removed: column 'key' is missing"]),
    "misspelt table": ("limit", [LIMITS, "CRO-01,C,,,4,0,,voorstel,,EIGEN,"], ["limit.csv: is no table of a norm"]),
    "other case": ("Limits", [LIMITS, "CRO-01,C,,,4,0,,voorstel,,EIGEN,"], ["Limits.csv: is no table of a norm"]),
    "too large": ("themes", ["theme,weight", "haltes,2" + "\n" * MAX_BYTES], ["themes: larger than"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_the_file_that_overrides(folder, fault):
    table, lines, said = FAULTS[fault]
    write(folder, table, *lines)
    found = problems(folder)
    assert any(all(text in problem for text in said) for problem in found), found
    assert len(found) <= 8


def test_faults_of_all_files_are_told_at_once(folder):
    write(folder, "limits", LIMITS, "CRO-01,C,,,veel,0,,voorstel,,EIGEN,")
    write(folder, "themes", "theme,weight", "haltes,0")
    write(folder, "removed", "table,key", "remedies,snoeien")
    write(folder, "services", "service,own", "groen,ja")
    found = problems(folder)
    for word in ("limits.csv row 2", "theme haltes", "'snoeien' is not in remedies", "service groen: own is 'ja'"):
        assert any(word in problem for problem in found), word


def test_what_is_removed_cannot_be_given_too(folder):
    write(folder, "removed", "table,key", "themes,haltes")
    write(folder, "themes", "theme,weight,name_nl,name_en", "haltes,2,Haltes,Stops")
    assert "themes.csv row 2: 'haltes' is removed in removed.csv, and given here" in problems(folder)


@pytest.mark.parametrize("base", ['"brussel"', '"../vlaanderen"', '"Dorp"', "3", '["vlaanderen"]', '""'])
def test_a_base_is_a_bundled_norm(folder, base):
    (folder / "norm.toml").write_text(f"base = {base}\n", "utf-8")
    (problem,) = problems(folder)
    assert "norm.toml: base" in problem
    assert "vlaanderen" in problem


def test_a_path_to_the_bundled_norm_is_no_base(folder):
    (folder / "norm.toml").write_text(f"base = '{BUNDLED}'\n", "utf-8")
    assert len(problems(folder)) == 1


def test_a_folder_without_base_needs_all_tables_and_removes_nothing(folder, tmp_path):
    (folder / "norm.toml").write_text('name = "Dorp"\n', "utf-8")
    with pytest.raises(NormError, match=r"norm\.toml may name a bundled norm") as caught:
        read_norm(folder)
    assert len(caught.value.problems) == len(HEADS)
    whole = Path(shutil.copytree(BUNDLED, tmp_path / "whole"))
    write(whole, "removed", "table,key", "criteria,PAS-01")
    assert any("removed.csv" in problem for problem in problems(whole))


@pytest.mark.parametrize("name", ["limits.csv", "removed.csv", "norm.toml", "attributes.csv"])
def test_links_and_folders_are_not_followed(folder, tmp_path, name):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("secret", "utf-8")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(NormError, match=r"no plain file"):
        read_norm(folder)
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(NormError, match=r"no plain file"):
        read_norm(folder)
