import { plural } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import "./not-open.css";

/** Folded away: the badges that nobody can earn until more of the game is here. */
export function NotOpen({ count, children }: { count: number; children: ReactNode }) {
  if (count === 0) return null;
  return (
    <details className="not-open">
      <summary>
        {plural(count, { one: "# badge is not open yet", other: "# badges are not open yet" })}
      </summary>
      <p className="small">
        <Trans>
          The parts of the game that award them are still being built. Nobody can earn them before
          that, so nobody is ahead of you.
        </Trans>
      </p>
      {children}
    </details>
  );
}
