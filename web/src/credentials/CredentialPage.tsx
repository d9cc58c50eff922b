import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Refusal } from "../api/client";
import { badgeQuery } from "../api/queries";
import { type CredentialCheck, checkQuery, pathsOf } from "../api/rewards";
import { Icon } from "../art";
import { BadgeTile } from "../badges/BadgeTile";
import { fullTime } from "../format";
import { Title } from "../shell/Pool";
import { Address, ErrorNotice, Panel, Skeleton } from "../ui/parts";
import { ShareButton } from "../ui/ShareButton";
import { CompareFile } from "./CompareFile";
import "./credential.css";

const ID = /^[0-9a-f]{32}$/;

/** Whether a credential is valid, for whoever opens its link, and what that proves. */
export function CredentialPage() {
  const { id } = useParams({ from: "/credentials/$id" });
  const known = ID.test(id);
  const check = useQuery({ ...checkQuery(id), enabled: known });
  const none = !known || (check.error instanceof Refusal && [404, 422].includes(check.error.status));
  return (
    <div className="page lone credential-page">
      <Title of={t`Verification`} />
      {check.data ? (
        <Checked check={check.data} />
      ) : none ? (
        <Unknown />
      ) : (
        <section className="panel" aria-label={t`Verification`}>
          <h1>
            <Trans>Verification</Trans>
          </h1>
          {check.isError ? (
            <ErrorNotice
              error={check.error}
              retry={() => void check.refetch()}
              busy={check.isFetching}
            />
          ) : (
            <Skeleton lines={6} label={t`Checking the signature`} />
          )}
        </section>
      )}
    </div>
  );
}

function Unknown() {
  return (
    <Verdict bad title={t`No such credential`}>
      <p>
        <Trans>
          This pool has no credential at this address, or its miner has hidden their page. In both
          cases nothing is proved. Compare the link with the one that you were given, or ask whoever
          gave it to you.
        </Trans>
      </p>
    </Verdict>
  );
}

interface VerdictProps {
  bad?: boolean;
  title: string;
  art?: ReactNode;
  children: ReactNode;
}

function Verdict({ bad = false, title, art, children }: VerdictProps) {
  return (
    <section className="panel verdict" aria-labelledby="verdict">
      {art}
      <div className="verdict-text">
        <h1 id="verdict" className={bad ? "verdict-title bad" : "verdict-title"}>
          <Icon name={bad ? "warn" : "check"} size={24} /> {title}
        </h1>
        {children}
      </div>
    </section>
  );
}

function Checked({ check }: { check: CredentialCheck }) {
  if (check.revoked_at !== null) return <Revoked at={check.revoked_at} />;
  if (!check.valid) return <Altered />;
  return <Valid check={check} />;
}

function Revoked({ at }: { at: string }) {
  const time = fullTime(at);
  return (
    <Verdict bad title={t`Revoked`}>
      <p>
        <Trans>
          This credential was revoked on {time}. It proves nothing any more. The badge itself may
          still be on its miner's shelf: they can make a new credential of it.
        </Trans>
      </p>
    </Verdict>
  );
}

function Altered() {
  return (
    <Verdict bad title={t`Altered`}>
      <p>
        <Trans>
          What is kept under this address is not what the pool has signed: the signature does not fit.
          Do not rely on it. Its miner can revoke it and make a new one; the operator of the pool
          should be told.
        </Trans>
      </p>
    </Verdict>
  );
}

/** What the signed document says, as far as this page shows it. */
interface Signed {
  name?: string;
  description?: string;
  validFrom?: string;
  issuer?: { name?: string };
  proof?: { cryptosuite?: string; verificationMethod?: string };
}

function signedOf({ credential }: CredentialCheck) {
  const document = credential as (Signed & { credentialSubject?: { achievement?: Signed } }) | null;
  return {
    name: document?.name ?? "",
    about: document?.credentialSubject?.achievement?.description ?? "",
    at: document?.validFrom ?? "",
    pool: document?.issuer?.name ?? "",
  };
}

function Valid({ check }: { check: CredentialCheck }) {
  const { name, about, at, pool } = signedOf(check);
  const badge = useQuery({ ...badgeQuery(check.badge ?? ""), enabled: Boolean(check.badge) });
  const { json, jwt } = pathsOf(check.id);
  const time = fullTime(at);
  const look = badge.data?.badge;
  return (
    <>
      <Verdict
        title={t`Valid`}
        art={
          <span className="verdict-art">
            {look && <BadgeTile {...look} state="earned" size={180} />}
          </span>
        }
      >
        <p className="serif verdict-name">{name}</p>
        <p className="lead">{about}</p>
        <p>{t`Earned ${time} at ${pool}.`}</p>
        {check.earner ? (
          <>
            <p>
              <Trans>
                By the miner{" "}
                <Link to="/m/$address" params={{ address: check.earner }}>
                  <Address of={check.earner} />
                </Link>
                .
              </Trans>
            </p>
            <p className="actions">
              <ShareButton title={name} />
            </p>
          </>
        ) : (
          <p className="small">
            <Trans>Your page is hidden, so for everybody but you there is nothing here.</Trans>
          </p>
        )}
      </Verdict>
      <Panel title={t`What this proves`}>
        <ul className="proves">
          <li>
            <Trans>
              {pool} signed that one of its miners earned this badge at this time, and has not
              revoked it. This page has just checked the signature and the list of revocations.
            </Trans>
          </li>
          <li>
            <Trans>
              It does not prove that whoever sent you the link is that miner: the signed file names
              nobody. Who the miner is, the pool says above.
            </Trans>
          </li>
          <li>
            <Trans>
              You need not take this page's word: the file is an Open Badges 3.0 credential, and any
              validator can check it against the pool's published keys.
            </Trans>
          </li>
        </ul>
        <p className="actions">
          {check.badge && (
            <Link to="/badges/$slug" params={{ slug: check.badge }} className="button quiet">
              <Trans>What the badge takes</Trans>
            </Link>
          )}
          <a href={json} className="button quiet">
            <Trans>The signed file</Trans>
          </a>
          <a href={jwt} className="button quiet">
            <Trans>As a token</Trans>
          </a>
        </p>
      </Panel>
      <CompareFile signed={check.credential ?? {}} />
    </>
  );
}
