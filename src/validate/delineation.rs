//! Onsets, peaks and ends of waves: in go the points of a reference and of a detector, out come the errors.
//!
//! For each reference point the nearest detected one of the same kind is taken; it counts as found within 150 ms. The
//! mean and the pooled SD are over found points, the SD within a record is the mean of the records' own SDs, which is
//! what Laguna et al. (1994) and Martinez et al. (2004) print and what the tolerances of the CSE working party bound.

use serde::Serialize;

use super::statistics::{mean, median, percent, population_sd, sample_sd};
use crate::source::recordings::{AnnotationFile, Label};

/// How far a point may lie from its reference to count as found.
pub const TOLERANCE_S: f64 = 0.15;

/// A point of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[allow(missing_docs)] // the names say it
pub enum Point {
    #[serde(rename = "P_on")]
    POnset,
    #[serde(rename = "P_peak")]
    PPeak,
    #[serde(rename = "P_off")]
    PEnd,
    #[serde(rename = "QRS_on")]
    QrsOnset,
    #[serde(rename = "QRS_off")]
    QrsEnd,
    #[serde(rename = "T_peak")]
    TPeak,
    #[serde(rename = "T_off")]
    TEnd,
}

/// Every point, with its name.
const NAMES: [(Point, &str); 7] = [
    (Point::POnset, "P_on"),
    (Point::PPeak, "P_peak"),
    (Point::PEnd, "P_off"),
    (Point::QrsOnset, "QRS_on"),
    (Point::QrsEnd, "QRS_off"),
    (Point::TPeak, "T_peak"),
    (Point::TEnd, "T_off"),
];

impl Point {
    /// Every point in the order of a beat.
    pub const ALL: [Point; 7] =
        [Point::POnset, Point::PPeak, Point::PEnd, Point::QrsOnset, Point::QrsEnd, Point::TPeak, Point::TEnd];

    /// The point of this name, in any letter case; common other names are understood.
    pub fn from_name(name: &str) -> Option<Point> {
        let known = NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(point, _)| *point);
        known.or(match name.to_lowercase().as_str() {
            "p_onset" => Some(Point::POnset),
            "p" => Some(Point::PPeak),
            "p_offset" | "p_end" => Some(Point::PEnd),
            "qrs_onset" => Some(Point::QrsOnset),
            "qrs_offset" | "j" => Some(Point::QrsEnd),
            "t" => Some(Point::TPeak),
            "t_offset" | "t_end" => Some(Point::TEnd),
            _ => None,
        })
    }

    /// Its name, such as `QRS_on`.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// Twice the SD, in ms, that the CSE working party (1985) found between its experts, where it is known.
    pub fn cse_tolerance_ms(self) -> Option<f64> {
        match self {
            Point::POnset => Some(10.2),
            Point::PEnd => Some(12.7),
            Point::QrsOnset => Some(6.5),
            Point::QrsEnd => Some(11.6),
            Point::TEnd => Some(30.6),
            Point::PPeak | Point::TPeak => None,
        }
    }
}

/// The points of one lead, or of a record: samples of each kind, rising.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Points {
    samples: [Vec<i64>; 7],
}

impl Points {
    /// Adds a point at its place.
    pub fn add(&mut self, point: Point, sample: i64) {
        let samples = &mut self.samples[point as usize];
        // Files are mostly in order: the place is found at the end.
        let place = samples.iter().rposition(|other| *other <= sample).map_or(0, |before| before + 1);
        samples.insert(place, sample);
    }

    /// The samples of this kind, rising.
    pub fn of(&self, point: Point) -> &[i64] {
        &self.samples[point as usize]
    }

    /// No point at all.
    pub fn is_empty(&self) -> bool {
        self.samples.iter().all(Vec::is_empty)
    }

    /// The points from one sample to another, both included.
    #[must_use]
    pub fn between(&self, from: i64, to: i64) -> Points {
        let kept = |samples: &Vec<i64>| samples.iter().copied().filter(|sample| (from..=to).contains(sample)).collect();
        Points { samples: self.samples.each_ref().map(kept) }
    }

    /// The first and the last sample of any kind.
    pub fn span(&self) -> Option<(i64, i64)> {
        let all = || self.samples.iter().flatten().copied();
        Some((all().min()?, all().max()?))
    }

