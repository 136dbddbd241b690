"""What a page would load that is not in it."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser


def outside_sources(page: str) -> list[str]:
    """What a page would load that is not in it: elements with a source, urls in styles, tile layers in scripts."""
    parser = _Sources()
    parser.feed(page)
    return parser.found


class _Sources(HTMLParser):
    """Collects what a page would load."""

    PATTERNS: Mapping[str, tuple[str, ...]] = {
        "style": (r"@import\s+[^;]+", r"url\(\s*['\"]?(?!data:|#)[^)]*//[^)]*"),
        "script": (r"L\.tileLayer[\w.]*\(\s*[\"'`][^\"'`]*", r"sourceMappingURL=\S+"),
    }
    LOADED = frozenset({"src", "srcset", "data", "poster", "background"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the sources of an element; a link in the text is not one."""
        self.inside = tag
        loaded = self.LOADED | ({"href", "xlink:href"} if tag in ("link", "use", "image", "base") else set())
        self.found += [
            f"<{tag} {key}={value!r}>" for key, value in attrs if key in loaded and not str(value).startswith(("data:", "#"))
        ]

    def handle_endtag(self, tag: str) -> None:
        """Leave a style or script."""
        self.inside = ""

    def handle_data(self, data: str) -> None:
        """Look into styles and scripts."""
        self.found += [
            found.group(0)[:200] for pattern in self.PATTERNS.get(self.inside, ()) for found in re.finditer(pattern, data)
        ]
