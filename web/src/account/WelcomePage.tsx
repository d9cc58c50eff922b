import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { type Me, seedOf } from "../api/account";
import { useChangeMe, useChangeSettings } from "../api/change";
import { meQuery, pageOf, settingsQuery } from "../api/me";
import { levelsQuery, minerQuery } from "../api/queries";
import type { PublicMiner } from "../api/types";
import { AddressTile, Icon, Plate, StoveWall } from "../art";
import { count } from "../format";
import { Title } from "../shell/Pool";
import { Failed, outcomeOf, Saved, WorkButton } from "../ui/form";
import { PHONE, useMedia } from "../ui/hooks";
import { nameOf } from "../ui/names";
import { ErrorNotice, Panel, Skeleton } from "../ui/parts";
import { ToSignIn } from "../ui/ToSignIn";
import { Why } from "../ui/Why";
import { wayBack } from "./back";
import { firstSteps, type FirstStep } from "./firstSteps";
import { HandleField, refusedHandle } from "./HandleField";
import { wrongHandle } from "./handle";
import "./welcome.css";

/** After somebody's first sign-in, and whenever they want it from the settings. */
export function WelcomePage() {
  const me = useQuery(meQuery);
  if (me.data === null) return <ToSignIn />;
  if (me.data) return <Welcome key={me.data.id} me={me.data} />;
  return (
    <div className="page lone">
      <Title of={t`Welcome`} />
      <section className="panel" aria-labelledby="welcome-title">
        <h1 id="welcome-title">
          <Trans>Welcome</Trans>
        </h1>
        {me.isError ? (
          <ErrorNotice error={me.error} retry={() => void me.refetch()} busy={me.isFetching} />
        ) : (
          <Skeleton lines={6} label={t`Loading your tile`} />
        )}
      </section>
    </div>
  );
}

function Welcome({ me }: { me: Me }) {
  const miner = useQuery(minerQuery(pageOf(me))).data ?? null;
  return (
    <div className="page welcome">
      <Title of={t`Welcome`} />
      <Stove me={me} />
      <div className="grid">
        <Panel title={t`Name your page`} className="span-5">
          <NameIt me={me} />
        </Panel>
        <Steps me={me} miner={miner} />
      </div>
      <WaysOn me={me} />
    </div>
  );
}

const CELLS = 24;
const PHONE_CELLS = 8;

/** The tile in its stove, as it stands on the page. */
function Stove({ me }: { me: Me }) {
  const phone = useMedia(PHONE);
  const across = phone ? PHONE_CELLS : CELLS;
  const span = phone ? 2 : 3;
  return (
    <StoveWall className="welcome-stove" columns={across} rows={span}>
      <div className="welcome-tile" style={{ gridArea: `1 / 1 / span ${span} / span ${span}` }}>
        <AddressTile address={seedOf(me)} size={160} title={t`Your tile`} />
      </div>
      <Plate
        column={span + 1}
        row={1}
        columns={phone ? across - span : 14}
        rows={span}
        className="welcome-plate"
      >
        <h1>
          <Trans>This tile is yours</Trans>
        </h1>
        <p>{nameOf(me)}</p>
      </Plate>
    </StoveWall>
  );
}

function NameIt({ me }: { me: Me }) {
  const [handle, setHandle] = useState(me.handle ?? "");
  const [tried, setTried] = useState(false);
  const change = useChangeMe();
  const [first, setFirst] = useState("");

  function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    const wrong = handle.trim() === "" ? t`Type a name first.` : null;
    setFirst(wrong ?? "");
    if (wrong || wrongHandle(handle) !== null || change.isPending) return;
    change.mutate({ handle });
  }

  const page = me.handle;
  const place = `${location.host}/m/${page ?? me.address}`;
  return (
    <form className="stack" onSubmit={save} noValidate>
      <p>
        <Trans>
          A short name is easier to tell a friend than an address. You can change it, and go without
          one.
        </Trans>
      </p>
      <HandleField
        value={handle}
        tried={tried}
        error={change.error}
        onChange={(event) => {
          setHandle(event.target.value);
          setFirst("");
          if (!change.isPending) change.reset();
        }}
      />
      {first && (
        <p className="field-error" role="alert">
          {first}
        </p>
      )}
      <div className="save-row">
        <WorkButton
          type="submit"
          busy={change.isPending}
          doing={t`Saving…`}
          disabled={!change.isPending && page !== null && handle === page}
        >
          <Trans>Save the name</Trans>
        </WorkButton>
        <Saved outcome={refusedHandle(change.error) ? { state: "idle" } : outcomeOf(change)} />
      </div>
      {page !== null && (
        <p className="small">
          <Trans>
            Your page: <span className="mono wrap">{place}</span>
          </Trans>
        </p>
      )}
    </form>
  );
}

