"""The drawing of the page on walking: `python docs/network_drawings.py` makes it in `docs/network`, and a test holds it to this.

It shows the walking sample (`sample_data/build_walking.py`): who is cut off, and by what, is what the program finds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from drawing import Drawing

import toegankelijk as tg
from toegankelijk.reach import Reach

HERE = Path(__file__).parent / "network"
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sample_data"))

from build_walking import ORIGIN, ROWS, blocks, corner, layers  # noqa: E402 (it stands beside the sample)

SCALE, LEFT, TOP, FOOT = 1.44, 18, 40, 60
"""Pixels to a metre, and room beside, above and below the district."""

FILLS = {"surely": "white", "possibly": "field", "not": "building"}
NAMES = {
    "ZV-1": ("care home", -52, -12),
    "ZV-2": ("doctor", 12, -4),
    "HA-1": ("stop", -12, -12),
    "HA-2": ("stop", -44, 24),
    "HA-3": ("stop", -16, -12),
    "WI-1": ("shop", 12, 14),
    "WI-2": ("shop", 12, -4),
}
"""What is written at each place, and by how many pixels to the right and down of it."""


def district(reach: Reach) -> Drawing:
    """The blocks, who is cut off in a wheelchair, and what closes the way."""
    height = round(TOP + len(ROWS) * 80 * SCALE + FOOT)
    pen = Drawing(
        "blokken",
        "Who gets to a stop in a wheelchair",
        "A map of 6 by 5 blocks with their residents. The middle hangs together. Blocks A1, A5, D5, E1 and column F are cut off"
        " by high kerbs, bollards or a narrow path, each marked by a dot or a broken line; of block B5 it is unknown.",
        height,
    )
    pen.head(LEFT, 24, pen.title)
    origins = reach.origins[reach.origins["residents"] > 0]
    homes = origins.assign(block=origins["object_id"].str.slice(3, 5))
    for block in blocks():
        own = homes[homes["block"] == block]
        (said,) = set(own["wheelchair_stop"])
        x, y = corner(block)
        left, top = at(x + 4, y + 76)
        right, bottom = at(x + (84 if block == "D5" else 96), y + 4)
        pen.box(left, top, right - left, bottom - top, FILLS[said], edge=False)
        pen.label(*at(x + 27, y + 58), f"{block}: {own['residents'].sum():.0f}")
    edges = reach.edges(lang="en")
    for way in edges[edges["kind"] != "gate"].itertuples():
        places = [at(east - ORIGIN[0], north - ORIGIN[1]) for east, north in way.geometry.coords]
        pen.line(*places, dash=way.wheelchair == "closed")
    for gate in edges[(edges["kind"] == "gate") & (edges["wheelchair"] != "open")].itertuples():
        place = at(gate.geometry.x - ORIGIN[0], gate.geometry.y - ORIGIN[1])
        pen.dot(*place, 5, "thing" if gate.wheelchair == "closed" else "field")
    draw_places(pen)
    draw_legend(pen, height - FOOT + 34)
    return pen


def at(x: float, y: float) -> tuple[float, float]:
    """Where a place is drawn."""
    return round(LEFT + x * SCALE, 1), round(TOP + (len(ROWS) * 80 - y) * SCALE, 1)


def draw_places(pen: Drawing) -> None:
    """Where people go."""
    made = layers()
    for layer in ("zorgvoorzieningen", "haltes", "winkels"):
        for row in made[layer].itertuples():
            x, y = at(row.geometry.x - ORIGIN[0], row.geometry.y - ORIGIN[1])
            text, right, down = NAMES[row.id]
            pen.dot(x, y, 5, "bay")
            pen.label(x + right, y + down, text, "start")


def draw_legend(pen: Drawing, y: float) -> None:
    """What the colours and signs say."""
    x = float(LEFT)
    for fill, text in (("building", "cut off"), ("field", "unknown"), ("white", "gets there")):
        pen.box(x, y - 13, 22, 16, fill)
        pen.label(x + 30, y, text, "start")
        x += 125
    pen.dot(x + 8, y - 5, 5, "thing")
    pen.label(x + 22, y, "closed: kerb, bollards", "start")
    x += 225
    pen.line((x, y - 5), (x + 40, y - 5), dash=True)
    pen.label(x + 48, y, "closed: path, stairs", "start")


def main() -> None:
    """Write the drawing."""
    HERE.mkdir(exist_ok=True)
    drawing = district(tg.screen(tg.sample_city("walking")).reach)
    (HERE / f"{drawing.name}.svg").write_text(drawing.svg(), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
