import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { couldBeHandle } from "../account/handle";
import { tidy, wrongAddress } from "../address";
import { isNoAddress } from "../api/client";
import { minerQuery } from "../api/queries";
import { Icon } from "../art";
import { useFirstFocus } from "./focus";
import { WorkButton } from "./form";
import { useNetwork } from "./hooks";

interface Props {
  /** "hero" on the landing page, "bar" in the top bar, where the button is the return key. */
  look: "hero" | "bar";
  autoFocus?: boolean;
  onDone?: () => void;
}

export function AddressField({ look, autoFocus = false, onDone }: Props) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const input = useFirstFocus<HTMLInputElement>(autoFocus);
  const client = useQueryClient();
  const network = useNetwork();
  const navigate = useNavigate();
  const id = useId();

  async function go(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const given = text.trim();
    const handle = couldBeHandle(given);
    const address = handle ? given : tidy(given);
    if (!handle) {
      setBusy(true);
      const why = wrongAddress(address, network) ?? (await refused(address));
      setBusy(false);
      setWrong(why);
      if (why !== null) return input.current?.focus();
    }
    setText("");
    onDone?.();
    void navigate({ to: "/m/$address", params: { address } });
  }

  /** Read the page that is to open: only the server can tell a slip of the finger. */
  async function refused(address: string): Promise<string | null> {
    try {
      await client.fetchQuery({ ...minerQuery(address), retry: false });
    } catch (error) {
      if (isNoAddress(error)) return wrongAddress(address, network, true);
    }
    return null; // what else went wrong is for the page to say
  }

  const placeholder = look === "bar" ? t`Address or handle` : `${tidyStart(network)}…`;
  return (
    <form className={`address-field ${look}`} onSubmit={go} noValidate>
      <label className="sr-only" htmlFor={id}>
        <Trans>Address or handle of a miner</Trans>
      </label>
      <div className="address-row">
        {look === "bar" && <Icon name="search" size={20} />}
        <input
          id={id}
          ref={input}
          type="text"
          inputMode="text"
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="go"
          placeholder={placeholder}
          value={text}
          aria-invalid={wrong !== null}
          aria-describedby={wrong !== null ? `${id}-wrong` : undefined}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(null);
          }}
        />
      </div>
      {look === "hero" && (
        <WorkButton type="submit" busy={busy} doing={t`Looking…`}>
          <Trans>Show my miner</Trans>
        </WorkButton>
      )}
      <p className="field-error" id={`${id}-wrong`} role="alert">
        {wrong}
      </p>
    </form>
  );
}

function tidyStart(network: string): string {
  return { mainnet: "bc1q", regtest: "bcrt1q" }[network] ?? "tb1q";
}
