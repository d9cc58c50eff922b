/** What this pool says of itself: its name, and whether its miners are real. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { configQuery } from "../api/queries";
import { Logo } from "../art";
import "./shell.css";

function useName(): string {
  return useQuery(configQuery).data?.name ?? t`The Bitcoin Game`;
}

/** The title of a page; a page without a name is the pool's landing page. */
export function Title({ of }: { of?: string }) {
  const name = useName();
  const title = of ? `${of} · ${name}` : t`${name}: a score for your home miner`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}

/** The name's place is kept while it is unknown: no other name flashes up first. */
export function Brand() {
  const name = useName();
  const waiting = useQuery(configQuery).isPending;
  return (
    <Link to="/" aria-label={name} className={waiting ? "brand serif waiting" : "brand serif"}>
      <Logo size={32} />
      <span>{name}</span>
    </Link>
  );
}

export function DemoLine() {
  if (!useQuery(configQuery).data?.demo) return null;
  return (
    <aside className="demo-line small" aria-label={t`About this demo`}>
      <Trans>
        <span className="strong">Simulated miners.</span> This is a demo: a program makes up the
        shares; no machine mines them.
      </Trans>
    </aside>
  );
}
