"""Layers of the walking network and of a plan: what they show, that their pages need no network, and that text stays text."""

import itertools
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from toegankelijk import maps, network_maps
from toegankelijk.labels import LANGUAGES, label
from toegankelijk.network.passable import Passability
from toegankelijk.network_maps import draw_gains, places, show_jobs, show_network, ways
from toegankelijk.norm.kernel import UNKNOWN
from toegankelijk.reach import reach_city
from toegankelijk.screening.drawing import gain_layers, open_jobs, service_words

from . import hostile
from .drawn_layers import facts, layers
from .page_sources import outside_sources
from .walking_world import planned, walked


@cache
def network_page(lang="nl"):
    return show_network(walked().reach, lang=lang)


def plan_page(lang="nl"):
    found = planned()
    done = found.plan.jobs.index[found.plan.jobs["term"] != ""]
    fixes = walked().weighed.job_fixes
    return show_jobs(
        found.jobs,
        walked().city.zones,
        reach=walked().reach,
        fixes=fixes[fixes["fix"].isin(done)],
        after=found.after.reach,
        services=service_words(walked()),
        gains=found.plan.gains,
        lang=lang,
        title="Werven",
    )


def text_of(page, path, lang="nl"):
    maps.write_map(page, path, title="Proef", lang=lang)
    return path.read_text("utf-8")


def ground(page):
    return {key for key, layer in layers(page).items() if layer.background}


# The network ----------------------------------------------------------------------------------------------------------------


def test_layers_of_the_network_are_there_and_counted():
    found = {key: len(layer.shapes) for key, layer in layers(network_page()).items() if not layer.background}
    assert list(found.items()) == [
        *(("zones", 3), ("islands", 6), ("ways", 17), ("gates_closed", 12), ("gates_unknown", 2)),
        *(("cut_off", 13), ("aims", 5), ("aims_more", 97)),
    ]
    shown = {key for key, layer in layers(network_page()).items() if not layer.shown}
    assert shown == {"gates_unknown", "aims_more"}
    assert "Open: 10,2 km; onbekend: 0 m; gesloten: 20 m." in network_page().intro


def test_the_city_and_its_zones_say_who_gets_where():
    table = facts(layers(network_page())["zones"]).set_index("zone")
    assert table.index.tolist() == [walked().city.name, "De Olm", "Markt"]
    areas = walked().reach.areas
    rows = areas[(areas["profile"] == "wheelchair") & (areas["division"] == "city") & (areas["purpose"] == "care")]
    low, high = rows[["share_low", "share_high"]].to_numpy().ravel()
    said = table.loc[walked().city.name, "care_now"]
    assert said == f"{int(np.floor(100 * low))}–{int(np.ceil(100 * high))}\u00a0%"
    assert layers(network_page())["zones"].shapes.isna().tolist() == [True, False, False]


def test_a_closed_place_tells_what_and_how_much():
    table = facts(layers(network_page())["gates_closed"])
    said = table.set_index("object")["reason"]
    assert said["DG-A1"] == "Doorgang: Vrije breedte van de doorgang: 0,75 m (vereist: ≥ 0,90 m)"
    assert {"OZ-A1-1", "OZ-A1-2", "OZ-A5-1", "OZ-F3-1", "OZ-E1-2"} <= set(table["object"])


def test_islands_tell_how_many_live_there_and_what_closes_them():
    table = facts(layers(network_page())["islands"])
    assert table["people"].tolist() == ["60", "50", "50", "40", "30", "30"]
    closing = "|".join(table["closing"])
    for name in ("OZ-A5-1", "DG-A1", "OZ-F3-2"):
        assert name in closing
    assert all(facts(layers(network_page())["islands"], "de")["closing"] != table["closing"])


def test_who_does_not_get_there_is_on_the_map_with_what_is_missed():
    rows = facts(layers(network_page())["cut_off"])
    table = walked().reach.origins
    missed = table[["wheelchair_care", "wheelchair_stop"]].eq("not").any(axis=1) & (table["residents"] > 0)
    assert len(rows) == missed.sum() == 13
    assert set(rows["missed"]) <= {"Zorgvoorziening", "Halte", "Zorgvoorziening, Halte"}
    assert rows["people"].astype(int).sum() == table.loc[missed, "residents"].sum()


def test_all_of_the_way_is_drawn_once():
    edges = walked().reach.edges()
    lines = edges[edges["kind"] != "gate"]
    layer = layers(network_page())["ways"]
    assert layer.shapes.length.sum() == pytest.approx(lines.length.sum(), rel=0.005)
    assert len(layer.shapes) < len(lines) / 3
    own = lines["length"].groupby(lines["wheelchair"]).sum()
    drawn = layer.shapes.length.groupby(layer.classes).sum()
    assert drawn.to_dict() == pytest.approx(own.to_dict(), rel=0.01)


