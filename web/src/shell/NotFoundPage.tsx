import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { AddressField } from "../ui/AddressField";
import { Title } from "./Pool";

export function NotFoundPage() {
  return (
    <div className="page lone">
      <Title of={t`Page not found`} />
      <section className="panel">
        <h1>
          <Trans>Page not found</Trans>
        </h1>
        <p>
          <Trans>
            There is no page at this address. If you followed a link, it may be outdated. To
            find a miner, enter their payout address.
          </Trans>
        </p>
        <AddressField look="hero" />
        <p className="actions">
          <Link to="/" className="button quiet">
            <Trans>To the wall</Trans>
          </Link>
          <Link to="/badges" className="button quiet">
            <Trans>See the badges</Trans>
          </Link>
        </p>
      </section>
    </div>
  );
}
