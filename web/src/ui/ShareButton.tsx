import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useId, useRef, useState } from "react";
import { Icon } from "../art";
import { copyText } from "./copy";
import "./share.css";

interface Props {
  /** What is shared, as the other app will name it. */
  title: string;
  text?: string;
  /** A URL or a path; the page itself when left out. */
  url?: string;
  /** Without a frame, in a line of text. */
  plain?: boolean;
}

type Said = "copied" | "failed" | null;

/** Hands a link to the device's own list of apps; where there is none, copies it and says so. */
export function ShareButton({ title, text, url, plain = false }: Props) {
  const [said, setSaid] = useState<Said>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  async function share() {
    const link = linkOf(url);
    if (await handedOver({ title, url: link, ...(text ? { text } : {}) })) return;
    clearTimeout(timer.current);
    try {
      await copyText(link);
      setSaid("copied");
      timer.current = setTimeout(() => setSaid(null), 2500);
    } catch {
      setSaid("failed");
    }
  }

  return (
    <span className="share">
      <button type="button" className={plain ? "copy" : "button quiet"} onClick={() => void share()}>
        <Icon name={said === "copied" ? "check" : "share"} size={20} />
        <span aria-hidden="true">{said === "copied" ? t`Link copied` : t`Share`}</span>
        <span className="sr-only">{t`Share ${title}`}</span>
      </button>
      <span className="sr-only" role="status">
        {said === "copied" && t`Link copied`}
      </span>
      {said === "failed" && <ByHand link={linkOf(url)} />}
    </span>
  );
}

function linkOf(url?: string): string {
  return url === undefined ? location.href : new URL(url, location.href).href;
}

/** True when the device took it, or the reader looked at its list and changed their mind. */
async function handedOver(data: ShareData): Promise<boolean> {
  if (!("share" in navigator) || navigator.canShare?.(data) === false) return false;
  try {
    await navigator.share(data);
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === "AbortError";
  }
}

/** Neither shared nor copied: the link itself, selected. */
function ByHand({ link }: { link: string }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <span className="share-link">
      <label className="small" htmlFor={id}>
        <Trans>This browser does not copy here. The link is selected: copy it yourself.</Trans>
      </label>
      <input id={id} ref={field} className="input mono" readOnly value={link} />
    </span>
  );
}
