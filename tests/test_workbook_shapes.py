"""Workbooks that were sorted, filtered, pasted together, and lost or got rows, columns and sheets."""

from __future__ import annotations

import shutil
from random import Random

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

from toegankelijk.errors import InputError
from toegankelijk.io.workbook_edits import workbook_edits
from toegankelijk.io.workbooks import read_workbook
from toegankelijk.ledger.fields import KEY, as_text

from .workbook_people import IDS, edited, edits_of, large_state, nothing, place, rows_of, small_state, type_in, written

MAIN, ROADS, PARKS, NOBODY, SUMMARY = "Knelpunten", "Dienst wegen", "Groendienst", "Zonder dienst", "Samenvatting"


@pytest.fixture(scope="module")
def state():
    return small_state(wijkbudget=[100, 200, 300, 400, 500, 600])


@pytest.fixture(scope="module")
def original(state, tmp_path_factory):
    return written(tmp_path_factory.mktemp("original"), state)


@pytest.fixture
def path(original, tmp_path):
    return shutil.copy2(original, tmp_path / original.name)


def only(path, state, *wanted):
    """Nothing but these edits: number, field and new text."""
    found = edits_of(path, state)
    assert set(rows_of(found.edits, KEY, "field", "after")) == set(wanted)
    assert (len(found.refused), len(found.added)) == (0, 0)
    return found


def lines_of(sheet, first=3):
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first)]


def put(sheet, lines, first):
    for down, line in enumerate(lines):
        for at, value in enumerate(line, 1):
            cell = sheet.cell(first + down, at)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # a text such as "=1+1" stays one


# -------------------- rows


def test_rows_may_be_sorted_and_filtered(path, state):
    def change(book):
        type_in(book[MAIN], IDS[1], "remark", "x")
        lines = lines_of(book[MAIN])
        put(book[MAIN], lines[::-1], 3)
        for row in (3, 4):
            book[MAIN].row_dimensions[row].hidden = True
        book[MAIN].auto_filter.add_filter_column(2, ["A"])
        type_in(book[MAIN], IDS[5], "reason", "bovenaan")

    only(edited(path, change), state, (IDS[1], "remark", "x"), (IDS[5], "reason", "bovenaan"))


def test_a_sheet_sorted_with_its_headings_is_still_read(path, state):
    """Somebody marks the whole sheet and sorts: the rows with names and headings land among the bottlenecks."""

    def change(book):
        sheet = book[MAIN]
        type_in(sheet, IDS[4], "remark", "x")
        lines = lines_of(sheet, 1)
        put(sheet, [lines[2], lines[1], lines[3], lines[0], *lines[4:]], 1)

    only(edited(path, change), state, (IDS[4], "remark", "x"))


def test_rows_above_and_below_the_table_that_are_no_bottlenecks(path, state):
    def change(book):
        sheet = book[MAIN]
        sheet.insert_rows(1, 3)
        sheet["A1"] = "Lijst van de dienst wegen, voorjaar 2026"
        sheet.merge_cells("A1:H2")
        last = sheet.max_row + 2
        sheet.cell(last, 1).value = "Totaal"
        for at in (20, 21):
            sheet.cell(last, at).value = f"=SUM({get_column_letter(at)}5:{get_column_letter(at)}{last - 1})"

    found = only(edited(path, change), state)
    assert not found.missing


def test_a_row_that_is_gone_is_told_and_is_no_edit(path, state):
    def change(book):
        for name in (MAIN, PARKS):
            book[name].delete_rows(place(book[name], IDS[2], "remark")[0])
        book[MAIN].delete_rows(place(book[MAIN], IDS[0], "remark")[0])

    assert only(edited(path, change), state).missing == (IDS[2],), "the other one stands on the sheet of its service still"


