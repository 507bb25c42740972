// Which look a thing has among many of its kind: six colours that colour-blind eyes can tell apart, each plain and hatched.
import { setTone } from "./dom.js";

const HUES = 6;
export const LOOKS = 2 * HUES;

/** {hue: 1..6, hatched} of the thing at this place. */
export function lookAt(place) {
  return { hue: (place % HUES) + 1, hatched: place % LOOKS >= HUES };
}

/** A node keeps its look while others come and go: it goes by its place among all servers of the run. */
export function placesOf(state) {
  const servers = Object.values(state.nodes).filter((node) => node.kind !== "client");
  return new Map(servers.map(({ id }, i) => [id, i]));
}

export function setLook(element, place) {
  const { hue, hatched } = lookAt(place);
  setTone(element, "series", hue);
  element.classList.toggle("hatched", hatched);
}
