"""Command that writes the papers of a screening: action plan, fact sheets, recommendations, letters and work lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toegankelijk.cli.planning import Profiles, Source, parse_budget, solver_unheard
from toegankelijk.cli.terminal import Lang, Out, out, refusals, telling
from toegankelijk.labels import label

if TYPE_CHECKING:
    from toegankelijk.screening import Screening
    from toegankelijk.screening.plans import CityPlan


def report(
    source: Source,
    out_folder: Out,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write each page as a tagged PDF too (extra pdf).")] = False,
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", help="Money per term or year: KT=250000, or of one service: KT:groen=30000; more than once."),
    ] = None,
    monitoring: Annotated[
        Path | None,
        typer.Option("--monitoring", help="Folder with a monitoring table: what staff did counts.", file_okay=False),
    ] = None,
    profile: Profiles = None,
    lang: Lang = "nl",
) -> None:
    """Action plan, fact sheets, recommendations, letters and work lists, as pages, tables and layers."""
    from toegankelijk.labels import check_language
    from toegankelijk.screening import screen
    from toegankelijk.screening.papers import write_papers

    with refusals(lang):
        check_language(lang)
        money = parse_budget(budget) if budget else None
        with telling(lang) as progress:
            screening = screen(source, lang=lang, profiles=profile, progress=progress)
            plan = _planned(screening, money, monitoring)
            files = write_papers(screening, out_folder, plan=plan, monitoring=monitoring, pdf=pdf, progress=progress)
        out.print(label("paper.written", lang, count=len(files), index=files[0]), markup=False, soft_wrap=True)


def _planned(screening: Screening, money: dict[str, float | dict[str, float]] | None, monitoring: Path | None) -> CityPlan | None:
    """The plan within the budget of the call or of the city; none where there is no budget."""
    from toegankelijk.screening.plans import plan_city, read_staff

    if money is None and not screening.city.settings.get("plan", {}).get("budget"):
        return None
    table = None if monitoring is None else read_staff(monitoring)
    with solver_unheard():
        return plan_city(screening, table=table, budget=money)