def test_a_row_without_number_is_a_new_one_and_comes_once(path, state):
    def change(book):
        for name, row in ((MAIN, 9), (NOBODY, 4)):
            sheet = book[name]
            for field, value in {"street": "Nieuwstraat", "description": "Losse tegel", "done_on": "1/5/2026"}.items():
                sheet.cell(row, place(sheet, sheet.cell(3, 1).value, field)[1]).value = value
        sheet = book[ROADS]
        sheet.cell(9, place(sheet, IDS[0], "remark")[1]).value = "onder Dienst wegen"

    copy = edited(path, change)
    found = edits_of(copy, state)
    assert len(found.edits) == 0
    assert len(found.refused) == 0
    rows = rows_of(found.added, "given", "sheet", "street", "done_on", "responsible", "remark")
    assert rows == [
        ("", MAIN, "Nieuwstraat", "2026-05-01", "", ""),
        ("", ROADS, "", "", "wegen", "onder Dienst wegen"),
    ]
    ids = list(found.added[KEY])
    assert all(name.startswith("E-") and len(name) == 14 for name in ids)
    assert len(set(ids)) == 2
    assert list(edits_of(edited(copy, lambda book: None, "again.xlsx"), state).added[KEY]) == ids, "the same again is the same"


def test_two_new_rows_that_say_the_same_are_two(path, state):
    def change(book):
        sheet = book[MAIN]
        for row in (9, 10):
            sheet.cell(row, place(sheet, IDS[0], "remark")[1]).value = "bank te laag"

    added = edits_of(edited(path, change), state).added
    assert len(added) == added[KEY].nunique() == 2


def test_a_new_row_has_the_place_that_was_typed(path, state):
    def change(book):
        sheet = book[MAIN]
        at = {name: place(sheet, IDS[0], name)[1] for name in ("remark", "place.x", "place.y", "place.lon", "place.lat")}
        rows = [("a", "100500,5", 170_000, None, None), ("b", None, None, "4,35", 50.85), ("c", "hier", None, None, None)]
        for row, values in enumerate(rows, 9):
            for name, value in zip(at, values, strict=True):
                sheet.cell(row, at[name]).value = value

    found = edits_of(edited(path, change), state)
    assert rows_of(found.added, "remark", "x", "y")[0] == ("a", "100500.5", "170000")
    x, y = (float(found.added.loc[1, name]) for name in "xy")
    point = pd.Series(state.table.to_crs("EPSG:4326").geometry)
    assert (148_000 < x < 152_000, 168_000 < y < 173_000, len(point)) == (True, True, 6), "Brussels in Lambert 72"
    assert rows_of(found.refused, KEY, "field", "after", "why") == [("", "place.x", "hier", "unread")]


def test_a_copied_row_that_tells_of_something_else_is_a_new_one(path, state):
    def change(book):
        sheet = book[ROADS]
        line = lines_of(sheet)[0]
        put(sheet, [line], 9)
        sheet.cell(9, place(sheet, IDS[0], "description")[1]).value = "Ook een paaltje"
        sheet.cell(9, place(sheet, IDS[0], "remark")[1]).value = "nieuw"
        type_in(sheet, IDS[0], "remark", "oud")

    found = edits_of(edited(path, change), state)
    assert rows_of(found.edits, KEY, "field", "after") == [(IDS[0], "remark", "oud")]
    (row,) = found.added.to_dict("records")
    assert (row["given"], row["description"], row["remark"], row["street"]) == (IDS[0], "Ook een paaltje", "nieuw", "Straat 0")
    assert (row["kind"], row["object_id"], row["wijkbudget"]) == ("footway", "007", "100"), (
        "what its sheet does not show is there too"
    )


def test_a_copied_row_keeps_the_original_whatever_stands_first(path, state):
    def change(book):
        sheet = book[MAIN]
        line = lines_of(sheet)[1]
        put(sheet, [line], 9)
        sheet.cell(4, place(sheet, IDS[0], "street")[1]).value = "Elders"
        sheet.cell(4, place(sheet, IDS[0], "remark")[1]).value = "elders ook"

    found = edits_of(edited(path, change), state)
    assert len(found.edits) == 0
    assert rows_of(found.added, "given", "street", "remark") == [(IDS[1], "Elders", "elders ook")]


