//! Ten seconds at a time: a detector that loses the rhythm for a minute and one that misses a beat now and then may have
//! the same sensitivity, but not the same distribution over short intervals.
//!
//! In go the beats found, missed and added in each interval, out comes how the intervals are distributed. Intervals
//! follow one another from the end of the learning period; a last one that is cut by the end of the record is left
//! out. A beat belongs to the interval of its reference time, a false one to that of its own.
//!
//! The accuracy of an interval is found / (found + missed + added). The area under the empirical distribution of the
//! error, 1 - accuracy, from 0 to 1 is 1 for a detector without errors; being the mean accuracy, it weighs every ten
//! seconds alike, however many beats they have. The shape of that distribution near 0 is what the shares of intervals
//! with any error tell.

use serde::Serialize;

use super::beats::{BeatRules, RecordSpan};
use super::statistics::{mean, percent, quantile};

/// Length of an interval.
pub const SHORT_INTERVAL_S: f64 = 10.0;

/// The beats of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShortInterval {
    /// Reference beats that were found.
    pub found: u32,
    /// Reference beats that were missed.
    pub missed: u32,
    /// Detections without a beat.
    pub added: u32,
}

impl ShortInterval {
    /// Every whole interval of a record, still empty.
    pub fn all_of(span: RecordSpan, rules: &BeatRules) -> Vec<ShortInterval> {
        let seconds = span.samples as f64 / span.rate_hz - rules.learning_s;
        vec![ShortInterval::default(); (seconds / SHORT_INTERVAL_S).floor().max(0.0) as usize]
    }

    /// The interval that a sample lies in; none if it lies in none.
    pub fn at<'a>(
        all: &'a mut [ShortInterval],
        sample: i64,
        span: RecordSpan,
        rules: &BeatRules,
    ) -> Option<&'a mut ShortInterval> {
        let place = ((sample as f64 / span.rate_hz - rules.learning_s) / SHORT_INTERVAL_S).floor();
        if place < 0.0 { None } else { all.get_mut(place as usize) }
    }

    fn accuracy(self) -> Option<f64> {
        percent(u64::from(self.found), u64::from(self.found + self.missed + self.added)).map(|percent| percent / 100.0)
    }
}

/// How many intervals are how good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ShortIntervalSummary {
    /// Intervals with a reference beat or a detection that counts.
    pub intervals: u64,
    /// Share with a missed beat, in percent of those with a reference beat: Se < 100 %.
    pub with_missed: Option<f64>,
    /// Share with a false beat, in percent of those with a detection: +P < 100 %.
    pub with_added: Option<f64>,
    /// Share with either, in percent of all.
    pub with_error: Option<f64>,
    /// Accuracy, in percent, that all but the worst 5 % of the intervals reach.
    pub accuracy_p05: Option<f64>,
    /// Area under the empirical distribution of the error of an interval; 1 is best.
    pub auecdf: Option<f64>,
}

impl ShortIntervalSummary {
    /// Of these intervals.
    pub fn of<'a>(intervals: impl IntoIterator<Item = &'a ShortInterval>) -> ShortIntervalSummary {
        let all: Vec<ShortInterval> = intervals.into_iter().copied().collect();
        let accuracies: Vec<f64> = all.iter().filter_map(|interval| interval.accuracy()).collect();
        let count = |condition: &dyn Fn(&ShortInterval) -> bool| {
            all.iter().filter(|interval| condition(interval)).count() as u64
        };
        ShortIntervalSummary {
            intervals: accuracies.len() as u64,
            with_missed: percent(count(&|i| i.missed > 0), count(&|i| i.found + i.missed > 0)),
            with_added: percent(count(&|i| i.added > 0), count(&|i| i.found + i.added > 0)),
            with_error: percent(count(&|i| i.missed + i.added > 0), accuracies.len() as u64),
            accuracy_p05: quantile(&accuracies, 0.05).map(|accuracy| 100.0 * accuracy),
            auecdf: mean(&accuracies),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_belongs_to_its_ten_seconds() {
        let span = RecordSpan { rate_hz: 100.0, samples: 34_999 };
        let rules = BeatRules::default();
        let mut all = ShortInterval::all_of(span, &rules);
        assert_eq!(all.len(), 4, "the fifth interval is cut by the end");
        for (sample, place) in [(29_999, None), (30_000, Some(0)), (30_999, Some(0)), (31_000, Some(1)), (34_000, None)]
        {
            let before = all.clone();
            if let Some(interval) = ShortInterval::at(&mut all, sample, span, &rules) {
                interval.found += 1;
            }
            let changed = all.iter().zip(&before).position(|(now, then)| now != then);
            assert_eq!(changed, place, "sample {sample}");
        }
    }

    #[test]
    fn the_distribution_is_that_worked_out_by_hand() {
        let interval = |found, missed, added| ShortInterval { found, missed, added };
        let all = [interval(10, 0, 0), interval(6, 2, 0), interval(10, 0, 10), interval(0, 0, 0), interval(0, 0, 1)];
        let summary = ShortIntervalSummary::of(&all);
        assert_eq!(summary.intervals, 4);
        assert_eq!(summary.with_missed, Some(100.0 / 3.0));
        assert_eq!(summary.with_added, Some(50.0));
        assert_eq!(summary.with_error, Some(75.0));
        assert_eq!(summary.auecdf, Some((1.0 + 0.75 + 0.5 + 0.0) / 4.0));
        assert_eq!(ShortIntervalSummary::of(&[]), ShortIntervalSummary::default());
    }
}
