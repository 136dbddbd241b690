"""The sample district against its truth tables, worked out by hand from the norm: each planted case, and nothing else."""

from pathlib import Path

import pandas as pd
import pytest

import toegankelijk as tg

PLANTED_REMARKS = {
    ("car_park: district.gpkg/parkings", "PK-02", "geometry", "", "repaired: self-intersection"),
    ("footway: district.gpkg/voetpaden", "VP-08", "route_width", "> 1,5", "not an exact number"),
    ("rest_place: district.gpkg/banken", "RP-04", "", "", "exact copy of another row"),
    ("stop: district.gpkg/haltes", "HA-05", "", "", "no geometry that can be read"),
    (
        "stop: district.gpkg/haltes",
        "",
        "complete",
        "true",
        "1 of 7 rows were set aside, so nothing follows from what the layer lacks",
    ),
    ("zones", "WZ-2", "geometry", "3600.0 m2", "overlaps zone WZ-3"),
}


@pytest.fixture(scope="module")
def screening(sample_folder):
    return tg.screen(sample_folder / "city.toml")


@pytest.fixture(scope="module")
def truth(sample_folder):
    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(Path(sample_folder) / f"truth_{name}.csv", dtype=str, keep_default_na=False)

    return read


def rows(table: pd.DataFrame, columns: list[str]) -> set[tuple[str, ...]]:
    """Rows as text, and none of them twice."""
    texts = [tuple(row) for row in table[columns].astype("object").fillna("").astype(str).to_numpy().tolist()]
    assert len(set(texts)) == len(texts), "rows occur twice"
    return set(texts)


def differences(found: set, expected: set) -> str:
    return "".join(f"\nnot in the truth: {row}" for row in sorted(found - expected)) + "".join(
        f"\nnot found: {row}" for row in sorted(expected - found)
    )


def judged(screening: tg.Screening, outcome: str) -> pd.DataFrame:
    table = screening.findings.table
    table = table[table["outcome"] == outcome].astype({"criterion": "object", "area_id": "object"})
    rules = screening.norm.rules
    return table.assign(
        level=screening.city.areas["level"].reindex(table["area_id"]).to_numpy(),
        remedy=[rules[code].remedy for code in table["criterion"]],
        core=[rules[code].core for code in table["criterion"]],
    )


def test_what_fails(screening, truth):
    columns = ["object_id", "area_id", "level", "criterion", "outcome", "severity", "remedy"]
    expected = rows(truth("findings"), columns)
    found = rows(judged(screening, "fails"), columns)
    assert len(expected) > 70
    assert found == expected, differences(found, expected)


def test_what_is_unknown_and_why(screening, truth):
    columns = ["object_id", "area_id", "criterion", "reason"]
    unknown = judged(screening, "unknown")
    found = rows(unknown[unknown["core"]], columns)
    expected = rows(truth("unknown"), columns)
    assert {reason for *_, reason in expected} == {"missing", "bounds", "applies", "driver"}
    assert found == expected, differences(found, expected)


def test_bottlenecks_with_all_their_columns(screening, truth):
    expected = truth("bottlenecks")
    columns = list(expected.columns)
    found = rows(screening.table, columns)
    assert found == rows(expected, columns), differences(found, rows(expected, columns))
    for column in ("description", "solution", "priority_reason", "planning_reason", "responsible_reason", "required"):
        assert screening.table[column].str.len().gt(0).all(), f"{column} has gaps"
    assert (screening.table["status"] == "open").all()
    assert screening.table.geometry.geom_type.eq("Point").all()


def test_good_examples(screening, truth):
    found = rows(screening.good_examples, ["object_id", "area_id"])
    expected = rows(truth("good_examples"), ["object_id", "area_id"])
    assert found == expected, differences(found, expected)


def test_truth_tables_agree_among_themselves(truth):
    """A guard on the tables: what fails has a bottleneck, and no good example fails or is unknown."""
    findings, bottlenecks, good, unknown = (truth(name) for name in ("findings", "bottlenecks", "good_examples", "unknown"))
    keys = ["object_id", "remedy"]
    assert set(map(tuple, findings[keys].to_numpy())) == set(map(tuple, bottlenecks[keys].to_numpy()))
    assert not set(good["object_id"]) & (set(findings["object_id"]) | set(unknown["object_id"]))
    listed = findings.groupby(keys)["criterion"].agg(lambda codes: sorted(set(codes)))
    for key, criteria in bottlenecks.set_index(keys)["criteria"].items():
        assert sorted(criteria.split("|")) == listed[key]


def test_all_themes_and_levels_occur(screening):
    assert set(screening.table["theme"]) == set(screening.norm.themes.index)
    assert set(screening.city.areas["level"]) == {"A", "B", "C"}


def test_balance_is_zero(screening):
    balance = screening.balance.set_index("layer")
    assert (balance["read"] == balance["assessed"] + balance["outside"] + balance["not_assessable"]).all()
    assert balance.loc["rest_place: district.gpkg/banken"].drop("kind").to_dict() == {
        "read": 7,
        "assessed": 5,
        "outside": 1,
        "not_assessable": 1,
        "derived": 0,
        "reasons": {"exact copy of another row": 1},
    }
    assert balance.loc["stop: district.gpkg/haltes", "reasons"] == {"no geometry that can be read": 1}
    assert balance["derived"].to_dict()["footway: district.gpkg/voetpaden"] == 2
    assert balance["derived"].to_dict()["crossing: district.gpkg/oversteken"] == 9
    assert balance[["outside", "not_assessable"]].to_numpy().sum() == 3


def test_remarks_are_those_that_were_planted(screening):
    remarks = screening.city.remarks
    assert set(map(tuple, remarks.to_numpy().tolist())) == PLANTED_REMARKS
    assert len(remarks) == len(PLANTED_REMARKS)


def test_an_object_in_two_zones_counts_in_both_and_once_in_the_table(screening):
    member = screening.findings.membership
    assert set(member.loc[member["object_id"] == "VP-12", "zone_id"]) == {"WZ-2", "WZ-3"}
    assert (screening.table["object_id"] == "VP-12").sum() == 1
    assert screening.table["bottleneck_id"].is_unique


def test_scores_of_the_zone_that_the_docs_work_out_by_hand(screening):
    scores = screening.scores.query("zone_id == 'WZ-3' and level == 'all'").set_index("theme")
    by_hand = {
        "doorgangen": 1 / 2,
        "oppervlak": 100 / 140,
        "oversteekplaatsen": (1 + 0.25) / 2,
        "haltes": 1.0,
        "parkeerplaatsen": 1.0,
        "straatmeubilair": (25 + 40) / 140,
    }
    for end in ("score_low", "score_high", "score_known"):
        assert scores[end].drop("all").dropna().to_dict() == pytest.approx(by_hand)
        assert scores.at["all", end] == pytest.approx(sum(by_hand.values()) / 6)
    assert scores.at["all", "blockers"] == 2
