import { t } from "@lingui/core/macro";
import type { Level } from "../api/types";
import { Icon } from "../art";
import { count } from "../format";
import { span } from "../how/words";
import "./ladder.css";

interface Props {
  levels: readonly Level[];
  total: number;
  /** XP a day that can be counted on; 0 while there is no pace. */
  perDay: number;
}

const SECONDS = 86_400;

/** All levels, the lowest first: glazed where reached, glaze rising in the next one, clay above. */
export function Ladder({ levels, total, perDay }: Props) {
  const at = levels.findLastIndex(({ cumulative }) => cumulative <= total);
  return (
    <ol className="ladder">
      {levels.map((level, i) => {
        const state = i < at ? "reached" : i === at ? "here" : i === at + 1 ? "next" : "ahead";
        const from = levels[at]?.cumulative ?? 0;
        const fraction = (total - from) / Math.max(1, level.cumulative - from);
        return (
          <li
            key={level.level}
            className="rung"
            data-state={state}
            aria-current={state === "here" || undefined}
          >
            <span className="rung-number serif">
              {state === "next" && (
                <span className="rung-glaze" style={{ height: `${100 * fraction}%` }} />
              )}
              <span>{level.level}</span>
            </span>
            <span className="rung-text">
              <span className="strong">{level.title}</span>
              <span className="small">{under(state, level, total, perDay)}</span>
            </span>
            <span className="tn rung-xp">{xpOf(level)}</span>
            {(state === "reached" || state === "here") && <Icon name="check" size={20} />}
          </li>
        );
      })}
    </ol>
  );
}

type State = "reached" | "here" | "next" | "ahead";

function xpOf({ cumulative }: Level): string {
  const xp = count(cumulative);
  return t`${xp} XP`;
}

function under(state: State, { cumulative }: Level, total: number, perDay: number): string {
  if (state === "reached") return t`reached`;
  if (state === "here") return t`you are here`;
  const missing = count(cumulative - total);
  if (perDay <= 0) return t`${missing} XP to go`;
  const time = span(((cumulative - total) / perDay) * SECONDS);
  return t`${missing} XP to go, about ${time} at your pace`;
}
