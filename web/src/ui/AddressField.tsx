import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { couldBeHandle } from "../account/handle";
import { looksRight, tidy, wrongAddress } from "../address";
import { Icon } from "../art";
import { useNetwork } from "./hooks";

interface Props {
  /** "hero" on the landing page, "bar" in the top bar, where the button is the return key. */
  look: "hero" | "bar";
  autoFocus?: boolean;
  onDone?: () => void;
}

export function AddressField({ look, autoFocus = false, onDone }: Props) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const network = useNetwork();
  const navigate = useNavigate();
  const id = useId();

  function go(event: FormEvent) {
    event.preventDefault();
    const given = text.trim();
    const address = couldBeHandle(given) ? given : tidy(given);
    if (!couldBeHandle(given) && !looksRight(address, network)) return setWrong(true);
    setText("");
    onDone?.();
    void navigate({ to: "/m/$address", params: { address } });
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
          type="text"
          inputMode="text"
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="go"
          placeholder={placeholder}
          value={text}
          autoFocus={autoFocus}
          aria-invalid={wrong}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
        />
      </div>
      {look === "hero" && (
        <button type="submit" className="button">
          <Trans>Show my miner</Trans>
        </button>
      )}
      <p className="field-error" id={`${id}-wrong`} role="alert">
        {wrong && wrongAddress(network)}
      </p>
    </form>
  );
}

function tidyStart(network: string): string {
  return { mainnet: "bc1q", regtest: "bcrt1q" }[network] ?? "tb1q";
}
