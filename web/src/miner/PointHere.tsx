import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { configQuery } from "../api/queries";
import { shortAddress } from "../format";
import { Choice } from "../ui/form";
import { CopyButton, Panel, Skeleton } from "../ui/parts";
import {
  commandFor,
  type Device,
  DEVICES,
  type FieldToFill,
  fieldsOf,
  nameOfDevice,
  type Place,
  placeOf,
  whereOn,
} from "./devices";
import "./miner.css";
import "./point-here.css";

/** A name for the one machine, which its owner may change. */
const WORKER = "kitchen";

/** What to enter into which field of the miner, so that its shares arrive here. */
export function PointHere({ address }: { address: string }) {
  const config = useQuery(configQuery);
  const [device, setDevice] = useState<Device>("bitaxe");
  const place = placeOf(config.data?.stratum);
  return (
    <Panel title={t`Point your miner here`} className="span-7 point-here">
      {config.isPending ? (
        <Skeleton lines={6} label={t`Loading the pool's address`} />
      ) : (
        <>
          <Choice
            legend={t`Your device`}
            options={DEVICES.map((one) => ({ value: one, label: nameOfDevice(one) }))}
            value={device}
            onChange={setDevice}
          />
          <Fields device={device} place={place} address={address} />
        </>
      )}
    </Panel>
  );
}

interface FieldsProps {
  device: Device;
  place: Place | null;
  address: string;
}

function Fields({ device, place, address }: FieldsProps) {
  const user = `${address}.${WORKER}`;
  return (
    <>
      <p className="small">{whereOn(device)}</p>
      {place === null && (
        <p className="notice">
          <Trans>
            The pool's host and port are not known here. Ask whoever runs this pool, or look where
            you heard of it. If that is you: the setting TBG_STRATUM_URL puts them on this page.
          </Trans>
        </p>
      )}
      <dl className="settings">
        {fieldsOf(device, place, user).map((field) => (
          <Row key={field.label} field={field} shown={shownOf(field, address)} />
        ))}
      </dl>
      {device === "other" && place !== null && (
        <>
          <p className="small">
            <Trans>Or, for a program that is started by hand:</Trans>
          </p>
          <p className="point-here-command mono wrap">{commandFor(place, user)}</p>
          <CopyButton
            text={commandFor(place, user)}
            label={t`Copy the command`}
            spoken={t`Copy the command`}
          />
        </>
      )}
      <p className="small">
        <Trans>
          The user is your address, a dot, and a name for this one machine. Any name works.
        </Trans>
      </p>
    </>
  );
}

function shownOf({ what, value }: FieldToFill, address: string): string {
  return what === "user" ? `${shortAddress(address)}.${WORKER}` : value;
}

function Row({ field, shown }: { field: FieldToFill; shown: string }) {
  const { label, value } = field;
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span className="mono wrap" title={value}>
          {shown}
        </span>
        <CopyButton text={value} label={t`Copy`} spoken={t`Copy ${label}: ${value}`} />
      </dd>
    </div>
  );
}
