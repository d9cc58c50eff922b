"""How a change of an account looks: a notification to its owner only."""

from __future__ import annotations

from tbg.core.frames import Look, Notice, Presenters
from tbg.domains.accounts.events import AccountChanged
from tbg.domains.accounts.rules import short_address

_TITLES = {
    "session.reuse": "A copied session was ended",
    "address.link": "{} can sign in to your account now",
    "address.unlink": "{} was removed from your account",
    "api_key.make": "A new API key: {}",
    "handle.change": "Your handle was changed",
    "privacy.change": "What others see of you was changed",
    "account.export": "Your data was downloaded",
    "account.delete": "Your account will be deleted in a week",
    "account.restore": "Your account will not be deleted after all",
}


def _account_changed(event: AccountChanged) -> Look:
    about = event.about or ""
    subject = short_address(about) if event.action.startswith("address.") else about
    return Look(
        notice=Notice(
            "accounts",
            "account_changed",
            _TITLES[event.action].format(subject),
            "If this was not you, sign out everywhere and look at your addresses.",
            "/settings/activity",
            "View Activity",
            {"action": event.action, "about": subject},
        )
    )


PRESENTERS: Presenters = {AccountChanged: _account_changed}
