"""Which words belong to which language, and what a file says to people."""

import csv
import html
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import openpyxl

from toegankelijk.labels import LANGUAGES
from toegankelijk.ledger.words import CHOICES
from toegankelijk.maps.encoding import unpack
from toegankelijk.norm import read_norm

DATA = Path(__file__).resolve().parents[1] / "src" / "toegankelijk" / "data"
NAMED = (
    *(f"norm/vlaanderen/{table}.csv" for table in ("themes", "criteria", "remedies", "services")),
    *("schema/kinds.csv", "schema/context.csv", "network/profile_names.csv", "network/purposes.csv"),
)
"""Tables with names and sentences in every language."""

MACHINE = ("key", "identity", "colour", "geometry", "link", "type", "sort", "unit", "named", "shape", "name", "langs")
"""Parts of the content of a map that nobody reads."""

Said = tuple[str, str, str]
"""Where a text stands, its language, and the text."""

NUMBER = {lang: re.compile(r"(?<![\d.])\d+\.\d\d?(?![\d.])") for lang in ("nl", "fr", "de")} | {
    "en": re.compile(r"\d,\d\d?(?!\d)")
}
"""A number as the language does not write it."""

SEVERAL = (
    "knelpunten",
    "werven",
    "delen",
    "points noirs",
    "chantiers",
    "parties",
    "Mängel",
    "Baumaßnahmen",
    "bottlenecks",
    "jobs",
)
"""Words that do not go with one."""

KEYS = re.compile(
    r"https?://\S+|[\w./-]+\.(?:csv|gpkg|html|pdf|xlsx)\b|\b\d{5,}\.\d+|\w+…|"
    r"\b[0-9a-f]{32,}\b|\b[A-Z]-[0-9a-f]{10,12}\b|\b[A-Z]{3}-\d\d(\|[A-Z]{3}-\d\d)*\b"
)
"""The same in every language: addresses, files, coordinates, checksums, numbers, codes of criteria; and words that are cut."""

FAULTS = {
    "a date as machines write it": re.compile(r"\b(19|20)\d\d-\d\d-\d\d"),
    "a code": re.compile(r"\b[a-z]+_[a-z_]+\b|\|"),
    "nothing, as machines write it": re.compile(r"\b(None|nan|NaN|NaT|<NA>|inf|True|False)\b"),
    "a place to fill in": re.compile(r"[{}]"),
    "one of several": re.compile(rf"(?<![\d.,–-])\b1 ({'|'.join(SEVERAL)})\b"),
}
"""What no language has."""


def read(name: str) -> list[dict[str, str]]:
    """Rows of a table of the package."""
    return list(csv.DictReader((DATA / name).read_text("utf-8").splitlines()))


@cache
def texts(lang: str) -> list[str]:
    """All that the package can say in a language, without what is filled in."""
    said = [row[lang] for row in read("labels.csv")]
    said += [text for name in NAMED for row in read(name) for column, text in row.items() if column.endswith(f"_{lang}")]
    return [unfilled(text) for text in said]


def unfilled(text: str) -> str:
    """A label without what is filled in; of forms for one and several, both."""
    return re.sub(r"\{\w+(?::([^|}]*)\|([^}]*))?\}", r" \1 \2 ", text)


def words(text: str, *, least: int = 3) -> set[str]:
    """Words of a text, in small letters."""
    return {word.lower() for word in re.findall(r"[^\W\d_]+", text) if len(word) >= least}


@cache
def foreign(lang: str) -> dict[str, str]:
    """Words that only other languages have, and which one. Of Dutch, in which the package was made, short words too."""
    own = set().union(*map(words, texts(lang)))
    found: dict[str, str] = {}
    for other in reversed([one for one in LANGUAGES if one != lang]):
        for word in set().union(*(words(text, least=3 if other == "nl" else 4) for text in texts(other))) - own:
            found[word] = other
    return found


