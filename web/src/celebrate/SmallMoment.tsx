import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { levelsQuery } from "../api/queries";
import { Icon, LevelRing } from "../art";
import { difficulty, hashesInWords, joined, shortName } from "../format";
import type { BestReached, LevelReached } from "./queue";
import { useKilnStore } from "./store";
import "./kiln.css";
import "./small-moment.css";

/** A level or a best: a small plate where badges leave the kiln, without fire. */
export function SmallMoment({ moment }: { moment: LevelReached | BestReached }) {
  const store = useKilnStore();
  return (
    <div className="kiln-card moment" onClick={() => store.skip()} aria-hidden="true">
      {moment.kind === "level" ? <Level {...moment} /> : <Best {...moment} />}
    </div>
  );
}

function Level({ level, title }: LevelReached) {
  const levels = useQuery(levelsQuery).data?.levels ?? [];
  const at = levels.findIndex((row) => row.level === level);
  return (
    <>
      <div className="moment-mark">
        <LevelRing
          level={level}
          of={levels.length || 15}
          ordinal={at >= 0 ? at + 1 : Math.min(level, 15)}
          fraction={0}
          size={72}
        />
      </div>
      <div>
        <p className="kiln-name serif">{title}</p>
        <p>
          <Trans>Level {level}. One more tile of the ring is lit.</Trans>
        </p>
      </div>
    </>
  );
}

function Best({ sdiff, worker }: BestReached) {
  const name = shortName(worker);
  const hashes = hashesInWords(sdiff);
  const best = joined(difficulty(sdiff));
  return (
    <>
      <div className="moment-mark moment-best">
        <Icon name="best" size={24} />
      </div>
      <div>
        <p className="kiln-name serif">
          <Trans>New best: {best}</Trans>
        </p>
        <p>
          <Trans>
            From {name}, and one in {hashes} hashes.
          </Trans>
        </p>
      </div>
    </>
  );
}
