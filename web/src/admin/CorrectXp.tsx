import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, useState } from "react";
import { BOUNDS } from "../api/bounds";
import { onceOnly } from "../api/once";
import { type FoundUser, operator } from "../api/rewards";
import { count } from "../format";
import { Confirm } from "../ui/Confirm";
import { Choice, Failed, Field, WorkButton } from "../ui/form";
import { Panel } from "../ui/parts";
import { Done, ReasonField, Whom, WhomField, whyNoReason, whyNobody } from "./Whom";
import "./admin.css";

type Direction = "give" | "take";

interface Wish {
  user: FoundUser;
  /** Negative takes. */
  amount: number;
  reason: string;
  once: string;
}

type Wrong = Partial<Record<"name" | "amount" | "reason", string | null>>;

const MOST = BOUNDS.XpCorrection.amount.maximum;

/** Null for what is no whole number of XP. */
export function amountOf(typed: string): number | null {
  const digits = typed.replace(/[\s,.']/g, "");
  const amount = /^\d{1,8}$/.test(digits) ? Number(digits) : 0;
  return amount > 0 && amount <= MOST ? amount : null;
}

/** Give XP to a miner or take some, once it is clear whom from and what it comes to. */
export function CorrectXp() {
  const [direction, setDirection] = useState<Direction>("give");
  const [name, setName] = useState("");
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState<Wrong>({});
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [wish, setWish] = useState<Wish | null>(null);
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState<{ user: FoundUser; total: number } | null>(null);

  async function look(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setDone(null);
    setFailed(null);
    setBusy(true);
    try {
      const amount = amountOf(typed);
      const user = name.trim() === "" ? null : await operator.find(name.trim());
      const left = user && amount && direction === "take" ? user.total_xp - amount : 0;
      const [total, most] = [count(user?.total_xp ?? 0), count(MOST)];
      const found: Wrong = {
        name: whyNobody(name, user),
        amount:
          amount === null
            ? t`A whole number from 1 to ${most}.`
            : left < 0
              ? t`They have ${total} XP: more than that cannot be taken.`
              : null,
        reason: whyNoReason(reason),
      };
      setWrong(found);
      if (user && amount && !found.amount && !found.reason) {
        const signed = direction === "take" ? -amount : amount;
        setWish({ user, amount: signed, reason: reason.trim(), once: onceOnly() });
        setAsked(true);
      }
    } catch (error) {
      setFailed(error);
    } finally {
      setBusy(false);
    }
  }

  async function go() {
    if (!wish) return;
    const { user, amount, once } = wish;
    const body = { amount, reason: wish.reason };
    const { total_xp } = await operator.correct(user.id, body, once);
    setDone({ user, total: total_xp });
    setTyped("");
    setReason("");
  }

  return (
    <Panel title={t`Correct XP`} className="span-7" why="xp">
      <form className="stack" noValidate onSubmit={(event) => void look(event)}>
        <WhomField value={name} onChange={setName} error={wrong.name ?? null} />
        <Choice
          legend={t`What to do`}
          options={[
            { value: "give", label: t`Give XP` },
            { value: "take", label: t`Take XP` },
          ]}
          value={direction}
          onChange={setDirection}
        />
        <Field label={t`Amount`} error={wrong.amount}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              inputMode="numeric"
              autoComplete="off"
              maxLength={12}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <ReasonField value={reason} onChange={setReason} error={wrong.reason ?? null} />
        <Failed error={failed} />
        <p className="save-row">
          <WorkButton type="submit" busy={busy} doing={t`Looking…`}>
            <Trans>Check it</Trans>
          </WorkButton>
        </p>
      </form>
      {wish && (
        <Confirm
          asked={asked}
          onAsked={setAsked}
          title={wish.amount < 0 ? t`Take XP?` : t`Give XP?`}
          action={wish.amount < 0 ? t`Take it` : t`Give it`}
          doing={t`Writing…`}
          run={go}
        >
          <Whom user={wish.user} />
          <Sum wish={wish} />
          <p className="small wrap">{quoted(wish.reason)}</p>
        </Confirm>
      )}
      {done && <Done user={done.user}>{result(done.user, done.total)}</Done>}
    </Panel>
  );
}

function Sum({ wish: { user, amount } }: { wish: Wish }) {
  const [before, after] = [count(user.total_xp), count(user.total_xp + amount)];
  const change = amount > 0 ? `+${count(amount)}` : count(amount);
  return (
    <p className="tn admin-sum">
      <Trans>
        {before} XP <span className="xp">{change}</span> = {after} XP
      </Trans>
    </p>
  );
}

function quoted(reason: string): string {
  return t`Reason, as the miner reads it: “${reason}”`;
}

function result({ name }: FoundUser, xp: number): string {
  const total = count(xp);
  return t`${name} has ${total} XP now.`;
}
