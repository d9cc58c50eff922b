import { Countdown } from "../../ui/Countdown";
import type { Part } from "../specimen";

const MINUTE = 60_000;

/** Counted from when the gallery was opened. */
const opened = Date.now();

function inTime(ms: number) {
  return <Countdown label="The week" to={new Date(opened + ms).toISOString()} />;
}

export const countdownPart: Part = {
  name: "countdown",
  title: "Countdown",
  use: "How long until a moment; to the second in its last hour.",
  specimens: [
    { state: "days", show: () => inTime(52 * 60 * MINUTE) },
    { state: "years", show: () => inTime(42 * 365.25 * 24 * 60 * MINUTE) },
    { state: "hours", show: () => inTime(4 * 60 * MINUTE + 12 * MINUTE) },
    { state: "minutes", show: () => inTime(9 * MINUTE + 5_000) },
    { state: "seconds", show: () => inTime(9_000) },
    { state: "over", show: () => inTime(-MINUTE) },
    { state: "broken data", show: () => <Countdown label="The week" to="soon" /> },
  ],
};
