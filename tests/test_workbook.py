"""The workbook comes back: what nobody changed is no edit, what somebody changed is one, and nothing is lost in silence."""

from __future__ import annotations

import datetime
import re
import shutil
import sys
import zipfile
from random import Random

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

import toegankelijk as tg
from toegankelijk.errors import InputError, MissingExtraError
from toegankelijk.io import exports
from toegankelijk.io.cells import MAX_TEXT, clean
from toegankelijk.io.workbook_edits import workbook_edits
from toegankelijk.io.workbooks import read_workbook
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.ledger.fields import FIELDS, SHARED, STAFF
from toegankelijk.ledger.merging import apply_edits
from toegankelijk.ledger.state import canonical_state
from toegankelijk.ledger.words import field_choices, field_label
from toegankelijk.workbook import write_monitoring_workbook

from .screenings import screen_once
from .workbook_people import IDS, edited, edits_of, nothing, place, rows_of, small_state, type_in, written

MAIN, ROADS, PARKS, NOBODY = "Knelpunten", "Dienst wegen", "Groendienst", "Zonder dienst"


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def state():
    return small_state()


@pytest.fixture(scope="module")
def original(state, tmp_path_factory):
    return written(tmp_path_factory.mktemp("original"), state)


@pytest.fixture
def path(original, tmp_path):
    return shutil.copy2(original, tmp_path / original.name)


def the_edit(path, state):
    """The one edit of a workbook in which nothing else happened."""
    found = edits_of(path, state)
    assert (len(found.edits), len(found.refused), len(found.added), found.missing) == (1, 0, 0, ())
    return tuple(found.edits.iloc[0])


# -------------------- what nobody changed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_nobody_changed_is_no_edit(screening, lang, tmp_path):
    empty = (pd.DataFrame() for _ in range(4))
    proposed = {f"{name}_proposed": screening.table[name] for name in SHARED if name in screening.table}
    state = canonical_state(screening.table.assign(**proposed).rename_axis("row"), *empty)
    path = tmp_path / "x.xlsx"
    write_monitoring_workbook(path, state.table, city=screening.city, norm=screening.norm, lang=lang)
    assert nothing(edits_of(path, state))
    workbook = read_workbook(path)
    assert sum(len(sheet.rows) for sheet in workbook.sheets) == 2 * len(state.table)
    saved = edited(path, lambda book: None)
    assert nothing(edits_of(saved, state))
    assert read_workbook(saved).export.id == workbook.export.id


def test_the_workbook_knows_where_it_came_from(path, state, tmp_path):
    export = read_workbook(path).export
    assert (export.store, export.run, export.day, export.lang) == ("m.gpkg", 4, datetime.date(2026, 5, 1), "nl")
    (tmp_path / "again").mkdir()
    assert read_workbook(written(tmp_path / "again", state)).export.id == export.id
    assert read_workbook(written(tmp_path / "again", state, run=5)).export.id != export.id


NASTY = [
    "=1+1", "+1", "-1", "@x", "'=1", "'", " ", "  vooraan", "achteraan  ", "a\nb\n", "a\r\nb", "\ta", "007", "1e5", "1/2", "12%",
    "2026-05-01", "TRUE", "#REF!", "_x0041_", "x" * (MAX_TEXT + 5), "🚶" * 17_000, "\x00\x0b\x1f", "\ufffe", "half \ud83d", "nan",
    "K-000000000abc", "<a>&amp;]]>", "é\u00a0ü\u200b", "1.234,5",
]  # fmt: skip


