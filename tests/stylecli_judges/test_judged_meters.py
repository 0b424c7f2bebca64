"""The figures of sets, from features that are made up."""

import numpy as np
import pytest

import stylecli
from stylecli.evaluation.halves import half_samples
from stylecli_judges.distance_meters import ArtFidMeter, FrechetMeter, KernelMeter
from stylecli_judges.frechet import frechet
from stylecli_judges.kernels import gaussian, polynomial
from stylecli_judges.likeness_meters import ArtistMeter, ContentMeter, PairMeter, StyleMeter

NAME = "made-up"
COUNT = 12


def rows(seed, count=COUNT, dimensions=5, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, dimensions)) + shift


def pictures(features):
    names = tuple(f"{place}.png" for place in range(len(features)))
    return stylecli.PictureSet(names, names, {NAME: np.asarray(features, np.float32)})


def setting(reference, content=None, **others):
    references = {"monet": pictures(reference), **others}
    return stylecli.Setting(references, None if content is None else pictures(content))


def sample(outputs, order=None, pairs=(), styles=(), subsets=True):
    order = list(range(len(outputs))) if order is None else order
    halves = half_samples([str(place) for place in order], seed=0, draws=30)
    return stylecli.Sample(
        pictures(np.asarray(outputs)[order]),
        "monet",
        tuple(order),
        {NAME: np.asarray(pairs, np.float32)[order]} if len(pairs) else {},
        halves if subsets else halves[:0],
        tuple(np.asarray(styles)[order]) if len(styles) else (),
    )


METERS = {
    "frechet": lambda made: FrechetMeter(made, NAME),
    "kid": lambda made: KernelMeter(made, NAME, polynomial, unbiased=True),
    "cmmd": lambda made: KernelMeter(made, NAME, gaussian, unbiased=False, scale=1000),
    "artfid": lambda made: ArtFidMeter(made, NAME, NAME),
    "pairs": lambda made: PairMeter(NAME),
    "content": lambda made: ContentMeter(made, NAME),
    "style": lambda made: StyleMeter(made, NAME),
    "artist": lambda made: ArtistMeter(made, NAME, ("Claude Monet", "x", "y", "z", "w")),
}


@pytest.mark.parametrize("kind", METERS)
def test_order_does_not_matter_and_pictures_add_up(kind):
    meter = METERS[kind](setting(rows(1, 9), rows(2)))
    pairs = np.random.default_rng(3).uniform(size=COUNT)
    found = meter(sample(rows(4), pairs=pairs))
    order = list(np.random.default_rng(5).permutation(COUNT))
    other = meter(sample(rows(4), order=order, pairs=pairs))
    assert other.value == pytest.approx(found.value, rel=1e-6)
    if found.per_picture:
        assert np.mean(found.per_picture) == pytest.approx(found.value, rel=1e-6)
        assert [found.per_picture[place] for place in order] == pytest.approx(other.per_picture)
    if found.replicates:
        assert len(found.replicates) == 30
        assert found.replicates == pytest.approx(other.replicates, rel=1e-6)
        assert np.std(found.replicates) > 0
    assert found.details.keys() == other.details.keys()
    assert meter(sample(rows(4), pairs=pairs, subsets=False)).replicates == ()


@pytest.mark.parametrize("kind", ["frechet", "kid", "cmmd", "artfid"])
def test_a_half_is_measured_as_a_set_of_its_own(kind):
    meter = METERS[kind](setting(rows(1, 9), rows(2)))
    pairs = np.random.default_rng(3).uniform(size=COUNT)
    whole = sample(rows(4), pairs=pairs)
    half = whole.subsets[7]
    alone = meter(sample(rows(4)[half], pairs=pairs[half]))
    assert meter(whole).replicates[7] == pytest.approx(alone.value, rel=1e-6)


@pytest.mark.parametrize("kind", ["frechet", "kid", "cmmd", "artfid"])
def test_one_picture_is_too_few(kind):
    meter = METERS[kind](setting(rows(1, 1), rows(2)))
    found = meter(sample(rows(4), pairs=np.zeros(COUNT)))
    assert found.value is None
    assert [each.code for each in found.cautions] == ["too-few-pictures"]


def test_a_distance_of_equal_sets_is_nothing():
    same = rows(1)
    reference = setting(same, same)
    assert METERS["frechet"](reference)(sample(same)).value == pytest.approx(0, abs=1e-6)
    assert METERS["cmmd"](reference)(sample(same)).value == pytest.approx(0, abs=1e-6)
    found = METERS["artfid"](reference)(sample(same, pairs=np.zeros(COUNT)))
    assert found.value == pytest.approx(1, abs=1e-6)
    assert METERS["content"](reference)(sample(same)).value == pytest.approx(1)