def test_copies_of_colleagues_pasted_under_each_other(path, state):
    """With headings and all: what one of them filled in is an edit, and where two differ both are refused."""

    def change(book):
        sheet = book[MAIN]
        lines = lines_of(sheet, 1)
        remark, reason = (place(sheet, IDS[0], name)[1] for name in ("remark", "reason"))
        for first, who in ((9, "Ann"), (17, "Ben")):
            put(sheet, lines, first)
            sheet.cell(first + 3, remark).value = who
            sheet.cell(first + (4 if who == "Ann" else 5), reason).value = who

    found = edits_of(edited(path, change), state)
    assert set(rows_of(found.edits, KEY, "field", "after")) == {(IDS[2], "reason", "Ann"), (IDS[3], "reason", "Ben")}
    assert rows_of(found.refused, KEY, "after", "why") == [(IDS[1], "Ann", "clash"), (IDS[1], "Ben", "clash")]
    assert len(found.added) == 0


def test_a_number_that_was_erased_or_written_over_is_put_back(path, state):
    def change(book):
        type_in(book[MAIN], IDS[0], "remark", "x")
        for identity, typed in ((IDS[0], None), (IDS[3], "zie dossier 12")):
            type_in(book[MAIN], identity, KEY, typed)
            type_in(book[ROADS], identity, KEY, typed)

    found = only(edited(path, change), state, (IDS[0], "remark", "x"))
    assert not found.missing
    assert len(found.problems) == 4
    assert f"{MAIN}!A3: had the number ''" in found.problems[0]


def test_a_number_of_nobody_is_a_new_row(path, state):
    def change(book):
        sheet = book[MAIN]
        put(sheet, [lines_of(sheet)[0]], 9)
        sheet.cell(9, 1).value = "EIGEN-1"

    assert rows_of(edits_of(edited(path, change), state).added, "given", "street") == [("EIGEN-1", "Straat 0")]


def test_capitals_and_blanks_in_a_number_do_not_matter(path, state):
    def change(book):
        type_in(book[MAIN], IDS[0], "remark", "x")
        type_in(book[MAIN], IDS[0], KEY, f" {IDS[0].upper()} ")

    only(edited(path, change), state, (IDS[0], "remark", "x"))


def test_a_row_of_another_export_is_told_and_not_taken_over(path):
    later = small_state(bottleneck_id=[*IDS[:5], "K-00000000ffff"], remark=["", "", "", "", "", "in de tabel"])

    def change(book):
        sheet = book[MAIN]
        put(sheet, [lines_of(sheet)[5]], 9)
        sheet.cell(9, 1).value = "K-00000000ffff"
        sheet.cell(9, place(sheet, IDS[0], "remark")[1]).value = "uit een ander werkboek"

    found = edits_of(edited(path, change), later)
    assert len(found.edits) == 0
    assert len(found.added) == 0
    told = set(rows_of(found.refused, KEY, "field", "before", "after", "why"))
    assert ("K-00000000ffff", "remark", "in de tabel", "uit een ander werkboek", "other_export") in told
    assert {row[1] for row in told} <= {"remark", "wijkbudget"}


def test_numbers_that_the_table_itself_has_twice_belong_to_nobody_knows_which(tmp_path):
    state = small_state(bottleneck_id=[IDS[0], IDS[0], "", "", IDS[4], IDS[5]])
    path = written(tmp_path, state)
    assert nothing(edits_of(path, state)), "rows without a number that were there already are not new"

    def change(book):
        book[MAIN].cell(4, place(book[MAIN], IDS[0], "remark")[1]).value = "bij welke?"
        type_in(book[MAIN], IDS[4], "remark", "hier")

    found = edits_of(edited(path, change), state)
    assert rows_of(found.edits, KEY, "after") == [(IDS[4], "hier")]
    (problem,) = found.problems
    assert f"{MAIN}!A4" in problem


