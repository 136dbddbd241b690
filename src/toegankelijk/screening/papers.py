"""All papers of a screening in a folder: fact sheets, action plan, recommendations, letters, work lists, and their index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from toegankelijk import labels, wording
from toegankelijk.breaches import list_breaches
from toegankelijk.errors import ConfigError
from toegankelijk.io.geopackage import check_free, write_layers
from toegankelijk.io.lists import write_list
from toegankelijk.io.outcome_styles import outcome_finish
from toegankelijk.labels import SEPARATORS, label
from toegankelijk.monitoring import read_monitoring
from toegankelijk.reports.action_plan import part_name, write_action_plan
from toegankelijk.reports.facts import Facts
from toegankelijk.reports.letters import write_letters
from toegankelijk.reports.paper_parts import file_stem, listed, page_title, write_page
from toegankelijk.reports.recommendations import write_recommendations
from toegankelijk.reports.work_lists import describe_list, headings, write_work_list
from toegankelijk.screening.fact_sheets import facts_of, write_sheets
from toegankelijk.screening.paper_tables import COSTS, GAINS, count_criteria, list_actions, locate
from toegankelijk.screening.results import TABLE, with_staff

if TYPE_CHECKING:
    from toegankelijk.ledger.state import State
    from toegankelijk.screening import Progress, Screening
    from toegankelijk.screening.plans import CityPlan

SHEETS, INDEX = "sheets", "index.html"
"""Folder of the fact sheets, and the page that lists all papers."""


@dataclass(frozen=True)
class _Desk:
    """What the papers are written from, and where."""

    screening: Screening
    folder: Path
    facts: Facts
    breaches: pd.DataFrame
    places: pd.DataFrame

    @property
    def lang(self) -> str:
        return self.screening.lang


def write_papers(
    screening: Screening,
    folder: str | Path,
    *,
    plan: CityPlan | None = None,
    monitoring: str | Path | None = None,
    pdf: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Write all papers of a screening.

    ``index.html`` lists them: the action plan (with ``action_plan.csv``), fact sheets in ``sheets``, recommendations per theme
    and service, a work list per service (page, CSV and GeoPackage), and letters to others who manage roads, stops and frontages.

    Parameters
    ----------
    screening
        A screening; its language is that of the papers.
    folder
        Where to write; made if it is not there. Papers of the same name are replaced.
    plan
        A plan of the same screening, of which the terms, gains and budgets count.
    monitoring
        Folder with a monitoring table, or the table itself: what staff did counts, and fact sheets tell how it went.
    pdf
        Whether to write each page as a tagged PDF too (extra ``pdf``).
    progress
        Told the step (``writing``), and the file.

    Returns
    -------
    list of Path
        The index, then all other files.

    Raises
    ------
    ConfigError
        The folder is a file, or a file in it cannot be replaced; there is no monitoring table.
    MissingExtraError
        PDFs are asked for, and the package for them is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from toegankelijk import sample_city, screen
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_papers(screen(sample_city()), folder)
    ...     sorted({file.suffix for file in files}), (Path(folder) / "letter-awv.html").is_file()
    (['.csv', '.gpkg', '.html'], True)
    """
    tell = progress or (lambda step, what: None)
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; give a folder to write to")
    if pdf:  # better told before the work than after it
        from toegankelijk.pdf import check_pdf

        check_pdf()
    source = screening if plan is None else plan.screening
    state = None if monitoring is None else _read(monitoring)
    table = source.table if state is None else with_staff(source.table, state)
    (folder / SHEETS).mkdir(parents=True, exist_ok=True)
    tell("writing", SHEETS)
    trail = [{"href": f"../{INDEX}", "text": label("paper.index_short", source.lang)}]
    sheets = write_sheets(source, folder / SHEETS, state=state, table=table, trail=trail)
    facts = facts_of(source, state=state, table=table)
    desk = _Desk(source, folder, facts, list_breaches(source.findings, table, lang=source.lang), locate(table))
    tell("writing", "action_plan.html")
    action = _write_plan(desk, plan)
    lists = _write_lists(desk)
    tell("writing", "recommendations")
    learn = write_recommendations(folder, facts, count_criteria(source), lang=source.lang)
    tell("writing", "letters")
    annexes = {service: tuple(file.name for file in files[1:]) for service, files in lists.items()}
    letters = write_letters(folder, facts, desk.breaches, places=desk.places, lists=annexes, lang=source.lang)
    pages = [action[0], *[files[0] for files in lists.values()], *learn, *[page for one in letters.values() for page in one]]
    made = _write_pdfs([*pages, *sheets], tell) if pdf else []
    index = _write_index(desk, {"action": [action], "sheets": [sheets[:1]], "learn": [[page] for page in learn]}, lists, letters)
    made += _write_pdfs([index], tell) if pdf else []
    others = [action[1], *[file for files in lists.values() for file in files[1:]]]
    return [index, *pages, *others, *sheets, *made]


def _read(monitoring: str | Path) -> State:
    path = Path(monitoring)
    path = path / TABLE if path.is_dir() else path
    if not path.is_file():
        raise ConfigError(f"{path}: there is no monitoring table; give the folder that a screening was written to")
    return read_monitoring(path, history=True)


