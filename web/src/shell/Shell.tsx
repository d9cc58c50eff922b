import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useChangeSettings, useOwnPreferences } from "../api/change";
import { pageOf, useMe } from "../api/me";
import { Icon } from "../art";
import { Celebration } from "../celebrate/Celebration";
import { Takeover } from "../celebrate/Takeover";
import { useLiveState } from "../live/hooks";
import { choose } from "../theme";
import { Announcer } from "./Announcer";
import { AccountCorner, LeavingBanner } from "./Account";
import { AddressField } from "../ui/AddressField";
import { Dialog } from "../ui/Dialog";
import { useLastMiner, useTheme } from "../ui/hooks";
import { Brand, DemoLine } from "./Pool";
import "./shell.css";

export function Shell() {
  useFocusOnNewPage();
  useOwnPreferences();
  return (
    <>
      <Takeover />
      <a className="skip" href="#main">
        <Trans>Skip to the page</Trans>
      </a>
      <TopBar />
      <DemoLine />
      <LeavingBanner />
      <Plate />
      <main id="main" className="main" tabIndex={-1}>
        <Outlet />
      </main>
      <TabBar />
      <Celebration />
      <Announcer />
    </>
  );
}

/** After a change of page the reader, too, starts at its top. */
function useFocusOnNewPage() {
  const path = useLocation({ select: (at) => at.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    // It is that of the page the server was asked for, and what a telephone shares.
    document.querySelector('link[rel="canonical"]')?.remove();
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [path]);
}

function TopBar() {
  // Visitors have the landing page's own field; to somebody signed in it shows their tile instead.
  const me = useMe();
  const landing = useLocation({ select: (at) => at.pathname === "/" }) && me === null;
  return (
    <header className="topbar">
      <Brand />
      <nav className="topnav" aria-label={t`Pages`}>
        <Link to="/" activeOptions={{ exact: true, includeHash: true }}>
          <Trans>The wall</Trans>
        </Link>
        <Link to="/badges">
          <Trans>Badges</Trans>
        </Link>
        <Link to="/quests" className="topnav-roomy">
          <Trans>Quests</Trans>
        </Link>
        <Link to="/how-it-works">
          <Trans>How it works</Trans>
        </Link>
      </nav>
      <div className="topbar-end">
        {!landing && <AddressField look="bar" />}
        {!landing && <SearchDialog />}
        <ThemeSwitch />
        <AccountCorner />
      </div>
    </header>
  );
}

function ThemeSwitch() {
  const evening = useTheme() === "evening";
  const me = useMe();
  const change = useChangeSettings();
  function turn() {
    const theme = evening ? "day" : "evening";
    choose(theme);
    if (me) change.mutate({ theme });
  }
  return (
    <button
      type="button"
      className="icon-button"
      onClick={turn}
      aria-label={evening ? t`Switch to the light theme` : t`Switch to the dark theme`}
    >
      <Icon name={evening ? "sun" : "moon"} size={24} />
    </button>
  );
}

function SearchDialog() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog
      title={t`Find a miner`}
      className="dialog-search"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className="icon-button search-button" aria-label={t`Find a miner`}>
          <Icon name="search" size={24} />
        </button>
      }
    >
      <AddressField look="hero" autoFocus onDone={() => setOpen(false)} />
    </Dialog>
  );
}

/** Says that the page is not live, once it has not been for a moment. */
function Plate() {
  const state = useLiveState();
  const away = state === "reconnecting";
  return (
    <div className="plate-slot" role="status">
      {away && (
        <p className="plate-away">
          <Icon name="wifi-off" size={20} />
          <Trans>Reconnecting… This page may be a little out of date.</Trans>
        </p>
      )}
    </div>
  );
}

/** The router does not scroll to the part that the address names already. */
function showAgain(part: string) {
  if (location.hash === `#${part}`) document.getElementById(part)?.scrollIntoView();
}

function TabBar() {
  const last = useLastMiner();
  const me = useMe();
  const miner = me ? pageOf(me) : last;
  const here = { exact: true, includeHash: true, includeSearch: false };
  const own = { to: "/m/$address", params: { address: miner ?? "" }, activeOptions: here } as const;
  const wall = { to: "/", activeOptions: here } as const;
  return (
    <nav className="tabbar" aria-label={t`Tabs`}>
      <Link {...(miner ? { ...own, hash: "" } : { ...wall, hash: "find" })}>
        <Icon name="miner" size={24} />
        <span>
          <Trans>Miner</Trans>
        </span>
      </Link>
      <Link to="/badges">
        <Icon name="badge" size={24} />
        <span>
          <Trans>Badges</Trans>
        </span>
      </Link>
      <Link {...wall} hash="">
        <Icon name="wall" size={24} />
        <span>
          <Trans>Wall</Trans>
        </span>
      </Link>
      <Link
        {...(me
          ? { to: "/rewards" }
          : miner
            ? { ...own, hash: "rewards" }
            : { ...wall, hash: "just-now" })}
        onClick={() => showAgain(miner ? "rewards" : "just-now")}
      >
        <Icon name="rewards" size={24} />
        <span>
          <Trans>Rewards</Trans>
        </span>
      </Link>
    </nav>
  );
}
