"""Reports of residents and inspections, read from a file: only what is named, and nothing that says who made them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io.formats import read_source
from toegankelijk.keys import key_texts
from toegankelijk.ledger.fields import canonical
from toegankelijk.ledger.reports import REPORT_COLUMNS
from toegankelijk.observations.dates import parse_dates

RESIDENT, INSPECTION = 0.3, 0.9
"""How sure a report is where nobody says it: of a resident, and of an inspection. From `toegankelijk.ledger.reports.SURE` on it
reopens what was done."""

BLANK = "[…]"
"""Stands for what was left out of a text."""

MOST_TEXT = 300
"""Characters of a text that are kept."""

_SIGNS = (
    r"(?:https?://|www\.)\S+",
    r"[\w.+\-']+\s?(?:@|\(at\)|\[at\])\s?[\w\-]+(?:\.[\w\-]+)+",  # e-mail
    r"(?<!\w)@\w{2,}",  # name on a social network
    r"\b[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]{4}){2,7}(?:[ \-]?[A-Z0-9]{1,4})?\b",  # account
    r"\b\d-[A-Z]{3}-\d{3}\b|\b[A-Z]{3}-\d{3}\b|\b\d-\d{3}-[A-Z]{3}\b",  # number plate
    r"(?<![\w.,])\+?\(?\d(?:[\s./()\-]{0,2}\d){7,}(?!\w)",  # telephone, national register, day of birth, customer
)
_PERSONAL = re.compile("|".join(_SIGNS), re.IGNORECASE)
_TELEPHONE = re.compile(r"(?:\+|00|0)(?:[\s./()\-]{0,2}\d){8,12}")
_PHOTO = re.compile(r"(https?://[^\s@<>\"'?#]+)(?:[?#].*)?|([\w\-. ]+(?:/[\w\-. ]+)*)")


def read_reports(
    path: str | Path,
    *,
    crs: object,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - as in city.toml
    date: str | None = None,
    kind: str | None = None,
    theme: str | None = None,
    object_id: str | None = None,
    photo: str | None = None,
    text: str | None = None,
    confidence: str | float = RESIDENT,
    codes: Mapping[str, str] = MappingProxyType({}),
    layer: str | None = None,
    coordinates: Sequence[str] | None = None,
    file_crs: str | None = None,
) -> pd.DataFrame:
    r"""Read reports for `toegankelijk.update_monitoring`.

    Only columns that are named here are read. A text is left out unless its column is named; addresses, telephone and other long
    numbers, accounts, number plates and names on social networks are then blanked. Names of people and streets cannot be told
    from other words: do not name a text in which people may stand.

    Parameters
    ----------
    path
        A file with points: GeoPackage, GeoJSON, Shapefile, or a table in text.
    crs
        Coordinate system of the monitoring table.
    source
        What the reports are called in the history (``meldpunt``); by default the name of the file.
    id
        Column with the number of the report. Without it a report is known by its day, place and subject.
    date
        Column with the day on which it was seen.
    kind, theme
        Columns with what it is about, or a kind or theme for all.
    object_id
        Column with the id of the object that it is about.
    photo
        Column with links to pictures: web addresses without what follows a question mark, or names of files.
    text
        Column with what is said.
    confidence
        How sure a report is, 0 to 1 (or 0 to 100), for all or as a column.
    codes
        Words of the source to kinds or themes: ``{"losse stoeptegel": "footway"}``.
    layer, coordinates, file_crs
        As ``layer``, ``coordinates`` and ``crs`` of a layer in city.toml.

    Returns
    -------
    DataFrame
        Columns `toegankelijk.ledger.reports.REPORT_COLUMNS`; a kind or theme that is not known is empty.

    Raises
    ------
    ConfigError
        Columns that are named are not there, or a confidence is none.
    InputError
        The file cannot be read, or has no coordinate system.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "meldingen.csv")
    ...     _ = path.write_text("nr;dag;naam;x;y\n7;3/05/2026;An Peeters;228000;182000\n")
    ...     place = {"crs": "EPSG:31370", "file_crs": "EPSG:31370", "coordinates": ("x", "y")}
    ...     reports = read_reports(path, id="nr", date="dag", kind="kerb", **place)
    >>> reports[["report_id", "source", "kind", "confidence"]].to_dict("records")
    [{'report_id': '7', 'source': 'meldingen', 'kind': 'kerb', 'confidence': 0.3}]
    """
    path = Path(path)
    frame = read_source(path, layer=layer, where=path.name, coordinates=coordinates, crs=file_crs)
    fixed = {"kind": kind in schema.kinds(), "theme": theme in schema.THEMES}
    named = {"id": id, "date": date, "kind": kind, "theme": theme, "object_id": object_id, "photo": photo, "text": text}
    named["confidence"] = confidence if isinstance(confidence, str) else None
    absent = [f"{name}: {column!r}" for name, column in named.items() if column and not fixed.get(name) and column not in frame]
    if absent:
        there = ", ".join(str(name) for name in frame if name != frame.geometry.name)
        raise ConfigError(f"{path.name}: columns that are not there (there are {there})", absent)
    x, y = _places(frame, crs, path.name)
    about = {
        name: pd.Series(column, frame.index) if fixed[name] else _known(frame, column, codes, allowed)
        for name, column, allowed in (("kind", kind, schema.kinds()), ("theme", theme, schema.THEMES))
    }
    ids = _keys(frame, id)
    personal = ids.map(_is_personal)  # an address or a number of a person is no number of a report
    columns = {
        "report_id": ids.where(~personal, ""),
        "seen_on": parse_dates(frame[date])[0] if date else None,
        "source": source or path.stem,
        "text": _texts(frame, text).map(without_personal),
        "photo": _texts(frame, photo).map(_link),
        "confidence": _sure(frame, confidence, path.name),
        **{"x": x, "y": y, "object_id": _keys(frame, object_id), **about},
    }
    reports = pd.DataFrame(columns, index=frame.index, columns=list(REPORT_COLUMNS)).drop_duplicates(ignore_index=True)
    return canonical(reports, REPORT_COLUMNS)


def without_personal(text: str) -> str:
    """A text in which what points at a person is blanked, as far as it can be told, cut at `MOST_TEXT` characters.

    Examples
    --------
    >>> without_personal("Stoep stuk, bel 0475 12 34 56 of mail jan.peeters@example.be (tegel 30x30)")
    'Stoep stuk, bel […] of mail […] (tegel 30x30)'
    """
    signs = ((sign, unicodedata.category(sign)) for sign in unicodedata.normalize("NFKC", text))
    plain = "".join("" if kind == "Cf" else " " if kind[0] in "CZ" else sign for sign, kind in signs)
    return " ".join(_PERSONAL.sub(BLANK, plain).split())[:MOST_TEXT]


def _is_personal(key: str) -> bool:
    """Whether a key is an address, a telephone number or a Belgian national register number."""
    digits = re.sub(r"[.\-\s]", "", key)
    if digits.isdecimal() and len(digits) == 11:
        return int(digits[9:]) in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)
    return "@" in key or bool(_TELEPHONE.fullmatch(key))


def _texts(frame: pd.DataFrame, column: str | None) -> pd.Series:
    return pd.Series("", frame.index, dtype="object") if column is None else schema.texts(frame, column).map(str).str.strip()


def _keys(frame: pd.DataFrame, column: str | None) -> pd.Series:
    return pd.Series("", frame.index, dtype="object") if column is None else key_texts(frame[column])


def _places(frame: gpd.GeoDataFrame, crs: object, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the middle of each report; missing where it has no place."""
    points = shapely.centroid(frame.geometry.to_numpy())
    nowhere = shapely.is_missing(points) | shapely.is_empty(points)
    if nowhere.all():
        return np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if frame.crs is None:
        raise InputError(f"{where}: no coordinate system; give it in `file_crs`")
    placed = gpd.GeoDataFrame(geometry=points[~nowhere], crs=frame.crs)
    systems.check_fit(placed, where=where, target=CRS.from_user_input(crs))
    moved = systems.transform(placed, CRS.from_user_input(crs))[0].geometry.to_numpy()
    xy = np.full((len(frame), 2), np.nan)
    xy[~nowhere] = shapely.get_coordinates(moved)
    return xy[:, 0], xy[:, 1]


