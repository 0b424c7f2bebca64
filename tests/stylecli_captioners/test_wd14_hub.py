"""The tagger from a hub of our own on the loopback, by the program itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image
from tagger import write_tagger

from hub_server import environment_of, serving


def test_a_folder_is_tagged_with_a_model_from_the_hub(tmp_path: Path):
    repository = write_tagger(tmp_path / "tagger")
    (repository / "model.safetensors").write_text("not wanted")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("RGB", (20, 20), (255, 0, 0)).save(pictures / "a.png")
    words = ["caption", str(pictures), "--captioner", "wd14", "--model", "org/tagger"]
    asked = []
    with serving({"org/tagger": repository}) as hub:
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-m", "stylecli", *words],
                env=environment_of(hub.endpoint, tmp_path / "hf"),
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            assert (pictures / "a.txt").read_text() == "red hair, ^_^\n"
            (pictures / "a.txt").unlink()
            asked.append(hub.fetched())
            hub.asked.clear()
    assert asked == [{"model.onnx", "selected_tags.csv"}, set()]
