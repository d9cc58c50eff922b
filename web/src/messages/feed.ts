/** Lines of a feed in the page's language, from the codes and values that the server sends. */
import { t } from "@lingui/core/macro";
import type { FeedItem } from "../api/types";
import { count, date, joined, localDay, magnitude, shortName } from "../format";

type Words = Pick<FeedItem, "title" | "detail">;

/** The words of a line; for a code that this page does not know, the server's own in English. */
export function wordsOf(item: Pick<FeedItem, "code" | "params" | "title" | "detail">): Words {
  const { code, params, title, detail } = item;
  const text = (name: string) => String(params[name] ?? "");
  const figure = (name: string) => Number(params[name] ?? 0);
  const worker = shortName(text("worker"));
  const by = t`by ${worker}`;
  switch (code) {
    case "badge_earned": {
      const name = text("name");
      return { title: t`New badge: ${name}`, detail: null };
    }
    case "personal_best": {
      const best = joined(magnitude(figure("sdiff")));
      return { title: t`New best: ${best}`, detail: by };
    }
    case "level_up": {
      const [level, title] = [text("level"), text("title")];
      return { title: t`Level ${level}, ${title}`, detail: null };
    }
    case "shares_counted": {
      const [hundreds, total] = [count(figure("hundreds")), count(figure("total"))];
      return {
        title: figure("more") ? t`More than ${hundreds} × 100 shares` : t`${hundreds} × 100 shares`,
        detail: t`${total} shares in all`,
      };
    }
    case "best_day": {
      const day = date(localDay(text("day")), Date.now());
      return { title: t`Best day yet`, detail: day };
    }
    case "week_completed": {
      const [year, week] = [text("week").slice(0, 4), Number(text("week").slice(6))];
      return { title: t`Week completed`, detail: t`Week ${week} of ${year}` };
    }
    case "quest_completed": {
      const name = text("name");
      return { title: t`Quest completed: ${name}`, detail: null };
    }
    case "block_found": {
      const height = count(figure("height"));
      return { title: t`Block ${height} found`, detail: by };
    }
    case "block_reported": {
      const height = count(figure("height"));
      return { title: t`Block ${height} reported, not confirmed yet`, detail: by };
    }
    default:
      return { title, detail };
  }
}
