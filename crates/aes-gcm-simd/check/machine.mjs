// Executes wasm with secrets marked. A value is secret if anything it was computed from is; memory
// is marked byte for byte. The machine reports each place that constant time forbids: a branch, a
// choice, a call or an address that a secret decides.
//
// `instructions.mjs` has the integer instructions. This file has those for control flow and memory.
import { OPERATIONS, VECTOR_MEMORY } from "./instructions.mjs";

const PAGE = 65536;
const WIDTHS = { 0x28: 4, 0x29: 8, 0x2c: 1, 0x2d: 1, 0x2e: 2, 0x2f: 2, 0x34: 4, 0x35: 4 };
const STORES = { 0x36: 4, 0x37: 8, 0x3a: 1, 0x3b: 2 };
const SIGNED = [0x2c, 0x2e, 0x34];
const WIDE = [0x29, 0x34, 0x35];

export class Machine {
  /** `verdict` lists the instructions whose result is public although their operands are secret. */
  constructor(module, { verdict = [], report }) {
    this.module = module;
    this.verdict = verdict;
    this.report = report;
    this.globals = module.globals.map((value) => ({ value, secret: false }));
    this.#allocate(module.memory.min);
    for (const { at, bytes } of module.data) this.memory.set(bytes, at);
  }

  call(name, ...args) {
    const values = args.map((value) => ({ value, secret: false }));
    return this.#run(this.module.functions[this.module.exports[name]], values)[0]?.value;
  }

  /** Marks bytes in memory as secret, or as public. */
  mark(at, length, secret) {
    this.secrets.fill(secret ? 1 : 0, at, at + length);
  }

  #allocate(pages) {
    const [memory, secrets] = [new Uint8Array(pages * PAGE), new Uint8Array(pages * PAGE)];
    if (this.memory) {
      memory.set(this.memory);
      secrets.set(this.secrets);
    }
    [this.memory, this.secrets, this.view] = [memory, secrets, new DataView(memory.buffer)];
  }

  #run(fn, args) {
    const zero = (type) => ({ value: ZEROS[type](), secret: false });
    const frame = { fn, locals: [...args, ...fn.locals.map(zero)], stack: [], labels: [], at: 0 };
    fn.seen ??= new Uint8Array(fn.code.length);
    while (frame.at < fn.code.length) {
      fn.seen[frame.at] = 1;
      this.#step(frame, fn.code[frame.at++]);
    }
    const { results } = fn.type;
    return results.length ? frame.stack.slice(-results.length) : [];
  }

  #step(frame, instruction) {
    const { op } = instruction;
    const control = CONTROL[op];
    if (control) return control.call(this, frame, instruction);
    if (op in WIDTHS) return this.#load(frame, instruction, WIDTHS[op]);
    if (op in STORES) return this.#store(frame, instruction, STORES[op]);
    if (op in VECTOR_MEMORY) return this.#vectorMemory(frame, instruction);
    const operation = OPERATIONS[op];
    if (!operation) throw new Error(`instruction 0x${op.toString(16)} in ${frame.fn.name}`);
    const operands = frame.stack.splice(frame.stack.length - operation.operands);
    if (operation.variable && operands.some(({ secret }) => secret))
      this.#tell(frame, operation.variable);
    const value = operation.of(...operands.map((operand) => operand.value), instruction);
    const secret = operands.some((operand) => operand.secret) && !this.verdict.includes(op);
    frame.stack.push({ value, secret });
  }

  #tell(frame, what) {
    this.report({ fn: frame.fn, at: frame.at - 1, what });
  }

  /** Pops a value that decides something. It must not be a secret. */
  decide(frame, what) {
    const { value, secret } = frame.stack.pop();
    if (secret) this.#tell(frame, what);
    return value;
  }

  #address(frame, { offset }) {
    return (this.decide(frame, "address") >>> 0) + offset;
  }

  #secret(at, length) {
    return this.secrets.subarray(at, at + length).includes(1);
  }

  #load(frame, instruction, width) {
    const at = this.#address(frame, instruction);
    const { op } = instruction;
    const get = `get${width === 8 ? "Big" : ""}${SIGNED.includes(op) ? "Int" : "Uint"}${8 * width}`;
    const read = this.view[get](at, true);
    const value = WIDE.includes(op) ? BigInt.asUintN(64, BigInt(read)) : read | 0;
    frame.stack.push({ value, secret: this.#secret(at, width) });
  }

  #store(frame, instruction, width) {
    const { value, secret } = frame.stack.pop();
    const at = this.#address(frame, instruction);
    const set = `set${width === 8 ? "Big" : ""}Uint${8 * width}`;
    this.view[set](at, value, true);
    this.mark(at, width, secret);
  }

  #vectorMemory(frame, instruction) {
    const { width, store, load } = VECTOR_MEMORY[instruction.op];
    const vector = store || load.length > 2 ? frame.stack.pop() : undefined;
    const at = this.#address(frame, instruction);
    const bytes = this.memory.subarray(at, at + width);
    if (store) {
      bytes.set(store(vector.value, instruction));
      return this.mark(at, width, vector.secret);
    }
    const secret = this.#secret(at, width) || Boolean(vector?.secret);
    frame.stack.push({ value: load(bytes, instruction, vector?.value), secret });
  }

  /**
   * Branches to the label `depth` blocks out: takes the label's values along, and leaves the blocks
   * within it.
   */
  branch(frame, depth) {
    const label = frame.labels.at(-1 - depth);
    if (!label) {
      frame.at = frame.fn.code.length;
      return;
    }
    const values = label.loop || !label.arity ? [] : frame.stack.slice(-label.arity);
    frame.stack.length = label.height;
    frame.stack.push(...values);
    frame.labels.length -= label.loop ? depth : depth + 1;
    frame.at = label.loop ? label.start : label.end + 1;
  }

  enter(frame, { op, arity, end }) {
    const loop = op === 0x03;
    frame.labels.push({ loop, arity, end, start: frame.at, height: frame.stack.length });
  }

  invoke(frame, fn) {
    const args = frame.stack.splice(frame.stack.length - fn.type.params.length);
    frame.stack.push(...this.#run(fn, args));
  }

  grow(pages) {
    const before = this.memory.length / PAGE;
    this.#allocate(before + pages);
    return before;
  }

  fill(at, value, length) {
    this.memory.fill(value.value, at, at + length);
    this.mark(at, length, value.secret);
  }

  copy(to, from, length) {
    this.memory.copyWithin(to, from, from + length);
    this.secrets.copyWithin(to, from, from + length);
  }
}

