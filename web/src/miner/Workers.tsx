import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PublicMiner, Worker } from "../api/types";
import { Icon } from "../art";
import { clock, count, hashrate, joined, magnitude, shortName } from "../format";
import { LOCALE } from "../messages";
import { useNow } from "../ui/clock";
import { Panel, Time } from "../ui/parts";
import { deviceName } from "./device";
import "./miner.css";

const SHOWN = 12;

/** Those that hash first, the strongest on top; the quiet ones below. */
function order(a: Worker, b: Worker): number {
  return (
    Number(b.online) - Number(a.online) ||
    b.hashrate_ths_1h - a.hashrate_ths_1h ||
    a.name.localeCompare(b.name)
  );
}

export function Workers({ miner }: { miner: PublicMiner }) {
  const workers = miner.workers.slice().sort(order);
  const online = count(miner.workers_online);
  const total = count(miner.workers_total);
  const more = miner.workers_total - SHOWN;
  return (
    <Panel title={t`Workers`} aside={t`${online} of ${total} online`} className="area-workers">
      {workers.length === 0 ? (
        <p className="empty">
          <Trans>No worker has connected yet.</Trans>
        </p>
      ) : (
        <table className="workers" role="table" aria-label={t`Workers`}>
          <thead role="rowgroup">
            <tr role="row">
              <th scope="col" role="columnheader">
                <Trans>Name</Trans>
              </th>
              <th scope="col" role="columnheader" className="col-device">
                <Trans>Device</Trans>
              </th>
              <th scope="col" role="columnheader" className="col-seen">
                <Trans>Seen</Trans>
              </th>
              <th scope="col" role="columnheader" className="col-number">
                <Trans>Best</Trans>
              </th>
              <th scope="col" role="columnheader" className="col-number">
                <Trans>Hashrate</Trans>
              </th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {workers.slice(0, SHOWN).map((worker) => (
              <Row key={worker.name} worker={worker} />
            ))}
          </tbody>
        </table>
      )}
      {more > 0 && (
        <p className="small">{plural(more, { other: "And # more, all counted above." })}</p>
      )}
      <Quiet miner={miner} />
    </Panel>
  );
}

/** Where the table is laid as a list, Safari knows it by its roles only. */
function Row({ worker }: { worker: Worker }) {
  return (
    <tr role="row" className={worker.online ? "" : "quiet"}>
      <th scope="row" role="rowheader">
        <span className={worker.online ? "online" : "online off"} title={worker.name}>
          <span className="dot" aria-hidden="true" />
          <span className="worker-name">{shortName(worker.name)}</span>
          <span className="sr-only">{worker.online ? t`online` : t`offline`}</span>
        </span>
      </th>
      <td role="cell" className="col-device" title={worker.agent ?? ""}>
        {worker.agent ? shortName(deviceName(worker.agent)) : t`unknown`}
      </td>
      <td role="cell" className="col-seen">
        <InList label={t`Seen`} />
        {worker.last_seen ? <Time at={worker.last_seen} /> : t`never`}
      </td>
      <td role="cell" className="col-number tn">
        <InList label={t`Best`} />
        {worker.best_sdiff > 0 ? joined(magnitude(worker.best_sdiff)) : "–"}
      </td>
      <td role="cell" className="col-number tn">
        <InList label={t`Hashrate`} />
        {joined(hashrate(worker.hashrate_ths_1h))}
      </td>
    </tr>
  );
}

/** The head of a column, for eyes: in the list no head stands above the figures. */
function InList({ label }: { label: string }) {
  return (
    <span className="in-list" aria-hidden="true">
      {label}
    </span>
  );
}

const HOUR = 3_600_000;
const RECENT = 48 * HOUR;

/** A note when a worker fell quiet recently: what happened, and whether it matters. */
function Quiet({ miner }: { miner: PublicMiner }) {
  const now = useNow(60_000);
  const quiet = miner.workers.filter((w) => !w.online && w.last_seen);
  const lit = miner.workers_online;
  if (miner.workers.length > 0 && lit === 0 && miner.last_share_at) {
    const at = miner.last_share_at;
    const day = new Date(at).toLocaleDateString(LOCALE, { weekday: "long" });
    const time = clock(at);
    const long = now - Date.parse(at) > 6 * 24 * HOUR;
    return (
      <Notice
        title={t`No worker is online.`}
        text={
          long ? (
            <Trans>
              Last share <Time at={at} />.
            </Trans>
          ) : (
            t`Last share on ${day} at ${time}.`
          )
        }
      />
    );
  }
  const [latest] = quiet
    .filter((w) => now - Date.parse(w.last_seen ?? "") < RECENT)
    .sort((a, b) => (b.last_seen ?? "").localeCompare(a.last_seen ?? ""));
  if (!latest?.last_seen) return null;
  const hours = Math.floor((now - Date.parse(latest.last_seen)) / HOUR);
  const name = shortName(latest.name);
  return (
    <Notice
      title={
        hours < 1
          ? t`${name} has sent no share for a while.`
          : plural(hours, {
              one: `${name} has sent no share for an hour.`,
              other: `${name} has sent no share for # hours.`,
            })
      }
      text={plural(lit, {
        one: "Your streak is safe: the other one is hashing.",
        other: "Your streak is safe: the other # are hashing.",
      })}
    />
  );
}

function Notice({ title, text }: { title: string; text: React.ReactNode }) {
  return (
    <div className="notice">
      <span className="notice-icon">
        <Icon name="wifi-off" size={24} />
      </span>
      <div>
        <p className="strong">{title}</p>
        <p className="small">{text}</p>
      </div>
    </div>
  );
}
