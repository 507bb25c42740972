// The websocket of one run: says hello, reconnects, and sends unanswered commands again under the same id.
//
// Status: "connecting" -> "live" -> "offline" (trying again by itself), "asleep" (when it is asked for something) or "gone" (will not).

const BACKOFF_MS_MIN = 400;
const BACKOFF_MS_MAX = 15_000;
const ASLEEP = 4410; // nobody asked for anything for half an hour: connect when somebody does
const FOR_GOOD = { 4401: "This run belongs to someone else.", 4404: "This run no longer exists." };

export class Link extends EventTarget {
  /** `greeting()` gives the hello frame of the moment: its cursor moves on with what has come. */
  constructor(url, greeting) {
    super();
    this.url = url;
    this.greeting = greeting;
    this.status = "connecting";
    this.failures = 0;
    this.unanswered = new Map(); // id -> command frame
    this.onOnline = () => this.retryNow();
    this.onOffline = () => this.drop();
    addEventListener("online", this.onOnline);
    addEventListener("offline", this.onOffline);
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.setStatus("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify(this.greeting()));
    socket.onmessage = (message) => socket === this.socket && this.receive(JSON.parse(message.data));
    socket.onclose = (event) => socket === this.socket && this.closed(event.code, event.reason);
  }

  receive(frame) {
    if (frame.kind === "welcome") this.welcomed();
    if (frame.kind === "accepted" || frame.kind === "refused") this.unanswered.delete(frame.id);
    if (frame.kind === "gone") this.end(frame.text);
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  welcomed() {
    this.failures = 0;
    this.setStatus("live");
    for (const command of this.unanswered.values()) this.write(command);
  }

  /** Sends a frame if the server listens; says whether it did. */
  send(frame) {
    if (this.status !== "live") return false;
    this.write(frame);
    return true;
  }

  /** A command is kept until it is answered, over reconnects. */
  command(frame) {
    this.unanswered.set(frame.id, frame);
    return this.send(frame);
  }

  forget(id) {
    this.unanswered.delete(id);
  }

  /** A hole or a `behind`: ask again from the cursor. */
  helloAgain() {
    this.send(this.greeting());
  }

  write(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  closed(code, reason) {
    if (this.status === "gone") return;
    if (FOR_GOOD[code]) {
      this.end(reason || FOR_GOOD[code]);
      return;
    }
    if (code === ASLEEP) {
      this.setStatus("asleep");
      return;
    }
    this.setStatus("offline");
    // A server that restarts asks for a swift return; anything else is given more and more time, never all players at once.
    const longest = code === 1012 ? BACKOFF_MS_MIN : Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.failures);
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), longest * (0.5 + Math.random()));
  }

  retryNow() {
    if (this.status === "offline") this.connect();
  }

  /** The browser says that the network is gone: do not wait for the socket to find out. */
  drop() {
    if (this.status === "gone") return;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    clearTimeout(this.timer);
    this.setStatus("offline");
    this.timer = setTimeout(() => this.connect(), BACKOFF_MS_MAX);
  }

  end(text) {
    clearTimeout(this.timer);
    this.setStatus("gone", text);
  }

  setStatus(status, text = "") {
    if (this.status === status) return;
    this.status = status;
    this.dispatchEvent(new CustomEvent("status", { detail: { status, text } }));
  }

  close() {
    removeEventListener("online", this.onOnline);
    removeEventListener("offline", this.onOffline);
    clearTimeout(this.timer);
    this.status = "gone";
    this.socket?.close();
  }
}
