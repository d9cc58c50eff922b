/** What a miner is set to, field by field as each device calls them. */
import { t } from "@lingui/core/macro";

export const DEVICES = ["bitaxe", "nerdqaxe", "other"] as const;
export type Device = (typeof DEVICES)[number];

export interface Place {
  /** As it is typed where host and port have fields of their own. */
  host: string;
  port: string;
  /** The whole of it: stratum+tcp://host:port. */
  url: string;
}

/** Take the pool's stratum address apart; null when there is none. */
export function placeOf(stratum: string | null | undefined): Place | null {
  const found = /^stratum\+tcp:\/\/(.+):(\d+)$/.exec(stratum ?? "");
  const [url, host = "", port = ""] = found ?? [];
  return url === undefined ? null : { host, port, url };
}

export interface FieldToFill {
  /** The label of the field in the device's own pages. */
  label: string;
  value: string;
  what: "pool" | "user" | "password";
}

/** Most pools ignore the password, but no device takes an empty one gladly. */
const PASSWORD = "x";

export function nameOfDevice(device: Device): string {
  return { bitaxe: t`Bitaxe`, nerdqaxe: t`NerdQAxe`, other: t`Any other miner` }[device];
}

/** Where in the device's pages the fields are. */
export function whereOn(device: Device): string {
  switch (device) {
    case "bitaxe":
      return t`Open AxeOS, the miner's own page, and there “Pool”. Save, then restart.`;
    case "nerdqaxe":
      return t`Open the miner's own page, there “Settings”, “Primary Stratum Pool”. Save, then restart.`;
    case "other":
      return t`Most miners ask for these three, under “Pool” or “Pool 1”.`;
  }
}

/** The fields of the pool itself are left out while nobody knows what belongs in them. */
export function fieldsOf(device: Device, place: Place | null, user: string): FieldToFill[] {
  const separate = place && [
    { label: t`Stratum Host`, value: place.host, what: "pool" as const },
    { label: t`Stratum Port`, value: place.port, what: "pool" as const },
  ];
  switch (device) {
    case "bitaxe":
      return [
        ...(separate ?? []),
        { label: t`User`, value: user, what: "user" },
        { label: t`Password`, value: PASSWORD, what: "password" },
      ];
    case "nerdqaxe":
      return [
        ...(separate ?? []),
        { label: t`Stratum User`, value: user, what: "user" },
        { label: t`Stratum Password`, value: PASSWORD, what: "password" },
      ];
    case "other":
      return [
        ...(place ? [{ label: t`URL`, value: place.url, what: "pool" as const }] : []),
        { label: t`User`, value: user, what: "user" },
        { label: t`Password`, value: PASSWORD, what: "password" },
      ];
  }
}

/** The same for a program that is started with it. */
export function commandFor(place: Place, user: string): string {
  return ["cgminer", "-o", place.url, "-u", user, "-p", PASSWORD].join(" ");
}
