"""Reading the project's own source, for the promises that are kept over all of it."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("healthcode", "appeals", "venues", "family")
_OURS = (*APPS, "tests", "templates", "static", ".ci")
_TEXT = {".py", ".html", ".txt", ".md", ".toml", ".css", ".js", ".json", ".in", ".po", ".svg", ".yaml", ".yml", ""}
_MADE = {"__pycache__", "vendor", "node_modules", "staticfiles"}


@cache
def files(suffix: str, *under: str) -> tuple[Path, ...]:
    """Return the project's own files with this suffix below these folders; neither made nor vendored ones."""
    found = [path for folder in under or _OURS for path in (ROOT / folder).rglob(f"*{suffix}")]
    return tuple(sorted(path for path in found if path.is_file() and not _MADE & set(path.parts)))


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every text file of the project, those of its top level included."""
    top = [path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".coverage")]
    for path in [*top, *files("")]:
        if path.suffix in _TEXT:
            yield path, path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    """Return a path as seen from the top of the project."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def length(node: ast.stmt) -> int:
    """Return how many lines a statement takes, decorators left out."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Yield every function below a node."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield every text constant below a node."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def called_name(call: ast.Call) -> str:
    """Return the last part of what is called: ``save`` for ``person.save(…)``."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def root_name(node: ast.expr) -> str:
    """Return the first part of a chain: ``Scan`` for ``Scan.objects.filter(…).update``."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


# --- what services write ----------------------------------------------------------------------------------

_WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "update", "delete"}
_NO_ROWS = {"cache", "hashlib", "os", "found", "known"}
AUDIT = ("healthcode.services.audit", "record_acts")


@dataclass(frozen=True)
class Service:
    """One function of a services module: what it writes itself, and what of ours it calls."""

    module: str
    node: ast.FunctionDef
    writes: bool
    calls: frozenset[tuple[str, str]]

    @property
    def name(self) -> str:
        """Return the function as other modules import it."""
        return f"{self.module}.{self.node.name}"


def _is_write(call: ast.Call) -> bool:
    name = called_name(call)
    if name in ("execute", "executemany", "copy", "insert_rows"):
        return True
    if name not in _WRITES or not isinstance(call.func, ast.Attribute):
        return False
    return root_name(call.func) not in _NO_ROWS


def _imports(tree: ast.Module) -> Mapping[str, tuple[str, str]]:
    found = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return {a.asname or a.name: (str(node.module), a.name) for node in found for a in node.names}


def _audits_in_sql(tree: ast.Module, node: ast.FunctionDef) -> bool:
    """Tell whether a function runs a statement of its module that inserts audit entries."""
    named = {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and any("INSERT INTO {audit}" in str(text.value) for text in strings(statement))
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    return any(isinstance(part, ast.Name) and part.id in named for part in ast.walk(node))


@cache
def services() -> Mapping[tuple[str, str], Service]:
    """Return every function of every services package by module and name."""
    found: dict[tuple[str, str], Service] = {}
    for path in files(".py", *(f"{app}/services" for app in APPS)):
        tree, module = parsed(path), name_of(path).removesuffix(".py").replace("/", ".")
        imported = _imports(tree)
        for node in (part for part in tree.body if isinstance(part, ast.FunctionDef)):
            names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
            calls = {imported.get(name, (module, name)) for name in names if name != node.name}
            if _audits_in_sql(tree, node):
                calls.add(AUDIT)
            writes = any(_is_write(part) for part in ast.walk(node) if isinstance(part, ast.Call))
            found[module, node.name] = Service(module, node, writes, frozenset(calls))
    return found


def reaches(start: tuple[str, str]) -> set[tuple[str, str]]:
    """Return all service functions that a function may come to call, itself included."""
    seen: set[tuple[str, str]] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key not in seen and key in services():
            seen.add(key)
            waiting += services()[key].calls
    return seen


def writing_services() -> list[Service]:
    """Return the public functions that come to write a row, save for the writing of audit entries itself."""
    return [
        service
        for key, service in services().items()
        if not service.node.name.startswith("_") and any(services()[found].writes for found in reaches(key))
    ]


# --- who writes a colour ----------------------------------------------------------------------------------

_SQL_WRITES = re.compile(
    r"(?is)decision.*\b(?:insert\s+into|update)\b.*\bcolour\b|\b(?:insert\s+into|update)\b[^;]*decision.*\bcolour\b"
)
_MAKES = {"create", "get_or_create", "update_or_create"}


def colour_writes(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that write a decision's colour: by making one, by an update, or in SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL_WRITES.search(node.value):
            yield node.lineno
        if isinstance(node, ast.Call) and {keyword.arg for keyword in node.keywords} & {"colour", "becomes"}:
            of_decisions = root_name(node.func) == "DecisionRecord"
            name = called_name(node)
            if name in ("DecisionRecord", "update") or (name in _MAKES and of_decisions):
                yield node.lineno
