"""Help for tests of code that builds on this package."""

from __future__ import annotations

import pandas as pd

from toegankelijk.findings import Findings


def assert_findings_equal(left: Findings | pd.DataFrame, right: Findings | pd.DataFrame) -> None:
    """Assert that two sets of findings say the same of the same objects, whatever the order of their rows and categories.

    Raises
    ------
    AssertionError
        They differ; the message shows the first findings that do.
    """
    first, second = _plain(left), _plain(right)
    keys = ["object_id", "area_id", "criterion"]
    only = first[keys].merge(second[keys], how="outer", indicator=True)
    only = only[only["_merge"] != "both"]
    if len(only):
        raise AssertionError(f"{len(only)} findings are on one side only:\n{only.head(10).to_string(index=False)}")
    differ = ~((first == second) | (first.isna() & second.isna())).all(axis=1)
    if differ.any():
        both = first[differ].merge(second[differ], on=keys, suffixes=("_left", "_right"))
        raise AssertionError(f"{int(differ.sum())} findings differ:\n{both.head(10).T.to_string()}")


def _plain(findings: Findings | pd.DataFrame) -> pd.DataFrame:
    table = findings.table if isinstance(findings, Findings) else findings
    table = pd.DataFrame(
        {name: column.astype("object") if column.dtype == "category" else column for name, column in table.items()}
    )
    return table.sort_values(["object_id", "area_id", "criterion"], ignore_index=True)
