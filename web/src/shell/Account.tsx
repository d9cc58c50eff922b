import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { account, type Me } from "../api/account";
import { meQuery } from "../api/me";
import { configQuery } from "../api/queries";
import { Icon } from "../art";
import { code } from "../code";
import { date } from "../format";
import { said, WorkButton } from "../ui/form";
import { useNow } from "../ui/clock";
import { Who } from "../ui/names";
import "./shell.css";

/** Only signed-in users need the menu and its positioning. */
const AccountMenu = lazy(() => code(() => import("./AccountMenu")));

/** At the end of the top bar: the way in, or who is in. Its place is kept while that is unknown. */
export function AccountCorner() {
  const offered = useQuery(configQuery).data?.features.sign_in;
  const me = useQuery(meQuery);
  if (offered === false) return null;
  if (me.data) {
    return (
      <Suspense fallback={<Trigger me={me.data} />}>
        <AccountMenu me={me.data} />
      </Suspense>
    );
  }
  const known = offered === true && (me.data === null || me.isError);
  return <SignInLink hidden={!known} />;
}

/** What the menu hangs on, while the menu itself is still under way. */
function Trigger({ me }: { me: Me }) {
  return (
    <span className="account-trigger">
      <Who me={me} />
    </span>
  );
}

function SignInLink({ hidden }: { hidden: boolean }) {
  const at = useLocation();
  // From the landing page and the sign-in page, signing in leads to the user's own page.
  const away = at.pathname === "/" || at.pathname === "/sign-in";
  return (
    <Link
      to="/sign-in"
      search={away ? {} : { back: at.href }}
      className={hidden ? "sign-in-link waiting" : "sign-in-link"}
      activeOptions={{ includeSearch: false }}
    >
      <Trans>Sign in</Trans>
    </Link>
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
  const day = date(me.deletion_at, now);
  return (
    <section className="leaving" aria-label={t`Your account`}>
      <Icon name="warn" size={24} />
      <p>
        <Trans>
          <span className="strong">Your account will be deleted on {day}.</span> Until then you can
          keep it.
        </Trans>
        {keep.isError && <span role="alert"> {said(keep.error)}</span>}
      </p>
      <WorkButton busy={keep.isPending} doing={t`Keeping it…`} onClick={() => keep.mutate()}>
        <Trans>Keep my account</Trans>
      </WorkButton>
    </section>
  );
}
