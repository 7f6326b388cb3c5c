// Values in a JSON answer by their paths: names and places with dots between (`error.code`, `errors.0.item`), or `$` for
// the whole.

/** Undefined where there is nothing. */
export function valueAt(json: unknown, path: string): unknown {
  if (path === '$') return json
  return path.split('.').reduce(own, json)
}

function own(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined
  return (holder as Record<string, unknown>)[name] // an object, as was just seen
}

/** Undefined where the text is no JSON; `null` is JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
