"""How much of a remedy a bottleneck takes: how many pieces, metres or square metres, of what, and why so many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.labels import label, number
from toegankelijk.norm import Norm
from toegankelijk.norm.kernel import MARGIN
from toegankelijk.planning.facts import (
    BETWEEN,
    Layers,
    list_criteria,
    look_up,
    look_up_numbers,
    read_facts,
    required_values,
)
from toegankelijk.planning.obstructions import PASSAGE, list_moved
from toegankelijk.planning.sizes import size_objects

ONCE = 1e-6
"""Share of something that serves all that lies near: however many ask for it, one is enough."""

SIDES = {"left": 1.0, "right": 1.0, "both": 2.0}
"""How many sides of a street have a footway, or of stairs a handrail; none where it is another class."""

NAMED = 2
"""How many things to move are named in words; of more it is said how many."""

BELOW = {1.20: "length_below_120", 1.50: "length_below_150", 1.80: "length_below_180"}
"""Widths in metres, and the attribute that says over what length a narrowing is narrower."""

LONGEST = 20.0
"""Metres that a narrowing is long at most, by its definition (``kinds.csv``): what is narrow for longer is the route width."""

DEFAULTS = {"piece": "object", "m": "length", "m2": "area"}
"""How the quantity is counted where the table ``quantities`` says nothing, by unit."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Work:
    """Bottlenecks with what their quantities are counted by; everything in the order of the table, index 0 to n - 1."""

    rows: pd.DataFrame
    layers: Layers
    criteria: pd.DataFrame
    required: Numbers
    norm: Norm
    lang: str

    def of(self, rule: str) -> _Work:
        """Those of one rule."""
        return _Work(self.rows[self.rows["rule"] == rule], self.layers, self.criteria, self.required, self.norm, self.lang)

    def numbers(self, attribute: str) -> Numbers:
        """A number attribute of their objects."""
        return look_up_numbers(self.rows, self.layers, attribute)

    def say(self, key: str, **values: Numbers) -> list[str]:
        """A sentence per bottleneck, with numbers filled in."""
        columns = {name: shorts(column, self.lang) for name, column in values.items()}
        return [label(key, self.lang, **{name: column[i] for name, column in columns.items()}) for i in range(len(self.rows))]

    def assume(self, said: list[str], *, width: bool = False) -> list[str]:
        """The sentences, with what of the size is an assumption."""
        parts = [np.array(said, dtype=object)]
        missing = (self.rows["drawn"] == 0).to_numpy()
        parts.append(np.where(missing, np.array(self.say("plan.how.assumed_length", length=self["length"]), dtype=object), ""))
        if width:
            bare = ~self.rows["measured"].to_numpy() & (self.rows["drawn"] != 2).to_numpy()
            parts.append(np.where(bare, np.array(self.say("plan.how.assumed_width", width=self["width"]), dtype=object), ""))
        return ["; ".join(filter(None, texts)) for texts in zip(*parts, strict=True)]

    def __getitem__(self, column: str) -> Numbers:
        return np.asarray(self.rows[column].to_numpy(dtype=float))


@dataclass(frozen=True)
class _Count:
    """How much, why in words, and keys of what is paid for; no keys stands for the object itself."""

    share: Numbers
    how: list[str]
    keys: list[str] | None = None


def count_quantities(table: pd.DataFrame, layers: Layers, norm: Norm, *, lang: str = "nl") -> pd.DataFrame:
    """How much of its remedy each bottleneck takes, in the unit of the remedy.

    Parameters
    ----------
    table
        Bottlenecks: ``bottleneck_id, kind, object_id, remedy, criterion, criteria, level``.
    layers
        Kind to layer, measured.
    norm
        Gives units and limits.
    lang
        Language of the reasons.

    Returns
    -------
    DataFrame
        Index 0 to n - 1: ``share``, how much is used up, more than zero; ``how`` in words; ``pays_for``, keys of what is paid
        for.
    """
    work = _prepared(table, layers, norm, lang)
    share, how, keys = (
        np.ones(len(table)),
        np.full(len(table), "", dtype=object),
        work.rows["key"].to_numpy(dtype=object, copy=True),
    )
    for rule in sorted(work.rows["rule"].unique()):
        part = work.of(rule)
        count, at = RULES[rule](part), part.rows.index
        share[at] = count.share
        how[at] = np.array(count.how, dtype=object)
        if count.keys is not None:
            keys[at] = np.array(count.keys, dtype=object)
    return pd.DataFrame({"share": share, "how": how, "pays_for": keys})


