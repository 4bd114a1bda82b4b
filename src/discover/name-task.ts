import type { Template, TemplateMessage } from '../records/task.ts';
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

/**
 * Readable names, the best first: the schema's name, then the first words that mean something in system messages, then in the messages
 * that carry the input, then anywhere. Not yet unique.
 */
export function namesFor({ template, formatJson, toolsJson }: NameSource): readonly string[] {
  const { messages } = template;
  const schema = /"name":"([^"\\]{2,60})"/.exec(formatJson ?? '')?.[1] ?? '';
  const tool = /"function":\{[^}]*?"name":"([^"\\]{2,60})"/.exec(toolsJson ?? '')?.[1] ?? '';
  const isSchemaTelling = !/^(response|output|result|schema|answer|json)$/i.test(schema);
  const names = [
    isSchemaTelling ? slug([schema]) : '',
    nameFromWords(systemConstantsOf(template)),
    nameFromWords(
      messages
        .filter(({ role, parts }) => role !== 'assistant' && parts.some((part) => part.kind === 'slot'))
        .flatMap(constantTexts),
    ),
    nameFromWords(constantsOf(template)),
    slug([tool]),
  ];
  const found = [...new Set(names.filter((name) => name !== ''))];
  return found.length > 0 ? found : [slug(constantsOf(template).flatMap(wordsOf).slice(0, mostWords)) || 'task'];
}

/** The constants of a template. */
export function constantsOf(template: Pick<Template, 'messages'>): readonly string[] {
  return template.messages.flatMap(constantTexts);
}

/** The constants of its system messages. */
export function systemConstantsOf(template: Pick<Template, 'messages'>): readonly string[] {
  return template.messages.filter(({ role }) => role === 'system' || role === 'developer').flatMap(constantTexts);
}

function constantTexts(message: TemplateMessage): readonly string[] {
  return message.parts.flatMap((part) => (part.kind === 'constant' ? [part.text] : []));
}

function nameFromWords(texts: readonly string[]): string {
  const telling = texts.flatMap(wordsOf).filter((word) => !emptyWords.has(word.toLowerCase()) && !/^\d/.test(word));
  return slug(distinctWords(telling));
}

function wordsOf(text: string): readonly string[] {
  return tokenise(text).filter(isWord);
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
    .replace(/^-/, '')
    .slice(0, 48)
    .replace(/-$/, '');
}

/** The first name that is free, or the first with a number that makes it so. */
export function uniqueName(names: readonly string[], isTaken: (name: string) => boolean): string {
  const free = names.find((name) => !isTaken(name));
  if (free !== undefined) return free;
  for (let number = 2; ; number++) if (!isTaken(`${names[0]}-${number}`)) return `${names[0]}-${number}`;
}
