import pytest

from stylecli_judges.artist_names import artist_named, words_of

ARTISTS = (
    "Claude Monet",
    "vincent-van-gogh",
    "Paul Cézanne",
    "Édouard_Manet",
    "Pieter Bruegel the Elder",
    "Pieter Bruegel the Younger",
    "el-greco",
    "rembrandt",
)


@pytest.mark.parametrize(
    ("name", "artist"),
    [
        ("monet", "Claude Monet"),
        ("Claude Monet", "Claude Monet"),
        ("monet_claude", "Claude Monet"),
        ("van-gogh", "vincent-van-gogh"),
        ("Vincent van Gogh", "vincent-van-gogh"),
        ("cezanne", "Paul Cézanne"),
        ("manet", "Édouard_Manet"),
        ("El Greco", "el-greco"),
        ("rembrandt-van-rijn", "rembrandt"),
        ("monet late garden", "Claude Monet"),
        ("bruegel the elder", "Pieter Bruegel the Elder"),
    ],
)
def test_names_of_references_find_their_artist(name, artist):
    assert ARTISTS[artist_named(name, ARTISTS)] == artist


@pytest.mark.parametrize("name", ["bruegel", "pieter", "kandinsky", "style", "---", "mone"])
def test_names_that_mean_nobody_or_several_find_none(name):
    assert artist_named(name, ARTISTS) is None


def test_words_have_no_accents_and_no_case():
    assert words_of("Édouard_MANET  (1832)") == ("edouard", "manet", "1832")
