"""Reports of residents and inspectors: tied once to what they are about, or opening a row; and nobody is named."""

import datetime
import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.ledger.fields import CLOSED, FIELDS
from toegankelijk.ledger.reports import APART, REPORT_COLUMNS, SURE, WITHIN, tie_reports
from toegankelijk.ledger.snapshot import Snapshot
from toegankelijk.ledger.state import State, changes, empty_state
from toegankelijk.ledger.update import update
from toegankelijk.monitoring import open_store
from toegankelijk.monitoring.reports import INSPECTION, MOST_TEXT, RESIDENT, read_reports, without_personal

CRS = "EPSG:31370"
X, Y = 228_000.0, 182_000.0
DAY = datetime.date(2026, 6, 1)


def bottlenecks(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Bottlenecks by kind, id and place, counted from one corner of the district."""
    plain = {"kind": "kerb", "theme": "drempels", "remedy": "drempel_wegwerken", "criterion": "THR-01", "criteria": "THR-01"}
    plain |= {"level": "A", "value": "5 cm", "severity": 3, "planning": "KT", "target_year": 2028, "priority_band": "hoog"}
    table = pd.DataFrame([{**plain, **row} for row in rows])
    shapes = [shapely.affinity.translate(shape, X, Y) for shape in table.pop("at")]
    table = table.assign(parent="", observed_on=pd.Timestamp("2026-01-01"))
    table["shape"] = pd.Series(shapes, dtype="object")
    return gpd.GeoDataFrame(table, geometry=[shape.centroid for shape in shapes], crs=CRS)


def point(x: float, y: float = 0.0) -> shapely.Point:
    return shapely.Point(x, y)


KERBS = bottlenecks(
    {"object_id": "NV-1", "at": point(0)},
    {"object_id": "NV-2", "at": point(40)},
    {"object_id": "NV-3", "at": point(60)},
    {"object_id": "NV-4", "at": point(61)},
    {"object_id": "VP-1", "at": shapely.LineString([(0, 30), (200, 30)]), "kind": "footway", "theme": "oppervlak", "remedy": "a"},
    {
        "object_id": "VP-1",
        "at": shapely.LineString([(0, 30), (200, 30)]),
        "kind": "footway",
        "theme": "doorgangen",
        "remedy": "b",
    },
)


def screening(*reports: dict[str, object], table: gpd.GeoDataFrame = KERBS) -> Snapshot:
    objects = gpd.GeoDataFrame(table[["kind", "object_id", "parent"]], geometry=table["shape"], crs=CRS)
    objects = objects.drop_duplicates(["kind", "object_id"], ignore_index=True)
    verdicts = table[["kind", "object_id", "criterion", "level", "value", "observed_on"]].assign(outcome="fails")
    told = reported(*reports) if reports else pd.DataFrame()
    parts = {"delivered": frozenset(), "date": datetime.date(2026, 1, 1), "norm_hash": "n", "criteria": frozenset(["THR-01"])}
    return Snapshot(table, objects, pd.DataFrame(verdicts), reports=told, **parts)


def reported(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {"report_id": "1", "seen_on": "2026-05-03", "source": "meldpunt", "text": "", "photo": "", "confidence": RESIDENT}
    plain |= {"x": np.nan, "y": np.nan, "kind": "kerb", "object_id": "", "theme": ""}
    frame = pd.DataFrame([{**plain, **row} for row in rows]).assign(seen_on=lambda table: pd.to_datetime(table["seen_on"]))
    return frame[list(REPORT_COLUMNS)]


def at(x: float, y: float = 0.0, **cells: object) -> dict[str, object]:
    return {"x": X + x, "y": Y + y, **cells}


@pytest.fixture(scope="module")
def state() -> State:
    """A table with the bottlenecks of a screening without reports."""
    return kept(update(empty_state(CRS), screening(), today=DAY))


def kept(after: State) -> State:
    """The state as a store gives it back: without history, and with row numbers of its own."""
    table = after.table.set_axis(pd.RangeIndex(1, len(after.table) + 1, name="row"), axis=0)
    return State(table, after.base, after.conflicts, after.runs, after.history.iloc[:0])


def of(state: State, object_id: str, **cells: object) -> pd.Series:
    table = state.table
    for name, value in {"object_id": object_id, **cells}.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def told(before: State, *reports: dict[str, object], today: datetime.date = DAY) -> State:
    """The state after reports, which once more change nothing."""
    snapshot = screening(*reports)
    after = update(before, snapshot, today=today)
    again = update(kept(after), snapshot, today=today + datetime.timedelta(days=1))
    assert not changes(kept(after), again)
    return after


# Ties


def test_a_report_is_tied_to_the_bottleneck_of_its_kind_beside_it(state):
    after = told(state, at(3, 4))
    row = of(after, "NV-1")
    assert row["reports"] == "meldpunt:1"
    assert row["reported_on"] == pd.Timestamp("2026-05-03")
    assert len(after.table) == len(state.table)
    line = after.history[after.history["field"] == "reports"].iloc[0]
    assert line["bottleneck_id"] == row["bottleneck_id"]
    assert (line["cause"], line["origin"]) == ("street", "report meldpunt")
    assert line["new"] == "meldpunt:1 · 2026-05-03 · 0.3"


def test_reports_add_up_and_the_newest_day_stays(state):
    after = told(state, at(3, report_id="1"), at(1, report_id="2", seen_on="2026-01-02"), at(2, report_id="3", seen_on=None))
    assert of(after, "NV-1")["reports"] == "meldpunt:1|meldpunt:2|meldpunt:3"
    assert of(after, "NV-1")["reported_on"] == pd.Timestamp("2026-05-03")
    more = told(kept(after), at(3, report_id="1"), at(0, report_id="9", seen_on="2026-05-20"))
    assert of(more, "NV-1")["reports"] == "meldpunt:1|meldpunt:2|meldpunt:3|meldpunt:9"
    assert of(more, "NV-1")["reported_on"] == pd.Timestamp("2026-05-20")
    assert (more.history["field"] == "reports").sum() == 1


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (at(0, WITHIN), "NV-1"),
        (at(0, -WITHIN - 0.1), None),
        (at(50 - APART / 2 - 0.1), "NV-2"),
        (at(50 - APART / 2 + 0.1), "doubtful"),  # nearly as near to another
        (at(60.5), "doubtful"),
        (at(60, object_id="NV-3"), "NV-3"),  # it says itself which one
        (at(0, object_id="NV-3"), "NV-3"),
        ({"object_id": "NV-3"}, "NV-3"),
        ({"object_id": "NV-3", "kind": "footway"}, "nowhere"),
        ({"object_id": "no such"}, "nowhere"),
        ({}, "nowhere"),
        (at(0, kind="stop"), None),
        (at(0, theme="oppervlak"), None),  # against its kind
        (at(0, kind="", theme="drempels"), "NV-1"),
        (at(0, kind="", theme=""), "doubtful"),
        (at(500, kind="", theme=""), None),
        (at(100, 33, kind="footway"), "doubtful"),  # the same object twice
        (at(100, 33, kind="footway", theme="oppervlak"), "VP-1"),
        (at(100, 33, kind="", theme="doorgangen"), "VP-1"),
    ],
)
def test_what_a_report_is_about(state, report, expected):
    base = state.base
    table = state.table.set_index("bottleneck_id")
    found = tie_reports(reported(report), table, base).iloc[0]
    if expected in ("doubtful", "nowhere"):
        assert (found["how"], found["bottleneck_id"]) == (expected, "")
    elif expected is None:
        assert found["how"] == "new"
        assert re.fullmatch("M-[0-9a-f]{12}", found["bottleneck_id"])
    else:
        assert found["how"] == "tied"
        assert table.at[found["bottleneck_id"], "object_id"] == expected
        assert found["candidates"] == ""


def test_an_open_bottleneck_goes_before_a_nearer_one_that_is_closed(state):
    table = state.table.set_index("bottleneck_id")
    closed = table.assign(status=table["status"].mask(table["object_id"] == "NV-3", "uitgevoerd"))
    found = tie_reports(reported(at(60)), closed, state.base).iloc[0]
    assert closed.at[found["bottleneck_id"], "object_id"] == "NV-4"
    every = table.assign(status="geverifieerd")
    assert tie_reports(reported(at(60)), every, state.base)["how"].tolist() == ["doubtful"]
    assert tie_reports(reported(at(3)), every, state.base)["how"].tolist() == ["tied"]


def test_the_order_of_reports_and_rows_does_not_matter(state):
    rng = np.random.default_rng(3)
    rows = [at(x, y, report_id=str(i)) for i, (x, y) in enumerate(rng.uniform(-60, 120, (60, 2)).round(1))]
    table = state.table.set_index("bottleneck_id")
    plain = tie_reports(reported(*rows), table, state.base).set_index("key").sort_index()
    assert set(plain["how"]) == {"tied", "new", "doubtful"}
    for seed in range(3):
        rows = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
        shuffled = table.sample(frac=1, random_state=seed)
        other = tie_reports(reported(*rows), shuffled, state.base).set_index("key").sort_index()
        pd.testing.assert_frame_equal(plain, other)


# Rows that reports open


def test_a_report_of_what_nobody_knew_opens_a_row_to_verify(state):
    report = at(300, 5, report_id="77", text="stoep helt", photo="https://example.org/7.jpg", kind="footway")
    after = told(state, report)
    assert len(after.table) == len(state.table) + 1
    row = of(after, "", kind="footway")
    assert re.fullmatch("M-[0-9a-f]{12}", row["bottleneck_id"])
    assert (row["status"], row["phase"], row["source"], row["photo"]) == ("open", "opmeten", "meldpunt", report["photo"])
    assert row["description"] == "Melding van 2026-05-03 (meldpunt): ter plaatse te controleren: stoep helt"
    assert (row["geometry"].x, row["geometry"].y) == (X + 300, Y + 5)
    assert row["reports"] == "meldpunt:77"
    assert row["observed_on"] == row["reported_on"] == pd.Timestamp("2026-05-03")
    history = after.history[after.history["bottleneck_id"] == row["bottleneck_id"]].set_index("field")
    assert history.loc["*", ["new", "cause", "origin"]].tolist() == ["report", "street", "report meldpunt"]
    assert after.base.index.is_unique
    quiet = update(kept(after), screening(), today=DAY)  # a screening without reports closes nothing
    assert of(quiet, "", kind="footway")["status"] == "open"


def test_several_reports_of_one_place_open_one_row(state):
    rows = [at(300 + step, report_id=str(step), seen_on=f"2026-05-{min(10 + step, 28):02d}") for step in (3, 0, 6, 40)]
    after = told(state, *rows)
    new = after.table[after.table["bottleneck_id"].str.startswith("M-")].set_index("reports")
    assert sorted(new.index) == ["meldpunt:3|meldpunt:0|meldpunt:6", "meldpunt:40"]
    assert new.loc["meldpunt:3|meldpunt:0|meldpunt:6", "geometry"].x == X + 300  # that of the oldest
    later = told(kept(after), *rows, at(303, report_id="late"))
    assert len(later.table) == len(after.table)


def test_a_row_that_staff_deleted_is_not_opened_again(state):
    report = at(300, report_id="77")
    after = kept(told(state, report))
    mine = after.table["bottleneck_id"].str.startswith("M-")
    without = State(after.table[~mine], after.base, after.conflicts, after.runs, after.history)
    gone = told(without, report)
    assert len(gone.table) == len(state.table)
    assert told(kept(gone), report).table["bottleneck_id"].tolist() == gone.table["bottleneck_id"].tolist()


def test_what_staff_write_in_a_row_that_a_report_opened_stays(state):
    after = kept(told(state, at(300, report_id="77")))
    mine = after.table["bottleneck_id"].str.startswith("M-")
    table = after.table.copy()
    table.loc[mine, ["remark", "status_staff", "reports"]] = ["gezien", "onterecht", "eigen notitie"]
    edited = State(table, after.base, after.conflicts, after.runs, after.history)
    later = told(edited, at(300, report_id="77"), at(301, report_id="78", seen_on="2026-05-30"))
    row = later.table[later.table["bottleneck_id"].str.startswith("M-")].iloc[0]
    assert (row["remark"], row["status"], row["reports"]) == ("gezien", "onterecht", "eigen notitie")
    assert later.base.at[row["bottleneck_id"], "reports"] == "meldpunt:77|meldpunt:78"


def test_a_report_without_a_number_is_known_by_what_it_says(state):
    reports = [at(300, report_id=""), at(300, report_id="", seen_on="2026-05-04"), at(300, report_id="")]
    after = told(state, *reports)
    row = after.table[after.table["bottleneck_id"].str.startswith("M-")].iloc[0]
    assert len(row["reports"].split("|")) == 2


def test_reports_in_a_table_without_rows():
    after = told(kept(empty_state(CRS)), at(3), at(400, report_id="2"))
    assert len(after.table) == len(KERBS) + 1


# What cannot be told


def test_what_may_be_one_or_another_is_listed_and_staff_decide(state):
    report = at(60.5, report_id="8")
    after = told(state, report)
    listed = after.conflicts[after.conflicts["what"] == "report"]
    ids = {name: of(after, name)["bottleneck_id"] for name in ("NV-3", "NV-4")}
    assert listed["candidates"].tolist() == [" | ".join(sorted(ids.values()))] or set(
        listed["candidates"].iloc[0].split(" | ")
    ) == set(ids.values())
    assert listed["staff_value"].tolist() == ["meldpunt:8"]
    assert (after.table["reports"] == "").all()
    state = kept(after)
    decided = state.conflicts.assign(decision=np.where(state.conflicts["what"] == "report", ids["NV-4"], ""))
    later = told(State(state.table, state.base, decided, state.runs, state.history), report)
    assert of(later, "NV-4")["reports"] == "meldpunt:8"
    assert not (later.conflicts["what"] == "report").any()
    new = state.conflicts.assign(decision="nieuw")
    other = told(State(state.table, state.base, new, state.runs, state.history), report)
    assert other.table["bottleneck_id"].str.startswith("M-").sum() == 1
    assert not (other.conflicts["what"] == "report").any()


def test_a_row_that_one_report_opens_may_be_what_another_is_about(state):
    vague = at(0, report_id="1", kind="", theme="")
    after = told(state, vague, at(0, report_id="2", kind="footway"))
    listed = after.conflicts.loc[after.conflicts["what"] == "report", "candidates"].iloc[0].split(" | ")
    mine = [name for name in after.table["bottleneck_id"] if name.startswith("M-")]
    assert set(listed) == {of(after, "NV-1")["bottleneck_id"], *mine}
    between = at(60.5, report_id="1", theme="drempels", kind="")
    nearer = at(60.5, report_id="2", kind="footway", theme="drempels")
    assert told(state, between, nearer).table["bottleneck_id"].str.startswith("M-").sum() == 1


def test_a_decision_that_names_nothing_changes_nothing(state):
    report = at(60.5, report_id="8")
    after = kept(told(state, report))
    decided = after.conflicts.assign(decision="K-bestaat niet")
    later = told(State(after.table, after.base, decided, after.runs, after.history), report)
    assert (later.conflicts["what"] == "report").sum() == 1


def test_a_report_without_a_place_is_listed(state):
    after = told(state, {"report_id": "5"})
    listed = after.conflicts[after.conflicts["what"] == "report"]
    assert listed["note"].tolist() == ["De melding heeft geen plaats en geen bekend object"]


# After something was closed


def closed(state: State, status: str, on: str, **cells: object) -> State:
    table = state.table.copy()
    mine = table["object_id"] == "NV-1"
    table.loc[mine, "status_staff"] = status
    for name, value in cells.items():
        table.loc[mine, name] = value
    day = datetime.date.fromisoformat(on)
    after = update(State(table, state.base, state.conflicts, state.runs, state.history), today=day)
    assert of(after, "NV-1")["status"] == status
    return kept(after)


@pytest.mark.parametrize("status", ["uitgevoerd", "geverifieerd", "onterecht"])
@pytest.mark.parametrize(("confidence", "sure"), [(SURE, True), (INSPECTION, True), (SURE - 0.01, False), (None, False)])
def test_what_was_closed_is_reopened_only_by_a_sure_report_seen_after(state, status, confidence, sure):
    before = closed(state, status, "2026-04-01")
    on = told(before, at(3, seen_on="2026-04-01", confidence=confidence))
    assert of(on, "NV-1")["status"] == status
    assert of(on, "NV-1")["reports"] == "meldpunt:1"
    undated = told(before, at(3, seen_on=None, confidence=confidence))
    assert of(undated, "NV-1")["status"] == status
    assert not (undated.conflicts["what"] == "report").any()
    after = told(before, at(3, seen_on="2026-04-02", confidence=confidence))
    row = of(after, "NV-1")
    assert row["status"] == ("heropend" if sure else status)
    assert row["status_proposed"] == "heropend"
    listed = after.conflicts[after.conflicts["what"] == "report"]
    assert listed["bottleneck_id"].tolist() == ([] if sure else [row["bottleneck_id"]])
    lines = after.history[(after.history["field"] == "status") & (after.history["origin"] == "report meldpunt")]
    assert lines[["old", "new", "cause"]].to_numpy().tolist() == ([[status, "heropend", "street"]] if sure else [])
    if sure:
        assert row["status_since"] == row["observed_on"] == pd.Timestamp("2026-04-02")


def test_what_was_accepted_stays_so_whatever_is_reported(state):
    before = closed(state, "aanvaard", "2026-04-01", reason="monument")
    after = told(before, at(3, seen_on="2026-05-02", confidence=1.0))
    assert of(after, "NV-1")["status"] == "aanvaard"
    assert not (after.conflicts["what"] == "report").any()


def test_staff_win_again_over_a_report(state):
    report = at(3, seen_on="2026-05-02", confidence=1.0)
    after = kept(told(closed(state, "uitgevoerd", "2026-04-01"), report))
    assert of(after, "NV-1")["status"] == "heropend"
    table = after.table.copy()
    table.loc[table["object_id"] == "NV-1", "status"] = "uitgevoerd"
    again = told(State(table, after.base, after.conflicts, after.runs, after.history), report)
    assert of(again, "NV-1")["status"] == "uitgevoerd"


@pytest.fixture(scope="module")
def closed_states(state: State) -> dict[str, State]:
    """The table with one bottleneck closed, by status; "" for none."""
    return {"": state, **{status: closed(state, status, "2026-04-01") for status in CLOSED[:4]}}


@pytest.mark.slow
@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from([0, 3, 60, 60.5, 300, 305]), st.sampled_from(["kerb", "footway", ""]),
            st.none() | st.integers(1, 28), st.sampled_from([0.1, 0.9]),
        ),
        max_size=8,
    ),
    st.sampled_from(["", *CLOSED[:4]]),
)  # fmt: skip
def test_reports_are_taken_once_in_whatever_order_they_come(closed_states, rows, status):
    state = closed_states[status]
    reports = [
        at(x, report_id=str(number), kind=kind, seen_on=day and f"2026-05-{day:02d}", confidence=sure)
        for number, x, kind, day, sure in rows
    ]
    after = told(state, *reports) if reports else state
    lists = [key for text in after.table["reports"] for key in text.split("|") if key]
    assert len(lists) == len(set(lists))
    listed = set(after.conflicts.loc[after.conflicts["what"] == "report", "staff_value"])
    assert {f"meldpunt:{number}" for number, *_ in rows} <= {*lists, *listed}
    assert set(state.table["bottleneck_id"]) <= set(after.table["bottleneck_id"])
    assert (after.table["status"] != "vervallen").all()


# Reading


def file_of(tmp_path, rows, name="meldingen.geojson"):
    features = [
        {"type": "Feature", "properties": {k: v for k, v in row.items() if k != "at"},
         "geometry": row.get("at") and {"type": "Point", "coordinates": row["at"]}}
        for row in rows
    ]  # fmt: skip
    path = tmp_path / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


PLACE = [5.5, 50.96]
NAMED = {"id": "nummer", "date": "datum", "kind": "soort", "photo": "foto", "text": "wat"}
SECRETS = {
    "melder": "Jan Peeters",
    "e_mail": "jan.peeters@example.be",
    "telefoon": "0475 12 34 56",
    "rijksregister": "85.07.30-033.28",
}


def test_only_columns_that_are_named_are_read(tmp_path):
    row = {"nummer": 12, "datum": "3/05/2026", "soort": "Losse tegel", "wat": "stoep stuk", "foto": "foto/12.jpg", "at": PLACE}
    path = file_of(tmp_path, [{**row, **SECRETS}])
    found = read_reports(path, crs=CRS, **NAMED, codes={"losse TEGEL": "footway"}, source="meldpunt")
    assert list(found) == list(REPORT_COLUMNS)
    one = found.iloc[0]
    assert one[["report_id", "source", "text", "photo", "kind"]].tolist() == [
        "12",
        "meldpunt",
        "stoep stuk",
        "foto/12.jpg",
        "footway",
    ]
    assert one["seen_on"] == pd.Timestamp("2026-05-03")
    assert one["confidence"] == RESIDENT
    assert shapely.Point(X, Y).distance(shapely.Point(one["x"], one["y"])) < 5_000
    everything = found.to_csv()
    assert not [secret for secret in SECRETS.values() if secret in everything]
    plain = read_reports(path, crs=CRS).iloc[0]
    assert plain[["report_id", "text", "photo", "kind", "theme", "object_id"]].tolist() == [""] * 6
    assert plain["source"] == "meldingen"


@pytest.mark.parametrize(
    "secret",
    [
        "jan.peeters@example.be",
        "jan.peeters (at) example.be",
        "0475123456",
        "0475/12.34.56",
        "+32 475 12 34 56",
        "(0)475 12 34 56",
        "089 12 34 56",
        "85.07.30-033.28",
        "85073003328",
        "30/07/1985",
        "BE68 5390 0754 7034",
        "BE68539007547034",
        "1-ABC-123",
        "@janpeeters",
        "https://example.org/jan.peeters?k=1",
        "www.janpeeters.be",
        "jan\u200b.peeters@example.be",
        "\uff4aan@example.be",
    ],
)
def test_what_points_at_a_person_is_blanked(secret):
    for text in (secret, f"stoep stuk, bel {secret}.", f"({secret})", f"a {secret} b"):
        found = without_personal(text)
        assert "[…]" in found, text
        assert not re.search(r"jan|peeters|475|3030|5390|ABC|1985|8507", found), found


@pytest.mark.parametrize("text", ["put van 12 cm, tegel 30x30 bij nr. 14", "breedte 1,20 m i.p.v. 1,50 m", "halte 404, lijn 25"])
def test_other_words_and_numbers_stay(text):
    assert without_personal(text) == text


@given(st.text(max_size=600))
def test_any_text_is_cut_and_on_one_line(text):
    found = without_personal(text)
    assert len(found) <= MOST_TEXT
    assert found.isprintable()
    assert "@" not in found or not re.search(r"\w@\w+\.\w", found)


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://example.org/7.jpg", "https://example.org/7.jpg"),
        ("https://example.org/7.jpg?token=geheim", "https://example.org/7.jpg"),
        ("https://jan:geheim@example.org/7.jpg", ""),
        ("foto/7.jpg", "foto/7.jpg"),
        ("C:\\Users\\jan\\7.jpg", ""),
        ("/home/jan/7.jpg", ""),
        ("file:///home/jan/7.jpg", ""),
        ("jan@example.be", ""),
        ("javascript:alert(1)", ""),
        ("=HYPERLINK(1)", ""),
        ("https://example.org/<b>.jpg", ""),
        ("", ""),
    ],
)
def test_links_to_pictures_hold_no_names_or_keys(tmp_path, link, kept):
    path = file_of(tmp_path, [{"foto": link, "at": PLACE}])
    found = read_reports(path, crs=CRS, photo="foto")["photo"].iloc[0]
    assert found == kept


def test_a_number_of_a_person_is_no_number_of_a_report(tmp_path):
    keys = ["jan@example.be", "85073003328", "+32475123456", "0475123456", "20260503001", "2026/00012345"]
    path = file_of(tmp_path, [{"nummer": key, "at": PLACE} for key in keys])
    assert read_reports(path, crs=CRS, id="nummer")["report_id"].tolist() == ["", "20260503001", "2026/00012345"]


def test_confidence_is_read_as_share_or_percentage(tmp_path):
    path = file_of(
        tmp_path, [{"zeker": value, "at": [5.5 + i / 1000, 50.96]} for i, value in enumerate(["80 %", "30", None, "x"])]
    )
    assert read_reports(path, crs=CRS, confidence="zeker")["confidence"].tolist() == [0.8, 0.3, RESIDENT, RESIDENT]
    path = file_of(tmp_path, [{"zeker": value, "at": [5.5 + i / 1000, 50.96]} for i, value in enumerate(["0,8", "1", "-1"])])
    assert read_reports(path, crs=CRS, confidence="zeker")["confidence"].tolist() == [0.8, 1.0, RESIDENT]
    assert (read_reports(path, crs=CRS, confidence=INSPECTION)["confidence"] == INSPECTION).all()
    with pytest.raises(ConfigError, match="between 0 and 1"):
        read_reports(path, crs=CRS, confidence=80.0)


def test_all_columns_that_are_not_there_are_told_at_once(tmp_path):
    path = file_of(tmp_path, [{"nummer": 1, "at": PLACE}])
    with pytest.raises(ConfigError) as error:
        read_reports(path, crs=CRS, **NAMED)
    assert list(error.value.problems) == ["date: 'datum'", "kind: 'soort'", "photo: 'foto'", "text: 'wat'"]


def test_kinds_and_themes_may_be_the_same_for_all(tmp_path):
    path = file_of(tmp_path, [{"nummer": 1, "at": PLACE}])
    found = read_reports(path, crs=CRS, kind="stop", theme="haltes").iloc[0]
    assert (found["kind"], found["theme"]) == ("stop", "haltes")


def test_a_report_without_a_place_and_a_table_in_text(tmp_path):
    path = file_of(tmp_path, [{"nummer": 1, "at": None}, {"nummer": 2, "at": PLACE}])
    assert read_reports(path, crs=CRS, id="nummer")["x"].isna().tolist() == [True, False]
    table = tmp_path / "m.csv"
    table.write_text(f"nummer;x;y\n7;{X};{Y}\n")
    found = read_reports(table, crs=CRS, id="nummer", coordinates=("x", "y"), file_crs=CRS).iloc[0]
    assert (found["x"], found["y"]) == (X, Y)
    with pytest.raises(InputError):
        read_reports(table, crs=CRS, id="nummer", coordinates=("x", "y"))


def test_what_was_read_is_taken_in(state, tmp_path):
    lonlat = gpd.GeoSeries([point(0)], crs=CRS).translate(X + 3, Y).to_crs(4326).iloc[0]
    row = {"nummer": 12, "datum": "2026-05-03", "soort": "kerb", "wat": "bel 0475 12 34 56", "at": [lonlat.x, lonlat.y]}
    reports = read_reports(file_of(tmp_path, [{**row, **SECRETS, "foto": None}]), crs=CRS, **NAMED)
    after = update(state, Snapshot(**{**vars(screening()), "reports": reports}), today=DAY)
    assert of(after, "NV-1")["reports"] == "meldingen:12"
    told = " ".join([after.table.drop(columns="geometry").to_csv(), after.base.to_csv(), after.history.to_csv()])
    assert not [secret for secret in SECRETS.values() if secret in told]
    assert set(FIELDS) >= {"reports", "reported_on"}


def test_nobody_is_in_the_file_that_people_work_in(tmp_path):
    row = {"nummer": 12, "datum": "2026-05-03", "soort": "kerb", "wat": "bel 0475 12 34 56", "at": PLACE}
    secret = {**SECRETS, "foto": "https://example.org/7.jpg?melder=Jan"}
    reports = read_reports(file_of(tmp_path, [{**row, **secret}]), crs=CRS, **NAMED)
    store = open_store(tmp_path / "monitoring.gpkg")
    with store.edit() as desk:
        before = desk.read()
        desk.write(before, update(before, Snapshot(**{**vars(screening()), "reports": reports}), today=DAY))
    assert store.read().table["reports"].eq("meldingen:12").sum() == 1
    raw = (tmp_path / "monitoring.gpkg").read_bytes()
    assert not [word for word in (*SECRETS.values(), "melder", "Jan") if word.encode() in raw]
