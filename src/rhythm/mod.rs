//! What the beats amount to: rates over any number of beats, and how long there was none.
//!
//! In go beats in time order and the times at which nothing could be seen, out come rates with the span that carries them.

mod findings;

use std::collections::VecDeque;

use crate::ecg::Time;

pub use findings::{
    AtrialFibrillation, Count, Findings, LongInterval, Multiform, Noise, Oscillation, PacingFault, PacingFaultKind,
    Pattern, PatternKind, Premature, Run,
};

/// Beats kept: more than any alarm looks at.
const KEPT: usize = 40;

/// Beats that enter the displayed heart rate (8 RR intervals, as monitors disclose under IEC 60601-2-27).
const DISPLAYED: usize = 9;

/// The longest RR interval that counts as one: 15 bpm is the lowest rate that a monitor shows (IEC 60601-2-27), give or
/// take 1 bpm. With an interval as long as this there may be an asystole alarm, and the rate is still right.
pub const LONGEST_INTERVAL_S: f64 = 60.0 / 14.0;

/// A rate and the beats it was taken from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Beats a minute.
    pub bpm: f64,
    /// The first beat.
    pub from: Time,
    /// The last beat, or the end of the interval that is still open.
    pub to: Time,
}

impl Rate {
    fn over(intervals: usize, from: Time, to: Time) -> Option<Rate> {
        let seconds = to.seconds_since(from);
        (seconds > 0.0 && intervals > 0).then(|| Rate { bpm: 60.0 * intervals as f64 / seconds, from, to })
    }
}

/// The beats of one bed, as far back as alarms look.
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    beats: VecDeque<Time>,
    watched_since: Option<Time>,
    findings: Findings,
}

impl Rhythm {
    /// From here on the absence of beats means something.
    pub fn watch(&mut self, from: Time) {
        self.watched_since.get_or_insert(from);
    }

    /// Nothing can be seen from here on: rates must not reach across.
    pub fn interrupt(&mut self) {
        self.beats.clear();
        self.watched_since = None;
    }

    /// A beat, and the length of a pause that no rate may reach across (s), if it is more than [`LONGEST_INTERVAL_S`].
    pub fn beat(&mut self, at: Time, longest_pause_s: f64) {
        let longest_s = longest_pause_s.max(LONGEST_INTERVAL_S);
        if self.beats.back().is_some_and(|last| at.seconds_since(*last) > longest_s) {
            self.beats.clear();
        }
        if self.beats.len() == KEPT {
            self.beats.pop_front();
        }
        self.beats.push_back(at);
    }

    /// What can be said of the rhythm now.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Is the bed watched?
    pub fn is_watched(&self) -> bool {
        self.watched_since.is_some()
    }

    /// The last beat, or when watching began, whichever is later: the absence of beats counts from here.
    pub fn quiet_since(&self) -> Option<Time> {
        let watched = self.watched_since?;
        Some(self.beats.back().map_or(watched, |last| watched.max(*last)))
    }

    /// The last beat.
    pub fn last_beat(&self) -> Option<Time> {
        self.beats.back().copied()
    }

    /// Length of the last RR interval in seconds.
    pub fn last_interval_s(&self) -> Option<f64> {
        let last = self.beats.back()?;
        let before = self.beats.iter().rev().nth(1)?;
        Some(last.seconds_since(*before))
    }

    /// Rate over the last `beats` beats; `None` when there are fewer.
    pub fn rate_over(&self, beats: usize) -> Option<Rate> {
        let first = *self.beats.iter().rev().nth(beats.checked_sub(1)?)?;
        Rate::over(beats - 1, first, *self.beats.back()?)
    }

    /// Rate over the last `beats` beats, the last of which has not come by `now`: the interval still open counts as one.
    pub fn rate_with_open_interval(&self, beats: usize, now: Time) -> Option<Rate> {
        let first = *self.beats.iter().rev().nth(beats.checked_sub(2)?)?;
        Rate::over(beats - 1, first, now)
    }

