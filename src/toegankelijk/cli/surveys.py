"""The command that lists what to measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toegankelijk.cli.terminal import Lang, Out, err, out, refusals
from toegankelijk.labels import label


def survey(
    source: Annotated[Path, typer.Argument(help="A city.toml, or a raw OSM extract.")],
    out_folder: Out,
    norm: Annotated[str | None, typer.Option("--norm", help="A bundled norm, or a folder; else that of city.toml.")] = None,
    scope: Annotated[str, typer.Option("--scope", help="Criteria to measure for: core or full.")] = "core",
    lang: Lang = "nl",
) -> None:
    """List what to measure, in visits, with a form for QField, QGIS and spreadsheets; what comes back are observations."""
    from toegankelijk.screening import screen
    from toegankelijk.screening.results import write_survey

    with refusals(lang):
        with err.status(label("terminal.reading", lang)):
            found = screen(source, norm=norm, scope=scope, lang=lang)
            files = write_survey(found, out_folder)
        counts = {"objects": int((found.survey["attributes"] != "").sum()), "visits": found.survey["visit_id"].nunique()}
        out.print(label("terminal.survey", lang, **counts))
        for file in files:
            out.print(str(file), markup=False)
