"""What a bottleneck goes against: the word infringement only for a law that was read, in its place, for works since it."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk.breaches import COLUMNS, GRADES, laws, list_breaches
from toegankelijk.labels import LANGUAGES
from toegankelijk.norm import read_norm
from toegankelijk.screening import screen_city

from .screenings import screen_once

WORD = {"nl": "nbreuk", "en": "nfringement", "fr": "nfraction", "de": "erstoß"}
"""The word as a part, with or without a capital."""


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city())


def with_facts(screening, *, year, inside):
    """The city with a year in which all was built, and with the built-up area drawn round all of it, or not at all."""
    layers = {kind: layer.assign(built_year=year) for kind, layer in screening.city.layers.items()}
    context = {kind: layer for kind, layer in screening.city.context.items() if kind != "built_up_area"}
    if inside:
        box = shapely.box(*screening.table.total_bounds).buffer(500)
        context["built_up_area"] = gpd.GeoDataFrame(
            index=pd.Index(["B"], name="object_id"), geometry=[box], crs=screening.city.crs
        )
    city = dataclasses.replace(screening.city, layers=layers, context=context)
    return dataclasses.replace(screening.findings, city=city)


def of_law(breaches):
    return breaches[breaches["basis"] == "wet"]


def test_a_law_in_its_scope_is_an_infringement_with_its_article(screening):
    breaches = of_law(list_breaches(with_facts(screening, year=2010.0, inside=True), screening.table))
    assert len(breaches) > 0
    assert set(breaches["grade"]) == {"infringement"}
    assert breaches["sentence"].str.startswith("Inbreuk op art. ").all()
    assert breaches["article"].str.startswith("art. ").all()


@pytest.mark.parametrize(
    ("year", "inside", "grade"),
    [(np.nan, True, "law_open"), (2010.0, False, "law_open"), (1985.0, True, "law_elsewhere"), (1999.0, True, "law_elsewhere")],
)
def test_without_proof_of_place_and_year_no_law_is_an_infringement(screening, year, inside, grade):
    breaches = list_breaches(with_facts(screening, year=year, inside=inside), screening.table)
    assert set(of_law(breaches)["grade"]) == {grade}
    assert "infringement" not in set(breaches["grade"])


def test_outside_the_built_up_area_the_law_is_a_guideline(screening):
    findings = with_facts(screening, year=2010.0, inside=True)
    layers = {kind: layer.assign(built_up_area=False) for kind, layer in findings.city.layers.items()}
    findings = dataclasses.replace(findings, city=dataclasses.replace(findings.city, layers=layers))
    assert set(of_law(list_breaches(findings, screening.table))["grade"]) == {"law_elsewhere"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_word_stands_only_in_sentences_of_infringements(screening, lang):
    breaches = list_breaches(with_facts(screening, year=2010.0, inside=True), screening.table, lang=lang)
    assert breaches["sentence"].str.contains(WORD[lang]).equals(breaches["grade"].eq("infringement"))


def test_a_law_known_from_memory_is_never_an_infringement(screening):
    remembered = screening.norm.limits[(screening.norm.limits["basis"] == "wet") & (screening.norm.limits["verified"] != "yes")]
    assert len(remembered) > 0  # else this test says nothing
    limits = screening.norm.limits.copy()
    limits.loc[limits["basis"] == "wet", "verified"] = "memory"
    findings = with_facts(screening, year=2010.0, inside=True)
    findings = dataclasses.replace(findings, norm=dataclasses.replace(screening.norm, limits=limits))
    assert set(of_law(list_breaches(findings, screening.table))["grade"]) == {"law_elsewhere"}


def test_every_criterion_of_every_bottleneck_is_told(screening):
    breaches = list_breaches(screening.findings, screening.table)
    assert list(breaches.columns) == list(COLUMNS)
    told = breaches.groupby("bottleneck_id")["criterion"].agg(set)
    wanted = screening.table.set_index("bottleneck_id")["criteria"].map(lambda codes: set(codes.split("|")))
    assert told.reindex(wanted.index).equals(wanted)


def test_a_looser_level_that_a_law_asks_is_named_too(screening):
    """A kerb ramp of 14 % over 0.20 m: level A rests on a guideline, and the 10 % of the decree fails as well."""
    ends = screening.city.layers["crossing_end"]
    steep = ends.assign(has_kerb_ramp=True, kerb_ramp_slope=14.0, rise=0.20)
    city = dataclasses.replace(screening.city, layers={**screening.city.layers, "crossing_end": steep})
    judged = screen_city(city, screening.norm)
    breaches = list_breaches(judged.findings, judged.table)
    ramps = breaches[breaches["criterion"] == "CRO-03"]
    assert {"wet"} < set(ramps["basis"])
    assert set(ramps.loc[ramps["basis"] == "wet", "level"]) == {"C"}
    assert set(ramps.loc[ramps["basis"] == "wet", "required"]) == {"10 %"}


def test_a_monitoring_table_of_another_norm_breaks_nothing(screening):
    table = screening.table.assign(criteria="XYZ-99", criterion="XYZ-99")
    assert list_breaches(screening.findings, table).empty


def test_laws_with_a_scope_are_laws_of_the_norm():
    norm = read_norm()
    assert set(laws()) <= set(norm.limits.loc[norm.limits["basis"] == "wet", "source"])
    assert all(law.place == "built_up_area" for law in laws().values())
    assert GRADES[0] == "infringement"
