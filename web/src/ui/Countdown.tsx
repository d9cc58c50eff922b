import { t } from "@lingui/core/macro";
import { fullTime, remaining } from "../format";
import { useNow } from "./clock";
import "./countdown.css";

const HOUR = 3_600_000;

interface Props {
  /** The moment that is waited for, as an ISO time. */
  to: string;
  /** What ends then: "The challenge", for those who do not see what stands around it. */
  label: string;
  /** What stands there afterwards. */
  over?: string;
}

/**
 * How long until a moment, to the second in its last hour. It ticks for the eyes; a screen reader
 * hears the moment when it comes by, and once that it is over.
 */
export function Countdown({ to, label, over = t`over` }: Props) {
  const end = Date.parse(to);
  const coarse = useNow(30_000);
  const near = end - coarse <= HOUR + 60_000 && end - coarse > -60_000;
  const fine = useNow(near ? 1_000 : 30_000);
  const left = end - Math.max(coarse, fine);
  if (Number.isNaN(end)) return <span className="countdown">{t`time not known yet`}</span>;
  const ended = left <= 0;
  const moment = fullTime(to);
  return (
    <time className={ended ? "countdown over" : "countdown tn"} dateTime={to} title={moment}>
      <span aria-hidden="true">{ended ? over : remaining(left)}</span>
      {!ended && <span className="sr-only">{t`${label}: until ${moment}`}</span>}
      <span className="sr-only" role="status">
        {ended && t`${label}: ${over}`}
      </span>
    </time>
  );
}
