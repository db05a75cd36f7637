// The messages of one place, kept in step with the store: day by day, grouped by author, scrolled to the newest.

import { h, icon } from "./dom.js";
import { dayKey, dayName } from "./format.js";
import { avatar, messageElement, startEditing, toolbar } from "./message.js";

const GROUP_MS = 5 * 60_000;
const NEAR_PX = 80;

/** @typedef {import("./store.js").Store} Store @typedef {import("./store.js").Message} Message */

export class Timeline {
  /**
   * @param {Store} store @param {boolean} inThread
   * @param {{onReply: (message: Message) => void, onAmend: (text: string) => void, empty: () => HTMLElement|null}} asked
   */
  constructor(store, inThread, asked) {
    Object.assign(this, { store, inThread, asked });
    this.list = h("div", { class: "timeline", role: "log", "aria-live": "off", "aria-label": inThread ? "Thread messages" : "Messages", tabindex: "0" });
    this.jump = h("button", { type: "button", class: "jump", hidden: true, on: { click: () => this.toEnd() } }, icon("down"), "Latest messages");
    this.nodes = [this.list, this.jump];
    this.dirty = new Set();
    /** What is drawn, by message id or by day, and from what. @type {Map<string, {element: HTMLElement, from: any[]}>} */
    this.drawn = new Map();
    this.isSticky = true;
    this.list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("click", (event) => this.#click(event));
    for (const event of ["pointerover", "focusin"]) this.list.addEventListener(event, (e) => this.#point(e.target));
    this.list.addEventListener("pointerleave", () => this.#point(document.activeElement));
    new ResizeObserver(() => this.isSticky && this.toEnd()).observe(this.list);
  }

  get place() {
    return { channel: this.store.channel, thread: this.inThread ? this.store.thread : null };
  }

  /** Draw everything again. With `toEnd`, show the newest. */
  draw({ toEnd = false } = {}) {
    if (this.inThread && !this.store.thread) return;
    const before = this.list.scrollHeight - this.list.scrollTop;
    const wasSticky = this.isSticky || toEnd;
    const focused = this.list.contains(document.activeElement) ? /** @type {HTMLElement|null} */ (document.activeElement.closest(".message"))?.dataset.id : null;
    this.#replace([...this.#items(), ...this.#thinking()]);
    this.#rove();
    if (focused && !this.list.contains(document.activeElement)) this.#element(focused)?.focus({ preventScroll: true });
    if (wasSticky) this.toEnd();
    else this.list.scrollTop = this.list.scrollHeight - before;
  }

  /** Draw one message again; many changes of one frame are drawn once. @param {string} id */
  drawMessage(id) {
    if (!this.dirty.size) requestAnimationFrame(() => this.#flush());
    this.dirty.add(id);
  }

  /** Draw the line of the thinking bot again. */
  drawThinking() {
    this.list.querySelector(".thinking")?.remove();
    this.list.append(...this.#thinking());
    if (this.isSticky) this.toEnd();
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.isSticky = true;
    this.jump.hidden = true;
  }

  /** Show a message and let it light up. @param {string} id */
  reveal(id) {
    const element = this.#element(id);
    if (!element) return;
    element.scrollIntoView({ block: "center" });
    element.classList.remove("is-target");
    void element.offsetWidth;
    element.classList.add("is-target");
    this.#rove(element);
    element.focus({ preventScroll: true });
  }

  /** Edit the newest message of the one who speaks; false if there is none. */
  editLast() {
    const own = this.store.currentPerson()?.id;
    const message = this.store.messages(this.place.channel, this.place.thread).findLast((m) => m.author.id === own && !m.is_command && !m.isPending && !m.is_deleted && m.more === 0);
    const element = message && this.#element(message.id);
    if (!element) return false;
    startEditing(this.store, message, element);
    return true;
  }

  // --- drawing ---------------------------------------------------------------------------------

  /** Put these elements on the list, touching only what differs, so that focus and scrolling stay. */
  #replace(items) {
    const wanted = new Set(items);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    let next = this.list.firstElementChild;
    for (const item of items) {
      if (item === next) next = next.nextElementSibling;
      else this.list.insertBefore(item, next);
    }
    for (const [key, { element }] of this.drawn) if (!wanted.has(element)) this.drawn.delete(key);
  }

  /** What was drawn from the same things before, or what `make` draws now. */
  #once(key, from, make) {
    const known = this.drawn.get(key);
    if (known && (known.element.dataset.editing || from.every((part, index) => part === known.from[index]))) return known.element;
    const element = make();
    if (known) {
      element.tabIndex = known.element.tabIndex;
      element.classList.toggle("is-target", known.element.classList.contains("is-target"));
    }
    this.drawn.set(key, { element, from });
    return element;
  }

  #items() {
    const { channel, thread } = this.place;
    const messages = this.store.messages(channel, thread);
    const view = this.store.view(channel, thread);
    if (!messages.length) return view.isLoaded ? [this.asked.empty()].filter(Boolean) : [];
    const items = view.hasMore ? [h("button", { type: "button", class: "older", on: { click: () => this.#older() } }, "Load older messages")] : [];
    let previous = null;
    for (const message of messages) {
      if (!previous || dayKey(previous.sent_ms) !== dayKey(message.sent_ms)) {
        items.push(this.#day(message.sent_ms));
      }
      items.push(this.#build(message, previous));
      previous = message;
    }
    return items;
  }

  #day(ms) {
    const name = dayName(ms);
    return this.#once(`day ${dayKey(ms)}`, [name], () => h("div", { class: "day", role: "separator", "aria-label": name }, h("span", {}, name)));
  }

  #build(message, previous) {
    const quoted = message.reply_to && message.reply_to !== previous?.id && message.reply_to !== this.place.thread && message.id !== this.place.thread ? this.store.find(message.reply_to) : null;
    const isGrouped = Boolean(previous) && !message.audience && previous.author.id === message.author.id && previous.author.name === message.author.name && !quoted
      && message.sent_ms - previous.sent_ms < GROUP_MS && dayKey(previous.sent_ms) === dayKey(message.sent_ms) && !previous.is_deleted;
    const isStreaming = message.reply_id !== null && this.store.replies.has(message.reply_id);
    const isLastAnswer = !isStreaming && message.id === this.store.lastAnswer(this.place.channel, this.place.thread);
    const from = [message, isGrouped, quoted, isStreaming, isLastAnswer, message.isPending && this.store.isConnected];
    const look = { isGrouped, isStreaming, isLastAnswer, quoted, inThread: this.inThread, onQuote: (/** @type {string} */ id) => this.reveal(id) };
    return this.#once(message.id, from, () => messageElement(this.store, message, look));
  }

  #thinking() {
    const reply = this.store.replyIn(this.place.channel, this.place.thread);
    if (!reply) return [];
    const hasWords = this.store.messages(reply.channel, reply.thread).some((m) => m.reply_id === reply.reply_id);
    if (hasWords) return [];
    const status = reply.status || "thinking";
    const words = `${this.store.bot.name}${/^\w+ing\b/.test(status) ? " is" : ":"} ${status}`;
    return [h("div", { class: "thinking" }, avatar({ author: { is_bot: true } }), h("div", { class: "line" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { dir: "auto" }, words)))];
  }

  #flush() {
    const { channel, thread } = this.place;
    const messages = this.store.messages(channel, thread);
    for (const id of this.dirty) {
      const index = messages.findIndex((message) => message.id === id);
      const element = this.#element(id);
      if (index < 0 || !element || element.dataset.editing) continue;
      const fresh = this.#build(messages[index], messages[index - 1] ?? null);
      if (fresh === element) continue;
      const bar = element.querySelector(".toolbar");
      const hadFocus = element.contains(document.activeElement);
      element.replaceWith(fresh);
      if (bar) fresh.append(toolbar(this.store, messages[index], fresh, this.#look()));
      if (hadFocus) fresh.focus({ preventScroll: true });
    }
    this.dirty.clear();
    if (this.isSticky) this.toEnd();
  }

  #look() {
    return { inThread: this.inThread, onReply: this.asked.onReply };
  }

  #element(id) {
    return /** @type {HTMLElement|null} */ (this.list.querySelector(`[data-id="${CSS.escape(id)}"]`));
  }

  // --- pointing, keys, scrolling ---------------------------------------------------------------

  /** The message under the pointer, or with the focus, shows its toolbar. */
  #point(target) {
    const element = target instanceof Element ? /** @type {HTMLElement|null} */ (target.closest(".message")) : null;
    const shown = this.list.querySelector(".toolbar");
    if (element && shown?.parentElement === element) return;
    if (shown && !shown.contains(document.activeElement)) shown.remove();
    if (!element || element.dataset.editing || !this.list.contains(element)) return;
    const { channel, thread } = this.place;
    const message = this.store.messages(channel, thread).find((m) => m.id === element.dataset.id);
    if (!message || message.isPending || message.is_deleted) return;
    element.append(toolbar(this.store, message, element, this.#look()));
  }

  /** One message at a time can be reached by Tab; arrows move on. */
  #rove(chosen = null) {
    const all = [...this.list.querySelectorAll(".message")];
    const current = chosen ?? all.find((element) => element.contains(document.activeElement)) ?? all.at(-1);
    for (const element of all) element.tabIndex = element === current ? 0 : -1;
    this.list.tabIndex = all.length ? -1 : 0;
  }

  #key(event) {
    const current = event.target.closest?.(".message");
    if (!current || event.target !== current) {
      if (event.key === "Escape" && current && event.target.closest(".toolbar")) { event.stopPropagation(); current.focus(); }
      return;
    }
    const all = [...this.list.querySelectorAll(".message")];
    const index = all.indexOf(current);
    const next = { ArrowUp: all[index - 1], ArrowDown: all[index + 1], Home: all[0], End: all.at(-1) }[event.key];
    if (event.key === "Enter") current.querySelector(".toolbar button")?.focus();
    else if (next) { this.#rove(next); next.focus(); }
    else return;
    event.preventDefault();
  }

  #click(event) {
    if (event.target.closest?.('[data-act="amend"]')) {
      this.asked.onAmend(this.store.takeBack(event.target.closest(".message").dataset.id));
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.list;
    this.isSticky = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.jump.hidden = this.isSticky;
    if (scrollTop < 60 && scrollHeight > clientHeight) this.#older();
  }

  #older() {
    const { channel, thread } = this.place;
    const view = this.store.view(channel, thread);
    const first = this.store.messages(channel, thread).find((message) => !message.isPending && message.id !== thread);
    if (view.hasMore && first) this.store.load(channel, thread, first.seq);
  }
}
