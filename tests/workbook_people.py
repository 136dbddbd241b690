"""A small monitoring table, its workbook, and what people do to workbooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet

from toegankelijk.io.workbook_edits import WorkbookEdits, workbook_edits
from toegankelijk.io.workbooks import read_workbook
from toegankelijk.ledger.state import State, canonical_state
from toegankelijk.norm import read_norm
from toegankelijk.workbook import write_monitoring_workbook

SERVICES = ("wegen", "wegen", "groen", "wegen", "", "groen")
IDS = tuple(f"K-{number:012x}" for number in range(0xABC, 0xABC + len(SERVICES)))


def small_state(**columns: Any) -> State:
    """A table of six bottlenecks, in the order in which a workbook has them; more columns by name."""
    count = len(SERVICES)
    said = {
        "planning": ["KT", "KT", "MLT", "MLT", "LT", "LT"],
        "status": ["open"] * count,
        "priority_band": ["hoog", "hoog", "middel", "middel", "laag", "laag"],
        "responsible": list(SERVICES),
        "partner": ["groen", "", "", "awv", "", ""],
        "target_year": [2028, 2028, 2031, 2031, 2037, 2037],
        "cost_class": [1, 2, 3, 4, 5, 1],
    }
    table = gpd.GeoDataFrame(
        {
            "bottleneck_id": list(IDS),
            **said,
            **{f"{name}_proposed": values for name, values in said.items()},
            "theme": ["haltes", "oppervlak"] * 3,
            "zone_id": ["z1", "z2"] * 3,
            "level": list("ABCABC"),
            "street": [f"Straat {number}" for number in range(count)],
            "description": [f"Voetpad te smal, {number} cm" for number in range(80, 80 + count)],
            "severity": [4, 3, 2, 1, 4, 3],
            "solution": ["Verbreden"] * count,
            "priority": [18, 16, 12, 10, 5, 3],
            "kind": ["footway"] * count,
            "object_id": ["007", "1e5", "12", "=1+1", "2026-05-01", "a"],
            "phase": ["uitvoering"] * count,
            "observed_on": pd.Timestamp("2026-04-01"),
            "first_seen": pd.Timestamp("2026-05-01"),
            "last_seen": pd.Timestamp("2026-05-01"),
            **{name: pd.Series(values, dtype="object") if _texts(values) else values for name, values in columns.items()},
        },
        geometry=gpd.points_from_xy([100_000.25 + number for number in range(count)], [170_000.5] * count),
        crs="EPSG:31370",
    )
    return canonical_state(table.rename_axis("row"), *(pd.DataFrame() for _ in range(4)))


def large_state(count: int, **columns: Any) -> State:
    """A table of so many bottlenecks, a multiple of six, each with a number and an object of its own."""
    small = small_state(**columns)
    table = pd.concat([small.table] * (count // len(SERVICES)), ignore_index=True)
    table["bottleneck_id"] = [f"K-{number:012x}" for number in range(count)]
    table["object_id"] = [f"o{number}" for number in range(count)]
    table = gpd.GeoDataFrame(table, crs=small.table.crs)
    return canonical_state(table.rename_axis("row"), *(pd.DataFrame() for _ in range(4)))


def _texts(values: Any) -> bool:
    """Whether a column is to hold objects as they are, such as halves of characters."""
    return isinstance(values, list) and any(isinstance(value, str) for value in values)


def written(folder: Path, state: State, **options: Any) -> Path:
    """The workbook of a table."""
    path = folder / "monitoring.xlsx"
    zones = {"z1": "De Lindehof", "z2": "Vijverzicht"}
    write_monitoring_workbook(
        path, state.table, city="Dorp", zones=zones, norm=read_norm(), **{"store": "m.gpkg", "run": 4, **options}
    )
    return path


def edited(path: Path, change: Callable[[Book], object], name: str = "edited.xlsx") -> Path:
    """A copy of a workbook in which somebody changed something, saved by another program."""
    book = openpyxl.load_workbook(path)
    change(book)
    target = path.with_name(name)
    book.save(target)
    return target


def edits_of(path: Path, state: State) -> WorkbookEdits:
    """What was changed in a workbook."""
    return workbook_edits(read_workbook(path), state.table)


def place(sheet: Worksheet, identity: str, name: str) -> tuple[int, int]:
    """Row and column of a cell, by number and machine name, wherever they are now."""
    column = next(cell.column for cell in sheet[1] if cell.value == name)
    key = next(cell.column for cell in sheet[1] if cell.value == "bottleneck_id")
    row = next(row for row in range(3, sheet.max_row + 1) if sheet.cell(row, key).value == identity)
    return row, column


def type_in(sheet: Worksheet, identity: str, name: str, value: object) -> str:
    """Type something in a cell; text stays text, as after an apostrophe. The cell's address."""
    cell = sheet.cell(*place(sheet, identity, name))
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    return str(cell.coordinate)


def rows_of(frame: pd.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    """Rows of some columns."""
    return list(frame[list(columns)].itertuples(index=False, name=None))


def nothing(edits: WorkbookEdits) -> bool:
    """Whether a workbook came back as it was."""
    return not (len(edits.edits) or len(edits.refused) or len(edits.added) or edits.missing or edits.problems)
