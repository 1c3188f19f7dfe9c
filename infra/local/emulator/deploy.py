#!/usr/bin/env python3
"""Deploys the SAM template to the emulator the way `aws cloudformation package` and `deploy` would.

The template stays as it is, except that CodeUri and DefinitionUri point to what was uploaded. Progress goes to standard
error; the outputs of the stack go to standard output as one JSON object.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import yaml
from aws import client, fail
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

BUCKET = "curfew-artifacts"


class _Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's short tags into their long form."""


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)
# `2012-10-17` is a version, not a date.
_Loader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def zipped(binary: Path) -> bytes:
    """One function's package: the binary as executable `bootstrap`, stored without compression because it is read at once."""
    entry = zipfile.ZipInfo("bootstrap", date_time=(2000, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100755 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(entry, binary.read_bytes())
    return buffer.getvalue()


class Uploads:
    """Puts artifacts into the bucket, each under the hash of its content."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        s3.create_bucket(Bucket=BUCKET)

    def put(self, content: bytes, suffix: str) -> str:
        key = hashlib.sha256(content).hexdigest() + suffix
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return key


def package(template: dict, folder: Path, binaries: Path, uploads: Uploads) -> None:
    """Uploads what the template's functions and state machines need, and points them there."""
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            binary_name = resource.get("Metadata", {}).get("BuildProperties", {}).get("Binary")
            if not binary_name:
                fail(f"{name} names no binary: Metadata.BuildProperties.Binary is missing")
            binary = binaries / binary_name
            if not binary.is_file():
                fail(f"{name} needs the binary {binary}, which does not exist")
            properties["CodeUri"] = f"s3://{BUCKET}/{uploads.put(zipped(binary), '.zip')}"
            say(f"packaged {name}")
        elif resource["Type"] == "AWS::Serverless::StateMachine" and isinstance(properties.get("DefinitionUri"), str):
            definition = folder / properties["DefinitionUri"]
            if not definition.is_file():
                fail(f"{name} needs the definition {definition}, which does not exist")
            properties["DefinitionUri"] = {"Bucket": BUCKET, "Key": uploads.put(definition.read_bytes(), ".json")}


def apply(cloudformation: Any, stack: str, template_url: str, parameters: dict[str, str]) -> dict[str, str]:
    """Creates or updates the stack by a change set, waits for it and returns its outputs."""
    exists = stack_exists(cloudformation, stack)
    name = f"deploy-{time.time_ns()}"
    cloudformation.create_change_set(
        StackName=stack, ChangeSetName=name, ChangeSetType="UPDATE" if exists else "CREATE",
        # By way of S3, which takes 1 MB; a call takes 51,200 characters. `sam deploy` does the same.
        TemplateURL=template_url, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    pace = {"Delay": 1, "MaxAttempts": 120}
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(StackName=stack, ChangeSetName=name, WaiterConfig=pace)
    except WaiterError as error:
        reason = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name).get("StatusReason") or str(error)
        if "didn't contain changes" in reason:
            say("nothing has changed")
            return outputs_of(cloudformation, stack)
        fail(f"the change set failed: {reason}")
    cloudformation.execute_change_set(StackName=stack, ChangeSetName=name)
    say("deploying the stack")
    try:
        waiter = cloudformation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
        waiter.wait(StackName=stack, WaiterConfig=pace)
    except WaiterError:
        explain(cloudformation, stack)
    return outputs_of(cloudformation, stack)


def outputs_of(cloudformation: Any, stack: str) -> dict[str, str]:
    """The outputs of a deployed stack."""
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def stack_exists(cloudformation: Any, stack: str) -> bool:
    """Whether there is a stack to update; one that never got beyond its change set counts as missing."""
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] != "REVIEW_IN_PROGRESS"
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return False
        raise


def parsed_parameters(pairs: list[str], known: dict) -> dict[str, str]:
    """KEY=VALUE arguments as a mapping; only parameters that the template has."""
    parameters = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            fail(f"--parameter {pair}: expected KEY=VALUE")
        if key not in known:
            fail(f"--parameter {pair}: the template has no parameter {key}; it has {', '.join(known)}")
        parameters[key] = value
    return parameters


def explain(cloudformation: Any, stack: str) -> NoReturn:
    """Ends with the reasons that the stack's events give."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    events = [event for page in pages for event in page["StackEvents"]]
    reasons = [f"  {event['LogicalResourceId']}: {event['ResourceStatusReason']}" for event in reversed(events)
               if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")]
    status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    fail("\n".join([f"the stack ended as {status['StackStatus']} {status.get('StackStatusReason', '')}".rstrip(), *reasons]))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True, help="address of the emulator, such as http://127.0.0.1:4566")
    parser.add_argument("--template", required=True, type=Path)
    parser.add_argument("--binaries", required=True, type=Path, help="folder that holds the built functions")
    parser.add_argument("--stack", default="curfew")
    parser.add_argument("--parameter", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    try:
        template = yaml.load(arguments.template.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506, a SafeLoader
        parameters = parsed_parameters(arguments.parameter, template.get("Parameters", {}))
        uploads = Uploads(client("s3", arguments.endpoint))
        package(template, arguments.template.parent, arguments.binaries, uploads)
        key = uploads.put(json.dumps(template).encode(), ".template")
        url = f"{arguments.endpoint}/{BUCKET}/{key}"
        outputs = apply(client("cloudformation", arguments.endpoint), arguments.stack, url, parameters)
    except (OSError, yaml.YAMLError, BotoCoreError, ClientError) as error:
        fail(str(error))
    print(json.dumps(outputs, indent=2))


if __name__ == "__main__":
    main()
