import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { memo, useEffect } from "react";
import { couldBeHandle } from "../account/handle";
import { looksRight, spelled } from "../address";
import { Refusal } from "../api/client";
import { badgesQuery, minerQuery } from "../api/queries";
import type { PublicMiner } from "../api/types";
import { shortAddress } from "../format";
import { useMinerLive } from "../live/hooks";
import { Empty } from "../ui/Empty";
import { MinerFeed } from "../ui/FeedList";
import { rememberMiner, useNetwork, usePartInPlace } from "../ui/hooks";
import { ErrorNotice, LiveDot, Panel, Skeleton } from "../ui/parts";
import { Title } from "../shell/Pool";
import { BadgeDialog } from "../badges/BadgeDialog";
import { BadgeShelf } from "../badges/BadgeShelf";
import { Bests } from "./Bests";
import { Blocks } from "./Blocks";
import { Claim } from "./Claim";
import { FirstSteps } from "./FirstSteps";
import { Mosaic } from "./Mosaic";
import { NoShares, NoSuchName, WrongAddress } from "./NoShares";
import { Hashrate } from "./Hashrate";
import { Next } from "./Next";
import { OwnRewards } from "./OwnRewards";
import { shelve } from "../badges/shelf";
import { ShareMiner } from "./ShareMiner";
import { Streak } from "./Streak";
import { Workers } from "./Workers";
import "./miner.css";

/** These are large, and need not be drawn anew when something else on the page changes. */
const [Name, Speed, Machines, Weeks] = [memo(Mosaic), memo(Hashrate), memo(Workers), memo(Streak)];

export function MinerPage() {
  const who = spelled(useParams({ from: "/m/$address" }).address);
  // A page per name: what is drawn, celebrated and slid in belongs to one miner only.
  return <OneMiner key={who} who={who} />;
}

/** The name under which this miner's frames are requested: the handle, or the visited address. */
function useFrameName(who: string, miner: PublicMiner | undefined): string | null {
  const network = useNetwork();
  return miner?.handle ?? (looksRight(who, network) ? who : null);
}

function OneMiner({ who }: { who: string }) {
  const miner = useQuery(minerQuery(who));
  useMinerLive(who, useFrameName(who, miner.data));
  const network = useNetwork();
  const refused = miner.error instanceof Refusal ? miner.error.status : null;
  const rightLooking = looksRight(who, network);
  const unknown = refused === 404;

  useEffect(() => {
    if (miner.data || rightLooking) rememberMiner(who);
  }, [miner.data, rightLooking, who]);

  if (miner.data) return <Page who={who} miner={miner.data} />;
  if (unknown && couldBeHandle(who)) return <NoSuchName name={who} />;
  if (refused === 422 || (unknown && !rightLooking)) {
    return <WrongAddress address={who} network={network} />;
  }
  return (
    <>
      <Title of={shortAddress(who)} />
      <Mosaic who={who} miner={null} waiting={!unknown} />
      <div className="page grid">
        {unknown ? (
          <NoShares address={who} />
        ) : miner.isError ? (
          <section className="panel span-12" aria-label={t`This miner`}>
            <ErrorNotice
              error={miner.error}
              retry={() => void miner.refetch()}
              busy={miner.isFetching}
            />
          </section>
        ) : (
          <>
            <Panel title={t`Badges`} className="span-8" id="badges">
              <Skeleton lines={6} label={t`Loading this miner's page`} />
            </Panel>
            <Panel title={t`Streak`} className="span-4" id="streak">
              <Skeleton lines={6} label={t`Loading the streak`} />
            </Panel>
          </>
        )}
      </div>
    </>
  );
}

function Page({ who, miner }: { who: string; miner: PublicMiner }) {
  const badges = useQuery(badgesQuery);
  const { total_earned: earned, total_available: available } = miner.badges;
  const { badge: open } = useSearch({ from: "/m/$address" });
  const navigate = useNavigate({ from: "/m/$address" });
  const shelf = badges.data ? shelve(badges.data.badges, miner.badges) : null;
  usePartInPlace(shelf !== null);
  const opened = shelf?.find((s) => s.badge.slug === open) ?? null;
  const turn = (badge: string | undefined) =>
    void navigate({ search: badge ? { badge } : {}, replace: !badge, resetScroll: false });

  return (
    <>
      <Title of={miner.display_name ?? shortAddress(miner.handle)} />
      <Name who={who} miner={miner} />
      <div className="page grid miner-grid">
        <Claim who={who} miner={miner} />
        <FirstSteps who={who} miner={miner} />
        {miner.bio && (
          <section className="panel span-12 miner-bio" aria-label={t`About this miner`}>
            <p>{miner.bio}</p>
          </section>
        )}
        {miner.blocks.length > 0 && <Blocks miner={miner} />}
        <div className="miner-left">
          <Speed miner={miner} />
          <Panel
            title={t`Badges`}
            aside={t`${earned} of ${available} earned`}
            className="area-badges"
            id="badges"
            why="badges"
          >
            {shelf ? (
              <BadgeShelf shelf={shelf} who={who} onOpen={turn} />
            ) : badges.isError ? (
              <ErrorNotice
                error={badges.error}
                retry={() => void badges.refetch()}
                busy={badges.isFetching}
              />
            ) : (
              <Skeleton lines={6} label={t`Loading the badges`} />
            )}
            <OwnRewards miner={miner} part="badges" />
          </Panel>
          <Machines miner={miner} />
        </div>
        <div className="miner-right">
          <Bests bests={miner.bests} />
          {shelf && <Next miner={miner} shelf={shelf} />}
          <Weeks streak={miner.streak} />
          <Panel
            title={t`Rewards`}
            aside={<LiveDot />}
            className="area-rewards"
            id="rewards"
            why="xp"
          >
            {miner.feed.length > 0 ? (
              <MinerFeed items={miner.feed} />
            ) : (
              <Empty>
                <Trans>No rewards yet. The first share earns one.</Trans>
              </Empty>
            )}
            <OwnRewards miner={miner} />
          </Panel>
        </div>
      </div>
      <BadgeDialog
        shelved={opened}
        share={({ slug, name }) => <ShareMiner miner={miner} title={name} part={`?badge=${slug}`} />}
        onClose={() => turn(undefined)}
      />
    </>
  );
}
