"""`toegankelijk monitor`: each command on a real file, in every language, with its exit code."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk.cli import app, terminal
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.ledger.words import field_label

from .screenings import screen_once

WRONG_CALL, REFUSED = 2, 3


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """A terminal on which no line is broken, whichever test made it first."""
    monkeypatch.setattr(terminal.out, "_width", 200)


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def fresh(tmp_path_factory, screening):
    path = tmp_path_factory.mktemp("fresh") / "monitoring.gpkg"
    tg.update_monitoring(path, screening)
    return path


@pytest.fixture
def table(tmp_path, fresh):
    return Path(shutil.copy(fresh, tmp_path))


def call(*args, code=0):
    result = CliRunner().invoke(app, ["monitor", *map(str, args)], env={"COLUMNS": "200", "TOEGANKELIJK_TRACEBACK": ""})
    assert result.exit_code == code, result.output
    return result.output


def edit(path, sql, *values):
    """Edit cells as QGIS does, in place."""
    with closing(sqlite3.connect(path)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(name, 1, lambda shape: None)
        file.execute(sql, values)


def ids(path):
    with closing(sqlite3.connect(path)) as file:
        return [row[0] for row in file.execute("SELECT bottleneck_id FROM monitoring ORDER BY fid")]


@pytest.mark.slow
def test_update_makes_a_table_and_the_same_again_says_that_nothing_changed(tmp_path):
    path = tmp_path / "monitoring.gpkg"
    told = call("update", path, tg.sample_city(), "--lang", "en")
    assert "70 bottlenecks in the table, 70 of them added" in told
    written = path.read_bytes()
    assert label("monitor.unchanged", "en") in call("update", path, tg.sample_city(), "--lang", "en")
    assert path.read_bytes() == written


def test_update_without_a_screening_takes_in_what_staff_typed(table):
    first = ids(table)[0]
    edit(table, "UPDATE monitoring SET planning = 'LT', remark = 'x' WHERE bottleneck_id = ?", first)
    assert label("cause.staff", "en") in call("update", table, "--lang", "en")
    told = call("history", table, first, "--cause", "staff", "--lang", "en")
    assert "Remark" in told
    assert "LT (long term)" in told
    others = [row for row in pd.DataFrame(tg.monitoring_history(table, cause="staff"))["bottleneck_id"] if row != first]
    assert others == [], "an edit of one bottleneck is told of that one only"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_status_history_and_trends_speak_every_language(table, lang):
    told = call("status", table, "--lang", lang)
    assert label("monitor.overdue", lang) in told
    assert "70" in told
    assert label("cause.data", lang) in call("history", table, "--lang", lang)
    assert label("monitor.new", lang) in call("trends", table, "--by", "zone_id,theme", "--lang", lang)
    assert label("change.new", lang) in call("diff", table, "--lang", lang)


def test_every_row_goes_to_a_file_also_those_that_are_not_shown(table, tmp_path):
    told = call("history", table, "--out", tmp_path / "history.csv", "--lang", "en")
    assert "and 30 more rows" in told
    assert len(pd.read_csv(tmp_path / "history.csv", sep=";", encoding="utf-8-sig")) == 70
    call("trends", table, "--out", tmp_path / "trends.csv")
    assert pd.read_csv(tmp_path / "trends.csv", sep=";", encoding="utf-8-sig").query("zone_id == 'city'")["open"].tolist() == [70]
    call("status", table, "--out", tmp_path / "status.csv")
    assert pd.read_csv(tmp_path / "status.csv", sep=";", encoding="utf-8-sig").set_index("what").loc["total", "count"] == 70


def test_diff_between_two_moments_and_two_tables(table, tmp_path):
    copy = tmp_path / "before.gpkg"
    call("export", table, copy)
    assert label("monitor.same", "en") in call("diff", copy, table, "--lang", "en")
    first = ids(table)[0]
    edit(table, "UPDATE monitoring SET status_staff = 'uitgevoerd', remark = 'klaar' WHERE bottleneck_id = ?", first)
    call("update", table)
    for args in ((copy, table), (table, "--since", "1"), (table,)):
        told = call("diff", *args, "--lang", "en")
        assert "better" in told
        assert "edited by staff" in told
        assert "klaar" in told
    assert label("monitor.same", "en") in call("diff", table, "--since", "2", "--lang", "en")
    assert label("monitor.same", "en") in call("diff", table, "--since", "1", "--until", "1", "--lang", "en")


def test_workbooks_go_out_and_come_back(table, tmp_path):
    book = tmp_path / "wegen.xlsx"
    call("export", table, book, "--city", "Genk", "--lang", "nl")
    assert label("monitor.no_edits", "en") in call("import-excel", table, book, "--lang", "en")
    first, second = ids(table)[:2]
    workbook = openpyxl.load_workbook(book)
    sheet = workbook.worksheets[0]
    heads = {cell.value: cell.column for row in sheet.iter_rows(max_row=10) for cell in row if cell.value}
    rows = {cell.value: cell.row for column in sheet.iter_cols() for cell in column if cell.value in (first, second)}
    for key in (first, second):
        sheet.cell(rows[key], heads[field_label("remark")]).value = f"{key} gezien"
    workbook.save(book)
    edit(table, "UPDATE monitoring SET remark = 'anders' WHERE bottleneck_id = ?", second)
    told = call("import-excel", table, book, "--lang", "en")
    assert "1 edit taken over, 1 to look at" in told
    assert "changed by somebody else meanwhile" in told
    remarks = tg.read_monitoring(table).table.set_index("bottleneck_id")["remark"]
    assert (remarks[first], remarks[second]) == (f"{first} gezien", "anders")


def test_the_table_in_text_has_every_row_and_no_formula(table, tmp_path):
    edit(table, "UPDATE monitoring SET remark = '=1+1' WHERE bottleneck_id = ?", ids(table)[0])
    call("export", table, tmp_path / "table.csv")
    text = pd.read_csv(tmp_path / "table.csv", sep=";", dtype="str", keep_default_na=False, encoding="utf-8-sig")
    assert text["bottleneck_id"].tolist() == ids(table)
    assert text["remark"].iloc[0] == "'=1+1"
    points = tg.read_monitoring(table).table.geometry
    assert text["x"].astype(float).tolist() == points.x.round(3).tolist()


def test_a_copy_of_the_table_goes_on_elsewhere(table, tmp_path, screening):
    copy = tmp_path / "copy.gpkg"
    call("export", table, copy)
    one, other = (tg.read_monitoring(path, history=True) for path in (table, copy))
    pd.testing.assert_frame_equal(one.history, other.history)
    pd.testing.assert_frame_equal(one.base, other.base)
    assert len(tg.update_monitoring(copy, screening).history) == 0


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("status", "{folder}/none.gpkg"), REFUSED, "there is no monitoring table"),
        (("update", "{folder}/none.gpkg"), REFUSED, "there is no monitoring table"),
        (("status", "{folder}/table.shp"), WRONG_CALL, ".gpkg"),
        (("status", "{table}", "--lang", "xx"), WRONG_CALL, "nl, en, fr, de"),
        (("diff", "{table}", "--since", "9"), WRONG_CALL, "there is no update 9 of the table; there are 1 to 1"),
        (("diff", "{table}", "--since", "mei"), WRONG_CALL, "neither a day"),
        (("diff", "{table}", "{table}", "--since", "1"), WRONG_CALL, "not both"),
        (("history", "{table}", "K-0"), WRONG_CALL, "never had a bottleneck 'K-0'"),
        (("history", "{table}", "--cause", "weather"), WRONG_CALL, "choose one of street"),
        (("history", "{table}", "--since", "3"), WRONG_CALL, "is not a day"),
        (("trends", "{table}", "--by", "wijk"), WRONG_CALL, "no column 'wijk'"),
        (("export", "{table}", "{table}"), WRONG_CALL, "exists already"),
        (("export", "{table}", "{folder}/table.pdf"), WRONG_CALL, ".xlsx, .gpkg, .csv"),
        (("export", "{table}", "{folder}/none/table.csv"), WRONG_CALL, "does not exist; make it first"),
        (("import-excel", "{table}", "{folder}/none.xlsx"), REFUSED, "none.xlsx"),
        (("status", "postgis:NO_SUCH_VARIABLE"), WRONG_CALL, "NO_SUCH_VARIABLE"),
    ],
)
def test_a_wrong_call_and_refused_data_are_told_and_change_nothing(table, args, code, words):
    written = table.read_bytes()
    told = call(*(arg.format(table=table, folder=table.parent) for arg in args), code=code)
    assert words in told
    assert "Traceback" not in told
    assert table.read_bytes() == written
    assert [path.name for path in table.parent.iterdir()] == ["monitoring.gpkg"]


@pytest.mark.slow
def test_reports_of_residents_are_tied_to_bottlenecks(table, screening, tmp_path):
    row = screening.table.iloc[0]
    path = tmp_path / "meldingen.csv"
    path.write_text(f"nr;datum;naam;wat;x;y\n7;2026-06-03;An Peeters;{row['theme']};{row.geometry.x};{row.geometry.y}\n", "utf-8")
    named = [f"--column={said}" for said in ("id=nr", "date=datum", "theme=wat", "coordinates=x,y", "crs=EPSG:31370")]
    call("update", table, tg.sample_city(), "--reports", path, *named)
    state = tg.read_monitoring(table)
    tied = state.table[state.table["reports"] != ""]
    assert len(tied) == 1
    assert tied["reported_on"].dt.strftime("%Y-%m-%d").tolist() == ["2026-06-03"]
    assert b"Peeters" not in table.read_bytes()
    assert label("monitor.unchanged", "nl") in call("update", table, tg.sample_city(), "--reports", path, *named)


def test_reports_are_refused_in_words(table, tmp_path):
    path = tmp_path / "meldingen.csv"
    path.write_text("nr;x;y\n7;228000;182000\n", "utf-8")
    assert "city.toml" in call("update", table, "--reports", path, code=WRONG_CALL)
    assert "nummer=nr" in call("update", table, tg.sample_city(), "--reports", path, "--column", "nummer=nr", code=WRONG_CALL)
