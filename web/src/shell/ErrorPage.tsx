import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Title } from "./Pool";

/** Our own mistake, said plainly. */
export function ErrorPage({ reset }: ErrorComponentProps) {
  return (
    <div className="page lone">
      <Title of={t`Something went wrong`} />
      <section className="panel">
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
    </div>
  );
}
