"""Training touches the prompt head and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
import torch

from stylecli.bases.base import Base
from stylecli.errors import Cancelled, UsageError
from stylecli.styles.style import Prompt
from stylecli.training.run import TrainRun
from stylecli_lsast.method import Lsast
from stylecli_lsast.prompts import KEY

MakeRun = Callable[..., TrainRun]


def fingerprint(base: Base) -> str:
    digest = hashlib.sha256()
    for part in (base.denoiser, base.vae, base.text_encoder):
        for name, value in sorted(part.state_dict().items()):
            digest.update(name.encode() + value.numpy().tobytes())
        digest.update(str([(n, m.training) for n, m in part.named_modules()]).encode())
        digest.update(str([p.requires_grad for p in part.parameters()]).encode())
    return digest.hexdigest()


@pytest.mark.parametrize("head", ["attention", "single", "table"])
def test_nothing_but_the_head_changes(make_run: MakeRun, base: Base, head: str):
    before, processors = fingerprint(base), base.denoiser.attn_processors
    style = Lsast().train(make_run(head=head))
    assert fingerprint(base) == before
    assert all(parameter.grad is None for parameter in base.denoiser.parameters())
    after = base.denoiser.attn_processors
    assert all(after[path] is processors[path] for path in processors)
    vectors = style.tensors[KEY]
    assert vectors.shape == (10, 3, 32)
    assert vectors.dtype == torch.float32
    assert not torch.allclose(vectors, base.word_vector("painting").expand_as(vectors), atol=1e-3)


def test_the_file_of_sd15_is_as_small_as_the_report_says():
    assert 10 * 3 * 768 * torch.float32.itemsize == 92_160


def test_the_only_tensor_is_the_prompts_and_the_head_is_in_the_checkpoint(make_run: MakeRun):
    run = make_run()
    style = Lsast().train(run)
    assert list(style.tensors) == [KEY]
    assert not style.is_lora
    assert not style.parts
    assert (style.prompt.prefix, style.prompt.token) == ("*", "*")
    from safetensors import safe_open

    with safe_open(str(run.folder / "checkpoint.safetensors"), "pt") as file:
        assert "weight/to_q.weight" in file.keys()  # noqa: SIM118


@pytest.mark.parametrize(
    ("options", "shape"),
    [({"stages": 4}, (4, 3, 32)), ({"layers": 1, "stages": 1}, (1, 1, 32))],
)
def test_both_numbers_are_options(make_run: MakeRun, options, shape):
    assert Lsast().train(make_run(**options)).tensors[KEY].shape == shape


def test_gradient_checkpointing_learns_the_same(make_run: MakeRun, base: Base):
    plain = Lsast().train(make_run("plain")).tensors[KEY]
    saving = Lsast().train(make_run("saving", gradient_checkpointing=True)).tensors[KEY]
    assert torch.allclose(plain, saving, atol=1e-5)
    assert not base.denoiser.is_gradient_checkpointing


def test_a_run_that_was_stopped_goes_on_exactly(make_run: MakeRun):
    whole = Lsast().train(make_run("whole", steps=4)).tensors[KEY]

    def stop(event):
        if event.stage == "training" and event.done == 2:
            raise Cancelled("stopped")

    run = make_run("stopped", steps=4)
    run.progress = stop
    with pytest.raises(Cancelled):
        Lsast().train(run)
    again = Lsast().train(make_run("stopped", resume=True, steps=4)).tensors[KEY]
    assert torch.equal(again, whole)


def test_previews_and_the_thumbnail_show_what_the_prompts_mean(make_run: MakeRun):
    run = make_run(preview_every=2)
    style = Lsast().train(run)
    names = sorted(path.name for path in (run.folder / "previews").glob("*.png"))
    assert names == [f"step-00000{step}-{number}.png" for step in (2, 3) for number in (1, 2)]
    assert style.thumbnail.startswith(b"\xff\xd8")


def test_release_compatible_keeps_the_window_it_used(make_run: MakeRun):
    vectors = Lsast().train(make_run(release_compatible=True)).tensors[KEY]
    for stage in range(9):
        assert torch.equal(vectors[stage, 1:], vectors[stage + 1, :2])


def test_release_compatible_is_for_three_layers(make_run: MakeRun):
    with pytest.raises(UsageError, match="needs --layers 3"):
        Lsast().train(make_run(release_compatible=True, layers=1))


def test_the_initial_word_is_one_that_the_base_knows(make_run: MakeRun):
    with pytest.raises(UsageError, match=r"'oil painting' is .* not one word"):
        Lsast().train(make_run(init_word="oil painting"))


@pytest.mark.parametrize(
    ("prefix", "prompt"),
    [(None, "*"), ("a painting by *", "a painting by *"), ("*", "*")],
)
def test_the_words_hold_the_place_that_is_learnt(prefix, prompt):
    words = Lsast().prompt("monet", prefix)
    assert words == Prompt(prompt, "*")
    assert Lsast().captions(["a house", ""], words) == [prompt, prompt]


@pytest.mark.parametrize("prefix", ["", "A Monet painting,", "by *,"])
def test_words_without_that_place_are_refused(prefix: str):
    with pytest.raises(UsageError, match="must be a word of its own in the prefix"):
        Lsast().prompt("monet", prefix)


def test_the_report_preset_is_the_published_run():
    from stylecli.options import Layer, resolve

    chosen = resolve(Lsast.TrainOptions, [Layer("preset", Lsast.presets["report"].train)]).options
    assert (chosen.learning_rate, chosen.steps, chosen.batch_size) == (5e-6, 100_000, 1)
    assert (chosen.lr_schedule, chosen.lr_drop_at, chosen.lr_drop_factor) == ("step", 0.2, 0.1)
    assert (chosen.stages, chosen.layers, chosen.head, chosen.resolution) == (
        10,
        3,
        "attention",
        512,
    )
