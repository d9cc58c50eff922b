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
      <Panel title="Where you are signed in">
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
          <Skeleton lines={3} label="Loading your devices" />
        )}
        {all && others.length === 0 && (
          <p className="small">Only this one. Other browsers appear here once you sign in there.</p>
        )}
        <Everywhere others={others} />
      </Panel>
      {ended.length > 0 && (
        <Panel title="Ended in the last 30 days">
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

const WHY: Record<EndedSession["ended_why"], string> = {
  "signed out": "you signed out there",
  "signed out everywhere": "you signed out everywhere",
  "ended by the player": "you ended it from another device",
  "refresh token reused": "it was used in two places",
  "too many sessions": "you signed in on too many devices",
  "address unlinked": "its address was removed",
  merged: "the account was merged into another one",
  expired: "its 30 days were over",
};

function EndedRow({ session }: { session: EndedSession }) {
  const now = useNow(30_000);
  const copied = session.ended_why === "refresh token reused";
  return (
    <li className={copied ? "row copied" : "row over"}>
      <span className="row-mark">
        <Icon name={copied ? "warn" : session.kind === "bearer" ? "key" : "device"} size={24} />
      </span>
      <div className="row-text">
        <p className="wrap">
          {shortName(session.device, 60) || "Unknown device"}
          {copied && <span className="tag bad">maybe copied</span>}
        </p>
        <p className="small">
          Ended <Time at={session.ended_at} />: {WHY[session.ended_why]}. Signed in{" "}
          {date(session.created_at, now)} with <Address of={session.address} />
        </p>
        {copied && (
          <p className="small">
            The copy no longer works. If you do not know how this happened, check that
            device, and end the sessions above that are not yours.
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
  return (
    <li className="row">
      <span className="row-mark">
        <Icon name={session.kind === "bearer" ? "key" : "device"} size={24} />
      </span>
      <div className="row-text">
        <p className="wrap">
          {shortName(session.device, 60) || "Unknown device"}
          {session.current && <span className="tag now">this device</span>}
          {session.kind === "bearer" && <span className="tag">app</span>}
        </p>
        <p className="small">
          Last used <Time at={session.last_used_at} />, signed in{" "}
          {date(session.created_at, now)} with <Address of={session.address} />
        </p>
        <Failed error={end.error} />
      </div>
      {!session.current && (
        <WorkButton
          look="quiet"
          busy={end.isPending}
          doing="Ending…"
          aria-label={`End the session on ${session.device}`}
          onClick={() => end.mutate()}
        >
          End
        </WorkButton>
      )}
    </li>
  );
}

function Everywhere({ others }: { others: Session[] }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const signedIn = useSignedIn();
  return (
    <div className="actions">
      {others.length > 0 && (
        <Confirm
          trigger="End all others"
          title="End all other sessions?"
          action="End them"
          doing="Ending…"
          run={async () => {
            const ends = await Promise.allSettled(others.map(({ id }) => account.endSession(id)));
            await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
            const failed = ends.find((end) => end.status === "rejected");
            if (failed) throw failed.reason;
          }}
        >
          <p>
            {others.length === 1 ? "The other device is" : `${others.length} other devices are`}{" "}
            signed out. This one stays signed in.
          </p>
        </Confirm>
      )}
      <Confirm
        trigger="Sign out everywhere"
        title="Sign out everywhere?"
        action="Sign out"
        doing="Signing out…"
        run={async () => {
          await account.logoutEverywhere();
          await navigate({ to: "/" });
          signedIn(null);
        }}
      >
        <p>
          Every device is signed out, this one too. API keys keep working: revoke those that are not
          yours.
        </p>
      </Confirm>
    </div>
  );
}
