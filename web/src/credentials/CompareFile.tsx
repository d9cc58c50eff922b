import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useId, useState } from "react";
import { Icon } from "../art";
import { Panel } from "../ui/parts";
import { carried, MOST_BYTES, same } from "./carried";
import "./credential.css";

type Verdict = "same" | "altered" | "none" | null;

/** Somebody was given a file: whether it says what the pool signed. It does not leave the browser. */
export function CompareFile({ signed }: { signed: Record<string, unknown> }) {
  const id = useId();
  const [verdict, setVerdict] = useState<Verdict>(null);
  async function look(file: File | undefined) {
    if (!file) return;
    const found =
      file.size > MOST_BYTES ? null : carried(new Uint8Array(await file.arrayBuffer()));
    setVerdict(found === null ? "none" : same(found, signed) ? "same" : "altered");
  }
  return (
    <Panel title={t`Were you given a file?`}>
      <p>
        <label htmlFor={id}>
          <Trans>
            Choose it, and this page compares it with what the pool signed: a JSON file, or the PNG
            or SVG picture of the badge. The file stays on your device.
          </Trans>
        </label>
      </p>
      <input
        id={id}
        type="file"
        className="input compare-file"
        accept=".json,.png,.svg,application/json,image/png,image/svg+xml"
        onChange={(event) => void look(event.target.files?.[0])}
      />
      <p className={`compare ${verdict ?? ""}`} role="status">
        {verdict !== null && (
          <>
            <Icon name={verdict === "same" ? "check" : "warn"} size={24} />
            <span>{words(verdict)}</span>
          </>
        )}
      </p>
    </Panel>
  );
}

function words(verdict: NonNullable<Verdict>): string {
  switch (verdict) {
    case "same":
      return t`The file says exactly what the pool signed.`;
    case "altered":
      return t`The file was altered, or it is another credential: it does not say what the pool signed under this link.`;
    case "none":
      return t`There is no credential in this file. A picture loses it when it is edited or sent through some chats; ask for the original.`;
  }
}
