"""Zip archives: unpacked only in part, within limits, into a folder of their own that is gone afterwards.

The limits keep an archive from filling the disk, and its names from reaching anything outside that folder.
"""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from toegankelijk.errors import InputError

MOST_MEMBERS = 10_000
"""Files in one archive."""

MOST_BYTES = 1 << 30
"""Bytes that are unpacked from one archive, by its own account and in truth."""

MOST_RATIO = 100
"""Unpacked size over packed size; a text packs to a tenth, a bomb to a thousandth."""

SMALL = 1 << 20
"""Bytes up to which the ratio of a member does not matter."""

MAGIC = b"PK\x03\x04"
"""First bytes of a zip archive that holds anything."""


def list_members(path: Path) -> list[str]:
    """Names of the files in an archive, sorted.

    Raises
    ------
    InputError
        It is no zip archive, is damaged, or holds names or more files than it may.
    """
    with _opened(path, lambda name: False) as archive:
        return sorted(info.filename for info in archive.infolist() if not info.is_dir())


@contextmanager
def unpack(path: Path, chosen: Callable[[str], bool] = lambda name: True) -> Iterator[Path]:
    """Folder with the chosen members of an archive, under their own names; it is removed in the end.

    Raises
    ------
    InputError
        As `list_members`; or the chosen members are too large, longer than the archive says, or have a wrong check sum.
    """
    with _opened(path, chosen) as archive, tempfile.TemporaryDirectory(prefix="archive-") as folder:
        left = MOST_BYTES
        for info in archive.infolist():
            if info.is_dir() or not chosen(info.filename):
                continue
            target = Path(folder, *PurePosixPath(info.filename).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            left = _copy(archive, info, target, left, path.name)
        yield Path(folder)


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, left: int, where: str) -> int:
    """Unpack one member; how many bytes may still come after it."""
    try:
        with archive.open(info) as packed, target.open("wb") as file:
            while block := packed.read(1 << 20):
                left -= len(block)
                if left < 0:
                    raise InputError(f"{where}: unpacks to more than {MOST_BYTES} bytes; unpack it yourself and give the files.")
                file.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise InputError(f"{where}: {info.filename!r} cannot be unpacked ({error}). Ask for a new copy.") from error
    return left


@contextmanager
def _opened(path: Path, chosen: Callable[[str], bool]) -> Iterator[zipfile.ZipFile]:
    where = path.name
    if not path.is_file():
        raise InputError(f"{where}: does not exist, or is no plain file; give the path of an archive ({path}).")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{where}: is no zip archive, or is damaged ({error}). Ask for a new copy.") from error
    with archive:
        if faults := _faults(archive.infolist(), chosen):
            raise InputError(f"{where}: is not unpacked", faults)
        yield archive


def _faults(members: list[zipfile.ZipInfo], chosen: Callable[[str], bool]) -> list[str]:
    """What makes an archive unfit to be unpacked; only what is unpacked has to be small (a timetable may fill a disk)."""
    faults = []
    if len(members) > MOST_MEMBERS:
        faults.append(f"it holds {len(members)} files; at most {MOST_MEMBERS} are read")
    if (size := sum(info.file_size for info in members if chosen(info.filename))) > MOST_BYTES:
        faults.append(f"it unpacks to {size} bytes; at most {MOST_BYTES} are read")
    names = [info.filename for info in members]
    for info in members:
        name = info.filename
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name or "\0" in name:
            faults.append(f"{name!r}: a name that leads out of the archive")
        elif stat.S_ISLNK(info.external_attr >> 16):
            faults.append(f"{name!r}: a link instead of a file")
        elif info.flag_bits & 1:
            faults.append(f"{name!r}: locked by a password")
        elif chosen(name) and info.file_size > SMALL and info.file_size > MOST_RATIO * max(info.compress_size, 1):
            faults.append(f"{name!r}: unpacks to more than {MOST_RATIO} times its size")
    faults += [f"{name!r}: stands in it more than once" for name in sorted({n for n in names if names.count(n) > 1})]
    return faults[:20]
