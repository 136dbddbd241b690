"""`toegankelijk report` and `write_papers`: all papers, linked from one page, the same bytes each time."""

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

import toegankelijk as tg
from toegankelijk.cli import app, terminal
from toegankelijk.errors import ConfigError
from toegankelijk.labels import LANGUAGES
from toegankelijk.screening.papers import write_papers

from .page_sources import outside_sources
from .screenings import screen_once

WRONG_CALL = 2


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def papers(screening, tmp_path_factory):
    folder = tmp_path_factory.mktemp("papers")
    return folder, write_papers(screening, folder)


@pytest.fixture
def known(monkeypatch, screening):
    """The sample is screened once; what the command asks for is noted."""
    asked = []

    def screen(source, **options):
        asked.append((source, options))
        return screening

    monkeypatch.setattr("toegankelijk.screening.screen", screen)
    monkeypatch.setattr(terminal.out, "_width", 250)
    return asked


def call(*args, code=0):
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result.output


def links(page):
    return [link for link in re.findall(r'href="([^"#]+)', page.read_text("utf-8")) if not link.startswith("http")]


def test_every_paper_is_reached_from_the_index(papers):
    folder, files = papers
    assert files[0] == folder / "index.html"
    seen, todo = set(), [files[0]]
    while todo:
        page = todo.pop()
        seen.add(page.resolve())
        assert page.is_file()
        targets = [(page.parent / link) for link in links(page)] if page.suffix == ".html" else []
        todo += [target for target in targets if target.resolve() not in seen]
    assert {file.resolve() for file in files} == seen
    assert {file.resolve() for file in folder.rglob("*") if file.is_file()} == seen


def test_pages_load_nothing_and_allow_nothing(papers):
    for page in (file for file in papers[1] if file.suffix == ".html"):
        text = page.read_text("utf-8")
        assert "default-src 'none'" in text
        assert "<script" not in text
        assert outside_sources(text) == []


def test_lists_hold_every_bottleneck_once(screening, papers):
    folder, _ = papers
    tables = [pd.read_csv(file, sep=";", decimal=",", encoding="utf-8-sig") for file in sorted(folder.glob("list-*.csv"))]
    assert sorted(pd.concat(tables)["Nummer"]) == sorted(screening.table["bottleneck_id"])
    layers = [gpd.read_file(file, layer="bottlenecks") for file in sorted(folder.glob("list-*.gpkg"))]
    assert sorted(pd.concat(layers)["bottleneck_id"]) == sorted(screening.table["bottleneck_id"])
    assert {str(layer.crs) for layer in layers} == {"EPSG:31370"}
    plan = pd.read_csv(folder / "action_plan.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert plan["Knelpunten"].sum() == len(screening.table)


@pytest.mark.slow
def test_the_same_screening_gives_the_same_bytes(screening, papers, tmp_path):
    folder, files = papers
    again = write_papers(screening, tmp_path)
    assert [file.relative_to(tmp_path) for file in again] == [file.relative_to(folder) for file in files]
    for one, other in zip(files, again, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


@pytest.mark.parametrize("lang", LANGUAGES[1:])
def test_the_command_writes_them_in_each_language(tmp_path, known, lang):
    output = call("report", "city.toml", "--out", tmp_path, "--lang", lang)
    assert known[0][1]["lang"] == lang
    assert str(tmp_path / "index.html") in output
    assert (tmp_path / "action_plan.html").is_file()


@pytest.mark.usefixtures("known")
def test_a_budget_makes_a_plan(tmp_path):
    call("report", "city.toml", "--out", tmp_path, "--budget", "KT=20000")
    text = (tmp_path / "action_plan.html").read_text("utf-8")
    assert 'id="budgets"' in text
    assert 'id="part-left"' in text


@pytest.mark.usefixtures("known")
def test_what_staff_did_counts(tmp_path, screening):
    screening.write(tmp_path / "screened")
    call("report", "city.toml", "--out", tmp_path / "papers", "--monitoring", tmp_path / "screened")
    index = (tmp_path / "papers" / "sheets" / "index.html").read_text("utf-8")
    assert "WZ-1" in index or "Lindehof" in index


def test_a_wrong_call_is_told(tmp_path, known, screening):
    (tmp_path / "file").write_text("x")
    call("report", "city.toml", "--out", tmp_path / "none", "--budget", "KT", code=WRONG_CALL)
    call("report", "city.toml", "--out", tmp_path / "none", "--lang", "xx", code=WRONG_CALL)
    assert known == []  # refused before anything is read
    assert not (tmp_path / "none").exists()
    with pytest.raises(ConfigError, match="is a file"):
        write_papers(screening, tmp_path / "file")
    with pytest.raises(ConfigError, match="no monitoring table"):
        write_papers(screening, tmp_path / "a", monitoring=tmp_path)


@pytest.mark.slow
def test_every_page_gets_its_pdf(screening, tmp_path):
    pikepdf = pytest.importorskip("pikepdf", reason="pikepdf is not installed: PDFs cannot be read back")
    pytest.importorskip("weasyprint", reason="weasyprint is not installed: no PDF can be made")
    files = write_papers(screening, tmp_path, pdf=True)
    pages = [file for file in files if file.suffix == ".html"]
    assert {file.with_suffix("") for file in pages} == {file.with_suffix("") for file in files if file.suffix == ".pdf"}
    for page in pages:
        with pikepdf.open(page.with_suffix(".pdf")) as file:
            assert str(file.Root.Lang) == "nl"
            assert bool(file.Root.MarkInfo.Marked)
            assert str(file.docinfo["/Title"])


@pytest.mark.slow
@pytest.mark.usefixtures("shared_data")
def test_real_cities_get_their_papers(tmp_path):
    otterlo = screen_once(Path(__file__).parent / "real" / "otterlo.toml", lang="en")
    files = write_papers(otterlo, tmp_path)
    assert (tmp_path / "letter-eigenaar.html") in files
    listed = pd.concat([pd.read_csv(file, sep=";", decimal=",", encoding="utf-8-sig") for file in tmp_path.glob("list-*.csv")])
    assert len(listed) == len(otterlo.table) > 100
