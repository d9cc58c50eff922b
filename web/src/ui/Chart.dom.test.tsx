import { afterEach, beforeEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { mount } from "../gallery/mount";
import { choose } from "../theme";
import { Chart } from "./Chart";
import type { Point } from "./series";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 21, 11); // Midnight in Auckland, where tests live.
const DAY: Point[] = Array.from({ length: 24 }, (_, i) => ({ at: START + i * HOUR, value: i + 1 }));

const chart = (points: Point[]) => (
  <Chart
    label="Hashrate"
    points={points}
    every={HOUR}
    format={(value) => `${value} TH/s`}
    empty={<p>Nothing yet.</p>}
    gap="offline"
  />
);

const slider = () => page.getByRole("slider", { name: "Hashrate" });
const button = (name: string) => page.getByRole("button", { name });
const reads = (text: string) => expect.element(slider()).toHaveAttribute("aria-valuetext", text);

async function drawn(points: Point[] = DAY) {
  const screen = await mount(chart(points));
  await expect.poll(() => document.querySelectorAll(".chart canvas").length).toBe(1);
  return screen;
}

beforeEach(() => page.viewport(800, 600));
afterEach(() => choose(null));

test("a chart without a value shows what stands in its place", async () => {
  const screen = await mount(chart([{ at: START, value: null }]));
  await expect.element(screen.getByText("Nothing yet.")).toBeVisible();
  expect(document.querySelector(".chart")).toBeNull();
});

test("a chart that nobody touches reads its newest value", async () => {
  await drawn();
  await reads("22 Nov 23:00: 24 TH/s");
});

test("arrow keys read one value after the other, Home and End the outermost", async () => {
  await drawn();
  slider().element().focus();
  await userEvent.keyboard("{ArrowLeft}{ArrowLeft}");
  await reads("22 Nov 21:00: 22 TH/s");
  await userEvent.keyboard("{Home}");
  await reads("22 Nov 00:00: 1 TH/s");
  await userEvent.keyboard("{ArrowLeft}");
  await reads("22 Nov 00:00: 1 TH/s");
  await userEvent.keyboard("{End}");
  await reads("22 Nov 23:00: 24 TH/s");
});

test("plus and minus zoom around the value that is read, 0 shows all", async () => {
  await drawn();
  const all = await axis();
  slider().element().focus();
  await userEvent.keyboard("{Home}++");
  await expect.poll(axis).not.toBe(all);
  await reads("22 Nov 00:00: 1 TH/s");
  await userEvent.keyboard("0");
  await expect.poll(axis).toBe(all);
});

test("the buttons zoom, and say when there is nothing more to do", async () => {
  await drawn();
  const all = await axis();
  await expect.element(button("Zoom out")).toHaveAttribute("aria-disabled", "true");
  await button("Zoom in").click();
  await expect.poll(axis).not.toBe(all);
  await expect.element(button("Zoom out")).not.toHaveAttribute("aria-disabled");
  await button("Show all").click();
  await expect.poll(axis).toBe(all);
  await expect.element(button("Show all")).toHaveAttribute("aria-disabled", "true");
});

test("what the mouse is drawn over is shown, and a double click shows all", async () => {
  await drawn();
  const all = await axis();
  const over = page.elementLocator(document.querySelector(".chart .u-over") as HTMLElement);
  await userEvent.dragAndDrop(over, over, {
    sourcePosition: { x: 100, y: 50 },
    targetPosition: { x: 300, y: 50 },
  });
  await expect.poll(axis).not.toBe(all);
  await userEvent.dblClick(over);
  await expect.poll(axis).toBe(all);
});

test("two fingers that part zoom in, and a tap on the button shows all again", async () => {
  await drawn();
  const all = await axis();
  touch("pointerdown", 1, 0.4);
  touch("pointerdown", 2, 0.6);
  touch("pointermove", 1, 0.1);
  touch("pointermove", 2, 0.9);
  touch("pointerup", 1, 0.1);
  touch("pointerup", 2, 0.9);
  await expect.poll(axis).not.toBe(all);
  await button("Show all").click();
  await expect.poll(axis).toBe(all);
});

