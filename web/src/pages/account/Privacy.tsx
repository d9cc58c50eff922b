import { type Me, type Privacy as Choices, seedOf } from "../../api/account";
import { AddressTile } from "../../art";
import { shortAddress } from "../../format";
import { Choice, outcomeOf, Saved, Switch } from "../../ui/form";
import { Panel } from "../../ui/parts";
import { useChangePrivacy } from "./change";

const HIDDEN = "hidden";

/** What others read where the address would stand. */
function shown(address: string, how: Choices["address_shown"]): string {
  if (how === "hidden") return HIDDEN;
  return how === "short" ? shortAddress(address) : address;
}

export function Privacy({ me }: { me: Me }) {
  const change = useChangePrivacy();
  const { privacy } = me;
  return (
    <Panel title="Privacy" aside={<Saved outcome={outcomeOf(change)} />}>
      <div className="stack">
        <Switch
          label="My page is public"
          hint="When off, only you see it, and your tile leaves the wall."
          checked={privacy.profile_public}
          onChange={(profile_public) => change.mutate({ profile_public })}
        />
        <Switch
          label="On leaderboards"
          hint="When off, your shares still count for you, not for any list."
          checked={privacy.on_leaderboards}
          onChange={(on_leaderboards) => change.mutate({ on_leaderboards })}
        />
        <Choice
          legend="My address is shown"
          hint="Whoever knows an address can look up its balance. A handle reads better anyway."
          options={[
            { value: "whole", label: "Whole" },
            { value: "short", label: "Short" },
            { value: "hidden", label: "Not at all" },
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
  const named = me.display_name ?? me.handle;
  const own = shown(me.address, address_shown);
  return (
    <div className="preview" role="group" aria-label="How others see you">
      <p className="small">Others see</p>
      {profile_public ? (
        <div className="preview-card">
          <AddressTile address={seedOf(me)} size={60} />
          <div>
            <p className="strong wrap">{named ?? (own === HIDDEN ? "A miner without a name" : own)}</p>
            <p className={own === HIDDEN ? "small" : "small mono wrap"}>
              {own === HIDDEN ? "address not shown" : own}
            </p>
          </div>
        </div>
      ) : (
        <p>Nothing: your page is closed to everybody but you.</p>
      )}
      {address_shown === "hidden" && profile_public && !named && (
        <p className="small">A handle on your profile would give them something to call you.</p>
      )}
    </div>
  );
}
