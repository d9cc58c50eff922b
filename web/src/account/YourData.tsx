import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { account, type Me } from "../api/account";
import { addressesQuery, meQuery } from "../api/me";
import { date } from "../format";
import { outcomeOf, Saved, WorkButton } from "../ui/form";
import { useNow } from "../ui/clock";
import { Panel } from "../ui/parts";
import { approvalOf } from "./prove";
import { Sign } from "./Sign";
import "./settings.css";

function save(zip: Blob) {
  const url = URL.createObjectURL(zip);
  const link = document.createElement("a");
  link.href = url;
  link.download = `the-bitcoin-game-${new Date().toISOString().slice(0, 10)}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function YourData({ me }: { me: Me }) {
  const client = useQueryClient();
  const now = useNow(60_000);
  const take = useMutation({ mutationFn: account.download, onSuccess: save });
  const leaving = me.deletion_at && date(me.deletion_at, now);
  const own = useQuery(addressesQuery);
  const [going, setGoing] = useState(false);
  return (
    <>
      <Panel title={t`Export`}>
        <p>
          <Trans>
            Everything we store about you, in files for people and spreadsheets: profile,
            addresses, shares by day, bests, badges, XP.
          </Trans>
        </p>
        <div className="save-row">
          <WorkButton
            look="quiet"
            busy={take.isPending}
            doing={t`Preparing the export…`}
            onClick={() => take.mutate()}
          >
            <Trans>Download my data</Trans>
          </WorkButton>
          <Saved outcome={outcomeOf(take)} done={t`It is in your downloads`} />
        </div>
      </Panel>
      <Panel title={t`Delete my account`}>
        {leaving ? (
          <p role="status">
            <Trans>
              Your account will be deleted on {leaving}. Until then, “Keep my account” at the top of
              every page cancels that.
            </Trans>
          </p>
        ) : (
          <>
            <p>
              <Trans>
                After a week, your personal data is deleted: addresses, handle, name, country,
                sessions, keys. The pool's totals stay the same, without your name. Your miner keeps
                mining either way; a share sent later starts a new tile from zero.
              </Trans>
            </p>
            {going ? (
              <div className="linking">
                <p>
                  <Trans>
                    Sign with an address of yours. You have a week to change your mind; after that,
                    level, streak and badges are gone for good, and nobody can bring them back.
                  </Trans>
                </p>
                <Sign
                  proof={approvalOf({
                    purpose: "delete_account",
                    from: own.data?.addresses.map((one) => one.address) ?? [me.address],
                    action: t`Delete it in a week`,
                    run: async (approval) => {
                      client.setQueryData(meQuery.queryKey, await account.remove(approval));
                    },
                  })}
                />
                <p className="actions">
                  <button type="button" className="button quiet" onClick={() => setGoing(false)}>
                    <Trans>Cancel</Trans>
                  </button>
                </p>
              </div>
            ) : (
              <p className="actions">
                <button type="button" className="button quiet bad" onClick={() => setGoing(true)}>
                  <Trans>Delete my account</Trans>
                </button>
              </p>
            )}
          </>
        )}
      </Panel>
    </>
  );
}
