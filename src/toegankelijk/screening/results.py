"""Results on disk: all files of a screening, none half-written, and what people work in never lost."""

from __future__ import annotations

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
from toegankelijk.io.geopackage import check_free, read_table, write_layers, write_table
from toegankelijk.monitoring import FIELDS, LAYER, same_tables, update_table
from toegankelijk.survey import list_visits

if TYPE_CHECKING:
    from toegankelijk.screening import Screening

TABLES = ("monitoring.gpkg", "monitoring.xlsx")
"""Files in which people work; one that stood there is kept under another name."""

FILES = ("findings.parquet", "screening.gpkg", *TABLES, "map.html", "report.html", "run.json")
"""What a screening writes; the workbook only where the package for it is installed."""

Progress = Callable[[str, str], None]
"""Told the step (``writing``), and the file."""


def write_results(screening: Screening, folder: str | Path, *, progress: Progress) -> Path:
    """Write all files of a screening into a folder; nothing half-written stays behind.

    A monitoring table that stands there already is carried on with: what staff wrote in it is kept, and if anything changes
    the file itself stays too, as ``monitoring.previous-1.gpkg`` and so on.

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
        _write_files(screening, draft, folder / "monitoring.gpkg", progress)
        _put(draft, folder)
        undo.pop_all()
    shutil.rmtree(draft)
    return folder


def _write_files(screening: Screening, draft: Path, standing: Path, progress: Progress) -> None:
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
    write_layers(draft / "screening.gpkg", {**layers, **{name: layer for name, layer in more.items() if len(layer)}})
    _write_table(screening, draft, standing, progress)
    progress("writing", "map.html")
    write_map(screening.map(), draft / "map.html", title=screening.city.name, lang=screening.lang)
    progress("writing", "report.html")
    record = screening.run_record()
    write_report(
        draft / "report.html",
        city_name=screening.city.name,
        scores=screening.scores,
        bottlenecks=screening.table,
        good_examples=screening.good_examples,
        unknowns=screening.unknowns,
        balance=screening.balance,
        run={**record, "scope": _scope_name(screening.findings)},
        lang=screening.lang,
        norm=screening.norm,
    )
    text = json.dumps(record, indent=1, ensure_ascii=False, default=str)
    (draft / "run.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_table(screening: Screening, draft: Path, standing: Path, progress: Progress) -> None:
    """The monitoring table, if it changes, and as a workbook where the package for that is installed."""
    progress("writing", "monitoring.gpkg")
    table, changed = _carried_on(screening, standing)
    if changed:
        extra = [name for name in table if name not in FIELDS and name != "geometry"]
        write_table(draft / "monitoring.gpkg", LAYER, table, {**FIELDS, **{name: _field_type(table[name]) for name in extra}})
    wanted = changed or not standing.with_suffix(".xlsx").is_file()
    if wanted and importlib.util.find_spec("xlsxwriter") is not None:
        from toegankelijk.workbook import write_monitoring_workbook

        progress("writing", "monitoring.xlsx")
        write_monitoring_workbook(draft / "monitoring.xlsx", table, city=screening.city, norm=screening.norm, lang=screening.lang)


def _carried_on(screening: Screening, standing: Path) -> tuple[gpd.GeoDataFrame, bool]:
    """The table: new, or carried on from the one that stands there; and whether that changes anything."""
    if not standing.is_file():
        return screening.table, True
    previous = read_table(standing, LAYER)
    previous = previous if previous.geometry.name == "geometry" else previous.rename_geometry("geometry")
    table = update_table(screening.table, previous)
    return table, not (set(table) <= set(previous) and same_tables(table, previous[list(table)]))


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
    for name in TABLES:
        if name in moved and (before / name).exists():
            stem, _, ending = name.partition(".")
            number = next(n for n in range(1, 10_000) if not (folder / f"{stem}.previous-{n}.{ending}").exists())
            (before / name).replace(folder / f"{stem}.previous-{number}.{ending}")


def _field_type(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "bool"
    if pd.api.types.is_integer_dtype(column):
        return "int64"
    return "float" if pd.api.types.is_float_dtype(column) else "str"


def _scope_name(findings: Findings) -> str:
    """Name of the scope, or its codes."""
    core = {rule.code for rule in findings.norm.rules.values() if rule.core}
    if findings.scope == core:
        return "core"
    return "full" if findings.scope == set(findings.norm.rules) else ", ".join(sorted(findings.scope))
