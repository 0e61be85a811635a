//! Marks beat after beat of a stream, each once its T wave is over.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Atrium, BeatMarks, Place, Scratch, Window, delineate, samples};
use crate::ecg::Lead;

/// A beat is marked when the next one is known and 80 ms past, or 1 s after its R peak.
pub const MOST_BEHIND: u64 = samples(1.0) as u64;
const PAST_THE_NEXT: u64 = samples(0.08) as u64;

/// Samples looked at before and after the R peak: a P wave and a T wave at the slowest rates.
const BEFORE: u64 = samples(0.46) as u64;
const AFTER: u64 = samples(0.76) as u64;

/// The marks of one beat of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedBeat {
    /// Sample of the R peak, counted as the stream's samples are.
    pub r_peak: u64,
    /// Sample of the stream that the marks count from.
    pub start: u64,
    /// The marks, in samples from `start`.
    pub marks: BeatMarks,
}

/// Marks the beats of one stretch of continuous samples.
#[derive(Clone, Debug, Default)]
pub struct Delineator {
    waiting: VecDeque<u64>,
    previous: Option<u64>,
    previous_t_end: Option<u64>,
    atrium: Atrium,
    window: Window,
    scratch: Scratch,
}

impl Delineator {
    /// For these leads.
    pub fn new(leads: Vec<Lead>) -> Delineator {
        let leads_mv = vec![Vec::new(); leads.len()];
        Delineator { window: Window { leads, leads_mv }, ..Delineator::default() }
    }

    /// The same stretch again from its first sample, with what was learned of the atrium.
    pub fn restart(&mut self) {
        self.waiting.clear();
        self.previous = None;
        self.previous_t_end = None;
    }

    /// A beat was found; beats come in the order of their R peaks.
    pub fn beat(&mut self, r_peak: u64) {
        if self.waiting.back().copied().or(self.previous).is_none_or(|last| r_peak > last) {
            self.waiting.push_back(r_peak);
        }
    }

    /// The next beat whose time has come when `seen` samples were seen. `read(lead, samples, row)` puts a
    /// stretch of a lead into `row`, NaN where there is no sample.
    pub fn marked(&mut self, seen: u64, read: impl FnMut(usize, Range<u64>, &mut Vec<f32>)) -> Option<MarkedBeat> {
        let r_peak = *self.waiting.front()?;
        let due = self.waiting.get(1).map_or(r_peak + MOST_BEHIND, |next| next + PAST_THE_NEXT);
        (seen >= due.min(r_peak + MOST_BEHIND)).then(|| self.mark(r_peak, seen, read))
    }

    /// The stretch is over: the next beat still waiting, with what there is of it.
    pub fn rest(&mut self, seen: u64, read: impl FnMut(usize, Range<u64>, &mut Vec<f32>)) -> Option<MarkedBeat> {
        let r_peak = *self.waiting.front()?;
        Some(self.mark(r_peak, seen, read))
    }

    fn mark(&mut self, r_peak: u64, seen: u64, mut read: impl FnMut(usize, Range<u64>, &mut Vec<f32>)) -> MarkedBeat {
        self.waiting.pop_front();
        let start = r_peak.saturating_sub(BEFORE);
        let end = (r_peak + AFTER).min(seen);
        for (lead, row) in self.window.leads_mv.iter_mut().enumerate() {
            row.clear();
            read(lead, start..end, row);
        }
        let within = |sample: u64| sample.saturating_sub(start) as usize;
        let place = Place {
            r_peak: within(r_peak),
            since_previous: self.previous.map(|previous| (r_peak - previous) as usize),
            until_next: self.waiting.front().map(|next| (next - r_peak) as usize),
            previous_t_end: self.previous_t_end.filter(|end| *end > start && *end < r_peak).map(within),
        };
        let marks = delineate(&mut self.window, &place, &mut self.atrium, &mut self.scratch);
        self.previous = Some(r_peak);
        self.previous_t_end =
            marks.global.and_then(|global| global.t_median_offset).map(|offset| start + offset as u64);
        MarkedBeat { r_peak, start, marks }
    }
}
