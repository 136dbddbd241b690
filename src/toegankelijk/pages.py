"""Pages that open without a network: templates in which text stays text, and what a browser may load and run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from toegankelijk import labels

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


def fill_template(name: str, lang: str, **context: object) -> str:
    """Page from a template of the package; what is filled in is text, never markup or template code."""
    write: Callable[..., str] = partial(labels.label, lang=labels.check_language(lang))
    return _environment().get_template(name).render(lang=lang, label=write, word=partial(labels.word, lang=lang), **context)


def read_template(name: str) -> str:
    """Style or script of the package, as it is."""
    return files("toegankelijk").joinpath("data", "templates", name).read_text("utf-8")


def fill_page(
    name: str, lang: str, *, styles: Sequence[str], scripts: Sequence[str], images: Sequence[str] = (), **context: object
) -> str:
    """Page from a template of the package, with styles and scripts in it, and a policy that lets no other script run.

    Parameters
    ----------
    name
        Template; it has places for ``policy``, ``style`` and each of ``scripts``.
    lang
        Language of the page.
    styles, scripts
        Content of trusted styles and scripts.
    images
        Hosts from which the page may load pictures once somebody asks for them, such as base maps.
    context
        What else is filled in: text, never markup.
    """
    from markupsafe import Markup

    closed = [script.replace("</script", r"<\/script") for script in scripts]
    rules = policy("".join(f"<script>{script}</script>" for script in closed), images=images)
    trusted = {"policy": Markup(rules), "style": Markup("\n".join(styles)), "scripts": [Markup(script) for script in closed]}  # noqa: S704
    return fill_template(name, lang, **trusted, **context)


def read_asset(name: str) -> str:
    """Script or style of Leaflet, as its package has it, with the pictures that it refers to in it."""
    from xstatic.pkg import leaflet

    folder = Path(leaflet.BASE_DIR)
    content = re.sub(r"^//# sourceMappingURL=.*$", "", (folder / name).read_text("utf-8"), flags=re.MULTILINE)
    return re.sub(r"url\((images/[^)]*)\)", lambda url: f"url({_data_uri(folder / url[1])})", content)


def policy(page: str, *, images: Sequence[str] = ()) -> str:
    """Content security policy that lets only the scripts of this page run; a handler smuggled into markup does not.

    Pictures come from the page itself, and from hosts of ``images``.
    """
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    pictures = " ".join(["data:", *images])
    rules = f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src {pictures}; "
    rules += "base-uri 'none'; form-action 'none'"
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


@cache
def _environment() -> SandboxedEnvironment:
    """Templates of the package, read once: a city has many papers."""
    from jinja2 import PackageLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        loader=PackageLoader("toegankelijk", "data/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _data_uri(file: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
