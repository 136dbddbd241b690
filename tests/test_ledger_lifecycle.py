"""The life of a bottleneck: every status, with every evidence, of every date; and sequences that no table lists."""

import datetime
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from toegankelijk.ledger.fields import CAUSES, STAFF_STATUSES, STATUSES
from toegankelijk.ledger.lifecycle import LIVE, OUTCOMES, REASONS, STEP_COLUMNS, causes, hold_terms, step

TODAY = datetime.date(2026, 9, 1)
STOOD, DONE = "2025-06-01", "2026-03-01"
DAYS = {
    "older": "2025-01-01",
    "same": STOOD,
    "before": "2026-02-28",
    "on": DONE,
    "after": "2026-03-02",
    "missing": None,
}
"""Days of evidence, beside what the row stands on (`STOOD`) and what staff said (`DONE`)."""

SHORT = {".": None, "V": "geverifieerd", "H": "heropend", "L": "vervallen"}
"""In the table below: as it was, verified, reopened, lapsed."""

TABLE = """
                  older same before on after missing
fails
    open            .     .    .    .    .     .
    gepland         .     .    .    .    .     .
    in_uitvoering   .     .    .    .    .     .
    heropend        .     .    .    .    .     .
    doorverwezen    .     .    .    .    .     .
    uitgevoerd      .     .    .    .    H     .
    geverifieerd    .     .    .    .    H     .
    onterecht       .     .    .    .    H     .
    aanvaard        .     .    .    .    H     .
    vervallen       H     H    H    H    H     H
meets
    open            .     L    V    V    V     .
    gepland         .     L    V    V    V     .
    in_uitvoering   .     L    V    V    V     .
    heropend        .     L    V    V    V     .
    doorverwezen    .     L    V    V    V     .
    uitgevoerd      .     .    .    .    V     .
    geverifieerd    .     .    .    .    .     .
    onterecht       .     .    .    .    .     .
    aanvaard        .     .    .    .    .     .
    vervallen       .     .    .    .    .     .
unknown
    every           .     .    .    .    .     .
not_delivered
    every           .     .    .    .    .     .
not_applicable
    live            .     L    L    L    L     .
    closed          .     .    .    .    .     .
outside
    live            L     L    L    L    L     L
    closed          .     .    .    .    .     .
dropped
    live            L     L    L    L    L     L
    closed          .     .    .    .    .     .
gone
    live            .     L    L    L    L     L
    uitgevoerd      .     .    .    .    V     .
    geverifieerd    .     .    .    .    .     .
    onterecht       .     .    .    .    .     .
    aanvaard        .     .    .    .    .     .
    vervallen       .     .    .    .    .     .
"""


def expected_table() -> dict[tuple[str, str, str], str]:
    """Status that follows, by outcome, status before and day of the evidence."""
    groups = {"every": STATUSES, "live": LIVE, "closed": [status for status in STATUSES if status not in LIVE]}
    lines = TABLE.strip("\n").splitlines()
    days, outcome, found = lines[0].split(), "", {}
    for line in lines[1:]:
        name, *cells = line.split()
        if not cells:
            outcome = name
            continue
        for status, (day, cell) in product(groups.get(name, [name]), zip(days, cells, strict=True)):
            assert (outcome, status, day) not in found
            found[outcome, status, day] = SHORT[cell] or status
    return found


EXPECTED = expected_table()


def row(status: str = "open", **cells: object) -> dict[str, object]:
    """A row of the table: it stood on a failing value of 5 cm, and staff said so on the day that it was done."""
    plain = {"status": status, "given": "", "status_proposed": "open", "status_since": DONE, "done_on": DONE}
    return {**plain, "observed_on": STOOD, "value": "5 cm", "severity": 2, "level": "B", **cells}


def seen(outcome: str, day: str | None, **cells: object) -> dict[str, object]:
    value = {"fails": "6 cm", "meets": "1 cm"}.get(outcome, "")
    return {"outcome": outcome, "observed_on": day, "value": value, "severity": 3, "level": "B", **cells}


def stepped(one: dict[str, object], evidence: dict[str, object], *, today: datetime.date = TODAY, **options: bool) -> pd.Series:
    rows = typed(pd.DataFrame([one], index=["K-1"]))
    return step(rows, typed(pd.DataFrame([evidence], index=["K-1"])), today=today, **options).iloc[0]


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    dates = [name for name in ("observed_on", "status_since", "done_on") if name in frame]
    frame = frame.assign(**{name: pd.to_datetime(frame[name]).astype("datetime64[s]") for name in dates})
    return frame.assign(severity=frame["severity"].astype("Int64"))


