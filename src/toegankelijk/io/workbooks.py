"""Workbooks of the monitoring table as people left them: sorted, pasted, with new columns and rows, saved by another program."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from toegankelijk.errors import InputError, missing_extra
from toegankelijk.io import exports
from toegankelijk.io.entries import fold, plain_text
from toegankelijk.io.exports import Export
from toegankelijk.io.packages import Package, examine
from toegankelijk.io.sheets import CODES
from toegankelijk.ledger.fields import FIELDS, KEY

NO_FORMULA = "holds a formula without its outcome; open the workbook in Excel or LibreOffice, save it there, and import it again"
"""Why a cell with a formula cannot be read."""

MERGED = "is merged with another"
"""Why a cell holds nothing."""

_RESERVED = {*FIELDS, "geometry", "geom", "fid", "row", "x", "y"}
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Unreadable:
    """What stands in the place of a cell that says nothing, and why."""

    why: str


@dataclass(frozen=True)
class Sheet:
    """A sheet with rows of the table.

    Parameters
    ----------
    title
        Its name now.
    service
        Service that it was made for; "" for the sheet of rows without one, None for another sheet.
    fields
        Column of the table that each of its columns holds, by letter.
    rows
        Cells as they stand, by letter; the index has the numbers of the rows.
    formulas
        Cells with a formula, such as ``F12``.
    """

    title: str
    service: str | None
    fields: Mapping[str, str]
    rows: pd.DataFrame
    formulas: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Workbook:
    """A workbook that came back.

    Parameters
    ----------
    name
        Name of the file.
    export
        What it was like when it was written.
    sheets
        Sheets with rows of the table.
    problems
        What is not read of it, by sheet and cell.
    """

    name: str
    export: Export
    sheets: tuple[Sheet, ...]
    problems: tuple[str, ...]


def read_workbook(path: str | Path) -> Workbook:
    """Read a workbook of the monitoring table as people left it.

    Columns are known by the hidden row with their names, also when they were moved or their headings changed, and if that row is
    gone by their headings. A new column is known by its heading. Sheets may have other names; one without bottlenecks is left.

    Parameters
    ----------
    path
        An ``.xlsx`` file that `toegankelijk.workbook.write_monitoring_workbook` wrote, saved since by any program.

    Raises
    ------
    MissingExtraError
        The package openpyxl is not installed.
    InputError
        It is no such workbook, is damaged, locked or unsafe, or a sheet lost what is needed to read it.
    """
    path = Path(path)
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise missing_extra("openpyxl", "excel", "Reading Excel") from error
    package = examine(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of what openpyxl would not write again
        try:
            with path.open("rb") as file:
                book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
                grids = {sheet.title: _grid(sheet) for sheet in book.worksheets}
            formulas = _formulas(path) if package.formulas else {}
        except Exception as error:  # whatever a reader says of a file that is not sound
            raise InputError(f"{path.name}: cannot be read as a workbook ({error}). Save it again as .xlsx.") from error
    if exports.SHEET not in grids:
        raise InputError(
            f"{path.name}: the hidden sheet {exports.SHEET!r} is not there, which tells edits from what was there. It is no "
            "workbook of the monitoring table, or its sheets were copied into a new file: copy the cells into the exported one."
        )
    hidden = grids.pop(exports.SHEET)
    cells = ([hidden[row].get(at) for at in range(1, max(hidden[row]) + 1)] for row in sorted(hidden))
    export = exports.unpack(cells, path.name)
    grids.pop(CODES, None)
    return _assembled(path.name, export, grids, formulas, package)


def _grid(sheet: Any) -> dict[int, dict[int, Any]]:
    """Cells that hold something, by the numbers of their row and column."""
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    grid: dict[int, dict[int, Any]] = {}
    for line in sheet.iter_rows():
        cells = {
            cell.column: Unreadable(f"holds the error {cell.value}") if cell.data_type == "e" else cell.value
            for cell in line
            if cell.value is not None
        }
        if cells:
            grid[next(cell.row for cell in line if cell.value is not None)] = cells
    return grid


def _formulas(path: Path) -> dict[str, set[tuple[int, int]]]:
    """Cells with a formula, by sheet."""
    from openpyxl import load_workbook

    found = {}
    with path.open("rb") as file:
        for sheet in load_workbook(file, read_only=True, data_only=False, keep_links=False).worksheets:
            sheet.reset_dimensions()
            found[sheet.title] = {(cell.row, cell.column) for line in sheet.iter_rows() for cell in line if cell.data_type == "f"}
    return found


def _assembled(
    name: str,
    export: Export,
    grids: Mapping[str, dict[int, dict[int, Any]]],
    formulas: Mapping[str, set[tuple[int, int]]],
    package: Package,
) -> Workbook:
    problems: list[str] = []
    faults: list[str] = []
    sheets = []
    for title, grid in grids.items():
        for row, at in formulas.get(title, ()):
            grid.setdefault(row, {}).setdefault(at, Unreadable(NO_FORMULA))
        _unmerge(grid, package.merged.get(title, ()))
        told = [f"{address(title, ref)}: has a comment, which is not read" for ref in package.comments.get(title, ())]
        sheet = _sheet(title, grid, export, formulas.get(title, set()), told)
        if isinstance(sheet, Sheet):
            sheets.append(sheet)
            problems += told
        elif sheet and title in export.sheets:
            faults.append(sheet)
        elif sheet:
            problems.append(sheet)
    if faults or not sheets:
        raise InputError(f"{name}: nothing of it is taken over", faults or problems or ["there is no sheet with bottlenecks"])
    return Workbook(name, export, tuple(sheets), tuple(problems))


def _unmerge(grid: dict[int, dict[int, Any]], ranges: Sequence[str]) -> None:
    """Merged cells below one another all say what the first does; those beside it say nothing."""
    from openpyxl.utils import range_boundaries

    for area in ranges:
        left, top, right, bottom = range_boundaries(area)
        value = grid.get(top, {}).get(left)
        for row in range(top, min(bottom, max(grid, default=0)) + 1):
            if row in grid:
                if value is not None:
                    grid[row][left] = value
                grid[row].update(dict.fromkeys(range(left + 1, min(right, 16_384) + 1), Unreadable(MERGED)))


def _sheet(
    title: str, grid: dict[int, dict[int, Any]], export: Export, formulas: set[tuple[int, int]], problems: list[str]
) -> Sheet | str:
    """A sheet with bottlenecks; or else what is wrong with it, "" if it never had any."""
    from openpyxl.utils import get_column_letter

    known = {fold(identity) for identity in export.base[KEY] if identity}
    names = _best_row(grid, {field: field for field in export.kinds}, lambda text: text.strip())
    heads = _best_row(grid, {fold(heading): field for field, heading in export.headings.items()}, fold)
    if names is None and heads is None:
        holds = any(fold(text) in known for cells in grid.values() for text in cells.values() if isinstance(text, str))
        wish = f"{address(title, 'A2')}: the row with headings is gone; copy it from another sheet, above the first bottleneck"
        return wish if holds or title in export.sheets else ""
    columns = _columns(title, grid, names, heads, export, problems)
    key = next((at for at, field in columns.items() if field == KEY), None)
    if key is None:
        word = export.headings.get(KEY, KEY)
        return f"{address(title, 'A2')}: the column {word!r} is gone; put it back with the number of each bottleneck"
    start = max(row for row in (names, heads) if row is not None)
    idle = {fold(KEY), fold(export.headings[KEY])}  # headings that were pasted once more
    marks = {row: fold(plain_text(cells.get(key))) for row, cells in grid.items() if row not in (names, heads)}
    rows = sorted(row for row, mark in marks.items() if mark in known or (row > start and mark not in idle))
    letters = {get_column_letter(at): field for at, field in columns.items()}
    cells = [[grid[row].get(at) for at in columns] for row in rows]
    frame = pd.DataFrame(cells, index=pd.Index(rows, dtype="int64"), columns=list(letters), dtype="object")
    made = frozenset(f"{get_column_letter(at)}{row}" for row, at in formulas)
    return Sheet(title, export.sheets.get(title), letters, frame.where(frame.notna(), None), made)


def _best_row(grid: Mapping[int, Mapping[int, Any]], known: Mapping[str, str], norm: Any) -> int | None:
    """Row that holds most of the known texts: at least three, or all."""
    best, most = None, min(3, len(known)) - 1
    for row, cells in grid.items():
        count = len({norm(text) for text in cells.values() if isinstance(text, str)} & known.keys())
        if count > most:
            best, most = row, count
    return best


def _columns(
    title: str,
    grid: Mapping[int, Mapping[int, Any]],
    names: int | None,
    heads: int | None,
    export: Export,
    problems: list[str],
) -> dict[int, str]:
    """Field of every column that has one."""
    from openpyxl.utils import get_column_letter

    heads = heads if heads is not None else (names or 0) + 1
    marks = {at: plain_text(text).strip() for at, text in grid.get(names or 0, {}).items()}
    shown = {
        at: " ".join(plain_text(text).split()) for at, text in grid.get(heads, {}).items() if not isinstance(text, Unreadable)
    }
    by_heading = {fold(heading): field for field, heading in reversed(list(export.headings.items()))}
    used = sorted({at for cells in grid.values() for at in cells})
    fields = {at: marks[at] for at in used if marks.get(at) in export.kinds}
    for at in used:  # a column that lost its name, or a sheet without names
        field = by_heading.get(fold(shown.get(at, "")))
        if at not in fields and field is not None and field not in fields.values():
            fields[at] = field
    for at in _copies(fields, shown, export):
        del fields[at]
    for at in (at for at in used if at not in fields):
        heading = shown.get(at) or marks.get(at, "")
        where = address(title, f"{get_column_letter(at)}{heads}")
        if not heading:
            count = sum(at in cells and not isinstance(cells[at], Unreadable) for row, cells in grid.items() if row > heads)
            problems += [f"{where}: {count} cells of a column without a heading are not read; give it one"] if count else []
            continue
        fields[at] = _own_name(heading, set(fields.values()))
        if fields[at] != heading:
            problems.append(f"{where}: {heading!r} is the name of another column; what stands here goes to {fields[at]!r}")
    return dict(sorted(fields.items()))


def _copies(fields: Mapping[int, str], shown: Mapping[int, str], export: Export) -> Iterator[int]:
    """Columns that were copied from another and have a heading of their own: what stands there is something else."""
    for field, count in Counter(fields.values()).items():
        if count > 1:
            places = [at for at, name in fields.items() if name == field]
            kept = [at for at in places if fold(shown.get(at, "")) == fold(export.headings[field])] or places[:1]
            yield from (at for at in places if at not in kept)


def _own_name(heading: str, taken: set[str]) -> str:
    """Name for a column that people added."""
    name = heading[:_LONGEST_NAME].strip()
    used = {one.casefold() for one in (*_RESERVED, *taken)}
    number, first = 1, name
    while name.casefold() in used:
        number += 1
        name = f"{first} ({number})"
    return name


def address(title: str, cell: str) -> str:
    """A cell as spreadsheets name it.

    Examples
    --------
    >>> address("Wegen", "F12"), address("De Lijn", "A1")
    ('Wegen!F12', "'De Lijn'!A1")
    """
    plain = re.fullmatch(r"[^\W\d]\w*", title)
    return f"{title}!{cell}" if plain else "'{}'!{}".format(title.replace("'", "''"), cell)
