import base64
import json
import shutil
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from stylecli.bases.modules import modules_in, modules_of_family
from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModule
from stylecli.styles.format import read_metadata, read_style, with_metadata, write_style
from stylecli.styles.style import Prompt, Provenance, Style

SHORT = ["--steps", "4", "--size", "64", "--scheduler", "ddim"]


def random_lora(shapes, ends, seed=0, size=0.4):
    generator = torch.Generator().manual_seed(seed)
    lora = {}
    for part, wanted in ends.items():
        lora[part] = {}
        for path, (out, into, *kernel) in sorted(shapes[part].items()):
            if path.endswith(wanted):
                down = torch.randn(2, into, *kernel, generator=generator) * size
                up = torch.randn(out, 2, *(1 for _ in kernel), generator=generator) * size
                lora[part][path] = LoraModule(down, up, 2.0)
    return lora


@pytest.fixture
def foreign(mini_folder, tmp_path):
    """A LoRA for the miniature base, in kohya's layout, that says nothing of itself."""
    shapes = modules_in(mini_folder, "sd15")
    lora = random_lora(shapes, {"unet": ("to_q", "conv1"), "text_encoder": ("q_proj",)})
    path = tmp_path / "Paint Lora.safetensors"
    save_file(to_kohya(lora, "sd15", shapes, torch.float16), path)
    return path


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "boat.png"
    picture(7, (64, 64)).save(path)
    return path


def pixels(path):
    return Image.open(path).tobytes()


def test_a_lora_is_imported_named_after_its_file_and_used(run_cli, mini, foreign, photo, home):
    code, out, err = run_cli("styles", "import", foreign, "--base", mini, "--prefix", "oil,")
    path = home / "styles" / "paint-lora.safetensors"
    assert code == 0, err
    assert out.startswith("Style paint-lora is in your library, for base mini: ")
    assert str(path) in out
    style = read_style(path)
    assert (style.method, style.prompt.prefix) == ("lora", "oil,")
    assert style.parts == {"unet", "text_encoder"}
    code, _, err = run_cli("transfer", photo, "--style", "paint-lora", *SHORT)
    assert code == 0, err
    assert photo.with_name("boat.paint-lora.png").is_file()
    code, out, _ = run_cli("styles", "list")
    assert ["paint-lora", "lora", "mini"] in [line.split()[:3] for line in out.splitlines()]


def test_a_file_is_used_where_it_lies_with_a_scale(run_cli, mini, foreign, photo, tmp_path, home):
    run_cli("styles", "import", foreign, "--base", mini, "--name", "paint")
    results = {}
    for number, given in enumerate(
        [foreign, f"{foreign}:1.0", f"{foreign}:0", f"{foreign}:0.5", "paint", "paint:0.5"]
    ):
        target = tmp_path / f"{number}.png"
        code, _, err = run_cli(
            "transfer", photo, "--style", given, "--base", mini, *SHORT, "-o", target
        )
        assert code == 0, err
        results[str(given)] = pixels(target)
    assert results[str(foreign)] == results[f"{foreign}:1.0"] == results["paint"]
    assert results[f"{foreign}:0.5"] == results["paint:0.5"]
    assert len({results["paint"], results["paint:0.5"], results[f"{foreign}:0"]}) == 3
    assert list((home / "styles").glob("*.safetensors")) == [home / "styles" / "paint.safetensors"]


def test_generate_takes_a_file_too(run_cli, mini, foreign, tmp_path):
    code, out, err = run_cli(
        "generate", "a boat", "--style", foreign, "--base", mini, *SHORT, "-o", tmp_path / "x.png"
    )
    assert code == 0, err
    assert out.strip() == str(tmp_path / "x.png")


def test_what_is_left_out_is_named_key_by_key(run_cli, mini, foreign, home):
    tensors = load_file(foreign)
    tensors["emb_params"] = torch.ones(2)
    tensors["lora_unet_nowhere.lora_up.weight"] = torch.ones(2, 1)
    tensors["lora_unet_nowhere.lora_down.weight"] = torch.ones(1, 2)
    save_file(tensors, foreign)
    code, out, err = run_cli("styles", "import", foreign, "--base", mini, "--name", "x", "--json")
    assert code == 0
    assert "left out: emb_params" in err
    assert "left out: unet: nowhere" in err
    assert json.loads(out)["left_out"] == ["emb_params", "unet: nowhere"]
    code, out, _ = run_cli("styles", "show", "x")
    assert "left out: emb_params, unet: nowhere" in " ".join(out.split())


