import decodeQR from "qr/decode.js";

/** The text of the QR code in a picture; null when there is none that can be read. */
export function readQr(picture: Pick<ImageData, "width" | "height" | "data">): string | null {
  try {
    return decodeQR(picture);
  } catch {
    return null; // most pictures of a camera show none: that is no mistake
  }
}
