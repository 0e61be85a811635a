//! Marks the waves of each beat of one stretch, and those of the beats from which the detector learned.
//!
//! In go the beats as they are found and the history, out come [`BeatPoints`].

use super::history::History;
use crate::beats::delineation::{Delineator, LeadMarks, MarkedBeat};
use crate::beats::{DetectedBeat, Detector};
use crate::ecg::{Lead, Time};
use crate::signal::RATE_HZ;

/// The marks of one beat.
#[derive(Clone, Debug, PartialEq)]
pub struct BeatPoints {
    /// Time of the R peak.
    pub at: Time,
    /// The time that the marks count from, in samples at 500 Hz.
    pub start: Time,
    /// The marks of each lead.
    pub leads: Vec<(Lead, LeadMarks)>,
}

impl BeatPoints {
    /// The time of a mark.
    pub fn time_of(&self, sample: usize) -> Time {
        self.start.plus_samples(sample as i64, RATE_HZ)
    }
}

/// The marks of one stretch.
#[derive(Debug)]
pub(super) struct Points {
    origin: Time,
    delineator: Delineator,
    has_begun: bool,
}

impl Points {
    pub fn new(leads: Vec<Lead>, origin: Time) -> Points {
        Points { origin, delineator: Delineator::new(leads), has_begun: false }
    }

    /// A beat was found.
    pub fn beat(&mut self, beat: DetectedBeat, detector: &Detector, history: &History, seen: u64) {
        if !self.has_begun {
            self.has_begun = true;
            for r_peak in beats_while_learning(detector, history, seen, beat.r_peak) {
                self.delineator.beat(r_peak);
            }
        }
        self.delineator.beat(beat.r_peak);
    }

    /// What is due now.
    pub fn due(&mut self, history: &History, seen: u64) -> Option<BeatPoints> {
        let marked = self.delineator.marked(seen, |lead, samples, row| history.copy(lead, samples, seen, row))?;
        Some(self.beat_points(marked, history))
    }

    /// The stretch is over: the next beat still waiting, with what there is of it.
    pub fn rest(&mut self, history: &History, seen: u64) -> Option<BeatPoints> {
        let marked = self.delineator.rest(seen, |lead, samples, row| history.copy(lead, samples, seen, row))?;
        Some(self.beat_points(marked, history))
    }

    fn beat_points(&self, marked: MarkedBeat, history: &History) -> BeatPoints {
        let time_of = |sample: u64| self.origin.plus_samples(sample as i64, RATE_HZ);
        BeatPoints {
            at: time_of(marked.r_peak),
            start: time_of(marked.start),
            leads: history.leads().cloned().zip(marked.marks.leads).collect(),
        }
    }
}

/// The beats that passed while the detector learned what a beat looks like here: it hears the history again.
fn beats_while_learning(detector: &Detector, history: &History, seen: u64, before: u64) -> Vec<u64> {
    let mut again = detector.clone();
    again.restart();
    let leads = history.leads().count();
    let start = seen - history.len() as u64;
    let mut rows = vec![Vec::new(); leads];
    for (lead, row) in rows.iter_mut().enumerate() {
        history.copy(lead, start..seen, seen, row);
    }
    let mut held_mv = vec![0.0_f32; leads];
    (0..history.len())
        .filter_map(|index| {
            let values = rows.iter().zip(&mut held_mv).map(|(row, held_mv)| {
                let value = row[index];
                if value.is_finite() {
                    *held_mv = value;
                }
                (*held_mv, value.is_finite())
            });
            again.push(values)
        })
        .map(|beat| start + beat.r_peak)
        // The last of them is the beat that is found already, give or take the filters' start.
        .take_while(|r_peak| r_peak + 100 < before)
        .collect()
}
