import { t } from "@lingui/core/macro";
import { I18nProvider } from "@lingui/react";
import { Trans } from "@lingui/react/macro";
import { expect, it } from "vitest";
import { render } from "vitest-browser-react";
import { i18n } from ".";

async function shown(name: string): Promise<string> {
  const { container } = await render(
    <I18nProvider i18n={i18n}>
      <Trans>
        Miner <b>{name}</b>
      </Trans>
    </I18nProvider>,
  );
  return container.innerHTML;
}

it("shows a value that looks like a tag of the message as text", async () => {
  expect(await shown("rig")).toBe("Miner <b>rig</b>");
  for (const name of ["<0/>", "</0>", "a<0>b</0>c", "<12/>"]) {
    const escaped = name.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    expect((await shown(name)).replaceAll("\u2060", "")).toBe(`Miner <b>${escaped}</b>`);
  }
});

it("leaves other values as they are", () => {
  const name = "a < b > c <b>";
  expect(t`Miner ${name}`).toBe("Miner a < b > c <b>");
});
