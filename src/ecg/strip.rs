//! A strip: some seconds of several leads in mV, cut from a stream for measuring, drawing and reading.

use super::{Lead, Time};

/// Some seconds of several leads over the same samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// Time of the first sample.
    pub start: Time,
    /// Samples a second.
    pub rate_hz: f64,
    /// The leads that are there, in any order; all have the same number of samples. A lead that is not listed was not recorded.
    pub leads: Vec<StripLead>,
}

/// One lead of a [`Strip`].
#[derive(Clone, Debug, PartialEq)]
pub struct StripLead {
    /// Which lead.
    pub lead: Lead,
    /// Calculated from other leads instead of recorded.
    pub derived: bool,
    /// Physical values in mV; NaN where there is no valid sample.
    pub samples_mv: Vec<f32>,
}

impl Strip {
    /// Number of samples of each lead.
    pub fn len(&self) -> usize {
        self.leads.first().map_or(0, |lead| lead.samples_mv.len())
    }

    /// Has it no samples?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / self.rate_hz
    }

    /// Time just after the last sample.
    pub fn end(&self) -> Time {
        self.start.plus_samples(self.len() as i64, self.rate_hz)
    }

    /// The samples of one lead, if it is there.
    pub fn lead(&self, lead: &Lead) -> Option<&StripLead> {
        self.leads.iter().find(|candidate| candidate.lead == *lead)
    }

    /// The standard leads that are not there.
    pub fn absent_leads(&self) -> Vec<Lead> {
        super::STANDARD_LEADS.iter().filter(|lead| self.lead(lead).is_none()).cloned().collect()
    }
}
