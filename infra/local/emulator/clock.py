"""One movable clock for the emulator and its Lambda functions.

CLOCK_FILE holds an offset such as `+3600s`, in libfaketime's own format. The emulator adds it to `time.time()`. Lambda
children get it from libfaketime, where that library is installed (Debian package `faketime`); elsewhere they keep the
real time. libfaketime is never loaded into the emulator: its waits, which are monotonic, must stay real.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

LIBRARIES = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1")

_real_time = time.time


def offset(file: str) -> float:
    """Seconds to add; zero while the file is missing or half written."""
    try:
        return float(Path(file).read_text(encoding="ascii").strip().rstrip("s"))
    except (OSError, ValueError):
        return 0.0


def install() -> None:
    """Moves `time.time()` and prepares the environment that Lambda children inherit."""
    file = os.environ.get("CLOCK_FILE")
    if not file:
        return
    time.time = lambda: _real_time() + offset(file)
    library = next((path for path in (os.environ.get("FAKETIME_LIB"), *LIBRARIES) if path and os.path.exists(path)), None)
    if library:
        os.environ.update(LD_PRELOAD=library, FAKETIME_TIMESTAMP_FILE=file, FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1")
