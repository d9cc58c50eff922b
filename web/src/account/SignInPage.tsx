import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { pageOf, useMe } from "../api/me";
import { configQuery } from "../api/queries";
import { lastEnding } from "../api/session";
import { Icon } from "../art";
import { Panel, Skeleton } from "../ui/parts";
import { nameOf } from "../ui/names";
import { Title } from "../shell/Pool";
import { ByHand } from "./ByHand";
import { DemoMiners } from "./DemoMiners";
import { useSignIn } from "./prove";
import { WithWallet } from "./WithWallet";
import "./account.css";
import "./sign-in.css";

export function SignInPage() {
  const config = useQuery(configQuery);
  const features = config.data?.features;
  const me = useMe();
  const proof = useSignIn();
  const { address } = useSearch({ from: "/sign-in" });
  const [ending] = useState(lastEnding);
  return (
    <div className="page account-page">
      <Title of={t`Sign in`} />
      <header className="page-head">
        <h1>
          <Trans>Sign in with your address</Trans>
        </h1>
        <p>
          <Trans>
            You sign a line of text with the wallet that holds your payout address. That
            proves that the tile is yours. It costs nothing and moves no coins: a signed
            message is not a payment, and we never ask for a key or a seed.
          </Trans>
        </p>
      </header>
      {ending && !me && (
        <p className="panel warning ending" role="status">
          <Icon name="warn" size={24} />
          <span>{ending}</span>
        </p>
      )}
      {features?.sign_in === false ? (
        <section className="panel" aria-label={t`Sign in`}>
          <p>
            <Trans>This game has no accounts. You can see every page without one.</Trans>
          </p>
        </section>
      ) : (
        <div className="grid sign-in">
          <div className="sign-in-quick">
            {me && <Already name={nameOf(me)} page={pageOf(me)} />}
            {features?.demo_sign_in && (
              <Panel title={t`Sign in as a demo miner`}>
                <DemoMiners proof={proof} />
              </Panel>
            )}
            <Panel title={t`A wallet in this browser`}>
              <WithWallet proof={proof} />
            </Panel>
          </div>
          <Panel
            title={t`Any other wallet`}
            aside={t`hardware wallets too`}
            className="sign-in-hand"
          >
            {config.isPending ? (
              <Skeleton lines={5} label={t`One moment`} />
            ) : (
              <ByHand proof={proof} address={address} />
            )}
          </Panel>
        </div>
      )}
    </div>
  );
}

function Already({ name, page }: { name: string; page: string }) {
  return (
    <Panel title={t`You are signed in as ${name}`}>
      <p>
        <Trans>
          To switch users in this browser, sign in with another address. To use a second
          address under the same name, link it in the settings.
        </Trans>
      </p>
      <p className="actions">
        <Link to="/m/$address" params={{ address: page }} className="button quiet">
          <Trans>My page</Trans>
        </Link>
        <Link to="/settings/$section" params={{ section: "addresses" }} className="button quiet">
          <Trans>My addresses</Trans>
        </Link>
      </p>
    </Panel>
  );
}
