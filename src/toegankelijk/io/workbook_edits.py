"""What people changed in a workbook, cell by cell, against what it was like when it was written."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from toegankelijk.errors import InputError
from toegankelijk.io.cells import clean
from toegankelijk.io.entries import Unread, plain_text
from toegankelijk.io.sheets import DERIVED
from toegankelijk.io.workbook_rows import Cell, Found, Reader, compare, find_copies, sign
from toegankelijk.io.workbooks import MERGED, Sheet, Unreadable, Workbook, address
from toegankelijk.ledger.fields import FIELDS, KEY, SHARED, as_text

EDITS = (KEY, "field", "before", "after", "sheet", "cell")
"""Columns of edits."""

REFUSED = (*EDITS, "why", "note")
"""Columns of edits that are not taken over. ``why`` is one of `WHY`, ``note`` says more."""

WHY = ("clash", "unread", "cut", "derived", "other_export")
"""Why an edit is not taken over: edited differently on two sheets or rows; no value of its column, or unreadable; a text that was
cut to fit its cell; a column that is worked out from others; a row of another export."""


@dataclass(frozen=True)
class WorkbookEdits:
    """What people did in a workbook.

    Parameters
    ----------
    edits
        Cells that were changed, one row per bottleneck and field; columns `EDITS`, texts of the ledger. ``before`` is what the
        table said when the workbook was written. An edit of an effective column is one of what staff say.
    refused
        Cells that were changed and are not taken over; columns `REFUSED`.
    added
        Rows that people added: ``bottleneck_id`` (``E-`` and a sum of what stands in it, so that the same workbook gives the
        same row again), ``given`` (number that stood there: of the row that it was copied from, or of
        nobody), ``sheet``, ``row``, ``x``, ``y`` (texts) and fields.
    missing
        Bottlenecks that were written and are on no sheet now. People filter, and copy parts: it need not mean anything.
    problems
        What else people should know, by sheet and cell.
    """

    edits: pd.DataFrame
    refused: pd.DataFrame
    added: pd.DataFrame
    missing: tuple[str, ...]
    problems: tuple[str, ...]


def workbook_edits(workbook: Workbook, table: pd.DataFrame, *, as_meant: bool = False) -> WorkbookEdits:
    """Edits in a workbook.

    A row is known by its number. Rows that stand on several sheets, or were pasted several times, are read together: an edit in
    one of them is the edit, two that differ are refused, both. A copy with other words in columns of the machine is a new row,
    as is one without a number. An empty cell where something stood is an edit too; a column or a row that is gone is none.

    Parameters
    ----------
    workbook
        As `toegankelijk.io.workbooks.read_workbook` gives it.
    table
        The monitoring table as it stands; tells whether a number that this workbook was not written with is of another export.
    as_meant
        Take columns as they stand that look as if they were sorted without the others.

    Returns
    -------
    WorkbookEdits
        Nothing of it is applied.

    Raises
    ------
    InputError
        No bottleneck of the workbook is in the table: it is of another one. Or a column seems to have been sorted without the
        others, so that what staff wrote stands beside other bottlenecks.
    """
    reader = Reader(workbook.export)
    known = set(table[KEY]) if KEY in table else set()
    if reader.rows and known and known.isdisjoint(reader.rows):
        store = f" ({workbook.export.store})" if workbook.export.store else ""
        raise InputError(
            f"{workbook.name}: none of its bottlenecks is in this table; it was written from another one{store}. "
            "Import it there, or export this table and type the edits into that workbook"
        )
    found = Found(list(workbook.problems))
    for sheet in workbook.sheets:
        compare(sheet, reader, found)
    if found.slid and not as_meant:
        raise InputError(
            f"{workbook.name}: cells of some columns have changed places, as if these columns were sorted without the others; "
            "what stands there would go to other bottlenecks. Nothing is taken over: undo it, or say that it is meant (as_meant)",
            found.slid[:20],
        )
    copies = find_copies(found)
    ours = [cell for cell in found.changed if (cell.sheet, cell.row) not in copies]
    edits, refused = _settle(ours, reader, found.problems)
    current = table.drop_duplicates(KEY).set_index(KEY) if KEY in table else pd.DataFrame()
    rows = []
    for sheet, row, mark in found.strange:
        if mark and mark in current.index:
            refused += list(_of_other_export(sheet, row, mark, current, reader))
        else:
            rows.append((sheet, row, mark))
    sheets = {sheet.title: sheet for sheet in workbook.sheets}
    rows += [(sheets[title], row, mark) for (title, row), mark in copies.items()]
    added = _placed(_added(rows, reader, refused), table)
    seen = {name for _, name in found.counts}
    return WorkbookEdits(
        pd.DataFrame(edits, columns=list(EDITS), dtype="object"),
        pd.DataFrame(refused, columns=list(REFUSED), dtype="object"),
        added,
        tuple(name for name in reader.rows if name not in seen),
        tuple(found.problems),
    )


def _settle(cells: list[Cell], reader: Reader, problems: list[str]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Edits, one per bottleneck and field, and those that cannot be taken over."""
    refused: list[tuple[str, ...]] = []
    wished: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for cell in cells:
        where = address(cell.sheet, f"{cell.letter}{cell.row}")
        if cell.value == Unreadable(MERGED):
            problems.append(f"{where}: {MERGED}, and is taken to say what it said")
            continue
        try:
            after, why = reader.read(cell.value, cell.field), ""
        except Unread as reason:
            after, why = "" if isinstance(cell.value, Unreadable) else plain_text(cell.value), str(reason)
        if not why and after == cell.before:
            continue
        if cell.field.startswith(DERIVED) or why or clean(cell.before)[2]:
            kind = "derived" if cell.field.startswith(DERIVED) else "unread" if why else "cut"
            refused.append((*cell.edit(after), kind, why))
        elif not (after or _told(cell, reader) or cell.field not in SHARED):
            problems.append(f"{where}: was emptied; what is proposed there holds")
        else:
            aimed = _aimed(cell, after, reader)
            wished.setdefault((aimed.name, aimed.field), []).append(aimed.edit(after))
    edits = []
    for wishes in wished.values():
        if len({after for _, _, _, after, _, _ in wishes}) == 1:
            edits.append(wishes[0])
        else:
            places = ", ".join(address(title, cell) for *_, title, cell in wishes)
            refused += [(*wish, "clash", places) for wish in wishes]
    return edits, refused


