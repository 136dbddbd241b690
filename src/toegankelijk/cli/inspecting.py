"""The command that looks into files and drafts a city.toml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from toegankelijk.cli.terminal import REFUSED, Lang, err, out, refusals
from toegankelijk.labels import label

if TYPE_CHECKING:
    import pandas as pd


def inspect(
    files: Annotated[list[Path], typer.Argument(help="Files with layers, tables, archives, OSM extracts or height rasters.")],
    draft: Annotated[
        Path | None, typer.Option("--draft", help="city.toml to write; an existing one is kept.", dir_okay=False)
    ] = None,
    lang: Lang = "nl",
) -> None:
    """Look into unknown files: layers, coordinate systems, columns, likely kinds and units; draft a city.toml."""
    from toegankelijk.errors import ConfigError
    from toegankelijk.inspection import CONTRADICTS, FITS, MISSING, inspect_files

    with refusals(lang):
        if draft is not None and draft.exists():
            raise ConfigError(f"{draft}: exists already; choose another name for the draft")
        found = inspect_files(files, folder=draft.parent if draft else None)
        words = {code: label(f"inspect.{code}", lang) for code in (FITS, MISSING, CONTRADICTS)}
        verdict = found.layers["verdict"].map(lambda code: words.get(code, code))  # of a raster its problems
        layers = found.layers.assign(system=(found.layers["crs"] + " " + verdict).str.strip())
        _print(layers, ("layer", "rows", "geometry", "system", "register", "kind", "confidence", "key"), lang)
        guessed = found.columns[found.columns["attribute"] != ""]
        guessed = guessed.assign(examples=guessed["examples"].str.split(" · ").str[:3].str.join(" · "))
        _print(guessed, ("layer", "column", "fill", "examples", "attribute", "confidence", "unit"), lang)
        for row in found.refused.to_dict("records"):
            err.print(f"[red]{label('terminal.refused', lang)}[/red]\n{escape(row['reason'])}", soft_wrap=True)
        if draft is not None:
            draft.write_text(found.draft, encoding="utf-8", newline="\n")
            out.print(label("inspect.drafted", lang, file=draft), markup=False)
        if len(found.refused):
            raise typer.Exit(REFUSED)


def _print(table: pd.DataFrame, columns: tuple[str, ...], lang: str) -> None:
    result = Table(
        *(Column(label(f"inspect.{name}", lang), overflow="fold") for name in columns), box=SIMPLE_HEAD, pad_edge=False
    )
    named = table["layer"].where(table["layer"] != "", table["file"].map(lambda file: Path(file).name))
    for row in table.assign(layer=named).to_dict("records"):
        cells = [f"{row[name]:.0%}" if name in ("confidence", "fill") else str(row[name]) for name in columns]
        result.add_row(*map(escape, cells))
    out.print(result)
