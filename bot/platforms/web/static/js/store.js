// What the page knows: channels, people, messages, answers being made, and what is not sent yet. It turns frames
// into changes and tells its listeners which; it touches no element of the page.

/**
 * @typedef {{id: string, seq: number, channel: string, thread: string|null, author: {id: string, name: string, is_bot: boolean},
 *   text: string, more: number, reply_to: string|null, sent_ms: number, edited_ms: number|null, is_command: boolean,
 *   is_deleted: boolean, thread_replies: number, reply_id: number|null, audience?: string|null, kind?: string, problem?: string, canRetry?: boolean, isPending?: boolean}} Message
 * @typedef {{messages: Map<string, Message>, isLoaded: boolean, isAsked: boolean, hasMore: boolean, isBotIn: boolean}} View
 * @typedef {{channel: string, thread: string|null}} Place
 */

const OUTBOX = "parley.outbox";
const AT_THE_END = Number.MAX_SAFE_INTEGER; // the place in the order of what is not sent yet
const MAX_FRAME_BYTES = 2 * 1024 * 1024; // larger frames close the connection
const FRAME_ROOM_BYTES = 2048; // for what a frame holds besides its text
const LARGEST_CHAR_BYTES = 6; // a control character as JSON

/** @param {string} channel @param {string|null} thread */
export const placeKey = (channel, thread) => (thread ? `${channel} ${thread}` : channel);

export class Store extends EventTarget {
  bot = { name: "Parley" };
  /** @type {{id: string, name: string, kind: string}[]} */ channels = [];
  /** @type {{id: string, name: string}[]} */ people = [];
  commands = [];
  model = "";
  maxChars = 1_000_000;
  isConnected = false;
  channel = localStorage.getItem("parley.channel") ?? "";
  /** @type {string|null} */ thread = null;
  person = localStorage.getItem("parley.person") ?? "";
  /** @type {Map<string, View>} */ views = new Map();
  /** @type {Map<number, Place & {question: string, status: string}>} */ replies = new Map();
  /** @type {Map<string, Message>} */ outbox = new Map();
  unread = new Set();

