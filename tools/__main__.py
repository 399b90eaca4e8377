"""python -m tools COMMAND: the course's commands, for any Python from 3.11 on and nothing else installed.

This file alone is kept readable for old interpreters, so that they can say what is missing.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "This course needs Python 3.11 or newer, and this is Python %d.%d. "
        "Install a newer one, or name it: make run PYTHON=python3.12 (without make: py -3.12 -m tools run)."
        % sys.version_info[:2]
    )

from tools.commands import main

sys.exit(main(sys.argv[1:]))
