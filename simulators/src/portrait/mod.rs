//! Portraits: ten seconds of one patient under twelve leads, with the truth about them. A seed gives a portrait.
//!
//! In: a seed. Out: a [`Portrait`], drawn so widely that whoever learns from many has to look at the waves: hearts in every
//! position, waves of every size and width, the rhythms and conditions that a twelve-lead ECG can show, and the noise and
//! filters of recorders. `draw` says what the patient has, `body` what the patient is like, `recorder` what the recording
//! does to it, `truth` what of it a reader can find, by the criteria that readers go by.

mod body;
mod draw;
mod recorder;
mod truth;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use truth::{Finding, PortraitTruth, Wall};

use crate::patient::{Patient, PatientSettings};

/// Length of a portrait in seconds.
pub const SECONDS: f64 = 10.0;
/// Samples a second.
pub const RATE_HZ: f64 = 500.0;
/// Samples of each lead.
pub const SAMPLES: usize = (SECONDS * RATE_HZ) as usize;

/// Ten seconds of one patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// What the patient has.
    pub settings: PatientSettings,
    /// The leads in mV, in the order of [`crate::lead::Lead::ALL`], [`SAMPLES`] each.
    pub leads_mv: [Vec<f32>; 12],
    /// What can be found on them.
    pub truth: PortraitTruth,
}

impl Portrait {
    /// The portrait of a seed: the same for ever.
    pub fn draw(seed: u64) -> Portrait {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // A window does not begin with the first beat of a heart.
        let from_s = rand::Rng::random_range(&mut random, 2.0..9.0);
        let settings = draw::settings(seed, from_s, &mut random);
        let recorder = recorder::Recorder::draw(&mut random);
        let patient = Patient::new(settings.clone()).expect("every number was drawn within its range (this is a bug)");
        let truth = PortraitTruth::of(&settings, &patient, from_s);
        let mut patient = patient;
        let run_in_s = recorder::RUN_IN_S.min(from_s);
        patient.skip_to(from_s - run_in_s);
        let run_in = (run_in_s * RATE_HZ).round() as usize;
        let leads_mv = patient.next(run_in + SAMPLES + recorder::RUN_OUT).leads_mv;
        Portrait { seed, settings, leads_mv: leads_mv.map(|lead| recorder.record(&lead, run_in)), truth }
    }
}

#[cfg(test)]
mod tests;
