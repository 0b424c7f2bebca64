"""BLIP and Florence-2: loaded from a folder by the real code, and true to the model as it is."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import stylecli
from stylecli_captioners.blip import Blip, BlipOptions
from stylecli_captioners.florence2 import Florence2, Florence2Options

MEAN = np.array([0.48145466, 0.4578275, 0.40821073])
DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711])


@pytest.fixture(params=["blip", "florence2"])
def model(request, blip_folder, florence2_folder):
    """A captioner, its options, and its folder."""
    if request.param == "blip":
        options = BlipOptions(model=str(blip_folder), max_tokens=8)
        return Blip(), options, blip_folder
    options = Florence2Options(model=str(florence2_folder), max_tokens=12)
    return Florence2(), options, florence2_folder


def pixels_of(image: Image.Image, side: int) -> torch.Tensor:
    """CLIP's preparation of a picture, on our own."""
    scaled = image.resize((side, side), Image.Resampling.BICUBIC)
    values = (np.asarray(scaled) / 255 - MEAN) / DEVIATION
    return torch.from_numpy(values).permute(2, 0, 1)[None].float()


def test_blip_says_what_the_model_says(blip_folder, subjects):
    from transformers import AutoTokenizer, BlipForConditionalGeneration

    options = BlipOptions(model=str(blip_folder), max_tokens=8, beams=2)
    said = Blip().load(options, stylecli.silent)(subjects)
    model = BlipForConditionalGeneration.from_pretrained(blip_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(blip_folder)
    expected = []
    for subject in subjects:
        ids = model.generate(pixels_of(subject.image, 32), max_new_tokens=8, num_beams=2)
        expected.append(tokenizer.decode(ids[0], skip_special_tokens=True).strip())
    assert said == expected
    assert len(set(said)) > 1


def test_florence2_answers_the_question_that_the_task_stands_for(florence2_folder, subjects):
    from transformers import AutoTokenizer, Florence2ForConditionalGeneration

    model = Florence2ForConditionalGeneration.from_pretrained(florence2_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(florence2_folder)
    questions = {
        "caption": "What does the image describe?",
        "detailed": "Describe in detail what is shown in the image.",
        "more-detailed": "Describe with a paragraph what is shown in the image.",
    }
    answers = {}
    for task, question in questions.items():
        options = Florence2Options(model=str(florence2_folder), task=task, max_tokens=12, beams=1)
        said = Florence2().load(options, stylecli.silent)(subjects[:3])
        ids = tokenizer(
            "<image>" * 5 + "<s>" + question + "</s>", add_special_tokens=False, return_tensors="pt"
        )
        expected = []
        for subject in subjects[:3]:
            made = model.generate(
                **ids, pixel_values=pixels_of(subject.image, 64), max_new_tokens=12, num_beams=1
            )
            expected.append(tokenizer.decode(made[0], skip_special_tokens=True).strip())
        assert said == expected
        answers[task] = tuple(said)
    assert len(set(answers.values())) > 1


def test_neighbours_in_a_batch_change_nothing(model, subjects):
    captioner, options, _ = model
    captions = captioner.load(options, stylecli.silent)
    together = list(captions(subjects))
    assert together == [caption for subject in subjects for caption in captions([subject])]
    assert list(captions(subjects[::-1])) == together[::-1]
    assert len(set(together)) > 1


def test_captions_are_no_longer_than_asked_and_begin_as_asked(blip_folder, subjects):
    captions = Blip().load(
        BlipOptions(model=str(blip_folder), max_tokens=2, begin="A painting of"), stylecli.silent
    )
    for caption in captions(subjects):
        assert caption.startswith("a painting of")
        assert len(caption.split()) <= 5


def test_pickled_weights_alone_are_refused(model, tmp_path):
    captioner, options, folder = model
    copy = shutil.copytree(folder, tmp_path / "pickled")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(stylecli.UsageError, match=r"pickled \(pytorch_model\.bin\)"):
        captioner.load(replace(options, model=str(copy)), stylecli.silent)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_missing_file_is_named(model, tmp_path, name):
    captioner, options, folder = model
    copy = shutil.copytree(folder, tmp_path / "incomplete")
    (copy / name).unlink()
    with pytest.raises(stylecli.UsageError, match=rf"incomplete: .* no {name}"):
        captioner.load(replace(options, model=str(copy)), stylecli.silent)


def test_weights_that_are_not_whole_are_refused(model, tmp_path):
    captioner, options, folder = model
    copy = shutil.copytree(folder, tmp_path / "half")
    tensors = load_file(copy / "model.safetensors")
    dropped = next(key for key in tensors if key.endswith("fc1.weight"))
    del tensors[dropped]
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(stylecli.UsageError, match="1 tensors are missing"):
        captioner.load(replace(options, model=str(copy)), stylecli.silent)


@pytest.mark.parametrize(
    ("entry", "part"),
    [({"model_type": "gpt2"}, "of the kind 'gpt2'"), ({"auto_map": {}}, "code of its own")],
)
def test_another_kind_of_model_and_foreign_code_are_refused(model, tmp_path, entry, part):
    captioner, options, folder = model
    copy = Path(shutil.copytree(folder, tmp_path / "other"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | entry))
    with pytest.raises(stylecli.UsageError, match=part):
        captioner.load(replace(options, model=str(copy)), stylecli.silent)


def test_damaged_weights_are_named_without_a_traceback(model, tmp_path):
    captioner, options, folder = model
    copy = shutil.copytree(folder, tmp_path / "damaged")
    (copy / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{broken}")
    with pytest.raises(stylecli.UsageError, match="damaged: cannot be loaded"):
        captioner.load(replace(options, model=str(copy)), stylecli.silent)
