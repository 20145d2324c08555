"""What the documents say is so: commands exist, links lead somewhere, code can be read."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import tomllib
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from loyalty_web.erp.cli import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

README_COMMANDS = (
    "python3 -m venv .venv && . .venv/bin/activate",
    "pip install '.[demo]' && loyalty demo",
    "pip install -e '.[test]' && pytest",
)
WRITTEN = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs/architecture.md", "docs/decisions.md")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: the language it names, and its text."""

    page: Path
    line: int
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text("utf-8")
    fences = re.finditer(r"^```(?P<language>\S*)\n(?P<text>.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(page, text.count("\n", 0, m.start()) + 1, m["language"], m["text"]) for m in fences]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchor(heading: str) -> str:
    """Return the address of a heading within its page, as the usual renderers make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def shell_lines(page: Path) -> list[str]:
    """Return the commands of a page: lines of its shell blocks and inline code, continued lines joined."""
    shell = "\n".join(block.text for block in blocks(page) if block.language == "bash").replace("\\\n", " ")
    inline = re.findall(r"`([^`\n]+)`", prose(page))
    return [*shell.splitlines(), *inline]


def test_every_page_of_the_project_is_written() -> None:
    assert [name for name in WRITTEN if not (ROOT / name).read_text("utf-8").strip()] == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["license"] == "Apache-2.0"


@pytest.mark.parametrize("command", README_COMMANDS)
def test_the_readme_has_the_command_and_ci_runs_it(command: str) -> None:
    lines = [line for block in blocks(ROOT / "README.md") for line in block.text.splitlines()]
    assert command in lines
    steps = [line.strip() for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()]
    elsewhere = command.replace(".venv", '"$work/test"', 1).partition(" && . ")[0]
    assert command in steps or elsewhere in steps


def test_the_installed_command_is_the_one_that_is_looked_at_here() -> None:
    (script,) = entry_points(group="console_scripts", name="loyalty")
    assert script.load().__module__ == cli.callback.__module__


@each_page
def test_the_extras_that_are_named_exist(page: Path) -> None:
    named = {
        extra
        for line in shell_lines(page)
        for found in re.findall(r"\.\[([\w,]+)\]", line)
        for extra in found.split(",")
    }
    assert named <= set(PROJECT["optional-dependencies"])


@each_page
def test_every_loyalty_command_and_option_that_is_named_exists(page: Path) -> None:
    wrong = []
    for line in shell_lines(page):
        for found in re.findall(r"(?:^|[;&|] *)loyalty ([^;&|#]*)", line):
            if not accepts(cli, shlex.split(found)):
                wrong.append(f"loyalty {found}")
    assert wrong == []


def accepts(command: click.Command, words: list[str]) -> bool:
    """Say whether `command` knows the subcommands and options among `words`; values are not looked at."""
    for word in words:
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        if word.startswith("-"):
            if word.partition("=")[0] not in options | {"--help"}:
                return False
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z0-9-]*", word):
            inner = command.commands.get(word)
            if inner is None:
                return False
            command = inner
    return True


@each_page
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    wrong = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            wrong.append(target)
        elif fragment:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            if fragment not in map(anchor, headings):
                wrong.append(target)
    assert wrong == []


@each_page
def test_every_block_of_code_can_be_read(page: Path) -> None:
    for block in blocks(page):
        where = f"{block.page.name}:{block.line}"
        assert block.language, f"{where}: name the language, `text` for none"
        match block.language:
            case "python":
                ast.parse(block.text, where)
            case "json":
                json.loads(block.text)
            case "toml":
                tomllib.loads(block.text)
            case "bash":
                ran = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
                assert ran.returncode == 0, f"{where}: {ran.stderr}"


def test_the_rooms_that_the_architecture_page_names_exist() -> None:
    page = ROOT / "docs" / "architecture.md"
    named = re.findall(r"`((?:loyalty_core|web|plugins|translations)/[\w/.]*)`", page.read_text("utf-8"))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_invariant_of_the_reliability_page_has_its_own_line() -> None:
    numbers = re.findall(r"^\| (I\d+) \|", (ROOT / "docs" / "reliability.md").read_text("utf-8"), re.MULTILINE)
    assert numbers
    assert len(numbers) == len(set(numbers))
