"""The docs are true: figures worked out by hand, and pages rendered from the tables."""

import importlib
import inspect
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydantic
import pytest
import typer

import toegankelijk as tg
from toegankelijk import cli, config, measure, schema, scores, sources, survey

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
THEMES = DOCS / "themes"


@pytest.fixture(scope="module")
def district():
    return tg.measure_layers(tg.read_city(tg.sample_city()))


@pytest.fixture(scope="module")
def example():
    return (DOCS / "worked_example.md").read_text("utf-8")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    script("norm_pages").write_pages(folder)
    return {path.stem: path.read_text("utf-8") for path in folder.iterdir()}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Theme to the text that says how its attributes are obtained."""
    folder = tmp_path_factory.mktemp("measured")
    script("measure_pages").write_measures(folder)
    return {path.stem.removeprefix("measured-"): path.read_text("utf-8") for path in folder.iterdir()}


def script(name):
    """A module that stands beside the docs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        return importlib.import_module(name)


def attributes_of_theme(theme):
    """Kinds and attributes that the criteria of a theme look at."""
    rules = [rule for rule in tg.read_norm().rules.values() if rule.theme == theme]
    return {
        (rule.kind, name)
        for rule in rules
        for name in [rule.attribute, *(flag for flag, _ in rule.applies), *filter(None, rule.drivers.values())]
    }


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