def _write_plan(desk: _Desk, plan: CityPlan | None) -> list[Path]:
    """The action plan, and all its actions as a table."""
    lang, facts = desk.lang, desk.facts
    actions = list_actions(desk.screening, plan, table=facts.bottlenecks)
    counted = desk.screening.weighed.counted.partition(" ")[0] if desk.screening.weighed is not None else ""
    path = desk.folder / "action_plan.csv"
    names = wording.Names.of(facts.norm, lang)
    zones = wording.zone_names(facts.scores)
    rows = actions.assign(
        section=[part_name(part, lang) for part in actions["section"]],
        zones=[listed(cell, zones, most=99) for cell in actions["zones"]],
        kinds=[listed(cell, names.kinds, most=99) for cell in actions["kinds"]],
        responsible=actions["responsible"].map(lambda code: names.services.get(code, code)),
        partner=[listed(cell, names.services, most=99) for cell in actions["partner"]],
        phase=[labels.several("phase", cell, lang) for cell in actions["phase"]],
        band=[labels.word("band", cell, lang) for cell in actions["band"]],
        **{name: actions[name].str.replace("|", "; ") for name in ("streets", "solutions", "ids", "works")},
        **{name: actions[name].round(0) for name in (*COSTS, *GAINS)},
    )
    write_list(
        path, rows.set_axis([label(f"paper.column.{name}", lang) for name in rows.columns], axis=1), decimal=SEPARATORS[lang][0]
    )
    budgets = None if plan is None else plan.plan.solution.budgets
    page = write_action_plan(
        desk.folder / "action_plan.html", facts, actions, counted=counted, budgets=budgets, beside=path.name, lang=lang
    )
    return [page, path]


def _write_lists(desk: _Desk) -> dict[str, list[Path]]:
    """The work list of each service: page, CSV, GeoPackage."""
    table, lang = desk.facts.bottlenecks, desk.lang
    written: dict[str, list[Path]] = {}
    services = wording.text(table["responsible"])
    for service in [code for code in desk.screening.norm.services.index if code in set(services)]:
        rows = table[services == service]
        said = describe_list(desk.facts, rows, desk.breaches, places=desk.places, lang=lang)
        stem = file_stem("list", str(service), taken=[files[0].stem for files in written.values()])
        files = [desk.folder / f"{stem}.{ending}" for ending in ("html", "csv", "gpkg")]
        write_list(files[1], said.set_axis(headings(list(said.columns), lang), axis=1), decimal=SEPARATORS[lang][0])
        _write_layer(files[2], rows, said, lang)
        names = [file.name for file in files[1:]]
        write_work_list(files[0], desk.facts, said, service=str(service), files=names, lang=lang)
        written[str(service)] = files
    return written


def _write_layer(path: Path, rows: gpd.GeoDataFrame, said: pd.DataFrame, lang: str) -> None:
    """A work list as a layer, with a style by priority."""
    check_free(path)
    codes = rows.loc[said.index, ["theme", "criterion", "remedy", "phase", "priority_band"]].astype("object")
    layer = said.rename(columns={"band": "priority_name", "planning": "planned"}).join(codes.where(codes.notna(), None))
    numbers = {"priority": "float64", "target_year": "float64"}
    layer = layer.astype({name: kind for name, kind in numbers.items() if name in layer})
    frame = gpd.GeoDataFrame(layer, geometry=rows.geometry.loc[said.index].to_numpy(), crs=rows.crs).reset_index(drop=True)
    write_layers(path, {"bottlenecks": frame}, finish=outcome_finish({"bottlenecks": frame}, lang))


def _write_pdfs(pages: list[Path], tell: Progress) -> list[Path]:
    from toegankelijk.pdf import write_pdf

    made = []
    for page in pages:
        tell("writing", page.with_suffix(".pdf").name)
        made.append(write_pdf(page, page.with_suffix(".pdf")))
    return made


def _write_index(
    desk: _Desk, papers: dict[str, list[list[Path]]], lists: dict[str, list[Path]], letters: dict[str, list[Path]]
) -> Path:
    """The page that lists all papers, each with the other files that say the same."""
    lang = desk.lang
    own = desk.screening.norm.services["own"]
    papers = papers | {
        "lists": [files for service, files in lists.items() if own.get(service) == "true"],
        "others": [[page] for pages in letters.values() for page in pages],
        "lists_others": [files for service, files in lists.items() if own.get(service) != "true"],
    }
    parts = [
        {
            "name": label(f"paper.index_{part}", lang),
            "note": label(f"paper.index_{part}_note", lang),
            "papers": [_entry(desk.folder, files) for files in chosen],
        }
        for part, chosen in papers.items()
        if chosen
    ]
    title = label("paper.index", lang, city=desk.screening.city.name)
    return write_page(desk.folder / INDEX, "index.html", desk.facts, lang=lang, title=title, parts=parts)


def _entry(folder: Path, files: list[Path]) -> dict[str, object]:
    """A line of the index: a page by its title, and its other forms."""
    page, *others = files
    others += [page.with_suffix(".pdf")] if page.with_suffix(".pdf").is_file() else []
    links = [{"href": other.relative_to(folder).as_posix(), "text": other.suffix[1:].upper()} for other in others]
    return {"href": page.relative_to(folder).as_posix(), "text": page_title(page), "others": links}
