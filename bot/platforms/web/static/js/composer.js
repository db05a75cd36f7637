// Where messages are written: the text box, whom to speak as, the menu, replying, sending and stopping.

import { ask, autogrow, h, icon, iconButton, refuseBeyond } from "./dom.js";
import { Menu, offersFor } from "./menu.js";
import { placeKey } from "./store.js";

const ADD = "\u0000add";

/** @typedef {import("./store.js").Store} Store @typedef {import("./store.js").Message} Message */

export class Composer {
  /** @param {Store} store @param {boolean} inThread @param {() => boolean} editLast */
  constructor(store, inThread, editLast) {
    Object.assign(this, { store, inThread, editLast, replyTo: null, drafts: new Map(), key: "" });
    const name = inThread ? "thread-composer" : "composer";
    this.menu = new Menu(`${name}-menu`, (offer, start) => this.#insert(offer.insert, start));
    this.area = /** @type {HTMLTextAreaElement} */ (h("textarea", {
      id: `${name}-text`, rows: 1, dir: "auto", "aria-autocomplete": "list", "aria-controls": `${name}-menu`, enterkeyhint: "send", autocomplete: "off",
    }));
    this.complaint = h("div", { class: "complaint", role: "alert", hidden: true });
    this.banner = h("div", { class: "banner", hidden: true });
    this.speaker = /** @type {HTMLSelectElement} */ (h("select", { "aria-label": "Speak as", on: { change: () => this.#speak() } }));
    this.sendButton = iconButton("send", "Send", () => this.send(), "round");
    this.stopButton = h("button", { type: "button", class: "stop", hidden: true, on: { click: () => this.stop() } }, icon("stop"), "Stop");
    this.hint = h("div", { class: "hint", "aria-hidden": "true" });
    this.element = h("div", { class: "composer" }, this.menu.element,
      h("div", { class: "box" }, this.banner, this.area, this.complaint,
        h("div", { class: "controls" }, h("label", { class: "speak" }, "as", this.speaker), h("span", { class: "push" }), this.stopButton, this.sendButton)),
      !inThread && this.hint);
    refuseBeyond(this.area, () => this.store.maxChars, (sentence) => this.#complain(sentence));
    this.area.addEventListener("input", () => this.#changed());
    this.area.addEventListener("click", () => this.#offer());
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.area.addEventListener("blur", () => this.menu.hide());
    this.element.querySelector(".box").addEventListener("click", (event) => event.target === event.currentTarget && this.area.focus());
  }

  get place() {
    return { channel: this.store.channel, thread: this.inThread ? this.store.thread : null };
  }

  /** The place has changed: keep the draft of the old one, bring the new one's. */
  moved() {
    const key = placeKey(this.place.channel, this.place.thread);
    if (key !== this.key) {
      this.drafts.set(this.key, this.area.value);
      this.key = key;
      this.area.value = this.drafts.get(key) ?? "";
      this.reply(null);
    }
    this.draw();
    this.#changed();
    this.menu.hide();
  }

  /** Draw what depends on the store. */
  draw() {
    const { bot } = this.store;
    const channel = this.store.currentChannel();
    const isDirect = channel?.kind === "direct";
    this.drawLabel();
    const call = isDirect || this.inThread ? "" : ` · @${bot.name} to call the bot`;
    this.hint.replaceChildren(h("kbd", {}, "Enter"), " sends · ", h("kbd", {}, "Shift+Enter"), " new line · ", h("kbd", {}, "/"), ` commands${call}`);
    this.#drawPeople();
    this.drawReply();
  }

  /** Draw what the text box is for; it changes when the bot comes into a thread. */
  drawLabel() {
    const { bot } = this.store;
    const { channel, thread } = this.place;
    const { kind, name } = this.store.currentChannel() ?? { kind: "channel", name: "" };
    const isCalled = kind === "direct" || (thread !== null && this.store.isBotIn(channel, thread));
    const inThread = isCalled ? "Reply in thread" : `Reply in thread; call @${bot.name} for an answer`;
    const label = this.inThread ? inThread : kind === "direct" ? `Message ${bot.name}` : `Message #${name}`;
    this.area.placeholder = label;
    this.area.setAttribute("aria-label", label);
  }

  /** Draw the Stop button. */
  drawReply() {
    this.stopButton.hidden = !this.store.replyIn(this.place.channel, this.place.thread);
  }

  /** Put words into the box, for the person to finish. @param {string} words */
  fill(words) {
    this.area.value = words;
    this.#changed();
    this.menu.hide();
    this.area.focus();
    this.area.setSelectionRange(words.length, words.length);
  }

  /** Reply to a message, or to none. @param {Message|null} message */
  reply(message) {
    this.replyTo = message?.id ?? null;
    this.banner.hidden = !message;
    if (!message) return;
    this.banner.replaceChildren(h("span", { dir: "auto" }, "Replying to ", h("bdi", {}, message.author.name), `: ${message.text.slice(0, 90)}`),
      iconButton("close", "Do not reply to it", () => { this.reply(null); this.area.focus(); }, "icon-button small"));
    this.area.focus();
  }

  send() {
    const words = this.area.value;
    if (!words.trim() || !this.store.currentPerson()) return;
    const refusal = this.store.refusal(words);
    if (refusal) { this.#complain(refusal); return; }
    this.store.send(this.place, words, this.replyTo);
    this.area.value = "";
    this.reply(null);
    this.#changed();
    this.area.focus();
  }

  stop() {
    this.store.stop(this.place.channel, this.place.thread);
    this.area.focus();
  }

  // --- inside ----------------------------------------------------------------------------------

  #drawPeople() {
    const { people } = this.store;
    const chosen = this.store.currentPerson()?.id;
    this.speaker.replaceChildren(...people.map(({ id, name }) => h("option", { value: id, selected: id === chosen }, name)), h("option", { value: ADD }, "Add a person…"));
  }

  async #speak() {
    if (this.speaker.value !== ADD) { this.store.speakAs(this.speaker.value); return; }
    this.#drawPeople();
    const name = await ask({ title: "Add a person", text: "Speak as somebody else, to try a conversation of several.", label: "Name", ok: "Add" });
    if (name) this.store.addPerson(name);
    this.speaker.focus();
  }

  /** Say why the text was not taken, until it is changed. @param {string} sentence */
  #complain(sentence) {
    this.complaint.textContent = sentence;
    this.complaint.hidden = !sentence;
  }

  #changed() {
    this.#complain("");
    autogrow(this.area);
    this.sendButton.disabled = !this.area.value.trim();
    this.#offer();
  }

  #offer() {
    const { value, selectionStart, selectionEnd } = this.area;
    const isFocused = document.activeElement === this.area;
    this.menu.show(isFocused && selectionStart === selectionEnd ? offersFor(value.slice(0, selectionStart), this.store.commands, this.store.bot.name) : null);
    this.#point();
  }

  #point() {
    if (this.menu.activeId) this.area.setAttribute("aria-activedescendant", this.menu.activeId);
    else this.area.removeAttribute("aria-activedescendant");
  }

  #insert(words, start) {
    const { value, selectionStart } = this.area;
    this.area.value = value.slice(0, start) + words + value.slice(selectionStart);
    this.area.focus();
    this.area.setSelectionRange(start + words.length, start + words.length);
    this.#changed();
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.menu.isOpen && this.#menuKey(event)) return;
    const isBare = !event.shiftKey && !event.altKey && !event.metaKey;
    if (event.key === "Enter" && isBare) { event.preventDefault(); this.send(); }
    else if (event.key === "ArrowUp" && isBare && !this.area.value && this.editLast()) event.preventDefault();
    else if (event.key === "Escape" && this.replyTo) { event.stopPropagation(); this.reply(null); }
  }

  /** Keys that the open menu takes; true if it took this one. */
  #menuKey(event) {
    const offer = this.menu.found.offers[this.menu.index];
    const isWhole = this.area.value.slice(this.menu.found.start, this.area.selectionStart) === offer.insert.trimEnd();
    const isOption = offer.insert.endsWith(":");
    const acts = {
      ArrowDown: () => this.menu.move(1),
      ArrowUp: () => this.menu.move(-1),
      Tab: () => this.menu.choose(),
      Enter: () => this.menu.choose(),
      Escape: () => this.menu.hide(),
    };
    if (!acts[event.key] || event.shiftKey || (event.key === "Enter" && (isWhole || isOption))) return false;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
    this.#point();
    return true;
  }
}
