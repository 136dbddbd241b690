import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk.keys import changed_keys, key_texts


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["P-1", " P-1 ", "P-1\u00a0", "P-1\u200b", "\ufeffP-1"], "P-1"),
        ([7, 7.0, "7", np.int64(7)], "7"),
        (["Pré", unicodedata.normalize("NFD", "Pré")], "Pré"),
        ([None, np.nan, "", "  ", "\u200b"], ""),
        (["007"], "007"),
        (["vp-1"], "vp-1"),
        ([7.5], "7.5"),
        ([2**53 + 1], "9007199254740993"),
    ],
)
def test_one_key_however_it_is_written(written, read):
    for value in written:
        assert key_texts(pd.Series([value])).tolist() == [read]


def test_a_gap_does_not_turn_whole_numbers_into_fractions():
    assert key_texts(pd.Series([1, None, 3])).tolist() == ["1", "", "3"]
    assert key_texts(pd.Series([1.0, 2.5])).tolist() == ["1.0", "2.5"]


def test_what_was_written_otherwise_is_told():
    assert changed_keys(pd.Series(["P-1", " P-2", None, "  "])).tolist() == [False, True, False, False]
    assert not changed_keys(pd.Series([1.0, 2.0])).any()


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), max_size=8))
def test_reading_a_key_again_changes_nothing(values):
    once = key_texts(pd.Series(values, dtype="object"))
    assert key_texts(once).tolist() == once.tolist()
    assert len(once) == len(values)