  constructor(socket) {
    super();
    this.socket = socket;
    for (const message of JSON.parse(sessionStorage.getItem(OUTBOX) ?? "[]")) this.outbox.set(message.id, message);
    socket.addEventListener("frame", (event) => this.#take(event.detail));
    socket.addEventListener("down", () => this.#connection(false));
  }

  // --- asked by the views ----------------------------------------------------------------------

  /** @param {string} channel @param {string|null} thread @returns {View} */
  view(channel, thread) {
    const key = placeKey(channel, thread);
    if (!this.views.has(key)) this.views.set(key, { messages: new Map(), isLoaded: false, isAsked: false, hasMore: false, isBotIn: false });
    return this.views.get(key);
  }

  /** The messages of a place that the one who speaks may see, in order: those not sent yet at the end, refused ones where they were refused. @returns {Message[]} */
  messages(channel, thread) {
    const waiting = [...this.outbox.values()].filter((m) => m.channel === channel && m.thread === thread);
    const own = this.currentPerson()?.id;
    const shown = [...this.view(channel, thread).messages.values()].filter(({ audience }) => !audience || audience === own);
    return [...shown, ...waiting].sort((a, b) => a.seq - b.seq);
  }

  /** A message wherever it is known. @param {string} id @returns {Message|undefined} */
  find(id) {
    for (const view of this.views.values()) if (view.messages.has(id)) return view.messages.get(id);
    return undefined;
  }

  /** The answer being made in a place, if there is one. */
  replyIn(channel, thread) {
    return [...this.replies.values()].find((reply) => reply.channel === channel && reply.thread === thread);
  }

  /** The id of the last answer in a place that something can be done with, while none is being written there. */
  lastAnswer(channel, thread) {
    if (this.replyIn(channel, thread)) return null;
    return this.messages(channel, thread).findLast(({ kind, is_deleted }) => (kind === "answer" || kind === "cut") && !is_deleted)?.id ?? null;
  }

  /** Whether the bot answers in a thread without being called there. */
  isBotIn(channel, thread) {
    const view = this.view(channel, thread);
    return view.isBotIn || [...view.messages.values()].some(({ author }) => author.is_bot);
  }

  currentChannel() {
    return this.channels.find((channel) => channel.id === this.channel);
  }

  currentPerson() {
    return this.people.find((person) => person.id === this.person) ?? this.people[0];
  }

  // --- done by the person ----------------------------------------------------------------------

  /** Add a channel to the list, if it is not on it. */
  know(channel) {
    if (!this.channels.some(({ id }) => id === channel.id)) this.channels.push(channel);
    this.#tell("channels");
  }

  openChannel(id) {
    this.channel = id;
    this.thread = null;
    this.unread.delete(id);
    localStorage.setItem("parley.channel", id);
    this.load(id, null);
    this.#tell("place");
  }

  openThread(id) {
    this.thread = id;
    if (id) this.load(this.channel, id);
    this.#tell("thread");
  }

  speakAs(id) {
    this.person = id;
    localStorage.setItem("parley.person", id);
    this.#tell("people");
  }

  /** Show a message, wherever it is: the server is asked for its place. @param {string} id */
  goTo(id) {
    this.target = null;
    this.#now({ type: "find", id });
  }

  /** Ask for a place's messages; with `before`, for older ones. */
  load(channel, thread, before = null) {
    const view = this.view(channel, thread);
    if (view.isAsked || (view.isLoaded && before === null)) return;
    view.isAsked = this.socket.send({ type: "history", channel, thread, before });
  }

  /** Send a message, now or when the connection is back. @param {Place} place @param {string} text @param {string|null} replyTo */
  send(place, text, replyTo) {
    const person = this.currentPerson();
    const message = {
      id: `m-${crypto.randomUUID?.() ?? fallbackId()}`, seq: AT_THE_END, ...place, text, more: 0, reply_to: replyTo,
      author: { id: person.id, name: person.name, is_bot: false }, sent_ms: Date.now(), edited_ms: null,
      is_command: false, is_deleted: false, thread_replies: 0, reply_id: null, isPending: true,
    };
    this.outbox.set(message.id, message);
    this.#keepOutbox();
    this.#transmit(message);
    this.#tell("messages", place);
  }

  /** Take back a message that could not be sent. @returns {string} its text */
  takeBack(id) {
    const message = this.outbox.get(id);
    this.outbox.delete(id);
    this.#keepOutbox();
    if (message) this.#tell("messages", message);
    return message?.text ?? "";
  }

  /** Send a message again that was refused. */
  retry(id) {
    const message = { ...this.outbox.get(id), problem: undefined, seq: AT_THE_END };
    this.outbox.set(id, message);
    this.#transmit(message);
    this.#tell("messages", message);
  }

  /** Why a text cannot be sent, as a sentence; "" if it can. @param {string} text */
  refusal(text) {
    const most = `${this.maxChars.toLocaleString("en")} characters`;
    const advice = "Send it in parts, or import it as a chat log.";
    if (text.length > this.maxChars) return `This message has ${text.length.toLocaleString("en")} characters; the limit is ${most}. ${advice}`;
    const isTooLarge = text.length * LARGEST_CHAR_BYTES > MAX_FRAME_BYTES && new Blob([JSON.stringify(text)]).size + FRAME_ROOM_BYTES > MAX_FRAME_BYTES;
    return isTooLarge ? `This message takes more than 2 MiB; the limit is 2 MiB and ${most}. ${advice}` : "";
  }

  edit(id, text) { return this.#now({ type: "edit", id, text }); }
  delete(id) { return this.#now({ type: "delete", id }); }
  stop(channel, thread) { return this.#now({ type: "stop", channel, thread }); }
  control(action, id) { return this.#now({ type: "control", action, id, person: this.currentPerson().id }); }
  wholeText(id) { return this.#now({ type: "full", id }); }
  addChannel(name) { this.isMakingChannel = this.#now({ type: "channel", name }); }
  deleteChannel(channel) { return this.#now({ type: "delete_channel", channel }); }
  addPerson(name) { this.isMakingPerson = this.#now({ type: "person", name }); }

  // --- told by the server ----------------------------------------------------------------------

  #take(frame) {
    const act = {
      hello: () => this.#hello(frame),
      message: () => this.#message(frame.message, true),
      edit: () => this.#message(frame.message, false),
      delete: () => this.#gone(frame),
      history: () => this.#history(frame),
      full: () => this.#full(frame),
      found: () => this.#found(frame),
      done: () => this.#tell("error", { text: frame.text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1") }),
      reply: () => this.#reply(frame),
      status: () => this.#status(frame),
      channel: () => this.#newChannel(frame.channel),
      channel_gone: () => this.#channelGone(frame.channel),
      person: () => this.#newPerson(frame.person),
      model: () => { this.model = frame.text; this.#tell("model"); },
      error: () => this.#error(frame),
    }[frame.type];
    act?.();
  }

  #hello(frame) {
    Object.assign(this, { bot: frame.bot, channels: frame.channels, people: frame.people, commands: withRest(frame), model: frame.model, maxChars: frame.max_chars });
    this.replies = new Map(frame.replies.map((reply) => [reply.reply_id, { ...reply, status: "" }]));
    for (const view of this.views.values()) { view.messages.clear(); view.isLoaded = view.isAsked = view.hasMore = false; }
    if (!this.currentChannel()) this.channel = (this.channels.find((c) => c.kind === "direct") ?? this.channels[0])?.id ?? "";
    this.load(this.channel, null);
    if (this.thread) this.load(this.channel, this.thread);
    this.#connection(true);
    this.#tell("hello");
    for (const message of this.outbox.values()) if (!message.problem) this.#transmit(message);
  }

  /** @param {Message} message @param {boolean} isNew */
  #message(message, isNew) {
    this.outbox.delete(message.id);
    this.#keepOutbox();
    const view = this.view(message.channel, message.thread);
    const known = view.messages.get(message.id);
    if (view.isLoaded || view.isAsked) {
      view.messages.set(message.id, { ...message, thread_replies: message.thread_replies || known?.thread_replies || 0 });
    }
    if (message.thread === null) this.#inThread(message);
    else if (isNew && !known) this.#countReply(message, 1);
    this.#tell(known ? "message" : "messages", message);
  }

  /** A thread shows its root message too. */
  #inThread(message) {
    const thread = this.views.get(placeKey(message.channel, message.id));
    if (thread?.messages.has(message.id)) {
      thread.messages.set(message.id, message);
      this.#tell("message", { ...message, thread: message.id });
    }
  }

  #countReply(message, change) {
    const root = this.view(message.channel, null).messages.get(message.thread);
    if (!root) return;
    const counted = { ...root, thread_replies: Math.max(0, root.thread_replies + change) };
    this.view(message.channel, null).messages.set(root.id, counted);
    this.#tell("message", counted);
  }

  #gone({ id, channel, thread }) {
    const message = this.view(channel, thread).messages.get(id);
    if (!message) return;
    if (thread) this.#countReply(message, -1);
    const view = this.view(channel, thread);
    if (message.thread_replies > 0) view.messages.set(id, { ...message, text: "", is_deleted: true });
    else view.messages.delete(id);
    this.#tell("messages", { channel, thread });
    if (this.thread === id) this.openThread(null);
  }

  #history(frame) {
    const view = this.view(frame.channel, frame.thread);
    for (const message of frame.messages) {
      view.messages.set(message.id, message);
      this.outbox.delete(message.id);
    }
    Object.assign(view, { isLoaded: true, isAsked: false, hasMore: frame.has_more, isBotIn: frame.is_bot_in });
    this.#tell("messages", { ...frame, isHistory: true });
    if (this.target && this.target.channel === frame.channel && this.target.thread === frame.thread) {
      if (view.messages.has(this.target.id)) this.#reveal();
      else if (view.hasMore) this.#found(this.target);
    }
  }

  /** The place of a message that is to be shown: open it, and fetch what is missing up to there. */
  #found({ id, channel, thread, seq }) {
    if (channel !== this.channel) this.openChannel(channel);
    if (thread !== this.thread) this.openThread(thread);
    const view = this.view(channel, thread);
    this.target = { id, channel, thread, seq };
    if (view.messages.has(id)) this.#reveal();
    else if (view.isLoaded && !view.isAsked) {
      const oldest = Math.min(...[...view.messages.values()].filter((message) => message.id !== thread).map((message) => message.seq));
      view.isAsked = this.socket.send({ type: "history", channel, thread, before: Number.isFinite(oldest) ? oldest : null, back_to: seq });
    }
  }

  #reveal() {
    const { target } = this;
    this.target = null;
    this.#tell("reveal", target);
  }

  #full({ id, text }) {
    for (const view of this.views.values()) {
      const message = view.messages.get(id);
      if (!message) continue;
      view.messages.set(id, { ...message, text, more: 0 });
      this.#tell("message", message);
    }
  }

  #reply(frame) {
    if (frame.state === "started") this.replies.set(frame.reply_id, { ...frame, status: "" });
    else this.replies.delete(frame.reply_id);
    if (frame.state === "finished" && frame.channel !== this.channel) this.#markUnread(frame.channel);
    this.#tell("reply", frame);
  }

