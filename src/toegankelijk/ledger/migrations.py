"""Tables of older versions, brought to the present form without loss.

Version 1 had no base: the table alone, with the status and the dates of staff, and one column where there are three now.
Version 2 lacked the columns that a plan fills (`toegankelijk.ledger.fields.ADDED`). Version 3 is the present one.
"""

from __future__ import annotations

import dataclasses

import pandas as pd
import shapely

from toegankelijk.errors import InputError
from toegankelijk.ledger.fields import BASE_FIELDS, FIELDS, KEY, SCHEMA_VERSION, SHARED, as_text, canonical, pack_extra
from toegankelijk.ledger.snapshot import Snapshot
from toegankelijk.ledger.state import State

OLD_STATUSES = {
    "opgelost": "uitgevoerd",
    "solved": "uitgevoerd",
    "planned": "gepland",
    "nieuw": "open",
    "new": "open",
    "": "open",
}
"""Statuses of version 1, and what they are called now."""

_KEYS = ["kind", "object_id", "remedy"]


def migrate(state: State, snapshot: Snapshot | None = None) -> State:
    """A state in the present form; the same object if it has it.

    Of version 1 nobody knows which cells staff wrote. So every status but ``open`` is taken for theirs, and so is every value of
    a shared column that the screening at hand would not propose: nothing that may be theirs is overwritten, and where it was an
    old proposal, emptying the ``_staff`` column takes the new one.

    Parameters
    ----------
    state
        A table as it stands.
    snapshot
        The screening at hand.

    Raises
    ------
    InputError
        A newer version of this package wrote the table.
    """
    if state.version > SCHEMA_VERSION:
        raise InputError(
            f"monitoring table: it has form {state.version}, and this version of toegankelijk knows up to {SCHEMA_VERSION}; "
            "install a newer one"
        )
    if len(state.base) or not len(state.table):
        return state
    table = state.table.copy()
    status = table["status"].astype("str").str.strip().replace(OLD_STATUSES)
    table["status"] = status
    table["status_staff"] = table["status_staff"].where(table["status_staff"].ne("") | status.eq("open"), status)
    for name in SHARED:
        if f"{name}_proposed" in state.missing:
            table[f"{name}_proposed"] = "open" if name == "status" else table[name]
    said = _said_now(table, snapshot)
    for name in (name for name in SHARED if name != "status" and f"{name}_staff" in state.missing):
        texts, now = table[name].map(as_text), said[name]
        theirs = now.notna() & texts.ne("") & (texts != now)
        table[f"{name}_staff"] = table[f"{name}_staff"].astype("object").where(~theirs, table[name])
    table = table.assign(**{name: canonical(table[[name]], {name: FIELDS[name].type})[name] for name in FIELDS})
    if table["status_since"].isna().all():
        table["status_since"] = table["last_seen"]
    issued = table[KEY].astype("str").str.startswith("K-") & ~table[KEY].duplicated(keep="first")
    base = pd.DataFrame(table.loc[issued].drop(columns="geometry"))
    places = table.geometry.to_numpy()[issued.to_numpy()]
    base = base.assign(extra=pack_extra(base[state.extra]).to_numpy(), x=shapely.get_x(places), y=shapely.get_y(places))
    base = canonical(base[[name for name in base if name in BASE_FIELDS]], BASE_FIELDS).set_index(KEY)
    return dataclasses.replace(state, table=table, base=base, missing=())


def _said_now(table: pd.DataFrame, snapshot: Snapshot | None) -> pd.DataFrame:
    """What the screening proposes for the same object and remedy, as text; missing where it says nothing."""
    names = [name for name in SHARED if name != "status"]
    if snapshot is None:
        return pd.DataFrame(None, index=table.index, columns=names, dtype="object")
    now = pd.DataFrame({name: snapshot.table[name].map(as_text) for name in names})
    now.index = pd.MultiIndex.from_frame(snapshot.table[_KEYS].astype("object"))
    now = now[~now.index.duplicated()]
    return now.reindex(pd.MultiIndex.from_frame(table[_KEYS].astype("object"))).set_axis(table.index)
