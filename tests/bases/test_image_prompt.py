"""IP-Adapters: which goes with a base, whether it fits, and what it does to a prediction."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from hub_server import COMMIT, environment_of, serving
from stylecli.bases import image_prompt
from stylecli.bases.adapters import switched_off
from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions, Control, ImagePrompt
from stylecli.bases.lora import apply_styles
from stylecli.bases.spec import SD15, BaseSpec
from stylecli.errors import UsageError
from stylecli.progress import silent
from stylecli.styles.style import ScaledStyle

LATENTS = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(7))
TIMES = torch.tensor([100, 700])
WORDS = ["a house", "a tree"]


@pytest.fixture
def seeing(mini_spec: BaseSpec, mini_folder: Path, mini_ip_adapter: Path) -> Base:
    """The miniature base with an IP-Adapter of its own."""
    spec = replace(mini_spec, ip_adapter=mini_ip_adapter)
    return load_base(spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def pictures(picture) -> list[Image.Image]:
    return [picture(1, (40, 24)), picture(2, (24, 40))]


def predicted(
    base: Base, pictures: list[Image.Image] | None, scale: float = 1.0, **also: object
) -> torch.Tensor:
    image = None
    if pictures is not None:
        adapter = base.image_adapter()
        image = ImagePrompt(adapter, adapter.encode(pictures), scale)
    told = Conditions(base.contexts(WORDS).context, image=image, **also)
    with torch.no_grad():
        return base.predict(LATENTS, TIMES, told)


def by_diffusers(
    base: Base, folder: Path, adapter: Path, pictures: list[Image.Image], scale: float
) -> torch.Tensor:
    """What the UNet of a stock pipeline predicts with the adapter on, and this base's LoRAs."""
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    pipeline.unet = base.denoiser
    pipeline.load_ip_adapter(str(adapter), subfolder="", weight_name="ip-adapter.safetensors")
    pipeline.set_ip_adapter_scale(scale)
    embedded = torch.cat([pipeline.encode_image(each, "cpu", 1)[0] for each in pictures])
    with torch.no_grad():
        prediction: torch.Tensor = pipeline.unet(
            LATENTS,
            TIMES,
            base.contexts(WORDS).context,
            added_cond_kwargs={"image_embeds": [embedded[:, None]]},
        ).sample
    pipeline.unload_ip_adapter()
    return prediction


@pytest.mark.parametrize("styled", [False, True])
def test_a_prediction_sees_pictures_as_in_diffusers(
    seeing: Base, make_style, mini_folder, mini_ip_adapter, pictures, styled: bool
):
    bare = predicted(seeing, None)
    if styled:
        apply_styles(seeing, [ScaledStyle(make_style())])
    ours = predicted(seeing, pictures, 0.7)
    expected = by_diffusers(seeing, mini_folder, mini_ip_adapter, pictures, 0.7)
    assert torch.allclose(ours, expected, atol=1e-5)
    assert not torch.allclose(ours, bare, atol=1e-2)


def test_a_lora_that_is_switched_off_leaves_the_picture_on(seeing: Base, make_style, pictures):
    alone = predicted(seeing, pictures)
    apply_styles(seeing, [ScaledStyle(make_style())])
    assert not torch.allclose(predicted(seeing, pictures), alone, atol=1e-2)
    with switched_off(seeing.denoiser):
        assert torch.allclose(predicted(seeing, pictures), alone, atol=1e-6)


def test_at_scale_0_no_picture_is_seen(seeing: Base, pictures):
    assert torch.equal(predicted(seeing, pictures, 0.0), predicted(seeing, None))


def test_the_scale_is_each_calls_own(seeing: Base, pictures):
    faint, strong = predicted(seeing, pictures, 0.3), predicted(seeing, pictures, 1.0)
    bare = predicted(seeing, None)
    assert 0.01 < (faint - bare).norm() < 0.7 * (strong - bare).norm()
    assert torch.equal(predicted(seeing, pictures, 0.3), faint)


def test_a_controlnet_beside_it_hears_the_words_alone(
    seeing: Base, mini_controlnet: Path, pictures
):
    controlnet, heard = seeing.controlnet(str(mini_controlnet)), []
    controlnet.register_forward_hook(
        lambda _, given, named, result: heard.append(named["encoder_hidden_states"]),
        with_kwargs=True,
    )
    edges = torch.ones(2, 3, 16, 16)
    both = predicted(seeing, pictures, control=Control(controlnet, edges))
    assert torch.equal(heard[0], seeing.contexts(WORDS).context)
    assert not torch.allclose(both, predicted(seeing, pictures), atol=1e-3)


