"""The `loyalty i18n` commands for whoever writes or translates texts: a thin layer over Babel.

They work on a source tree, ours or that of somebody's plugin. What they find: `loyalty_core/`, if it is there, whose
catalogues lie in `translations/`, and every plugin that `pyproject.toml` announces, whose catalogues lie in the
plugin's own folder `translations/`.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import click
from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import generate_po, read_po

from loyalty_core.messages import CORE_DOMAIN

METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"**/templates/**.html": {"silent": "false"}}
"""A template that cannot be read must be told, not left out."""

KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}
SOURCE_ROOTS = (".", "src", "web", "plugins")
WIDTH = 120


@dataclass(frozen=True, slots=True)
class Domain:
    """One set of catalogues: its name, the folder of its languages, and the packages whose texts it holds.

    `titled` is the module whose docstring begins with the title that people see: a plugin's package.
    """

    name: str
    folder: Path
    sources: tuple[Path, ...]
    titled: Path | None = None

    def template(self) -> Catalog:
        """Return all texts found in the sources now, untranslated; what is shipped for tests is no text for people."""
        catalogue = Catalog(domain=self.name, charset="utf-8")
        for source in self.sources:
            for filename, line, msgid, comments, context in extract_from_dir(
                source,
                method_map=METHODS,
                options_map=OPTIONS,
                keywords=KEYWORDS,
                directory_filter=_has_texts_for_people,
            ):
                catalogue.add(msgid, None, [(f"{source.name}/{filename}", line)], (), comments, context=context)
        if title := self.title():
            catalogue.add(title, None, [(f"{self.name}/__init__.py", 1)])
        return catalogue

    def title(self) -> str | None:
        """Return the first line of the docstring that says what a plugin is called."""
        if self.titled is None or not self.titled.exists():
            return None
        documentation = ast.get_docstring(ast.parse(self.titled.read_text("utf-8"))) or ""
        return documentation.partition("\n")[0].replace("%", "%%") or None

    def locales(self) -> list[str]:
        """Return the languages that this domain has a folder for, by name."""
        return sorted(path.parent.name for path in self.folder.glob("*/LC_MESSAGES"))

    def path(self, locale: str) -> Path:
        """Return where the catalogue of one language lies."""
        return self.folder / locale / "LC_MESSAGES" / f"{self.name}.po"

    def read(self, locale: str) -> Catalog:
        """Return the catalogue of one language; empty when there is none yet."""
        if not self.path(locale).exists():
            return Catalog(locale=locale, domain=self.name, charset="utf-8")
        with self.path(locale).open("rb") as file:
            return read_po(file, locale=locale, domain=self.name, charset="utf-8")


def _has_texts_for_people(folder: str | PathLike[str]) -> bool:
    return Path(folder).name != "testing"


def domains(root: Path) -> list[Domain]:
    """Return the domains of the source tree at `root`, the core's first, plugins by name."""
    announced = root / "pyproject.toml"
    if not announced.is_file():
        raise click.ClickException(f"there is no {announced}: name the source tree by --root")
    project = tomllib.loads(announced.read_text("utf-8"))["project"]
    plugins = project.get("entry-points", {}).get("loyalty.plugins", {})
    return [*_core(root), *(_plugin(root, name, target) for name, target in sorted(plugins.items()))]


def _core(root: Path) -> Iterator[Domain]:
    if (root / "loyalty_core").is_dir():
        yield Domain(CORE_DOMAIN, root / "translations", (root / "loyalty_core", root / "web" / "loyalty_web"))


def _plugin(root: Path, name: str, target: str) -> Domain:
    package = target.partition(":")[0].partition(".")[0]
    for place in SOURCE_ROOTS:
        if (folder := root / place / package).is_dir():
            return Domain(name, folder / "translations", (folder,), folder / "__init__.py")
    raise click.ClickException(f"pyproject.toml announces the plugin {name}, but there is no package {package}")


def po_text(catalogue: Catalog) -> str:
    """Return a catalogue as it is committed: sorted, without dates, line numbers or names of tools, for quiet diffs."""
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    entries = generate_po(
        catalogue, sort_by="message", no_location=True, omit_header=True, ignore_obsolete=True, width=WIDTH
    )
    return (header + "".join(entries)).rstrip("\n") + "\n"


@click.group("i18n")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The source tree; the current folder by default.",
)
@click.pass_context
def i18n(context: click.Context, root: Path) -> None:
    """Look after texts and their translations (for authors).

    Extract texts, bring catalogues up to date, compile and count them.
    """
    context.obj = domains(root)


def _locales(context: click.Context, option: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no language."""
    try:
        return tuple(str(Locale.parse(name)) for name in value)
    except (ValueError, UnknownLocaleError) as error:
        raise click.BadParameter(str(error)) from None


@i18n.command()
@click.pass_obj
def extract(found: list[Domain]) -> None:
    """Write a template of each domain, with the place of each text, for translation tools."""
    for domain in found:
        domain.folder.mkdir(parents=True, exist_ok=True)
        path = domain.folder / f"{domain.name}.pot"
        template = domain.template()
        path.write_text("".join(generate_po(template, sort_by="message", omit_header=True, width=WIDTH)), "utf-8")
        click.echo(f"{path}: {len(template)} texts")


@i18n.command()
@click.option(
    "--locale",
    "wanted",
    multiple=True,
    callback=_locales,
    help="A language to begin, as uk or pt_BR; may be repeated.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if something would be written.")
@click.pass_obj
def update(found: list[Domain], wanted: tuple[str, ...], check: bool) -> None:
    """Bring catalogues up to date with the sources: new texts untranslated, texts that are gone taken out."""
    stale = 0
    for domain in found:
        template = domain.template()
        for locale in sorted({*domain.locales(), *wanted}):
            catalogue = domain.read(locale)
            catalogue.update(template, no_fuzzy_matching=True)
            path, text = domain.path(locale), po_text(catalogue)
            if path.exists() and path.read_text("utf-8") == text:
                continue
            stale += 1
            click.echo(f"{path}: {'not up to date' if check else 'updated'}")
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    if check and stale:
        raise click.ClickException(f"{stale} catalogues are not up to date: run `loyalty i18n update`")


@i18n.command(name="compile")
@click.pass_obj
def compile_all(found: list[Domain]) -> None:
    """Compile every catalogue; the build does the same."""
    for domain in found:
        for locale in domain.locales():
            with domain.path(locale).with_suffix(".mo").open("wb") as file:
                write_mo(file, domain.read(locale))


@i18n.command()
@click.pass_obj
def stats(found: list[Domain]) -> None:
    """Say how many texts each catalogue has and how many of them are translated."""
    for domain in found:
        total = len(domain.template())
        for locale in domain.locales():
            done = sum(1 for message in domain.read(locale) if message.id and translated(message.string))
            click.echo(f"{domain.name} {locale}: {done} of {total}")


def translated(text: str | Sequence[str] | None) -> bool:
    """Say whether a text, in all its plural forms, is there."""
    return bool(text) if isinstance(text, str) or text is None else all(text)
