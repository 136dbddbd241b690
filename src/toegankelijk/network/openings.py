"""Which edges of a walking network a fix opens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toegankelijk.network.passable import Passability
from toegankelijk.norm.kernel import FAILS

ALL_OF_IT = "*"
"""Attribute of a fix that clears all barriers of an object."""

FIX_COLUMNS = ("fix", "kind", "object_id", "attribute")
"""Columns of the fixes: what passes its rule once the fix is done."""


@dataclass(frozen=True)
class Openings:
    """The edges that each fix opens, in two worlds.

    In the world of what is possible all that is unknown is passable, and an edge is open unless a barrier of it fails. In the
    world of what is sure nothing unknown is passable, and an edge is open if it has no barrier at all. Every way in which the
    unknown may turn out lies between the two.

    Parameters
    ----------
    fixes
        Fixes in order; the other tables give their places in it.
    touched
        ``fix, edge``: the fix clears a barrier of the edge, which is open afterwards if all that is unknown is passable.
    possible
        ``fix, edge``: of those, the edges that were closed before, because a barrier fails.
    sure
        ``fix, edge``: edges that surely are open afterwards, and were not before.
    cleared
        ``fix, row``: barriers, by row of the barriers of the passability, that each fix clears.
    """

    fixes: pd.Index
    touched: pd.DataFrame
    possible: pd.DataFrame
    sure: pd.DataFrame
    cleared: pd.DataFrame


def find_openings(passability: Passability, fixes: pd.DataFrame) -> Openings:
    """The edges that each fix opens when it is done by itself.

    An edge opens only if the fix clears all that keeps it closed: one that stays closed by another barrier is not opened.

    Parameters
    ----------
    passability
        Barriers per edge for one profile.
    fixes
        Columns `FIX_COLUMNS`; a fix has a row per attribute of an object that it clears, `ALL_OF_IT` for all of the object.

    Returns
    -------
    Openings
        Fixes are sorted by name, rows by fix and edge.
    """
    names = pd.Index(sorted(fixes["fix"].unique()), name="fix", dtype="object")
    cleared = clear_barriers(passability.barriers, fixes, names)
    barriers, count = passability.barriers, len(passability.outcome)
    edge = np.asarray(barriers["edge"], dtype=np.intp)
    fails = np.asarray(barriers["outcome"]) == FAILS
    failing, all_of_them = np.bincount(edge[fails], minlength=count), np.bincount(edge, minlength=count)
    row = cleared["row"].to_numpy()
    table = pd.DataFrame({"fix": cleared["fix"].to_numpy(), "edge": edge[row], "failing": fails[row].astype(np.intp), "rows": 1})
    table = table.groupby(["fix", "edge"], as_index=False, sort=True).sum()
    at = table["edge"].to_numpy()
    open_now, sure_now = passability.possibly[at], passability.surely[at]
    opens = ~open_now & (failing[at] > 0) & (table["failing"].to_numpy() == failing[at])
    surely = ~sure_now & (table["rows"].to_numpy() == all_of_them[at])
    pairs = table[["fix", "edge"]]
    touched, possible, sure = (pairs[chosen].reset_index(drop=True) for chosen in (open_now | opens, opens, surely))
    return Openings(names, touched, possible, sure, cleared)


def clear_barriers(barriers: pd.DataFrame, fixes: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    """``fix, row``: which barriers each fix clears, once each; fixes by their place in ``names``."""
    rows = pd.DataFrame({**{name: barriers[name].to_numpy() for name in FIX_COLUMNS[1:]}, "row": np.arange(len(barriers))})
    rows = rows.astype(dict.fromkeys(FIX_COLUMNS[1:], "object"))
    asked = fixes[list(FIX_COLUMNS)].astype("object").drop_duplicates()
    whole = asked["attribute"] == ALL_OF_IT
    parts = [
        asked[~whole].merge(rows, on=list(FIX_COLUMNS[1:]))[["fix", "row"]],
        asked[whole].drop(columns="attribute").merge(rows, on=["kind", "object_id"])[["fix", "row"]],
    ]
    found = pd.concat(parts, ignore_index=True).drop_duplicates()
    pairs = pd.DataFrame({"fix": names.get_indexer(found["fix"]), "row": found["row"].astype(np.intp)})
    return pairs.sort_values(["fix", "row"], ignore_index=True)
