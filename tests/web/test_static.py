"""What browsers load is ours or pinned, and nothing in a template is what the content security policy refuses."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

from loyalty_web import rendering

STATIC = rendering.STATIC
VENDOR = STATIC / "vendor"
ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for folder in (ROOT / "web", ROOT / "plugins") for path in folder.rglob("templates/**/*.html"))
SOURCES = json.loads((VENDOR / "SOURCES.json").read_text("utf-8"))


def test_every_file_of_others_is_the_one_that_was_taken() -> None:
    listed = {name: each["sha256"] for package in SOURCES.values() for name, each in package["files"].items()}
    there = {path.name for path in VENDOR.iterdir()} - {"SOURCES.json"}
    assert listed == {name: sha256((VENDOR / name).read_bytes()).hexdigest() for name in there}


def test_every_package_of_others_is_pinned_and_comes_with_its_licence() -> None:
    for package, told in SOURCES.items():
        assert re.fullmatch(r"@?[\w./-]+@\d+\.\d+\.\d+", package)
        assert told["license"]
        assert any(name.endswith(".LICENSE") for name in told["files"])


def test_what_is_loaded_asks_for_no_other_file() -> None:
    for name in ("htmx.min.js", "bootstrap.min.css"):
        assert "sourceMappingURL" not in (VENDOR / name).read_text("utf-8")


def test_no_template_has_what_the_browser_would_refuse() -> None:
    refused = re.compile(r"""\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|hx-on|\bjs:|\|\s*safe\b""")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in TEMPLATES
        for match in refused.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text("utf-8")))
    asked: dict[str, str] = {}
    for path in TEMPLATES:
        for call in re.findall(r"icon\(([^()]*)", path.read_text("utf-8")):
            asked |= dict.fromkeys(re.findall(r'"([a-z0-9-]+)"', call.partition(", _")[0]), path.name)
    for path in sorted((ROOT / "web").rglob("*.py")):
        asked |= dict.fromkeys(re.findall(r'icon="([a-z0-9-]+)"', path.read_text("utf-8")), path.name)
    assert {name: where for name, where in asked.items() if name not in known and name not in NO_ICONS} == {}


NO_ICONS = {"ok", "message", "ascending"}
"""Words beside an icon's name that choose between two."""


def test_every_class_of_ours_begins_with_our_prefix() -> None:
    bootstrap = set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", (VENDOR / "bootstrap.min.css").read_text("utf-8")))
    wrong = {}
    for sheet in STATIC.glob("*.css"):
        rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "{}", sheet.read_text("utf-8"), flags=re.DOTALL)
        names = set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", rules))
        if other := {name for name in names if not name.startswith(("ly-", "htmx-")) and name not in bootstrap}:
            wrong[sheet.name] = other
    assert wrong == {}
