import { Menu } from "@base-ui/react/menu";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { account, type Me, seedOf } from "../api/account";
import { Refusal } from "../api/client";
import { meQuery, pageOf, useSignedIn } from "../api/me";
import { configQuery } from "../api/queries";
import { AddressTile, Icon } from "../art";
import { date, shortAddress, shortName } from "../format";
import { said, WorkButton } from "./form";
import { useNow } from "./hooks";
import { Address } from "./parts";

/** At the end of the top bar: the way in, or who is in. Its place is kept while that is unknown. */
export function AccountCorner() {
  const offered = useQuery(configQuery).data?.features.sign_in;
  const me = useQuery(meQuery);
  if (offered === false) return null;
  if (me.data) return <AccountMenu me={me.data} />;
  const known = offered === true && (me.data === null || me.isError);
  return <SignInLink hidden={!known} />;
}

function SignInLink({ hidden }: { hidden: boolean }) {
  const at = useLocation();
  // From the landing page and from signing in itself one goes to one's own page afterwards.
  const away = at.pathname === "/" || at.pathname === "/sign-in";
  return (
    <Link
      to="/sign-in"
      search={away ? {} : { back: at.href }}
      className={hidden ? "sign-in-link waiting" : "sign-in-link"}
      activeOptions={{ includeSearch: false }}
    >
      Sign in
    </Link>
  );
}

/** What to call somebody in a narrow place. */
export function nameOf(me: Me): string {
  return me.display_name ?? me.handle ?? shortAddress(me.address);
}

/** The line under somebody's name: the address, unless that is the name. */
export function Under({ me }: { me: Me }) {
  const named = me.display_name ?? me.handle;
  return <p className="small">{named ? <Address of={me.address} /> : "No handle yet"}</p>;
}

function AccountMenu({ me }: { me: Me }) {
  const signedIn = useSignedIn();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: async () => {
      try {
        await account.logout();
      } catch (error) {
        if (!(error instanceof Refusal) || error.status !== 401) throw error;
      }
    },
    onSuccess: async () => {
      await navigate({ to: "/" });
      signedIn(null);
    },
  });
  const name = nameOf(me);
  return (
    <Menu.Root onOpenChange={(open) => open && leave.reset()}>
      <Menu.Trigger className="account-trigger" aria-label={`Your account, ${name}`}>
        <AddressTile address={seedOf(me)} size={34} />
        <span className="account-name">{shortName(name, 18)}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-place" align="end" sideOffset={6} collisionPadding={8}>
          <Menu.Popup className="menu">
            <div className="menu-who">
              <p className="strong">{shortName(name, 30)}</p>
              <Under me={me} />
            </div>
            <Menu.LinkItem
              className="menu-item"
              closeOnClick
              render={<Link to="/m/$address" params={{ address: pageOf(me) }} />}
            >
              <Icon name="miner" size={20} /> My page
            </Menu.LinkItem>
            <Menu.LinkItem className="menu-item" closeOnClick render={<Link to="/settings" />}>
              <Icon name="sliders" size={20} /> Settings
            </Menu.LinkItem>
            <Menu.Item
              className="menu-item"
              closeOnClick={false}
              onClick={() => !leave.isPending && leave.mutate()}
            >
              <Icon name="out" size={20} /> {leave.isPending ? "Signing out…" : "Sign out"}
            </Menu.Item>
            {leave.isError && (
              <p className="field-error menu-error" role="alert">
                {said(leave.error)}
              </p>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** While an account is on its way out, every page offers to keep it. */
export function LeavingBanner() {
  const me = useQuery(meQuery).data;
  const client = useQueryClient();
  const now = useNow(60_000);
  const keep = useMutation({
    mutationFn: account.restore,
    onSuccess: (kept) => client.setQueryData(meQuery.queryKey, kept),
  });
  if (!me?.deletion_at) return null;
  return (
    <section className="leaving" aria-label="Your account">
      <Icon name="warn" size={24} />
      <p>
        <span className="strong">Your account goes on {date(me.deletion_at, now)}.</span> Until then
        nothing is lost.
        {keep.isError && <span role="alert"> {said(keep.error)}</span>}
      </p>
      <WorkButton busy={keep.isPending} doing="Keeping it…" onClick={() => keep.mutate()}>
        Keep my account
      </WorkButton>
    </section>
  );
}
