import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { keepLinking } from "../account/asked";
import { useMe } from "../api/me";
import { configQuery } from "../api/queries";
import type { PublicMiner } from "../api/types";
import { Icon } from "../art";
import { isName } from "../format";
import "./claim.css";

/** On a page that nobody has claimed: the way to it for whoever holds its address. */
export function Claim({ who, miner }: { who: string; miner: PublicMiner }) {
  const offered = useQuery(configQuery).data?.features.sign_in !== false;
  const me = useMe();
  const address = [miner.address, who].find((one) => one && !isName(one));
  if (miner.claimed || !offered || !address || me === undefined) return null;
  return (
    <section className="panel claim" aria-label={t`Claim this page`}>
      <span className="claim-mark">
        <Icon name="key" size={24} />
      </span>
      {me ? <LinkIt address={address} /> : <SignIn who={who} address={address} />}
    </section>
  );
}

function SignIn({ who, address }: { who: string; address: string }) {
  return (
    <>
      <p>
        <Trans>
          <span className="strong">Is this your miner?</span> Nobody has claimed the page yet. Sign
          one line of text with its wallet, and you can name it. It costs nothing.
        </Trans>
      </p>
      <Link to="/sign-in" search={{ address, back: `/m/${who}` }} className="button quiet">
        <Trans>Claim this page</Trans>
      </Link>
    </>
  );
}

/** Somebody who is signed in adds the address to what they have; signing in would switch users. */
function LinkIt({ address }: { address: string }) {
  const navigate = useNavigate();
  function link() {
    keepLinking({ address, approval: null, until: 0 });
    void navigate({ to: "/settings/$section", params: { section: "addresses" } });
  }
  return (
    <>
      <p>
        <Trans>
          <span className="strong">Is this miner yours, too?</span> Nobody has claimed the page yet.
          Link its address, and its shares, badges and XP count as yours.
        </Trans>
      </p>
      <button type="button" className="button quiet" onClick={link}>
        <Trans>Link it to my account</Trans>
      </button>
    </>
  );
}
