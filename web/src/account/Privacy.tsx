import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { type Me, type Privacy as Choices, seedOf } from "../api/account";
import { useChangePrivacy } from "../api/change";
import { AddressTile } from "../art";
import { shortAddress } from "../format";
import { Choice, outcomeOf, Saved, Switch } from "../ui/form";
import { Panel } from "../ui/parts";
import "./settings.css";

/** What others read where the address would stand. */
function shown(address: string, how: Choices["address_shown"]): string {
  if (how === "hidden") return t`address not shown`;
  return how === "short" ? shortAddress(address) : address;
}

export function Privacy({ me }: { me: Me }) {
  const change = useChangePrivacy();
  const { privacy } = me;
  return (
    <Panel title={t`What others see`} aside={<Saved outcome={outcomeOf(change)} />}>
      <div className="stack">
        <Switch
          label={t`My page is public`}
          hint={t`When off, only you see it, and your tile leaves the wall.`}
          checked={privacy.profile_public}
          onChange={(profile_public) => change.mutate({ profile_public })}
        />
        <Switch
          label={t`On leaderboards`}
          hint={
            <Trans>
              When off, the pool's wall, its news and its lists leave your name out. Your page stays
              as it is, and the pool's sums count you in.
            </Trans>
          }
          checked={privacy.on_leaderboards}
          onChange={(on_leaderboards) => change.mutate({ on_leaderboards })}
        />
        <Choice
          legend={t`My address is shown`}
          hint={
            <Trans>
              Anybody who knows an address can look up its balance. A handle reads better, too.
            </Trans>
          }
          options={[
            { value: "whole", label: t`Whole` },
            { value: "short", label: t`Short` },
            { value: "hidden", label: t`Not at all` },
          ]}
          value={privacy.address_shown}
          onChange={(address_shown) => change.mutate({ address_shown })}
        />
        <Preview me={me} />
      </div>
    </Panel>
  );
}

function Preview({ me }: { me: Me }) {
  const { profile_public, address_shown } = me.privacy;
  const hidden = address_shown === "hidden";
  const name = me.display_name ?? me.handle ?? (hidden ? t`A miner` : shortAddress(me.address));
  return (
    <div className="preview" role="group" aria-label={t`How others see you`}>
      <p className="small">
        <Trans>Others see</Trans>
      </p>
      {profile_public ? (
        <div className="preview-card">
          <AddressTile address={seedOf(me)} size={60} />
          <div>
            <p className="strong wrap">{name}</p>
            <p className={hidden ? "small" : "small mono wrap"}>
              {shown(me.address, address_shown)}
            </p>
          </div>
        </div>
      ) : (
        <p>
          <Trans>Nothing: only you can see your page.</Trans>
        </p>
      )}
      {profile_public && address_shown !== "whole" && (
        <p className="small">
          <Trans>
            If you find a block, the blockchain shows your address, and this pool shows that the
            block is yours. Only a page that is not public keeps the two apart.
          </Trans>
        </p>
      )}
      {profile_public && address_shown !== "whole" && !me.handle && (
        <p className="small">
          <Trans>
            Without a handle there is nothing to find you by: the wall and the feed leave you
            out.{" "}
            <Link to="/settings/$section" params={{ section: "profile" }}>
              Choose a handle
            </Link>
          </Trans>
        </p>
      )}
    </div>
  );
}
