/** Numbers that grow. */
export class GrowingIntegers {
  #values = new Int32Array(4096);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) this.#values = doubled(this.#values);
    this.#values[this.length++] = value;
  }

  trimmed(): Int32Array {
    return this.#values.slice(0, this.length);
  }
}

/** Gives each hash a number in order of first appearance, counts it, and remembers what it speaks of. */
export class FeatureInterner {
  hashes = new Int32Array(4096);
  counts = new Int32Array(4096);
  groups = new Int32Array(4096);
  size = 0;
  #places = new Int32Array(16384).fill(-1);

  intern(hash: number, group: number): number {
    const mask = this.#places.length - 1;
    let place = hash & mask;
    for (;;) {
      const feature = this.#places[place] as number;
      if (feature === -1) break;
      if (this.hashes[feature] === hash) {
        this.counts[feature] = (this.counts[feature] as number) + 1;
        return feature;
      }
      place = (place + 1) & mask;
    }
    const feature = this.size++;
    if (feature === this.hashes.length) this.#grow();
    this.#places[place] = feature;
    this.hashes[feature] = hash;
    this.counts[feature] = 1;
    this.groups[feature] = group;
    if (this.size * 2 > this.#places.length) this.#rehash();
    return feature;
  }

  #grow(): void {
    this.hashes = doubled(this.hashes);
    this.counts = doubled(this.counts);
    this.groups = doubled(this.groups);
  }

  #rehash(): void {
    this.#places = new Int32Array(this.#places.length * 2).fill(-1);
    const mask = this.#places.length - 1;
    for (let feature = 0; feature < this.size; feature++) {
      let place = (this.hashes[feature] as number) & mask;
      while (this.#places[place] !== -1) place = (place + 1) & mask;
      this.#places[place] = feature;
    }
  }
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
}
