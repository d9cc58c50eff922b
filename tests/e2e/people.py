"""People at a browser who sign in, and what the browser itself says of it."""

from __future__ import annotations

from itertools import count

from playwright.sync_api import Page, expect

from tbg.adapters.simulator import DemoKey, demo_key, sign_message
from tests import canary

UNKNOWN = r"status of 404 .*/api/v1/public/miners/"


OUT = r"status of 401 .*/api/v1/users/me"


CUT = r"WebSocket is closed before"
"""A page that is left while it still connects."""


numbers = count()


def new_key(kind: str = "p2wpkh") -> DemoKey:
    """The key of a new user, for an address of this kind."""
    seed = f"somebody {next(numbers)}"
    return next(key for index in count() if (key := demo_key(seed, index)).kind == kind)


def ask_message(page: Page, key: DemoKey) -> str:
    """Type the address; the message that is to be signed."""
    page.get_by_label("Address", exact=True).fill(key.address)
    page.get_by_role("button", name="Get the message").click()
    return page.get_by_label("The message to sign").inner_text()


def hand_in(page: Page, signature: str, action: str = "Sign in") -> None:
    """Paste a signature and send it."""
    canary.remember("a signature", "".join(signature.split()))
    page.get_by_label("Signature", exact=True).fill(signature)
    page.get_by_role("main").get_by_role("button", name=action).click()


def sign_in(page: Page, key: DemoKey) -> None:
    """From the sign-in page to wherever it leads."""
    hand_in(page, sign_message(key, ask_message(page, key)))
    expect(page.get_by_role("button", name="Your account")).to_be_visible()
