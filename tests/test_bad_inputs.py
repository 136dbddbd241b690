"""A corpus of bad inputs, each with one defect: what has to happen with each stands in ``bad_inputs/manifest.csv``.

No silent wrong result: findings are held against those of the sound city, and only those of the objects that a case touches may
differ; none of these turns from fails to meets, and none disappears without a remark. No bare traceback. No side effect: inputs
stay as they are, nothing is left beside them or elsewhere, and nobody is asked over a network.
"""

import hashlib
import shutil
import socket
import sqlite3
import tempfile
from collections import Counter, defaultdict
from contextlib import closing, nullcontext
from functools import cache

import pytest
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk import errors, maps, reports, screening
from toegankelijk.balance import balance_rows
from toegankelijk.cli import app
from toegankelijk.io import vector
from toegankelijk.ledger.fields import FIELDS
from toegankelijk.screening import results

from .bad_inputs import make

make.load()
ROWS = {row["id"]: row for row in make.manifest()}
CLASSES = ("crs", "geometry", "identity", "values", "formats", "zones", "security", "edits", "over_time")
EXPECTED = {"refused", "repaired", "set_aside", "unknown", "accepted"}
HARMFUL = ("<script>window.RAN", "</script><script>window", "<img src=x")
"""What no page may hold as it is."""

TYPED = ("bottleneck_id", "status", "priority", "description")
"""Columns in which the cases type."""
"""Columns of the monitoring table that people own, besides those that they added."""


def split(cell):
    return [part for part in cell.split("|") if part]


def chosen(test):
    return pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items() if test(row)])


# The corpus itself


def test_every_case_has_its_row_in_the_manifest():
    assert sorted(ROWS) == sorted(make.CASES)
    assert len(ROWS) >= 190
    assert {row["class"] for row in ROWS.values()} == set(CLASSES)
    assert min(Counter(row["class"] for row in ROWS.values()).values()) >= 15


def test_the_manifest_says_what_has_to_happen():
    for name, row in ROWS.items():
        assert row["expected"] in EXPECTED, name
        assert row["defect"], name
        assert row["fed"], name
        assert row["via"] in ("read", "write", "cli", "folder"), name
        if row["expected"] == "refused":
            assert issubclass(getattr(errors, row["error"]), errors.ToegankelijkError), name
            assert len(split(row["texts"])) >= 2, f"{name}: say what is wrong, and where"
        elif row["via"] != "folder":
            assert row["findings"], name
            assert bool(int(row["remarks"])) == bool(row["texts"]), f"{name}: say what stands in the remarks"


def test_the_same_case_gives_the_same_files(tmp_path):
    for name in list(make.CASES)[::9]:
        first, second = (tree(make.build(name, tmp_path / copy / name).folder) for copy in ("a", "b"))
        assert first == second, name


# Cities


@chosen(lambda row: row["expected"] == "refused" and row["via"] == "read")
@pytest.mark.usefixtures("alone")
def test_what_is_refused(row, tmp_path, trap):
    district = build(row, tmp_path, trap)
    before = tree(district.folder)
    with pytest.raises(errors.ToegankelijkError) as refused:
        find(district)
    assert type(refused.value).__name__ == row["error"]
    check_texts(row, str(refused.value))
    assert tree(district.folder) == before


@chosen(lambda row: row["via"] == "cli")
@pytest.mark.usefixtures("alone")
def test_what_the_command_line_refuses(row, tmp_path, trap):
    district = build(row, tmp_path, trap)
    before, options = tree(district.folder), ["--out", str(tmp_path / "out")]
    options += ["--zones", str(district.zones)] if district.zones else []
    options += ["--norm", str(district.norm)] if district.norm != "vlaanderen" else []
    result = CliRunner().invoke(app, ["screen", str(district.city), *options])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == (3 if issubclass(getattr(errors, row["error"]), errors.InputError) else 2)
    assert "Traceback" not in result.output
    check_texts(row, result.output)
    assert not (tmp_path / "out").exists()
    assert tree(district.folder) == before


