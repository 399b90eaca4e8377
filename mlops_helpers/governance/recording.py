"""Record files: measure them, write what is known as JSON beside the data, read it back, verify it.

    raw = record_artifact("raw.csv", business, run, root=folder)
    clean = record_artifact("clean.csv", business, run, evidence=Evidence(inputs=(raw,), steps=log), root=folder)
    verify(clean, root=folder)        # raises ArtifactChanged if a byte changed since

The file `clean.csv.metadata.json` is one OpenLineage run event (see `openlineage`), so other tools can read it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from mlops_helpers.governance.artifacts import Artifact, Business, Evidence, Run
from mlops_helpers.governance.errors import AlreadyRecorded, ArtifactChanged, UnknownArtifact
from mlops_helpers.governance.files import path_within, sha256_of, write_whole
from mlops_helpers.governance.measuring import measure
from mlops_helpers.governance.openlineage import from_event, to_event
from mlops_helpers.governance.rowmap import RowMap

METADATA_SUFFIX = ".metadata.json"


def record_artifact(
    name: str, business: Business, run: Run, *, evidence: Evidence | None = None, root: Path | str = "."
) -> Artifact:
    """Measure the file `root / name`, write `<name>.metadata.json` beside it, and return the artifact.

    `name` is relative to `root`, because metadata outlives the machine it was written on. A later run may replace the
    record; within one run a name stands for one content.

    Raises `UnsafeName` (`../x`, absolute, control characters), `UnknownArtifact` if there is no such file, `EmptyData`
    for an empty table, `AlreadyRecorded` if this run recorded other content under the name. Nothing is written then.
    """
    path, evidence = path_within(Path(root), name), evidence or Evidence()
    if not path.is_file():
        raise UnknownArtifact(f"no file {name!r} in the folder", "a file that was written already", "write it first")
    sha256, measured = sha256_of(path), measure(path)
    size = path.stat().st_size
    artifact = Artifact(name, sha256[:12], business, run, size, measured.rows, sha256, measured.schema)
    artifact = artifact.described(evidence)
    _refuse_second_content(artifact, Path(root))
    return store(artifact, evidence, Path(root), name)


def store(artifact: Artifact, evidence: Evidence, root: Path, name: str) -> Artifact:
    """Write the row maps, then the metadata that refers to them by hash; return the artifact with these references."""
    references = {}
    for number, (source, rows) in enumerate(evidence.row_maps.items()):
        file = f"{name}.{artifact.version}.rows{number}.parquet"
        target = path_within(root, file)
        write_whole(target, rows.to_bytes())
        references[source] = {"file": file, "sha256": sha256_of(target)}
    complete = replace(artifact, row_maps=references)
    text = json.dumps(to_event(complete), indent=2, ensure_ascii=False) + "\n"
    write_whole(path_within(root, name + METADATA_SUFFIX), text.encode())
    return complete


def _refuse_second_content(artifact: Artifact, root: Path) -> None:
    if not path_within(root, artifact.name + METADATA_SUFFIX).exists():
        return
    earlier = read_artifact(artifact.name, root=root)
    if earlier.run.run_id == artifact.run.run_id and earlier.sha256 != artifact.sha256:
        raise AlreadyRecorded(f"{earlier.id}, recorded by the same run {earlier.run.run_id!r}, now {artifact.id}")


def read_artifact(name: str, *, root: Path | str = ".") -> Artifact:
    """Read the record of one file. Raises `UnknownArtifact` if there is none or it is no metadata."""
    path = path_within(Path(root), name + METADATA_SUFFIX)
    if not path.is_file():
        raise UnknownArtifact(f"no metadata for {name!r}", f"a file {path.name} beside the data")
    try:
        return from_event(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise UnknownArtifact(f"metadata that is no JSON in {path.name} ({error})", "one run event in JSON") from error


def read_artifacts(root: Path | str) -> list[Artifact]:
    """Read every record below a folder, oldest first."""
    names = (path.relative_to(root).as_posix() for path in Path(root).rglob("*" + METADATA_SUFFIX))
    found = [read_artifact(name.removesuffix(METADATA_SUFFIX), root=root) for name in names]
    return sorted(found, key=lambda artifact: (artifact.run.recorded_at, artifact.id))


def verify(artifact: Artifact, *, root: Path | str = ".") -> Artifact:
    """Return the artifact if the file still has the recorded SHA-256, else raise `ArtifactChanged`."""
    path = path_within(Path(root), artifact.name)
    if not path.is_file():
        raise ArtifactChanged(f"no file {artifact.name!r} any more")
    if (found := sha256_of(path)) != artifact.sha256:
        raise ArtifactChanged(
            f"{artifact.name!r} with SHA-256 {found[:12]}… and {path.stat().st_size} bytes",
            f"SHA-256 {str(artifact.sha256)[:12]}… and {artifact.bytes} bytes, as recorded by {artifact.run.run_id!r}",
        )
    return artifact


def read_row_map(artifact: Artifact, source: str, *, root: Path | str = ".") -> RowMap:
    """Read the row map from one input, checked against its hash.

    Raises `UnknownArtifact` if no map was recorded for this input, `ArtifactChanged` if its file was altered.
    """
    if source not in artifact.row_maps:
        raise UnknownArtifact(f"no row map from {source} to {artifact.id}", "one recorded in evidence.row_maps")
    reference = artifact.row_maps[source]
    path = path_within(Path(root), reference["file"])
    if not path.is_file() or sha256_of(path) != reference["sha256"]:
        raise ArtifactChanged(f"a row map {reference['file']} that is missing or altered")
    return RowMap.from_bytes(path.read_bytes())
