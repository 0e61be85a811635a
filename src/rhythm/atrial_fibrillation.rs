//! Atrial fibrillation: RR intervals that are irregular without order.
//!
//! After Petrenas, Marozas and Sornmo 2015 (low-complexity detection of atrial fibrillation): over eight intervals,
//! smoothed by a median of three against single ectopic beats, the share of pairs that differ; beats that alternate are
//! told by the median, which leaves out what the plain sum has. Intervals next to a ventricular beat do not count.
//! Everything is causal; hysteresis stands in for the smoothing forward and backward of the original.

use super::AtrialFibrillation;
use crate::ecg::Time;

/// Intervals that are compared.
const WINDOW: usize = 8;
/// Intervals that differ by this much differ: 30 ms, or this part of their mean in a slow rhythm.
const DIFFERS_S: f64 = 0.03;
const DIFFERS_PART: f64 = 0.05;
/// It begins at this share of pairs and ends below that one ...
const BEGINS: f64 = 0.72;
const ENDS: f64 = 0.55;
/// ... in the mean over so many beats.
const SMOOTHED: f64 = 4.0;
/// Intervals that come in turn: this near to the last but one, in the mean over the window, in parts of the mean.
const IN_TURN: f64 = 0.03;
/// An interval outside of this holds missed or false beats.
const INTERVALS_S: std::ops::Range<f64> = 0.24..2.5;

/// Follows the RR intervals.
#[derive(Clone, Debug, Default)]
pub(super) struct Irregularity {
    last: Option<(Time, bool)>,
    /// The latest first: the interval and its smoothed value in seconds, and when it began.
    intervals: [(f64, f64, Time); WINDOW],
    known: usize,
    smoothed: f64,
    /// Since when it has been irregular enough.
    high_since: Option<Time>,
    found: Option<AtrialFibrillation>,
}

impl Irregularity {
    /// Takes a beat.
    pub fn beat(&mut self, at: Time, ventricular: bool) {
        let before = self.last.replace((at, ventricular));
        let Some((before, false)) = before.filter(|_| !ventricular) else {
            if let Some(found) = &mut self.found {
                found.to = at;
            }
            return;
        };
        let interval_s = at.seconds_since(before);
        if !INTERVALS_S.contains(&interval_s) {
            return;
        }
        self.intervals.rotate_right(1);
        self.intervals[0] = (interval_s, interval_s, before);
        self.known = (self.known + 1).min(WINDOW);
        if self.known >= 3 {
            self.intervals[0].1 = median(interval_s, self.intervals[1].0, self.intervals[2].0);
        }
        if self.known == WINDOW {
            self.judge(at);
        }
    }

    fn judge(&mut self, at: Time) {
        let mean_s = self.intervals.iter().map(|(interval_s, ..)| interval_s).sum::<f64>() / WINDOW as f64;
        let differs_s = DIFFERS_S.max(DIFFERS_PART * mean_s);
        let pairs = (0..WINDOW).flat_map(|first| (first + 1..WINDOW).map(move |second| (first, second)));
        let differing = pairs.filter(|(a, b)| (self.intervals[*a].1 - self.intervals[*b].1).abs() > differs_s).count();
        let share = differing as f64 / (WINDOW * (WINDOW - 1) / 2) as f64;
        let share = if self.comes_in_turn(mean_s) { 0.0 } else { share };
        self.smoothed += (share - self.smoothed) / SMOOTHED;
        if self.smoothed < ENDS {
            (self.high_since, self.found) = (None, None);
            return;
        }
        let since = *self.high_since.get_or_insert(self.intervals[WINDOW - 1].2);
        if self.smoothed >= BEGINS || self.found.is_some() {
            let from = self.found.map_or(since, |found| found.from);
            self.found = Some(AtrialFibrillation { from, to: at, irregularity: self.smoothed });
        }
    }

    /// Bigeminy of any origin, and trigeminy: the intervals repeat themselves after two or three.
    fn comes_in_turn(&self, mean_s: f64) -> bool {
        let repeats = |after: usize| {
            let pairs = self.intervals.iter().zip(&self.intervals[after..]);
            let off_s: f64 = pairs.map(|((a, ..), (b, ..))| (a - b).abs()).sum();
            off_s / (WINDOW - after) as f64 <= IN_TURN * mean_s
        };
        repeats(2) || repeats(3)
    }

    /// Nothing is known any more.
    pub fn clear(&mut self) {
        *self = Irregularity::default();
    }

    /// What lasts.
    pub fn found(&self) -> Option<AtrialFibrillation> {
        self.found
    }
}

fn median(a: f64, b: f64, c: f64) -> f64 {
    a.max(b).min(a.min(b).max(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(intervals_s: impl IntoIterator<Item = f64>) -> Option<AtrialFibrillation> {
        let (mut irregularity, mut now_s) = (Irregularity::default(), 0.0);
        for interval_s in intervals_s {
            irregularity.beat(Time::from_nanos((now_s * 1e9) as i64), false);
            now_s += interval_s;
        }
        irregularity.found()
    }

    /// The same numbers each time, without order.
    fn scattered(count: u32, mean_s: f64, part: f64) -> impl Iterator<Item = f64> {
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(f64::from(*state >> 8) / f64::from(1 << 24))
        };
        let mut state = 7;
        (0..count).map_while(move |_| next(&mut state)).map(move |random| mean_s * (1.0 + part * (2.0 * random - 1.0)))
    }

    #[test]
    fn scattered_intervals_are_found_and_dated_back() {
        let intervals = std::iter::repeat_n(0.8, 30).chain(scattered(40, 0.7, 0.35));
        let found = hear(intervals).unwrap();
        let from_s = found.from.seconds_since(Time::default());
        assert!((18.0..27.0).contains(&from_s), "{from_s}");
        assert!(found.irregularity > 0.7);
    }

    #[test]
    fn regular_alternating_and_slowly_varying_intervals_are_none() {
        assert_eq!(hear(std::iter::repeat_n(0.8, 60)), None);
        assert_eq!(hear([0.5, 1.1].into_iter().cycle().take(60)), None);
        assert_eq!(hear([0.5, 0.9, 0.7].into_iter().cycle().take(60)), None);
        let breathing = (0..80).map(|n| 0.85 + 0.06 * (f64::from(n) * 0.8).sin());
        assert_eq!(hear(breathing), None);
        assert_eq!(hear(scattered(60, 0.8, 0.02)), None);
    }

    #[test]
    fn it_ends_when_the_rhythm_is_regular_again() {
        assert_eq!(hear(scattered(40, 0.7, 0.35).chain(std::iter::repeat_n(0.8, 20))), None);
    }
}
