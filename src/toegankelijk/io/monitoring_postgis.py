"""The monitoring table in a PostGIS database: made once, and from then on only the cells that change are written.

Everything that people made around it stays: rights, comments, columns, indexes, views, triggers, numbers of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io.postgis import QUERY_SECONDS, open_database
from toegankelijk.io.postgis_ledger import find_tables, read_state, write_state
from toegankelijk.labels import check_language
from toegankelijk.ledger.fields import BESIDE, LAYER
from toegankelijk.ledger.state import Desk, State

if TYPE_CHECKING:
    import psycopg
    from psycopg import Cursor

_UNTIMED = """
SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings
WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""
"""An update computes between reading and writing; the server must not take that for somebody who went home."""


@dataclass(frozen=True)
class PostgisStore:
    """A monitoring table in a PostGIS database.

    Parameters
    ----------
    variable
        Environment variable that holds the address of the database.
    table
        ``schema.table``; what is kept beside it stands in the same schema under the same name with ``_base``, ``_history``,
        ``_conflicts`` and ``_runs``.
    lang
        Language of the comments on a table that is made.
    wait
        Seconds to wait for somebody else who is writing.

    Raises
    ------
    ConfigError
        The table is not named so, or the language has no labels.

    Notes
    -----
    The first update makes the tables, so its user must be allowed to in that schema (``GRANT CREATE, USAGE ON SCHEMA``). For
    later ones, by another user, ``SELECT, INSERT, UPDATE, DELETE`` on the five tables is enough; only their owner can bring back
    a column that somebody took away. Staff need the same rights on the table, and on ``_conflicts`` to decide.

    Examples
    --------
    >>> PostgisStore("GENK_DATABASE", "toegankelijkheid.monitoring").name
    '$GENK_DATABASE toegankelijkheid.monitoring'
    """

    variable: str
    table: str = f"public.{LAYER}"
    _: KW_ONLY
    lang: str = "nl"
    wait: float = 10.0

    def __post_init__(self) -> None:
        check_language(self.lang)
        schema, _, table = self.table.partition(".")
        if not schema or not table or max(len(name.encode()) for name in self.names.values()) > 63 or "\0" in self.table:
            raise ConfigError(f"{self.table!r}: name the table as schema.table, with at most 53 characters after the point.")

    @property
    def name(self) -> str:
        """Variable and table, for messages; never the address."""
        return f"${self.variable} {self.table}"

    @property
    def schema(self) -> str:
        """Schema that the tables stand in."""
        return self.table.partition(".")[0]

    @property
    def names(self) -> dict[str, str]:
        """Names of the tables, by those that the ledger uses."""
        own = self.table.partition(".")[2]
        return {LAYER: own, **{one: own + one.removeprefix(LAYER) for one in BESIDE}}

    def exists(self) -> bool:
        """Whether there is a table already.

        Raises
        ------
        ConfigError, InputError, MissingExtraError
            The database cannot be reached; see `toegankelijk.io.postgis.open_database`.
        """
        with self._transaction(writing=False) as cursor:
            return find_tables(self, cursor)[LAYER] is not None

    def read(self, *, history: bool = False) -> State:
        """The table as it stands at one moment; without rows if there is none yet.

        Parameters
        ----------
        history
            Whether to read the history too.

        Raises
        ------
        InputError
            This user may not read it, or not all of it.
        ConfigError, MissingExtraError
            See `toegankelijk.io.postgis.open_database`.
        """
        with self._transaction(writing=False) as cursor:
            return read_state(self, cursor, history=history)

    @contextmanager
    def edit(self) -> Iterator[Desk]:
        """A transaction in which nobody else writes, and everybody can read; kept if the block ends well, else undone.

        Raises
        ------
        InputError
            Somebody else is writing and does not stop; this user may not write; the database refuses a value, or goes away.
            The table is as it was.
        ConfigError, MissingExtraError
            See `toegankelijk.io.postgis.open_database`.
        """
        with self._transaction(writing=True) as cursor:
            yield _PostgisDesk(self, cursor)

    @contextmanager
    def _transaction(self, *, writing: bool) -> Iterator[Cursor]:
        """A transaction; on any error it is undone, and what the database says of it becomes one of our errors."""
        connection = open_database(self.variable, self.name)
        import psycopg

        level = psycopg.IsolationLevel
        connection.isolation_level = level.READ_COMMITTED if writing else level.REPEATABLE_READ
        connection.read_only = not writing
        connection.prepare_threshold = None  # a pool of connections between us and the server would mix prepared statements up
        stage = "writing" if writing else "reading"
        try:
            cursor = connection.cursor()
            _settle(cursor, self.wait)
            if writing:
                self._lock(cursor)
            yield cursor
            stage = "keeping" if writing else stage
            if connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
                # The server would answer to "keep" by undoing, without a word.
                raise InputError(f"{self.name}: an error before this one undid the update; the table is as it was.")
            connection.commit()
        except psycopg.Error as error:
            raise _refusal(error, self, stage) from None
        finally:
            connection.close()

    def _lock(self, cursor: Cursor) -> None:
        """Make others who write wait until this transaction ends; those who write already are waited for."""
        from psycopg import sql

        # Before there is a table there is nothing else to lock.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"toegankelijk {self.table}"])
        there = [sql.Identifier(self.schema, table.name) for table in find_tables(self, cursor).values() if table is not None]
        if there:
            cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.SQL(", ").join(there)))


