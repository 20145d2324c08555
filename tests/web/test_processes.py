"""Several processes of one installation understand each other."""

from __future__ import annotations

from pathlib import Path

from loyalty_web.erp.app import create_app
from loyalty_web.erp.deployment import DATA_DIR, Deployment


def test_what_one_process_signs_another_one_reads(tmp_path: Path) -> None:
    folders = {"here": tmp_path / "here", "there": tmp_path / "there"}
    secrets: dict[str, set[bytes]] = {name: set() for name in folders}
    for name, folder in folders.items():
        for _process in range(2):
            deployment = Deployment({DATA_DIR: str(folder)})
            deployment.upgrade()
            create_app(deployment)
            secrets[name].add(deployment.open().secret)
            deployment.close()
    assert {name: len(found) for name, found in secrets.items()} == {"here": 1, "there": 1}
    assert secrets["here"] != secrets["there"]
    assert all(len(secret) >= 32 for found in secrets.values() for secret in found)
