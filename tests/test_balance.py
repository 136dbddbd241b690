"""What is known of every attribute, on the sample district and on a small city."""

import dataclasses

import pytest

import toegankelijk as tg
from toegankelijk.balance import attribute_rows


@pytest.fixture(scope="module")
def known(sample_folder):
    city = tg.measure_layers(tg.read_city(sample_folder / "city.toml"))
    return city, attribute_rows(city).set_index(["kind", "attribute", "layer", "how"]).sort_index()


def test_every_known_value_is_counted_once(known):
    city, rows = known
    for (kind, attribute), group in rows.groupby(level=["kind", "attribute"]):
        layer = city.layers[kind]
        ends = [column for column in (f"{attribute}_low", f"{attribute}_high") if column in layer]
        values = layer[attribute].notna()
        assert group["values"].sum() == values.sum()
        assert group["bounds"].sum() == ((layer[ends].notna().any(axis=1) & ~values).sum() if ends else 0)


def test_what_is_measured_is_told_apart_from_what_is_read(known):
    _, rows = known
    bays = rows.loc[("parking_bay", "bay_width")]
    assert bays.index.get_level_values("how").tolist() == ["measured"]
    assert bays["values"].tolist() == [6]
    stops = rows.loc[("stop", "platform_height")]
    assert stops.index.get_level_values("how").tolist() == ["read"]
    obstacles = rows.loc[("obstacle", "outside_walkway")]
    assert set(obstacles.index.get_level_values("how")) == {"read", "measured"}


def test_bounds_stand_apart_from_values(known):
    _, rows = known
    ends = rows.loc[("crossing_end", "kerb_height")]
    assert ends["bounds"].sum() > 0
    assert (ends["objects"] >= ends["values"] + ends["bounds"]).all()
    assert set(rows.index.get_level_values("how")) == {"read", "measured"}


def test_nothing_is_said_of_attributes_that_nobody_knows(known):
    _, rows = known
    assert ("footway", "slip_resistant") not in set(rows.index.droplevel(["layer", "how"]))
    assert ((rows["values"] + rows["bounds"]) > 0).all()


def test_a_layer_without_objects_has_no_row(known):
    city, rows = known
    empty = {**city.layers, "stop": city.layers["stop"].iloc[:0]}
    fewer = attribute_rows(dataclasses.replace(city, layers=empty))
    assert set(fewer["kind"]) == set(rows.index.get_level_values("kind")) - {"stop"}
