from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions
from stylecli.bases.lora import LoraShape, add_lora, remove_lora
from stylecli.datasets.folder import read_dataset
from stylecli.errors import UsageError
from stylecli.progress import Event, silent
from stylecli.styles.style import Prompt
from stylecli.training.cache import TensorCache
from stylecli.training.examples import Encoded, Examples, encode_dataset
from stylecli.training.options import CaptionedTraining

PROMPT = Prompt("A Monet painting,")


class CountingBase(Base):
    """Counts what it encodes."""

    pictures = 0
    texts = 0

    def encode(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.pictures += 1
        return super().encode(pixels)

    def contexts(self, prompts, vectors=None, *, trainable=False) -> Conditions:
        self.texts += len(prompts)
        return super().contexts(prompts, vectors, trainable=trainable)


@pytest.fixture
def counting(base: Base) -> CountingBase:
    return CountingBase(base.spec, base.folder, base.device, base.dtype)


@pytest.fixture
def cache(tmp_path: Path) -> TensorCache:
    return TensorCache(tmp_path / "cache")


def said(context: torch.Tensor) -> Conditions:
    return Conditions(context[None])


def ramp(side: int = 12) -> Encoded:
    """Latents that say where they were cut: cell (y, x) holds 100 y + x, negative in the mirrored copy."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    upright = (100 * y + x).half().expand(1, 1, side, side)
    return Encoded(torch.cat([upright, -1 - upright]), torch.zeros(2, 1, side, side).half())


def ramp_examples(options: CaptionedTraining, crop: int = 4, side: int = 12) -> Examples:
    contexts = {"full": said(torch.full((77, 2), 3.0)), "p": said(torch.full((77, 2), 2.0))}
    return Examples(
        [ramp(side)], ["full"], {**contexts, "": said(torch.zeros(77, 2))}, "p", crop, options
    )


def drawn(examples: Examples, count: int, seed: int = 0) -> tuple[torch.Tensor, list[float]]:
    """Latents, and the context's number for each."""
    batch = examples.batch([0] * count, np.random.default_rng(seed))
    return batch.latents, batch.conditions.context[:, 0, 0].tolist()


def corners(latents: torch.Tensor) -> set[tuple[int, int]]:
    found = set()
    for picture in latents[:, 0]:
        cut = picture if picture[0, 0] >= 0 else -1 - picture
        top, left = divmod(int(cut[0, 0]), 100)
        side = cut.shape[0]
        expected = ramp(12).mean[0, 0, top : top + side, left : left + side].float()
        assert torch.equal(cut, expected), "not a square of the picture"
        found.add((top, left))
    return found


def test_random_crops_are_inside_and_everywhere():
    latents, _ = drawn(ramp_examples(CaptionedTraining()), 1500)
    assert corners(latents) == {(top, left) for top in range(9) for left in range(9)}


def test_a_centre_crop_is_in_the_middle():
    latents, _ = drawn(ramp_examples(CaptionedTraining(crop="center")), 20)
    assert corners(latents) == {(4, 4)}


def test_a_crop_of_the_whole_picture_is_the_picture():
    latents, _ = drawn(ramp_examples(CaptionedTraining(), crop=12), 20)
    assert corners(latents) == {(0, 0)}


def test_half_of_the_pictures_are_mirrored():
    latents, _ = drawn(ramp_examples(CaptionedTraining()), 2000)
    share = float((latents[:, 0, 0, 0] < 0).float().mean())
    assert share == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("dropout", "prefix_only", "expected"),
    [
        (0.0, 0.0, (0.0, 0.0, 1.0)),
        (0.1, 0.0, (0.1, 0.0, 0.9)),
        (0.2, 0.5, (0.2, 0.4, 0.4)),
        (0.0, 1.0, (0.0, 1.0, 0.0)),
        (1.0, 1.0, (1.0, 0.0, 0.0)),
    ],
)
def test_captions_are_dropped_and_shortened_as_often_as_asked(
    dropout: float, prefix_only: float, expected: tuple[float, float, float]
):
    options = CaptionedTraining(caption_dropout=dropout, prefix_only=prefix_only)
    _, numbers = drawn(ramp_examples(options), 4000)
    counts = Counter(numbers)
    shares = tuple(counts[number] / 4000 for number in (0.0, 2.0, 3.0))
    assert shares == pytest.approx(expected, abs=0.03)


def test_an_sdxl_denoiser_is_told_each_pictures_size_and_crop():
    """Known answer: the latents say where they were cut."""
    texts = {"full": said(torch.zeros(77, 2)), "p": said(torch.zeros(77, 2))}
    told = {
        text: replace(each, added={"text_embeds": torch.ones(1, 3)}) for text, each in texts.items()
    }
    options = CaptionedTraining(caption_dropout=0.0)
    examples = Examples([ramp(12)], ["full"], told, "p", 4, options, [(300, 200)], [(7, 3)], 2)
    batch = examples.batch([0] * 40, np.random.default_rng(1))
    assert batch.conditions.added["text_embeds"].shape == (40, 3)
    seen = set()
    for picture, ids in zip(batch.latents[:, 0], batch.conditions.added["time_ids"], strict=True):
        first = float(picture[0, 0])
        place = first if first >= 0 else -1 - first
        top, left = divmod(round(place), 100)
        assert ids.tolist() == [200, 300, 3 + 2 * top, 7 + 2 * left, 8, 8]
        seen.add((top, left))
    assert len(seen) > 10
    assert (
        "time_ids"
        not in ramp_examples(options).batch([0], np.random.default_rng(1)).conditions.added
    )


