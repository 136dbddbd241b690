"""Which row of a workbook is which bottleneck, and which of its cells say something else than they did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any, NamedTuple

from toegankelijk.io.cells import clean
from toegankelijk.io.entries import Unread, fold, plain_text, read_entry, same_entry
from toegankelijk.io.exports import Export
from toegankelijk.io.sheets import DERIVED
from toegankelijk.io.workbooks import Sheet, Unreadable, address
from toegankelijk.ledger.fields import FIELDS, KEY, as_text

_FEWEST_FIELDS = 4  # by fewer of the machine's columns no row is known
_FEWEST_SORTED = 8  # cells that have to change places before that means anything


class Cell(NamedTuple):
    """A cell that says something else than it did."""

    name: str
    field: str
    before: str
    value: Any
    sheet: str
    letter: str
    row: int

    def edit(self, after: str) -> tuple[str, ...]:
        """The cell as a row of edits."""
        return self.name, self.field, self.before, after, self.sheet, f"{self.letter}{self.row}"


@dataclass
class Found:
    """What is found on the way."""

    problems: list[str]
    changed: list[Cell] = made(default_factory=list)
    slid: list[str] = made(default_factory=list)  # columns that look as if they were sorted without the others
    strange: list[tuple[Sheet, int, str]] = made(default_factory=list)  # rows without a number of this export; what stands there
    counts: Counter[tuple[str, str]] = made(default_factory=Counter)  # rows by sheet and number


class Reader:
    """An export made ready for laying cells against it."""

    def __init__(self, export: Export) -> None:
        base = export.base
        self.export = export
        ids = base[KEY].astype("object")
        self.rows = {name: at for at, name in enumerate(ids) if name}
        self.doubled = set(ids[ids.duplicated(keep=False)])
        self.names = {fold(name): name for name in self.rows}
        self.texts = {field: base[field].tolist() for field in base}
        self.codes = {field: _codes_of(export, field) for field in export.words}
        self.shown = {field: {code: word for word, code in words.items()} for field, words in export.words.items()}

    def before(self, field: str, at: int) -> str:
        """Text of a cell when it was written."""
        return str(self.texts[field][at]) if field in self.texts else ""

    def kind(self, field: str) -> str:
        """Type of a field; of a column that people added it is text."""
        return self.export.kinds.get(field, "str")

    def same(self, value: Any, field: str, before: str) -> bool:
        """Whether a cell says what it said."""
        codes = self.codes.get(field)
        if value is None:
            return not before.strip()
        if codes is None:
            return value == before or same_entry(value, before, self.kind(field))
        if value == self.shown[field].get(before, before):
            return True
        text = plain_text(value)
        return codes.get(fold(text), text) == before or same_entry(text, before, "str")

    def read(self, value: Any, field: str) -> str:
        """Text of an entry."""
        if isinstance(value, Unreadable):
            raise Unread(value.why)
        return read_entry(value, self.kind(field), self.codes.get(field))


def _codes_of(export: Export, field: str) -> dict[str, str]:
    """Code by word, folded: words of the cells go before codes, and these before words of other languages."""
    words = export.words[field]
    found: dict[str, str] = {}
    parts = (words, {code: code for code in words.values()}, export.aliases.get(field, {}))
    for part in parts:
        for text, code in part.items():
            found.setdefault(fold(text), code)
    return found


def compare(sheet: Sheet, reader: Reader, found: Found) -> None:
    """Lay the cells of a sheet against the export."""
    key = next(letter for letter, field in sheet.fields.items() if field == KEY)
    numbers = sheet.rows.index.tolist()
    marks = ["" if isinstance(value, Unreadable) else plain_text(value).strip() for value in sheet.rows[key]]
    names = [reader.names.get(fold(mark), "") for mark in marks]
    signs = _Signs(sheet, reader)
    names = _restored(signs, names, marks, found)
    for row, name, mark in zip(numbers, names, marks, strict=True):
        twins = signs.twins(row, name)
        if twins:
            _tell_doubled(signs, row, name, twins, found)
        elif not name and not _idle(sheet, row, key):
            found.strange.append((sheet, row, mark))
    found.counts.update((sheet.title, name) for name in names if name)
    places = [(order, reader.rows[name]) for order, name in enumerate(names) if name and name not in reader.doubled]
    for letter, field in sheet.fields.items():
        if field == KEY:
            continue
        values, texts, same = sheet.rows[letter].tolist(), reader.texts.get(field), reader.same
        changed = []
        for order, at in places:
            value, before = values[order], texts[at] if texts is not None else ""
            if not same(value, field, before):
                changed.append(Cell(names[order], field, before, value, sheet.title, letter, numbers[order]))
        found.changed += changed
        if len(changed) >= _FEWEST_SORTED and _slid(changed, values, reader):
            found.slid.append(f"{address(sheet.title, f'{letter}{numbers[0]}')}: {reader.export.headings.get(field, field)}")


def _slid(changed: list[Cell], values: list[Any], reader: Reader) -> bool:
    """Whether the cells of a column have changed places among each other, as they do when it is sorted without the others."""
    after = Counter(sign(cell.value, cell.field, reader) for cell in changed)
    if after != Counter(clean(cell.before)[0].strip() for cell in changed):
        return False
    shown = [
        (isinstance(value, str), fold(value) if isinstance(value, str) else as_text(value))
        for value in values
        if value is not None
    ]
    return len(after) >= _FEWEST_SORTED // 2 or shown in (sorted(shown), sorted(shown, reverse=True))


def _idle(sheet: Sheet, row: int, key: str) -> bool:
    """Whether nobody typed anything in a row: it is blank, or holds formulas, such as totals."""
    cells = sheet.rows.loc[row]
    return all(
        value is None or isinstance(value, Unreadable) or f"{letter}{row}" in sheet.formulas
        for letter, value in cells.items()
        if letter != key and not sheet.fields[letter].startswith(DERIVED)
    )


class _Signs:
    """What the machine's columns of a sheet say of every row, by which a row is known that has no number of its own."""

    def __init__(self, sheet: Sheet, reader: Reader) -> None:
        self.sheet, self.reader = sheet, reader
        owned = {field: letter for letter, field in sheet.fields.items() if field in FIELDS and FIELDS[field].owner == "machine"}
        self.fields = owned if len(owned) >= _FEWEST_FIELDS else {}
        self.nameless: dict[tuple[str, ...], list[int]] = {}
        if self.fields:
            for at, name in enumerate(reader.texts[KEY]):
                if not name:
                    self.nameless.setdefault(self.written(at), []).append(at)

    def written(self, at: int) -> tuple[str, ...]:
        """Sign of a row when the workbook was written."""
        return tuple(clean(self.reader.before(field, at))[0].strip() for field in self.fields)

    def now(self, row: int) -> tuple[str, ...]:
        """Sign of a row as it stands."""
        return tuple(sign(self.sheet.rows.at[row, letter], field, self.reader) for field, letter in self.fields.items())

    def strange(self, row: int, name: str) -> bool:
        """Whether a row says something else than the bottleneck whose number it has."""
        return name not in self.reader.doubled and self.now(row) != self.written(self.reader.rows[name])

    def twins(self, row: int, name: str) -> list[int]:
        """Rows of the table that a row may be, where its number does not tell."""
        if name:
            ids = self.reader.texts[KEY]
            return [at for at, other in enumerate(ids) if other == name] if name in self.reader.doubled else []
        return self.nameless.get(self.now(row), []) if self.nameless else []


