import { expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { CompareFile } from "../credentials/CompareFile";
import { veteran } from "../gallery/pages/answers";
import { badges, levels } from "../gallery/pages/registry";
import * as given from "../gallery/pages/rewards";
import { mount } from "../gallery/mount";
import { Calendar } from "./Calendar";
import { FilterBar } from "./FilterBar";
import { Ladder } from "./Ladder";
import { RewardRows } from "./RewardRows";
import { XpChart } from "./XpChart";

test("a reward opens and names the share that earned it", async () => {
  const screen = await mount(<RewardRows rewards={given.firstFeed.rewards} />);
  const why = screen.getByText("Your accepted share number 1 earned it.");
  await expect.element(why).not.toBeVisible();
  await userEvent.click(screen.getByText("New badge: First Hash"));
  await expect.element(why).toBeVisible();
  await expect.element(screen.getByText("1.84\u00a0k")).toBeVisible();
  await expect.element(screen.getByText(/^0192f0c1/)).toBeVisible();
});

test("a reward of a share that is no longer kept says so", async () => {
  const screen = await mount(<RewardRows rewards={given.feed.rewards.slice(-1)} />);
  await userEvent.click(screen.getByText("New badge: Billion Club"));
  await expect.element(screen.getByText(/no longer kept/)).toBeVisible();
});

test("filters tell what was chosen and keep the others", async () => {
  const told = vi.fn();
  const filter = { show: "all", rarity: "rare", kind: "" } as const;
  const counts = { all: 11, earned: 9, near: 1 };
  const screen = await mount(
    <FilterBar {...{ filter, counts }} badges={badges().badges} onChange={told} />,
  );
  await userEvent.click(screen.getByRole("button", { name: "Earned 9" }));
  expect(told).toHaveBeenLastCalledWith({ ...filter, show: "earned" });
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Kind" }), "Streak");
  expect(told).toHaveBeenLastCalledWith({ ...filter, kind: "streak" });
  await expect.element(screen.getByRole("combobox", { name: "Rarity" })).toHaveValue("rare");
});

test("the ladder marks where somebody is and says when the next level comes", async () => {
  const screen = await mount(<Ladder levels={levels.levels} total={11_250} perDay={10} />);
  const here = screen.container.querySelector('[aria-current="true"]');
  expect(here?.textContent).toContain("Hash Veteran");
  await expect.element(screen.getByText("3,350 XP to go, about 335 days at your pace")).toBeVisible();
});

test("a source of XP is drawn alone when it is chosen", async () => {
  const screen = await mount(<XpChart summary={given.summary} />);
  await userEvent.click(screen.getByRole("button", { name: /^Streak weeks/ }));
  const slider = screen.getByRole("slider", { name: "Streak weeks" });
  await expect.element(slider).toHaveAttribute("aria-valuetext", "26 Nov: 0 XP");
  await userEvent.click(screen.getByRole("button", { name: "12 weeks" }));
  await expect.element(slider).toHaveAttribute("aria-valuetext", "Week of 23 Nov: 25 XP");
});

test("sliding through the year tells each week", async () => {
  const screen = await mount(<Calendar weeks={veteran.streak.weeks} />);
  const slider = screen.getByRole("slider", { name: "Choose a week" });
  await expect.element(screen.getByText("Week 48 of 2026")).toBeVisible();
  slider.element().focus();
  await userEvent.keyboard("{ArrowLeft}");
  await expect.element(screen.getByText("Week 47 of 2026")).toBeVisible();
  await expect.element(slider).toHaveAttribute("aria-valuetext", "Week of 16 November: 7 days mined");
});

test.each([
  ['{"b":1,"a":"x"}', "The file says exactly what the pool signed."],
  ['{"a":"y","b":1}', /^The file was altered/],
  [
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">' +
      '<openbadges:credential><![CDATA[{"a":"x","b":1}]]></openbadges:credential></svg>',
    "The file says exactly what the pool signed.",
  ],
  ["<svg/>", /^There is no credential in this file/],
])("a file %s is compared with what was signed", async (text, said) => {
  const screen = await mount(<CompareFile signed={{ a: "x", b: 1 }} />);
  await userEvent.upload(screen.getByLabelText(/Choose it/), new File([text], "badge.json"));
  await expect.element(screen.getByText(said)).toBeVisible();
});