def test_every_draw_samples_the_posterior_afresh():
    picture = Encoded(
        torch.full((1, 1, 16, 16), 2.0).half(), torch.full((1, 1, 16, 16), 0.5).half()
    )
    examples = Examples(
        [picture],
        ["p"],
        {"p": said(torch.zeros(77, 2)), "": said(torch.zeros(77, 2))},
        "p",
        16,
        CaptionedTraining(),
    )
    latents, _ = drawn(examples, 100)
    assert float(latents.mean()) == pytest.approx(2.0, abs=0.02)
    assert float(latents.std()) == pytest.approx(0.5, abs=0.02)
    assert not torch.equal(latents[0], latents[1])


def test_a_batch_depends_on_the_generator_alone():
    examples = ramp_examples(CaptionedTraining())
    one, texts = drawn(examples, 30, seed=4)
    torch.manual_seed(1)
    np.random.default_rng()
    two, same_texts = drawn(examples, 30, seed=4)
    assert torch.equal(one, two)
    assert texts == same_texts
    assert not torch.equal(drawn(examples, 30, seed=5)[0], one)


def test_the_kind_of_crop_leaves_noise_and_captions_as_they_are():
    random, texts = drawn(ramp_examples(CaptionedTraining(caption_dropout=0.5)), 30)
    center, same_texts = drawn(
        ramp_examples(CaptionedTraining(caption_dropout=0.5, crop="center")), 30
    )
    assert texts == same_texts
    assert torch.equal(random < 0, center < 0)


OPTIONS = CaptionedTraining(resolution=32, caption_dropout=0.0)


def test_pictures_and_captions_stay_together(
    counting: CountingBase, paintings: Path, cache: TensorCache
):
    dataset = read_dataset(paintings)
    examples = encode_dataset(counting, dataset, PROMPT, OPTIONS, cache, silent)
    assert len(examples) == 6
    for index, item in enumerate(dataset.items):
        batch = examples.batch([index], np.random.default_rng(0))
        assert batch.latents.shape == (1, 4, 16, 16)
        expected = counting.contexts([PROMPT.with_subject(item.caption)]).context
        assert torch.allclose(batch.conditions.context, expected, atol=1e-6)


def test_the_second_time_nothing_is_encoded(
    counting: CountingBase, paintings: Path, cache: TensorCache
):
    for number, path in enumerate(sorted(paintings.iterdir())):
        path.with_suffix(".txt").write_text(f"lilies {number}", encoding="utf-8")

    def encode() -> torch.Tensor:
        examples = encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
        return examples.batch(range(6), np.random.default_rng(0)).latents

    first = encode()
    assert (counting.pictures, counting.texts) == (6, 8)
    assert torch.equal(encode(), first)
    assert (counting.pictures, counting.texts) == (6, 8)
    shutil.rmtree(cache.folder)
    assert torch.equal(encode(), first)
    assert (counting.pictures, counting.texts) == (12, 16)


def test_the_cache_is_safe_to_damage(counting: CountingBase, paintings: Path, cache: TensorCache):
    def encode() -> torch.Tensor:
        examples = encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
        return examples.batch(range(6), np.random.default_rng(0)).latents

    first = encode()
    for entry in cache.folder.rglob("*.safetensors"):
        entry.write_bytes(entry.read_bytes()[:50])
    assert torch.equal(encode(), first)


@pytest.mark.parametrize(
    "changed",
    [
        {"resolution": 36},
        {"crop_size": 36},
        {"flip": False},
        {"precision": "bf16"},
        {"buckets": True},
    ],
)
def test_what_changes_the_latents_encodes_anew(
    counting: CountingBase, paintings: Path, cache: TensorCache, changed: dict[str, object]
):
    encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
    if changed.get("precision") == "bf16":
        counting.dtype = torch.bfloat16
    options = replace(OPTIONS, **changed)
    encode_dataset(counting, read_dataset(paintings), PROMPT, options, cache, silent)
    assert counting.pictures == 12


@pytest.mark.parametrize(
    "changed", [{"crop": "center"}, {"batch_size": 3}, {"caption_dropout": 0.5}]
)
def test_what_does_not_change_the_latents_encodes_nothing(
    counting: CountingBase, paintings: Path, cache: TensorCache, changed: dict[str, object]
):
    encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
    options = replace(OPTIONS, **changed)
    encode_dataset(counting, read_dataset(paintings), PROMPT, options, cache, silent)
    assert counting.pictures == 6


