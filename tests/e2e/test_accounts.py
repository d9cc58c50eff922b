"""Signing in with an address, and managing the account afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tbg.adapters.simulator import DEMO_SEED, DemoKey, demo_key, sign_message
from tests import canary
from tests.e2e.audit import SMALL_TARGETS
from tests.e2e.conftest import Open, live, readers, settled
from tests.e2e.fit import broken, crowded, faint, resize
from tests.e2e.game import Game, share
from tests.e2e.people import CUT, OUT, UNKNOWN, ask_message, hand_in, new_key, numbers, sign_in
from tests.e2e.tabs import Tabs
from tests.e2e.town import Town

REFUSED = r"status of (401|409|422) .*/api/v1/(auth/(verify|refresh)|users/me)"
"""The browser's own word for a signature or a wish that was refused."""


@dataclass
class Person:
    """A signed-in user in their browser."""

    page: Page
    key: DemoKey


@pytest.fixture(autouse=True, scope="module")
def after_the_town(town: Town) -> None:
    """The town counts its people when it is settled; newcomers wait until then."""


@pytest.fixture
def person(open_page: Open, game: Game) -> Person:
    """Somebody who mined a share and signed in."""
    key = new_key()
    game.mine(share(key.address), miner=key.address)
    page = open_page("/sign-in", quiet=True, allowed=(REFUSED, UNKNOWN, OUT, CUT))
    sign_in(page, key)
    return Person(page, key)


def test_the_canary_knows_the_browsers_secrets(browser: Tabs, game: Game) -> None:
    with readers(browser, game) as begin:
        page = begin("/sign-in", allowed=(REFUSED, OUT, CUT))
        sign_in(page, new_key())
        (proof,) = [c["value"] for c in page.context.cookies() if c["name"] == "tbg_csrf"]
        assert canary.leaks(proof) == []
    assert canary.leaks(proof) == [f"a cookie ({proof[:12]}…)"]


def test_signing_in_by_hand_returns_to_the_requested_page(open_page: Open) -> None:
    key = new_key()
    page = open_page("/settings/privacy", allowed=(REFUSED,))
    expect(page).to_have_url(re.compile(r"/sign-in\?back=%2Fsettings%2Fprivacy$"))
    message = ask_message(page, key)
    assert f": sign in as {key.address}. " in message
    page.get_by_role("button", name="Show as QR code").click()
    expect(page.get_by_role("img", name="QR code of the message")).to_be_visible()

    hand_in(page, "not a signature")
    expect(page.locator(".step-form .field-error")).to_contain_text("Sign the whole message")
    signature = sign_message(key, message)
    hand_in(page, f" {signature[:40]}\n{signature[40:]} ")
    expect(page).to_have_url(re.compile("/settings/privacy$"))
    expect(page.get_by_role("switch", name="My page is public")).to_be_checked()


CAMERA = """() => {
  const drawn = document.querySelector('.art-qr path').getAttribute('d');
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 640;
  const context = canvas.getContext('2d');
  const side = document.querySelector('.art-qr').viewBox.baseVal.width;
  context.fillStyle = '#ddd';
  context.fillRect(0, 0, 640, 640);
  context.setTransform(540 / side, 30 / side, -30 / side, 540 / side, 60, 40);
  context.fillStyle = '#222';
  setInterval(() => context.fill(new Path2D(drawn)), 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
}"""
"""A camera that is held, a little askew, before the code on the page."""


def test_a_code_is_scanned_without_a_built_in_reader(open_page: Open) -> None:
    page = open_page("/badges", allowed=(REFUSED,), own=True)
    page.add_init_script("delete window.BarcodeDetector")
    page.goto(page.url.replace("/badges", "/sign-in"))
    message = ask_message(page, new_key())
    page.get_by_role("button", name="Show as QR code").click()
    page.evaluate(CAMERA)
    page.get_by_role("button", name="Scan it").click()
    expect(page.get_by_label("Signature", exact=True)).to_have_value(message)
    expect(page.get_by_role("dialog")).to_have_count(0)
    # It was handed in at once, and is no signature.
    expect(page.locator(".step-form .field-error")).to_contain_text("Sign the whole message")