def test_lines_are_told_apart_in_grey():
    def grey(name):
        colour = ways.LOOKS[name].colour
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [grey(name) for name in ("closed", "unknown", "open")]
    assert all(second - first > 35 for first, second in itertools.pairwise(shades))
    dashes = [ways.LOOKS[name].dash for name in ("closed", "unknown", "open")]
    assert len(set(dashes)) == 3


def test_what_is_unknown_is_drawn_per_street_and_reason():
    walking = walked().walking
    blank = Passability("wheelchair", np.full(len(walking.network), UNKNOWN, dtype=np.int8), walking.leading.barriers.iloc[:0])
    reach = reach_city(walked().city, replace(walking, passable={"wheelchair": blank}))
    found = layers(show_network(reach))
    assert set(found["ways"].classes) == {"unknown"}
    assert list(found["ways"].styles) == ["unknown"]
    assert len(found["ways"].shapes) <= reach.edges()["street"].nunique()
    assert not {"islands", "gates_closed"} & set(found)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_layers_in_every_language(lang):
    for layer in (*network_page().layers, *plan_page().layers):
        said = [layer.title, *(style.title for style in layer.styles.values()), *(field.title for field in layer.fields)]
        said += [words for field in layer.fields for words in field.words.values()]
        assert all(words[lang] for words in said), layer.key


@pytest.mark.parametrize("make", [network_page, plan_page])
def test_a_page_loads_nothing_and_is_light(tmp_path, make):
    page = text_of(make(), tmp_path / "page.html")
    assert outside_sources(page) == []
    assert "default-src 'none'" in page
    assert len(page) < 400_000
    assert len(re.findall(r"<h1", page)) == 1


def test_the_same_network_gives_the_same_page(tmp_path):
    one, two = (text_of(show_network(walked().reach), tmp_path / name) for name in ("one.html", "two.html"))
    assert one == two


def test_a_network_without_destinations_and_islands_is_drawn(tmp_path):
    walking = walked().walking
    bare = replace(walking.places, destinations=walking.places.destinations.iloc[:0], origins=walking.places.origins.iloc[:0])
    free = replace(
        walking.leading, outcome=np.ones(len(walking.network), dtype=np.int8), barriers=walking.leading.barriers.iloc[:0]
    )
    reach = reach_city(walked().city, replace(walking, places=bare, passable={"wheelchair": free}))
    page = show_network(reach)
    assert set(layers(page)) - ground(page) == {"zones", "ways"}
    text_of(page, tmp_path / "page.html")


def test_on_the_map_of_a_screening_reach_and_gains_are_there_and_hidden():
    found = layers(walked().map())
    assert {"islands", "ways", "gates_closed", "gates_unknown", "gains", "survey"} <= set(found)
    hidden = {key for key, layer in found.items() if not layer.shown}
    assert hidden == {"districts_0", "islands", "ways", "gates_closed", "gates_unknown", "gains", "survey"}
    assert walked().map().intro == ""


def test_a_network_that_is_too_large_is_left_out_and_that_is_said(monkeypatch):
    monkeypatch.setattr("toegankelijk.screening.drawing.MOST_EDGES", len(walked().walking.network) - 1)
    page = walked().map()
    assert not {"islands", "ways", "gates_closed"} & set(layers(page))
    assert "gains" in layers(page)
    assert str(len(walked().walking.network)) in page.intro.replace(".", "")


# What is gained -------------------------------------------------------------------------------------------------------------


def test_jobs_that_gain_are_on_the_map_by_how_many_win_a_way():
    (layer,) = gain_layers(walked())
    jobs = walked().weighed.jobs
    won = jobs[(jobs["gain_residents"] > 0) | (jobs["gain_metres"] > 0)]
    table = facts(layer)
    assert sorted(table["job"]) == sorted(won.index)
    assert table["gain"].str.replace(".", "").astype(int).sum() == round(won["gain_residents"].sum())
    assert table["gain"].str.replace(".", "").astype(int).is_monotonic_decreasing
    sizes = [layer.styles[name].size for name in layer.classes]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(("gain", "name"), [(0.0, "detour"), (1.0, "less"), (10.0, "some"), (99.0, "some"), (100.0, "many")])
def test_classes_of_gains(gain, name):
    jobs = walked().weighed.jobs.iloc[:1].assign(gain_residents=gain, gain_metres=5.0, solutions="x")
    (layer,) = draw_gains(jobs, {}, counted="residents")
    assert layer.classes.tolist() == [name]
    assert list(layer.styles) == [name]


def test_jobs_that_gain_nothing_are_no_layer():
    jobs = walked().weighed.jobs.assign(gain_residents=0.0, gain_metres=0.0, solutions="x")
    assert draw_gains(jobs, {}, counted="residents") == []


def test_a_job_of_which_all_is_settled_is_gone():
    weighed = walked().weighed
    job = weighed.jobs.index[weighed.jobs["gain_residents"] > 0][0]
    members = weighed.bundles.members
    done = set(members.loc[members["job_id"] == job, "bottleneck_id"])
    table = walked().table
    left = open_jobs(weighed, table[~table["bottleneck_id"].isin(done)])
    assert set(weighed.jobs.index) - set(left.index) == {job}
    assert (left["solutions"] != "").all()


