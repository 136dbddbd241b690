"""Words of a map in all languages: titles, names of codes, and texts that each language writes in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd

from toegankelijk import labels
from toegankelijk.labels import LANGUAGES, day, label, number, word
from toegankelijk.maps.layers import Field, Words
from toegankelijk.norm import Norm
from toegankelijk.wording import Names

AllNames = Mapping[str, Names]
"""Names of the codes of a norm, per language."""


def all_names(norm: Norm | None) -> dict[str, Names]:
    """Names of the codes of a norm in every language; by default of the bundled norm."""
    return {lang: Names.of(norm, lang) for lang in LANGUAGES}


def said(key: str, **values: object) -> dict[str, str]:
    """A label in every language.

    Examples
    --------
    >>> said("street")["nl"], said("street")["en"]
    ('Straat', 'Street')
    """
    return {lang: label(key, lang, **values) for lang in LANGUAGES}


def same(text: str) -> dict[str, str]:
    """A text that is the same in every language."""
    return dict.fromkeys(LANGUAGES, text)


def word_names(group: str, codes: Iterable[object]) -> dict[str, Words]:
    """Words of a group of labels for codes.

    Examples
    --------
    >>> word_names("band", ["hoog"])["hoog"]["de"]
    'hoch'
    """
    return {str(code): {lang: word(group, code, lang) for lang in LANGUAGES} for code in codes}


def norm_names(names: AllNames, what: str) -> dict[str, Words]:
    """Names of all codes of one sort, such as ``themes``, in the order of the norm."""
    tables: dict[str, Mapping[str, str]] = {lang: getattr(one, what) for lang, one in names.items()}
    return {code: {lang: table.get(code, code) for lang, table in tables.items()} for code in tables[LANGUAGES[0]]}


def joined_names(cells: pd.Series, name: Callable[[str, str], str]) -> dict[str, Words]:
    """Names of codes that stand together in one cell, with a comma or a ``|`` between them.

    Parameters
    ----------
    cells
        Texts.
    name
        Gives the name of a code in a language.

    Examples
    --------
    >>> joined_names(pd.Series(["wet|voorstel", ""]), lambda code, lang: word("basis", code, lang))["wet|voorstel"]["en"]
    'law, own proposal'
    """
    return {
        cell: {lang: ", ".join(name(code, lang) for code in re.split(r"\s*[,|]\s*", cell) if code) for lang in LANGUAGES}
        for cell in sorted(cells.dropna().astype("str").unique())
        if cell
    }


def text_field(name: str, key: str, values: pd.Series, *, searched: bool = False) -> Field:
    """A fact that is text in the language of the run."""
    return Field(name, said(key), values, searched=searched)


def number_field(name: str, key: str, values: pd.Series, *, digits: int = 0, unit: str = "") -> Field:
    """A fact that is a number."""
    return Field(name, said(key), values, type="number", digits=digits, unit=unit)


def code_field(
    name: str, key: str, values: pd.Series, words: Mapping[str, Words], *, facet: bool = False, searched: bool = False
) -> Field:
    """A fact that is a code, with the names of those codes that occur."""
    there = set(values.dropna().astype("str").unique()) - {""}
    own = {code: names for code, names in words.items() if code in there}
    return Field(name, said(key), values, type="code", words=own, facet=facet, searched=searched)


def word_field(name: str, key: str, values: pd.Series, group: str, *, facet: bool = False) -> Field:
    """A fact that is a code of a group of labels, in the order of their words."""
    codes = [str(code) for code in values.dropna().unique()]
    order = {code: place for place, code in enumerate(labels.group(f"{group}."))}
    return code_field(
        name, key, values, word_names(group, sorted(codes, key=lambda code: order.get(str(code), len(order)))), facet=facet
    )


def day_field(name: str, key: str, values: pd.Series) -> Field:
    """A fact that is a date."""
    days = values.astype("object").map(lambda value: str(value)[:10], na_action="ignore").fillna("")
    words = {one: {lang: day(one, lang) for lang in LANGUAGES} for one in sorted(days.unique()) if one}
    return code_field(name, key, days, words)


def told_field(name: str, title: Words, texts: Mapping[str, Sequence[str]], index: pd.Index) -> Field:
    """A fact that every language writes in its own way, from a text per object of each language.

    Its code is the text in the first language; it must tell apart what another language tells apart.
    """
    table = pd.DataFrame({lang: pd.Series(list(own), index, dtype="object") for lang, own in texts.items()}, index=index)
    first = table[LANGUAGES[0]]
    words = {
        str(row[LANGUAGES[0]]): {lang: str(row[lang]) for lang in texts}
        for row in table.drop_duplicates(LANGUAGES[0]).to_dict("records")
    }
    return Field(name, title, first, type="code", words=words)


def lengths(metres: float) -> dict[str, str]:
    """A length as people say it: metres, or kilometres from one on.

    Examples
    --------
    >>> lengths(950)["nl"], lengths(12_340)["nl"]
    ('950 m', '12,3 km')
    """
    long = metres >= 1000
    return {
        lang: f"{number(metres / 1000, lang, digits=1)} km" if long else f"{number(metres, lang, digits=0)} m"
        for lang in LANGUAGES
    }
