/** The sentence encoder whose vectors a student was trained on. */
export interface EncoderNeed {
  /** Hash of the encoder's files and of how it is read. */
  readonly id: string;
  readonly dimensions: number;
}
