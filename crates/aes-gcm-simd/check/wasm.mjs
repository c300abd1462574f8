// Reads a wasm module (WebAssembly core specification 2.0, §5): what `machine.mjs` needs of it.

const decoder = new TextDecoder();

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    return this.bytes[this.at++];
  }

  take(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }

  unsigned() {
    let [result, shift, byte] = [0, 0, 0];
    do {
      byte = this.byte();
      result += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte & 0x80);
    return result;
  }

  signed() {
    let [result, shift, byte] = [0n, 0n, 0];
    do {
      byte = this.byte();
      result |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    } while (byte & 0x80);
    return BigInt.asIntN(64, byte & 0x40 ? result | (-1n << shift) : result);
  }

  name() {
    return decoder.decode(this.take(this.unsigned()));
  }

  list(read) {
    return Array.from({ length: this.unsigned() }, () => read());
  }

  limits() {
    const flags = this.byte();
    return { min: this.unsigned(), max: flags & 1 ? this.unsigned() : undefined };
  }

  /** Offsets and initial values: one constant, or one global. */
  constant() {
    const op = this.byte();
    const value = { 0x41: () => Number(this.signed()), 0x42: () => this.signed() }[op]?.();
    if (value === undefined || this.byte() !== 0x0b) throw new Error(`constant ${op}`);
    return value;
  }
}

/** Sections by their number. Those not here hold nothing that running needs. */
const SECTIONS = {
  0: (reader, module) => {
    if (reader.name() === "name") names(reader, module);
  },
  1: (reader, module) => {
    module.types = reader.list(() => {
      reader.byte();
      const params = reader.list(() => reader.byte());
      return { params, results: reader.list(() => reader.byte()) };
    });
  },
  2: (reader) => {
    if (reader.unsigned()) throw new Error("a module without imports is wanted");
  },
  3: (reader, module) => {
    module.functions = reader.list(() => ({ type: module.types[reader.unsigned()] }));
    module.functions.forEach((fn, index) => (fn.name = `function ${index}`));
  },
  5: (reader, module) => {
    [module.memory] = reader.list(() => reader.limits());
  },
  6: (reader, module) => {
    module.globals = reader.list(() => {
      reader.take(2);
      return reader.constant();
    });
  },
  7: (reader, module) => {
    const exports = reader.list(() => [reader.name(), reader.byte(), reader.unsigned()]);
    for (const [name, kind, index] of exports) if (kind === 0) module.exports[name] = index;
  },
  10: (reader, module) => {
    module.functions.forEach((fn, index) => {
      if (index === 0) reader.unsigned();
      body(new Reader(reader.take(reader.unsigned())), fn);
    });
  },
  11: (reader, module) => {
    module.data = reader.list(() => {
      if (reader.unsigned() !== 0) throw new Error("passive data");
      return { at: reader.constant(), bytes: reader.take(reader.unsigned()) };
    });
  },
};

export function parse(bytes) {
  const reader = new Reader(bytes);
  const module = { exports: {}, globals: [], data: [], functions: [] };
  reader.take(8);
  while (reader.at < bytes.length) {
    const number = reader.byte();
    const section = new Reader(reader.take(reader.unsigned()));
    SECTIONS[number]?.(section, module);
  }
  return module;
}

function names(reader, module) {
  while (reader.at < reader.bytes.length) {
    const kind = reader.byte();
    const part = new Reader(reader.take(reader.unsigned()));
    if (kind !== 1) continue;
    for (const [index, name] of part.list(() => [part.unsigned(), part.name()]))
      module.functions[index].name = name;
  }
}

function body(reader, fn) {
  const groups = reader.list(() => [reader.unsigned(), reader.byte()]);
  fn.locals = groups.flatMap(([count, type]) => Array(count).fill(type));
  fn.code = [];
  while (reader.at < reader.bytes.length) fn.code.push(instruction(reader));
  link(fn.code);
}

/** `op` is the opcode; those behind a prefix come after 0xfc00 and 0xfd00. */
function instruction(reader) {
  let op = reader.byte();
  if (op >= 0xfc) op = (op << 8) + reader.unsigned();
  return { op, ...IMMEDIATES.find(([is]) => is(op))?.[1](reader) };
}

const among =
  (...ops) =>
  (op) =>
    ops.includes(op);
const between = (first, last) => (op) => op >= first && op <= last;
const memory = (reader) => ({ align: reader.unsigned(), offset: reader.unsigned() });
const depth = (reader) => ({ depth: reader.unsigned() });
const IMMEDIATES = [
  [between(0x02, 0x04), (reader) => ({ arity: reader.byte() === 0x40 ? 0 : 1 })],
  [among(0x0c, 0x0d), depth],
  [among(0x0e), (reader) => ({ depths: reader.list(() => reader.unsigned()), ...depth(reader) })],
  [among(0x10), (reader) => ({ index: reader.unsigned() })],
  [among(0x11), (reader) => ({ type: reader.unsigned(), table: reader.unsigned() })],
  [between(0x20, 0x24), (reader) => ({ index: reader.unsigned() })],
  [between(0x28, 0x3e), memory],
  [among(0x3f, 0x40, 0xfc0b), (reader) => ({ memory: reader.byte() })],
  [among(0x41), (reader) => ({ value: Number(reader.signed()) })],
  [among(0x42), (reader) => ({ value: reader.signed() })],
  [among(0xfc0a), (reader) => ({ memories: reader.take(2) })],
  [among(0xfd0c), (reader) => ({ value: reader.take(16).slice() })],
  [among(0xfd0d), (reader) => ({ lanes: reader.take(16).slice() })],
  [between(0xfd15, 0xfd22), (reader) => ({ lane: reader.byte() })],
  [between(0xfd54, 0xfd5b), (reader) => ({ ...memory(reader), lane: reader.byte() })],
  [(op) => between(0xfd00, 0xfd0b)(op) || op === 0xfd5c || op === 0xfd5d, memory],
];

/** Each block learns where it ends, and each `if` where its `else` is. */
function link(code) {
  const open = [];
  code.forEach((instruction, at) => {
    const { op } = instruction;
    if (op >= 0x02 && op <= 0x04) open.push(instruction);
    if (op === 0x05) open.at(-1).otherwise = at;
    if (op === 0x0b && open.length) open.pop().end = at;
  });
}