    /// The displayed heart rate: over the last 8 RR intervals or as many as there are, falling when the next beat is late.
    pub fn heart_rate(&self, now: Time) -> Option<f64> {
        let count = self.beats.len().min(DISPLAYED);
        let rate = self.rate_over(count)?;
        let open = self.rate_with_open_interval(count, now);
        Some(open.map_or(rate.bpm, |open| rate.bpm.min(open.bpm)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Time {
        Time::from_nanos((seconds * 1e9) as i64)
    }

    fn rhythm(interval_s: f64, beats: usize) -> Rhythm {
        let mut rhythm = Rhythm::default();
        rhythm.watch(at(0.0));
        (0..beats).for_each(|n| rhythm.beat(at(n as f64 * interval_s), 4.0));
        rhythm
    }

    #[test]
    fn the_rate_is_that_of_the_intervals() {
        let rhythm = rhythm(0.5, 17);
        let rate = rhythm.rate_over(17).unwrap();
        assert!((rate.bpm - 120.0).abs() < 1e-9);
        assert_eq!((rate.from, rate.to), (at(0.0), at(8.0)));
        assert_eq!(rhythm.rate_over(18), None);
        assert!((rhythm.heart_rate(at(8.1)).unwrap() - 120.0).abs() < 1e-9);
        assert!(rhythm.heart_rate(at(11.0)).unwrap() < 80.0);
    }

    #[test]
    fn no_rate_reaches_across_a_pause_or_an_interruption() {
        let mut rhythm = rhythm(1.0, 10);
        rhythm.beat(at(20.0), 4.0);
        assert_eq!(rhythm.rate_over(2), None);
        rhythm.interrupt();
        assert_eq!((rhythm.quiet_since(), rhythm.last_beat()), (None, None));
    }

    #[test]
    fn the_lowest_rate_has_long_intervals() {
        let rhythm = rhythm(4.1, 4);
        assert!((rhythm.heart_rate(at(15.0)).unwrap() - 60.0 / 4.1).abs() < 1e-6);
    }

    #[test]
    fn an_open_interval_counts() {
        let rhythm = rhythm(2.0, 4);
        let rate = rhythm.rate_with_open_interval(5, at(9.0)).unwrap();
        assert!((rate.bpm - 240.0 / 9.0).abs() < 1e-9);
    }

    /// What happens to a rhythm.
    #[derive(Clone, Debug)]
    enum Step {
        Beat,
        Watch,
        Interrupt,
    }

    proptest! {
        /// Whatever happens and whenever it is asked, rates are positive numbers whose evidence goes forward in time.
        #[test]
        fn rates_are_numbers(
            steps in prop::collection::vec((prop_oneof![8 => Just(Step::Beat), 1 => Just(Step::Watch), 1 => Just(Step::Interrupt)], 0_i64..6_000_000_000), 0..80),
            beats in 0_usize..50,
            ask in -5_000_000_000_i64..20_000_000_000,
        ) {
            let mut rhythm = Rhythm::default();
            let mut now = Time::default();
            for (step, later) in steps {
                now = now + crate::ecg::Duration::from_nanos(later);
                match step {
                    Step::Beat => rhythm.beat(now, 4.0),
                    Step::Watch => rhythm.watch(now),
                    Step::Interrupt => rhythm.interrupt(),
                }
                let asked = now + crate::ecg::Duration::from_nanos(ask);
                prop_assert!(rhythm.heart_rate(asked).is_none_or(|bpm| bpm.is_finite() && bpm > 0.0));
                for rate in [rhythm.rate_over(beats), rhythm.rate_with_open_interval(beats, asked)].into_iter().flatten() {
                    prop_assert!(rate.bpm.is_finite() && rate.bpm > 0.0 && rate.from < rate.to);
                }
                prop_assert!(rhythm.last_interval_s().is_none_or(|seconds| (0.0..=LONGEST_INTERVAL_S).contains(&seconds)));
                prop_assert!(rhythm.quiet_since().is_none_or(|since| since <= now));
            }
        }
    }
}
