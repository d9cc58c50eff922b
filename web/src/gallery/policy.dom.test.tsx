/** The kit under the pages' Content-Security-Policy, as far as it concerns what is in a page. */
import { expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { Shelf } from "./GalleryPage";
import { mount } from "./mount";
import { PARTS } from "./parts";

const broken: string[] = [];
document.addEventListener("securitypolicyviolation", (event) => {
  broken.push(`${event.violatedDirective} ${event.sourceFile}:${event.lineNumber}`);
});

test("no part of the kit writes a style or a script into an attribute", async () => {
  // Sources come with their styles in the page, so the policy is about attributes only here.
  await mount(PARTS.map((part) => <Shelf key={part.name} part={part} />));
  await expect.poll(() => document.querySelectorAll("canvas").length).toBeGreaterThan(5);
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "style-src-attr 'none'; script-src-attr 'none'";
  document.head.append(policy);

  await mount(PARTS.map((part) => <Shelf key={part.name} part={part} />));
  await expect.poll(() => document.querySelectorAll("canvas").length).toBeGreaterThan(11);
  await userEvent.click(page.getByRole("button", { name: "Open", exact: true }).first());
  await expect.element(page.getByRole("dialog")).toBeVisible();
  await userEvent.keyboard("{Escape}");
  await userEvent.click(page.getByRole("tab", { name: "This week 3" }).first());
  await userEvent.click(page.getByRole("button", { name: "Zoom in" }).nth(2));
  expect(broken).toEqual([]);

  // The policy is in force.
  document.body.insertAdjacentHTML("beforeend", '<p style="color: red">Red</p>');
  await expect.poll(() => broken.length).toBe(1);
});
