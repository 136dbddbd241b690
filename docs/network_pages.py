"""What the page on walking and planning shows out of tables and code: users, purposes and figures."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from measure_pages import figures_of
from norm_pages import kind_link, table

import toegankelijk.network
import toegankelijk.planning
from toegankelijk import schema
from toegankelijk.network.profiles import Question, read_profiles
from toegankelijk.network.purposes import read_purposes
from toegankelijk.norm.kernel import FAILS

PACKAGES = (toegankelijk.network, toegankelijk.planning)

COUNTS = {"both": "decides", "for": "speaks for", "against": "speaks against"}


def write_network(folder: Path) -> None:
    """Write the tables of the page, touching only files whose text changed."""
    folder.mkdir(exist_ok=True)
    texts = {"profiles": profiles_table(), "purposes": purposes_table(), "network-figures": figures_table()}
    for name, text in texts.items():
        path = folder / f"{name}.inc"
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def profiles_table() -> str:
    """What is asked of each kind of object, with a column per kind of user."""
    profiles = read_profiles()
    names = [profile.names["en"] for profile in profiles.values()]
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for profile in profiles.values():
        for kind, outcome in profile.whole.items():
            said = "closed" if outcome == FAILS else "unknown"
            rows.setdefault((kind, "as such"), {})[profile.name] = said
        for question in profile.questions:
            rows.setdefault((question.rule.kind, told(question)), {})[profile.name] = limit_of(question)
    kinds = list(dict.fromkeys(kind for kind, _ in rows))
    ordered = sorted(rows, key=lambda key: kinds.index(key[0]))
    lines = [
        (link(kind), what, *(rows[kind, what].get(profile.name, "–") for profile in profiles.values())) for kind, what in ordered
    ]
    about = "\n".join(f"- **{profile.names['en']}** (`{profile.name}`): {profile.about}" for profile in profiles.values())
    return f"{about}\n\n{table(('Object', 'Asked', *names), lines)}\n"


def told(question: Question) -> str:
    """Attribute, and what the answer counts for."""
    text = f"`{question.rule.attribute}` {COUNTS[question.says]}"
    if question.proxy_of:
        text += f" in the place of `{question.proxy_of}`"
    if question.unless:
        text += f", unless each {question.unless} stands on the network itself"
    return text


def limit_of(question: Question) -> str:
    """What an object needs to be passed."""
    rule = question.rule
    (row,) = rule.limits["A"]
    if rule.compare in ("min", "max"):
        return f"{'at least' if rule.compare == 'min' else 'at most'} {row.limit:g} {rule.unit}"
    if rule.type == "bool":
        return "yes" if row.classes == {"true"} else "no"
    out = [name for name in rule.classes if name not in row.classes]
    inside = [name for name in rule.classes if name in row.classes]
    return f"not {', '.join(out)}" if len(out) < len(inside) else ", ".join(inside)


def link(kind: str) -> str:
    """Kind of object, with where it is described."""
    return kind_link(kind) if kind in schema.kinds() else kind


def purposes_table() -> str:
    """What people walk to."""
    rows = [
        (
            one.names["en"],
            ", ".join(f"{kind} with {attribute}" if attribute else kind for kind, attribute in one.kinds),
            f"{one.within:g} m",
            f"{one.weight:g}",
            one.source,
        )
        for one in read_purposes().values()
    ]
    return table(("Purpose", "Served by", "Near enough", "Weight", "Source"), rows) + "\n"


def figures_table() -> str:
    """Named figures of the network and of planning."""
    return table(("Figure", "Value", "Meaning"), figures()) + "\n"


def figures() -> Iterator[tuple[str, str, str]]:
    """Name, value and meaning of each figure that is a choice."""
    for package in PACKAGES:
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            for name, text in figures_of(module).items():
                value = getattr(module, name)
                if "proposal" not in text and found.name != "plan":
                    continue
                shown = ", ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else f"{value:g}"
                meaning = re.sub(r"`{2}(.+?)`{2}", r"`\1`", " ".join(text.split()))
                place = module.__name__.removeprefix("toegankelijk.")
                yield f"`{place}.{name}`", shown, meaning