def test_a_taken_name_is_refused_before_anything_is_read(run_cli, mini, monet, tmp_path, home):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"x")
    code, _, err = run_cli("styles", "import", broken, "--name", monet)
    assert code == 2
    assert "already in your library" in err
    assert read_metadata(home / "styles" / "monet.safetensors")["stylecli.method"] == "lora-sdedit"


def test_an_import_replaces_only_when_asked(run_cli, mini, monet, foreign, home):
    code, _, err = run_cli(
        "styles", "import", foreign, "--base", mini, "--name", monet, "--overwrite"
    )
    assert code == 0, err
    assert read_metadata(home / "styles" / "monet.safetensors")["stylecli.method"] == "lora"


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("none.safetensors", None, 2, "no such file or folder"),
        ("x.ckpt", b"x", 1, "pickled files can run any code"),
        ("x.safetensors", b"", 1, "not a safetensors file (0 bytes)"),
        ("x.safetensors", b"\x00\x00\x00\x00\x90\x02\x00\x00" + bytes(3000), 1, "header claims"),
        ("one", None, 2, "One on the hub is called org/name"),
    ],
)
def test_what_is_no_lora_is_refused(run_cli, tmp_path, home, name, content, code, words):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    found, out, err = run_cli("styles", "import", path if "." in name else name)
    assert (found, out) == (code, "")
    assert words in err
    assert not (home / "styles").exists()


def test_a_half_written_file_is_refused(run_cli, mini, foreign):
    whole = foreign.read_bytes()
    foreign.write_bytes(whole[: len(whole) // 2])
    code, _, err = run_cli("styles", "import", foreign, "--base", mini)
    assert code == 1
    assert "truncated or damaged" in err


def test_a_base_that_does_not_fit_is_named(run_cli, mini, foreign):
    code, _, err = run_cli("styles", "import", foreign, "--base", "tiny")
    assert code == 2
    assert "does not fit" in err
    code, _, err = run_cli("styles", "import", foreign)
    assert code == 2
    assert "does not fit base 'sd15'" in err
    assert "Say which base it is for with --base" in err


def test_a_lora_of_the_embedded_base_finds_it_itself(run_cli, home, tmp_path):
    run_cli("styles", "export", "monet", "--format", "diffusers", "-o", tmp_path / "m.safetensors")
    code, out, err = run_cli("styles", "import", tmp_path / "m.safetensors")
    assert code == 0, err
    assert "for base tiny" in out
    style = read_style(home / "styles" / "m.safetensors")
    assert style.prompt == Prompt("A Monet painting,")
    assert style.provenance.embedded
    assert style.provenance.prediction_type == "v_prediction"


def test_an_sdxl_lora_is_kept_and_goes_to_the_method_of_its_family(run_cli, home, tmp_path, photo):
    shapes = modules_of_family("sdxl")
    lora = random_lora(
        shapes, {"unet": ("mid_block.attentions.0.transformer_blocks.0.attn2.to_k",)}
    )
    path = tmp_path / "xl.safetensors"
    save_file(to_kohya(lora, "sdxl", shapes, torch.float16), path)
    code, out, err = run_cli("styles", "import", path)
    assert code == 0, err
    assert "for base sdxl" in out
    assert "No installed method" not in err
    code, _, err = run_cli("transfer", photo, "--style", "xl", "--base", "tiny-xl")
    assert code == 2
    assert "does not fit this base" in err
    code, _, err = run_cli("transfer", photo, "--style", "xl", "--base", "tiny")
    assert code == 2
    assert "sdxl-lora works with bases of the family sdxl" in err
    code, _, err = run_cli("styles", "import", path, "--name", "y", "--base", "tiny")
    assert code == 2
    assert "xl is an SDXL style; base 'tiny' is SD 1.5" in err
    assert "Use --base sdxl." in err
    for layout in ("kohya", "diffusers", "peft"):
        code, _, err = run_cli(
            "styles", "export", "xl", "--format", layout, "-o", tmp_path / layout
        )
        assert code == 0, err
    code, _, err = run_cli("styles", "merge", "xl:0.5", "xl:0.5", "--name", "twice")
    assert code == 0, err
    one, other = (read_style(home / "styles" / f"{name}.safetensors") for name in ("xl", "twice"))
    assert one.tensors.keys() == other.tensors.keys()


def test_a_style_of_ours_is_imported_as_it_is(run_cli, mini, monet, style_file, home):
    code, _, err = run_cli(
        "styles", "import", style_file, "--name", "copy", "--author", "A", "--license", "CC0"
    )
    assert code == 0, err
    one, other = (read_style(home / "styles" / f"{name}.safetensors") for name in ("monet", "copy"))
    assert other.method == "lora-sdedit"
    assert one.fingerprint == other.fingerprint
    assert one.provenance.training == other.provenance.training
    assert (other.provenance.author, other.provenance.licence) == ("A", "CC0")


def test_a_native_file_is_used_where_it_lies(run_cli, mini, style_file, photo, tmp_path):
    there = shutil.copy(style_file, tmp_path / "there.safetensors")
    code, out, err = run_cli("transfer", photo, "--style", there)
    assert (code, out.strip()) == (0, str(photo.with_name("boat.there.png"))), err


# --- export ---


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ("kohya", "monet.kohya.safetensors"),
        ("diffusers", "monet.diffusers.safetensors"),
        ("peft", "monet.peft"),
    ],
)
def test_an_export_comes_back_as_the_same_style(
    run_cli, mini, monet, tmp_path, monkeypatch, photo, layout, name
):
    monkeypatch.chdir(tmp_path)
    code, out, err = run_cli("styles", "export", monet, "--format", layout)
    assert (code, out.strip()) == (0, name), err
    code, _, err = run_cli(
        "styles", "import", name, "--base", mini, "--name", "again", "--prefix", "A Monet painting,"
    )
    assert code == 0, err
    pictures = []
    for style in (monet, "again"):
        code, _, err = run_cli("transfer", photo, "--style", style, *SHORT, "-o", f"{style}.png")
        assert code == 0, err
        pictures.append(pixels(f"{style}.png"))
    assert pictures[0] == pictures[1]


