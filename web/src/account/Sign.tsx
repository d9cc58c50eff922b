import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { demoMinersQuery } from "../api/me";
import { configQuery } from "../api/queries";
import { ByHand } from "./ByHand";
import { DemoMiners } from "./DemoMiners";
import type { Proof } from "./prove";
import { WithWallet } from "./WithWallet";

/** Every way to sign one message: a demo's own keys, a wallet in this browser, any other by hand. */
export function Sign({ proof }: { proof: Proof }) {
  const demo = useQuery(configQuery).data?.features.demo_sign_in === true;
  const miners = useQuery({ ...demoMinersQuery, enabled: demo }).data?.addresses;
  const signs = demo && proof.from?.some((address) => miners?.includes(address));
  return (
    <>
      {signs && (
        <>
          <h3>
            <Trans>Let the demo sign</Trans>
          </h3>
          <DemoMiners proof={proof} />
        </>
      )}
      <h3>
        <Trans>A wallet in this browser</Trans>
      </h3>
      <WithWallet proof={proof} />
      <h3>
        <Trans>Any other wallet</Trans>
      </h3>
      <ByHand proof={proof} />
    </>
  );
}
