"""Step Functions as AWS runs it, where ministack 1.5.33 differs. Each correction names the behaviour of AWS.

Not corrected: RedriveExecution, the 25,000-event limit, names that stay taken for 90 days, TaskStarted events.
"""

from __future__ import annotations

import contextvars
import json
import random
import re
import threading
import time
from datetime import datetime, timezone
from typing import Any, Callable

from ministack.services import stepfunctions as sfn
from ministack.services.cloudformation import provisioners

Json = Any
LIMIT = 256 * 1024
NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
POLL = 0.05

_execution: contextvars.ContextVar[dict | None] = contextvars.ContextVar("execution", default=None)
_context: contextvars.ContextVar[dict | None] = contextvars.ContextVar("context", default=None)
_original = {name: getattr(sfn, name) for name in (
    "_execute_task", "_execute_pass", "_fail_execution", "_start_execution", "_stop_execution", "_run_execution",
    "_create_state_machine", "_update_state_machine", "_find_matching_retrier", "_send_task_success",
    "_send_task_failure", "_send_task_heartbeat")}
_cfn_definition = provisioners._sfn_definition


class _Stopped(BaseException):
    """Unwinds the thread of an execution that has ended. Not an error: Retry and Catch must not see it."""


def _refuse(code: str, message: str) -> tuple:
    return sfn.error_response_json(code, message, 400)


def _size(text: str | None) -> int:
    return len((text or "").encode())


# ---- Executions --------------------------------------------------------------------------------------------------


def start_execution(data: dict) -> tuple:
    """Same name and input as a running execution: the same answer again. Anything else under a used name:
    ExecutionAlreadyExists. Names and input are checked; input is limited to 256 KiB."""
    text = data.get("input") or "{}"
    if _size(text) > LIMIT:
        return _refuse("ValidationException", "Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144")
    try:
        json.loads(text)
    except ValueError:
        return _refuse("InvalidExecutionInput", "Invalid State Machine Execution Input: not valid JSON")
    name = data.get("name")
    if name is not None and not NAME.fullmatch(name):
        return _refuse("InvalidName", f"Invalid Name: '{name}'")
    machine = sfn._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    for known in sfn._executions.values() if machine and name else ():
        same = known["stateMachineArn"] == machine and known["name"] == name
        if same and known["status"] == "RUNNING" and known["input"] == text:
            return sfn.json_response({"executionArn": known["executionArn"], "startDate": known["startDate"]})
    return _original["_start_execution"]({**data, "input": text})


def stop_execution(data: dict) -> tuple:
    """StopExecution is final: the tokens of the execution are worth nothing any more."""
    answer = _original["_stop_execution"](data)
    stopped = sfn._executions.get(data.get("executionArn"))
    for token, task in list(sfn._task_tokens.items()):
        if task.get("execution") is stopped:
            sfn._task_tokens.pop(token, None)
    return answer


def fail_execution(execution: dict, error: str, cause: str) -> None:
    """An execution that has ended cannot fail afterwards."""
    if execution["status"] == "RUNNING":
        _original["_fail_execution"](execution, error, cause)


def run_execution(arn: str) -> None:
    """TimeoutSeconds of the whole state machine ends the execution as TIMED_OUT."""
    execution = sfn._executions.get(arn)
    if execution is None:
        return
    machine = sfn._state_machines.get(execution["stateMachineArn"]) or {}
    limit = json.loads(machine.get("definition") or "{}").get("TimeoutSeconds")
    execution["deadline"] = time.time() + limit if limit else None
    _execution.set(execution)
    try:
        _original["_run_execution"](arn)
    except _Stopped:
        pass


def _check_running() -> None:
    execution = _execution.get()
    if execution is None:
        return
    deadline = execution.get("deadline")
    if execution["status"] == "RUNNING" and deadline and time.time() >= deadline:
        execution.update(status="TIMED_OUT", stopDate=sfn.now_iso(), error="States.Timeout", cause=None)
        sfn._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        sfn._emit_execution_status_event(execution)
    if execution["status"] != "RUNNING":
        raise _Stopped