@chosen(lambda row: row["expected"] != "refused" and row["via"] in ("read", "write"))
@pytest.mark.usefixtures("alone")
def test_what_runs(row, tmp_path, trap, sound):
    district = build(row, tmp_path, trap)
    before = tree(district.folder)
    if row["via"] == "write":
        screened = tg.screen(district.city, norm=district.norm)
        now = outcome(screened.findings)
        screened.write(tmp_path / "out")
        for page in ("map.html", "report.html"):
            text = (tmp_path / "out" / page).read_text("utf-8")
            assert not [part for part in HARMFUL if part in text]
    else:
        now = outcome(find(district))
    assert tree(district.folder) == before
    compare(row, sound(district), now)


# What nobody foresaw


def test_a_reader_that_fails_in_a_new_way_refuses_the_file(sample_folder, monkeypatch):
    def fail(*_, **__):
        raise KeyError("page 7")

    monkeypatch.setattr(vector, "read_layer", fail)
    with pytest.raises(tg.InputError, match=r"(?s)district\.gpkg: could not be read.*KeyError: 'page 7'.*report this"):
        tg.read_city(sample_folder / "city.toml")


def test_a_mistake_of_the_program_is_told_in_words(tmp_path, monkeypatch):
    city = make.sound(tmp_path / "city", ("kerb", make.SMALL))
    city.write()

    def fail(*_, **__):
        raise KeyError("[bold]share")

    monkeypatch.setattr(screening, "score_zones", fail)
    call = ["screen", str(city.city), "--out", str(tmp_path / "out"), "--lang", "en"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 1
    assert "A mistake in this program" in result.output
    assert "KeyError: '[bold]share'" in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()
    monkeypatch.setenv("TOEGANKELIJK_TRACEBACK", "1")
    assert isinstance(CliRunner().invoke(app, call).exception, KeyError)


# What people do to an earlier screening


@chosen(lambda row: row["via"] == "folder")
@pytest.mark.usefixtures("alone")
def test_what_people_did_survives(row, tmp_path, trap, written, monkeypatch):
    """The table is brought up to date where it stands: whatever people did there is there still, or listed."""
    screened, folder = written
    monkeypatch.setattr(maps, "write_map", lambda page, path, **_: path.write_text("map"))
    monkeypatch.setattr(reports, "write_report", lambda path, **_: path.write_text("report"))
    monkeypatch.setattr(results, "write_layers", lambda path, *_, **__: path.write_bytes(b""))
    out = tmp_path / "out"
    shutil.copytree(folder, out)
    district = build(row, tmp_path, trap)
    if district.edit:
        district.edit(out)
    with district.locks(out) if district.locks else nullcontext():
        before = tree(out) if out.is_dir() else out.read_bytes()
        table = out / "monitoring.gpkg"
        held = contents(table) if row["expected"] != "refused" else None
        if held is None:
            with pytest.raises(errors.ToegankelijkError) as refused:
                screened.write(out)
            assert type(refused.value).__name__ == row["error"]
            check_texts(row, str(refused.value))
            assert (tree(out) if out.is_dir() else out.read_bytes()) == before
            return
        screened.write(out)
        now = contents(table)
    others = {name: rows for name, rows in held.items() if not name.startswith(("monitoring", "layer_styles"))}
    assert {name: now[name] for name in others} == others, "what is not of the table is as it was"
    check_rows(held["monitoring"], now["monitoring"], {row["staff_value"] for row in now["monitoring_conflicts"]})
    assert all(row["bottleneck_id"] for row in now["monitoring"])
    stays_away = {row["bottleneck_id"] for row in now["monitoring_base"] if row["deleted_on"]}
    there = {row["bottleneck_id"] for row in now["monitoring"]}
    assert set(screened.table["bottleneck_id"]) <= there | stays_away
    assert not there & stays_away


def contents(path):
    """Rows of all tables of a GeoPackage that people may care for."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for name in names:
            if not name.startswith(("gpkg_", "rtree_", "sqlite_")):
                cursor = connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608  (names of the file itself)
                columns = [column for column, *_ in cursor.description]
                found[name] = [dict(zip(columns, values, strict=True)) for values in cursor]
        return found


def check_rows(before, after, listed):
    """Every row is there still under its number, with what people typed in it, or with that in the list of conflicts."""
    now = {row["fid"]: row for row in after}
    for row in before:
        mine = now[row["fid"]]
        theirs = [column for column in row if column not in FIELDS and column not in ("fid", "geom")]
        assert {column: mine[column] for column in theirs} == {column: row[column] for column in theirs}
        told = {str(row[column]).replace(" ", "_") for column in TYPED if row.get(column) is not None}
        assert told <= {str(value).replace(" ", "_") for value in (*mine.values(), *listed)}


# What the cases share


@pytest.fixture(scope="module")
def trap():
    """A place on this computer that nobody may ask anything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield listener


@pytest.fixture
def alone(tmp_path, trap, monkeypatch):
    """Run with a working and a temporary folder of its own, both of which stay empty, and without a network."""
    work, temporary, asked = tmp_path / "work", tmp_path / "temporary", []
    work.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def refuse(*arguments, **_):
        asked.append(arguments)
        raise OSError("there is no network here")

    for function in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, function, refuse)
    for function in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, function, refuse)
    yield
    assert not asked
    assert list(work.iterdir()) == []
    assert list(temporary.iterdir()) == []
    with pytest.raises(BlockingIOError):
        trap.accept()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """What is found in the city that a case would be without its defect."""
    known = {}

    def of(district):
        key = "osm" if district.source is not None else district.kinds
        if key not in known:
            folder = tmp_path_factory.mktemp("sound")
            city = make.sound_osm(folder) if key == "osm" else make.sound(folder, key)
            city.write()
            known[key] = outcome(find(city))
        return known[key]

    return of


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A screening, and a folder with what it wrote, from which the last row was removed."""
    folder = tmp_path_factory.mktemp("written")
    district = make.sound(folder / "city", ("footway", "kerb"))
    district.write()
    screened = tg.screen(district.city)
    screened.write(folder / "out")
    make.alter(folder / "out" / "monitoring.gpkg", "DELETE FROM monitoring WHERE fid = (SELECT max(fid) FROM monitoring)")
    return screened, folder / "out"


@cache
def norm():
    return tg.read_norm()


def build(row, folder, trap):
    host, port = trap.getsockname()
    return make.build(row["id"], folder / "city", trap=f"http://{host}:{port}")


def tree(folder):
    """Names in a folder, and what is in the files."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def find(district):
    """Findings of a city, without what is only made of them."""
    if district.zones or district.source or district.norm != "vlaanderen":
        return tg.screen(district.city, zones=district.zones, norm=district.norm).findings
    return tg.assess(tg.measure_layers(tg.read_city(district.city)), norm())


