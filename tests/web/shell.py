"""The `loyalty` command as a person types it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import FixedClock
from loyalty_web.erp.cli import cli
from loyalty_web.erp.deployment import DATA_DIR, LOCALE, Deployment
from loyalty_web.erp.importing.run import KINDS

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
INIT = ("init", "--name", "Salons", "--currency", "UAH", "--time-zone", "Europe/Kyiv")
PROGRAMME = """
branch = "podil"
name = "Regular customers"
[parts.discount_rules]
inactive_days = 60
rules = [
  { metric = "sold", threshold = 500000, percent_bp = 500 },
  { metric = "visits", threshold = 1, percent_bp = 300 },
]
"""


class Shell:
    """Types commands in a folder that holds the database and the files of the import page."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = environment

    def __call__(
        self, *words: str, now: datetime = NOW, plugins: Plugins | None = None, locale: str = "en", **environment: str
    ) -> Result:
        """Run a command and return what came of it; a traceback fails the test."""
        settings = {DATA_DIR: str(self.folder), LOCALE: locale, **self.environment, **environment}
        deployment = Deployment(settings, FixedClock(now))
        if plugins is not None:
            deployment.plugins = plugins
        done = CliRunner().invoke(cli, words, obj=deployment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def said(self, *words: str, locale: str = "en", now: datetime = NOW) -> str:
        """Run a command that succeeds and return its standard output, every blank a plain one."""
        done = self(*words, locale=locale, now=now)
        assert done.exit_code == 0, done.output
        return done.stdout.replace("\N{NO-BREAK SPACE}", " ")

    def refused(self, *words: str, code: int = 1) -> str:
        """Run a command that fails with this exit code, and return what it says on standard error."""
        done = self(*words)
        assert done.exit_code == code, done.output
        return done.stderr

    def file(self, name: str, content: str | bytes) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def take_examples(self) -> None:
        """Import the examples of the import page."""
        for kind in KINDS:
            self.said("import", kind, str(self.folder / f"{kind}.csv"))


def examples() -> dict[str, str]:
    """Return the CSV files that the import page shows, by kind."""
    page = (ROOT / "docs" / "import.md").read_text("utf-8")
    return dict(re.findall(r"^### (\w+)\n.*?^```csv\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