def shorts(values: Numbers, lang: str) -> npt.NDArray[np.object_]:
    """Numbers as texts, without decimals that say nothing.

    Examples
    --------
    >>> shorts(np.array([3.0, 1.234, 45.678, 1500.0]), "en").tolist()
    ['3', '1.23', '45.7', '1,500']
    """
    near, place = np.unique(np.where(np.abs(values) < 10, np.round(values, 2), np.round(values, 1)), return_inverse=True)
    digits = np.select([near % 1 == 0, (near * 10) % 1 == 0], [0, 1], 2)
    texts = [number(float(one), lang, digits=int(many)) for one, many in zip(near, digits, strict=True)]
    return np.array(texts, dtype=object)[place]


def _prepared(table: pd.DataFrame, layers: Layers, norm: Norm, lang: str) -> _Work:
    rows = table[["kind", "object_id", "remedy", "level"]].astype("object").reset_index(drop=True)
    criteria = list_criteria(table, norm)
    required = required_values(table, criteria, layers, norm)
    first = pd.Series(required, criteria["row"].to_numpy()).dropna().groupby(level=0).first()
    rows = rows.join(size_objects(table, layers)).assign(limit=first.reindex(range(len(rows))).to_numpy())
    rows["key"] = rows["remedy"] + "/" + rows["kind"] + "/" + rows["object_id"]
    unit = norm.remedies["unit"].astype("object").reindex(rows["remedy"]).fillna("piece")
    rule, amount = unit.map(DEFAULTS).set_axis(rows.index), pd.Series(np.nan, rows.index)
    for (remedy, kind, name), group in read_facts("quantities").groupby(["remedy", "kind", "rule"], sort=True):
        named = (rows["remedy"] == remedy) & (rows["kind"] == kind)
        if (group["attribute"] != "").any():  # a rule for some attributes holds where the bottleneck is about no other ones
            named &= ~rows.index.isin(criteria.loc[~criteria["attribute"].isin(group["attribute"]), "row"])
        rule[named], amount[named] = name, float(group["amount"].iloc[0] or "nan")
    return _Work(rows.assign(rule=rule.astype("object"), amount=amount), layers, criteria, required, norm, lang)


def _object(work: _Work) -> _Count:
    return _Count(np.ones(len(work.rows)), work.say("plan.how.object"))


def _once(work: _Work) -> _Count:
    """One bench or stop serves all that lies near; within a job it is the same one."""
    return _Count(np.full(len(work.rows), ONCE), work.say("plan.how.once"))


def _things(work: _Work) -> _Count:
    """Things that stand in the way; one where nobody knows what does."""
    moved = list_moved(work.rows, *_of_rows(work), work.layers)
    listed = moved.groupby("row")["thing"].agg(list).reindex(range(len(work.rows)))
    how, keys, count = [], [], np.ones(len(work.rows))
    for i, (things, remedy, key) in enumerate(zip(listed, work.rows["remedy"], work.rows["key"], strict=True)):
        if not isinstance(things, list):
            how.append(label("plan.how.things_unknown", work.lang))
            keys.append(key)
            continue
        more = [label("plan.how.more", work.lang, count=len(things) - NAMED)] if len(things) > NAMED else []
        how.append(label("plan.how.things", work.lang, things=" ".join([", ".join(things[:NAMED]), *more])))
        keys.append(BETWEEN.join(f"{remedy}/obstacle/{thing}" for thing in things))
        count[i] = len(things)
    return _Count(count, how, keys)


def _of_rows(work: _Work) -> tuple[pd.DataFrame, Numbers]:
    """Criteria and limits of some of the bottlenecks, with their places among these."""
    place = pd.Series(np.arange(len(work.rows)), work.rows.index)
    own = work.criteria["row"].isin(work.rows.index).to_numpy()
    criteria = work.criteria[own]
    return criteria.assign(row=place.loc[criteria["row"]].to_numpy()).reset_index(drop=True), work.required[own]


