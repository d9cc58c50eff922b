import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useEffect, useState } from "react";
import type { Reward } from "../api/rewards";
import { Icon, type IconName } from "../art";
import { BadgeTile } from "../badges/BadgeTile";
import { clock, count, difficulty, fullTime, joined, shortName } from "../format";
import { wordsOf } from "../messages/feed";
import { useNow } from "../ui/clock";
import { dayName } from "../ui/days";
import { CopyButton, Time } from "../ui/parts";
import { byDays, type Row } from "./group";
import { whyOf } from "./why";
import "./rewards.css";

interface Props {
  rewards: readonly Reward[];
  /** What else can be said or done about a reward, such as a link to its badge. */
  more?: (reward: Reward) => ReactNode;
}

/** Rewards by day, newest first; each row opens and says what earned it, down to the share. */
export function RewardRows({ rewards, more }: Props) {
  const now = useNow(60_000);
  const fresh = useArrivals(rewards);
  return (
    <div className="reward-days">
      {byDays(rewards).map(({ day, rows, xp }) => (
        <section key={day} aria-label={dayName(day, now)}>
          <h3 className="feed-day">
            {dayName(day, now)}
            {rows.length > 1 && <Xp xp={xp} />}
          </h3>
          <ol>
            {rows.map((row) => (
              <One key={row.key} {...{ row, now, more }} fresh={fresh(row)} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

/** A reward that comes while one looks slides in; those that were there lie still. */
function useArrivals(rewards: readonly Reward[]): (row: Row) => boolean {
  const [there] = useState(() => new Set(rewards.map(({ id }) => id)));
  const [opened] = useState(Date.now);
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const { id } of rewards) there.add(id);
    }, 400);
    return () => clearTimeout(timer);
  }, [rewards, there]);
  return ({ rewards: [first] }) => !there.has(first.id) && Date.parse(first.at) > opened - 60_000;
}

function Xp({ xp }: { xp: number }) {
  return (
    <span className={xp < 0 ? "feed-xp tn taken" : "feed-xp tn"}>
      {xp > 0 ? "+" : ""}
      {count(xp)} XP
    </span>
  );
}

const ICONS: Record<string, IconName> = {
  share: "share",
  streak: "streak",
  personal_best: "best",
  quest: "flag",
  correction: "sliders",
};

const RECENT = 24 * 60 * 60_000;

interface OneProps {
  row: Row;
  now: number;
  more: Props["more"];
  fresh: boolean;
}

function One({ row, now, more, fresh }: OneProps) {
  const [first] = row.rewards;
  const recent = now - Date.parse(first.at) < RECENT;
  return (
    <li className={fresh ? "reward arriving" : "reward"}>
      <details>
        <summary>
          <Mark reward={first} />
          <span className="reward-text">
            <span>{titleOf(row)}</span>
            <span className="small">
              {recent ? <Time at={first.at} /> : <time dateTime={first.at}>{clock(first.at)}</time>}
            </span>
          </span>
          <Xp xp={row.xp} />
          <span className="reward-open">
            <Icon name="right" size={20} />
          </span>
        </summary>
        <div className="reward-why">
          {row.rewards.length > 1 ? <Hundreds row={row} /> : <Why reward={first} />}
          {more?.(first)}
        </div>
      </details>
    </li>
  );
}

/** A badge is drawn as itself; everything else has an icon. */
function Mark({ reward: { badge, source } }: { reward: Reward }) {
  return (
    <span className="reward-mark">
      {badge ? (
        <BadgeTile {...badge} state="earned" size={48} />
      ) : (
        <Icon name={ICONS[source] ?? "badge"} size={24} />
      )}
    </span>
  );
}

function titleOf({ rewards: [first], xp }: Row): string {
  if (first.source === "correction") {
    return first.amount < 0 ? t`XP taken by an operator` : t`XP given by an operator`;
  }
  if (first.source !== "share") return wordsOf(first.line).title;
  const hundreds = count(xp);
  return t`${hundreds} × 100 shares`;
}

function Why({ reward }: { reward: Reward }) {
  const { cause } = reward;
  return (
    <>
      <p>{whyOf(reward)}</p>
      {cause.sdiff && <Share cause={cause} />}
      {cause.hash && <Hash label={t`Block hash`} of={cause.hash} />}
    </>
  );
}

/** The share that did it; one that is no longer kept has neither a time nor a number. */
function Share({ cause }: { cause: Reward["cause"] }) {
  return (
    <>
      <dl className="reward-facts">
        <Fact name={t`Difficulty of the share`}>{joined(difficulty(cause.sdiff ?? 0))}</Fact>
        {cause.worker && <Fact name={t`Worker`}>{cause.worker}</Fact>}
        {cause.at && <Fact name={t`Arrived`}>{fullTime(cause.at)}</Fact>}
      </dl>
      {cause.share_id ? (
        <Hash label={t`Share`} of={cause.share_id} />
      ) : (
        <p className="small">
          <Trans>The share itself is no longer kept: single shares are kept for 90 days.</Trans>
        </p>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="small">{name}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

function Hash({ label, of }: { label: string; of: string }) {
  return (
    <p className="reward-id">
      <span className="small">{label}</span>
      <span className="mono wrap">{of}</span>
      <CopyButton text={of} label={t`Copy`} spoken={t`Copy ${label}`} />
    </p>
  );
}

/** So many hundreds are listed; whoever mines more than these in a day reads their sum. */
const LISTED = 12;

function Hundreds({ row: { rewards } }: { row: Row }) {
  const rest = rewards.length - LISTED;
  return (
    <>
      <p>
        <Trans>
          Every 100 accepted shares are 1 XP, whatever their difficulty. These are the shares that
          filled a hundred.
        </Trans>
      </p>
      <ol className="reward-hundreds">
        {rewards.slice(0, LISTED).map(({ id, at, amount, cause }) => {
          const number = count(cause.count ?? 0);
          const size = !cause.sdiff ? null : joined(difficulty(cause.sdiff));
          return (
            <li key={id}>
              <span className="tn">{t`No. ${number}`}</span>
              <span className="small" title={cause.worker ?? undefined}>
                {clock(at)}
                {size && ` · ${size}`}
                {cause.worker && ` · ${shortName(cause.worker)}`}
              </span>
              <Xp xp={amount} />
            </li>
          );
        })}
      </ol>
      {rest > 0 && (
        <p className="small">{plural(rest, { one: "And # more.", other: "And # more." })}</p>
      )}
    </>
  );
}
