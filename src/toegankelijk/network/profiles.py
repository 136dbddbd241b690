"""Who walks: what each kind of user can pass, as a table of rules.

A profile asks little, and only what decides whether somebody gets through. A rule *decides* (``says`` is ``both``) where
registers or maps hold its attribute, or where it is the barrier itself: the width of a footway, the height of a kerb. What is
seldom written down unless it is remarkable, such as the slope of a pavement or its smoothness, only speaks *against*: known to
be too bad it closes a way, not known it leaves the way as it is. If such attributes decided, nearly every way in every city
would be unknown. An attribute that nearly says the same may *stand in* for another that is not known (``proxy_of``), and then
speaks only for or only against. Whole kinds are closed (``never``) or unknown whatever is known of them (``unsure``); a kind
without any row is open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.labels import LANGUAGES
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN
from toegankelijk.norm.tables import MAX_BYTES, LimitRow, Rule, parse_table, records

COLUMNS = (
    *("profile", "kind", "attribute", "compare", "limit", "classes", "applies", "says", "proxy_of", "unless", "source"),
    "note",
)
"""Columns of a table of profiles. A limit is in the unit of its attribute. ``unless`` names a kind of objects that stand on a way
themselves: where all those of the object do, the rule is theirs."""

EVERY = "*"
"""Attribute of a row on a whole kind."""

WHOLE = MappingProxyType({"never": FAILS, "unsure": UNKNOWN})
"""What can be said of a whole kind: that nobody of the profile passes it, or that nobody knows."""

COMPARES = MappingProxyType({"number": ("min", "max"), "bool": ("one_of",), "class": ("one_of", "contains_all")})
"""Comparisons that fit each type of attribute."""

LEVEL = "A"
"""The one level of the rules of a profile."""

OWN_PROPOSAL = "eigen voorstel"
"""Source of a limit that stands in no publication."""

Row = Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """What a profile asks of an attribute of one kind.

    Parameters
    ----------
    rule
        The comparison, with the one level `LEVEL`.
    says
        ``both`` if it decides; ``for`` or ``against`` if it only counts where it is met, or where it is not.
    proxy_of
        Attribute in the place of which it counts where that is unknown; empty for a question of its own.
    unless
        Kind of objects that answer it themselves where they stand on the network; empty if there is none.
    """

    rule: Rule
    says: str = "both"
    proxy_of: str = ""
    unless: str = ""


@dataclass(frozen=True)
class Profile:
    """A kind of user, and what they can pass.

    Parameters
    ----------
    name
        Short name, such as ``wheelchair``.
    questions
        What is asked of the objects on a way.
    whole
        Kinds of which no object (`FAILS`) can be passed, or of which nobody knows (`UNKNOWN`).
    names
        Name in each of `toegankelijk.labels.LANGUAGES`.
    about
        Who is meant, in English.
    """

    name: str
    questions: tuple[Question, ...]
    whole: Mapping[str, int]
    names: Mapping[str, str]
    about: str = ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The comparisons, without what they are compared for."""
        return tuple(question.rule for question in self.questions)

    @property
    def uses_stairs(self) -> bool:
        """Whether stairs are not closed as such."""
        return self.whole.get("stairs", MEETS) != FAILS


def read_profiles(path: Path | str | None = None) -> Mapping[str, Profile]:
    """Profiles that come with the package, with those of a city's own table in their place.

    Parameters
    ----------
    path
        A CSV with the columns `COLUMNS`. A profile of which it has rows is that of the table alone; the others stay as they are.

    Returns
    -------
    Mapping[str, Profile]
        Profiles by name, in the order of the tables.

    Raises
    ------
    ConfigError
        A table has faults; all of them are listed.

    Examples
    --------
    >>> profiles = read_profiles()
    >>> list(profiles), profiles["white_cane"].uses_stairs, profiles["pram"].names["nl"]
    (['wheelchair', 'rollator', 'scootmobile', 'white_cane', 'pram'], True, 'Kinderwagen')
    """
    folder = files("toegankelijk").joinpath("data", "network")
    names = {
        row["profile"]: row for row in _rows("profile_names", folder.joinpath("profile_names.csv").read_bytes(), ("profile",))
    }
    profiles = _profiles("profiles", folder.joinpath("profiles.csv").read_bytes(), names)
    if path is None:
        return MappingProxyType(profiles)
    file = Path(path)
    if not file.is_file():
        raise ConfigError(f"{file}: no such file; a table of profiles is a CSV with the columns {', '.join(COLUMNS)}")
    with file.open("rb") as stream:
        return MappingProxyType({**profiles, **_profiles(file.name, stream.read(MAX_BYTES + 1), names)})