def test_an_export_goes_where_it_is_told(run_cli, mini, monet, tmp_path):
    (tmp_path / "there").mkdir()
    for output, path in (
        (tmp_path / "x.safetensors", tmp_path / "x.safetensors"),
        (tmp_path / "there", tmp_path / "there" / "monet.kohya.safetensors"),
        (tmp_path / "new", tmp_path / "new" / "monet.kohya.safetensors"),
    ):
        code, out, err = run_cli("styles", "export", monet, "-o", output)
        assert (code, out.strip()) == (0, str(path)), err
        assert path.is_file()


def test_what_is_there_is_not_replaced_unasked(run_cli, mini, monet, tmp_path):
    target = tmp_path / "x.safetensors"
    target.write_text("mine")
    code, _, err = run_cli("styles", "export", monet, "-o", target)
    assert code == 2
    assert "--overwrite" in err
    assert target.read_text() == "mine"
    assert run_cli("styles", "export", monet, "-o", target, "--overwrite")[0] == 0
    assert read_style(target).method == "lora-sdedit"


def test_an_export_says_where_it_went_and_what_it_lacks(run_cli, mini, mini_folder, home, tmp_path):
    shapes = modules_in(mini_folder, "sd15")
    lora = random_lora(shapes, {"unet": ("to_q",), "vae": ("conv_in",)})
    style = Style(
        name="whole",
        method="lora-sdedit",
        family="sd15",
        tensors=to_kohya(lora, "sd15", shapes, torch.float16),
        provenance=Provenance(base="mini", created="2026-01-01"),
    )
    write_style(style, home / "styles" / "whole.safetensors")
    code, out, _ = run_cli("styles", "show", "whole")
    shown = " ".join(out.split())
    assert code == 0
    assert "not in diffusers, InvokeAI: it refuses the VAE's part" in shown
    assert "styles export" in shown
    code, out, err = run_cli("styles", "export", "whole", "-o", tmp_path, "--json")
    assert code == 0
    assert json.loads(out) == {
        "path": str(tmp_path / "whole.kohya.safetensors"),
        "format": "kohya",
        "left_out": ["the VAE's part (2 modules)"],
    }
    assert "left out, because other programs have no place for it: the VAE's part" in err
    code, out, _ = run_cli("styles", "show", tmp_path / "whole.kohya.safetensors")
    assert "stylecli, diffusers, ComfyUI, A1111, Forge, sd-scripts, InvokeAI" in " ".join(
        out.split()
    )


