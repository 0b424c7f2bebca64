import pytest
from PIL import Image

from stylecli.errors import StylecliError
from stylecli.sampling.painted import pictures_of

ONE = Image.new("RGB", (2, 2))


def test_pictures_are_given_as_they_came():
    assert pictures_of("m", (ONE, ONE), 2) == [ONE, ONE]
    assert pictures_of("m", [], 0) == []


@pytest.mark.parametrize(
    ("painted", "count", "said"),
    [
        (None, 1, "gave None where 1 picture was due"),
        (ONE, 1, "gave one Image where 1 picture was due"),
        ([ONE], 2, "gave 1 where 2 pictures were due"),
        ([ONE, ONE], 1, "gave 2 where 1 picture was due"),
        ([ONE, None], 2, "gave a list with NoneType in it where 2 pictures were due"),
        ((each for each in [ONE]), 1, "gave one generator where 1 picture was due"),
    ],
)
def test_whatever_else_comes_is_told_as_the_methods(painted, count, said):
    with pytest.raises(StylecliError, match=f"The method odd {said}") as raised:
        pictures_of("odd", painted, count)
    assert "authors of its package" in str(raised.value.hint)
