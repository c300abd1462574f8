/**
 * Which interface an object has, whatever realm made it. `instanceof` knows only the classes of this
 * page. A sender of a connection that an iframe, a popup or a Picture-in-Picture window made has another
 * class. An accessor of WebIDL or ECMAScript throws on an object of another interface, and on a proxy.
 */

/** A check by an accessor. @type {(prototype: object | undefined, name: PropertyKey) => (value: unknown) => boolean} */
export const has = (prototype, name) => {
  const get = prototype && Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (value) => {
    try { return get !== undefined && (get.call(value), true); }
    catch { return false; }
  };
};
const isBuffer = has(ArrayBuffer.prototype, "byteLength");
const nameOfTypedArray = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

/** @returns {value is URL} */
export function isUrl(/** @type {unknown} */ value) { return has(URL.prototype, "href")(value); }
/** Over memory of its own, which no other thread can change. @returns {value is Uint8Array<ArrayBuffer>} */
export function isBytes(/** @type {unknown} */ value) {
  return nameOfTypedArray?.call(value) === "Uint8Array" && isBuffer(/** @type {any} */ (value).buffer);
}
/** @returns {value is DOMException} */
export function isDomException(/** @type {unknown} */ value) {
  return Object.prototype.toString.call(value) === "[object DOMException]";
}
