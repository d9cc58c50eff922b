import { t } from "@lingui/core/macro";
import { I18nProvider } from "@lingui/react";
import { Trans } from "@lingui/react/macro";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { i18n } from ".";

const shown = (name: string) =>
  renderToStaticMarkup(
    <I18nProvider i18n={i18n}>
      <Trans>
        Miner <b>{name}</b>
      </Trans>
    </I18nProvider>,
  );

it("shows a value that looks like a tag of the message as text", () => {
  expect(shown("rig")).toBe("Miner <b>rig</b>");
  for (const name of ["<0/>", "</0>", "a<0>b</0>c", "<12/>"]) {
    const escaped = name.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    expect(shown(name).replaceAll("\u2060", "")).toBe(`Miner <b>${escaped}</b>`);
  }
});

it("leaves other values as they are", () => {
  const name = "a < b > c <b>";
  expect(t`Miner ${name}`).toBe("Miner a < b > c <b>");
});
