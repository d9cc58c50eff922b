import { useQuery } from "@tanstack/react-query";
import type { Settings } from "../api/account";
import { useChangeSettings } from "../api/change";
import { settingsQuery } from "../api/me";
import { choose } from "../theme";
import { Choice, outcomeOf, Saved, Switch } from "../ui/form";
import { ErrorNotice, Panel, Skeleton } from "../ui/parts";

const NEWS: [keyof Settings["notifications"], string, string][] = [
  ["badges", "Badges", "When you earn one."],
  ["levels", "Levels", "When you reach the next one."],
  ["streaks", "Streak", "Before a week ends without a share."],
  ["blocks", "Blocks", "When anybody here finds one."],
  ["weekly_summary", "The week in short", "On Mondays, a summary of the last week."],
];

export function Preferences() {
  const settings = useQuery(settingsQuery);
  if (!settings.data) {
    return (
      <Panel title="Preferences">
        {settings.isError ? (
          <ErrorNotice
            error={settings.error}
            retry={() => void settings.refetch()}
            busy={settings.isFetching}
          />
        ) : (
          <Skeleton lines={6} label="Loading your preferences" />
        )}
      </Panel>
    );
  }
  return (
    <>
      <Looks settings={settings.data} />
      <News settings={settings.data} />
    </>
  );
}

function Looks({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  const { units, theme } = settings;
  return (
    <Panel title="Appearance and units" aside={<Saved outcome={outcomeOf(change)} />}>
      <div className="stack">
        <Choice
          legend="Theme"
          options={[
            { value: "system", label: "As on the device" },
            { value: "day", label: "Light" },
            { value: "evening", label: "Dark" },
          ]}
          value={theme}
          onChange={(next) => {
            choose(next === "system" ? null : next);
            change.mutate({ theme: next });
          }}
        />
        <Choice
          legend="Hashrate in"
          options={[
            { value: "auto", label: "Automatic" },
            { value: "GH/s", label: "GH/s" },
            { value: "TH/s", label: "TH/s" },
            { value: "PH/s", label: "PH/s" },
          ]}
          value={units.hashrate}
          onChange={(hashrate) => change.mutate({ units: { hashrate } })}
        />
        <Choice
          legend="Difficulty"
          options={[
            { value: "short", label: "Short", hint: "4.29 G" },
            { value: "full", label: "In full", hint: "4,294,967,296" },
          ]}
          value={units.difficulty}
          onChange={(difficulty) => change.mutate({ units: { difficulty } })}
        />
        <Choice
          legend="Clock"
          options={[
            { value: "24h", label: "24 hours", hint: "18:02" },
            { value: "12h", label: "12 hours", hint: "6:02 pm" },
          ]}
          value={units.clock}
          onChange={(clock) => change.mutate({ units: { clock } })}
        />
      </div>
    </Panel>
  );
}

function News({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  return (
    <Panel title="Notify me about" aside={<Saved outcome={outcomeOf(change)} />}>
      <div className="stack tight">
        <p className="small">
          Nothing is sent yet. Your choice is stored, and applies once the game can send
          notifications.
        </p>
        {NEWS.map(([key, label, hint]) => (
          <Switch
            key={key}
            label={label}
            hint={hint}
            checked={settings.notifications[key]}
            onChange={(on) => change.mutate({ notifications: { [key]: on } })}
          />
        ))}
      </div>
    </Panel>
  );
}
