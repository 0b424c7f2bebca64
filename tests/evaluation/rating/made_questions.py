"""Questions about pictures that need not be there, for tests."""

from pathlib import Path

from stylecli.evaluation.rating.asking.material import Material, Picture
from stylecli.evaluation.rating.asking.questions import questions_for


def material(entries=4, photos=12, targets=("t",), references=0, steps=False):
    pictures = tuple(
        Picture(
            f"{target}-{entry}", target, f"p{photo}.jpg", f"p{photo}.png",
            f"{target}{entry}/{photo}", Path(), entry * 100 if steps else None,
        )
        for target in targets for entry in range(entries) for photo in range(photos)
    )  # fmt: skip
    real = tuple(
        Picture(None, target, "", f"r{number}", f"r{target}{number}", Path())
        for target in targets
        for number in range(references)
    )
    return Material(pictures, {}, {}, real)


def asked(found, kinds=("choice",), count=60, seed=0, rater="anna"):
    return questions_for(found, kinds, count, seed, rater)


def originals(questions):
    return [question for question in questions if question.repeat_of is None]


def names(question):
    return tuple(picture.entry for picture in question.pictures)
