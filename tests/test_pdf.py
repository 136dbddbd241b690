"""PDFs as they are read back: tagged, titled, in the language and the order of the page, and made without a network."""

import base64
import sys

import pytest

from toegankelijk.errors import ConfigError, InputError, MissingExtraError

pikepdf = pytest.importorskip("pikepdf", reason="pikepdf is not installed: PDFs cannot be read back")
pytest.importorskip("weasyprint", reason="weasyprint is not installed: no PDF can be made")

from toegankelijk.pdf import write_pdf  # noqa: E402

DOT = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6364f8cf500f0003860180"
        "5a347d6b0000000049454e44ae426082"
    )
).decode()
PAGE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Plan d'action &amp; coûts</title></head><body>
<a class="skip" href="#content">ALLER</a><nav class="trail"><ol><li><a href="index.html">RETOUR</a></li></ol></nav>
<main id="content"><h1>Premier titre</h1><p>Deuxième <a href="other.html">voisin</a> et <a href="https://example.org/">web</a>.</p>
<h2>Troisième</h2><table><thead><tr><th scope="col">Rue</th></tr></thead><tbody><tr><td>Quatrième</td></tr></tbody></table>
<ul><li>Cinquième</li></ul><img alt="Sixième image" src="data:image/png;base64,{dot}">
<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>Septième dessin</title><rect width="9" height="9"/></svg>
</main></body></html>"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "plan.html"
    path.write_text(PAGE.replace("{dot}", DOT), "utf-8")
    return path


def elements(node):
    """Structure elements below a node, in reading order."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid)


def test_the_file_is_tagged_titled_and_in_its_language(page, tmp_path):
    with pikepdf.open(write_pdf(page, tmp_path / "plan.pdf")) as file:
        root = file.Root
        assert bool(root.MarkInfo.Marked)
        assert str(root.Lang) == "fr"
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert str(file.docinfo["/Title"]) == "Plan d'action & coûts"
        with file.open_metadata() as metadata:
            assert str(metadata["pdfuaid:part"]) == "1"
            assert metadata["dc:title"] == "Plan d'action & coûts"


def test_tags_are_in_the_order_of_the_page(page, tmp_path):
    with pikepdf.open(write_pdf(page, tmp_path / "plan.pdf")) as file:
        found = list(elements(file.Root.StructTreeRoot))
        kinds = [str(element.S)[1:] for element in found]
        order = [kind for kind in kinds if kind in {"H1", "P", "H2", "Table", "TH", "TD", "L", "Figure"}]
        assert order == ["H1", "P", "H2", "Table", "TH", "TD", "L", "Figure", "Figure"]
        assert [str(element.Alt) for element in found if "/Alt" in element] == ["Sixième image", "Septième dessin"]


def test_text_is_read_in_the_order_of_the_page_without_ways_to_other_pages(page, tmp_path):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: text cannot be read back")
    text = "".join(one.extract_text() for one in pypdf.PdfReader(write_pdf(page, tmp_path / "plan.pdf")).pages)
    places = [text.index(word) for word in ("Premier", "Deuxième", "Troisième", "Rue", "Quatrième", "Cinquième")]
    assert places == sorted(places)
    assert "RETOUR" not in text
    assert "ALLER" not in text


def test_only_links_of_the_web_are_links_and_none_names_a_folder(page, tmp_path):
    raw = write_pdf(page, tmp_path / "plan.pdf")
    with pikepdf.open(raw) as file:
        targets = [str(one.A.URI) for sheet in file.pages for one in sheet.get("/Annots", []) if "/A" in one and "/URI" in one.A]
        assert targets == ["https://example.org/"]
        file.save(tmp_path / "plain.pdf", stream_decode_level=pikepdf.StreamDecodeLevel.all, compress_streams=False)
    assert str(tmp_path).encode() not in (tmp_path / "plain.pdf").read_bytes()
    assert b"file:" not in (tmp_path / "plain.pdf").read_bytes()


def test_the_same_page_gives_the_same_bytes(page, tmp_path):
    assert write_pdf(page, tmp_path / "a.pdf").read_bytes() == write_pdf(page, tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize(
    "asking",
    [
        '<img alt="x" src="https://example.org/x.png">',
        '<img alt="x" src="file:///etc/hostname">',
        "<style>@import url(https://example.org/x.css);</style>",
        '<p style="background: url(https://example.org/x.png)">x</p>',
        '<svg xmlns="http://www.w3.org/2000/svg"><title>x</title><image href="https://example.org/x.png" width="4"/></svg>',
    ],
)
def test_a_page_that_asks_for_more_than_is_in_it_is_refused(tmp_path, asking):
    page = tmp_path / "bad.html"
    page.write_text(f'<html lang="nl"><head><title>x</title></head><body>{asking}</body></html>')
    with pytest.raises(InputError, match="not in it"):
        write_pdf(page, tmp_path / "bad.pdf")
    assert not (tmp_path / "bad.pdf").exists()


@pytest.mark.parametrize(("text", "lacks"), [("<html><title>x</title>", "lang"), ('<html lang="nl"><title> </title>', "title")])
def test_a_page_without_title_or_language_is_refused(tmp_path, text, lacks):
    (tmp_path / "bad.html").write_text(text)
    with pytest.raises(InputError, match=lacks):
        write_pdf(tmp_path / "bad.html", tmp_path / "bad.pdf")


def test_what_cannot_be_read_or_written_is_told(page, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        write_pdf(tmp_path / "none.html", tmp_path / "none.pdf")
    with pytest.raises(ConfigError, match="make its folder"):
        write_pdf(page, tmp_path / "nowhere" / "plan.pdf")


def test_without_the_package_the_extra_is_named(page, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingExtraError, match=r"toegankelijk\[pdf\]"):
        write_pdf(page, tmp_path / "plan.pdf")
