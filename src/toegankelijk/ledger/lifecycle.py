"""The life of a bottleneck: what staff say holds until newer evidence, and evidence counts only with a date.

Evidence is what a screening says of a row: that it fails, that it is met, that its object is gone. It is newer if it was seen
after what the row stands on; what has no date is older than what has one. Staff's word is taken over at once, and after it the
machine only speaks when it has something new to say: newer evidence, or a word that differs from its last one.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk.ledger.fields import STAFF_STATUSES

OUTCOMES = ("fails", "meets", "unknown", "not_applicable", "outside", "dropped", "gone", "not_delivered")
"""What a screening says of a row: its criteria fail, are met, cannot be told, do not apply; its object lies in no zone any more;
the norm has none of its criteria any more; its object is gone from a layer that was delivered whole; or from one that was not,
which says nothing."""

LIVE = ("open", "gepland", "in_uitvoering", "heropend", "doorverwezen")
"""Statuses of rows on which somebody has to act; the machine closes no others but what is done."""

REASONS = ("staff", "seen_right", "seen_wrong", "fails_again", "right_in_data", "norm", "level", "not_asked", "gone")
"""Why a status changed. Staff gave it; an observation saw it right, or wrong; it fails again after it lapsed; data that is not
newer says it is right; the norm or the level asks it no more; it does not apply any more; its object is gone."""

STEP_COLUMNS = ("status", "status_proposed", "status_since", "observed_on", "cause", "reason", "hold")
"""Columns that `step` gives."""

_CLOSED_BY_MACHINE = ("geverifieerd", "vervallen")
_TERMS = ("priority_band", "feasibility", "track", "phase")

Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Texts = npt.NDArray[np.object_]


def step(rows: pd.DataFrame, evidence: pd.DataFrame, *, today: datetime.date, norm_changed: bool = False) -> pd.DataFrame:
    """Status of every row after what staff said and what a screening saw.

    - What staff newly gave is taken over. The machine can move on from it only by evidence that is newer than what the row stood
      on when they said it.
    - Done becomes verified, and done or verified becomes reopened, only by an observation dated after the day that it was done
      (``done_on``; else the day that the status was given). A ``done_on`` that failing evidence is newer than is of an earlier
      attempt, and does not count. That the object is gone verifies too, if its layer is dated after that day.
    - A false finding is silent until a failing observation dated after the decision; an accepted one until such an observation
      has another value or is graver.
    - A row that somebody has to act on and that is met now: verified if the evidence is newer, lapsed if it is as old or only the
      norm or the level changed, and as it was if the evidence is older. It lapses too if the norm, the level or the data asks
      nothing of it any more.
    - A lapsed row that fails again is reopened.
    - Unknown, and gone from a layer that was not delivered whole, change nothing.

    Parameters
    ----------
    rows
        Rows as they stood before this update: ``status`` (the effective one), ``given`` (what staff newly gave, or ""; only those
        of `STAFF_STATUSES` count), ``status_proposed`` (the last word of the machine), ``status_since``, ``done_on``,
        ``observed_on``, ``value``, ``severity`` and ``level`` (the failing evidence that the row stands on).
    evidence
        What the screening says, on the same index: ``outcome`` (of `OUTCOMES`), ``observed_on``, ``value``, ``severity``,
        ``level``; see `toegankelijk.ledger.verdicts.find_evidence`. What is not known is missing.
    today
        Day of the update.
    norm_changed
        Whether the norm is another than that of the last update.

    Returns
    -------
    DataFrame
        Columns `STEP_COLUMNS` on the same index. ``cause`` is that of the last change of the status, "" if there is none.
        ``observed_on`` is the newest evidence that the row stands on. ``hold`` marks accepted rows of which value, severity and
        level must stay what was accepted.

    Examples
    --------
    >>> rows = pd.DataFrame({"status": ["uitgevoerd"], "given": "", "status_proposed": "open", "status_since": "2026-05-01",
    ...                      "done_on": "2026-04-20", "observed_on": "2025-09-01", "value": "5 cm", "severity": 3, "level": "A"})
    >>> seen = pd.DataFrame({"outcome": ["meets"], "observed_on": "2026-05-20", "value": "1 cm", "severity": 0, "level": "A"})
    >>> step(rows, seen, today=datetime.date(2026, 6, 1))[["status", "status_since", "cause"]].to_dict("records")
    [{'status': 'geverifieerd', 'status_since': Timestamp('2026-05-20 00:00:00'), 'cause': 'street'}]
    """
    day = np.datetime64(today, "D")
    before, given = _texts(rows["status"]), _texts(rows["given"])
    before[before == ""] = "open"
    status = np.where(np.isin(given, STAFF_STATUSES), given, before)
    by_staff = status != before
    since = _days(rows["status_since"])
    since = np.where(by_staff | np.isnat(since), day, since)
    seen = _Evidence.of(rows, evidence, norm_changed)
    proposed = _texts(rows["status_proposed"])
    proposed[proposed == ""] = "open"
    after = seen.newer & (seen.day > _reference(rows, status, since, seen))
    verified = _verified(status, seen, after)
    lapsed = ~verified & np.isin(status, LIVE) & ~np.isin(proposed, _CLOSED_BY_MACHINE) & seen.asks_nothing()
    reopened = _reopened(status, seen, after)
    moved = verified | lapsed | reopened
    dated = verified | (reopened & seen.newer)
    observed = np.where((moved | seen.fails) & ~(seen.day < seen.stood), seen.day, seen.stood)
    observed = np.where(np.isnat(observed), seen.stood, observed)
    hold = (status == "aanvaard") & seen.fails & ~reopened & ~(seen.day > since)
    columns = {
        "status": np.select([verified, lapsed, reopened], ["geverifieerd", "vervallen", "heropend"], status),
        "status_proposed": _proposed(proposed, status, seen, (verified, lapsed, reopened)),
        "status_since": np.select([dated, moved], [seen.day, day], since).astype("datetime64[s]"),
        "observed_on": np.where(hold, seen.stood, observed).astype("datetime64[s]"),
        **_why(seen, by_staff, (verified, lapsed, reopened)),
        "hold": hold,
    }
    return pd.DataFrame(columns, index=rows.index, columns=list(STEP_COLUMNS))


def causes(before: pd.DataFrame, after: pd.DataFrame, *, norm_changed: bool = False) -> pd.Series:
    """Why the machine's columns of rows changed: ``street``, ``norm``, ``level`` or ``data``.

    It is the level or the norm if that changed and the value did not; else the street if it was seen later than before; else the
    data.

    Parameters
    ----------
    before, after
        ``observed_on``, ``value`` and ``level`` of the rows, on the same index.
    norm_changed
        Whether the norm is another than that of the last update.
    """
    seen = _Evidence.of(before, after, norm_changed)
    choices = [seen.same & seen.other_level, seen.same & seen.norm_changed, seen.newer, seen.other_level]
    return pd.Series(np.select(choices, ["level", "norm", "street", "level"], "data"), before.index, dtype="object")


def hold_terms(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Proposed terms that do not slide: a term stays as long as what it follows from, and a year as long as its term.

    Parameters
    ----------
    before, after
        What was proposed at the last update, and what would be now, on the same index: ``planning``, ``target_year``,
        ``priority_band``, ``feasibility``, ``track`` and ``phase``.

    Returns
    -------
    DataFrame
        ``planning`` and ``target_year`` to propose.

    Examples
    --------
    >>> was = pd.DataFrame({"planning": ["KT"], "target_year": [2028], "priority_band": "hoog", "feasibility": "hoog",
    ...                     "track": "eigen", "phase": "uitvoering"})
    >>> hold_terms(was, was.assign(target_year=2034)).to_dict("records")
    [{'planning': 'KT', 'target_year': 2028}]
    """
    same = np.logical_and.reduce([_texts(before[name]) == _texts(after[name]) for name in _TERMS])
    was, now = _texts(before["planning"]), _texts(after["planning"])
    planning = np.where((was != "") & same, was, now)
    years = [pd.to_numeric(frame["target_year"], errors="coerce").astype("Int64") for frame in (before, after)]
    stays = (planning == was) & years[0].notna().to_numpy()
    return pd.DataFrame({"planning": planning, "target_year": years[0].where(stays, years[1])}, index=before.index)


