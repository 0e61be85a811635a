//! PR, QRS and QT intervals of a record: in go the points of its leads, out come medians and how far they are off.
//!
//! Every onset of a QRS complex that has the other end of an interval near enough gives one interval, in every lead; the
//! median over all of them is the record's.

use serde::Serialize;

use super::delineation::{Point, Points};
use super::statistics::{mean, median, sample_sd};

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[allow(missing_docs)] // the standard names
pub enum Interval {
    PR,
    QRS,
    QT,
}

impl Interval {
    /// All of them.
    pub const ALL: [Interval; 3] = [Interval::PR, Interval::QRS, Interval::QT];

    /// The other end than the QRS onset, which side of it that lies on, and how far at most.
    fn other_end(self) -> (Point, bool, f64) {
        match self {
            Interval::PR => (Point::POnset, true, 0.4),
            Interval::QRS => (Point::QrsEnd, false, 0.3),
            Interval::QT => (Point::TEnd, false, 0.8),
        }
    }

    /// The intervals of one lead in ms. An interval does not reach over another QRS onset.
    fn of_lead_ms(self, points: &Points, rate_hz: f64) -> Vec<f64> {
        let (end, is_before, longest_s) = self.other_end();
        let onsets = points.of(Point::QrsOnset);
        let ends = points.of(end);
        let length = |(index, onset): (usize, &i64)| {
            let other = if is_before {
                let place = ends.partition_point(|end| end < onset);
                let limit = index.checked_sub(1).map(|before| onsets[before]);
                ends[..place].last().filter(|end| limit.is_none_or(|limit| **end > limit))
            } else {
                let place = ends.partition_point(|end| end <= onset);
                let limit = onsets.get(index + 1);
                ends.get(place).filter(|end| limit.is_none_or(|limit| *end < limit))
            };
            other.map(|other| other.abs_diff(*onset) as f64 / rate_hz).filter(|seconds| *seconds <= longest_s)
        };
        onsets.iter().enumerate().filter_map(length).map(|seconds| seconds * 1e3).collect()
    }

    /// The median over all beats and leads in ms; none where there is no such interval.
    pub fn median_ms(self, leads: &[&Points], rate_hz: f64) -> Option<f64> {
        let all: Vec<f64> = leads.iter().flat_map(|points| self.of_lead_ms(points, rate_hz)).collect();
        median(&all)
    }
}

/// How far the medians of the records are off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IntervalSummary {
    /// Which.
    pub interval: Interval,
    /// Records with a median of the reference.
    pub records: u64,
    /// Those of them with a median of the detector, over which the errors are.
    pub measured: u64,
    /// Mean of detector minus reference in ms.
    pub mean_ms: Option<f64>,
    /// Standard deviation of the same, the records being a sample.
    pub sd_ms: Option<f64>,
}

/// Takes pairs of medians, reference and detector, of one record each together.
pub fn summarise(interval: Interval, medians_ms: &[(Option<f64>, Option<f64>)]) -> IntervalSummary {
    let referenced = medians_ms.iter().filter(|(reference, _)| reference.is_some()).count();
    let errors: Vec<f64> = medians_ms.iter().filter_map(|(reference, found)| Some((*found)? - (*reference)?)).collect();
    IntervalSummary {
        interval,
        records: referenced as u64,
        measured: errors.len() as u64,
        mean_ms: mean(&errors),
        sd_ms: sample_sd(&errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(points: &[(Point, i64)]) -> Points {
        let mut lead = Points::default();
        for (point, sample) in points {
            lead.add(*point, *sample);
        }
        lead
    }

    #[test]
    fn intervals_are_those_worked_out_by_hand() {
        use Point::{POnset, QrsEnd, QrsOnset, TEnd};
        // 500 Hz: PR 160 ms, QRS 100 ms, QT 400 ms; a beat without P; a T end that belongs to no beat in reach.
        let first = lead(&[
            (POnset, 100),
            (QrsOnset, 180),
            (QrsEnd, 230),
            (TEnd, 380),
            (QrsOnset, 600),
            (QrsEnd, 652),
            (QrsOnset, 1100),
            (TEnd, 1600),
        ]);
        let second = lead(&[(POnset, 100), (QrsOnset, 182), (QrsEnd, 230)]);
        let leads = [&first, &second];
        assert_eq!(Interval::PR.median_ms(&leads, 500.0), Some(162.0));
        assert_eq!(Interval::QRS.median_ms(&leads, 500.0), Some(100.0));
        assert_eq!(Interval::QT.median_ms(&leads, 500.0), Some(400.0));
        assert_eq!(Interval::QT.median_ms(&[&second], 500.0), None);
    }

    #[test]
    fn errors_are_over_records_that_have_both() {
        let summary = summarise(
            Interval::QT,
            &[(Some(400.0), Some(410.0)), (Some(380.0), Some(370.0)), (Some(360.0), None), (None, Some(1.0))],
        );
        assert_eq!((summary.records, summary.measured, summary.mean_ms), (3, 2, Some(0.0)));
        assert_eq!(summary.sd_ms, Some(200.0_f64.sqrt()));
    }
}
