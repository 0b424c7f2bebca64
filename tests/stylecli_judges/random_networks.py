"""Files of networks with random weights, by the names that the published ones have."""

import argparse
import hashlib
import json

import torch
from torch import nn

import stylecli
from stylecli_judges import published
from stylecli_judges.content_structure import Structure
from stylecli_judges.inception import InceptionV3
from stylecli_judges.perceptual import alexnet_features

WIDTH, DEPTH, EMBEDDING = 128, 2, 32


def lively(module, seed):
    """Weights under which signals neither die nor grow, and normalisations that do something."""
    generator = torch.Generator().manual_seed(seed)

    def normal(each, deviation, mean=0.0):
        each.data = torch.randn(each.shape, generator=generator) * deviation + mean

    for name, each in module.named_parameters():
        if each.ndim > 1:
            normal(each, (2 / each[0].numel()) ** 0.5)
        elif "norm" in name or ".bn." in name or "ln_" in name or "gamma" in name:
            normal(each, 0.2, mean=float(name.endswith(("weight", "gamma"))))
        else:
            normal(each, 0.05)
    for name, each in module.named_buffers():
        if name.endswith("running_mean"):
            normal(each, 0.1)
        if name.endswith("running_var"):
            each.data = 0.5 + torch.rand(each.shape, generator=generator)
    return module.eval()


def inception_state(of_art):
    state = lively(InceptionV3(of_art), seed=1 + of_art).state_dict()
    classes = {"fc1": 1000, "fc2": 1000} if of_art else {"fc": 1008}
    for name, count in classes.items():
        state[f"{name}.weight"] = torch.zeros(count, 2048)
        state[f"{name}.bias"] = torch.zeros(count)
    if of_art:
        state["AuxLogits1.fc.bias"] = torch.zeros(1000)
        return state
    # The file of 2015 knows no counts of training steps.
    return {name: each for name, each in state.items() if "num_batches" not in name}


def alexnet_state():
    state = lively(alexnet_features(), seed=3).state_dict()
    named = {f"features.{name}": each for name, each in state.items()}
    return {**named, "classifier.1.weight": torch.zeros(4, 9216)}


def lpips_state():
    generator = torch.Generator().manual_seed(4)
    return {
        f"lin{place}.model.1.weight": torch.rand((1, channels, 1, 1), generator=generator)
        for place, channels in enumerate((64, 192, 384, 256, 256))
    }


def vgg_state():
    state = lively(Structure(), seed=5).state_dict()
    later = {"features.12.weight": torch.zeros(256, 256, 3, 3), "classifier.0.bias": torch.zeros(9)}
    return {**state, **later}


