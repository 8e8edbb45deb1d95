"""What a guard's phone keeps to verify without the server: a page, its worker, its manifest (N1.5).

None of it says anything of anybody: the page is the same for every guard, and the worker caches that page and static
files alone.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from csp.constants import WASM_UNSAFE_EVAL
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from healthcode.domain.colours import Colour
from healthcode.models import Account
from healthcode.services.publishing import NoRoot, root_jwk
from healthcode.words import colour_word
from venues.access import guard_on_duty
from venues.domain.policy import Category
from venues.forms import ScanForm
from venues.words import CATEGORIES, DOCUMENT, FALLBACK, REASONS, RULINGS, Words

ASSETS = (
    "vendor/pico-2.1.1/pico.classless.nodata.min.css",
    "css/tokens.css",
    "css/base.css",
    "css/parts.css",
    "css/forms.css",
    "css/demo.css",
    "css/gate.css",
    "js/gate.js",
    "js/gate_data.js",
    "js/gate_queue.js",
    "js/gate_store.js",
    "js/documents.js",
    "js/scanner.js",
    "js/verify.js",
    "js/worker.js",
    "vendor/zxing-wasm-3.1.4/es/reader/index.js",
    "vendor/zxing-wasm-3.1.4/es/share.js",
    "vendor/zxing-wasm-3.1.4/reader/zxing_reader.wasm",
    "img/icons.svg",
    "img/favicon.svg",
    "img/check.svg",
    "img/chevron.svg",
    "img/wrong.svg",
    "img/gate-192.png",
    "img/gate-512.png",
)
_LOOKS = {Colour.GREEN: "pass", Colour.YELLOW: "restricted", Colour.RED: "refuse"}


@require_safe
@csp_update({"script-src": [WASM_UNSAFE_EVAL]})
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page that verifies by itself; the worker keeps it for when the network is gone."""
    return render(request, "venues/offline.html", {"form": ScanForm(), **offline_context()})


def offline_context() -> dict[str, Any]:
    """Return what ``venues/_offline.html`` needs: the root that everything rests on, panels, words of colours."""
    try:
        root = json.dumps(root_jwk(), sort_keys=True)
    except NoRoot:
        root = ""
    colours = [(colour.value, colour_word(colour)) for colour in Colour]
    places = [(category.value, CATEGORIES[category]) for category in Category]
    return {"root": root, "panels": _panels(), "colours": colours, "places": places}


def _panels() -> list[dict[str, object]]:
    """Return one panel a result: its key, its picture, its look and its words."""
    panels = [
        _panel(f"{condition}.{colour.value}", _picture(condition, colour), _LOOKS[colour], words)
        for (condition, colour), words in RULINGS.items()
    ]
    panels += [_panel("document", "document", "restricted", DOCUMENT)]
    panels += [_panel("fallback", "fallback", "restricted", FALLBACK)]
    return panels + [_panel(reason.value, reason.value, "grey", words) for reason, words in REASONS.items()]


def _picture(condition: str, colour: Colour) -> str:
    if condition == "free":
        return "pass"
    return "refuse" if condition in ("closed_to_yellow", "stay_apart") else "restricted"


def _panel(key: str, picture: str, look: str, words: Words) -> dict[str, object]:
    return {"key": key, "picture": picture, "look": look, "word": words.word, "line": words.line}


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Answer with the service worker; it changes, and is installed anew, whenever one of its files does."""
    version = assets_version()
    names = {staticfiles_storage.url(name) for name in ASSETS}
    # Modules name each other by their plain names, pages by those of the manifest.
    names |= {f"{settings.STATIC_URL}{name}" for name in ASSETS}
    told = {"version": version, "shell": reverse("gate_offline"), "assets": sorted(names)}
    script = staticfiles_storage.url("js/worker.js")
    text = f"self.GATE = {json.dumps(told)};\nimportScripts({json.dumps(f'{script}?{version}')});\n"
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")


@lru_cache(maxsize=1)
def assets_version() -> str:
    """Return a digest of all files that the worker keeps; raise ``FileNotFoundError`` when one is missing."""
    digest = hashlib.sha256()
    for name in ASSETS:
        path = find(name)
        if path is None:
            raise FileNotFoundError(name)
        digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return digest.hexdigest()[:16]


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Answer with the web app manifest."""
    icons: list[dict[str, str]] = [
        {"src": staticfiles_storage.url(f"img/gate-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    told = {
        "name": _("Zhejiang Health Code · Gate"),
        "short_name": _("Verify codes"),
        "id": reverse("gate"),
        "start_url": reverse("gate"),
        "scope": reverse("gate"),
        "display": "standalone",
        "background_color": "#f3f5f7",
        "theme_color": "#0b57a4",
        "icons": [*icons, {**icons[-1], "purpose": "maskable"}],
    }
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/manifest+json; charset=utf-8")


@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """Tell the page whether a guard is signed in, at which venue, and the token its uploads carry."""
    guard = guard_on_duty(request.user, timezone.now()) if isinstance(request.user, Account) else None
    if guard is None:
        return JsonResponse({"signed_in": False})
    venue = guard.venue
    told = {"id": str(venue.public_id), "name": venue.name, "category": venue.category}
    return JsonResponse({"signed_in": True, "venue": told, "csrf": get_token(request)})
