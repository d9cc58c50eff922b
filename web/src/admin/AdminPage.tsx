import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../api/me";
import { NotFoundPage } from "../shell/NotFoundPage";
import { Title } from "../shell/Pool";
import { ErrorNotice, Skeleton } from "../ui/parts";
import { ToSignIn } from "../ui/ToSignIn";
import { CorrectXp } from "./CorrectXp";
import { GrantBadge } from "./GrantBadge";
import "./admin.css";

/** What operators change by hand. For everybody else there is no such page. */
export function AdminPage() {
  const me = useQuery(meQuery);
  if (me.data === null) return <ToSignIn />;
  if (me.data && me.data.role !== "admin") return <NotFoundPage />;
  return (
    <div className="page">
      <Title of={t`Operators`} />
      <header className="page-head">
        <h1>
          <Trans>Operators</Trans>
        </h1>
        <p>
          <Trans>
            What you change here by hand is written to the miner's ledger and, with your name, to the
            audit log. Nothing can be deleted; a mistake is corrected by another entry.
          </Trans>
        </p>
      </header>
      {me.data ? (
        <div className="grid admin-grid">
          <CorrectXp />
          <GrantBadge />
        </div>
      ) : (
        <section className="panel" aria-label={t`Operators`}>
          {me.isError ? (
            <ErrorNotice error={me.error} retry={() => void me.refetch()} busy={me.isFetching} />
          ) : (
            <Skeleton lines={6} label={t`Loading your account`} />
          )}
        </section>
      )}
    </div>
  );
}
