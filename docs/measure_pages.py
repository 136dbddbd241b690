"""How every attribute is obtained, written from the code when the docs are built, so that no figure stands in two places.

One text per theme, which its page in `themes` includes: the attributes that its criteria look at, what each measure says of
itself, and the figures that measures go by.
"""

import ast
import csv
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from types import FunctionType, ModuleType

from norm_pages import kind_link, table, unit_text

from toegankelijk import measure, read_norm, schema
from toegankelijk.measure.crossings import derive_ends
from toegankelijk.measure.managers import with_managers
from toegankelijk.measure.narrowings import find_widths, with_narrowings
from toegankelijk.measure.passages import cut_stretches
from toegankelijk.measure.pavements import with_derived_pavements
from toegankelijk.measure.shares import measure_shares
from toegankelijk.measure.stop_distances import measure_stop_distances
from toegankelijk.measure.stops import complete_delijn_classes
from toegankelijk.measure.streets import with_street_names
from toegankelijk.norm import Norm, Rule
from toegankelijk.registers import bundled_maps, load_map

PACKAGE = "toegankelijk.measure"

OTHERWISE = {
    ("zone", "accessible_share"): measure_shares,
    ("zone", "ergonomic_share"): measure_shares,
    ("anchor", "stop_distance"): measure_stop_distances,
    ("stop", "delijn_class"): complete_delijn_classes,
}
"""Attributes that are measured or completed by a step of its own, outside `MEASURES`."""

DERIVED = {
    "footway": (with_derived_pavements, cut_stretches, find_widths),
    "crossing_end": (derive_ends,),
    "narrowing": (with_narrowings,),
}
"""What makes objects out of other objects, before anything is measured of them."""

ENDS_OF = {"crossing_end": "crossing"}
"""Kinds that take over what is said of another kind."""

Step = tuple[str, str, Callable[..., object]]
"""Kind, attribute, and the function that measures it."""


def write_measures(folder: Path) -> None:
    """Write the text of every theme, and what holds for any object, touching only files whose text changed."""
    norm = read_norm()
    folder.mkdir(exist_ok=True)
    texts = {theme: theme_text(norm, theme) for theme in norm.themes.index}
    texts["any"] = f"{told(with_street_names)}\n\n{told(with_managers)}\n"
    for name, text in texts.items():
        path = folder / f"measured-{name}.inc"
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def theme_text(norm: Norm, theme: str) -> str:
    """Attributes of a theme by kind, the measures of them, and their figures."""
    rules = [rule for rule in norm.rules.values() if rule.theme == theme]
    kinds = [kind for kind in schema.kinds() if any(rule.kind == kind for rule in rules)]
    steps = theme_steps(rules)
    parts = ["## What is known of each object"]
    for kind in kinds:
        described = schema.kinds()[kind]
        parts.append(f"### {described.name_en} (*{described.name_nl}*, {kind_link(kind)})\n\n{described.description}")
        parts.append(attribute_table(norm, [rule for rule in rules if rule.kind == kind]))
    parts.append("## How it is measured")
    for kind in kinds:
        parts += [f"### Making objects: {schema.kinds()[kind].name_en.lower()}\n\n{told(made)}" for made in DERIVED.get(kind, ())]
    parts += [step_section(step) for step in steps]
    figures = list(figure_rows(steps))
    if figures:
        parts += ["## Figures that these measures go by", table(("Figure", "Value", "Meaning", "Used for"), figures)]
    return "\n\n".join(parts) + "\n"


def used_attributes(rule: Rule) -> dict[str, str]:
    """Attributes that a criterion looks at, each with what for."""
    drivers = {driver: "limit of" for driver in rule.drivers.values() if driver}
    return {**{name: "if it applies:" for name, _ in rule.applies}, **drivers, rule.attribute: "judged:"}


def theme_steps(rules: Iterable[Rule]) -> list[Step]:
    """Measures of the attributes that criteria look at, in the order in which they are taken."""
    wanted = {(rule.kind, name) for rule in rules for name in used_attributes(rule)}
    measures = (*measure.WIDTH_MEASURES, *measure.TERRAIN_MEASURES, *measure.MEASURES, *measure.NETWORK_MEASURES)
    found = [(one.kind, one.attribute, one.function) for one in measures]
    found += [(kind, attribute, function) for (kind, attribute), function in OTHERWISE.items()]
    return [step for step in found if step[:2] in wanted]


