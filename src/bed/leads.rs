//! Which leads carry a signal, since when they do or do not, and what it is good for.

use crate::ecg::{Lead, Time};
use crate::signal::quality::{Quality, QualityMeter, Spectrum};
use crate::signal::{Block, RATE_HZ};

/// A lead counts as lost after 100 ms without a valid sample: single lost samples are held over.
const LOST_AFTER: u32 = (RATE_HZ * 0.1) as u32;

/// The state of every lead of a stretch.
#[derive(Debug)]
pub(super) struct LeadStates {
    leads: Vec<LeadState>,
    spectrum: Spectrum,
    usable_since: Time,
    /// The names of the leads that could be used when they were last listed.
    listed: Vec<Lead>,
}

#[derive(Debug)]
struct LeadState {
    lead: Lead,
    last_valid: Time,
    invalid: u32,
    meter: QualityMeter,
    /// That of the last whole second.
    quality: Quality,
}

impl LeadStates {
    pub fn new(leads: &[Lead], at: Time) -> LeadStates {
        let state = |lead: &Lead| LeadState {
            lead: lead.clone(),
            last_valid: at,
            invalid: 0,
            meter: QualityMeter::new(),
            quality: Quality::Good,
        };
        LeadStates {
            leads: leads.iter().map(state).collect(),
            spectrum: Spectrum::default(),
            usable_since: at,
            listed: Vec::new(),
        }
    }

    /// Takes the sample `index` of a block, taken at `now`.
    pub fn push(&mut self, block: &Block, index: usize, now: Time) {
        for (state, lead) in self.leads.iter_mut().zip(&block.leads) {
            if lead.valid[index] {
                state.last_valid = now;
                state.invalid = 0;
            } else {
                state.invalid = state.invalid.saturating_add(1);
            }
            if let Some(quality) = state.meter.push(lead.samples_mv[index], lead.valid[index], &mut self.spectrum) {
                state.quality = quality;
            }
        }
        if !self.any_usable() {
            self.usable_since = now;
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &Lead> {
        self.leads.iter().map(|state| &state.lead)
    }

    /// Can each lead be used?
    pub fn usable(&self) -> impl Iterator<Item = bool> + Clone {
        self.leads.iter().map(|state| state.invalid < LOST_AFTER)
    }

    /// Lists the leads that can be used now; [`listed`](LeadStates::listed) has them.
    pub fn list_usable(&mut self) {
        self.listed.clear();
        let usable = self.leads.iter().filter(|state| state.invalid < LOST_AFTER);
        self.listed.extend(usable.map(|state| state.lead.clone()));
    }

    /// The leads that could be used when [`list_usable`](LeadStates::list_usable) was called.
    pub fn listed(&self) -> &[Lead] {
        &self.listed
    }

    /// What each lead is good for: off at once when it is lost, else as the last whole second was.
    pub fn qualities(&self) -> impl Iterator<Item = Quality> + Clone {
        self.leads.iter().map(|state| if state.invalid < LOST_AFTER { state.quality } else { Quality::Off })
    }

    pub fn any_usable(&self) -> bool {
        self.usable().any(|usable| usable)
    }

    /// Since when at least one lead can be used.
    pub fn usable_since(&self) -> Time {
        self.usable_since
    }

    /// The leads that carry nothing, each with the time of its last valid sample.
    pub fn off(&self) -> Vec<(Lead, Time)> {
        let lost = self.leads.iter().filter(|state| state.invalid >= LOST_AFTER);
        lost.map(|state| (state.lead.clone(), state.last_valid)).collect()
    }
}
