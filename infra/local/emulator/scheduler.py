"""EventBridge Scheduler as AWS runs it, where ministack 1.5.33 differs. Each correction names the behaviour of AWS.

Not corrected: universal targets, RetryPolicy, FlexibleTimeWindow, context attributes in Input. AWS fires within a minute
and at least once; here it is about a second, once.
"""

from __future__ import annotations

import json
import os
import re
import time
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from ministack.services import scheduler

AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
OTHER = re.compile(r"(rate|cron)\(.+\)")

_create, _update = scheduler._create_schedule, scheduler._update_schedule
_created: dict[tuple, tuple[str, str]] = {}


class _Zoned(str):
    """A schedule expression that remembers its time zone: ministack asks for the time of the expression alone."""

    zone = "UTC"


def _refuse(code: str, message: str, status: int = 400) -> tuple:
    return scheduler._error(status, code, message)


def _zoned(body: dict) -> dict:
    expression = _Zoned(body.get("ScheduleExpression") or "")
    expression.zone = body.get("ScheduleExpressionTimezone") or "UTC"
    return {**body, "ScheduleExpression": expression}


def at_time_epoch(expression: str) -> float | None:
    """`at()` is meant in ScheduleExpressionTimezone."""
    match = AT.fullmatch(expression)
    if not match:
        return None
    name = getattr(expression, "zone", "UTC")
    zone = timezone.utc if name == "UTC" else ZoneInfo(name)  # UTC without any time zone data on the machine
    return datetime.fromisoformat(match.group(1)).replace(tzinfo=zone).timestamp()


def _fault(body: dict) -> tuple | None:
    """Malformed expressions, unknown zones and a time in the past are refused."""
    expression = body["ScheduleExpression"]
    try:
        instant = at_time_epoch(expression)
    except (ValueError, KeyError, OSError) as error:
        return _refuse("ValidationException", f"Invalid Schedule Expression or timezone: {error}")
    if instant is None and not OTHER.fullmatch(expression):
        return _refuse("ValidationException", f"Invalid Schedule Expression {expression}.")
    if instant is not None and instant < time.time():
        return _refuse("ValidationException", f"Invalid Schedule Expression {expression}: the time is in the past.")
    return None


def create_schedule(name: str, body: dict) -> tuple:
    """The same ClientToken with the same content answers as the first time; with other content it is a conflict."""
    body = _zoned(body)
    if fault := _fault(body):
        return fault
    group = body.get("GroupName") or "default"
    scope = (scheduler.get_account_id(), scheduler.get_region(), f"{group}/{name}")
    token = body.pop("ClientToken", None)
    content = json.dumps(body, sort_keys=True)
    if token and f"{group}/{name}" in scheduler._schedules and _created.get(scope, ("", ""))[0] == token:
        if _created[scope][1] != content:
            return _refuse("ConflictException", "The client token was used with other parameters.", 409)
        return scheduler._json_resp(200, {"ScheduleArn": scheduler._schedule_arn(group, name)})
    answer = _create(name, body)
    if answer[0] == 200:
        _created[scope] = (token or "", content)
        scheduler._schedule_last_fired.pop(scope, None)  # a new schedule under an old name has not fired
    return answer


def update_schedule(name: str, body: dict) -> tuple:
    """The same checks as on creation; a schedule that was moved may fire again."""
    body = _zoned(body)
    if fault := _fault(body):
        return fault
    answer = _update(name, body)
    if answer[0] == 200:
        scope = (scheduler.get_account_id(), scheduler.get_region(), f"{body.get('GroupName') or 'default'}/{name}")
        scheduler._schedule_last_fired.pop(scope, None)
    return answer


def correct() -> None:
    """Puts the corrections in place of ministack's functions."""
    scheduler._create_schedule = create_schedule
    scheduler._update_schedule = update_schedule
    scheduler._at_time_epoch = at_time_epoch
    scheduler._SCHEDULE_TICK_INTERVAL = float(os.environ.get("SCHEDULER_TICK", "1"))
