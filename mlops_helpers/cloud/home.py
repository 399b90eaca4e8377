"""Where the course keeps the little it must remember between runs."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "MLOPS_COURSE_HOME"


def course_home() -> Path:
    """The course's own folder: `$MLOPS_COURSE_HOME`, or `.mlops-course` in the user's home. Not created here."""
    return Path(os.environ.get(VARIABLE) or Path.home() / ".mlops-course")