def test_each_picture_of_a_batch_is_its_own_prompt(seeing: Base, pictures):
    adapter = seeing.image_adapter()
    tokens = adapter.encode(pictures)
    assert tokens.shape == (2, 4, 32)
    assert torch.allclose(tokens[1:], adapter.encode(pictures[1:]), atol=1e-5)
    both = Conditions(seeing.contexts(WORDS).context, image=ImagePrompt(adapter, tokens, 0.5))
    again = both.pick([1, 0]).pick([1]).followed_by(both.pick([1]))
    assert again.image == replace(both.image, tokens=again.image.tokens)
    assert torch.equal(again.image.tokens, tokens)
    turned = predicted(seeing, pictures[::-1])
    assert not torch.allclose(turned, predicted(seeing, pictures), atol=1e-2)


def test_no_picture_is_a_zero_embedding(seeing: Base, mini_ip_adapter: Path):
    tensors = load_file(mini_ip_adapter / "ip-adapter.safetensors")
    bias = tensors["image_proj.proj.bias"].view(4, 32)
    expected = torch.nn.functional.layer_norm(bias, (32,))
    found = seeing.image_adapter().nothing(3)
    assert torch.allclose(found, expected.expand(3, -1, -1), atol=1e-5)


@pytest.mark.parametrize("fails", [False, True])
def test_the_denoiser_is_bare_afterwards_also_after_an_error(seeing: Base, pictures, fails: bool):
    unet = seeing.denoiser
    before, names = dict(unet.attn_processors), set(unet.state_dict())
    bare = predicted(seeing, None)
    adapter = seeing.image_adapter()
    width = 31 if fails else 32
    image = ImagePrompt(adapter, torch.zeros(2, 4, width))
    told = Conditions(seeing.contexts(WORDS).context, image=image)
    if fails:
        with pytest.raises(RuntimeError):
            seeing.predict(LATENTS, TIMES, told)
    else:
        seeing.predict(LATENTS, TIMES, told)
    after = unet.attn_processors
    assert after.keys() == before.keys()
    assert all(after[path] is processor for path, processor in before.items())
    assert set(unet.state_dict()) == names
    assert unet.encoder_hid_proj is None
    assert unet.config.encoder_hid_dim_type is None
    assert torch.equal(predicted(seeing, None), bare)


def test_it_computes_in_half_precision_too(
    mini_spec, mini_folder, mini_ip_adapter, pictures, seeing
):
    spec = replace(mini_spec, ip_adapter=mini_ip_adapter)
    half = load_base(spec, mini_folder, "bf16", torch.device("cpu"))
    assert half.image_adapter().encode(pictures).dtype == torch.float32
    ours, exact = predicted(half, pictures), predicted(seeing, pictures)
    bare = predicted(seeing, None)
    assert (ours - exact).norm() < 0.1 * (exact - bare).norm()


def test_an_adapter_is_loaded_once_and_outlives_the_denoiser(seeing: Base, pictures):
    first, before = seeing.image_adapter(), predicted(seeing, pictures)
    seeing.free("unet")
    assert seeing.image_adapter() is first
    assert torch.equal(predicted(seeing, pictures), before)
    seeing.free("image adapter")
    assert seeing.image_adapter() is not first


def test_a_base_without_one_says_so(base: Base):
    with pytest.raises(UsageError, match="has no IP-Adapter") as told:
        base.image_adapter()
    assert "--image-cond-scale at 0" in str(told.value.hint)


def test_a_folder_that_is_not_there_is_named(seeing: Base, tmp_path: Path):
    seeing.spec = replace(seeing.spec, ip_adapter=tmp_path / "gone")
    with pytest.raises(UsageError, match=f"{tmp_path / 'gone'}"):
        seeing.image_adapter()


SD15_FILES = (
    "models/ip-adapter_sd15.safetensors",
    "models/image_encoder/config.json",
    "models/image_encoder/model.safetensors",
)


@pytest.mark.parametrize("spec", [SD15, replace(SD15, name="mine", ip_adapter=None)])
def test_sd15_and_a_base_like_it_take_the_published_one(spec: BaseSpec, monkeypatch):
    asked = []

    def found(place, needed, *_, **__):
        asked.append((place, needed))
        return Path("snapshot")

    monkeypatch.setattr(image_prompt, "model_folder", found)
    weights, encoder = image_prompt.adapter_files(spec, 768, silent)
    assert asked == [("h94/IP-Adapter", SD15_FILES)]
    assert weights == Path("snapshot/models/ip-adapter_sd15.safetensors")
    assert encoder == Path("snapshot/models/image_encoder")


@pytest.fixture
def changed(mini_ip_adapter: Path, seeing: Base, tmp_path: Path) -> Callable[..., Base]:
    """Makes the base with its adapter's tensors changed, and the weights under a name of their own."""

    def make(change: Callable[[dict[str, torch.Tensor]], object]) -> Base:
        folder = Path(shutil.copytree(mini_ip_adapter, tmp_path / "changed"))
        weights = (folder / "ip-adapter.safetensors").rename(folder / "other.safetensors")
        tensors = load_file(weights)
        change(tensors)
        save_file(tensors, weights)
        seeing.spec = replace(seeing.spec, ip_adapter=weights)
        return seeing

    return make