def test_a_message_that_is_too_old_is_replaced(open_page: Open) -> None:
    key = new_key()
    page = open_page("/badges", own=True)
    page.clock.install()
    page.get_by_role("link", name="Sign in").click()
    first = ask_message(page, key)
    expect(page.get_by_role("timer")).to_contain_text(re.compile("^(5:00|4:5)"))
    page.clock.fast_forward(301_000)
    expect(page.get_by_text("This message can no longer be used.")).to_be_visible()
    expect(page.get_by_label("Signature", exact=True)).to_have_count(0)
    page.get_by_role("button", name="New message").click()
    expect(page.get_by_label("Signature", exact=True)).to_be_visible()
    second = page.get_by_label("The message to sign").inner_text()
    assert second != first
    hand_in(page, sign_message(key, second))
    expect(page).to_have_url(re.compile(r"/welcome\?back=%2Fbadges$"))
    page.get_by_role("button", name="Back to where I was").click()
    expect(page).to_have_url(re.compile("/badges$"))


def test_a_message_outlives_the_page_that_a_phone_drops(open_page: Open, game: Game) -> None:
    key = new_key()
    page = open_page("/sign-in", width=390, height=844, allowed=(REFUSED, UNKNOWN, CUT))
    message = ask_message(page, key)
    page.reload()
    shown = page.get_by_label("The message to sign")
    expect(shown).to_have_text(message)
    expect(page.get_by_role("timer")).to_contain_text(re.compile("^4:"))
    page.get_by_role("button", name="Another address").click()
    expect(page.get_by_label("Address", exact=True)).to_have_value(key.address)
    page.reload()
    message = ask_message(page, key)
    page.reload()
    hand_in(page, sign_message(key, message))
    expect(page).to_have_url(re.compile("/welcome$"))
    page.goto(f"{game.url}/sign-in")  # what was used is kept no longer
    expect(page.get_by_label("Address", exact=True)).to_be_visible()
    expect(shown).to_have_count(0)


UNISAT = """
const refused = why => Promise.reject(new Error(why));
window.unisat = {
  requestAccounts: async () => [payment],
  signMessage: (text, kind) => kind === 'bip322-simple' ? signHere(payment, text) : refused(kind),
};
"""
XVERSE = """
const answer = result => ({jsonrpc: '2.0', id: 1, result});
const accounts = [{address: payment, publicKey: '', purpose: 'payment', addressType: 'p2wpkh'},
                  {address: ordinals, publicKey: '', purpose: 'ordinals', addressType: 'p2tr'}];
window.XverseProviders = {BitcoinProvider: {request: async (method, wish) => {
  if (method === OLD) return {jsonrpc: '2.0', id: 1, error: {code: -32601, message: 'Not found'}};
  if (method === 'wallet_connect' && wish.addresses.includes('payment'))
    return answer({id: 'x', addresses: accounts, walletType: 'software'});
  if (method === 'getAccounts' && wish.purposes.includes('payment')) return answer(accounts);
  if (method === 'signMessage') {
    const {address, message} = wish;
    const signature = await signHere(address, message);
    return answer({signature, address, messageHash: '', protocol: 'BIP322'});
  }
  return {jsonrpc: '2.0', id: 1, error: {code: -32602, message: 'Invalid params'}};
}}};
"""
LEATHER = """
const of = {p2wpkh: payment, p2tr: ordinals};
window.LeatherProvider = {request: async (method, wish) => {
  const answer = result => ({jsonrpc: '2.0', id: 'x', result});
  if (method === 'getAddresses') return answer({addresses: [
    {symbol: 'BTC', type: 'p2wpkh', address: payment, publicKey: ''},
    {symbol: 'BTC', type: 'p2tr', address: ordinals, publicKey: ''},
    {symbol: 'STX', address: 'SP000000000000000000002Q6VF78'},
  ]});
  if (method === 'signMessage' && wish.network === 'mainnet') {
    const address = of[wish.paymentType];
    const signature = await signHere(address, wish.message);
    return answer({signature, address, message: wish.message});
  }
  throw {error: {code: -32602, message: 'Invalid params'}};
}};
"""
"""The wallets' interfaces, as far as they are asked; keys of ours sign."""


@pytest.mark.parametrize(
    ("name", "interface", "use"),
    [
        ("UniSat", UNISAT, None),
        ("Xverse", f"const OLD = '';{XVERSE}", "payment"),
        ("Xverse", f"const OLD = 'wallet_connect';{XVERSE}", "ordinals"),
        ("Leather", LEATHER, "payment"),
        ("Leather", LEATHER, "ordinals"),
    ],
    ids=["UniSat", "Xverse", "an older Xverse", "Leather", "Leather by taproot"],
)
def test_a_wallet_in_the_browser_needs_a_click_and_its_address(
    open_page: Open, name: str, interface: str, use: str | None
) -> None:
    payment, ordinals = new_key("p2wpkh"), new_key("p2tr")
    keys = {key.address: key for key in (payment, ordinals)}
    page = open_page("/badges", allowed=(UNKNOWN, CUT), own=True)
    page.expose_function("signHere", lambda who, message: sign_message(keys[who], message))
    page.add_init_script(
        f"{{const payment = '{payment.address}', ordinals = '{ordinals.address}';{interface}}}"
    )
    page.goto(page.url.replace("/badges", "/sign-in"))
    page.get_by_role("button", name=f"Use {name}").click()
    if use is not None:
        page.locator("button.pick").filter(has_text=use).click()
    mine = ordinals if use == "ordinals" else payment
    expect(page).to_have_url(re.compile("/welcome$"))
    expect(page.get_by_role("button", name="Your account")).to_be_visible()
    page.get_by_role("link", name="To my page").click()
    expect(page).to_have_url(re.compile(f"/m/{mine.address}$"))


