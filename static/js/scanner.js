// Reads QR codes from the camera or a photo: the browser's own detector where there is one, else zxing as WebAssembly.
import { prepareZXingModule, readBarcodes } from "../vendor/zxing-wasm-3.1.4/es/reader/index.js";

const LONGEST_SIDE = 1600; // px: beyond this a picture costs time and reads no better
const PAUSE = 60; // ms between two frames, so that the page stays awake

/** The picture on a canvas, scaled down when it is very large. */
function canvasOf(source, width, height, canvas = document.createElement("canvas")) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function ownDetector() {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats();
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

/** A function from canvas to the text of the first QR in it, or null. `wasmUrl`: where our server keeps the reader. */
export async function makeReader(wasmUrl) {
  const detector = await ownDetector().catch(() => null);
  if (detector) return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
  await prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
  return async (canvas) => {
    const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(image, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
    return found[0]?.text ?? null;
  };
}

/** The text of the QR in a photo file, or null. */
export async function readPhoto(read, file) {
  const picture = await createImageBitmap(file);
  try {
    return await read(canvasOf(picture, picture.width, picture.height));
  } finally {
    picture.close();
  }
}

/** Opens the camera, shows it in `video` and hands the first text read to `onText`, what breaks the reading to `onError`.
 *  Returns the function that stops it; throws when there is no camera or no leave to use it. */
export async function openCamera(video, read, { onText, onError }) {
  const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  let open = true;
  const stop = () => {
    open = false;
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const look = async () => {
    if (!open) return;
    try {
      const text = video.videoWidth ? await read(canvasOf(video, video.videoWidth, video.videoHeight, canvas)) : null;
      if (!open) return;
      if (!text) return void setTimeout(look, PAUSE);
      stop();
      onText(text);
    } catch (error) {
      stop();
      onError(error);
    }
  };
  look();
  return stop;
}