# ---- Tasks -------------------------------------------------------------------------------------------------------


def _limited(output: Json) -> Json:
    if _size(json.dumps(output, separators=(",", ":"))) > LIMIT:
        raise sfn._ExecutionError("States.DataLimitExceeded", "The state/task returned a result with a size exceeding the maximum number of bytes service limit.")
    return output


def execute_pass(state: dict, raw: Json, ctx: dict | None = None) -> tuple:
    """The output of a state is limited to 256 KiB."""
    output, following = _original["_execute_pass"](state, raw, ctx)
    return _limited(output), following


def execute_task(state: dict, raw: Json, execution: dict, ctx: dict) -> tuple:
    """TimeoutSecondsPath and HeartbeatSecondsPath count; the output is limited to 256 KiB, which no Catch sees."""
    _check_running()
    for field in ("TimeoutSeconds", "HeartbeatSeconds"):
        if path := state.get(field + "Path"):
            seconds = sfn._resolve_path(path, raw)
            if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:
                raise sfn._ExecutionError("States.Runtime", f"{field}Path {path} must be a positive integer, found {seconds!r}")
            state = {**state, field: seconds}
    _context.set(ctx)
    output, following = _original["_execute_task"](state, raw, execution, ctx)
    return _limited(output), following


def invoke_with_callback(resource: str, payload: Json, token: str, state: dict) -> Json:
    """An error of the invoked function fails the task at once, so that Retry and Catch run; TimeoutSeconds and
    HeartbeatSeconds count; each attempt has a task token of its own."""
    done = threading.Event()
    task: dict[str, Any] = {"event": done, "result": None, "error": None, "heartbeat": None, "execution": _execution.get()}
    sfn._task_tokens[token] = task
    failure: list[Exception] = []

    def invoke() -> None:
        try:
            sfn._invoke_resource(resource.replace(".waitForTaskToken", ""), payload)
        except sfn._ExecutionError as error:
            failure.append(error)
            done.set()

    threading.Thread(target=contextvars.copy_context().run, args=(invoke,), daemon=True).start()
    try:
        _wait_for_callback(task, state)
    except sfn._ExecutionError:
        _renew_token()
        raise
    finally:
        sfn._task_tokens.pop(token, None)
    if task["result"] is not None:
        return json.loads(task["result"])
    _renew_token()
    if task["error"]:
        raise sfn._ExecutionError(task["error"]["Error"], task["error"]["Cause"])
    raise failure[0]


def _wait_for_callback(task: dict, state: dict) -> None:
    beat, since_beat, seen = state.get("HeartbeatSeconds"), time.time(), None
    end = time.time() + state.get("TimeoutSeconds", 99_999_999)
    while not task["event"].wait(POLL):
        _check_running()
        if task["heartbeat"] != seen:
            seen, since_beat = task["heartbeat"], time.time()
        if time.time() >= end:
            raise sfn._ExecutionError("States.Timeout", "")
        if beat and time.time() - since_beat >= beat:
            raise sfn._ExecutionError("States.HeartbeatTimeout", "")


def _renew_token() -> None:
    ctx = _context.get()
    if ctx is not None and "Task" in ctx:
        ctx["Task"]["Token"] = sfn.new_uuid()


def find_matching_retrier(retriers: list, error: str, counts: dict) -> tuple:
    """MaxDelaySeconds caps the wait and JitterStrategy FULL spreads it. (ministack caps every wait at 60 s.)"""
    retrier, index = _original["_find_matching_retrier"](retriers, error, counts)
    if retrier is None:
        return retrier, index
    wait = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
    wait = min(wait, retrier.get("MaxDelaySeconds", wait))
    if retrier.get("JitterStrategy") == "FULL":
        wait = random.uniform(0, wait)
    return {**retrier, "IntervalSeconds": wait, "BackoffRate": 1.0}, index


