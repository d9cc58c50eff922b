import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { account, type EndedSession, type Session } from "../api/account";
import { sessionsQuery, useSignedIn } from "../api/me";
import { Icon } from "../art";
import { date, shortName } from "../format";
import { Confirm } from "../ui/Confirm";
import { Failed, WorkButton } from "../ui/form";
import { useNow } from "../ui/clock";
import { Address, ErrorNotice, Panel, Skeleton, Time } from "../ui/parts";
import "./settings.css";

function order(a: Session, b: Session): number {
  return Number(b.current) - Number(a.current) || b.last_used_at.localeCompare(a.last_used_at);
}

export function Sessions() {
  const sessions = useQuery(sessionsQuery);
  const all = sessions.data?.sessions.slice().sort(order);
  const others = all?.filter((session) => !session.current) ?? [];
  const ended = sessions.data?.ended ?? [];
  return (
    <>
      <Panel title={t`Where you are signed in`}>
        {all ? (
          <ul className="rows">
            {all.map((session) => (
              <Row key={session.id} session={session} />
            ))}
          </ul>
        ) : sessions.isError ? (
          <ErrorNotice
            error={sessions.error}
            retry={() => void sessions.refetch()}
            busy={sessions.isFetching}
          />
        ) : (
          <Skeleton lines={3} label={t`Loading your devices`} />
        )}
        {all && others.length === 0 && (
          <p className="small">
            <Trans>Only this one. Other browsers appear here once you sign in there.</Trans>
          </p>
        )}
        <Everywhere others={others} />
      </Panel>
      {ended.length > 0 && (
        <Panel title={t`Ended in the last 30 days`}>
          <ul className="rows">
            {ended.map((session) => (
              <EndedRow key={session.id} session={session} />
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

function Ending({ at, why }: { at: string; why: EndedSession["ended_why"] }) {
  switch (why) {
    case "signed out":
      return (
        <Trans>
          Ended <Time at={at} />: you signed out there.
        </Trans>
      );
    case "signed out everywhere":
      return (
        <Trans>
          Ended <Time at={at} />: you signed out everywhere.
        </Trans>
      );
    case "ended by the player":
      return (
        <Trans>
          Ended <Time at={at} />: you ended it from another device.
        </Trans>
      );
    case "refresh token reused":
      return (
        <Trans>
          Ended <Time at={at} />: it was used in two places.
        </Trans>
      );
    case "too many sessions":
      return (
        <Trans>
          Ended <Time at={at} />: you signed in on too many devices.
        </Trans>
      );
    case "address unlinked":
      return (
        <Trans>
          Ended <Time at={at} />: its address was removed.
        </Trans>
      );
    case "merged":
      return (
        <Trans>
          Ended <Time at={at} />: the account was merged into another one.
        </Trans>
      );
    case "ended by the pool":
      return (
        <Trans>
          Ended <Time at={at} />: the pool ended all sessions.
        </Trans>
      );
    case "expired":
      return (
        <Trans>
          Ended <Time at={at} />: its 30 days were over.
        </Trans>
      );
  }
}

function EndedRow({ session }: { session: EndedSession }) {
  const now = useNow(30_000);
  const copied = session.ended_why === "refresh token reused";
  const day = date(session.created_at, now);
  return (
    <li className={copied ? "row copied" : "row over"}>
      <span className="row-mark">
        <Icon name={copied ? "warn" : session.kind === "bearer" ? "key" : "device"} size={24} />
      </span>
      <div className="row-text">
        <p className="wrap">
          {shortName(session.device, 60) || t`Unknown device`}
          {copied && (
            <span className="tag bad">
              <Trans>maybe copied</Trans>
            </span>
          )}
        </p>
        <p className="small">
          <Ending at={session.ended_at} why={session.ended_why} />{" "}
          <Trans>
            Signed in {day} with <Address of={session.address} />
          </Trans>
        </p>
        {copied && (
          <p className="small">
            <Trans>
              The copy no longer works. If you do not know how this happened, check that
              device, and end the sessions above that are not yours.
            </Trans>
          </p>
        )}
      </div>
    </li>
  );
}

function Row({ session }: { session: Session }) {
  const client = useQueryClient();
  const now = useNow(30_000);
  const end = useMutation({
    mutationFn: () => account.endSession(session.id),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  const { device } = session;
  const day = date(session.created_at, now);
  return (
    <li className="row">
      <span className="row-mark">
        <Icon name={session.kind === "bearer" ? "key" : "device"} size={24} />
      </span>
      <div className="row-text">
        <p className="wrap">
          {shortName(session.device, 60) || t`Unknown device`}
          {session.current && (
            <span className="tag now">
              <Trans>this device</Trans>
            </span>
          )}
          {session.kind === "bearer" && (
            <span className="tag">
              <Trans>app</Trans>
            </span>
          )}
        </p>
        <p className="small">
          <Trans>
            Last used <Time at={session.last_used_at} />, signed in {day} with{" "}
            <Address of={session.address} />
          </Trans>
        </p>
        <Failed error={end.error} />
      </div>
      {!session.current && (
        <WorkButton
          look="quiet"
          busy={end.isPending}
          doing={t`Ending…`}
          aria-label={t`End the session on ${device}`}
          onClick={() => end.mutate()}
        >
          <Trans>End</Trans>
        </WorkButton>
      )}
    </li>
  );
}

function Everywhere({ others }: { others: Session[] }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const signedIn = useSignedIn();
  const devices = others.length;
  return (
    <div className="actions">
      {others.length > 0 && (
        <Confirm
          trigger={t`End all others`}
          title={t`End all other sessions?`}
          action={t`End them`}
          doing={t`Ending…`}
          run={async () => {
            const ends = await Promise.allSettled(others.map(({ id }) => account.endSession(id)));
            await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
            const failed = ends.find((end) => end.status === "rejected");
            if (failed) throw failed.reason;
          }}
        >
          <p>
            <Plural
              value={devices}
              one="The other device is signed out. This one stays signed in."
              other="# other devices are signed out. This one stays signed in."
            />
          </p>
        </Confirm>
      )}
      <Confirm
        trigger={t`Sign out everywhere`}
        title={t`Sign out everywhere?`}
        action={t`Sign out`}
        doing={t`Signing out…`}
        run={async () => {
          await account.logoutEverywhere();
          await navigate({ to: "/" });
          signedIn(null);
        }}
      >
        <p>
          <Trans>
            Every device is signed out, this one too. API keys keep working: revoke those that are
            not yours.
          </Trans>
        </p>
      </Confirm>
    </div>
  );
}