def test_artfid_is_the_product_of_what_stands_beside_it():
    pairs = np.linspace(0.1, 0.9, COUNT)
    found = METERS["artfid"](setting(rows(1, 9), rows(2)))(sample(rows(4), pairs=pairs))
    fid = frechet(rows(4).astype(np.float32), rows(1, 9).astype(np.float32))
    assert found.details["fid_art"] == pytest.approx(fid, rel=1e-5)
    assert found.details["lpips"] == pytest.approx(0.5)
    assert found.value == pytest.approx(1.5 * (1 + fid), rel=1e-5)


def test_few_pictures_of_many_dimensions_carry_a_warning_and_kid():
    many = setting(rows(1, 9, 40), rows(2, COUNT, 40))
    found = METERS["frechet"](many)(sample(rows(4, COUNT, 40)))
    assert [each.code for each in found.cautions] == ["fid-rank-deficient"]
    kid = METERS["kid"](many)(sample(rows(4, COUNT, 40)))
    assert found.details["kid"] == pytest.approx(kid.value)
    assert kid.cautions == ()
    assert METERS["frechet"](setting(rows(1, 9)))(sample(rows(4))).cautions == ()


def test_a_reference_counts_as_often_as_outputs_were_painted_after_it():
    """StyleID copies 40 paintings 20 times each before it measures 800 outputs."""
    reference, outputs = rows(1, 3), rows(4)
    styles = [place % 3 for place in range(COUNT)]
    art = FrechetMeter(setting(reference), NAME, repeated=True)
    copied = reference.astype(np.float32)[styles]
    expected = frechet(outputs.astype(np.float32).astype(float), copied.astype(float))
    assert art(sample(outputs, styles=styles)).value == pytest.approx(expected, rel=1e-6)
    plain = art(sample(outputs)).value
    assert plain == pytest.approx(METERS["frechet"](setting(reference))(sample(outputs)).value)
    assert plain != pytest.approx(expected, rel=1e-3)


def test_content_is_told_from_what_any_photo_gives():
    photos = np.eye(COUNT)
    found = ContentMeter(setting(photos, photos), NAME)(sample(photos))
    assert found.value == pytest.approx(1)
    assert found.details["other"] == pytest.approx(0)
    turned = ContentMeter(setting(photos, photos), NAME)(sample(np.roll(photos, 1, axis=0)))
    assert turned.value == pytest.approx(0)


def test_the_gap_is_what_outputs_lack_to_be_one_of_the_styles_pictures():
    style = np.array([[1.0, 0.1], [1.0, -0.1], [1.0, 0.0]])
    near, far = np.tile([2.0, 0.0], (4, 1)), np.tile([0.0, 3.0], (4, 1))
    found = StyleMeter(setting(style, far), NAME)(sample(near))
    assert found.value == pytest.approx(0.9967, abs=1e-3)
    assert found.details["gap"] < 0.01
    assert found.details["content"] == pytest.approx(0, abs=1e-6)
    away = StyleMeter(setting(style), NAME)(sample(far))
    assert away.details["gap"] == pytest.approx(away.details["within"])
    assert "content" not in away.details


def test_of_two_heads_the_style_is_the_first():
    style, content = rows(1, 6), rows(2, 6)
    both = np.stack([style, content], axis=1)
    found = StyleMeter(setting(both), NAME, head=0)(sample(both))
    alone = StyleMeter(setting(style), NAME)(sample(style))
    assert found.value == pytest.approx(alone.value, rel=1e-6)
    assert found.details["within"] == pytest.approx(alone.details["within"], rel=1e-5)


def chosen(*artists):
    return np.eye(3)[list(artists)]


def test_deception_is_the_share_of_the_target_and_names_the_others():
    artists = ("Claude Monet", "Édouard Manet", "Paul Cézanne")
    made = setting(chosen(0, 0, 0, 1), chosen(1, 1, 0, 2))
    found = ArtistMeter(made, NAME, artists)(sample(chosen(0, 0, 2, 1)))
    assert found.value == 0.5
    assert found.per_picture == (1.0, 1.0, 0.0, 0.0)
    assert found.details["artist"] == "Claude Monet"
    assert found.details["of_references"] == 0.75
    assert found.details["untouched_photos"] == 0.25
    assert found.details["called"] == {
        "Claude Monet": 0.5,
        "Édouard Manet": 0.25,
        "Paul Cézanne": 0.25,
    }
    assert found.cautions == ()
    weak = ArtistMeter(setting(chosen(1, 2, 1, 0)), NAME, artists)(sample(chosen(0, 0)))
    assert [each.code for each in weak.cautions] == ["weak-classifier"]
    assert "25%" in weak.cautions[0].message


def test_without_the_artist_there_is_no_deception():
    found = ArtistMeter(setting(chosen(0, 1)), NAME, ("Rembrandt", "LABEL_1", "Vermeer"))(
        sample(chosen(0, 0))
    )
    assert found.value is None
    assert found.cautions[0].code == "no-judge"
    assert "--reference" in found.cautions[0].message
