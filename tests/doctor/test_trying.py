"""Libraries are tried in a process of their own, so that none can stop the doctor."""

import pytest

from stylecli.doctor import trying
from stylecli.doctor.trying import DEVICE, NEEDED, try_libraries

FEW = {name: NEEDED[name] for name in ("safetensors", "numpy", "pillow")}


@pytest.fixture
def few(monkeypatch, tmp_path):
    """Only what is quick to import is tried; modules can be put before numpy's."""
    monkeypatch.setattr(trying, "NEEDED", FEW)
    monkeypatch.setattr(trying, "EXTRAS", {})
    monkeypatch.setattr(trying, "DEVICE", "numpy")
    monkeypatch.setattr(trying, "EIGHT_BIT", "pillow")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise OSError('libblas.so: not found')", "OSError: libblas.so: not found"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import os; os.kill(os.getpid(), 11)", "ends the program (exit code -11)"),
        ("print('{\"tried\": what?'); import os; os._exit(0)", "ends the program (exit code 0)"),
        ("import time; time.sleep(60)", "does not come back within 1 s"),
    ],
)
def test_a_broken_library_is_named_and_the_others_are_tried(few, monkeypatch, code, said):
    monkeypatch.setattr(trying, "SECONDS", 1 if "sleep" in code else 60)
    (few / "numpy.py").write_text(code + "\n")
    found = try_libraries()
    assert found["numpy"].error == said
    assert (found["safetensors"].error, found["pillow"].error) == ("", "")


def test_everything_is_tried():
    found = try_libraries()
    assert [name for name in NEEDED if found[name].error] == []
    facts = found[DEVICE].values
    assert facts["works"] is True
    assert facts["precision"] in ("fp32", "bf16", "fp16")
