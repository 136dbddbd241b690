"""A map of layers as folium knows maps: it shows itself in a notebook, and is written as one page."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import folium

from toegankelijk.errors import ConfigError
from toegankelijk.maps import page
from toegankelijk.maps.layers import Layer


class DrawnMap(folium.Map):
    """Map of layers, made by `toegankelijk.maps.draw_layers`; in a notebook it shows the finished page, which needs no network.

    It has all of its layers: nothing of folium can be added. Base maps are chosen on the page itself.
    """

    def __init__(self, layers: Sequence[Layer], *, title: str, lang: str, attribution: str, intro: str) -> None:
        self._whole = False
        super().__init__(tiles=None)
        self._parent: Any = None  # folium puts a map in a figure with its own scripts, which this one does not need
        self.layers = tuple(layers)
        self.packed, self.extents = page.pack_layers(self.layers)
        self.page_title, self.lang, self.attribution, self.intro = title, lang, attribution, intro
        self.first_view: tuple[float, float, float, float] | None = None
        self._rendered: dict[str, str] = {}
        self._whole = True

    def add_child(self, child: Any, name: str | None = None, index: int | None = None) -> Any:
        """Refuse what the page would not show."""
        if self._whole:
            raise ConfigError(
                f"a {type(child).__name__} cannot be added to a finished map: give all layers to draw_layers or show_map"
            )
        return super().add_child(child, name=name, index=index)

    def fit_bounds(self, bounds: Any, *_places: Any, **_options: Any) -> None:
        """Show this part first: corners as (latitude, longitude), south-west and north-east."""
        (south, west), (north, east) = bounds
        self.first_view = (float(west), float(south), float(east), float(north))
        self._rendered.clear()

    def get_root(self) -> Any:
        """The map itself: it is the whole page."""
        return self

    def render(self, **_options: Any) -> str:
        """The page as HTML."""
        if self.lang not in self._rendered:
            self._rendered[self.lang] = page.render_page(self, title=self.page_title, lang=self.lang)
        return self._rendered[self.lang]

    def save(self, outfile: Any, close_file: bool = True, **_options: Any) -> None:
        """Write the page to a file or a path."""
        if hasattr(outfile, "write"):
            outfile.write(self.render().encode("utf-8"))
            if close_file:
                outfile.close()
        else:
            page.write_map(self, Path(outfile), title=self.page_title, lang=self.lang)

    def _repr_html_(self, **_options: Any) -> str:
        """The page in a frame of the notebook."""
        frame = "width: 100%; height: 44rem; border: 1px solid #8a8f94"
        title = html.escape(self.page_title or "map")
        return f'<iframe title="{title}" srcdoc="{html.escape(self.render())}" style="{frame}"></iframe>'
