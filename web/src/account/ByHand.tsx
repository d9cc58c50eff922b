import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import { tidy, wrongAddress } from "../address";
import { isNoAddress, Refusal } from "../api/client";
import { AddressTile, Icon } from "../art";
import { QrCode } from "../art/QrCode";
import { code } from "../code";
import { useFirstFocus } from "../ui/focus";
import { Failed, Field, said, WorkButton } from "../ui/form";
import { useNetwork } from "../ui/hooks";
import { Address, CopyButton } from "../ui/parts";
import { Step, Steps } from "../ui/Stepper";
import { type Asked, keepAsked, keptAsked } from "./asked";
import { isSpent, type Proof, tidySignature } from "./prove";
import "./account.css";

const Scan = lazy(() => code(() => import("./Scan")));

const LIFETIME = 5 * 60_000;

/** Any wallet, the ones without a screen here too: address, message, signature. */
export function ByHand({ proof, address = "" }: { proof: Proof; address?: string | undefined }) {
  const [asked, setAsked] = useState(() => keptAsked(proof.keptAs));
  const [draft, setDraft] = useState(asked?.address ?? address);
  const [again, setAgain] = useState(false);

  function become(next: Asked | null) {
    keepAsked(proof.keptAs, next);
    setAsked(next);
  }

  async function ask(address: string) {
    const challenge = await proof.challenge(address);
    const left = Date.parse(challenge.expires_at) - Date.now();
    const until = Date.now() + (left > 0 && left < 2 * LIFETIME ? left : LIFETIME);
    become({ address, challenge, until });
  }

  return (
    <Steps>
      <Step
        n={1}
        name={proof.from ? t`The address that signs` : t`Your payout address`}
        state={asked ? "done" : "now"}
      >
        {asked ? (
          <div className="step-address">
            <AddressTile address={asked.address} size={44} />
            <Address of={asked.address} />
            {proof.from?.length !== 1 && (
              <button
                type="button"
                className="button quiet"
                onClick={() => {
                  setAgain(true);
                  become(null);
                }}
              >
                <Trans>Another address</Trans>
              </button>
            )}
          </div>
        ) : proof.from ? (
          <Signers from={proof.from} ask={ask} />
        ) : (
          <AddressForm draft={draft} setDraft={setDraft} ask={ask} focus={again} />
        )}
      </Step>
      {asked ? (
        <SignAndReturn
          key={asked.challenge.challenge_id}
          asked={asked}
          proof={proof}
          renew={() => ask(asked.address)}
        />
      ) : (
        <>
          <Step n={2} name={t`Sign the message with its wallet`} state="later" />
          <Step n={3} name={t`Enter the signature`} state="later" />
        </>
      )}
    </Steps>
  );
}

/** Whose signature counts is known: one of them is picked, none is typed. */
function Signers({ from, ask }: { from: string[]; ask: (address: string) => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function go(address: string) {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await ask(address);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <>
      <ul className="picks">
        {from.map((address) => (
          <li key={address}>
            <button
              type="button"
              className="pick"
              aria-disabled={busy || undefined}
              onClick={() => void go(address)}
            >
              <AddressTile address={address} size={44} />
              <span>
                <Address of={address} />
                <span className="small">
                  <Trans>Get the message</Trans>
                </span>
              </span>
              <Icon name="right" size={20} />
            </button>
          </li>
        ))}
      </ul>
      <Failed error={error} />
    </>
  );
}

interface AddressFormProps {
  draft: string;
  setDraft: (text: string) => void;
  ask: (address: string) => Promise<void> | void;
  action?: string;
  /** The button that led back here is gone. */
  focus: boolean;
}

export function AddressForm(props: AddressFormProps) {
  const { draft, setDraft, ask, focus, action = t`Get the message` } = props;
  const network = useNetwork();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const input = useFirstFocus<HTMLInputElement>(focus);

  async function go(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const address = tidy(draft);
    const why = wrongAddress(address, network);
    if (why !== null) return setWrong(why);
    setBusy(true);
    try {
      await ask(address);
    } catch (error) {
      setWrong(isNoAddress(error) ? wrongAddress(address, network, true) : said(error));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={go} noValidate className="step-form">
      <Field
        label={t`Address`}
        hint={t`The one your miner is set to. Your wallet must hold its key.`}
        error={wrong}
      >
        {(ids) => (
          <input
            {...ids}
            className="input mono"
            type="text"
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            enterKeyHint="next"
            ref={input}
            value={draft}
            onChange={(event) => {
              setDraft(event.target.value);
              setWrong(null);
            }}
          />
        )}
      </Field>
      <WorkButton type="submit" busy={busy} doing={t`Preparing the message…`}>
        {action}
      </WorkButton>
    </form>
  );
}

interface SignProps {
  asked: Asked;
  proof: Proof;
  renew: () => Promise<void>;
}

function SignAndReturn({ asked, proof, renew }: SignProps) {
  const { challenge, address } = asked;
  const left = useLeft(asked.until);
  const [spent, setSpent] = useState(false);
  const over = spent || left <= 0;
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <>
      <Step n={2} name={t`Sign the message with its wallet`} state="now">
        <p className="small">
          <Trans>
            Look for “Sign message” in the wallet, choose <Address of={address} />, and paste
            exactly this text:
          </Trans>
        </p>
        <pre
          ref={box}
          className={over ? "message over" : "message"}
          tabIndex={0}
          aria-label={t`The message to sign`}
        >
          {challenge.message}
        </pre>
        <Left left={left} over={over} renew={renew} />
        {!over && <MessageTools message={challenge.message} />}
      </Step>
      <Step n={3} name={t`Enter the signature`} state={over ? "later" : "now"}>
        {!over && (
          <SignatureForm
            asked={asked}
            proof={proof}
            onSpent={() => setSpent(true)}
          />
        )}
      </Step>
    </>
  );
}

/** Seconds that are left, counted once a second. */
function useLeft(until: number): number {
  const rest = () => Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [left, setLeft] = useState(rest);
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000))), 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

