import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { account, type Me, type OwnAddress } from "../../api/account";
import { addressesQuery, meQuery } from "../../api/me";
import { AddressTile, Icon } from "../../art";
import { date, shortAddress } from "../../format";
import { Confirm } from "../../ui/Confirm";
import { useNow } from "../../ui/hooks";
import { Address, CopyButton, ErrorNotice, Panel, Skeleton } from "../../ui/parts";
import { ByHand } from "./ByHand";
import type { Proof } from "./prove";
import { WithWallet } from "./WithWallet";

export function Addresses({ me }: { me: Me }) {
  const client = useQueryClient();
  const own = useQuery(addressesQuery);
  const [linking, setLinking] = useState(false);
  const [news, setNews] = useState("");

  function told(addresses: OwnAddress[], what: string) {
    client.setQueryData(addressesQuery.queryKey, { addresses });
    void client.invalidateQueries({ queryKey: meQuery.queryKey, exact: true });
    void client.invalidateQueries({ queryKey: ["miner"] });
    setNews(what);
  }

  const proof: Proof = {
    challenge: (address) => account.challenge(address, true),
    handIn: async ({ challenge_id }, signature) => {
      const { addresses, merged } = await account.linkAddress(challenge_id, signature);
      told(addresses, merged ? "Linked, and its totals are yours now." : "Linked.");
      setLinking(false);
    },
    action: "Link this address",
    doing: "Checking the signature…",
    keptAs: "tbg.link",
  };

  return (
    <>
      <Panel title="Your addresses" aside={me.addresses === 1 ? "one so far" : `${me.addresses} linked`}>
        {own.data ? (
          <ul className="rows">
            {own.data.addresses.map((one) => (
              <Row
                key={one.address}
                one={one}
                unlink={async () => {
                  await account.unlinkAddress(one.address);
                  const left = own.data.addresses.filter((other) => other !== one);
                  told(left, `${shortAddress(one.address)} is no longer linked.`);
                }}
              />
            ))}
          </ul>
        ) : own.isError ? (
          <ErrorNotice error={own.error} retry={() => void own.refetch()} busy={own.isFetching} />
        ) : (
          <Skeleton lines={3} label="Fetching your addresses" />
        )}
        <p className="saved done" role="status">
          {news && (
            <>
              <Icon name="check" size={20} /> {news}
            </>
          )}
        </p>
      </Panel>
      <Panel title="Link another address">
        <p>
          Miners on several addresses can play as one: shares, levels, streaks and badges unite
          under your name. You can unlink an address that has brought no game with it.
        </p>
        <p>
          If the other address has mined here before, its totals, badges and XP unite with yours,
          and that cannot be parted again. If somebody has signed in with it, that account ends: its
          name, profile and settings are gone, its API keys stop, and its devices are signed out.
        </p>
        {linking ? (
          <div className="linking" ref={focused} tabIndex={-1}>
            <h3>A wallet in this browser</h3>
            <WithWallet proof={proof} />
            <h3>Any other wallet</h3>
            <ByHand proof={proof} />
            <p>
              <button type="button" className="button quiet" onClick={() => setLinking(false)}>
                Not now
              </button>
            </p>
          </div>
        ) : (
          <p className="actions">
            <button
              type="button"
              className="button"
              onClick={() => {
                setNews("");
                setLinking(true);
              }}
            >
              Link an address
            </button>
          </p>
        )}
      </Panel>
    </>
  );
}

/** The button that opened it is gone; the focus goes on inside. */
function focused(box: HTMLDivElement | null) {
  box?.focus({ preventScroll: true });
}

function Row({ one, unlink }: { one: OwnAddress; unlink: () => Promise<void> }) {
  const now = useNow(60_000);
  const since = one.proved_at ? `Proved ${date(one.proved_at, now)}` : "Not proved yet";
  return (
    <li className="row">
      <AddressTile address={one.address} size={44} />
      <div className="row-text">
        <p>
          <Address of={one.address} />
          {one.first && <span className="tag">first</span>}
        </p>
        <p className="small">
          {since}
          {!one.can_unlink && !one.first && ". Its totals are part of yours"}
        </p>
      </div>
      <CopyButton text={one.address} label="Copy" spoken={`Copy address ${one.address}`} />
      {one.can_unlink && (
        <Confirm
          trigger="Unlink"
          triggerLabel={`Unlink ${one.address}`}
          title={`Unlink ${shortAddress(one.address)}?`}
          action="Unlink it"
          doing="Unlinking…"
          run={unlink}
        >
          <p>
            Its miners play for themselves from then on, and you can no longer sign in with it. You
            can link it again at any time.
          </p>
        </Confirm>
      )}
    </li>
  );
}
