"""How a schedule reaches a Lambda function on AWS, where ministack 1.5.33 differs; and invocations without a needless wait."""

from __future__ import annotations

import json

from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import eventbridge, lambda_svc

_invoke_target = eventbridge._invoke_target
_drain = ProvidedWorker._drain_stderr_bounded


def invoke_target(target: dict, event: dict, rule: dict, view: object = None) -> None:
    """Scheduler invokes a function asynchronously: Lambda retries twice and then uses the function's failure
    destination. A function that does not exist sends the input to the schedule's dead-letter queue."""
    arn = target.get("Arn", "")
    from_schedule = event.get("Source") == "aws.scheduler" and "FlexibleTimeWindow" in rule
    if not from_schedule or ":function:" not in arn:
        _invoke_target(target, event, rule, view)
        return
    payload = target.get("Input") or "{}"
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), json.loads(payload))
    elif queue := (target.get("DeadLetterConfig") or {}).get("Arn"):
        eventbridge._dispatch_to_sqs(eventbridge.parse_arn(queue), payload, {})


def drain_log(worker: ProvidedWorker, first_line_wait: float = 0.002) -> str:
    """A function that logs nothing answers at once. (ministack waits 50 ms for a first line; a later one is not lost,
    it appears with the next invocation.)"""
    return _drain(worker, first_line_wait=first_line_wait, idle_confirm=0.002)


def correct() -> None:
    """Puts the corrections in place of ministack's functions."""
    ProvidedWorker._drain_stderr_bounded = drain_log
    eventbridge._invoke_target = invoke_target
