#!/usr/bin/env python3
"""Prints the plain CloudFormation that SAM makes of a template: cfn-lint checks less while the SAM transform is there.

Usage: expand.py TEMPLATE OUTPUT
"""

import json
import os
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform


class ManagedPolicies:
    """Stands in for the IAM look-up of managed policies; the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def main(source: str, target: str) -> None:
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # asked for, not called
    template = yaml_parse(Path(source).read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        # SAM wants packaged code. Where it lies does not matter to the checks.
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = "s3://bucket/code.zip"
        elif resource["Type"] == "AWS::Serverless::StateMachine":
            # In place, so that its functions and substitutions are checked too.
            properties["Definition"] = json.loads((Path(source).parent / properties.pop("DefinitionUri")).read_text(encoding="utf-8"))
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    expanded = transform(template, {}, ManagedPolicies())
    Path(target).write_text(json.dumps(expanded, indent=2), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
