import { expect, it, vi } from "vitest";

vi.mock("../api/account", () => ({ account: {} }));
vi.mock("../api/client", () => ({ Refusal: class extends Error {} }));
vi.mock("../api/me", () => ({}));

const { tidySignature } = await import("./prove");

it("takes the signature out of what was pasted", () => {
  expect(tidySignature("  H8k=\n")).toBe("H8k=");
  expect(tidySignature("AkcwRAIg\r\nZRfIY3p7/DoVTty6\n")).toBe("AkcwRAIgZRfIY3p7/DoVTty6");
  const armoured = [
    "-----BEGIN BITCOIN SIGNED MESSAGE-----",
    "sign in",
    "-----BEGIN BITCOIN SIGNATURE-----",
    "Version: Wallet 1.0",
    "Address: bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "",
    "H8kAbc==",
    "-----END BITCOIN SIGNATURE-----",
  ].join("\n");
  expect(tidySignature(armoured)).toBe("H8kAbc==");
});