def visible(page: str) -> str:
    """What is read of a page, also aloud: no scripts, no styles, no tags."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "\n", page, flags=re.DOTALL)
    spoken = re.findall(r'\b(?:alt|title|aria-label|placeholder)="([^"]*)"', page)
    page = re.sub(r"</?(b|small|bdi|span|code|i|em|strong|a|abbr)\b[^>]*>", "", page)
    return html.unescape("\n".join([re.sub(r"<[^>]*>", "\n", page), *spoken]))


def packed(page: str, lang: str) -> Iterator[tuple[str, str]]:
    """Language and text of all that a map can show, in every language that it can be switched to."""
    for block in re.findall(r'<script type="application/octet-stream"[^>]*>([^<]+)</script>', page):
        yield from ((one, unfilled(text)) for one, text in _leaves(unpack(block), lang))


def _leaves(node: object, lang: str, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if set(node) == set(LANGUAGES):
            for one, part in node.items():
                yield from _leaves(part, one, key)
            return
        coded = bool(node.get("words"))
        for name, part in node.items():
            if name not in MACHINE and not (name == "values" and (coded or node.get("type") in ("number", "link"))):
                yield from _leaves(part, lang, name)
    elif isinstance(node, list):
        for part in node:
            yield from _leaves(part, lang, key)
    elif isinstance(node, str) and key != "lang":
        yield lang, node


def said(path: Path, lang: str) -> Iterator[Said]:
    """All that a file shows to people."""
    if path.suffix == ".html":
        page = path.read_text("utf-8")
        yield from ((path.name, lang, line.strip()) for line in visible(page).splitlines() if line.strip())
        yield from ((f"{path.name} (map)", one, text) for one, text in packed(page, lang))
    elif path.suffix == ".xlsx":
        for sheet in openpyxl.load_workbook(path):
            if sheet.sheet_state == "visible":
                shown = (row for row in sheet.iter_rows() if not sheet.row_dimensions[row[0].row].hidden)
                yield from (
                    (f"{path.name} {sheet.title}", lang, str(cell.value))
                    for row in shown
                    for cell in row
                    if isinstance(cell.value, str)
                )
    else:
        yield from ((path.name, lang, line) for line in path.read_text("utf-8").splitlines())


def faults(said: Iterator[Said], given: set[str]) -> dict[str, str]:
    """What is wrong with texts, each with one example; ``given`` are texts of the data, which no language owns."""
    single = {text for text in given if re.fullmatch(r"[\w./:-]+", text)}
    phrases = "|".join(map(re.escape, sorted(given - single, key=len, reverse=True)))
    owned = re.compile(rf"(?<!\w)(?:{phrases})(?!\w)" if phrases else r"(?!)")
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for where, lang, text in said:
        if (lang, text) in seen:
            continue
        seen.add((lang, text))
        own = re.sub(r"[\w./:-]*\w", lambda word: " " if word[0] in single else word[0], owned.sub(" ", text))
        own = KEYS.sub(" ", own)
        for word in words(own):
            if word in foreign(lang):
                found.setdefault(f"{where}: {word!r} is not {lang} but {foreign(lang)[word]}", text)
        for what, pattern in {**FAULTS, "a number of another language": NUMBER[lang]}.items():
            if hit := pattern.search(own):
                found.setdefault(f"{where}: {what} ({lang}): {hit[0]}", text)
    return found


@cache
def coded() -> dict[str, list[str]]:
    """Groups of labels, and the codes that must have a word in each."""
    norm = read_norm()
    limits, criteria = norm.limits, norm.criteria
    rows = read("schema/attributes.csv")
    classes = {row["attribute"]: row["classes"].split("|") for row in rows if row["classes"]}
    articles = [text for text in set(limits["article"]) if text and not re.search(r"\bart\. \d", text)]
    return {
        "attribute": [row["attribute"] for row in rows if "Used in measuring" not in row["description_en"]],
        "class": sorted(
            set(itertools.chain(*(codes for name, codes in classes.items() if name not in ("manager", "obstacle_type"))))
        ),
        "obstacle": classes["obstacle_type"],
        "basis": sorted(set(limits["basis"])),
        "article": articles,
        "user_group": sorted(set("|".join(criteria["user_groups"]).split("|"))),
        "how": sorted(set("|".join(criteria["how"]).split("|"))),
        "source_kind": sorted(set(norm.sources["kind"])),
        "tier": sorted(set(criteria["tier"])),
        "theme": list(norm.themes.index),
        "phase": list(CHOICES["phase"]),
        "feasibility": sorted(set(norm.remedies["feasibility_default"])),
        "status": list(CHOICES["status"]),
    }


def data_texts(*cities: object) -> set[str]:
    """Texts that the data gave: names of streets, places, zones, files and layers, and sources by their keys."""
    sources = read_norm().sources  # titles are cited as they are
    found = {"vlaanderen", "toegankelijk", read_norm().version, *sources.index, *sources["title"]}
    for city in cities:
        found |= {city.name, *map(str, city.zones["name"].dropna()), *map(str, city.zones.index), *map(str, city.districts)}
        for layer in [*city.layers.values(), *city.context.values(), *city.districts.values()]:
            found |= {str(text) for name in ("street", "name", "office") if name in layer for text in layer[name].dropna()}
            found |= set(map(str, layer.index))
        for column in ("layer", "path", "source"):
            if column in city.sources:
                found |= {
                    part
                    for text in map(str, city.sources[column].dropna())
                    for part in (text, Path(text).name, text.partition(": ")[2])
                }
    return {text for text in found if len(text) > 1} - {""}
