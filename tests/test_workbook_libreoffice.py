"""LibreOffice opens, changes and saves the workbook as a clerk would, and it still reads."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from toegankelijk.io import exports
from toegankelijk.io.cells import MAX_TEXT
from toegankelijk.io.sheets import CODES

from .test_workbook import NASTY
from .workbook_people import IDS, edited, edits_of, nothing, place, rows_of, small_state, type_in, written

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed (apt install libreoffice-calc)"),
]
MAIN, ROADS = "Knelpunten", "Dienst wegen"


@pytest.fixture(scope="module")
def profile(tmp_path_factory) -> Path:
    """A profile of its own: another LibreOffice that runs on this machine is left alone."""
    return tmp_path_factory.mktemp("profile")


def saved(path: Path, profile: Path, kind: str = "xlsx") -> Path:
    """The workbook as LibreOffice saves it."""
    folder = path.parent / f"libreoffice-{kind}"
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation={profile.as_uri()}",
        "--convert-to",
        kind,
        "--outdir",
        folder,
        path,
    ]
    quiet = {**os.environ, "SAL_USE_VCLPLUGIN": "svp"}
    subprocess.run(command, check=True, capture_output=True, timeout=180, env=quiet)
    return folder / path.with_suffix(f".{kind}").name


def test_libreoffice_saves_it_and_nothing_looks_changed(tmp_path, profile):
    state = small_state(
        remark=NASTY[:6],
        reason=NASTY[6:12],
        photo=NASTY[12:18],
        description=NASTY[18:24],
        solution=NASTY[24:30],
        status=["open", "Open", "onbekend", "ouvert", "gepland", ""],
        done_on=pd.to_datetime(["2026-05-01", None, "1899-12-31", "2100-01-01", None, "2026-02-28"]),
        dossier=pd.array([2**60, -1, None, 0, 2**53 + 1, 3], dtype="Int64"),
        bedrag=[0.1 + 0.2, 1e300, None, -0.0, 1 / 3, 12.5],
        gezien=pd.array([True, False, None, True, None, False], dtype="boolean"),
        bezoek=pd.to_datetime(
            ["2026-05-01 14:30:05", "1850-01-01", None, "2262-01-01", "1900-01-01", "2026-05-01"], format="ISO8601"
        ),
    )
    path = saved(written(tmp_path, state), profile)
    found = edits_of(path, state)
    assert nothing(found), (found.edits, found.refused, found.problems)
    assert len(NASTY[20 + 0]) > MAX_TEXT, "a text that no cell holds is among them"


def test_edits_are_read_after_libreoffice_saved_them(tmp_path, profile):
    state = small_state(wijkbudget=[1.5] * 6)
    typed = [
        (MAIN, IDS[0], "remark", "=1+1"),
        (ROADS, IDS[1], "planning", "LT (lange termijn)"),
        (MAIN, IDS[2], "done_on", "1/5/2026"),
        (MAIN, IDS[3], "wijkbudget", "1.250,50"),
        (MAIN, IDS[4], "target_year", 2030),
        (MAIN, IDS[5], "status", "in uitvoering"),
    ]

    def change(book):
        for title, identity, name, value in typed:
            type_in(book[title], identity, name, value)
        sheet = book[MAIN]
        sheet.cell(9, place(sheet, IDS[0], "street")[1]).value = "Nieuwstraat"
        row, column = place(sheet, IDS[0], "reason")
        sheet.cell(row, column).value = '="a"&"b"'  # LibreOffice works it out

    found = edits_of(saved(edited(written(tmp_path, state), change), profile), state)
    assert set(rows_of(found.edits, "bottleneck_id", "field", "after")) == {
        (IDS[0], "remark", "=1+1"),
        (IDS[0], "reason", "ab"),
        (IDS[1], "planning_staff", "LT"),
        (IDS[2], "done_on", "2026-05-01"),
        (IDS[3], "wijkbudget", "1250.5"),
        (IDS[4], "target_year_staff", "2030"),
        (IDS[5], "status_staff", "in_uitvoering"),
    }
    assert rows_of(found.added, "street") == [("Nieuwstraat",)]
    assert len(found.refused) == 0


def test_libreoffice_keeps_what_people_work_with(tmp_path, profile):
    book = openpyxl.load_workbook(saved(written(tmp_path, small_state()), profile))
    main = book[MAIN]
    assert book[CODES].sheet_state != "visible"
    assert book[exports.SHEET].sheet_state != "visible"
    assert main.row_dimensions[1].hidden
    assert main.auto_filter.ref
    assert {rule.type for rule in main.data_validations.dataValidation} == {"list", "whole", "date"}
    assert len(main.conditional_formatting) >= 3


def test_it_prints_in_few_pages(tmp_path, profile):
    pdf = saved(written(tmp_path, small_state()), profile, "pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page\n") <= 6
