import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { account, type Me, type OwnAddress, type Privacy } from "../api/account";
import { addressesQuery, meQuery } from "../api/me";
import { AddressTile, Icon } from "../art";
import { date, shortAddress } from "../format";
import { useNow } from "../ui/clock";
import { Address, CopyButton, ErrorNotice, Panel, Skeleton } from "../ui/parts";
import { Refusal } from "../api/client";
import { keepLinking, keptLinking, type Linking as LinkingState } from "./asked";
import { AddressForm } from "./ByHand";
import { approvalOf, type Proof } from "./prove";
import { Sign } from "./Sign";
import "./settings.css";

const APPROVED_FOR = 5 * 60_000;

function approved(address: string, approval: string): LinkingState {
  return { address, approval, until: Date.now() + APPROVED_FOR };
}

type Task = { what: "link" } | { what: "remove"; address: string } | null;

export function Addresses({ me }: { me: Me }) {
  const client = useQueryClient();
  const own = useQuery(addressesQuery);
  const [task, setTask] = useState<Task>(() => (keptLinking() ? { what: "link" } : null));
  const [news, setNews] = useState("");

  function changed(addresses: OwnAddress[], what: string) {
    client.setQueryData(addressesQuery.queryKey, { addresses });
    void client.invalidateQueries({ queryKey: meQuery.queryKey, exact: true });
    void client.invalidateQueries({ queryKey: ["miner"] });
    setNews(what);
    setTask(null);
  }

  function begin(next: Task) {
    setNews("");
    setTask(next);
  }

  const { addresses: linked } = me;
  const all = own.data?.addresses ?? [];
  return (
    <>
      <Panel
        title={t`Your addresses`}
        aside={plural(linked, { one: "one so far", other: "# linked" })}
      >
        {own.data ? (
          <ul className="rows">
            {all.map((one) => (
              <Row
                key={one.address}
                one={one}
                remove={() => begin({ what: "remove", address: one.address })}
              />
            ))}
          </ul>
        ) : own.isError ? (
          <ErrorNotice error={own.error} retry={() => void own.refetch()} busy={own.isFetching} />
        ) : (
          <Skeleton lines={3} label={t`Loading your addresses`} />
        )}
        {all.length === 1 && (
          <p className="small">
            <Trans>You sign in with it. To remove it, link another one first.</Trans>
          </p>
        )}
        <p className="saved done" role="status">
          {news && (
            <>
              <Icon name="check" size={20} /> {news}
            </>
          )}
        </p>
      </Panel>
      {task?.what === "remove" ? (
        <Remove
          key={task.address}
          address={task.address}
          all={all}
          changed={changed}
          giveUp={() => setTask(null)}
        />
      ) : (
        <Panel title={t`Link another address`}>
          <p>
            <Trans>
              Miners on several addresses can play as one: shares, levels, streaks and
              badges are combined under your name. Both addresses sign: one that you have
              approves the link, and the new one proves that it is yours.
            </Trans>
          </p>
          <p>
            <Trans>
              If the other address has mined here before, its totals, badges and XP are
              added to yours permanently. If somebody has signed in with it, that account
              ends: its name, profile and settings are gone, its API keys stop, and its
              devices are signed out.
            </Trans>
          </p>
          <p>
            <Trans>
              The stricter privacy settings of the two stay: if either page is private, so is yours
              afterwards.
            </Trans>
          </p>
          {task && own.data ? (
            <Linking
              all={all}
              before={me.privacy}
              changed={changed}
              giveUp={() => setTask(null)}
            />
          ) : (
            <p className="actions">
              <button type="button" className="button" onClick={() => begin({ what: "link" })}>
                <Trans>Link an address</Trans>
              </button>
            </p>
          )}
        </Panel>
      )}
    </>
  );
}

interface StageProps {
  all: OwnAddress[];
  changed: (addresses: OwnAddress[], what: string) => void;
  giveUp: () => void;
}

/** What linking did, and whether others see less of the account from now on. */
function outcome(merged: boolean, before: Privacy, after: Privacy): string {
  if (!merged) return t`Linked.`;
  if (before.profile_public && !after.profile_public) {
    return t`Linked. Its totals are now part of yours. Your page is private now, because the other one was.`;
  }
  if (before.address_shown !== after.address_shown || before.on_leaderboards !== after.on_leaderboards) {
    return t`Linked. Its totals are now part of yours. Others see less of you now, because the other account hid more.`;
  }
  return t`Linked. Its totals are now part of yours.`;
}

