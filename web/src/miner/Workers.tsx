import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PublicMiner, Worker } from "../api/types";
import { Icon } from "../art";
import { clock, count, hashrate, joined, magnitude, shortName } from "../format";
import { LOCALE } from "../messages";
import { useNow } from "../ui/clock";
import { Empty } from "../ui/Empty";
import { Panel, Time } from "../ui/parts";
import { type Column, Table } from "../ui/Table";
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
      <Table
        label={t`Workers`}
        columns={columns()}
        rows={workers.slice(0, SHOWN)}
        keyOf={(worker) => worker.name}
        empty={
          <Empty>
            <Trans>No worker has connected yet.</Trans>
          </Empty>
        }
      />
      {more > 0 && (
        <p className="small">{plural(more, { other: "And # more, all counted above." })}</p>
      )}
      <Quiet miner={miner} />
    </Panel>
  );
}

function columns(): [Column<Worker>, ...Column<Worker>[]] {
  return [
    {
      key: "name",
      label: t`Name`,
      cell: (worker) => (
        <span className={worker.online ? "online" : "online off"} title={worker.name}>
          <span className="dot" aria-hidden="true" />
          <span className="worker-name">{shortName(worker.name)}</span>
          <span className="sr-only">{worker.online ? t`online` : t`offline`}</span>
        </span>
      ),
    },
    {
      key: "device",
      label: t`Device`,
      spare: true,
      cell: ({ agent }) => (agent ? <span title={agent}>{shortName(deviceName(agent))}</span> : t`unknown`),
    },
    {
      key: "seen",
      label: t`Seen`,
      cell: ({ online, last_seen: seen }) => (
        <span className={online ? "worker-seen" : "worker-seen quiet"}>
          {seen ? <Time at={seen} /> : t`never`}
        </span>
      ),
    },
    {
      key: "shares",
      label: t`Shares (rejected)`,
      number: true,
      cell: (worker) => `${count(worker.shares_accepted)} (${count(worker.shares_rejected)})`,
    },
    {
      key: "best",
      label: t`Best`,
      number: true,
      cell: ({ best_sdiff: best }) => (best > 0 ? joined(magnitude(best)) : null),
    },
    {
      key: "hashrate",
      label: t`Hashrate`,
      number: true,
      cell: (worker) => joined(hashrate(worker.hashrate_ths_1h)),
    },
  ];
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
