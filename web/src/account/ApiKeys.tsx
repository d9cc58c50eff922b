import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { BOUNDS } from "../api/bounds";
import { account, type ApiKey, type Me, type NewApiKey } from "../api/account";
import { addressesQuery, apiKeysQuery } from "../api/me";
import { onceOnly } from "../api/once";
import { Icon } from "../art";
import { date } from "../format";
import { Confirm } from "../ui/Confirm";
import { Dialog, DialogClose, DialogText } from "../ui/Dialog";
import { Empty } from "../ui/Empty";
import { Failed, Field, WorkButton } from "../ui/form";
import { useNow } from "../ui/clock";
import { CopyButton, ErrorNotice, Panel, Skeleton, Time } from "../ui/parts";
import { approvalOf } from "./prove";
import { Sign } from "./Sign";
import "./account.css";
import "./settings.css";

/** What a key is for, and what it can do today. */
function scopeWords(): Record<ApiKey["scope"], { tag: string; may: string; today: string }> {
  return {
    read: { tag: t`read`, may: t`Read my data`, today: t`Currently that is your personal bests.` },
    mining: {
      tag: t`mining`,
      may: t`Read, and change my workers`,
      today: t`Currently it reads your personal bests; keys cannot change anything yet.`,
    },
    service: {
      tag: t`service`,
      may: t`Post what happened elsewhere`,
      today: t`For a service you run. It reads nothing, and nothing accepts its posts yet.`,
    },
  };
}

function expiries(): [string, string][] {
  return [
    ["30", t`In 30 days`],
    ["90", t`In 90 days`],
    ["365", t`In a year`],
    ["", t`Never`],
  ];
}

export function ApiKeys({ me }: { me: Me }) {
  const keys = useQuery(apiKeysQuery);
  return (
    <>
      <Panel title={t`Your keys`}>
        {keys.data ? (
          keys.data.api_keys.length > 0 ? (
            <ul className="rows">
              {keys.data.api_keys.map((key) => (
                <Row key={key.id} of={key} />
              ))}
            </ul>
          ) : (
            <Empty>
              <Trans>
                No keys. With one, a script or a display on your desk can read your numbers without
                signing in as you.
              </Trans>
            </Empty>
          )
        ) : keys.isError ? (
          <ErrorNotice error={keys.error} retry={() => void keys.refetch()} busy={keys.isFetching} />
        ) : (
          <Skeleton lines={3} label={t`Loading your keys`} />
        )}
      </Panel>
      <MakeKey admin={me.role === "admin"} />
    </>
  );
}

/** When it was used, when it was made, and when it ends. */
function Times({ of: key, now, over }: { of: ApiKey; now: number; over: boolean }) {
  const { last_used_at: used } = key;
  const made = date(key.created_at, now);
  if (key.expires_at === null) {
    return used ? (
      <Trans>
        Last used <Time at={used} />, made {made}, does not expire
      </Trans>
    ) : (
      <Trans>Never used, made {made}, does not expire</Trans>
    );
  }
  const end = date(key.expires_at, now);
  if (over) {
    return used ? (
      <Trans>
        Last used <Time at={used} />, made {made}, expired {end}
      </Trans>
    ) : (
      <Trans>
        Never used, made {made}, expired {end}
      </Trans>
    );
  }
  return used ? (
    <Trans>
      Last used <Time at={used} />, made {made}, expires {end}
    </Trans>
  ) : (
    <Trans>
      Never used, made {made}, expires {end}
    </Trans>
  );
}

function Row({ of: key }: { of: ApiKey }) {
  const client = useQueryClient();
  const now = useNow(30_000);
  const over = key.expires_at !== null && Date.parse(key.expires_at) < now;
  const { name } = key;
  return (
    <li className="row">
      <span className="row-mark">
        <Icon name="key" size={24} />
      </span>
      <div className="row-text">
        <p className="wrap">
          {name}
          <span className="tag">{scopeWords()[key.scope].tag}</span>
          {over && (
            <span className="tag bad">
              <Trans>expired</Trans>
            </span>
          )}
        </p>
        <p className="small">
          <Times of={key} now={now} over={over} />
        </p>
      </div>
      <Confirm
        trigger={t`Revoke`}
        triggerLabel={t`Revoke ${name}`}
        title={t`Revoke “${name}”?`}
        action={t`Revoke it`}
        doing={t`Revoking…`}
        run={async () => {
          await account.revokeApiKey(key.id);
          client.setQueryData(
            apiKeysQuery.queryKey,
            (old) => old && { api_keys: old.api_keys.filter(({ id }) => id !== key.id) },
          );
        }}
      >
        <p>
          <Trans>
            Programs that use it stop working at once. A revoked key cannot be restored.
          </Trans>
        </p>
      </Confirm>
    </li>
  );
}