def day(value: object) -> str | None:
    return None if pd.isna(value) else pd.Timestamp(value).date().isoformat()


# Every combination


def test_the_table_names_every_combination():
    assert set(EXPECTED) == set(product(OUTCOMES, STATUSES, DAYS))


@pytest.mark.parametrize(("outcome", "status"), list(product(OUTCOMES, STATUSES)))
def test_every_status_with_every_evidence_of_every_day(outcome, status):
    for when, date in DAYS.items():
        found = stepped(row(status), seen(outcome, date))
        after = EXPECTED[outcome, status, when]
        assert found["status"] == after, when
        if after == status:
            assert (found["cause"], found["reason"]) == ("", "")
            assert found["status_proposed"] in ("open", status)
            assert day(found["status_since"]) == DONE
        else:
            assert found["cause"] in CAUSES
            assert found["reason"] in REASONS
            assert found["status_proposed"] == after


@pytest.mark.parametrize("today", [datetime.date(2024, 1, 1), TODAY])
def test_all_at_once_is_as_one_by_one(today):
    rows, evidence = every_combination()
    whole = step(rows, evidence, today=today)
    assert list(whole) == list(STEP_COLUMNS)
    order = np.random.default_rng(1).permutation(len(rows))
    pd.testing.assert_frame_equal(step(rows.iloc[order], evidence.iloc[order], today=today), whole.iloc[order])
    some = order[:40]
    alone = pd.concat([step(rows.iloc[[i]], evidence.iloc[[i]], today=today) for i in some])
    pd.testing.assert_frame_equal(alone, whole.iloc[some])


