import { useEffect, useState } from "react";
import { AddressTile, Icon } from "../../art";
import { said } from "../../ui/form";
import { useNetwork } from "../../ui/hooks";
import { Address } from "../../ui/parts";
import { type Account, type Wallet, walletsOn } from "../../wallets";
import type { Proof } from "./prove";

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

  async function begin(wallet: Wallet) {
    setStage({ at: "asking", wallet: wallet.name });
    try {
      const accounts = await wallet.accounts();
      const [only] = accounts;
      if (only && accounts.length === 1) return await sign(wallet.name, only);
      setStage({ at: "choosing", wallet: wallet.name, accounts, wrong: "" });
    } catch (error) {
      setStage({ at: "start", wrong: said(error) });
    }
  }

  async function sign(wallet: string, account: Account, others?: Account[]) {
    setStage({ at: "signing", wallet, account });
    try {
      const challenge = await proof.challenge(account.address);
      await proof.handIn(challenge, await account.sign(challenge.message));
      setStage({ at: "start", wrong: "" });
    } catch (error) {
      const wrong = said(error);
      setStage(
        others ? { at: "choosing", wallet, accounts: others, wrong } : { at: "start", wrong },
      );
    }
  }

  if (wallets.length === 0) {
    return (
      <p className="empty">
        No wallet has shown itself to this page. UniSat, Xverse and Leather sign in with one click
        where they are installed. Any other one works by hand.
      </p>
    );
  }
  if (stage.at === "asking") return <Waiting text={`${stage.wallet} asks which address…`} />;
  if (stage.at === "signing") {
    return (
      <Waiting
        text={
          <>
            Confirm in {stage.wallet}: it signs the message with <Address of={stage.account.address} />.
          </>
        }
      />
    );
  }
  if (stage.at === "choosing") {
    const { accounts, wallet } = stage;
    return (
      <>
        <p>Which address does your miner use?</p>
        <ul className="picks">
          {accounts.map((account) => (
            <li key={account.address}>
              <button
                type="button"
                className="pick"
                onClick={() => void sign(wallet, account, accounts)}
              >
                <AddressTile address={account.address} size={44} />
                <span>
                  <Address of={account.address} />
                  {account.use && <span className="small">{account.use}</span>}
                </span>
                <Icon name="right" size={20} />
              </button>
            </li>
          ))}
        </ul>
        <Wrong text={stage.wrong} />
      </>
    );
  }
  return (
    <>
      <ul className="picks">
        {wallets.map((wallet) => (
          <li key={wallet.name}>
            <button type="button" className="pick" onClick={() => void begin(wallet)}>
              <span className="pick-mark">
                <Icon name="key" size={24} />
              </span>
              <span className="strong">Use {wallet.name}</span>
              <Icon name="right" size={20} />
            </button>
          </li>
        ))}
      </ul>
      <Wrong text={stage.wrong} />
    </>
  );
}

function Waiting({ text }: { text: React.ReactNode }) {
  return (
    <p className="waiting-line" role="status">
      <span className="ember-dot" aria-hidden="true" />
      <span>{text}</span>
    </p>
  );
}

function Wrong({ text }: { text: string }) {
  return (
    <p className="field-error" role="alert">
      {text}
    </p>
  );
}
