import { describe, expect, it } from "vitest";
import { qrOf } from "../art/qr";
import { readQr } from "./readQr";

/** From BIP-322. */
const SIGNATURE =
  "AkcwRAIgZRfIY3p7/DoVTty6YZbWS71bc5Vct9p9Fia83eRmw2QCICK/ENGfwLtptFluMGs2KsqoNSk89pO7F29zJLU" +
  "x9a/sASECx/EgAxlkQpQ9hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=";

interface Camera {
  /** Pixels a module. */
  zoom: number;
  /** Radians that the phone is held askew. */
  turn: number;
  /** Grey levels of dark and light. */
  ink: [number, number];
  /** Grey levels by which a pixel may be off. */
  noise: number;
}

/** The code of a text as a camera sees it: in a larger picture, askew, grey and grainy. */
function seen(text: string, { zoom, turn, ink: [dark, light], noise }: Camera) {
  const { side, path } = qrOf(text);
  const modules = Array.from({ length: side }, () => new Array<boolean>(side).fill(false));
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    modules[Number(y)]?.fill(true, Number(x), Number(x) + Number(run));
  }
  const size = Math.round(side * zoom * 1.5);
  const data = new Uint8ClampedArray(size * size * 4);
  let chance = 1;
  for (let i = 0; i < size * size; i += 1) {
    const [x, y] = [(i % size) - size / 2, Math.floor(i / size) - size / 2];
    const column = Math.floor((x * Math.cos(turn) - y * Math.sin(turn)) / zoom + side / 2);
    const row = Math.floor((x * Math.sin(turn) + y * Math.cos(turn)) / zoom + side / 2);
    chance = (chance * 48271) % 2147483647;
    const grain = (chance / 2147483647 - 0.5) * 2 * noise;
    data.fill((modules[row]?.[column] ? dark : light) + grain, i * 4, i * 4 + 3);
    data[i * 4 + 3] = 255;
  }
  return { width: size, height: size, data };
}

describe("a QR code where the browser cannot read one itself", () => {
  it.each([
    ["straight and sharp", { zoom: 4, turn: 0, ink: [0, 255], noise: 0 }],
    ["askew, grey and grainy", { zoom: 6, turn: 0.2, ink: [60, 190], noise: 20 }],
    ["upside down", { zoom: 5, turn: Math.PI, ink: [20, 230], noise: 10 }],
  ] satisfies [string, Camera][])("is read to the letter: %s", (_, camera) => {
    expect(readQr(seen(SIGNATURE, camera))).toBe(SIGNATURE);
  });

  it("gives back letters that are not ASCII", () => {
    const text = "Zürich says “hello”";
    expect(readQr(seen(text, { zoom: 4, turn: 0, ink: [0, 255], noise: 0 }))).toBe(text);
  });

  it("is not seen where there is none", () => {
    const data = new Uint8ClampedArray(200 * 200 * 4).fill(255);
    expect(readQr({ width: 200, height: 200, data })).toBeNull();
  });
});
