//! Consecutive beats of one kind, from the first to the one that ends them.

use super::Run;
use crate::ecg::Time;

/// The lowest rate is taken over so many RR intervals.
const SLOWEST_OVER: usize = 4;
/// A run has ended when nothing came for twice its mean interval, and for at least this long.
const PAUSE_TIMES: f64 = 2.0;
const SHORTEST_PAUSE_S: f64 = 1.5;
/// ... or for this long, when its first beat is all there is.
const FIRST_PAUSE_S: f64 = 3.0;

/// Follows one run after the other.
#[derive(Clone, Debug)]
pub(super) struct RunTracker {
    /// A run is said from so many beats on.
    least_beats: usize,
    current: Option<Current>,
    latest: Option<Run>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    beats: usize,
    /// Those that do not count unless one of the kind follows.
    unsure: usize,
    from: Time,
    /// Of the last beat that counts.
    to: Time,
    /// The latest intervals in seconds, the newest first; those not known yet are 0.
    intervals_s: [f64; SLOWEST_OVER],
    slowest_bpm: Option<f64>,
}

impl Current {
    fn bpm(&self) -> f64 {
        60.0 * (self.beats - 1) as f64 / self.to.seconds_since(self.from)
    }

    fn pause_s(&self) -> f64 {
        let intervals = self.beats.saturating_sub(1);
        if intervals == 0 {
            return FIRST_PAUSE_S;
        }
        (PAUSE_TIMES * self.to.seconds_since(self.from) / intervals as f64).max(SHORTEST_PAUSE_S)
    }

    fn run(&self, ended: bool) -> Run {
        let bpm = self.bpm();
        Run {
            beats: self.beats,
            bpm,
            slowest_bpm: self.slowest_bpm.unwrap_or(bpm),
            from: self.from,
            to: self.to,
            ended,
        }
    }
}

impl RunTracker {
    /// Runs of at least so many beats, which must be two or more.
    pub fn new(least_beats: usize) -> RunTracker {
        RunTracker { least_beats: least_beats.max(2), current: None, latest: None }
    }

    /// A beat of the kind: it goes on with the run or begins one.
    pub fn member(&mut self, at: Time) {
        self.pause(at);
        let Some(current) = self.current.as_mut().filter(|current| at > current.to) else {
            if self.current.is_none() {
                let intervals_s = [0.0; SLOWEST_OVER];
                self.current = Some(Current { beats: 1, unsure: 0, from: at, to: at, intervals_s, slowest_bpm: None });
            }
            return;
        };
        let steps = current.unsure + 1;
        let interval_s = at.seconds_since(current.to) / steps as f64;
        for _ in 0..steps {
            current.intervals_s.rotate_right(1);
            current.intervals_s[0] = interval_s;
        }
        current.beats += steps;
        current.unsure = 0;
        current.to = at;
        if current.beats > SLOWEST_OVER {
            let bpm = 60.0 * SLOWEST_OVER as f64 / current.intervals_s.iter().sum::<f64>();
            current.slowest_bpm = Some(current.slowest_bpm.map_or(bpm, |slowest| slowest.min(bpm)));
        }
        if current.beats >= self.least_beats {
            self.latest = Some(current.run(false));
        }
    }

    /// A beat that cannot be told: it counts if one of the kind follows.
    pub fn unsure(&mut self, at: Time) {
        self.pause(at);
        if let Some(current) = &mut self.current {
            current.unsure += 1;
            // More than two are no part of a run of this kind.
            if current.unsure > 2 {
                self.end();
            }
        }
    }

    /// A beat of another kind, or anything else that ends a run.
    pub fn end(&mut self) {
        if self.current.take().is_some_and(|current| current.beats >= self.least_beats)
            && let Some(latest) = &mut self.latest
        {
            latest.ended = true;
        }
    }

    /// What was taken for the latest run was none.
    pub fn revoke(&mut self) {
        self.current = None;
        self.latest = None;
    }

    /// No beat of the kind came until now.
    pub fn pause(&mut self, now: Time) {
        if self.current.is_some_and(|current| now.seconds_since(current.to) > current.pause_s()) {
            self.end();
        }
    }

    /// Beats of the run that goes on.
    pub fn length(&self) -> usize {
        self.current.map_or(0, |current| current.beats)
    }

    /// The latest run.
    pub fn latest(&self) -> Option<Run> {
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Time {
        Time::from_nanos((seconds * 1e9) as i64)
    }

    fn hear(tracker: &mut RunTracker, beats_s: &[f64]) {
        for seconds in beats_s {
            tracker.member(at(*seconds));
        }
    }

    #[test]
    fn a_run_has_its_rates_and_its_end() {
        let mut tracker = RunTracker::new(2);
        tracker.member(at(1.0));
        assert_eq!(tracker.latest(), None);
        for seconds in [1.4, 1.8, 2.2, 2.6, 3.2, 3.8] {
            tracker.member(at(seconds));
        }
        let run = tracker.latest().unwrap();
        assert_eq!((run.beats, run.from, run.to, run.ended), (7, at(1.0), at(3.8), false));
        assert!((run.bpm - 60.0 * 6.0 / 2.8).abs() < 1e-6);
        assert!((run.slowest_bpm - 60.0 * 4.0 / 2.0).abs() < 1e-6);
        tracker.end();
        assert!(tracker.latest().unwrap().ended);
    }

    #[test]
    fn a_pause_ends_it_and_the_next_beat_begins_another() {
        let mut tracker = RunTracker::new(2);
        hear(&mut tracker, &[1.0, 1.4, 1.8]);
        tracker.pause(at(3.2));
        assert!(!tracker.latest().unwrap().ended);
        tracker.pause(at(3.4));
        assert!(tracker.latest().unwrap().ended);
        hear(&mut tracker, &[5.0, 5.4]);
        assert_eq!(tracker.latest().unwrap().from, at(5.0));
    }

    #[test]
    fn what_cannot_be_told_counts_only_within() {
        let mut tracker = RunTracker::new(2);
        hear(&mut tracker, &[1.0, 1.4]);
        tracker.unsure(at(1.8));
        assert_eq!(tracker.latest().unwrap().beats, 2);
        tracker.member(at(2.2));
        assert_eq!(tracker.latest().unwrap().beats, 4);
    }

    proptest! {
        /// Whatever comes, rates are positive numbers, the slowest is no faster than the fastest, and time goes forward.
        #[test]
        fn rates_are_numbers(steps in prop::collection::vec((0_u8..4, 0_i64..3_000_000_000), 0..80)) {
            let mut tracker = RunTracker::new(2);
            let mut now = Time::default();
            for (step, later) in steps {
                now = now + crate::ecg::Duration::from_nanos(later);
                match step {
                    0 => tracker.end(),
                    1 => tracker.unsure(now),
                    _ => tracker.member(now),
                }
                if let Some(run) = tracker.latest() {
                    prop_assert!(run.beats >= 2 && run.from < run.to && run.to <= now);
                    prop_assert!(run.bpm.is_finite() && run.bpm > 0.0);
                    prop_assert!(run.slowest_bpm.is_finite() && run.slowest_bpm > 0.0);
                }
            }
        }
    }
}
