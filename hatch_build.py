"""The build step: compile every catalogue of texts, as compiled ones are shipped but never committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUES = ("translations", "plugins/*/translations")


class CompileCatalogues(BuildHookInterface[Any]):
    """Turns each `.po` into a `.mo` beside it before files are gathered, editable installs included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues of the core and of each bundled plugin; doing it twice changes nothing."""
        for pattern in CATALOGUES:
            for folder in Path(self.root).glob(pattern):
                for source in folder.glob("*/LC_MESSAGES/*.po"):
                    compile_catalogue(source)


def compile_catalogue(source: Path) -> None:
    """Write the compiled form of the catalogue `source`, a path `<locale>/LC_MESSAGES/<domain>.po`."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name, domain=source.stem)
    with source.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