def test_weights_can_be_named_themselves(changed, pictures):
    assert changed(lambda tensors: None).image_adapter().encode(pictures).shape == (2, 4, 32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda it: it.update({"ip_adapter.1.to_k_ip.weight": torch.zeros(32, 48)}),
            r"ip_adapter\.1\.to_k_ip\.weight is \(32, 48\), the base needs \(32, 32\)",
        ),
        (lambda it: it.pop("ip_adapter.3.to_v_ip.weight"), "is missing, the base needs"),
        (
            lambda it: it.update({"ip_adapter.99.to_v_ip.weight": torch.zeros(1)}),
            "the base needs none",
        ),
        (
            lambda it: it.update({"image_proj.latents": it.pop("image_proj.proj.weight")}),
            "no IP-Adapter in the plain form",
        ),
    ],
)
def test_one_that_does_not_fit_is_refused(changed, change, message: str):
    base = changed(change)
    with pytest.raises(UsageError, match=message) as told:
        base.image_adapter()
    assert "other.safetensors" in told.value.message


def test_a_damaged_folder_is_named(changed):
    base = changed(lambda tensors: None)
    weights = Path(str(base.spec.ip_adapter))
    weights.write_bytes(weights.read_bytes()[:-50])
    with pytest.raises(UsageError, match=r"other\.safetensors: cannot be loaded"):
        base.image_adapter()
    (weights.parent / "image_encoder" / "config.json").unlink()
    with pytest.raises(UsageError, match=r"it has no image_encoder/config\.json"):
        base.image_adapter()


FETCH = """
import json, sys
from pathlib import Path
import torch
from PIL import Image
from stylecli.bases.base import load_base
from stylecli.bases.spec import BaseSpec
from stylecli.errors import StylecliError

source = Path(sys.argv[1])
spec = BaseSpec(name="mini", family="sd15", source=source, ip_adapter=sys.argv[2])
base = load_base(spec, source, "fp32", torch.device("cpu"))
said = []
try:
    adapter = base.image_adapter(lambda event: said.append(event.message))
    told = {"tokens": list(adapter.encode([Image.new("RGB", (9, 9))]).shape)}
except StylecliError as problem:
    told = {"error": problem.message, "hint": problem.hint, "code": problem.exit_code}
print(json.dumps(told | {"said": said}))
"""


@pytest.fixture
def published(mini_ip_adapter: Path, tmp_path: Path) -> Path:
    """The adapter as the published ones lie on the hub: in a folder, among many others."""
    repository = tmp_path / "repository"
    shutil.copytree(mini_ip_adapter, repository / "models")
    weights = repository / "models" / "ip-adapter.safetensors"
    shutil.copy(weights, weights.with_name("ip-adapter-plus.safetensors"))
    weights.rename(weights.with_name("ip-adapter_sd15.safetensors"))
    unwanted = ("models/ip-adapter_sd15.bin", "models/image_encoder/pytorch_model.bin")
    for name in ("README.md", "sdxl_models/ip-adapter_sdxl.safetensors", *unwanted):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text("not wanted")
    return repository


@pytest.mark.parametrize("revision", ["", f"@{COMMIT}"])
def test_one_on_the_hub_is_fetched_once_and_nothing_beside_it(
    mini_folder: Path, published: Path, tmp_path: Path, revision: str
):
    source = f"org/adapters{revision}/models/ip-adapter_sd15.safetensors"

    def fetch(endpoint: str) -> dict[str, object]:
        done = subprocess.run(
            [sys.executable, "-c", FETCH, str(mini_folder), source],
            env=environment_of(endpoint, tmp_path / "cache"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    with serving({"org/adapters": published}) as hub:
        hub.cut.add(SD15_FILES[2])
        cut = fetch(hub.endpoint)
        assert "the download was interrupted" in str(cut["error"])
        hub.cut.clear()
        words = ["Fetching org/adapters (3 files) into the hub cache."]
        assert fetch(hub.endpoint) == {"tokens": [1, 4, 32], "said": words}
        assert hub.fetched() == set(SD15_FILES)
        hub.asked.clear()
        assert fetch(hub.endpoint) == {"tokens": [1, 4, 32], "said": []}
        assert hub.asked == []


def test_without_a_connection_it_says_what_to_do(mini_folder: Path, tmp_path: Path):
    with serving({}) as hub:
        nowhere = hub.endpoint
    done = subprocess.run(
        [sys.executable, "-c", FETCH, str(mini_folder), "org/adapters/models/x.safetensors"],
        env=environment_of(nowhere, tmp_path / "cache"),
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    assert told["code"] == 1
    assert "org/adapters: the hub cannot be reached" in told["error"]
    assert "--image-cond-scale at 0" in told["hint"]
