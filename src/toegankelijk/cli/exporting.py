"""Command that writes a city in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from toegankelijk.cli.terminal import Lang, out, refusals, telling
from toegankelijk.labels import kind_names, label

Format = Literal["opensidewalks", "a11yjson", "oslo"]


def export(
    source: Annotated[Path, typer.Argument(help="A city.toml, or a raw OSM extract (.osm, .osm.gz, .osm.pbf).")],
    to: Annotated[Format, typer.Option("--to", help="opensidewalks (zip of GeoJSON), a11yjson (JSON) or oslo (JSON-LD).")],
    file: Annotated[Path, typer.Option("--out", help="File to write.", dir_okay=False)],
    lang: Lang = "nl",
) -> None:
    """Screen a city and write it as OpenSidewalks, A11yJSON or OSLO Toegankelijkheid."""
    from toegankelijk.exchange import export_screened
    from toegankelijk.labels import check_language
    from toegankelijk.screening import screen

    with refusals(lang):
        check_language(lang)
        with telling(lang) as progress:
            screening = screen(source, lang=lang, progress=progress)
        done = export_screened(screening.findings, file, to=to, walking=screening.walking)
        what = ", ".join(f"{count} {label(f'exchange.{name}', lang)}" for name, count in done.written.items())
        out.print(label("exchange.written", lang, path=done.path, what=what), markup=False, soft_wrap=True)
        if done.left_out:
            names = kind_names(lang)
            lost = ", ".join(f"{names.get(kind, kind)} ({count})" for kind, count in done.left_out.items())
            out.print(label("exchange.left_out", lang, what=lost), markup=False, soft_wrap=True)
