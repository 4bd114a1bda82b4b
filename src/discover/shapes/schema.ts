import { isJsonObject, type Json } from '../../records/call.ts';
import { canonicalJson, isList } from '../../records/shapes/canonical-json.ts';

/** The JSON schema in a `response_format` (`formatJson` of a prompt); undefined where there is none. */
export function schemaOf(formatJson: string | null): Json | undefined {
  if (formatJson === null) return undefined;
  try {
    const formats = JSON.parse(formatJson) as Json;
    const format = isList(formats) ? formats[0] : formats;
    const named = isJsonObject(format) ? format.json_schema : undefined;
    const schema = isJsonObject(named) ? named.schema : undefined;
    return isJsonObject(schema) ? schema : undefined;
  } catch {
    return undefined;
  }
}

/** What a schema says of the place at a path; undefined where it says nothing. */
export function schemaAt(schema: Json | undefined, path: readonly string[]): Json | undefined {
  let at = schema;
  for (const key of path) {
    const properties = isJsonObject(at) ? at.properties : undefined;
    at = isJsonObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  }
  return at;
}

/** Names of the fields that a schema gives an object. Their order is the alphabet's: a prompt keeps no other. */
export function propertiesAt(schema: Json | undefined, path: readonly string[]): readonly string[] {
  const at = schemaAt(schema, path);
  const required = isJsonObject(at) && isList(at.required) ? at.required.filter((key) => typeof key === 'string') : [];
  const properties = isJsonObject(at) && isJsonObject(at.properties) ? Object.keys(at.properties) : [];
  return [...new Set([...required, ...properties])];
}

/** In people's words: how a value breaks a schema; null where it does not. Looks at types, enums, required and further fields. */
export function whyBroken(schema: Json | undefined, value: Json, name = 'the answer'): string | null {
  if (!isJsonObject(schema)) return null;
  if (isList(schema.enum) && !schema.enum.some((one) => canonicalJson(one) === canonicalJson(value)))
    return `${name} is ${excerpt(value)}, which is none of the values that the schema lists`;
  if (!fitsType(schema.type, value)) return `${name} is ${excerpt(value)}, which is not of the type in the schema`;
  if (isList(value))
    return value.reduce<string | null>((why, item) => why ?? whyBroken(schema.items, item, `an item of ${name}`), null);
  if (!isJsonObject(value)) return null;
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const missing = (isList(schema.required) ? schema.required : []).find((key) => !Object.hasOwn(value, String(key)));
  if (missing !== undefined) return `\`${String(missing)}\` is missing, which the schema requires`;
  for (const [key, item] of Object.entries(value)) {
    if (schema.additionalProperties === false && !Object.hasOwn(properties, key))
      return `\`${key}\` is not in the schema`;
    const why = item === undefined ? null : whyBroken(properties[key], item, `\`${key}\``);
    if (why !== null) return why;
  }
  return null;
}

function fitsType(type: Json | undefined, value: Json): boolean {
  const types = isList(type) ? type : typeof type === 'string' ? [type] : [];
  return (
    types.length === 0 ||
    types.some((one) => one === typeOf(value) || (one === 'number' && typeOf(value) === 'integer'))
  );
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function excerpt(value: Json): string {
  const json = JSON.stringify(value);
  return json.length > 40 ? `${json.slice(0, 40)}…` : json;
}