# -------------------- sorted by halves


def sort_alone(sheet, name, *, reverse=False):
    """Somebody sorts one column, and says no when asked whether the others should go along."""
    at = place(sheet, sheet.cell(3, 1).value, name)[1]
    values = [sheet.cell(row, at).value for row in range(3, sheet.max_row + 1)]
    values = sorted((value for value in values if value is not None), key=str, reverse=reverse) + [None] * values.count(None)
    put_column(sheet, at, values)


def put_column(sheet, at, values):
    for row, value in enumerate(values, 3):
        sheet.cell(row, at).value = value


@pytest.mark.parametrize("name", [KEY, "remark", "planning", "target_year", "description"])
def test_a_column_that_was_sorted_alone_is_refused(tmp_path, name):
    """What stands there would go to other bottlenecks."""
    state = large_state(60, description=list("fbdace"), planning=["KT", "LT", "MLT", "LT", "KT", "KT"])
    state.table["remark"] = [f"nota {number * 37 % 60}" for number in range(60)]
    path = edited(written(tmp_path, state), lambda book: sort_alone(book[MAIN], name, reverse=name in (KEY, "target_year")))
    with pytest.raises(InputError, match="sorted without the others") as caught:
        edits_of(path, state)
    assert all(problem.startswith(f"{MAIN}!") for problem in caught.value.problems)
    assert len(workbook_edits(read_workbook(path), state.table, as_meant=True).edits) + (name == KEY) > 0


def test_many_real_edits_are_not_taken_for_a_sort(tmp_path):
    state = large_state(60)

    def change(book):
        for number, identity in enumerate(state.table[KEY]):
            type_in(book[MAIN], identity, "planning", "LT" if number % 2 else "KT")
            type_in(book[MAIN], identity, "remark", f"nota {number}")

    found = edits_of(edited(written(tmp_path, state), change), state)
    assert len(found.refused) == 0
    assert (found.edits["field"] == "remark").sum() == 60


def test_a_number_that_was_dragged_down_is_put_back(path, state):
    def change(book):
        sheet = book[MAIN]
        type_in(sheet, IDS[2], "remark", "x")
        for row in (4, 5):
            sheet.cell(row, 1).value = IDS[0]

    found = only(edited(path, change), state, (IDS[2], "remark", "x"))
    assert len(found.problems) == 2
    assert not found.missing


# -------------------- columns


def test_columns_may_be_moved_renamed_and_taken_away(path, state):
    def change(book):
        sheet = book[MAIN]
        type_in(sheet, IDS[1], "remark", "x")
        for name in ("street", "priority_reason", "planning_staff"):
            sheet.delete_cols(place(sheet, IDS[0], name)[1])
        lines = lines_of(sheet, 1)
        order = sorted(range(len(lines[0])), key=lambda at: (at * 7) % 11)
        put(sheet, [[line[at] for at in order] for line in lines], 1)
        sheet.cell(2, place(sheet, IDS[0], "remark")[1]).value = "Onze opmerking"

    only(edited(path, change), state, (IDS[1], "remark", "x"))


def test_a_new_column_needs_only_a_heading(path, state):
    def change(book):
        sheet = book[ROADS]
        at = sheet.max_column + 1
        sheet.cell(2, at).value = " Aannemer  2026 "
        sheet.cell(3, at).value = "Peeters"
        sheet.cell(4, at).value = 12.5
        sheet.cell(5, at + 2).value = "zonder kop"

    found = only(edited(path, change), state, (IDS[0], "Aannemer 2026", "Peeters"), (IDS[1], "Aannemer 2026", "12.5"))
    assert [("without a heading" in problem, problem.partition(":")[0]) for problem in found.problems] == [
        (True, f"'Dienst wegen'!{get_column_letter(openpyxl.load_workbook(path)[ROADS].max_column + 3)}2")
    ]


