import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { account, type ActivityEntry } from "../api/account";
import { Icon, type IconName } from "../art";
import { shortAddress, shortName } from "../format";
import { WorkButton } from "../ui/form";
import { Address, ErrorNotice, Panel, Skeleton, Time } from "../ui/parts";
import "./settings.css";

/** What was done to the account, on which device: the place to find a stranger's doings. */
export function Activity() {
  const query = useInfiniteQuery({
    queryKey: ["me", "activity"],
    queryFn: ({ pageParam }) => account.activity(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const entries = query.data?.pages.flatMap((page) => page.activity);
  return (
    <Panel title={t`The last 90 days`}>
      <p>
        <Trans>
          Is there something that you did not do? Sign out everywhere under{" "}
          <Section slug="sessions">Devices</Section>, and remove what is not yours under{" "}
          <Section slug="addresses">Addresses</Section> and{" "}
          <Section slug="api-keys">API keys</Section>.
        </Trans>
      </p>
      {entries ? (
        <ul className="rows">
          {entries.map((entry, number) => (
            <Row key={`${entry.at} ${entry.action} ${number}`} entry={entry} />
          ))}
        </ul>
      ) : query.isError ? (
        <ErrorNotice
          error={query.error}
          retry={() => void query.refetch()}
          busy={query.isFetching}
        />
      ) : (
        <Skeleton lines={4} label={t`Loading your activity`} />
      )}
      {query.hasNextPage && (
        <p className="actions">
          <WorkButton
            look="quiet"
            busy={query.isFetchingNextPage}
            doing={t`Fetching…`}
            onClick={() => void query.fetchNextPage()}
          >
            <Trans>Show older</Trans>
          </WorkButton>
        </p>
      )}
    </Panel>
  );
}

function Section({ slug, children }: { slug: string; children: ReactNode }) {
  return (
    <Link to="/settings/$section" params={{ section: slug }}>
      {children}
    </Link>
  );
}

const ICONS: Record<string, IconName> = {
  session: "device",
  address: "link",
  api_key: "key",
  handle: "person",
  privacy: "eye",
  account: "box",
};

function words({ action, about }: ActivityEntry): string {
  const address = shortAddress(about ?? "");
  const key = shortName(about ?? "", 60);
  switch (action) {
    case "session.begin":
      return t`Signed in`;
    case "session.end":
      return t`A session was ended`;
    case "session.end_all":
      return t`Signed out everywhere`;
    case "session.reuse":
      return t`A session used in two places was ended`;
    case "address.link":
      return t`${address} was linked`;
    case "address.unlink":
      return t`${address} was removed`;
    case "api_key.make":
      return t`API key “${key}” was created`;
    case "api_key.revoke":
      return t`API key “${key}” was revoked`;
    case "handle.change":
      return t`The handle was changed`;
    case "privacy.change":
      return t`What others see was changed`;
    case "account.export":
      return t`All data was downloaded`;
    case "account.delete":
      return t`Deletion was requested`;
    case "account.restore":
      return t`Deletion was cancelled`;
  }
}

function Row({ entry }: { entry: ActivityEntry }) {
  const { device } = entry;
  const kind = entry.action.split(".")[0] ?? "";
  const copied = entry.action === "session.reuse";
  return (
    <li className={copied ? "row copied" : "row"}>
      <span className="row-mark">
        <Icon name={copied ? "warn" : (ICONS[kind] ?? "device")} size={24} />
      </span>
      <div className="row-text">
        <p className="wrap">
          {words(entry)}
          {entry.current && (
            <span className="tag now">
              <Trans>this device</Trans>
            </span>
          )}
        </p>
        <p className="small">
          <Trans>
            <Time at={entry.at} /> on {device}, signed in with{" "}
            <Address of={entry.signed_in_with} />
          </Trans>
        </p>
      </div>
    </li>
  );
}
