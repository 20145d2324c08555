"""Folders to type commands in, an office to work in, windows to look into."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.office import Office, hire
from tests.web.shell import INIT, PROGRAMME, Shell, examples
from tests.web.story import Story, tell

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.browser import Windows

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


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


@pytest.fixture(scope="session")
def office_template(salon_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the salon and a user of each role, to be copied."""
    folder = Path(shutil.copytree(salon_template, tmp_path_factory.mktemp("office") / "salon"))
    hire(folder)
    return folder


@pytest.fixture
def office(office_template: Path, tmp_path: Path) -> Iterator[Office]:
    """The host's application on a salon of its own; `office.as_("cashier").get("/")`."""
    made = Office(Path(shutil.copytree(office_template, tmp_path / "office")))
    yield made
    made.close()


@pytest.fixture(scope="session")
def story_template(office_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    """A folder with the office in which the story of the prototype was told, to be copied."""
    folder = Path(shutil.copytree(office_template, tmp_path_factory.mktemp("story") / "office"))
    made = Office(folder)
    told = tell(made)
    made.close()
    return folder, told


@pytest.fixture
def story(story_template: tuple[Path, Story]) -> Story:
    """The story of the prototype; a module that needs it has an `office` of its own, see `told`."""
    return story_template[1]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium of the system, without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the extra e2e is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no {CHROMIUM}: install Chromium, or say by CHROMIUM where it is")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture
def signed_in(browser: Browser, office: Office) -> Iterator[Windows]:
    """Open pages in the browser: `signed_in("cashier", "/clients", theme="dark", width=390, locale="uk")`.

    A test fails at its end if a console said that something was wrong, the content security policy included.
    """
    from tests.web.browser import Windows, listening

    with listening(office.app) as address:
        windows = Windows(browser, office, address)
        yield windows
        for context in browser.contexts:
            context.close()
    assert windows.complaints == []
