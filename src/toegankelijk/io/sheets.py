"""Sheets of a workbook while they are filled: columns with their words, colours and drop-downs, and every text inert."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from toegankelijk.io.cells import MAX_TEXT, clean, distinct, shorten
from toegankelijk.labels import is_missing, label

CODES = "codes"
"""Name of the hidden sheet with words."""

HEAD_ROWS = 2
"""Rows above the first one of a table: names and headings of the columns."""

DERIVED = ("place.", "check.")
"""Begins of names of columns that are worked out from others."""

MAX_ROWS = 1_048_576
"""Rows of a sheet."""

SPARE_ROWS = 500
"""Rows under the last one that have drop-downs and colours too, for rows that people add."""

TEAL = "#70b8ae"
"""Colour of what people fill in."""

_LARGEST = 2**53
_FIRST_YEAR = 1900
_A3, _A4 = 8, 9
_NARROW, _TYPED, _WIDE = 9, 24, 40  # characters: least, where people type, most
_FIRST, _NEXT, _SPREAD = 34, 13, 6  # columns of the summary: width of the first and the others, and the last one
_LINE, _MOST_LINES = 15, 12  # points, and lines of a row
_ROOM = 1.05  # part of a width that a text fills before it breaks
_GIVEN, _TINT = "#d9d9d9", "#eef7f5"


@dataclass(frozen=True)
class Column:
    """A column of the sheet.

    Parameters
    ----------
    name
        Column of the table.
    heading
        What people read above it.
    kind
        Type of the column, as in the ledger.
    words
        Code to the word that stands for it; in a coded column, a code without a word stands for itself.
    aliases
        Other words that are understood when the workbook comes back, and their codes.
    choices
        Codes that a drop-down offers.
    closed
        Whether only these codes can be entered; if not, others are entered after a warning.
    limits
        Least and greatest whole number that is entered without a warning.
    colours
        Code to the colours of the cell and of its text, such as ``("#8c510a", "#ffffff")``.
    printed
        Whether it is on paper, and on the sheets with a part of the rows; those that are come first.
    filled
        Whether people fill it in; its heading and cells have another colour.
    strong
        Column of the table in whose filled rows this one's cells are bold.
    """

    name: str
    heading: str
    kind: str = "str"
    words: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    choices: Collection[str] = ()
    closed: bool = True
    limits: tuple[int, int] | None = None
    colours: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    printed: bool = True
    filled: bool = False
    strong: str = ""


@dataclass(frozen=True)
class Part:
    """A sheet with a part of the rows.

    Parameters
    ----------
    name
        What it is called; made fit for a sheet.
    code
        Service that it is for.
    rows
        Which rows of the table it has, by place.
    """

    name: str
    code: str
    rows: np.ndarray


@dataclass
class Written:
    """What was written: rows, cells whose text was cut, and cells in which control characters were replaced."""

    rows: int
    cut: int = 0
    replaced: int = 0


class Sheets:
    """What the sheets of one workbook share while they are filled: formats, words, and the count of texts changed."""

    def __init__(self, book: Any, title: str, lang: str, table: pd.DataFrame, columns: Sequence[Column]) -> None:
        self.book, self.heading, self.lang, self.written = book, title, lang, Written(len(table))
        self.values = {column.name: table[column.name].astype("object").tolist() for column in columns}
        self.words = {column.name: _words(column, self.values[column.name]) for column in columns}
        self.strong = {
            column.name: ~np.array([is_missing(value) or value == "" for value in table[column.strong]], dtype=bool)
            for column in columns
            if column.strong
        }
        self.columns, self.listed = columns, dict[str, str]()
        self.code = book.add_format({"quote_prefix": True})
        self.wrapped = book.add_format({"quote_prefix": True, "text_wrap": True, "valign": "top"})
        self.title = book.add_format({"quote_prefix": True, "bold": True, "font_size": 14})
        self.looks: dict[tuple[str, bool, bool, bool], Any] = {}

    def look(self, kind: str, *, filled: bool = False, strong: bool = False, wrapped: bool = True) -> Any:
        """Format of a cell with a ``text``, a ``number``, a ``date``, a ``moment``, or of a ``head``."""
        key = (kind, filled, strong, wrapped)
        if key not in self.looks:
            asked: dict[str, Any] = {"valign": "top", "text_wrap": wrapped, "bold": strong}
            if kind in ("text", "head"):
                asked["quote_prefix"] = True  # text stays text when somebody edits its cell
            if kind == "text" and filled:
                asked["num_format"] = "@"  # a number typed here stays as it is typed
            if kind == "left":
                asked["align"] = "left"
            if kind == "number":
                asked |= {"align": "right", "indent": 1}
            if kind in ("date", "moment"):
                asked["num_format"] = 14 if kind == "date" else 22  # these two show dates as the reader's computer does
                asked["align"] = "left"
            if kind == "head":
                asked |= {"bold": True, "bottom": 2, "bg_color": TEAL if filled else _GIVEN}
            elif filled:
                asked |= {"bg_color": _TINT, "border": 1, "border_color": _GIVEN}  # a fill hides the lines between cells
            self.looks[key] = self.book.add_format(asked)
        return self.looks[key]

    def fill_codes(self, codes: Any) -> None:
        """Words of all coded columns, and where they stand."""
        from xlsxwriter.utility import xl_range_abs

        at = 0
        for column in self.columns:
            words = self.words[column.name]
            if not words:
                continue
            for place, text in ((at, column.name), (at + 1, column.heading)):
                self.put(codes, 0, place, text, self.code)
            for row, (code, word) in enumerate(words.items(), 1):
                self.put(codes, row, at, code, self.code)
                self.put(codes, row, at + 1, word, self.code)
            if column.choices:  # which come first
                self.listed[column.name] = f"={CODES}!{xl_range_abs(1, at + 1, len(column.choices), at + 1)}"
            at += 2

    def fill_table(self, sheet: Any, part: Part, columns: Sequence[Column]) -> None:
        """Rows of the table."""
        last = HEAD_ROWS + len(part.rows) - 1
        lines = np.ones(1 + len(part.rows), dtype=int)  # of text, in the row of headings and those below it
        for at, column in enumerate(columns):
            self._validate(sheet, at, column, last + SPARE_ROWS)
            self._colour(sheet, at, column, last + SPARE_ROWS)
            lines = np.maximum(lines, self._fill_column(sheet, at, column, part))
        for row in np.flatnonzero(lines > 1).tolist():  # not all programs look for themselves; other rows grow with what is typed
            sheet.set_row(HEAD_ROWS - 1 + row, _LINE * min(int(lines[row]), _MOST_LINES))
        _arrange(sheet, columns, max(last, HEAD_ROWS - 1), self.heading if not part.code else f"{self.heading}: {part.name}")

    def fill_summary(
        self, summary: Any, facts: Iterable[tuple[str, object]], counts: pd.DataFrame | None, hints: Iterable[str]
    ) -> None:
        """What the table rests on, what is in it, and what could not be written as it was."""
        self.put(summary, 0, 0, self.heading, self.title)
        head, text, left = self.look("head"), self.look("text"), self.look("left")
        row = 2
        for what, value in facts:
            self.put(summary, row, 0, what, head)
            if isinstance(value, str):
                self._spread(summary, row, 1, value)
            else:
                self.put(summary, row, 1, value, self.look("date" if isinstance(value, datetime.date) else "left"))
            row += 1
        if counts is not None:
            first: list[Any] = [counts.index.name or "", *counts.columns]
            cells = [[name, *line] for name, line in zip(counts.index, counts.astype("object").to_numpy().tolist(), strict=True)]
            for line, looks in [(first, (head, head)), *((line, (text, left)) for line in cells)]:
                row += 1
                for at, value in enumerate(line):
                    self.put(summary, row, at, value, looks[at > 0])
        told = list(hints)
        if self.written.cut:
            told.append(label("workbook.cut", self.lang, count=self.written.cut, most=MAX_TEXT))
        if self.written.replaced:
            told.append(label("workbook.replaced", self.lang, count=self.written.replaced))
        for hint in told:
            row += 2
            self._spread(summary, row, 0, hint)
        summary.set_column(0, 0, _FIRST)
        summary.set_column(1, _SPREAD, _NEXT)
        summary.hide_gridlines(2)
        summary.set_landscape()
        summary.set_paper(_A4)
        summary.fit_to_pages(1, 0)

    def _spread(self, summary: Any, row: int, first: int, text: str) -> None:
        """A text over the columns of the summary, with a row as high as it needs."""
        summary.merge_range(row, first, row, _SPREAD, "", self.wrapped)
        self.put(summary, row, first, text, self.wrapped)
        fit = (0 if first else _FIRST) + _NEXT * _SPREAD
        if len(text) > fit:
            summary.set_row(row, _LINE * math.ceil(len(text) / (_ROOM * fit)))

    def _validate(self, sheet: Any, at: int, column: Column, last: int) -> None:
        """Drop-down with the words of the choices; a warning at what is no date or no number."""
        rule: dict[str, Any] = {"error_type": "warning"}
        if column.name in self.listed:
            rule |= {"validate": "list", "source": self.listed[column.name]}
            rule |= {"error_type": "stop" if column.closed else "warning"}
            told = label("workbook.choose_title", self.lang), label("workbook.choose", self.lang)
        elif column.limits is not None:
            low, high = column.limits
            rule |= {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high}
            told = label("workbook.number_title", self.lang), label("workbook.number", self.lang, low=low, high=high)
        elif column.filled and column.kind == "date":
            rule |= {"validate": "date", "criteria": ">=", "value": datetime.date(_FIRST_YEAR, 1, 1)}
            told = label("workbook.date_title", self.lang), label("workbook.date", self.lang)
        else:
            return
        sheet.data_validation(HEAD_ROWS, at, last, at, {**rule, "error_title": told[0], "error_message": told[1]})

    def _colour(self, sheet: Any, at: int, column: Column, last: int) -> None:
        for code, (fill, ink) in column.colours.items():
            word = self.words[column.name].get(code, code).replace('"', '""')
            look = self.book.add_format({"bg_color": fill, "font_color": ink})
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
            sheet.conditional_format(HEAD_ROWS, at, last, at, rule)

    def _fill_column(self, sheet: Any, at: int, column: Column, part: Part) -> np.ndarray:
        """One column; lines of text that its heading and its cells need."""
        self.put(sheet, 0, at, column.name, self.code)
        self.put(sheet, 1, at, column.heading, self.look("head", filled=column.filled))
        values, words = self.values[column.name], self.words[column.name]
        if words:
            values = [value if is_missing(value) else words.get(_code(value), value) for value in values]
        strong = self.strong.get(column.name)
        for row, place in enumerate(part.rows.tolist(), HEAD_ROWS):
            self.put(sheet, row, at, values[place], column, strong=strong is not None and bool(strong[place]))
        width = _width(column, values)
        kind = {"str": "text", "date": "date"}.get(column.kind.partition(":")[0], "number")
        empty = self.look(kind, filled=True, wrapped=column.printed) if column.filled else None
        sheet.set_column(at, at, width, empty, {} if column.printed else {"level": 1})
        if not column.printed:
            return np.array([_lines(column.heading, width), *[1] * len(part.rows)])
        return np.array([_lines(column.heading, width), *(_lines(values[place], width) for place in part.rows.tolist())])

    def put(self, sheet: Any, row: int, at: int, value: Any, look: Any, *, strong: bool = False) -> None:
        """One cell: a number, true/false or a date as such, and all else as text; `look` may be the column that it is of."""
        if is_missing(value) or value == "":
            return
        value = value.item() if hasattr(value, "item") else value  # a number of NumPy
        if isinstance(value, datetime.datetime) and value.time() == datetime.time() and value.tzinfo is None:
            value = value.date()
        asked = isinstance(look, Column)

        def chosen(kind: str) -> Any:
            return self.look(kind, filled=look.filled, strong=strong, wrapped=look.printed) if asked else look

        if isinstance(value, bool):
            sheet.write_boolean(row, at, value, chosen("number"))
        elif isinstance(value, int | float) and math.isfinite(value) and abs(value) <= _LARGEST:
            sheet.write_number(row, at, value, chosen("number"))
        elif isinstance(value, datetime.date) and value.year >= _FIRST_YEAR and getattr(value, "tzinfo", None) is None:
            sheet.write_datetime(row, at, value, chosen("moment" if isinstance(value, datetime.datetime) else "date"))
        else:
            text, replaced, cut = clean(str(value))
            self.written.replaced += replaced
            self.written.cut += cut
            sheet.write_string(row, at, text, chosen("text"))


def _arrange(sheet: Any, columns: Sequence[Column], last: int, heading: str) -> None:
    """What is seen first, and how it comes on paper."""
    sheet.set_row(0, None, None, {"hidden": True})
    sheet.freeze_panes(HEAD_ROWS, 1)
    sheet.autofilter(HEAD_ROWS - 1, 0, last, len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    sheet.hide_gridlines(0)  # lines on paper too
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROWS - 1)
    sheet.print_area(HEAD_ROWS - 1, 0, last, max(sum(column.printed for column in columns), 1) - 1)
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
    title = shorten(" ".join(clean(heading)[0].split()), 100).replace("&", "&&")  # & begins an order to the printer
    sheet.set_header(f"&L{title}&R&D")
    sheet.set_footer("&C&P / &N")


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


def _width(column: Column, values: Sequence[Any]) -> int:
    """Width of a column in characters: its usual texts fit, and the words of its heading beside the arrow of the filter."""
    lengths = sorted(len(str(value)) for value in values if not is_missing(value)) or [0]
    usual = lengths[int(0.9 * (len(lengths) - 1))] + 2
    if column.filled and not column.words and column.kind.startswith("str"):
        usual = max(usual, _TYPED)
    head = max((len(part) for part in column.heading.split()), default=0) + 4
    return min(max(_NARROW, head, len(column.heading) // 2 + 3, 12 if column.kind == "date" else usual), _WIDE)


def _lines(value: Any, width: int) -> int:
    """Lines that a text takes in a column."""
    if not isinstance(value, str):
        return 1
    fit = _ROOM * width
    return 1 if len(value) <= fit and "\n" not in value else sum(max(1, math.ceil(len(line) / fit)) for line in value.split("\n"))
