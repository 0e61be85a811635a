//! Brings every lead to 500 Hz in a stream, the resampler's delay taken off, so that output sample 0 is input sample 0.
//!
//! In go rows of mV (NaN where there is no sample; a value that no body has counts as none) at 50 to 4000 Hz, out come [`Block`]s. The output does not depend
//! on how the input is cut into pieces.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Async, FixedAsync, Indexing, Resampler, SincInterpolationParameters, WindowFunction};

use super::{Block, LeadBlock, RATE_HZ};
use crate::ecg::Lead;

/// Output samples a step: 20 ms, so that the resampler adds little to the time until an alarm.
const STEP: usize = 10;

/// What is farther from 0 than this, in mV, is no voltage of a body and counts as no sample: the offset of an electrode
/// may be 300 mV (AAMI EC13). It would drown all that follows in the rounding of the filters.
const LARGEST_MV: f32 = 10_000.0;

/// Resamples all leads of one stretch of continuous input.
pub struct Resample {
    leads: Vec<Lead>,
    rate_hz: f64,
    held_mv: Vec<f32>,
    sinc: Option<Sinc>,
}

struct Sinc {
    resampler: Async<f32>,
    input_mv: Vec<Vec<f32>>,
    valid: Vec<Vec<bool>>,
    /// The output of one step.
    step_mv: Vec<Vec<f32>>,
    /// Input samples dropped from the front of `valid`.
    forgotten: usize,
    /// Output samples given so far, the delay not counted.
    given: usize,
    /// Output samples still to be left out because they come from before the first input.
    delay: usize,
}

impl std::fmt::Debug for Resample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resample").field("leads", &self.leads).field("rate_hz", &self.rate_hz).finish_non_exhaustive()
    }
}

impl Resample {
    /// For these leads at this input rate (50 to 4000 Hz, as [`Chunk::check`](crate::ecg::Chunk::check) guarantees).
    pub fn new(leads: Vec<Lead>, rate_hz: f64) -> Resample {
        let lead_count = leads.len();
        let sinc = (rate_hz.to_bits() != RATE_HZ.to_bits()).then(|| {
            // Half the filter is delay: about 50 ms of input on either side, at least 8 samples.
            let length = ((rate_hz * 0.1 / 8.0).round() as usize * 8).clamp(16, 128);
            let parameters = SincInterpolationParameters::new(length, WindowFunction::Blackman2)
                // The automatic cut-off of so short a filter would flatten narrow R peaks at low rates.
                .f_cutoff(0.92);
            let resampler =
                Async::<f32>::new_sinc(RATE_HZ / rate_hz, 1.0, &parameters, STEP, lead_count, FixedAsync::Output)
                    .expect("ratio, length and lead count are within what the resampler takes (this is a bug)");
            let delay = resampler.output_delay();
            Sinc {
                resampler,
                input_mv: vec![Vec::new(); lead_count],
                valid: vec![Vec::new(); lead_count],
                step_mv: vec![vec![0.0; STEP]; lead_count],
                forgotten: 0,
                given: 0,
                delay,
            }
        });
        Resample { held_mv: vec![f32::NAN; lead_count], leads, rate_hz, sinc }
    }

    /// How many output samples the output lags behind the input.
    pub fn delay_samples(&self) -> usize {
        self.sinc.as_ref().map_or(0, |sinc| sinc.resampler.output_delay() + STEP)
    }

    /// The next samples, one row a lead, as a block of its own.
    pub fn push(&mut self, leads_mv: &[Vec<f32>]) -> Block {
        let mut block = Block::default();
        self.push_into(leads_mv, &mut block);
        block
    }

    /// The next samples, one row a lead, in place of what `block` held: its memory is used again.
    pub fn push_into(&mut self, leads_mv: &[Vec<f32>], block: &mut Block) {
        block.leads.truncate(self.leads.len());
        for lead in &self.leads[block.leads.len()..] {
            block.leads.push(LeadBlock { lead: lead.clone(), samples_mv: Vec::new(), valid: Vec::new() });
        }
        for (out, lead) in block.leads.iter_mut().zip(&self.leads) {
            out.lead.clone_from(lead);
            out.samples_mv.clear();
            out.valid.clear();
        }
        for (index, (row_mv, held_mv)) in leads_mv.iter().zip(&mut self.held_mv).enumerate() {
            let (samples_mv, valid) = if let Some(sinc) = &mut self.sinc {
                (&mut sinc.input_mv[index], &mut sinc.valid[index])
            } else {
                let out = &mut block.leads[index];
                (&mut out.samples_mv, &mut out.valid)
            };
            hold(row_mv, held_mv, samples_mv, valid);
        }
        if let Some(sinc) = &mut self.sinc {
            sinc.run(self.rate_hz, block);
        }
    }
}

/// Replaces samples that are not there by the last one that was (0 before the first).
fn hold(row_mv: &[f32], held_mv: &mut f32, samples_mv: &mut Vec<f32>, valid: &mut Vec<bool>) {
    for &value in row_mv {
        let is_valid = value.abs() <= LARGEST_MV;
        if is_valid {
            *held_mv = value;
        }
        samples_mv.push(if held_mv.is_finite() { *held_mv } else { 0.0 });
        valid.push(is_valid);
    }
}

