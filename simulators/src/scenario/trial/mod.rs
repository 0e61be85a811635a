//! Trials: many patients with one episode each, to count what a monitor's alarm finds, misses and invents.
//!
//! In: a [`TrialCode`], how many patients, a seed. Out: [`TrialBed`]s, each with the time its episode begins and ends.
//! A patient has 35 to 50 s of sinus rhythm of 60 to 90 a minute (of pacing where a pacemaker fails), the episode, clearly inside the definition of its
//! alarm, and 20 s of what was before. A stable patient has 300 s without anything to alarm for.
//! Hearts, conduction, leads, sampling rates and noise differ from bed to bed; the same seed gives the same beds.
//! [`everyday()`] disturbances come on top if asked for.
//!
//! Half of the beds have the noise of a patient at rest, the other half a signal-to-noise ratio of 6 to 24 dB after the
//! convention of WFDB's `nst(1)`: the power of the signal is an eighth of the squared mean peak-to-peak amplitude of the
//! QRS complex, here in lead II and within 50 ms of the R peak; the power of the noise is its mean square in that lead.
//! Muscle and wander have half of it each.

mod code;
mod course;
mod episode;
mod everyday;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use code::TrialCode;
pub use everyday::{Everyday, everyday};

use super::Bed;
use crate::{
    lead::Lead,
    patient::{Conduction, NoiseLevels, Patient, PatientSettings},
    rhythm::{Afterwards, Rhythm, Script, Step},
};

/// One patient of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialBed {
    /// The bed; its stream id is the code and a number.
    pub bed: Bed,
    /// The alarm that is due, or stable.
    pub code: TrialCode,
    /// When the episode begins and ends, in seconds from the first sample; `None` for stable patients.
    pub episode: Option<TrialEpisode>,
    /// How long the whole takes.
    pub seconds: f64,
    /// The ratio of signal to noise, if it was set.
    pub snr_db: Option<f64>,
    /// Other alarms that are true during the episode, though they need not be raised.
    pub also_true: &'static [&'static str],
    /// Limits at which the alarm is due, where they are not the usual ones.
    pub limits: Option<&'static str>,
}

/// When the episode of a trial begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrialEpisode {
    /// The first ventricular beat, the first beat of the new rate, the last beat before a pause or asystole, or the first
    /// wave of fibrillation.
    pub onset_s: f64,
    /// The last such beat, the first beat after a pause or asystole, or the end of fibrillation.
    pub end_s: f64,
}

/// Sinus rhythm after the episode.
const AFTER_S: f64 = 20.0;
/// How long a stable patient is watched.
const STABLE_S: f64 = 300.0;
/// How much wander a level of 1 mV makes in a limb lead, as mean square in mV²: two electrodes, each with its sines and its
/// share of breathing.
const WANDER_POWER: f64 = 3.2;

/// The patient itself takes the low ones.
const DISTURBANCE_STREAM: u64 = 1000;

/// `episodes` patients with the episode `code` each, and so many [`everyday()`] disturbances an hour; 0 for none.
pub fn trial(code: TrialCode, episodes: usize, seed: u64, disturbances_per_hour: f64) -> Vec<TrialBed> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // Each code has patients of its own.
    random.set_stream(code as u64);
    let mut beds: Vec<TrialBed> = (0..episodes).map(|index| trial_bed(code, index, &mut random)).collect();
    for TrialBed { bed, seconds, .. } in &mut beds {
        // A stream of their own, so that they leave hearts and episodes as they are.
        let mut random = ChaCha8Rng::seed_from_u64(bed.patient.seed);
        random.set_stream(DISTURBANCE_STREAM);
        let everyday = everyday(&bed.leads, *seconds, disturbances_per_hour, &mut random);
        bed.patient.disturbances.extend(everyday.disturbances);
        bed.lead_off.extend(everyday.lead_off);
    }
    beds
}