@pytest.mark.parametrize("output", ["x.png", "x.ckpt"])
def test_an_export_is_safetensors(run_cli, mini, monet, tmp_path, output):
    code, _, err = run_cli("styles", "export", monet, "-o", tmp_path / output)
    assert code == 2
    assert "name such a file or a folder" in err
    assert not (tmp_path / output).exists()


# --- mixing and merging ---


def test_a_merged_style_paints_what_its_parts_paint_together(
    run_cli, mini, monet, foreign, photo, tmp_path
):
    run_cli("styles", "import", foreign, "--base", mini, "--name", "paint", "--prefix", "oil,")
    code, out, err = run_cli("styles", "merge", "monet:0.7", "paint:0.3", "--name", "both")
    assert code == 0, err
    assert out.startswith("Style both is in your library: ")
    for name, styles in (("mixed", ["monet:0.7", "paint:0.3"]), ("merged", ["both"])):
        given = [word for style in styles for word in ("--style", style)]
        target = tmp_path / f"{name}.png"
        code, _, err = run_cli("transfer", photo, *given, *SHORT, "-o", target)
        assert code == 0, err
    mixed, merged = (
        torch.tensor(list(pixels(tmp_path / f"{name}.png"))).int() for name in ("mixed", "merged")
    )
    assert (mixed - merged).abs().max() <= 6
    assert (mixed - merged).abs().float().mean() < 1
    code, out, _ = run_cli("styles", "show", "both")
    assert "merged (linear) of monet x 0.7, paint x 0.3" in out


@pytest.mark.parametrize("combination", ["ties", "dare_linear", "magnitude_prune"])
def test_the_other_ways_to_merge(run_cli, mini, monet, foreign, home, combination):
    run_cli("styles", "import", foreign, "--base", mini, "--name", "paint")
    words = ["styles", "merge", "monet", "paint:0.5", "--name", "both"]
    code, out, err = run_cli(
        *words, "--combination", combination, "--density", "0.4", "--rank", "3", "--json"
    )
    assert code == 0, err
    assert 0 < json.loads(out)["kept"] < 1
    style = read_style(home / "styles" / "both.safetensors")
    assert style.provenance.options["combination"] == combination
    assert read_metadata(home / "styles" / "both.safetensors")["ss_network_dim"] == "3"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["monet"], "Give two styles or more"),
        (["monet", "none"], "No style named 'none'"),
        (["monet:x", "monet"], "the scale 'x' is not a number"),
        (["monet", "monet", "--density", "0.5"], "not with linear"),
    ],
)
def test_a_merge_that_cannot_be_meant_is_refused(run_cli, mini, monet, words, told):
    code, _, err = run_cli("styles", "merge", *words, "--name", "both")
    assert code == 2
    assert told in err


def test_a_merge_needs_a_free_name(run_cli, mini, monet):
    code, _, err = run_cli("styles", "merge", "monet:0.5", "monet:0.5", "--name", "monet")
    assert code == 2
    assert "already in your library" in err
    assert run_cli("styles", "merge", "monet:0.5", "monet:0.5")[0] == 2


@pytest.fixture
def prompts(home, mini):
    """A style of another method that is no LoRA."""
    style = Style(
        name="prompts",
        method="other",
        family="sd15",
        tensors={"stylecli.other.prompts": torch.ones(30, 8)},
        provenance=Provenance(base="mini", created="2026-01-01"),
    )
    write_style(style, home / "styles" / "prompts.safetensors")
    return "prompts"


def test_styles_that_cannot_be_mixed_are_refused_by_name(run_cli, mini, monet, prompts, photo):
    code, _, err = run_cli("transfer", photo, "--style", "monet", "--style", "prompts")
    assert code == 2
    assert "'prompts' (other) cannot be mixed with styles of other methods" in err
    code, _, err = run_cli("styles", "merge", "monet", "prompts", "--name", "both")
    assert code == 2
    assert "'prompts' (other) is no LoRA, so it cannot be merged" in err
    code, out, _ = run_cli("styles", "show", "prompts")
    assert code == 0
    assert "stylecli alone: it is no LoRA" in out
    assert "left out" not in out
    assert json.loads(run_cli("styles", "show", "prompts", "--json")[1])["left_out"] == []
    code, _, err = run_cli("styles", "export", "prompts")
    assert code == 2
    assert "'prompts' is no LoRA" in err