def _ends(work: _Work) -> _Count:
    """Ends of crossings: those that have a bottleneck of this remedy themselves, else all that are known, else two."""
    ends = work.layers.get("crossing_end", pd.DataFrame())
    children = pd.DataFrame({"object_id": schema.texts(ends, "parent_id").to_numpy(), "end": ends.index}).astype("object")
    found = work.rows[["object_id", "remedy"]].assign(row=work.rows.index).merge(children, on="object_id")
    found = found.sort_values(["row", "end"])
    listed = (found["remedy"] + "/crossing_end/" + found["end"]).groupby(found["row"]).agg(list).reindex(work.rows.index)
    count = np.array([len(keys) if isinstance(keys, list) else 2 for keys in listed], dtype=float)
    known, unknown = work.say("plan.how.ends", count=count), work.say("plan.how.ends_unknown")
    how = [one if isinstance(keys, list) else other for keys, one, other in zip(listed, known, unknown, strict=True)]
    keys = [BETWEEN.join(keys) if isinstance(keys, list) else own for keys, own in zip(listed, work.rows["key"], strict=True)]
    return _Count(count, how, keys)


def _missing(work: _Work) -> _Count:
    """As many bays as the norm asks more than there are."""
    there = np.nan_to_num(work.numbers("reserved_count"))
    asked = np.ceil(np.where(np.isnan(work["limit"]), there + 1.0, work["limit"]) - MARGIN)
    return _Count(np.maximum(asked - there, 1.0), work.say("plan.how.missing", asked=asked, there=there))


def _spacing(work: _Work) -> _Count:
    """One every so many metres; within a job the stretches count together."""
    limit = np.where(work["limit"] > 0, work["limit"], work["length"])
    said = work.say("plan.how.spacing", length=work["length"], limit=limit)
    return _Count(work["length"] / limit, work.assume(said))


def _length(work: _Work) -> _Count:
    return _Count(work["length"], work.assume(work.say("plan.how.length")))


def _narrow(work: _Work) -> _Count:
    """Length over which it is narrow: of a narrowing its own, of a footway that of its narrow places where only these fail."""
    narrow = np.where(work.rows["kind"] == "narrowing", _narrow_length(work.rows, work.layers, work["limit"]), np.nan)
    wide = work.criteria.loc[work.criteria["attribute"] != PASSAGE, "row"]
    only = (work.rows["kind"] == "footway").to_numpy() & ~work.rows.index.isin(wide)
    if only.any() and "narrowing" in work.layers:
        places = _narrow_places(work.rows[only], work.layers, work["limit"][only], work["amount"][only])
        narrow[only] = np.minimum(places, work["length"][only])
    least = np.nan_to_num(work["amount"])
    said = work.say("plan.how.narrow", length=narrow, least=least)
    whole = work.assume(work.say("plan.how.length"))
    known = np.isfinite(narrow)
    how = [one if is_known else other for one, other, is_known in zip(said, whole, known, strict=True)]
    return _Count(np.maximum(np.where(known, narrow, work["length"]), least), how)


def _narrow_length(rows: pd.DataFrame, layers: Layers, limit: Numbers) -> Numbers:
    """Length in metres of narrowings: as given, or over which they are narrower than what is asked; NaN where not known."""
    length = look_up_numbers(rows, layers, "narrowing_length")
    bare = np.isnan(length)
    for width, name in reversed(BELOW.items()):
        below = look_up_numbers(rows, layers, name)
        fits = (np.isnan(limit) | (limit <= width + MARGIN) | (width == max(BELOW))) & (below > 0)
        length = np.where(bare & fits, np.fmin(below, LONGEST), length)
    return length