def test_another_encoder_or_another_picture_encodes_anew(
    counting: CountingBase, paintings: Path, cache: TensorCache, tmp_path: Path, picture
):
    encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
    picture(99).save(next(iter(sorted(paintings.iterdir()))))
    encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
    assert counting.pictures == 7

    folder = Path(shutil.copytree(counting.folder, tmp_path / "other"))
    opened = load_base(counting.spec, folder, "fp32", torch.device("cpu"))
    weights = opened.vae.state_dict()
    weights["encoder.conv_in.bias"] += 1
    opened.vae.load_state_dict(weights)
    opened.vae.save_pretrained(folder / "vae")
    other = CountingBase(counting.spec, folder, counting.device, counting.dtype)
    encode_dataset(other, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
    assert (other.pictures, other.texts) == (6, 0)


def heard() -> tuple[list[Event], Callable[[Event], None]]:
    events: list[Event] = []
    return events, events.append


def test_a_damaged_picture_is_named_and_left_out(
    base: Base, paintings: Path, cache: TensorCache, picture
):
    dataset = read_dataset(paintings)
    broken = sorted(paintings.iterdir())[2]
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    events, listen = heard()
    examples = encode_dataset(base, dataset, PROMPT, OPTIONS, cache, listen)
    assert len(examples) == 5
    [warning] = [event for event in events if event.level == "warning"]
    assert broken.name in (warning.message or "")


def test_if_no_picture_can_be_read_there_is_nothing_to_learn(
    base: Base, paintings: Path, cache: TensorCache
):
    dataset = read_dataset(paintings)
    for path in paintings.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UsageError, match="none of its pictures can be read"):
        encode_dataset(base, dataset, PROMPT, OPTIONS, cache, silent)


def test_over_long_captions_are_warned_of_once(base: Base, paintings: Path, cache: TensorCache):
    for path in sorted(paintings.glob("*.png"))[:3]:
        path.with_suffix(".txt").write_text("many words " * 60 + path.stem)
    events, listen = heard()
    encode_dataset(base, read_dataset(paintings), PROMPT, OPTIONS, cache, listen)
    [warning] = [event for event in events if event.level == "warning"]
    assert "3 captions are longer than 77 tokens" in (warning.message or "")


def test_a_lora_on_the_autoencoder_encodes_anew_and_is_part_of_the_latents(
    counting: CountingBase, paintings: Path, cache: TensorCache
):
    def mean() -> torch.Tensor:
        encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
        examples = encode_dataset(counting, read_dataset(paintings), PROMPT, OPTIONS, cache, silent)
        return examples._pictures[0].mean.float()

    plain = mean()
    lora = add_lora(counting, LoraShape(2, 2.0, 0.0, ("to_q", "to_v", "conv_in")), 0, "vae")
    for value in lora.named_parameters().values():
        torch.nn.init.normal_(value, std=0.3)
    changed = mean()
    assert (changed - plain).abs().max() > 0.01
    assert counting.pictures == 12
    for value in lora.named_parameters().values():
        value.data *= 1.1
    assert not torch.equal(mean(), changed)
    assert counting.pictures == 18
    remove_lora(counting)
    assert torch.equal(mean(), plain)
    assert counting.pictures == 18


def test_captions_of_a_text_encoder_in_training_are_encoded_with_gradients(
    counting: CountingBase, paintings: Path, cache: TensorCache
):
    dataset = read_dataset(paintings)
    kept = encode_dataset(counting, dataset, PROMPT, OPTIONS, cache, silent)
    texts = counting.texts
    live = encode_dataset(counting, dataset, PROMPT, OPTIONS, cache, silent, cache_captions=False)
    assert counting.texts == texts
    lora = add_lora(counting, LoraShape(2, 2.0, 0.0, ("v_proj",)), 0, "text_encoder")
    told, expected = (
        examples.batch([0, 3], np.random.default_rng(5)).conditions.context
        for examples in (live, kept)
    )
    # Both have one caption, which is read once.
    assert counting.texts == texts + 1
    assert torch.allclose(told, expected, atol=1e-5)
    told.square().sum().backward()
    ups = [value for name, value in lora.named_parameters().items() if "lora_B" in name]
    assert all(value.grad.abs().max() > 0 for value in ups)


def test_in_buckets_every_picture_is_whole_and_its_batch_of_one_shape(
    base: Base, paintings: Path, cache: TensorCache, picture
):
    picture(9, (60, 160)).save(paintings / "tall.png")
    options = replace(OPTIONS, buckets=True, resolution=64)
    events, listen = heard()
    examples = encode_dataset(base, read_dataset(paintings), PROMPT, options, cache, listen)
    shapes = {
        index: tuple(examples.batch([index], np.random.default_rng(0)).latents.shape[2:])
        for index in range(7)
    }
    assert [(height, width) for width, height in examples.groups] == list(shapes.values())
    height, width = shapes[6]
    assert height / width > 2
    [said] = [event.message for event in events if event.message]
    assert "7 are trained on (7 scaled down)." in said
    assert f"{2 * width} x {2 * height} (1)" in said