def outcome(findings):
    """What is found of each object, in each area, by each criterion; the remarks; how many objects lie outside all zones."""
    table = findings.table.astype("str")
    keys = zip(table["object_id"], table["area_id"], table["criterion"], strict=True)
    remarks = findings.city.remarks[["object_id", "attribute", "raw", "reason"]].to_numpy().tolist()
    outside = int(balance_rows(findings)["outside"].sum())
    return dict(zip(keys, table["outcome"], strict=True)), Counter(map(tuple, remarks)), outside


def check_texts(row, message):
    """All texts stand in a message, but for those after an exclamation mark, which must not."""
    message = " ".join(message.split())
    for text in split(row["texts"]):
        assert (text[1:] not in message) if text.startswith("!") else (text in message), message


WARNED_BY_NEW_READERS = ("json-coordinates-short",)
"""Cases of which only newer versions of the reader warn; what happens to the row is the same."""


def compare(row, before, now):
    """What is new against the sound city is what the manifest says, and nothing else is."""
    names = dict(pair.split(">") for pair in split(row["touched"]) if ">" in pair)
    touched = {names.get(part, part) for part in (one.partition(">")[0] for one in split(row["touched"]))}
    findings = {(names.get(key[0], key[0]), names.get(key[1], key[1]), key[2]): value for key, value in before[0].items()}
    remarks = Counter({(names.get(key[0], key[0]), *key[1:]): count for key, count in before[1].items()})
    new = {key: count for key, count in (now[1] - remarks).items() if key[1] != "complete"}
    if row["id"] in WARNED_BY_NEW_READERS:
        new = {key: count for key, count in new.items() if key[1] != "file"}
    assert sum(new.values()) == int(row["remarks"]), sorted(new)
    assert {key[0] for key in remarks - now[1]} <= touched, "remarks are gone"
    check_texts(row, "\n".join(" ".join(key) for key in new))
    check_outcome(row["expected"], new)
    # Where rows are set aside or missing, what follows from the absence of an object is unknown, for others too.
    less = any(key[1] == "complete" for key in now[1]) or any("an earlier screening" in key[3] for key in new)
    check_findings(row["findings"], findings, now[0], touched, less=less)
    check_told(row["findings"], findings, now[0], new, now[2] - before[2])