def _narrow_places(rows: pd.DataFrame, layers: Layers, limit: Numbers, least: Numbers) -> Numbers:
    """Length in metres of the works at all narrow places of a footway at which nothing can be moved; NaN where there are none."""
    layer = layers["narrowing"]
    fixed = layer[(schema.texts(layer, "movable_id") == "").to_numpy()]
    children = pd.DataFrame({"parent": schema.texts(fixed, "parent_id").to_numpy(), "object_id": fixed.index}).astype("object")
    asked = rows[["object_id"]].assign(row=np.arange(len(rows)), limit=limit, least=least)
    found = asked.merge(children, left_on="object_id", right_on="parent", suffixes=("_of", ""))
    found = found.assign(
        kind="narrowing",
        width=pd.Series(schema.bounds(fixed, "narrowing_width")[1], fixed.index).loc[found["object_id"]].to_numpy(),
    )
    found = found[~(found["width"] >= found["limit"] - MARGIN)]
    length = np.fmax(_narrow_length(found, layers, found["limit"].to_numpy(float)), found["least"].to_numpy(float))
    total = pd.Series(length, found["row"].to_numpy()).groupby(level=0).sum(min_count=1)
    return np.asarray(total.reindex(range(len(rows))).to_numpy(dtype=float))


def _sides(work: _Work) -> _Count:
    """Street by sides: as many as it takes to give a class that the norm takes at this level."""
    there = look_up(work.rows, work.layers, "footway_sides").map(SIDES).fillna(0.0).to_numpy()
    wanted = np.full(len(work.rows), 2.0)
    rule_of = work.criteria.drop_duplicates("row").set_index("row")["code"].reindex(work.rows.index)
    for (code, level), rows in work.rows.groupby([rule_of.to_numpy(), "level"]).indices.items():
        taken = {one for row in work.norm.rules[code].limits.get(level, ()) for one in row.classes}
        wanted[rows] = min([SIDES[one] for one in taken if one in SIDES], default=2.0)
    count = np.maximum(wanted - there, 1.0)
    said = work.assume(work.say("plan.how.times", length=work["length"], count=count))
    return _Count(count * work["length"], said)


def _rails(work: _Work) -> _Count:
    """Both sides, but those that have a handrail; where both have one, both are adapted."""
    there = look_up(work.rows, work.layers, "handrail_sides").map(SIDES).fillna(0.0).to_numpy()
    count = np.where(there == 1.0, 1.0, 2.0)
    return _Count(count * work["length"], work.assume(work.say("plan.how.times", length=work["length"], count=count)))


def _both(work: _Work) -> _Count:
    count = np.full(len(work.rows), 2.0)
    return _Count(2.0 * work["length"], work.assume(work.say("plan.how.times", length=work["length"], count=count)))


def _area(work: _Work) -> _Count:
    """Area as drawn, or length by width; of a square two strips over it, never more than all of it."""
    typical = read_facts("sizes").set_index("kind")["width"].astype(float)
    strip = work.rows["kind"].map(typical).fillna(1.0).to_numpy(dtype=float)
    drawn, over = work.say("plan.how.area"), work.say("plan.how.strips", width=strip, length=work["strips"])
    said = work.assume(work.say("plan.how.product", length=work["length"], width=work["width"]), width=True)
    flat, square = (work.rows["drawn"] == 2).to_numpy(), np.isfinite(work["strips"])
    how = np.select([square, flat], [np.array(over, dtype=object), np.array(drawn, dtype=object)], np.array(said, dtype=object))
    return _Count(np.where(square, np.fmin(work["strips"] * strip, work["area"]), work["area"]), list(how))


def _patch(work: _Work) -> _Count:
    return _Count(np.minimum(work["area"], work["amount"]), work.say("plan.how.patch", area=work["amount"]))


def _guide(work: _Work) -> _Count:
    """Length that lacks of a guide line where that is measured, else all of it."""
    gap, least = work.numbers("guide_gap"), np.nan_to_num(work["amount"])
    own = work.criteria[work.criteria["attribute"] != "guide_gap"]
    known = np.isfinite(gap) & ~work.rows.index.isin(own["row"])
    whole = work.assume(work.say("plan.how.length"))
    how = [one if is_known else other for one, other, is_known in zip(work.say("plan.how.guide"), whole, known, strict=True)]
    return _Count(np.maximum(np.where(known, np.nan_to_num(gap), work["length"]), least), how)


RULES: dict[str, Callable[[_Work], _Count]] = {
    **{"object": _object, "once": _once, "things": _things, "ends": _ends, "missing": _missing, "spacing": _spacing},
    **{"length": _length, "narrow": _narrow, "sides": _sides, "rails": _rails, "both": _both, "area": _area},
    **{"patch": _patch, "guide": _guide},
}
"""How quantities are counted, by the names that the table ``quantities`` gives them."""
