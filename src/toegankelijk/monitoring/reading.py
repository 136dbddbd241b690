"""A monitoring table read: how it stands, what differs between two states, what happened, and copies to give away."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.ledger.comparison import diff, status
from toegankelijk.ledger.fields import as_text
from toegankelijk.ledger.history import history_of, table_at, trends
from toegankelijk.ledger.state import State, Store, empty_state
from toegankelijk.monitoring import open_store, read_monitoring, standing_store

Where = str | Path | Store
"""A store, or its name as `toegankelijk.open_store` takes it."""

Moment = datetime.date | int | str
"""A day (``2026-05-31``), or the number of an update."""

COPIES = (".xlsx", ".gpkg", ".csv")
"""Endings of files that a table can be given away in."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def monitoring_status(where: Where, *, today: datetime.date | None = None) -> pd.DataFrame:
    """How a monitoring table stands, in counts (see `toegankelijk.ledger.comparison.status`).

    Parameters
    ----------
    where
        A store, or its name.
    today
        Gives the year from which on a target year is past; by default today.

    Returns
    -------
    DataFrame
        ``what, code, count``.

    Examples
    --------
    >>> import tempfile
    >>> from toegankelijk import sample_city, screen, update_monitoring
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     state = update_monitoring(f"{folder}/monitoring.gpkg", screen(sample_city()))
    ...     counts = monitoring_status(f"{folder}/monitoring.gpkg").set_index("what")["count"]
    >>> int(counts["total"]), int(counts["new"]), int(counts["conflicts"])
    (70, 70, 0)
    """
    return status(read_monitoring(where, history=True), today=today or _today())


def diff_monitoring(
    where: Where, other: Where | None = None, *, since: Moment | None = None, until: Moment | None = None
) -> pd.DataFrame:
    """What differs between two states of a monitoring table, or between two tables of one city.

    Parameters
    ----------
    where
        A store, or its name.
    other
        Another one, that is compared with it: the later state.
    since, until
        Or states of the one table: at the end of a day, or after an update by its number. Without `since` it is the state before
        the last update, without `until` the table as it stands.

    Returns
    -------
    DataFrame
        ``bottleneck_id, change, field, before, after`` (see `toegankelijk.ledger.comparison.diff`).

    Raises
    ------
    ConfigError
        A day cannot be read, there was no such update, or both another table and a moment are given.
    InputError
        There is no such table.
    """
    if other is not None:
        if since is not None or until is not None:
            raise ConfigError("give another table, or moments of the one, not both")
        return diff(read_monitoring(where).table, read_monitoring(other).table)
    state = read_monitoring(where, history=True)
    before = _state_at(state, since) if since is not None else _before_the_last(state)
    return diff(before, _state_at(state, until) if until is not None else state.table)


def monitoring_history(
    where: Where, bottleneck_id: str | None = None, *, since: datetime.date | str | None = None, cause: str | None = None
) -> pd.DataFrame:
    """What happened in a monitoring table, oldest first (see `toegankelijk.ledger.history.history_of`).

    Parameters
    ----------
    where
        A store, or its name.
    bottleneck_id
        Only of this bottleneck.
    since
        Only from this day on.
    cause
        Only of this cause: ``street``, ``data``, ``norm``, ``level``, ``staff`` or ``system``.

    Returns
    -------
    DataFrame
        A row per changed cell, with when, what it was and became, the cause and the origin.
    """
    day = _moment(since) if isinstance(since, str) else since
    if isinstance(day, int):
        raise ConfigError(f"{since!r} is not a day; write it as 2026-05-31")
    return history_of(read_monitoring(where, history=True), bottleneck_id, since=day, cause=cause)


def monitoring_trends(where: Where, *, by: str | Sequence[str] = "zone_id") -> pd.DataFrame:
    """How many bottlenecks came, were closed and are open, per group and year (see `toegankelijk.ledger.history.trends`).

    Parameters
    ----------
    where
        A store, or its name.
    by
        Column or columns to group by.

    Returns
    -------
    DataFrame
        A row per group and year, and per year of the whole city.
    """
    return trends(read_monitoring(where, history=True), by=by)


def export_monitoring(where: Where, target: str | Path, *, city: str = "", lang: str = "nl") -> Path:
    """Copy a monitoring table to a file: a workbook to fill in, a GeoPackage, or a table in text.

    Parameters
    ----------
    where
        A store, or its name.
    target
        ``.xlsx``: a workbook that `import_workbooks` reads back. ``.gpkg``: the table with all that is kept beside it, to keep or
        to go on with elsewhere. ``.csv``: the rows alone, with codes for headings and the place in ``x`` and ``y``, in UTF-8 with
        semicolons; what a spreadsheet would take for a formula begins with an apostrophe.
    city
        Name for the title of a workbook; by default that of the last screening.
    lang
        Language of headings and words.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigError
        There is such a file already, or it is of another kind.
    """
    path = Path(target)
    if path.suffix.lower() not in COPIES:
        raise ConfigError(f"{path}: a copy of a monitoring table is one of {', '.join(COPIES)}")
    if path.exists():
        raise ConfigError(f"{path}: exists already, and people may have worked in it; choose another name")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist; make it first")
    store = standing_store(where)
    state = store.read(history=True)
    if path.suffix.lower() == ".gpkg":
        with open_store(path, lang=lang).edit() as desk:
            desk.write(empty_state(state.table.crs), state)
    elif path.suffix.lower() == ".xlsx":
        from toegankelijk.workbook import write_monitoring_workbook

        runs = state.runs
        named = runs.loc[runs["city"].ne(""), "city"]
        write_monitoring_workbook(
            path,
            state.table,
            city=city or (str(named.iloc[-1]) if len(named) else ""),
            conflicts=state.conflicts,
            store=store.name,
            run=state.run,
            day=_today(),
            lang=lang,
        )
    else:
        _write_text(path, state)
    return path


def _state_at(state: State, when: Moment) -> gpd.GeoDataFrame:
    return table_at(state, _moment(when))


def _before_the_last(state: State) -> gpd.GeoDataFrame:
    """The table as the update before the last one left it; without rows if there was none."""
    runs = state.runs["run"].sort_values()
    if len(runs) < 2:
        return state.table.iloc[:0]
    return table_at(state, int(runs.iloc[-2]))


def _moment(when: Moment) -> datetime.date | int:
    """A day or the number of an update, however it was written."""
    if not isinstance(when, str):
        return when
    text = when.strip()
    if text.isdecimal() and len(text) < 8:
        return int(text)
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{when!r} is neither a day (2026-05-31) nor the number of an update") from None


def _write_text(path: Path, state: State) -> None:
    """The rows as text."""
    table = state.table
    texts = pd.DataFrame({name: table[name].map(as_text) for name in table if name != "geometry"}, dtype="object")
    for name in texts:
        inert = texts[name].str.startswith(_FORMULA) & ~texts[name].str.fullmatch(r"-\d+(\.\d+)?")
        texts[name] = texts[name].where(~inert, "'" + texts[name])
    places = table.geometry
    texts = texts.assign(x=places.x.round(3).map(as_text), y=places.y.round(3).map(as_text))
    draft = path.with_name(f".{path.name}.draft")
    try:
        texts.to_csv(draft, index=False, sep=";", encoding="utf-8-sig", lineterminator="\r\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({error})") from error


def _today() -> datetime.date:
    return datetime.date.today()  # noqa: DTZ011 - the day of the people who read it
