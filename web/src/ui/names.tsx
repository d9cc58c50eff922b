import { t } from "@lingui/core/macro";
import { type Me, seedOf } from "../api/account";
import { AddressTile } from "../art";
import { shortAddress, shortName } from "../format";
import { Address } from "./parts";
import "../shell/shell.css";

/** What to call somebody in a narrow place. */
export function nameOf(me: Me): string {
  return me.display_name ?? me.handle ?? shortAddress(me.address);
}

/** The line under somebody's name: the address, unless that is the name. */
export function Under({ me }: { me: Me }) {
  const named = me.display_name ?? me.handle;
  return <p className="small">{named ? <Address of={me.address} /> : t`No handle yet`}</p>;
}

/** Tile and name, as they stand in the top bar. */
export function Who({ me }: { me: Me }) {
  return (
    <>
      <AddressTile address={seedOf(me)} size={34} />
      <span className="account-name">{shortName(nameOf(me), 18)}</span>
    </>
  );
}
