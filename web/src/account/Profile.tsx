import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, useMemo, useState } from "react";
import { countries } from "./countries";
import { HandleField, refusedHandle } from "./HandleField";
import { wrongHandle } from "./handle";
import { type Me, type MeChange, seedOf } from "../api/account";
import { useChangeMe } from "../api/change";
import { BOUNDS } from "../api/bounds";
import { AddressTile } from "../art";
import { Field, outcomeOf, Saved, WorkButton } from "../ui/form";
import { Panel } from "../ui/parts";
import "./settings.css";

const NAME = BOUNDS.ProfileChange.display_name.maxLength;
const BIO = BOUNDS.ProfileChange.bio.maxLength;

type Draft = Record<"handle" | "display_name" | "country" | "bio", string>;

function draftOf(me: Me): Draft {
  const { handle, display_name, country, bio } = me;
  return {
    handle: handle ?? "",
    display_name: display_name ?? "",
    country: country ?? "",
    bio: bio ?? "",
  };
}

/** Only what differs is sent; an emptied field is cleared. */
function changesIn(draft: Draft, me: Me): MeChange {
  const before = draftOf(me);
  const keys = Object.keys(before) as (keyof Draft)[];
  const changed = keys.filter((key) => draft[key].trim() !== before[key]);
  return Object.fromEntries(changed.map((key) => [key, draft[key].trim() || null]));
}

function used(text: string, most: number): string {
  const letters = text.length;
  return t`${letters} of ${most}`;
}

export function Profile({ me }: { me: Me }) {
  const [draft, setDraft] = useState(() => draftOf(me));
  const [tried, setTried] = useState(false);
  const change = useChangeMe();
  const names = useMemo(() => countries(), []);
  const changes = changesIn(draft, me);
  const outcome = outcomeOf(change);

  function set(key: keyof Draft) {
    return (event: { target: { value: string } }) => {
      setDraft({ ...draft, [key]: event.target.value });
      if (!change.isPending) change.reset();
    };
  }

  function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (wrongHandle(draft.handle) !== null || change.isPending) return;
    change.mutate(changes, { onSuccess: (saved) => setDraft(draftOf(saved)) });
  }

  return (
    <Panel title={t`Your profile`}>
      <div className="own-tile">
        <AddressTile address={seedOf(me)} size={88} title={t`Your tile`} />
        <p className="small">
          {me.privacy.address_shown === "whole" ? (
            <Trans>
              Your tile is drawn from your first address, the same on every screen. You cannot
              choose it, and nobody else has it.
            </Trans>
          ) : (
            <Trans>
              Your tile is drawn from your name here, so that it does not reveal an address. You
              cannot choose it, and nobody else has it.
            </Trans>
          )}
        </p>
      </div>
      <form className="stack" onSubmit={save} noValidate>
        <HandleField
          value={draft.handle}
          onChange={set("handle")}
          tried={tried}
          error={change.error}
          optional
        />
        <Field label={t`Display name`} aside={used(draft.display_name, NAME)}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              autoComplete="nickname"
              maxLength={NAME}
              value={draft.display_name}
              onChange={set("display_name")}
            />
          )}
        </Field>
        <Field label={t`Country`} hint={t`Shown on your page, if you like.`}>
          {(ids) => (
            <select
              {...ids}
              className="input"
              autoComplete="country"
              value={draft.country}
              onChange={set("country")}
            >
              <option value="">{t`Not specified`}</option>
              {names.map(({ code, name }) => (
                <option key={code} value={code}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t`About you`} aside={used(draft.bio, BIO)}>
          {(ids) => (
            <textarea
              {...ids}
              className="input"
              rows={3}
              maxLength={BIO}
              value={draft.bio}
              onChange={set("bio")}
            />
          )}
        </Field>
        <div className="save-row">
          <WorkButton
            type="submit"
            busy={change.isPending}
            doing={t`Saving…`}
            disabled={!change.isPending && Object.keys(changes).length === 0}
          >
            <Trans>Save</Trans>
          </WorkButton>
          <Saved outcome={refusedHandle(change.error) ? { state: "idle" } : outcome} />
        </div>
      </form>
    </Panel>
  );
}
