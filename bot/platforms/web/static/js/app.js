// Puts the page together and draws what the store says has changed.

import { Composer } from "./composer.js";
import { ask, byId, h, icon, toast } from "./dom.js";
import { setUpImport } from "./importer.js";
import { Sidebar } from "./sidebar.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";
import { Timeline } from "./timeline.js";

const socket = new Socket();
const store = new Store(socket);
const sidebar = new Sidebar(store);
const [main, side] = [pane(false, "timeline-slot", "composer-slot"), pane(true, "thread-timeline-slot", "thread-composer-slot")];

/** A timeline with its composer. */
function pane(inThread, timelineSlot, composerSlot) {
  const timeline = new Timeline(store, inThread, {
    onReply: (message) => composer.reply(message),
    onAmend: (text) => composer.fill(text),
    empty: () => (inThread ? null : emptyState()),
  });
  const composer = new Composer(store, inThread, () => timeline.editLast());
  byId(timelineSlot).append(...timeline.nodes);
  byId(composerSlot).append(composer.element);
  return { timeline, composer, inThread };
}

/** What stands where nothing was said yet: a welcome, and words to begin with. */
function emptyState() {
  const channel = store.currentChannel();
  if (!channel) return null;
  const isDirect = channel.kind === "direct";
  const examples = isDirect
    ? ["Hello! What can you do?", ...store.commands.filter(({ name }) => ["translate", "write"].includes(name)).map(({ example }) => example)]
    : [`@${store.bot.name} hello!`];
  return h("div", { class: "empty" },
    h("img", { src: "/static/favicon.svg", alt: "", width: 60, height: 60 }),
    h("h2", { dir: "auto" }, isDirect ? `Hello, I am ${store.bot.name}` : `This is the beginning of #${channel.name}`),
    h("p", {}, isDirect
      ? "I live on this machine and nothing you write here leaves it. Ask me something, or begin with one of these:"
      : `Talk here as different people. I answer when somebody calls @${store.bot.name}, replies to me, or uses a command.`),
    h("div", { class: "examples" },
      ...examples.map((words) => h("button", { type: "button", dir: "auto", on: { click: () => main.composer.fill(words) } }, words)),
      isDirect && h("button", { type: "button", on: { click: () => byId("import-log").click() } }, "Import a chat log and summarise it")));
}

function drawBar() {
  const channel = store.currentChannel();
  if (!channel) return;
  const isDirect = channel.kind === "direct";
  byId("channel-title").replaceChildren(h("bdi", {}, isDirect ? channel.name : `#${channel.name}`));
  byId("channel-delete").hidden = channel.is_lasting;
  byId("channel-topic").textContent = isDirect ? "answers every message here" : `answers when called by @${store.bot.name}`;
  byId("thread-topic").replaceChildren(h("bdi", {}, isDirect ? channel.name : `#${channel.name}`));
  document.title = isDirect ? store.bot.name : `#${channel.name} · ${store.bot.name}`;
}

function drawModel() {
  const chip = byId("model");
  byId("model-text").textContent = store.model === "ready" ? "model ready" : store.model;
  chip.title = `Language model: ${store.model}`;
  chip.classList.toggle("is-ready", /\bready\b/i.test(store.model) && !/\bnot ready\b/i.test(store.model));
  chip.classList.toggle("is-broken", /fail|error|cannot|could not|stopped/i.test(store.model));
}

function drawConnection() {
  const bar = byId("offline");
  bar.hidden = store.isConnected;
  if (!store.isConnected) bar.textContent = "The connection is gone. I keep trying, and send what you write when it is back.";
}

function drawThread() {
  const isOpen = Boolean(store.thread);
  byId("thread").hidden = !isOpen;
  byId("app").classList.toggle("has-thread", isOpen);
  if (!isOpen) return;
  side.composer.moved();
  side.timeline.draw({ toEnd: true });
  side.composer.area.focus({ preventScroll: true });
}

