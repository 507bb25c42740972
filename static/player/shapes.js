// Shapes as path data around (0, 0), pointing right, one definition for SVG (`d`) and canvas (`Path2D`).

/** A node's outline at radius r. */
export function nodePath(shape, r) {
  return (NODES[shape] ?? NODES.circle)(r);
}

/** A message's mark. `filled` says how it is painted: an outline lets a reply be told from its request without colour. */
export function messageMark(shape) {
  return MESSAGES[shape] ?? MESSAGES.dot;
}

const NODES = {
  circle: (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  hexagon: (r) => polygon(6, r * 1.16, -90),
  octagon: (r) => polygon(8, r * 1.06, -67.5),
  diamond: (r) => polygon(4, r * 1.3, -90),
  square: (r) => polygon(4, r * 1.25, -45),
};

const MESSAGES = {
  arrow: { d: "M-9-6H4l7 6-7 6H-9z", filled: true },
  ring: { d: "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0z", filled: false },
  square: { d: "M-4-7H4A3 3 0 0 1 7-4V4A3 3 0 0 1 4 7H-4A3 3 0 0 1-7 4V-4A3 3 0 0 1-4-7z", filled: true },
  box: { d: "M-6-6H6V6H-6z", filled: false },
  diamond: { d: "M-8 0 0-7 8 0 0 7z", filled: true },
  kite: { d: "M-7 0 0-6 7 0 0 6z", filled: false },
  triangle: { d: "M-6-7 8 0-6 7z", filled: true },
  dot: { d: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z", filled: true },
};

export const CROSS = "M-6-6 6 6M6-6-6 6";

function polygon(sides, r, start_degrees) {
  const corner = (i) => {
    const angle = ((start_degrees + (360 / sides) * i) * Math.PI) / 180;
    return `${(r * Math.cos(angle)).toFixed(2)} ${(r * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${Array.from({ length: sides }, (_, i) => corner(i)).join("L")}z`;
}