def check_outcome(expected, new):
    """Remarks are of the kind that the manifest says."""
    aside = any(attribute == "" or "it is not used" in reason for _, attribute, _, reason in new)
    assert aside == (expected == "set_aside")
    assert expected != "repaired" or any(attribute in ("geometry", "object_id") for _, attribute, _, _ in new)


def check_findings(expected, before, now, touched, *, less):
    """Findings differ as expected, and of touched objects only."""
    differing = {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
    others = {key for key in differing if key[0] not in touched} if expected != "renamed" else set()
    assert not others or (less and {now.get(key) for key in others} == {"unknown"}), sorted(others)[:5]
    differing -= others
    turned = {(before[key], now[key]) for key in differing if key in before and key in now}
    assert ("fails", "meets") not in turned
    known = {key[0] for key in before}
    if expected == "same":
        assert not differing
    elif expected == "gone":
        assert differing == {key for key in before if key[0] in touched}
        assert not differing & now.keys()
    elif expected == "unknown":
        assert {after for _, after in turned} == {"unknown"}
        # whether two can pass on a way of unknown width may follow from the wide places at either end of it
        asked = {key: now[key] for key in differing - before.keys() if key[0] in known and key[2] != "PAS-08"}
        assert set(asked.values()) <= {"unknown"}, asked
    elif expected == "more":
        assert differing
        assert differing <= now.keys() - before.keys()
    elif expected == "worse":
        assert turned
        assert {after for _, after in turned} <= {"fails", "unknown"}
    elif expected == "renamed":
        old, new = (sorted(per_object(part, differing).values()) for part in (before, now))
        assert set(per_object(before, differing)) == touched
        assert old == new
    else:
        assert expected in ("outside", "none")
        assert differing
        assert not differing & now.keys()


def per_object(findings, keys):
    """Findings of each object, whatever it is called."""
    found = defaultdict(list)
    for key in sorted(keys & findings.keys()):
        found[key[0]].append((*key[1:], findings[key]))
    return found


def check_told(expected, before, now, new, outside):
    """Who is gone is named, lies outside as is counted, or is not in the file any more, which is said."""
    gone = {key[0] for key in before} - {key[0] for key in now} - {key[0] for key in new}
    if expected == "outside":
        assert outside == len(gone)
    elif expected == "none":
        assert "" in {key[0] for key in new}
    elif expected != "renamed":
        assert not gone
