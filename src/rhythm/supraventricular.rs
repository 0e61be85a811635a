//! Supraventricular runs: narrow beats that begin with a premature one, or all at once, and go on fast.
//!
//! In goes each beat with its class, out come the runs. Of a premature beat the classifier tells; the ones after it are in
//! time with each other, so the rate tells them. A rate that jumps is no sinus tachycardia, which takes many beats to rise.

use super::beat_log::BeatLog;
use super::run::RunTracker;
use crate::beats::BeatClass;

/// A run is faster than 100 a minute, and than this part of the interval before it.
const FAST_S: f64 = 0.6;
const FASTER_THAN_BEFORE: f64 = 0.85;
/// Without a premature beat the first interval is this part of the mean before ...
const ABRUPT: f64 = 0.7;
/// ... and each that follows is like the one before, within this factor either way.
const EVEN: f64 = 1.15;
/// A pair of premature beats is none yet.
const LEAST_BEATS: usize = 3;

/// Follows supraventricular runs.
#[derive(Clone, Debug)]
pub(super) struct SupraventricularRuns {
    pub runs: RunTracker,
    /// The mean interval before the run.
    before_s: f64,
    /// Did it begin with a premature beat?
    premature: bool,
    /// The interval before this one, in a run that did not.
    last_s: Option<f64>,
}

impl Default for SupraventricularRuns {
    fn default() -> SupraventricularRuns {
        SupraventricularRuns { runs: RunTracker::new(LEAST_BEATS), before_s: 0.0, premature: false, last_s: None }
    }
}

impl SupraventricularRuns {
    /// Takes the latest beat of the log; in atrial fibrillation no beat comes too early, and no run begins.
    pub fn beat(&mut self, log: &BeatLog, fibrillates: bool) {
        let Some((beat, interval_s)) = log.latest().next().zip(log.last_interval_s()) else { return };
        let narrow = matches!(beat.class, BeatClass::Normal | BeatClass::Supraventricular);
        if self.runs.length() > 0 {
            if narrow && self.goes_on(interval_s) {
                self.runs.member(beat.at);
                return;
            }
            self.runs.end();
        }
        let mean_s = log.mean_interval_s(1).unwrap_or(f64::MAX);
        let premature = beat.class == BeatClass::Supraventricular;
        let abrupt = narrow && mean_s < f64::MAX && interval_s < FAST_S && interval_s < ABRUPT * mean_s;
        if !fibrillates && (premature || abrupt) {
            (self.before_s, self.premature, self.last_s) = (mean_s, premature, None);
            self.runs.member(beat.at);
        }
    }

    fn goes_on(&mut self, interval_s: f64) -> bool {
        let last_s = self.last_s.replace(interval_s);
        let even = self.premature || last_s.is_none_or(|last_s| (last_s / EVEN..=last_s * EVEN).contains(&interval_s));
        even && interval_s < FAST_S && interval_s < FASTER_THAN_BEFORE * self.before_s
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ClassedBeat, Run};
    use super::*;
    use crate::ecg::Time;

    fn hear(beats: &[(f64, char)]) -> Option<Run> {
        let (mut log, mut runs) = (BeatLog::default(), SupraventricularRuns::default());
        let mut now_s = 0.0;
        for (interval_s, letter) in beats {
            now_s += interval_s;
            let class = match letter {
                'S' => BeatClass::Supraventricular,
                'V' => BeatClass::Ventricular,
                _ => BeatClass::Normal,
            };
            let at = Time::from_nanos((now_s * 1e9) as i64);
            log.push(ClassedBeat { at, class, shape: Some(0), own: letter != &'V', width_ms: Some(90), p_wave: None });
            runs.beat(&log, false);
        }
        runs.runs.latest()
    }

    #[test]
    fn a_run_begins_early_and_ends_with_the_old_rhythm() {
        let mut beats = vec![(0.8, 'N'); 8];
        beats.extend([(0.5, 'S'), (0.4, 'S'), (0.4, 'N'), (0.4, 'N')]);
        let run = hear(&beats).unwrap();
        assert_eq!((run.beats, run.ended), (4, false));
        assert!((run.bpm - 150.0).abs() < 1e-3);
        beats.push((0.9, 'N'));
        assert!(hear(&beats).unwrap().ended);
    }

    #[test]
    fn a_rate_that_jumps_and_stays_even_is_a_run() {
        let mut beats = vec![(0.8, 'N'); 8];
        beats.extend([(0.5, 'N'), (0.35, 'N'), (0.36, 'N'), (0.35, 'N'), (0.35, 'N')]);
        let run = hear(&beats).unwrap();
        assert_eq!((run.beats, run.ended), (5, false));
        // Not so when it scatters, as in atrial fibrillation, or rises beat by beat.
        let mut beats = vec![(0.8, 'N'); 8];
        beats.extend([(0.5, 'N'), (0.35, 'N'), (0.45, 'N'), (0.3, 'N'), (0.4, 'N')]);
        assert!(hear(&beats).is_none_or(|run| run.beats < 5));
        let mut beats = vec![(0.8, 'N'); 8];
        beats.extend((0..20).map(|beat| (0.78 - 0.02 * f64::from(beat), 'N')));
        assert_eq!(hear(&beats), None);
    }

    #[test]
    fn sinus_tachycardia_single_beats_and_ventricular_ones_are_no_run() {
        assert_eq!(hear(&[(0.45, 'N'); 40]), None);
        let mut beats = vec![(0.8, 'N'); 8];
        beats.extend([(0.5, 'S'), (0.9, 'N'), (0.8, 'N')]);
        assert_eq!(hear(&beats), None);
        beats.extend([(0.5, 'S'), (0.4, 'V'), (0.4, 'V')]);
        assert_eq!(hear(&beats), None);
    }
}
