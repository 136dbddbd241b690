"""The parts of an Excel file: looked into before a reader is let loose on it, and for what that reader does not tell."""

from __future__ import annotations

import mmap
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from toegankelijk.errors import InputError
from toegankelijk.io import archives, gml

_OLD = b"\xd0\xcf\x11\xe0"  # of .xls, and of a workbook with a password
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="([A-Z0-9:$]+)"')
_COMMENT = re.compile(rb'<(?:\w+:)?comment\s[^>]*?\bref="([A-Z0-9]+)"')


@dataclass(frozen=True)
class Package:
    """What the parts of a file say.

    Parameters
    ----------
    merged
        Merged cells by the name of the sheet, such as ``A1:C3``.
    comments
        Cells with a comment, by the name of the sheet.
    formulas
        Whether there is any formula.
    """

    merged: Mapping[str, Sequence[str]]
    comments: Mapping[str, Sequence[str]]
    formulas: bool


def examine(path: Path) -> Package:
    """Look into a file before it is read: is it a sound archive of plain XML, and what a reader would not tell of it.

    Raises
    ------
    InputError
        It is no such archive, is too large, damaged or locked, or has a DOCTYPE.
    """
    where = path.name
    try:
        with path.open("rb") as opened:
            first = opened.read(4)
    except OSError as error:
        raise InputError(f"{where}: cannot be opened ({error}). Is it there, and closed in Excel?") from error
    if first == _OLD:
        raise InputError(f"{where}: is an .xls file or has a password. Save it as .xlsx, without a password.")
    with archives.unpack(path) as folder:
        files = [file for file in folder.rglob("*") if file.suffix in (".xml", ".rels") and file.stat().st_size]
        if not (folder / "xl" / "workbook.xml").is_file():
            raise InputError(f"{where}: is no .xlsx workbook. In LibreOffice, choose 'Excel 2007-365 (.xlsx)' when saving.")
        for file in files:
            part = f"{where}: {file.relative_to(folder).as_posix()}"
            try:
                gml.refuse_doctype(file, part)
            except LookupError as error:  # an encoding that nobody knows
                raise InputError(f"{part}: the file is damaged ({error}). Ask for a new copy.") from error
        try:
            paths = _sheet_files(folder)
            notes = {title: _comment_files(file) for title, file in paths.items()}
        except ElementTree.ParseError as error:
            raise InputError(f"{where}: the file is damaged and nothing of it is used ({error}). Ask for a new copy.") from error
        merged = {title: _found(_MERGE, file) for title, file in paths.items()}
        comments = {title: [ref for file in files for ref in _found(_COMMENT, file)] for title, files in notes.items()}
        formulas = any(_found(_FORMULA, file, once=True) for file in paths.values())
    return Package(merged, comments, formulas)


def _sheet_files(folder: Path) -> dict[str, Path]:
    """File of every sheet, by its name."""
    targets = _targets(folder / "xl" / "_rels" / "workbook.xml.rels", folder / "xl")
    root = ElementTree.parse(folder / "xl" / "workbook.xml").getroot()  # noqa: S314 - a DOCTYPE was refused
    sheets = {}
    for element in root.iter():
        if gml.local(element.tag) == "sheet":
            known = {gml.local(name): value for name, value in element.attrib.items()}
            file = targets.get(known.get("id", ""))
            if file is not None and file.is_file():
                sheets[known.get("name", "")] = file
    return sheets


def _comment_files(sheet: Path) -> list[Path]:
    targets = _targets(sheet.parent / "_rels" / f"{sheet.name}.rels", sheet.parent)
    return [file for file in targets.values() if "omment" in file.name and file.suffix == ".xml" and file.is_file()]


def _targets(rels: Path, home: Path) -> dict[str, Path]:
    """Files that a part of a workbook refers to, by the name that it gives them; none outside the folder."""
    if not rels.is_file():
        return {}
    root = home
    while root.parent != root and not (root / "[Content_Types].xml").is_file():
        root = root.parent
    found = {}
    for element in ElementTree.parse(rels).getroot():  # noqa: S314 - a DOCTYPE was refused
        target = element.get("Target", "")
        if element.get("TargetMode") == "External" or "\\" in target or ":" in target:
            continue
        start = root if target.startswith("/") else home
        file = start.joinpath(*PurePosixPath(target.lstrip("/")).parts).resolve()
        if file.is_relative_to(root.resolve()):
            found[element.get("Id", "")] = file
    return found


def _found(pattern: re.Pattern[bytes], file: Path, *, once: bool = False) -> list[str]:
    """What a pattern finds in a file, without reading all of it into memory."""
    if not file.stat().st_size:
        return []
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if once:
            return ["found"] if pattern.search(content) else []
        return [hit[1].decode("ascii").replace("$", "") for hit in pattern.finditer(content)]
