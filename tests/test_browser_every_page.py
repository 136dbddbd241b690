"""Every page that the commands write, in a browser without a network: no fault to axe, nothing fetched, and it fits a phone."""

from pathlib import Path

import pytest

import toegankelijk as tg
from toegankelijk.screening.cities import screen_cities
from toegankelijk.screening.papers import write_papers
from toegankelijk.screening.plans import plan_city, write_reach

from .browsing import NEEDS_BROWSER, Visits, faults, running_browser
from .screenings import screen_once

pytestmark = NEEDS_BROWSER

LANG = "de"
"""The language with the longest words: what fits in it fits in the others."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with all pages of a screening, a plan, its reach, its papers and a comparison."""
    made = tmp_path_factory.mktemp("pages")
    screening = screen_once(tg.sample_city("walking"), lang=LANG)
    screening.write(made / "screening")
    planned = plan_city(screening, budget={"KT": 11_000, "MLT": 20_000})
    planned.write(made / "plan")
    write_reach(screening.reach, made / "network", lang=LANG)
    write_papers(screening, made / "papers", plan=planned)
    screen_cities([tg.sample_city(), tg.sample_city("walking")], lang=LANG).write(made / "compared", lang=LANG)
    return made


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visit(browser, request):
    visits = Visits(browser, request.node.name)
    yield visits
    visits.close()


@pytest.mark.parametrize("part", ["screening", "plan", "network", "papers", "compared"])
def test_it_has_no_faults_and_fits(folder, visit, part):
    pages = sorted((folder / part).rglob("*.html"))
    assert pages
    wrong, kinds = {}, set()
    for path, width in [(path, width) for path in pages for width in (320, 1280)]:
        kind = (path.name.split("-")[0], width)  # of sheets, letters and lists of one kind, one is looked at on a wide screen
        if kind in kinds and width > 320:
            continue
        kinds.add(kind)
        page = visit(path, width=width, height=640)
        found = [*page.trouble, *page.asked, *faults(page)]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{wide} pixels wide: {_widest(page, width)}")
        if found:
            wrong[f"{path.relative_to(folder).as_posix()} at {width}"] = found
        visit.leave(page)
    assert wrong == {}


def _widest(page, width: int) -> list[str]:
    """What reaches over the right edge and is not in a box of its own that scrolls."""
    script = """width => [...document.querySelectorAll('main *, header *, footer *, nav *')]
        .filter(one => one.getBoundingClientRect().right > width + 1 && !one.closest('.wide'))
        .slice(0, 3).map(one => one.tagName + ' ' + one.textContent.slice(0, 60))"""
    found: list[str] = page.evaluate(script, width)
    return found


def test_all_pages_are_looked_at(folder: Path) -> None:
    names = {path.name for path in folder.rglob("*.html")}
    assert {"map.html", "report.html", "plan.html", "plan_map.html", "network.html", "cities.html", "index.html"} <= names
    assert len(names) > 25
