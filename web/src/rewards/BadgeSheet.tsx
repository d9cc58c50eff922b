import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Me } from "../api/account";
import { badgeQuery } from "../api/queries";
import { AddressTile, Icon } from "../art";
import { BadgeFacts } from "../badges/BadgePage";
import { BadgeTile } from "../badges/BadgeTile";
import { cause, howTo, type Shelved, tileOf } from "../badges/shelf";
import { fullTime } from "../format";
import { Dialog, DialogText, DialogTitle } from "../ui/Dialog";
import { Address } from "../ui/parts";
import { Credential } from "./Credential";
import { Loaded } from "./Loaded";
import "../badges/badges.css";
import "../badges/dialog.css";
import "./shelf-page.css";

interface Props {
  me: Me;
  shelved: Shelved | null;
  onClose: () => void;
}

/** One badge of somebody's own: why they have it, who else does, and how to take it along. */
export function BadgeSheet({ me, shelved, onClose }: Props) {
  // What was open stays readable while the dialog leaves.
  const [kept, setKept] = useState(shelved);
  if (shelved && shelved !== kept) setKept(shelved);
  const shown = shelved ?? kept;
  return (
    <Dialog
      className="dialog-badge"
      open={shelved !== null}
      onOpenChange={(open) => !open && onClose()}
    >
      {shown && <Detail me={me} shelved={shown} />}
    </Dialog>
  );
}

function Detail({ me, shelved }: { me: Me; shelved: Shelved }) {
  const { badge, earned, fraction, measured } = shelved;
  const { name } = badge;
  return (
    <>
      <div className="dialog-art">
        <BadgeTile {...badge} {...tileOf(shelved)} size={180} />
      </div>
      <div className="dialog-text">
        <DialogTitle>{name}</DialogTitle>
        <DialogText className="lead">{badge.description}</DialogText>
        {earned ? <Earned shelved={shelved} /> : <p>{howTo(badge)}</p>}
        {!earned && measured && fraction !== null && (
          <div className="meter">
            <progress value={fraction} max={1} aria-label={t`Progress to ${name}`} />
            <p className="small">{measured}</p>
          </div>
        )}
        <BadgeFacts badge={badge} held={earned !== null} />
        <Others slug={badge.slug} own={earned !== null} />
        {earned && <Credential badge={badge} me={me} />}
      </div>
    </>
  );
}

function Earned({ shelved: { earned } }: { shelved: Shelved }) {
  if (!earned) return null;
  const time = fullTime(earned.earned_at);
  const reason = cause(earned);
  return (
    <p className="earned-line">
      <Icon name="check" size={24} />
      <span>{reason ? t`Earned ${time}, ${reason}.` : t`Earned ${time}.`}</span>
    </p>
  );
}

const NAMED = 6;

function Others({ slug, own }: { slug: string; own: boolean }) {
  const detail = useQuery(badgeQuery(slug));
  return (
    <section className="sheet-part" aria-label={t`Who has it`}>
      <h3>
        <Trans>Who has it</Trans>
      </h3>
      <Loaded query={detail} label={t`Loading who has it`} lines={1}>
        {({ badge: { recent_earners: earners } }) =>
          earners.length === 0 ? (
            <p className="small">
              {own
                ? t`So far nobody else whose page others may see.`
                : t`Nobody yet. You could be the first.`}
            </p>
          ) : (
            <ul className="sheet-others">
              {earners.slice(0, NAMED).map(({ user, seed }) => (
                <li key={user}>
                  <Link to="/m/$address" params={{ address: user }}>
                    <AddressTile address={seed} size={34} />
                    <Address of={user} />
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}
