import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.datasets.titles import title_of


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("claude-monet_water-lilies-1914(1)", "water lilies 1914"),
        ("claude-monet_water-lilies-1914 (12)", "water lilies 1914"),
        ("vincent-van-gogh_the-starry-night-1889", "the starry night 1889"),
        ("pierre-auguste-renoir_by-the-seashore-1883", "by the seashore 1883"),
        ("paul-cézanne_l'estaque", "l'estaque"),
        ("j.m.w.-turner_rain-steam-and-speed", "rain steam and speed"),
        ("monet_the_japanese_bridge", "the japanese bridge"),
        ("sunset over the sea", "sunset over the sea"),
        ("sunset-over-the-sea - Copy", "sunset over the sea"),
        ("sunset_copy2", "sunset"),
        ("睡蓮", "睡蓮"),
        ("impression  sunrise", "impression sunrise"),
        ("1886 bathers", "1886 bathers"),
    ],
)
def test_a_title_is_read_from_the_name(stem, title):
    assert title_of(stem) == title


@pytest.mark.parametrize(
    "stem",
    [
        "IMG_1234",
        "IMG_20240131_120000(1)",
        "img-0001",
        "DSC01234",
        "DSC_0042",
        "DSCN0001",
        "DSCF0001",
        "PXL_20240131_120000123",
        "Screenshot 2024-01-31",
        "photo (3)",
        "image",
        "untitled-2",
        "0001",
        "1914-05-02",
        "---",
        "",
        "d41d8cd98f00b204e9800998ecf8427e",
        "123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_names_that_a_camera_or_program_made_up_say_nothing(stem):
    assert title_of(stem) == ""


@given(
    st.text(st.characters(exclude_categories=[])) | st.from_regex(r"\A\w+(-\w+)?_[\w-]+(\(\d\))?\Z")
)
def test_any_name_gives_clean_words(stem):
    title = title_of(stem)
    assert title == " ".join(title.split())
    assert not set("-_") & set(title)


@given(st.lists(st.from_regex(r"\A[g-z]{3,8}\Z"), min_size=2, max_size=5))
def test_words_after_the_artist_are_the_title(words):
    assert title_of("claude-monet_" + "-".join(words)) == " ".join(words)