def attribute_table(norm: Norm, rules: list[Rule]) -> str:
    """Attributes of one kind: what they are, which criteria look at them, and how they are obtained."""
    uses: dict[str, dict[str, list[str]]] = {}
    for rule in rules:
        for name, use in used_attributes(rule).items():
            uses.setdefault(name, {}).setdefault(use, []).append(f"[{rule.code}](#{rule.code.lower()})")
    return table(
        ("Attribute", "What it is", "Criteria", "Obtained from"),
        (
            (
                f"`{name}` ({unit_text(norm.attributes[name])})",
                norm.attributes[name].description,
                "; ".join(f"{use} {', '.join(codes)}" for use, codes in used.items()),
                "; ".join(ways(rules[0].kind, norm.attributes[name])),
            )
            for name, used in uses.items()
        ),
    )


def ways(kind: str, attribute: schema.Attribute) -> Iterator[str]:
    """How an attribute of a kind can be had, beside a column of the city."""
    steps = (*measure.MEASURES, *measure.WIDTH_MEASURES, *measure.NETWORK_MEASURES)
    measured = {(one.kind, one.attribute) for one in steps} | set(OTHERWISE)
    terrain = {(one.kind, one.attribute) for one in measure.TERRAIN_MEASURES}
    if (kind, attribute.name) in terrain:
        yield "[heights of the ground](#" + anchor(kind, attribute.name) + ")"
    if (kind, attribute.name) in measured:
        yield "[measured](#" + anchor(kind, attribute.name) + ")"
    if (kind, attribute.name) not in terrain | measured and "geometry" in attribute.how:
        yield "geometry: not measured yet"
    tags = osm_keys(kind, attribute.name)
    if tags:
        yield "OSM " + ", ".join(f"`{tag}`" for tag in tags)
    maps = [name for name in bundled_maps() if in_map(name, kind, attribute.name)]
    if maps:
        yield "registers: " + ", ".join(maps)
    if (kind, attribute.name) in label_attributes():
        yield "labels of pictures"
    if {"survey", "attribute"} & set(attribute.how):
        yield "on the spot"


@cache
def tag_rows() -> list[dict[str, str]]:
    """Rows of the table of OpenStreetMap tags."""
    return list(csv.DictReader(files("toegankelijk").joinpath("data", "osm_tags.csv").read_text("utf-8").splitlines()))


def osm_keys(kind: str, attribute: str) -> list[str]:
    """Keys of OpenStreetMap from which an attribute is read."""
    rows = [row for row in tag_rows() if row["kind"] in (kind, ENDS_OF.get(kind)) and row["attribute"] == attribute]
    keys = [row["tag"] or re.split(r"!?=", word)[0].lstrip("!") for row in rows for word in (row["where"] or "-").split()]
    return [key for key in dict.fromkeys(keys) if key and key != "-"]


def in_map(name: str, kind: str, attribute: str) -> bool:
    """Whether the map of a register gives an attribute."""
    return any(layer.kind in (kind, ENDS_OF.get(kind)) and attribute in layer.columns for layer in load_map(name).layers)


@cache
def label_attributes() -> set[tuple[str, str]]:
    """Kinds and attributes that labels of pictures tell of."""
    text = files("toegankelijk").joinpath("data", "registers", "project_sidewalk.csv").read_text("utf-8")
    return {(row["kind"], row["attribute"]) for row in csv.DictReader(text.splitlines())}


def anchor(kind: str, attribute: str) -> str:
    """Name of the place where a measure is told."""
    return f"measured-{kind}-{attribute}".replace("_", "-")


def step_section(step: Step) -> str:
    """What a measure says of itself, and what it looks at."""
    kind, attribute, function = step
    layers, attributes, _ = looks_at(function)
    what = [f"`{name}`" for name in sorted(layers - {kind})]
    what += [f"attribute `{name}`" for name in sorted(attributes - {attribute})]
    seen = f"\n\nLooks at: {', '.join(what)}." if what else ""
    terrain = " from heights of the ground" if any(one.function is function for one in measure.TERRAIN_MEASURES) else ""
    drawn = " from drawn pavements" if any(one.function is function for one in measure.WIDTH_MEASURES) else ""
    network = " over the walking network" if any(one.function is function for one in measure.NETWORK_MEASURES) else ""
    target = f"({anchor(kind, attribute)})=\n" if not terrain + drawn or not is_measured_twice(kind, attribute) else ""
    return f"{target}### `{attribute}` of a {kind_link(kind)}{terrain}{drawn}{network}\n\n{told(function)}{seen}"