def _known(frame: pd.DataFrame, column: str | None, codes: Mapping[str, str], allowed: object) -> pd.Series:
    """Words of the source as codes; empty where they are none."""
    words = _texts(frame, column).str.casefold()
    meanings = {word.strip().casefold(): code for word, code in codes.items()} | {code: code for code in list(allowed)}  # type: ignore[call-overload]
    said = words.map(lambda word: meanings.get(word, ""))
    return said.where(said.isin(list(allowed)), "")  # type: ignore[call-overload]


def _sure(frame: pd.DataFrame, confidence: str | float, where: str) -> pd.Series:
    """Confidence between 0 and 1; that of a resident where none is given."""
    if not isinstance(confidence, str):
        if not 0 <= confidence <= 1:
            raise ConfigError(f"{where}: confidence {confidence} must lie between 0 and 1")
        return pd.Series(float(confidence), frame.index)
    said = pd.to_numeric(_texts(frame, confidence).str.rstrip(" %").str.replace(",", "."), errors="coerce")
    said = said / 100 if (said > 1).any() else said
    return said.where(said.between(0, 1), RESIDENT)


def _link(text: str) -> str:
    """A link to a picture without what may hold a name or a key; nothing if it is none."""
    found = _PHOTO.fullmatch(text)
    return (found.group(1) or found.group(2) or "")[:500] if found else ""
