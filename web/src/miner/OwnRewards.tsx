import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useMe } from "../api/me";
import type { PublicMiner } from "../api/types";

/** On somebody's own page: the way to what only they see, such as why they got each reward. */
export function OwnRewards({ miner, part }: { miner: PublicMiner; part?: "badges" }) {
  const me = useMe();
  if (!me || ![me.handle, me.address].includes(miner.handle)) return null;
  return part ? (
    <Link to="/rewards/badges" className="up">
      {t`Your shelf, with what is within reach`}
    </Link>
  ) : (
    <Link to="/rewards" className="up">
      {t`All your rewards, and why`}
    </Link>
  );
}
