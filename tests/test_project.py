"""Promises kept over the whole project: read from its source, its models, its URL map and its database."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.models import CharField, CheckConstraint, Model
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django_celery_beat.models import PeriodicTask

from family.words import REFUSALS as FAMILY_REFUSALS
from healthcode.config import celery_app
from healthcode.config import settings as shipped_settings
from healthcode.models import Account, DecisionRecord, Person
from healthcode.words.refusals import REFUSALS
from tests.client import StrictClient
from tests.project_exceptions import WITHOUT_AT, WITHOUT_AUDIT, WITHOUT_BY
from tests.project_kit import (
    APPS,
    AUDIT,
    ROOT,
    called_name,
    colour_writes,
    files,
    functions,
    length,
    name_of,
    parsed,
    reaches,
    strings,
    texts,
    writing_services,
)
from venues.words import REFUSALS as VENUE_REFUSALS

MODELS: list[type[Model]] = [model for app in APPS for model in apps.get_app_config(app).get_models()]
SOURCE = files(".py", *APPS)
TEMPLATES = files(".html", "templates")


# --- sizes ------------------------------------------------------------------------------------------------


def test_no_module_is_over_400_lines() -> None:
    modules = [path for path in files(".py") if path.parent.name != "migrations"]
    assert [name_of(path) for path in modules if len(path.read_text().splitlines()) > 400] == []


def test_no_template_is_over_120_lines() -> None:
    assert [name_of(path) for path in TEMPLATES if len(path.read_text().splitlines()) > 120] == []


def test_no_view_is_over_25_lines() -> None:
    views = [path for path in SOURCE if path.stem == "views" or path.parent.name == "views"]
    long = [
        f"{name_of(path)}:{node.name}"
        for path in views
        for node in functions(parsed(path))
        if node.args.args[:1] and node.args.args[0].arg == "request" and length(node) > 25
    ]
    assert long == []


def test_no_test_is_over_25_lines() -> None:
    tests = [(path, node) for path in files(".py", "tests") for node in functions(parsed(path))]
    assert [f"{name_of(p)}:{n.name}" for p, n in tests if n.name.startswith("test_") and length(n) > 25] == []


# --- style ------------------------------------------------------------------------------------------------


def test_no_import_is_relative_or_inside_a_function() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in files(".py")
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ImportFrom) and node.level)
        or (
            isinstance(node, ast.FunctionDef)
            and any(isinstance(p, ast.Import | ast.ImportFrom) for p in ast.walk(node))
        )
    ]
    assert found == []


def test_no_error_is_swallowed_whatever_it_is() -> None:
    handlers = [
        (path, node) for path in files(".py") for node in ast.walk(parsed(path)) if isinstance(node, ast.ExceptHandler)
    ]
    broad = ("Exception", "BaseException")
    names = [
        (path, node, [p.id for p in ast.walk(node.type) if isinstance(p, ast.Name)] if node.type else list(broad))
        for path, node in handlers
    ]
    assert [f"{name_of(path)}:{node.lineno}" for path, node, named in names if set(broad) & set(named)] == []


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in SOURCE if path.parent.name != "migrations" and path.read_text().strip()]
    assert [name_of(path) for path in silent if not ast.get_docstring(parsed(path))] == []


def test_no_model_overrides_save_and_no_signal_carries_a_rule() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCE
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.dispatch"))
        or (isinstance(node, ast.FunctionDef) and node.name == "save" and "models" in name_of(path))
    ]
    assert found == []


# A path of somebody's machine, or a place that packages were fetched from: neither belongs into the project.
_PRIVATE = re.compile(
    r"(?<![\w.:/-])/(?:work|home|root|Users)/\w|(?:pypi|pythonhosted|npmjs)\.(?:org|com)|[a]rtifactory", re.I
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [f"{name_of(path)}: {match.group()}" for path, text in texts() for match in _PRIVATE.finditer(text)]
    assert found == []


# --- files ------------------------------------------------------------------------------------------------

TOP_LEVEL = {
    *("CHANGELOG.md", "LICENSE", "README.md", "appeals", "family", "healthcode", "manage.py", "pyproject.toml"),
    *("requirements-dev.in", "requirements-dev.txt", "requirements.in", "requirements.txt", "run", "static"),
    *("templates", "tests", "venues"),
}
# Made on this machine and ignored by git.
_MADE = {"staticfiles", "screenshots", "node_modules"}


def test_the_top_level_is_the_agreed_list() -> None:
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert there - _MADE == TOP_LEVEL


# Looked for by Django itself, by name.
_BY_DJANGO = {"400.html", "403.html", "404.html", "500.html"}


def _templates_of_packages() -> Iterator[str]:
    """Yield the names of templates that packages bring along: ours of the same name stands in for it."""
    for config in apps.get_app_configs():
        folder = Path(config.path) / "templates"
        yield from (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_every_template_is_used() -> None:
    said = "".join(path.read_text() for path in (*SOURCE, *TEMPLATES))
    names = {path.relative_to(ROOT / "templates").as_posix() for path in TEMPLATES}
    unused = {name for name in names if f'"{name}"' not in said and f"'{name}'" not in said}
    assert unused - _BY_DJANGO - set(_templates_of_packages()) == set()


def test_vendored_files_are_what_was_vendored() -> None:
    for folder in sorted((ROOT / "static" / "vendor").iterdir()):
        lines = [line.split(maxsplit=1) for line in (folder / "SHA256SUMS").read_text().splitlines() if line]
        stated = {name.lstrip("*").removeprefix("./"): digest for digest, name in lines}
        there = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "SHA256SUMS"
        }
        assert there == stated, folder.name
        assert any(name.startswith("LICENSE") for name in there)


# --- services ---------------------------------------------------------------------------------------------


def test_writing_services_take_keywords_alone() -> None:
    assert [s.name for s in writing_services() if s.node.args.args or s.node.args.posonlyargs] == []


@pytest.mark.parametrize(("word", "allowed"), [("by", WITHOUT_BY), ("at", WITHOUT_AT)])
def test_writing_services_say_who_and_when(word: str, allowed: dict[str, str]) -> None:
    silent = {s.name for s in writing_services() if word not in [a.arg for a in s.node.args.kwonlyargs]}
    assert silent == set(allowed)


def test_every_writing_service_audits() -> None:
    silent = {s.name for s in writing_services() if AUDIT not in reaches((s.module, s.node.name))}
    assert silent == set(WITHOUT_AUDIT)


def test_every_refusal_has_its_sentence() -> None:
    raised = {
        text.value
        for path in SOURCE
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and called_name(node) == "Refused" and node.args
        for text in strings(node.args[0])
    }
    assert raised - set(REFUSALS) - set(FAMILY_REFUSALS) - set(VENUE_REFUSALS) == set()


# --- nobody writes a colour -------------------------------------------------------------------------------

COLOURING = {"healthcode/services/decisions.py", "healthcode/services/conversions.py"}


def test_two_modules_write_colours() -> None:
    found = {name_of(path) for path in SOURCE if "migrations" not in path.parts and list(colour_writes(parsed(path)))}
    assert found == COLOURING


@pytest.mark.parametrize(
    "source",
    [
        "DecisionRecord(colour='green')",
        "DecisionRecord.objects.create(person=p, colour='green')",
        "decisions.filter(pk=1).update(colour='green')",
        "cursor.execute('UPDATE healthcode_decisionrecord SET colour = %s', ['green'])",
    ],
)
def test_a_written_colour_would_be_found(source: str) -> None:
    assert list(colour_writes(ast.parse(source))) == [1]


def _editable(back_office: "ModelAdmin[Any]", request: HttpRequest) -> set[str]:
    """Return the columns that a page of the back office offers for change."""
    found = set(back_office.get_form(request).base_fields) | set(back_office.list_editable)
    for inline in back_office.get_inline_instances(request):
        found |= set(inline.get_formset(request).form.base_fields)
    return found


@pytest.fixture
def operator_request(db: None) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = Account.objects.create_superuser("root", "x")
    return request


def test_no_page_of_the_back_office_edits_a_colour(operator_request: HttpRequest) -> None:
    offices = [office for office in admin.site._registry.values() if office.model in MODELS]
    assert len(offices) >= 5
    assert [str(o) for o in offices if _editable(o, operator_request) & {"colour", "becomes", "timeline"}] == []


def test_an_editable_colour_would_be_found(operator_request: HttpRequest) -> None:
    assert "colour" in _editable(ModelAdmin(DecisionRecord, admin.site), operator_request)


# --- models -----------------------------------------------------------------------------------------------

# Sealed, but nobody's data.
NOT_PERSONAL = {"CodeKey", "PublisherKey", "RuleSetKey"}


def _is_personal(model: type[Model]) -> bool:
    fields = model._meta.get_fields()
    sealed = any(field.name.endswith("_sealed") for field in fields)
    return model is Person or sealed or any(field.concrete and field.related_model is Person for field in fields)


def test_every_model_with_personal_data_names_its_retention() -> None:
    personal = [model for model in MODELS if _is_personal(model) and model.__name__ not in NOT_PERSONAL]
    assert {"Person", "EvidenceRecord", "Scan"} <= {model.__name__ for model in personal}
    assert [model.__name__ for model in personal if "Retention: " not in (model.__doc__ or "")] == []


def _checked(model: type[Model]) -> str:
    return " ".join(str(c.condition) for c in model._meta.constraints if isinstance(c, CheckConstraint))


def test_every_enum_column_is_checked_by_the_database() -> None:
    enums = [(m, f) for m in MODELS for f in m._meta.fields if isinstance(f, CharField) and f.choices]
    assert len(enums) >= 10
    assert [f"{m.__name__}.{f.name}" for m, f in enums if f"'{f.name}__in'" not in _checked(m)] == []


def test_no_model_has_an_order_of_its_own() -> None:
    assert [model.__name__ for model in MODELS if model._meta.ordering] == []


def test_no_column_reads_the_clock() -> None:
    fields = [(model, field) for model in MODELS for field in model._meta.fields]
    clocked = [(m, f) for m, f in fields if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)]
    assert [f"{m.__name__}.{f.name}" for m, f in clocked] == []


# --- running ----------------------------------------------------------------------------------------------


def test_every_periodic_task_has_a_command_of_its_name(db: None) -> None:
    call_command("set_up", verbosity=0)
    rows = PeriodicTask.objects.exclude(name="celery.backend_cleanup").values_list("name", "task")
    celery_app.loader.import_default_modules()
    assert {name for name, _task in rows} >= {"convert_due", "deliver_outbox"}
    assert [name for name, task in rows if name not in get_commands() or task not in celery_app.tasks] == []


def test_the_database_sorts_by_the_built_in_utf8(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()")
        assert cursor.fetchone() == ("b", "C.UTF-8")


def test_connections_are_kept_outside_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped_settings, "TESTING", False)
    pool = shipped_settings.database("postgresql://user:word@db.example/name")["OPTIONS"]["pool"]
    assert 1 <= pool["min_size"] <= pool["max_size"]


# --- pages ------------------------------------------------------------------------------------------------

# What a stranger may read. A page that is not here asks for a sign-in.
PUBLIC = {
    "account_request_login_code",
    "admin:login",
    "api_interface",
    "api_schema",
    "gate_sign_in",
    "gate_worker",
    "gate_session",
    "gate_offline",
    "gate_manifest",
    "home",
    "inbox",
    "rules",
}
_SAMPLES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": 1}


def _patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _patterns(pattern, inner)
        elif pattern.name:
            yield f"{namespace}{pattern.name}", pattern


def _arguments(pattern: URLPattern) -> dict[str, Any]:
    converters = pattern.pattern.converters
    return {
        name: _SAMPLES.get(type(c).__name__.removesuffix("Converter").lower(), "x") for name, c in converters.items()
    }


def test_what_a_stranger_may_read_is_the_written_list(province: None, client: StrictClient) -> None:
    named = {name: pattern for name, pattern in _patterns(get_resolver()) if "(?P<" not in str(pattern.pattern)}
    assert len(named) > 20
    open_pages = {
        name for name, p in named.items() if client.get(reverse(name, kwargs=_arguments(p))).status_code == 200
    }
    assert open_pages - {"admin:jsi18n"} == PUBLIC
