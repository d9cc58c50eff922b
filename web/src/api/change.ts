import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import {
  account,
  type Me,
  type MeChange,
  type Privacy,
  type Settings,
  type SettingsChange,
} from "./account";
import { choose } from "../theme";
import { prefer, units } from "../units";
import { meQuery, settingsQuery } from "./me";

/** Save a part of the person; what others see of them is read again. */
export function useChangeMe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: MeChange) => account.change(change),
    onSuccess: (me) => {
      client.setQueryData(meQuery.queryKey, me);
      void client.invalidateQueries({ queryKey: ["miner"] });
    },
  });
}

/** Of several quick changes, the answer to the last one knows them all. */
function isLast(client: QueryClient, mutationKey: string[]): boolean {
  return client.isMutating({ mutationKey }) <= 1;
}

const PRIVACY = ["me", "privacy"];
const SETTINGS = ["me", "settings"];

/** Privacy shows at once and goes back if the server says no. */
export function useChangePrivacy() {
  const client = useQueryClient();
  const key = meQuery.queryKey;
  return useMutation({
    mutationKey: PRIVACY,
    scope: { id: "privacy" }, // quick clicks arrive in their order
    mutationFn: (privacy: Partial<Privacy>) => account.change({ privacy }),
    onMutate: (privacy) => {
      // Not awaited: an answer under way may take its time to go, and the switch should not.
      void client.cancelQueries({ queryKey: key, exact: true }, { revert: false });
      const before = client.getQueryData(key);
      client.setQueryData(key, (me: Me | null | undefined) =>
        me ? { ...me, privacy: { ...me.privacy, ...privacy } } : me,
      );
      return { before };
    },
    onError: (_error, _change, kept) => client.setQueryData(key, kept?.before),
    onSuccess: (me) => {
      if (isLast(client, PRIVACY)) client.setQueryData(key, me);
      void client.invalidateQueries({ queryKey: ["miner"] });
    },
  });
}

export function merged(settings: Settings, change: SettingsChange): Settings {
  return {
    ...settings,
    theme: change.theme ?? settings.theme,
    welcome: change.welcome ?? settings.welcome,
    units: { ...settings.units, ...change.units },
    notifications: { ...settings.notifications, ...change.notifications },
  };
}

export function useChangeSettings() {
  const client = useQueryClient();
  const key = settingsQuery.queryKey;
  return useMutation({
    mutationKey: SETTINGS,
    scope: { id: "settings" },
    mutationFn: (change: SettingsChange) => account.changeSettings(change),
    onMutate: (change) => {
      void client.cancelQueries({ queryKey: key }, { revert: false });
      const before = client.getQueryData(key);
      client.setQueryData(key, (old) => old && merged(old, change));
      if (change.units) prefer({ ...units(), ...change.units });
      return { before };
    },
    onError: (_error, _change, kept) => {
      client.setQueryData(key, kept?.before);
      if (kept?.before) prefer(kept.before.units);
    },
    onSuccess: (settings) => {
      if (isLast(client, SETTINGS)) client.setQueryData(key, settings);
    },
  });
}

/** What somebody chose on another device holds on this one as well. */
export function useOwnPreferences() {
  const signedIn = Boolean(useQuery(meQuery).data);
  const settings = useQuery({ ...settingsQuery, enabled: signedIn }).data;
  useEffect(() => {
    if (!settings) return;
    prefer(settings.units);
    // "As the device" is what nobody has chosen yet: it does not undo a choice made here.
    if (settings.theme !== "system") choose(settings.theme);
  }, [settings]);
}
