import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { AddressTile, Icon } from "../art";
import type { FeedItem, PoolFeedItem } from "../api/types";
import { clock, count, fullTime } from "../format";
import { wordsOf } from "../messages/feed";
import { useNow } from "./clock";
import { byDay, dayName, firstOf } from "./days";
import { Address, Time } from "./parts";
import { type Section, Why } from "./Why";

const ICONS = {
  badge_earned: "badge",
  level_up: "level",
  xp_gained: "share",
  streak_update: "streak",
  best_diff: "best",
  quest_completed: "flag",
  block_found: "block",
  block_reported: "block",
} as const;

function icon(type: string) {
  return type in ICONS ? ICONS[type as keyof typeof ICONS] : "badge";
}

/** A line that arrives while one looks slides in; those that were there lie still. */
function useArrivals(items: FeedItem[]): (item: FeedItem) => boolean {
  const [there] = useState(() => new Set(items.map((item) => item.id)));
  const [opened] = useState(Date.now);
  useEffect(() => {
    // Lines stay "new" for the length of their slide; afterwards a re-render leaves them alone.
    const timer = setTimeout(() => {
      for (const item of items) there.add(item.id);
    }, 400);
    return () => clearTimeout(timer);
  }, [items, there]);
  return (item) => !there.has(item.id) && Date.parse(item.at) > opened - 60_000;
}

function Xp({ xp }: { xp: number | null }) {
  if (xp === null || xp === 0) return null;
  return (
    <span className="feed-xp tn">
      {xp > 0 ? "+" : ""}
      {count(xp)} XP
    </span>
  );
}

interface LineProps {
  mark: ReactNode;
  title: ReactNode;
  under: ReactNode;
  xp: number | null;
  /** The section of "How it works" for a word in it that raises a question. */
  why?: Section | null;
  fresh: boolean;
}

function Line({ mark, title, under, xp, why = null, fresh }: LineProps) {
  return (
    <li className={fresh ? "feed-line arriving" : "feed-line"}>
      <span className="feed-mark">{mark}</span>
      <div className="feed-text">
        <p>{title}</p>
        <p className="small">{under}</p>
      </div>
      {why && <Why of={why} />}
      <Xp xp={xp} />
    </li>
  );
}

const LINES_AT_FIRST = 6;
const RECENT = 24 * 60 * 60_000;

/** A miner's rewards by day, the newest first; the older ones scroll within the panel. */
export function MinerFeed({ items }: { items: FeedItem[] }) {
  const arriving = useArrivals(items);
  const now = useNow(60_000);
  const [all, setAll] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (all) box.current?.focus({ preventScroll: true });
  }, [all]);
  const days = firstOf(byDay(items), all ? items.length : LINES_AT_FIRST);
  const region = { tabIndex: 0, role: "region", "aria-label": t`All rewards` };
  return (
    <>
      <div className={all ? "feed-days scrolls" : "feed-days"} ref={box} {...(all ? region : {})}>
        {days.map(({ day, lines, xp }) => (
          <section key={day} aria-label={dayName(day, now)}>
            <h3 className="feed-day">
              {dayName(day, now)}
              {lines.length > 1 && <Xp xp={xp} />}
            </h3>
            <ol className="feed">
              {lines.map((item) => (
                <Reward key={item.id} item={item} now={now} fresh={arriving(item)} />
              ))}
            </ol>
          </section>
        ))}
      </div>
      {!all && items.length > LINES_AT_FIRST && (
        <button type="button" className="button quiet feed-more" onClick={() => setAll(true)}>
          <Trans>Show older</Trans>
        </button>
      )}
    </>
  );
}

interface RewardProps {
  item: FeedItem;
  now: number;
  fresh: boolean;
}

/** The worker of a line, whose name may be cut in its words. */
function wholeName({ params }: FeedItem): string | undefined {
  return typeof params.worker === "string" ? params.worker : undefined;
}

/** Under the name of its day a line needs only the hour. */
function Reward({ item, now, fresh }: RewardProps) {
  const { title, detail } = wordsOf(item);
  const recent = now - Date.parse(item.at) < RECENT;
  return (
    <Line
      mark={<Icon name={icon(item.type)} size={24} />}
      title={title}
      under={
        <>
          {recent ? (
            <Time at={item.at} />
          ) : (
            <time dateTime={item.at} title={fullTime(item.at)}>
              {clock(item.at)}
            </time>
          )}
          {detail && (
            <span className="feed-detail" title={wholeName(item)}>
              {" "}
              · {detail}
            </span>
          )}
        </>
      }
      xp={item.xp}
      why={item.type === "block_reported" ? "reported" : null}
      fresh={fresh}
    />
  );
}

export function PoolFeed({ items }: { items: PoolFeedItem[] }) {
  const arriving = useArrivals(items);
  return (
    <ol className="feed">
      {items.map((item) => (
        <Line
          key={item.id}
          mark={<AddressTile address={item.seed} size={34} />}
          title={
            <Link to="/m/$address" params={{ address: item.user }} className="plain strong">
              <Address of={item.user} />
            </Link>
          }
          under={
            <>
              {wordsOf(item).title} · <Time at={item.at} />
            </>
          }
          xp={item.xp}
          fresh={arriving(item)}
        />
      ))}
    </ol>
  );
}
