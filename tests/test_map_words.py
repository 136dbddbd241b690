"""Words of the page of a map: every word that its files ask for is there, and none is there for nothing."""

import re
from importlib.resources import files

import pytest

from toegankelijk import labels
from toegankelijk.maps.page import SCRIPTS

FOLDER = files("toegankelijk").joinpath("data", "templates", "map")
CODE = "\n".join(FOLDER.joinpath(f"{name}.js").read_text("utf-8") for name in SCRIPTS)
PAGE = FOLDER.joinpath("page.html").read_text("utf-8")


def asked() -> set[str]:
    """Words by their keys, as scripts and page ask for them."""
    plain = set(re.findall(r'(?:store\.words|message|copyPart)\("(\w+)"', CODE))
    marked = set(re.findall(r'data-word(?:-label)?="(\w+)"', PAGE)) | set(re.findall(r'word_of\("(\w+)"', PAGE))
    at_first = set(re.findall(r'label\("map\.ui\.(\w+)"', PAGE))
    bases = {f"base_{key}" for key in re.findall(r'\bkey: "(\w+)"', CODE)} | {"base_drawn"}
    return plain | marked | at_first | bases


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_word_of_the_page_is_there(lang):
    there = set(labels.group("map.ui.", lang))
    assert len(there) > 50
    assert asked() - there == set()


def test_no_word_is_there_for_nothing():
    # Leaflet's two buttons get theirs from a list of keys
    assert set(labels.group("map.ui.", "nl")) - asked() - {"zoom_in", "zoom_out"} == set()
    assert '"zoom_in"' in CODE
    assert '"zoom_out"' in CODE


def test_scripts_never_read_text_as_markup():
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "createContextualFragment",
        "eval(",
    ):
        assert way not in CODE
    assert "new Function" not in CODE
