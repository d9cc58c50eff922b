import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Refusal } from "../api/client";
import { Field, said } from "../ui/form";
import { LONGEST, SHORTEST, wrongHandle } from "./handle";

interface Props {
  value: string;
  onChange: (event: { target: { value: string } }) => void;
  /** Somebody has tried to save it: what is wrong with it is now an error. */
  tried: boolean;
  /** What the server said to it. */
  error: unknown;
  optional?: boolean;
}

/** The name of a page: what it may be while one types, and why the server refused it. */
export function HandleField({ value, onChange, tried, error, optional = false }: Props) {
  const hint = wrongHandle(value);
  return (
    <Field
      label={t`Handle`}
      aside={optional ? t`optional` : undefined}
      hint={
        value !== "" && hint !== null ? (
          hint
        ) : (
          <Trans>
            {SHORTEST} to {LONGEST} letters or digits, single - or _ between them. It becomes the
            address of your page.
          </Trans>
        )
      }
      error={refusedHandle(error) ? handleSaid(error, value) : tried && hint !== null ? hint : null}
    >
      {(ids) => (
        <input
          {...ids}
          className="input"
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          value={value}
          onChange={onChange}
        />
      )}
    </Field>
  );
}

/** Whether the server's objection is to the handle. */
export function refusedHandle(error: unknown): boolean {
  return error instanceof Refusal && error.code.startsWith("handle_");
}

function handleSaid(error: unknown, handle: string): string {
  if (error instanceof Refusal && error.code === "handle_taken") {
    return t`“${handle}” belongs to somebody else, or did until recently. Try another one.`;
  }
  return said(error);
}
