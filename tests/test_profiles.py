"""City profiles: every fault at once, with its place; what is not given stays open."""

import pytest

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.profiles import MAX_BYTES, Profile, load_profile


@pytest.fixture
def file(tmp_path):
    return tmp_path / "profile.toml"


def faults(file):
    with pytest.raises(ConfigError) as caught:
        load_profile(file)
    assert str(file) in caught.value.message
    return caught.value.problems


def test_a_profile_is_read(file):
    file.write_text(
        'name = "Limburg"\nrequired_share = 0.8\ncoverage_floor = 0\n[theme_weights]\ndoorgangen = 2.0\nhaltes = 0\n', "utf-8"
    )
    profile = load_profile(file)
    assert (profile.name, profile.required_share, profile.coverage_floor) == ("Limburg", 0.8, 0.0)
    assert profile.theme_weights == {"doorgangen": 2.0, "haltes": 0.0}


def test_what_is_not_given_stays_open(file):
    file.write_bytes(b"\xef\xbb\xbf")
    assert load_profile(file) == Profile()
    assert Profile().model_dump(exclude_none=True) == {"name": "", "theme_weights": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("required_share = 0", "required_share: Input should be greater than 0 (given: 0)"),
        ("required_share = 90", "required_share: Input should be less than or equal to 1 (given: 90)"),
        ('required_share = "90 %"', "required_share: Input should be a valid number (given: '90 %')"),
        ("required_share = nan", "required_share: Input should be"),
        ("coverage_floor = -0.1", "coverage_floor: Input should be greater than or equal to 0"),
        ("coverage_floor = true", "coverage_floor: Input should be a valid number"),
        ("coverage = 0.5", "coverage: Extra inputs are not permitted"),
        ("theme_weights = {haltes = -1}", "theme_weights.haltes: Input should be greater than or equal to 0"),
        ("theme_weights = {haltes = inf}", "theme_weights.haltes: Input should be less than inf"),
        ("theme_weights = {stops = 1}", "theme_weights: themes ['stops'] are not known; known are doorgangen"),
        (f"[theme_weights]\n{chr(10).join(f'{theme} = 0' for theme in schema.THEMES)}", "theme_weights: all themes weigh 0"),
    ],
)
def test_a_fault_is_named_with_its_place(file, text, said):
    file.write_text(text, "utf-8")
    (fault,) = faults(file)
    assert fault.startswith(said)


def test_all_faults_are_told_at_once(file):
    file.write_text("coverage_floor = 2\nrequired_share = 0\nthemes = 1\n[theme_weights]\nhaltes = -1\n", "utf-8")
    assert len(faults(file)) == 4


@pytest.mark.parametrize("raw", [b"name = ", b"\xff\xfe", b"name = 1\nname = 2"])
def test_a_file_that_is_no_toml_is_refused(file, raw):
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match="not a TOML file"):
        load_profile(file)


def test_a_file_that_is_not_there_or_too_large_is_refused(file):
    with pytest.raises(ConfigError, match="no such file"):
        load_profile(file)
    file.write_bytes(b"\n" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than"):
        load_profile(file)
