"""Nothing that plugins may use is undocumented, and nothing documented that there is not."""

import inspect
import re
from pathlib import Path

import pytest

import stylecli
from stylecli import hookspecs
from stylecli.registration import KINDS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "plugins"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
TUTORIAL = (ROOT / "docs" / "writing-plugins.md").read_text(encoding="utf-8")
# A module of its own, which is no name in stylecli.
MODULES = {"testing"}
HOOKS = {
    name
    for name, each in vars(hookspecs).items()
    if name.startswith("stylecli_") and inspect.isfunction(each)
}
TABLED = {
    kind
    for text in PAGES.values()
    for kind in re.findall(r"^\| of `stylecli\.(\w+)` \| \|$", text, re.MULTILINE)
}
# What a plugin's author implements, fills or is handed: every attribute of it is explained.
WHOLE = {
    *("Ablation", "Base", "BaseSpec", "Batch", "Captioner", "Caution", "Command", "Comparison"),
    *("Conditions", "Control", "Estimate", "Event", "Extracted", "Fitted", "Guidance"),
    *("ImagePrompt", "Item", "LoraModule", "LoraShape", "Measurement", "Method", "Metric"),
    *("OwnEvaluation", "Preset", "Preview", "Prompt", "ScaledStyle", "Style", "Subject"),
    "TrainRun",
}
# For the core's own use.
INTERNAL = {
    "Ablation": {"changes"},
    "BaseSpec": {"public_name", "recommended"},
    "TrainRun": {"author", "licence", "trial"},
}


def listed():
    """The rows of the list of names: name, what it is, page."""
    row = r"^\| `stylecli\.(\w+)` \| ([^|]+) \| \[[\w ]+\]\((\S+)\.md\) \|$"
    return re.findall(row, PAGES["names"], re.MULTILINE)


def test_the_list_of_names_is_what_stylecli_exports():
    assert [name for name, _, _ in listed()] == sorted(stylecli.__all__)
    assert all(hasattr(stylecli, name) for name in stylecli.__all__)


@pytest.mark.parametrize(("name", "page"), [(name, page) for name, _, page in listed()])
def test_a_name_is_explained_on_its_page(name, page):
    assert re.search(rf"\bstylecli\.{name}\b", PAGES[page])


def test_the_pages_name_nothing_that_there_is_not():
    text = "\n".join([*PAGES.values(), TUTORIAL]).replace("stylecli.palette.", "")
    named = {*re.findall(r"`stylecli\.(\w+)", text), *re.findall(r"\bstylecli\.(\w+)\(", text)}
    assert named - MODULES <= set(stylecli.__all__)


def test_every_hook_is_listed_with_a_page_about_it():
    row = r"^\| `(stylecli_\w+)\(\)` \|[^|]*\| \[\w+\]\((\S+)\.md\) \|$"
    pages = dict(re.findall(row, PAGES["index"], re.MULTILINE))
    assert set(pages) == HOOKS
    assert {kind.hook for kind in KINDS} <= HOOKS
    assert all(f"`{hook}()`" in PAGES[page] for hook, page in pages.items())


@pytest.mark.parametrize("name", sorted(TABLED))
def test_the_tables_name_attributes_that_exist(name):
    kind = getattr(stylecli, name)
    (table,) = [
        found[1]
        for text in PAGES.values()
        for found in re.finditer(
            rf"\| of `stylecli\.{name}` \| \|\n(.*?)(?:\n\n|\Z)", text, re.DOTALL
        )
    ]
    rows = table.splitlines()[1:]
    attributes = [each for row in rows for each in re.findall(r"`(\w+)", row.split("|")[1])]
    known = {*dir(kind), *kind.__annotations__, "spec", "device", "dtype"}
    assert attributes
    assert set(attributes) <= known


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_every_attribute_of_a_contract_is_explained(name):
    kind = getattr(stylecli, name)
    (page,) = [page for listed_name, _, page in listed() if listed_name == name]
    words = re.sub(r"```.*?```", "", PAGES[page], flags=re.DOTALL)
    said = " ".join(re.findall(r"`[^`]+`", words))
    attributes = {each for each in (*vars(kind), *kind.__annotations__) if not each.startswith("_")}
    missing = {each for each in attributes if not re.search(rf"\b{each}\b", said)}
    assert missing == INTERNAL.get(name, set())


def test_the_changelog_says_how_names_go():
    head = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[0]
    assert "deprecated" in head.lower()
    assert "docs/plugins/names.md" in head


def test_the_package_is_typed():
    assert (Path(stylecli.__file__).parent / "py.typed").is_file()
