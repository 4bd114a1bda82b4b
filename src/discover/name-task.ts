import type { Template } from '../records/task.ts';
import { isWord, tokenise } from './tokens.ts';

/** What says nothing about a task: how models are addressed and told to answer. */
const emptyWords = new Set(
  (
    'a an the and or of to in on at for with from by as is are was be been it its this that these those which what who whom how when where why ' +
    'you your yours we our i me my he she they them their us one ones each every any all some no not only just exactly same into ' +
    'can could should would will shall may might must do does did done has have had if then else than so such ' +
    'please assistant helpful expert ai model bot system user following given below above task job role act ' +
    'answer answers answered reply replies respond response return output write give say says tell text json format word words sentence ' +
    'nothing else here there between about there use using choose put make finish get want wants single friendly professional'
  ).split(' '),
);

const mostWords = 3;

export interface NameSource {
  readonly template: Pick<Template, 'messages'>;
  readonly formatJson: string | null;
  readonly toolsJson: string | null;
}

/** A readable name from the schema's name or the first words of the prompt that mean something. Not yet unique. */
export function nameTask({ template, formatJson, toolsJson }: NameSource): string {
  const schema = /"name":"([^"\\]{2,60})"/.exec(formatJson ?? '')?.[1];
  if (schema !== undefined) {
    const name = slug([schema]);
    if (name && !/^(response|output|result|schema|answer|json)$/.test(name)) return name;
  }
  const words = constantsOf(template).flatMap((text) => tokenise(text).filter(isWord));
  const name = slug(distinctWords(words.filter((word) => !emptyWords.has(word.toLowerCase()) && !/^\d/.test(word))));
  if (name) return name;
  const tool = /"function":\{[^}]*?"name":"([^"\\]{2,60})"/.exec(toolsJson ?? '')?.[1];
  return slug(tool === undefined ? words.slice(0, mostWords) : [tool]) || 'task';
}

/** The constants of a template, system messages first. */
export function constantsOf(template: Pick<Template, 'messages'>): readonly string[] {
  const isSystem = (role: string): boolean => role === 'system' || role === 'developer';
  const messages = [...template.messages].sort((a, b) => Number(isSystem(b.role)) - Number(isSystem(a.role)));
  return messages.flatMap((message) => message.parts.flatMap((part) => (part.kind === 'constant' ? [part.text] : [])));
}

function distinctWords(words: readonly string[]): readonly string[] {
  return [...new Map(words.map((word) => [word.toLowerCase(), word])).values()].slice(0, mostWords);
}

function slug(words: readonly string[]): string {
  return words
    .join('-')
    .toLowerCase()
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '');
}

/** The name itself, or with the first number that makes it unique. */
export function uniqueName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; ; number++) if (!isTaken(`${name}-${number}`)) return `${name}-${number}`;
}