test("one finger on the whole reads, on a part of it moves the part", async () => {
  await drawn();
  touch("pointerdown", 1, 0.3);
  touch("pointermove", 1, 0);
  await reads("22 Nov 00:00: 1 TH/s");
  touch("pointerup", 1, 0);
  // The mouse that a browser plays after a tap takes nothing back.
  for (const type of ["mousemove", "mouseleave"]) {
    document.querySelector(".chart .u-over")?.dispatchEvent(new MouseEvent(type));
  }
  await reads("22 Nov 00:00: 1 TH/s");
  await button("Zoom in").click();
  const near = await axis();
  touch("pointerdown", 1, 0.5);
  touch("pointermove", 1, 0.2);
  touch("pointerup", 1, 0.2);
  await expect.poll(axis).not.toBe(near);
});

test("missing hours are told as one gap, with its word, in the table", async () => {
  const screen = await drawn([...DAY.slice(0, 10), ...DAY.slice(20)]);
  const table = screen.getByRole("table", { name: "Hashrate" });
  await expect.element(table.getByRole("cell", { name: "offline" })).toBeInTheDocument();
  expect(table.getByRole("row").elements()).toHaveLength(1 + 10 + 1 + 4);
});

test("a year of hours is drawn whole and told in two hundred rows", async () => {
  const year = Array.from({ length: 8_760 }, (_, i) => ({ at: START + i * HOUR, value: 1 }));
  const screen = await drawn(year);
  const table = screen.getByRole("table", { name: "Hashrate, 200 of 8,760 values" });
  expect(table.getByRole("row").elements()).toHaveLength(201);
});

test("a narrower page makes a narrower drawing", async () => {
  await drawn();
  const width = () => document.querySelector<HTMLElement>(".chart .uplot")?.offsetWidth ?? 0;
  expect(width()).toBeGreaterThan(700);
  await page.viewport(390, 600);
  await expect.poll(width).toBeLessThan(391);
  await expect.poll(() => document.documentElement.scrollWidth).toBeLessThan(391);
});

test("another theme draws in its own colours, with ember at the last point alone", async () => {
  await drawn();
  choose("day");
  await expect.poll(embers).toEqual({ day: true, evening: false });
  choose("evening");
  await expect.poll(embers).toEqual({ day: false, evening: true });
});

test("new points appear, and what is zoomed stays as it is", async () => {
  const screen = await drawn();
  await button("Zoom in").click();
  const near = await axis();
  await screen.rerender(chart([...DAY, { at: START + 24 * HOUR, value: 3 }]));
  await reads("23 Nov 00:00: 3 TH/s");
  expect(await axis()).toBe(near);
});

/** The strip of the drawing with the times under the line. */
async function axis(): Promise<string> {
  await new Promise(requestAnimationFrame);
  const canvas = document.querySelector<HTMLCanvasElement>(".chart canvas");
  const context = canvas?.getContext("2d");
  if (!canvas || !context) return "";
  const strip = context.getImageData(0, canvas.height - 44, canvas.width, 44).data;
  return strip.reduce((sum, byte, i) => (sum * 31 + byte * (i % 97)) % 1_000_000_007, 7).toString();
}

/** A finger at a part of the width. */
function touch(type: string, pointerId: number, part: number) {
  const over = document.querySelector(".chart .u-over");
  if (!over) throw new Error("There is no chart to touch.");
  const { left, width, top, height } = over.getBoundingClientRect();
  const place = { clientX: left + part * width, clientY: top + height / 2 };
  over.dispatchEvent(
    new PointerEvent(type, { pointerId, pointerType: "touch", bubbles: true, ...place }),
  );
}

/** Which theme's ember there is in the drawing; none may be left of the newest point. */
function embers(): { day: boolean; evening: boolean } {
  const canvas = document.querySelector<HTMLCanvasElement>(".chart canvas");
  const context = canvas?.getContext("2d");
  const found = { day: false, evening: false };
  if (!canvas || !context) return found;
  const { data, width } = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < data.length; i += 4) {
    const colour = `${data[i]} ${data[i + 1]} ${data[i + 2]}`;
    const name = ({ "217 87 26": "day", "232 104 42": "evening" } as const)[colour];
    if (!name) continue;
    if ((i / 4) % width < width - 40) throw new Error("Ember in the middle of the line.");
    found[name] = true;
  }
  return found;
}
