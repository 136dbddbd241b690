"""What labels say of attributes: a table that a city can copy and change."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.config import Column
from toegankelijk.errors import ConfigError
from toegankelijk.labels import LANGUAGES, word

COLUMNS = ("label_type", "tag", "kind", "attribute", "value", "within")
"""Columns of the table; an empty ``tag`` means whatever the tags, ``within`` is how far off the object may be, in metres."""

MAX_BYTES = 1 << 20
"""Largest table that is read."""


def read_meanings(path: Path | None = None) -> pd.DataFrame:
    """Table of what labels say, by default the one for Project Sidewalk.

    Raises
    ------
    ConfigError
        The table cannot be read, or has faults; all of them are listed with their row.
    """
    here = files("toegankelijk").joinpath("data", "registers", "project_sidewalk.csv")
    where = path.name if path is not None else "project_sidewalk.csv"
    if path is not None and not path.is_file():
        raise ConfigError(f"{where}: no such file; `meanings` names a table, relative to city.toml")
    try:
        raw = here.read_bytes() if path is None else path.read_bytes()
        text = raw[: MAX_BYTES + 1].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: cannot be read as a UTF-8 table ({error})") from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{where}: larger than {MAX_BYTES} bytes")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    lacking = [column for column in COLUMNS if not rows or column not in rows[0]]
    faults = [f"no column {column!r}" for column in lacking] or [
        f"row {i}: {fault}" for i, row in enumerate(rows, 2) for fault in _faults(row)
    ]
    if faults:
        raise ConfigError(f"{where}: {len(faults)} faults", faults)
    table = pd.DataFrame(rows)[list(COLUMNS)].apply(lambda column: column.str.strip())
    return table.astype({"within": "float64"})


def say(rows: pd.DataFrame, type_column: str, tag_column: str, meanings: pd.DataFrame) -> pd.DataFrame:
    """What each label says: a row per label (its position) and meaning, with the words it rests on.

    Examples
    --------
    >>> labels = pd.DataFrame({"label_type": ["CurbRamp"], "tags": ["[narrow,missing tactile warning]"]})
    >>> say(labels, "label_type", "tags", read_meanings())[["attribute", "value", "said"]].to_numpy().tolist()
    [['has_kerb_ramp', 'true', 'CurbRamp'], ['tactile_warning', 'false', 'CurbRamp: missing tactile warning']]
    """
    types = schema.texts(rows, type_column).astype("str").str.strip().str.casefold()
    place, distinct = pd.factorize(schema.texts(rows, tag_column).map(_plain))
    tags = [_tags(text) for text in distinct]
    parts = []
    for meaning in meanings.to_dict("records"):
        tag = str(meaning["tag"]).casefold()
        tagged = np.array([not tag or tag in held for held in tags], bool)[place]
        at = np.flatnonzero((types == str(meaning["label_type"]).casefold()).to_numpy() & tagged)
        words = ": ".join(filter(None, [meaning["label_type"], meaning["tag"]]))
        parts.append(
            pd.DataFrame({"row": at, **{name: meaning[name] for name in COLUMNS[2:]}, "said": words}, index=range(len(at)))
        )
    return pd.concat(parts, ignore_index=True).sort_values(["row", "attribute"], kind="stable", ignore_index=True)


def worded(column: Column, name: str) -> Column:
    """A column of classes that may also be written in words, where it has no codes of its own."""
    attribute = schema.attributes()[name]
    return column if column.codes or attribute.type != "class" else column.model_copy(update={"codes": class_words(attribute)})


def class_words(attribute: schema.Attribute) -> dict[str, str]:
    """Names of the classes of an attribute in all languages, with the class; what names two classes is left out.

    Examples
    --------
    >>> words = class_words(schema.attributes()["surface"])
    >>> words["asfalt"], words["gravier"]
    ('asphalt', 'gravel')
    """
    named: dict[str, set[str]] = {}
    for code in attribute.classes:
        for lang in LANGUAGES:
            named.setdefault(word("class", code, lang).casefold(), set()).add(code)
    return {text: min(codes) for text, codes in named.items() if len(codes) == 1}


def _plain(cell: object) -> str:
    """Tags as text; some readers give a list."""
    return json.dumps(list(cell)) if isinstance(cell, list | tuple | np.ndarray) else str(cell)


def _tags(text: str) -> frozenset[str]:
    """Tags of a cell: a JSON list, or words between brackets with commas."""
    try:
        found = json.loads(text) if text.startswith("[") else None
    except ValueError:
        found = None
    if not isinstance(found, list):
        found = text.strip().strip("[]{}").split(",")
    return frozenset(str(tag).strip().strip('"').casefold() for tag in found if str(tag).strip())


def _faults(row: dict[str, str]) -> list[str]:
    if None in row or None in row.values():
        return ["more or fewer cells than the header"]
    kind, name = row["kind"].strip(), row["attribute"].strip()
    if kind not in schema.kinds():
        return [f"there is no kind {kind!r}"]
    if name not in schema.attributes_of(kind):
        return [f"a {kind} has no attribute {name!r}"]
    try:
        near = 0 < float(row["within"]) <= 100
    except ValueError:
        near = False
    return [] if near else [f"within is {row['within']!r}; give metres, more than 0 and at most 100"]
