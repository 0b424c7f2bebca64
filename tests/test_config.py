import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli.config import read_config
from stylecli.errors import UsageError


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "stylecli.toml"

    def read(content, command="train"):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_config(path, command)

    return read


def test_values_stand_at_the_top_or_in_the_commands_table(config):
    text = "rank = 4\nname = 'monet'\n[train]\nsteps = 9\n[transfer]\nstrength = 0.5\n"
    assert config(text) == {"rank": 4, "name": "monet", "steps": 9}
    assert config(text, "transfer") == {"rank": 4, "name": "monet", "strength": 0.5}


def test_dashes_and_underscores_mean_the_same(config):
    assert config("learning-rate = 0.1\nbatch_size = 2") == {"learning_rate": 0.1, "batch_size": 2}


@pytest.mark.parametrize("general", ["batch-size", "batch_size"])
@pytest.mark.parametrize("own", ["batch-size", "batch_size"])
def test_the_commands_table_beats_the_top_however_the_name_is_written(config, general, own):
    assert config(f"{general} = 1\n[train]\n{own} = 2") == {"batch_size": 2}


def test_an_empty_file_gives_nothing(config):
    assert config("") == {}


def test_a_byte_order_mark_does_no_harm(config):
    assert config(b"\xef\xbb\xbfrank = 4") == {"rank": 4}


def test_a_command_that_is_no_table_is_refused(config):
    with pytest.raises(UsageError, match=r"stylecli\.toml: 'train' must be a table") as caught:
        config("train = 5")
    assert caught.value.hint == "Write [train]."


@pytest.mark.parametrize(
    "content",
    ["rank = ", "rank = 1\nrank = 2", "a = " + "9" * 5000, "a = " + "[" * 5000],
    ids=["no value", "given twice", "too many digits", "nested too deep"],
)
def test_what_is_no_toml_is_refused_by_name(config, content):
    with pytest.raises(UsageError, match=r"stylecli\.toml: not a TOML file"):
        config(content)


def test_a_syntax_error_names_its_line(config):
    with pytest.raises(UsageError, match="line 2"):
        config("rank = 1\nsteps = \n")


def test_a_file_that_is_no_text_is_refused(config):
    with pytest.raises(UsageError, match=r"stylecli\.toml: cannot be read"):
        config(b"\xff\xfe\x00")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            read_config(path, "train")
        assert str(path) in caught.value.message


@settings(deadline=None, max_examples=200)
@given(st.binary() | st.text("ab=[]{}\"'\n.,1-#\\"))
def test_no_content_does_more_than_be_refused(config, content):
    try:
        values = config(content)
    except UsageError:
        return
    assert not any("-" in name for name in values)
