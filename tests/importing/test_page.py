"""docs/import.md says what the code does: its tables name the columns, its examples are imported."""

from __future__ import annotations

import re
from pathlib import Path

from loyalty_web.erp.importing.mapping import read_mapping
from loyalty_web.erp.importing.run import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))


def block(text: str, language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_page_names_every_kind_and_every_column_and_which_are_needed():
    assert list(SECTIONS) == list(KINDS)
    for kind, importer in KINDS.items():
        rows = re.findall(r"^\| `(\w+)` \| (•?) ?\|", SECTIONS[kind], re.MULTILINE)
        assert rows == [(column.name, "•" if column.required else "") for column in importer.columns], kind


def test_the_examples_of_the_page_are_imported_one_after_the_other(open_shop):
    shop = open_shop()
    for kind in KINDS:
        result = shop.take(kind, block(SECTIONS[kind], "csv"))
        assert [str(problem) for problem in result.problems] == [], kind
        assert result.counts.new + result.counts.changed > 0, kind


def test_the_example_of_a_mapping_reads_the_example_beside_it(shop):
    section = PAGE[PAGE.index("## Mapping files") : PAGE.index("## The report")]
    path = shop.folder / "mapping.toml"
    path.write_text(block(section, "toml"), "utf-8")
    assert shop.taken("visits", block(section, "csv"), mapping=read_mapping(path)) == (2, 0, 0)


def test_every_code_of_refusal_in_the_code_is_on_the_page():
    folder = Path(__file__).parents[2]
    sources = [folder / "loyalty_core" / "facts" / "parsing.py"]
    sources += (folder / "web" / "loyalty_web" / "erp" / "importing").glob("*.py")
    text = "".join(path.read_text("utf-8") for path in sources if path.name != "mapping.py")
    codes = set(re.findall(r'(?:Problem|_refuse|\.refuse)\((?:[\w.]+, "\w+", )?"(\w+)"', text))
    assert len(codes) > 30
    named = set(re.findall(r"`(\w+)`", PAGE[PAGE.index("## The report") :]))
    assert codes - named - {"over_100_percent"} == set(), "percentages are in no file yet"
