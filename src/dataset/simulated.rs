//! Windows of simulated patients.
//!
//! In: the seed of a data set and the number of a window. Out: its [`Window`], the same for ever.

use simulators::portrait::{self, Portrait};

use super::facts::Facts;
use super::{Window, text};
use crate::criteria::examine;
use crate::ecg::{STANDARD_LEADS, Strip, StripLead, Time};
use crate::measure::measure;

/// The seed of window `index` of the data set `seed`: no two data sets share a window.
pub fn window_seed(seed: u32, index: u32) -> u64 {
    u64::from(seed) << 32 | u64::from(index)
}

/// Window `index` of the data set `seed`.
pub fn window(seed: u32, index: u32) -> Window {
    let portrait = Portrait::draw(window_seed(seed, index));
    let strip = strip(&portrait);
    let measurements = measure(&strip);
    let facts = Facts::of_simulated(&portrait.truth, &measurements, &examine(&strip, &measurements));
    Window {
        id: format!("simulated-{seed}-{index:06}"),
        seed: Some(portrait.seed),
        strip,
        measurements,
        question: text::question(portrait.seed).to_owned(),
        text: text::write(&facts, portrait.seed),
        facts,
        statements: portrait.truth.findings.iter().map(|finding| format!("finding: {}", finding.name())).collect(),
        truth: Some(portrait.truth),
    }
}

/// The leads of a portrait as a strip that begins in 1970.
pub fn strip(portrait: &Portrait) -> Strip {
    let leads = STANDARD_LEADS.into_iter().zip(&portrait.leads_mv);
    let leads = leads.map(|(lead, samples_mv)| StripLead { lead, derived: false, samples_mv: samples_mv.clone() });
    Strip { start: Time::default(), rate_hz: portrait::RATE_HZ, leads: leads.collect() }
}
