"""Commands on the walking network: who gets where, and what to fix first within a budget."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from toegankelijk.cli.terminal import Lang, Out, out, refusals, telling
from toegankelijk.errors import ConfigError
from toegankelijk.labels import interval, label, number

if TYPE_CHECKING:
    from toegankelijk.reach import Reach
    from toegankelijk.screening import Screening
    from toegankelijk.screening.plans import CityPlan

Source = Annotated[Path, typer.Argument(help="A city.toml, or a raw OSM extract (.osm, .osm.gz, .osm.pbf).")]
Profiles = Annotated[
    list[str] | None, typer.Option("--profile", help="Kind of user, such as wheelchair or rollator; more than once for several.")
]


def network(source: Source, out_folder: Out, profile: Profiles = None, lang: Lang = "nl") -> None:
    """Who gets where without a barrier: the walking network, reach per area, and islands."""
    from toegankelijk.labels import check_language
    from toegankelijk.screening.plans import write_reach

    with refusals(lang):
        check_language(lang)
        screening = _screened(source, profile, lang)
        reach = screening.reach
        write_reach(reach, out_folder, lang=lang)
        _print_reach(reach, lang)
        out.print(label("terminal.written", lang, folder=out_folder), markup=False)


def plan(
    source: Source,
    out_folder: Out,
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", help="Money per term or year: KT=250000, or of one service: KT:groen=30000; more than once."),
    ] = None,
    monitoring: Annotated[
        Path | None,
        typer.Option("--monitoring", help="Folder with a monitoring table; the choices of staff hold.", file_okay=False),
    ] = None,
    profile: Profiles = None,
    lang: Lang = "nl",
) -> None:
    """What to fix first: jobs, what they cost and gain, and the plan that gains most within the budget."""
    from toegankelijk.labels import check_language
    from toegankelijk.screening.plans import plan_city, read_staff

    with refusals(lang):
        check_language(lang)
        money = parse_budget(budget) if budget else None
        screening = _screened(source, profile, lang)
        table = None if monitoring is None else read_staff(monitoring)
        with solver_unheard():
            planned = plan_city(screening, table=table, budget=money)
        planned.write(out_folder)
        _print_plan(planned, lang)
        out.print(label("terminal.written", lang, folder=out_folder), markup=False)


@contextmanager
def solver_unheard() -> Iterator[None]:
    """The solver writes lines of its own to standard output, past Python; they are no result of this command."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), 1)
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def parse_budget(texts: list[str]) -> dict[str, float | dict[str, float]]:
    """Budgets as they are typed: ``KT=250000``, ``2027=80000``, ``MLT:groen=30000``.

    Raises
    ------
    ConfigError
        A text is no budget, or a term has an amount for all services and one for a single service; all are listed.

    Examples
    --------
    >>> parse_budget(["KT=250000", "MLT:wegen=100000", "MLT:groen=5000"])
    {'KT': 250000.0, 'MLT': {'wegen': 100000.0, 'groen': 5000.0}}
    """
    found: dict[str, float | dict[str, float]] = {}
    problems = []
    for text in texts:
        name, _, amount = text.partition("=")
        term, _, service = (part.strip() for part in name.partition(":"))
        euros = _euros(amount)
        held = found.get(term)
        if not term or euros is None:
            problems.append(f"{text!r}: write TERM=EUROS or TERM:SERVICE=EUROS")
        elif held is None:
            found[term] = {service: euros} if service else euros
        elif service and isinstance(held, dict) and service not in held:
            held[service] = euros
        else:
            problems.append(f"{text!r}: {term} has an amount already")
    if problems:
        raise ConfigError("budgets that cannot be read", problems)
    return found


def _euros(text: str) -> float | None:
    """An amount as it is typed; none if it is no amount of money."""
    try:
        euros = float(text.replace("_", "").replace(" ", ""))
    except ValueError:
        return None
    return euros if 0 <= euros < math.inf else None


def _screened(source: Path, profiles: list[str] | None, lang: str) -> Screening:
    from toegankelijk.screening import screen

    with telling(lang) as progress:
        return screen(source, lang=lang, profiles=profiles, progress=progress)


def _print_reach(reach: Reach, lang: str) -> None:
    from toegankelijk.reach import share_of_all

    purposes = reach.walking.places.purposes
    heads = ("network.profile", "network.area", "plan.page.purpose", "plan.page.everyone", "network.barrier_free")
    table = Table(*(label(name, lang) for name in heads))
    rows = reach.areas[reach.areas["division"].isin(["city", "zone"])]
    for row in rows.to_dict("records"):
        names = reach.walking.profiles[row["profile"]].names
        shares = interval(row["share"], share_of_all(row), lang), interval(row["share_low"], row["share_high"], lang)
        table.add_row(
            *map(escape, [names.get(lang, row["profile"]), str(row["name"]), purposes[row["purpose"]].names[lang], *shares])
        )
    out.print(table)
    network = reach.walking.network
    out.print(label("network.size", lang, edges=len(network), km=number(network.length.sum() / 1000, lang, digits=1)))
    for profile, rows in reach.islands[reach.islands["surely"]].groupby("profile"):
        names = reach.walking.profiles[str(profile)].names
        out.print(label("network.islands", lang, profile=names.get(lang, profile), count=len(rows)))


def _print_plan(planned: CityPlan, lang: str) -> None:
    solution, plan = planned.plan.solution, planned.plan
    heads = ("planning", "plan.page.jobs", "plan.page.spent", "plan.page.won", "plan.page.metres")
    table = Table(*(label(name, lang) for name in heads))
    for term in plan.programme.terms.index:
        gain = plan.gains.loc[term]
        spent, count = solution.spent.loc[term].sum(), int((plan.jobs["term"] == term).sum())
        numbers = [number(float(value), lang, digits=0) for value in (spent, gain["residents"], gain["metres"])]
        table.add_row(term, str(count), *numbers)
    out.print(table)
    shown = {"points": solution.value, "bound": solution.bound, "gap": 100 * solution.gap}
    out.print(label("plan.page.bound", lang, **{name: number(value, lang, digits=1) for name, value in shown.items()}))
    more = {"money": number(plan.more.money, lang, digits=0), "points": number(plan.more.gain, lang, digits=1)}
    out.print(label("plan.page.more", lang, **more))