def test_a_profile_is_shown_and_hidden_as_set(person: Person, open_page: Open, game: Game) -> None:
    page, name = person.page, f"axe-{next(numbers)}-north"
    page.goto(f"{game.url}/settings/profile")
    page.get_by_label("Handle", exact=True).fill("a b")
    expect(page.get_by_text("No spaces, please")).to_be_visible()
    page.get_by_label("Handle", exact=True).fill("admin")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field .field-error").first).to_contain_text("reserved")
    page.get_by_label("Handle", exact=True).fill(name)
    page.get_by_label("Country").select_option("CH")
    page.get_by_label("About you").fill("Two boards in a cold garage.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()

    page.goto(f"{game.url}/settings/privacy")
    page.get_by_role("radio", name="Not at all").click()
    expect(page.get_by_role("radio", name="Not at all")).to_be_checked()
    seen = page.get_by_role("group", name="How others see you")
    expect(seen).to_contain_text(name)
    expect(seen).to_contain_text("If you find a block, the blockchain shows your address")
    expect(page.get_by_text("Saved")).to_be_visible()
    other = open_page("/", allowed=(UNKNOWN,))
    other.get_by_label("Address or handle of a miner").first.fill(name)
    other.get_by_role("button", name="Show my miner").click()
    expect(other.get_by_role("heading", level=1)).to_have_text(name)
    expect(other.get_by_text("Switzerland")).to_be_visible()
    expect(other.get_by_text("Two boards in a cold garage.")).to_be_visible()
    share_it = f"Share {name}"
    expect(other.get_by_role("button", name=share_it)).to_be_visible()
    live(other)
    game.mine(share(person.key.address, sdiff=3e6), miner=name)
    expect(other.locator("#rewards")).to_contain_text("Million Club")
    assert person.key.address not in other.content()

    page.get_by_role("switch", name="My page is public").click()
    expect(page.get_by_text("Nothing: only you can see your page")).to_be_visible()
    expect(page.locator(".saved.done")).to_be_visible()
    closed = open_page(f"/m/{name}", allowed=(UNKNOWN,))
    expect(closed.get_by_role("heading", name="No miner by that name")).to_be_visible()
    page.goto(f"{game.url}/m/{name}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text("Switzerland")).to_be_visible()
    expect(page.get_by_role("button", name=share_it)).to_have_count(0)


def sign_as(page: Page, key: DemoKey, action: str) -> None:
    """By hand, with an address that is offered: the message, and its signature."""
    steps = page.locator(".steps")
    steps.locator("button.pick").filter(has_text=key.address[-4:]).click()
    message = page.get_by_label("The message to sign").inner_text()
    hand_in(page, sign_message(key, message), action)


def link_and_unite(page: Page, game: Game, own: DemoKey, other: DemoKey, *, shares: int) -> None:
    """Link an address that has mined: the two have so many shares together, on either page.

    Its page was private, so both are, until their owner decides otherwise.
    """
    game.rows(
        """
        UPDATE users SET profile_public = false
        WHERE id = (SELECT user_id FROM user_addresses WHERE address = $1)
        """,
        other.address,
    )
    page.goto(f"{game.url}/settings/addresses")
    expect(page.get_by_text("if either page is private, so is yours afterwards")).to_be_visible()
    page.get_by_role("button", name="Link an address").click()
    page.get_by_label("Address", exact=True).fill(other.address)
    page.get_by_role("button", name="Continue").click()
    sign_as(page, own, "Approve")
    sign_as(page, other, "Link this address")
    told = page.get_by_text("Linked. Its totals are now part of yours. Your page is private now")
    expect(told).to_be_visible()
    expect(page.locator(".row")).to_have_count(2)
    page.goto(f"{game.url}/settings/privacy")
    public = page.get_by_role("switch", name="My page is public")
    expect(public).not_to_be_checked()
    public.click()
    expect(page.locator(".saved.done")).to_be_visible()
    first = game.ask(f"/public/miners/{other.address}")["address"]
    assert first != other.address
    for address in (first, other.address):
        assert game.ask(f"/public/miners/{address}")["stats"]["shares_accepted"] == shares
        page.goto(f"{game.url}/m/{address}")
        sums = page.locator(".hashrate-sums div")
        accepted = sums.filter(has_text="Shares accepted").locator("dd")
        expect(accepted).to_have_text(str(shares))


def make_and_revoke_a_key(page: Page, game: Game) -> None:
    """A key is shown once, and gone when it is revoked."""
    page.goto(f"{game.url}/settings/api-keys")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("Give it a name")).to_be_visible()
    page.get_by_label("It may").select_option(label="Read, and change my workers")
    expect(page.get_by_label("It may")).to_have_accessible_description(
        re.compile("keys cannot change anything yet")
    )
    page.get_by_label("It may").select_option(label="Read my data")
    page.get_by_label("Name").fill("hall display")
    page.get_by_role("button", name="Make the key").click()
    dialog = page.get_by_role("dialog", name="Your new key")
    expect(dialog.locator(".secret")).to_have_text(re.compile("^tbg_"))
    dialog.get_by_role("button", name="I have it").click()
    expect(dialog).to_have_count(0)
    page.reload()
    assert "tbg_" not in page.get_by_role("main").inner_text()
    page.get_by_role("button", name="Revoke hall display").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("No keys.")).to_be_visible()