def is_measured_twice(kind: str, attribute: str) -> bool:
    """Whether heights or widths, and other measures, give an attribute; the latter then hold the link."""
    return (kind, attribute) in {(one.kind, one.attribute) for one in (*measure.MEASURES, *measure.NETWORK_MEASURES)}


def told(function: Callable[..., object]) -> str:
    """Docstring of a function in Markdown, as far as it is prose."""
    text = re.split(r"\n\w+\n-{3,}\n", inspect.getdoc(function) or "")[0].strip()
    return re.sub(r"`{2}(.+?)`{2}", r"`\1`", text)


@cache
def looks_at(function: Callable[..., object]) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    """Kinds, attributes, and figures (module and name) that a function names, or what it calls in `measure`."""
    layers: set[str] = set()
    attributes: set[str] = set()
    figures: set[tuple[str, str]] = set()
    todo, done = [function], {function}
    while todo:
        current = todo.pop()
        tree = ast.parse(textwrap.dedent(inspect.getsource(current)))
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        layers |= texts & (set(schema.kinds()) | set(schema.context_kinds()))
        attributes |= texts & set(schema.attributes())
        for module, name in named(tree, import_module(current.__module__)):
            value = getattr(module, name)
            if isinstance(value, FunctionType | type) and value.__module__.startswith(PACKAGE) and value not in done:
                done.add(value)
                todo.append(value)
            elif name in figures_of(module):
                figures.add((module.__name__, name))
    return layers - attributes | (layers & set(schema.context_kinds())), attributes, figures


def named(tree: ast.AST, module: ModuleType) -> Iterator[tuple[ModuleType, str]]:
    """What code names of its own module, or of the modules of this package that it imports; each with its home."""
    for node in ast.walk(tree):
        home, name = module, getattr(node, "id", "")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            other = getattr(module, node.value.id, None)
            if not isinstance(other, ModuleType):
                continue
            home, name = other, node.attr
        if name and hasattr(home, name) and home.__name__.startswith(PACKAGE):
            origin = imports_of(home).get(name, home.__name__)
            if origin.startswith(PACKAGE):
                yield import_module(origin), name


@cache
def imports_of(module: ModuleType) -> dict[str, str]:
    """Names that a module imports, and from where."""
    nodes = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in nodes for alias in node.names if not is_module(node.module, alias.name)}


def is_module(package: str | None, name: str) -> bool:
    """Whether what is imported from a package is a module of it."""
    return isinstance(getattr(import_module(package or ""), name), ModuleType)


@cache
def figures_of(module: ModuleType) -> dict[str, str]:
    """Figures of a module with what is said of each: names in capitals with a text below them."""
    body = ast.parse(inspect.getsource(module)).body
    result = {}
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            targets = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            result |= {name: str(after.value.value) for name in targets if name.isupper() and is_figure(getattr(module, name))}
    return result


def is_figure(value: object) -> bool:
    """Whether a constant is a number, or several."""
    return isinstance(value, int | float) or (isinstance(value, tuple) and all(isinstance(one, int | float) for one in value))


def figure_rows(steps: Iterable[Step]) -> Iterator[tuple[str, ...]]:
    """Rows of the table of figures: each once, with the attributes for which it is used."""
    used: dict[tuple[str, str], list[str]] = {}
    for _, attribute, function in steps:
        for figure in looks_at(function)[2]:
            names = used.setdefault(figure, [])
            names += [f"`{attribute}`"] if f"`{attribute}`" not in names else []
    for module_name, name in sorted(used):
        module = import_module(module_name)
        value = getattr(module, name)
        shown = ", ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else f"{value:g}"
        meaning = re.sub(r"`{2}(.+?)`{2}", r"`\1`", " ".join(figures_of(module)[name].split()))
        yield f"`{module_name.removeprefix(PACKAGE + '.')}.{name}`", shown, meaning, ", ".join(used[module_name, name])
