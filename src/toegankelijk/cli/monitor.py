"""Commands on the monitoring table: bring it up to date, see how it stands, compare, take workbooks in, give copies away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from toegankelijk.cli.terminal import Lang, out, refusals, telling
from toegankelijk.labels import day, label, names, word
from toegankelijk.ledger.fields import FIELDS
from toegankelijk.ledger.words import field_choices, field_label

if TYPE_CHECKING:
    import pandas as pd

    from toegankelijk.screening import Screening

MOST_ROWS = 40
"""Rows that a list shows in the terminal; a file has all of them."""

_NAMES = ("id", "date", "kind", "theme", "object_id", "photo", "text", "confidence", "source", "layer", "coordinates")
REPORTED: Mapping[str, str] = {**{name: name for name in _NAMES}, "crs": "file_crs"}
"""What can be said of a file with reports, and the parameter of `toegankelijk.read_reports` that takes it."""

Where = Annotated[str, typer.Argument(help="The table: a .gpkg, or postgis:VARIABLE with or without /schema.table.")]
File = Annotated[Path | None, typer.Option("--out", help="CSV file to write all rows to.", dir_okay=False)]

monitor = typer.Typer(
    help="Bring a monitoring table up to date, see how it stands and what changed, take workbooks in, give copies away.",
    no_args_is_help=True,
)


@monitor.command("update")
def update_table(
    where: Where,
    source: Annotated[
        Path | None, typer.Argument(help="A city.toml, or a raw OSM extract; without it only staff's edits are taken in.")
    ] = None,
    zones: Annotated[Path | None, typer.Option("--zones", help="File with zones, with a column level or niveau.")] = None,
    norm: Annotated[str | None, typer.Option("--norm", help="A bundled norm, or a folder; else that of city.toml.")] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="Metres that an object drawn again may lie from its old place.")
    ] = 0.5,
    deleted: Annotated[
        float,
        typer.Option("--deleted", help="Share of the rows that staff may have deleted at once; beyond it, nothing is done."),
    ] = 0.5,
    reports: Annotated[
        Path | None,
        typer.Option("--reports", help="File with reports of residents or inspectors, to tie to bottlenecks.", dir_okay=False),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", help="Where they say what: id=nr, date=datum, theme=onderwerp, coordinates=x,y. No other column is read."
        ),
    ] = None,
    lang: Lang = "nl",
) -> None:
    """Bring a table up to date with a screening; it is made if it is not there. What staff wrote stays."""
    from toegankelijk.labels import check_language
    from toegankelijk.monitoring import update_monitoring
    from toegankelijk.screening import screen

    with refusals(lang):
        check_language(lang)
        with telling(lang) as progress:
            found = None if source is None else screen(source, zones=zones, norm=norm, lang=lang, progress=progress)
            told = None if reports is None else _read_reports(reports, columns or [], found)
            state = update_monitoring(where, found, reports=told, tolerance=tolerance, most_deleted=deleted, lang=lang)
        if state.history.empty:
            out.print(label("monitor.unchanged", lang))
        else:
            came = state.history["field"].eq("*")
            _print_counts(state.history.loc[~came, "cause"], "cause", label("monitor.cells", lang), lang)
            rows = {"new": int((came & state.history["new"].ne("deleted")).sum()), "all": len(state.table)}
            out.print(label("monitor.updated", lang, **rows))
        out.print(label("monitor.conflicts", lang, count=len(state.conflicts)))


def _read_reports(path: Path, columns: Sequence[str], screening: Screening | None) -> pd.DataFrame:
    """Reports from a file, of which columns are named as ``id=nr``."""
    from toegankelijk.errors import ConfigError
    from toegankelijk.monitoring.reports import read_reports

    if screening is None:
        raise ConfigError(f"{path}: reports are tied to bottlenecks in an update with a screening; give a city.toml too")
    named = dict(text.split("=", 1) for text in columns if "=" in text)
    wrong = [text for text in columns if "=" not in text or text.split("=", 1)[0] not in REPORTED]
    if wrong:
        raise ConfigError(f"--column is written as name=column, with one of the names {', '.join(REPORTED)}", wrong)
    options: dict[str, Any] = {REPORTED[name]: column for name, column in named.items()}
    if "coordinates" in options:
        options["coordinates"] = options["coordinates"].split(",")
    return read_reports(path, crs=screening.city.crs, **options)


@monitor.command("status")
def show_status(where: Where, file: File = None, lang: Lang = "nl") -> None:
    """Show how a table stands: by status, term and service, what is overdue, what is to be verified, what to look at."""
    from toegankelijk.monitoring.reading import monitoring_status

    with refusals(lang):
        counts = monitoring_status(where)
        _write(counts, file)
        words = {"conflicts": "what"}
        shown = counts.assign(
            code=[_word(words.get(what, what), code, lang) for what, code in zip(counts["what"], counts["code"], strict=True)],
            what=[label("monitor.conflict_list" if what == "conflicts" else f"monitor.{what}", lang) for what in counts["what"]],
        )
        shown["what"] = shown["what"].where(shown["what"] != shown["what"].shift(), "")
        _print(shown, [label(f"monitor.{name}", lang) for name in ("what", "code", "count")])


@monitor.command("diff")
def show_differences(
    where: Where,
    other: Annotated[str | None, typer.Argument(help="Another table, of a later date, to compare it with.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="A day, or the number of an update; else before the last.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="A day, or the number of an update; else as it stands.")] = None,
    file: File = None,
    lang: Lang = "nl",
) -> None:
    """Show what is new, gone, better, worse and edited between two states of a table, or two tables."""
    from toegankelijk.monitoring.reading import diff_monitoring

    with refusals(lang):
        found = diff_monitoring(where, other, since=since, until=until)
        _write(found, file)
        if found.empty:
            out.print(label("monitor.same", lang))
            return
        bottlenecks = found.drop_duplicates(["bottleneck_id", "change"])
        _print_counts(bottlenecks["change"], "change", label("bottlenecks", lang), lang)
        _print_cells(found, ("before", "after"), ("change",), lang)


@monitor.command("history")
def show_history(
    where: Where,
    bottleneck: Annotated[str | None, typer.Argument(help="Id of a bottleneck; else all.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only from this day on.")] = None,
    cause: Annotated[str | None, typer.Option("--cause", help="street, data, norm, level, staff or system.")] = None,
    file: File = None,
    lang: Lang = "nl",
) -> None:
    """Show what happened, of a bottleneck or of all, the newest first, with the cause: street, data, norm, level or staff."""
    from toegankelijk.monitoring.reading import monitoring_history

    with refusals(lang):
        found = monitoring_history(where, bottleneck, since=since, cause=cause)
        _write(found, file)
        if found.empty:
            out.print(label("monitor.nothing", lang))
            return
        days = [day(moment, lang, short=True) for moment in found["changed_on"]]
        newest = found.assign(changed_on=days).iloc[::-1]
        _print_cells(newest, ("old", "new"), ("changed_on", "cause"), lang)


@monitor.command("trends")
def show_trends(
    where: Where,
    by: Annotated[str, typer.Option("--by", help="Columns to group by, such as zone_id or zone_id,theme.")] = "zone_id",
    file: File = None,
    lang: Lang = "nl",
) -> None:
    """Show per zone and year, and for the city, how many bottlenecks came, were closed, and are open."""
    from toegankelijk.monitoring.reading import monitoring_trends

    with refusals(lang):
        groups = by.split(",")
        table = monitoring_trends(where, by=groups)
        _write(table, file)
        happened = [name for name in table if name in (*groups, "year", "new", "open") or table[name].any()]
        first = table[groups[0]]
        shown = table.assign(**{groups[0]: first.where(first != "city", label("total", lang))})[happened]
        _print(shown, [_trend_heading(name, groups, lang) for name in shown])


@monitor.command("import-excel")
def import_excel(
    where: Where,
    files: Annotated[list[Path], typer.Argument(help="Workbooks that came back.", dir_okay=False)],
    as_meant: Annotated[bool, typer.Option("--as-meant", help="Also if a column seems to be sorted without the others.")] = False,
    file: File = None,
    lang: Lang = "nl",
) -> None:
    """Take the edits of workbooks that came back in the table; what cannot be taken over is listed, cell by cell."""
    from toegankelijk.monitoring import import_workbooks

    with refusals(lang):
        told = import_workbooks(where, files, as_meant=as_meant, lang=lang)
        _write(told, file)
        for name, note in told.loc[told["outcome"].eq("told"), ["workbook", "note"]].itertuples(index=False, name=None):
            out.print(f"{name}: {note}", markup=False)
        if missing := int(told["outcome"].eq("missing").sum()):
            out.print(label("monitor.missing", lang, count=missing))
        told = told[~told["outcome"].isin(["told", "missing"])]
        if told.empty:
            out.print(label("monitor.no_edits", lang))
            return
        taken = told["outcome"].isin(["set", "same"])
        out.print(label("monitor.imported", lang, taken=int(taken.sum()), listed=int((~taken).sum())))
        lost = told[~taken]
        if len(lost):
            why = [word("import", code, lang) for code in lost["outcome"]]
            _print_cells(lost.assign(outcome=why), ("before", "after"), ("workbook", "cell", "outcome"), lang)


@monitor.command("export")
def export_table(
    where: Where,
    target: Annotated[Path, typer.Argument(help="File to write: .xlsx, .gpkg or .csv; an existing one is kept.", dir_okay=False)],
    city: Annotated[str, typer.Option("--city", help="Name for the title of a workbook.")] = "",
    lang: Lang = "nl",
) -> None:
    """Copy a table to a workbook to fill in, a GeoPackage with all that is kept beside it, or a table in text."""
    from toegankelijk.monitoring.reading import export_monitoring

    with refusals(lang):
        export_monitoring(where, target, city=city, lang=lang)
        out.print(str(target), markup=False)


def _write(table: pd.DataFrame, file: Path | None) -> None:
    if file is not None:
        from toegankelijk.io.lists import write_list

        write_list(file, table)


def _print_cells(found: pd.DataFrame, cells: tuple[str, str], beside: Sequence[str], lang: str) -> None:
    """Rows of cells that changed, up to `MOST_ROWS`, with words for codes."""
    first = found.head(MOST_ROWS)
    columns = {name: first[name] for name in beside}
    if "change" in columns:
        columns["change"] = [label(f"change.{code}", lang) for code in first["change"]]
    if "cause" in columns:
        columns["cause"] = [word("cause", code, lang) for code in first["cause"]]
    columns["bottleneck_id"] = first["bottleneck_id"]
    columns["field"] = [label("monitor.row", lang) if name == "*" else field_label(name, lang) for name in first["field"]]
    for name in cells:
        columns[name] = [_word(field, text, lang) for field, text in zip(first["field"], first[name], strict=True)]
    headings = [label(f"{'ledger' if name in ('old', 'new') else 'monitor'}.{name}", lang) for name in columns]
    _print(first.iloc[:, :0].assign(**columns), headings)
    if len(found) > len(first):
        out.print(label("monitor.more", lang, count=len(found) - len(first)))


def _word(field: str, code: str, lang: str) -> str:
    """A code in words; of a row that came or went, how."""
    if field == "*":
        said = word("came", code, lang)
        return said if said != code else _word("status", code, lang)
    known = FIELDS.get(field)
    if known and known.of in ("responsible", "partner"):
        return _services(lang).get(code, code)
    if known and known.type == "date":
        return day(code, lang, short=True)
    return field_choices(field, lang).get(code, code)


@cache
def _services(lang: str) -> dict[str, str]:
    """Names of the services of the norm that comes with the package; a table does not say which norm named its own."""
    from toegankelijk.norm import read_norm

    return names(read_norm().services, lang)


def _print_counts(codes: pd.Series, group: str, heading: str, lang: str) -> None:
    counts = codes.value_counts(sort=False)
    table = Table(Column(label(f"monitor.{group}", lang)), Column(heading, justify="right"), box=SIMPLE_HEAD, pad_edge=False)
    for code, count in counts.items():
        table.add_row(escape(word(group, str(code), lang)), str(count))
    out.print(table)


def _trend_heading(name: str, groups: Sequence[str], lang: str) -> str:
    if name in groups:
        return field_label(name, lang)
    return (
        label(f"monitor.{name}", lang) if name in ("year", "new", "reopened", "deleted", "open") else word("status", name, lang)
    )


def _print(table: pd.DataFrame, headings: Sequence[str]) -> None:
    columns = [
        Column(head, overflow="fold", justify="right" if table[name].dtype.kind in "iu" else "left")
        for head, name in zip(headings, table, strict=True)
    ]
    result = Table(*columns, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for row in table.astype("str").to_numpy().tolist():
        result.add_row(*map(escape, row))
    out.print(result)
