/** axe has nothing to say against any part of the kit, in either theme, wide or narrow. */
import axe from "axe-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { choose } from "../theme";
import { Shelf } from "./GalleryPage";
import { mount } from "./mount";
import { PARTS } from "./parts";

beforeAll(() => {
  document.documentElement.lang = "en";
  document.title = "The kit";
});
afterAll(() => choose(null));

async function violations(where: Element) {
  const { violations: found } = await axe.run(where, {
    resultTypes: ["violations"],
    // These are about the frame around the parts, which is a page's.
    rules: { region: { enabled: false }, "page-has-heading-one": { enabled: false } },
  });
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}

describe.each(PARTS.map((part) => [part.name, part] as const))("%s", (_, part) => {
  test("has no violation in any state", async () => {
    choose("day");
    await page.viewport(1280, 1000);
    const { container } = await mount(<Shelf part={part} />);
    expect(await violations(container)).toEqual([]);
    choose("evening");
    await page.viewport(390, 1000);
    expect(await violations(container)).toEqual([]);
  });
});

test("an open dialog has no violation", async () => {
  const dialogs = PARTS.filter(({ name }) => name === "dialog");
  await mount(dialogs.map((part) => <Shelf key={part.name} part={part} />));
  await userEvent.click(page.getByRole("button", { name: "Delete" }));
  await expect.element(page.getByRole("alertdialog")).toBeVisible();
  expect(await violations(document.body)).toEqual([]);
});

test("a planted violation is found", async () => {
  const { container } = await mount(<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" />);
  expect(await violations(container)).toEqual(["image-alt: img"]);
});
