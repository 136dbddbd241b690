"""The gallery: outputs of a real city, made anew when the docs are built, with pictures of them where there is a browser.

Without the real data beside the repository they are those of the sample district, and the page says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

import toegankelijk as tg
from toegankelijk.screening.papers import write_papers

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT / "tests" / "real" / "neukoelln_osm.toml"
DATA = ROOT.parent / "shared" / "data" / "berlin-neukoelln"
BUDGET = {"KT": 150_000, "MLT": 300_000}
SIZE = (1280, 860)


@dataclass(frozen=True)
class Piece:
    """A page of the gallery."""

    file: str
    title: str
    about: str


PIECES = (
    Piece(
        "map.html", "Map of a screening", "Zones by score, bottlenecks, what is good, who gets where, what to measure; one file."
    ),
    Piece("plan/plan_map.html", "Map of a plan", "Jobs by term, and the ways that they open."),
    Piece("plan/plan.html", "Plan within a budget", "What is done when, what it gains, what was left out and why."),
    Piece("network/network.html", "Who gets where", "Ways that are open, closed or unknown to a wheelchair, and islands."),
    Piece("report.html", "Report", "Scores, bottlenecks, unknowns, and where it all comes from."),
    Piece("papers/index.html", "Papers", "Fact sheets, action plan, recommendations, letters and work lists."),
)


def write_gallery(folder: Path, extra: Path) -> None:
    """Write pictures and text of the page into a folder, and the outputs into one that is copied into the docs as it is."""
    files = extra / "gallery" / "files"
    for made in (folder, extra):
        shutil.rmtree(made, ignore_errors=True)
    folder.mkdir(parents=True)
    files.mkdir(parents=True)
    real = DATA.is_dir()
    screening = tg.screen(REAL if real else tg.sample_city("walking"), lang="en")
    screening.write(files)
    planned = tg.plan_city(screening, budget=BUDGET)
    planned.write(files / "plan")
    tg.write_reach(screening.reach, files / "network", lang="en")
    write_papers(screening, files / "papers", plan=planned)
    pieces = [piece for piece in PIECES if (files / piece.file).is_file()]
    pictures = take_pictures(files, folder, pieces)
    text = f"These are outputs of {screening.city.name}"
    text += (
        " (open data: " + screening.city.settings.get("attribution", "") + ")"
        if real
        else ", the sample district, which does not exist"
    )
    lines = [f"{text}. They open without a network, as they would from a mail.", ""]
    for piece in pieces:
        size = (files / piece.file).stat().st_size / 1e6
        lines += [f"## {piece.title}", "", f'{piece.about} <a href="gallery/files/{piece.file}">Open it</a> ({size:.1f} MB).', ""]
        if piece.file in pictures:
            lines += [
                f"```{{image}} {pictures[piece.file]}",
                f":alt: {piece.title}: the page as it opens in a browser",
                "```",
                "",
            ]
    (folder / "pieces.inc").write_text("\n".join(lines), "utf-8")


def take_pictures(files: Path, folder: Path, pieces: list[Piece]) -> dict[str, str]:
    """Pictures of pages in the browser of this machine; none where there is no browser."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None or importlib.util.find_spec("playwright") is None:
        return {}
    taken = {}
    with importlib.import_module("playwright.sync_api").sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        page = opened.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        for piece in pieces:
            page.goto((files / piece.file).as_uri())
            page.wait_for_timeout(2500)
            name = piece.file.replace("/", "-").replace(".html", ".png")
            page.screenshot(path=str(folder / name))
            taken[piece.file] = f"gallery/{name}"
        opened.close()
    return taken