const ZEROS = { 0x7f: () => 0, 0x7e: () => 0n, 0x7b: () => new Uint8Array(16) };

/** Each is called as a method of the machine, with the frame and the instruction. */
const CONTROL = {
  0x00(frame) {
    throw new Error(`unreachable in ${frame.fn.name}`);
  },
  0x01() {},
  0x02(frame, instruction) {
    this.enter(frame, instruction);
  },
  0x03(frame, instruction) {
    this.enter(frame, instruction);
  },
  0x04(frame, instruction) {
    const taken = this.decide(frame, "if");
    if (taken || instruction.otherwise) this.enter(frame, instruction);
    if (!taken) frame.at = (instruction.otherwise ?? instruction.end) + 1;
  },
  0x05(frame) {
    this.branch(frame, 0);
  },
  0x0b(frame) {
    frame.labels.pop();
  },
  0x0c(frame, { depth }) {
    this.branch(frame, depth);
  },
  0x0d(frame, { depth }) {
    if (this.decide(frame, "br_if")) this.branch(frame, depth);
  },
  0x0e(frame, { depths, depth }) {
    this.branch(frame, depths[this.decide(frame, "br_table") >>> 0] ?? depth);
  },
  0x0f(frame) {
    frame.at = frame.fn.code.length;
  },
  0x10(frame, { index }) {
    this.invoke(frame, this.module.functions[index]);
  },
  0x11(frame) {
    throw new Error(`call_indirect in ${frame.fn.name}`);
  },
  0x1a(frame) {
    frame.stack.pop();
  },
  0x1b(frame) {
    const first = this.decide(frame, "select");
    const [a, b] = frame.stack.splice(-2);
    frame.stack.push(first ? a : b);
  },
  0x20(frame, { index }) {
    frame.stack.push(frame.locals[index]);
  },
  0x21(frame, { index }) {
    frame.locals[index] = frame.stack.pop();
  },
  0x22(frame, { index }) {
    frame.locals[index] = frame.stack.at(-1);
  },
  0x23(frame, { index }) {
    frame.stack.push(this.globals[index]);
  },
  0x24(frame, { index }) {
    this.globals[index] = frame.stack.pop();
  },
  0x3f(frame) {
    frame.stack.push({ value: this.memory.length / PAGE, secret: false });
  },
  0x40(frame) {
    frame.stack.push({ value: this.grow(this.decide(frame, "memory.grow")), secret: false });
  },
  0x41(frame, { value }) {
    frame.stack.push({ value, secret: false });
  },
  0x42(frame, { value }) {
    frame.stack.push({ value: BigInt.asUintN(64, value), secret: false });
  },
  0xfc0a(frame) {
    const pop = (what) => this.decide(frame, what) >>> 0;
    const [length, from, to] = [pop("length"), pop("address"), pop("address")];
    this.copy(to, from, length);
  },
  0xfc0b(frame) {
    const length = this.decide(frame, "length") >>> 0;
    const value = frame.stack.pop();
    this.fill(this.decide(frame, "address") >>> 0, value, length);
  },
  0xfd0c(frame, { value }) {
    frame.stack.push({ value, secret: false });
  },
};