def test_no_text_or_number_looks_changed_because_a_cell_cannot_hold_it(tmp_path):
    values = [[2**60, -1, None, 0, 2**53 + 1, 3], [0.1 + 0.2, 1e300, None, -0.0, 1 / 3, 5e-324]]
    moments = ["2026-05-01 14:30:05", "1850-01-01", None, "2262-01-01", "1900-01-01", "2026-05-01"]
    state = small_state(
        remark=NASTY[:6],
        reason=NASTY[6:12],
        photo=NASTY[12:18],
        description=NASTY[18:24],
        solution=NASTY[24:30],
        status=["open", "Open", "onbekend", "ouvert", "gepland", ""],
        done_on=pd.to_datetime(["2026-05-01", None, "1899-12-31", "2100-01-01", None, "2026-02-28"]),
        dossier=pd.array(values[0], dtype="Int64"),
        bedrag=values[1],
        gezien=pd.array([True, False, None, True, None, False], dtype="boolean"),
        bezoek=pd.to_datetime(moments, format="ISO8601"),
        allerlei=[1, "a", None, 2.5, datetime.date(2026, 5, 1), True],
    )
    for lang in LANGUAGES:
        path = written(tmp_path, state, lang=lang)
        assert nothing(edits_of(path, state)), lang
        assert nothing(edits_of(edited(path, lambda book: None), state)), lang


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(), max_size=40),
            st.sampled_from(NASTY),
            st.dates().map(str),
            st.floats().map(str),
            st.integers(0, 999).map("{:05}".format),
        ),
        min_size=18,
        max_size=18,
    )
)
def test_any_text_of_the_table_comes_back_as_no_edit(tmp_path, texts):
    state = small_state(remark=texts[:6], object_id=texts[6:12], eigen=texts[12:])
    assert nothing(edits_of(written(tmp_path, state), state))


# -------------------- what people type


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(st.characters(), min_size=1, max_size=60), st.sampled_from(NASTY)))
def test_any_text_that_people_type_arrives_as_it_is(original, state, text):
    typed = clean(text)[0]
    path = edited(original, lambda book: type_in(book[MAIN], IDS[0], "remark", typed))
    found = edits_of(path, state)
    wanted = [(IDS[0], "remark", "", typed)] if typed.strip() else []
    assert rows_of(found.edits, "bottleneck_id", "field", "before", "after") == wanted
    assert len(found.refused) == 0


TYPED = [
    ("done_on", "1/5/2026", "2026-05-01"), ("done_on", "01-05-2026", "2026-05-01"), ("done_on", "1.5.26", "2026-05-01"),
    ("done_on", "2026-05-01", "2026-05-01"), ("done_on", " 31/12/2025 ", "2025-12-31"), ("done_on", 46143, "2026-05-01"),
    ("done_on", datetime.date(2026, 5, 1), "2026-05-01"),
    ("done_on", pd.Timestamp("2026-05-01 14:30").to_pydatetime(), "2026-05-01T14:30:00"), ("target_year", 2030, "2030"),
    ("target_year", "2030", "2030"), ("target_year", "2.030", "2030"), ("target_year", 2030.0, "2030"),
    ("planning_staff", "kt", "KT"), ("planning_staff", "LT (lange  termijn)", "LT"),
    ("planning_staff", "MLT (moyen terme)", "MLT"), ("planning_staff", " lt (long term) ", "LT"),
    ("status_staff", "In uitvoering", "in_uitvoering"), ("status_staff", "uitgevoerd", "uitgevoerd"),
    ("status_staff", "wacht op AWV", "wacht op AWV"), ("status_staff", "offen", "open"),
    ("responsible_staff", "Dienst  Mobiliteit", "mobiliteit"), ("responsible_staff", "Roads service", "wegen"),
    ("responsible_staff", "aannemer Peeters", "aannemer Peeters"), ("cost_class_staff", "3", "3"), ("remark", 7, "7"),
    ("remark", 1.5, "1.5"), ("remark", True, "true"), ("remark", datetime.date(2026, 5, 1), "2026-05-01"),
    ("remark", " spaties blijven ", " spaties blijven "), ("remark", "=1+1", "=1+1"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "typed", "after"), TYPED)
def test_what_people_type_is_understood(path, state, field, typed, after):
    seen = []
    copy = edited(path, lambda book: seen.append(type_in(book[MAIN], IDS[2], field, typed)))
    if field in SHARED:
        assert the_edit(copy, state) == (IDS[2], f"{field}_staff", "", after, MAIN, seen[0])
    else:
        assert the_edit(copy, state) == (IDS[2], field, "", after, MAIN, seen[0])


UNREAD = [
    ("done_on", "31/2/2026", "exists"), ("done_on", "mei", "no date"), ("done_on", 2026, "no date"),
    ("done_on", "1/5/0226", "226"), ("done_on", True, "no date"), ("target_year", "volgend jaar", "no number"),
    ("target_year", 2030.5, "whole"), ("target_year", 10**12, "large"),
    ("target_year", datetime.date(2026, 5, 1), "no number"), ("reason", "x" * 501, "500 characters"),
    ("planning", "volgend jaar", "4 characters"), ("bedrag", "1.234", "thousands"), ("gezien", "misschien", "neither"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "typed", "note"), UNREAD)
