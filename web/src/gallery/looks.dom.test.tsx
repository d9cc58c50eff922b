/**
 * Each part of the kit as it looked when somebody last looked at it: in both themes, on a phone and
 * on a desk. `make looks` renews the pictures in web/looks; look at them before they are committed.
 * A picture that differs is in web/test-results/looks, with what differs.
 */
import { I18nProvider } from "@lingui/react";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { render } from "vitest-browser-react";
import { page } from "vitest/browser";
import { i18n } from "../messages";
import { choose } from "../theme";
import type { Part } from "./specimen";

// The parts count from when they are loaded: that must be the same moment each time.
vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 23, 11, 2) });
const { PARTS } = await import("./parts");
const { Shelf } = await import("./GalleryPage");

const THEMES = ["day", "evening"] as const;
const WIDTHS = [390, 1280] as const;
const looks = THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const));

beforeAll(async () => {
  // The mouse lies wherever another test has left it.
  document.documentElement.style.pointerEvents = "none";
  await document.fonts.ready;
});
afterAll(() => choose(null));

async function hang(part: Part) {
  const { container } = await render(
    <I18nProvider i18n={i18n}>
      <Shelf part={part} />
    </I18nProvider>,
  );
  const drawn = (["chart", "xp-chart"] as string[]).includes(part.name);
  const charts = drawn ? part.specimens.length - 1 : 0; // One of them is empty.
  await expect.poll(() => container.querySelectorAll("canvas").length).toBe(charts);
  return container.firstElementChild as HTMLElement;
}

describe.each(PARTS.map((part) => [part.name, part] as const))("%s", (name, part) => {
  test.each(looks)("looks as before: %s, %d px", async (theme, width) => {
    choose(theme);
    await page.viewport(width, 900);
    const shelf = await hang(part);
    // A picture ends where the window does.
    await page.viewport(width, Math.ceil(shelf.getBoundingClientRect().bottom) + 20);
    await expect(page.elementLocator(shelf)).toMatchScreenshot(`${name}-${theme}-${width}`);
  });
});

test.each(looks)("an open dialog looks as before: %s, %d px", async (theme, width) => {
  choose(theme);
  await page.viewport(width, 700);
  const dialogs = PARTS.find((part) => part.name === "dialog");
  if (!dialogs) throw new Error("There is no dialog in the gallery.");
  await hang(dialogs);
  (page.getByRole("button", { name: "Delete" }).element() as HTMLElement).click();
  const dialog = page.getByRole("alertdialog");
  await expect.element(dialog).toBeVisible();
  await expect(dialog).toMatchScreenshot(`dialog-open-${theme}-${width}`);
});