def remove_an_address(page: Page, game: Game, own: DemoKey, other: DemoKey) -> None:
    """A merged address is removed with a signature by one that stays; it is in the list."""
    page.goto(f"{game.url}/settings/addresses")
    page.get_by_role("button", name=f"Remove {other.address}").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name=f"Remove {other.address}").click()
    sign_as(page, own, "Remove the address")
    expect(page.get_by_text("is no longer linked")).to_be_visible()
    expect(page.locator(".row")).to_have_count(1)
    page.goto(f"{game.url}/settings/activity")
    rows = page.locator(".row")
    expect(rows.first).to_contain_text("was removed")
    expect(rows.filter(has_text="was linked")).to_have_count(1)


def take_along_leave_and_stay(page: Page, game: Game, own: DemoKey) -> None:
    """Export, delete, and cancel the deletion."""
    page.goto(f"{game.url}/settings/data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    assert download.value.suggested_filename.endswith(".zip")
    page.get_by_role("button", name="Delete my account").click()
    sign_as(page, own, "Delete it in a week")
    told = re.compile(r"Your account will be deleted on \d+ [A-Z][a-z]+")
    expect(page.get_by_role("main").get_by_role("status").filter(has_text=told)).to_be_visible()
    page.goto(f"{game.url}/badges")
    expect(page.get_by_role("region", name="Your account")).to_contain_text(told)
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_role("region", name="Your account")).to_have_count(0)


def test_a_player_manages_their_account(person: Person, game: Game) -> None:
    other = new_key()
    game.mine(share(other.address), share(other.address), miner=other.address)
    link_and_unite(person.page, game, person.key, other, shares=1 + 2)
    make_and_revoke_a_key(person.page, game)
    remove_an_address(person.page, game, person.key, other)
    take_along_leave_and_stay(person.page, game, person.key)


@pytest.fixture(scope="module")
def demo(game: Game) -> Iterator[Game]:
    """The same game as an API of its own, at which demo miners sign in with a click."""
    demo = game.another(TBG_DEMO="true")
    demo.start("serve")
    yield demo
    demo.stop()


@pytest.mark.parametrize(
    ("width", "height", "miners"), [(390, 844, (0, 1)), (1440, 1000, (2, 3))],
    ids=["on a phone", "on a desk"],
)  # fmt: skip
def test_a_demo_miner_completes_every_step(
    browser: Tabs, game: Game, demo: Game, width: int, height: int, miners: tuple[int, int]
) -> None:
    one, other = (demo_key(DEMO_SEED, index) for index in miners)
    for key in (one, other):
        game.mine(share(key.address), miner=key.address)
    with readers(browser, demo) as begin:
        allowed = (REFUSED, UNKNOWN, OUT, CUT)
        page = begin("/sign-in", width=width, height=height, quiet=True, allowed=allowed)
        page.locator("button.pick").filter(has_text=one.address[-4:]).click()
        expect(page).to_have_url(re.compile("/welcome$"))
        link_and_unite(page, demo, one, other, shares=1 + 1)
        page.goto(f"{demo.url}/settings/profile")
        page.get_by_label("Handle", exact=True).fill(f"stoker-{width}")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved")).to_be_visible()
        assert demo.ask(f"/public/miners/stoker-{width}")["handle"] == f"stoker-{width}"
        make_and_revoke_a_key(page, demo)
        take_along_leave_and_stay(page, demo, one)


