"""Tables in text, as spreadsheets and portals in Belgium write them: separator, alphabet and titles are found, not guessed.

A row that is longer or shorter than the names would put values under the wrong name. So a table is read whole, with as many cells
in every row, or refused with the rows that do not fit. All cells are text, stripped; a blank cell is missing. A decimal comma, a
unit and a formula stay the text they are.
"""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import geopandas as gpd
import pandas as pd

from toegankelijk.errors import InputError

SEPARATORS = ("\t", ";", "|", ",")
"""Signs between cells, in the order in which they are believed: a comma is also a decimal sign and part of a sentence."""

MOST_BYTES = 1 << 28
"""Bytes of a table in text; a larger one is given as GeoPackage or GeoParquet."""

MOST_TITLES = 10
"""Rows with titles above the names of the columns."""

MOST_NAMED = 20
"""Rows or columns that a message names."""

_BLOCK = 16
"""Rows for which Excel decides together how many separators it writes at their ends."""

_NAMES = {"\t": "tab", ";": "';'", "|": "'|'", ",": "','"}
_INVISIBLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], " ") | dict.fromkeys((0x200B, 0x200E, 0x200F, 0xFEFF))
_GUARDED = re.compile(r"'[=+\-@]")
_NUMERIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_MARKUP = re.compile(r"\s*(?:<|\{|\[\s*[\[{\]])")
_LIMIT = threading.Lock()


@dataclass(frozen=True)
class _Grid:
    """Rows of a table: which sheet row holds the names, then the rows with something in them, and what does not fit."""

    first: int = 0
    names: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    blank: int = 0
    faults: list[str] = field(default_factory=list)


def read_delimited(path: Path, *, where: str = "") -> pd.DataFrame:
    """A table in text, whole.

    The separator is the first of tab, ``;``, ``|`` and ``,`` that gives all rows as many cells as the row with the names, or the
    one that a first line such as ``sep=;`` names. The text is UTF-8, UTF-16 with or without its mark (what Excel calls Unicode
    text), or else Windows cp1252. Titles above the names are left out where it is certain which row holds the names.

    Parameters
    ----------
    path
        An existing file.
    where
        What the table is for, for messages; the name of the file if not given.

    Returns
    -------
    DataFrame
        All cells as text, in the file's order; a blank one is missing. ``attrs`` holds ``blank_rows`` and ``title_rows``, which
        were left out. A ``'`` before ``=``, ``+``, ``-`` or ``@``, with which programs keep a formula from running, is taken off.

    Raises
    ------
    InputError
        The file is missing, too large, no text or no table; a row is longer or shorter than the names; a name is there twice,
        or missing over values.
    """
    path = Path(path)
    where = where or path.name
    text = _text(path, where)
    grid, said = _said_grid(text) if text[:5].casefold().lstrip('"').startswith("sep=") else (_found_grid(text), "")
    if grid.faults:
        advice = "" if said else " If another sign separates the cells, say so in a first line such as sep=;"
        message = f"{where}: is not a table with as many cells in every row, and nothing of it is used.{advice}"
        raise InputError(message, grid.faults)
    names, kept = _columns(grid, where)
    cells = list(zip(*grid.rows, strict=True)) if grid.rows else [()] * len(grid.names)
    table = pd.DataFrame({name: _values(cells[place]) for name, place in zip(names, kept, strict=True)})
    table.attrs.update(blank_rows=grid.blank, title_rows=grid.first)
    return table


def read_points(
    path: Path, *, coordinates: Sequence[str] | None = None, crs: str | None = None, where: str = ""
) -> gpd.GeoDataFrame:
    """A table in text with the place of each row; see `read_delimited` and `toegankelijk.io.coordinates.place`."""
    from toegankelijk.io.coordinates import place

    where = where or Path(path).name
    return place(read_delimited(path, where=where), coordinates=coordinates, crs=crs, where=where)


