"""Clients of the emulator for the scripts beside it. They can reach nothing else: address and keys are given here."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from botocore.config import Config
from botocore.session import Session


def client(service: str, endpoint: str) -> Any:
    """A client that talks to the emulator only, whatever the environment says."""
    if not endpoint.startswith("http://127.0.0.1:"):
        fail(f"--endpoint {endpoint}: only http://127.0.0.1:<port> is allowed here")
    return Session().create_client(
        service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 3}, s3={"addressing_style": "path"}, proxies={}),
    )


def fail(text: str) -> NoReturn:
    """Ends the script with one message."""
    sys.exit(f"{sys.argv[0].rsplit('/', 1)[-1].removesuffix('.py')}: {text}")
