/** Small pieces that every page is laid from. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Refusal } from "../api/client";
import { Icon } from "../art";
import { ago, fullTime, isName, type Quantity, shortAddress } from "../format";
import { useLiveState } from "../live/hooks";
import { useNow } from "./clock";
import { copyText } from "./copy";
import { said } from "./form";
import { type Section, Why } from "./Why";

interface PanelProps {
  title: string;
  aside?: ReactNode;
  className?: string;
  id?: string;
  /** The section of "How it works" that explains what is in it. */
  why?: Section;
  children: ReactNode;
}

/** One tile of the page, with its heading. */
export function Panel({ title, aside, className = "", id, why, children }: PanelProps) {
  const heading = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={heading} id={id}>
      <header className="panel-head">
        {why === undefined ? (
          <h2 id={heading}>{title}</h2>
        ) : (
          <div className="panel-title">
            <h2 id={heading}>{title}</h2>
            <Why of={why} />
          </div>
        )}
        {aside !== undefined && <div className="panel-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** More digits than fit beside anything: somebody wanted them all. */
const LONG = 9;

/** A standing figure with its unit; a changed value fades in, nothing rolls. */
export function Figure({ of, label, className = "" }: FigureProps) {
  return (
    <p className={`figure ${className}`}>
      <span className={of.value.length > LONG ? "num long" : "num"} key={of.value}>
        {of.value}
      </span>
      {of.unit && <span className="unit"> {of.unit}</span>}
      {label && <span className="figure-label">{label}</span>}
    </p>
  );
}

interface FigureProps {
  of: Quantity;
  label?: ReactNode;
  className?: string;
}

export function Time({ at, prefix = "" }: { at: string; prefix?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={fullTime(at)}>
      {prefix + ago(at, now)}
    </time>
  );
}

/** An address, or the handle that stands for it. */
export function Address({ of }: { of: string }) {
  if (isName(of)) return <span className="wrap">{of}</span>;
  return (
    <span className="mono" title={of}>
      <span aria-hidden="true">{shortAddress(of)}</span>
      <span className="sr-only">{of}</span>
    </span>
  );
}

interface CopyButtonProps {
  text: string;
  label: string;
  /** What the label says is enough where the text is long or secret. */
  spoken?: string;
}

export function CopyButton({ text, label, spoken = `${label} ${text}` }: CopyButtonProps) {
  const [done, setDone] = useState<"copied" | "failed" | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  async function copy() {
    let result: "copied" | "failed" = "copied";
    try {
      await copyText(text);
    } catch {
      result = "failed"; // No permission; what would be copied is in sight.
    }
    setDone(result);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setDone(null), 2500);
  }
  const said = { copied: t`Copied`, failed: t`Could not copy` };
  return (
    <button type="button" className="copy" onClick={copy} aria-label={spoken}>
      <Icon name={done === "copied" ? "check" : "copy"} size={20} />
      <span aria-hidden="true">{done ? said[done] : label}</span>
      <span className="sr-only" role="status">
        {done && said[done]}
      </span>
    </button>
  );
}

/** Alive or not: the dot is filled or hollow, and the word says it too. */
export function Online({ on, children }: { on: boolean; children: ReactNode }) {
  return (
    <span className={on ? "online" : "online off"}>
      <span className="dot" aria-hidden="true" />
      {children}
    </span>
  );
}

export function LiveDot() {
  const live = useLiveState() === "live";
  return (
    <span className={live ? "live" : "live off"}>
      <span className="dot" aria-hidden="true" />
      {live ? t`live` : t`not live`}
    </span>
  );
}

interface ErrorNoticeProps {
  error: unknown;
  retry: () => void;
  busy?: boolean;
}

/** What went wrong; a mistake of the server's with the number under which its log knows it. */
export function ErrorNotice({ error, retry, busy = false }: ErrorNoticeProps) {
  const refusal = error instanceof Refusal ? error : null;
  const number = refusal && refusal.status >= 500 ? refusal.problem.request_id : "";
  return (
    <div className="notice" role="alert">
      <span className="notice-icon bad">
        <Icon name={refusal ? "warn" : "wifi-off"} size={24} />
      </span>
      <div>
        <p className="strong">{said(error)}</p>
        <p className="small">
          <Trans>Your miner keeps working either way.</Trans>
          {number && (
            <>
              {" "}
              <Trans>
                If this happens again, give the operator of the pool this number:{" "}
                <span className="mono wrap">{number}</span>
              </Trans>
            </>
          )}
        </p>
      </div>
      <button type="button" className="button quiet" onClick={retry} disabled={busy}>
        {busy ? t`Trying…` : t`Try again`}
      </button>
    </div>
  );
}

/** Unglazed places while the first answer is under way. */
export function Skeleton({ lines = 3, label }: { lines?: number; label: string }) {
  return (
    <div className="skeleton" role="status">
      <span className="sr-only">{label}</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} className="bone" aria-hidden="true" />
      ))}
    </div>
  );
}
