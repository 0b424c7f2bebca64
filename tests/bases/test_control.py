"""ControlNets: which goes with a base, whether it fits, and what it does to a prediction."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hub_server import environment_of, serving
from stylecli.bases import control
from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions, Control
from stylecli.bases.spec import BaseSpec
from stylecli.errors import UsageError
from stylecli.progress import silent

LATENTS = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(7))
TIMES = torch.tensor([100, 700])
EDGES = (torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(2)) > 0.7).float()


@pytest.fixture
def controlled(mini_spec: BaseSpec, mini_folder: Path, mini_controlnet: Path) -> Base:
    spec = replace(mini_spec, controlnets={"canny": mini_controlnet})
    return load_base(spec, mini_folder, "fp32", torch.device("cpu"))


def predicted(base: Base, scale: float | None, edges: torch.Tensor = EDGES) -> torch.Tensor:
    control = None if scale is None else Control(base.controlnet("canny"), edges, scale)
    told = Conditions(base.contexts(["a house", "a tree"]).context, control=control)
    with torch.no_grad():
        return base.predict(LATENTS, TIMES, told)


def test_a_prediction_follows_the_controlnet_as_diffusers_does(controlled: Base):
    context = controlled.contexts(["a house", "a tree"]).context
    with torch.no_grad():
        down, mid = controlled.controlnet("canny")(
            LATENTS, TIMES, context, EDGES, conditioning_scale=0.7, return_dict=False
        )
        expected = controlled.denoiser(
            LATENTS,
            TIMES,
            context,
            down_block_additional_residuals=down,
            mid_block_additional_residual=mid,
        ).sample
    assert torch.allclose(predicted(controlled, 0.7), expected, atol=1e-5)
    assert not torch.allclose(predicted(controlled, None), expected, atol=1e-2)


def test_at_scale_0_there_is_no_controlnet(controlled: Base):
    assert torch.equal(predicted(controlled, 0.0), predicted(controlled, None))


def test_each_picture_of_a_batch_follows_its_own_edges(controlled: Base):
    both = Conditions(
        controlled.contexts(["a house", "a tree"]).context,
        control=Control(controlled.controlnet("canny"), EDGES),
    )
    again = both.pick([1, 0]).pick([1]).followed_by(both.pick([1]))
    assert torch.equal(again.control.pictures, EDGES)
    assert torch.equal(again.context, both.context)
    turned = predicted(controlled, 1.0, EDGES.flip(0))
    assert not torch.allclose(turned, predicted(controlled, 1.0), atol=1e-3)


def test_a_controlnet_is_loaded_once_and_dropped_on_request(controlled: Base):
    first = controlled.controlnet("canny")
    assert controlled.controlnet("canny") is first
    controlled.free("controlnet canny")
    assert controlled.controlnet("canny") is not first


def test_a_folder_can_be_named(base: Base, mini_controlnet: Path):
    assert base.controlnet(str(mini_controlnet)).config.cross_attention_dim == 32


@pytest.mark.parametrize("name", ["canny", "depht", ""])
def test_a_base_without_such_a_controlnet_says_so(base: Base, name: str):
    with pytest.raises(UsageError, match=f"has no ControlNet '{name}' .*it has: none"):
        base.controlnet(name)


@pytest.mark.parametrize(
    ("width", "found"), [(768, "lllyasviel/control_v11p_sd15_canny"), (32, None)]
)
def test_a_base_like_sd15_takes_its_controlnets(
    mini_spec: BaseSpec, width: int, found: str | None, monkeypatch
):
    monkeypatch.setattr(control, "model_folder", lambda name, *_, **__: name)
    if found is None:
        with pytest.raises(UsageError, match="has no ControlNet"):
            control.controlnet_folder(mini_spec, width, "canny", silent)
    else:
        assert control.controlnet_folder(mini_spec, width, "canny", silent) == found


def test_one_that_was_made_for_another_base_is_refused(base: Base, mini_controlnet, tmp_path):
    from diffusers import ControlNetModel

    other = ControlNetModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        cross_attention_dim=48,
        attention_head_dim=4,
        norm_num_groups=8,
        conditioning_embedding_out_channels=(16, 32),
    )
    other.save_pretrained(tmp_path / "other")
    with pytest.raises(UsageError, match="cross attention dim is 48, the base's 32"):
        base.controlnet(str(tmp_path / "other"))


def test_a_damaged_folder_is_named(base: Base, tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="diffusion_pytorch_model"):
        base.controlnet(str(tmp_path))
    (tmp_path / "diffusion_pytorch_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(UsageError, match="cannot be loaded"):
        base.controlnet(str(tmp_path))


FETCH = """
import json, sys
from dataclasses import replace
from pathlib import Path
import torch
from stylecli.bases.base import load_base
from stylecli.bases.spec import BaseSpec
from stylecli.errors import StylecliError

spec = BaseSpec(name="mini", family="sd15", source=Path(sys.argv[1]), controlnets={"canny": "org/canny"})
base = load_base(spec, Path(sys.argv[1]), "fp32", torch.device("cpu"))
said = []
try:
    told = {"width": base.controlnet("canny", lambda event: said.append(event.message)).config.cross_attention_dim}
except StylecliError as problem:
    told = {"error": problem.message, "code": problem.exit_code}
print(json.dumps(told | {"said": said}))
"""


def test_one_on_the_hub_is_fetched_once(mini_folder: Path, mini_controlnet: Path, tmp_path: Path):
    with serving({"org/canny": mini_controlnet}) as hub:
        environment = environment_of(hub.endpoint, tmp_path / "cache")
        for words in (["Fetching org/canny (2 files) into the hub cache."], []):
            done = subprocess.run(
                [sys.executable, "-c", FETCH, str(mini_folder)],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            assert json.loads(done.stdout) == {"width": 32, "said": words}
        assert hub.fetched() == {"config.json", "diffusion_pytorch_model.safetensors"}
