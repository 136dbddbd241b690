"""Results on disk: all files of a screening, none half-written, and what people work in never lost."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from toegankelijk import evidence
from toegankelijk.errors import ConfigError
from toegankelijk.findings import Findings
from toegankelijk.io.geopackage import check_free, write_layers
from toegankelijk.io.outcome_styles import outcome_finish
from toegankelijk.ledger.fields import SHARED, STAFF
from toegankelijk.ledger.rows import is_own
from toegankelijk.ledger.state import State
from toegankelijk.monitoring import open_store, update_state
from toegankelijk.screening.plans import plan_into
from toegankelijk.survey import list_visits

if TYPE_CHECKING:
    from toegankelijk.screening import Screening

TABLE = "monitoring.gpkg"
"""The monitoring table: brought up to date where it stands, never replaced."""

WORKBOOK = "monitoring.xlsx"
"""The table as a workbook; one that stood there is kept under another name, as people may have written in it."""

FILES = ("findings.parquet", "screening.gpkg", WORKBOOK, "map.html", "report.html", "run.json")
"""What a screening writes beside it; the workbook only where the package for it is installed."""

SILENT = ("geverifieerd", "onterecht", "aanvaard", "vervallen")
"""Statuses of bottlenecks that are not on the map and in the report."""

Progress = Callable[[str, str], None]
"""Told the step (``writing``), and the file."""


def write_results(screening: Screening, folder: str | Path, *, progress: Progress) -> Path:
    """Write all files of a screening into a folder; nothing half-written stays behind.

    A monitoring table that stands there already is brought up to date in place, in one transaction: what staff wrote in it stays
    (see `toegankelijk.monitoring`). A workbook that is replaced is kept as ``monitoring.previous-1.xlsx`` and so on.

    Parameters
    ----------
    screening
        What to write.
    folder
        Where to write; made if it is not there.
    progress
        Told of every file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; give a folder to write to")
    _check_packages(folder)
    made = next((part for part in reversed([folder, *folder.parents]) if not part.exists()), None)
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".screening-", dir=folder))
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, made or draft)
        progress("writing", TABLE)
        with open_store(folder / TABLE, lang=screening.lang).edit() as desk:
            before = desk.read()
            screening = plan_into(before, screening)
            state = update_state(before, screening)
            desk.write(before, state)
            stale = not (folder / WORKBOOK).is_file() or state.run != _run_before(folder)
            _write_files(screening, draft, state, progress, workbook=stale)
            _put(draft, folder)
        undo.pop_all()
    shutil.rmtree(draft)
    return folder