  #status(frame) {
    const reply = this.replies.get(frame.reply_id);
    if (reply) reply.status = frame.text;
    this.#tell("reply", frame);
  }

  #newChannel(channel) {
    this.know(channel);
    if (this.isMakingChannel) this.openChannel(channel.id);
    this.isMakingChannel = false;
  }

  #channelGone(id) {
    const gone = this.channels.find((channel) => channel.id === id);
    this.channels = this.channels.filter((channel) => channel !== gone);
    for (const key of this.views.keys()) if (key === id || key.startsWith(`${id} `)) this.views.delete(key);
    for (const message of this.outbox.values()) if (message.channel === id) this.outbox.delete(message.id);
    this.#keepOutbox();
    this.unread.delete(id);
    if (this.channel === id) this.openChannel(this.channels[0].id);
    else this.#tell("channels");
    if (gone) this.#tell("error", { text: `#${gone.name} was deleted.` });
  }

  #newPerson(person) {
    const isKnown = this.people.some(({ id }) => id === person.id);
    if (!isKnown) this.people.push(person);
    if (this.isMakingPerson) {
      this.speakAs(person.id);
      if (isKnown) this.#tell("error", { text: `${person.name} is here already; you speak as ${person.name} now.` });
    }
    else this.#tell("people");
    this.isMakingPerson = false;
  }

  #error(frame) {
    const message = this.outbox.get(frame.id);
    if (message) {
      this.outbox.set(frame.id, { ...message, problem: frame.text, canRetry: frame.can_retry, seq: this.#newestSeq(message) });
      this.#keepOutbox();
      this.#tell("messages", message);
    }
    this.isMakingChannel = this.isMakingPerson = false;
    this.#tell("error", { text: frame.text, isShown: Boolean(message) });
  }

  // --- inside ----------------------------------------------------------------------------------

  #connection(isConnected) {
    this.isConnected = isConnected;
    if (!isConnected) for (const view of this.views.values()) view.isAsked = false;
    this.#tell("connection");
  }

  /** What is refused now stays after the newest message of its place; what comes later stands below it. */
  #newestSeq({ channel, thread }) {
    const seqs = [...this.view(channel, thread).messages.values()].map(({ seq }) => seq);
    return seqs.length ? Math.max(...seqs) : 0;
  }

  #markUnread(channel) {
    this.unread.add(channel);
    this.#tell("channels");
  }

  #transmit(message) {
    const { id, channel, thread, text, reply_to } = message;
    this.socket.send({ type: "send", id, channel, thread, person: message.author.id, text, reply_to });
  }

  #now(frame) {
    const isSent = this.socket.send(frame);
    if (!isSent) this.#tell("error", { text: "Parley cannot be reached right now. Please try again in a moment." });
    return isSent;
  }

  #keepOutbox() {
    try {
      sessionStorage.setItem(OUTBOX, JSON.stringify([...this.outbox.values()]));
    } catch { /* full: it stays in this page's memory */ }
  }

  #tell(kind, detail = {}) {
    this.dispatchEvent(new CustomEvent("change", { detail: { kind, detail } }));
  }
}

/** The commands, each option knowing whether it takes the rest of the line. */
function withRest({ commands, rest_options }) {
  return commands.map((command) => ({ ...command, options: command.options.map((option) => ({ ...option, isRest: rest_options[command.name] === option.name })) }));
}

/** crypto.randomUUID is missing where a page is served by plain http from another machine. */
function fallbackId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
