/** Parts of forms: a name, a hint, an error, and the result. */
import { t } from "@lingui/core/macro";
import { type ComponentProps, type ReactNode, useEffect, useId, useRef } from "react";
import { Refusal } from "../api/client";
import { Icon } from "../art";
import { refusalText } from "../messages/refusals";
import { WalletRefusal } from "../wallets/types";

/** An error in words that say what to do. */
export function said(error: unknown): string {
  if (error instanceof WalletRefusal) return error.message;
  if (error instanceof Refusal) {
    if (error.status === 429) return t`Too many requests. Wait a minute and try again.`;
    if (error.status >= 500) return t`The server had a problem. Try again in a moment.`;
    return refusalText(error.code, error.problem) ?? error.message;
  }
  return t`We could not reach the game. Check your connection and try again.`;
}

type FieldIds = { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean };

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  aside?: ReactNode;
  children: (ids: FieldIds) => ReactNode;
}

/** After an error the focus is in the field at fault, the first one; after the same again, too. */
function useFocusWhenWrong(id: string, wrong: string | null | undefined) {
  const before = useRef(wrong);
  useEffect(() => {
    const isNew = before.current !== wrong;
    before.current = wrong;
    const field = wrong ? document.getElementById(id) : null;
    if (!field) return;
    const form = field.closest("form");
    const focus = () => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    if (isNew) focus();
    form?.addEventListener("submit", focus);
    return () => form?.removeEventListener("submit", focus);
  }, [id, wrong]);
}

export function Field({ label, hint, error, aside, children }: FieldProps) {
  const id = useId();
  useFocusWhenWrong(id, error);
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{label}</label>
        {aside && <span className="small field-aside">{aside}</span>}
      </div>
      {children({ id, "aria-describedby": described, "aria-invalid": Boolean(error) })}
      {hint && (
        <p className="small" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <p className="field-error" id={`${id}-error`} role="alert">
        {error}
      </p>
    </div>
  );
}

interface SwitchProps {
  label: string;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** On or off, at once; the word beside the track says which, not only its colour. */
export function Switch({ label, hint, checked, onChange, disabled = false }: SwitchProps) {
  const id = useId();
  return (
    <div className="switch">
      <div>
        <label htmlFor={id} className="strong">
          {label}
        </label>
        {hint && (
          <p className="small" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <span className="switch-end">
        <span className="small" aria-hidden="true">
          {checked ? t`on` : t`off`}
        </span>
        <input
          id={id}
          type="checkbox"
          role="switch"
          checked={checked}
          disabled={disabled}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => onChange(event.target.checked)}
        />
      </span>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  hint?: ReactNode;
  options: { value: T; label: ReactNode; hint?: ReactNode }[];
  value: T;
  onChange: (value: T) => void;
}

/** One of a few, all in sight. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  const { legend, hint, options, value, onChange } = props;
  const name = useId();
  return (
    <fieldset className="choice">
      <legend className="strong">{legend}</legend>
      {hint && <p className="small">{hint}</p>}
      <div className="choice-row">
        {options.map((option) => (
          <label key={option.value} className={option.value === value ? "chosen" : ""}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>
              <span className="choice-label">{option.label}</span>
              {option.hint && <span className="small">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface WorkButtonProps extends ComponentProps<"button"> {
  busy: boolean;
  doing: string;
  look?: "quiet" | "bad" | "";
}

/** A button that says what it is doing; it stays in reach so that the focus is not lost. */
export function WorkButton({ busy, doing, look = "", children, onClick, ...rest }: WorkButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${look === "bad" ? "quiet bad" : look}`}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? doing : children}
    </button>
  );
}

export type Outcome = { state: "idle" | "busy" | "done" | "failed"; error?: unknown };

export function outcomeOf(mutation: {
  isPending: boolean;
  isSuccess: boolean;
  error: unknown;
}): Outcome {
  if (mutation.isPending) return { state: "busy" };
  if (mutation.error) return { state: "failed", error: mutation.error };
  return { state: mutation.isSuccess ? "done" : "idle" };
}

/** The result of the last change; read aloud without taking the focus. */
export function Saved({ outcome, done = t`Saved` }: { outcome: Outcome; done?: string }) {
  const { state, error } = outcome;
  return (
    <p className={`saved ${state}`} role="status">
      {state === "busy" && t`Saving…`}
      {state === "done" && (
        <>
          <Icon name="check" size={20} /> {done}
        </>
      )}
      {state === "failed" && (
        <>
          <Icon name="warn" size={20} /> {said(error)}
        </>
      )}
    </p>
  );
}

export function Failed({ error }: { error: unknown }) {
  return (
    <p className="field-error" role="alert">
      {error ? said(error) : null}
    </p>
  );
}
