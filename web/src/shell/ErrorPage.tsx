import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useState } from "react";
import { answers, CodeMissing } from "../code";
import { WorkButton } from "../ui/form";
import { Title } from "./Pool";

/** A page that cannot be shown, in plain words. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <div className="page lone">
      {error instanceof CodeMissing ? <NotFetched /> : <Broken reset={reset} />}
    </div>
  );
}

/** Our own mistake. */
function Broken({ reset }: Pick<ErrorComponentProps, "reset">) {
  return (
    <section className="panel">
      <Title of={t`Something went wrong`} />
      <h1>
        <Trans>Something went wrong</Trans>
      </h1>
      <p>
        <Trans>This page could not be displayed. That is our fault; your shares are safe.</Trans>
      </p>
      <p className="actions">
        <button type="button" className="button" onClick={reset}>
          <Trans>Try again</Trans>
        </button>
      </p>
    </section>
  );
}

/** Only the whole page, loaded anew, knows where its code is now. */
function NotFetched() {
  const [state, setState] = useState<"idle" | "busy" | "away">("idle");
  async function again() {
    setState("busy");
    if (await answers()) location.reload();
    else setState("away");
  }
  return (
    <section className="panel">
      <Title of={t`This page did not load`} />
      <h1>
        <Trans>This page did not load</Trans>
      </h1>
      <p>
        <Trans>
          Either the connection was lost, or the game has just been upgraded and this page is from
          before. Your miner keeps working either way.
        </Trans>
      </p>
      <p className="actions">
        <WorkButton busy={state === "busy"} doing={t`Trying…`} onClick={() => void again()}>
          <Trans>Load the page again</Trans>
        </WorkButton>
      </p>
      <p role="status">
        {state === "away" && t`We could not reach the game. Check your connection and try again.`}
      </p>
    </section>
  );
}
