/** The constant part of every call's prompt: about 1.5 kB, as applications write them. */
export const longSystem = [
  'Sort the ticket into one department. Answer with the name of the department alone.',
  ...['billing', 'travel', 'health'].map(
    (name) =>
      `The department "${name}" takes every ticket whose main concern is ${name}. Where a ticket speaks of several things, the one that the customer asks to be done decides; greetings, thanks, names, numbers of orders and what happened before do not count. A ticket that only complains belongs where the thing complained about belongs.`,
  ),
  'Never explain, never add a full stop, never invent another department, and answer in lower case whatever the language of the ticket.',
].join('\n');
