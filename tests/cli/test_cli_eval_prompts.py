"""``stylecli eval --prompts``: pictures from text, painted, measured and shown, on the miniature base."""

import csv
import json
from dataclasses import replace

import pytest
from PIL import Image

from stroke_painter import DABS, photograph
from stylecli.images.writing import read_record
from stylecli.styles.format import read_style, write_style

WORDS = ["a boat", "a vase of flowers", "a village street"]
FILE = f"# what is painted\n{WORDS[0]}\n\n  {WORDS[1]}  \n#{WORDS[1]} at night\n{WORDS[2]}\n"
NAMES = ["0002-a-boat-1.png", "0004-a-vase-of-flowers-1.png", "0006-a-village-street-1.png"]
QUICK = ["--set", "steps=2", "--set", "guidance=1"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with prompts and pictures in a style."""
    folder = tmp_path / "here"
    (folder / "refs" / "monet").mkdir(parents=True)
    for seed in range(4):
        painted = DABS.paint(photograph(50 + seed), seed=seed)
        painted.save(folder / "refs" / "monet" / f"{seed}.png")
    (folder / "words.txt").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def judge(here, run_cli, monet):
    """Runs the command on them: exit code, what ``--json`` printed, what was said beside it."""

    def run(*more, prompts="words.txt", quick=QUICK):
        args = ["eval", "--prompts", prompts, "--reference", "refs/monet", *quick]
        code, out, err = run_cli(*args, *more, "--json")
        return code, json.loads(out) if out else None, err

    return run


def painted(folder):
    return sorted(path.name for path in folder.iterdir())


def test_every_style_and_the_base_paint_every_line(here, judge):
    code, found, err = judge("-s", "monet", "--with-base", "--report", "out")
    assert code == 0, err
    assert painted(here / "out" / "outputs") == ["baseline", "monet", "monet-base-alone"]
    for folder in (here / "out" / "outputs").iterdir():
        assert painted(folder) == NAMES
    style, alone = found["entries"]
    assert (style["name"], alone["name"]) == ("monet", "monet, base alone")
    assert [row["prompt"] for row in style["pictures"]] == WORDS
    assert [row["content"] for row in style["pictures"]] == [None] * 3
    assert (style["settings"]["steps"], alone["settings"]["scale"]) == (2, 0)
    assert "strength" not in style["settings"]
    assert found["baseline"]["count"] == 3
    # What needs photos is left out.
    assert {metric["name"] for metric in found["metrics"]} == {
        "energy-ratio",
        "palette",
        "patch-swd",
        "copies",
    }
    assert style["figures"]["energy-ratio"]["value"] > 0
    assert str(here) not in json.dumps(found)


def test_the_pictures_are_those_that_generate_makes(here, judge, run_cli, monet):
    code, _, err = judge("-s", "monet", "--report", "out", "--per-prompt", "2", "--seed", "7")
    assert code == 0, err
    second = here / "out" / "outputs" / "monet" / "0004-a-vase-of-flowers-2.png"
    record = read_record(second)
    assert record["prompt"] == WORDS[1]
    fast = ["--steps=2", "--guidance=1", "--seed", record["seed"]]
    code, _, err = run_cli("generate", WORDS[1], "-s", monet, *fast, "-o", "again.png")
    assert code == 0, err
    assert Image.open("again.png").tobytes() == Image.open(second).tobytes()
    # The base starts from the same noise, and is told the line and no more.
    of_base = read_record(here / "out" / "outputs" / "baseline" / second.name)
    assert (of_base["seed"], of_base["prompt"], of_base["styles"]) == (
        record["seed"],
        WORDS[1],
        [],
    )
    code, _, err = run_cli("generate", WORDS[1], "--base", "mini", *fast, "-o", "base.png")
    assert code == 0, err
    of_base = here / "out" / "outputs" / "baseline" / second.name
    assert Image.open("base.png").tobytes() == Image.open(of_base).tobytes()


def test_lines_keep_their_pictures_when_others_come_or_go(here, judge):
    args = ["-s", "monet", "--report", "out", "--metrics", "palette", "--overwrite"]
    assert judge(*args)[0] == 0
    folder = here / "out" / "outputs" / "monet"
    before = {name: (folder / name).stat().st_mtime_ns for name in NAMES}
    (here / "words.txt").write_text(FILE.replace("a boat", "# a boat") + "a ship\n")
    code, found, err = judge(*args, "--per-prompt", "2")
    assert code == 0, err
    assert "4 pictures were there already" in err
    for name in NAMES[1:]:
        assert (folder / name).stat().st_mtime_ns == before[name]
    made = [row["output"] for row in found["entries"][0]["pictures"]]
    assert made[0] == "0004-a-vase-of-flowers-1.png"
    assert made[-1] == "0007-a-ship-2.png"
    seeds = [read_record(folder / name)["seed"] for name in made]
    assert len(set(seeds)) == len(made) == 6


def test_pictures_made_in_another_way_are_replaced_only_when_asked(here, judge):
    args = ["-s", "monet", "--report", "out", "--metrics", "palette"]
    assert judge(*args)[0] == 0
    for path in list((here / "out").iterdir()):
        if path.is_file():
            path.unlink()
    target = here / "out" / "outputs" / "monet" / NAMES[0]
    before = target.read_bytes()
    code, _, err = judge(*args, "--seed", "1")
    assert code == 2
    assert "made in another way" in err
    assert target.read_bytes() == before
    assert judge(*args, "--seed", "1", "--overwrite")[0] == 0
    assert target.read_bytes() != before
    Image.new("RGB", (8, 8)).save(target)
    code, _, err = judge(*args, "--seed", "1", "--overwrite")
    assert code == 2
    assert "was not made by stylecli eval" in err


def test_the_report_shows_the_words_under_the_base_s_picture(here, judge):
    assert judge("-s", "monet", "--report", "out")[0] == 0
    page = (here / "out" / "report.html").read_text(encoding="utf-8")
    table = page[page.index('class="side-by-side') :]
    table = table[: table.index("</table>")]
    assert table.count("<img ") == 2 * len(WORDS)
    for words in WORDS:
        assert f'<span class="words"><bdi>{words}</bdi></span>' in table
    assert "of the same 3 prompts" in page
    rows = list(csv.DictReader((here / "out" / "per_image.csv").open(encoding="utf-8")))
    assert [row["prompt"] for row in rows] == WORDS


def test_prompts_are_what_is_independent(here, judge):
    (here / "many.txt").write_text("".join(f"picture {number}\n" for number in range(8)))
    code, many, err = judge("-s", "monet", "-s", "monet:0.5", "--metrics", "er", prompts="many.txt")
    assert code == 0, err
    assert many["entries"][0]["figures"]["energy-ratio"]["interval"]
    assert many["differences"][0]["interval"]
    # Eight pictures of one prompt are no eight samples.
    (here / "one.txt").write_text("a boat")
    args = ["-s", "monet", "--metrics", "er", "--per-prompt", "8"]
    code, one, err = judge(*args, prompts="one.txt")
    assert code == 0, err
    assert one["entries"][0]["figures"]["energy-ratio"]["interval"] is None
    (few,) = [each for each in one["warnings"] if each["code"] == "few-pictures"]
    assert "prompts" in few["message"]


def test_a_baseline_that_is_given_is_taken(here, judge):
    code, found, err = judge("-s", "monet", "--baseline", "refs/monet", "--report", "out")
    assert code == 0, err
    assert found["baseline"]["count"] == 4
    assert painted(here / "out" / "outputs") == ["monet"]
    page = (here / "out" / "report.html").read_text(encoding="utf-8")
    assert '<th scope="col">Prompt</th>' in page


def test_the_first_so_many_lines_and_prompts_that_are_cut(here, judge):
    (here / "long.txt").write_text("a boat\n" + "very " * 90 + "late\na third\n")
    code, found, err = judge("-s", "monet", "--limit", "2", prompts="long.txt")
    assert code == 0, err
    assert len(found["entries"][0]["pictures"]) == 2
    (cut,) = [each for each in found["warnings"] if each["code"] == "prompts-cut"]
    assert cut["message"].startswith("1 of 2 prompts")


def test_checkpoints_of_a_run_paint_too(here, judge, run_cli, mini):
    train = ["train", "refs/monet", "--name", "m2", "--base", "mini", "--steps", "4"]
    train += [
        "--save-every",
        "2",
        "--resolution",
        "32",
        "--batch-size",
        "2",
        "--preview-every",
        "0",
    ]
    assert run_cli(*train)[0] == 0
    quick = ["--metrics", "energy-ratio", *QUICK]
    words = ["--prompts", "words.txt", "--reference", "refs/monet", *quick]
    code, told, err = run_cli("eval", "--checkpoints", "m2", *words)
    assert code == 0, err
    assert 'Use it: stylecli generate "a boat" --style' in told
    code, found, err = judge("--checkpoints", "m2")
    assert code == 0, err
    assert [entry["step"] for entry in found["entries"]] == [2, 4]
    assert found["best_step"]["metric"] == "energy-ratio"


STYLE = ["-s", "monet"]
BAD = {
    "no such file": ([*STYLE], "gone.txt", "gone.txt: cannot be read"),
    "a folder": ([*STYLE], "refs", "refs: is a folder"),
    "an empty file": ([*STYLE], "empty.txt", "no prompt in it"),
    "comments alone": ([*STYLE], "comments.txt", "no prompt in it"),
    "a picture": ([*STYLE], "refs/monet/0.png", "is not text"),
    "a whole book on a line": ([*STYLE], "book.txt", "line 2 has 2001 characters"),
    "photos as well": ([*STYLE, "--content", "refs/monet"], "words.txt", "--content exclude"),
    "a strength": ([*STYLE, "--strength", "0.5"], "words.txt", "--strength exclude"),
    "outputs as well": ([*STYLE, "--outputs", "refs/monet"], "words.txt", "--outputs exclude"),
    "words for all": ([*STYLE, "--prompt", "a cat"], "words.txt", "--prompt exclude"),
    "nothing that paints": ([], "words.txt", "Nothing to evaluate"),
    "a setting of photos": ([*STYLE, "--set", "image-cond-scale=1"], "words.txt", "No method here"),
    "a metric of photos": ([*STYLE, "--metrics", "cr"], "words.txt", "needs content"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_explained(here, judge, case):
    (here / "empty.txt").write_text("\n\n")
    (here / "comments.txt").write_text("# a boat\n")
    (here / "book.txt").write_text("a boat\n" + "a" * 2001)
    words, prompts, expected = BAD[case]
    before = sorted(here.rglob("*"))
    code, _, err = judge(*words, prompts=prompts)
    assert code == 2
    assert expected in err
    assert sorted(here.rglob("*")) == before


def test_per_prompt_without_prompts_is_explained(here, run_cli, monet):
    code, _, err = run_cli("eval", *STYLE, "--per-prompt", "2", "--reference", "refs/monet")
    assert code == 2
    assert "add --prompts" in err


NO_TEXT = """
import stylecli
from stylecli_lora_sdedit.method import LoraSdedit


class Mute(LoraSdedit):
    name = "mute"
    GenerateOptions = None


@stylecli.hookimpl
def stylecli_methods():
    return [Mute()]
"""


def test_several_bases_and_methods_that_know_no_text_are_explained(
    judge, home, install_plugin, monet
):
    style = read_style(home / "styles" / "monet.safetensors")
    elsewhere = replace(style, name="other", provenance=replace(style.provenance, base="tiny"))
    write_style(elsewhere, home / "styles" / "other.safetensors")
    code, _, err = judge("-s", "monet", "-s", "other")
    assert code == 2
    assert "different bases: mini, tiny" in err
    install_plugin("method_without_text", NO_TEXT)
    write_style(replace(style, method="mute"), home / "styles" / "silent.safetensors")
    code, _, err = judge("-s", "silent")
    assert code == 2
    assert "mute cannot make pictures from text" in err
