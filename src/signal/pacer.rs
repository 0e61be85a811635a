//! Takes the pulses of a pacemaker out of the samples, as monitors do: a spike of 1 ms is no QRS complex, and an asystole
//! under a pacemaker that goes on pulsing must still be a flat line.
//!
//! In go rows of mV at the input's rate and the samples that the monitor marked, out come the same rows 8 ms later, with the
//! last value before each pulse held over it. The output does not depend on how the input is cut into pieces.

use std::collections::VecDeque;

/// A pulse begins up to 8 ms before its mark ...
const BEFORE_S: f64 = 0.008;
/// ... and what the monitor's filter makes of its end is over 12 ms after it (IEC 60601-2-27 tries monitors with pulses of
/// 0.1 to 2 ms); little of what the ventricles answer comes as soon.
const AFTER_S: f64 = 0.012;
/// The most marks kept: more cannot lie within one chunk and be pulses.
const MOST_MARKS: usize = 64;

/// Holds the line over the pulses of one stretch of continuous input.
#[derive(Debug)]
pub struct PulseRemoval {
    before: u64,
    after: u64,
    /// Samples at which a pulse was marked, rising.
    marks: VecDeque<u64>,
    /// One row a lead: what has come and waits for marks.
    waiting_mv: Vec<VecDeque<f32>>,
    /// One row a lead: what goes on.
    out_mv: Vec<Vec<f32>>,
    /// The last value before a pulse, one a lead.
    held_mv: Vec<f32>,
    /// Samples that have gone on.
    given: u64,
}

impl PulseRemoval {
    /// For so many leads at this rate.
    pub fn new(lead_count: usize, rate_hz: f64) -> PulseRemoval {
        let samples = |seconds: f64| (seconds * rate_hz).ceil() as u64;
        PulseRemoval {
            before: samples(BEFORE_S),
            after: samples(AFTER_S),
            marks: VecDeque::with_capacity(MOST_MARKS),
            waiting_mv: vec![VecDeque::new(); lead_count],
            out_mv: vec![Vec::new(); lead_count],
            held_mv: vec![f32::NAN; lead_count],
            given: 0,
        }
    }

    /// The monitor saw a pulse at this sample, counted from the start of the stretch; told before the sample is pushed.
    pub fn mark(&mut self, sample: u64) {
        if self.marks.len() < MOST_MARKS && self.marks.back().is_none_or(|last| sample > *last) {
            self.marks.push_back(sample);
        }
    }

    /// The next samples, one row a lead; gives those that no later mark can reach.
    pub fn push(&mut self, leads_mv: &[Vec<f32>]) -> &[Vec<f32>] {
        for (waiting_mv, row_mv) in self.waiting_mv.iter_mut().zip(leads_mv) {
            waiting_mv.extend(row_mv);
        }
        let waiting = self.waiting_mv.first().map_or(0, VecDeque::len);
        self.give(waiting.saturating_sub(self.before as usize))
    }

    /// What still waits when the input ends.
    pub fn rest(&mut self) -> &[Vec<f32>] {
        self.give(self.waiting_mv.first().map_or(0, VecDeque::len))
    }

    fn give(&mut self, samples: usize) -> &[Vec<f32>] {
        self.out_mv.iter_mut().for_each(Vec::clear);
        for _ in 0..samples {
            let is_over = |mark: &u64| self.given > mark + self.after;
            while self.marks.front().is_some_and(is_over) {
                self.marks.pop_front();
            }
            let is_pulse = self.marks.front().is_some_and(|mark| self.given + self.before >= *mark);
            let leads = self.waiting_mv.iter_mut().zip(&mut self.out_mv).zip(&mut self.held_mv);
            for ((waiting_mv, out_mv), held_mv) in leads {
                let value_mv = waiting_mv.pop_front().expect("all leads have as many samples (this is a bug)");
                // A lead that is off stays off.
                if is_pulse && !value_mv.is_nan() && !held_mv.is_nan() {
                    out_mv.push(*held_mv);
                } else {
                    *held_mv = value_mv;
                    out_mv.push(value_mv);
                }
            }
            self.given += 1;
        }
        &self.out_mv
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ramp with a spike of two samples at `at`, at 500 Hz.
    fn ramp(at: usize) -> Vec<f32> {
        let value = |index: usize| index as f32 / 1000.0 + if (at - 1..=at).contains(&index) { 2.0 } else { 0.0 };
        (0..100).map(value).collect()
    }

    #[test]
    fn the_pulse_goes_and_the_rest_stays() {
        let mut removal = PulseRemoval::new(1, 500.0);
        removal.mark(50);
        let out = removal.push(&[ramp(50)])[0].clone();
        assert_eq!(out.len(), 96, "8 ms wait for a mark");
        assert_eq!(removal.rest()[0], ramp(50)[96..]);
        for (index, value_mv) in out.iter().enumerate() {
            let expected = if (46..=56).contains(&index) { 0.045 } else { index as f32 / 1000.0 };
            assert!((value_mv - expected).abs() < 1e-6, "{index}: {value_mv}");
        }
    }

    #[test]
    fn what_is_not_marked_stays_and_a_lead_that_is_off_stays_off() {
        let mut removal = PulseRemoval::new(2, 500.0);
        removal.mark(50);
        let mut off = ramp(50);
        off[40..60].fill(f32::NAN);
        let out = removal.push(&[vec![1.0; 100], off]);
        assert!(out[1][40..60].iter().all(|value_mv| value_mv.is_nan()));
        let mut removal = PulseRemoval::new(1, 500.0);
        assert_eq!(removal.push(&[ramp(50)])[0], ramp(50)[..96]);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(cuts in prop::collection::btree_set(1usize..100, 0..12), mark in 1u64..100) {
            let input = ramp(mark as usize);
            let mut whole = PulseRemoval::new(1, 500.0);
            whole.mark(mark);
            let expected = whole.push(std::slice::from_ref(&input))[0].clone();
            let mut removal = PulseRemoval::new(1, 500.0);
            let mut out = Vec::new();
            let ends: Vec<usize> = cuts.into_iter().chain([100]).collect();
            let mut start = 0;
            for end in ends {
                // A chunk brings the marks of its own samples.
                if (start..end).contains(&(mark as usize)) {
                    removal.mark(mark);
                }
                out.extend_from_slice(&removal.push(&[input[start..end].to_vec()])[0]);
                start = end;
            }
            prop_assert_eq!(out, expected);
        }
    }
}
