import { Menu } from "@base-ui/react/menu";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { account, type Me } from "../api/account";
import { Refusal } from "../api/client";
import { pageOf, useSignedIn } from "../api/me";
import { Icon } from "../art";
import { shortName } from "../format";
import { said } from "../ui/form";
import { nameOf, Under, Who } from "../ui/names";
import "./shell.css";

export default function AccountMenu({ me }: { me: Me }) {
  const signedIn = useSignedIn();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: async () => {
      try {
        await account.logout();
      } catch (error) {
        if (!(error instanceof Refusal) || error.status !== 401) throw error;
      }
    },
    onSuccess: async () => {
      await navigate({ to: "/" });
      signedIn(null);
    },
  });
  const name = nameOf(me);
  return (
    <Menu.Root onOpenChange={(open) => open && leave.reset()}>
      <Menu.Trigger className="account-trigger" aria-label={t`Your account, ${name}`}>
        <Who me={me} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-place" align="end" sideOffset={6} collisionPadding={8}>
          <Menu.Popup className="menu">
            <div className="menu-who">
              <p className="strong">{shortName(name, 30)}</p>
              <Under me={me} />
            </div>
            <Menu.LinkItem
              className="menu-item"
              closeOnClick
              render={<Link to="/m/$address" params={{ address: pageOf(me) }} />}
            >
              <Icon name="miner" size={20} /> <Trans>My page</Trans>
            </Menu.LinkItem>
            <Menu.LinkItem className="menu-item" closeOnClick render={<Link to="/rewards" />}>
              <Icon name="rewards" size={20} /> <Trans>My rewards</Trans>
            </Menu.LinkItem>
            <Menu.LinkItem className="menu-item" closeOnClick render={<Link to="/quests" />}>
              <Icon name="flag" size={20} /> <Trans>Quests</Trans>
            </Menu.LinkItem>
            {me.role === "admin" && (
              <Menu.LinkItem className="menu-item" closeOnClick render={<Link to="/admin" />}>
                <Icon name="key" size={20} /> <Trans>Operators</Trans>
              </Menu.LinkItem>
            )}
            <Menu.LinkItem className="menu-item" closeOnClick render={<Link to="/settings" />}>
              <Icon name="sliders" size={20} /> <Trans>Settings</Trans>
            </Menu.LinkItem>
            <Menu.Item
              className="menu-item"
              closeOnClick={false}
              onClick={() => !leave.isPending && leave.mutate()}
            >
              <Icon name="out" size={20} /> {leave.isPending ? t`Signing out…` : t`Sign out`}
            </Menu.Item>
            {leave.isError && (
              <p className="field-error menu-error" role="alert">
                {said(leave.error)}
              </p>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
