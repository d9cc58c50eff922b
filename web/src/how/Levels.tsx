import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { pageOf, useMe } from "../api/me";
import { minerQuery } from "../api/queries";
import type { Level } from "../api/types";
import { count } from "../format";
import { Panel } from "../ui/parts";
import "./how.css";

/** All levels, on a phone as a list; whoever is signed in finds their own marked. */
export function Levels({ levels }: { levels: Level[] }) {
  const me = useMe();
  const own = useQuery({ ...minerQuery(me ? pageOf(me) : ""), enabled: Boolean(me) }).data;
  const at = me ? own?.xp.level : undefined;
  const last = levels.at(-1);
  const title = last?.title ?? "";
  return (
    <Panel title={t`Levels`} id="levels" className="how-panel how-levels">
      <p>
        <Trans>
          XP adds up to a level. A quiet week costs you none of it. The numbers jump after 10. As far
          as it goes is {title}, and that takes years.
        </Trans>
      </p>
      <table className="how-table" role="table" aria-label={t`All levels`}>
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">
              <Trans>Level</Trans>
            </th>
            <th scope="col" role="columnheader" className="how-wide">
              <Trans>Title</Trans>
            </th>
            <th scope="col" role="columnheader" className="how-number">
              <Trans>From the one before</Trans>
            </th>
            <th scope="col" role="columnheader" className="how-number">
              <Trans>XP in all</Trans>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {levels.map((one, i) => (
            <Row key={one.level} one={one} before={levels[i - 1]} own={one.level === at} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

interface RowProps {
  one: Level;
  before: Level | undefined;
  own: boolean;
}

function Row({ one, before, own }: RowProps) {
  const step = count(one.cumulative - (before?.cumulative ?? 0));
  const total = count(one.cumulative);
  return (
    <tr role="row" className={own ? "how-own" : ""} aria-current={own || undefined}>
      <th scope="row" role="rowheader" className="tn">
        {one.level}
      </th>
      <td role="cell" className="how-wide">
        {one.title}
        {own && (
          <span className="tag now">
            <Trans>you are here</Trans>
          </span>
        )}
      </td>
      <td role="cell" className="how-number tn how-step">
        {before ? `+${step}` : "–"}
      </td>
      <td role="cell" className="how-number tn">
        {total}
        <span className="how-in-list" aria-hidden="true">
          {" "}
          XP
        </span>
      </td>
    </tr>
  );
}
