import { AlertDialog } from "@base-ui/react/alert-dialog";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { Failed, Field, type Outcome, WorkButton } from "./form";
import "./dialog.css";

interface ConfirmProps {
  /** Its button; without one, `asked` and `onAsked` open it, once what it asks about is known. */
  trigger?: ReactNode;
  triggerLabel?: string;
  asked?: boolean;
  onAsked?: (asked: boolean) => void;
  title: string;
  children: ReactNode;
  action: string;
  doing: string;
  /** Typed before the button works, for what cannot be taken back. */
  word?: string;
  run: () => Promise<unknown>;
}

/** Asks once more. Stays open while it works, and says here what went wrong. */
export function Confirm(props: ConfirmProps) {
  const { trigger, triggerLabel, title, children, action, doing, word, run } = props;
  const [itself, setItself] = useState(false);
  const open = props.asked ?? itself;
  const setOpen = props.onAsked ?? setItself;
  const [typed, setTyped] = useState("");
  const [state, setState] = useState<Outcome>({ state: "idle" });
  const busy = state.state === "busy";
  const ready = word === undefined || typed.trim().toLowerCase() === word;

  async function go() {
    if (!ready || busy) return;
    setState({ state: "busy" });
    try {
      await run();
      setOpen(false);
      setState({ state: "idle" });
    } catch (error) {
      setState({ state: "failed", error });
    }
  }

  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        if (busy) return;
        setOpen(next);
        setTyped("");
        setState({ state: "idle" });
      }}
    >
      {trigger !== undefined && (
        <AlertDialog.Trigger className="button quiet bad" aria-label={triggerLabel}>
          {trigger}
        </AlertDialog.Trigger>
      )}
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="veil" />
        <AlertDialog.Popup className="dialog dialog-confirm">
          <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />}>{children}</AlertDialog.Description>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void go();
            }}
          >
            {word !== undefined && (
              <Field label={t`Type ${word} to continue`}>
                {(ids) => (
                  <input
                    {...ids}
                    className="input"
                    autoComplete="off"
                    autoCapitalize="none"
                    spellCheck={false}
                    value={typed}
                    onChange={(event) => setTyped(event.target.value)}
                  />
                )}
              </Field>
            )}
            <Failed error={state.error} />
            <p className="actions">
              <AlertDialog.Close className="button quiet">
                <Trans>Cancel</Trans>
              </AlertDialog.Close>
              <WorkButton type="submit" look="bad" busy={busy} doing={doing} disabled={!ready}>
                {action}
              </WorkButton>
            </p>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
