"""Text may change around code that was executed; code may not."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from notebooks.rewording import CodeChanged, reworded


def stored():
    output = new_output("execute_result", {"text/plain": "2"}, execution_count=1)
    return new_notebook(cells=[new_markdown_cell("Old."), new_code_cell("1 + 1", outputs=[output], execution_count=1)])


def test_new_words_keep_the_old_output():
    generated = new_notebook(cells=[new_markdown_cell("New."), new_code_cell("1 + 1"), new_markdown_cell("More.")])
    found = reworded(stored(), generated)
    assert [cell.source for cell in found.cells] == ["New.", "1 + 1", "More."]
    assert found.cells[1].outputs == stored().cells[1].outputs
    assert found.cells[1].execution_count == 1


@pytest.mark.parametrize(
    ("cells", "told"),
    [(["1 + 2"], r"In \[1\] differs: '1 \+ 2'"), (["1 + 1", "3"], "2 code cells in the source, 1 stored")],
)
def test_changed_code_is_to_be_built(cells, told):
    generated = new_notebook(cells=[new_code_cell(source) for source in cells])
    with pytest.raises(CodeChanged, match=told):
        reworded(stored(), nbformat.from_dict(generated))
