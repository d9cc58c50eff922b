import type { PublicMiner, Worker } from "../api/types";
import { Icon } from "../art";
import { clock, count, hashrate, joined, LOCALE, magnitude, shortName } from "../format";
import { useNow } from "../ui/clock";
import { Panel, Time } from "../ui/parts";
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
  const aside = `${count(miner.workers_online)} of ${count(miner.workers_total)} online`;
  return (
    <Panel title="Workers" aside={aside} className="area-workers">
      {workers.length === 0 ? (
        <p className="empty">No worker has connected yet.</p>
      ) : (
        <table className="workers" role="table" aria-label="Workers">
          <thead role="rowgroup">
            <tr role="row">
              <th scope="col" role="columnheader">
                Name
              </th>
              <th scope="col" role="columnheader" className="col-device">
                Device
              </th>
              <th scope="col" role="columnheader" className="col-seen">
                Seen
              </th>
              <th scope="col" role="columnheader" className="col-number">
                Best
              </th>
              <th scope="col" role="columnheader" className="col-number">
                Hashrate
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
      {miner.workers_total > SHOWN && (
        <p className="small">And {count(miner.workers_total - SHOWN)} more, all counted above.</p>
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
          <span className="sr-only">{worker.online ? "online" : "offline"}</span>
        </span>
      </th>
      <td role="cell" className="col-device" title={worker.agent ?? ""}>
        {worker.agent ? shortName(worker.agent, 20) : "unknown"}
      </td>
      <td role="cell" className="col-seen">
        <InList label="Seen" />
        {worker.last_seen ? <Time at={worker.last_seen} /> : "never"}
      </td>
      <td role="cell" className="col-number tn">
        <InList label="Best" />
        {worker.best_sdiff > 0 ? joined(magnitude(worker.best_sdiff)) : "–"}
      </td>
      <td role="cell" className="col-number tn">
        <InList label="Hashrate" />
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
    const long = now - Date.parse(at) > 6 * 24 * HOUR;
    return (
      <Notice
        title="No worker is online."
        text={<>Last share {long ? <Time at={at} /> : `on ${day} at ${clock(at)}`}.</>}
      />
    );
  }
  const [latest] = quiet
    .filter((w) => now - Date.parse(w.last_seen ?? "") < RECENT)
    .sort((a, b) => (b.last_seen ?? "").localeCompare(a.last_seen ?? ""));
  if (!latest?.last_seen) return null;
  const hours = Math.floor((now - Date.parse(latest.last_seen)) / HOUR);
  const span = hours < 1 ? "a while" : hours === 1 ? "an hour" : `${hours} hours`;
  const others = lit === 1 ? "the other one is hashing" : `the other ${count(lit)} are hashing`;
  return (
    <Notice
      title={`${shortName(latest.name)} has sent no share for ${span}.`}
      text={`Your streak is safe: ${others}.`}
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
