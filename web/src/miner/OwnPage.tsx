import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "@tanstack/react-router";
import { meQuery, pageOf } from "../api/me";
import { ErrorNotice, Skeleton } from "../ui/parts";
import { Title } from "../shell/Pool";
import { ToSignIn } from "../ui/ToSignIn";
import { NotFoundPage } from "../shell/NotFoundPage";

const PARTS = ["badges", "streak"];

/** `/profile`, where notifications lead: the player's own page as a miner, under any name. */
export function OwnPage() {
  const { part } = useParams({ strict: false });
  const me = useQuery(meQuery);
  if (part !== undefined && !PARTS.includes(part)) return <NotFoundPage />;
  if (me.data === null) return <ToSignIn />;
  if (me.data) {
    const params = { address: pageOf(me.data) };
    return <Navigate to="/m/$address" params={params} hash={part ?? ""} replace />;
  }
  return (
    <div className="page lone">
      <Title of={t`Your page`} />
      <section className="panel" aria-label={t`Your page`}>
        {me.isError ? (
          <ErrorNotice error={me.error} retry={() => void me.refetch()} busy={me.isFetching} />
        ) : (
          <Skeleton lines={6} label={t`Loading your page`} />
        )}
      </section>
    </div>
  );
}
