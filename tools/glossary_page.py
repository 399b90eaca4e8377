"""Write notebooks/GLOSSARY.md from mlops_helpers/learning/glossary.json: `python -m tools.glossary_page`.

A test compares the page with a fresh one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlops_helpers.learning.glossary import load_glossary

PAGE = Path(__file__).resolve().parent.parent / "notebooks" / "GLOSSARY.md"


def main() -> int:
    """Write the page under a temporary name, then rename."""
    unfinished = PAGE.with_name(f".{PAGE.name}.unfinished")
    unfinished.write_text(load_glossary().page(), encoding="utf-8", newline="\n")
    unfinished.replace(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
