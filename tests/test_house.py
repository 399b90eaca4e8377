"""The rules of the house, read off the code: direction of imports, light imports, sizes, and what is never done."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mlops_helpers"
CHALLENGES = ("governance", "monitoring", "debugging", "skills", "tooling", "cost", "collaboration", "ethics")
LOWEST, HIGHEST = ("offline", "cloud"), ("learning",)
RANK = {name: rank for rank, name in enumerate((*LOWEST, *CHALLENGES, *HIGHEST))}
HEAVY = {
    "pandas",
    "pandera",
    "duckdb",
    "sqlglot",
    "pyarrow",
    "sklearn",
    "scipy",
    "matplotlib",
    "google",
    "IPython",
    "grpc",
}
LONGEST_MODULE, LONGEST_FUNCTION, POSITIONAL, ARGUMENTS = 300, 45, 5, 6

MODULES = sorted(PACKAGE.rglob("*.py"))
DOTTED = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
TOOLS = [
    path for folder in ("tools", "notebooks", "benchmarks", "data") for path in sorted((ROOT / folder).glob("*.py"))
]
TEXTS = {".py", ".md", ".toml", ".txt", ".ipynb", ".json", ".yaml", ".yml", ".cfg", ".sql", ""}
FORBIDDEN = {
    "a mock of a client": "unittest" + ".mock|Magic" + "Mock",
    "a check switched off": "# no" + "qa|type: ig" + r"nore|mark\.sk" + r"ip|mark\.xf" + "ail|# pragma: no" + " cover",
    "unfinished work": r"\bTO" + r"DO\b|\bFIX" + r"ME\b|Not" + "ImplementedError",
    "a package registry's host": "pypi" + r"\.org|python" + r"hosted|npm" + r"js\.org",
    "a path of one machine": "/wo" + "rk/|/ro" + "ot/|/ho" + r"me/(?!ada)\w+/|/Us" + r"ers/\w+/",
}  # fmt: skip


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path):
    return path.relative_to(ROOT).as_posix()


def tracked():
    """The files that git knows or would take; where there is no git, as in an unpacked archive, all but hidden ones."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [path for path in (ROOT / line for line in listed.stdout.splitlines()) if path.is_file()]
    visible = (
        path for path in ROOT.rglob("*") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )
    return [path for path in visible if path.is_file() and "build" not in path.relative_to(ROOT).parts]


@cache
def imported(path):
    """Absolute names of all modules that a module of the package imports, inside functions too."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = path.parents[node.level - 1].relative_to(ROOT).parts if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            found += (f"{module}.{alias.name}" for alias in node.names)
    return found


def room(path):
    """The part of the package a module belongs to; the package's own top has none."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


def functions():
    for path in (*MODULES, *TOOLS):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name(path)}:{node.lineno} {node.name}", node


def test_imports_go_down_the_house_only():
    """Programs (`__main__`) stand outside: nobody imports them."""
    wrong = []
    for path in MODULES:
        if path.name == "__main__.py":
            continue
        here = room(path)
        for module in imported(path):
            there = module.split(".")[1] if module.startswith("mlops_helpers.") else None
            if here in RANK and there in RANK and RANK[there] > RANK[here]:
                wrong.append(f"{name(path)} imports {module}")
    assert wrong == []


def used(path):
    """Modules of the package that this one needs, inside functions too, but not those for type checkers alone."""
    waiting = list(tree(path).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom):
            above = path.parents[node.level - 1].relative_to(ROOT).parts if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            for alias in node.names:
                yield f"{module}.{alias.name}" if f"{module}.{alias.name}" in DOTTED else module
        waiting.extend(ast.iter_child_nodes(node))


