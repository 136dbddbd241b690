"""The sample street: every planted width is found; the README, the page and its drawings tell the truth about it."""

import importlib
import re
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal

import toegankelijk as tg
from toegankelijk.maps import encoding

from .screenings import screen_once

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "passable_width.md"
PICTURES = ROOT / "docs" / "widths"


@pytest.fixture(scope="module")
def layers(sample_folder):
    names = ("voetpaden", "obstakels", "opritten")
    return {name: gpd.read_file(sample_folder / "pavements.gpkg", layer=name).set_index("id") for name in names}


@pytest.fixture(scope="module")
def found(layers):
    return tg.passable_width(layers["voetpaden"], layers["obstakels"], walkable=layers["opritten"])


@pytest.fixture(scope="module")
def screening(sample_folder):
    return screen_once(sample_folder / "city_pavements.toml")


def script(folder: str, name: str):
    """A module that stands beside the docs or the sample."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / folder), *sys.path])
        return importlib.import_module(name)


def drawings():
    return [draw() for draw in script("docs", "width_drawings").DRAWINGS]


def test_the_file_holds_what_the_script_makes(sample_folder):
    for name, made in script("sample_data", "build_pavements").layers().items():
        stored = gpd.read_file(sample_folder / "pavements.gpkg", layer=name)
        assert_geodataframe_equal(stored, made, check_dtype=False, check_less_precise=True)


def test_every_planted_width_is_found(layers, found):
    planted = layers["voetpaden"]["breedte_waar"].dropna()
    assert len(planted) == 13
    difference = found.pavements.loc[planted.index, "passable_width"] - planted
    assert difference.abs().max() <= 0.01, difference
    assert difference.max() <= 0.005, "never wider than it is"
    assert (found.pavements.loc[planted.index, "rule"] == "shared").all()


def test_what_limits_is_named(found):
    named = found.pavements["limited_by"].drop("VP-13")
    assert named[named != ""].map(lambda text: set(text.split(" | "))).to_dict() == {
        "VP-02": {"PA-02"},
        "VP-06": {"BO-06"},
        "VP-09": {"LA-09", "VB-09"},
        "VP-10": {"KA-10"},
        "VP-14": {"VB-14"},
    }


def test_a_bin_as_a_point_gives_bounds_and_a_terrace_over_all_closes_the_way(found):
    row = found.pavements.loc["VP-14"]
    assert 0.9 < row["passable_width_low"] < row["passable_width_high"] < 1.5
    closed = found.pavements.loc["VP-13"]
    assert closed["passable_width"] == 0 or (np.isnan(closed["passable_width"]) and closed["reason"])


def test_moving_the_bin_helps(found):
    helped = found.narrowings[found.narrowings["movable_id"] != ""]
    assert helped.loc["VP-09/v1", "movable_id"] == "VB-09"
    assert helped.loc["VP-09/v1", "width_without"] == pytest.approx(1.70, abs=0.005)
    assert set(helped["pavement_id"]) - {"VP-13"} == {"VP-09", "VP-14"}  # a closed way may count as a narrowing of no width


def test_the_screening_has_a_gap_for_every_narrow_place_with_its_reason(screening):
    table = screening.table.set_index("object_id")
    reasons = table["solution_reason"]
    assert "verplaats vuilnisbak VB-09: dan is de doorgang 1,70 m" in " ".join(reasons)
    edges = table[reasons.str.startswith("geen obstakel")]
    assert len(edges) > 0
    assert set(edges["remedy"]) == {"voetpad_verbreden"}
    gaps = screening.narrowings
    assert (gaps.geometry.length > 0).all()
    low, high = tg.schema.bounds(gaps, "narrowing_width") if hasattr(tg, "schema") else (None, None)
    assert low is None or (gaps.geometry.length <= high + 1e-6).all()


def test_what_limits_a_footway_decides_its_remedy(screening):
    footways = screening.city.layers["footway"]
    by_edges = {"VP-01", "VP-03", "VP-04", "VP-05", "VP-07", "VP-08", "VP-11", "VP-12", "VP-15"}
    edged = footways["min_passage_width_limited_by"].eq("").fillna(False)
    assert set(footways.index[edged]) == by_edges
    assert by_edges <= set(footways.index[footways["route_width_limited_by"].eq("").fillna(False)])
    assert set(footways.loc["VP-09", "min_passage_width_limited_by"].split(" | ")) == {"LA-09", "VB-09"}
    table = screening.table[screening.table["kind"] == "footway"].set_index(["object_id", "criterion"])["remedy"]
    widened = {key[0] for key, remedy in table.items() if remedy == "voetpad_verbreden"}
    moved = {key[0] for key, remedy in table.items() if remedy == "obstakel_verplaatsen"}
    assert widened
    assert widened <= by_edges
    assert moved <= {"VP-09", "VP-13"}


def test_the_geopackage_has_the_gaps_as_lines(screening, tmp_path):
    screening.write(tmp_path)
    gaps = gpd.read_file(tmp_path / "screening.gpkg", layer="narrowings")
    assert set(gaps.geom_type) == {"LineString"}
    assert {"object_id", "parent_id", "first_id", "second_id", "movable_id", "width_without", "limits"} <= set(gaps)
    block = re.search(r'<script[^>]*id="data"[^>]*>([^<]*)</script>', (tmp_path / "map.html").read_text("utf-8"))[1]
    drawn = {layer["key"]: layer["count"] for layer in encoding.unpack(block)["layers"]}
    assert drawn["gaps"] > 0


@pytest.mark.parametrize("path", [PAGE, ROOT / "README.md"], ids=lambda path: path.name)
def test_the_example_runs(path, found):
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL) if "passable_width" in block
    )
    scope: dict = {}
    exec(compile(code, path.name, "exec"), scope)  # noqa: S102 - the example of our own page
    assert scope["found"].pavements["passable_width"].equals(found.pavements["passable_width"])


def test_committed_drawings_are_those_that_the_script_makes():
    made = {f"{drawing.name}.svg": drawing.svg() for drawing in drawings()}
    assert made == {path.name: path.read_text("utf-8") for path in PICTURES.glob("*.svg")}


def test_every_drawing_is_on_the_page_and_can_be_read_aloud():
    page = PAGE.read_text("utf-8")
    for drawing in drawings():
        assert f"```{{image}} widths/{drawing.name}.svg\n:alt: {drawing.title}\n" in page
        svg = drawing.svg()
        assert re.search(r'role="img" aria-labelledby="t d">\n<title id="t">[^<]+</title>\n<desc id="d">[^<]{60,}</desc>', svg)
        assert not re.search(r"href|@import|@font-face|url\((?!#)|<script", svg)


def test_texts_of_the_drawings_stand_apart_and_inside():
    width = script("docs", "drawing").WIDTH
    for drawing in drawings():
        for number, (text, (left, top, right, bottom)) in enumerate(drawing.texts):
            assert 0 <= left < right <= width, (drawing.name, text)
            assert 0 <= top < bottom <= drawing.height, (drawing.name, text)
            for other, box in drawing.texts[number + 1 :]:
                apart = right <= box[0] or box[2] <= left or bottom <= box[1] or box[3] <= top
                assert apart, f"{drawing.name}: {text} lies over {other}"


def test_drawings_say_the_planted_widths():
    said = {drawing.name: " ".join(text for text, _ in drawing.texts) for drawing in drawings()}
    for name, widths in {
        "paal": ["1.30"],
        "boom": ["1.40"],
        "hoek": ["1.05"],
        "nis": ["1.80"],
        "verplaatsen": ["0.75", "1.70"],
    }.items():
        assert all(width in said[name] for width in widths), name
