import { plural } from "@lingui/core/macro";
import { type ReactNode, useState } from "react";
import "./table.css";

export interface Column<Row> {
  key: string;
  label: string;
  cell: (row: Row) => ReactNode;
  /** Stands at the right edge, in digits of one width. */
  number?: boolean;
  /** The first to go where the room is narrow. */
  spare?: boolean;
}

interface Props<Row> {
  label: string;
  /** The first one names the row. */
  columns: readonly [Column<Row>, ...Column<Row>[]];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** In place of the table when there is no row: an `Empty`. */
  empty: ReactNode;
  /** So many rows at first; a button shows the others. */
  first?: number;
}

/** More columns need more room before they become a list. */
const MANY = 5;

/**
 * A table; a list of its rows where the room is narrow (a phone, a narrow panel, large text).
 * Laid as a list, Safari knows a table by its roles only, so they are written out.
 */
export function Table<Row>(props: Props<Row>) {
  const { label, columns, rows, keyOf, empty, first = Infinity } = props;
  const [all, setAll] = useState(false);
  if (rows.length === 0) return empty;
  const shown = all ? rows : rows.slice(0, first);
  const more = rows.length - shown.length;
  return (
    <div className={columns.length > MANY ? "table-room many" : "table-room"}>
      <table className="table" role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.key} scope="col" role="columnheader" className={look(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {shown.map((row) => (
            <tr role="row" key={keyOf(row)}>
              {columns.map((column, i) => (
                <Cell key={column.key} column={column} row={row} names={i === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <button type="button" className="button quiet table-more" onClick={() => setAll(true)}>
          {plural(more, { one: "Show # more", other: "Show # more" })}
        </button>
      )}
    </div>
  );
}

function look<Row>({ number = false, spare = false }: Column<Row>): string {
  const className = number ? "table-number tn" : "";
  return spare ? `${className} table-spare` : className;
}

interface CellProps<Row> {
  column: Column<Row>;
  row: Row;
  names: boolean;
}

function Cell<Row>({ column, row, names }: CellProps<Row>) {
  const content = column.cell(row) || "–";
  if (names) {
    return (
      <th scope="row" role="rowheader" className={look(column)}>
        {content}
      </th>
    );
  }
  // In the list no head stands above a figure: each has its own, for eyes.
  return (
    <td role="cell" className={look(column)}>
      <span className="table-label" aria-hidden="true">
        {column.label}
      </span>
      {content}
    </td>
  );
}
