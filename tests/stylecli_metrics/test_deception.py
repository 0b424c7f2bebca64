import io

import numpy as np
import pytest
from PIL import Image

from stroke_painter import DABS, SLABS, photograph
from stylecli_metrics.deception import deception, train_judge
from stylecli_metrics.kernel_ridge import fit_kernel_ridge
from stylecli_metrics.pictures import EvaluationError


@pytest.fixture(scope="module")
def pictures():
    """Photographs, and the works of two painters after other photographs."""
    scenes = [photograph(seed) for seed in range(200, 254)]
    return {
        "photos": scenes[:18],
        "dabs": [DABS.paint(each, seed=seed) for seed, each in enumerate(scenes[18:36])],
        "slabs": [SLABS.paint(each, seed=seed) for seed, each in enumerate(scenes[36:])],
    }


def train(pictures, **options):
    styles = {name: pictures[name] for name in ("dabs", "slabs")}
    return train_judge(styles, pictures["photos"], **options)


@pytest.fixture(scope="module")
def judge(pictures):
    return train(pictures)


def test_two_painters_and_photographs_are_told_apart(judge):
    assert judge.classes == ("dabs", "slabs", "photo")
    assert judge.held_out == (6, 6, 6)
    assert judge.accuracy >= 0.9
    assert judge.photo_accuracy >= 0.9
    assert judge.confusion.sum(axis=1) == pytest.approx([1, 1, 1])


def test_painted_photographs_deceive_and_untouched_ones_do_not(judge, content):
    painted = [SLABS.paint(each, seed=seed) for seed, each in enumerate(content)]
    result = deception(judge, painted, "slabs", untouched=content)
    assert result.share >= 0.85
    assert result.photo_share <= 0.15
    assert sum(result.shares.values()) == pytest.approx(1)
    assert result.share == result.shares["slabs"]
    assert result.accuracy == judge.accuracy
    assert result.warnings == ("few-pictures",)
    assert deception(judge, painted, "dabs").share == result.shares["dabs"] <= 0.15


def test_size_and_compression_do_not_decide(judge, content):
    def shrunk_and_compressed(picture):
        buffer = io.BytesIO()
        picture.resize((176, 176)).save(buffer, "JPEG", quality=60)
        return Image.open(buffer)

    painted = [DABS.paint(each, seed=seed) for seed, each in enumerate(content)]
    for pictures, name in ((content, "photo"), (painted, "dabs")):
        called = judge.classify([shrunk_and_compressed(each) for each in pictures])
        assert called.count(name) >= 7


def test_without_photographs_the_held_out_ones_are_the_baseline(judge, content):
    result = deception(judge, content, "dabs")
    assert result.photo_share == judge.confusion[2, 0]


def test_scores_name_the_class_and_know_no_order(judge, content):
    scores = judge.scores(content)
    assert scores.shape == (8, 3)
    assert judge.classify(content) == [judge.classes[i] for i in scores.argmax(axis=1)]
    assert judge.scores(content[::-1])[::-1] == pytest.approx(scores, abs=1e-9)


def test_a_judge_of_shuffled_labels_is_called_weak(pictures, content):
    everything = [*pictures["dabs"], *pictures["slabs"]]
    mixed = {"one": everything[::2], "two": everything[1::2]}
    judge = train_judge(mixed, pictures["photos"])
    assert judge.accuracy < 0.8
    assert "weak-classifier" in deception(judge, content, "one").warnings


def test_crops_of_one_photograph_stay_on_one_side(pictures):
    groups = [f"parent {index // 6}" for index in range(18)]
    assert train(pictures, photo_groups=groups).held_out == (6, 6, 6)
    with pytest.raises(EvaluationError, match="one group"):
        train(pictures, photo_groups=["same"] * 18)
    with pytest.raises(EvaluationError, match="2 photo groups for 18"):
        train(pictures, photo_groups=["a", "b"])


def test_an_unknown_target_is_named_with_the_known_ones(judge, content):
    with pytest.raises(EvaluationError, match="'monet', only dabs, slabs"):
        deception(judge, content, "monet")
    with pytest.raises(EvaluationError, match="'photo'"):
        deception(judge, content, "photo")
    with pytest.raises(EvaluationError, match="outputs: 0"):
        deception(judge, [], "dabs")


@pytest.mark.parametrize(
    ("styles", "options", "message"),
    [
        ({"dabs": 10}, {}, "at least 2 styles"),
        ({"dabs": 10, "photo": 10}, {}, "cannot be called"),
        ({"dabs": 10, "slabs": 9}, {}, "slabs: 9 pictures"),
        ({"dabs": 10, "slabs": 10}, {"held_out": 1.0}, "held_out"),
    ],
)
def test_unfit_training_sets_are_refused(styles, options, message, content):
    sets = {name: content[:1] * count for name, count in styles.items()}
    with pytest.raises(EvaluationError, match=message):
        train_judge(sets, content[:1] * 10, **options)


def test_kernel_ridge_learns_what_no_plane_divides():
    random = np.random.default_rng(0)
    points = random.uniform(-1, 1, (200, 2))
    labels = (points[:, 0] * points[:, 1] > 0).astype(np.intp)
    fitted = fit_kernel_ridge(points[:140], labels[:140], range(140))
    assert np.mean(fitted.scores(points[140:]).argmax(axis=1) == labels[140:]) > 0.9
