/** What a screen reader hears of moments: one sentence for a stack of badges, one for each other. */
import { plural, t } from "@lingui/core/macro";
import { count, difficulty, joined, shortAddress } from "../format";
import { LOCALE } from "../messages";
import type { BlockFound, Fired, Happened } from "./queue";

/** What to call the finder of a block, who may not wish to be named. */
export function finderOf(block: BlockFound): string {
  return shortAddress(block.name) || t`A miner of this pool`;
}

export function announcement(moments: Happened[]): string {
  const badges = moments.filter((one) => one.kind === "badge");
  const others = moments.filter((one) => one.kind !== "badge");
  const blocks = others.filter((one) => one.kind === "block");
  const rest = others.filter((one) => one.kind !== "block");
  const sentences = [...blocks.map(spoken), stack(badges), ...rest.map(spoken)];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function stack(badges: Fired[]): string {
  if (badges.length === 0) return "";
  const xp = badges.reduce((sum, b) => sum + b.xp, 0);
  const names = new Intl.ListFormat(LOCALE).format(badges.map((b) => b.name));
  const earned = plural(badges.length, {
    one: `You earned ${names}.`,
    other: `You earned # badges: ${names}.`,
  });
  return xp > 0 ? t`${earned} Plus ${xp} XP.` : earned;
}

function spoken(moment: Exclude<Happened, Fired>): string {
  switch (moment.kind) {
    case "level": {
      const { level, title } = moment;
      return t`Level ${level} reached: ${title}.`;
    }
    case "best": {
      const best = joined(difficulty(moment.sdiff));
      return t`New best: ${best}.`;
    }
    case "block": {
      const finder = finderOf(moment);
      const height = count(moment.height);
      return t`${finder} found block ${height}.`;
    }
  }
}
