//! Chest compressions: what they do to an electrode while somebody resuscitates.
//!
//! In: the time since the compressions began. Out: a swing between -1 and 1, the same for all electrodes, so that
//! electrodes differ in size only. Compressions come 100 to 120 times a minute (guidelines of the European Resuscitation
//! Council and the American Heart Association), a little unevenly, steep on the way down and slower on the way up.

use std::f64::consts::TAU;

/// The mean rate, and how far and how often it strays: 102 to 118 a minute.
const RATE_HZ: f64 = 110.0 / 60.0;
const DEVIATION_HZ: f64 = 8.0 / 60.0;
const DRIFT_HZ: f64 = 0.07;
/// After so many compressions two breaths are given ...
const COMPRESSIONS: f64 = 30.0;
/// ... in this many seconds.
const BREATHS_S: f64 = 4.0;

/// The swing `since_s` seconds after the first compression; 0 while breaths are given.
pub(super) fn swing(since_s: f64) -> f64 {
    let cycle_s = COMPRESSIONS / RATE_HZ + BREATHS_S;
    let place_s = since_s.rem_euclid(cycle_s);
    // The integral of the drifting rate over this cycle.
    let start_s = since_s - place_s;
    let phase = |t_s: f64| RATE_HZ * t_s - DEVIATION_HZ / (TAU * DRIFT_HZ) * (TAU * DRIFT_HZ * t_s).cos();
    let count = phase(since_s) - phase(start_s);
    if !(0.0..COMPRESSIONS).contains(&count) {
        return 0.0;
    }
    let turn = TAU * count;
    // The first half of the first one and the last half of the last lead from and to rest.
    let edge = super::fade(2.0 * count.min(COMPRESSIONS - count));
    // No two compressions are equally deep.
    let depth = edge * (0.9 + 0.1 * (TAU * 0.31 * since_s).sin());
    depth * (turn.sin() + 0.45 * (2.0 * turn + 0.6).sin() + 0.2 * (3.0 * turn + 1.1).sin()) / 1.65
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_compressions_at_100_to_120_a_minute_and_a_rest() {
        let step_s = 0.001;
        let upward: Vec<f64> = (0..60_000)
            .map(|n| f64::from(n) * step_s)
            .filter(|&t_s| swing(t_s) < 0.0 && swing(t_s + step_s) >= 0.0)
            .collect();
        let intervals: Vec<f64> = upward.windows(2).map(|pair| pair[1] - pair[0]).filter(|&s| s > 0.2).collect();
        let rests = intervals.iter().filter(|&&s| s > 2.0).count();
        assert!((2..=3).contains(&rests), "{intervals:?}");
        let compressions: Vec<_> = intervals.iter().filter(|&&s| s < 2.0).collect();
        assert!(compressions.iter().all(|&&s| (0.49..0.62).contains(&s)), "{compressions:?}");
        assert!((0..60_000).all(|n| swing(f64::from(n) * step_s).abs() <= 1.0));
    }
}
