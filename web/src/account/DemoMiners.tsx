import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { account } from "../api/account";
import { demoMinersQuery } from "../api/me";
import { AddressTile, Icon } from "../art";
import { Empty } from "../ui/Empty";
import { Failed } from "../ui/form";
import { Address, ErrorNotice, Skeleton } from "../ui/parts";
import type { Proof } from "./prove";
import "./account.css";

/** A demo keeps the keys of its miners, so it can sign for them; the rest is the real thing. */
export function DemoMiners({ proof }: { proof: Proof }) {
  const miners = useQuery(demoMinersQuery);
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);

  async function be(address: string) {
    if (busy !== null) return;
    setBusy(address);
    setError(null);
    try {
      const challenge = await proof.challenge(address);
      const { signature } = await account.demoSign(challenge.challenge_id);
      await proof.handIn(challenge, signature);
    } catch (failure) {
      setError(failure);
    }
    setBusy(null);
  }

  if (miners.isError) {
    return (
      <ErrorNotice
        error={miners.error}
        retry={() => void miners.refetch()}
        busy={miners.isFetching}
      />
    );
  }
  if (!miners.data) return <Skeleton lines={2} label={t`Loading the demo miners`} />;
  const offered = miners.data.addresses.filter((one) => proof.from?.includes(one) ?? true);
  if (offered.length === 0) {
    return (
      <Empty>
        <Trans>No demo miner has mined yet. Give them a minute.</Trans>
      </Empty>
    );
  }
  return (
    <>
      <p className="small">
        <Trans>
          This is a demo: it holds the keys of its own miners and signs for them. The message
          and the check are real.
        </Trans>
      </p>
      <ul className="picks">
        {offered.map((address) => (
          <li key={address}>
            <button
              type="button"
              className="pick"
              aria-disabled={busy !== null || undefined}
              onClick={() => void be(address)}
            >
              <AddressTile address={address} size={44} />
              <span>
                <Address of={address} />
                <span className="small">{busy === address ? t`Signing…` : t`demo miner`}</span>
              </span>
              <Icon name="right" size={20} />
            </button>
          </li>
        ))}
      </ul>
      <Failed error={error} />
    </>
  );
}
