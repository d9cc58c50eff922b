import { plural, t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { account } from "../api/account";
import { ownStreakQuery } from "../api/rewards";
import { outcomeOf, Saved, Switch } from "../ui/form";
import { ErrorNotice, Panel, Skeleton } from "../ui/parts";
import { FREEZE_WEEKS } from "../rules";

/** Whether freezes keep the streak over weeks without a share. */
export function Freezes() {
  const client = useQueryClient();
  const streak = useQuery(ownStreakQuery);
  const change = useMutation({
    mutationFn: (freezes_on: boolean) => account.changeStreak({ freezes_on }),
    onSuccess: (state) => client.setQueryData(ownStreakQuery.queryKey, state),
  });
  if (!streak.data) {
    return (
      <Panel title={t`Streak`}>
        {streak.isError ? (
          <ErrorNotice
            error={streak.error}
            retry={() => void streak.refetch()}
            busy={streak.isFetching}
          />
        ) : (
          <Skeleton lines={2} label={t`Loading your streak`} />
        )}
      </Panel>
    );
  }
  const { freezes_held, freezes_on } = streak.data;
  const held = plural(freezes_held, { one: "You hold # freeze.", other: "You hold # freezes." });
  return (
    <Panel title={t`Streak`} why="streaks" aside={<Saved outcome={outcomeOf(change)} />}>
      <Switch
        label={t`Use freezes`}
        hint={t`A freeze keeps your streak over a week without a share. Every ${FREEZE_WEEKS} weeks of a streak earn one. ${held}`}
        checked={change.isPending ? change.variables : freezes_on}
        onChange={(on) => change.mutate(on)}
      />
    </Panel>
  );
}
