import { afterEach, describe, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { mount } from "../gallery/mount";
import { Countdown } from "./Countdown";
import { Dialog, DialogClose, DialogText } from "./Dialog";
import { ShareButton } from "./ShareButton";
import { Stepper } from "./Stepper";
import { Tabs } from "./Tabs";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("tabs", () => {
  const tabs = ["Round", "Week", "Ever"].map((label) => ({
    value: label,
    label,
    content: <p>{`Best of: ${label}`}</p>,
  }));

  test("the first is in sight, and arrow keys go through the others and around", async () => {
    const screen = await mount(<Tabs label="Bests" tabs={tabs} />);
    await expect.element(screen.getByText("Best of: Round")).toBeVisible();
    await userEvent.click(screen.getByRole("tab", { name: "Week" }));
    await expect.element(screen.getByText("Best of: Week")).toBeVisible();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    await expect.element(screen.getByRole("tab", { name: "Round" })).toHaveFocus();
    await expect.element(screen.getByText("Best of: Round")).toBeVisible();
  });

  test("whoever holds the value is told of a change and decides", async () => {
    const told = vi.fn();
    const screen = await mount(<Tabs label="Bests" tabs={tabs} value="Week" onChange={told} />);
    await userEvent.click(screen.getByRole("tab", { name: "Ever" }));
    expect(told).toHaveBeenCalledWith("Ever");
    await expect.element(screen.getByText("Best of: Week")).toBeVisible();
    await screen.rerender(<Tabs label="Bests" tabs={tabs} value="Ever" onChange={told} />);
    await expect.element(screen.getByText("Best of: Ever")).toBeVisible();
  });
});

describe("a dialog", () => {
  const trigger = <button type="button">Open</button>;

  test("opened by its button is named and described, and Escape gives the focus back", async () => {
    const screen = await mount(
      <Dialog title="The year" trigger={trigger}>
        <DialogText>Fifty-two weeks.</DialogText>
      </Dialog>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    const dialog = page.getByRole("dialog", { name: "The year" });
    await expect.element(dialog).toHaveAccessibleDescription("Fifty-two weeks.");
    await userEvent.keyboard("{Escape}");
    await expect.element(dialog).not.toBeInTheDocument();
    await expect.element(screen.getByRole("button", { name: "Open" })).toHaveFocus();
  });

  test("a click beside it closes it, unless it is a lasting one", async () => {
    await page.viewport(900, 700);
    const screen = await mount(
      <>
        <Dialog title="Fleeting" trigger={<button type="button">One</button>}>
          <p>A</p>
        </Dialog>
        <Dialog title="Lasting" trigger={<button type="button">Two</button>} lasting>
          <DialogClose>I have it</DialogClose>
        </Dialog>
      </>,
    );
    const beside = () => userEvent.click(document.body, { position: { x: 4, y: 4 }, force: true });
    const dialog = page.getByRole("dialog");
    await userEvent.click(screen.getByRole("button", { name: "One" }));
    await expect.element(dialog).toBeVisible();
    await beside();
    await expect.element(dialog).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Two" }));
    await expect.element(dialog).toBeVisible();
    await beside();
    await expect.element(dialog).toBeVisible();
    await userEvent.click(page.getByRole("button", { name: "I have it" }));
    await expect.element(dialog).not.toBeInTheDocument();
  });
});

describe("a stepper", () => {
  const steps = ["Point", "Wait", "Claim"].map((name) => ({ key: name, name }));

  test("says which steps are done and which one is now", async () => {
    const screen = await mount(<Stepper label="To begin" steps={steps} done={1} />);
    const items = screen.getByRole("listitem").elements();
    expect(items.map((item) => item.textContent)).toEqual(["Point, done", "2Wait", "3Claim"]);
    expect(items.map((item) => item.getAttribute("aria-current"))).toEqual([null, "step", null]);
  });

  test("has no current step when all are done", async () => {
    const screen = await mount(<Stepper label="To begin" steps={steps} done={3} />);
    const items = screen.getByRole("listitem").elements();
    expect(items.filter((item) => item.hasAttribute("aria-current"))).toEqual([]);
  });
});

describe("a countdown", () => {
  const NOON = Date.UTC(2026, 10, 23, 12);
  const inTime = (ms: number) => new Date(NOON + ms).toISOString();
  const text = (selector: string) => document.querySelector(selector)?.textContent;

  test("ticks in its last hour, and at its end says once that it is over", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: NOON });
    await mount(<Countdown label="Week 48" to={inTime(62_000)} />);
    expect(text(".countdown > [aria-hidden]")).toBe("1\u00a0min 02\u00a0s");
    expect(text(".countdown [role=status]")).toBe("");
    vi.advanceTimersByTime(3_000);
    await expect.poll(() => text(".countdown > [aria-hidden]")).toBe("59\u00a0s");
    expect(text(".countdown [role=status]")).toBe("");
    vi.advanceTimersByTime(60_000);
    await expect.poll(() => text(".countdown > [aria-hidden]")).toBe("over");
    expect(text(".countdown [role=status]")).toBe("Week 48: over");
  });

  test("to no moment says that the time is not known", async () => {
    const screen = await mount(<Countdown label="Week 48" to="" />);
    await expect.element(screen.getByText("time not known yet")).toBeVisible();
  });
});

describe("a share button", () => {
  const LINK = "https://pool.example/badges/first-hash";
  const button = <ShareButton title="First Hash" url={LINK} />;
  const press = () => userEvent.click(page.getByRole("button", { name: "Share First Hash" }));

  function device(share: ((data: ShareData) => Promise<void>) | undefined, copy = vi.fn()) {
    const given = { share, canShare: undefined, clipboard: { writeText: copy } };
    vi.spyOn(window, "navigator", "get").mockReturnValue(
      Object.create(navigator, {
        ...Object.fromEntries(
          Object.entries(given).flatMap(([name, value]) =>
            name === "share" && !value ? [] : [[name, { value }]],
          ),
        ),
      }) as Navigator,
    );
    return copy;
  }

  test("hands the link to a device that shares", async () => {
    const share = vi.fn(() => Promise.resolve());
    const copy = device(share);
    await mount(button);
    await press();
    expect(share).toHaveBeenCalledExactlyOnceWith({ title: "First Hash", url: LINK });
    expect(copy).not.toHaveBeenCalled();
  });

  test("says nothing to a reader who changed their mind", async () => {
    const copy = device(() => Promise.reject(new DOMException("", "AbortError")));
    await mount(button);
    await press();
    expect(copy).not.toHaveBeenCalled();
    expect(page.getByRole("status").element().textContent).toBe("");
  });

  test("copies where nothing shares, and says so", async () => {
    const copy = device(undefined);
    await mount(button);
    await press();
    expect(copy).toHaveBeenCalledExactlyOnceWith(LINK);
    await expect.element(page.getByRole("status")).toHaveTextContent("Link copied");
  });

  test("shows the link, selected, where it can do neither", async () => {
    device(undefined, vi.fn(() => Promise.reject(new DOMException("", "NotAllowedError"))));
    await mount(button);
    await press();
    const field = page.getByRole("textbox", { name: /copy it yourself/ });
    await expect.element(field).toHaveValue(LINK);
    const { selectionStart, selectionEnd } = field.element() as HTMLInputElement;
    expect([selectionStart, selectionEnd]).toEqual([0, LINK.length]);
  });
});
