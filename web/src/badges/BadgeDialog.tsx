import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Badge } from "../api/types";
import { Icon } from "../art";
import { fullTime } from "../format";
import { Dialog, DialogText, DialogTitle } from "../ui/Dialog";
import { BadgeTile } from "./BadgeTile";
import { BadgeFacts } from "./BadgePage";
import { cause, howTo, type Shelved, tileOf } from "./shelf";
import "./badges.css";
import "./dialog.css";

interface Props {
  shelved: Shelved | null;
  /** The button that shares an earned badge. */
  share: (badge: Badge) => ReactNode;
  onClose: () => void;
}

export function BadgeDialog({ shelved, share, onClose }: Props) {
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
      {shown && <Detail shelved={shown} share={share} />}
    </Dialog>
  );
}

function Detail({ shelved, share }: { shelved: Shelved } & Pick<Props, "share">) {
  const { badge, earned, fraction, measured } = shelved;
  const { name } = badge;
  const how = howTo(badge);
  return (
    <>
      <div className="dialog-art">
        <BadgeTile {...badge} {...tileOf(shelved)} size={180} />
      </div>
      <div className="dialog-text">
        <DialogTitle>{name}</DialogTitle>
        <DialogText className="lead">{badge.description}</DialogText>
        {earned ? <Earned shelved={shelved} /> : how && <p>{how}</p>}
        {!earned && measured && fraction !== null && (
          <div className="meter">
            <progress value={fraction} max={1} aria-label={t`Progress to ${name}`} />
            <p className="small">
              {fraction >= 0.9 ? t`${measured}. Almost there.` : measured}
            </p>
          </div>
        )}
        <BadgeFacts badge={badge} held={earned !== null} />
        <p className="actions">
          <Link to="/badges/$slug" params={{ slug: badge.slug }} className="button quiet">
            <Trans>Who else has it</Trans>
          </Link>
          {earned && share(badge)}
        </p>
      </div>
    </>
  );
}

function Earned({ shelved }: { shelved: Shelved }) {
  const { earned, badge } = shelved;
  if (!earned) return null;
  const time = fullTime(earned.earned_at);
  const reason = cause(earned);
  const how = howTo(badge);
  return (
    <>
      <p className="earned-line">
        <Icon name="check" size={24} />
        <span>{reason ? t`Earned ${time}, ${reason}.` : t`Earned ${time}.`}</span>
      </p>
      {how && (
        <p className="small">
          <Trans>It took: {how}</Trans>
        </p>
      )}
    </>
  );
}
