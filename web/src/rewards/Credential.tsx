import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Me } from "../api/account";
import { onceOnly } from "../api/once";
import { credentialsQuery, type OwnCredential, pathsOf, rewards } from "../api/rewards";
import type { Badge } from "../api/types";
import { Confirm } from "../ui/Confirm";
import { Failed, WorkButton } from "../ui/form";
import { CopyButton } from "../ui/parts";
import { Loaded } from "./Loaded";
import "./shelf-page.css";

interface Props {
  badge: Pick<Badge, "slug" | "name">;
  me: Pick<Me, "privacy">;
}

/** A badge as a file that anybody can check, in any program that knows Open Badges. */
export function Credential({ badge, me }: Props) {
  const all = useQuery(credentialsQuery);
  return (
    <section className="sheet-part" aria-label={t`Take it with you`}>
      <h3>
        <Trans>Take it with you</Trans>
      </h3>
      <Loaded query={all} label={t`Loading your credentials`} lines={2}>
        {({ credentials }) => {
          const own = credentials.find((one) => one.badge === badge.slug);
          return own ? <Made of={own} badge={badge} me={me} /> : <Make badge={badge} />;
        }}
      </Loaded>
    </section>
  );
}

function Make({ badge }: Pick<Props, "badge">) {
  const client = useQueryClient();
  const [once] = useState(onceOnly);
  const make = useMutation({
    mutationFn: () => rewards.issue(badge.slug, once),
    onSuccess: (made) =>
      client.setQueryData(credentialsQuery.queryKey, (old) => ({
        credentials: [made, ...(old?.credentials ?? [])],
      })),
  });
  return (
    <>
      <p className="small">
        <Trans>
          A portable credential is this badge as a picture and a file, signed by the pool. It names
          no address; whoever has its link can check it, and you can revoke it.
        </Trans>
      </p>
      <WorkButton look="quiet" busy={make.isPending} doing={t`Signing…`} onClick={() => make.mutate()}>
        <Trans>Make a credential</Trans>
      </WorkButton>
      <Failed error={make.error} />
    </>
  );
}

function Made({ of, badge, me }: Props & { of: OwnCredential }) {
  const client = useQueryClient();
  const { json, png, svg } = pathsOf(of.id);
  const { name, slug } = badge;
  const link = new URL(`/credentials/${of.id}`, window.location.origin).href;
  return (
    <>
      <p className="small">
        {me.privacy.profile_public
          ? t`Signed by the pool. The pictures carry the signed file inside them.`
          : t`Your page is hidden, so only you can open this credential for now.`}
      </p>
      <p className="actions">
        <a className="button quiet" href={png} download={`${slug}.png`}>
          PNG
        </a>
        <a className="button quiet" href={svg} download={`${slug}.svg`}>
          SVG
        </a>
        <a className="button quiet" href={json} download={`${slug}.json`}>
          JSON
        </a>
      </p>
      <p className="save-row">
        <Link to="/credentials/$id" params={{ id: of.id }} className="up">
          <Trans>Its verification page</Trans>
        </Link>
        <CopyButton text={link} label={t`Copy the link`} spoken={t`Copy the link`} />
      </p>
      <Confirm
        trigger={t`Revoke`}
        triggerLabel={t`Revoke the credential of ${name}`}
        title={t`Revoke this credential?`}
        action={t`Revoke it`}
        doing={t`Revoking…`}
        run={async () => {
          await rewards.revoke(of.id);
          client.setQueryData(
            credentialsQuery.queryKey,
            (old) => old && { credentials: old.credentials.filter(({ id }) => id !== of.id) },
          );
        }}
      >
        <Trans>
          Everybody who checks it from now on learns that it is revoked. You keep the badge, and you
          can make another credential.
        </Trans>
      </Confirm>
    </>
  );
}
