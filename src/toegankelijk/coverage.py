"""Coverage: how every criterion is obtained on a city, how much of it is known, and what would make it known.

It answers the question of an analyst before the first screening: which of all criteria can this data say anything about?
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.balance import attribute_rows
from toegankelijk.findings import Findings
from toegankelijk.labels import kind_names, label
from toegankelijk.measure import MEASURES, TERRAIN_MEASURES, WIDTH_MEASURES
from toegankelijk.norm import Rule

COLUMNS = (
    *("criterion", "theme", "tier", "kind", "attribute", "obtained", "objects", "asked", "known", "fails", "meets", "unknown"),
    *("fill", "lacking", "advice"),
)

OBTAINED = ("nothing", "no_layer", "read", "measured", "observed")
"""How an attribute is obtained: no value at all, its layer was not delivered, from a column or tag, from geometry or other
attributes, by an observation; several are joined by ``|``."""


def cover_norm(findings: Findings, *, lang: str = "nl") -> pd.DataFrame:
    """How each criterion of the norm is obtained, and what is known by it.

    Parameters
    ----------
    findings
        What was assessed; it holds the city and the norm.
    lang
        Language of the advice.

    Returns
    -------
    DataFrame
        A row per criterion of the norm, columns `COLUMNS`: ``objects`` of its kind in any level area, how many of them are or
        may be ``asked`` something, and of how many the verdict is ``known`` (``fails`` plus ``meets``) or ``unknown``; an object
        in several areas counts once, as unknown or failing if it is so in any of them. ``fill`` is the share of objects of which
        the attribute is known. ``lacking`` names the attributes, joined by ``|``, that leave verdicts unknown; ``advice`` says
        what would make them known.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> table = cover_norm(screen(sample_city()).findings).set_index("criterion")
    >>> len(table), table.loc["CRO-12", "obtained"], table.loc["STO-11", ["obtained", "lacking"]].tolist()
    (143, 'measured', ['nothing', 'shelter'])
    """
    counts = _counts(findings)
    objects = findings.membership.groupby("kind")["object_id"].nunique()
    how = _obtained(findings.city)
    rows = []
    for code, rule in findings.norm.rules.items():
        layer = findings.city.layers.get(rule.kind)
        lacking = _lacking(rule, layer)
        obtained = "no_layer" if layer is None else how.get((rule.kind, rule.attribute), "nothing")
        count = counts.loc[code] if code in counts.index else dict.fromkeys(("fails", "meets", "unknown"), 0)
        tally = {name: int(count[name]) for name in ("fails", "meets", "unknown")}
        row = {
            **{"criterion": code, "theme": rule.theme, "tier": "core" if rule.core else "detail", "kind": rule.kind},
            **{"attribute": rule.attribute, "obtained": obtained, "objects": int(objects.get(rule.kind, 0))},
            **{"asked": sum(tally.values()), "known": tally["fails"] + tally["meets"], **tally},
            **{"fill": _fill(layer, rule.attribute), "lacking": "|".join(lacking)},
            "advice": _advice(rule, lacking, layer is None, findings.norm.attributes, lang),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _counts(findings: Findings) -> pd.DataFrame:
    """Objects per criterion and outcome, an object counted once by its gravest outcome: fails, then unknown, then meets."""
    table = findings.table[["criterion", "object_id", "outcome"]]
    order = pd.Series({"meets": 0, "unknown": 1, "fails": 2})
    grave = pd.DataFrame(
        {
            "criterion": table["criterion"].cat.codes.to_numpy(),
            "object": table["object_id"].cat.codes.to_numpy(),
            "outcome": order[list(schema.OUTCOMES)].to_numpy()[table["outcome"].cat.codes],
        }
    )
    worst = grave.groupby(["criterion", "object"], sort=True)["outcome"].max()
    counts = worst.groupby(level="criterion").value_counts().unstack(fill_value=0).reindex(columns=[0, 1, 2], fill_value=0)
    return counts.set_axis(table["criterion"].cat.categories[counts.index]).set_axis(order.index, axis=1)


def _obtained(city: schema.City) -> dict[tuple[str, str], str]:
    """How each attribute of each kind is obtained, several ways joined."""
    table = attribute_rows(city)
    ways = table.groupby(["kind", "attribute"])["how"].agg(lambda how: "|".join(sorted({text.split(":")[0] for text in how})))
    return {(str(kind), str(attribute)): way for (kind, attribute), way in ways.items()}


def _needed(rule: Rule) -> list[str]:
    """Attributes that a verdict rests on: its own, those that say whether it applies, and what the limits depend on."""
    drivers = [driver for driver in rule.drivers.values() if driver]
    return list(dict.fromkeys([rule.attribute, *(name for name, _ in rule.applies), *drivers]))


def _lacking(rule: Rule, layer: pd.DataFrame | None) -> list[str]:
    """Needed attributes that are not known of all objects."""
    return [name for name in _needed(rule) if layer is None or _fill(layer, name) < 1]


def _fill(layer: pd.DataFrame | None, attribute: str) -> float:
    """Share of objects of which an attribute is known, by value or bounds; of none at all it is 0."""
    if layer is None or layer.empty:
        return 0.0
    return float(np.mean(schema.is_known(layer, attribute)))


def _advice(rule: Rule, lacking: list[str], undelivered: bool, known: Mapping[str, schema.Attribute], lang: str) -> str:
    """What would make the criterion known."""
    if undelivered:
        sources = _sources(known[rule.attribute], lang)
        return label("coverage.deliver_kind", lang, kind=kind_names(lang)[rule.kind], sources=sources).strip()
    if not lacking:
        return ""
    return "; ".join(_way(rule.kind, known[name], lang) for name in lacking)


def _way(kind: str, attribute: schema.Attribute, lang: str) -> str:
    """How one attribute of a kind can be obtained."""
    ways = [label("coverage.column", lang)]
    if (kind, attribute.name) in {(measure.kind, measure.attribute) for measure in TERRAIN_MEASURES}:
        ways.append(label("coverage.terrain", lang))
    by_shape = {(measure.kind, measure.attribute) for measure in MEASURES}
    if (kind, attribute.name) in by_shape | {(measure.kind, measure.attribute) for measure in WIDTH_MEASURES}:
        ways.append(label("coverage.geometry", lang))
    if "survey" in attribute.how:
        ways.append(label("coverage.survey", lang))
    if attribute.how == ("network",):
        ways.append(label("coverage.network", lang))
    sources = _sources(attribute, lang)
    unit = f" ({attribute.unit})" if attribute.type == "number" else ""
    return f"{attribute.name}{unit}: {', '.join(ways)}" + (f" [{sources}]" if sources else "")


def _sources(attribute: schema.Attribute, lang: str) -> str:
    """Registers and tags that are known to hold an attribute."""
    given = [attribute.registers, f"OSM {attribute.osm_tags}" if attribute.osm_tags else ""]
    return label("coverage.or", lang).join(filter(None, given))
