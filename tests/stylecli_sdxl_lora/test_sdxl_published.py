"""sdxl-lora from the command line: presets, defaults, captions, bad input, the family of a base."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stylecli.bases.spec import SDXL
from stylecli.cli.given import Given
from stylecli.cli.train_setup import options_for
from stylecli.errors import UsageError
from stylecli.options import resolve
from stylecli.styles.format import read_style
from stylecli_sdxl_lora.method import SdxlLora
from stylecli_sdxl_lora.options import SdxlLoraOptions
from stylecli_sdxl_lora.published import ABLATIONS, PRESETS

RunCli = Callable[..., tuple[int, str, str]]
SHORT = (
    *("--steps=2", "--resolution=64", "--batch-size=2", "--learning-rate=0.01", "--rank=2"),
    *("--preview-every=0", "--checkpoint-every=0"),
)


@pytest.fixture
def train(run_cli: RunCli, paintings: Path, mini_xl_folder: Path) -> Callable[..., tuple[int, str]]:
    def run(*arguments: object, short: tuple[str, ...] = SHORT) -> tuple[int, str]:
        code, _, errors = run_cli("train", paintings, "--base", mini_xl_folder, *short, *arguments)
        return code, errors

    return run


def test_the_issues_own_command_works(train, home: Path):
    code, errors = train("--method", "sdxl-lora", "--prefix", "Still from the Anime,")
    assert code == 0, errors
    style = read_style(home / "styles" / "monet.safetensors")
    assert style.prompt.with_subject("a boy") == "Still from the Anime, a boy"
    assert "'Still from the Anime, water lilies'" in errors


def test_without_a_method_the_bases_family_chooses_it(train, home: Path):
    code, errors = train()
    assert code == 0, errors
    assert "with sdxl-lora on" in errors
    assert read_style(home / "styles" / "monet.safetensors").method == "sdxl-lora"


def test_its_default_is_a_modern_style_preset():
    options = options_for(SdxlLora(), SDXL, Given({}, {}, {}), None, None, {}).options
    assert (options.rank, options.learning_rate, options.batch_size) == (16, 1e-4, 4)
    assert (options.steps, options.min_snr, options.resolution) == (1500, 5.0, 1024)
    assert options.gradient_checkpointing
    assert not options.train_text_encoders


def test_the_published_runs_are_what_the_report_says():
    conan = SdxlLoraOptions(**{"steps": None, **PRESETS["conan"].train})
    assert (conan.rank, conan.alpha, conan.learning_rate) == (16, None, 1e-5)
    assert (conan.batch_size, conan.accumulation, conan.epochs) == (1, 8, 10.0)
    assert (conan.warmup, conan.precision, conan.clip_norm) == (500, "bf16", 1.0)
    assert conan.train_text_encoders
    begun = SdxlLoraOptions(**{"steps": None, **PRESETS["conan-baseline"].train})
    assert (begun.rank, begun.learning_rate, begun.batch_size) == (4, 1e-4, 1)
    assert (begun.warmup, begun.precision, begun.accumulation) == (0, "fp16", 1)
    for preset in PRESETS.values():
        assert preset.prefix == "Still from the Anime,"
        chosen = options_for(SdxlLora(), SDXL, Given({}, {}, {}), preset, None, {}).options
        assert (chosen.resolution, chosen.crop_size, chosen.steps) == (1024, None, None)


def test_a_preset_trains_and_brings_its_words(train, home: Path):
    code, errors = train(
        *("--preset", "conan", "--method=sdxl-lora", "--epochs=0.5", "--resolution=64"),
        *("--crop-size=64", "--precision=fp32", "--validation-pictures=1"),
        short=(),
    )
    assert code == 0, errors
    style = read_style(home / "styles" / "monet.safetensors")
    assert style.prompt.prefix == "Still from the Anime,"
    assert style.parts == {"unet", "text_encoder", "text_encoder_2"}
    assert style.thumbnail, "pictures of every epoch"


def test_simple_captions_are_what_is_told_and_trained(train, home: Path, paintings: Path):
    for path in paintings.glob("*.png"):
        path.with_suffix(".txt").write_text("there is a small house standing near the blue sea")
    code, errors = train("--caption-simplify", "--prefix", "Still,")
    assert code == 0, errors
    assert "'Still, house near sea'" in errors


def test_options_that_do_nothing_are_named(train):
    code, errors = train("--text-encoder-rank=4", "--perceptual-network=here", "--warmup=2")
    assert code == 0, errors
    assert "--text-encoder-rank does nothing without --train-text-encoders" in errors
    assert "--perceptual-network does nothing without --perceptual-weight" in errors
    assert "The warm-up of 2 steps is as long as the run of 2" in errors


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_every_ablation_changes_what_it_names(ablation: str):
    left_out = ABLATIONS[ablation]
    assert set(left_out.changes(None)) == set(left_out.whole)
    whole = SdxlLoraOptions(**left_out.whole)
    without = SdxlLoraOptions(**left_out.changes(whole))
    assert whole != without


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--target-modules", "nonsense"), "--target-modules"),
        (
            ("--train-text-encoders", "--text-encoder-target-modules", "query"),
            "--text-encoder-target-modules",
        ),
        (("--preview-every", "2", "--preview-epochs", "1"), "not both"),
        (("--min-timestep", "900", "--max-timestep", "100"), "nothing to train"),
        (("--perceptual-weight", "-1"), "--perceptual-weight"),
        (("--perceptual-weight=1", "--perceptual-network", "nowhere"), "--perceptual-network"),
        (("--preset", "konan"), "no preset 'konan'"),
        (("--token", "two words"), "not a single word"),
    ],
)
def test_bad_input_is_named(train, home: Path, arguments: tuple[str, ...], words: str):
    short = tuple(each for each in SHORT if not each.startswith("--preview"))
    code, errors = train(*arguments, short=short)
    assert code == 2, errors
    assert words in errors
    assert not (home / "styles" / "monet.safetensors").exists()


def test_a_base_of_the_other_family_is_refused(run_cli: RunCli, paintings: Path, mini_folder: Path):
    code, _, errors = run_cli("train", paintings, "--base", mini_folder, "--method", "sdxl-lora")
    assert code == 2
    assert "sdxl-lora works with bases of the family sdxl" in errors
    assert "Use --method dreambooth." in errors or "Use --method lora-sdedit." in errors


def test_a_resolution_that_the_base_cannot_paint_is_warned_of(run_cli: RunCli, paintings: Path):
    quick = ("--crop-size=64", "--steps=1", "--batch-size=1", "--preview-every=0")
    for resolution, warned in ((288, True), (256, False)):
        code, _, errors = run_cli(
            *("train", paintings, "--base", "tiny-xl", "--name", f"at-{resolution}", *quick),
            f"--resolution={resolution}",
        )
        assert code == 0, errors
        assert (f"--resolution {resolution} is above the 256 px" in errors) == warned


def test_exclusive_previews_come_from_the_first_layer_that_gives_any():
    resolved = resolve(SdxlLoraOptions, [])
    assert (resolved.options.preview_every, resolved.options.preview_epochs) == (250, None)
    with pytest.raises(UsageError, match="--preview-epochs"):
        options_for(
            SdxlLora(),
            SDXL,
            Given({"preview_every": 3, "preview_epochs": 1.0}, {}, {}),
            None,
            None,
            {},
        )
