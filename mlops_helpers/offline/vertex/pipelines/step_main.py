"""The other side of a step: KFP's own executor, in a process of its own, with the offline bucket as a folder.

Called as `step_main FOLDER FUNCTION`. The folder holds `component.py` (the component's source), `input.json` (what KFP
calls the executor input) and `gcs` (the files of artifacts).
"""

import sys
from pathlib import Path


def main(folder: Path, function: str) -> None:
    """Run the component's function; KFP writes what it gave to the files that the executor input names."""
    from kfp.dsl import executor_main
    from kfp.dsl.types import artifact_types

    artifact_types._GCS_LOCAL_MOUNT_PREFIX = f"{folder / 'gcs'}/"
    arguments = {
        "--component_module_path": str(folder / "component.py"),
        "--executor_input": (folder / "input.json").read_text(),
        "--function_to_execute": function,
    }
    sys.argv = ["executor_main", *(text for pair in arguments.items() for text in pair)]
    executor_main.executor_main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