def every_combination(**cells: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and evidence: every outcome, status and day."""
    every = [(row(status, **cells), seen(outcome, date)) for outcome, status, date in product(OUTCOMES, STATUSES, DAYS.values())]
    index = pd.Index([f"K-{i}" for i in range(len(every))])
    rows, evidence = (typed(pd.DataFrame(list(part), index=index)) for part in zip(*every, strict=True))
    return rows, evidence


def test_the_rows_stay_as_they_were():
    rows, evidence = typed(pd.DataFrame([row("", status_proposed="")])), typed(pd.DataFrame([seen("fails", "2026-08-01")]))
    kept = rows.copy(), evidence.copy()
    assert step(rows, evidence, today=TODAY).loc[0, "status"] == "open"
    pd.testing.assert_frame_equal(rows, kept[0])
    pd.testing.assert_frame_equal(evidence, kept[1])


# Days


@pytest.mark.parametrize(
    ("done_on", "since", "seen_on", "meets", "fails"),
    [
        ("2026-03-01", "2026-05-01", "2026-03-01", ".", "."),  # on the day that it was done: not after it
        ("2026-03-01", "2026-05-01", "2026-03-02", "V", "H"),  # when it was done counts, not when that was written down
        ("2026-05-01", "2026-03-01", "2026-04-01", ".", "."),
        ("2026-05-01", "2026-03-01", "2026-05-02", "V", "H"),
        (None, "2026-03-01", "2026-03-01", ".", "."),  # nobody said when it was done: the day that the status was given
        (None, "2026-03-01", "2026-03-02", "V", "H"),
        (None, None, "2026-08-31", ".", "."),  # nobody knows: from today on
        (None, None, "2026-09-02", "V", "H"),
        ("2026-03-01", None, "2026-03-02", "V", "H"),
        ("ergens in mei", "2026-03-01", "2026-03-02", "V", "H"),  # what is no date is none
        ("1/04/2026", "2026-03-01", "2026-03-02", "V", "H"),  # the first of April or the fourth of January: not whole
        ("2026", "2026-03-01", "2026-02-01", ".", "."),
        ("2026-02-30", "2026-03-01", "2026-02-01", ".", "."),
        (pd.Timestamp("2026-05-01"), "2026-03-01", "2026-04-01", ".", "."),
        (datetime.date(2026, 5, 1), "2026-03-01", "2026-04-01", ".", "."),
        ("2026-05-01 00:00:00", "2026-03-01", "2026-04-01", ".", "."),
        ("2025-05-01", "2026-03-01", "2026-02-01", ".", "."),  # it failed in June 2025: that day is of an earlier attempt
        ("2025-05-01", "2026-03-01", "2026-03-02", "V", "H"),
    ],
)
def test_done_counts_from_the_day_that_it_was_done(done_on, since, seen_on, meets, fails):
    one = row("uitgevoerd", done_on=done_on, status_since=since)
    for outcome, expected in (("meets", meets), ("fails", fails), ("gone", meets)):
        rows = pd.DataFrame([one]).assign(done_on=pd.Series([done_on], dtype="object"))
        found = step(rows, pd.DataFrame([seen(outcome, seen_on)]), today=TODAY).iloc[0]
        assert found["status"] == (SHORT[expected] or "uitgevoerd"), outcome


@pytest.mark.parametrize("done_on", [None, "2026-05-01", "2025-01-01"])
def test_verified_counts_from_the_later_of_both_days(done_on):
    last = max(done_on or "", DONE)
    for date in ("2025-12-31", "2026-03-01", "2026-03-02", "2026-05-01", "2026-05-02"):
        found = stepped(row("geverifieerd", done_on=done_on), seen("fails", date))
        assert found["status"] == ("heropend" if date > last else "geverifieerd"), date


@pytest.mark.parametrize("status", ["onterecht", "aanvaard"])
def test_a_decision_counts_from_its_own_day_whatever_was_done(status):
    for done_on in (None, "2020-01-01", "2026-08-01"):
        assert stepped(row(status, done_on=done_on), seen("fails", "2026-03-02"))["status"] == "heropend"
        assert stepped(row(status, done_on=done_on), seen("fails", "2026-03-01"))["status"] == status


def test_evidence_of_a_row_that_stood_on_nothing_dated_is_newer_if_it_has_a_date():
    for status, outcome, date, after in [
        ("open", "meets", "2001-01-01", "geverifieerd"),
        ("open", "meets", None, "vervallen"),
        ("uitgevoerd", "meets", "2026-03-02", "geverifieerd"),
        ("uitgevoerd", "meets", "2026-02-01", "uitgevoerd"),
        ("uitgevoerd", "meets", None, "uitgevoerd"),
        ("uitgevoerd", "fails", None, "uitgevoerd"),
    ]:
        assert stepped(row(status, observed_on=None), seen(outcome, date))["status"] == after, (status, outcome, date)


def test_the_time_of_day_does_not_count():
    one = typed(pd.DataFrame([row("uitgevoerd")]))
    late = pd.DataFrame([seen("meets", "2026-03-01")]).assign(observed_on=pd.to_datetime(["2026-03-01 23:59:59"]))
    assert step(one, late, today=TODAY).loc[0, "status"] == "uitgevoerd"


def test_a_status_counts_from_the_observation_that_gave_it_else_from_today():
    assert day(stepped(row("uitgevoerd"), seen("meets", "2026-04-01"))["status_since"]) == "2026-04-01"
    assert day(stepped(row("uitgevoerd"), seen("fails", "2026-04-01"))["status_since"]) == "2026-04-01"
    assert day(stepped(row("open"), seen("outside", "2026-04-01"))["status_since"]) == TODAY.isoformat()
    assert day(stepped(row("vervallen"), seen("fails", None))["status_since"]) == TODAY.isoformat()
    assert day(stepped(row("open", given="gepland"), seen("unknown", None))["status_since"]) == TODAY.isoformat()
    assert day(stepped(row("gepland", given="gepland"), seen("unknown", None))["status_since"]) == DONE


# Staff


@pytest.mark.parametrize(("status", "given"), list(product(STATUSES, STAFF_STATUSES)))
def test_what_staff_newly_give_holds_at_once(status, given):
    for outcome, date in product(("fails", "unknown", "not_delivered"), (None, STOOD)):
        found = stepped(row(status, given=given, status_proposed="vervallen"), seen(outcome, date))
        assert found["status"] == given
        assert found["cause"] == ("staff" if given != status else "")


@pytest.mark.parametrize("given", ["heropend", "vervallen", "klaar", "", None])
def test_words_that_staff_cannot_give_have_no_effect(given):
    assert stepped(row("gepland", given=given), seen("unknown", None))["status"] == "gepland"


def test_what_staff_give_as_done_is_verified_at_once_by_what_was_seen_after():
    found = stepped(row("gepland", given="uitgevoerd"), seen("meets", "2026-04-01"))
    assert (found["status"], found["cause"], found["reason"]) == ("geverifieerd", "street", "seen_right")


@pytest.mark.parametrize("given", STAFF_STATUSES)
def test_staff_win_again_over_what_the_machine_said_with_the_evidence_that_it_had(given):
    rows, evidence = every_combination(done_on=None)
    found = step(rows, evidence, today=TODAY)
    moved = found["cause"] != ""
    assert moved.sum() > 100
    rows, evidence = rows[moved], evidence[moved]
    rows = rows.assign(**{name: found.loc[moved, name] for name in TOLD})
    found = step(rows.assign(given=given), evidence, today=TODAY)
    assert (found["status"] == given).all()
    later = TODAY + datetime.timedelta(days=30)
    kept = step(rows.assign(**{name: found[name] for name in TOLD}), evidence, today=later)
    assert (kept["status"] == given).all()
    assert (kept["cause"] == "").all()


TOLD = ("status", "status_proposed", "status_since", "observed_on")


def told(found: pd.Series) -> dict[str, object]:
    return {name: found[name] for name in TOLD}


# Causes and what stands without effect


@pytest.mark.parametrize(
    ("outcome", "cells", "options", "cause", "reason"),
    [
        ("meets", {"observed_on": "2026-04-01"}, {}, "street", "seen_right"),
        ("meets", {"observed_on": STOOD}, {}, "data", "right_in_data"),
        ("meets", {"observed_on": STOOD, "value": "5 cm"}, {"norm_changed": True}, "norm", "norm"),
        ("meets", {"observed_on": None, "value": "5 cm"}, {"norm_changed": True}, "norm", "norm"),
        ("meets", {"observed_on": "2026-04-01", "value": "5 cm"}, {"norm_changed": True}, "norm", "norm"),
        ("meets", {"observed_on": "2026-04-01", "value": "5 cm", "level": "C"}, {}, "level", "level"),
        ("meets", {"observed_on": STOOD, "value": "5 cm", "level": "C"}, {"norm_changed": True}, "level", "level"),
        ("meets", {"observed_on": "2026-04-01"}, {"norm_changed": True}, "street", "seen_right"),
        ("not_applicable", {"observed_on": STOOD}, {}, "data", "not_asked"),
        ("not_applicable", {"observed_on": "2026-04-01"}, {}, "street", "not_asked"),
        ("not_applicable", {"observed_on": None, "level": "C"}, {}, "level", "level"),
        ("not_applicable", {"observed_on": None}, {"norm_changed": True}, "norm", "norm"),
        ("outside", {"observed_on": "2026-04-01", "level": ""}, {}, "level", "level"),
        ("dropped", {"observed_on": None}, {}, "norm", "norm"),
        ("gone", {"observed_on": "2026-04-01"}, {}, "data", "gone"),
    ],
)
def test_why_an_open_row_closes(outcome, cells, options, cause, reason):
    found = stepped(row("gepland"), seen(outcome, None, **cells), **options)
    assert (found["cause"], found["reason"]) == (cause, reason)
    assert found["status"] == ("geverifieerd" if cause == "street" and outcome == "meets" else "vervallen")


@pytest.mark.parametrize(
    ("cells", "options", "cause"),
    [
        ({"observed_on": "2026-04-01"}, {}, "street"),
        ({"observed_on": STOOD}, {}, "data"),
        ({"observed_on": None}, {"norm_changed": True}, "norm"),
        ({"observed_on": None, "level": "A"}, {}, "level"),
        ({"observed_on": "2026-04-01", "value": "5 cm", "level": "A"}, {}, "level"),
    ],
)
def test_why_a_lapsed_row_comes_back(cells, options, cause):
    found = stepped(row("vervallen", status_proposed="vervallen"), seen("fails", None, **cells), **options)
    assert (found["status"], found["cause"]) == ("heropend", cause)
    assert found["reason"] == ("seen_wrong" if cause == "street" else "fails_again")


@pytest.mark.parametrize(
    ("cells", "after"),
    [
        ({"value": "5 cm", "severity": 2}, "aanvaard"),
        ({"value": "5 cm", "severity": 1}, "aanvaard"),
        ({"value": "5 cm", "severity": 3}, "heropend"),
        ({"value": "4 cm", "severity": 2}, "heropend"),
        ({"value": "5 cm", "severity": None}, "aanvaard"),
    ],
)
def test_what_was_accepted_comes_back_only_with_another_value_or_graver(cells, after):
    assert stepped(row("aanvaard"), seen("fails", "2026-04-01", **cells))["status"] == after
    assert stepped(row("aanvaard"), seen("fails", "2026-02-01", **cells))["status"] == "aanvaard"
    assert stepped(row("aanvaard"), seen("fails", None, **cells))["status"] == "aanvaard"


def test_the_value_that_was_accepted_stays_until_an_observation_after_the_decision():
    for when, held in {"before": True, "missing": True, "on": True, "after": False}.items():
        found = stepped(row("aanvaard"), seen("fails", DAYS[when], value="5 cm", severity=2))
        assert found["hold"] == held, when
        assert day(found["observed_on"]) == (STOOD if held else DAYS[when])
    assert not any(stepped(row(status), seen("fails", None))["hold"] for status in STATUSES if status != "aanvaard")


@pytest.mark.parametrize("status", ["uitgevoerd", "geverifieerd"])
def test_a_stricter_norm_or_level_is_proposed_and_reopens_nothing(status):
    one = row(status, status_proposed="geverifieerd")
    for cells, options in (({"level": "A"}, {}), ({}, {"norm_changed": True})):
        found = stepped(one, seen("fails", STOOD, **cells), **options)
        assert (found["status"], found["status_proposed"], found["cause"]) == (status, "heropend", "")
    assert stepped(one, seen("fails", STOOD))["status_proposed"] == "geverifieerd"


def test_what_the_row_stands_on_never_grows_older():
    rows, evidence = every_combination()
    assert (step(rows, evidence, today=TODAY)["observed_on"] >= rows["observed_on"]).all()


def test_causes_of_changes():
    before = {"observed_on": STOOD, "value": "5 cm", "level": "B"}
    cases = [
        ({"observed_on": "2026-01-01", "value": "6 cm"}, False, "street"),
        ({"observed_on": "2026-01-01"}, False, "street"),  # seen later, and something follows from it
        ({"observed_on": "2026-01-01"}, True, "norm"),  # seen later, with the same value: what changed is what is asked
        ({}, True, "norm"),
        ({"value": "6 cm"}, True, "data"),
        ({"value": "6 cm"}, False, "data"),
        ({"level": "A"}, False, "level"),
        ({"level": "A"}, True, "level"),
        ({"level": "A", "value": "6 cm"}, False, "level"),
        ({"observed_on": "2026-01-01", "level": "A", "value": "6 cm"}, False, "street"),
        ({"observed_on": None, "value": "6 cm"}, False, "data"),
        ({"observed_on": "2024-01-01", "value": "6 cm"}, False, "data"),
    ]
    for change, norm_changed, cause in cases:
        frames = (pd.DataFrame([{**before, **cells}], index=["K-1"]) for cells in ({}, change))
        assert causes(*frames, norm_changed=norm_changed).to_dict() == {"K-1": cause}, change
    nothing = pd.DataFrame([{**before, "observed_on": None}])
    assert causes(nothing, pd.DataFrame([before])).tolist() == ["street"]


# Terms

TERM = {
    "planning": "KT",
    "target_year": 2028,
    "priority_band": "hoog",
    "feasibility": "hoog",
    "track": "eigen",
    "phase": "studie",
}


@pytest.mark.parametrize(
    ("was", "now", "planning", "year"),
    [
        ({}, {"target_year": 2034}, "KT", 2028),  # years of a later plan: the term does not slide
        ({}, {"planning": "MLT", "target_year": 2031}, "KT", 2028),  # other rules for the same case
        ({}, {"planning": "MLT", "target_year": 2031, "priority_band": "middel"}, "MLT", 2031),
        ({}, {"planning": "LT", "target_year": 2037, "feasibility": "laag"}, "LT", 2037),
        ({}, {"planning": "MLT", "target_year": 2031, "track": "derden"}, "MLT", 2031),
        ({}, {"planning": "MLT", "target_year": 2031, "phase": "onderhoud"}, "MLT", 2031),
        ({}, {"target_year": 2034, "priority_band": "middel"}, "KT", 2028),  # the same term for another reason: the same year
        ({"planning": "", "target_year": None}, {}, "KT", 2028),
        ({"target_year": None}, {"target_year": 2034}, "KT", 2034),
        ({"priority_band": None}, {"planning": "LT", "target_year": 2037}, "LT", 2037),
    ],
)
def test_terms_do_not_slide(was, now, planning, year):
    frames = [pd.DataFrame([{**TERM, **cells}], index=["K-1"]).astype({"target_year": "Int64"}) for cells in (was, now)]
    assert hold_terms(*frames).loc["K-1"].tolist() == [planning, year]


# Sequences

DATES = st.none() | st.integers(0, 400).map(lambda days: datetime.date(2026, 1, 1) + datetime.timedelta(days))


class Life(RuleBasedStateMachine):
    """One bottleneck through years of staff and screenings; it is updated as the ledger updates it."""

    @initialize()
    def begin(self):
        self.today = datetime.date(2026, 6, 1)
        self.row = row("open", observed_on="2025-12-01", status_since="2026-01-01", done_on=None)
        self.given, self.last, self.before = "", None, dict(self.row)
        self.found = None

    @rule(days=st.integers(0, 90))
    def wait(self, days):
        self.today += datetime.timedelta(days)

    @rule(status=st.sampled_from(STAFF_STATUSES), done_on=DATES)
    def say(self, status, done_on):
        self.given = status
        self.row["done_on"] = done_on

    @rule(outcome=st.sampled_from(OUTCOMES), on=DATES, value=st.sampled_from(["5 cm", "6 cm", ""]), norm=st.booleans(),
          level=st.sampled_from(["A", "B"]), severity=st.sampled_from([1, 3]))  # fmt: skip
    def screen(self, outcome, on, value, norm, level, severity):
        self.update(seen(outcome, on, value=value, level=level, severity=severity), norm)

    @rule()
    @precondition(lambda self: self.last is not None)
    def screen_again(self):
        self.update(self.last, False)

    def update(self, evidence, norm):
        self.before, said = dict(self.row), self.given
        known = evidence == self.last
        by_machine = self.found is not None and self.found["cause"] not in ("", "staff")
        found = stepped({**self.row, "given": said}, evidence, today=self.today, norm_changed=norm)
        self.check(found, evidence, said or self.before["status"], norm)
        if said and known and by_machine and not norm and said != "uitgevoerd":
            assert found["status"] == said
        self.keep(found, evidence)
        again = stepped({**self.row, "given": ""}, evidence, today=self.today)
        assert (again["status"], again["cause"]) == (found["status"], "")
        assert all(day(again[name]) == day(found[name]) for name in ("status_since", "observed_on"))
        assert again["status_proposed"] == found["status_proposed"]
        self.last, self.given, self.found = evidence, "", found

    def keep(self, found, evidence):
        self.row |= told(found)
        if evidence["outcome"] == "fails" and not found["hold"]:
            self.row |= {name: evidence[name] for name in ("value", "severity", "level")}

    def check(self, found, evidence, said, norm):
        """Laws of a single update."""
        outcome, on, after = evidence["outcome"], evidence["observed_on"], found["status"]
        if outcome in ("unknown", "not_delivered"):
            assert after == said
        if on is None and after != said:
            assert after == "vervallen" or (said == "vervallen" and after == "heropend")
        if after == "geverifieerd" and said != after:
            assert outcome == "meets" or (outcome == "gone" and said == "uitgevoerd")
            assert on is not None
            assert pd.Timestamp(on) > pd.Timestamp(self.before["observed_on"])
        if said in ("uitgevoerd", "geverifieerd", "onterecht", "aanvaard") and after != said:
            assert after == "heropend" or (said, after) == ("uitgevoerd", "geverifieerd")
            done = self.row["done_on"] if said == "uitgevoerd" else None
            since = self.today if said != self.before["status"] else self.before["status_since"]
            assert pd.Timestamp(on) > min(pd.Timestamp(done or since), pd.Timestamp(since))
        if said in ("onterecht", "aanvaard") and outcome != "fails":
            assert after == said
        if after == "vervallen" and said != after:
            assert said in LIVE
            assert outcome in ("meets", "not_applicable", "outside", "dropped", "gone")
        if after == "heropend" and said != after:
            assert outcome == "fails"
        if found["cause"] == "norm" and outcome != "dropped":
            assert norm

    @invariant()
    def words_are_codes(self):
        if self.found is not None:
            assert self.found["status"] in STATUSES
            assert self.found["status_proposed"] in ("open", "heropend", "geverifieerd", "vervallen")


TestLife = pytest.mark.slow(Life.TestCase)
TestLife.settings = settings(max_examples=60, stateful_step_count=15)


def test_no_rows_at_all():
    found = step(typed(pd.DataFrame([row()])).iloc[:0], typed(pd.DataFrame([seen("fails", None)])).iloc[:0], today=TODAY)
    assert list(found) == list(STEP_COLUMNS)
    assert found.empty
