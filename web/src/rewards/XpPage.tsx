import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { badgesQuery } from "../api/queries";
import { historyQuery, PER_PAGE, summaryQuery, type XpEntry } from "../api/rewards";
import { clock, count, date } from "../format";
import { useNow } from "../ui/clock";
import { Empty } from "../ui/Empty";
import { Panel } from "../ui/parts";
import { type Column, Table } from "../ui/Table";
import { Frame } from "./Frame";
import { Loaded } from "./Loaded";
import { sourceName, weekName } from "./why";
import { XpChart } from "./XpChart";
import "./xp-page.css";

export function XpPage() {
  return (
    <Frame
      title={t`Your XP`}
      lead={
        <Trans>
          When it came, and from what. Days and weeks are those of the game, which begin at midnight
          UTC.
        </Trans>
      }
    >
      {() => (
        <>
          <Chart />
          <Ledger />
        </>
      )}
    </Frame>
  );
}

function Chart() {
  const summary = useQuery(summaryQuery);
  return (
    <Panel title={t`XP earned`} className="span-12" why="xp">
      <Loaded query={summary} label={t`Loading your XP`} lines={9}>
        {(data) => <XpChart summary={data} />}
      </Loaded>
    </Panel>
  );
}

function Ledger() {
  const [page, setPage] = useState(1);
  const history = useQuery(historyQuery(page));
  const names = useQuery(badgesQuery).data?.badges;
  const now = useNow(60_000);
  return (
    <Panel
      title={t`Every entry`}
      className="span-12"
      aside={history.data && total(history.data.total)}
    >
      <Loaded query={history} label={t`Loading the history`} lines={9}>
        {({ entries, total: all }) => (
          <>
            <Table
              label={t`Every entry`}
              columns={columns(now, new Map(names?.map(({ slug, name }) => [slug, name])))}
              rows={entries.map((entry, n) => ({ ...entry, n }))}
              keyOf={({ n }) => `${page} ${n}`}
              empty={
                <Empty>
                  <Trans>Nothing yet. The first accepted share brings the first XP.</Trans>
                </Empty>
              }
            />
            <Pager page={page} of={Math.ceil(all / PER_PAGE)} go={setPage} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function total(n: number): string {
  const all = count(n);
  return t`${all} in all`;
}

function columns(now: number, names: Map<string, string>): [Column<XpEntry>, ...Column<XpEntry>[]] {
  return [
    { key: "what", label: t`For`, cell: (entry) => whatFor(entry, names) },
    { key: "source", label: t`From`, spare: true, cell: ({ source }) => sourceName(source) },
    {
      key: "when",
      label: t`When`,
      cell: ({ created_at: at }) => (
        <time dateTime={at}>{`${date(at, now, "short")} ${clock(at)}`}</time>
      ),
    },
    {
      key: "xp",
      label: t`XP`,
      number: true,
      cell: ({ amount }) => (
        <span className={amount < 0 ? "xp-taken" : "xp"}>
          {amount > 0 ? "+" : ""}
          {count(amount)}
        </span>
      ),
    },
  ];
}

function whatFor(entry: XpEntry, names: Map<string, string>): string {
  const { source, source_id: about, description } = entry;
  if (!about) return description;
  if (source === "badge") return names.get(about) ?? description;
  if (source === "share") {
    const number = count(Number(about));
    return t`Share number ${number}`;
  }
  if (source === "streak") {
    const week = weekName(about);
    return week.charAt(0).toUpperCase() + week.slice(1);
  }
  if (source === "personal_best") return t`Best day yet`;
  return description;
}

interface PagerProps {
  page: number;
  of: number;
  go: (page: number) => void;
}

function Pager({ page, of, go }: PagerProps) {
  if (of < 2) return null;
  const [here, all] = [count(page), count(of)];
  return (
    <nav className="pager" aria-label={t`Pages of the history`}>
      <button
        type="button"
        className="button quiet"
        aria-disabled={page <= 1 || undefined}
        onClick={() => page > 1 && go(page - 1)}
      >
        <Trans>Newer</Trans>
      </button>
      <p className="small" role="status">
        {t`Page ${here} of ${all}`}
      </p>
      <button
        type="button"
        className="button quiet"
        aria-disabled={page >= of || undefined}
        onClick={() => page < of && go(page + 1)}
      >
        <Trans>Older</Trans>
      </button>
    </nav>
  );
}
