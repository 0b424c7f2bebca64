"""Which autoencoder a base takes and what it computes in, as configurations say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hub_server import environment_of, serving
from stylecli.bases.autoencoder import vae_dtype_of, vae_folder_of
from stylecli.bases.base import load_base
from stylecli.bases.pipeline import write_pipeline
from stylecli.bases.spec import SDXL, BaseSpec
from stylecli.errors import UsageError
from stylecli.progress import Event, silent

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
FP32, BF16, FP16 = torch.float32, torch.bfloat16, torch.float16
WEIGHTS = "diffusion_pytorch_model.safetensors"


def configure(place: Path, **changes: object) -> None:
    """Change entries of a model's configuration; None takes one out."""
    file = place / "config.json"
    config = {**json.loads(file.read_text()), **changes}
    file.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


@pytest.fixture
def half_vae(mini_folder: Path, tmp_path: Path) -> Path:
    """An autoencoder for the miniature base that computes in half precision; its weights are its own."""
    from diffusers import AutoencoderKL

    place = Path(shutil.copytree(mini_folder / "vae", tmp_path / "half"))
    model = AutoencoderKL.from_pretrained(place)
    model.decoder.conv_out.bias.data += 0.01
    model.save_pretrained(place)
    configure(place, force_upcast=False)
    return place


@pytest.fixture
def spec(mini_spec: BaseSpec, half_vae: Path) -> BaseSpec:
    return replace(mini_spec, half_vae=half_vae)


@pytest.mark.parametrize(
    ("force_upcast", "device", "dtype", "expected"),
    [
        (True, CUDA, FP16, FP32),
        (True, CUDA, BF16, FP32),
        (None, CUDA, FP16, FP32),
        (False, CUDA, FP16, FP16),
        (False, CUDA, BF16, BF16),
        (False, CUDA, FP32, FP32),
        (False, torch.device("mps"), FP16, FP16),
        (False, CPU, FP16, FP32),
        (True, CPU, BF16, BF16),
        (False, CPU, FP32, FP32),
    ],
)
def test_an_autoencoder_computes_in_what_its_configuration_allows(
    half_vae: Path, force_upcast, device, dtype, expected
):
    configure(half_vae, force_upcast=force_upcast)
    assert vae_dtype_of(half_vae, device, dtype) == expected


def test_a_damaged_configuration_is_named(half_vae: Path):
    (half_vae / "config.json").write_text("{")
    with pytest.raises(UsageError, match=r"half/config\.json: missing or damaged"):
        vae_dtype_of(half_vae, CUDA, FP16)


@pytest.mark.parametrize("dtype", [FP16, BF16])
def test_in_half_precision_on_an_accelerator_it_is_the_one_made_for_that(
    spec: BaseSpec, mini_folder: Path, half_vae: Path, dtype: torch.dtype
):
    assert vae_folder_of(spec, mini_folder, CUDA, dtype, silent) == half_vae


@pytest.mark.parametrize(("device", "dtype"), [(CPU, FP16), (CPU, BF16), (CPU, FP32), (CUDA, FP32)])
def test_elsewhere_it_is_the_bases_own_and_nothing_is_asked_for(
    spec: BaseSpec, mini_folder: Path, device: torch.device, dtype: torch.dtype
):
    spec, said = replace(spec, half_vae="org/none"), []
    assert vae_folder_of(spec, mini_folder, device, dtype, said.append) == mini_folder / "vae"
    assert said == []


def test_one_that_can_compute_in_half_precision_itself_needs_no_other(
    spec: BaseSpec, mini_folder: Path, tmp_path: Path
):
    folder = Path(shutil.copytree(mini_folder, tmp_path / "base"))
    configure(folder / "vae", force_upcast=False)
    assert vae_folder_of(spec, folder, CUDA, FP16, silent) == folder / "vae"


def test_the_base_follows_it(spec: BaseSpec, mini_folder: Path, half_vae: Path, tmp_path: Path):
    half = load_base(spec, mini_folder, "fp16", CUDA)
    own = load_base(spec, mini_folder, "fp32", CUDA)
    assert (half.place("vae"), own.place("vae")) == (half_vae, mini_folder / "vae")
    assert (half.vae_dtype, own.vae_dtype) == (FP16, FP32)
    assert half.vae_hash != own.vae_hash
    assert half.modules == own.modules
    assert half.pixels_per_latent == 2
    assert half.denoiser_hash == own.denoiser_hash
    assert half.spec.public_name == "mini"
    # Another program decides for itself what it takes: a pipeline has the base's own.
    write_pipeline(half, tmp_path / "written", FP16)
    for name in (WEIGHTS, "config.json"):
        written = (tmp_path / "written" / "vae" / name).read_bytes()
        assert written == (mini_folder / "vae" / name).read_bytes()


def test_the_shapes_of_its_modules_are_those_of_its_own_weights(
    spec: BaseSpec, mini_folder: Path, half_vae: Path
):
    from diffusers import AutoencoderKL

    config = {**json.loads((half_vae / "config.json").read_text()), "layers_per_block": 2}
    AutoencoderKL.from_config(config).save_pretrained(half_vae)
    half = load_base(spec, mini_folder, "fp16", CUDA).modules["vae"]
    own = load_base(spec, mini_folder, "fp32", CUDA).modules["vae"]
    assert half.keys() > own.keys()


