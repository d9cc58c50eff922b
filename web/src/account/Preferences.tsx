import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { Settings } from "../api/account";
import { useChangeSettings } from "../api/change";
import { settingsQuery } from "../api/me";
import { choose } from "../theme";
import { Freezes } from "./Freezes";
import { Choice, outcomeOf, Saved } from "../ui/form";
import { ErrorNotice, Panel, Skeleton } from "../ui/parts";

export function Preferences() {
  const settings = useQuery(settingsQuery);
  if (!settings.data) {
    return (
      <Panel title={t`Preferences`}>
        {settings.isError ? (
          <ErrorNotice
            error={settings.error}
            retry={() => void settings.refetch()}
            busy={settings.isFetching}
          />
        ) : (
          <Skeleton lines={6} label={t`Loading your preferences`} />
        )}
      </Panel>
    );
  }
  return (
    <>
      <Looks settings={settings.data} />
      <Freezes />
    </>
  );
}

function Looks({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  const { units, theme } = settings;
  return (
    <Panel title={t`Appearance and units`} aside={<Saved outcome={outcomeOf(change)} />}>
      <div className="stack">
        <Choice
          legend={t`Theme`}
          options={[
            { value: "system", label: t`As on the device` },
            { value: "day", label: t`Light` },
            { value: "evening", label: t`Dark` },
          ]}
          value={theme}
          onChange={(next) => {
            choose(next === "system" ? null : next);
            change.mutate({ theme: next });
          }}
        />
        <Choice
          legend={t`Hashrate in`}
          options={[
            { value: "auto", label: t`Automatic` },
            { value: "GH/s", label: "GH/s" },
            { value: "TH/s", label: "TH/s" },
            { value: "PH/s", label: "PH/s" },
          ]}
          value={units.hashrate}
          onChange={(hashrate) => change.mutate({ units: { hashrate } })}
        />
        <Choice
          legend={t`Difficulty`}
          options={[
            { value: "short", label: t`Short`, hint: t`4.29 G` },
            { value: "full", label: t`In full`, hint: t`4,294,967,296` },
          ]}
          value={units.difficulty}
          onChange={(difficulty) => change.mutate({ units: { difficulty } })}
        />
        <Choice
          legend={t`Clock`}
          options={[
            { value: "24h", label: t`24 hours`, hint: t`18:02` },
            { value: "12h", label: t`12 hours`, hint: t`6:02 pm` },
          ]}
          value={units.clock}
          onChange={(clock) => change.mutate({ units: { clock } })}
        />
      </div>
    </Panel>
  );
}
