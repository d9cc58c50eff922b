import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { Icon } from "../art";
import { Dialog, DialogText } from "../ui/Dialog";
import { type QrReader, qrReader } from "./qrReader";
import "./account.css";

const EVERY = 250;

/** Reads the signature from the screen of a wallet that can show it as a QR code. */
export default function Scan({ onFound }: { onFound: (text: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog
      title={<Trans>Scan the signature</Trans>}
      className="dialog-scan"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className="button quiet">
          <Icon name="camera" size={20} /> <Trans>Scan it</Trans>
        </button>
      }
    >
      <DialogText>
        <Trans>
          Show the wallet's QR code to the camera. The picture stays on this device.
        </Trans>
      </DialogText>
      <Camera
        onFound={(text) => {
          setOpen(false);
          onFound(text);
        }}
      />
    </Dialog>
  );
}

function Camera({ onFound }: { onFound: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const found = useRef(onFound);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    found.current = onFound;
  });
  useEffect(() => {
    let stream: MediaStream | null = null;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (read: QrReader) => {
      const text = video.current && (await read(video.current));
      if (over) return;
      if (text) return found.current(text);
      timer = setTimeout(() => void look(read), EVERY);
    };
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const read = await qrReader();
      if (over || !video.current) return stop();
      video.current.srcObject = stream;
      await video.current.play();
      await look(read);
    };
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    begin().catch(() => {
      if (!over) setWrong(t`The camera cannot be used here. Allow it for this page, or paste.`);
    });
    return () => {
      over = true;
      clearTimeout(timer);
      stop();
    };
  }, []);
  return (
    <>
      <video
        ref={video}
        className="camera"
        muted
        playsInline
        aria-label={t`What the camera sees`}
      />
      <p className="field-error" role="alert">
        {wrong}
      </p>
    </>
  );
}
