import { Step, Stepper, Steps } from "../../ui/Stepper";
import { LONG_TEXT, LONG_WORD, type Part } from "../specimen";

const STEPS = [
  { key: "point", name: "Point your miner at the pool", hint: "stratum+tcp://pool.home:3333" },
  { key: "share", name: "Wait for the first share", hint: "A few minutes" },
  { key: "sign", name: "Claim your page" },
];

const MANY = Array.from({ length: 7 }, (_, i) => ({
  key: String(i),
  name: i === 2 ? LONG_WORD : `Step ${i + 1}`,
  hint: i === 4 ? LONG_TEXT : "",
}));

const at = (done: number, steps = STEPS) => <Stepper label="To begin" steps={steps} done={done} />;

export const stepperPart: Part = {
  name: "stepper",
  title: "Stepper",
  use: "What is done, what is now and what comes next.",
  specimens: [
    { state: "at the start", show: () => at(0) },
    { state: "under way", show: () => at(1) },
    { state: "all done", show: () => at(3) },
    { state: "large, with long words", show: () => at(3, MANY) },
    {
      state: "with something to do in each",
      show: () => (
        <Steps>
          <Step n={1} name="Your payout address" state="done">
            <p className="mono">bc1q…7k3d</p>
          </Step>
          <Step n={2} name="Sign the message with its wallet" state="now">
            <p className="actions">
              <button type="button" className="button">
                Sign it
              </button>
            </p>
          </Step>
          <Step n={3} name="Enter the signature" state="later" />
        </Steps>
      ),
    },
    { state: "broken data: no step", show: () => at(0, []) },
  ],
};
