"""Words for the monitoring table: headings of its columns, and names of the codes in them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from toegankelijk.labels import kind_names, label, several, word
from toegankelijk.ledger.fields import BESIDE, CAUSES, CODES, CONFLICTS, FIELDS, STAFF_STATUSES
from toegankelijk.schema import THEMES

_BASES = ("wet", "richtlijn", "buitenlands", "voorstel")

CHOICES: Mapping[str, tuple[str, ...]] = {
    **CODES,
    "cause": CAUSES,
    "what": CONFLICTS,
    "phase": ("opmeten", "studie", "uitvoering", "tijdelijke_maatregel", "onderhoud", "aanmelden_bij_derden"),
    "feasibility": ("hoog", "middel", "laag"),
    "track": ("eigen", "derden"),
    "severity": ("4", "3", "2", "1"),
    "theme": THEMES,
    "basis": (*_BASES, *map(", ".join, itertools.permutations(_BASES, 2))),  # ranges of one limit may rest on two
}
"""Codes by what a column is about, in the order in which they are offered."""

GROUPS: Mapping[str, str] = {"planning": "term", "priority_band": "band", "what": "conflict"}
"""Group of labels of a coded column, where it is not called like the column."""

_PLAIN = ("city", "norm", "crs")  # columns beside the table that share their heading with other outputs


def field_label(name: str, lang: str = "nl") -> str:
    """Heading of a column: the column's label, and for what is proposed and what staff say the one of the effective column.

    Also for the tables that are kept beside the monitoring table. A column that staff added has the name they gave it.

    Examples
    --------
    >>> field_label("planning"), field_label("planning_staff"), field_label("planning_proposed", "en")
    ('Planning', 'Planning (dienst)', 'Planning (proposed)')
    >>> field_label("wijkbudget")
    'wijkbudget'
    """
    field = FIELDS.get(name)
    if field is None:
        if not any(name in columns for columns in BESIDE.values()):
            return name
        return label(name if name in _PLAIN else f"ledger.{name}", lang)
    if field.of == name:
        return label(name, lang)
    return label(f"field.{'proposed' if field.owner == 'proposed' else 'staff'}", lang, x=label(field.of, lang))


def field_choices(name: str, lang: str = "nl") -> dict[str, str]:
    """Codes that can stand in a column, with their words; none where anything can.

    Examples
    --------
    >>> field_choices("planning_staff", "en")["KT"], field_choices("remark")
    ('KT (short term)', {})
    >>> list(field_choices("status_staff"))[-1], list(field_choices("status"))[-1]
    ('doorverwezen', 'vervallen')
    """
    field = FIELDS.get(name)
    about = name if field is None else field.of
    if about == "kind":
        return kind_names(lang)
    codes = STAFF_STATUSES if name == "status_staff" else CHOICES.get(about, ())
    told = several if about == "basis" else word
    return {code: told(GROUPS.get(about, about), code, lang) for code in codes}


def beside_label(table: str, lang: str = "nl") -> str:
    """Name of a table that is kept beside the monitoring table.

    Examples
    --------
    >>> beside_label("monitoring_history", "en")
    'Bottlenecks: history'
    """
    return label(table.replace("_", "."), lang, bottlenecks=label("bottlenecks", lang))
