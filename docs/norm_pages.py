"""Pages written from the norm and schema tables when the docs are built, so that no limit stands in two places.

One page per theme with all its criteria, and pages for kinds and attributes, remedies and services, and sources.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from toegankelijk import read_norm, schema
from toegankelijk.norm import Norm

BASIS = {
    "wet": "law (wet)",
    "richtlijn": "guideline (richtlijn)",
    "buitenlands": "foreign norm (buitenlands)",
    "voorstel": "our proposal (voorstel)",
}
VERIFIED = {"yes": "read in the source", "memory": "from memory, not checked in the source", "": ""}
UNIT = {"1": "", "bool": "", "class": "", "count": ""}


def write_pages(folder: Path) -> None:
    """Write all pages, touching only files whose text changed (so that a second build stays quick)."""
    norm = read_norm()
    pages = {f"theme-{number}-{theme}": theme_page(norm, theme) for number, theme in enumerate(norm.themes.index, 1)}
    pages |= {"kinds": kinds_page(norm), "remedies": remedies_page(norm), "sources": sources_page(norm)}
    folder.mkdir(exist_ok=True)
    for stale in {path.stem for path in folder.glob("*.md")} - set(pages):
        (folder / f"{stale}.md").unlink()
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def theme_page(norm: Norm, theme: str) -> str:
    """All criteria of a theme."""
    row = norm.themes.loc[theme]
    criteria = norm.criteria[norm.criteria["theme"] == theme]
    core = int((criteria["tier"] == "core").sum())
    intro = (
        f"{len(criteria)} criteria, of which {core} core. Theme code `{theme}`, weight {row['weight']} in the score of a zone. "
        f"Rendered from norm `{norm.name}` {norm.version}; [](../norm.md) tells how to read it."
    )
    parts = [f"# {row['name_en']} ({row['name_nl']})", intro]
    return "\n\n".join([*parts, *(criterion_section(norm, code) for code in criteria.index)]) + "\n"


def criterion_section(norm: Norm, code: str) -> str:
    """One criterion: what it asks, of what, at each level, and on what ground."""
    row = norm.criteria.loc[code]
    attribute = norm.attributes[row["attribute"]]
    unit = UNIT.get(row["unit"], row["unit"])
    facts = [
        f"*{norm.sentence(code, '…', 'nl')}* {norm.sentence(code, '…', 'en')}",
        f"- **Attribute**: `{attribute.name}` of a {kind_link(row['kind'])}, {unit_text(attribute)}: {attribute.description}",
        f"- **Tier**: {row['tier']}. **For**: {', '.join(schema.split(row['user_groups']))}.",
    ]
    if row["applies"]:
        facts.append(f"- **Applies only if** {' and '.join(flag(name) for name in schema.split(row['applies']))}.")
    if float(row["tolerance"]):
        facts.append(f"- **Tolerance**: {row['tolerance']} {unit} for measuring error.".replace("  ", " "))
    facts.append(f"- **Severity**: {row['severity_base']}{severities(norm, code, unit)}.")
    remedy = norm.remedies.loc[row["remedy"]]
    other = f"; or {norm.remedies.at[row['alternative'], 'name_en'].lower()}" if row["alternative"] else ""
    facts.append(f"- **Remedy**: {remedy['name_en']} (*{remedy['name_nl']}*, `{row['remedy']}`){other}.")
    heading = f"({code.lower()})=\n## {code} {row['name_en']} (*{row['name_nl']}*)"
    return "\n\n".join([heading, facts[0], "\n".join(facts[1:]), limits_table(norm, code, unit)])


def limits_table(norm: Norm, code: str, unit: str) -> str:
    """What is required per level and driver range; levels that ask the very same share their rows."""
    compare = norm.criteria.at[code, "compare"]
    limits = norm.limits[norm.limits["code"] == code]
    asked: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for level in schema.LEVELS:
        rows = limits[limits["level"] == level].to_dict("records")
        lows = [""] + [row["upto"] for row in rows]
        lines = [
            (driver_range(norm, low, row), required(compare, unit, row), ground(row))
            for low, row in zip(lows, rows, strict=False)
        ]
        asked.setdefault(tuple(lines) or (("", "nothing", ""),), []).append(level)
    return table(
        ("Level", "When", "Required", "Basis"),
        ((", ".join(levels) if first else "", *line) for lines, levels in asked.items() for first, line in numbered(lines)),
    )


def numbered(lines: Iterable[tuple[str, ...]]) -> Iterable[tuple[bool, tuple[str, ...]]]:
    """Lines, each with whether it is the first."""
    return ((number == 0, line) for number, line in enumerate(lines))


def driver_range(norm: Norm, low: str, row: Mapping[str, str]) -> str:
    """Range of the driver for which a row holds, in words."""
    if not row["driver"] or not (low or row["upto"]):
        return "always"
    unit = UNIT.get(norm.attributes[row["driver"]].unit, norm.attributes[row["driver"]].unit)
    ends = [f"above {low}" if low else "", f"up to {row['upto']}" if row["upto"] else ""]
    return f"`{row['driver']}` {' and '.join(end for end in ends if end)} {unit}".strip()


def required(compare: str, unit: str, row: Mapping[str, str]) -> str:
    """What a row requires, in words."""
    if row["classes"]:
        classes = ["yes" if name == "true" else f"`{name}`" for name in schema.split(row["classes"])]
        return (" or " if compare == "one_of" else " and ").join(classes)
    if not row["limit"]:
        return "nothing"
    amount = row["limit"]
    if float(row["per_driver"] or 0):
        base = "" if float(row["limit"]) == 0 else f" {'+' if float(row['limit']) > 0 else '−'} {row['limit'].lstrip('-')}"
        factor = "" if float(row["per_driver"]) == 1 else f"{row['per_driver']} × "
        amount = f"{factor}`{row['driver']}`{base}"
    return f"at {'least' if compare == 'min' else 'most'} {amount} {unit}".strip()


def ground(row: Mapping[str, str]) -> str:
    """Where a limit comes from, and whether we read it there."""
    source = f"[{row['source']}](#source-{row['source'].lower()})" + (f" {row['article']}" if row["article"] else "")
    return "; ".join(part for part in (BASIS[row["basis"]], source, VERIFIED[row["verified"]]) if part)


def severities(norm: Norm, code: str, unit: str) -> str:
    """When a failure is graver than its base severity."""
    words = {"lt": "below", "gt": "above"}
    rows = norm.severities[norm.severities["code"] == code].to_dict("records")
    return "".join(
        f"; {row['severity']} if "
        + (
            f"{words[row['compare_beyond']]} {row['beyond']} {unit}".strip()
            if row["beyond"]
            else " or ".join("no" if name == "false" else f"`{name}`" for name in schema.split(row["classes"]))
        )
        for row in rows
    )


def kinds_page(norm: Norm) -> str:
    """Kinds of objects, each with the attributes that it can have."""
    judged = set(zip(norm.criteria["kind"], norm.criteria["attribute"], strict=True))
    intro = (
        "What a layer can hold. A `city.toml` maps the columns of a source to these names; plain numbers are in the unit given "
        "here. An attribute with a dot is judged by a criterion for that kind; the others say when a criterion applies, "
        "which limit holds, or how a bottleneck is planned."
    )
    parts = ["# Kinds and attributes", intro]
    for kind in schema.kinds().values():
        own = [one for one in schema.attributes_of(kind.name).values() if kind.name in one.kinds]
        judged_here = {name for judged_kind, name in judged if judged_kind == kind.name}
        parts += [
            f"(kind-{kind.name.replace('_', '-')})=\n## `{kind.name}`: {kind.name_en} (*{kind.name_nl}*)",
            f"{kind.description} Geometry: {kind.geometry}." + (" Weighs by its length." if kind.stretch else ""),
            attribute_table(own, judged_here) if own else "No attributes of its own.",
        ]
    common = [one for one in schema.attributes().values() if "any" in one.kinds]
    return "\n\n".join([*parts, "## Any kind", attribute_table(common, {name for _, name in judged})]) + "\n"


def attribute_table(attributes: Iterable[schema.Attribute], judged: set[str]) -> str:
    """Attributes with unit, classes and meaning."""
    return table(
        ("Attribute", "", "Unit", "Meaning"),
        (
            (
                f"`{one.name}`",
                "•" if one.name in judged else "",
                unit_text(one),
                one.description + (f" Classes: {', '.join(f'`{name}`' for name in one.classes)}." if one.classes else ""),
            )
            for one in attributes
        ),
    )


def remedies_page(norm: Norm) -> str:
    """Remedies with cost, feasibility and services."""
    remedies = table(
        ("Remedy", "Meaning", "EUR per unit", "Cost class", "Feasibility", "Responsible", "Partner", "Phase"),
        (
            (
                f"`{row['remedy']}`",
                f"{row['name_nl']} / {row['name_en']}",
                f"{row['cost_low_eur']} to {row['cost_high_eur']} per {row['unit']}",
                row["cost_class"],
                row["feasibility_default"],
                row["responsible"],
                row["partner"],
                row["phase_default"],
            )
            for row in norm.remedies.to_dict("records")
        ),
    )
    services = table(
        ("Service", "Name", "Part of the municipality"),
        (
            (f"`{row['service']}`", f"{row['name_nl']} / {row['name_en']}", "yes" if row["own"] == "true" else "no")
            for row in norm.services.to_dict("records")
        ),
    )
    note = "Costs and feasibility are proposals, to be replaced by a city's own figures, unless a source is named in the table."
    return f"# Remedies and services\n\n{note}\n\n{remedies}\n\n## Services\n\n{services}\n"


def sources_page(norm: Norm) -> str:
    """Sources of the limits."""
    parts = ["# Sources", "Where the limits were read, and how much of each source was: *partly* means its opening part only."]
    for row in norm.sources.to_dict("records"):
        facts = [row["publisher"].strip("-"), row["year"], row["article"], row["url"], row["kind"]]
        about = "; ".join(fact for fact in [*facts, f"read: {row['read'] or 'no'}"] if fact)
        parts.append(f"(source-{row['source'].lower()})=\n## {row['source']}\n\n{cell(row['title'])}. {cell(about)}.")
    return "\n\n".join(parts) + "\n"


def unit_text(attribute: schema.Attribute) -> str:
    """Unit of an attribute, in words."""
    return {"1": "ratio", "bool": "yes or no", "class": "class", "count": "number"}.get(attribute.unit, attribute.unit)


def kind_link(kind: str) -> str:
    """Link to a kind's section."""
    return f"[{kind}](#kind-{kind.replace('_', '-')})"


def flag(name: str) -> str:
    """Applicability flag in words."""
    return f"not `{name[1:]}`" if name.startswith("!") else f"`{name}`"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown table."""
    lines = [list(head)]
    lines += [["---"] * len(lines[0]), *([cell(text) for text in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(text: str) -> str:
    """Text that stays inside its table cell."""
    return text.replace("|", r"\|").replace("\n", " ")
