"""Seeds: what is seeded repeats, what is not is named."""

import random
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from mlops_helpers.debugging import InvalidSetting, seed_everything
from mlops_helpers.debugging.seeds import LARGEST, kept_randomness


def draw(seeds):
    return random.random(), np.random.normal(), seeds.generator.normal()


def test_the_same_seed_draws_the_same_and_another_does_not():
    assert draw(seed_everything(7)) == draw(seed_everything(7))
    assert draw(seed_everything(7)) != draw(seed_everything(8))


def test_an_imported_framework_is_seeded(monkeypatch):
    torch, got = ModuleType("torch"), []
    torch.manual_seed = got.append
    monkeypatch.setitem(sys.modules, "torch", torch)
    seeds = seed_everything(7)
    assert got == [7]
    assert "torch" in seeds.seeded
    assert seeds.not_seeded["tensorflow"] == "not imported; import it first"


def test_the_table_and_the_text_name_what_was_not_seeded(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    seeds = seed_everything(7)
    assert seeds.table.loc[~seeds.table["seeded"], "source"].tolist()[0] == "torch"
    assert str(seeds).startswith("Seed 7: random, numpy")
    assert "torch (not imported" in str(seeds)


@pytest.mark.parametrize(("setting", "noted"), [("0", False), ("random", True)])
def test_the_order_of_sets_is_reported(setting, noted):
    program = "from mlops_helpers.debugging import seed_everything as s; print('PYTHONHASHSEED' in s(1).not_seeded)"
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, env={"PYTHONHASHSEED": setting}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(noted)


@pytest.mark.parametrize("seed", [-1, LARGEST + 1, 1.5, True, "7", None])
def test_what_is_no_seed_is_refused_and_nothing_is_seeded(seed):
    before = random.getstate()
    with pytest.raises(InvalidSetting, match="whole number from 0"):
        seed_everything(seed)
    assert random.getstate() == before


def test_numpys_whole_numbers_are_seeds():
    assert seed_everything(np.int64(LARGEST)).seed == LARGEST


def test_randomness_is_given_back():
    random.seed(1)
    np.random.seed(1)
    expected = random.random(), np.random.random()
    random.seed(1)
    np.random.seed(1)
    with kept_randomness():
        seed_everything(99)
    assert (random.random(), np.random.random()) == expected
