"""StyleID's protocol: 20 photos, each after each of 40 paintings, once, at 512 x 512."""

from pathlib import Path

import pytest

from stylecli.evaluation.inspection import Inspection
from stylecli.evaluation.measured_sets import MeasuredSet
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.presets import PRESETS
from stylecli.evaluation.protocol import preset_warnings
from stylecli.evaluation.sets import PictureFile, set_info
from stylecli.metric import PictureSet

PHOTOS, PAINTINGS = range(20), range(40)
PAIRS = [(photo, painting) for photo in PHOTOS for painting in PAINTINGS]


def pictures(names, size=(512, 512), digests=None):
    digests = digests or names
    files = tuple(
        PictureFile(Path(name), digest, "PNG") for name, digest in zip(names, digests, strict=True)
    )
    seen = (Inspection(*size, 100.0, 50.0, False),) * len(files)
    none = PictureSet(tuple(names), tuple(digests), {})
    return MeasuredSet(set_info("set", files), files, none, seen, (), {})


def told(pairs=PAIRS, size=(512, 512), digests=None, known=True, photos=None, preset=None):
    names = [f"{at}.png" for at in range(len(pairs))]
    paths = tuple(Path(name) for name in names)
    contents, styles = zip(*pairs, strict=True)
    entry = EntryPlan("ours", "art", paths, contents, styles=styles if known else ())
    plan = Plan((entry,), {"art": ()}, preset=PRESETS[preset or "styleid-20x40"])
    content = pictures([f"photo {at}" for at in PHOTOS], digests=photos)
    references = {"art": pictures([f"painting {at}" for at in PAINTINGS])}
    found = preset_warnings(plan, content, references, [pictures(names, size, digests)])
    assert {each.code for each in found} <= {"preset-mismatch"}
    return [each.message.removeprefix("styleid-20x40 prescribes ") for each in found]


def test_the_whole_crossing_at_its_size_is_the_protocol():
    assert told() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": (512, 1400)}, "outputs of 512 x 512 px; 800 have another size"),
        ({"size": (768, 512)}, "outputs of 512 x 512 px; 800 have another size"),
        ({"digests": ["one"] * 800}, "800 different outputs; 799 of them are there already"),
        ({"photos": ["one"] * 20}, "20 different content pictures; 19 of them are there already"),
        ({"known": False}, "outputs named after photo and reference picture; not all names tell both"),
    ],
)  # fmt: skip
def test_each_thing_that_is_otherwise_is_said(changes, message):
    assert told(**changes) == [message]


def test_one_pair_twice_is_another_missing():
    assert told([PAIRS[0], *PAIRS[:-1]]) == [
        "every photo after every reference picture; pairs missing: 1",
        "one output of each photo and reference picture; too many: 1",
    ]


def test_other_presets_prescribe_nothing():
    assert told(PAIRS[:3], (9, 7), known=False, preset="standard") == []