def answering(original: Callable[[dict], tuple]) -> Callable[[dict], tuple]:
    """A token that was used, ran out or belongs to an ended execution: TaskTimedOut. No token at all: InvalidToken.
    Output that is no JSON or exceeds 256 KiB is refused and leaves the task waiting."""

    def answer(data: dict) -> tuple:
        token = data.get("taskToken") or ""
        if not TOKEN.fullmatch(token):
            return _refuse("InvalidToken", "Invalid Token: 'Invalid token'")
        task = sfn._task_tokens.get(token)
        if task is None or task["event"].is_set():
            return _refuse("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        if "output" in data:
            if _size(data["output"]) > LIMIT:
                return _refuse("ValidationException", "Value at 'output' failed to satisfy constraint: Member must have length less than or equal to 262144")
            try:
                json.loads(data["output"])
            except ValueError:
                return _refuse("InvalidOutput", "Invalid Output: not valid JSON")
        return original(data)

    return answer


# ---- Waiting -----------------------------------------------------------------------------------------------------


def scaled_sleep(seconds: float) -> None:
    """Waits end when the clock is moved over their end, and when the execution is stopped."""
    end = time.time() + seconds * sfn._SFN_WAIT_SCALE
    while (left := end - time.time()) > 0:
        _check_running()
        time.sleep(min(POLL, left))


def sleep_until(timestamp: str) -> None:
    """A timestamp is RFC 3339 with a zone; anything else fails the execution."""
    try:
        end = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    except ValueError:
        end = None
    if end is None or end.tzinfo is None:
        raise sfn._ExecutionError("States.Runtime", f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {timestamp}")
    scaled_sleep(max(0.0, end.timestamp() - time.time()))


def now_iso() -> str:
    """The time of the movable clock."""
    return datetime.fromtimestamp(time.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# ---- Definitions -------------------------------------------------------------------------------------------------


def _fault(definition: str) -> str | None:
    try:
        machine = json.loads(definition or "")
        return _missing_target(machine, "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"INVALID_JSON_DESCRIPTION: {error!r}"


def _missing_target(machine: dict, where: str) -> str | None:
    states = machine["States"]
    if machine["StartAt"] not in states:
        return f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {machine['StartAt']} at {where}/StartAt"
    for name, state in states.items():
        targets = [state.get("Next"), state.get("Default")] + [rule.get("Next") for rule in state.get("Choices", []) + state.get("Catch", [])]
        for target in targets:
            if target is not None and target not in states:
                return f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {where}/States/{name}"
        nested = state.get("Branches", []) + [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for index, inner in enumerate(nested):
            if fault := _missing_target(inner, f"{where}/States/{name}/{index}"):
                return fault
    return None


def checked(original: Callable[[dict], tuple]) -> Callable[[dict], tuple]:
    """A definition with a missing target is refused with InvalidDefinition."""

    def change(data: dict) -> tuple:
        fault = _fault(data["definition"]) if "definition" in data else None
        return _refuse("InvalidDefinition", f"Invalid State Machine Definition: '{fault}'") if fault else original(data)

    return change


def cfn_definition(properties: dict) -> str:
    """CloudFormation refuses such a definition too. (ministack's does not go through CreateStateMachine.)"""
    definition = _cfn_definition(properties)
    if fault := _fault(definition):
        raise ValueError(f"Invalid State Machine Definition: '{fault}'")
    return definition


def correct() -> None:
    """Puts the corrections in place of ministack's functions."""
    sfn._start_execution = start_execution
    sfn._stop_execution = stop_execution
    sfn._fail_execution = fail_execution
    sfn._run_execution = run_execution
    sfn._execute_task = execute_task
    sfn._execute_pass = execute_pass
    sfn._invoke_with_callback = invoke_with_callback
    sfn._find_matching_retrier = find_matching_retrier
    sfn._scaled_sleep = scaled_sleep
    sfn._sleep_until = sleep_until
    sfn.now_iso = now_iso
    for name in ("_send_task_success", "_send_task_failure", "_send_task_heartbeat"):
        setattr(sfn, name, answering(_original[name]))
    for name in ("_create_state_machine", "_update_state_machine"):
        setattr(sfn, name, checked(_original[name]))
    provisioners._sfn_definition = cfn_definition
