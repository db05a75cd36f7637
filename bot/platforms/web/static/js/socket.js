// The websocket, which comes back by itself. It knows frames as objects and nothing of what they mean.

const LONGEST_WAIT_MS = 8000;

export class Socket extends EventTarget {
  #socket = null;
  #failures = 0;
  #timer = 0;

  /** Connect, and stay connected. Events: `frame` (detail: the frame), `open`, `down`, `locked`. */
  start() {
    addEventListener("online", () => this.#soon(0));
    document.addEventListener("visibilitychange", () => document.hidden || this.isOpen || this.#soon(0));
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send a frame if the connection is up; false if it is not. @param {Object<string, any>} frame */
  send(frame) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #connect() {
    clearTimeout(this.#timer);
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`);
    this.#socket = socket;
    socket.onmessage = (event) => {
      this.#failures = 0;
      this.dispatchEvent(new CustomEvent("frame", { detail: JSON.parse(event.data) }));
    };
    socket.onclose = () => this.#down(socket);
  }

  async #down(socket) {
    if (socket !== this.#socket) return;
    this.dispatchEvent(new Event("down"));
    this.#failures += 1;
    if (this.#failures > 1 && (await isLocked())) {
      this.dispatchEvent(new Event("locked")); // asking on would only fill the terminal with addresses
      return;
    }
    this.#soon(Math.min(LONGEST_WAIT_MS, 150 * 2 ** Math.min(this.#failures, 7)) * (0.75 + Math.random() / 2));
  }

  #soon(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }
}

/** Whether the server is there and does not know this browser any more. */
async function isLocked() {
  try {
    return (await fetch("/", { cache: "no-store" })).status === 401;
  } catch {
    return false;
  }
}