def _text(path: Path, where: str) -> str:
    """Text of a file in whichever alphabet it is, without signs that nobody sees."""
    try:
        if not path.is_file():
            raise InputError(f"{where}: {'is a folder' if path.is_dir() else 'does not exist'}; give the path of a file.")
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{where}: larger than {MOST_BYTES >> 20} MiB; give a table of this size as GeoPackage.")
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise InputError(f"{where[:100]}: cannot be read ({error.strerror}).") from None
    if text is None or "\0" in text:
        raise InputError(f"{where}: is no text in UTF-8, UTF-16 or Windows cp1252; save it again as CSV in UTF-8.")
    text = text.translate(_INVISIBLE)
    if not text.strip():
        raise InputError(f"{where}: is empty.")
    if _MARKUP.match(text):
        raise InputError(f"{where}: is XML, HTML or JSON, not a table; a portal may have sent a page instead of the file.")
    return text


def _decoded(raw: bytes) -> str | None:
    """Text of bytes; nothing if they are in none of the alphabets."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        alphabets = ["utf-16"]
    elif b"\0" in raw[:1000]:
        # UTF-16 without its mark: of Latin letters one byte of two is zero, always the same one.
        zeros = [raw[start:1000:2].count(0) for start in (0, 1)]
        if min(zeros) * 10 > max(zeros) or max(zeros) * 3 < len(raw[:1000]):
            return None
        alphabets = ["utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"]
    else:
        alphabets = ["utf-8-sig", "cp1252"]
    for alphabet in alphabets:
        try:
            return raw.decode(alphabet)
        except UnicodeDecodeError:
            continue
    return None


def _said_grid(text: str) -> tuple[_Grid, str]:
    """Grid by the separator of the first line, such as ``sep=;``, and that separator."""
    line, _, rest = text.partition("\n")
    said = line.strip("\r").strip('"')[4:]
    if len(said) != 1 or said in "\"'\r\n" or said.isalnum():
        return _Grid(faults=[f"the first line says {line.strip()!r}, which is no sign between cells"]), said
    return _grid(rest, said), said


def _found_grid(text: str) -> _Grid:
    """Grid by the first separator that fits all rows, at best with the names in the first row."""
    starts = {separator: _start(text, separator) for separator in SEPARATORS if separator in text}
    likely = [separator for separator, start in starts.items() if start == 0]
    titled = [separator for separator, start in starts.items() if start is not None and start > 0]
    tried = []
    for separator in [*likely, *titled]:
        tried.append(_grid(text, separator))
        if not tried[-1].faults:
            return tried[-1]
    if not any(sign in text for sign in SEPARATORS[:-1]) and not likely:
        return _grid(text, "\x1f")  # one column: no sign, or only commas in sentences and geometry
    return max(tried, key=lambda grid: len(grid.names)) if tried else _Grid(faults=["no row holds several cells"])


def _start(text: str, separator: str) -> int | None:
    """How many rows with titles stand above the names, by the first rows alone; nothing if that cannot be told."""
    reader = csv.reader(io.StringIO(text[: 1 << 20], newline=""), delimiter=separator)
    with _long_cells():
        try:
            filled = [row for row in islice(reader, 3 * MOST_TITLES) if any(cell.strip() for cell in row)]
        except csv.Error:
            return None
    return next((place for place, row in enumerate(filled[: MOST_TITLES + 1]) if sum(map(_is_filled, row)) > 1), None)


def _grid(text: str, separator: str) -> _Grid:
    """Rows as a separator divides them."""
    numbered: list[tuple[int, list[str]]] = []
    blank = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    with _long_cells():
        try:
            for number, row in enumerate(reader, 1):
                cells = [cell.strip() for cell in row]
                if any(cells):
                    numbered.append((number, cells))
                else:
                    blank += 1
        except csv.Error as error:
            detail = "a quote that is opened is never closed" if "unexpected end" in str(error) else str(error)
            return _Grid(faults=[f"line {reader.line_num}, read with {_NAMES.get(separator, separator)} between cells: {detail}"])
    several = separator != "\x1f"
    first = next((place for place, (_, row) in enumerate(numbered) if sum(map(_is_filled, row)) > several), None)
    if first is None or first > MOST_TITLES:
        return _Grid(faults=["no row holds the names of several columns"])
    body = numbered[first:]
    faults = _width_faults(body, separator) + (_title_faults(*body[0], above=first, below=len(body) - 1) if first else [])
    width = len(body[0][1])
    rows = [row if len(row) == width else row[:width] + [""] * (width - len(row)) for _, row in body[1:]]
    return _Grid(first, body[0][1], rows, blank, faults)


def _width_faults(numbered: Sequence[tuple[int, Sequence[str]]], separator: str) -> list[str]:
    """Rows that have more or fewer cells than the names."""
    width = len(numbered[0][1])
    odd = [(number, row) for number, row in numbered[1:] if len(row) != width]
    if len(odd) == len(numbered) - 1 and all(len(row) == width + 1 and not row[-1] for _, row in odd):
        return []  # every row ends in a separator, and the names do not
    short = _short_blocks(numbered, width)
    wrong = [(number, row) for number, row in odd if number not in short]
    between = _NAMES.get(separator, repr(separator))
    faults = [f"row {number}: {len(row)} cells with {between} between them, where the names are {width}" for number, row in wrong]
    return [*faults[:MOST_NAMED], *([f"and {len(faults) - MOST_NAMED} rows more"] if len(faults) > MOST_NAMED else [])]


def _short_blocks(numbered: Sequence[tuple[int, Sequence[str]]], width: int) -> set[int]:
    """Rows that are short because Excel leaves out the last separators of 16 rows that are all empty there.

    A line that broke in two is short as well; it stands alone, or its parts together have one cell more than the names.
    """
    blocks: dict[int, list[tuple[int, int]]] = {}
    for number, row in numbered:
        blocks.setdefault((number - 1) // _BLOCK, []).append((number, len(row)))
    short = [rows for rows in blocks.values() if len({size for _, size in rows}) == 1 and rows[0][1] < width]
    whole = [rows for rows in short if len(rows) * rows[0][1] != width + len(rows) - 1]
    return {number for rows in whole for number, _ in rows}


def _title_faults(number: int, names: Sequence[str], *, above: int, below: int) -> list[str]:
    """Why the first full row below titles may not hold the names."""
    twice = len({*filter(None, names)}) < sum(map(_is_filled, names))
    if twice or below < above or any(_NUMERIC.fullmatch(name) for name in names):
        return [f"row {number}: may not hold the names of the columns; delete the {above} rows with one cell each above them"]
    return []


def _columns(grid: _Grid, where: str) -> tuple[list[str], list[int]]:
    """Names of the columns with their places, without columns that have neither name nor value."""
    names = [" ".join(name.split()) for name in grid.names]
    unnamed = [place for place, name in enumerate(names) if not name]
    filled = [place for place in unnamed if any(row[place] for row in grid.rows)]
    faults = [f"column {place + 1} holds values but has no name" for place in filled]
    if filled and grid.first == 0 and len(filled) * 2 >= len(names):
        faults.append("the first row may be a title: delete what stands above the names")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    faults += [f"name {name!r} stands over {names.count(name)} columns" for name in twice]
    numeric = [name for name in names if _NUMERIC.fullmatch(name)]
    if len(numeric) * 2 > len(names):
        faults.append(f"the first row holds numbers ({', '.join(numeric[:3])} ...): put the names of the columns above it")
    if faults:
        raise InputError(f"{where}: the names of the columns are not clear; correct the row with the names", faults[:MOST_NAMED])
    kept = [place for place, name in enumerate(names) if name]
    return [names[place] for place in kept], kept


def _values(cells: Sequence[str]) -> pd.api.extensions.ExtensionArray:
    """Cells of a column as text, with gaps."""
    return pd.array([(cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell) or None for cell in cells], dtype="str")


def _is_filled(cell: str) -> bool:
    return bool(cell.strip())


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells be as long as a polygon of thousands of corners; the limit is one for the whole program."""
    with _LIMIT:
        before = csv.field_size_limit(MOST_BYTES)
        try:
            yield
        finally:
            csv.field_size_limit(before)
