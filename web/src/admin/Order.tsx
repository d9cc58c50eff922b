/** What an operator orders for a miner: typed, checked against what the pool knows, confirmed. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, type ReactNode, useState } from "react";
import { onceOnly } from "../api/once";
import { type FoundUser, operator } from "../api/rewards";
import { Failed, WorkButton } from "../ui/form";
import { ReasonField, WhomField, whyNobody, whyNoReason } from "./Whom";

/** What is ordered, and for whom; `once` makes a repeated request the same order. */
export type Order<What> = What & { user: FoundUser; reason: string; once: string };

/** The fields of a form that say what to do: what they say, or why that cannot be done. */
type Check<What> = (user: FoundUser | null) => { what: What | null; wrong: string | null };

/** An order while it is typed; `begun` when a check starts, which ends what was said before. */
export function useOrder<What>(check: Check<What>, begun: () => void) {
  const [name, setName] = useState("");
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState<Record<"name" | "what" | "reason", string | null>>();
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [order, setOrder] = useState<Order<What> | null>(null);
  const [asked, setAsked] = useState(false);

  async function look(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    begun();
    setFailed(null);
    setBusy(true);
    try {
      const user = name.trim() === "" ? null : await operator.find(name.trim());
      const { what, wrong: whyNot } = check(user);
      const found = { name: whyNobody(name, user), what: whyNot, reason: whyNoReason(reason) };
      setWrong(found);
      if (user && what && !found.what && !found.reason) {
        setOrder({ ...what, user, reason: reason.trim(), once: onceOnly() });
        setAsked(true);
      }
    } catch (error) {
      setFailed(error);
    } finally {
      setBusy(false);
    }
  }

  const typed = { name, setName, reason, setReason, wrong, failed, busy, look };
  return { typed, wrong: wrong?.what ?? null, order, asked, setAsked, setReason };
}

interface FormProps {
  typed: ReturnType<typeof useOrder>["typed"];
  /** The fields that say what to do. */
  children: ReactNode;
}

/** For whom, what to do, and why. */
export function OrderForm({ typed, children }: FormProps) {
  const { name, setName, reason, setReason, wrong, failed, busy, look } = typed;
  return (
    <form className="stack" noValidate onSubmit={(event) => void look(event)}>
      <WhomField value={name} onChange={setName} error={wrong?.name ?? null} />
      {children}
      <ReasonField value={reason} onChange={setReason} error={wrong?.reason ?? null} />
      <Failed error={failed} />
      <p className="save-row">
        <WorkButton type="submit" busy={busy} doing={t`Looking…`}>
          <Trans>Check it</Trans>
        </WorkButton>
      </p>
    </form>
  );
}
