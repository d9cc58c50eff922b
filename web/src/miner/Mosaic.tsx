import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { countryName } from "../account/countries";
import { levelsQuery } from "../api/queries";
import type { PublicMiner } from "../api/types";
import { AddressTile, LevelRing, StoveWall } from "../art";
import { count, date, isName, shortAddress } from "../format";
import { useNow } from "../ui/clock";
import { PHONE, useMedia } from "../ui/hooks";
import { CopyButton, Online, Time } from "../ui/parts";
import { nameOfSection } from "../ui/Why";
import { ShareMiner } from "./ShareMiner";
import "./mosaic.css";

interface Props {
  /** The name the page was asked for by: an address or a handle. */
  who: string;
  miner: PublicMiner | null;
  /** The first answer is still under way. */
  waiting?: boolean;
}

/** Cells across: eight on a phone; elsewhere enough for any screen, and CSS centres them. */
const PHONE_CELLS = 8;
const CELLS = 68;

/** The band on top of a miner's page: its tile set into the stove, its name and its level. */
export function Mosaic({ who, miner, waiting = false }: Props) {
  const phone = useMedia(PHONE);
  return (
    <div className="mosaic-frame">
      <StoveWall className="mosaic" columns={phone ? PHONE_CELLS : CELLS}>
        <div className="mosaic-tile" data-tile={miner?.avatar_seed ?? who}>
          <AddressTile address={miner?.avatar_seed ?? who} size={160} />
        </div>
        <div className="art-plate mosaic-name">
          <Title who={who} miner={miner} />
          <div className="mosaic-line">
            {miner ? <Where miner={miner} /> : <CopyAddress of={who} />}
            {miner && <State miner={miner} />}
            {!miner && !waiting && (
              <Online on={false}>
                <Trans>No shares yet</Trans>
              </Online>
            )}
          </div>
        </div>
        {miner ? <LevelPlate miner={miner} phone={phone} /> : <EmptyPlate waiting={waiting} />}
      </StoveWall>
    </div>
  );
}

function EmptyPlate({ waiting }: { waiting: boolean }) {
  return (
    <div className="art-plate mosaic-level mosaic-level-empty">
      {!waiting && (
        <p>
          <Trans>Level 1 starts with the first share.</Trans>
        </p>
      )}
    </div>
  );
}

/** Large for as long as it fits on the plate; longer names are set smaller, not cut. */
const FITS = 11;

function Title({ who, miner }: { who: string; miner: PublicMiner | null }) {
  const name = miner?.display_name ?? miner?.handle ?? who;
  const said = shortAddress(name);
  const named = miner?.display_name || isName(name);
  return (
    <h1 className={Array.from(named ? name : said).length > FITS ? "long" : ""}>
      {named ? name : <Name of={name} />}
    </h1>
  );
}

/** The address as its owner shows it, the handle when another name stands above, the country. */
function Where({ miner }: { miner: PublicMiner }) {
  const { address, handle, display_name, country } = miner;
  return (
    <>
      {display_name && isName(handle) && <span>{handle}</span>}
      {address && !isName(address) && <CopyAddress of={address} />}
      {address && isName(address) && <span className="mono">{address}</span>}
      <ShareMiner miner={miner} title={display_name ?? shortAddress(handle)} plain />
      {country && <span>{countryName(country)}</span>}
    </>
  );
}

function CopyAddress({ of }: { of: string }) {
  return isName(of) ? null : <CopyButton text={of} label={t`Copy address`} />;
}

function Name({ of: address }: { of: string }) {
  return (
    <>
      <span aria-hidden="true">{shortAddress(address)}</span>
      <span className="sr-only">
        <Trans>Miner {address}</Trans>
      </span>
    </>
  );
}

function State({ miner }: { miner: PublicMiner }) {
  const now = useNow();
  if (miner.online) {
    const day = date(miner.since, now, "short");
    return (
      <Online on>
        <Trans>Hashing since {day}</Trans>
      </Online>
    );
  }
  return (
    <Online on={false}>
      {miner.last_share_at ? (
        <span>
          <Trans>
            Cold, last share <Time at={miner.last_share_at} />
          </Trans>
        </span>
      ) : (
        t`No accepted share yet`
      )}
    </Online>
  );
}

function LevelPlate({ miner, phone }: { miner: PublicMiner; phone: boolean }) {
  const { xp } = miner;
  const { level, next_level: next } = xp;
  const levels = useQuery(levelsQuery).data?.levels ?? [];
  const at = levels.findIndex((row) => row.level === level);
  const ordinal = at >= 0 ? at + 1 : Math.min(level, 15);
  const last = xp.xp_for_level <= 0;
  const total = count(xp.total_xp);
  const missing = count(xp.xp_to_next_level);
  return (
    <>
      <div className="art-plate mosaic-level">
        <p className="mosaic-step">
          <Trans>Level {level}</Trans>
        </p>
        <p className="mosaic-title serif">{xp.level_title}</p>
        <Link to="/how-it-works" hash="xp" className="mosaic-xp" title={nameOfSection("xp")}>
          {last ? (
            <Trans>
              <span className="gold tn">{total}</span> XP, the last level
            </Trans>
          ) : (
            <Trans>
              <span className="gold tn">{total}</span> XP, {missing} to level {next}
            </Trans>
          )}
        </Link>
      </div>
      <Link
        to="/how-it-works"
        hash="levels"
        className="mosaic-ring"
        title={nameOfSection("levels")}
      >
        <LevelRing
          level={level}
          of={levels.length || 15}
          ordinal={ordinal}
          fraction={last ? 1 : Math.min(1, xp.xp_into_level / xp.xp_for_level)}
          size={phone ? 84 : 132}
        />
        <span className="sr-only">{nameOfSection("levels")}</span>
      </Link>
    </>
  );
}
