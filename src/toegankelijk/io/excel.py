"""Excel workbooks that people work in: every text inert, every code there to be read back.

Sheets, in this order: the table, a summary, and ``codes``, which is hidden. The first row of the table is hidden too and holds
the machine's name of each column, so that it moves along when a column does; the second has the headings. Cells of a coded
column show words; ``codes`` says which word stands for which code, one to one, and feeds the drop-downs. A column whose name
begins with `DERIVED` is worked out from others and need not be read back.
"""

from __future__ import annotations

import datetime
import math
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from toegankelijk.errors import ConfigError, InputError, missing_extra
from toegankelijk.io.cells import MAX_TEXT, clean, distinct, sheet_name, shorten
from toegankelijk.labels import is_missing, label

CODES = "codes"
"""Name of the hidden sheet."""

FORMAT = ("toegankelijk", 1)
"""First cells of the hidden sheet: whose workbook it is, and the version of its form."""

HEAD_ROWS = 2
"""Rows above the first one of the table: names and headings of the columns."""

DERIVED = "place."
"""Begin of the name of columns that are worked out from others."""

MAX_ROWS = 1_048_576
"""Rows of a sheet."""

SPARE_ROWS = 500
"""Rows under the last one that have drop-downs and colours too, for rows that people add."""

_LARGEST = 2**53
_FIRST_YEAR = 1900
_A3, _A4 = 8, 9
_NARROW, _WIDE = 9, 48


@dataclass(frozen=True)
class Column:
    """A column of the sheet.

    Parameters
    ----------
    name
        Column of the table.
    heading
        What people read above it.
    words
        Code to the word that stands for it; in a coded column, a code without a word stands for itself.
    choices
        Codes that a drop-down offers.
    closed
        Whether only these codes can be entered; if not, others are entered after a warning.
    colours
        Code to the colours of the cell and of its text, such as ``("#8c510a", "#ffffff")``.
    printed
        Whether it is on paper; those that are come first.
    """

    name: str
    heading: str
    words: Mapping[str, str] = field(default_factory=dict)
    choices: Collection[str] = ()
    closed: bool = True
    colours: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    printed: bool = True


@dataclass
class Written:
    """What was written: rows, cells whose text was cut, and cells in which control characters were replaced."""

    rows: int
    cut: int = 0
    replaced: int = 0


def write_workbook(
    path: str | Path,
    table: pd.DataFrame,
    columns: Sequence[Column],
    *,
    name: str,
    title: str,
    created: datetime.date,
    facts: Iterable[tuple[str, object]] = (),
    counts: pd.DataFrame | None = None,
    lang: str = "nl",
) -> Written:
    """Write a table as an Excel workbook; the same input gives the same bytes.

    No text becomes a formula, a link or a number, also not when somebody edits its cell. Control characters are replaced and
    texts too long for a cell are cut (see `toegankelijk.io.cells`); both are counted, here and in the summary.

    Parameters
    ----------
    path
        File to make or to replace; its folder must exist.
    table
        Rows. Text, numbers, true/false and dates keep their type; missing stays empty.
    columns
        Which columns to write, in this order but those that are not printed last.
    name
        Name of the sheet with the table.
    title
        Name of it all: on paper, in the summary and in the properties of the file.
    created
        Date in the properties of the file.
    facts
        Lines of the summary: what, and its value.
    counts
        Small table for the summary, with its index.
    lang
        Language of the summary and of hints.

    Raises
    ------
    MissingExtraError
        The package xlsxwriter is not installed.
    ConfigError
        The table has too many rows for a sheet, or lacks a column.
    InputError
        The file cannot be written (open in Excel, disk full); the old one stays.
    """
    try:
        import xlsxwriter
        from xlsxwriter.exceptions import XlsxWriterException
    except ImportError as error:
        raise missing_extra("xlsxwriter", "excel", "Writing Excel") from error
    path = Path(path)
    problems = [f"column {column.name!r} is not in the table" for column in columns if column.name not in table]
    if HEAD_ROWS + len(table) + SPARE_ROWS > MAX_ROWS:
        problems.append(f"{len(table)} rows are more than a sheet holds; write the GeoPackage only, or screen part of the city")
    if problems:
        raise ConfigError(f"{path}: cannot be written", problems)
    ordered = sorted(columns, key=lambda column: not column.printed)
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    try:
        with tempfile.TemporaryDirectory(prefix=".workbook-", dir=path.parent) as folder:
            draft = Path(folder) / "draft.xlsx"
            book = xlsxwriter.Workbook(str(draft), options)
            sheets = _Sheets(book, title, lang, Written(len(table)))
            taken = [CODES, sheet_name(name, [CODES])]
            names = (taken[1], sheet_name(label("workbook.summary", lang), taken), CODES)
            main, summary, codes = map(book.add_worksheet, names)
            sheets.fill_table(main, codes, table, ordered)
            sheets.fill_summary(summary, facts, counts)
            day = datetime.datetime(created.year, created.month, created.day)  # noqa: DTZ001 - a day, nobody's clock
            book.set_properties({"title": shorten(clean(title)[0], 255), "created": day})
            book.close()
            draft.replace(path)
    except (OSError, XlsxWriterException) as error:
        raise InputError(
            f"{path}: could not be written and is as it was ({error}). Is it open in another program, or the disk full?"
        ) from error
    return sheets.written


