// Times, initials and colours, as text and class names.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const longDayYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

/** @param {number} ms Unix milliseconds */
export const timeOfDay = (ms) => clock.format(ms);
/** @param {number} ms Unix milliseconds */
export const exactTime = (ms) => fullTime.format(ms);
/** A key that differs from day to day, in local time. @param {number} ms */
export const dayKey = (ms) => new Date(ms).toDateString();

/** "Today", "Yesterday" or a date. @param {number} ms */
export function dayName(ms) {
  const today = new Date();
  if (dayKey(ms) === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  if (dayKey(ms) === today.toDateString()) return "Yesterday";
  return (new Date(ms).getFullYear() === new Date().getFullYear() ? longDay : longDayYear).format(ms);
}

/** The first letter of up to two words of a name, whatever its script. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = (/** @type {string} */ word) => [...(word.match(/[\p{L}\p{N}]/u)?.[0] ?? [...word][0] ?? "?")][0];
  return words.slice(0, 2).map(first).join("").toUpperCase() || "?";
}

/** The class of an avatar's colours, the same for the same id everywhere. @param {string} id */
export function tone(id) {
  let hash = 29;
  for (const char of id) hash = (hash * 33 + char.codePointAt(0)) % 9973;
  return `tone-${hash % 8}`;
}

/** "1 reply", "2 replies". @param {number} count */
export const replies = (count) => (count === 1 ? "1 reply" : `${count.toLocaleString()} replies`);