function MakeKey({ admin }: { admin: boolean }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<ApiKey["scope"]>("read");
  const [days, setDays] = useState("90");
  const [wrong, setWrong] = useState("");
  const [signing, setSigning] = useState(false);
  const once = useRef("");
  const make = useMutation({
    mutationFn: (wish: NewApiKey) => account.makeApiKey(wish, (once.current ||= onceOnly())),
    onSuccess: ({ api_key }) => {
      once.current = "";
      setName("");
      client.setQueryData(
        apiKeysQuery.queryKey,
        (old) => old && { api_keys: [api_key, ...old.api_keys] },
      );
    },
  });
  const words = scopeWords();
  const scopes = (Object.keys(words) as ApiKey["scope"][]).filter((s) => s !== "service" || admin);

  /** Another wish than the one that failed gets a word of its own. */
  function changed() {
    once.current = "";
    setWrong("");
    setSigning(false);
    if (make.isError) make.reset();
  }

  function go(event: FormEvent) {
    event.preventDefault();
    if (make.isPending) return;
    const called = name.trim();
    if (called === "") return setWrong(t`Give it a name, so that you recognise it.`);
    if (scope === "service") return setSigning(true);
    make.mutate(wish());
  }

  function wish(): NewApiKey {
    return { name: name.trim(), scope, ...(days ? { expires_in_days: Number(days) } : {}) };
  }

  const own = useQuery(addressesQuery);
  const proof = approvalOf({
    purpose: "make_service_key",
    from: own.data?.addresses.map((one) => one.address) ?? [],
    action: t`Make the key`,
    run: async (approval) => {
      await make.mutateAsync({ ...wish(), approval });
      setSigning(false);
    },
  });

  return (
    <Panel title={t`Make a key`}>
      <form className="stack" onSubmit={go} noValidate>
        <Field
          label={t`Name`}
          hint={t`What will use it, for instance “hall display”.`}
          error={wrong}
        >
          {(ids) => (
            <input
              {...ids}
              className="input"
              {...BOUNDS.ApiKeyWish.name}
              autoComplete="off"
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                changed();
              }}
            />
          )}
        </Field>
        <div className="pair">
          <Field label={t`It may`} hint={words[scope].today}>
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={scope}
                onChange={(event) => {
                  setScope(event.target.value as ApiKey["scope"]);
                  changed();
                }}
              >
                {scopes.map((one) => (
                  <option key={one} value={one}>
                    {words[one].may}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t`Expires`}>
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={days}
                onChange={(event) => {
                  setDays(event.target.value);
                  changed();
                }}
              >
                {expiries().map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <Failed error={make.error} />
        <p className="actions">
          <WorkButton type="submit" busy={make.isPending} doing={t`Creating the key…`}>
            <Trans>Make the key</Trans>
          </WorkButton>
        </p>
      </form>
      {signing && (
        <div className="linking">
          <p>
            <Trans>A service key acts for the pool: sign with one of your addresses.</Trans>
          </p>
          <Sign proof={proof} />
        </div>
      )}
      <ShownOnce made={make.data ?? null} onClose={make.reset} />
    </Panel>
  );
}

interface ShownOnceProps {
  made: { api_key: ApiKey; key: string } | null;
  onClose: () => void;
}

/** A click outside does not close it, because the key is never shown again. */
function ShownOnce({ made, onClose }: ShownOnceProps) {
  return (
    <Dialog
      title={<Trans>Your new key</Trans>}
      open={made !== null}
      onOpenChange={(open) => !open && onClose()}
      lasting
    >
      <DialogText className="warning">
        <Icon name="warn" size={24} />
        <span>
          <Trans>
            Copy it now: it is shown this once. We store only its hash and cannot
            show it again.
          </Trans>
        </span>
      </DialogText>
      {made && (
        <>
          <p className="secret mono">{made.key}</p>
          <p className="actions">
            <CopyButton text={made.key} label={t`Copy key`} spoken={t`Copy key`} />
            <DialogClose>
              <Trans>I have it</Trans>
            </DialogClose>
          </p>
        </>
      )}
    </Dialog>
  );
}
