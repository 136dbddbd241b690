"""Excel workbooks that people work in: every text inert, every cell to be read back with what was changed in it.

Sheets, in this order: the whole table, parts of it, a summary, and two that are hidden, ``codes`` and ``export``. The first row
of a table is hidden too and holds the machine's name of each column, so that it moves along when a column does; the second has
the headings. Cells of a coded column show words; ``codes`` has them for the drop-downs, and ``export`` (see
`toegankelijk.io.exports`) says which code each stands for, and what every cell was like.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toegankelijk.errors import ConfigError, InputError, missing_extra
from toegankelijk.io import exports
from toegankelijk.io.cells import clean, sheet_name, shorten
from toegankelijk.io.exports import Export
from toegankelijk.io.sheets import CODES, HEAD_ROWS, MAX_ROWS, SPARE_ROWS, TEAL, Column, Part, Sheets, Written
from toegankelijk.labels import label


def write_workbook(
    path: str | Path,
    table: pd.DataFrame,
    columns: Sequence[Column],
    *,
    name: str,
    title: str,
    export: Export,
    parts: Sequence[Part] = (),
    facts: Iterable[tuple[str, object]] = (),
    counts: pd.DataFrame | None = None,
    hints: Iterable[str] = (),
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
    export
        Store, run, day (also the date in the properties of the file) and language; the rest is worked out.
    parts
        Sheets with a part of the rows, and of the columns those that are printed.
    facts
        Lines of the summary: what, and its value.
    counts
        Small table for the summary, with its index.
    hints
        Sentences for the summary.

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
            written = _fill(book, table, ordered, parts, (name, title), export, (facts, counts, hints))
            book.close()
            draft.replace(path)
    except (OSError, XlsxWriterException) as error:
        raise InputError(
            f"{path}: could not be written and is as it was ({error}). Is it open in another program, or the disk full?"
        ) from error
    return written


def _fill(
    book: Any,
    table: pd.DataFrame,
    columns: Sequence[Column],
    parts: Sequence[Part],
    names: tuple[str, str],
    export: Export,
    summary: tuple[Iterable[tuple[str, object]], pd.DataFrame | None, Iterable[str]],
) -> Written:
    """All sheets of a workbook."""
    lang = export.lang
    taken = [CODES, exports.SHEET]
    for text in (names[0], *(part.name for part in parts), label("workbook.summary", lang)):
        taken.append(sheet_name(text, taken))
    sheets = Sheets(book, names[1], lang, table, columns)
    order = [*taken[2:], *taken[:2]]
    main, *others, last, codes, hidden = (book.add_worksheet(text) for text in order)
    whole = Part(names[0], "", np.arange(len(table)))
    printed = [column for column in columns if column.printed]
    sheets.fill_codes(codes)
    sheets.fill_table(main, whole, columns)
    counted = replace(sheets.written)  # a cell that stands on two sheets counts once
    for sheet, part in zip(others, parts, strict=True):
        sheet.set_tab_color(TEAL)
        sheets.fill_table(sheet, part, printed)
    sheets.written = counted
    export = replace(
        export,
        base=exports.texts_of(table, [column.name for column in columns]),
        kinds={column.name: column.kind for column in columns},
        headings={column.name: clean(column.heading)[0] for column in columns},
        words={name: {word: code for code, word in words.items()} for name, words in sheets.words.items() if words},
        aliases={column.name: dict(column.aliases) for column in columns if column.aliases},
        sheets=dict(zip(taken[3:-1], (part.code for part in parts), strict=True)),
    )
    for row, pieces in enumerate(exports.pack(export)):
        for at, piece in enumerate(pieces):
            sheets.put(hidden, row, at, piece, sheets.code)
    facts, counts, hints = summary
    kept = label("workbook.keep", lang, sheet=f"{CODES}, {exports.SHEET}")
    sheets.fill_summary(last, facts, counts, [*hints, kept])
    hidden.very_hidden()
    codes.very_hidden()
    main.activate()
    day = export.day or datetime.date(1980, 1, 1)  # the first day that a zip file knows
    made = datetime.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day, nobody's clock
    book.set_properties({"title": shorten(clean(names[1])[0], 255), "created": made})
    return sheets.written