def _rows(name: str, raw: bytes, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a table, each with where it stands under the empty name."""
    table, faults = parse_table(name, raw, columns)
    if faults:
        raise ConfigError(f"{name}: {len(faults)} faults", faults)
    return [{**row, "": str(place)} for place, row in zip(table.index, records(table), strict=True)]


def _profiles(name: str, raw: bytes, names: Mapping[str, Row]) -> dict[str, Profile]:
    rows = _rows(name, raw, COLUMNS)
    if faults := [*_faults(rows)] or ([] if rows else [f"{name}: no row"]):
        raise ConfigError(f"{name}: {len(faults)} faults", faults)
    found = {}
    for profile in dict.fromkeys(row["profile"] for row in rows):
        own = [row for row in rows if row["profile"] == profile]
        about = names.get(profile, {})
        found[profile] = Profile(
            name=profile,
            questions=tuple(_question(row) for row in own if row["attribute"] != EVERY),
            whole={row["kind"]: WHOLE[row["compare"]] for row in own if row["attribute"] == EVERY},
            names={lang: about.get(f"name_{lang}", profile) for lang in LANGUAGES},
            about=about.get("about_en", ""),
        )
    return found


def _question(row: Row) -> Question:
    attribute = schema.attributes()[row["attribute"]]
    limit = LimitRow(math.inf, float(row["limit"]) if row["limit"] else None, 0.0, frozenset(schema.split(row["classes"])))
    rule = Rule(
        code=f"{row['profile']}:{row['kind']}:{attribute.name}",
        theme="",
        kind=row["kind"],
        core=True,
        attribute=attribute.name,
        type=attribute.type,
        classes=attribute.classes,
        compare=row["compare"],
        unit=attribute.unit,
        applies=tuple((name.removeprefix("!"), not name.startswith("!")) for name in schema.split(row["applies"])),
        tolerance=0.0,
        severity_base=1,
        remedy="",
        limits={LEVEL: (limit,)},
        drivers={LEVEL: ""},
        severities=(),
    )
    return Question(rule, row["says"], row["proxy_of"], row["unless"])


def _faults(rows: list[dict[str, str]]) -> Iterator[str]:
    """All faults of a table, in words."""
    asked = {(row["profile"], row["kind"], row["attribute"]) for row in rows if not row["proxy_of"]}
    seen: dict[tuple[str, ...], str] = {}
    for row in rows:
        where = f"{row['']} ({row['profile']} {row['kind']} {row['attribute']})"
        if not row["profile"].isidentifier():
            yield f"{where}: profile {row['profile']!r} is no name of letters, digits and _"
        if not row["source"]:
            yield f"{where}: no source; where there is none, write {OWN_PROPOSAL!r}"
        key = (row["profile"], row["kind"], row["attribute"], row["compare"] if row["compare"] in ("min", "max") else "")
        if key in seen:
            yield f"{where}: asks what {seen[key]} asks already"
        seen.setdefault(key, row[""])
        if row["attribute"] == EVERY:
            yield from (f"{where}: {fault}" for fault in _whole_faults(row))
        elif row["kind"] not in schema.kinds():
            yield f"{where}: kind {row['kind']!r} is not known"
        else:
            yield from (f"{where}: {fault}" for fault in _rule_faults(row))
            yield from (f"{where}: {fault}" for fault in _standing_faults(row, asked))
    yield from _room_faults(rows)


def _whole_faults(row: Row) -> Iterator[str]:
    if row["kind"] not in (*schema.kinds(), "mouth"):
        yield f"kind {row['kind']!r} is not known"
    if row["compare"] not in WHOLE:
        yield f"compare is {row['compare']!r}; of a whole kind say one of {', '.join(WHOLE)}"
    for column in ("limit", "classes", "applies", "says", "proxy_of", "unless"):
        if row[column]:
            yield f"{column} is {row[column]!r}, but the row is on the whole kind"


def _rule_faults(row: Row) -> Iterator[str]:
    """Faults of the comparison."""
    attribute = schema.attributes().get(row["attribute"])
    if attribute is None or not attribute.belongs_to(row["kind"]):
        yield f"attribute {row['attribute']!r} is none of {row['kind']}"
        return
    if row["compare"] not in COMPARES[attribute.type]:
        yield f"compare {row['compare']!r} does not fit a {attribute.type}; use one of {', '.join(COMPARES[attribute.type])}"
    if attribute.type == "number":
        if not _is_number(row["limit"]):
            yield f"limit {row['limit']!r} is not a number of {attribute.unit}"
        if row["classes"]:
            yield f"classes {row['classes']!r} on a number"
    else:
        allowed = ("true", "false") if attribute.type == "bool" else attribute.classes
        if row["limit"]:
            yield f"limit {row['limit']!r} on a {attribute.type}"
        if not row["classes"] or set(schema.split(row["classes"])) - set(allowed):
            yield f"classes {row['classes']!r} are not some of {'|'.join(allowed)}"
    for cell in schema.split(row["applies"]):
        flag = schema.attributes().get(cell.removeprefix("!"))
        if flag is None or flag.type != "bool" or not flag.belongs_to(row["kind"]):
            yield f"applies {cell!r} is no true/false attribute of {row['kind']}"


def _standing_faults(row: Row, asked: set[tuple[str, str, str]]) -> Iterator[str]:
    """Faults of what the row counts for."""
    can_say = ("for", "against") if row["proxy_of"] else ("both", "against")
    if row["says"] not in can_say:
        yield f"says is {row['says']!r}, not {' or '.join(can_say)}"
    if row["proxy_of"] and (row["profile"], row["kind"], row["proxy_of"]) not in asked:
        yield f"proxy_of {row['proxy_of']!r} is not asked of {row['kind']}"
    if row["unless"] and (row["unless"] not in schema.kinds() or row["unless"] == row["kind"]):
        yield f"unless {row['unless']!r} is no other kind"


def _room_faults(rows: list[dict[str, str]]) -> Iterator[str]:
    """Limits that no value can keep."""
    floors = {(row["profile"], row["kind"], row["attribute"]): row["limit"] for row in rows if row["compare"] == "min"}
    for row in rows:
        floor = floors.get((row["profile"], row["kind"], row["attribute"]), "")
        if row["compare"] == "max" and _is_number(floor) and _is_number(row["limit"]) and float(floor) > float(row["limit"]):
            yield f"{row['']}: nothing is at least {floor} and at most {row['limit']}"


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