class OpenBlock(nn.Module):
    """A block of OpenAI's transformer, of torch's own attention."""

    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(WIDTH, WIDTH // 64, batch_first=True)
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Module()
        self.mlp.c_fc = nn.Linear(WIDTH, 4 * WIDTH)
        self.mlp.c_proj = nn.Linear(4 * WIDTH, WIDTH)
        self.ln_2 = nn.LayerNorm(WIDTH)

    def forward(self, x):
        seen = self.ln_1(x)
        x = x + self.attn(seen, seen, seen, need_weights=False)[0]
        risen = self.mlp.c_fc(self.ln_2(x))
        return x + self.mlp.c_proj(risen * torch.sigmoid(1.702 * risen))


class OpenTransformer(nn.Module):
    """OpenAI's, as CSD's code builds it, with its names."""

    def __init__(self, side):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 14, 14, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(WIDTH))
        self.positional_embedding = nn.Parameter(torch.zeros((side // 14) ** 2 + 1, WIDTH))
        self.ln_pre = nn.LayerNorm(WIDTH)
        self.transformer = nn.Module()
        self.transformer.resblocks = nn.Sequential(*(OpenBlock() for _ in range(DEPTH)))
        self.ln_post = nn.LayerNorm(WIDTH)

    def forward(self, x):
        x = self.conv1(x).flatten(2).permute(0, 2, 1)
        first = self.class_embedding.expand(len(x), 1, WIDTH)
        x = torch.cat([first, x], dim=1) + self.positional_embedding
        return self.ln_post(self.transformer.resblocks(self.ln_pre(x))[:, 0])


class OpenDescriptors(nn.Module):
    """CSD, with its names."""

    def __init__(self):
        super().__init__()
        self.backbone = OpenTransformer(224)
        self.last_layer_style = nn.Parameter(torch.zeros(WIDTH, EMBEDDING))
        self.last_layer_content = nn.Parameter(torch.zeros(WIDTH, EMBEDDING))

    def forward(self, x):
        seen = self.backbone(x)
        return [
            nn.functional.normalize(seen @ head, dim=1)
            for head in (self.last_layer_style, self.last_layer_content)
        ]


class FacebookBlock(nn.Module):
    """A block of DINOv2, with its names."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, 1e-6), nn.LayerNorm(WIDTH, 1e-6)
        self.attn, self.mlp, self.ls1, self.ls2 = (nn.Module() for _ in range(4))
        self.attn.qkv, self.attn.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.ls1.gamma = nn.Parameter(torch.ones(WIDTH))
        self.ls2.gamma = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        heads = []
        for part in self.attn.qkv(self.norm1(x)).chunk(3, dim=-1):
            heads.append(part.unflatten(-1, (WIDTH // 64, 64)).transpose(1, 2))
        query, key, value = heads
        weights = (query @ key.transpose(-1, -2) / 8).softmax(dim=-1)
        seen = (weights @ value).transpose(1, 2).flatten(2)
        x = x + self.attn.proj(seen) * self.ls1.gamma
        risen = nn.functional.gelu(self.mlp.fc1(self.norm2(x)))
        return x + self.mlp.fc2(risen) * self.ls2.gamma


class FacebookTransformer(nn.Module):
    """DINOv2 of 518 px, with its names."""

    def __init__(self):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.pos_embed = nn.Parameter(torch.zeros(1, 37 * 37 + 1, WIDTH))
        self.mask_token = nn.Parameter(torch.zeros(1, WIDTH))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, WIDTH, 14, 14)
        self.blocks = nn.Sequential(*(FacebookBlock() for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(WIDTH, 1e-6)

    def forward(self, x):
        x = self.patch_embed.proj(x).flatten(2).permute(0, 2, 1)
        grid = self.pos_embed[:, 1:].reshape(1, 37, 37, WIDTH).permute(0, 3, 1, 2)
        scale = (16 + 0.1) / 37
        grid = nn.functional.interpolate(grid, scale_factor=(scale, scale), mode="bicubic")
        places = grid.permute(0, 2, 3, 1).reshape(1, -1, WIDTH)
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(x), -1, -1)
        x = torch.cat([first, x + places], dim=1)
        return self.norm(self.blocks(x))[:, 0]


def descriptors_checkpoint():
    """As the authors saved it in training: in a shell, beside the options."""
    state = lively(OpenDescriptors(), seed=6).state_dict()
    return {
        "model_state_dict": {f"module.{name}": each for name, each in state.items()},
        "args": argparse.Namespace(arch="vit_large", lr=0.003),
        "epoch": 4,
    }


def clip_model():
    """CLIP by transformers, both halves."""
    from transformers import CLIPConfig, CLIPModel

    sizes = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": DEPTH,
        "num_attention_heads": WIDTH // 64,
        "hidden_act": "quick_gelu",
    }
    vision = {**sizes, "image_size": 336, "patch_size": 14}
    text = {**sizes, "vocab_size": 50, "max_position_embeddings": 8}
    torch.manual_seed(7)
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=EMBEDDING)
    return lively(CLIPModel(config), seed=7)


def save_clip(path):
    """With the names of transformers' files, whatever it calls the parts itself."""
    from safetensors.torch import load_file

    clip_model().save_pretrained(path.parent / "clip")
    state = load_file(path.parent / "clip" / "model.safetensors")
    state["vision_model.embeddings.position_ids"] = torch.arange(577)[None]
    torch.save(state, path)


ARTISTS = ("Claude Monet", "Vincent van Gogh", "Paul Cézanne", "Édouard Manet")


def save_classifier(folder, seed=8):
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

    config = ViTConfig(
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        image_size=32,
        patch_size=8,
        id2label=dict(enumerate(ARTISTS)),
        label2id={name: place for place, name in enumerate(ARTISTS)},
    )
    lively(ViTForImageClassification(config), seed).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    described = json.loads((folder / "preprocessor_config.json").read_text())
    # What most folders say, for whom it needs what is not there.
    described["image_processor_type"] = "ViTImageProcessorFast"
    (folder / "preprocessor_config.json").write_text(json.dumps(described))


MAKERS = {
    "inception-fid": lambda path: torch.save(inception_state(False), path),
    "inception-art": lambda path: torch.save(inception_state(True), path),
    "alexnet": lambda path: torch.save(alexnet_state(), path),
    "lpips-alex": lambda path: torch.save(lpips_state(), path),
    "vgg19": lambda path: torch.save(vgg_state(), path),
    "clip-vit-l14-336": save_clip,
    "dinov2-vit-l14": lambda path: torch.save(
        lively(FacebookTransformer(), seed=9).state_dict(), path
    ),
    "csd-vit-l": lambda path: torch.save(descriptors_checkpoint(), path),
    "artist-classifier": lambda path: save_classifier(path.parent),
}
WEIGHTS = {
    each.name: each for each in vars(published).values() if isinstance(each, stylecli.Weights)
}


def make_network(name, folder):
    """Write a network's files into a folder, if they are not there."""
    place = folder / name
    if not place.exists():
        place.mkdir(parents=True)
        MAKERS[name](place / next(iter(WEIGHTS[name].files)))
    return place


def local_network(name, folder):
    place = make_network(name, folder)
    paths = {file: place / file for file in WEIGHTS[name].files}
    digests = [hashlib.sha256(paths[file].read_bytes()).hexdigest() for file in sorted(paths)]
    joined = hashlib.sha256("".join(digests).encode()).hexdigest()
    digest = digests[0] if len(digests) == 1 else joined
    return stylecli.LocalWeights(WEIGHTS[name], paths, digest, False)
