// Random values of JavaScript, as Any and as JSON text that nobody has tidied up.

import * as encoding from 'lib0/encoding';

const numbers = [0, -0, 1, -1, 63, 64, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 2 ** 53, 1e21, 1e20, 123456789012345680000, 1e-6, 1e-7, 1.5, 0.1];
const edges = [5e-324, 1.7976931348623157e308, NaN, Infinity, -Infinity, 3.4028234663852886e38, 3.5e38];
const numberTexts = ['1e400', '-1e400', '1e-400', '-1e-400', '0e99999999999', `1${'0'.repeat(400)}`, `0.${'0'.repeat(400)}1`, '123e999999999999999'];
const moreNumberTexts = [`-0.${'0'.repeat(400)}1e401`, '9007199254740993', '2.2250738585072011e-308', '4.9e-324', '2e-324', '3e-324', '1.7976931348623159e308'];
const pieces = ['a', 'é', '€', '😀', '\ud83d', '\ude00', '"', '\\', '/', '\n', '\b', '\x7f', '\0', '\x1f', '\ud7ff', '\ue000', ' ', '\ufeff', '\u2028'];
const keys = ['a', 'b', 'c', '0', '1', '2', '10', '01', '-1', '4294967294', '4294967295', '4294967293', '1e3', '__proto__', 'toJSON', 'length', ''];

const anyDouble = (random) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, random.integer(0, 2 ** 32));
  view.setUint32(4, random.integer(0, 2 ** 32));
  return view.getFloat64(0);
};

const someNumber = (random) =>
  random.weighted([
    [2, () => random.pick([...numbers, ...edges])],
    [2, () => anyDouble(random)],
    [1, () => Math.fround(anyDouble(random))],
    [2, () => random.integer(-1000, 1000) / random.pick([1, 3, 8, 10, 1000])],
    [1, () => random.integer(-1000, 1000) * 10 ** random.integer(-30, 30)],
  ])();

const someText = (random) => Array.from({ length: random.integer(0, 6) }, () => random.pick(pieces)).join('');

const someObject = (random, child) => {
  const object = {};
  for (let i = random.integer(0, random.pick([4, 14])); i > 0; i--) {
    const key = random.chance(0.5) ? someText(random) : random.pick(keys);
    Object.defineProperty(object, key, { value: child(), enumerable: true, configurable: true, writable: true });
  }
  return object;
};

const value = (random, others, depth) => {
  const child = () => value(random, others, depth + 1);
  return random.weighted([
    [2, () => someNumber(random)],
    [2, () => someText(random)],
    [1, () => random.pick([null, true, false])],
    ...others(random),
    [depth > 4 ? 0 : 2, () => Array.from({ length: random.integer(0, 5) }, child)],
    [depth > 4 ? 0 : 2, () => someObject(random, child)],
  ])();
};

// A value that JSON has.
export const someJsonValue = (random) => value(random, () => [], 0);

// A value that Any has: undefined and bytes too.
export const someAnyValue = (random) =>
  value(
    random,
    () => [
      [1, () => undefined],
      [0.5, () => random.bytes(random.integer(0, 12))],
    ],
    0,
  );

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);

// The members of an object in any order, some twice.
const someMembers = (random, object) => {
  const members = random.shuffled(Object.entries(object));
  if (members.length > 0 && random.chance(0.3)) members.push(...members.slice(0, 2).map(([key]) => [key, someNumber(random)]));
  return members;
};

// lib0 assigns `__proto__`: null or bytes there would change what the assignments behind it do.
const harmless = (key, value) => (key === '__proto__' && (value === null || value instanceof Uint8Array) ? 1 : value);

// The value as Any, which may say it in ways that lib0 reads but does not write.
export const untidyAny = (random, value) => {
  const encoder = encoding.createEncoder();
  const write = (part) => {
    if (isObject(part)) {
      const members = someMembers(random, part);
      encoding.write(encoder, 118);
      encoding.writeVarUint(encoder, members.length);
      for (const [key, child] of members) {
        encoding.writeVarString(encoder, key);
        write(harmless(key, child));
      }
    } else if (Array.isArray(part)) {
      encoding.write(encoder, 117);
      encoding.writeVarUint(encoder, part.length);
      part.forEach(write);
    } else {
      encoding.writeAny(encoder, part);
    }
  };
  write(value);
  return encoding.toUint8Array(encoder);
};

// The value as JSON text with spaces, escapes and numbers as other programs may write them.
export const untidyJson = (random, value) => {
  const space = () => random.pick(['', '', ' ', '\n\t', '\r ']);
  const list = (open, items, close) => open + space() + items.map((item) => item + space()).join(`,${space()}`) + close;
  const write = (part) => {
    if (typeof part === 'string') return untidyText(random, part);
    if (typeof part === 'number') return Number.isFinite(part) ? untidyNumber(random, part) : 'null';
    if (Array.isArray(part)) return list('[', part.map(write), ']');
    if (!isObject(part)) return String(part);
    const members = someMembers(random, part);
    return list(
      '{',
      members.map(([key, child]) => `${untidyText(random, key)}${space()}:${space()}${write(child)}`),
      '}',
    );
  };
  return space() + write(value) + space();
};

const untidyText = (random, text) => {
  const units = Array.from({ length: text.length }, (_, at) => {
    const unit = text.charCodeAt(at);
    const mustEscape = unit < 32 || unit === 34 || unit === 92 || (unit & 0xf800) === 0xd800;
    if (mustEscape || random.chance(0.3)) return `\\u${unit.toString(16).padStart(4, '0')}`;
    return text[at] === '/' && random.chance(0.5) ? '\\/' : text[at];
  });
  return `"${units.join('')}"`;
};

const untidyNumber = (random, number) =>
  random.pick([
    () => (Object.is(number, -0) ? '-0' : String(number)),
    () => number.toExponential(20),
    () => (/[.e]/.test(String(number)) ? String(number) : `${number}.000`),
    () => random.pick([...numberTexts, ...moreNumberTexts]),
  ])();