def test_a_copied_column_with_another_heading_is_a_new_one(path, state):
    def change(book):
        sheet = book[MAIN]
        at, new = place(sheet, IDS[0], "remark")[1], sheet.max_column + 1
        for row in range(1, 9):
            sheet.cell(row, new).value = sheet.cell(row, at).value
        sheet.cell(2, new).value = "Opmerking groendienst"
        sheet.cell(3, new).value = "snoeien"
        sheet.cell(4, at).value = "x"

    only(edited(path, change), state, (IDS[0], "Opmerking groendienst", "snoeien"), (IDS[1], "remark", "x"))


def test_a_new_column_never_takes_the_name_of_another(path, state):
    def change(book):
        sheet = book[MAIN]
        for more, heading in enumerate(("geometry", "KIND", "Opmerking"), 1):
            sheet.cell(2, sheet.max_column + (more == 1) + (more > 1)).value = heading
            sheet.cell(3, sheet.max_column).value = heading

    found = edits_of(edited(path, change), state)
    assert set(found.edits["field"]) == {"geometry (2)", "KIND (2)", "Opmerking"}
    assert len(found.problems) == 2


def test_columns_of_staff_are_edited_like_others(path, state):
    def change(book):
        type_in(book[MAIN], IDS[0], "wijkbudget", "1.250,50")
        type_in(book[ROADS], IDS[1], "wijkbudget", 200)

    found = edits_of(edited(path, change), state)
    assert rows_of(found.refused, KEY, "field", "after", "note") == [(IDS[0], "wijkbudget", "1.250,50", "is no whole number")]
    copy = edited(path, lambda book: type_in(book[MAIN], IDS[0], "wijkbudget", "1.250"))
    only(copy, state, (IDS[0], "wijkbudget", "1250"))


# -------------------- headings and sheets


def test_without_the_hidden_row_headings_tell_the_columns(path, state):
    def change(book):
        for sheet in book.worksheets[:-3]:
            sheet.delete_rows(1)
        sheet = book[MAIN]
        at = next(cell.column for cell in sheet[1] if cell.value.startswith("Opmerking"))
        sheet.cell(2, at).value = "x"
        new = sheet.max_column + 1
        sheet.cell(1, new).value, sheet.cell(2, new).value = "Aannemer", "Peeters"

    only(edited(path, change), state, (IDS[0], "remark", "x"), (IDS[0], "Aannemer", "Peeters"))


def test_without_the_row_of_headings_the_names_do(path, state):
    def change(book):
        book[MAIN].delete_rows(2)
        book[MAIN].cell(2, place_in_second(book[MAIN], "remark")).value = "x"

    def place_in_second(sheet, name):
        return next(cell.column for cell in sheet[1] if cell.value == name)

    only(edited(path, change), state, (IDS[0], "remark", "x"))


def test_a_sheet_that_lost_what_is_needed_is_refused_with_what_to_do(path):
    with pytest.raises(InputError, match=r"'Dienst wegen'!A2: the row with headings is gone; copy it from another sheet"):
        read_workbook(edited(path, lambda book: book[ROADS].delete_rows(1, 2)))
    with pytest.raises(InputError, match="Groendienst!A2: the column 'Knelpuntnummer' is gone"):
        read_workbook(edited(path, lambda book: book[PARKS].delete_cols(1)))

    def all_of_it(book):
        for sheet in book.worksheets[:-3]:
            sheet.delete_rows(1, 2)

    with pytest.raises(InputError) as caught:
        read_workbook(edited(path, all_of_it))
    assert len(caught.value.problems) >= 3, "all at once"


