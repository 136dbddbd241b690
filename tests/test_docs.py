"""The docs are true: figures worked out by hand, and pages rendered from the tables."""

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import toegankelijk as tg

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def district():
    return tg.measure_layers(tg.read_city(tg.sample_city()))


@pytest.fixture(scope="module")
def example():
    return (DOCS / "worked_example.md").read_text("utf-8")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("norm_pages", DOCS / "norm_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("tables")
    module.write_pages(folder)
    return {path.stem: path.read_text("utf-8") for path in folder.iterdir()}


def score(city, theme):
    scores = tg.score_zones(tg.assess(city, tg.read_norm()), tg.read_norm())
    row = scores[(scores["zone_id"] == "WZ-3") & (scores["level"] == "all") & (scores["theme"] == theme)]
    return row.iloc[0]


def test_worked_example_has_the_scores_that_the_program_finds(district, example):
    by_hand = {theme: float(value) for theme, value in re.findall(r"^\| (\w+) \| ([01]\.\d{3}) \|$", example, re.MULTILINE)}
    assert len(by_hand) == 7
    for theme, value in by_hand.items():
        row = score(district, theme)
        assert [row["score_low"], row["score_high"]] == pytest.approx([value, value], abs=5e-4), theme
    assert score(district, "all")["blockers"] == 2


def test_worked_example_with_an_unknown_width(district, example):
    footways = district.layers["footway"].copy()
    footways.loc["VP-10", "route_width"] = np.nan
    low, high = map(float, re.search(r"lies between ([\d.]+) and ([\d.]+)\.", example).groups())
    row = score(replace(district, layers={**district.layers, "footway": footways}), "all")
    assert [row["score_low"], row["score_high"]] == pytest.approx([low, high], abs=5e-4)


def test_worked_example_of_a_bottleneck(district, example):
    norm = tg.read_norm()
    table = tg.find_bottlenecks(tg.assess(district, norm), norm).set_index("object_id")
    row = table.loc["ST-04"]
    assert f"**{row['priority']}**" in example
    assert (row["priority_band"], row["planning"], row["phase"]) == ("hoog", "KT", "tijdelijke_maatregel")


def test_every_criterion_is_on_the_page_of_its_theme(pages):
    norm = tg.read_norm()
    for code, row in norm.criteria.iterrows():
        page = next(text for name, text in pages.items() if name.endswith(f"-{row['theme']}"))
        assert page.count(f"({code.lower()})=\n## {code} ") == 1


def test_every_limit_is_shown_with_its_source(pages):
    norm = tg.read_norm()
    for row in norm.limits.to_dict("records"):
        theme = norm.criteria.at[row["code"], "theme"]
        page = next(text for name, text in pages.items() if name.endswith(f"-{theme}"))
        section = page.split(f"({row['code'].lower()})=\n")[1].split("\n(")[0]
        lines = [line for line in section.splitlines() if line.startswith("|") and f"[{row['source']}]" in line]
        wanted = [row["limit"].lstrip("-")] if float(row["limit"] or 0) else []
        wanted += [name for name in row["classes"].split("|") if name and name != "true"]
        assert any(all(word in line for word in wanted) for line in lines), row


def test_every_link_to_a_criterion_leads_somewhere(pages):
    targets = set(re.findall(r"^\(([\w-]+)\)=$", "\n".join(pages.values()), re.MULTILINE))
    heads = [head for path in DOCS.glob("*.md") for head in re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)]
    targets |= {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    texts = [*pages.values(), *(path.read_text("utf-8") for path in DOCS.glob("*.md"))]
    links = {link for text in texts for link in re.findall(r"\]\(#([\w-]+)\)", text)}
    assert links
    assert links <= targets