impl Sinc {
    /// Resamples the input as far as it goes.
    fn run(&mut self, rate_hz: f64, block: &mut Block) {
        let lead_count = self.input_mv.len();
        let mut used = 0;
        while self.input_mv[0].len() - used >= self.resampler.input_frames_next() {
            let frames = self.input_mv[0].len();
            let taken = {
                let input = SequentialSliceOfVecs::new(&self.input_mv, lead_count, frames)
                    .expect("all leads hold the same number of samples (this is a bug)");
                let mut output = SequentialSliceOfVecs::new_mut(&mut self.step_mv, lead_count, STEP)
                    .expect("the output rows hold one step (this is a bug)");
                let indexing = Indexing::new().input_offset(used);
                let (taken, _) = self
                    .resampler
                    .process_into_buffer(&input, &mut output, Some(&indexing))
                    .expect("input and output have the sizes that the resampler asked for (this is a bug)");
                taken
            };
            used += taken;
            let skip = self.delay.min(STEP);
            self.delay -= skip;
            for (lead, out) in block.leads.iter_mut().enumerate() {
                out.samples_mv.extend_from_slice(&self.step_mv[lead][skip..]);
                for index in self.given..self.given + STEP - skip {
                    let source = (index as f64 * rate_hz / RATE_HZ) as usize;
                    out.valid.push(self.valid[lead].get(source - self.forgotten).copied().unwrap_or(false));
                }
            }
            self.given += STEP - skip;
        }
        let forget = ((self.given as f64 * rate_hz / RATE_HZ) as usize).saturating_sub(self.forgotten + 1);
        for (input_mv, valid) in self.input_mv.iter_mut().zip(&mut self.valid) {
            input_mv.drain(..used);
            valid.drain(..forget.min(valid.len()));
        }
        self.forgotten += forget;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A narrow bump at 1 s must stay at 1 s, whatever the rate.
    #[test]
    fn no_delay_is_left_at_any_rate() {
        for rate_hz in [100.0, 128.0, 200.0, 250.0, 257.0, 360.0, 500.0, 977.0, 1000.0] {
            let bump = |n: usize| {
                let t_s = n as f64 / rate_hz - 1.0;
                (-(t_s * t_s) / (2.0 * 0.015 * 0.015)).exp() as f32
            };
            let row: Vec<f32> = (0..(rate_hz * 2.0) as usize).map(bump).collect();
            let mut resample = Resample::new(vec![Lead::II], rate_hz);
            let block = resample.push(&[row]);
            let lead = &block.leads[0];
            assert!(block.len() + resample.delay_samples() >= 990, "{rate_hz} Hz gave {}", block.len());
            let peak = lead.samples_mv.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            assert!(peak.0.abs_diff(500) <= 1, "{rate_hz} Hz peaks at sample {}", peak.0);
            assert!((peak.1 - 1.0).abs() < 0.03, "{rate_hz} Hz peaks at {} mV", peak.1);
            assert!(lead.valid.iter().all(|valid| *valid));
        }
    }

    #[test]
    fn invalid_samples_are_marked_where_they_are() {
        let mut row = vec![0.5_f32; 360];
        row[180..198].fill(f32::NAN);
        let block = Resample::new(vec![Lead::II], 360.0).push(&[row]);
        let invalid: Vec<usize> = (0..block.len()).filter(|n| !block.leads[0].valid[*n]).collect();
        assert_eq!((*invalid.first().unwrap(), *invalid.last().unwrap()), (250, 274));
        assert!(block.leads[0].samples_mv.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn what_no_body_has_is_not_valid() {
        for rate_hz in [250.0, 500.0] {
            let mut row = vec![0.5_f32; 1000];
            row[500] = f32::INFINITY;
            row[510] = -f32::MAX;
            let block = Resample::new(vec![Lead::II], rate_hz).push(&[row]);
            assert!(block.leads[0].samples_mv[100..].iter().all(|value| (value - 0.5).abs() < 0.01));
            assert!(block.leads[0].valid.iter().filter(|valid| !**valid).count() >= 2);
        }
    }

    proptest! {
        #[test]
        fn the_cut_does_not_matter(cuts in prop::collection::vec(1_usize..90, 1..30), rate_hz in prop::sample::select(vec![250.0, 360.0, 500.0, 1000.0])) {
            let total: usize = cuts.iter().sum();
            let row: Vec<f32> = (0..total).map(|n| (n as f32 * 0.1).sin()).collect();
            let whole = Resample::new(vec![Lead::II], rate_hz).push(std::slice::from_ref(&row));
            let mut resample = Resample::new(vec![Lead::II], rate_hz);
            let (mut at, mut pieces) = (0, Vec::new());
            for cut in cuts {
                pieces.extend(resample.push(&[row[at..at + cut].to_vec()]).leads.remove(0).samples_mv);
                at += cut;
            }
            prop_assert_eq!(&whole.leads[0].samples_mv, &pieces);
        }
    }
}
