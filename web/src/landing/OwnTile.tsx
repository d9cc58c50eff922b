import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Me, seedOf } from "../api/account";
import { Refusal } from "../api/client";
import { pageOf } from "../api/me";
import { minerQuery } from "../api/queries";
import { AddressTile } from "../art";
import { count } from "../format";
import { nameOf } from "../ui/names";
import "./landing.css";

/** In place of the pitch: the tile and the level of whoever is signed in. */
export function OwnTile({ me }: { me: Me | undefined }) {
  return (
    <section aria-label={t`Your tile`}>
      <div className="own-corner">
        <div className="own-corner-tile">
          {me && <AddressTile address={seedOf(me)} size={96} title={t`Your tile`} />}
        </div>
        <div>
          <p className="own-corner-name">{me ? nameOf(me) : "\u00a0"}</p>
          <p>{me ? <Level me={me} /> : "\u00a0"}</p>
        </div>
      </div>
      <p className="actions">
        {me ? (
          <Link to="/m/$address" params={{ address: pageOf(me) }} className="button">
            <Trans>Your page</Trans>
          </Link>
        ) : (
          <Link to="/profile" className="button">
            <Trans>Your page</Trans>
          </Link>
        )}
      </p>
    </section>
  );
}

function Level({ me }: { me: Me }) {
  const miner = useQuery(minerQuery(pageOf(me)));
  if (miner.data) {
    const { level, level_title: title, total_xp } = miner.data.xp;
    const xp = count(total_xp);
    return (
      <Trans>
        Level {level} {title}, <span className="xp tn">{xp}</span> XP
      </Trans>
    );
  }
  const unknown = miner.error instanceof Refusal && miner.error.status === 404;
  return unknown ? t`No shares yet. Your page says what to enter into your miner.` : "\u00a0";
}