@dataclass(frozen=True)
class _Evidence:
    """What a screening says of rows, beside what they stood on."""

    outcome: Texts
    day: Days
    stood: Days
    same: Flags
    worse: Flags
    other_level: Flags
    norm_changed: bool

    @classmethod
    def of(cls, before: pd.DataFrame, after: pd.DataFrame, norm_changed: bool) -> _Evidence:
        levels = [_texts(frame["level"]) for frame in (before, after)]
        values = [_texts(frame["value"]) for frame in (before, after)]
        severity = [_numbers(frame, "severity") for frame in (before, after)]
        return cls(
            outcome=_texts(after["outcome"]) if "outcome" in after else np.full(len(after), "", object),
            day=_days(after["observed_on"]),
            stood=_days(before["observed_on"]),
            same=(values[0] == values[1]) & (values[1] != ""),
            worse=(values[0] != values[1]) | (severity[1] > severity[0]),
            other_level=(levels[0] != levels[1]) & (levels[0] != "") & (levels[1] != ""),
            norm_changed=norm_changed,
        )

    @property
    def fails(self) -> Flags:
        return np.asarray(self.outcome == "fails")

    @property
    def newer(self) -> Flags:
        return (self.day > self.stood) | (~np.isnat(self.day) & np.isnat(self.stood))

    @property
    def older(self) -> Flags:
        return (self.day < self.stood) | (np.isnat(self.day) & ~np.isnat(self.stood))

    @property
    def rule(self) -> Flags:
        """Whether the norm or the level changed."""
        return self.other_level | self.norm_changed

    @property
    def only_rule(self) -> Flags:
        """Whether the value is what it was, and the norm or the level is not."""
        return self.same & self.rule

    def asks_nothing(self) -> Flags:
        """Whether nothing is asked of a row any more, so far as that can be said without newer evidence."""
        met = (self.outcome == "meets") & (self.only_rule | ~self.older)
        spared = (self.outcome == "not_applicable") & (self.rule | ~self.older)
        gone = (self.outcome == "gone") & ~(self.day < self.stood)  # an undated layer is enough: it was delivered whole
        return np.asarray(met | spared | gone | np.isin(self.outcome, ("outside", "dropped")))