def test_loras_of_two_methods_can_be_mixed(run_cli, mini, monet, foreign, photo):
    code, out, err = run_cli(
        "transfer", photo, "--style", monet, "--style", f"{foreign}:0.5", "--base", mini, *SHORT
    )
    assert code == 0, err
    assert out.strip() == str(photo.with_name("boat.monet+Paint Lora.png"))


# --- show ---


def test_what_a_file_of_others_is_can_be_seen_before_it_is_imported(run_cli, mini, foreign):
    code, out, err = run_cli("styles", "show", foreign)
    assert (code, err) == (0, "")
    shown = " ".join(out.split())
    assert "made by another program, or exported for one" in shown
    assert "for SD 1.5" in shown
    assert "modules of the denoiser" in shown
    assert "4 modules of the text encoder" in shown or "8 modules of the text encoder" in shown
    assert "rank 1 to 2, alpha 2 (kohya layout)" in shown
    assert f"stylecli styles import {foreign}" in shown
    code, out, err = run_cli("styles", "show", foreign, "--json")
    card = json.loads(out)
    assert card["made_by_stylecli"] is False
    assert {program["loads"] for program in card["loads_in"]} == {"whole"}


def test_a_style_says_where_it_loads_who_made_it_and_how(run_cli, mini, paintings, home):
    words = ["--base=mini", "--steps=2", "--resolution=32", "--batch-size=1", "--preview-every=1"]
    words += ["--author", "Ada", "--license", "CC BY 4.0", "--save-precision", "fp32"]
    code, _, err = run_cli("train", paintings, *words)
    assert code == 0, err
    metadata = read_metadata(home / "styles" / "monet.safetensors")
    assert metadata["modelspec.author"] == "Ada"
    assert metadata["modelspec.license"] == "CC BY 4.0"
    assert metadata["ss_learning_rate"] == "0.0001"
    assert metadata["ss_steps"] == "2"
    tags = json.loads(metadata["ss_tag_frequency"])["monet"]
    assert tags["water lilies"] == 6
    tensors = load_file(home / "styles" / "monet.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    code, out, _ = run_cli("styles", "show", "monet")
    assert f"torch {torch.__version__}" in json.loads(metadata["stylecli.training"])["libraries"]
    for words in ("Ada", "CC BY 4.0", "thumbnail", "JPEG", "loads in", "style file 1", "rank 3"):
        assert words in out
    code, out, _ = run_cli("styles", "show", "monet", "--json")
    assert json.loads(out)["thumbnail_bytes"] > 100


def forged(home, name, **changes):
    """A style whose metadata somebody changed by hand."""
    style = Style(
        name=name,
        method="lora-sdedit",
        family="sd15",
        tensors={"lora_unet_x.alpha": torch.tensor(1.0)},
        provenance=Provenance(base="mini", created="2026-01-01"),
    )
    path = home / "styles" / f"{name}.safetensors"
    write_style(style, path)
    content = path.read_bytes()
    metadata = {**read_metadata(path), **changes}
    path.write_bytes(with_metadata(content, metadata))
    return path


def test_nothing_in_a_file_steers_the_terminal_or_breaks_the_list(run_cli, mini, home):
    path = forged(
        home,
        "odd",
        **{
            "stylecli.base": "[/x]",
            "modelspec.date": "[/red]",
            "modelspec.license": "a\x1b]0;b\x07\x1b[2J\u202ec",
            "stylecli.prompt": '{"prefix": {"a": 5}, "token": ""}',
        },
    )
    for words in (["list"], ["show", "odd"], ["show", str(path)]):
        code, out, err = run_cli("styles", *words)
        assert code == 0, err
        assert "[/" in out
        assert not set("\x1b\x07\u202e") & set(out + err)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stylecli.options", "[" * 50_000),
        ("stylecli.options", "5"),
        ("stylecli.source", '{"merged": 5}'),
        ("modelspec.thumbnail", "data:image/jpeg;base64,A"),
    ],
)
def test_damaged_metadata_is_a_failure_that_is_explained(run_cli, mini, home, key, value):
    forged(home, "odd", **{key: value})
    code, _, err = run_cli("styles", "show", "odd")
    assert code == 1
    assert "odd.safetensors: damaged style metadata" in err


