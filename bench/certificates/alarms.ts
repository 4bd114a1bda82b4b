import { BettingAlarm } from '../../src/certify/betting-alarm.ts';
import { type Random, seededRandom } from '../../src/records/random.ts';
import { isKept, type Line, median, type Section } from './report.ts';

interface Alarm {
  /** True once raised. */
  add(isError: boolean): boolean;
}

const CHANGES = [
  { allowed: 0.02, worse: 0.05 },
  { allowed: 0.02, worse: 0.1 },
  { allowed: 0.01, worse: 0.05 },
];
const AGES = [0, 1000, 3000];
const LIFE = 10_000;

/** False alarms at the boundary of what is allowed, and the median delay after a change; good checks err half as often as allowed. */
export function alarmSection(delta: number, draws: number): Section {
  const rules: Readonly<Record<string, (allowed: number) => Alarm>> = {
    'stakes at clusters of errors': (allowed) => new BettingAlarm({ allowed, delta }),
    'stakes even over 10,000 checks': (allowed) => spreadAlarm(allowed, delta, () => 1 / LIFE),
    'one stake at the start': (allowed) => spreadAlarm(allowed, delta, (check) => (check === 0 ? 1 : 0)),
  };
  const lines = Object.entries(rules).map(([rule, open]): Line => {
    const random = seededRandom(31);
    const raised = Array.from({ length: draws }, () => checksUntilRaised(open(0.02), 0.02, LIFE, random)).filter(
      (check) => check !== null,
    ).length;
    const delays = CHANGES.map(({ allowed, worse }) => [
      `${100 * allowed} % → ${100 * worse} % after ${AGES.join('/')} good`,
      AGES.map((age) => medianDelay(() => open(allowed), { allowed, worse, age, lives: draws / 3, random })).join(
        ' / ',
      ),
    ]);
    return { rule, 'false alarms': raised / draws, kept: isKept(raised, draws, delta), ...Object.fromEntries(delays) };
  });
  return { title: `Alarms: false ones in ${LIFE} checks at 2 %, median checks until a change is noticed`, lines };
}

function medianDelay(
  open: () => Alarm,
  change: {
    readonly allowed: number;
    readonly worse: number;
    readonly age: number;
    readonly lives: number;
    readonly random: Random;
  },
): number {
  const delays: number[] = [];
  for (let life = 0; life < change.lives; life++) {
    const alarm = open();
    if (checksUntilRaised(alarm, change.allowed / 2, change.age, change.random) !== null) continue;
    delays.push(checksUntilRaised(alarm, change.worse, LIFE, change.random) ?? LIFE);
  }
  return median(delays);
}

function checksUntilRaised(alarm: Alarm, share: number, checks: number, random: Random): number | null {
  for (let check = 1; check <= checks; check++) if (alarm.add(random() < share)) return check;
  return null;
}

/** The known forms: for each λ, W ← (W + w)(1 + λ(x − a)) with stakes that depend on the number of the check alone. */
function spreadAlarm(allowed: number, delta: number, stakeAt: (check: number) => number): Alarm {
  const lambdas = [1, 2, 5, 10, 20, 40].filter((lambda) => lambda < 1 / allowed);
  const capitals = new Float64Array(lambdas.length);
  let checks = 0;
  return {
    add(isError) {
      const stake = stakeAt(checks++) / lambdas.length;
      let sum = 0;
      for (let bet = 0; bet < capitals.length; bet++) {
        const gain = 1 + (lambdas[bet] ?? 0) * ((isError ? 1 : 0) - allowed);
        capitals[bet] = ((capitals[bet] ?? 0) + stake) * gain;
        sum += capitals[bet] ?? 0;
      }
      return sum >= 1 / delta;
    },
  };
}
