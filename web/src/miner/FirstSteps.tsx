import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { firstSteps } from "../account/firstSteps";
import { useChangeSettings } from "../api/change";
import { settingsQuery, useMe } from "../api/me";
import type { PublicMiner } from "../api/types";
import { Icon } from "../art";
import { Failed } from "../ui/form";
import "./claim.css";

/** On somebody's own page, until they close it or all is done: how far the first steps are. */
export function FirstSteps({ who, miner }: { who: string; miner: PublicMiner }) {
  const me = useMe();
  const own = Boolean(me) && [me?.handle, me?.address].some((n) => n === who || n === miner.handle);
  const settings = useQuery({ ...settingsQuery, enabled: own });
  const change = useChangeSettings();
  if (!me || !own || settings.data?.welcome !== "open") return null;
  const steps = firstSteps(me, miner);
  const done = steps.filter((step) => step.done).length;
  const all = steps.length;
  if (done === all) return null;
  return (
    <section className="panel claim" aria-label={t`Your first steps`}>
      <span className="claim-mark">
        <Icon name="check" size={24} />
      </span>
      <p>
        <Trans>
          <span className="strong">Your first steps:</span> {done} of {all} done.
        </Trans>
      </p>
      <Link to="/welcome" className="button quiet">
        <Trans>Show them</Trans>
      </Link>
      <button
        type="button"
        className="icon-button"
        aria-label={t`Close the first steps for good`}
        title={t`Close for good`}
        onClick={() => change.mutate({ welcome: "closed" })}
      >
        <Icon name="close" size={20} />
      </button>
      {change.isError && <Failed error={change.error} />}
    </section>
  );
}
