import { beforeEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { mount } from "../gallery/mount";
import { type Column, Table } from "./Table";

interface Row {
  name: string;
  best: number | null;
}

const COLUMNS: [Column<Row>, ...Column<Row>[]] = [
  { key: "name", label: "Name", cell: ({ name }) => name },
  { key: "device", label: "Device", spare: true, cell: () => "Bitaxe" },
  { key: "best", label: "Best", number: true, cell: ({ best }) => best },
];

const rows = (n: number): Row[] =>
  Array.from({ length: n }, (_, i) => ({ name: `w${i}`, best: i + 1 }));

function table(of: Row[], first?: number) {
  return (
    <Table
      label="Workers"
      columns={COLUMNS}
      rows={of}
      keyOf={({ name }) => name}
      empty={<p>No worker yet.</p>}
      {...(first ? { first } : {})}
    />
  );
}

const shown = (selector: string) => {
  const found = document.querySelector(selector);
  if (found === null || found.getBoundingClientRect().height <= 1) return false;
  return getComputedStyle(found).display;
};

beforeEach(() => page.viewport(1280, 800));

test("a table without rows shows what stands in its place", async () => {
  const screen = await mount(table([]));
  await expect.element(screen.getByText("No worker yet.")).toBeVisible();
  expect(screen.getByRole("table").elements()).toHaveLength(0);
});

test("a value that is not there is a dash", async () => {
  const screen = await mount(table([{ name: "", best: null }]));
  await expect.element(screen.getByRole("rowheader", { name: "–" })).toBeVisible();
  expect(screen.getByRole("cell").elements().at(-1)?.textContent).toContain("–");
});

test("with room it is a table, on a phone a list without what can be spared", async () => {
  const screen = await mount(table(rows(2)));
  expect(shown(".table tbody tr")).toBe("table-row");
  expect(shown(".table-label")).toBe(false);
  await page.viewport(360, 800);
  expect(shown(".table tbody tr")).toBe("flex");
  expect(shown(".table td:last-child .table-label")).toBe("block");
  expect(shown(".table .table-spare")).toBe(false);
  // Still a table for those who hear it.
  await expect.element(screen.getByRole("columnheader", { name: "Best" })).toBeInTheDocument();
  expect(screen.getByRole("row").elements()).toHaveLength(3);
});

test("a long table shows its first rows, and all of them when asked", async () => {
  const screen = await mount(table(rows(40), 5));
  expect(screen.getByRole("row").elements()).toHaveLength(6);
  await userEvent.click(screen.getByRole("button", { name: "Show 35 more" }));
  expect(screen.getByRole("row").elements()).toHaveLength(41);
  expect(screen.getByRole("button").elements()).toHaveLength(0);
});
