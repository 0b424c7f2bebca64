"""What a method's stylizer or generator gave, looked at before it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylecli.errors import StylecliError

if TYPE_CHECKING:
    from PIL.Image import Image


def pictures_of(method: str, painted: object, count: int) -> list[Image]:
    """What a method painted; methods are anybody's code, and may give anything.

    Args:
        method: The method's name.
        painted: What it gave.
        count: How many pictures were asked for.

    Raises:
        StylecliError: It is no list of as many pictures.
    """
    from PIL.Image import Image

    if isinstance(painted, list | tuple):
        found = [each for each in painted if isinstance(each, Image)]
        if len(found) == len(painted) == count:
            return found
        odd = [type(each).__name__ for each in painted if not isinstance(each, Image)]
        said = f"a list with {odd[0]} in it" if odd else f"{len(painted)}"
    else:
        said = "None" if painted is None else f"one {type(painted).__name__}"
    due = "1 picture was" if count == 1 else f"{count} pictures were"
    raise StylecliError(
        f"The method {method} gave {said} where {due} due.",
        "Please report it to the authors of its package; stylecli plugins list names it.",
    )
