"""Rules of the house that no linter knows."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class

ROOT = Path(__file__).resolve().parent.parent
CODE = ("accounts", "races", "telemetry", "drift_site", "management", "bench", "tests")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50

COMMANDS = sorted(name for name, app in get_commands().items() if app == "management")


def modules() -> Iterator[Path]:
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            ours = not {"migrations", "vendor", "node_modules"} & {*path.parts}
            if ours and path.suffix in {".py", ".js", ".mjs"}:
                yield path


def env_settings() -> dict[str, object]:
    """Give every variable that the settings read, with its default where that is written as a literal, else None.

    They are read as env.str("NAME", …) or by a function of the settings whose first parameter is `name`.
    """
    found: dict[str, object] = {}
    tree = ast.parse((ROOT / "drift_site" / "settings.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    readers = {
        function.name for function in functions if function.args.args[:1] and function.args.args[0].arg == "name"
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        called, name = ast.unparse(node.func), node.args[0].value
        if isinstance(name, str) and (re.fullmatch(r"env\.\w+", called) or called in readers):
            known = constant(node.args[1]) if len(node.args) > 1 else None
            found[name] = found.get(name) if known is None else known
    return found


def constant(node: ast.expr) -> object:
    """Give the value of a literal such as 20, "a" or 4 * 1024; None for anything that must be run."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = constant(node.left), constant(node.right)
        if isinstance(left, int) and isinstance(right, int):
            return left * right
    return None


def example_settings() -> dict[str, tuple[str, str]]:
    """Give each variable of .env.example with its value and the comment above it."""
    found: dict[str, tuple[str, str]] = {}
    comment: list[str] = []
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"#?([A-Z][A-Z0-9_]*)=(.*)", line)
        if match:
            found[match[1]] = (match[2], " ".join(comment))
            comment = []
        else:
            comment = [*comment, line.lstrip("# ")] if line.startswith("#") else []
    return found


SETTINGS = sorted(env_settings())


def test_imports_go_one_way_and_decoding_is_pure() -> None:
    linter = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert linter, "import-linter is not installed beside this Python"
    checked = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_named_by_a_test(name: str) -> None:
    # As an argument (call_command, or a process that a helper of the tests starts), or as the imported module.
    named = re.compile(rf"[\"']{name}[\"' ]|commands import .*\b{name}\b|commands\.{name}\b")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert any(named.search(path.read_text(encoding="utf-8")) for path in tests)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_an_example_in_its_help(name: str) -> None:
    command = load_command_class("management", name)
    text = command.create_parser("manage.py", name).format_help()
    assert re.search(rf"example.*manage\.py {name}", text, re.DOTALL | re.IGNORECASE), text


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_in_the_example_file_with_unit_and_default(name: str) -> None:
    value, comment = example_settings()[name]
    assert re.search(r"Unit: \S", comment), f"{name}: no unit in {comment!r}"
    assert re.search(r"Default: \S", comment), f"{name}: no default in {comment!r}"
    default = env_settings()[name]
    if default not in {None, ""}:
        assert value == str(default)


def test_the_example_file_holds_no_setting_that_is_gone() -> None:
    assert set(example_settings()) <= set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=[A-Za-z0-9])", "\n" + re.sub(r"(?m)^\s*#.*\n", "", text).strip())
    requirements = [block for block in blocks if block.strip()]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._\[\],-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_no_module_is_too_long_to_have_one_job() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_no_function_is_too_long_to_read_at_once() -> None:
    long: dict[str, int] = {}
    for path in modules():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_decisions_are_numbered_without_a_gap_and_have_a_title() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*"))
    names = [re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", page.name) for page in pages]
    assert [page.name for page, name in zip(pages, names, strict=True) if not name] == []
    assert [int(name[1]) for name in names if name] == list(range(1, len(pages) + 1))
    assert [page.name for page in pages if not page.read_text(encoding="utf-8").startswith("# ")] == []
