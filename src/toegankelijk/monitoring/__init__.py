"""The monitoring table in its store: brought up to date by screenings, edited by staff, read by everybody.

A store is a GeoPackage (a path that ends in ``.gpkg``) or a PostGIS table (``postgis:VARIABLE`` or
``postgis:VARIABLE/schema.table``, where the environment variable holds the address of the database). Every function here does one
thing in one transaction.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import pandas as pd

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.findings import Findings
from toegankelijk.ledger.fields import KEY
from toegankelijk.ledger.merging import apply_edits
from toegankelijk.ledger.rows import MOST_DELETED
from toegankelijk.ledger.state import State, Store
from toegankelijk.ledger.update import TOLERANCE, update
from toegankelijk.monitoring.snapshot import take_snapshot
from toegankelijk.norm import Norm

IMPORT_COLUMNS = ["workbook", KEY, "field", "before", "after", "sheet", "cell", "outcome", "note"]
"""Columns of what `import_workbooks` tells."""

POSTGIS = "postgis:"
"""How the name of a store in a database begins."""


class Screened(Protocol):
    """What an update needs of a `toegankelijk.Screening`."""

    @property
    def findings(self) -> Findings:
        """Every object against every criterion."""

    @property
    def norm(self) -> Norm:
        """By what."""

    @property
    def table(self) -> gpd.GeoDataFrame:
        """Bottlenecks that were found."""

    @property
    def lang(self) -> str:
        """Language of their texts."""

    @property
    def decided(self) -> frozenset[str]:
        """Those whose term planned works or a plan give, and not the rule."""


def open_store(where: str | Path, *, lang: str = "nl", wait: float = 10.0) -> Store:
    """A store of a monitoring table, which need not be there yet.

    Parameters
    ----------
    where
        A path that ends in ``.gpkg``, or ``postgis:VARIABLE`` with or without ``/schema.table`` (``public.monitoring``).
    lang
        Language of headings and drop-downs of a table that is made.
    wait
        How many seconds to wait for others that write.

    Raises
    ------
    ConfigError
        It is neither.
    """
    text = str(where)
    if text.startswith(POSTGIS):
        from toegankelijk.io.monitoring_postgis import PostgisStore

        variable, _, table = text.removeprefix(POSTGIS).partition("/")
        return PostgisStore(variable, table or "public.monitoring", lang=lang, wait=wait)
    if not text.lower().endswith(".gpkg"):
        raise ConfigError(f"{text}: a monitoring table is kept in a .gpkg, or in postgis:VARIABLE/schema.table")
    from toegankelijk.io.monitoring_geopackage import GeoPackageStore

    return GeoPackageStore(Path(text), lang=lang, wait=wait)


def standing_store(where: str | Path | Store) -> Store:
    """A store, or that of a name, in which there is a table.

    Raises
    ------
    InputError
        There is none.
    """
    store = open_store(where) if isinstance(where, str | Path) else where
    if not store.exists():
        raise InputError(f"{store.name}: there is no monitoring table")
    return store


def update_monitoring(
    where: str | Path | Store,
    screening: Screened | None = None,
    *,
    today: datetime.date | None = None,
    reports: pd.DataFrame | None = None,
    tolerance: float = TOLERANCE,
    most_deleted: float = MOST_DELETED,
    lang: str = "nl",
    wait: float = 10.0,
) -> State:
    """Bring a monitoring table up to date with a screening, in one transaction.

    What staff wrote stays; what contradicts is listed. The same screening once more changes not one byte.

    Parameters
    ----------
    where
        A store, or its name as `open_store` takes it; made if it is not there.
    screening
        What was found; without it only staff's edits are taken in.
    today
        Day on which staff's edits are seen; by default today.
    reports
        What residents and inspectors reported (see `toegankelijk.ledger.snapshot.Snapshot`).
    tolerance
        How far an object that was drawn again may lie from its old place, in metres, to be the same.
    most_deleted
        Share of the rows that staff may have deleted since the last update; beyond it, nothing is done.
    lang
        Language of headings and drop-downs of a table that is made.
    wait
        How many seconds to wait for others that write.

    Returns
    -------
    State
        The table as it is now; ``history`` holds what this update added.

    Raises
    ------
    InputError
        The store is held by another program, cannot be written, or was cut; it is as it was.

    Examples
    --------
    >>> import tempfile
    >>> from toegankelijk import sample_city, screen, update_monitoring
    >>> screening = screen(sample_city())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = update_monitoring(f"{folder}/monitoring.gpkg", screening)
    ...     again = update_monitoring(f"{folder}/monitoring.gpkg", screening)
    >>> len(first.table) == len(screening.table), len(again.history)
    (True, 0)
    """
    store = open_store(where, lang=lang, wait=wait) if isinstance(where, str | Path) else where
    if screening is None:
        standing_store(store)
    with store.edit() as desk:
        before = desk.read()
        after = update_state(before, screening, today=today, reports=reports, tolerance=tolerance, most_deleted=most_deleted)
        desk.write(before, after)
    return after


def update_state(
    state: State,
    screening: Screened | None,
    *,
    today: datetime.date | None = None,
    reports: pd.DataFrame | None = None,
    tolerance: float = TOLERANCE,
    most_deleted: float = MOST_DELETED,
) -> State:
    """The table after a screening, without a store; see `update_monitoring` and `toegankelijk.ledger.update.update`."""
    snapshot = None
    if screening is not None:
        parts = (screening.findings, screening.norm, screening.table)
        snapshot = take_snapshot(*parts, decided=screening.decided, reports=reports, today=today, lang=screening.lang)
    return update(state, snapshot, today=today, tolerance=tolerance, most_deleted=most_deleted)


def read_monitoring(where: str | Path | Store, *, history: bool = False) -> State:
    """A monitoring table as it stands, with what is kept beside it; the history only if it is asked for.

    Raises
    ------
    InputError
        There is none.
    """
    return standing_store(where).read(history=history)


def import_workbooks(
    where: str | Path | Store,
    files: Sequence[str | Path],
    *,
    today: datetime.date | None = None,
    as_meant: bool = False,
    lang: str = "nl",
) -> pd.DataFrame:
    """Take the edits of workbooks that went round in a monitoring table, one after the other, in one transaction.

    Parameters
    ----------
    where
        A store, or its name as `open_store` takes it.
    files
        Workbooks that `export_monitoring` or a screening wrote, as people left them.
    today
        Day on which they are taken in; by default today.
    as_meant
        Take a workbook as it is, also if one of its columns seems to be sorted without the others.
    lang
        Language of the notes in the list of conflicts.

    Returns
    -------
    DataFrame
        Every edit: ``workbook, bottleneck_id, field, before, after, sheet, cell, outcome, note`` (see
        `toegankelijk.ledger.merging.apply_edits`). Other things to know have the outcome ``told``, and bottlenecks that are in no
        sheet any more ``missing``: neither changes anything.

    Raises
    ------
    InputError
        A workbook cannot be read, or the store not be written; nothing was taken in.
    """
    from toegankelijk.io.workbook_edits import workbook_edits
    from toegankelijk.io.workbooks import read_workbook

    store = standing_store(where)
    books = {Path(file).name: read_workbook(Path(file)) for file in files}
    day = today or datetime.date.today()  # noqa: DTZ011 - the day of the people who read it
    told, history = [], []
    with store.edit() as desk:
        before = state = desk.read()
        for name, book in books.items():
            found = workbook_edits(book, state.table, as_meant=as_meant)
            state, outcome = apply_edits(
                state, found.edits, refused=found.refused, added=found.added, today=day, origin=name, lang=lang
            )
            state = update(state, today=day, action="import", origin=name)
            history.append(state.history)
            told += [outcome.assign(workbook=name), pd.DataFrame({"note": found.problems, "outcome": "told", "workbook": name})]
            told.append(pd.DataFrame({KEY: found.missing, "outcome": "missing", "workbook": name}))
        desk.write(before, dataclasses.replace(state, history=pd.concat(history, ignore_index=True)))
    return pd.concat([rows.astype("object") for rows in told], ignore_index=True).fillna("")[IMPORT_COLUMNS]
