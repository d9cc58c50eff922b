import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { Icon } from "../art";
import { count } from "../format";
import "./stepper.css";

interface StepProps {
  n: number;
  name: ReactNode;
  state: "done" | "now" | "later";
  hint?: ReactNode;
  /** A heading where there is something below it. */
  headed?: boolean;
  children?: ReactNode;
}

/** One step in an `ol` with the class of `Steps`. */
export function Step({ n, name, state, hint, headed = true, children }: StepProps) {
  const Name = headed ? "h3" : "p";
  return (
    <li className={`step ${state}`} aria-current={state === "now" ? "step" : undefined}>
      <span className="step-mark tn" aria-hidden="true">
        {state === "done" ? <Icon name="check" size={20} /> : count(n)}
      </span>
      <div className="step-body">
        <Name className="step-name">
          {name}
          {state === "done" && <span className="sr-only">{t`, done`}</span>}
        </Name>
        {hint && <p className="small">{hint}</p>}
        {children}
      </div>
    </li>
  );
}

/** Steps one below the other, each with what is to be done in it. */
export function Steps({ children }: { children: ReactNode }) {
  return <ol className="steps">{children}</ol>;
}

interface StepperProps {
  label: string;
  steps: readonly { key: string; name: ReactNode; hint?: ReactNode }[];
  /** How many steps are done; the one after them is the current one. */
  done: number;
}

/** What is done, what is now and what comes next: a row, or a column where the room is narrow. */
export function Stepper({ label, steps, done }: StepperProps) {
  return (
    <div className="stepper">
      <ol className="steps steps-row" aria-label={label}>
        {steps.map(({ key, name, hint }, i) => (
          <Step
            key={key}
            n={i + 1}
            state={i < done ? "done" : i === done ? "now" : "later"}
            headed={false}
            {...{ name, hint }}
          />
        ))}
      </ol>
    </div>
  );
}
