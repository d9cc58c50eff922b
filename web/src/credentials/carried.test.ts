import { expect, test } from "vitest";
import { carried, same } from "./carried";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A PNG as far as this matters: a signature and chunks. */
function png(...chunks: [type: string, body: string][]): Uint8Array {
  const parts = chunks.map(([type, body]) => {
    const data = bytes(body);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, data.length);
    return [...length, ...bytes(type), ...data, 0, 0, 0, 0];
  });
  return new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...parts.flat()]);
}

test("a JSON file is the credential itself", () => {
  expect(carried(bytes(' {"name": "Billion Club"}'))).toEqual({ name: "Billion Club" });
});

test("a PNG carries it in the chunk of Open Badges", () => {
  const baked = `openbadgecredential\0\0\0\0\0{"name": "Käthe"}`;
  expect(carried(png(["IHDR", "x"], ["iTXt", "Comment\0\0\0\0\0no"], ["iTXt", baked]))).toEqual({
    name: "Käthe",
  });
});

test.each([
  ["a PNG without one", png(["IHDR", "x"])],
  ["a PNG that is cut off", png(["iTXt", "openbadgecredential\0\0\0\0\0{}"]).subarray(0, 30)],
  ["text", bytes("hello")],
  ["nothing", bytes("")],
  ["a number", bytes("5")],
])("%s carries none", (_, file) => {
  expect(carried(file)).toBeNull();
});

test("documents are the same in whatever order, and altered by a single value", () => {
  const signed = { name: "A", list: [1, { b: null }], at: "2026" };
  expect(same({ at: "2026", list: [1, { b: null }], name: "A" }, signed)).toBe(true);
  expect(same({ ...signed, name: "B" }, signed)).toBe(false);
  expect(same({ ...signed, more: 1 }, signed)).toBe(false);
  expect(same({ ...signed, list: [1] }, signed)).toBe(false);
});
