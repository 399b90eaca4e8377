"""The compiled files: up to date, quickly made, refused by name when something is missing."""

import subprocess
import sys
import time

import pytest

from mlops_helpers.tooling import InvalidSetting, MissingExtra, StalePipeline, check_compiled, compile_pipeline
from mlops_helpers.tooling.pipeline_compiling import PIPELINES, compiled_pipeline, set_image

NO_KFP = """
import sys
sys.modules["kfp"] = None
from importlib.machinery import PathFinder
class Hidden(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name == "kfp" else super().find_spec(name, path, target)
del sys.modules["kfp"]
sys.meta_path[:] = [Hidden if finder is PathFinder else finder for finder in sys.meta_path]
from mlops_helpers.tooling import MissingExtra, compile_pipeline, compiled_pipeline
assert compiled_pipeline("churn_training").exists()
try:
    compile_pipeline("churn_training", "x.yaml")
except MissingExtra as problem:
    print(problem)
"""


@pytest.mark.parametrize("name", PIPELINES)
def test_the_committed_file_is_what_the_code_compiles_to(name, tmp_path):
    check_compiled(name, tmp_path)


def test_compiling_takes_less_than_two_seconds(tmp_path):
    compile_pipeline("churn_training", tmp_path / "first.yaml")
    started = time.process_time()
    compile_pipeline("churn_training", tmp_path / "second.yaml")
    assert time.process_time() - started < 2
    assert (tmp_path / "first.yaml").read_text() == (tmp_path / "second.yaml").read_text()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["first.yaml", "second.yaml"]


def test_a_stale_file_is_refused_with_the_line(tmp_path, monkeypatch):
    other = tmp_path / "old.yaml"
    other.write_text(compiled_pipeline("churn_training").read_text().replace("reason", "cause"))
    monkeypatch.setattr("mlops_helpers.tooling.pipeline_compiling.compiled_pipeline", lambda name: other)
    with pytest.raises(StalePipeline, match=r"differs from line \d+"):
        check_compiled("churn_training", tmp_path)


def test_the_image_is_the_only_thing_that_changes(tmp_path):
    image = "us-docker.pkg.dev/me/images/mlops:7"
    text = compile_pipeline("churn_training", tmp_path / "mine.yaml", image=image).read_text()
    assert text.count(f"image: {image}\n") == 9
    assert text.replace(image, "python:3.11") == compiled_pipeline("churn_training").read_text()
    assert set_image("churn_training", tmp_path / "same.yaml", image=image).read_text() == text


@pytest.mark.parametrize("image", ["", "two words", "mine:7\n  command: [sh]", "-mine", "mine:"])
@pytest.mark.parametrize("write", [compile_pipeline, set_image])
def test_what_is_no_image_does_not_get_into_a_file(tmp_path, image, write):
    with pytest.raises(InvalidSetting, match="the image .*name:tag"):
        write("churn_training", tmp_path / "mine.yaml", image=image)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_pipeline_is_refused(tmp_path):
    with pytest.raises(InvalidSetting, match="one of churn_training, genai_tuning"):
        compile_pipeline("churn", tmp_path / "x.yaml")


def test_without_kfp_the_message_says_how_to_install_it(tmp_path):
    """The compiled file is found all the same: submitting it needs no KFP."""
    done = subprocess.run([sys.executable, "-c", NO_KFP], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert issubclass(MissingExtra, Exception)
    assert "pip install 'mlops-helpers[pipelines]'" in done.stdout
    assert list(tmp_path.iterdir()) == []