function Steps({ me, miner }: { me: Me; miner: PublicMiner | null }) {
  const steps = firstSteps(me, miner);
  const done = steps.filter((step) => step.done).length;
  const all = steps.length;
  return (
    <Panel title={t`Three next steps`} aside={t`${done} of ${all} done`} className="span-7">
      <ol>
        {steps.map((step, i) => (
          <Step key={step.what} step={step} n={i + 1} me={me} miner={miner} />
        ))}
      </ol>
    </Panel>
  );
}

interface StepProps {
  step: FirstStep;
  n: number;
  me: Me;
  miner: PublicMiner | null;
}

function Step({ step, n, me, miner }: StepProps) {
  const { name, under, ways } = wordsFor(step, me, miner);
  return (
    <li className={step.done ? "row first-step done" : "row first-step"} data-step={step.what}>
      <span className="row-mark" aria-hidden="true">
        {step.done ? <Icon name="check" size={24} /> : <span className="tn">{n}</span>}
      </span>
      <div className="row-text">
        <p className="strong">{name}</p>
        <div className="small">{under}</div>
      </div>
      <span className={step.done ? "tag now" : "tag"}>{step.done ? t`done` : t`to do`}</span>
      {ways && <p className="first-step-ways">{ways}</p>}
    </li>
  );
}

interface Words {
  name: string;
  under: ReactNode;
  ways?: ReactNode;
}

function wordsFor({ what, done }: FirstStep, me: Me, miner: PublicMiner | null): Words {
  switch (what) {
    case "name":
      return {
        name: t`Name your page`,
        under: me.handle ?? t`The field on this page. A minute, if you have to think.`,
      };
    case "level":
      return { name: t`Reach level 2`, under: <ToLevel2 miner={miner} done={done} me={me} /> };
    case "others":
      return {
        name: t`Link a second wallet, or choose what others see`,
        under: t`Several addresses can play as one. And your address need not be on your page.`,
        ways: (
          <>
            <Link to="/settings/$section" params={{ section: "addresses" }} className="up">
              <Trans>My addresses</Trans>
            </Link>
            <Link to="/settings/$section" params={{ section: "privacy" }} className="up">
              <Trans>What others see</Trans>
            </Link>
          </>
        ),
      };
  }
}

function ToLevel2({ miner, done, me }: { miner: PublicMiner | null; done: boolean; me: Me }) {
  const levels = useQuery(levelsQuery).data?.levels;
  const title = levels?.find(({ level }) => level === 2)?.title ?? "";
  if (!miner || miner.stats.shares_accepted === 0) {
    return (
      <Trans>
        No shares yet. <Link to="/m/$address" params={{ address: pageOf(me) }}>Your page</Link> says
        what to enter into your miner.
      </Trans>
    );
  }
  const { level, level_title } = miner.xp;
  if (done) return <Trans>You are at level {level}, {level_title}.</Trans>;
  const missing = count(miner.xp.xp_to_next_level);
  return (
    <Trans>
      {missing} XP to {title}. The miner earns them by running; nothing else to do.
      <Why of="xp" />
    </Trans>
  );
}

/** On to the game. Closing is for good: the page itself stays within reach of the settings. */
function WaysOn({ me }: { me: Me }) {
  const { back } = useSearch({ from: "/welcome" });
  const settings = useQuery(settingsQuery).data;
  const change = useChangeSettings();
  const navigate = useNavigate();
  const own = [me.address, me.handle].map((name) => `/m/${name}`);
  const before = wayBack(back);
  const toOwn = { to: "/m/$address", params: { address: pageOf(me) } } as const;
  return (
    <section className="panel welcome-on" aria-label={t`On to the game`}>
      <Link {...toOwn} className="button">
        <Trans>To my page</Trans>
      </Link>
      {before !== null && !own.includes(before) && (
        <button
          type="button"
          className="button quiet"
          onClick={() => void navigate({ href: before })}
        >
          <Trans>Back to where I was</Trans>
        </button>
      )}
      {settings?.welcome === "open" && (
        <WorkButton
          look="quiet"
          busy={change.isPending}
          doing={t`Closing…`}
          onClick={() =>
            change.mutate({ welcome: "closed" }, { onSuccess: () => void navigate(toOwn) })
          }
        >
          <Trans>Close for good</Trans>
        </WorkButton>
      )}
      {change.isError && <Failed error={change.error} />}
      <p className="small">
        <Trans>You find these steps again in the settings, under “First steps”.</Trans>
      </p>
    </section>
  );
}