def test_what_is_not_understood_is_told_with_its_cell(tmp_path, field, typed, note):
    state = small_state(bedrag=1.5, gezien=True)
    seen = []
    copy = edited(written(tmp_path, state), lambda book: seen.append(type_in(book[MAIN], IDS[0], field, typed)))
    found = edits_of(copy, state)
    assert len(found.edits) == 0
    (row,) = found.refused.itertuples(index=False)
    assert (row.bottleneck_id, row.field, row.sheet, row.cell, row.why) == (IDS[0], field, MAIN, seen[0], "unread")
    assert note in row.note
    assert row.after == str(typed) or not isinstance(typed, str), "what was typed is not lost"


@pytest.mark.parametrize(
    ("typed", "after"),
    [("1.234,50", "1234.5"), ("1 234,5", "1234.5"), ("1,5", None), ("2,5", "2.5"), ("1e3", "1000"), ("-7", "-7"), (2, "2")],
)
def test_numbers_as_belgians_write_them(tmp_path, typed, after):
    state = small_state(bedrag=1.5)
    found = edits_of(edited(written(tmp_path, state), lambda book: type_in(book[MAIN], IDS[0], "bedrag", typed)), state)
    assert found.edits["after"].tolist() == ([after] if after else [])
    assert len(found.refused) == 0


def test_yes_and_no_in_words(tmp_path):
    state = small_state(gezien=[True, False, True, False, True, False])

    def change(book):
        for identity, word in zip(IDS, ["nee", "Ja", "non", "oui", "falsch", "x"], strict=True):
            type_in(book[MAIN], identity, "gezien", word)

    found = edits_of(edited(written(tmp_path, state), change), state)
    assert found.edits["after"].tolist() == ["false", "true"] * 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_of_every_language_and_codes_are_understood_in_every_workbook(tmp_path, lang):
    state = small_state(status=["gepland"] * 6, status_staff=["gepland"] * 6)
    path = written(tmp_path, state, lang=lang)
    words = [field_choices("status_staff", other)["uitgevoerd"] for other in LANGUAGES] + ["uitgevoerd", " UITGEVOERD"]

    def change(book):
        for identity, word in zip(IDS, words, strict=True):
            type_in(book.worksheets[0], identity, "status", word)

    found = edits_of(edited(path, change), state)
    assert rows_of(found.edits, "field", "before", "after") == [("status_staff", "gepland", "uitgevoerd")] * 6


# -------------------- effective columns, and those of the machine


def test_an_effective_column_is_edited_for_staff(path, state):
    copy = edited(path, lambda book: type_in(book[ROADS], IDS[0], "planning", "LT (lange termijn)"))
    assert the_edit(copy, state)[1:4] == ("planning_staff", "", "LT")


def test_emptying_what_staff_said_takes_it_back_and_emptying_a_proposal_is_told(tmp_path):
    state = small_state(planning=["LT", "KT", "MLT", "MLT", "LT", "LT"], planning_staff=["LT", "", "", "", "", ""])

    def change(book):
        type_in(book[MAIN], IDS[0], "planning", None)
        type_in(book[MAIN], IDS[1], "planning", " ")

    found = edits_of(edited(written(tmp_path, state), change), state)
    assert rows_of(found.edits, "bottleneck_id", "field", "before", "after") == [(IDS[0], "planning_staff", "LT", "")]
    (problem,) = found.problems
    assert "was emptied" in problem
    assert problem.startswith(f"{MAIN}!K")


def test_a_word_that_staff_say_again_after_new_evidence_is_an_edit(tmp_path):
    state = small_state(status=["heropend"] + ["open"] * 5, status_staff=["uitgevoerd"] + [""] * 5)
    copy = edited(written(tmp_path, state), lambda book: type_in(book[MAIN], IDS[0], "status", "uitgevoerd"))
    assert the_edit(copy, state)[1:4] == ("status", "heropend", "uitgevoerd")


def test_an_edit_in_a_column_of_the_machine_comes_back(path, state):
    copy = edited(path, lambda book: type_in(book[PARKS], IDS[2], "street", "Kerkstraat"))
    assert the_edit(copy, state)[:5] == (IDS[2], "street", "Straat 2", "Kerkstraat", PARKS)


