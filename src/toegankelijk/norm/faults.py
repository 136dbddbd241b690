"""All faults of a norm: references, units, levels that are not nested, severities that are not monotone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import pandas as pd

from toegankelijk import schema
from toegankelijk.norm.tables import LimitRow, Rule, compile_rules, records

COMPARES = {"number": ("min", "max"), "bool": ("one_of", "contains_all"), "class": ("one_of", "contains_all")}
BASES = ("wet", "richtlijn", "buitenlands", "voorstel")
PHASES = ("onderhoud", "studie", "uitvoering", "tijdelijke_maatregel")
FEASIBILITIES = ("hoog", "middel", "laag")
TINY = 1e-9
PLACE = "(place)"
"""Key under which a row says where it stands; no column is called so."""

Tables = Mapping[str, pd.DataFrame]
Attributes = Mapping[str, schema.Attribute]
Records = list[dict[str, str]]


def find_faults(tables: Tables, attributes: Attributes) -> list[str]:
    """Faults of the tables of a norm, in words; an empty list if it is sound.

    Faults of form and reference are found first; what rests on them (nesting of levels, order of severities) is judged only
    when there are none.
    """
    rows = {
        name: [{**row, PLACE: str(place)} for place, row in zip(table.index, records(table), strict=True)]
        for name, table in tables.items()
    }
    faults = [
        *_number_faults(rows),
        *_criteria_faults(rows, attributes),
        *_limit_faults(rows, attributes),
        *_severity_faults(rows, attributes),
        *_remedy_faults(rows),
        *_small_faults(rows),
    ]
    if faults:
        return faults
    rules = compile_rules(tables, attributes)
    return [
        *(fault for rule in rules.values() for fault in _nesting_faults(rule, attributes)),
        *(fault for rule in rules.values() for fault in _order_faults(rule, attributes)),
        *_room_faults(rules),
    ]


def _number_faults(tables: Mapping[str, Records]) -> Iterator[str]:
    """Cells that should hold a finite number and do not."""
    columns = {
        "themes": {"weight": True},
        "criteria": {"tolerance": True, "severity_base": True},
        "limits": {"upto": False, "limit": False, "per_driver": True},
        "severities": {"beyond": False, "severity": True},
        "remedies": {"cost_low_eur": True, "cost_high_eur": True, "cost_class": True},
    }
    for table, needed in columns.items():
        for row in tables[table]:
            for column, required in needed.items():
                cell = row[column]
                if not _is_number(cell) and (required or cell):
                    yield f"{row[PLACE]}: {column} is {cell!r}, not a number"


def _criteria_faults(tables: Mapping[str, Records], attributes: Attributes) -> Iterator[str]:
    remedies = {row["remedy"] for row in tables["remedies"]}
    limited = {row["code"] for row in tables["limits"]}
    for row in tables["criteria"]:
        code, attribute = row["code"], attributes.get(row["attribute"])
        if row["theme"] not in schema.THEMES:
            yield f"{code}: theme {row['theme']!r} is none of {schema.THEMES}"
        if row["kind"] not in schema.kinds():
            yield f"{code}: kind {row['kind']!r} is not known"
        if row["tier"] not in ("core", "detail"):
            yield f"{code}: tier {row['tier']!r} is neither core nor detail"
        if row["severity_base"] not in ("1", "2", "3", "4"):
            yield f"{code}: severity_base {row['severity_base']!r} is not 1 to 4"
        if row["remedy"] not in remedies:
            yield f"{code}: remedy {row['remedy']!r} is not in remedies"
        if row["alternative"] and (row["alternative"] not in remedies or row["alternative"] == row["remedy"]):
            yield f"{code}: alternative {row['alternative']!r} is not another remedy"
        if not row["name_nl"] or not row["name_en"]:
            yield f"{code}: a name is missing"
        if code not in limited:
            yield f"{code}: has no limits"
        if attribute is None:
            yield f"{code}: attribute {row['attribute']!r} is not known"
            continue
        yield from _criterion_attribute_faults(row, attribute, attributes)


def _criterion_attribute_faults(row: Mapping[str, str], attribute: schema.Attribute, attributes: Attributes) -> Iterator[str]:
    code, kind = row["code"], row["kind"]
    if not attribute.belongs_to(kind):
        yield f"{code}: {attribute.name} is no attribute of {kind}"
    if row["unit"] != attribute.unit:
        yield f"{code}: unit is {row['unit']!r}, but {attribute.name} has {attribute.unit!r}"
    if row["compare"] not in COMPARES[attribute.type]:
        yield f"{code}: compare {row['compare']!r} does not fit a {attribute.type}; use one of {COMPARES[attribute.type]}"
    if _is_number(row["tolerance"]) and (float(row["tolerance"]) < 0 or (attribute.type != "number" and float(row["tolerance"]))):
        yield f"{code}: tolerance {row['tolerance']} is below 0, or set on a {attribute.type}"
    for cell in schema.split(row["applies"]):
        flag = attributes.get(cell.removeprefix("!"))
        if flag is None or flag.type != "bool" or not flag.belongs_to(kind):
            yield f"{code}: applies {cell!r} is no true/false attribute of {kind}"
    given = [column for column in ("sentence_fr", "sentence_de") if row.get(column)]
    for column in ("sentence_nl", "sentence_en", *given):
        if not row[column].endswith(".") or ("{limit}" in row[column]) != (attribute.type != "bool"):
            yield f"{code}: {column} is no sentence with a {{limit}} where the criterion has one"


def _limit_faults(tables: Mapping[str, Records], attributes: Attributes) -> Iterator[str]:
    criteria = {row["code"]: row for row in tables["criteria"]}
    sources = {row["source"] for row in tables["sources"]}
    groups: dict[tuple[str, str], Records] = {}
    for row in tables["limits"]:
        where = f"{row[PLACE]} ({row['code']} {row['level']})"
        if row["code"] not in criteria or row["level"] not in schema.LEVELS:
            yield f"{where}: no such criterion or level"
            continue
        groups.setdefault((row["code"], row["level"]), []).append(row)
        if row["basis"] not in BASES:
            yield f"{where}: basis {row['basis']!r} is none of {BASES}"
        if row["source"] not in sources:
            yield f"{where}: source {row['source']!r} is not in sources"
        criterion = criteria[row["code"]]
        if attribute := attributes.get(criterion["attribute"]):
            yield from _limit_cell_faults(where, row, attribute)
        driver = attributes.get(row["driver"])
        if row["driver"] and (driver is None or driver.type != "number" or not driver.belongs_to(criterion["kind"])):
            yield f"{where}: driver {row['driver']!r} is no number attribute of {criterion['kind']}"
        if not row["driver"] and (row["upto"] or (_is_number(row["per_driver"]) and float(row["per_driver"]))):
            yield f"{where}: upto or per_driver without a driver"
    for (code, level), group in groups.items():
        ends = [float(row["upto"]) if _is_number(row["upto"]) else math.inf for row in group]
        if any(a >= b for a, b in itertools.pairwise(ends)) or ends[-1] != math.inf:
            yield f"limits {code} {level}: upto must rise and end with an empty cell, not {ends}"
        if len({row["driver"] for row in group}) > 1:
            yield f"limits {code} {level}: more than one driver"
    for code in criteria:
        levels = "".join(level for level in schema.LEVELS if (code, level) in groups)
        if not "ABC".startswith(levels):
            yield f"limits {code}: has levels {levels}, but a stricter level may not ask less"


def _limit_cell_faults(where: str, row: Mapping[str, str], attribute: schema.Attribute) -> Iterator[str]:
    allowed = ("true",) if attribute.type == "bool" else attribute.classes
    if attribute.type == "number" and row["classes"]:
        yield f"{where}: classes on the number {attribute.name}"
    if attribute.type != "number" and row["limit"]:
        yield f"{where}: a number on the {attribute.type} {attribute.name}"
    if unknown := set(schema.split(row["classes"])) - set(allowed):
        yield f"{where}: {sorted(unknown)} are no classes of {attribute.name}"


def _severity_faults(tables: Mapping[str, Records], attributes: Attributes) -> Iterator[str]:
    criteria = {row["code"]: row for row in tables["criteria"]}
    for row in tables["severities"]:
        criterion, where = criteria.get(row["code"]), f"{row[PLACE]} ({row['code']})"
        if criterion is None:
            yield f"{where}: no such criterion"
            continue
        fit = {"min": "lt", "max": "gt"}.get(criterion["compare"], "class")
        if row["compare_beyond"] != fit:
            yield f"{where}: compare_beyond is {row['compare_beyond']!r}, but {criterion['compare']} needs {fit!r}"
        if bool(row["beyond"]) == (fit == "class") or bool(row["classes"]) != (fit == "class"):
            yield f"{where}: give beyond for a number, classes for a class"
        if row["severity"] not in ("2", "3", "4") or row["severity"] <= criterion["severity_base"]:
            yield f"{where}: severity {row['severity']} does not raise the base {criterion['severity_base']}"
        attribute = attributes.get(criterion["attribute"])
        if fit == "class" and attribute and set(schema.split(row["classes"])) - {*attribute.classes, "false"}:
            yield f"{where}: a class that {attribute.name} does not have"


def _remedy_faults(tables: Mapping[str, Records]) -> Iterator[str]:
    services = {row["service"] for row in tables["services"]}
    for row in tables["remedies"]:
        where = f"remedy {row['remedy']}"
        if row["responsible"] not in services:
            yield f"{where}: responsible {row['responsible']!r} is not in services"
        if row["partner"] and (row["partner"] not in services or row["partner"] == row["responsible"]):
            yield f"{where}: partner {row['partner']!r} is not another service"
        if row["cost_class"] not in ("1", "2", "3", "4", "5"):
            yield f"{where}: cost_class {row['cost_class']!r} is not 1 to 5"
        low, high = row["cost_low_eur"], row["cost_high_eur"]
        if _is_number(low) and _is_number(high) and not 0 < float(low) <= float(high):
            yield f"{where}: cost {low} to {high}"
        if row["feasibility_default"] not in FEASIBILITIES:
            yield f"{where}: feasibility_default {row['feasibility_default']!r} is none of {FEASIBILITIES}"
        if row["phase_default"] not in PHASES:
            yield f"{where}: phase_default {row['phase_default']!r} is none of {PHASES}"


def _small_faults(tables: Mapping[str, Records]) -> Iterator[str]:
    used = {row["theme"] for row in tables["criteria"]}
    given = {row["theme"] for row in tables["themes"]}
    for theme in sorted(used - given):
        yield f"themes: {theme!r} has criteria but no row"
    for row in tables["themes"]:
        if _is_number(row["weight"]) and float(row["weight"]) <= 0:
            yield f"theme {row['theme']}: weight must be above 0"
    for row in tables["services"]:
        if row["own"] not in ("true", "false"):
            yield f"service {row['service']}: own is {row['own']!r}, not true or false"
    for row in tables["sources"]:
        if not row["title"]:
            yield f"source {row['source']}: has no title"


def _nesting_faults(rule: Rule, attributes: Attributes) -> Iterator[str]:
    """Places in the range of the drivers where a stricter level asks less than a looser one.

    Requirements are linear between the ends of the rows, so the ends themselves decide, seen from both sides.
    """
    drivers = sorted({driver for driver in rule.drivers.values() if driver})
    for values in itertools.product(*(_ends(rule, driver, attributes[driver].unit == "count") for driver in drivers)):
        at = dict(zip(drivers, values, strict=True))
        if not _can_be(at):
            continue
        needs = [_required(rule, level, at) for level in schema.LEVELS]
        for i in (0, 1):
            if not _stricter(rule.compare, needs[i], needs[i + 1]):
                levels, where = f"level {schema.LEVELS[i]} asks less than {schema.LEVELS[i + 1]}", at or "every value"
                yield f"{rule.code}: {levels} at {where}: {needs[i]} and {needs[i + 1]}"
                return


def _order_faults(rule: Rule, attributes: Attributes) -> Iterator[str]:
    """Severities that do not rise with the defect, or that hold for what meets a level."""
    drivers = sorted({driver for driver in rule.drivers.values() if driver})
    grids = [_ends(rule, driver, attributes[driver].unit == "count") for driver in drivers]
    needs = [
        _required(rule, level, dict(zip(drivers, values, strict=True)))
        for level in rule.limits
        for values in itertools.product(*grids)
    ]
    if rule.compare in ("min", "max"):
        sign = 1 if rule.compare == "min" else -1
        rows = sorted(rule.severities, key=lambda row: sign * row.beyond)
        if any(a.severity <= b.severity for a, b in itertools.pairwise(rows)):
            yield f"severities {rule.code}: a worse value gives no graver severity"
        loosest = [sign * need for need in needs if isinstance(need, float)]
        for row in rows:
            if loosest and sign * row.beyond > min(loosest) + TINY:
                yield f"severities {rule.code}: {row.beyond} meets some level"
        return
    held = [name for row in rule.severities for name in row.classes]
    allowed = {name for rows in rule.limits.values() for row in rows for name in row.classes}
    if len(held) != len(set(held)) or allowed & set(held):
        yield f"severities {rule.code}: a class twice, or one that meets some level"


def _room_faults(rules: Mapping[str, Rule]) -> Iterator[str]:
    """A lower and an upper limit on one attribute must leave room at every level."""
    for low, high in itertools.product(rules.values(), rules.values()):
        same = (low.kind, low.attribute) == (high.kind, high.attribute) and (low.compare, high.compare) == ("min", "max")
        if not same or any((name, not wanted) in high.applies for name, wanted in low.applies):
            continue
        for level in set(low.limits) & set(high.limits):
            floor = [row.limit for row in low.limits[level] if row.limit is not None]
            ceiling = [row.limit for row in high.limits[level] if row.limit is not None]
            if floor and ceiling and max(floor) > min(ceiling):
                yield f"{low.code} and {high.code}: nothing can meet both at level {level}"


def _ends(rule: Rule, driver: str, whole: bool) -> list[float]:
    ends = {row.upto for level, rows in rule.limits.items() if rule.drivers[level] == driver for row in rows}
    finite = sorted(end for end in ends if math.isfinite(end))
    top = 3 * max([1.0, *map(abs, finite)])
    steps = (0.0, 1.0) if whole else (0.0, 1e-6)
    return sorted({0.0, top, *(end + step for end in finite for step in steps)})


def _can_be(drivers: Mapping[str, float]) -> bool:
    """Whether an object can have these values: of nested attributes each is at most the next."""
    held = ([drivers[name] for name in names if name in drivers] for names in schema.NESTED)
    return all(a <= b for values in held for a, b in itertools.pairwise(values))


def _required(rule: Rule, level: str, drivers: Mapping[str, float]) -> float | frozenset[str] | None:
    """What a level asks at a value of the drivers: a number, classes, or nothing."""
    value = drivers.get(rule.drivers.get(level, ""), 0.0)
    row: LimitRow
    for row in rule.limits.get(level, ()):
        if value <= row.upto + TINY:
            if row.classes:
                return row.classes
            return None if row.limit is None else row.limit + row.per_driver * value
    return None


def _stricter(compare: str, need: float | frozenset[str] | None, looser: float | frozenset[str] | None) -> bool:
    """Whether everything that meets one requirement meets the other."""
    if looser is None:
        return True
    if need is None:
        return False
    if isinstance(need, frozenset) and isinstance(looser, frozenset):
        return need >= looser if compare == "contains_all" else need <= looser
    if isinstance(need, float) and isinstance(looser, float):
        return need >= looser - TINY if compare == "min" else need <= looser + TINY
    return False


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
