//! From chunks to clean samples at 500 Hz.
//!
//! In go [`Chunk`](crate::ecg::Chunk)s, out come [`Block`]s: all leads over the same samples, at 500 Hz, in mV,
//! each sample with its validity. Chunks are put in order first ([`timeline`]), freed of a
//! pacemaker's pulses ([`pacer`]), then resampled ([`resample`]).
//! [`quality`] says what each second of a lead is good for. [`filters`] and [`mains`] serve the stages after this one, and so
//! does [`derived_leads`], from recorded limb leads ([`limb_leads`]) or from [`easi`].

pub mod derived_leads;
pub mod easi;
pub mod filters;
pub mod limb_leads;
pub mod mains;
pub mod pacer;
pub mod quality;
pub mod resample;
pub mod timeline;

use crate::ecg::Lead;

/// The sampling rate at which every stage after this one works.
pub const RATE_HZ: f64 = 500.0;

/// Consecutive samples of all leads at [`RATE_HZ`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// One entry a lead, in the order of the stream; all have the same number of samples.
    pub leads: Vec<LeadBlock>,
}

/// One lead of a [`Block`].
#[derive(Clone, Debug, PartialEq)]
pub struct LeadBlock {
    /// Which lead.
    pub lead: Lead,
    /// Physical values in mV; where there is no valid sample, the last valid one is held.
    pub samples_mv: Vec<f32>,
    /// Is there a valid sample here?
    pub valid: Vec<bool>,
}

impl Block {
    /// Number of samples of each lead.
    pub fn len(&self) -> usize {
        self.leads.first().map_or(0, |lead| lead.samples_mv.len())
    }

    /// Has it no samples?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
