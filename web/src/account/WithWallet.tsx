import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { AddressTile, Icon } from "../art";
import { Empty } from "../ui/Empty";
import { said } from "../ui/form";
import { useNetwork } from "../ui/hooks";
import { Address } from "../ui/parts";
import { shortAddress } from "../format";
import { type Account, type Wallet, walletsOn } from "../wallets";
import { WalletRefusal } from "../wallets/types";
import type { Proof } from "./prove";
import "./account.css";

/** Wallets put themselves into a page while it loads; some take a moment longer. */
function useWallets(): Wallet[] {
  const network = useNetwork();
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    if (looks >= 5) return;
    const timer = setTimeout(() => setLooks(looks + 1), 400);
    return () => clearTimeout(timer);
  }, [looks]);
  return walletsOn(window, network);
}

type Stage =
  | { at: "start"; wrong: string }
  | { at: "asking"; wallet: string }
  | { at: "choosing"; wallet: string; accounts: Account[]; wrong: string }
  | { at: "signing"; wallet: string; account: Account };

export function WithWallet({ proof }: { proof: Proof }) {
  const wallets = useWallets();
  const [stage, setStage] = useState<Stage>({ at: "start", wrong: "" });
  const box = useFocusOn(stage.at);
  const turn = useRef(0);

  /** Some wallets never answer when their window is closed: a user who has given up sees no more of it. */
  async function run(work: (still: () => boolean) => Promise<void>, failed: (why: string) => Stage) {
    turn.current += 1;
    const mine = turn.current;
    const still = () => turn.current === mine;
    try {
      await work(still);
    } catch (error) {
      if (still()) setStage(failed(said(error)));
    }
  }

  function begin(wallet: Wallet) {
    setStage({ at: "asking", wallet: wallet.name });
    return run(
      async (still) => {
        const all = await wallet.accounts();
        if (!still()) return;
        const { from } = proof;
        const accounts = from ? all.filter(({ address }) => from.includes(address)) : all;
        if (accounts.length === 0) throw new WalletRefusal(missing(wallet.name, from ?? []));
        const [only] = accounts;
        if (only && accounts.length === 1) return sign(wallet.name, only);
        setStage({ at: "choosing", wallet: wallet.name, accounts, wrong: "" });
      },
      (wrong) => ({ at: "start", wrong }),
    );
  }

  function sign(wallet: string, account: Account, others?: Account[]): Promise<void> {
    setStage({ at: "signing", wallet, account });
    return run(
      async (still) => {
        const challenge = await proof.challenge(account.address);
        const signature = await account.sign(challenge.message);
        if (!still()) return;
        await proof.handIn(challenge, signature);
        setStage({ at: "start", wrong: "" });
      },
      (wrong) =>
        others ? { at: "choosing", wallet, accounts: others, wrong } : { at: "start", wrong },
    );
  }

  function giveUp() {
    turn.current += 1;
    setStage({ at: "start", wrong: "" });
  }

  return (
    <div className="wallet-stage" ref={box} tabIndex={-1}>
      {wallets.length === 0 ? (
        <Empty>
          <Trans>
            This page has found no wallet. With UniSat, Xverse or Leather installed, you
            sign in with one click. With any other wallet you sign by hand.
          </Trans>
        </Empty>
      ) : stage.at === "start" ? (
        <Wallets wallets={wallets} wrong={stage.wrong} use={begin} />
      ) : stage.at === "choosing" ? (
        <Accounts
          accounts={stage.accounts}
          wrong={stage.wrong}
          use={(account) => sign(stage.wallet, account, stage.accounts)}
          giveUp={giveUp}
        />
      ) : (
        <Waiting
          wallet={stage.wallet}
          address={stage.at === "signing" ? stage.account.address : null}
          giveUp={giveUp}
        />
      )}
    </div>
  );
}

function missing(wallet: string, from: string[]): string {
  const wanted = from
    .map(shortAddress)
    .reduce((before, next) => (before ? t`${before} or ${next}` : next), "");
  return t`${wallet} does not show ${wanted}. Choose that account in the wallet, or sign by hand.`;
}

/** What was clicked is gone with its stage; the focus moves to its replacement. */
function useFocusOn(stage: Stage["at"]) {
  const box = useRef<HTMLDivElement>(null);
  const before = useRef(stage);
  useEffect(() => {
    if (before.current !== stage) box.current?.focus({ preventScroll: true });
    before.current = stage;
  }, [stage]);
  return box;
}

interface WalletsProps {
  wallets: Wallet[];
  wrong: string;
  use: (wallet: Wallet) => Promise<void>;
}

function Wallets({ wallets, wrong, use }: WalletsProps) {
  return (
    <>
      <ul className="picks">
        {wallets.map((wallet) => {
          const { name } = wallet;
          return (
            <li key={name}>
              <button type="button" className="pick" onClick={() => void use(wallet)}>
                <span className="pick-mark">
                  <Icon name="key" size={24} />
                </span>
                <span className="strong">
                  <Trans>Use {name}</Trans>
                </span>
                <Icon name="right" size={20} />
              </button>
            </li>
          );
        })}
      </ul>
      <Wrong text={wrong} />
    </>
  );
}

/** What the wallet uses an address for, in words. */
function wordFor(use: string): string {
  switch (use) {
    case "payment":
      return t`payment`;
    case "ordinals":
      return t`ordinals`;
    default:
      return use;
  }
}

interface AccountsProps {
  accounts: Account[];
  wrong: string;
  use: (account: Account) => Promise<void>;
  giveUp: () => void;
}

function Accounts({ accounts, wrong, use, giveUp }: AccountsProps) {
  return (
    <>
      <p>
        <Trans>Which address signs?</Trans>
      </p>
      <ul className="picks">
        {accounts.map((account) => (
          <li key={account.address}>
            <button type="button" className="pick" onClick={() => void use(account)}>
              <AddressTile address={account.address} size={44} />
              <span>
                <Address of={account.address} />
                {account.use && <span className="small">{wordFor(account.use)}</span>}
              </span>
              <Icon name="right" size={20} />
            </button>
          </li>
        ))}
      </ul>
      <Wrong text={wrong} />
      <p className="actions">
        <button type="button" className="button quiet" onClick={giveUp}>
          <Trans>Another wallet</Trans>
        </button>
      </p>
    </>
  );
}

interface WaitingProps {
  wallet: string;
  /** The one that signs, once it is known. */
  address: string | null;
  giveUp: () => void;
}

function Waiting({ wallet, address, giveUp }: WaitingProps) {
  return (
    <div className="waiting-line">
      <span className="ember-dot" aria-hidden="true" />
      <p role="status">
        {address === null ? (
          t`${wallet} asks which address…`
        ) : (
          <Trans>
            Confirm in {wallet}: it signs the message with <Address of={address} />.
          </Trans>
        )}
      </p>
      <button type="button" className="button quiet" onClick={giveUp}>
        <Trans>Cancel</Trans>
      </button>
    </div>
  );
}

function Wrong({ text }: { text: string }) {
  return (
    <p className="field-error" role="alert">
      {text}
    </p>
  );
}
