"""What a workbook was like when it was written: kept in a sheet of its own, so that edits can be told apart when it comes back.

Cells of that sheet hold JSON in plain ASCII, cut into pieces that fit: any text is in it whole, also one that the cells which
people see could not hold, and a program that saves the workbook anew changes nothing in it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from toegankelijk.errors import InputError
from toegankelijk.ledger.fields import as_text

SHEET = "export"
"""Name of the sheet."""

FORMAT = ("toegankelijk", 2)
"""First cells of the sheet: whose workbook it is, and the version of its form."""

_PIECE = 32_000
_AGAIN = "export the table again, and type the edits into the new workbook"


@dataclass(frozen=True)
class Export:
    """A table as it was written to a workbook.

    Parameters
    ----------
    base
        Texts of all cells (see `toegankelijk.ledger.fields.as_text`), a row per row that was written; codes, not words.
    kinds
        Type of each column, as in the ledger.
    headings
        What people read above each column.
    words
        Per coded column, the code that each word in its cells stands for.
    aliases
        Per coded column, what other words stand for, such as those of another language.
    sheets
        Names of the sheets with a part of the rows, with the service that each is for.
    store
        What the table's store is called.
    run
        Number of the update after which it was written.
    day
        Date of the export.
    lang
        Language of the workbook.
    id
        Name of this export: the same for the same content.
    """

    base: pd.DataFrame
    kinds: Mapping[str, str]
    headings: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    run: int = 0
    day: datetime.date | None = None
    lang: str = "nl"
    id: str = ""


def texts_of(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Texts of the cells of some columns, on a plain index."""
    texts = {name: list(map(as_text, table[name].astype("object").tolist())) for name in names}
    return pd.DataFrame(texts, index=range(len(table)), dtype="object")


def kind_of(column: pd.Series) -> str:
    """Type of a column that staff added, by what is in it.

    Examples
    --------
    >>> [kind_of(pd.Series(cells)) for cells in (["a"], [1, 2], [1.5], [True], [pd.Timestamp("2026-05-01")], [1, "a"])]
    ['str', 'int64', 'float', 'bool', 'date', 'str']
    """
    found = pd.api.types.infer_dtype(column, skipna=True)
    kinds = {"integer": "int64", "integer-na": "int64", "floating": "float", "mixed-integer-float": "float", "boolean": "bool"}
    kinds |= dict.fromkeys(("datetime64", "datetime", "date"), "date")
    return kinds.get(found, "str")


def pack(export: Export) -> list[list[str | int]]:
    """Cells of the sheet, row by row."""
    head, rows = _lines(export)
    head["id"] = _sum_of(head, rows)
    return [list(FORMAT), _pieces(json.dumps(head)), *map(_pieces, rows)]


def unpack(cells: Iterable[Sequence[Any]], where: str) -> Export:
    """The export that a sheet tells of.

    Raises
    ------
    InputError
        It was made by another version, or somebody changed the sheet.
    """
    lines = iter(cells)
    first = tuple(next(lines, ()))[:2]
    if first != FORMAT:
        known = first[0] if first else None
        reason = "was made by another version of this program" if known == FORMAT[0] else "is not as it was written"
        raise InputError(f"{where}: the hidden sheet {SHEET!r} {reason}; {_AGAIN}.")
    texts = ["".join(str(piece) for piece in line if piece is not None) for line in lines]
    rows = [text for text in texts[1:] if text]
    try:
        head = json.loads(texts[0])
        name = head.pop("id")
        cells = [json.loads(row) for row in rows]
        sound = name == _sum_of(head, rows) and {len(row) for row in cells} <= {len(head["kinds"])}
        base = pd.DataFrame(cells if sound else [], columns=list(head["kinds"]), dtype="object")
        day = datetime.date.fromisoformat(head.pop("day")) if head["day"] else head.pop("day")
        export = Export(base=base, day=day, id=name, **head)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise InputError(f"{where}: the hidden sheet {SHEET!r} was changed or cut off ({error}); {_AGAIN}.") from error
    if not sound:
        raise InputError(f"{where}: the hidden sheet {SHEET!r} was changed; {_AGAIN}.")
    return export


def _lines(export: Export) -> tuple[dict[str, Any], list[str]]:
    names = ("kinds", "headings", "words", "aliases", "sheets", "store", "run", "lang")
    head = {name: getattr(export, name) for name in names}
    head["day"] = export.day.isoformat() if export.day else None
    rows = export.base[list(export.kinds)].to_numpy(dtype=object).tolist()
    return head, [json.dumps(row) for row in rows]


def _sum_of(head: Mapping[str, Any], rows: Sequence[str]) -> str:
    made = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for row in rows:
        made.update(row.encode())
    return "X-" + made.hexdigest()[:12]


def _pieces(text: str) -> list[str | int]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