/** Which address comes in; the account says yes; the address proves itself. */
function Linking({ all, before, changed, giveUp }: StageProps & { before: Privacy }) {
  const [draft, setDraft] = useState("");
  const [linking, setLinking] = useState(keptLinking);

  function become(next: LinkingState | null) {
    keepLinking(next);
    setLinking(next);
  }

  function stop() {
    keepLinking(null);
    giveUp();
  }

  const address = linking?.address ?? "";
  const letIn = approvalOf({
    purpose: "let_in",
    subject: address,
    from: all.map((one) => one.address),
    action: t`Approve`,
    run: async (approval) => become(approved(address, approval)),
  });
  const proof: Proof = {
    challenge: () => account.challenge(address, "link"),
    handIn: async ({ challenge_id }, signature) => {
      const { addresses, merged, privacy } = await account
        .linkAddress(challenge_id, signature, linking?.approval ?? "")
        .catch((error: unknown) => {
          // Too late, or used: the account is asked once more, the address is known.
          if (error instanceof Refusal && error.code === "approval_needed") {
            become({ address, approval: null, until: 0 });
          }
          throw error;
        });
      keepLinking(null);
      changed(addresses, outcome(merged, before, privacy));
    },
    action: t`Link this address`,
    doing: t`Checking the signature…`,
    from: [address],
    keptAs: "tbg.link",
  };
  return (
    <div className="linking" ref={focused} tabIndex={-1}>
      {linking === null ? (
        <>
          <h3>
            <Trans>1 of 3: The new address</Trans>
          </h3>
          <AddressForm
            draft={draft}
            setDraft={setDraft}
            ask={(given) => become({ address: given, approval: null, until: 0 })}
            action={t`Continue`}
            focus={false}
          />
        </>
      ) : linking.approval === null ? (
        <div key="let-in" className="linking">
          <p>
            <Trans>
              <strong>2 of 3: Your account approves.</strong> Sign with an address that you have
              already, to let <Address of={address} /> in. Your session alone does not suffice.
            </Trans>
          </p>
          <Sign proof={letIn} />
        </div>
      ) : (
        <div key="link" className="linking">
          <p>
            <Trans>
              <strong>3 of 3: The new address signs.</strong> Sign with{" "}
              <Address of={address} />, within five minutes.
            </Trans>
          </p>
          <Sign proof={proof} />
        </div>
      )}
      <p className="actions">
        {linking !== null && (
          <button type="button" className="button quiet" onClick={() => become(null)}>
            <Trans>Start again</Trans>
          </button>
        )}
        <button type="button" className="button quiet" onClick={stop}>
          <Trans>Not now</Trans>
        </button>
      </p>
    </div>
  );
}

/** Removed with a signature by one that stays. */
function Remove({ address, all, changed, giveUp }: StageProps & { address: string }) {
  const stay = all.filter((one) => one.address !== address);
  const name = shortAddress(address);
  const proof = approvalOf({
    purpose: "unlink",
    subject: address,
    from: stay.map((one) => one.address),
    action: t`Remove the address`,
    run: async (approval) => {
      await account.unlinkAddress(address, approval);
      changed(stay, t`${name} is no longer linked.`);
    },
  });
  return (
    <Panel title={t`Remove ${name}`}>
      <p>
        <Trans>
          Nobody can sign in to this account with it any more. Devices that did are signed out, and
          API keys created on them stop working. What it has mined stays yours; what it mines from
          now on starts a new game, as private as this account is now. You can link it again at any
          time.
        </Trans>
      </p>
      <div className="linking" ref={focused} tabIndex={-1}>
        <p>
          <Trans>Sign with an address that stays.</Trans>
        </p>
        <Sign proof={proof} />
        <p className="actions">
          <button type="button" className="button quiet" onClick={giveUp}>
            <Trans>Keep it</Trans>
          </button>
        </p>
      </div>
    </Panel>
  );
}

/** The button that opened it is gone; the focus moves inside. */
function focused(box: HTMLDivElement | null) {
  box?.scrollIntoView({ block: "nearest" });
  box?.focus({ preventScroll: true });
}

function standing({ proved_at, merged }: OwnAddress, now: number): string {
  if (proved_at === null) {
    return merged ? t`Not verified yet. Its totals are part of yours` : t`Not verified yet`;
  }
  const day = date(proved_at, now);
  return merged ? t`Verified ${day}. Its totals are part of yours` : t`Verified ${day}`;
}

function Row({ one, remove }: { one: OwnAddress; remove: () => void }) {
  const now = useNow(60_000);
  const { address } = one;
  return (
    <li className="row">
      <AddressTile address={address} size={44} />
      <div className="row-text">
        <p>
          <Address of={address} />
          {one.first && (
            <span className="tag">
              <Trans>first</Trans>
            </span>
          )}
        </p>
        <p className="small">{standing(one, now)}</p>
      </div>
      <CopyButton text={address} label={t`Copy`} spoken={t`Copy address ${address}`} />
      {one.can_unlink && (
        <button
          type="button"
          className="button quiet bad"
          aria-label={t`Remove ${address}`}
          onClick={remove}
        >
          <Trans>Remove</Trans>
        </button>
      )}
    </li>
  );
}
