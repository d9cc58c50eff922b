/** Every part of the kit, in the order of the gallery. A part that is not here has no pictures. */
import type { Part } from "../specimen";
import { chartPart } from "./chart";
import { countdownPart } from "./countdown";
import { dialogPart } from "./dialog";
import { formPart } from "./form";
import { rewardsParts } from "./rewards";
import { sharePart } from "./share";
import { statesPart } from "./states";
import { stepperPart } from "./stepper";
import { tablePart } from "./table";
import { tabsPart } from "./tabs";

export const PARTS: readonly Part[] = [
  tablePart,
  chartPart,
  tabsPart,
  formPart,
  dialogPart,
  stepperPart,
  countdownPart,
  statesPart,
  sharePart,
  ...rewardsParts,
];