def test_a_thumbnail_is_shown_where_there_are_colours(program, home, tmp_path):
    import io

    def with_thumbnail(name, size):
        target = io.BytesIO()
        Image.new("RGB", size, "red").save(target, "JPEG")
        data = base64.b64encode(target.getvalue()).decode()
        forged(home, name, **{"modelspec.thumbnail": f"data:image/jpeg;base64,{data}"})

    with_thumbnail("good", (64, 48))
    with_thumbnail("long", (1, 20_000))
    colours = {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    shown = program("styles", "show", "good", **colours).stdout
    assert shown.count("▀") == 40 * 15
    assert "▀" not in program("styles", "show", "long", **colours).stdout
    assert "▀" not in program("styles", "show", "good").stdout


@pytest.mark.parametrize(
    "name", ["~nobody-of-this-name/x.safetensors", "x" * 300, "./" + "x" * 300]
)
@pytest.mark.parametrize("command", ["show", "import", "export"])
def test_places_that_cannot_be_are_the_users_mistake(run_cli, mini, command, name):
    code, _, err = run_cli("styles", command, name)
    assert code == 2
    assert "unexpected" not in err


def test_a_place_with_a_colon_is_a_place(run_cli, mini, foreign, photo, tmp_path):
    there = tmp_path / "a:2"
    there.mkdir()
    shutil.copy(foreign, there / "x.safetensors")
    code, _, err = run_cli(
        "transfer", photo, "--style", there, "--base", mini, *SHORT, "-o", tmp_path / "x.png"
    )
    assert code == 0, err
    code, _, err = run_cli(
        "transfer",
        photo,
        "--style",
        f"{there}:0.5",
        "--base",
        mini,
        *SHORT,
        "-o",
        tmp_path / "y.png",
    )
    assert code == 0, err
    assert pixels(tmp_path / "x.png") != pixels(tmp_path / "y.png")


def test_pefts_folder_goes_into_a_folder_that_is_there(run_cli, mini, monet, tmp_path):
    (tmp_path / "there").mkdir()
    words = ["styles", "export", monet, "--format", "peft", "-o"]
    code, out, _ = run_cli(*words, tmp_path / "there")
    assert (code, out.strip()) == (0, str(tmp_path / "there" / "monet.peft"))
    code, out, _ = run_cli(*words, tmp_path / "new")
    assert (code, out.strip()) == (0, str(tmp_path / "new"))
    assert run_cli(*words, tmp_path / "new")[0] == 2
    assert run_cli(*words, tmp_path / "new", "--overwrite")[0] == 0


def test_an_imported_style_says_who_made_it(run_cli, mini, foreign):
    run_cli("styles", "import", foreign, "--base", mini, "--name", "x")
    code, out, _ = run_cli("styles", "show", "x")
    assert code == 0
    assert "another program, brought in by stylecli 0" in out


@pytest.mark.parametrize(
    "name", ["", "many/c.safetensors", "many/deep/c.safetensors", "x/c.safetensors"]
)
def test_a_mistyped_place_is_not_asked_of_the_hub(run_cli, tmp_path, monkeypatch, name):
    (tmp_path / "many").mkdir()
    monkeypatch.chdir(tmp_path)
    code, _, err = run_cli("styles", "import", name)
    assert code == 2
    assert "no such file or folder" in err


def test_what_is_in_the_library_already_is_said(run_cli, mini, monet):
    code, _, err = run_cli("styles", "import", monet, "--name", "other")
    assert code == 2
    assert "It is in your library already." in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{file}:abc", "the scale 'abc' is not a number"),
        ("{file}:nan", "the scale 'nan' is not a number"),
        ("{file}:99", "beyond -10 to 10"),
        ("some-org/some-lora", "stylecli styles import org/name"),
    ],
)
def test_scales_and_places_that_cannot_be_meant(run_cli, mini, foreign, photo, text, words):
    code, _, err = run_cli("transfer", photo, "--style", text.format(file=foreign))
    assert code == 2
    assert words in err


