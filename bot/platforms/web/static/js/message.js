// One message as an element: author, time, text, what can be done with it, and editing in place.

import { ask, autogrow, copyText, h, icon, iconButton, refuseBeyond, toast } from "./dom.js";
import { exactTime, initials, replies, timeOfDay, tone } from "./format.js";
import { renderMarkdown } from "./markdown.js";

const PLAIN_ABOVE = 30_000; // characters; longer texts are shown as they are, so that a page never stalls
const PENDING_CHARS = 20_000; // of a message on its way; it comes back shortened to as many
const PRESSED_MS = 1500;
const CONTROLS = { continue: ["forward", "Continue"], regenerate: ["again", "Regenerate"], undo: ["undo", "Undo"] };
const BOT_PICTURE = "/static/favicon.svg";

/** @typedef {import("./store.js").Store} Store @typedef {import("./store.js").Message} Message */

/** @param {Message} message */
export function avatar(message) {
  const { author } = message;
  if (author.is_bot) return h("div", { class: "avatar", "aria-hidden": "true" }, h("img", { src: BOT_PICTURE, alt: "", width: 36, height: 36 }));
  return h("div", { class: `avatar ${tone(author.id)}`, "aria-hidden": "true" }, initials(author.name || "?"));
}

/**
 * Build a message's element.
 * @param {Store} store @param {Message} message
 * @param {{isGrouped: boolean, isStreaming: boolean, isLastAnswer: boolean, quoted: Message|null|undefined, inThread: boolean, onQuote: (id: string) => void}} look
 */
export function messageElement(store, message, look) {
  const body = h("div", { class: "body" }, meta(message), look.quoted && quote(look.quoted, look.onQuote), text(store, message), foot(store, message, look));
  const classes = ["message", look.isGrouped && "is-grouped", message.author.is_bot && "is-bot", message.isPending && "is-pending", look.isStreaming && "is-streaming"];
  return h("article", { class: classes.filter(Boolean).join(" "), "data-id": message.id, tabindex: "-1", "aria-busy": look.isStreaming && "true", "aria-label": `${message.author.name || "Deleted"}, ${timeOfDay(message.sent_ms)}` }, avatar(message), body);
}

function meta({ author, sent_ms, edited_ms, is_deleted, audience }) {
  const time = h("time", { datetime: new Date(sent_ms).toISOString(), title: exactTime(sent_ms) }, timeOfDay(sent_ms));
  return h("div", { class: "meta" },
    h("bdi", { class: "author" }, is_deleted ? "Deleted" : author.name),
    author.is_bot && h("span", { class: "badge" }, "bot"),
    time,
    audience && h("span", { class: "mark only-you" }, icon("lock"), "only you can see this"),
    edited_ms && h("span", { class: "mark", title: `Edited ${exactTime(edited_ms)}` }, "edited"));
}

function quote(quoted, onQuote) {
  const words = quoted.is_deleted ? "a deleted message" : quoted.text.slice(0, 140).replace(/\s+/g, " ");
  return h("button", { type: "button", class: "quote", "aria-label": `In reply to ${quoted.author.name}: ${words.slice(0, 60)}`, on: { click: () => onQuote(quoted.id) } },
    icon("reply"), h("span", { dir: "auto" }, h("bdi", {}, quoted.author.name), " ", words));
}

/** @param {Store} store @param {Message} message */
function text(store, message) {
  if (message.is_deleted) return h("div", { class: "text is-gone" }, "This message was deleted.");
  if (message.isPending && message.text.length > PENDING_CHARS) return h("div", { class: "text is-plain", dir: "auto" }, `${message.text.slice(0, PENDING_CHARS)}…`);
  if (message.text.length > PLAIN_ABOVE) return h("div", { class: "text is-plain", dir: "auto" }, message.text);
  if (message.is_command) return h("div", { class: "text is-plain command", dir: "auto" }, message.text);
  return h("div", { class: "text", dir: "auto" }, renderMarkdown(message.text, store.bot.name));
}