def test_tabs_renew_an_old_session_together_and_leave_it_together(
    person: Person, game: Game
) -> None:
    page = person.page
    renewals: list[str] = []
    page.context.on(
        "request", lambda asked: renewals.append(asked.url) if "refresh" in asked.url else None
    )
    page.context.clear_cookies(name=re.compile("access"))
    page.goto(f"{game.url}/settings/sessions")
    expect(page.get_by_text("this device")).to_be_visible()
    other = page.context.new_page()
    page.context.clear_cookies(name="tbg_renewed")  # long ago
    page.goto("about:blank")
    page.context.clear_cookies(name=re.compile("access"))
    renewals.clear()
    for tab in (page, other):
        tab.goto(f"{game.url}/settings/sessions", wait_until="commit")
    for tab in (page, other):
        expect(tab.get_by_text("this device")).to_be_visible()
    assert len(renewals) == 1

    page.get_by_role("button", name="Your account").press("Enter")
    page.get_by_role("menuitem", name="Sign out").press("Enter")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(other).to_have_url(re.compile("/sign-in"))


def test_the_sign_in_page_reports_a_copied_session(person: Person, game: Game) -> None:
    page, key = person.page, person.key
    page.goto(f"{game.url}/settings/sessions")
    expect(page.get_by_text("this device")).to_be_visible()  # else what it still asks renews them
    old = next(c for c in page.context.cookies() if "refresh" in c.get("name", ""))
    page.context.clear_cookies(name=re.compile("access"))
    page.reload()
    expect(page.get_by_text("this device")).to_be_visible()
    # Somebody brings the token that this browser has just exchanged; here it goes on until it asks.
    page.context.clear_cookies(name=re.compile("refresh|access"))
    page.context.add_cookies([old])  # type: ignore[list-item]
    page.reload()
    expect(page).to_have_url(re.compile("/sign-in"))
    why = page.get_by_role("status").filter(has_text="used in two places")
    expect(why).to_be_visible()
    sign_in(page, key)
    expect(page).to_have_url(re.compile("/settings/sessions$"))
    ended = page.get_by_role("region", name="Ended in the last 30 days")
    expect(ended.get_by_text("maybe copied")).to_be_visible()
    page.goto(f"{game.url}/sign-in")
    expect(page.get_by_role("region", name="You are signed in as")).to_be_visible()
    expect(why).to_have_count(0)


SECTIONS = ("profile", "privacy", "addresses", "preferences", "sessions", "activity", "api-keys",
            "data")  # fmt: skip


@pytest.fixture(scope="module")
def inside(browser: Tabs, game: Game) -> Iterator[Page]:
    """A page of somebody signed in, for all that is asked of every settings page."""
    with readers(browser, game) as open_page:
        page = open_page("/sign-in", quiet=True, allowed=(UNKNOWN, CUT))
        sign_in(page, new_key())
        yield page


def test_preferences_offer_no_notification_while_none_is_sent(inside: Page, game: Game) -> None:
    inside.goto(f"{game.url}/settings/preferences")
    expect(inside.get_by_role("region", name="Appearance and units")).to_be_visible()
    expect(inside.get_by_role("switch")).to_have_count(1)
    expect(inside.get_by_role("switch", name="Use freezes")).to_be_visible()


def test_freezes_stay_switched_off_after_a_reload(inside: Page, game: Game) -> None:
    inside.goto(f"{game.url}/settings/preferences")
    freezes = inside.get_by_role("switch", name="Use freezes")
    expect(freezes).to_be_checked()
    freezes.click()
    expect(inside.get_by_role("region", name="Streak")).to_contain_text("Saved")
    inside.reload()
    expect(freezes).not_to_be_checked()
    inside.goto(f"{game.url}/rewards/streak")
    expect(inside.get_by_text("0 of 2, switched off")).to_be_visible()


@pytest.mark.parametrize("section", ["", *SECTIONS])
def test_every_settings_page_fits_and_can_be_read_and_hit(
    inside: Page, game: Game, section: str
) -> None:
    resize(inside, 1440)
    inside.goto(f"{game.url}/settings/{section}")
    settled(inside)
    assert crowded(inside) == []
    inside.evaluate("() => { document.documentElement.style.fontSize = '100%' }")
    assert faint(inside) == []
    assert broken(inside) == []
    resize(inside, 390)
    assert inside.evaluate(SMALL_TARGETS) == []
