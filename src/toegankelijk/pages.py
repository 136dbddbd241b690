"""Pages that open without a network: templates in which text stays text, and what a browser may load and run."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Mapping
from functools import partial
from html.parser import HTMLParser
from importlib import import_module
from importlib.resources import files
from pathlib import Path, PurePosixPath

from toegankelijk import labels

ASSETS: Mapping[str, tuple[str, str]] = {
    "leaflet.js": ("leaflet", "leaflet.js"),
    "leaflet.css": ("leaflet", "leaflet.css"),
    "jquery-3.7.1.min.js": ("jquery", "jquery.min.js"),
    "leaflet.markercluster.js": ("leaflet_markercluster", "leaflet.markercluster.js"),
    "MarkerCluster.css": ("leaflet_markercluster", "MarkerCluster.css"),
    "MarkerCluster.Default.css": ("leaflet_markercluster", "MarkerCluster.Default.css"),
}
"""File that folium asks for: the xstatic package that has it, and its name there."""

LIVE = str.maketrans({mark: f"&#{ord(mark)};" for mark in "{}`$\\"})
"""Characters that jinja2 and JavaScript give a meaning; as entities they are only text."""


def fill_template(name: str, lang: str, **context: object) -> str:
    """Page from a template of the package; what is filled in is text, never markup or template code."""
    from jinja2 import PackageLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        loader=PackageLoader("toegankelijk", "data/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    write: Callable[..., str] = partial(labels.label, lang=labels.check_language(lang))
    return environment.get_template(name).render(lang=lang, label=write, word=partial(labels.word, lang=lang), **context)


def read_template(name: str) -> str:
    """Style or script of the package, as it is."""
    return files("toegankelijk").joinpath("data", "templates", name).read_text("utf-8")


def inert(value: object) -> str:
    """Text that jinja2, JavaScript template literals and HTML all show as it is.

    Examples
    --------
    >>> inert("<b>{{ 7 * 7 }}</b>")
    '&lt;b&gt;&#123;&#123; 7 * 7 &#125;&#125;&lt;/b&gt;'
    """
    return html.escape(str(value)).translate(LIVE)


def inline_assets(page: str) -> str:
    """The page with the scripts and styles of installed packages in it, instead of references; unknown references stay."""
    page = re.sub(r'<script src="([^"]*)"></script>', lambda tag: _inline(tag, "script"), page)
    return re.sub(r'<link rel="stylesheet" href="([^"]*)"\s*/?>', lambda tag: _inline(tag, "style"), page)


def outside_sources(page: str) -> list[str]:
    """What a page would load that is not in it: elements with a source, urls in styles, tile layers in scripts."""
    parser = _Sources()
    parser.feed(page)
    return parser.found


def policy(page: str) -> str:
    """Content security policy that lets only the scripts of this page run; a handler smuggled into markup does not."""
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    rules = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


def _inline(tag: re.Match[str], element: str) -> str:
    name = PurePosixPath(tag[1]).name
    if name not in ASSETS:
        return tag[0]
    package, file = ASSETS[name]
    folder = Path(import_module(f"xstatic.pkg.{package}").BASE_DIR)
    content = (folder / file).read_text("utf-8")
    content = re.sub(r"^//# sourceMappingURL=.*$", "", content, flags=re.MULTILINE).replace("</script", r"<\/script")
    if element == "style":
        content = re.sub(r"url\((images/[^)]*)\)", lambda url: f"url({_data_uri(folder / url[1])})", content)
    return f"<{element}>\n{content}\n</{element}>"


def _data_uri(file: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"


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
