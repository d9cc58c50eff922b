import { Dialog } from "@base-ui/react/dialog";
import type { PublicMiner } from "../api/types";
import { Icon } from "../art";
import { count, date, plural } from "../format";
import { useNow } from "../ui/clock";
import { PHONE, useMedia } from "../ui/hooks";
import { Figure, Panel } from "../ui/parts";
import { type Cell, daysIn, layWeek, layYear, weekNumber } from "./year";
import "./miner.css";
import "./streak.css";

type Of = PublicMiner["streak"];

export function Streak({ streak }: { streak: Of }) {
  const now = useNow(60_000);
  const phone = useMedia(PHONE);
  const n = streak.current_streak;
  return (
    <Panel
      title="Streak"
      id="streak"
      className="area-streak"
      aside={streak.longest_streak > n ? `longest ${count(streak.longest_streak)}` : undefined}
    >
      <Figure of={{ value: count(n), unit: unit(n, phone) }} />
      {phone ? (
        <>
          <ThisWeek streak={streak} now={now} />
          <p className="small">{sentence(streak)}</p>
        </>
      ) : (
        <>
          <Year streak={streak} now={now} />
          <div className="streak-foot">
            <p className="small">{sentence(streak)}</p>
            <Legend />
          </div>
        </>
      )}
    </Panel>
  );
}

function unit(weeks: number, phone: boolean): string {
  const word = weeks === 1 ? "week" : "weeks";
  return phone || weeks < 2 ? word : `${word} in a row`;
}

/** What continues the streak, or how it ended. */
function sentence(streak: Of): string {
  const week = streak.weeks.at(-1);
  if (week && streak.is_active_this_week) {
    const days = daysIn(week.days);
    return `This week is safe. ${days} of 7 days so far.`;
  }
  const name = week ? `week ${weekNumber(week.week_iso)}` : "the week";
  if (streak.current_streak > 0) return `One share before Sunday midnight UTC completes ${name}.`;
  if (streak.longest_streak > 0) {
    const run = plural(streak.longest_streak, "week");
    return `${run} at best. One share starts the next streak.`;
  }
  return `One share starts a streak in ${name}.`;
}

const SPOKEN: Record<Cell["glow"], string> = {
  before: "before the first share",
  missed: "missed",
  low: "mined",
  mid: "mined",
  high: "mined every day",
  now: "this week, mined",
  "now-empty": "this week, no share yet",
};

function spoken(cell: Cell, now: number): string {
  const start = date(`${cell.week.week_start}T12:00:00Z`, now);
  const what = `Week of ${start}: ${SPOKEN[cell.glow]}`;
  if (!cell.week.is_active) return what;
  return `${what}, ${plural(cell.days, "day")}, ${plural(cell.week.share_count, "share")}`;
}

function Year({ streak, now }: { streak: Of; now: number }) {
  return (
    <table className="year">
      <caption className="sr-only">The last 52 weeks, oldest first, a quarter to a row</caption>
      <tbody>
        {layYear(streak.weeks).map((row) => (
          <tr key={row[0]?.week.week_iso}>
            {row.map((cell) => (
              <td key={cell.week.week_iso} title={spoken(cell, now)}>
                <span className={`cell ${cell.glow}`} aria-hidden="true" />
                <span className="sr-only">{spoken(cell, now)}</span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Legend() {
  return (
    <p className="legend small">
      <span>days 1</span>
      <span className="cell low" />
      <span className="cell mid" />
      <span className="cell high" />
      <span>7</span>
    </p>
  );
}

/** On the phone: the seven days of this week; a tap opens the year. */
function ThisWeek({ streak, now }: { streak: Of; now: number }) {
  const days = layWeek(streak.weeks.at(-1), now);
  const mined = days.filter((d) => d.state === "mined" || d.state === "today").length;
  return (
    <Dialog.Root>
      <Dialog.Trigger className="week-button" aria-label={`${mined} of 7 days. Show the year.`}>
        {days.map((day) => (
          <span key={day.name} className={`day ${day.state}`} />
        ))}
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className="dialog dialog-year">
          <Dialog.Close className="icon-button dialog-close" aria-label="Close">
            <Icon name="close" size={24} />
          </Dialog.Close>
          <Dialog.Title className="dialog-title">Fifty-two weeks</Dialog.Title>
          <Year streak={streak} now={now} />
          <Dialog.Description className="small">{sentence(streak)}</Dialog.Description>
          <Legend />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