def test_every_link_to_a_criterion_leads_somewhere(pages, measured):
    written = [path.read_text("utf-8") for folder in (DOCS, THEMES) for path in folder.glob("*.md")]
    texts = [*pages.values(), *measured.values(), *written]
    targets = set(re.findall(r"^\(([\w-]+)\)=$", "\n".join(texts), re.MULTILINE))
    heads = [head for text in written for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    targets |= {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    links = {link for text in texts for link in re.findall(r"\]\(#([\w-]+)\)", text)}
    assert links
    assert links <= targets


def drawings():
    return {drawing.name: drawing for drawing in (draw() for draw in script("drawings").DRAWINGS)}


def test_committed_drawings_are_those_that_the_script_makes():
    made = {f"{name}.svg": drawing.svg() for name, drawing in drawings().items()}
    assert made == {path.name: path.read_text("utf-8") for path in THEMES.glob("*.svg")}


@pytest.mark.parametrize("theme", schema.THEMES)
def test_a_drawing_shows_all_that_is_judged_and_names_nothing_else(theme):
    drawing = drawings()[theme]
    shown = {name for text, _ in drawing.texts for name in re.findall(r"[a-z]+(?:_[a-z0-9]+)+|^[a-z]+$", text.partition(":")[0])}
    judged = {rule.attribute for rule in tg.read_norm().rules.values() if rule.theme == theme}
    assert {name for name in judged if "_" in name} <= shown
    kinds = {kind for kind, _ in attributes_of_theme(theme)}
    known = {name for kind in kinds for name in schema.attributes_of(kind)}
    assert {name for name in shown if "_" in name} <= known


@pytest.mark.parametrize("theme", schema.THEMES)
def test_texts_of_a_drawing_stand_apart_and_inside_it(theme):
    drawing = drawings()[theme]
    width = script("drawing").WIDTH
    for number, (text, (left, top, right, bottom)) in enumerate(drawing.texts):
        assert 0 <= left < right <= width, text
        assert 0 <= top < bottom <= drawing.height, text
        for other, box in drawing.texts[number + 1 :]:
            assert right <= box[0] or box[2] <= left or bottom <= box[1] or box[3] <= top, f"{text} lies over {other}"


@pytest.mark.parametrize("theme", schema.THEMES)
def test_a_drawing_can_be_read_aloud_and_needs_nothing_from_elsewhere(theme):
    svg = (THEMES / f"{theme}.svg").read_text("utf-8")
    assert re.search(r'role="img" aria-labelledby="t d">\n<title id="t">[^<]+</title>\n<desc id="d">[^<]{80,}</desc>', svg)
    assert not re.search(r"href|@import|@font-face|url\((?!#)|<script", svg)
    assert svg.count("http") == 1  # the name of the format


@pytest.mark.parametrize("theme", schema.THEMES)
def test_a_theme_has_a_page_with_drawing_attributes_absence_and_limits(theme, pages):
    page = (THEMES / f"{theme}.md").read_text("utf-8")
    assert f"```{{image}} {theme}.svg\n:alt: {drawings()[theme].title}\n" in page
    assert f"```{{include}} ../tables/measured-{theme}.inc\n```" in page
    assert re.search(r"\(\.\./tables/(theme-\d-\w+)\.md\)", page)[1] in pages
    assert "\n## What absence says\n" in page
    assert "\n## Limits of this method\n" in page
    assert theme in re.findall(r"^\w+$", (THEMES / "index.md").read_text("utf-8"), re.MULTILINE)


def test_every_attribute_stands_on_the_page_of_its_theme_with_how_it_is_obtained(measured):
    every = (*measure.MEASURES, *measure.TERRAIN_MEASURES, *measure.WIDTH_MEASURES, *measure.NETWORK_MEASURES)
    steps = {(one.kind, one.attribute) for one in every}
    for theme in schema.THEMES:
        rows = re.findall(
            r"^\| `(\w+)` \(.*\) \| .* \| (.*) \|$", measured[theme].partition("## How it is measured")[0], re.MULTILINE
        )
        wanted = attributes_of_theme(theme)
        assert sorted(name for name, _ in rows) == sorted(name for _, name in wanted)
        assert all(ways for _, ways in rows)
        sections = set(re.findall(r"^### `(\w+)` of a \[(\w+)\]", measured[theme], re.MULTILINE))
        assert {(name, kind) for kind, name in wanted & steps} <= sections


def test_what_is_said_to_be_not_measured_is_not_measured(measured):
    every = (*measure.MEASURES, *measure.TERRAIN_MEASURES, *measure.WIDTH_MEASURES, *measure.NETWORK_MEASURES)
    steps = {one.attribute for one in every}
    rows = [line for text in measured.values() for line in text.splitlines() if "not measured yet" in line]
    names = {re.match(r"\| `(\w+)`", line)[1] for line in rows}
    assert {"ramp_width", "beside_width"} <= names
    assert not names & steps


def test_what_a_measure_looks_at_is_found_in_the_code(measured):
    text = measured["oversteekplaatsen"]
    section = re.search(r"^### `crossing_length` of a (.*?)^\(", text, re.MULTILINE | re.DOTALL)[1]
    assert {"carriageway", "crossing_end", "traffic_island"} <= set(re.findall(r"`(\w+)`", section.rpartition("Looks at:")[2]))
    assert "Looks at: attribute `crossing_length`, attribute `crossing_time`." in text
    assert re.search(r"\| `guidance.AT_END` \| 2 \| Distance in metres from a crossing end .*`tactile_warning`", text)
    assert re.search(r"\| `slopes.RUN` \| 10 \|", measured["oppervlak"])


def test_figures_that_concepts_tells_are_those_of_the_code():
    text = (DOCS / "concepts.md").read_text("utf-8")
    assert f"**more than {sources.MOST_LOST * 100:g} %** of the rows" in text
    assert f"one street, within {survey.REACH:g} m, is one **visit**" in text
    assert f"Under {scores.COVERAGE_FLOOR * 100:g} % a zone" in text
    assert f"at least {scores.REQUIRED_SHARE * 100:g} % meets" in text


def test_every_key_of_a_city_toml_is_told():
    text = (DOCS / "city_toml.md").read_text("utf-8")
    models = [one for one in vars(config).values() if inspect.isclass(one) and issubclass(one, pydantic.BaseModel)]
    keys = {key for model in models if model.__module__.startswith(config.__name__) for key in model.model_fields}
    assert {key for key in keys if not re.search(rf"\b{key}\b", text)} == set()


def test_every_command_that_is_shown_exists_and_all_are_shown():
    def options(command):
        return {flag for part in command.params for flag in part.opts}

    group = typer.main.get_command(cli.app)
    commands = {name: one for name, one in group.commands.items() if not hasattr(one, "commands")}
    commands |= {
        f"{n} {m}": one for n, sub in group.commands.items() if hasattr(sub, "commands") for m, one in sub.commands.items()
    }
    texts = [path.read_text("utf-8") for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md"))]
    calls = [call for text in texts for call in re.findall(r"(?:^|`|bin/)toegankelijk ([a-z][^`\n]*)", text, re.MULTILINE)]
    shown = set()
    for call in calls:
        name = next((name for name in sorted(commands, key=len, reverse=True) if f"{call} ".startswith(f"{name} ")), None)
        if name is None and call in group.commands:  # "toegankelijk norm" as such
            continue
        assert name, call
        shown.add(name)
        assert set(re.findall(r"(--[a-z]+)", call.partition("#")[0])) <= options(commands[name]), call
    table = (DOCS / "start.md").read_text("utf-8")
    assert shown | {name for name in commands if f"`{name}" in table} == set(commands)


def test_every_module_has_its_place_in_the_layout():
    text = (DOCS / "structure.md").read_text("utf-8")
    source = ROOT / "src" / "toegankelijk"
    paths = [path for path in source.rglob("*.py") if path.parent.name != "cli" and path != source / "__init__.py"]
    names = {path.parent.name + "/" if path.name == "__init__.py" else path.stem for path in paths}
    assert {name for name in names if not re.search(rf"[`/]{name}`", text)} == set()


def test_every_public_name_is_in_the_api():
    text = (DOCS / "api.md").read_text("utf-8")
    errors = {name for name in tg.__all__ if name.endswith("Error")}
    assert set(re.findall(r"^\.\. auto(?:function|class):: (\w+)$", text, re.MULTILINE)) == set(tg.__all__) - errors
