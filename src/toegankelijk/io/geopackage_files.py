"""A GeoPackage as a file: opened to read or to write in place, or made whole beside its place; and what to say if that fails."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io.geopackage_rows import add_functions, columns_of
from toegankelijk.io.geopackage_tables import APPLICATION_ID

_OLD_IDS = (0x47503130, 0x47503131, 0x47503132)  # GeoPackage 1.0 to 1.2


def is_there(path: Path) -> bool:
    """Whether there is a file of this name; an error if it is none that could be written."""
    if not path.exists():
        return False
    if not path.is_file():
        raise ConfigError(f"{path.name}: is not a file.")
    if not path.stat().st_size:
        raise InputError(f"{path.name}: is empty and no GeoPackage; remove it, and run again.")
    return True


@contextmanager
def opened(path: Path, *, wait: float) -> Iterator[sqlite3.Connection]:
    """A connection to a GeoPackage that is there, outside any transaction.

    Parameters
    ----------
    path
        The file. What a broken-off transaction left beside it is undone first.
    wait
        Seconds to wait for others that have it locked.

    Raises
    ------
    InputError
        It is no GeoPackage, damaged, or locked for longer.
    """
    with saying(path.name):
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=wait, isolation_level=None, check_same_thread=False
        )
    with closing(connection):
        with saying(path.name):
            number = connection.execute("PRAGMA application_id").fetchone()[0]
            if number not in (APPLICATION_ID, *_OLD_IDS) or not columns_of(connection, "gpkg_contents"):
                raise InputError(f"{path.name}: is no GeoPackage, so it is not touched; choose another name.")
            _prepare(connection)
        yield connection


@contextmanager
def drafted(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to an empty database that gets the file's name if the block ends well and something is in it.

    Raises
    ------
    InputError
        The folder may not be written, the disk is full, or a file of this name was made meanwhile: that one stays.
    """
    with saying(path.name):
        folder = tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent)
    with folder as name:
        draft = Path(name) / "draft.gpkg"
        with closing(sqlite3.connect(draft, isolation_level=None, check_same_thread=False)) as connection:
            _prepare(connection)
            # nobody else sees the draft: it is made quickly, and put on the disk for sure before it gets its name
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA synchronous = OFF")
            yield connection
            with saying(path.name):
                made = bool(columns_of(connection, "gpkg_contents"))
                if made and (flaw := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                    raise InputError(f"{path.name}: could not be written, what was written is damaged ({flaw}).")
        if made:
            with saying(path.name):
                _put(draft, path)


@contextmanager
def transaction(connection: sqlite3.Connection, name: str) -> Iterator[None]:
    """A transaction in which nobody else can write: kept if the block ends well, undone if it does not."""
    with saying(name):
        connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        with saying(name):
            connection.execute("COMMIT")  # where nothing was written, SQLite does not touch the file
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def saying(name: str) -> Iterator[None]:
    """Errors of SQLite and of the disk in words that say what to do."""
    try:
        yield
    except (ConfigError, InputError):
        raise
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        raise InputError(f"{name}: {_advice(str(error))}") from error
    except OSError as error:
        raise InputError(f"{name}: {_advice(error.strerror or str(error))}") from error


def _prepare(connection: sqlite3.Connection) -> None:
    connection.text_factory = lambda text: text.decode("utf-8", "replace")  # one wrong letter must not hide a table
    connection.execute("PRAGMA cache_spill = OFF")  # readers are only held up by the end of a transaction
    add_functions(connection)


def _put(draft: Path, path: Path) -> None:
    """Give a whole file its name, in one step and never over another file."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    taken = InputError(f"{path.name}: somebody made this file in the meantime; it is as it was. Run again to update it.")
    try:
        os.link(draft, path)
    except FileExistsError:
        raise taken from None
    except OSError:  # a disk without links: the name is claimed first
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            raise taken from None
        draft.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _advice(detail: str) -> str:
    text = detail.casefold()
    if "locked" in text:
        return (
            "is open in another program that is reading or writing it. Save and close it there (in QGIS: stop editing, or remove "
            "its layers), and run again. Nothing was changed."
        )
    if any(word in text for word in ("full", "no space", "too large", "quota")):
        return f"the disk is full ({detail}). Make room, and run again. Nothing was changed."
    if any(word in text for word in ("readonly", "read-only", "unable to open", "denied", "not permitted", "authoriz")):
        return (
            f"the file or its folder may not be written ({detail}). Ask for that right, or work on a copy. Nothing was changed."
        )
    if "not a database" in text or "malformed" in text:
        return f"is damaged ({detail}). Put back an earlier copy, or have it repaired. Nothing was changed."
    return f"could not be read or written ({detail}). Nothing was changed."
