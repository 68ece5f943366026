// A plugin in JavaScript, for an imaginary tool that appends JSON lines:
//
//   {"kind": "said", "who": "me", "text": "Why is the sky blue?", "at": 1767600000000}
//
// The contract is `lore-watcher@0.1.0/watcher.wit`; componentize-js turns its names into camel case,
// 64-bit integers into BigInt, a variant into {tag, val} and an absent option into undefined.

const CHUNK = 1 << 20; // at most this much is read at once
const FULL = 2 << 20; // after this much input a batch is returned
const LINE_FEED = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder(); // what is no UTF-8 reads as U+FFFD

export function describe() {
  return {
    tool: "js-notes",
    title: "JavaScript Notes",
    version: "0.1.0",
    locations: [
      {
        base: "~/.js-notes",
        env: "JS_NOTES_HOME",
        pattern: "notes/*.jsonl",
        os: [],
        growth: "append-only",
        rank: 0,
        content: "sessions",
      },
    ],
  };
}

class Reader {
  constructor(source, checkpoint) {
    const name = source.path().split("/").pop();
    this.source = source;
    this.isOurs = name.endsWith(".jsonl");
    this.session = name.replace(/\.jsonl$/, "");
    // All that has to be known to go on is where.
    this.position = checkpoint === undefined ? 0n : BigInt(decoder.decode(checkpoint));
  }

  next() {
    if (!this.isOurs) throw { tag: "not-mine" };
    const events = [];
    const counts = new Map();
    const count = (kind, outcome) => {
      const key = `${outcome} ${kind}`;
      const counted = counts.get(key) ?? { kind, outcome, records: 0 };
      counted.records += 1;
      counts.set(key, counted);
    };
    const start = this.position;
    let ahead = new Uint8Array();
    let done = false;
    while (Number(this.position - start) < FULL) {
      const chunk = this.source.read(this.position + BigInt(ahead.length), CHUNK);
      if (chunk.length === 0) {
        // A last line without a line feed is being written: it is left for the next time.
        done = true;
        break;
      }
      const bytes = new Uint8Array(ahead.length + chunk.length);
      bytes.set(ahead);
      bytes.set(chunk, ahead.length);
      let from = 0;
      for (let end; (end = bytes.indexOf(LINE_FEED, from)) >= 0; from = end + 1) {
        this.line(decoder.decode(bytes.subarray(from, end)), events, count);
        this.position += BigInt(end + 1 - from);
      }
      ahead = bytes.subarray(from);
    }
    return {
      events,
      counts: [...counts.values()],
      position: this.position,
      checkpoint: encoder.encode(String(this.position)),
      done,
    };
  }

  // Every non-empty line is counted once: kept, skipped, unknown, or as a problem.
  line(text, events, count) {
    if (text.trim() === "") return;
    let record;
    try {
      record = JSON.parse(text);
    } catch (error) {
      events.push({
        tag: "problem",
        val: { offset: this.position, message: "not the JSON expected" },
      });
      return;
    }
    const kind = typeof record?.kind === "string" ? record.kind : "none";
    if (this.position === 0n) {
      // The first line makes it a session; later ones only add to it.
      events.push({ tag: "session", val: { id: this.session } });
    }
    const isSaid = kind === "said" && typeof record.text === "string";
    events.push({
      tag: "message",
      val: {
        session: this.session,
        key: String(this.position), // the same at every read, since the file only grows
        role: isSaid ? (record.who === "me" ? "user" : "assistant") : "system",
        injected: !isSaid,
        sidechain: false,
        at: typeof record.at === "number" ? BigInt(Math.trunc(record.at)) : undefined,
        content: [isSaid ? { tag: "text", val: record.text } : { tag: "other", val: text }],
      },
    });
    count(kind, isSaid ? "kept" : "unknown");
  }
}

export const parser = { Reader };
