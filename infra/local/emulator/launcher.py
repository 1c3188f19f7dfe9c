#!/usr/bin/env python3
"""Starts the AWS emulator of the local run: ministack 1.5.33, corrected where it departs from AWS in what Curfew relies on.

Settings, by environment:
  GATEWAY_PORT        loopback port to listen on (required)
  STATE_DIR           folder for everything that is written (required)
  AWS_ENDPOINT_URL_*  handed on to the Lambda functions, for services that are served elsewhere
  CLOCK_FILE          moves the clock, see clock.py
  SCHEDULER_TICK      seconds between two looks at the schedules (default 1)
  LOG_LEVEL           of the emulator (default INFO)
Everything else of the environment is dropped, so that no function can find a way to the real AWS.

The process ends, and every Lambda process with it, when its standard input ends: a driver that was killed leaves
nothing behind. It leads its own process group; kill that group to stop it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SUPPORTED = "1.5.33"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "RUST_LOG", "RUST_BACKTRACE", "CLOCK_FILE", "FAKETIME_LIB",
             "SCHEDULER_TICK", "LOG_LEVEL", "GATEWAY_PORT")


def refuse_other_versions() -> None:
    """Corrections replace functions by name: with any other version they could silently miss."""
    try:
        found = version("ministack")
    except PackageNotFoundError:
        found = "none"
    if found != SUPPORTED:
        sys.exit(f"launcher: needs ministack {SUPPORTED} exactly, found {found}; install requirements.txt")


def clean_environment() -> None:
    """ministack hands its whole environment to Lambda functions: keep what they need and close every way out."""
    port, folder = os.environ.get("GATEWAY_PORT"), os.environ.get("STATE_DIR")
    if not (port and port.isdecimal()) or not folder:
        sys.exit("launcher: set GATEWAY_PORT (a number) and STATE_DIR (a folder)")
    state = Path(folder).resolve()
    kept = {k: v for k, v in os.environ.items() if k in PASSED_ON or k.startswith("AWS_ENDPOINT_URL_")}
    folders = {"TMPDIR": state / "tmp", "HOME": state / "home", "STATE_DIR": state / "state", "S3_DATA_DIR": state / "s3"}
    for path in folders.values():
        path.mkdir(parents=True, exist_ok=True)
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update({name: str(path) for name, path in folders.items()})
    os.environ.update(
        # Loopback only. The IoT and SFTP listeners ignore BIND_HOST, so they stay off.
        BIND_HOST="127.0.0.1", IOT_MTLS_ENABLED="0", SFTP_ENABLED="0", MINISTACK_HOST="localhost",
        # ministack would clean up containers of its own; it has none.
        DOCKER_HOST=f"unix://{state}/no-docker", LAMBDA_EXECUTOR="local", LAMBDA_ACCOUNT_CONCURRENCY="100",
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
    )


def end_everything() -> None:
    """Ends this process and its Lambda children. Nothing is saved, so nothing needs a grace period."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def end_with_standard_input() -> None:
    """Waits, in a thread of its own, for the driver to go away."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        print("launcher: standard input ended, so everything ends", file=sys.stderr, flush=True)
        end_everything()

    threading.Thread(target=watch, name="standard-input", daemon=True).start()


def main() -> None:
    """Prepares the process, applies the corrections and serves until told to stop."""
    refuse_other_versions()
    clean_environment()
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    end_with_standard_input()

    # Imported late: ministack reads its settings while it is imported, and the clock must be in place by then.
    import clock

    clock.install()
    import lambda_targets
    import organizations
    import outside
    import scheduler
    import step_functions

    for service in (step_functions, scheduler, lambda_targets, organizations, outside):
        service.correct()
    from ministack.app import main as serve

    sys.argv = ["ministack"]
    try:
        serve()
    finally:
        end_everything()


if __name__ == "__main__":
    main()
