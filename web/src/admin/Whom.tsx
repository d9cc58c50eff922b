import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { BOUNDS } from "../api/bounds";
import type { FoundUser } from "../api/rewards";
import { AddressTile, Icon } from "../art";
import { Field } from "../ui/form";
import { Address } from "../ui/parts";
import "./admin.css";

interface FieldProps {
  value: string;
  onChange: (value: string) => void;
  error: string | null;
}

export function WhomField({ value, onChange, error }: FieldProps) {
  return (
    <Field label={t`Miner`} hint={t`Handle or address, exactly`} error={error}>
      {(ids) => (
        <input
          {...ids}
          className="input"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={BOUNDS.BadgeGrant.user.maxLength}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

const { minLength: LEAST, maxLength: MOST } = BOUNDS.XpCorrection.reason;

export function ReasonField({ value, onChange, error }: FieldProps) {
  return (
    <Field
      label={t`Reason`}
      hint={t`The miner reads it beside the entry.`}
      error={error}
      aside={`${value.trim().length} / ${MOST}`}
    >
      {(ids) => (
        <input
          {...ids}
          className="input"
          autoComplete="off"
          maxLength={MOST}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

export function whyNoReason(reason: string): string | null {
  return reason.trim().length < LEAST ? t`Say why, in a few words.` : null;
}

export function whyNobody(name: string, found: FoundUser | null): string | null {
  if (name.trim() === "") return t`Enter a handle or an address.`;
  return found === null ? t`Nobody here has this handle or address.` : null;
}

/** Whom it is about, so that nobody is mistaken for another. */
export function Whom({ user }: { user: FoundUser }) {
  return (
    <div className="whom">
      <AddressTile address={user.seed} size={48} />
      <div>
        <p className="strong wrap">
          <Address of={user.name} />
        </p>
        {user.name !== user.address && (
          <p className="small">
            <Address of={user.address} />
          </p>
        )}
      </div>
    </div>
  );
}

/** What was done, until the next thing is. */
export function Done({ user, children }: { user: FoundUser; children: ReactNode }) {
  return (
    <div className="notice done-notice" role="status">
      <Icon name="check" size={24} />
      <div>
        <p className="strong">{children}</p>
        <p className="small">
          <Trans>
            It is in the ledger and in the audit log.{" "}
            <Link to="/m/$address" params={{ address: user.name }}>
              To the miner's page
            </Link>
          </Trans>
        </p>
      </div>
    </div>
  );
}