def _told(cell: Cell, reader: Reader) -> str:
    """What staff said of an effective column when the workbook was written."""
    return reader.before(f"{cell.field}_staff", reader.rows[cell.name]) if cell.field in SHARED else ""


def _aimed(cell: Cell, after: str, reader: Reader) -> Cell:
    """The edit of an effective column as one of what staff say, which does not change with what is proposed.

    Where staff say once more what they said before, though something else holds by now, it is an edit of what holds.
    """
    says = f"{cell.field}_staff"
    if cell.field not in SHARED or says not in reader.texts or after == _told(cell, reader):
        return cell
    return cell._replace(field=says, before=_told(cell, reader))


def _of_other_export(sheet: Sheet, row: int, name: str, table: pd.DataFrame, reader: Reader) -> Iterator[tuple[str, ...]]:
    """What staff typed in a row that was pasted from another workbook, where the table says something else."""
    for letter, field in sheet.fields.items():
        value = sheet.rows.at[row, letter]
        machine = field in FIELDS and FIELDS[field].owner not in ("effective", "staff")
        if value is None or isinstance(value, Unreadable) or machine or field.startswith(DERIVED):
            continue
        before = as_text(table.at[name, field]) if field in table else ""
        after = sign(value, field, reader)
        if after != before.strip():
            yield name, field, before, after, sheet.title, f"{letter}{row}", "other_export", ""


def _added(rows: list[tuple[Sheet, int, str]], reader: Reader, refused: list[tuple[str, ...]]) -> pd.DataFrame:
    """Rows that people added; one that stands on several sheets is there once."""
    made: dict[str, dict[str, Any]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for sheet, row, mark in rows:
        texts = _texts_of(sheet, row, mark, reader, refused)
        if not any(texts.values()):
            continue
        if sheet.service and not texts.get("responsible") and mark not in reader.rows:
            texts["responsible"] = sheet.service
        content = json.dumps({name: text for name, text in sorted(texts.items()) if text})
        counts[sheet.title, content] += 1
        parts = (reader.export.id, content, str(counts[sheet.title, content]))
        name = "E-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
        made.setdefault(name, {KEY: name, "given": mark, "sheet": sheet.title, "row": row, **texts})
    frame = pd.DataFrame(list(made.values()), dtype="object")
    first = [KEY, "given", "sheet", "row", "x", "y"]
    rest = [name for name in dict.fromkeys([*FIELDS, *frame]) if name in frame and name not in first]
    return frame.reindex(columns=[*first, *rest]).astype("object").fillna("")


def _texts_of(sheet: Sheet, row: int, mark: str, reader: Reader, refused: list[tuple[str, ...]]) -> dict[str, str]:
    """Texts of a row that was added; a copy has what its sheet does not show from the row that it was copied from."""
    texts: dict[str, str] = {}
    if mark in reader.rows:
        own = {KEY, *sheet.fields.values()}
        fields = [field for field in reader.texts if field not in own and not field.startswith(DERIVED)]
        texts = {field: reader.before(field, reader.rows[mark]) for field in fields}
    for letter, field in sheet.fields.items():
        value = sheet.rows.at[row, letter]
        if field == KEY or value is None or value == Unreadable(MERGED):
            continue
        name = field.removeprefix("place.") if field in ("place.x", "place.y", "place.lon", "place.lat") else field
        if name.startswith(DERIVED):
            continue
        try:
            texts[name] = reader.read(value, field)
        except Unread as reason:
            text = "" if isinstance(value, Unreadable) else plain_text(value)
            refused.append(("", field, "", text, sheet.title, f"{letter}{row}", "unread", str(reason)))
    return texts


def _placed(added: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Added rows with the place in metres of those that have one in degrees only."""
    system = getattr(table, "crs", None)
    if system is not None and {"lon", "lat"} <= set(added):
        rows = added.index[added["x"].eq("") & added["lon"].ne("") & added["lat"].ne("")]
        degrees = gpd.points_from_xy(added.loc[rows, "lon"].astype(float), added.loc[rows, "lat"].astype(float), crs="EPSG:4326")
        points = gpd.GeoSeries(degrees, index=rows).to_crs(system)
        added.loc[rows, "x"] = points.x.round(2).map(as_text)
        added.loc[rows, "y"] = points.y.round(2).map(as_text)
    return added.drop(columns=["lon", "lat"], errors="ignore")