def _write_files(screening: Screening, draft: Path, state: State, progress: Progress, *, workbook: bool) -> None:
    from toegankelijk.maps import write_map
    from toegankelijk.reports import write_report

    progress("writing", "findings.parquet")
    joined = evidence.join_findings(screening.findings, lang=screening.lang)
    joined.to_parquet(draft / "findings.parquet", index=False, schema_version="1.1.0", write_covering_bbox=True)
    progress("writing", "screening.gpkg")
    plain = joined.astype({name: "str" for name, kind in joined.dtypes.items() if kind == "category"})
    layers = {"findings": plain, "zone_scores": screening.scores, "good_examples": screening.good_examples}
    more = {"survey": screening.survey, "visits": list_visits(screening.survey), "stop_verdicts": screening.stop_verdicts}
    more["narrowings"] = screening.narrowings
    noted = dataclasses.replace(screening, table=with_staff(screening.table, state))
    areas = {"area_scores": screening.area_scores, "area_works": noted.area_works, "area_outside": screening.area_outside}
    more |= areas if screening.city.districts else {}
    layers |= {name: layer for name, layer in more.items() if len(layer)}
    write_layers(draft / "screening.gpkg", layers, finish=outcome_finish(layers, screening.lang))
    if workbook and importlib.util.find_spec("xlsxwriter") is not None:
        from toegankelijk.workbook import write_monitoring_workbook

        progress("writing", WORKBOOK)
        write_monitoring_workbook(
            draft / WORKBOOK,
            state.table,
            city=screening.city,
            norm=screening.norm,
            conflicts=state.conflicts,
            store=TABLE,
            run=state.run,
            lang=screening.lang,
        )
    progress("writing", "map.html")
    write_map(noted.map(), draft / "map.html", title=screening.city.name, lang=screening.lang, large=True)
    progress("writing", "report.html")
    record = {**noted.run_record(), "monitoring_run": state.run}
    write_report(
        draft / "report.html",
        city_name=screening.city.name,
        scores=screening.scores,
        bottlenecks=noted.table,
        good_examples=screening.good_examples,
        unknowns=screening.unknowns,
        balance=screening.balance,
        run={**record, "scope": _scope_name(screening.findings)},
        lang=screening.lang,
        norm=screening.norm,
        areas=areas if screening.city.districts else {},
    )
    text = json.dumps(record, indent=1, ensure_ascii=False, default=str)
    (draft / "run.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _run_before(folder: Path) -> int | None:
    """Number of the update after which the files that stand there were written."""
    try:
        number = json.loads((folder / "run.json").read_text("utf-8"))["monitoring_run"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) else None


def with_staff(table: gpd.GeoDataFrame, state: State) -> gpd.GeoDataFrame:
    """Bottlenecks that were found, with the ids and what counts of the monitoring table; without those that are settled there."""
    keys = ["kind", "object_id", "remedy"]
    issued = state.table[~is_own(pd.Index(state.table["bottleneck_id"]))]  # a copy that staff made says the same object
    known = issued[~issued[keys].duplicated(keep=False)]
    names = ["bottleneck_id", "first_seen", *SHARED, *STAFF]
    rows = known.set_index(pd.MultiIndex.from_frame(known[keys]))[names]
    rows = rows.reindex(pd.MultiIndex.from_frame(table[keys].astype("object"))).set_axis(table.index)
    there = rows["bottleneck_id"].notna()
    carried = {name: table[name].where(~there, rows[name].astype("object")) for name in names if name not in STAFF}
    carried |= {name: rows[name] for name in STAFF}
    carried["target_year"] = carried["target_year"].astype("Int64")
    carried["cost_class"] = carried["cost_class"].astype("Int64")
    return table.assign(**carried)[~carried["status"].isin(SILENT)].reset_index(drop=True)


def write_survey(screening: Screening, folder: str | Path) -> list[Path]:
    """Write the field form of what is to be measured, as a GeoPackage and as a table for a spreadsheet.

    Returns
    -------
    list of Path
        ``survey.gpkg`` and ``survey.csv`` in the folder.

    Raises
    ------
    ConfigError
        Nothing is to be measured, or a form stands there already: it may have been filled in.
    """
    from toegankelijk.io.forms import write_form

    files = [Path(folder) / name for name in ("survey.gpkg", "survey.csv")]
    if there := [str(file) for file in files if file.exists()]:
        raise ConfigError("a form may have been filled in, so none is written over; choose another folder", there)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for file in files:
        write_form(file, screening.survey, lang=screening.lang)
    return files


def _check_packages(folder: Path) -> None:
    """Refuse to write over a GeoPackage that another program has open: its edits would be lost, or spoil the new file."""
    for name in FILES:
        if name.endswith(".gpkg"):
            check_free(folder / name)


def _put(draft: Path, folder: Path) -> None:
    """Move finished files into place, all or none; a monitoring table that stood there is kept under another name."""
    _check_packages(folder)
    before = draft / "before"
    before.mkdir()
    moved = []
    try:
        for name in (name for name in FILES if (draft / name).is_file()):
            if (folder / name).exists():
                shutil.copy2(folder / name, before / name)
            (draft / name).replace(folder / name)
            moved.append(name)
    except OSError as error:  # a file is open in another program
        for name in moved:
            if (before / name).exists():
                (before / name).replace(folder / name)
            else:
                (folder / name).unlink()
        raise ConfigError(f"{folder}: cannot be written ({error}); everything there is as it was") from error
    if WORKBOOK in moved and (before / WORKBOOK).exists():
        stem, _, ending = WORKBOOK.partition(".")
        number = next(n for n in range(1, 10_000) if not (folder / f"{stem}.previous-{n}.{ending}").exists())
        (before / WORKBOOK).replace(folder / f"{stem}.previous-{number}.{ending}")


def _scope_name(findings: Findings) -> str:
    """Name of the scope, or its codes."""
    core = {rule.code for rule in findings.norm.rules.values() if rule.core}
    if findings.scope == core:
        return "core"
    return "full" if findings.scope == set(findings.norm.rules) else ", ".join(sorted(findings.scope))
