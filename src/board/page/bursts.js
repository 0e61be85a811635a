/**
 * What for: the alarm bursts of IEC 60601-1-8. In: a priority. Out: its pulses and how often the burst is repeated. Pure: sound.js plays.
 *
 * High: ten pulses, 3-2 3-2, the cardiac melody C4 E4 G4 - G4 C5 twice. Medium: three pulses, C4 E4 G4. Low and technical: two, E4 C4.
 */

/** @typedef {import('./protocol.js').Priority} Priority */
/** @typedef {{startS: number, durationS: number, frequencyHz: number}} Pulse */
/** @typedef {{pulses: Pulse[], repeatS: number}} Burst */

const [C4_HZ, E4_HZ, G4_HZ, C5_HZ] = [261.63, 329.63, 392.0, 523.25];

const HIGH_PULSE_S = 0.15;
const HIGH_GAP_S = 0.1;
/** Between the third and the fourth pulse: the standard asks for twice the gap and a pulse. */
const HIGH_MIDDLE_GAP_S = 2 * HIGH_GAP_S + HIGH_PULSE_S;
/** Between the fifth and the sixth: 0.35 to 1.3 s. */
const HIGH_HALF_GAP_S = 0.7;
const MEDIUM_PULSE_S = 0.2;
const MEDIUM_GAP_S = 0.2;

/** @param {Priority} priority @returns {Burst} */
export function burst(priority) {
  switch (priority) {
    case 'high': {
      const melody = [C4_HZ, E4_HZ, G4_HZ, G4_HZ, C5_HZ];
      const gaps = [HIGH_GAP_S, HIGH_GAP_S, HIGH_MIDDLE_GAP_S, HIGH_GAP_S, HIGH_HALF_GAP_S];
      return { pulses: pulses([...melody, ...melody], [...gaps, ...gaps], HIGH_PULSE_S), repeatS: 10 };
    }
    case 'medium':
      return { pulses: pulses([C4_HZ, E4_HZ, G4_HZ], [MEDIUM_GAP_S, MEDIUM_GAP_S], MEDIUM_PULSE_S), repeatS: 15 };
    case 'low':
      return { pulses: pulses([E4_HZ, C4_HZ], [MEDIUM_GAP_S], MEDIUM_PULSE_S), repeatS: 30 };
    case 'technical':
      return { pulses: pulses([E4_HZ, C4_HZ], [MEDIUM_GAP_S], MEDIUM_PULSE_S), repeatS: 30 };
  }
}

/**
 * @param {number[]} frequenciesHz
 * @param {number[]} gapsS  after each pulse
 * @param {number} durationS
 * @returns {Pulse[]}
 */
function pulses(frequenciesHz, gapsS, durationS) {
  let startS = 0;
  return frequenciesHz.map((frequencyHz, index) => {
    const pulse = { startS, durationS, frequencyHz };
    startS += durationS + (gapsS[index] ?? 0);
    return pulse;
  });
}
