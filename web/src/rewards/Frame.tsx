import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Me } from "../api/account";
import { meQuery } from "../api/me";
import { Title } from "../shell/Pool";
import { ErrorNotice, Skeleton } from "../ui/parts";
import { ToSignIn } from "../ui/ToSignIn";
import { useOwnLive } from "./live";
import "./rewards.css";

interface Props {
  title: string;
  lead: ReactNode;
  children: (me: Me) => ReactNode;
}

/** What the pages about somebody's own rewards share: their head, the way between them, sign-in. */
export function Frame({ title, lead, children }: Props) {
  const me = useQuery(meQuery);
  if (me.data === null) return <ToSignIn />;
  return (
    <div className="page rewards-page">
      <Title of={title} />
      <header className="page-head">
        <h1>{title}</h1>
        <p>{lead}</p>
      </header>
      <Sections />
      {me.data ? (
        <Own me={me.data}>{children}</Own>
      ) : (
        <section className="panel" aria-label={title}>
          {me.isError ? (
            <ErrorNotice error={me.error} retry={() => void me.refetch()} busy={me.isFetching} />
          ) : (
            <Skeleton lines={8} label={t`Loading your rewards`} />
          )}
        </section>
      )}
    </div>
  );
}

function Own({ me, children }: { me: Me; children: Props["children"] }) {
  useOwnLive();
  return <div className="grid">{children(me)}</div>;
}

function Sections() {
  const here = { exact: true, includeSearch: false } as const;
  const parts = [
    ["/rewards", t`Feed`],
    ["/rewards/badges", t`Badges`],
    ["/rewards/xp", t`XP`],
    ["/rewards/levels", t`Levels`],
    ["/rewards/streak", t`Streak`],
  ] as const;
  return (
    <nav className="panel rewards-nav" aria-label={t`Your rewards`}>
      <ul>
        {parts.map(([to, name]) => (
          <li key={to}>
            <Link to={to} activeOptions={here}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
