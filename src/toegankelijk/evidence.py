"""Evidence in words: what was found, what is asked, and on what basis."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.findings import Findings
from toegankelijk.labels import kind_names, label, names, number, several, with_unit, word
from toegankelijk.norm import LimitRow, Norm, Rule, SeverityRow
from toegankelijk.norm.kernel import MARGIN


def value_texts(rule: Rule, layer: pd.DataFrame, lang: str = "nl") -> np.ndarray:
    """What is known of the attribute of a rule, per object: a value, bounds, or nothing.

    Examples
    --------
    >>> from toegankelijk.norm import read_norm
    >>> kerbs = pd.DataFrame({"kerb_height": [2.5, np.nan], "kerb_height_low": [np.nan, 3.0]})
    >>> value_texts(read_norm().rules["CRO-01"], kerbs).tolist()
    ['2,5 cm', 'minstens 3 cm']
    """
    if rule.type == "number":
        low, high = schema.bounds(layer, rule.attribute)
        exact = low if rule.attribute not in layer else layer[rule.attribute].to_numpy(dtype=float, na_value=np.nan)
        triple = np.stack([np.where(np.isnan(exact), np.inf, exact), low, high], axis=1)
        rows, where = np.unique(triple, axis=0, return_inverse=True)
        texts = [bounds_text(value, a, b, rule.unit, lang) for value, a, b in rows]
    elif rule.attribute not in layer:
        return np.full(len(layer), label("unknown", lang), dtype=object)
    else:
        where, uniques = pd.factorize(layer[rule.attribute])
        to_text: Callable[[object], str] = _flag_text(lang) if rule.type == "bool" else _class_text(lang)
        texts = [*(to_text(value) for value in uniques), label("unknown", lang)]
    return np.array(texts, dtype=object)[where.ravel()]


def bounds_text(value: float, low: float, high: float, unit: str, lang: str = "nl") -> str:
    """A value in words, or the bounds between which it lies.

    Examples
    --------
    >>> bounds_text(0.8, 0.8, 0.8, "m", "en"), bounds_text(np.nan, 0.7, 0.9, "m", "en")
    ('0.80 m', '0.70 to 0.90 m')
    """
    if np.isfinite(value) or low == high:
        return _with_unit(low if low == high else value, unit, lang)
    if np.isinf(low) and np.isinf(high):
        return label("unknown", lang)
    if np.isinf(low):
        return label("at_most", lang, value=_with_unit(high, unit, lang))
    if np.isinf(high):
        return label("at_least", lang, value=_with_unit(low, unit, lang))
    return label("between", lang, low=_number(low, unit, lang), high=_with_unit(high, unit, lang))


def required_text(rule: Rule, level: str, required: float, lang: str = "nl") -> str:
    """What a level asks: the number (a count as a whole one), or the classes; of several ranges the classes of all."""
    if rule.type == "bool":
        return label("yes", lang)
    if rule.unit == "count" and np.isfinite(required):
        return number(np.ceil(required - MARGIN), lang, digits=0)
    if rule.type == "number":
        return _with_unit(required, rule.unit, lang) if not np.isnan(required) else range_text(rule, level, lang)
    return _class_list(rule, frozenset().union(*(row.classes for row in rule.limits.get(level, ()))), lang)


def range_text(rule: Rule, level: str, lang: str = "nl") -> str:
    """What a level asks over all ranges of its driver, for a driver that is not known.

    Examples
    --------
    >>> from toegankelijk import read_norm
    >>> range_text(read_norm().rules["PRK-05"], "B")
    '≥ 1 / ≥ 0,06 × aantal parkeerplaatsen / ≥ 4 + 0,02 × aantal parkeerplaatsen'
    """
    driver = _inside(word("attribute", rule.drivers[level], lang), lang)
    return " / ".join(dict.fromkeys(_asked(rule, row, driver, lang) for row in rule.limits.get(level, ()) if row.asks))


def limit_rows(norm: Norm, code: str, level: str) -> list[tuple[LimitRow, str, str, str]]:
    """Rows of a criterion at a level with their basis, source and article."""
    rows = norm.limits[(norm.limits["code"] == code) & (norm.limits["level"] == level)]
    texts = zip(rows["basis"], rows["source"], rows["article"], strict=True)
    return [(row, *text) for row, text in zip(norm.rules[code].limits.get(level, ()), texts, strict=True)]


def basis_texts(norm: Norm, code: str, level: str, required: float, *, lang: str = "nl") -> tuple[str, str]:
    """Codes of the basis (law, guideline, foreign norm, proposal), and source with article of what is asked.

    Where several ranges ask, those that ask this number are named; if the number is not known, all of them.
    """
    rows = limit_rows(norm, code, level)
    asked = [row for row in rows if row[0].limit is not None and row[0].per_driver == 0 and row[0].limit == required]
    chosen = asked or [row for row in rows if row[0].asks]
    bases = dict.fromkeys(basis for _, basis, _, _ in chosen)
    sources = dict.fromkeys(_cited(source, article, lang) for _, _, source, article in chosen)
    return ", ".join(bases), "; ".join(sources)


def join_findings(findings: Findings, *, lang: str = "nl") -> gpd.GeoDataFrame:
    """Findings with all that belongs to them: theme, kind, unit, zone, level, evidence in words, basis, source and geometry.

    Returns
    -------
    GeoDataFrame
        The columns of the findings, and ``theme, kind, unit, zone_id, level, share, value_text, required_text, how, delivered_by,
        basis, source, street, name, parent_id, geometry``. ``how`` is ``read``, ``measured`` or ``observed on`` a date with its
        source; ``delivered_by`` names the layer; ``parent_id`` is empty unless the object was derived from another.
    """
    table, norm = findings.table, findings.norm
    rules = [norm.rules[code] for code in table["criterion"].cat.categories]
    criterion = table["criterion"].cat.codes.to_numpy()
    kinds = np.array([rule.kind for rule in rules], object)[criterion]
    joined = table.assign(
        theme=pd.Categorical(np.array([rule.theme for rule in rules], object)[criterion], schema.THEMES),
        kind=pd.Categorical(kinds),
        unit=pd.Categorical(np.array([rule.unit for rule in rules], object)[criterion]),
    )
    areas = findings.city.areas.reindex(table["area_id"].cat.categories)
    place = table["area_id"].cat.codes.to_numpy()
    joined["zone_id"] = pd.Categorical(areas["zone_id"].to_numpy()[place])
    joined["level"] = pd.Categorical(areas["level"].to_numpy()[place], schema.LEVELS)
    texts = {name: np.full(len(table), "", object) for name in _JOINED}
    geometry = np.full(len(table), None, object)
    ids, objects = table["object_id"].cat.codes.to_numpy(), table["object_id"].cat.categories
    positions = {kind: findings.city.layers[kind].index.get_indexer(objects) for kind in pd.unique(kinds)}
    for code, rows in sorted(table.groupby("criterion", observed=True).indices.items()):
        rule = norm.rules[code]
        layer = findings.city.layers[rule.kind]
        at = positions[rule.kind][ids[rows]]
        geometry[rows] = layer.geometry.to_numpy()[at]
        texts["value_text"][rows] = value_texts(rule, layer, lang)[at]
        texts["how"][rows] = _how(rule, layer)[at]
        for name, column in (("delivered_by", "source"), ("street", "street"), ("name", "name")):
            texts[name][rows] = schema.texts(layer, column).to_numpy()[at]
        derived = schema.is_marked(layer, "derived")
        texts["parent_id"][rows] = schema.texts(layer, "parent_id").where(derived, "").to_numpy()[at]
        for (level, required), group in (
            joined.iloc[rows].groupby(["level", "required"], observed=True, dropna=False).indices.items()
        ):
            some = rows[group]
            texts["required_text"][some] = required_text(rule, level, required, lang)
            texts["basis"][some], texts["source"][some] = basis_texts(norm, code, level, required, lang=lang)
    joined = joined.assign(**{name: pd.Categorical(column) for name, column in texts.items()})
    return gpd.GeoDataFrame(joined, geometry=geometry, crs=findings.city.crs)


def describe_criterion(norm: Norm, code: str, lang: str = "nl") -> tuple[str, list[tuple[str, str]], pd.DataFrame]:
    """A criterion in words: its heading, facts as name and text, and what each level asks.

    Returns
    -------
    tuple
        Heading; pairs of name and text; a table with a row per level and range of the driver.
    """
    rule = norm.rules[code]
    flags = [(_inside(_attribute(norm, name, lang), lang), wanted) for name, wanted in rule.applies]
    applies = ", ".join(text if wanted else f"{label('no', lang)}{label('colon', lang)} {text}" for text, wanted in flags)
    people = [word("user_group", group, lang) for group in schema.split(str(norm.criteria.at[code, "user_groups"]))]
    facts = [
        (label("theme", lang), names(norm.themes, lang)[rule.theme]),
        (label("kind", lang), kind_names(lang)[rule.kind]),
        (label("attribute", lang), f"{_attribute(norm, rule.attribute, lang)} ({rule.attribute}, {rule.unit})"),
        (label("applies", lang), applies),
        (label("network.profile", lang), ", ".join(people)),
        (label("tolerance", lang), with_unit(_trimmed(rule.tolerance, lang), rule.unit, lang) if rule.tolerance else ""),
        (label("severity", lang), ", ".join(_severity_texts(rule, lang))),
        (label("solution", lang), names(norm.remedies, lang)[rule.remedy]),
        (label("responsible", lang), names(norm.services, lang)[norm.remedies.at[rule.remedy, "responsible"]]),
    ]
    lines = [
        {
            label("level", lang): level,
            label("range", lang): _range(norm, row, rule.drivers[level], lang),
            label("required", lang): _asked(rule, row, _inside(_attribute(norm, rule.drivers[level], lang), lang), lang),
            label("basis", lang): several("basis", basis, lang),
            label("source", lang): _cited(source, article, lang),
        }
        for level in rule.limits
        for row, basis, source, article in limit_rows(norm, code, level)
    ]
    tier = word("tier", "core" if rule.core else "detail", lang)
    return f"{code} {names(norm.criteria, lang)[code]} ({tier})", [fact for fact in facts if fact[1]], pd.DataFrame(lines)


def _severity_texts(rule: Rule, lang: str) -> list[str]:
    """How grave a failure is, and beyond what, or for which classes, it is graver."""

    def beyond(row: SeverityRow) -> str:
        if row.classes:
            return _class_list(rule, row.classes, lang)
        return f"{'<' if rule.compare == 'min' else '>'} {_with_unit(row.beyond, rule.unit, lang)}"

    more = [f"{word('severity', row.severity, lang)} ({beyond(row)})" for row in rule.severities]
    return [word("severity", rule.severity_base, lang), *more]


def _attribute(norm: Norm, name: str, lang: str) -> str:
    """An attribute in words; one of a norm of its own as it describes it."""
    told = word("attribute", name, lang)
    return norm.attributes[name].description.rstrip(".") or name if told == name and name else told


def _inside(text: str, lang: str) -> str:
    """A heading as it stands within a sentence: in German a noun keeps its capital."""
    return text if lang == "de" else text[:1].lower() + text[1:]


def _cited(source: str, article: str, lang: str) -> str:
    return f"{source} {word('article', article, lang)}".strip() if article else source


def _range(norm: Norm, row: LimitRow, driver: str, lang: str) -> str:
    if not driver:
        return ""
    text, unit = _attribute(norm, driver, lang), norm.attributes[driver].unit
    return f"{text} ≤ {with_unit(_trimmed(row.upto, lang), unit, lang)}" if np.isfinite(row.upto) else text


def _asked(rule: Rule, row: LimitRow, driver: str, lang: str) -> str:
    if not row.asks:
        return label("nothing_asked", lang)
    if row.limit is None:
        return label("yes", lang) if rule.type == "bool" else _class_list(rule, row.classes, lang)
    sign = "≥" if rule.compare == "min" else "≤"
    part = f"{_trimmed(row.per_driver, lang)} × {driver}" if row.per_driver else ""
    limit = _with_unit(row.limit, rule.unit, lang) if row.limit or not part else ""
    return f"{sign} {' + '.join(filter(None, [limit, part]))}"


_JOINED = ("value_text", "required_text", "how", "delivered_by", "basis", "source", "street", "name", "parent_id")


def _how(rule: Rule, layer: pd.DataFrame) -> np.ndarray:
    """How the attribute of a rule was obtained, per object: read, measured, observed with date and source, or not at all."""
    known = schema.is_known(layer, rule.attribute).to_numpy()
    said = schema.texts(layer, f"{rule.attribute}_how").to_numpy(dtype=object)
    return np.where(known, np.where(said == "", "read", said), "")


def _with_unit(value: float, unit: str, lang: str) -> str:
    return label("unreachable", lang) if np.isposinf(value) else with_unit(_number(value, unit, lang), unit, lang)


def _number(value: float, unit: str, lang: str) -> str:
    return number(value, lang) if unit == "m" else _trimmed(value, lang)


def _trimmed(value: float, lang: str) -> str:
    """A number with as many of two decimals as it needs."""
    return number(value, lang, digits=next(n for n in (0, 1, 2) if n == 2 or round(value, n) == round(value, 2)))


def _class_list(rule: Rule, classes: frozenset[str], lang: str) -> str:
    """Classes that a criterion names, in the order of the attribute: one of them will do, or all are asked."""
    names = [word("class", name, lang) for name in rule.classes if name in classes]
    last = ", " if rule.compare == "contains_all" else f" {label('or', lang)} "
    return last.join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _flag_text(lang: str) -> Callable[[object], str]:
    return lambda value: label("yes" if value else "no", lang)


def _class_text(lang: str) -> Callable[[object], str]:
    return lambda value: ", ".join(word("class", name, lang) for name in str(value).split("|"))