def pickled(place: Path) -> None:
    (place / WEIGHTS).rename(place / "diffusion_pytorch_model.bin")


def cut(place: Path) -> None:
    (place / WEIGHTS).write_bytes((place / WEIGHTS).read_bytes()[:-50])


def gone(place: Path) -> None:
    shutil.rmtree(place)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda it: configure(it, latent_channels=16), "its latent channels is 16, the base's 4"),
        (
            lambda it: configure(it, scaling_factor=0.5),
            "its scaling factor is 0.5, the base's 0.18",
        ),
        (lambda it: configure(it, shift_factor=0.1), "its shift factor is 0.1, the base's None"),
        (lambda it: configure(it, block_out_channels=[16]), "its levels is 1, the base's 2"),
        (
            lambda it: configure(it, _class_name="AutoencoderTiny"),
            "its class name is AutoencoderTiny",
        ),
        (lambda it: configure(it, force_upcast=None), "wants fp32, too"),
        (pickled, "its weights are pickled"),
        (cut, "cut short or damaged"),
        (gone, "is no folder here"),
    ],
)
def test_in_the_place_of_one_that_does_not_fit_the_bases_own_computes_in_fp32(
    spec: BaseSpec,
    mini_folder: Path,
    half_vae: Path,
    damage: Callable[[Path], None],
    message: str,
):
    damage(half_vae)
    said: list[Event] = []
    base = load_base(spec, mini_folder, "fp16", CUDA, said.append)
    assert base.place("vae") == mini_folder / "vae"
    assert base.vae_dtype == FP32
    [event] = said
    assert event.level == "warning"
    assert message in str(event.message)
    assert f"the autoencoder of base {spec.name!r} itself is taken, in fp32" in str(event.message)


def test_sdxl_takes_the_published_one():
    assert SDXL.source == "stabilityai/stable-diffusion-xl-base-1.0"
    assert SDXL.half_vae == "madebyollin/sdxl-vae-fp16-fix"


FETCH = """
import json, sys
from pathlib import Path
import torch
from stylecli.bases.autoencoder import vae_folder_of
from stylecli.bases.spec import BaseSpec
from stylecli.errors import Cancelled

source, said = Path(sys.argv[1]), []
spec = BaseSpec(name="mini", family="sd15", source=source, half_vae="org/half")

def hear(event):
    said.append([event.level, event.message])
    if "stop" in sys.argv and event.level == "info":
        raise Cancelled("Stopped as you asked.")

told = {}
try:
    place = vae_folder_of(spec, source, torch.device("cuda"), torch.float16, hear)
    told = {"own": place == source / "vae", "files": sorted(file.name for file in place.iterdir())}
except Cancelled:
    told = {"cancelled": True}
print(json.dumps(told | {"said": said}))
"""


@pytest.fixture
def repository(half_vae: Path) -> Iterator[Path]:
    """The autoencoder as the published one lies on the hub: other programs' weights beside diffusers'."""
    for name in ("README.md", "sdxl.vae.safetensors", "diffusion_pytorch_model.bin"):
        (half_vae / name).write_text("not wanted")
    return half_vae


@pytest.fixture
def fetch(mini_folder: Path, tmp_path: Path) -> Callable[..., dict[str, object]]:
    """Asks for the autoencoder on a machine that knows the hub at an address, and keeps its cache."""

    def run(endpoint: str, *more: str) -> dict[str, object]:
        done = subprocess.run(
            [sys.executable, "-c", FETCH, str(mini_folder), *more],
            env=environment_of(endpoint, tmp_path / "cache"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def test_one_on_the_hub_is_fetched_once_and_then_used_offline(fetch, repository: Path):
    files = ["config.json", WEIGHTS]
    with serving({"org/half": repository}) as hub:
        words = ["info", "Fetching org/half (2 files) into the hub cache."]
        assert fetch(hub.endpoint) == {"own": False, "files": files, "said": [words]}
        assert hub.fetched() == set(files)
    assert fetch(hub.endpoint) == {"own": False, "files": files, "said": []}


@pytest.mark.parametrize("reachable", [False, True])
def test_where_it_cannot_be_fetched_the_bases_own_is_taken_with_a_warning(fetch, reachable: bool):
    with serving({}) as hub:
        if reachable:
            told = fetch(hub.endpoint)
    if not reachable:
        told = fetch(hub.endpoint)
    assert told["own"]
    [[level, message]] = told["said"]
    assert level == "warning"
    assert message.startswith("org/half: ")
    assert "the autoencoder of base 'mini' itself is taken, in fp32" in message


def test_whoever_stops_the_download_stops_the_work(fetch, repository: Path):
    with serving({"org/half": repository}) as hub:
        told = fetch(hub.endpoint, "stop")
        assert told["cancelled"]
        assert hub.fetched() == set()
