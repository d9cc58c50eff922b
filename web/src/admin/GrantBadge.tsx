import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { badgesQuery } from "../api/queries";
import { type FoundUser, operator } from "../api/rewards";
import type { Badge } from "../api/types";
import { BadgeTile } from "../badges/BadgeTile";
import { count } from "../format";
import { Confirm } from "../ui/Confirm";
import { Field } from "../ui/form";
import { ErrorNotice, Panel, Skeleton } from "../ui/parts";
import { type Order, OrderForm, useOrder } from "./Order";
import { Done, Whom } from "./Whom";
import "./admin.css";

/** Grant a badge that does not follow from what was mined. */
export function GrantBadge() {
  const badges = useQuery(badgesQuery);
  return (
    <Panel title={t`Grant a badge`} className="span-5" why="badges">
      <p className="small admin-note">
        <Trans>
          Only badges for something outside of mining. What follows from mining the game awards
          itself.
        </Trans>
      </p>
      {badges.data ? (
        <GrantForm badges={badges.data.badges.filter((one) => one.trigger_type === "event")} />
      ) : badges.isError ? (
        <ErrorNotice
          error={badges.error}
          retry={() => void badges.refetch()}
          busy={badges.isFetching}
        />
      ) : (
        <Skeleton lines={6} label={t`Loading the badges`} />
      )}
    </Panel>
  );
}

interface Granting {
  badge: Badge;
}

function GrantForm({ badges }: { badges: Badge[] }) {
  const [slug, setSlug] = useState("");
  const [done, setDone] = useState<Order<Granting> | null>(null);
  const { typed, wrong, order, asked, setAsked, setReason } = useOrder<Granting>(check, () =>
    setDone(null),
  );

  function check(user: FoundUser | null) {
    const badge = badges.find((one) => one.slug === slug);
    if (!badge) return { what: null, wrong: t`Choose a badge.` };
    const has = user?.badges.includes(slug) ?? false;
    return { what: { badge }, wrong: has ? t`They have this badge already.` : null };
  }

  async function go() {
    if (!order) return;
    const body = { user: order.user.address, reason: order.reason };
    await operator.grant(order.badge.slug, body, order.once);
    setDone(order);
    setReason("");
    setSlug("");
  }

  return (
    <>
      <OrderForm typed={typed}>
        <Field label={t`Badge`} error={wrong}>
          {(ids) => (
            <select
              {...ids}
              className="input"
              value={slug}
              onChange={(event) => setSlug(event.target.value)}
            >
              <option value="">{t`Choose one`}</option>
              {badges.map((one) => (
                <option key={one.slug} value={one.slug}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      </OrderForm>
      {order && (
        <Confirm
          asked={asked}
          onAsked={setAsked}
          title={t`Grant this badge?`}
          action={t`Grant it`}
          doing={t`Granting…`}
          run={go}
        >
          <Whom user={order.user} />
          <Granted badge={order.badge} />
        </Confirm>
      )}
      {done && <Done user={done.user}>{result(done)}</Done>}
    </>
  );
}

function Granted({ badge }: { badge: Badge }) {
  const xp = count(badge.xp_reward);
  return (
    <div className="whom">
      <BadgeTile {...badge} state="earned" size={48} />
      <p>
        <span className="strong">{badge.name}</span> <span className="xp">{t`+${xp} XP`}</span>
        <br />
        <span className="small">
          <Trans>It cannot be taken back.</Trans>
        </span>
      </p>
    </div>
  );
}

function result({ user: { name }, badge }: Order<Granting>): string {
  const granted = badge.name;
  return t`${name} has the badge ${granted} now.`;
}
