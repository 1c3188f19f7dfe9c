#!/usr/bin/env python3
"""Creates a sample organisation in the emulator from a JSON document and prints the account ids: {"name": "id", ...}.

The document:
  {"units": [{"name": "Workloads", "units": [{"name": "Production"}]}],
   "accounts": [{"name": "shop", "email": "shop@example.com", "unit": "Workloads/Production", "tags": {"team": "shop"}}]}
An account without `unit` stays in the root.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from aws import client, fail
from botocore.exceptions import BotoCoreError, ClientError


MAIL_DOMAIN = "example.com"


def create_units(organizations: Any, parent: str, units: list[dict], path: str = "") -> dict[str, str]:
    """Creates nested units; returns path → id."""
    ids = {}
    for unit in units:
        here = f"{path}/{unit['name']}".lstrip("/")
        answer = organizations.create_organizational_unit(ParentId=parent, Name=unit["name"])
        ids[here] = answer["OrganizationalUnit"]["Id"]
        ids |= create_units(organizations, ids[here], unit.get("units", []), here)
    return ids


def create_account(organizations: Any, root: str, units: dict[str, str], account: dict) -> str:
    """Creates one account and moves it to its unit; returns its id."""
    unit = account.get("unit")
    if unit is not None and unit not in units:
        fail(f"account {account['name']}: there is no unit {unit}")
    tags = [{"Key": key, "Value": value} for key, value in account.get("tags", {}).items()]
    status = organizations.create_account(Email=account["email"], AccountName=account["name"], Tags=tags)["CreateAccountStatus"]
    if status["State"] != "SUCCEEDED":
        fail(f"account {account['name']}: {status['State']} {status.get('FailureReason', '')}")
    if unit is not None:
        organizations.move_account(AccountId=status["AccountId"], SourceParentId=root, DestinationParentId=units[unit])
    return status["AccountId"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True, help="address of the emulator, such as http://127.0.0.1:4566")
    parser.add_argument("--organization", required=True, type=Path, help="the JSON document")
    arguments = parser.parse_args()
    try:
        wanted = json.loads(arguments.organization.read_text(encoding="utf-8"))
        organizations = client("organizations", arguments.endpoint)
        root = organizations.list_roots()["Roots"][0]["Id"]
        units = create_units(organizations, root, wanted.get("units", []))
        accounts = {account["name"]: create_account(organizations, root, units, account) for account in wanted["accounts"]}
        # The domain of all addresses: what SES does not know, it refuses. On AWS, DNS proves it.
        client("sesv2", arguments.endpoint).create_email_identity(EmailIdentity=MAIL_DOMAIN)
    except KeyError as missing:
        fail(f"{arguments.organization}: {missing} is missing")
    except (OSError, ValueError, BotoCoreError, ClientError) as error:
        fail(str(error))
    print(json.dumps(accounts, indent=2))


if __name__ == "__main__":
    main()