def _reference(rows: pd.DataFrame, status: Texts, since: Days, seen: _Evidence) -> Days:
    """The day after which something must be seen to count against what staff said."""
    done = _days(rows["done_on"])
    refuted = seen.stood > done  # it was seen to fail after that day: since then it was done anew
    done = np.where(refuted, np.datetime64("NaT"), done)
    later = np.fmax(since, done)
    return np.asarray(
        np.where((status == "uitgevoerd") & ~np.isnat(done), done, np.where(status == "geverifieerd", later, since))
    )


def _verified(status: Texts, seen: _Evidence, after: Flags) -> Flags:
    met = seen.outcome == "meets"
    live = np.isin(status, LIVE) & met & seen.newer & ~seen.only_rule
    return np.asarray(live | ((status == "uitgevoerd") & (met | (seen.outcome == "gone")) & after))


def _reopened(status: Texts, seen: _Evidence, after: Flags) -> Flags:
    told = (status != "aanvaard") | seen.worse
    closed = np.isin(status, ("uitgevoerd", "geverifieerd", "onterecht", "aanvaard")) & after & told
    return np.asarray(seen.fails & (closed | (status == "vervallen")))


def _proposed(proposed: Texts, status: Texts, seen: _Evidence, moves: tuple[Flags, Flags, Flags]) -> Texts:
    """The machine's last word; where only a rule changed it is said without effect, as nobody saw that the work is wrong."""
    stricter = np.isin(status, ("uitgevoerd", "geverifieerd")) & seen.rule
    again = seen.fails & np.isin(proposed, _CLOSED_BY_MACHINE) & (np.isin(status, LIVE) | stricter)
    right = (seen.outcome == "meets") & (status == "geverifieerd") & ~seen.older
    words = ["geverifieerd", "vervallen", "heropend", "heropend", "geverifieerd"]
    return np.asarray(np.select([*moves, again, right], words, proposed), dtype=object)


def _why(seen: _Evidence, by_staff: Flags, moves: tuple[Flags, Flags, Flags]) -> dict[str, Texts]:
    """Cause and reason of the last change."""
    verified, lapsed, reopened = moves
    said = seen.outcome
    rule = np.where(seen.other_level, "level", "norm")
    asked = seen.only_rule | ((said == "not_applicable") & seen.rule)
    known = [said == "dropped", said == "outside", asked, (said == "not_applicable") & seen.newer]
    lapse = np.select(known, ["norm", "level", rule, "street"], "data")
    again = np.select([seen.only_rule, seen.newer, seen.rule], [rule, "street", rule], "data")
    cause = np.select([verified, lapsed, reopened, by_staff], ["street", lapse, again, "staff"], "")
    plain = np.select([said == "not_applicable", said == "gone"], ["not_asked", "gone"], "right_in_data")
    ruled = np.isin(lapse, ("norm", "level"))
    seen_wrong = np.where(again == "street", "seen_wrong", "fails_again")
    reason = np.select(
        [verified, lapsed & ruled, lapsed, reopened, by_staff], ["seen_right", lapse, plain, seen_wrong, "staff"], ""
    )
    return {"cause": cause.astype(object), "reason": reason.astype(object)}


def _texts(column: pd.Series) -> Texts:
    texts = column.astype("object")
    return np.array(texts.where(texts.notna(), ""), dtype=object)


def _numbers(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan))


def _days(column: pd.Series) -> Days:
    """Dates without the time of day; what is no date, or no whole one (``2026``, ``3/05/2026``), is missing."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        texts = column.astype("object").map(lambda cell: "" if pd.isna(cell) else str(cell)[:10])
        whole = texts.where(texts.str.fullmatch(r"\d{4}-\d{2}-\d{2}"), None)
        column = pd.to_datetime(whole, format="%Y-%m-%d", errors="coerce")
    return np.asarray(column.to_numpy().astype("datetime64[D]"))
