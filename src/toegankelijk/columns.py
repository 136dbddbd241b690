"""Columns of a source to attributes of the schema: names, units and codes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from toegankelijk import schema, units
from toegankelijk.config import Column
from toegankelijk.errors import ConfigError
from toegankelijk.keys import key_texts

MOST_TEXT = 250
"""Characters of a name or a street; a table for people holds no essays."""


def map_columns(
    raw: pd.DataFrame, columns: Mapping[str, Column], *, layer: str, codes: Mapping[str, Mapping[str, str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Attributes of the rows of a source, in the schema's units.

    Parameters
    ----------
    raw
        Rows as read; the index is the object id.
    columns
        Attribute to where it comes from.
    layer
        Name of the layer, for remarks.
    codes
        Named code tables that columns may refer to.

    Returns
    -------
    tuple of DataFrame
        The attributes on the same index, and remarks on values that were not understood; those stay unknown.

    Raises
    ------
    ConfigError
        A column is not in the source, or a unit does not fit.
    """
    absent = [
        f"{name}: no column {source!r}; the layer has {', '.join(map(str, raw.columns))}"
        for name, column in columns.items()
        for source in column.columns
        if source not in raw
    ]
    if absent:
        raise ConfigError(f"layer {layer}: columns that are not there", absent)
    result: dict[str, object] = {}
    remarks, faults = [], []
    for name, column in columns.items():
        values = _values(raw, column)
        if name in (*schema.TEXT_COLUMNS, "parent_id"):
            result[name], found = _shortened(key_texts(values) if name == "parent_id" else _texts(values), name, layer)
            remarks.append(found)
            continue
        table = codes[column.codes] if isinstance(column.codes, str) else column.codes
        try:
            parsed, reason = _parse(values, schema.attributes()[name], column, _spelled_out(table, values) or None)
        except ConfigError as error:
            faults += [f"{name}: {problem}" for problem in error.problems or (error.message,)]
            continue
        result.update(parsed)
        bad = reason != ""
        remarks.append(schema.remarks(layer, raw.index[bad], name, values[bad], reason[bad]))
    if faults:
        raise ConfigError(f"layer {layer}: units or codes that do not fit", faults)
    return pd.DataFrame(result, index=raw.index), schema.all_remarks(remarks)


def _parse(
    values: pd.Series, attribute: schema.Attribute, column: Column, codes: Mapping[str, str] | None
) -> tuple[dict[str, object], np.ndarray]:
    name = attribute.name
    if attribute.type == "bool":
        flags, reason = units.parse_bools(values, codes=codes)
        return {name: flags}, reason
    if attribute.type == "class":
        classes, reason = units.parse_classes(values, attribute.classes, codes=codes)
        return {name: classes}, reason
    number = units.parse_numbers(values, attribute.unit, given=column.unit, codes=codes, plausible=attribute.plausible)
    exact = number.low == number.high
    columns: dict[str, object] = {name: np.where(exact, number.low, np.nan)}
    if (~exact & ~(np.isnan(number.low) & np.isnan(number.high))).any():
        columns[f"{name}_low"] = np.where(exact, np.nan, number.low)
        columns[f"{name}_high"] = np.where(exact, np.nan, number.high)
    return columns, number.reason


def _spelled_out(codes: Mapping[str, str], values: pd.Series) -> Mapping[str, str]:
    """Codes in which those that end in ``*`` stand for all values that begin so; the longest counts, a whole value before it."""
    begins = sorted((code for code in codes if code.endswith("*") and len(code) > 1), key=len, reverse=True)
    if not begins:
        return codes
    found = {code.strip().casefold(): meaning for code, meaning in codes.items() if code not in begins}
    for value in values.dropna().unique():
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
        begin = next((code for code in begins if text.casefold().startswith(code[:-1].strip().casefold())), None)
        if begin is not None:
            found.setdefault(text.casefold(), codes[begin])
    return found


def _values(raw: pd.DataFrame, column: Column) -> pd.Series:
    """Values of a column, of several columns joined by ``|`` (missing where all are), or the one value that is given."""
    if not column.columns:
        return pd.Series(column.value, raw.index, dtype="object")
    if isinstance(column.column, str):
        return raw[column.column]
    first, *others = (_texts(raw[name]) for name in column.columns)
    joined = first.str.cat(others, sep="|")
    return joined.where(joined.str.strip("|") != "", None)


def _texts(values: pd.Series) -> pd.Series:
    """Text with blanks stripped; missing is empty."""
    return values.astype("object").where(values.notna(), "").astype("str").str.strip()


def _shortened(texts: pd.Series, name: str, layer: str) -> tuple[pd.Series, pd.DataFrame]:
    """Texts of at most `MOST_TEXT` characters, and remarks on those that were longer."""
    long = (texts.str.len() > MOST_TEXT).to_numpy(dtype=bool)
    reason = f"longer than {MOST_TEXT} characters; the rest is left out"
    found = schema.remarks(layer, texts.index[long], name, texts[long].str[:40] + "...", reason)
    return texts.str[:MOST_TEXT] if long.any() else texts, found
