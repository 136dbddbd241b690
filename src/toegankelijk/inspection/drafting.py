"""A draft of a city.toml from what was found; it runs as it is, and says what to check."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toegankelijk import schema
from toegankelijk.config import SELDOM_COMPLETE
from toegankelijk.inspection.guessing import DOUBTFUL, ColumnGuess

Facts = Mapping[str, Any]
Entry = tuple[Facts, Mapping[str, ColumnGuess], Mapping[str, Sequence[str]]]
"""A layer: its facts, the guesses at its columns by name, and the values of its columns (type, fill, distinct, values)."""

HEAD = """\
# Drafted from the files themselves. Check every line: a draft knows names, not meanings.
# What is commented out was not sure enough to be used.
"""


def draft_city(entries: Sequence[Entry], *, folder: Path) -> str:
    """Text of a city.toml that reads the layers whose kind is likely, with paths relative to the folder."""
    parts = [HEAD, _city(entries), _zones(entries, folder)]
    parts += _registers(entries, folder)
    parts += _extracts(entries, folder)
    parts += [_terrain(facts, folder) for facts, _, _ in entries if facts["kind"] == "terrain"]
    plain = [entry for entry in entries if not entry[0]["register"] and entry[0]["kind"] not in ("", "terrain")]
    parts += [_layer(*entry, folder=folder) for entry in plain]
    unused = [facts for facts, _, _ in entries if not (facts["register"] or facts["kind"] or facts["division"])]
    parts += [
        f"# {_named(facts)}: {facts['rows']} rows ({facts['geometry']}) of no kind that is known; not read" for facts in unused
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def _city(entries: Sequence[Entry]) -> str:
    """The coordinate system: that of the most layers if it is in metres, else the usual one of the place."""
    own = [facts["crs"] for facts, _, _ in entries if facts["verdict"] == "fits" and facts["crs"]]
    usual = [code for facts, _, _ in entries for code in str(facts["proposal"]).split("|") if code and facts["verdict"] == "fits"]
    metric = [code for code in own if code in usual]
    chosen = max(metric, key=metric.count) if metric else "auto"
    return f'[city]\nname = {_text(_title(entries))}\ncrs = "{chosen}"\n'


def _title(entries: Sequence[Entry]) -> str:
    return Path(str(entries[0][0]["file"])).stem.replace("_", " ").title() if entries else ""


def _zones(entries: Sequence[Entry], folder: Path) -> str:
    """Zones if a layer holds them with a level, else a draft; other divisions as districts."""
    lines: list[str] = []
    divisions = [
        (facts, {guess.attribute: column for column, guess in columns.items()}, values) for facts, columns, values in entries
    ]
    areas = next(((f, r) for f, r, _ in divisions if f["division"] == "area" and {"level", "zone_id"} <= set(r)), None)
    given = False
    for facts, roles, values in divisions:
        filled = "level" in roles and (areas is not None or float(values[roles["level"]][1]) == 1)
        if facts["division"] == "zone" and (filled or areas) and not given:
            lines += ["[zones]", *_place(facts, folder)]
            lines += [f"{key} = {_text(roles[key])}" for key in ("name", "level") if key in roles]
            lines.append("")
            if areas is not None:
                lines += ["[areas]", *_place(areas[0], folder), f"zone = {_text(areas[1]['zone_id'])}"]
                lines += [f"level = {_text(areas[1]['level'])}", ""]
            given = True
        elif facts["division"] in ("zone", "district"):
            key = "".join(letter if letter.isalnum() else "_" for letter in str(facts["layer"] or Path(str(facts["file"])).stem))
            lines += [f"[districts.{key}]" if key.isascii() else f"[districts.{_text(key)}]", *_place(facts, folder)]
            lines += [f"name = {_text(roles['name'])}"] if "name" in roles else []
            lines.append("")
    if not given:
        lines = ["[draft]  # no zones with a level were found", 'zones = "auto"', 'level = "B"', "", *lines]
    return "\n".join(lines)


def _registers(entries: Sequence[Entry], folder: Path) -> list[str]:
    found = dict.fromkeys((facts["file"], facts["register"]) for facts, _, _ in entries if facts["register"] not in ("", "osm"))
    return [f"[[registers]]\nmap = {_text(register)}\nsource = {_path(file, folder)}\n" for file, register in found]


def _extracts(entries: Sequence[Entry], folder: Path) -> list[str]:
    found = dict.fromkeys(facts["file"] for facts, _, _ in entries if facts["register"] == "osm")
    return [f"[[osm]]\nsource = {_path(file, folder)}\n" for file in found]


def _terrain(facts: Facts, folder: Path) -> str:
    lines = ["[terrain]", f"source = {_path(facts['file'], folder)}"]
    lines.append("accuracy = 0.2  # how far a height may be off, in metres: ask who made the raster")
    return "\n".join(lines) + "\n"


def _layer(facts: Facts, columns: Mapping[str, ColumnGuess], values: Mapping[str, Sequence[str]], *, folder: Path) -> str:
    """One ``[[layers]]`` table; commented out if its coordinate system contradicts it."""
    lines = [f"[[layers]]  # {facts['rows']} rows, {facts['geometry'] or 'no geometry'}; {_sureness(facts['confidence'])}"]
    if facts["no_geometry"] or facts["invalid"]:
        lines.append(f"# {facts['no_geometry']} rows without geometry, {facts['invalid']} geometries to repair")
    lines += [f"kind = {_text(facts['kind'])}", *_place(facts, folder)]
    if facts["verdict"] == "missing" and facts["proposal"]:
        lines.append(f'crs = "{str(facts["proposal"]).split("|")[0]}"  # the file does not say; others: {facts["proposal"]}')
    lines.append(_completeness(facts))
    context = facts["kind"] in schema.context_kinds()
    body = [_column(column, guess, values.get(column, ())) for column, guess in columns.items()]
    if body and not context:
        lines += ["[layers.columns]", *body]
    if facts["verdict"] == "contradicts":
        why = f"# {_named(facts)}: its coordinates contradict {facts['crs']}; they fit {facts['proposal'] or 'no usual system'}"
        lines = [why, *(f"# {line}" for line in lines)]
    return "\n".join(lines) + "\n"


def _completeness(facts: Facts) -> str:
    """Whether something follows from what the layer lacks; of tags, as in OpenStreetMap, nothing does."""
    if facts["where"]:
        return "complete = false  # told apart by tags, as in OpenStreetMap: there may be more on the street"
    if facts["kind"] in SELDOM_COMPLETE:
        return "# complete = true  # only if the layer holds all there is"
    return "# complete = false  # if there is more on the street than in this layer"


def _column(column: str, guess: ColumnGuess, values: Sequence[str]) -> str:
    """One line of ``[layers.columns]``; commented out where the guess is weak."""
    attribute = schema.attributes().get(guess.attribute)
    parts = [f"column = {_text(column)}"]
    if guess.unit and attribute is not None and guess.unit != attribute.unit:
        parts.append(f"unit = {_text(guess.unit)}")
    if guess.codes:
        spelled = {text.casefold(): text for text in values[3:]}
        codes = ", ".join(f"{_text(spelled.get(code, code))} = {_text(meaning)}" for code, meaning in guess.codes.items())
        parts.append(f"codes = {{ {codes} }}")
    line = f"{guess.attribute} = " + (_text(column) if len(parts) == 1 else "{ " + ", ".join(parts) + " }")
    notes = (
        [f"unit {guess.unit or '-'}: {_sureness(guess.unit_confidence)}"]
        if attribute is not None and attribute.type == "number"
        else []
    )
    notes += [f"{guess.understood:.0%} understood"] if guess.understood < 1 else []
    line += f"  # {'; '.join(notes)}" if notes else ""
    return line if guess.confidence > DOUBTFUL / 2 else f"# {line}"


def _place(facts: Facts, folder: Path) -> list[str]:
    lines = [f"source = {_path(facts['file'], folder)}"]
    lines += [f"layer = {_text(facts['layer'])}"] if facts["layer"] else []
    lines += [f"id = {_text(facts['key'])}"] if facts["key"] else []
    chosen = ", ".join(
        f"{_text(column)} = [{', '.join(map(_text, values))}]" for column, values in dict(facts["where"] or {}).items()
    )
    return lines + ([f"where = {{ {chosen} }}"] if chosen else [])


def _named(facts: Facts) -> str:
    return f"{Path(str(facts['file'])).name}" + (f"/{facts['layer']}" if facts["layer"] else "")


def _sureness(confidence: float) -> str:
    """Confidence in words."""
    return "sure" if confidence > 0.8 else "likely" if confidence > 0.5 else "doubtful"


def _path(file: str, folder: Path) -> str:
    return _text(Path(os.path.relpath(Path(file).resolve(), folder.resolve())).as_posix())


def _text(text: object) -> str:
    """A TOML string: JSON's are, but for the letters that TOML wants escaped otherwise."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
