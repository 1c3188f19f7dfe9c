"""What leaves Curfew: mails are written into a folder where people can read them; and records of the stream that a function
could not tell come again, as on AWS.

Each mail is a file `.eml`, which mail programs open, and one `.html`, which browsers do: `<number>-<receiver>-<subject>`.
"""

from __future__ import annotations

import email
import email.policy
import itertools
import os
import re
import threading
from pathlib import Path

from ministack.services import lambda_svc, ses_v2

_execute = lambda_svc._execute_function
_numbers = itertools.count(1)
_writing = threading.Lock()


def folder() -> Path:
    """`mail` beside the folder of the emulator."""
    return Path(os.environ["STATE_DIR"]).parent.parent / "mail"


def keep(source: str, to: list, mime: str) -> None:
    """Writes a mail down; nothing is sent anywhere."""
    message = email.message_from_string(mime, policy=email.policy.default)
    with _writing:
        folder().mkdir(parents=True, exist_ok=True)
        words = f"{to[0].partition('@')[0]}-{message['Subject']}"
        name = f"{next(_numbers):03}-{re.sub(r'[^A-Za-z0-9]+', '-', words)[:80].strip('-')}"
        (folder() / f"{name}.eml").write_text(mime, encoding="utf-8")
        page = message.get_body(("html",))
        if page is not None:
            (folder() / f"{name}.html").write_text(page.get_content(), encoding="utf-8")


def execute(function: dict, event: dict, *rest: object, **more: object) -> dict:
    """`ReportBatchItemFailures` counts for streams of DynamoDB, too. (ministack takes the batch for done. On AWS it comes
    again from the first failure on, here as a whole.)"""
    result = _execute(function, event, *rest, **more)
    records = event.get("Records") if isinstance(event, dict) else None
    if records and records[0].get("eventSource") == "aws:dynamodb" and not result.get("error"):
        body = result.get("body")
        if isinstance(body, dict) and body.get("batchItemFailures"):
            return {**result, "error": True, "body": {"errorType": "BatchItemFailures", "errorMessage": str(body)}}
    return result


def correct() -> None:
    """Puts the corrections in place of ministack's functions."""
    ses_v2._smtp_relay = keep
    lambda_svc._execute_function = execute
