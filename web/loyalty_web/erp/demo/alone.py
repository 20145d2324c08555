"""One demo at a time in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def only_one(folder: Path, waiting: Callable[[], object]) -> Iterator[None]:
    """Hold a folder alone, so that no two demos replace each other's database; `waiting` is told of a wait.

    The operating system lets go of it however the process ends, and nothing is left in the folder. Where it cannot
    lock folders (Windows, some network disks) nobody waits.
    """
    if sys.platform == "win32":
        yield
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:
            pass
        yield
    finally:
        os.close(held)