@dataclass(frozen=True)
class _PostgisDesk:
    """A store within one transaction."""

    store: PostgisStore
    cursor: Cursor

    def read(self) -> State:
        """The table as it stands, without history; one without rows if it is not there."""
        return read_state(self.store, self.cursor)

    def write(self, before: State, after: State) -> None:
        """Write what differs.

        Raises
        ------
        InputError
            The coordinate system is another one, or a value does not fit its column.
        """
        write_state(self.store, self.cursor, before, after)


def _settle(cursor: Cursor, wait: float) -> None:
    """Settings of the session that hold for this transaction only."""
    for setting, value in {
        "statement_timeout": f"{QUERY_SECONDS}s",
        "lock_timeout": f"{max(1, round(wait * 1000))}ms",
        "datestyle": "ISO",
        # Whoever goes away without a word (a laptop that is closed) does not keep others out for hours.
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
        # A policy for rows would leave some out without a word; so it is an error.
        "row_security": "off",
    }.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
    cursor.execute(_UNTIMED)


def _refusal(error: psycopg.Error, store: PostgisStore, stage: str) -> InputError:
    """What the database's answer means for people, without its address."""
    import psycopg

    code, told = error.sqlstate or "", error.diag.message_primary or ""
    kept = "Nothing was changed: the table is as it was" if stage != "reading" else "Nothing was read"
    if code == "55P03":
        return InputError(
            f"{store.name}: somebody else is writing to it, and did not stop within {store.wait:g} s. Save or undo open edits "
            f"(in QGIS: stop editing the layer), and run again. {kept}."
        )
    if code in {"40P01", "40001"}:
        return InputError(f"{store.name}: got in the way of somebody else's change ({told}). {kept}; run again.")
    if code == "42501":
        advice = "the rights to read and change it and the tables beside it, and to make tables in its schema"
        return InputError(f"{store.name}: this user may not do that ({told}); ask the database's manager for {advice}. {kept}.")
    if not code and not isinstance(error, psycopg.OperationalError):
        return InputError(f"{store.name}: a value or a name cannot be sent ({error}). {kept}; correct it, and run again.")
    if code == "57014":
        return InputError(f"{store.name}: the database takes too long, or somebody stopped it ({told}). {kept}; run again.")
    if not code or code[:2] in {"08", "57", "58", "XX"}:
        why = told or "the connection broke"
        if stage == "keeping":
            return InputError(
                f"{store.name}: the connection broke while the update was being kept ({why}): the table is wholly as it was, or "
                "wholly up to date. Look at it, and run again; an update that was kept already changes nothing the second time."
            )
        return InputError(f"{store.name}: the database went away ({why}). {kept}; run again when it is back.")
    places = [
        f"{what} {name!r}" for what, name in (("column", error.diag.column_name), ("rule", error.diag.constraint_name)) if name
    ]
    return InputError(f"{store.name}: the database refuses ({'; '.join([told, *places])}). {kept}; correct that, and run again.")
