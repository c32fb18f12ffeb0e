// Lines of the server's log, as objects.

// Of one in JSON or in the form for people. What is neither stands under `text`.
export function readLogLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return readTextLine(line) ?? { text: line };
  }
}

// "2026-01-31T12:00:00.000Z INFO  room.loaded  room=plan reason=\"two words\"". Undefined when the whole line is not of
// that form: then something in it was not quoted.
function readTextLine(line) {
  const head = /^(\S+Z) (DEBUG|INFO |WARN |ERROR) ([a-z_.]+) /.exec(line);
  if (!head) return undefined;
  const entry = { time: head[1], level: head[2].trim().toLowerCase(), event: head[3] };
  const fields = / ([a-z_]+)=("(?:[^"\\]|\\.)*"|[^\s"=\\]+)/y;
  fields.lastIndex = head[0].length;
  for (let at = head[0].length; at < line.length; at = fields.lastIndex) {
    const field = fields.exec(line);
    if (!field) return undefined;
    entry[field[1]] = valueOf(field[2]);
  }
  return entry;
}

function valueOf(text) {
  if (text.startsWith('"') || /^(true|false|null|-?\d+(\.\d+)?)$/.test(text)) return JSON.parse(text);
  return text;
}
