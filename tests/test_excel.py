"""The Excel workbook: read back with another package, every text is inert, every code and value is there."""

import datetime
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toegankelijk as tg
from toegankelijk import labels
from toegankelijk.errors import ConfigError, InputError, MissingExtraError
from toegankelijk.io import excel, exports
from toegankelijk.io.cells import CUT, MAX_TEXT, clean, distinct, sheet_name
from toegankelijk.io.excel import write_workbook
from toegankelijk.io.exports import Export
from toegankelijk.io.sheets import CODES, DERIVED, HEAD_ROWS, SPARE_ROWS, TEAL, Column
from toegankelijk.ledger.fields import CLOSED, FIELDS, STAFF_STATUSES
from toegankelijk.ledger.words import field_choices
from toegankelijk.workbook import CHECK, COLOURS, FILLED, GIVEN, write_monitoring_workbook

from .hostile import never_ran, payloads, poison
from .screenings import screen_once

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1+1)", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "{=1+1}", "=1+1\x0b",
    '=HYPERLINK("https://example.org","klik")', '=WEBSERVICE("https://example.org/"&A1)', "https://example.org", "www.x.org",
    "mailto:anna@example.org", "internal:'codes'!A1", "external:c:\\x.xlsx", "file:///x", "ftp://example.org", "#REF!", "#N/A",
    "TRUE", "007", "1/2", "1e400", "12%", "2026-05-01", "_x0041_", "_xlfn.X", "'=1+1", "&amp;", "<f>1+1</f>", "]]>", "&L&P",
]  # fmt: skip
EMPTY = Export(pd.DataFrame(), {}, {}, day=datetime.date(2026, 5, 1))


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def book(screening, tmp_path_factory):
    return opened(screening, screening.table, tmp_path_factory.mktemp("book"))


