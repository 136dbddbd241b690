"""Charts: as long as the figures say, the same figures in the text alternative, and nothing in them that runs."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk import charts, labels
from toegankelijk.charts import Bar, count_bars, score_bars, trend_bars

from . import hostile

NAN = float("nan")
SVG = "{http://www.w3.org/2000/svg}"


def shapes(chart, kind, name=None):
    found = ElementTree.fromstring(chart.svg).iter(f"{SVG}{kind}")  # noqa: S314 - our own drawing
    return [one for one in found if name is None or one.get("class") == name]


def number(shape, key):
    return float(shape.get(key))


def test_a_score_runs_from_its_lowest_to_its_highest_on_the_scale():
    chart = score_bars([Bar("Haltes", 0.25, 0.75), Bar("Drempels", 0.0, 1.0)])
    track, _ = shapes(chart, "rect", "track")
    half, whole = shapes(chart, "rect", "span")
    wide = number(track, "width")
    assert number(half, "x") == pytest.approx(number(track, "x") + 0.25 * wide)
    assert number(half, "width") == pytest.approx(0.5 * wide)
    assert (number(whole, "x"), number(whole, "width")) == (number(track, "x"), wide)
    assert [one.text for one in shapes(chart, "text") if one.get("font-weight") == "600"] == ["25–75", "0–100"]
    marks = {one.text: number(one, "x") for one in shapes(chart, "text") if (one.text or "").isdigit()}
    assert marks["50"] == pytest.approx(number(track, "x") + 0.5 * wide, abs=0.01)


def test_a_score_that_is_known_exactly_is_seen_and_stays_on_the_scale():
    for share in (0.0, 0.5, 1.0):
        chart = score_bars([Bar("Haltes", share, share)])
        (track,), (span,) = shapes(chart, "rect", "track"), shapes(chart, "rect", "span")
        assert number(span, "width") > 3
        assert number(track, "x") <= number(span, "x")
        assert number(span, "x") + number(span, "width") <= number(track, "x") + number(track, "width") + 0.01


def test_unknown_and_unsure_differ_without_colour():
    sure, unsure, unknown = (
        score_bars([bar]) for bar in (Bar("a", 0.2, 0.8), Bar("a", 0.2, 0.8, sure=False), Bar("a", NAN, NAN))
    )
    assert not shapes(unknown, "rect", "span")
    assert shapes(unknown, "rect", "track")[0].get("stroke-dasharray")
    assert not shapes(sure, "rect", "track")[0].get("stroke-dasharray")
    assert len(shapes(unsure, "path")) == len(shapes(sure, "path")) + 1  # the hatch
    assert labels.label("report.bar_none") in unknown.text


def test_parts_of_a_bar_are_as_long_as_their_counts():
    chart = count_bars([("Haltes", [1, 2, 1]), ("Drempels", [0, 0, 8])], ["hoog", "middel", "laag"], title="Knelpunten")
    widths = [[number(one, "width") for one in shapes(chart, "rect", f"part-{part}")][1:] for part in range(3)]  # 0 is the key
    assert widths[0] == pytest.approx([widths[2][1] / 8], abs=0.02)
    assert widths[1] == pytest.approx([widths[2][1] / 4], abs=0.02)
    assert chart.text == "Knelpunten. Haltes: 4 (1 hoog, 2 middel, 1 laag). Drempels: 8 (0 hoog, 0 middel, 8 laag)."
    fills = {one.get("fill") for part in range(3) for one in shapes(chart, "rect", f"part-{part}")}
    assert len(fills) == 3


def test_columns_are_as_high_as_their_counts_and_stand_on_one_floor():
    chart = trend_bars(["2025", "2026"], {"open": [40, 10], "dringend": [20, 0]}, lang="en")
    high = [number(one, "height") for one in shapes(chart, "rect", "part-0")][1:]
    urgent = [number(one, "height") for one in shapes(chart, "rect", "part-1")][1:]
    assert high[1] == pytest.approx(high[0] / 4, abs=0.02)
    assert urgent == pytest.approx([high[0] / 2], abs=0.02)  # of nothing there is no column
    ends = {round(number(one, "y") + number(one, "height"), 1) for one in shapes(chart, "rect", "part-0")[1:]}
    assert len(ends) == 1
    assert chart.text == "2025: 40 open, 20 dringend. 2026: 10 open, 0 dringend."
    other = trend_bars(["2025"], {"open": [40], "dringend": [20]}, marks=(2, 0))
    assert [len(shapes(other, "rect", f"part-{part}")) for part in range(3)] == [2, 0, 2]


def test_more_parts_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="at most 4 parts, not 5"):
        count_bars([], ["a", "b", "c", "d", "e"])
    with pytest.raises(ValueError, match="at most 4 series"):
        trend_bars([], dict.fromkeys("abcde", ()))


def test_greys_of_the_parts_are_far_apart():
    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    first, second, third, _ = sorted(map(luminance, charts.SHADES))
    assert (second + 0.05) / (first + 0.05) >= 3
    assert (third + 0.05) / (second + 0.05) >= 1.5
    assert len(set(charts.HATCHES)) == len(charts.SHADES)  # and the marks differ as well


@given(st.floats(0, 300), st.floats(0, 300), st.floats(1, 400), st.floats(1, 60), st.sampled_from(["slant", "dots"]))
def test_marks_stay_within_their_part(left, top, wide, tall, how):
    drawn = charts._hatch(left, top, wide, tall, how, "#000000")
    for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", drawn):
        assert left - 0.02 <= float(x) <= left + wide + 0.02
        assert top - 0.02 <= float(y) <= top + tall + 0.02


def test_numbers_are_written_as_the_language_does():
    for lang, said in {"nl": "1.234", "en": "1,234", "fr": "1\u202f234", "de": "1.234"}.items():
        assert said in count_bars([("x", [1234])], ["y"], lang=lang).text


def test_nothing_to_draw_is_a_drawing_too():
    for chart in (score_bars([]), count_bars([], ["a"]), trend_bars([], {"a": []})):
        assert ElementTree.fromstring(chart.svg).get("role") == "img"  # noqa: S314


def test_long_names_are_cut_in_the_drawing_and_whole_in_the_text():
    name = "Hellingen en trappen langs de zeer lange wandelweg door het park achter het station " * 2
    chart = score_bars([Bar(name, 0.1, 0.2)])
    assert name.strip() in chart.text
    assert max(len(one.text or "") for one in shapes(chart, "text")) <= charts.NAMES / charts.LETTERS


def test_hostile_names_stay_text(tmp_path):
    texts = hostile.payloads(tmp_path / "ran")
    drawn = [
        score_bars([Bar(text, 0.1, 0.9) for text in texts], title=texts[0]),
        count_bars([(text, [1, 2]) for text in texts], texts[9:11], title=texts[9]),
        trend_bars(texts[:4], {texts[9]: [1, 2, 3, 4], texts[11]: [1, 2, 3, 4]}, title=texts[12]),
    ]
    for chart in drawn:
        kinds = {one.tag.removeprefix(SVG) for one in ElementTree.fromstring(chart.svg).iter()}  # noqa: S314
        assert kinds <= {"svg", "title", "rect", "path", "text"}
        assert "url(" not in re.sub(r">[^<]*<|aria-label=\"[^\"]*\"", "", chart.svg)


def test_a_chart_shows_itself_in_a_template_and_a_notebook():
    chart = score_bars([Bar("Haltes", 0.2, 0.4)])
    assert chart._repr_html_() == chart.__html__() == chart.svg
    assert chart.svg == score_bars([Bar("Haltes", 0.2, 0.4)]).svg