function drawAll() {
  sidebar.draw();
  drawBar();
  drawModel();
  main.composer.moved();
  main.timeline.draw({ toEnd: true });
  drawThread();
}

/** The panes that show a place. */
function panesAt({ channel, thread = null }) {
  return [main, side].filter(({ timeline }) => timeline.place.channel === channel && timeline.place.thread === thread);
}

/** Screen readers hear finished answers, never each word. */
function announce(reply) {
  if (reply.state !== "finished" || reply.channel !== store.channel) return;
  const last = store.messages(reply.channel, reply.thread).findLast((message) => message.reply_id === reply.reply_id);
  if (last) byId("announcer").textContent = `${store.bot.name}: ${last.text.slice(0, 600)}`;
}

const draw = {
  hello: () => { drawAll(); followFragment(); },
  place: () => { drawAll(); },
  thread: drawThread,
  channels: () => sidebar.draw(),
  people: () => [main, side].forEach(({ composer, timeline }) => { composer.draw(); timeline.draw(); }),
  reveal: (place) => panesAt(place).forEach(({ timeline }) => timeline.reveal(place.id)),
  model: drawModel,
  connection: () => { drawConnection(); [main, side].forEach(({ timeline }) => timeline.draw()); },
  messages: (place) => {
    for (const { timeline, composer } of panesAt(place)) {
      timeline.draw({ toEnd: place.author?.id === store.currentPerson()?.id });
      composer.drawLabel();
    }
  },
  message: (message) => panesAt(message).forEach(({ timeline }) => timeline.drawMessage(message.id)),
  reply: (reply) => {
    announce(reply);
    for (const { timeline, composer } of panesAt(reply)) {
      composer.drawReply();
      timeline.drawThinking();
      const words = store.messages(reply.channel, reply.thread).filter((message) => message.reply_id === reply.reply_id);
      if (reply.state) timeline.draw(); // what can be done with the last answer changes
      else words.forEach(({ id }) => timeline.drawMessage(id));
    }
  },
  error: ({ text, isShown }) => { if (!isShown) toast(text); },
};

store.addEventListener("change", (event) => draw[event.detail.kind](event.detail.detail));
socket.addEventListener("locked", () => {
  byId("offline").hidden = false;
  byId("offline").textContent = "This browser is not signed in any more. Open the new address that the terminal shows.";
});

for (const [id, name] of [["thread-close", "close"], ["theme", "moon"], ["channel-delete", "trash"]]) byId(id).append(icon(name));
byId("thread-close").onclick = () => { store.openThread(null); main.composer.area.focus(); };
byId("channel-delete").onclick = async () => {
  const { id, name } = store.currentChannel();
  const text = `Everything said in it is erased here and from ${store.bot.name}'s memory. This cannot be undone.`;
  const isSure = await ask({ title: `Delete #${name}?`, text, ok: "Delete channel", isDanger: true });
  if (isSure !== null) store.deleteChannel(id);
};
byId("theme").onclick = () => document.dispatchEvent(new Event("toggletheme"));
const drawTheme = () => {
  const isDark = document.documentElement.dataset.theme === "dark";
  byId("theme").replaceChildren(icon(isDark ? "sun" : "moon"));
  byId("theme").setAttribute("aria-label", isDark ? "Light colours" : "Dark colours");
};
document.addEventListener("themechange", drawTheme);
drawTheme();

/** A link to a message: `#m-` and its id. The address is cleared, so that the same link works again. */
function followFragment() {
  const found = /^#m-(.+)$/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname);
  store.goTo(decodeURIComponent(found[1]));
}
addEventListener("hashchange", followFragment);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const inThread = byId("thread").contains(document.activeElement);
  const { composer, timeline } = inThread ? side : main;
  if (store.replyIn(timeline.place.channel, timeline.place.thread)) composer.stop();
  else if (inThread) byId("thread-close").click();
});
setUpImport(store, (words) => main.composer.fill(words));
socket.start();
if (matchMedia("(hover: hover)").matches) main.composer.area.focus();
