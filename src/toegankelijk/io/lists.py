"""Lists for a spreadsheet: CSV that opens with a double click, in which no text becomes a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from toegankelijk.errors import ConfigError
from toegankelijk.io.cells import clean
from toegankelijk.labels import is_missing

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of a cell that a spreadsheet takes for a formula, or strips until it is one; the wide forms count as well."""


def write_list(path: Path, rows: pd.DataFrame, *, decimal: str = ".") -> Path:
    r"""Write a table as CSV with semicolons, in UTF-8 with the mark by which spreadsheets know it.

    Text that a spreadsheet would run gets a ``'`` before it, and characters that no cell can hold are replaced; numbers stay
    numbers. The same table gives the same bytes.

    Parameters
    ----------
    path
        File to make or to replace.
    rows
        The table; its columns are the headings.
    decimal
        Decimal mark: a point for programs, a comma where the spreadsheets of most of Europe are to read numbers as numbers.

    Raises
    ------
    ConfigError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_list(Path(folder, "list.csv"), pd.DataFrame({"straat": ["=1+1"], "kost": [-2.5]})).read_text("utf-8-sig")
    "straat;kost\n'=1+1;-2.5\n"
    """
    try:
        with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\n")
            writer.writerow([_cell(str(name), decimal) for name in rows.columns])
            writer.writerows([_cell(value, decimal) for value in row] for row in rows.astype("object").to_numpy().tolist())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); make its folder, or close the file") from error
    return Path(path)


def _cell(value: object, decimal: str) -> str:
    """A cell as text; nothing for a missing value."""
    if is_missing(value):
        return ""
    if isinstance(value, bool | int | float):
        return f"{value:.10g}".replace(".", decimal) if isinstance(value, float) else str(value)
    text = clean(str(value))[0]
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA) or text.startswith(FORMULA) else text