def test_a_style_that_goes_before_a_ready_one_is_warned_of(run_cli, mini, foreign, home):
    code, _, err = run_cli("styles", "import", foreign, "--base", mini, "--name", "monet")
    assert code == 0
    assert "now goes before the ready style of that name" in err
    code, _, err = run_cli("styles", "remove", "monet")
    assert code == 0
    assert "The ready style 'monet' is there again." in err


def test_json_and_table_say_the_same_of_where_an_embedded_style_loads(run_cli):
    code, out, _ = run_cli("styles", "show", "monet", "--json")
    assert code == 0
    loads = {program["program"]: program["loads"] for program in json.loads(out)["loads_in"]}
    assert loads.pop("diffusers") == "whole"
    assert set(loads.values()) == {"not"}


def test_what_cannot_be_imported_is_not_offered_for_it(run_cli, mini, foreign):
    tensors = load_file(foreign)
    key = next(key for key in tensors if key.endswith(".alpha"))
    save_file({**tensors, key: torch.tensor(float("nan"))}, foreign)
    code, out, _ = run_cli("styles", "show", foreign)
    assert code == 0
    assert "not in stylecli: it has an alpha that is not finite" in " ".join(out.split())
    assert "styles import" not in out


def test_an_export_for_another_base_is_refused_with_its_own(run_cli, mini, monet):
    code, _, err = run_cli("styles", "export", monet, "--base", "tiny")
    assert code == 2
    assert "It was made for base 'mini'." in err


def test_pefts_layout_is_no_file(run_cli, mini, monet, tmp_path):
    words = ["styles", "export", monet, "--format", "peft", "-o", tmp_path / "x.safetensors"]
    code, _, err = run_cli(*words)
    assert code == 2
    assert "peft wants a folder" in err


def test_an_exports_name_loses_its_layout_when_it_comes_back(run_cli, mini, monet, home, tmp_path):
    run_cli("styles", "export", monet, "-o", tmp_path)
    code, _, err = run_cli("styles", "import", tmp_path / "monet.kohya.safetensors", "--overwrite")
    assert code == 0, err
    assert (home / "styles" / "monet.safetensors").is_file()
    assert not (home / "styles" / "monet.kohya.safetensors").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(100), "It looks like a picture."),
        (b"dear diary, today " * 9, "It looks like text."),
        (b"PK\x03\x04" + bytes(100) + b"\xff" * 100, "It looks like a zip"),
    ],
)
def test_what_a_renamed_file_seems_to_be_is_said(run_cli, tmp_path, content, words):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    code, _, err = run_cli("styles", "import", path)
    assert code == 1
    assert words in err or "header is no JSON" in err


def test_another_programs_odd_thumbnail_hinders_nothing(run_cli, mini, foreign):
    metadata = {"modelspec.thumbnail": "data:image/png;base64,A", "modelspec.title": "x"}
    save_file(load_file(foreign), foreign, metadata=metadata)
    code, out, err = run_cli("styles", "show", foreign)
    assert (code, err) == (0, "")
    assert "thumbnail" not in out
    assert run_cli("styles", "import", foreign, "--base", mini)[0] == 0


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/b", "..", "x.safetensors", ""])
def test_no_name_leads_out_of_the_library(run_cli, mini, monet, foreign, home, name):
    before = sorted(home.rglob("*"))
    for words in (
        ["import", foreign, "--base", mini],
        ["merge", "monet:0.5", "monet:0.5"],
    ):
        code, _, err = run_cli("styles", *words, "--name", name)
        assert code == 2
        assert "cannot name a style" in err
    assert sorted(home.rglob("*")) == before


def test_a_lora_whose_method_is_not_installed_is_used_as_one(run_cli, mini, monet, photo, home):
    path = home / "styles" / "monet.safetensors"
    style = read_style(path)
    write_style(replace(style, method="gone"), home / "styles" / "theirs.safetensors")
    results = []
    for name in ("monet", "theirs"):
        target = photo.with_name(f"{name}.png")
        code, _, err = run_cli("transfer", photo, "--style", name, *SHORT, "-o", target)
        assert code == 0, err
        results.append(pixels(target))
        assert ("gone, which made 'theirs', is not installed" in err) is (name == "theirs")
    assert results[0] == results[1]
    code, _, err = run_cli("transfer", photo, "--style", "theirs", "--style", "monet:0.5", *SHORT)
    assert code == 0, err
