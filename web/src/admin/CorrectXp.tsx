import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { BOUNDS } from "../api/bounds";
import { type FoundUser, operator } from "../api/rewards";
import { count } from "../format";
import { Confirm } from "../ui/Confirm";
import { Choice, Field } from "../ui/form";
import { Panel } from "../ui/parts";
import { type Order, OrderForm, useOrder } from "./Order";
import { Done, Whom } from "./Whom";
import "./admin.css";

type Direction = "give" | "take";

/** Negative takes. */
interface Amount {
  amount: number;
}

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
  const [typedAmount, setTypedAmount] = useState("");
  const [done, setDone] = useState<{ user: FoundUser; total: number } | null>(null);
  const { typed, wrong, order, asked, setAsked, setReason } = useOrder<Amount>(check, () =>
    setDone(null),
  );

  function check(user: FoundUser | null) {
    const amount = amountOf(typedAmount);
    if (amount === null) {
      const most = count(MOST);
      return { what: null, wrong: t`A whole number from 1 to ${most}.` };
    }
    const signed = direction === "take" ? -amount : amount;
    if (user && user.total_xp + signed < 0) {
      const total = count(user.total_xp);
      return { what: null, wrong: t`They have ${total} XP: more than that cannot be taken.` };
    }
    return { what: { amount: signed }, wrong: null };
  }

  async function go() {
    if (!order) return;
    const { user, amount, reason, once } = order;
    const { total_xp } = await operator.correct(user.id, { amount, reason }, once);
    setDone({ user, total: total_xp });
    setTypedAmount("");
    setReason("");
  }

  return (
    <Panel title={t`Correct XP`} className="span-7" why="xp">
      <OrderForm typed={typed}>
        <Choice
          legend={t`What to do`}
          options={[
            { value: "give", label: t`Give XP` },
            { value: "take", label: t`Take XP` },
          ]}
          value={direction}
          onChange={setDirection}
        />
        <Field label={t`Amount`} error={wrong}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              inputMode="numeric"
              autoComplete="off"
              maxLength={12}
              value={typedAmount}
              onChange={(event) => setTypedAmount(event.target.value)}
            />
          )}
        </Field>
      </OrderForm>
      {order && (
        <Confirm
          asked={asked}
          onAsked={setAsked}
          title={order.amount < 0 ? t`Take XP?` : t`Give XP?`}
          action={order.amount < 0 ? t`Take it` : t`Give it`}
          doing={t`Writing…`}
          run={go}
        >
          <Whom user={order.user} />
          <Sum order={order} />
          <p className="small wrap">{quoted(order.reason)}</p>
        </Confirm>
      )}
      {done && <Done user={done.user}>{result(done.user, done.total)}</Done>}
    </Panel>
  );
}

function Sum({ order: { user, amount } }: { order: Order<Amount> }) {
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
