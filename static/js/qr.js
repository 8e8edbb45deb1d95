// Draws a text as a QR: black on white, error level M, the quiet zone of four modules the standard asks for.
import { encode } from "../vendor/uqr-0.1.3/index.mjs";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4;
// Any mask reads equally well; choosing "the best" costs eight drawings and gives nothing.
const MASK = 2;

const element = (name, attributes) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};

/** One horizontal run of black modules after the other, as an SVG path. */
function runs(rows) {
  let path = "";
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x]) continue;
      const start = x;
      while (row[x]) x += 1;
      path += `M${start} ${y}h${x - start}v1h${start - x}z`;
    }
  });
  return path;
}

/** Replaces what is in `box` by the QR of `text`. */
export function drawQr(box, text) {
  const { data, size } = encode(text, { ecc: "M", boostEcc: false, maskPattern: MASK, border: 0 });
  const side = size + 2 * QUIET;
  const svg = element("svg", { viewBox: `${-QUIET} ${-QUIET} ${side} ${side}`, "shape-rendering": "crispEdges" });
  svg.append(
    element("rect", { x: -QUIET, y: -QUIET, width: side, height: side, fill: "#fff" }),
    element("path", { d: runs(data), fill: "#000" }),
  );
  box.replaceChildren(svg);
}