    /// The points of an annotation file in the manner of LUDB and QTDB: `(`, the peak, `)`. An onset or end that is
    /// missing in the file is missing here; two peaks of one T wave have one end.
    pub fn of_annotations(file: &AnnotationFile) -> Points {
        let mut points = Points::default();
        let marks = &file.annotations;
        let is_end = |label: Label| label == Label::WAVE_END;
        for (index, mark) in marks.iter().enumerate() {
            let (onset, peak, end) = match mark.label {
                Label::P_WAVE => (Some(Point::POnset), Some(Point::PPeak), Point::PEnd),
                Label::T_WAVE => (None, Some(Point::TPeak), Point::TEnd),
                label if label.is_beat() => (Some(Point::QrsOnset), None, Point::QrsEnd),
                _ => continue,
            };
            if let Some(peak) = peak {
                points.add_once(peak, mark.sample);
            }
            let before = index.checked_sub(1).map(|before| &marks[before]);
            if let (Some(onset), Some(before)) = (onset, before.filter(|before| before.label == Label::WAVE_ONSET)) {
                points.add_once(onset, before.sample);
            }
            // The next bracket or beat among the next two marks.
            let after = marks[index + 1..].iter().take(2);
            let mut after = after.filter(|m| is_end(m.label) || m.label == Label::WAVE_ONSET || m.label.is_beat());
            if let Some(after) = after.next().filter(|after| is_end(after.label)) {
                points.add_once(end, after.sample);
            }
        }
        points
    }

    fn add_once(&mut self, point: Point, sample: i64) {
        if !self.of(point).contains(&sample) {
            self.add(point, sample);
        }
    }
}

/// The element of rising `samples` nearest to `sample`; of two equally near the earlier.
fn nearest(samples: &[i64], sample: i64) -> Option<i64> {
    let place = samples.partition_point(|other| *other < sample);
    let around = &samples[place.saturating_sub(1)..(place + 1).min(samples.len())];
    around.iter().copied().min_by_key(|other| other.abs_diff(sample))
}

/// The errors of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordDelineation {
    errors_ms: [Vec<f64>; 7],
    missed: [u64; 7],
}

impl RecordDelineation {
    /// Scores one set of reference points. Where several leads were delineated, each point takes the lead nearer to it,
    /// as the literature on QTDB does; it favours the detector.
    pub fn score(&mut self, reference: &Points, leads: &[&Points], rate_hz: f64) {
        for point in Point::ALL {
            for sample in reference.of(point) {
                let near = leads.iter().filter_map(|lead| nearest(lead.of(point), *sample));
                let best = near.min_by_key(|found| found.abs_diff(*sample));
                match best.map(|found| found - sample) {
                    // In the same operations as elsewhere, so that the edge of the window is the same.
                    Some(error) if error.abs() as f64 <= TOLERANCE_S * 1e3 * rate_hz / 1e3 => {
                        self.errors_ms[point as usize].push(error as f64 * 1e3 / rate_hz);
                    }
                    _ => self.missed[point as usize] += 1,
                }
            }
        }
    }
}

/// The errors of one kind of point over all records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PointSummary {
    /// Which.
    pub point: Point,
    /// Reference points.
    pub count: u64,
    /// How many of them were found, in percent.
    pub found: Option<f64>,
    /// Mean of detection minus reference in ms.
    pub mean_ms: Option<f64>,
    /// Standard deviation over all points.
    pub sd_ms: Option<f64>,
    /// Mean of the standard deviations within each record.
    pub sd_within_record_ms: Option<f64>,
    /// Median of the absolute error.
    pub median_abs_ms: Option<f64>,
}

/// Takes all records together; points without a reference are left out.
pub fn summarise(records: &[RecordDelineation]) -> Vec<PointSummary> {
    let summary = |point: Point| {
        let of_record = |record: &RecordDelineation| record.errors_ms[point as usize].clone();
        let errors_ms: Vec<f64> = records.iter().flat_map(of_record).collect();
        let spreads: Vec<f64> =
            records.iter().filter_map(|record| sample_sd(&record.errors_ms[point as usize])).collect();
        let missed: u64 = records.iter().map(|record| record.missed[point as usize]).sum();
        let found = errors_ms.len() as u64;
        let distances: Vec<f64> = errors_ms.iter().map(|error| error.abs()).collect();
        PointSummary {
            point,
            count: found + missed,
            found: percent(found, found + missed),
            mean_ms: mean(&errors_ms),
            sd_ms: population_sd(&errors_ms),
            sd_within_record_ms: mean(&spreads),
            median_abs_ms: median(&distances),
        }
    };
    Point::ALL.into_iter().map(summary).filter(|summary| summary.count > 0).collect()
}

#[cfg(test)]
#[path = "delineation_tests.rs"]
mod tests;
