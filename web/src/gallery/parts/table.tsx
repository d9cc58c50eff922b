import { Empty } from "../../ui/Empty";
import { Online } from "../../ui/parts";
import { type Column, Table } from "../../ui/Table";
import { LONG_WORD, type Part } from "../specimen";

interface Worker {
  name: string;
  device: string | null;
  on: boolean;
  best: string | null;
  rate: string;
}

const COLUMNS: [Column<Worker>, ...Column<Worker>[]] = [
  { key: "name", label: "Name", cell: ({ on, name }) => <Online on={on}>{name || "–"}</Online> },
  { key: "device", label: "Device", spare: true, cell: ({ device }) => device },
  { key: "best", label: "Best", number: true, cell: ({ best }) => best },
  { key: "rate", label: "Hashrate", number: true, cell: ({ rate }) => rate },
];

const MORE: [Column<Worker>, ...Column<Worker>[]] = [
  ...COLUMNS,
  { key: "shares", label: "Shares", number: true, cell: () => "12,403" },
  { key: "rejected", label: "Rejected", number: true, cell: () => "0.2 %" },
];

const FEW: Worker[] = [
  { name: "garage-qaxe", device: "Bitaxe Supra, v2.12", on: true, best: "4 G", rate: "1.21 TH/s" },
  { name: "desk-ultra", device: "Bitaxe Ultra, v2.9", on: true, best: "612 M", rate: "512 GH/s" },
  { name: "attic", device: "NerdQAxe++, v1.0.36", on: false, best: "88.1 M", rate: "0 TH/s" },
];

const MANY: Worker[] = Array.from({ length: 40 }, (_, i) => ({
  name: `shelf-${i + 1}`,
  device: "Bitaxe Gamma, v2.12",
  on: i % 7 !== 3,
  best: `${400 - i * 7} M`,
  rate: `${(1.2 - i * 0.01).toFixed(2)} TH/s`,
}));

const BROKEN: Worker[] = [
  { name: LONG_WORD, device: null, on: true, best: null, rate: "1,204,882 TH/s" },
  { name: "", device: "cgminer/4.11.1-".repeat(4), on: false, best: "", rate: "–" },
];

const none = <Empty>No worker has connected yet.</Empty>;

function table(rows: Worker[], columns = COLUMNS, first?: number) {
  return (
    <Table
      label="Workers"
      columns={columns}
      rows={rows}
      keyOf={(row) => row.name}
      empty={none}
      {...(first ? { first } : {})}
    />
  );
}

export const tablePart: Part = {
  name: "table",
  title: "Table",
  use: "Rows with figures; a list of the rows where the room is narrow.",
  specimens: [
    { state: "empty", show: () => table([]) },
    { state: "small", show: () => table(FEW) },
    { state: "more columns", show: () => table(FEW, MORE) },
    { state: "large, the first five", show: () => table(MANY, COLUMNS, 5) },
    { state: "broken data", show: () => table(BROKEN) },
  ],
};
