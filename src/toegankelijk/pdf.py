"""Papers as PDF: tagged, with title and language, in reading order, and made without a network (extra ``pdf``)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toegankelijk.errors import ConfigError, InputError, missing_extra

VARIANT = "pdf/ua-1"
"""Universal accessibility: what a screen reader needs is in the file."""

ONLY_ON_SCREEN = "a.skip, nav.trail { display: none !important; }"
"""Ways to other pages, which a file on its own does not have."""


def write_pdf(page: str | Path, path: str | Path) -> Path:
    """Write a page of this package as a PDF for print, mail and screen readers.

    The file is tagged after PDF/UA-1: headings, lists, tables with their heads and pictures with their text, in the order of the
    page. The same page gives the same bytes.

    Parameters
    ----------
    page
        The page as HTML file. It has a title and a language, and all that it shows is in it.
    path
        File to make or to replace; its folder must exist.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    MissingExtraError
        The package ``weasyprint`` or a library that it rests on is not installed.
    ConfigError
        The file cannot be written.
    InputError
        The page is not there, says no title or language, or asks for a file that is not in it.

    Examples
    --------
    >>> import tempfile
    >>> page = '<html lang="nl"><head><title>Plan</title></head><body><h1>Plan</h1></body></html>'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "plan.html").write_text(page)
    ...     write_pdf(Path(folder, "plan.html"), Path(folder, "plan.pdf")).read_bytes()[:4]
    b'%PDF'
    """
    weasyprint = _weasyprint()
    page, path = Path(page), Path(path)
    text = _read(page)
    refused: list[str] = []
    fetch = _fetcher(weasyprint, refused)
    with _unheard():
        # without an address of its own, so that no link in the file names a folder of this machine
        document = weasyprint.HTML(string=_without_pages(text), url_fetcher=fetch, media_type="print")
        sheet = weasyprint.CSS(string=ONLY_ON_SCREEN, url_fetcher=fetch)
        raw = document.write_pdf(stylesheets=[sheet], pdf_variant=VARIANT)
    if refused:
        raise InputError(f"{page}: asks for what is not in it, so no PDF is made of it", refused)
    try:
        path.write_bytes(raw)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); make its folder, or close the file") from error
    return path


def check_pdf() -> None:
    """Refuse where no PDF can be made, before anything else is done.

    Raises
    ------
    MissingExtraError
        The package ``weasyprint`` or a library that it rests on is not installed.
    """
    _weasyprint()


def _weasyprint() -> Any:
    try:
        import weasyprint
    except ImportError as error:
        raise missing_extra("weasyprint", "pdf", "Writing a PDF") from error
    except OSError as error:  # the package is there, and Pango, on which it rests, is not
        missing = missing_extra("weasyprint", "pdf", "Writing a PDF")
        missing.args = (f"{missing} It also rests on the library Pango (Debian: apt install libpango-1.0-0): {error}",)
        raise missing from error
    return weasyprint


def _read(page: Path) -> str:
    """The page; refused where a PDF of it would have no title or language."""
    try:
        text = page.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{page}: cannot be read ({error}); write the page first") from error
    lacking = [
        what
        for what, pattern in (("<title>", r"<title>\s*[^<\s]"), ("<html lang>", r'<html[^>]*\blang="\w'))
        if not re.search(pattern, text)
    ]
    if lacking:
        raise InputError(f"{page}: a PDF needs a title and a language", [f"{what} is missing" for what in lacking])
    return text


def _without_pages(text: str) -> str:
    """The page without links to other pages beside it: those of a place in it and of the web stay."""
    return re.sub(r'<a\b[^>]*\bhref="(?!#|https?:)[^"]*"[^>]*>(.*?)</a>', r"<span>\1</span>", text, flags=re.DOTALL)


def _fetcher(weasyprint: Any, refused: list[str]) -> Any:
    """What gives pictures that are in the page, and notes everything else; nothing is asked of a network or a disk."""

    class Fetcher(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.lower().startswith("data:"):
                refused.append(url[:200])
                raise ValueError(f"{url[:200]}: not in the page")
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols=["data"], allow_redirects=False)


@contextmanager
def _unheard() -> Iterator[None]:
    """Style that only a browser knows is told to nobody: the page is ours."""
    logger = logging.getLogger("weasyprint")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