function foot(store, message, look) {
  const parts = [];
  if (message.more > 0) {
    parts.push(h("button", { type: "button", on: { click: () => store.wholeText(message.id) } }, `Show all ${(message.text.length + message.more).toLocaleString()} characters`));
  }
  if (message.problem) {
    parts.push(h("span", { class: "problem" }, renderMarkdown(message.problem)),
      message.canRetry && h("button", { type: "button", on: { click: () => store.retry(message.id) } }, "Try again"),
      h("button", { type: "button", "data-act": "amend" }, "Change it"),
      h("button", { type: "button", on: { click: () => store.takeBack(message.id) } }, "Remove it"));
  } else if (message.isPending && !store.isConnected) {
    parts.push(h("span", { class: "mark" }, "waiting for the connection"));
  }
  if (message.thread_replies > 0 && !look.inThread) {
    parts.push(h("button", { type: "button", class: "thread-link", on: { click: () => store.openThread(message.id) } }, icon("thread"), replies(message.thread_replies)));
  }
  if (look.isLastAnswer) {
    const names = Object.keys(CONTROLS).filter((name) => name !== "continue" || message.kind === "cut");
    parts.push(...names.map((name) => control(store, message, name)));
  }
  return h("div", { class: "foot" }, ...parts);
}

/** A button under the last answer; pressed, it waits for what the server says. */
function control(store, message, name) {
  const [picture, label] = CONTROLS[name];
  const button = /** @type {HTMLButtonElement} */ (h("button", { type: "button", "data-act": name }, icon(picture), label));
  button.addEventListener("click", () => {
    button.disabled = store.control(name, message.id);
    setTimeout(() => { button.disabled = false; }, PRESSED_MS);
  });
  return button;
}

/**
 * What can be done with a message, as a toolbar.
 * @param {Store} store @param {Message} message @param {HTMLElement} element
 * @param {{inThread: boolean, onReply: (message: Message) => void}} look
 */
export function toolbar(store, message, element, look) {
  const isOwn = !message.author.is_bot && message.author.id === store.currentPerson()?.id;
  const button = (name, label, act, extra = "") => iconButton(name, label, act, `icon-button ${extra}`);
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
    button("reply", "Reply", () => look.onReply(message)),
    !look.inThread && button("thread", "Reply in a thread", () => store.openThread(message.id)),
    button("copy", "Copy the text", () => copyText(message.text)),
    isOwn && !message.is_command && message.more === 0 && button("edit", "Edit", () => startEditing(store, message, element)),
    isOwn && button("trash", "Delete", () => confirmDelete(store, message, element), "is-danger"));
}

async function confirmDelete(store, message, element) {
  const isSure = await ask({ title: "Delete this message?", text: `${store.bot.name} forgets it too.`, ok: "Delete", isDanger: true });
  if (isSure !== null) store.delete(message.id);
  else element.focus();
}

/** Edit a message where it stands. Enter saves, Escape leaves it as it was. */
export function startEditing(store, message, element) {
  const shown = element.querySelector(".text");
  const area = /** @type {HTMLTextAreaElement} */ (h("textarea", { rows: 1, dir: "auto", "aria-label": "Edit your message" }));
  const finish = (isSaved) => {
    const words = area.value;
    const refusal = isSaved && store.refusal(words);
    if (refusal) { toast(refusal); return; }
    form.replaceWith(shown);
    delete element.dataset.editing;
    element.focus();
    if (isSaved && words.trim() && words !== message.text) store.edit(message.id, words);
  };
  const form = h("div", { class: "editing" }, area, h("div", {},
    h("button", { type: "button", class: "plain-button primary", on: { click: () => finish(true) } }, "Save"),
    h("button", { type: "button", class: "plain-button", on: { click: () => finish(false) } }, "Cancel")));
  refuseBeyond(area, () => store.maxChars, toast);
  area.addEventListener("input", () => autogrow(area));
  area.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); finish(true); }
    else if (event.key === "Escape") finish(false);
  });
  element.dataset.editing = "true";
  element.querySelector(".toolbar")?.remove();
  shown.replaceWith(form);
  area.value = message.text;
  autogrow(area);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}
