from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.errors import UsageError
from stylecli.evaluation.pairing import pair_outputs
from stylecli.images.writing import save_png


def paths(*names):
    return [Path("folder") / name for name in names]


def pairs(outputs, content, **options):
    found = pair_outputs(paths(*outputs), paths(*content), **options)
    return {
        output.name: content[index]
        for output, index in zip(found.outputs, found.content, strict=True)
    }


def test_names_are_matched_whole_or_to_a_separator_and_the_longest_counts():
    content = ["sea.jpg", "sea-2.jpg", "seaside.jpg", "house.png"]
    outputs = [
        "sea.png",
        "sea-2.monet.png",
        "seaside_monet.jpg",
        "house monet-0.6.png",
        "sea-3.png",
    ]
    assert pairs(outputs, content) == {
        "sea.png": "sea.jpg",
        "sea-2.monet.png": "sea-2.jpg",
        "seaside_monet.jpg": "seaside.jpg",
        "house monet-0.6.png": "house.png",
        "sea-3.png": "sea.jpg",
    }


@given(st.permutations(range(6)))
def test_order_means_nothing(order):
    content = [f"photo{number}.jpg" for number in range(6)]
    outputs = [f"photo{number}.monet.png" for number in order]
    assert pairs(outputs, content) == {
        f"photo{number}.monet.png": f"photo{number}.jpg" for number in range(6)
    }


def test_what_our_own_files_say_goes_before_their_names(tmp_path, picture):
    save_png(picture(0), tmp_path / "first.png", {"photo": "second.jpg"})
    found = pair_outputs([tmp_path / "first.png"], paths("first.jpg", "second.jpg"))
    assert found.content == (1,)


def test_a_pattern_may_say_after_which_picture_an_output_was_painted():
    outputs = paths("a_stylized_x.png", "a_stylized_Y.png", "b_stylized_x.png")
    content, references = paths("a.jpg", "b.jpg"), paths("x.jpg", "y.png")
    pattern = "{content}_stylized_{style}"
    found = pair_outputs(outputs, content, pattern=pattern, references=references)
    assert (found.content, found.styles, found.unknown) == ((0, 0, 1), (0, 1, 0), ())
    found = pair_outputs(outputs, content, pattern=pattern, references=references[:1])
    assert (found.styles, found.unknown) == ((), (outputs[1],))
    # Names that say nothing of it are no mistake.
    found = pair_outputs(outputs, content, pattern=pattern, references=paths("z.png"))
    assert (found.styles, found.unknown) == ((), ())
    twice = paths("x.jpg", "x.png", "y.jpg")
    assert pair_outputs(outputs, content, pattern=pattern, references=twice).styles == ()
    assert pair_outputs(outputs, content, references=references).styles == ()


def test_a_pattern_says_where_the_photo_stands():
    found = pairs(
        ["cat_stylized_monet.png", "cat_2_stylized_van_gogh.png"],
        ["cat.jpg", "cat_2.jpg"],
        pattern="{content}_stylized_{style}",
    )
    assert found == {
        "cat_stylized_monet.png": "cat.jpg",
        "cat_2_stylized_van_gogh.png": "cat_2.jpg",
    }
    with pytest.raises(UsageError, match=r"have no content picture: cat-monet\.png"):
        pairs(["cat-monet.png"], ["cat.jpg"], pattern="{content}_stylized_{style}")
    with pytest.raises(UsageError, match="does not say where"):
        pairs(["cat.png"], ["cat.jpg"], pattern="{style}")


def test_what_a_pattern_prescribes_and_which_names_it_does_not_know_is_said():
    outputs = [
        "cat_stylized_x.png",
        "cat_stylised_x.png",
        "dgo_stylized_x.png",
        "dgo_stylized_zz.png",
    ]
    with pytest.raises(UsageError, match=r"3 of 4 outputs have no content picture") as caught:
        pairs(
            outputs,
            ["cat.jpg", "dog.jpg"],
            pattern="{content}_stylized_{style}",
            references=paths("x.jpg"),
        )
    assert caught.value.hint == (
        "The preset names outputs {content}_stylized_{style}.png, such as cat_stylized_x.png. "
        "Not named so: cat_stylised_x.png. No content picture is called: dgo. "
        "No reference picture is called: zz. Leave these out with --skip-unpaired."
    )
    with pytest.raises(UsageError, match=r"2 of 2 outputs have no content picture") as caught:
        pairs(["cat.png", "dog.png"], ["cat.jpg"], pattern="{content}_stylized_{style}")
    assert caught.value.hint == (
        "The preset names outputs {content}_stylized_{style}.png, such as cat_stylized_style.png."
    )


def test_outputs_without_a_photo_are_named_or_left_out_on_request():
    outputs, content = ["a.png", "x.png", "y.png"], ["a.jpg", "b.jpg", "c.jpg"]
    with pytest.raises(UsageError, match=r"2 of 3 outputs have no content picture: x\.png, y\.png"):
        pairs(outputs, content)
    with pytest.raises(UsageError):
        pairs(outputs, content, by_order=True)
    found = pair_outputs(paths(*outputs), paths(*content), skip_unpaired=True)
    assert [path.name for path in found.left_out] == ["x.png", "y.png"]
    assert found.content == (0,)
    with pytest.raises(UsageError):
        pairs(["x.png"], content, skip_unpaired=True)


def test_order_decides_only_where_it_was_asked_for_and_no_name_fits():
    with pytest.raises(UsageError) as caught:
        pairs(["1.png", "2.png"], ["a.jpg", "b.jpg"])
    assert "--pair-by-order" in caught.value.hint
    found = pair_outputs(paths("1.png", "2.png"), paths("a.jpg", "b.jpg"), by_order=True)
    assert (found.content, found.guessed) == ((0, 1), "order")
    numbered = pair_outputs(
        paths("out_1.png", "out_10.png", "out_2.png"),
        paths("IMG_01.jpg", "IMG_02.jpg", "IMG_10.jpg"),
        by_order=True,
    )
    assert [path.stem for path in numbered.outputs] == ["out_1", "out_2", "out_10"]
    assert numbered.content == (0, 1, 2)
    with pytest.raises(UsageError, match="There are 1 outputs and 2 content pictures"):
        pairs(["1.png"], ["a.jpg", "b.jpg"], by_order=True)


def test_two_photos_of_one_name_cannot_be_told_apart():
    with pytest.raises(UsageError, match=r"a\.jpg and a\.png"):
        pairs(["a.webp"], ["a.jpg", "a.png"])


def test_accents_and_capitals_are_no_difference():
    assert pairs(["CAT.PNG", "e\u0301te\u0301.png"], ["cat.jpg", "\u00e9t\u00e9.jpg"]) == {
        "CAT.PNG": "cat.jpg",
        "e\u0301te\u0301.png": "\u00e9t\u00e9.jpg",
    }


def test_several_outputs_that_begin_with_one_photos_name_are_doubted():
    found = pair_outputs(
        paths("monet_cat.png", "monet_dog.png"), paths("cat.jpg", "dog.jpg", "monet.jpg")
    )
    assert found.guessed == "beginnings"
    seeds = pair_outputs(paths("a-1.png", "a-2.png", "b-1.png", "b-2.png"), paths("a.jpg", "b.jpg"))
    assert seeds.guessed == ""