def _restored(signs: _Signs, names: list[str], marks: list[str], found: Found) -> list[str]:
    """Numbers with those put back that somebody erased or wrote over: the row says all that one bottleneck says, and no other."""
    reader, numbers = signs.reader, signs.sheet.rows.index
    if not signs.fields:
        return names
    twice = {name for name, count in Counter(names).items() if count > 1}
    lost = [order for order, name in enumerate(names) if not name or (name in twice and signs.strange(numbers[order], name))]
    here = set(names)
    lacking: dict[tuple[str, ...], list[str]] = {}
    for name, at in reader.rows.items():
        if name not in here and name not in reader.doubled:
            lacking.setdefault(signs.written(at), []).append(name)
    names = list(names)
    for order in lost if lacking else ():
        mark = signs.now(numbers[order])
        if any(mark) and len(lacking.get(mark, ())) == 1:
            names[order] = lacking.pop(mark)[0]
            where = address(signs.sheet.title, f"A{numbers[order]}")
            found.problems.append(f"{where}: had the number {marks[order]!r}; by all else it is {names[order]}, and is read so")
    return names


def _tell_doubled(signs: _Signs, row: int, name: str, twins: list[int], found: Found) -> None:
    """A row whose number stood on no or several rows of the table itself: changes there belong to nobody knows which."""
    sheet, reader = signs.sheet, signs.reader
    values = {field: sheet.rows.at[row, letter] for letter, field in sheet.fields.items() if field != KEY}
    if not any(all(reader.same(value, field, reader.before(field, at)) for field, value in values.items()) for at in twins):
        told = f"the number {name} stands on several rows of the table" if name else "it had no number in the table"
        found.problems.append(
            f"{address(sheet.title, f'A{row}')}: {told}; what was changed here is not read. "
            "Update the table, which gives each row its own number, and export again"
        )


def sign(value: Any, field: str, reader: Reader) -> str:
    """Text of a cell, whatever is in it."""
    try:
        return reader.read(value, field).strip()
    except Unread:
        return "" if isinstance(value, Unreadable) else plain_text(value).strip()


def find_copies(found: Found) -> dict[tuple[str, int], str]:
    """Rows that were copied from a bottleneck and tell of another: they differ in columns of the machine; by sheet and row."""
    cells: dict[tuple[str, str], dict[int, list[int]]] = {}
    for cell in found.changed:
        machine = cell.field in FIELDS and FIELDS[cell.field].owner == "machine" and not isinstance(cell.value, Unreadable)
        counts = cells.setdefault((cell.sheet, cell.name), {}).setdefault(cell.row, [0, 0])
        counts[0] += machine
        counts[1] += 1
    copies: dict[tuple[str, int], str] = {}
    for (title, name), rows in cells.items():
        others = {row: counts for row, counts in rows.items() if counts[0]}
        standing = found.counts[title, name]
        if others and standing > 1:
            if len(others) == standing:  # one of them is the bottleneck: the one that differs least
                del others[min(others, key=lambda row: (*others[row], row))]
            copies |= {(title, row): name for row in others}
    return copies
