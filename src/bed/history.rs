//! The last 10 s of all leads, from which windows are cut: the diagnostic band, 0.05 to 150 Hz, without the mains.
//!
//! The offset is taken off as the samples come; mains and what is above 150 Hz are taken off when a window is cut, over
//! the whole of it, so that nothing is delayed. The alarm path does not wait for this.

use std::collections::VecDeque;
use std::ops::Range;

use crate::ecg::{Lead, Strip, StripLead, Time};
use crate::signal::derived_leads::add_derived_leads;
use crate::signal::filters::{OffsetRemoval, low_pass_150_hz};
use crate::signal::mains::MainsRemoval;
use crate::signal::{Block, RATE_HZ};

/// Length of a window: the 10 s of a 12-lead ECG.
const WINDOW: usize = (10.0 * RATE_HZ) as usize;

/// The last 10 s of one stretch, the electrodes' offset taken off.
#[derive(Debug)]
pub(super) struct History {
    leads: Vec<(Lead, OffsetRemoval, VecDeque<f32>)>,
    mains: MainsRemoval,
}

impl History {
    pub fn new(leads: Vec<Lead>) -> History {
        let leads = leads.into_iter().map(|lead| (lead, OffsetRemoval::default(), VecDeque::with_capacity(WINDOW)));
        History { leads: leads.collect(), mains: MainsRemoval::default() }
    }

    /// Takes the sample `index` of a block.
    pub fn push(&mut self, block: &Block, index: usize) {
        for ((_, offset, kept_mv), lead) in self.leads.iter_mut().zip(&block.leads) {
            if kept_mv.len() == WINDOW {
                kept_mv.pop_front();
            }
            let value_mv =
                if lead.valid[index] { offset.run(f64::from(lead.samples_mv[index])) as f32 } else { f32::NAN };
            kept_mv.push_back(value_mv);
        }
    }

    /// The leads in the order of the stream.
    pub fn leads(&self) -> impl Iterator<Item = &Lead> {
        self.leads.iter().map(|(lead, ..)| lead)
    }

    /// Samples kept of each lead.
    pub fn len(&self) -> usize {
        self.leads.first().map_or(0, |(.., kept_mv)| kept_mv.len())
    }

    /// The latest samples of a lead in mV, oldest first, NaN where there is none; `None` while fewer are kept.
    pub fn latest(&self, lead: usize, count: usize) -> Option<impl Iterator<Item = f32>> {
        let (.., kept_mv) = self.leads.get(lead)?;
        let from = kept_mv.len().checked_sub(count)?;
        Some(kept_mv.range(from..).copied())
    }

    /// Puts a stretch of a lead into `row`, NaN where nothing is kept. Samples count as `seen` does.
    pub fn copy(&self, lead: usize, samples: Range<u64>, seen: u64, row: &mut Vec<f32>) {
        let Some((.., kept_mv)) = self.leads.get(lead) else { return };
        let oldest = seen.saturating_sub(kept_mv.len() as u64);
        let index = |sample: u64| (sample.clamp(oldest, seen.max(oldest)) - oldest) as usize;
        let (from, to) = (index(samples.start), index(samples.end.max(samples.start)).min(kept_mv.len()));
        let length = samples.end.saturating_sub(samples.start) as usize;
        let before = (oldest.saturating_sub(samples.start) as usize).min(length);
        row.extend(std::iter::repeat_n(f32::NAN, before));
        row.extend(kept_mv.range(from.min(to)..to));
        row.extend(std::iter::repeat_n(f32::NAN, length - before - (to - from.min(to))));
    }

    /// The window that ends at `end`. A lead without any valid sample in it is left out: it was not recorded.
    pub fn window(&self, end: Time) -> Option<Strip> {
        let length = self.leads.first()?.2.len();
        let recorded = self.leads.iter().filter(|(.., kept_mv)| kept_mv.iter().any(|value| value.is_finite()));
        let leads: Vec<StripLead> = recorded
            .map(|(lead, _, kept_mv)| {
                let mut samples_mv: Vec<f32> = kept_mv.iter().copied().collect();
                self.mains.clean(&mut samples_mv);
                low_pass_150_hz(&mut samples_mv);
                StripLead { lead: lead.clone(), derived: false, samples_mv }
            })
            .collect();
        if leads.is_empty() {
            return None;
        }
        let mut strip = Strip { start: end.plus_samples(-(length as i64), RATE_HZ), rate_hz: RATE_HZ, leads };
        add_derived_leads(&mut strip);
        Some(strip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::LeadBlock;

    #[test]
    fn a_stretch_has_the_length_asked_for_and_nan_where_nothing_is_kept() {
        let mut history = History::new(vec![Lead::II]);
        let lead = LeadBlock { lead: Lead::II, samples_mv: vec![1.0; 40], valid: vec![true; 40] };
        let block = Block { leads: vec![lead] };
        (0..40).for_each(|index| history.push(&block, index));
        // The samples 60 to 99 are kept.
        for (samples, finite) in [(50..70, 10), (60..100, 40), (90..130, 10), (0..10, 0), (200..210, 0), (70..70, 0)] {
            let mut row = Vec::new();
            history.copy(0, samples.clone(), 100, &mut row);
            let found = row.iter().filter(|value| value.is_finite()).count();
            assert_eq!((row.len() as u64, found), (samples.end - samples.start, finite), "{samples:?}");
        }
    }
}
