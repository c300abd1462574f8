/**
 * Tells which interface an object has, whatever realm made it. `instanceof` knows only the classes
 * of this page, and an iframe, a popup or a Picture-in-Picture window has classes of its own. An
 * accessor of WebIDL or ECMAScript throws on an object of another interface, and on a proxy.
 */

/** A check whether the accessor `name` of this prototype accepts a value. */
export function has(prototype: object | undefined, name: PropertyKey) {
  const get = prototype && Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (value: unknown): boolean => {
    try {
      return get !== undefined && (get.call(value), true);
    } catch {
      return false;
    }
  };
}

const isBuffer = has(ArrayBuffer.prototype, "byteLength");
const nameOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

export function isUrl(value: unknown): value is URL {
  return has(URL.prototype, "href")(value);
}

/** Whether the bytes are over memory of their own, which no other thread can change. */
export function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return nameOfTypedArray?.call(value) === "Uint8Array" && isBuffer((value as Uint8Array).buffer);
}

export function isDomException(value: unknown): value is DOMException {
  return Object.prototype.toString.call(value) === "[object DOMException]";
}
