"""The networks' files: where they are published, under which licence, and by which hashes they are known.

A hash is given where it was found published: with the file itself (its name, its index), or alike by
several projects that pin it.
"""

from __future__ import annotations

import stylecli

INCEPTION = stylecli.Weights(
    name="inception-fid",
    summary="Inception v3 of 2015, as the Fréchet Inception distance knows it: fid, fid-legacy, kid",
    files={
        "pt_inception-2015-12-05-6726825d.pth": "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
    },
    source="https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{file}",
    megabytes=96,
    licence="Apache-2.0",
)
ART_INCEPTION = stylecli.Weights(
    name="inception-art",
    summary="Inception v3 trained on art (Wright & Ommer 2022): fid-art, artfid",
    # The hub's own hash of it, and alike in the records of a project that measured by it.
    files={"art_inception.pth": "5bc1c20380401911d99d528b7b6e4430044b56edd5f7f26467222f3fb7c54e7e"},
    source="hub:matthias-wright/art_inception@main",
    megabytes=130,
    licence="not stated by its authors",
)
ALEXNET = stylecli.Weights(
    name="alexnet",
    summary="AlexNet (Krizhevsky 2014), torchvision's: lpips, lpips-grey, artfid",
    files={
        "alexnet-owt-7be5be79.pth": "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02"
    },
    source="https://download.pytorch.org/models/{file}",
    megabytes=245,
    licence="BSD-3-Clause",
)
LPIPS = stylecli.Weights(
    name="lpips-alex",
    summary="how LPIPS 0.1 weighs AlexNet (Zhang et al. 2018): lpips, lpips-grey, artfid",
    files={"alex.pth": "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0"},
    source="https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/lpips/weights/v0.1/{file}",
    megabytes=1,
    licence="BSD-2-Clause",
)
VGG19 = stylecli.Weights(
    name="vgg19",
    summary="VGG-19 (Simonyan & Zisserman 2015), torchvision's: cfsd",
    files={
        "vgg19-dcbb9e9d.pth": "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"
    },
    source="https://download.pytorch.org/models/{file}",
    megabytes=575,
    licence="BSD-3-Clause",
)
CLIP = stylecli.Weights(
    name="clip-vit-l14-336",
    summary="CLIP ViT-L/14 at 336 px (Radford et al. 2021): cmmd, clip-content, clip-style",
    files={"pytorch_model.bin": "c6032c2e0caae3dc2d4fba35535fa6307dbb49df59c7e182b1bc4b3329b81801"},
    source="hub:openai/clip-vit-large-patch14-336@ce19dc912ca5cd21c8a653c79e251e808ccabcd1",
    megabytes=1712,
    licence="MIT (OpenAI's code; the weights name none)",
)
DINOV2 = stylecli.Weights(
    name="dinov2-vit-l14",
    summary="DINOv2 ViT-L/14 (Oquab et al. 2023): fd-dinov2, dino-content, dino-style",
    files={
        "dinov2_vitl14_pretrain.pth": "d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428"
    },
    source="https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/{file}",
    megabytes=1218,
    licence="Apache-2.0",
)
CSD = stylecli.Weights(
    name="csd-vit-l",
    summary="contrastive style descriptors on CLIP ViT-L/14 (Somepalli et al. 2024): csd",
    files={"pytorch_model.bin": "40e92fad63a361b8136100cd234c42d401ef9b34ff1748234318929ebcc7e7a1"},
    source="hub:tomg-group-umd/CSD-ViT-L@5bc26a6fb0487f3f00a2a7313135103a005b1b67",
    megabytes=2438,
    licence="CC-BY-4.0 (its page; its code says MIT)",
)
CONFIG, MODEL, PROCESSOR = "config.json", "model.safetensors", "preprocessor_config.json"
CLASSIFIER = stylecli.Weights(
    name="artist-classifier",
    summary="any image classifier of transformers whose labels are artists, one of your own: deception",
    files={CONFIG: "", MODEL: "", PROCESSOR: ""},
    source="",
    megabytes=350,
    licence="its own",
)
