import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Me, seedOf } from "../api/account";
import { meQuery } from "../api/me";
import { AddressTile, Icon, type IconName, Plate, StoveWall } from "../art";
import { nameOf, Under } from "../ui/names";
import { PHONE, useMedia } from "../ui/hooks";
import { ErrorNotice, Skeleton } from "../ui/parts";
import { Title } from "../shell/Pool";
import { ToSignIn } from "../ui/ToSignIn";
import { NotFoundPage } from "../shell/NotFoundPage";
import { Activity } from "./Activity";
import { Addresses } from "./Addresses";
import { ApiKeys } from "./ApiKeys";
import { Preferences } from "./Preferences";
import { Privacy } from "./Privacy";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import { YourData } from "./YourData";
import "./account.css";
import "./settings.css";

interface Section {
  slug: string;
  name: string;
  under: string;
  icon: IconName;
  body: (props: { me: Me }) => ReactNode;
}

function sections(): Section[] {
  return [
    {
      slug: "profile",
      name: t`Profile`,
      under: t`Handle, name, country`,
      icon: "person",
      body: Profile,
    },
    { slug: "privacy", name: t`Privacy`, under: t`What others see`, icon: "eye", body: Privacy },
    {
      slug: "addresses",
      name: t`Addresses`,
      under: t`Link a second wallet`,
      icon: "link",
      body: Addresses,
    },
    {
      slug: "preferences",
      name: t`Preferences`,
      under: t`Units and theme`,
      icon: "sliders",
      body: Preferences,
    },
    {
      slug: "sessions",
      name: t`Devices`,
      under: t`Where you are signed in`,
      icon: "device",
      body: Sessions,
    },
    {
      slug: "activity",
      name: t`Activity`,
      under: t`What was done, and where`,
      icon: "calendar",
      body: Activity,
    },
    {
      slug: "api-keys",
      name: t`API keys`,
      under: t`For scripts and displays`,
      icon: "key",
      body: ApiKeys,
    },
    { slug: "data", name: t`Your data`, under: t`Export or delete`, icon: "box", body: YourData },
  ];
}

function titleOf({ name }: Section): string {
  return t`${name} · Settings`;
}

/** `/settings`: on a phone the list of sections, on a wide screen the first of them beside it. */
export function SettingsPage() {
  const { section } = useParams({ strict: false });
  const phone = useMedia(PHONE);
  const me = useQuery(meQuery);
  const known = sections().find(({ slug }) => slug === (section ?? (phone ? "" : "profile")));
  if (section !== undefined && !known) return <NotFoundPage />;
  if (me.data === null) return <ToSignIn />;
  const title = known && section ? titleOf(known) : t`Settings`;
  return (
    <div className="page account-page settings-page">
      <Title of={title} />
      {!me.data ? (
        <section className="panel" aria-labelledby="settings-title">
          <h1 id="settings-title" className="settings-title">
            <Trans>Settings</Trans>
          </h1>
          {me.isError ? (
            <ErrorNotice error={me.error} retry={() => void me.refetch()} busy={me.isFetching} />
          ) : (
            <Skeleton lines={6} label={t`Loading your settings`} />
          )}
        </section>
      ) : (
        <>
          {!(phone && section) && <Side me={me.data} />}
          {known && (
            <div className="settings-body">
              {phone && (
                <Link to="/settings" className="up">
                  <Icon name="left" size={20} /> <Trans>Settings</Trans>
                </Link>
              )}
              <h1 className={phone ? "settings-title" : "sr-only"}>{known.name}</h1>
              <known.body key={me.data.id} me={me.data} />
            </div>
          )}
        </>
      )}
    </div>
  );
}

const CELLS = 6;

function Side({ me }: { me: Me }) {
  const { section } = useParams({ strict: false });
  const phone = useMedia(PHONE);
  const open = section ?? (phone ? "" : "profile");
  return (
    <div className="settings-side">
      <StoveWall className="settings-wall" columns={CELLS} rows={2}>
        <div className="settings-tile">
          <AddressTile address={seedOf(me)} size={110} />
        </div>
        <Plate column={3} row={1} columns={4} rows={2} className="settings-who">
          <p className="settings-name">{nameOf(me)}</p>
          <Under me={me} />
        </Plate>
      </StoveWall>
      <nav className="panel settings-nav" aria-label={t`Settings`}>
        {phone && (
          <h1 className="settings-title">
            <Trans>Settings</Trans>
          </h1>
        )}
        <ul>
          {sections().map(({ slug, name, under, icon }) => (
            <li key={slug}>
              <Link
                to="/settings/$section"
                params={{ section: slug }}
                aria-current={slug === open ? "page" : undefined}
              >
                <Icon name={icon} size={24} />
                <span>
                  <span className="strong">{name}</span>
                  <span className="small">{under}</span>
                </span>
                <Icon name="right" size={20} />
              </Link>
            </li>
          ))}
        </ul>
        <Link to="/welcome">
          <Icon name="check" size={24} />
          <span>
            <span className="strong">
              <Trans>First steps</Trans>
            </span>
            <span className="small">
              <Trans>What to do next</Trans>
            </span>
          </span>
          <Icon name="right" size={20} />
        </Link>
      </nav>
    </div>
  );
}