def test_an_edit_of_a_place_is_told(path, state):
    copy = edited(path, lambda book: type_in(book[MAIN], IDS[2], "place.x", 100_010.5))
    found = edits_of(copy, state)
    assert rows_of(found.refused, "field", "before", "after", "why") == [("place.x", "100002.25", "100010.5", "derived")]


def test_a_text_that_was_cut_is_never_taken_for_the_whole(tmp_path):
    state = small_state(remark=["x" * (MAX_TEXT + 9), *[""] * 5])
    copy = edited(written(tmp_path, state), lambda book: type_in(book[MAIN], IDS[0], "remark", "y"))
    found = edits_of(copy, state)
    assert rows_of(found.refused, "field", "before", "after", "why") == [("remark", "x" * (MAX_TEXT + 9), "y", "cut")]


def test_every_column_that_staff_own_can_be_filled_in(path, state):
    fields = [name for name in FIELDS if FIELDS[name].owner == "staff"]
    typed = {"date": "1/5/2026", "int32": 3, "float": 1250.5}

    def change(book):
        for name in fields:
            type_in(book[MAIN], IDS[3], name, typed.get(FIELDS[name].type, "KT"))

    found = edits_of(edited(path, change), state)
    assert set(found.edits["field"]) == set(fields)
    assert set(STAFF) <= set(fields)
    assert len(found.refused) == 0


# -------------------- two sheets, several people


def test_an_edit_on_one_of_two_sheets_is_the_edit_and_the_same_on_both_is_one(path, state):
    def change(book):
        type_in(book[ROADS], IDS[0], "remark", "dringend")
        type_in(book[MAIN], IDS[1], "remark", "samen")
        type_in(book[ROADS], IDS[1], "remark", "samen")

    found = edits_of(edited(path, change), state)
    assert rows_of(found.edits, "bottleneck_id", "after", "sheet") == [(IDS[1], "samen", MAIN), (IDS[0], "dringend", ROADS)]
    assert len(found.refused) == 0


def test_two_edits_of_one_cell_are_both_refused(path, state):
    cells = []

    def change(book):
        cells.append(type_in(book[MAIN], IDS[0], "planning", "LT (lange termijn)"))
        cells.append(type_in(book[ROADS], IDS[0], "planning", "MLT"))
        type_in(book[MAIN], IDS[1], "planning", "LT")
        type_in(book[MAIN], IDS[1], "planning_staff", "MLT")

    found = edits_of(edited(path, change), state)
    assert len(found.edits) == 0
    assert set(rows_of(found.refused, "bottleneck_id", "field", "after", "sheet", "why")) == {
        (IDS[0], "planning_staff", "LT", MAIN, "clash"),
        (IDS[0], "planning_staff", "MLT", ROADS, "clash"),
        (IDS[1], "planning_staff", "LT", MAIN, "clash"),
        (IDS[1], "planning_staff", "MLT", MAIN, "clash"),
    }
    assert f"{MAIN}!{cells[0]}, 'Dienst wegen'!{cells[1]}" in set(found.refused["note"])


def test_three_peoples_copies_of_one_export(path, state):
    """Edits of different cells all land, the same edit is one, and where two differ the first holds and the other is told."""

    def ann(book):
        type_in(book[ROADS], IDS[0], "remark", "Ann")
        type_in(book[ROADS], IDS[1], "planning", "LT")

    def ben(book):
        type_in(book[MAIN], IDS[0], "remark", "Ben")
        type_in(book[MAIN], IDS[2], "planning", "KT")

    def cem(book):
        type_in(book[MAIN], IDS[0], "reason", "Cem")
        type_in(book[MAIN], IDS[1], "planning", "lt")

    now, told = state, []
    for name, change in (("ann", ann), ("ben", ben), ("cem", cem)):
        found = edits_of(edited(path, change, f"{name}.xlsx"), now)
        now, outcome = apply_edits(
            now, found.edits, refused=found.refused, added=found.added, today=datetime.date(2026, 6, 1), origin=f"{name}.xlsx"
        )
        told += outcome["outcome"].tolist()
    rows = now.table.set_index("bottleneck_id")
    assert (rows.at[IDS[0], "remark"], rows.at[IDS[0], "reason"]) == ("Ann", "Cem")
    assert rows["planning_staff"].tolist() == ["", "LT", "KT", "", "", ""]
    assert sorted(told) == ["changed", "same", "set", "set", "set", "set"]
    book = openpyxl.load_workbook(path)
    cell = book[MAIN].cell(*place(book[MAIN], IDS[0], "remark")).coordinate
    (conflict,) = now.conflicts.to_dict("records")
    assert (conflict["staff_value"], conflict["machine_value"]) == ("Ben", "Ann")
    assert f"ben.xlsx {MAIN}!{cell}" in conflict["note"]


