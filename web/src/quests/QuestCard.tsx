import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { Icon } from "../art";
import { useNow } from "../ui/clock";
import { Time } from "../ui/parts";
import type { OwnQuest, Quest } from "./queries";
import { howOften, isAhead, reward, soFar, whenOf } from "./words";
import "./quests.css";

/** A quest: what it asks, what it pays and, to whoever is signed in, how far they are. */
export function QuestCard({ quest }: { quest: Quest | OwnQuest }) {
  const { name, description, xp, badge, open } = quest;
  const done = "completed_at" in quest && quest.completed_at !== null;
  const now = useNow(60_000);
  const when = whenOf(quest, now);
  const award = badge?.name;
  return (
    <li className={done ? "quest done" : "quest"}>
      <div className="quest-head">
        <h3 className="serif">{name}</h3>
        <span className="xp">{reward(xp)}</span>
      </div>
      <p>{description}</p>
      {badge && (
        <p className="small">
          <Trans>
            with the badge{" "}
            <Link to="/badges/$slug" params={{ slug: badge.slug }}>
              {award}
            </Link>
          </Trans>
        </p>
      )}
      {!open && <p className="small">{howOften(quest)}</p>}
      {when && <p className="small">{when}</p>}
      {open && "progress" in quest && !isAhead(quest) && <Progress quest={quest} />}
    </li>
  );
}

function Progress({ quest }: { quest: OwnQuest }) {
  const { name, progress, goal, completed_at } = quest;
  if (completed_at !== null) {
    return (
      <p className="quest-done">
        <Icon name="check" size={20} />
        <span>
          <Trans>
            Completed <Time at={completed_at} />
          </Trans>
        </span>
      </p>
    );
  }
  const words = soFar(quest);
  if (words === null) {
    return (
      <p className="small">
        <Trans>Another system tells the pool when you have completed it.</Trans>
      </p>
    );
  }
  const value = Math.min(progress, goal.threshold);
  return (
    <div className="quest-meter">
      <progress aria-label={name} max={goal.threshold} value={value} aria-valuetext={words} />
      <span className="small tn">{words}</span>
    </div>
  );
}