fn trial_bed(code: TrialCode, index: usize, random: &mut ChaCha8Rng) -> TrialBed {
    let sinus = Rhythm::Sinus { rate_bpm: random.random_range(60.0..90.0) };
    let steps = match code.episode(random) {
        Some((rhythm, seconds)) => {
            let before_s = random.random_range(35.0..50.0) + code.more_before_s();
            let usual = code.usual(sinus, rhythm);
            vec![(usual, before_s), (rhythm, seconds), (usual, AFTER_S)]
        }
        None => vec![(episode::stable(sinus, random), STABLE_S)],
    };
    let steps: Vec<Step> = steps.into_iter().map(|(rhythm, seconds)| Step { rhythm, seconds }).collect();
    let script = Script::new(steps, Afterwards::Hold).expect("the rhythms of a trial are in range (this is a bug)");
    let seconds = script.seconds();
    let mut patient = PatientSettings::new(random.random(), script);
    patient.rate_hz = [250.0, 360.0, 500.0][random.random_range(0..3)];
    patient.conduction = match random.random_range(0..10) {
        0 => Conduction::LeftBundleBranchBlock,
        1 => Conduction::RightBundleBranchBlock,
        2 => Conduction::Paced,
        _ => Conduction::Normal,
    };
    if code == TrialCode::Qtc {
        // Minutes of it: the lowest rate is enough.
        patient.rate_hz = 250.0;
    }
    if code.needs_narrow_beats() {
        patient.conduction = Conduction::Normal;
    }
    let snr_db = random.random_bool(0.5).then(|| random.random_range(6.0..24.0)).filter(|_| !code.is_noise());
    // What is measured in tenths of a millivolt needs a signal in which it can be seen.
    let snr_db = snr_db.map(|snr_db: f64| if code.is_measured() { snr_db.max(14.0) } else { snr_db });
    if let Some(snr_db) = snr_db {
        patient.noise = noise(&patient, snr_db);
    }
    let episode_step = patient.script.steps().get(1).map(|step| step.seconds);
    let before_s = patient.script.steps()[0].seconds;
    let mut bed = Bed::new(format!("{}-{:03}", code.name().to_lowercase(), index + 1), patient);
    bed.leads = lead_set(random);
    if code.is_measured() && bed.leads.len() < 7 {
        // A bedside monitor or a diagnostic ECG.
        let leads = if random.random_bool(0.5) { 7 } else { Lead::ALL.len() };
        bed.leads = Lead::ALL[..leads].to_vec();
    }
    if let Some(seconds) = episode_step {
        course::arrange(code, &mut bed, before_s, before_s + seconds, random);
    }
    let truth = patient_of(&bed.patient).truth_until(seconds);
    let episode = code.in_truth(&truth);
    TrialBed { bed, code, episode, seconds, snr_db, also_true: code.also_true(), limits: None }
}

/// What monitors are connected with: one lead, telemetry, a bedside monitor with five or six electrodes, a diagnostic ECG.
fn lead_set(random: &mut impl Rng) -> Vec<Lead> {
    use Lead::{AVF, AVL, AVR, I, II, III, V1};
    match random.random_range(0..5) {
        0 => vec![II],
        1 => vec![II, V1],
        2 => vec![I, II, V1],
        3 => vec![I, II, III, AVR, AVL, AVF, V1],
        _ => Lead::ALL.to_vec(),
    }
}

/// The noise levels that give lead II this ratio of signal to noise.
fn noise(patient: &PatientSettings, snr_db: f64) -> NoiseLevels {
    let signal = qrs_peak_to_peak_mv(patient).powi(2) / 8.0;
    let half = signal / 10.0_f64.powf(snr_db / 10.0) / 2.0;
    // Muscle is independent at the two electrodes of a limb lead.
    NoiseLevels { muscle_mv: (half / 2.0).sqrt(), wander_mv: (half / WANDER_POWER).sqrt() }
}

/// The mean height of this heart's sinus beats in lead II.
fn qrs_peak_to_peak_mv(patient: &PatientSettings) -> f64 {
    const RATE_HZ: f64 = 500.0;
    let script = Script::only(Rhythm::Sinus { rate_bpm: 75.0 }).expect("75 a minute is in range (this is a bug)");
    let clean = PatientSettings { script, noise: NoiseLevels::NONE, rate_hz: RATE_HZ, ..patient.clone() };
    let mut clean = patient_of(&clean);
    let block = clean.next(5 * RATE_HZ as usize);
    let lead = &block.leads_mv[Lead::II as usize];
    let reach = (0.05 * RATE_HZ) as usize;
    let heights = clean.truth().beats.into_iter().filter_map(|beat| {
        let peak = (beat.r_s * RATE_HZ).round() as usize;
        let around = lead.get(peak.saturating_sub(reach)..=peak + reach)?;
        let (low, high) = around.iter().fold((f32::MAX, f32::MIN), |(low, high), &mv| (low.min(mv), high.max(mv)));
        Some(f64::from(high - low))
    });
    let heights: Vec<f64> = heights.collect();
    heights.iter().sum::<f64>() / heights.len().max(1) as f64
}

pub(super) fn patient_of(settings: &PatientSettings) -> Patient {
    Patient::new(settings.clone()).expect("the patients of a trial are in range (this is a bug)")
}

#[cfg(test)]
mod tests;