def test_a_workbook_of_another_table_is_refused(path):
    with pytest.raises(InputError, match=r"written from another one \(m\.gpkg\)"):
        edits_of(path, small_state(bottleneck_id=[f"K-{number:012}" for number in range(6)]))


# -------------------- files that are no workbook of ours, or unsafe


def rewritten(path, change, *, drop=()):
    """A copy of a workbook with other bytes in its parts."""
    target = path.with_name("rewritten.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in drop:
                new.writestr(name, change(name, old.read(name)))
    return target


def test_a_file_that_is_no_workbook_is_refused_with_what_to_do(path, tmp_path):
    for name, content, told in [
        ("old.xls", b"\xd0\xcf\x11\xe0 and so on", "without a password"),
        ("text.xlsx", b"bottleneck_id;planning\n", "no zip archive"),
        ("empty.xlsx", b"", "no zip archive"),
        ("cut.xlsx", path.read_bytes()[:-500], "no zip archive"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=told):
            read_workbook(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("content.xml", "<office/>")
    with pytest.raises(InputError, match=r"Excel 2007-365"):
        read_workbook(tmp_path / "a.ods")
    with pytest.raises(InputError, match="cannot be opened"):
        read_workbook(tmp_path / "nothing.xlsx")


def test_a_workbook_that_could_reach_out_or_fill_the_memory_is_not_read(path):
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>'
    with pytest.raises(InputError, match="DOCTYPE"):
        read_workbook(rewritten(path, lambda name, old: evil if name.endswith("sharedStrings.xml") else old))
    bomb = b"<worksheet>" + b" " * 30_000_000
    with pytest.raises(InputError, match="times its size"):
        read_workbook(rewritten(path, lambda name, old: bomb if name.endswith("sheet1.xml") else old))
    broken = rewritten(path, lambda name, old: old[:-200] if name.endswith("sheet1.xml") else old)
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        read_workbook(broken)


@pytest.mark.slow
def test_a_spoilt_workbook_is_refused_and_never_breaks_the_reader(path, tmp_path):
    """Bytes changed, cut out or put in, and parts taken away, at places that are the same at every run."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    refused = 0
    for seed in range(60):
        random = Random(seed)  # noqa: S311 - which bytes, not a secret
        name = random.choice(sorted(parts))
        spoilt = bytearray(parts[name])
        at = random.randrange(len(spoilt))
        if seed % 5 == 0:
            spoilt[at] = random.randrange(256)
        elif seed % 5 == 1:
            del spoilt[at:]
        elif seed % 5 == 2:
            del spoilt[at : at + random.randint(1, 60)]
        elif seed % 5 == 3:
            spoilt[at:at] = bytes(random.choices(b'<>&"/0aA9', k=random.randint(1, 9)))
        with zipfile.ZipFile(tmp_path / "spoilt.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            for other, content in parts.items():
                if other != name:
                    archive.writestr(other, content)
                elif seed % 5 < 4:
                    archive.writestr(other, bytes(spoilt))
        try:
            read_workbook(tmp_path / "spoilt.xlsx")
        except InputError:
            refused += 1
    assert refused > 30


def test_without_what_it_was_like_no_edit_can_be_told(path):
    def forget(book):
        del book[exports.SHEET]

    with pytest.raises(InputError, match="copy the cells into the exported one"):
        read_workbook(edited(path, forget))
    with pytest.raises(InputError, match="was changed"):
        read_workbook(edited(path, lambda book: book[exports.SHEET].cell(4, 1, '["K-1"]')))
    with pytest.raises(InputError, match="changed or cut off"):
        read_workbook(edited(path, lambda book: book[exports.SHEET].cell(2, 1, "{")))
    with pytest.raises(InputError, match="was changed"):
        read_workbook(edited(path, lambda book: book[exports.SHEET].delete_rows(5)))
    with pytest.raises(InputError, match="another version"):
        read_workbook(edited(path, lambda book: book[exports.SHEET].cell(1, 2, 99)))


def test_without_openpyxl_the_extra_is_named(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"toegankelijk\[excel\]"):
        read_workbook(path)


# -------------------- cells that say nothing, or something else than they show


def put_xml(path, sheet, cell, xml):
    """A copy in which a cell of a sheet is other XML, as other programs write it."""

    def change(name, old):
        if name != f"xl/worksheets/sheet{sheet}.xml":
            return old
        text = old.decode()
        start = text.index(f'<c r="{cell}"')
        end = min(at for at in (text.find("/>", start) + 2, text.find("</c>", start) + 4) if at > 4)
        return (text[:start] + f'<c r="{cell}"{xml}' + text[end:]).encode()

    return rewritten(path, change)


def test_of_a_formula_the_outcome_is_read_and_without_one_it_is_told(path, state):
    cells = []
    copy = edited(path, lambda book: cells.append(type_in(book[MAIN], IDS[0], "remark", "x")))
    with_value = put_xml(copy, 1, cells[0], ' t="str"><f>"a"&amp;"b"</f><v>ab</v></c>')
    assert the_edit(with_value, state)[1:4] == ("remark", "", "ab")
    without = put_xml(copy, 1, cells[0], "><f>A1+1</f></c>")
    found = edits_of(without, state)
    assert len(found.edits) == 0
    (row,) = found.refused.itertuples(index=False)
    assert (row.cell, row.why) == (cells[0], "unread")
    assert "formula" in row.note
    error = put_xml(copy, 1, cells[0], ' t="e"><v>#REF!</v></c>')
    assert "#REF!" in edits_of(error, state).refused.iloc[0]["note"]


def test_a_formula_without_outcome_never_empties_a_cell(path, state):
    book = openpyxl.load_workbook(path)
    row, column = place(book[MAIN], IDS[1], "street")
    cell = book[MAIN].cell(row, column).coordinate
    found = edits_of(put_xml(path, 1, cell, "><f>A1</f></c>"), state)
    assert len(found.edits) == 0
    assert rows_of(found.refused, "cell", "before", "why") == [(cell, "Straat 1", "unread")]


def test_merged_cells_below_one_another_say_the_same_and_those_beside_are_not_emptied(path, state):
    def change(book):
        sheet = book[MAIN]
        (row, column), (last, _) = place(sheet, IDS[0], "remark"), place(sheet, IDS[2], "remark")
        sheet.cell(row, column).value = "alle drie"
        sheet.merge_cells(start_row=row, end_row=last, start_column=column, end_column=column)
        row, column = place(sheet, IDS[3], "street")
        sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=column + 1)

    found = edits_of(edited(path, change), state)
    assert rows_of(found.edits, "bottleneck_id", "field", "after") == [(name, "remark", "alle drie") for name in IDS[:3]]
    assert len(found.refused) == 0
    (problem,) = found.problems
    assert "merged" in problem


def test_a_comment_is_told(path, state):
    def change(book):
        row, column = place(book[ROADS], IDS[0], "street")
        book[ROADS].cell(row, column).comment = Comment("bel eerst de buren", "x")

    found = edits_of(edited(path, change), state)
    assert len(found.edits) == 0
    assert [problem.partition(":")[0] for problem in found.problems] == ["'Dienst wegen'!D3"]


def test_excel_may_turn_texts_into_numbers(path, state):
    """ "007" that became 7 on the way is no edit; nor is a date, nor a word that is a number."""

    def change(book):
        for identity, value in [(IDS[0], 7), (IDS[1], 100_000), (IDS[2], 12), (IDS[4], datetime.date(2026, 5, 1))]:
            type_in(book[MAIN], identity, "object_id", value)

    assert nothing(edits_of(edited(path, change), state))


def test_what_the_file_says_of_its_size_is_not_believed(path, state):
    copy = edited(path, lambda book: type_in(book[MAIN], IDS[5], "remark", "onderaan"))
    lying = rewritten(
        copy,
        lambda name, old: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B2"', old) if "sheet1.xml" in name else old,
    )
    assert the_edit(lying, state)[3] == "onderaan"


def test_labels_are_there():
    for lang in LANGUAGES:
        assert label("workbook.check", lang)
        assert field_label("planning_staff", lang)


def test_edits_need_no_file(path, state):
    assert nothing(workbook_edits(read_workbook(path), state.table))
