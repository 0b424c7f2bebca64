from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stylecli.bases import hub, locate
from stylecli.bases.locate import choose_base, find_spec, folder_of, present_folder
from stylecli.bases.modules import target_of
from stylecli.bases.spec import HOMES, SD15, SDXL, BaseSpec
from stylecli.errors import StylecliError, UsageError
from stylecli.progress import silent

FAR = BaseSpec(name="far", family="sd15", source="nobody/no-such-model-here")


@pytest.fixture
def embedded(mini_folder: Path) -> BaseSpec:
    return BaseSpec(name="small", family="sd15", source=mini_folder, embedded=True)


def test_a_known_name_is_that_base(embedded: BaseSpec):
    assert find_spec("sd15", [embedded, SD15]) is SD15


def test_a_known_bases_hub_id_is_that_base_too(embedded: BaseSpec):
    assert find_spec(str(SDXL.source), [embedded, *HOMES.values()]) is SDXL


def test_a_known_name_goes_before_a_folder_of_that_name(
    embedded: BaseSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "small").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_spec("small", [embedded]) is embedded


def test_a_folder_is_a_base_of_its_family(mini_folder: Path, tmp_path: Path):
    spec = find_spec(str(mini_folder), [])
    assert (spec.family, spec.source) == ("sd15", mini_folder)
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    assert find_spec(str(tmp_path), []).family == "sdxl"


@pytest.mark.parametrize(
    ("family", "said", "resolution"),
    [
        ("sd15", {"sample_size": 16}, 32),
        ("sd15", {"sample_size": 96}, 192),
        ("sd15", {"sample_size": [48, 64]}, 96),
        ("sd15", {"sample_size": None}, 512),
        ("sdxl", {"sample_size": None}, 1024),
        ("sd15", {}, 512),
        ("sd15", {"sample_size": 0}, 512),
        ("sd15", {"sample_size": "64"}, 512),
        ("sd15", {"sample_size": []}, 512),
        ("sd15", [], 512),
    ],
)
def test_the_resolution_of_a_folder_is_what_its_unet_is_configured_for(
    mini_folder: Path, tmp_path: Path, family: str, said: object, resolution: int
):
    folder = Path(shutil.copytree(mini_folder, tmp_path / "base"))
    (folder / "unet" / "config.json").write_text(json.dumps(said))
    if family == "sdxl":
        (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    assert find_spec(str(folder), []).resolution == resolution


@pytest.mark.parametrize("gone", ["unet", "vae"])
def test_of_a_folder_that_is_not_whole_the_family_tells_the_resolution(
    mini_folder: Path, tmp_path: Path, gone: str
):
    folder = Path(shutil.copytree(mini_folder, tmp_path / "base"))
    shutil.rmtree(folder / gone)
    assert find_spec(str(folder), []).resolution == 512


def test_a_folder_is_found_from_where_the_user_stands(
    mini_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(mini_folder.parent)
    spec = find_spec(f"./{mini_folder.name}", [])
    monkeypatch.chdir("/")
    assert folder_of(spec, silent)[1] == mini_folder


def test_a_folder_under_home_is_found(mini_folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(mini_folder.parent))
    assert find_spec(f"~/{mini_folder.name}", []).source == mini_folder


@pytest.mark.parametrize(
    ("name", "source", "revision"),
    [
        ("org/model", "org/model", None),
        ("org/model@v1.5", "org/model", "v1.5"),
        ("org/model@refs/pr/3", "org/model", "refs/pr/3"),
        ("org/model@", "org/model", None),
    ],
)
def test_a_hub_id_may_name_a_revision(name: str, source: str, revision: str | None):
    spec = find_spec(name, [])
    assert (spec.source, spec.revision) == (source, revision)


def test_an_unknown_name_is_answered_with_the_nearest(embedded: BaseSpec):
    with pytest.raises(UsageError, match="'smal'") as caught:
        find_spec("smal", [embedded, SD15])
    assert caught.value.hint == "Did you mean 'small'?"


@pytest.mark.parametrize(
    "name", ["zzz", "./no/such", "/no/such", "../x", "~nobody-here/x", "a/b/c"]
)
def test_a_name_that_is_nothing_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UsageError, match="no such folder") as caught:
        find_spec(name, [])
    assert caught.value.hint


def test_a_folder_that_is_no_pipeline_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="not a diffusers pipeline folder"):
        find_spec(str(tmp_path), [])


def test_the_family_is_corrected_by_what_is_found(mini_folder: Path):
    wrong = BaseSpec(name="x", family="sdxl", source=mini_folder, resolution=64)
    spec, folder = folder_of(wrong, silent)
    assert (spec.family, spec.name, spec.resolution) == ("sd15", "x", 64)
    assert folder == mini_folder


def test_an_incomplete_folder_is_refused_when_it_is_opened(mini_folder: Path, tmp_path: Path):
    folder = Path(shutil.copytree(mini_folder, tmp_path / "base"))
    shutil.rmtree(folder / "vae")
    with pytest.raises(StylecliError, match="vae"):
        folder_of(find_spec(str(folder), []), silent)


def test_presence_asks_no_network(embedded: BaseSpec, mini_folder: Path, tmp_path: Path):
    assert present_folder(embedded) == mini_folder
    assert present_folder(BaseSpec(name="x", family="sd15", source=tmp_path / "none")) is None
    assert present_folder(FAR) is None


def test_offline_the_embedded_base_is_chosen_and_the_reason_given(embedded: BaseSpec):
    choice = choose_base("far", ["sd15"], [FAR, embedded])
    assert choice.spec is embedded
    assert "far is not on this machine" in choice.reason
    assert "--base far" in choice.reason


def test_the_preferred_base_is_chosen_where_it_is_here(embedded: BaseSpec, mini_folder: Path):
    here = BaseSpec(name="here", family="sd15", source=mini_folder)
    choice = choose_base("here", ["sd15"], [embedded, here])
    assert choice.spec is here
    assert "here" in choice.reason


@pytest.mark.parametrize(
    ("accelerator", "answers", "chosen"),
    [
        (True, True, "far"),
        (True, False, "small"),
        (False, True, "small"),
        (False, False, "small"),
    ],
)
def test_the_hub_is_used_only_with_an_accelerator_and_an_answer(
    embedded: BaseSpec,
    monkeypatch: pytest.MonkeyPatch,
    accelerator: bool,
    answers: bool,
    chosen: str,
):
    monkeypatch.setattr(locate, "_accelerator_present", lambda: accelerator)
    monkeypatch.setattr(hub, "hub_answers", lambda repository: answers)
    assert choose_base("far", ["sd15"], [FAR, embedded]).spec.name == chosen


def test_an_embedded_base_of_another_family_is_not_chosen(embedded: BaseSpec):
    with pytest.raises(UsageError, match="far is not on this machine"):
        choose_base("far", ["sdxl"], [FAR, embedded])


def test_recommendations_are_by_method_and_command():
    spec = BaseSpec(name="x", family="sd15", source="a/b", recommends={"m": {"train": {"rank": 4}}})
    assert spec.recommended("m", "train") == {"rank": 4}
    assert spec.recommended("m", "transfer") == {}
    assert spec.recommended("other", "train") == {}


def test_a_hub_base_that_is_not_here_is_of_the_family_of_what_goes_with_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    spec = find_spec("org/some-xl-model", [])
    assert target_of(spec, "sdxl").family == "sdxl"
    assert "text_encoder_2" in target_of(spec, "sdxl").modules
    assert target_of(spec).family == "sd15"
