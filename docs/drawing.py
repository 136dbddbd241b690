"""A plain pen for drawings: things from above or from aside, and what is measured on them, as SVG.

Everything stands on a white ground of its own, so that a page may be light or dark. Letters are those of the reader's machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

WIDTH = 900
LETTER, SIZE = 0.61, 15
"""Width of a letter over its height (of fixed width, so that texts can be kept apart), and that height."""

FILLS = {
    "pavement": "#f2e6cb",
    "road": "#c6cad0",
    "building": "#d8b8a8",
    "green": "#b7d3a4",
    "thing": "#4a4a4a",
    "field": "#fff7b0",
    "bay": "#9cc4ea",
    "island": "#e4d3a6",
    "earth": "#d9cdb8",
    "white": "#ffffff",
}
INK, MEASURE = "#1a1a1a", "#0b3d91"

STYLE = (
    f"text{{font:{SIZE}px monospace;fill:{MEASURE}}}.name,.head{{fill:{INK};font-family:sans-serif;font-size:14px}}"
    f".head{{font-weight:bold;font-size:15px}}.size{{stroke:{MEASURE};stroke-width:1.8;fill:none}}"
    f".thing{{stroke:{INK};stroke-width:1.4}}.line{{stroke:{INK};stroke-width:2.2;fill:none}}"
    ".dash{stroke-dasharray:7 5}.halo{fill:#ffffff;opacity:.88}"
)
ARROWS = (
    '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
    f'<path d="M0 0 10 5 0 10z" fill="{MEASURE}"/></marker></defs>'
)

Box = tuple[float, float, float, float]


@dataclass
class Drawing:
    """Shapes and texts, in the order in which they are drawn.

    ``texts`` holds what every text says and the box that it takes up: left, top, right and bottom.
    """

    name: str
    title: str
    description: str
    height: int
    shapes: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    texts: list[tuple[str, Box]] = field(default_factory=list)

    def svg(self) -> str:
        """The drawing as SVG, the same bytes each time."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" role="img" aria-labelledby="t d">\n'
            f'<title id="t">{escape(self.title)}</title>\n<desc id="d">{escape(self.description)}</desc>\n'
            f"<style>{STYLE}</style>\n{ARROWS}\n"
        )
        ground = f'<rect width="{WIDTH}" height="{self.height}" fill="#ffffff"/>'
        return head + "\n".join([ground, *self.shapes, *self.over]) + "\n</svg>\n"

    def box(self, left: float, top: float, width: float, height: float, fill: str, *, edge: bool = True) -> None:
        """A rectangle."""
        mark = ' class="thing"' if edge else ""
        size = f'width="{width:g}" height="{height:g}"'
        self.shapes.append(f'<rect x="{left:g}" y="{top:g}" {size} fill="{FILLS[fill]}"{mark}/>')

    def area(self, *points: tuple[float, float], fill: str, edge: bool = True) -> None:
        """A polygon."""
        mark = ' class="thing"' if edge else ""
        self.shapes.append(f'<polygon points="{_points(points)}" fill="{FILLS[fill]}"{mark}/>')

    def line(self, *points: tuple[float, float], dash: bool = False) -> None:
        """A line."""
        self.shapes.append(f'<polyline points="{_points(points)}" class="line{" dash" if dash else ""}"/>')

    def dot(self, x: float, y: float, radius: float, fill: str = "thing") -> None:
        """A disc."""
        self.shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{FILLS[fill]}" class="thing"/>')

    def ring(self, x: float, y: float, radius: float) -> None:
        """A circle that is measured."""
        self.shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="size dash"/>')

    def head(self, x: float, y: float, text: str) -> None:
        """Heading of a part of the drawing."""
        self._text(x, y, text, "start", "head")

    def label(self, x: float, y: float, text: str, anchor: str = "middle") -> None:
        """Name of a thing; its middle, start or end at a place."""
        self._text(x, y, text, anchor, "name")

    def note(self, x: float, y: float, text: str) -> None:
        """What is known of no place in the drawing."""
        self._text(x, y, text, "start", "")

    def size(self, start: tuple[float, float], end: tuple[float, float], text: str, at: tuple[float, float] = (0, 0)) -> None:
        """What is measured from one place to another; ``at`` moves its name away from the middle of the arrow."""
        (x1, y1), (x2, y2) = start, end
        arrow = f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="size"'
        self.shapes.append(f'{arrow} marker-start="url(#a)" marker-end="url(#a)"/>')
        self._text((x1 + x2) / 2 + at[0], (y1 + y2) / 2 + at[1], text, "middle", "")

    def about(self, x: float, y: float, text: str, to: tuple[float, float], anchor: str = "start") -> None:
        """What is known of a thing, with a line to it."""
        width = len(text) * SIZE * LETTER
        left, right = x - {"start": 0, "middle": width / 2, "end": width}[anchor], 0.0
        right = left + width
        near_x = min(max(to[0], left), right)
        near_y = y - 5 if not left < to[0] < right else (y + 5 if to[1] > y else y - SIZE)
        self.shapes.append(f'<line x1="{near_x:g}" y1="{near_y:g}" x2="{to[0]:g}" y2="{to[1]:g}" class="size"/>')
        self.shapes.append(f'<circle cx="{to[0]:g}" cy="{to[1]:g}" r="3.2" fill="{MEASURE}"/>')
        self._text(x, y, text, anchor, "")

    def _text(self, x: float, y: float, text: str, anchor: str, style: str) -> None:
        width = len(text) * SIZE * LETTER * (0.85 if style else 1)
        left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
        self.texts.append((text, (left, y - 12, left + width, y + 4)))
        if not style:
            self.over.append(f'<rect x="{left - 2:g}" y="{y - 13:g}" width="{width + 4:g}" height="18" class="halo"/>')
        mark = f' class="{style}"' if style else ""
        self.over.append(f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{mark}>{escape(text)}</text>')


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
