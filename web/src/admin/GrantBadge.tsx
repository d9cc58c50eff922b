import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { onceOnly } from "../api/once";
import { badgesQuery } from "../api/queries";
import { type FoundUser, operator } from "../api/rewards";
import type { Badge } from "../api/types";
import { BadgeTile } from "../badges/BadgeTile";
import { count } from "../format";
import { Confirm } from "../ui/Confirm";
import { Failed, Field, WorkButton } from "../ui/form";
import { ErrorNotice, Panel, Skeleton } from "../ui/parts";
import { Done, ReasonField, Whom, WhomField, whyNoReason, whyNobody } from "./Whom";
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

interface Wish {
  user: FoundUser;
  badge: Badge;
  reason: string;
  once: string;
}

type Wrong = Partial<Record<"name" | "badge" | "reason", string | null>>;

function GrantForm({ badges }: { badges: Badge[] }) {
  const [name, setName] = useState("");
  const [slug, setSlug] = useState("");
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState<Wrong>({});
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [wish, setWish] = useState<Wish | null>(null);
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState<Wish | null>(null);
  const badge = badges.find((one) => one.slug === slug) ?? null;

  async function look(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setDone(null);
    setFailed(null);
    setBusy(true);
    try {
      const user = name.trim() === "" ? null : await operator.find(name.trim());
      const found: Wrong = {
        name: whyNobody(name, user),
        badge: badge === null
          ? t`Choose a badge.`
          : user?.badges.includes(slug) ? t`They have this badge already.` : null,
        reason: whyNoReason(reason),
      };
      setWrong(found);
      if (user && badge && !found.badge && !found.reason) {
        setWish({ user, badge, reason: reason.trim(), once: onceOnly() });
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
    const body = { user: wish.user.address, reason: wish.reason };
    await operator.grant(wish.badge.slug, body, wish.once);
    setDone(wish);
    setReason("");
    setSlug("");
  }

  return (
    <>
      <form className="stack" noValidate onSubmit={(event) => void look(event)}>
        <WhomField value={name} onChange={setName} error={wrong.name ?? null} />
        <Field label={t`Badge`} error={wrong.badge}>
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
          title={t`Grant this badge?`}
          action={t`Grant it`}
          doing={t`Granting…`}
          run={go}
        >
          <Whom user={wish.user} />
          <Granted badge={wish.badge} />
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

function result({ user: { name }, badge }: Wish): string {
  const granted = badge.name;
  return t`${name} has the badge ${granted} now.`;
}