# The plan -------------------------------------------------------------------------------------------------------------------


def test_every_job_is_on_the_map_once_under_its_term():
    found = layers(plan_page())
    jobs = planned().jobs
    assert found["jobs"].classes.value_counts().to_dict() == jobs.loc[jobs["term"] != "", "term"].value_counts().to_dict()
    drawn = [row for key, layer in found.items() if key.startswith("jobs") for row in facts(layer)["job"]]
    assert sorted(drawn) == sorted(jobs.index)
    assert {key: layer.shown for key, layer in found.items() if key.startswith("jobs")} == {
        "jobs": True,
        "jobs_high": True,
        "jobs_other": False,
    }


def test_jobs_of_third_parties_have_a_layer_of_their_own():
    jobs = planned().jobs.assign(track="derden", term="")
    found = layers(show_jobs(jobs, walked().city.zones))
    assert {key for key in found if key.startswith("jobs")} == {"jobs_third"}


def test_a_job_tells_what_who_cost_gain_and_why():
    jobs = planned().jobs
    tables = [facts(layer) for key, layer in layers(plan_page()).items() if key.startswith("jobs")]
    rows = pd.concat(tables).set_index("job")
    assert rows["plan_reason"].to_dict() == jobs["plan_reason"].to_dict()
    for name in ("solutions", "responsible", "cost", "gain", "job_reason", "objects"):
        assert (rows[name] != "").all()
    assert set(rows["responsible"]) <= {words["nl"] for words in service_words(walked()).values()}


def test_the_terms_are_summed_up_over_the_map():
    intro, jobs = plan_page().intro, planned().jobs
    for term in ("KT", "MLT"):
        count = int((jobs["term"] == term).sum())
        assert f"Werven in {label(f'term.{term}')}: {count}, samen" in intro
    assert "plan.html" in intro


def test_islands_that_the_plan_opens_are_told_apart_from_those_that_stay():
    sizes = {key: len(layer.shapes) for key, layer in layers(plan_page()).items() if key.startswith("islands")}
    before = walked().reach.islands
    after = planned().after.reach.islands
    surely = [int((one["surely"] & (one["profile"] == "wheelchair")).sum()) for one in (before, after)]
    assert sizes["islands_opened"] + sizes["islands_stay"] == surely[0]
    assert sizes["islands_stay"] == surely[1]


def test_a_plan_without_a_network_is_drawn(tmp_path):
    page = show_jobs(planned().jobs, walked().city.zones, title="Werven")
    assert set(layers(page)) == {"zones", "jobs", "jobs_high", "jobs_other"}
    assert outside_sources(text_of(page, tmp_path / "page.html")) == []


# Texts from data ------------------------------------------------------------------------------------------------------------


def poisoned(texts):
    """Reach and jobs with a hostile text wherever data gives one."""
    city, walking = walked().city, walked().walking
    layers, context = ({**some} for some in (city.layers, city.context))
    for some in (layers, context):
        for kind, layer in some.items():
            spoiled = {name: [texts[i % len(texts)] for i in range(len(layer))] for name in ("name", "street") if name in layer}
            some[kind] = layer.assign(**spoiled)
    zones = city.zones.assign(name=[texts[i % len(texts)] for i in range(len(city.zones))])
    city = replace(city, name=" ".join(texts), layers=layers, context=context, zones=zones)
    origins = walking.places.origins
    origins = origins.assign(street=[texts[i % len(texts)] for i in range(len(origins))])
    reach = reach_city(city, replace(walking, places=replace(walking.places, origins=origins)))
    jobs = hostile.poison(planned().jobs, texts, keep=("term", "track", "priority_band"))
    return reach, jobs


def poisoned_pages(tmp_path, texts):
    reach, jobs = poisoned(texts)
    said = " ".join(texts)
    made = {
        "network.html": show_network(reach, attribution=said),
        "plan_map.html": show_jobs(jobs, reach.city.zones, reach=reach, title=said, attribution=said),
    }
    for name, page in made.items():
        maps.write_map(page, tmp_path / name, title=said)
    return [tmp_path / name for name in made]


def test_hostile_texts_run_neither_here_nor_in_the_pages(tmp_path):
    marker = tmp_path / "ran"
    for path in poisoned_pages(tmp_path, hostile.payloads(marker)):
        page = path.read_text("utf-8")
        assert hostile.never_ran(marker)
        assert outside_sources(page) == []
        body = re.sub(r"<script[^>]*>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
        assert not re.search(r"<(img|iframe|textarea|a href=.javascript)", body)
        assert len(re.findall(r"<h1", body)) == 1


def test_the_rooms_names_are_public():
    assert set(network_maps.__all__) == {"draw_gains", "draw_reach", "network_title", "show_jobs", "show_network"}
    assert pd.Series(places.SIGNS).is_unique
