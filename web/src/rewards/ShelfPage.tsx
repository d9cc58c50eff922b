import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Me } from "../api/account";
import { Refusal } from "../api/client";
import { pageOf } from "../api/me";
import { badgesQuery, minerQuery } from "../api/queries";
import type { BadgeList, PublicMiner } from "../api/types";
import { NotOpen } from "../badges/NotOpen";
import { isShown, shelve } from "../badges/shelf";
import { count } from "../format";
import { useMinerLive } from "../live/hooks";
import { Empty } from "../ui/Empty";
import { Panel } from "../ui/parts";
import { BadgeSheet } from "./BadgeSheet";
import { FilterBar } from "./FilterBar";
import { filterOf, fits, isNear, type Show } from "./filter";
import { Frame } from "./Frame";
import { Loaded } from "./Loaded";
import { ShelfCards } from "./ShelfCards";

export function ShelfPage() {
  return (
    <Frame
      title={t`Your badges`}
      lead={
        <Trans>
          How far you are with each badge, and how rare it really is among this pool's miners. What
          you have earned you can take with you as a file that anybody can check.
        </Trans>
      }
    >
      {(me) => <Shelf me={me} />}
    </Frame>
  );
}

const NONE: PublicMiner["badges"] = { earned: [], progress: [], total_earned: 0, total_available: 0 };

/** Their page as a miner; null for somebody whose first share has not come yet. */
function useOwnMiner(me: Me) {
  const who = pageOf(me);
  const miner = useQuery(minerQuery(who));
  useMinerLive(who, who);
  const none = miner.error instanceof Refusal && miner.error.status === 404;
  return { ...miner, data: miner.data ?? (none ? null : undefined) };
}

function Shelf({ me }: { me: Me }) {
  const miner = useOwnMiner(me);
  const badges = useQuery(badgesQuery);
  return (
    <Panel title={t`Shelf`} className="span-12" why="badges">
      <Loaded query={badges} label={t`Loading the badges`} lines={9}>
        {(list) => (
          <Loaded query={miner} label={t`Loading your badges`} lines={9}>
            {(own) => <Badges list={list} miner={own} me={me} />}
          </Loaded>
        )}
      </Loaded>
    </Panel>
  );
}

interface BadgesProps {
  list: BadgeList;
  miner: PublicMiner | null;
  me: Me;
}

function Badges({ list, miner, me }: BadgesProps) {
  const search = useSearch({ from: "/rewards/badges" });
  const navigate = useNavigate({ from: "/rewards/badges" });
  const shelf = shelve(list.badges, miner?.badges ?? NONE);
  const filter = filterOf(search);
  const go = (change: typeof search, replace = true) =>
    void navigate({
      search: (old) =>
        Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value)),
      replace,
      resetScroll: false,
    });
  const found = shelf.filter((one) => fits(one, filter, miner));
  const [shown, closed] = [found.filter(isShown), found.filter((one) => !isShown(one))];
  const counts: Record<Show, number> = {
    all: shelf.filter(isShown).length,
    earned: shelf.filter(({ earned }) => earned).length,
    near: shelf.filter((one) => isNear(one, miner)).length,
  };
  const open = (badge: string) => go({ badge }, false);
  return (
    <>
      <FilterBar
        {...{ filter, counts }}
        badges={list.badges}
        onChange={({ show, rarity, kind }) =>
          go({ show: show === "all" ? "" : show, rarity, kind })
        }
      />
      <p className="sr-only" role="status">
        {says(shown.length)}
      </p>
      {shown.length > 0 ? (
        <ShelfCards shelf={shown} onOpen={open} />
      ) : (
        <Empty
          action={
            <button
              type="button"
              className="button quiet"
              onClick={() => go({ show: "", rarity: "", kind: "" })}
            >
              <Trans>Show all</Trans>
            </button>
          }
        >
          {why(filter.show, miner)}
        </Empty>
      )}
      <NotOpen count={closed.length}>
        <ShelfCards shelf={closed} onOpen={open} />
      </NotOpen>
      <BadgeSheet
        me={me}
        shelved={shelf.find(({ badge }) => badge.slug === search.badge) ?? null}
        onClose={() => go({ badge: "" })}
      />
    </>
  );
}

function says(n: number): string {
  const shown = count(n);
  return t`${shown} badges shown`;
}

function why(show: Show, miner: PublicMiner | null): string {
  if (show === "earned" && miner === null) {
    return t`No badge yet. Your first accepted share earns one.`;
  }
  if (show === "near") {
    return t`Nothing comes within about a month at your pace. Luck may disagree.`;
  }
  return t`No badge is like this.`;
}