class _Sheets:
    """What the sheets of one workbook share while they are filled: formats, and the count of texts changed."""

    def __init__(self, book: Any, title: str, lang: str, written: Written) -> None:
        self.book, self.heading, self.lang, self.written = book, title, lang, written
        cell = {"valign": "top", "text_wrap": True}
        text = {**cell, "quote_prefix": True}  # text stays text when somebody edits its cell
        head = {**text, "bold": True, "bottom": 2, "bg_color": "#e6e2d3"}
        self.number, self.text, self.head = map(book.add_format, (cell, text, head))
        self.choice = book.add_format({**head, "bg_color": "#70b8ae"})
        self.code = book.add_format({"quote_prefix": True})
        self.title = book.add_format({"quote_prefix": True, "bold": True, "font_size": 14})
        self.date = book.add_format({**cell, "num_format": 14})  # these two show dates as the reader's computer does
        self.moment = book.add_format({**cell, "num_format": 22})

    def fill_table(self, main: Any, codes: Any, table: pd.DataFrame, columns: Sequence[Column]) -> None:
        """The table, and the hidden sheet with its codes."""
        last = HEAD_ROWS + len(table) - 1
        for at, part in enumerate(FORMAT):
            self._write(codes, 0, at, part, self.code)
        coded = 0
        for at, column in enumerate(columns):
            values = table[column.name].astype("object").tolist()
            words = _words(column, values)
            if words:
                self._list_codes(codes, 2 * coded, column, words)
                if column.choices:
                    self._offer(main, at, column, 2 * coded + 1, last + SPARE_ROWS)
                coded += 1
            self._colour(main, at, column, words, last + SPARE_ROWS)
            shown = [value if is_missing(value) else words.get(_code(value), value) for value in values]
            self._fill_column(main, at, column, shown)
        codes.hide()
        main.activate()
        self._arrange(main, columns, max(last, HEAD_ROWS - 1))

    def fill_summary(self, summary: Any, facts: Iterable[tuple[str, object]], counts: pd.DataFrame | None) -> None:
        """What the table rests on, what is in it, and what could not be written as it was."""
        self._write(summary, 0, 0, self.heading, self.title)
        row = 2
        for what, value in facts:
            self._write(summary, row, 0, what, self.head)
            self._write(summary, row, 1, value, self.text)
            row += 1
        if counts is not None:
            head: list[Any] = [counts.index.name or "", *counts.columns]
            cells = [[name, *line] for name, line in zip(counts.index, counts.astype("object").to_numpy().tolist(), strict=True)]
            for line, look in [(head, self.head), *((line, self.text) for line in cells)]:
                row += 1
                for at, value in enumerate(line):
                    self._write(summary, row, at, value, look)
        hints = [label("workbook.keep", self.lang, sheet=CODES)]
        if self.written.cut:
            hints.append(label("workbook.cut", self.lang, count=self.written.cut, most=MAX_TEXT))
        if self.written.replaced:
            hints.append(label("workbook.replaced", self.lang, count=self.written.replaced))
        for hint in hints:
            row += 2
            self._write(summary, row, 0, hint, self.code)
        for first, end, width in ((0, 0, 34), (1, 1, _WIDE), (2, 8, 12)):
            summary.set_column(first, end, width)
        summary.set_landscape()
        summary.set_paper(_A4)
        summary.fit_to_pages(1, 0)

    def _list_codes(self, codes: Any, at: int, column: Column, words: Mapping[str, str]) -> None:
        for place, text in ((at, column.name), (at + 1, column.heading)):
            self._write(codes, 1, place, text, self.code)
        for row, (code, word) in enumerate(words.items(), 2):
            self._write(codes, row, at, code, self.code)
            self._write(codes, row, at + 1, word, self.code)

    def _offer(self, main: Any, at: int, column: Column, listed: int, last: int) -> None:
        """Drop-down with the words of the choices, which are the first of the list."""
        from xlsxwriter.utility import xl_range_abs

        rule = {
            "validate": "list",
            "source": f"={CODES}!{xl_range_abs(2, listed, 1 + len(column.choices), listed)}",
            "error_type": "stop" if column.closed else "warning",
            "error_title": label("workbook.choose_title", self.lang),
            "error_message": label("workbook.choose", self.lang),
        }
        main.data_validation(HEAD_ROWS, at, last, at, rule)

    def _colour(self, main: Any, at: int, column: Column, words: Mapping[str, str], last: int) -> None:
        for code, (fill, ink) in column.colours.items():
            word = words.get(code, code).replace('"', '""')
            look = self.book.add_format({"bg_color": fill, "font_color": ink})
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
            main.conditional_format(HEAD_ROWS, at, last, at, rule)

    def _fill_column(self, main: Any, at: int, column: Column, values: Sequence[Any]) -> None:
        self._write(main, 0, at, column.name, self.code)
        self._write(main, 1, at, column.heading, self.choice if column.choices else self.head)
        for row, value in enumerate(values, HEAD_ROWS):
            self._write(main, row, at, value, self.text)
        lengths = sorted(len(str(value)) for value in values if not is_missing(value)) or [0]
        usual = lengths[int(0.9 * (len(lengths) - 1))] + 1
        width = min(max(_NARROW, len(column.heading) // 2 + 3, usual), _WIDE)  # headings wrap
        main.set_column(at, at, width, None, {} if column.printed else {"level": 1})

    def _arrange(self, main: Any, columns: Sequence[Column], last: int) -> None:
        """What is seen first, and how it comes on paper."""
        main.set_row(0, None, None, {"hidden": True})
        main.freeze_panes(HEAD_ROWS, 1)
        main.autofilter(HEAD_ROWS - 1, 0, last, len(columns) - 1)
        main.set_landscape()
        main.set_paper(_A3)
        main.fit_to_pages(1, 0)
        main.repeat_rows(HEAD_ROWS - 1)
        main.print_area(HEAD_ROWS - 1, 0, last, max(sum(column.printed for column in columns), 1) - 1)
        main.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
        title = shorten(" ".join(clean(self.heading)[0].split()), 100).replace("&", "&&")  # & begins an order to the printer
        main.set_header(f"&L{title}&R&D")
        main.set_footer("&C&P / &N")

    def _write(self, sheet: Any, row: int, at: int, value: Any, look: Any) -> None:
        """One cell: a number, true/false or a date as such, and all else as text."""
        if is_missing(value) or value == "":
            return
        value = value.item() if hasattr(value, "item") else value  # a number of NumPy
        if isinstance(value, datetime.datetime) and value.time() == datetime.time() and value.tzinfo is None:
            value = value.date()
        plain = self.number if look is self.text else look
        if isinstance(value, bool):
            sheet.write_boolean(row, at, value, plain)
        elif isinstance(value, int | float) and math.isfinite(value) and abs(value) <= _LARGEST:
            sheet.write_number(row, at, value, plain)
        elif isinstance(value, datetime.date) and value.year >= _FIRST_YEAR and getattr(value, "tzinfo", None) is None:
            sheet.write_datetime(row, at, value, self.moment if isinstance(value, datetime.datetime) else self.date)
        else:
            text, replaced, cut = clean(str(value))
            self.written.replaced += replaced
            self.written.cut += cut
            sheet.write_string(row, at, text, look)


def _words(column: Column, values: Sequence[Any]) -> dict[str, str]:
    """Word of every code of a coded column: its choices first, then what else it knows, then what is in the table only."""
    if not column.words:
        return {}
    there = {_code(value) for value in values if not is_missing(value)}
    codes = dict.fromkeys([*column.choices, *column.words, *sorted(there)])
    return distinct({code: column.words.get(code, code) for code in codes if code})


def _code(value: Any) -> str:
    """A code as text: a whole number without decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
