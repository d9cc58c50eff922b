/** Keeps the player's own quests alive: frames move the bars, a read soon after sets them straight. */
import { useQueryClient } from "@tanstack/react-query";
import type { Me } from "../api/account";
import { useChannel, useReread } from "../live/hooks";
import { applyToQuests } from "./progress";
import { ownQuestsQuery } from "./queries";

const AFTER_COMPLETION = 1_000;

export function useQuestsLive(me: Me | null | undefined) {
  const client = useQueryClient();
  const { queryKey } = ownQuestsQuery;
  const reread = useReread(() => client.invalidateQueries({ queryKey }));
  useChannel(
    me ? "me" : null,
    (frame) => {
      if (frame.type !== "quest_progress" && frame.type !== "quest_completed") return;
      client.setQueryData(queryKey, (read) => {
        const [first, ...rest] = read?.pages ?? [];
        if (!read || !first) return read;
        return { ...read, pages: [applyToQuests(first, frame), ...rest] };
      });
      if (frame.type === "quest_completed") reread(AFTER_COMPLETION);
    },
    () => reread(0),
  );
}