def test_modules_do_not_import_in_a_circle():
    """Not even late: an import inside a function makes a module light, it does not straighten a way that turns back."""
    graph = {dotted: (set(used(path)) & set(DOTTED)) - {dotted} for dotted, path in DOTTED.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def offered(path):
    """The names that a module of the package has: defined, imported, or listed to be loaded late."""
    for node in tree(path).body:
        names = [node, *ast.walk(node)] if isinstance(node, ast.If | ast.Try) else [node]
        for one in names:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield one.name
            elif isinstance(one, ast.Import | ast.ImportFrom):
                yield from (alias.asname or alias.name for alias in one.names)
            elif isinstance(one, ast.Assign | ast.AnnAssign):
                yield from (part.id for part in ast.walk(one) if isinstance(part, ast.Name))
    if path.name == "__init__.py":
        yield from (part.value for part in ast.walk(tree(path)) if isinstance(part, ast.Constant))


def test_what_a_function_imports_late_is_there():
    """Nobody notices a late import of a name that has moved until that line runs."""
    offers = {dotted: set(offered(path)) for dotted, path in DOTTED.items()}
    missing = []
    for dotted, path in DOTTED.items():
        for module in imported(path):
            owner, _, wanted = module.rpartition(".")
            if owner in offers and module not in DOTTED and wanted not in offers[owner] | {"*"}:
                missing.append(f"{dotted} imports {wanted} from {owner}")
    assert missing == []


def test_only_the_door_opens_the_offline_cloud():
    """`cloud.connect` may; everybody else goes through it."""
    users = {path for path in MODULES for module in imported(path) if module.startswith("mlops_helpers.offline")}
    assert {name(path) for path in users if room(path) not in ("offline", "cloud")} == set()
    assert {room(path) for path in users} <= {"offline", "cloud"}


def test_the_package_itself_imports_nothing():
    assert list(imported(PACKAGE / "__init__.py")) == []


@pytest.mark.parametrize("package", sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
def test_importing_a_package_loads_no_heavy_library(package):
    """Counted, not timed: what is not loaded takes no time on any machine."""
    program = (
        f"import sys; before = set(sys.modules); import mlops_helpers.{package}; print(*set(sys.modules) - before)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {module.partition(".")[0] for module in loaded.stdout.split()} & HEAVY == set()


def test_every_foreign_import_is_a_declared_requirement():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["pipelines"]
    wanted = [line for line in (*lines, *extras) if line and not line.startswith("#")]
    declared = {Requirement(line).name.lower() for line in wanted}
    provided = packages_distributions()
    roots = {module.partition(".")[0] for path in MODULES for module in imported(path)}
    foreign = roots - sys.stdlib_module_names - {"mlops_helpers", "google", "IPython"}  # IPython: only in a notebook
    missing = {root for root in foreign if not {dist.lower() for dist in provided.get(root, [root])} & declared}
    assert missing == set()


def test_modules_keep_to_their_size():
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in (*MODULES, *TOOLS)}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_functions_keep_to_their_size():
    lengths = {where: node.end_lineno - node.lineno + 1 for where, node in functions()}
    assert {where: length for where, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_functions_take_few_arguments():
    wrong = []
    for where, node in functions():
        positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        positional = positional[1:] if positional[:1] in (["self"], ["cls"]) else positional
        if len(positional) > POSITIONAL or len(positional) + len(node.args.kwonlyargs) > ARGUMENTS:
            wrong.append(where)
    assert wrong == []


def test_public_functions_are_typed_and_described():
    wrong = []
    for path in MODULES:
        public = [node for node in tree(path).body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
        for node in public:
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            if not ast.get_docstring(node) or not node.returns or not all(item.annotation for item in arguments):
                wrong.append(f"{name(path)}:{node.lineno} {node.name}")
    assert wrong == []


def test_the_package_does_not_print_evaluate_or_validate_by_assert():
    nodes = [(path, node) for path in MODULES if path.name != "__main__.py" for node in ast.walk(tree(path))]
    banned = ("print", "eval", "exec")
    wrong = [(path, node) for path, node in nodes if isinstance(node, ast.Name) and node.id in banned]
    wrong += [(path, node) for path, node in nodes if isinstance(node, ast.Assert)]
    assert [f"{name(path)}:{node.lineno}" for path, node in wrong] == []


def test_the_package_keeps_no_state_in_its_modules():
    """A list, dict or set in a module may be a table that is read; one that is written to in a function is state."""
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Global)
    ]
    assert wrong == []


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_file_holds(what):
    pattern, found = re.compile(FORBIDDEN[what]), []
    for path in tracked():
        if path.suffix in TEXTS and path.stat().st_size < 3_000_000 and path.name != "colab.txt":
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [
                f"{name(path)}:{text[: match.start()].count(chr(10)) + 1} {match.group()}"
                for match in pattern.finditer(text)
            ]
    assert found == []


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")])
def test_ruff_agrees(arguments):
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_readme_is_short_and_names_what_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 350 <= len(re.sub(r"```.*?```", "", text, flags=re.DOTALL).split()) <= 700
    targets = set(re.findall(r"make ([a-z]+)", text))
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"run", "test"} <= targets <= known
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_ci_runs_what_the_readme_says():
    last = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1]
    assert last == "exec make test"
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
