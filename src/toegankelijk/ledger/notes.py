"""What an update has to tell: rows of the history, and conflicts that people have to look at."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toegankelijk.ledger.fields import CONFLICT_FIELDS, HISTORY_FIELDS, KEY, LASTING, as_text, canonical


@dataclass
class Notes:
    """What an update tells beside the table: history and conflicts, in the order in which they were found."""

    today: datetime.date
    run: int
    origin: str
    by_staff: str = "table"
    lasting: tuple[str, ...] = LASTING
    history: list[pd.DataFrame] = field(default_factory=list)
    conflicts: list[pd.DataFrame] = field(default_factory=list)

    def tell(self, ids: Iterable[str], name: str, old: Iterable[object], new: Iterable[object], cause: object) -> None:
        """Rows of history; `cause` is one for all, or one each."""
        ids = list(ids)
        if not ids:
            return
        rows = pd.DataFrame({KEY: ids, "old": list(map(as_text, old)), "new": list(map(as_text, new))}, dtype="object")
        rows = rows.assign(field=name, cause=cause, changed_on=pd.Timestamp(self.today), run=self.run)
        rows["origin"] = np.where(rows["cause"] == "staff", self.by_staff, self.origin)
        self.history.append(rows[list(HISTORY_FIELDS)])

    def list_conflicts(self, what: str, ids: Iterable[str], **cells: object) -> None:
        """Rows of the list of conflicts; each cell is one for all, or one each."""
        ids = list(ids)
        if ids:
            rows = pd.DataFrame({KEY: ids}, dtype="object")
            self.conflicts.append(rows.assign(what=what, since=pd.Timestamp(self.today), **cells))

    def all_history(self) -> pd.DataFrame:
        """History in one table."""
        return canonical(
            pd.concat([pd.DataFrame(columns=list(HISTORY_FIELDS)), *self.history], ignore_index=True), HISTORY_FIELDS
        )

    def all_conflicts(self, standing: pd.DataFrame) -> pd.DataFrame:
        """Conflicts as they are now: lasting ones, and all that were found; one that stood keeps its date and decision."""
        parts = [canonical(rows, CONFLICT_FIELDS) for rows in self.conflicts]
        found = pd.concat(parts, ignore_index=True) if parts else canonical(pd.DataFrame(), CONFLICT_FIELDS)
        unnamed = found["conflict_id"].eq("")
        found.loc[unnamed, "conflict_id"] = [
            conflict_id(*row)
            for row in found.loc[unnamed, ["what", KEY, "field", "staff_value"]].itertuples(index=False, name=None)
        ]
        found = found.drop_duplicates("conflict_id").set_index("conflict_id")
        found["since"] = found["since"].fillna(pd.Timestamp(self.today))
        known = found.index.intersection(standing.index)
        found.loc[known, ["since", "decision"]] = standing.loc[known, ["since", "decision"]]
        stays = standing[standing["what"].isin(self.lasting) & ~standing.index.isin(found.index)]
        return pd.concat([part for part in (stays, found) if len(part)] or [found])


def conflict_id(*parts: str) -> str:
    """Name of a conflict: the same for the same conflict at every update."""
    return "C-" + hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12]
