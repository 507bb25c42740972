// A canvas drawn in CSS pixels, its colours from the page's tokens. Both, and the paths, are looked up once: a frame asks the page nothing.

export class Brush {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.colours = new Map();
    this.paths = new Map();
  }

  resize(width, height) {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  /** The theme changed. */
  recolour() {
    this.colours.clear();
  }

  clear() {
    const { context, ratio, width, height } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
  }

  line(x1, y1, x2, y2, colour, width) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  path(d) {
    if (!this.paths.has(d)) this.paths.set(d, new Path2D(d));
    return this.paths.get(d);
  }

  /** A token's colour. The font comes with it: both are the page's to say. */
  colour(token) {
    if (!this.colours.has(token)) {
      const style = getComputedStyle(this.canvas);
      this.colours.set(token, style.getPropertyValue(token).trim() || style.color);
      this.font = `11px ${style.fontFamily}`;
    }
    return this.colours.get(token);
  }
}
