"""The map that a screening writes: what staff wrote in the monitoring table is on it, what is settled is not, and it is light."""

import re
from pathlib import Path

import pytest

import toegankelijk as tg
from toegankelijk import labels, maps
from toegankelijk.maps import encoding, page

from .drawn_layers import facts, layers, names
from .screenings import screen_once
from .test_screening import by_staff, small_city
from .walking_world import walked

REAL = Path(__file__).parent / "real"


def content(path):
    """Layers of a written page by key: titles and words in ``head``, facts in ``data``."""
    blocks = dict(re.findall(r'<script[^>]*id="(data[^"]*)"[^>]*>([^<]*)</script>', path.read_text("utf-8")))
    head = encoding.unpack(blocks["data"])
    return {layer["key"]: (layer, encoding.unpack(blocks[f"data-{order}"])) for order, layer in enumerate(head["layers"])}


def column(layer, name):
    """Values of a field of a written layer, object by object; nothing as an empty text."""
    head, data = layer
    facts = data["fields"][[field["name"] for field in head["fields"]].index(name)]
    if "numbers" in facts:
        return facts["numbers"]
    codes = range(len(facts["values"])) if facts["codes"] is None else facts["codes"]
    return [facts["values"][code] if code >= 0 else "" for code in codes]


@pytest.fixture
def worked(tmp_path):
    """A city of one bottleneck, screened twice, with what staff wrote in between."""

    def write(*statements):
        toml = small_city(tmp_path)
        tg.screen(toml).write(tmp_path / "out")
        by_staff(tmp_path / "out" / "monitoring.gpkg", *statements)
        tg.screen(toml).write(tmp_path / "out")
        return content(tmp_path / "out" / "map.html")

    return write


def test_what_staff_wrote_is_on_the_map(worked):
    shown = worked(
        "UPDATE monitoring SET status_staff = 'uitgevoerd', planning_staff = 'LT', responsible_staff = 'ploeg noord'",
        "UPDATE monitoring SET remark = 'bellen', photo = 'https://example.org/1.jpg', done_on = '2026-03-04'",
    )["bottlenecks"]
    assert {name: column(shown, name)[0] for name in ("status", "planning", "responsible", "remark", "photo", "done_on")} == {
        "status": "uitgevoerd",
        "planning": "LT",
        "responsible": "ploeg noord",
        "remark": "bellen",
        "photo": "https://example.org/1.jpg",
        "done_on": "2026-03-04",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE monitoring SET status_staff = 'onterecht', reason = 'nagekeken'",
        "UPDATE monitoring SET status_staff = 'geverifieerd', done_on = '2026-03-04'",
    ],
)
def test_what_is_settled_is_not_on_the_map(worked, statement):
    assert "bottlenecks" not in worked(statement)


def test_the_map_of_a_screening_has_all_that_it_knows():
    found = layers(walked().map())
    assert list(found)[-1] == "bottlenecks"
    assert [key for key, layer in found.items() if layer.background] == ["ground_streets", "ground_ways"]
    assert names(found["ground_streets"])
    assert len(found["survey"].shapes) == len(walked().survey)
    assert len(found["bottlenecks"].shapes) == len(walked().table)
    table = facts(found["bottlenecks"]).set_index("bottleneck")
    weighed = walked().table.set_index("bottleneck_id")
    assert table["job"].to_dict() == weighed["job"].to_dict()
    assert table["gain_reason"].to_dict() == weighed["gain_reason"].to_dict()


def test_districts_have_their_scores_too_once_asked_for():
    found = layers(walked().map())
    layer = found["districts_0"]
    assert (layer.title["nl"], layer.shown, layer.labelled) == ("Per wijk", False, False)
    rows = walked().area_scores
    rows = rows[(rows["level"] == "all") & (rows["theme"] == "all")].set_index("district_name")
    said = facts(layer).set_index("district_0")["score"]
    for name, row in rows.iterrows():
        assert said[name] == labels.interval(row["score_low"], row["score_high"], unit="")
    assert "zone" not in facts(layer)  # to choose a zone must not hide districts


def test_what_is_to_be_measured_is_said_in_every_language():
    layer = layers(walked().map())["survey"]
    assert labels.word("attribute", "kerb_height") in " ".join(facts(layer)["measure"])
    assert len({tuple(facts(layer, lang)["measure"]) for lang in ("nl", "en", "fr", "de")}) == 4
    assert set(layer.classes) <= set(layer.styles)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most"), [("wechelderzande", 400_000), ("neukoelln_osm", 500_000), ("amsterdam_osdorp", 1_300_000)]
)
def test_maps_of_real_cities_are_light_and_whole(shared_data, tmp_path, name, most):
    assert shared_data.is_dir()
    screening = screen_once(REAL / f"{name}.toml")
    found = layers(screening.map())
    assert len(found["bottlenecks"].shapes) == len(screening.table)
    assert len(found["zones"].shapes) == len(screening.city.zones)
    assert {"ways", "survey"} <= set(found)
    assert maps.write_map(screening.map(), tmp_path / "map.html", title=name) < most


def test_a_map_over_the_budget_does_not_stop_a_screening(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "LARGEST", 1_000)
    monkeypatch.setattr(page, "HEAVY", 500)
    with pytest.warns(UserWarning, match=r"map\.html has .* slow to open"):
        screen_once(tg.sample_city()).write(tmp_path)
    assert (tmp_path / "map.html").stat().st_size > 1_000
