import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Countdown } from "../ui/Countdown";
import { Panel } from "../ui/parts";
import type { Quest } from "./queries";
import { QuestCard } from "./QuestCard";
import "./quests.css";

const KINDS = ["daily", "weekly", "season", "once"];

function heading(kind: string): string {
  switch (kind) {
    case "daily":
      return t`Today`;
    case "weekly":
      return t`This week`;
    case "season":
      return t`This season`;
    default:
      return t`Once`;
  }
}

/** The quests that can be completed now, by how often; the time left stands beside the heading. */
export function Running({ quests }: { quests: Quest[] }) {
  return KINDS.map((kind) => {
    const some = quests.filter((quest) => quest.period === kind);
    // A quest that ends within a period says so itself.
    const ends = some.map((quest) => quest.period_ends_at ?? "").sort().at(-1);
    if (some.length === 0) return null;
    const title = heading(kind);
    const left = kind !== "once" && ends && (
      <Trans>
        <Countdown to={ends} label={title} /> left
      </Trans>
    );
    return (
      <Panel key={kind} title={title} className="quests-panel" {...(left && { aside: left })}>
        <ul className="quests">
          {some.map((quest) => (
            <QuestCard key={quest.slug} quest={quest} />
          ))}
        </ul>
      </Panel>
    );
  });
}