def names_of(table) -> list[str]:
    """Printed columns that a table has."""
    return [name for name in (*GIVEN, *FILLED) if name in table]


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Rows as they are written: on which somebody has to act, the most urgent first."""
    urgency = pd.to_numeric(table["priority"]).fillna(-1)
    return table.iloc[np.lexsort((np.arange(len(table)), -urgency, table["status"].isin(CLOSED)))]


def opened(screening, table, folder, **options):
    path = Path(folder) / "monitoring.xlsx"
    write_monitoring_workbook(path, table, city=screening.city, norm=options.pop("norm", screening.norm), **options)
    return openpyxl.load_workbook(path)


def read_back(book) -> pd.DataFrame:
    """The table as a program reads it: by the hidden row, and words by the hidden sheet."""
    main, codes = book.worksheets[0], book[CODES]
    names = [cell.value for cell in main[1]]
    lists = {}
    for at in range(1, codes.max_column, 2):
        cells = codes.iter_rows(min_row=2, min_col=at, max_col=at + 1, values_only=True)
        pairs = [(word, code) for code, word in cells if code is not None]
        lists[codes.cell(1, at).value] = dict(pairs)
        assert len(dict(pairs)) == len(pairs), "a word stands for one code"
    rows = [list(row) for row in main.iter_rows(min_row=HEAD_ROWS + 1, max_col=len(names), values_only=True)]
    table = pd.DataFrame(rows, columns=names, dtype="object")
    for name, words in lists.items():
        table[name] = table[name].map(lambda word, words=words: words[word], na_action="ignore")
    return table[[name for name in names if not name.startswith(DERIVED)]]


def summary_of(book):
    return book.worksheets[-3]


def plain(value: object) -> str:
    """A value as the kind does not matter: a date is no time, a whole number has no decimals."""
    if labels.is_missing(value):
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def assert_same(book, table: pd.DataFrame) -> None:
    found = read_back(book)
    table = in_order(table)
    assert set(found) == set(table) - {"geometry"}
    for column in found:
        assert [plain(value) for value in found[column]] == [plain(value) for value in table[column]], column


# -------------------- what is in it


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_all_that_the_table_says_can_be_read_back(screening, tmp_path, lang):
    assert_same(opened(screening, screening.table, tmp_path, lang=lang), screening.table)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_people_read_words_in_their_language(screening, tmp_path, lang):
    book = opened(screening, screening.table, tmp_path, lang=lang)
    main = book.worksheets[0]
    assert main.title == labels.label("bottlenecks", lang)
    heads = {name.value: head.value for name, head in zip(main[1], main[2], strict=True)}
    assert set(heads) >= set(FIELDS) & set(screening.table)
    assert all(head for head in heads.values())
    assert not [name for name, head in heads.items() if name == head and "_" in name]
    first = {name.value: cell.value for name, cell in zip(main[1], main[3], strict=True)}
    row = screening.table.iloc[0]
    assert first["severity"] == labels.label(f"severity.{row['severity']}", lang)
    assert first["planning"] == labels.label(f"term.{row['planning']}", lang)
    assert first["priority_band"] == labels.label(f"band.{row['priority_band']}", lang)
    assert first["zone_id"] == screening.city.zones.loc[row["zone_id"], "name"]


def test_dates_and_numbers_are_no_text(screening, book):
    main = book.worksheets[0]
    cells = {name.value: cell for name, cell in zip(main[1], main[3], strict=True)}
    assert cells["first_seen"].is_date
    assert cells["first_seen"].value.date() == screening.table.iloc[0]["first_seen"]
    for name in ("priority", "cost_class", "target_year", "place.x", "place.lon"):
        assert cells[name].data_type == "n", name
        assert not cells[name].is_date
    assert {cell.data_type for name, cell in cells.items() if name in ("street", "description", "severity", "place.map")} == {"s"}


def test_places_are_those_of_the_points(screening, book):
    main = book.worksheets[0]
    at = {cell.value: cell.column for cell in main[1]}
    points = screening.table.geometry
    degrees = points.to_crs("EPSG:4326")
    for row, (metres, lonlat) in enumerate(zip(points, degrees, strict=True), HEAD_ROWS + 1):
        x, y, lon, lat, link = (main.cell(row, at[f"place.{name}"]).value for name in ("x", "y", "lon", "lat", "map"))
        assert (x, y) == pytest.approx((metres.x, metres.y), abs=0.01)
        assert (lon, lat) == pytest.approx((lonlat.x, lonlat.y), abs=2e-5)
        assert f"mlat={lat}&mlon={lon}" in link
    assert "geometry" not in at


def test_a_bottleneck_without_place_is_written(screening, tmp_path):
    table = screening.table.head(3).copy()
    table.geometry = [None, *table.geometry[1:]]
    main = opened(screening, table, tmp_path).worksheets[0]
    at = {cell.value: cell.column for cell in main[1]}
    assert [main.cell(row, at["place.map"]).value is None for row in (3, 4, 5)] == [True, False, False]


def test_the_head_stays_and_filters_and_the_first_row_is_hidden(screening, book):
    main = book.worksheets[0]
    last = HEAD_ROWS + len(screening.table)
    assert main.freeze_panes == "B3"
    assert main.auto_filter.ref == f"A2:{openpyxl.utils.get_column_letter(main.max_column)}{last}"
    assert main.row_dimensions[1].hidden
    assert not main.row_dimensions[2].hidden
    assert main["A1"].value == "bottleneck_id"
    assert [sheet.sheet_state for sheet in book][-2:] == ["veryHidden", "veryHidden"]
    assert book.sheetnames[-2:] == [CODES, exports.SHEET]
    assert {sheet.sheet_state for sheet in book.worksheets[:-2]} == {"visible"}
    assert book.active == main
    assert [book[exports.SHEET].cell(1, at).value for at in (1, 2)] == list(exports.FORMAT)


def test_every_service_has_a_sheet_with_its_rows(screening, book):
    services = screening.norm.services["name_nl"]
    parts = book.worksheets[1:-3]
    counts = screening.table["responsible"].value_counts()
    assert [sheet.title for sheet in parts] == [sheet_name(services[code]) for code in services.index if code in counts]
    for sheet, code in zip(parts, [code for code in services.index if code in counts], strict=True):
        assert [cell.value for cell in sheet[1]] == names_of(screening.table)
        ids = [sheet.cell(row, 1).value for row in range(HEAD_ROWS + 1, sheet.max_row + 1)]
        table = in_order(screening.table)
        assert ids == list(table.loc[table["responsible"] == code, "bottleneck_id"])
        assert (sheet.freeze_panes, sheet.row_dimensions[1].hidden) == ("B3", True)
        assert sheet.oddHeader.left.text.endswith(services[code])


def test_one_service_needs_no_sheet_of_its_own_and_rows_without_have_one(screening, tmp_path):
    alone = opened(screening, screening.table.assign(responsible="groen"), tmp_path)
    assert len(alone.worksheets) == 4
    table = screening.table.assign(responsible=[*[None] * 3, *["=1+1"] * (len(screening.table) - 3)])
    titles = opened(screening, table, tmp_path).sheetnames
    assert titles[1:-3] == ["=1+1", labels.label("workbook.nobody")]


def test_columns_of_staff_and_of_the_machine_look_different(screening, book):
    main = book.worksheets[0]
    fills = {cell.value: main.cell(2, cell.column).fill.fgColor.rgb[-6:].lower() for cell in main[1]}
    teal = {name for name, fill in fills.items() if f"#{fill}" == TEAL}
    assert teal == {name for name in screening.table if name in FIELDS and FIELDS[name].owner in ("effective", "staff")}
    assert len(set(fills.values())) == 2
    assert all(main.cell(3, cell.column).fill.fill_type == "solid" for cell in main[1] if cell.value in teal)


def test_what_staff_said_is_bold(screening, tmp_path):
    says = pd.Series(["LT", *[""] * (len(screening.table) - 1)], dtype="object")
    main = opened(screening, screening.table.assign(planning_staff=says), tmp_path).worksheets[0]
    at = [cell.value for cell in main[1]].index("planning") + 1
    assert [bool(main.cell(row, at).font.b) for row in (3, 4)] == [True, False]


def test_what_has_to_be_looked_at_stands_beside_the_row(screening, tmp_path):
    ids = in_order(screening.table)["bottleneck_id"].tolist()
    conflicts = pd.DataFrame(
        [
            {
                "bottleneck_id": ids[1],
                "what": "machine_field",
                "field": "street",
                "staff_value": "=A",
                "machine_value": "Kapelstraat",
            },
            {"bottleneck_id": ids[1], "what": "both_edited", "field": "planning", "staff_value": "KT", "machine_value": "LT"},
            {"bottleneck_id": "", "what": "field_gone", "field": "remark", "staff_value": "", "machine_value": ""},
        ]
    )
    main = opened(screening, screening.table, tmp_path, conflicts=conflicts).worksheets[0]
    at = [cell.value for cell in main[1]].index(CHECK) + 1
    assert main.cell(3, at).value is None
    told = main.cell(4, at).value
    assert "(=A / Kapelstraat)" in told
    assert [line.partition(":")[0] for line in told.split("\n")] == ["Straat", "Planning"]


def test_what_has_to_be_done_comes_first(screening, tmp_path):
    table = screening.table.assign(status=["geverifieerd", *["open"] * (len(screening.table) - 1)])
    main = opened(screening, table, tmp_path).worksheets[0]
    assert main.cell(HEAD_ROWS + len(table), 1).value == table["bottleneck_id"].iloc[0]
    assert_same(openpyxl.load_workbook(tmp_path / "monitoring.xlsx"), table)


def test_drop_downs_offer_the_codes_of_the_norm(screening, book):
    main, codes = book.worksheets[0], book[CODES]
    names = {openpyxl.utils.get_column_letter(cell.column): cell.value for cell in main[1]}
    rules = {names[str(rule.sqref).split("3:")[0]]: rule for rule in main.data_validations.dataValidation}
    lists = {name: rule for name, rule in rules.items() if rule.type == "list"}
    assert set(lists) == {"status", "planning", "priority_band", "responsible", "partner"}
    assert {name: rule.type for name, rule in rules.items() if name not in lists} == {
        "target_year": "whole",
        "cost_class": "whole",
    }
    for name, rule in rules.items():
        assert str(rule.sqref).endswith(str(HEAD_ROWS + len(screening.table) + SPARE_ROWS))
        assert (rule.errorStyle == "warning") == (name not in ("status", "planning", "priority_band")), "others may be entered"
    for name, rule in lists.items():
        sheet, _, area = rule.formula1.partition("!")
        assert sheet == CODES
        offered = [cell.value for line in codes[area.replace("$", "")] for cell in line]
        services = name in ("responsible", "partner")
        words = field_choices(f"{name}_staff")
        assert offered == (labels_of(screening.norm.services["name_nl"]) if services else list(words.values()))
    assert list(field_choices("status_staff")) == list(STAFF_STATUSES)


def labels_of(names: pd.Series) -> list[str]:
    return [str(name) for name in names]


def worded(column: str, code: str) -> str:
    return field_choices(column)[code]


def test_all_values_that_a_run_gives_have_words(screening):
    for name in ("status", "planning", "phase", "feasibility", "track", "priority_band"):
        assert set(screening.table[name]) <= set(field_choices(name)), name


def test_colours_repeat_what_the_words_say(book):
    main = book.worksheets[0]
    names = {openpyxl.utils.get_column_letter(cell.column): cell.value for cell in main[1]}
    coloured = {
        (names[str(area.sqref).split("3:")[0]], rule.formula[0].strip('"'))
        for area in main.conditional_formatting
        for rule in area.rules
    }
    assert coloured == {(name, worded(name, code)) for name in COLOURS for code in COLOURS[name]}


@pytest.mark.parametrize("colours", [pair for group in COLOURS.values() for pair in group.values()])
def test_text_on_a_colour_can_be_read(colours):
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(light(colour) for colour in colours)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_it_prints_on_wide_pages_with_the_head_on_each(screening, book):
    main = book.worksheets[0]
    assert main.page_setup.orientation == "landscape"
    assert main.page_setup.fitToWidth in (None, 1), "one page wide, which is the default"
    assert main.page_setup.fitToHeight == 0
    assert main.sheet_properties.pageSetUpPr.fitToPage
    assert main.print_title_rows == "$2:$2"
    assert main.print_area.endswith(
        f"$A$2:${openpyxl.utils.get_column_letter(len(names_of(screening.table)))}${HEAD_ROWS + len(screening.table)}"
    )
    assert screening.city.name in main.oddHeader.left.text
    assert main.oddFooter.center.text == "&P / &N"
    assert all(9 <= column.width <= 50 for column in main.column_dimensions.values())
    assert main["F3"].alignment.wrap_text


def test_the_summary_counts_and_names_the_source(screening, book):
    rows = [row for row in summary_of(book).iter_rows(values_only=True) if any(cell is not None for cell in row)]
    facts = {row[0]: row[1] for row in rows}
    assert facts["Norm"] == f"{screening.norm.name} {screening.norm.version}"
    assert facts[labels.label("checksum")] == screening.norm.hash
    assert facts["Knelpunten"] == len(screening.table)
    assert facts["Datum"].date() == screening.city.settings["date"]
    total = next(row for row in rows if row[0] == "Totaal")
    bands = screening.table["priority_band"].value_counts()
    assert total[1:5] == (*(bands[band] for band in ("hoog", "middel", "laag")), len(screening.table))
    theme = next(row for row in rows if row[0] == screening.norm.themes.loc["haltes", "name_nl"])
    assert theme[4] == (screening.table["theme"] == "haltes").sum()
    assert any("codes" in str(row[0]) for row in rows[-1:])


def test_the_summary_says_which_rows_of_the_norm_a_city_changed(screening, tmp_path):
    folder = tmp_path / "dorp"
    folder.mkdir()
    (folder / "norm.toml").write_text('base = "vlaanderen"\n', "utf-8")
    (folder / "themes.csv").write_text("theme,weight\nhaltes,2\n", "utf-8")
    book = opened(screening, screening.table, tmp_path, norm=tg.read_norm(folder), lang="en")
    facts = {row[0]: row[1] for row in summary_of(book).iter_rows(values_only=True) if row[0]}
    assert facts["Norm differs from vlaanderen, rows"] == "themes haltes"


def test_columns_of_staff_are_there_and_are_printed(screening, tmp_path):
    rows = len(screening.table)
    table = screening.table.assign(
        opmerking=["=1+1", *["dringend"] * (rows - 1)],
        gezien=[True, False, *[None] * (rows - 2)],
        bedrag=[12.5, np.nan, *[3] * (rows - 2)],
        dossier=pd.array([2**60, pd.NA, *[7] * (rows - 2)], dtype="Int64"),
        bezoek=[pd.Timestamp("2026-03-02 14:30"), pd.NaT, *[pd.Timestamp("1850-01-01")] * (rows - 2)],
    )
    book = opened(screening, table, tmp_path)
    main = book.worksheets[0]
    names = [cell.value for cell in main[1]]
    count = len(names_of(table))
    assert names[: count + 5] == [*names_of(table), "opmerking", "gezien", "bedrag", "dossier", "bezoek"]
    assert openpyxl.utils.get_column_letter(count + 5) in main.print_area
    cells = dict(zip(names, main[3], strict=True))
    assert (cells["opmerking"].value, cells["opmerking"].data_type) == ("=1+1", "s")
    assert cells["gezien"].value is True
    assert (cells["bedrag"].value, cells["bezoek"].value) == (12.5, pd.Timestamp("2026-03-02 14:30"))
    assert cells["dossier"].value == str(2**60), "a number that Excel would round stays text"
    assert_same(book, table)


def test_a_status_of_staff_that_nobody_foresaw_is_kept(screening, tmp_path):
    table = screening.table.copy()
    table.loc[0, "status"], table.loc[1, "status"] = "wacht op AWV", "ouvert"
    book = opened(screening, table, tmp_path, lang="fr")
    assert_same(book, table)
    main = book.worksheets[0]
    column = [cell.value for cell in main[1]].index("status")
    assert [main[row][column].value for row in (3, 4, 5)] == ["wacht op AWV", "ouvert (ouvert)", "ouvert"]


def test_an_empty_table_is_a_workbook(screening, tmp_path):
    book = opened(screening, screening.table.head(0), tmp_path)
    assert read_back(book).empty
    assert book.worksheets[0].max_row == HEAD_ROWS


def test_the_same_table_gives_the_same_bytes(screening, tmp_path):
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        opened(screening, screening.table, tmp_path / name)
        contents.append((tmp_path / name / "monitoring.xlsx").read_bytes())
    assert contents[0] == contents[1]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["monitoring.xlsx"]


# -------------------- texts that would run, break or get lost


def test_no_text_becomes_a_formula_a_link_or_a_number(screening, tmp_path):
    """Hostile texts in every cell, as columns of staff, and as names of the city, its zones and its services."""
    texts = [*FORMULAS, *payloads(tmp_path / "marker")]
    many = pd.concat([screening.table] * (1 + len(texts) // len(screening.table)), ignore_index=True).iloc[: len(texts)]
    table = many.assign(**{text: "x" for text in texts if "\r" not in text})
    table = poison(gpd.GeoDataFrame(table, crs=screening.table.crs), texts)
    zones = screening.city.zones.assign(name=texts[: len(screening.city.zones)])
    city = replace(screening.city, name=f"{texts[0]} &", zones=zones, settings={"attribution": texts[1]})
    services = screening.norm.services.assign(name_nl=(texts * 2)[: len(screening.norm.services)])
    hostile = replace(screening, city=city, norm=replace(screening.norm, services=services))
    book = opened(hostile, table, tmp_path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in "nsd", (sheet.title, cell.coordinate)
                assert cell.hyperlink is None
                if cell.data_type == "s":
                    assert cell.quotePrefix, "text stays text when somebody edits the cell"
    with zipfile.ZipFile(tmp_path / "monitoring.xlsx") as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    for name, part in parts.items():
        ElementTree.fromstring(part)  # noqa: S314 - our own file
        assert "externalLink" not in name
        assert "relationships/hyperlink" not in part
        assert not (name.startswith("xl/worksheets/") and re.search(r"<f[ >]|<hyperlink", part))
    found = read_back(book)
    for column in set(table) - {"geometry"}:
        wanted = [clean(plain(value))[0] for value in in_order(table)[column]]
        assert [plain(value) for value in found[clean(column)[0]]] == wanted, column
    assert never_ran(tmp_path / "marker")


@pytest.mark.parametrize(
    ("raw", "shown", "replaced", "cut"),
    [
        pytest.param("a\x00b\x0bc\x1fd\x7fe\x85f", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf", 1, 0, id="control"),
        pytest.param("half \ud83d of a pair", "half \ufffd of a pair", 1, 0, id="half of a pair"),
        pytest.param("no \ufffe character \uffff", "no \ufffd character \ufffd", 1, 0, id="no character"),
        pytest.param("two\r\nlines\rand\ta tab", "two\nlines\nand\ta tab", 0, 0, id="lines"),
        pytest.param("é🚶" * 3, "é🚶" * 3, 0, 0, id="pairs"),
        pytest.param("x" * MAX_TEXT, "x" * MAX_TEXT, 0, 0, id="just fits"),
        pytest.param("x" * (MAX_TEXT + 1), "x" * (MAX_TEXT - len(CUT)) + CUT, 0, 1, id="one too long"),
        pytest.param("🚶" * 16_383, "🚶" * 16_383, 0, 0, id="pairs just fit"),
        pytest.param("🚶" * 16_384, "🚶" * 16_381 + CUT, 0, 1, id="pairs too long"),
        pytest.param("=" * 40_000 + "\x01", "=" * (MAX_TEXT - len(CUT)) + CUT, 1, 1, id="both"),
    ],
)
def test_what_a_cell_cannot_hold_is_replaced_and_counted(screening, tmp_path, raw, shown, replaced, cut):
    table = screening.table.head(2).assign(opmerking=pd.Series([raw, "goed"], dtype="object"))
    path = tmp_path / "x.xlsx"
    written = write_monitoring_workbook(path, table, city=screening.city, norm=screening.norm, lang="en")
    assert (written.rows, written.replaced, written.cut) == (2, replaced, cut)
    book = openpyxl.load_workbook(path)
    assert read_back(book)["opmerking"].tolist() == [shown, "goed"]
    hints = [str(row[0]) for row in summary_of(book).iter_rows(values_only=True)]
    assert sum("control characters" in hint for hint in hints) == replaced
    assert sum("longer than" in hint for hint in hints) == cut


@given(text=st.text(st.characters(), max_size=80))
def test_any_text_comes_back_as_it_was_cleaned(text):
    import io

    import xlsxwriter

    sound, _, _ = clean(text)
    assert clean(sound) == (sound, False, False)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.add_worksheet(sheet_name(text)).write_string(0, 0, sound)
    sheet = openpyxl.load_workbook(stream).worksheets[0]
    assert (sheet["A1"].value or "") == sound
    assert sheet.title == sheet_name(text)


@given(st.lists(st.text(st.characters(), max_size=40), max_size=12))
def test_sheets_have_names_that_excel_takes(texts):
    names = [CODES]
    for text in texts:
        names.append(sheet_name(text, names))
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) <= 62
        assert not set(name) & set("[]:*?/\\")
        assert name == name.strip("' ")
        assert name.casefold() != "history"


@given(st.dictionaries(st.text(max_size=6), st.sampled_from(["a", "A", "a (b)", "=a", "", "a\x00", "a\ufffd"]), max_size=9))
def test_words_tell_codes_apart(words):
    chosen = distinct(words)
    assert list(chosen) == list(words)
    assert len({word.casefold() for word in chosen.values()}) == len(words)


# -------------------- what cannot be written


def test_without_xlsxwriter_the_extra_is_named(screening, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match=r"toegankelijk\[excel\]"):
        write_monitoring_workbook(tmp_path / "x.xlsx", screening.table, city=screening.city, norm=screening.norm)
    assert not list(tmp_path.iterdir())


def test_all_that_does_not_fit_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "MAX_ROWS", 502 + SPARE_ROWS)
    table = pd.DataFrame({"a": range(501)})
    with pytest.raises(ConfigError) as caught:
        write_workbook(tmp_path / "x.xlsx", table, [Column("b", "B")], name="x", title="x", export=EMPTY)
    assert ["column 'b'" in caught.value.problems[0], "501 rows" in caught.value.problems[1]] == [True, True]
    write_workbook(tmp_path / "x.xlsx", table.head(500), [Column("a", "A")], name="x", title="x", export=EMPTY)


def test_a_file_that_cannot_be_written_leaves_the_old_one(screening, tmp_path):
    with pytest.raises(InputError, match="could not be written"):
        write_monitoring_workbook(tmp_path / "no" / "x.xlsx", screening.table, city=screening.city, norm=screening.norm)
    (tmp_path / "x.xlsx").mkdir()
    (tmp_path / "x.xlsx" / "kept").write_text("kept")
    with pytest.raises(InputError, match=r"x\.xlsx: could not be written and is as it was"):
        write_monitoring_workbook(tmp_path / "x.xlsx", screening.table, city=screening.city, norm=screening.norm)
    assert [path.name for path in tmp_path.iterdir()] == ["x.xlsx"]
    assert (tmp_path / "x.xlsx" / "kept").read_text() == "kept"
