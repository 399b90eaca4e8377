"""Where the course keeps the little it must remember between runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "MLOPS_COURSE_HOME"


def course_home(environment: Mapping[str, str] = os.environ) -> Path:
    """The course's own folder: `$MLOPS_COURSE_HOME`, or `.mlops-course` in the user's home. Not created here."""
    named = environment.get(VARIABLE)
    return Path(named) if named else Path(os.path.expanduser("~")) / ".mlops-course"
