import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.datasets.titles import title_of


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("claude-monet_water-lilies-1914(1)", "water lilies"),
        ("claude-monet_water-lilies-1914 (12)", "water lilies"),
        ("claude-monet_water-lilies-1914-1917", "water lilies"),
        ("claude-monet_water-lilies-10", "water lilies"),
        ("claude-monet_the-japanese-bridge-5-1924", "the japanese bridge"),
        ("claude-monet_the-seine-at-vetheuil-2-1", "the seine at vetheuil"),
        ("claude-monet_charing-cross-bridge-02", "charing cross bridge"),
        ("vincent-van-gogh_a-pair-of-shoes-1887-1(1)", "a pair of shoes"),
        ("vincent-van-gogh_the-starry-night-1889", "the starry night"),
        ("eugene-delacroix_self-portrait-c-1840-oil-on-canvas", "self portrait"),
        ("sandro-botticelli_primavera-1478", "primavera"),
        ("paul-cézanne_l'estaque", "l'estaque"),
        (
            "paul-cezanne_the-gulf-of-marseilles-seen-from-l-estaque",
            "the gulf of marseilles seen from l'estaque",
        ),
        ("vincent-van-gogh_daubigny-s-garden-1890-2", "daubigny's garden"),
        ("karl-bryullov_portrait-of-s-a-sobolevsky-1", "portrait of s a sobolevsky"),
        ("j.m.w.-turner_rain-steam-and-speed", "rain steam and speed"),
        ("monet_the_japanese_bridge", "the japanese bridge"),
        ("paul-c%C3%A9zanne_la-montagne%20bleue", "la montagne bleue"),
        ("100%_sunshine", "100% sunshine"),
        ("E\u0301te\u0301", "\u00c9t\u00e9"),
        ("sunset over the sea", "sunset over the sea"),
        ("sunset-over-the-sea - Copy", "sunset over the sea"),
        ("sunset_copy2", "sunset"),
        ("sunset - Copy (3)", "sunset"),
        ("睡蓮", "睡蓮"),
        ("impression  sunrise", "impression sunrise"),
        ("1886 bathers", "bathers"),
        ("001-bathers", "bathers"),
        ("12 angry men", "12 angry men"),
    ],
)
def test_a_title_is_read_from_the_name(stem, title):
    assert title_of(stem) == title


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("maurice-prendergast_on-the-beach-no-3", "on the beach no 3"),
        ("mary-cassatt_sketch-of-antoinette-no-1-1901", "sketch of antoinette no 1"),
        ("koloman-moser_new-series-plate-35", "new series plate 35"),
        ("koloman-moser_design-of-100-crowns-bill-1910", "design of 100 crowns bill"),
        (
            "pierre-auguste-renoir_the-champs-elysees-during-the-paris-fair-of-1867-1867",
            "the champs elysees during the paris fair of 1867",
        ),
        (
            "ferdinand-hodler_the-war-of-liberation-of-1813-1908-2",
            "the war of liberation of 1813",
        ),
        ("vincent-van-gogh_town-hall-in-14-july-1890-1890(1)", "town hall in 14 july 1890"),
    ],
)
def test_a_number_that_belongs_to_the_title_stays(stem, title):
    assert title_of(stem) == title


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("claude-monet_water-lilies-1914(1)", "water lilies 1914"),
        ("claude-monet_water-lilies-1914-1917", "water lilies 1914 1917"),
        ("claude-monet_the-japanese-bridge-5-1924", "the japanese bridge 1924"),
        ("claude-monet_water-lilies-1919-4", "water lilies 1919"),
        ("1886 bathers", "bathers 1886"),
        ("claude-monet_haystacks", "haystacks"),
        ("1914", ""),
    ],
)
def test_the_year_stays_where_it_is_wanted(stem, title):
    assert title_of(stem, year=True) == title


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
        "1914",
        "claude-monet_not_detected_212148",
        "caspar-david-friedrich_not-detected-3-1",
        "caravaggio_not-identified-1",
        "eugene-boudin_untitled-1890-1",
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


@given(
    st.lists(st.from_regex(r"\A[g-z]{3,8}\Z"), min_size=1, max_size=4),
    st.integers(1500, 2025),
    st.none() | st.integers(1, 99),
    st.none() | st.integers(1, 20),
)
def test_year_number_and_copy_mark_leave_no_trace(words, year, number, copy):
    stem = "-".join(["claude-monet_" + "-".join(words), str(year)])
    stem += f"-{number}" if number else ""
    stem += f"({copy})" if copy else ""
    assert title_of(stem) == title_of("claude-monet_" + "-".join(words))