interface LeftProps {
  left: number;
  over: boolean;
  renew: () => Promise<void>;
}

function Left({ left, over, renew }: LeftProps) {
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function go() {
    setBusy(true);
    setError(null);
    try {
      await renew();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }
  return (
    <div className="left">
      <p className="small">
        {over ? (
          <Trans>This message can no longer be used.</Trans>
        ) : (
          <Trans>
            Good for{" "}
            <span className="tn" role="timer">
              {clock}
            </span>
          </Trans>
        )}
      </p>
      {/* Said once when it matters, not every second. */}
      <span className="sr-only" role="status">
        {over
          ? t`The message was already used or is too old. Request a new one.`
          : left <= 60
            ? t`Less than a minute is left.`
            : ""}
      </span>
      {(over || left <= 60) && (
        <WorkButton look={over ? "" : "quiet"} busy={busy} doing={t`Preparing…`} onClick={go}>
          <Trans>New message</Trans>
        </WorkButton>
      )}
      {error !== null && <Failed error={error} />}
    </div>
  );
}

function MessageTools({ message }: { message: string }) {
  const [shown, setShown] = useState(false);
  const id = useId();
  return (
    <>
      <p className="tools">
        <CopyButton text={message} label={t`Copy message`} spoken={t`Copy message`} />
        <button
          type="button"
          className="copy"
          aria-expanded={shown}
          aria-controls={shown ? id : undefined}
          onClick={() => setShown(!shown)}
        >
          <Icon name="qr" size={20} />
          {shown ? t`Hide QR code` : t`Show as QR code`}
        </button>
      </p>
      {shown && (
        <div className="qr" id={id}>
          <QrCode text={message} title={t`QR code of the message`} />
          <p className="small">
            <Trans>For wallets with a camera: it contains only the message.</Trans>
          </p>
        </div>
      )}
    </>
  );
}

interface SignatureFormProps {
  asked: Asked;
  proof: Proof;
  onSpent: () => void;
}

function SignatureForm({ asked, proof, onSpent }: SignatureFormProps) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);

  async function handIn(signature: string) {
    if (busy) return;
    if (signature === "") return setWrong(t`Paste the signature here first.`);
    setBusy(true);
    setWrong(null);
    try {
      await proof.handIn(asked.challenge, signature);
      keepAsked(proof.keptAs, null);
    } catch (error) {
      if (isSpent(error)) {
        keepAsked(proof.keptAs, null);
        onSpent();
      }
      setWrong(wrongSignature(error, asked.address));
      setBusy(false);
    }
  }

  return (
    <form
      className="step-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void handIn(tidySignature(text));
      }}
    >
      <Field
        label={t`Signature`}
        hint={t`Letters and digits, usually ending in =. Old and new formats both work.`}
        error={wrong}
      >
        {(ids) => (
          <textarea
            {...ids}
            className="input mono"
            rows={4}
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setWrong(null);
            }}
          />
        )}
      </Field>
      <p className="actions">
        <WorkButton type="submit" busy={busy} doing={proof.doing}>
          {proof.action}
        </WorkButton>
        {navigator.mediaDevices && (
          <Suspense>
            <Scan
              onFound={(found) => {
                setText(found);
                void handIn(tidySignature(found));
              }}
            />
          </Suspense>
        )}
      </p>
    </form>
  );
}

function wrongSignature(error: unknown, address: string): string {
  if (!(error instanceof Refusal) || error.code !== "signature_refused") return said(error);
  const short = `${address.slice(0, 4)}…${address.slice(-4)}`;
  const todo = t`Sign the whole message with the key of ${short}, and paste the whole signature.`;
  const { detail } = error.problem;
  return detail ? `${detail.replace(/\.?$/, ".")} ${todo}` : todo;
}
