from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from stylecli.bases.base import Base
from stylecli.progress import Event
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.prompting import full_prompt
from stylecli.sampling.schedulers import SchedulerName
from stylecli.sampling.text2image import TextToImage
from stylecli.styles.style import Prompt, ScaledStyle

Styled = Callable[..., ScaledStyle]


def options(**changes: object) -> SamplingOptions:
    quick: dict[str, object] = {"steps": 4, "precision": "fp32", "guidance": 3.0}
    return SamplingOptions(**{**quick, **changes})


def made(base: Base, styles, prompts, seeds, progress=lambda event: None, **changes):
    images = TextToImage(base, styles, options(**changes))(prompts, seeds, progress)
    return [np.asarray(image).astype(float) for image in images]


@pytest.mark.parametrize("scheduler", get_args(SchedulerName))
@pytest.mark.parametrize("steps", [1, 5])
def test_every_sampler_makes_pictures_at_any_batch_size(
    base: Base, styled: Styled, scheduler: SchedulerName, steps: int
):
    prompts, seeds = ["a house", "", "a tree"], [4, 5, 6]
    chosen = {"scheduler": scheduler, "steps": steps}
    together = made(base, [styled(0.2)], prompts, seeds, **chosen)
    one_by_one = made(base, [styled(0.2)], prompts, seeds, batch_size=1, **chosen)
    for one, other in zip(together, one_by_one, strict=True):
        assert one.shape == (64, 64, 3)
        assert one.std() > 1
        assert abs(one - other).max() <= 2


def test_the_seed_decides(base: Base):
    same, again, other = made(base, [], ["a house"] * 3, [1, 1, 2])
    assert abs(same - again).max() <= 2
    assert abs(same - other).max() > 10


def test_prompt_negative_prompt_and_style_matter(base: Base, styled: Styled):
    [plain] = made(base, [], ["a house"], [0], guidance=20.0)
    for styles, prompt, changes in (
        ([], "a storm at sea", {}),
        ([], "a house", {"negative_prompt": "a storm at sea"}),
        ([styled()], "a house", {}),
    ):
        [changed] = made(base, styles, [prompt], [0], guidance=20.0, **changes)
        assert abs(changed - plain).max() > 0
    [zero] = made(base, [styled(0.0)], ["a house"], [0], guidance=20.0)
    assert abs(zero - plain).max() == 0


@pytest.mark.parametrize(("size", "side"), [(None, 64), (64, 64), (97, 100), (130, 132)])
def test_pictures_are_square_in_full_cells(base: Base, size: int | None, side: int):
    [image] = made(base, [], [""], [0], size=size, steps=1)
    assert image.shape == (side, side, 3)


def test_every_step_of_every_batch_is_told(base: Base):
    events: list[Event] = []
    made(base, [], [""] * 3, [0, 1, 2], events.append, steps=2, batch_size=2)
    assert [(event.done, event.total) for event in events] == [(1, 2), (2, 2)] * 2


def test_no_prompts_make_no_pictures(base: Base):
    assert made(base, [], [], []) == []


@pytest.mark.parametrize(
    ("prefixes", "subject", "expected"),
    [
        ((), "a house", "a house"),
        (("A Monet painting,",), "a house", "A Monet painting, a house"),
        (("A Monet painting,",), "", "A Monet painting"),
        (("A,", "B,"), "a house", "A, B, a house"),
        (("A,", "B,"), " ", "A, B"),
        (("",), "a house", "a house"),
    ],
)
def test_every_styles_words_stand_before_the_subject(
    styled: Styled, prefixes: tuple[str, ...], subject: str, expected: str
):
    styles = [styled(1.0, Prompt(prefix)) for prefix in prefixes]
    assert full_prompt(styles, subject) == expected
