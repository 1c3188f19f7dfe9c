"""AWS Organizations as AWS answers, where ministack 1.5.33 differs."""

from __future__ import annotations

from ministack.services import organizations

_public_account = organizations._public_account


def public_account(account: dict) -> dict:
    """An account has `State`; its older `Status` was retired on 9 September 2026."""
    answer = _public_account(account)
    answer["State"] = answer.pop("Status", "ACTIVE")
    return answer


def correct() -> None:
    """Puts the correction in place of ministack's function."""
    organizations._public_account = public_account
