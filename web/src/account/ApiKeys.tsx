import { Dialog } from "@base-ui/react/dialog";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { account, type ApiKey, type Me, type NewApiKey } from "../api/account";
import { addressesQuery, apiKeysQuery } from "../api/me";
import { Icon } from "../art";
import { date } from "../format";
import { Confirm } from "../ui/Confirm";
import { Failed, Field, WorkButton } from "../ui/form";
import { useNow } from "../ui/clock";
import { CopyButton, ErrorNotice, Panel, Skeleton, Time } from "../ui/parts";
import { approvalOf } from "./prove";
import { Sign } from "./Sign";
import "./account.css";
import "./settings.css";

/** What a key is for, and what it can do today. */
const SCOPES: Record<ApiKey["scope"], [string, string]> = {
  read: ["Read my data", "Currently that is your personal bests."],
  mining: [
    "Read, and change my workers",
    "Currently it reads your personal bests; keys cannot change anything yet.",
  ],
  service: [
    "Post what happened elsewhere",
    "For a service you run. It reads nothing, and nothing accepts its posts yet.",
  ],
};
const EXPIRIES: [string, string][] = [
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
  ["", "Never"],
];

/** A word for one wish: repeating it after a lost answer makes no second key. */
function onceOnly(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function ApiKeys({ me }: { me: Me }) {
  const keys = useQuery(apiKeysQuery);
  return (
    <>
      <Panel title="Your keys">
        {keys.data ? (
          keys.data.api_keys.length > 0 ? (
            <ul className="rows">
              {keys.data.api_keys.map((key) => (
                <Row key={key.id} of={key} />
              ))}
            </ul>
          ) : (
            <p className="empty">
              No keys. With one, a script or a display on your desk can read your numbers without
              signing in as you.
            </p>
          )
        ) : keys.isError ? (
          <ErrorNotice error={keys.error} retry={() => void keys.refetch()} busy={keys.isFetching} />
        ) : (
          <Skeleton lines={3} label="Loading your keys" />
        )}
      </Panel>
      <MakeKey admin={me.role === "admin"} />
    </>
  );
}

function Row({ of: key }: { of: ApiKey }) {
  const client = useQueryClient();
  const now = useNow(30_000);
  const over = key.expires_at !== null && Date.parse(key.expires_at) < now;
  return (
    <li className="row">
      <span className="row-mark">
        <Icon name="key" size={24} />
      </span>
      <div className="row-text">
        <p className="wrap">
          {key.name}
          <span className="tag">{key.scope}</span>
          {over && <span className="tag bad">expired</span>}
        </p>
        <p className="small">
          {key.last_used_at ? (
            <>
              Last used <Time at={key.last_used_at} />
            </>
          ) : (
            "Never used"
          )}
          , made {date(key.created_at, now)},{" "}
          {key.expires_at === null
            ? "does not expire"
            : `${over ? "expired" : "expires"} ${date(key.expires_at, now)}`}
        </p>
      </div>
      <Confirm
        trigger="Revoke"
        triggerLabel={`Revoke ${key.name}`}
        title={`Revoke “${key.name}”?`}
        action="Revoke it"
        doing="Revoking…"
        run={async () => {
          await account.revokeApiKey(key.id);
          client.setQueryData(
            apiKeysQuery.queryKey,
            (old) => old && { api_keys: old.api_keys.filter(({ id }) => id !== key.id) },
          );
        }}
      >
        <p>Programs that use it stop working at once. A revoked key cannot be restored.</p>
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
  const scopes = (Object.keys(SCOPES) as ApiKey["scope"][]).filter((s) => s !== "service" || admin);

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
    if (called === "") return setWrong("Give it a name, so that you recognise it.");
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
    action: "Make the key",
    run: async (approval) => {
      await make.mutateAsync({ ...wish(), approval });
      setSigning(false);
    },
  });

  return (
    <Panel title="Make a key">
      <form className="stack" onSubmit={go} noValidate>
        <Field label="Name" hint="What will use it, for instance “hall display”." error={wrong}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              maxLength={60}
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
          <Field label="It may" hint={SCOPES[scope][1]}>
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
                    {SCOPES[one][0]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Expires">
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
                {EXPIRIES.map(([value, label]) => (
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
          <WorkButton type="submit" busy={make.isPending} doing="Creating the key…">
            Make the key
          </WorkButton>
        </p>
      </form>
      {signing && (
        <div className="linking">
          <p>A service key acts for the pool: sign with one of your addresses.</p>
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
    <Dialog.Root
      open={made !== null}
      onOpenChange={(open) => !open && onClose()}
      disablePointerDismissal
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className="dialog">
          <Dialog.Title className="dialog-title">Your new key</Dialog.Title>
          <Dialog.Description className="warning">
            <Icon name="warn" size={24} />
            <span>
              Copy it now: it is shown this once. We store only its hash and cannot
              show it again.
            </span>
          </Dialog.Description>
          {made && (
            <>
              <p className="secret mono">{made.key}</p>
              <p className="actions">
                <CopyButton text={made.key} label="Copy key" spoken="Copy key" />
                <Dialog.Close className="button">I have it</Dialog.Close>
              </p>
            </>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
