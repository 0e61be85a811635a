//! Atrial fibrillation: RR intervals that are irregular without order.
//!
//! In go beats, out comes the fibrillation while it lasts. As in Petrenas, Marozas and Sornmo 2015 (low-complexity
//! detection of atrial fibrillation), intervals are compared with each other in a short sliding window, ectopic beats are
//! kept out, and the faster the rhythm, the less irregularity is asked for. Here an interval is compared with the nearest of
//! the three before it: bigeminy and trigeminy of any origin repeat themselves and have no scatter, and a single ectopic
//! beat adds to few of the comparisons. A P wave that is there before each beat speaks against it. Everything is causal;
//! hysteresis stands in for the smoothing forward and backward.

use super::AtrialFibrillation;
use crate::ecg::Time;

/// Intervals that are looked at.
const WINDOW: usize = 12;
/// Intervals that each is compared with.
const COMPARED: usize = 3;
/// No interval adds more than this to the scatter, in parts of the mean.
const MOST: f64 = 0.15;
/// Log odds for each e-fold of the scatter over the mean interval in seconds, 0 at this value: a logistic regression over
/// annotated rhythms of many patients.
const SCATTER: f64 = 8.0;
const EVEN_SCATTER: f64 = 0.066;
const LEAST_SCATTER: f64 = 1e-3;
/// Log odds that the P wave of the patient's own beats takes as its mean correlation rises by 1, 0 at this correlation. In
/// fibrillation it is 0 to 0.4, in sinus rhythm 0.7 and more. That there is none adds little: it may be hard to see.
const P_WAVE: f64 = 10.0;
const EVEN_P_WAVE: f64 = 0.5;
const NO_P_WAVE: f64 = 2.0;
/// It begins above these log odds and ends below those.
const BEGINS: f64 = 1.0;
const ENDS: f64 = -1.0;
/// The scatter over the mean interval that counts as 1.
const LARGEST: f64 = 0.15;
/// An interval outside of this holds missed or false beats.
const INTERVALS_S: std::ops::Range<f64> = 0.24..2.5;

/// Follows the RR intervals.
#[derive(Clone, Debug, Default)]
pub(super) struct Irregularity {
    last: Option<(Time, bool)>,
    /// The latest first.
    intervals: [Interval; WINDOW],
    known: usize,
    /// Since when it has been irregular enough to go on.
    high_since: Option<Time>,
    found: Option<AtrialFibrillation>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Interval {
    seconds: f64,
    /// Distance in seconds to the nearest of those before it.
    apart_s: f64,
    /// Correlation with the P wave of the patient's own beats, where one is known.
    p_wave: Option<f64>,
    from: Time,
}

impl Irregularity {
    /// Takes a beat; intervals next to an `other` one (ventricular, fusion or not told) do not count.
    /// With the correlation of what comes before it with the P wave of the patient's own beats, where one is known.
    pub fn beat(&mut self, at: Time, other: bool, p_wave: Option<f64>) {
        let before = self.last.replace((at, other));
        let Some((from, false)) = before.filter(|_| !other) else { return };
        let seconds = at.seconds_since(from);
        if !INTERVALS_S.contains(&seconds) {
            return;
        }
        let compared = &self.intervals[..COMPARED.min(self.known)];
        let apart_s = compared.iter().map(|earlier| (seconds - earlier.seconds).abs()).reduce(f64::min).unwrap_or(0.0);
        self.intervals.rotate_right(1);
        self.intervals[0] = Interval { seconds, apart_s, p_wave, from };
        self.known = (self.known + 1).min(WINDOW);
        if self.known == WINDOW {
            self.judge(at);
        }
    }

    fn judge(&mut self, at: Time) {
        let count = WINDOW as f64;
        let mean_s = self.intervals.iter().map(|interval| interval.seconds).sum::<f64>() / count;
        let apart = self.intervals.iter().map(|interval| (interval.apart_s / mean_s).min(MOST));
        let irregular = apart.sum::<f64>() / count / mean_s;
        let log_odds = SCATTER * (irregular.max(LEAST_SCATTER) / EVEN_SCATTER).ln() + self.without_p_wave();
        if log_odds < ENDS {
            (self.high_since, self.found) = (None, None);
            return;
        }
        // It shows, and goes on to show, while about half of the window is irregular.
        let middle = self.intervals[WINDOW / 2].from;
        let since = *self.high_since.get_or_insert(middle);
        if log_odds >= BEGINS || self.found.is_some() {
            let from = self.found.map_or(since, |found| found.from);
            self.found = Some(AtrialFibrillation {
                from,
                to: at,
                lasts_until: middle,
                irregularity: (irregular / LARGEST).min(1.0),
            });
        }
    }

    /// What the P waves say for it.
    fn without_p_wave(&self) -> f64 {
        let known = self.intervals.iter().filter_map(|interval| interval.p_wave);
        let (count, sum) = known.fold((0_u32, 0.0), |(count, sum), p_wave| (count + 1, sum + p_wave));
        if count == 0 { 0.0 } else { (P_WAVE * (EVEN_P_WAVE - sum / f64::from(count))).min(NO_P_WAVE) }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(intervals_s: impl IntoIterator<Item = f64>) -> Option<AtrialFibrillation> {
        hear_with(None, intervals_s)
    }

    fn hear_with(p_wave: Option<f64>, intervals_s: impl IntoIterator<Item = f64>) -> Option<AtrialFibrillation> {
        let (mut irregularity, mut now_s) = (Irregularity::default(), 0.0);
        for interval_s in intervals_s {
            irregularity.beat(Time::from_nanos((now_s * 1e9) as i64), false, p_wave);
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
        assert!(found.irregularity > 0.5);
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
    fn a_p_wave_before_each_beat_speaks_against_it() {
        assert_eq!(hear_with(Some(0.95), scattered(60, 0.8, 0.2)), None);
        assert!(hear_with(Some(0.1), scattered(60, 0.8, 0.2)).is_some());
    }

    #[test]
    fn it_ends_when_the_rhythm_is_regular_again() {
        assert_eq!(hear(scattered(40, 0.7, 0.35).chain(std::iter::repeat_n(0.8, 20))), None);
    }
}
