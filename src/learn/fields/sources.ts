export { chooseNormaliser, type Valued } from '../normalise/choose-normaliser.ts';
export { applyNormaliser, exactly, findSources, type Normaliser } from '../normalise/normaliser.ts';
