//! Supraventricular runs: narrow beats that begin with a premature one and go on fast.
//!
//! The classifier tells the first beat; the ones after it are in time with each other, so the rate tells them.

use super::beat_log::BeatLog;
use super::run::RunTracker;
use crate::beats::BeatClass;

/// A run is faster than 100 a minute, and than this part of the interval before it.
const FAST_S: f64 = 0.6;
const FASTER_THAN_BEFORE: f64 = 0.85;
/// A pair of premature beats is none yet.
const LEAST_BEATS: usize = 3;

/// Follows supraventricular runs.
#[derive(Clone, Debug)]
pub(super) struct SupraventricularRuns {
    pub runs: RunTracker,
    /// The mean interval before the run.
    before_s: f64,
}

impl Default for SupraventricularRuns {
    fn default() -> SupraventricularRuns {
        SupraventricularRuns { runs: RunTracker::new(LEAST_BEATS), before_s: 0.0 }
    }
}

impl SupraventricularRuns {
    /// Takes the latest beat of the log; in atrial fibrillation no beat comes too early, and no run begins.
    pub fn beat(&mut self, log: &BeatLog, fibrillates: bool) {
        let Some((beat, interval_s)) = log.latest().next().zip(log.last_interval_s()) else { return };
        let narrow = matches!(beat.class, BeatClass::Normal | BeatClass::Supraventricular);
        if self.runs.length() > 0 {
            if narrow && interval_s < FAST_S && interval_s < FASTER_THAN_BEFORE * self.before_s {
                self.runs.member(beat.at);
                return;
            }
            self.runs.end();
        }
        if beat.class == BeatClass::Supraventricular && !fibrillates {
            self.before_s = log.mean_interval_s(1).unwrap_or(f64::MAX);
            self.runs.member(beat.at);
        }
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
    fn sinus_tachycardia_single_beats_and_ventricular_ones_are_no_run() {
        assert_eq!(hear(&[(0.45, 'N'); 40]), None);
        let mut beats = vec![(0.8, 'N'); 8];
        beats.extend([(0.5, 'S'), (0.9, 'N'), (0.8, 'N')]);
        assert_eq!(hear(&beats), None);
        beats.extend([(0.5, 'S'), (0.4, 'V'), (0.4, 'V')]);
        assert_eq!(hear(&beats), None);
    }
}
