"""Folders to type commands in: one with a small salon, one with nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.web.shell import INIT, PROGRAMME, Shell, examples


@pytest.fixture(scope="session")
def salon_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network, its imported examples and a programme, to be copied."""
    shell = Shell(tmp_path_factory.mktemp("salon"))
    for kind, content in examples().items():
        shell.file(f"{kind}.csv", content)
    shell.said(*INIT)
    shell.take_examples()
    shell.said("programme", "save", shell.file("podil.toml", PROGRAMME))
    return shell.folder


@pytest.fixture
def salon(salon_template: Path, tmp_path: Path) -> Shell:
    """Commands in a folder with a salon of its own: the examples of the import page, and a programme."""
    return Shell(Path(shutil.copytree(salon_template, tmp_path / "salon")))


@pytest.fixture
def nowhere(tmp_path: Path) -> Shell:
    """Commands in a folder without a database."""
    for kind, content in examples().items():
        (tmp_path / f"{kind}.csv").write_text(content, "utf-8")
    return Shell(tmp_path)
