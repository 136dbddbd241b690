"""Keys of objects as text: the same key however a program wrote it.

Spreadsheets and databases change keys on the way: 7 becomes 7.0, blanks come along, an é is one character or two. A key that is
read otherwise in the next delivery would make a new object of an old one.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

MOST_CHARACTERS = 110
"""Longest key: with what is derived from it, it has to fit in the monitoring table."""

_UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF))


def key_texts(values: pd.Series) -> pd.Series:
    """Keys as text, on the same index; missing and blank ones are empty.

    A column of whole numbers that a gap turned into fractions is one of whole numbers again, outer blanks and signs that nobody
    sees are left out, and a letter with an accent is one character. Leading zeros and capitals stay: they tell keys apart.

    Examples
    --------
    >>> key_texts(pd.Series([7.0, None, 8.0])).tolist(), key_texts(pd.Series(["007", " P-1 ", None])).tolist()
    (['7', '', '8'], ['007', 'P-1', ''])
    """
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    texts = values.astype("object").where(values.notna(), "").astype("str")
    distinct = {text: _clean(text) for text in texts.unique()}
    return texts.map(distinct).astype("object")


def changed_keys(values: pd.Series) -> np.ndarray:
    """Which keys are written otherwise than `key_texts` reads them; numbers as such are not."""
    if pd.api.types.is_numeric_dtype(values):
        return np.zeros(len(values), dtype=bool)
    written = values.astype("object").where(values.notna(), "").astype("str")
    read = key_texts(values)
    return np.asarray((read != "") & (written != read))


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_UNSEEN)).strip()
