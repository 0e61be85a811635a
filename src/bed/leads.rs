//! Which leads carry a signal, since when they do or do not, and what it is good for.

use crate::ecg::{Lead, Time};
use crate::signal::quality::{FLAT_MV, Quality, QualityMeter, STEP_MV, Spectrum};
use crate::signal::{Block, RATE_HZ};

/// A lead counts as lost after 100 ms without a valid sample: single lost samples are held over.
const LOST_AFTER: u32 = (RATE_HZ * 0.1) as u32;

/// An amplifier at the end of its range shows nothing: a lead is lost, too, once it has not moved at all for half a second
/// at a level that is a step away from where it moved. Asystole moves a little, and makes no step.
const RAIL_AFTER: u32 = (RATE_HZ * 0.5) as u32;
/// Where a lead moves is the mean over about a second in which it does.
const CENTRE_SAMPLES: f32 = RATE_HZ as f32;
/// Resampling leaves a ripple in proportion to the level.
const STILL_PER_LEVEL: f32 = 2e-5;

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
    rail: Rail,
    meter: QualityMeter,
    /// That of the last whole second.
    quality: Quality,
}

impl LeadState {
    fn is_usable(&self) -> bool {
        self.invalid < LOST_AFTER && !self.rail.is_reached()
    }
}

/// Whether a lead is at the end of its amplifier's range.
#[derive(Debug, Default)]
struct Rail {
    level_mv: f32,
    still: u32,
    centre_mv: Option<f32>,
}

impl Rail {
    fn push(&mut self, sample_mv: f32) {
        if (sample_mv - self.level_mv).abs() <= FLAT_MV.max(STILL_PER_LEVEL * sample_mv.abs()) {
            self.still = self.still.saturating_add(1);
            return;
        }
        (self.level_mv, self.still) = (sample_mv, 0);
        let centre_mv = self.centre_mv.get_or_insert(sample_mv);
        *centre_mv += (sample_mv - *centre_mv) / CENTRE_SAMPLES;
    }

    fn is_reached(&self) -> bool {
        let is_away = self.centre_mv.is_some_and(|centre_mv| (self.level_mv - centre_mv).abs() >= STEP_MV);
        self.still >= RAIL_AFTER && is_away
    }
}

impl LeadStates {
    pub fn new(leads: &[Lead], at: Time) -> LeadStates {
        let state = |lead: &Lead| LeadState {
            lead: lead.clone(),
            last_valid: at,
            invalid: 0,
            rail: Rail::default(),
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
            state.rail.push(lead.samples_mv[index]);
            if lead.valid[index] && !state.rail.is_reached() {
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
        self.leads.iter().map(LeadState::is_usable)
    }

    /// Lists the leads that can be used now; [`listed`](LeadStates::listed) has them.
    pub fn list_usable(&mut self) {
        self.listed.clear();
        let usable = self.leads.iter().filter(|state| state.is_usable());
        self.listed.extend(usable.map(|state| state.lead.clone()));
    }

    /// The leads that could be used when [`list_usable`](LeadStates::list_usable) was called.
    pub fn listed(&self) -> &[Lead] {
        &self.listed
    }

    /// What each lead is good for: off at once when it is lost, else as the last whole second was.
    pub fn qualities(&self) -> impl Iterator<Item = Quality> + Clone {
        self.leads.iter().map(|state| if state.is_usable() { state.quality } else { Quality::Off })
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
        let lost = self.leads.iter().filter(|state| !state.is_usable());
        lost.map(|state| (state.lead.clone(), state.last_valid)).collect()
    }
}
