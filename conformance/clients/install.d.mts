/** Why a part is missing; null where it is there. */
export interface InstalledClients {
  readonly node: string | null;
  readonly python1: string | null;
  readonly python2: string | null;
}

export function pythonOf(environment: '1' | '2'): string;
export function installClients(): InstalledClients;
