"""CLIP, CSD and DINOv2, each against its own code's structure."""

import pytest
import torch
from random_networks import (
    EMBEDDING,
    FacebookTransformer,
    OpenDescriptors,
    clip_model,
    descriptors_checkpoint,
    lively,
)

import stylecli
from stylecli_judges import clip, dinov2, style_descriptors, views
from stylecli_judges.vision_transformer import VisionTransformer, renamed


def test_clip_is_transformers(networks, scene):
    (path,) = networks("clip-vit-l14-336").paths.values()
    shown = torch.cat([views.clip_336(scene(seed)) for seed in (1, 2)])
    with torch.inference_mode():
        found = clip.read_clip(path)(shown)
        theirs = clip_model().get_image_features(pixel_values=shown)
    # Newer versions give it with what else the model says.
    theirs = getattr(theirs, "pooler_output", theirs)
    expected = theirs / theirs.norm(dim=-1, keepdim=True)
    assert found.shape == (2, EMBEDDING)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    assert (found[0] - found[1]).abs().max() > 1e-3


def test_csd_is_its_code(networks, scene):
    (path,) = networks("csd-vit-l").paths.values()
    shown = torch.cat([views.clip_224(scene(seed)) for seed in (1, 2)])
    with torch.inference_mode():
        found = style_descriptors.read_style_descriptors(path)(shown)
        style, content = lively(OpenDescriptors(), seed=6)(shown)
    assert found.shape == (2, 2, EMBEDDING)
    torch.testing.assert_close(found[:, 0], style, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(found[:, 1], content, rtol=1e-4, atol=1e-6)


def test_dinov2_is_its_code(networks, scene):
    (path,) = networks("dinov2-vit-l14").paths.values()
    shown = torch.cat([views.dinov2_224(scene(seed)) for seed in (1, 2)])
    with torch.inference_mode():
        found = dinov2.read_dinov2(path)(shown)
        expected = lively(FacebookTransformer(), seed=9)(shown)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def published_csd():
    """The shapes of the published file, 297 tensors, without their numbers."""
    shapes = {
        "conv1.weight": (1024, 3, 14, 14),
        "class_embedding": (1024,),
        "positional_embedding": (257, 1024),
    }
    for name in ("ln_pre", "ln_post"):
        shapes |= {f"{name}.weight": (1024,), f"{name}.bias": (1024,)}
    for block in range(24):
        at = f"transformer.resblocks.{block}"
        shapes |= {f"{at}.attn.in_proj_weight": (3072, 1024), f"{at}.attn.in_proj_bias": (3072,)}
        shapes |= {f"{at}.attn.out_proj.weight": (1024, 1024), f"{at}.attn.out_proj.bias": (1024,)}
        shapes |= {f"{at}.mlp.c_fc.weight": (4096, 1024), f"{at}.mlp.c_fc.bias": (4096,)}
        shapes |= {f"{at}.mlp.c_proj.weight": (1024, 4096), f"{at}.mlp.c_proj.bias": (1024,)}
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"{at}.{norm}.weight": (1024,), f"{at}.{norm}.bias": (1024,)}
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}


def test_the_published_shapes_fit_whole():
    theirs = published_csd()
    assert len(theirs) == 297 - 2
    state = renamed(theirs, style_descriptors._NAMES)
    with torch.device("meta"):
        own = VisionTransformer(state, quick=True, epsilon=1e-5).state_dict()
    assert {name: each.shape for name, each in own.items()} == {
        name: each.shape for name, each in state.items()
    }


def test_a_checkpoint_that_lacks_something_is_refused_by_name(tmp_path):
    for lost, says in (
        ("module.last_layer_style", "it lacks last_layer_style"),
        ("module.backbone.conv1.weight", "it lacks patches.weight"),
        ("module.backbone.ln_post.bias", "it lacks after.bias"),
    ):
        checkpoint = descriptors_checkpoint()
        del checkpoint["model_state_dict"][lost]
        path = tmp_path / "pytorch_model.bin"
        torch.save(checkpoint, path)
        with pytest.raises(stylecli.StylecliError, match=rf"pytorch_model\.bin.*{says}"):
            style_descriptors.read_style_descriptors(path)


def test_parts_of_other_shapes_are_refused_by_name(networks, tmp_path):
    files = {}
    for name in ("clip-vit-l14-336", "dinov2-vit-l14", "csd-vit-l"):
        (files[name],) = networks(name).paths.values()
    path = tmp_path / "other.bin"

    def refused(read, name, says, key="", **changes):
        found = torch.load(files[name], weights_only=False)
        state = found[key] if key else found
        for part, shape in changes.items():
            part = part.replace("__", ".")
            if shape is None:
                del state[part]
            else:
                state[part] = torch.zeros(shape)
        torch.save(found, path)
        with pytest.raises(
            stylecli.StylecliError, match=r"other\.bin is another network's"
        ) as caught:
            read(path)
        assert says in caught.value.message

    projection = "visual_projection__weight"
    query = "vision_model__encoder__layers__0__self_attn__q_proj__weight"
    refused(
        clip.read_clip,
        "clip-vit-l14-336",
        "it lacks visual_projection.weight",
        **{projection: None},
    )
    refused(clip.read_clip, "clip-vit-l14-336", "RuntimeError", **{query: (2, 3)})
    head = "module__last_layer_content"
    key = "model_state_dict"
    read = style_descriptors.read_style_descriptors
    refused(read, "csd-vit-l", "RuntimeError", key, **{head: (3, 3)})
    for shape, says in (((1, 8, 128), "RuntimeError"), ((), "IndexError")):
        refused(dinov2.read_dinov2, "dinov2-vit-l14", says, pos_embed=shape)


def test_another_network_is_no_clip(networks):
    (path,) = networks("dinov2-vit-l14").paths.values()
    with pytest.raises(stylecli.StylecliError, match=r"dinov2_vitl14_pretrain\.pth is another"):
        clip.read_clip(path)
    (other,) = networks("clip-vit-l14-336").paths.values()
    with pytest.raises(stylecli.StylecliError, match=r"pytorch_model\.bin is another"):
        dinov2.read_dinov2(other)