def test_sheets_may_be_renamed_deleted_and_added(path, state):
    def change(book):
        type_in(book[ROADS], IDS[0], "remark", "x")
        book[ROADS].title = "Wegen & co."
        del book[PARKS], book[SUMMARY], book[NOBODY]
        notes = book.create_sheet("Notities", 0)
        notes["A1"], notes["B2"] = "Dit is geen tabel", 12

    found = only(edited(path, change), state, (IDS[0], "remark", "x"))
    assert rows_of(found.edits, "sheet", "cell")[0][0] == "Wegen & co."
    assert not found.problems


def test_an_own_sheet_with_numbers_but_no_headings_is_told(path, state):
    def change(book):
        notes = book.create_sheet("Notities")
        notes["B2"], notes["C2"] = IDS[0], "bellen"

    (problem,) = only(edited(path, change), state).problems
    assert problem.startswith("Notities!A2: the row with headings is gone")


def test_a_sheet_that_was_copied_counts_too(path, state):
    def change(book):
        copy = book.copy_worksheet(book[MAIN])
        copy.title = "Kopie"
        type_in(copy, IDS[2], "planning", "KT")

    only(edited(path, change), state, (IDS[2], "planning_staff", "KT"))


# -------------------- all at once


def shuffled(sheet, random):
    """Rows in another order, some of them gone, and columns in another order."""
    lines = lines_of(sheet, 1)
    rows = random.sample(lines[2:], len(lines) - 2)
    order = random.sample(range(len(lines[0])), len(lines[0]))
    gone = {rows.pop()[0] for _ in range(len(rows) // 8)}
    sheet.delete_rows(1, sheet.max_row)
    put(sheet, [[line[at] for at in order] for line in (*lines[:2], *rows)], 1)
    return gone


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_hundreds_of_random_edits_are_all_found_and_nothing_else(tmp_path, seed):
    """Planted edits on any sheet, then rows and columns shuffled and rows deleted: what was planted comes back, cell by cell."""
    random = Random(seed)  # noqa: S311 - which edits, not a secret
    state = large_state(90, wijkbudget=[1.5] * 6)
    typed = {
        "remark": ["dringend", "=1+1", " 007", "a\nb"],
        "planning": ["LT", "mlt"],
        "status": ["gepland", "wacht"],
        "street": ["Nieuwstraat", "Oude Baan"],
        "done_on": ["2026-05-01", "2025-12-31"],
        "wijkbudget": ["2.25", "100"],
    }
    wished, cells = {}, {}

    def change(book):
        sheets = [sheet for sheet in book.worksheets if sheet.title in (MAIN, ROADS, PARKS, NOBODY)]
        for _ in range(300):
            sheet = random.choice(sheets)
            row, name = random.randint(3, sheet.max_row), random.choice(list(typed))
            identity, text = sheet.cell(row, 1).value, random.choice(typed[name])
            if (identity, name, sheet.title) not in cells:
                cells[identity, name, sheet.title] = text
                type_in(sheet, identity, name, text)
        gone = {sheet.title: shuffled(sheet, random) for sheet in sheets}
        for (identity, name, title), text in cells.items():
            if identity not in gone[title]:
                wished.setdefault((identity, name), set()).add(text.upper() if name == "planning" else text)

    found = edits_of(edited(written(tmp_path, state), change), state)
    before = {(row[KEY], name): as_text(row[name]) for row in state.table.to_dict("records") for name in typed}
    wished = {key: texts - {before[key]} for key, texts in wished.items()}
    shared = {"planning": "planning_staff", "status": "status_staff"}
    wanted = {(key[0], shared.get(key[1], key[1]), *texts) for key, texts in wished.items() if len(texts) == 1}
    clashes = {(key[0], shared.get(key[1], key[1]), text) for key, texts in wished.items() if len(texts) > 1 for text in texts}
    assert len(wanted) > 100
    assert set(rows_of(found.edits, KEY, "field", "after")) == wanted
    assert set(rows_of(found.refused, KEY, "field", "after")) == clashes
    assert len(found.added) == 0
