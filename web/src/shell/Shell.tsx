import { Dialog } from "@base-ui/react/dialog";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useChangeSettings, useOwnPreferences } from "../api/change";
import { pageOf, useMe } from "../api/me";
import { Icon } from "../art";
import { Celebration } from "../celebrate/Celebration";
import { useLiveState } from "../live/hooks";
import { choose } from "../theme";
import { AccountCorner, LeavingBanner } from "./Account";
import { AddressField } from "../ui/AddressField";
import { useLastMiner, useTheme } from "../ui/hooks";
import { Brand, DemoLine } from "./Pool";
import "./shell.css";

export function Shell() {
  useFocusOnNewPage();
  useOwnPreferences();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
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
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [path]);
}

function TopBar() {
  const landing = useLocation({ select: (at) => at.pathname === "/" });
  return (
    <header className="topbar">
      <Brand />
      <nav className="topnav" aria-label="Pages">
        <Link to="/" activeOptions={{ exact: true, includeHash: true }}>
          The wall
        </Link>
        <Link to="/badges">Badges</Link>
        <Link to="/" hash="how" activeOptions={{ includeHash: true }}>
          How it works
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
      aria-label={evening ? "Switch to the light theme" : "Switch to the dark theme"}
    >
      <Icon name={evening ? "sun" : "moon"} size={24} />
    </button>
  );
}

function SearchDialog() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className="icon-button search-button" aria-label="Find a miner">
        <Icon name="search" size={24} />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className="dialog dialog-search">
          <Dialog.Close className="icon-button dialog-close" aria-label="Close">
            <Icon name="close" size={24} />
          </Dialog.Close>
          <Dialog.Title className="dialog-title">Find a miner</Dialog.Title>
          <AddressField look="hero" autoFocus onDone={() => setOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
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
          Reconnecting… This page may be a little out of date.
        </p>
      )}
    </div>
  );
}

function TabBar() {
  const last = useLastMiner();
  const me = useMe();
  const miner = me ? pageOf(me) : last;
  const here = { exact: true, includeHash: true, includeSearch: false };
  const own = { to: "/m/$address", params: { address: miner ?? "" }, activeOptions: here } as const;
  const wall = { to: "/", activeOptions: here } as const;
  return (
    <nav className="tabbar" aria-label="Tabs">
      <Link {...(miner ? { ...own, hash: "" } : { ...wall, hash: "find" })}>
        <Icon name="miner" size={24} />
        <span>Miner</span>
      </Link>
      <Link to="/badges">
        <Icon name="badge" size={24} />
        <span>Badges</span>
      </Link>
      <Link {...wall} hash="">
        <Icon name="wall" size={24} />
        <span>Wall</span>
      </Link>
      <Link {...(miner ? { ...own, hash: "rewards" } : { ...wall, hash: "just-now" })}>
        <Icon name="rewards" size={24} />
        <span>Rewards</span>
      </Link>
    </nav>
  );
}
