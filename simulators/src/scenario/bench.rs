//! The test bench: waveforms after IEC 60601-2-27 (and AAMI EC13 before it) for the time to alarm.
//!
//! In: a seed. Out: beds with one episode each, as those of a trial. Ventricular tachycardia of 206 a minute and 1 mV from
//! peak to peak (figure 4a of the standard) and of 195 a minute and 2 mV (figure 4b), each at half, once and twice its
//! amplitude; steps of the heart rate from 80 to 120 and from 80 to 40 a minute, and standstill. Each five times, as the standard asks
//! for, at other moments of the beat. Lead II, 500 samples a second, no noise. The shapes of the beats are those of this
//! crate: the figures themselves are drawings.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Bed, TrialBed, TrialCode, trial::patient_of};
use crate::{
    lead::Lead,
    patient::{Condition, ConditionKind, NoiseLevels, PatientSettings},
    rhythm::{Afterwards, Rhythm, Script, Step},
};

/// How often each waveform is given.
const RUNS: usize = 5;
/// What comes before, for how long, and after.
const BEFORE: Rhythm = Rhythm::RegularSinus { rate_bpm: 80.0 };
const BEFORE_S: f64 = 40.0;
const EPISODE_S: f64 = 30.0;
const AFTER_S: f64 = 20.0;
/// The rate of ventricular tachycardia, its name, and its height in mV from peak to peak.
const TACHYCARDIAS: [(f64, &str, f64); 6] = [
    (206.0, "vt-206-half", 0.5),
    (206.0, "vt-206", 1.0),
    (206.0, "vt-206-double", 2.0),
    (195.0, "vt-195-half", 1.0),
    (195.0, "vt-195", 2.0),
    (195.0, "vt-195-double", 4.0),
];

/// A change of the heart rate.
struct Change {
    code: TrialCode,
    name: &'static str,
    rhythm: Rhythm,
    limits: Option<&'static str>,
    also_true: &'static [&'static str],
}

const CHANGES: [Change; 3] = [
    Change {
        code: TrialCode::Hrhi,
        name: "step-80-120",
        rhythm: Rhythm::RegularSinus { rate_bpm: 120.0 },
        limits: Some("high heart rate 100 a minute"),
        also_true: &[],
    },
    Change {
        code: TrialCode::Hrlo,
        name: "step-80-40",
        rhythm: Rhythm::RegularSinus { rate_bpm: 40.0 },
        limits: Some("low heart rate 60 a minute"),
        // An interval that doubles at once looks like a missed beat.
        also_true: &["XBRADY", "MISS"],
    },
    Change {
        code: TrialCode::Asys,
        name: "standstill",
        rhythm: Rhythm::Asystole,
        limits: None,
        also_true: &["PAUSE", "MISS", "HRLO", "XBRADY"],
    },
];

/// All waveforms of the bench, each in runs of its own.
pub fn bench(seed: u64) -> Vec<TrialBed> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut beds = Vec::new();
    for (rate_bpm, name, peak_to_peak_mv) in TACHYCARDIAS {
        let rhythm = Rhythm::VentricularTachycardia { rate_bpm };
        for run in 1..=RUNS {
            let mut trial = bed(TrialCode::Vtac, &format!("{name}-{run}"), rhythm, &mut random);
            let from_s = trial.bed.patient.script.steps()[0].seconds;
            let times = peak_to_peak_mv / tachycardia_mv(&trial.bed.patient, rhythm);
            let kind = ConditionKind::Amplitude { times };
            let condition = Condition { from_s, to_s: from_s + EPISODE_S, ..Condition::always(kind) };
            trial.bed.patient.conditions.push(condition);
            trial.also_true = &["VFIB", "XTACHY", "HRHI", "NSVT", "PVCM"];
            beds.push(trial);
        }
    }
    for Change { code, name, rhythm, limits, also_true } in CHANGES {
        for run in 1..=RUNS {
            let trial = bed(code, &format!("{name}-{run}"), rhythm, &mut random);
            beds.push(TrialBed { also_true, limits, ..trial });
        }
    }
    beds
}

fn bed(code: TrialCode, name: &str, episode: Rhythm, random: &mut ChaCha8Rng) -> TrialBed {
    // The step falls on any moment of a beat.
    let before_s = BEFORE_S + random.random_range(0.0..0.75);
    let steps = [(BEFORE, before_s), (episode, EPISODE_S), (BEFORE, AFTER_S)];
    let steps = steps.map(|(rhythm, seconds)| Step { rhythm, seconds }).to_vec();
    let script = Script::new(steps, Afterwards::Hold).expect("the rhythms of the bench are in range (this is a bug)");
    let seconds = script.seconds();
    let patient = PatientSettings { noise: NoiseLevels::NONE, ..PatientSettings::new(random.random(), script) };
    let truth = patient_of(&patient).truth_until(seconds);
    let episode = code.in_truth(&truth);
    let bed = Bed { leads: vec![Lead::II], ..Bed::new(name, patient) };
    TrialBed { bed, code, episode, seconds, snr_db: None, also_true: &[], limits: None }
}

/// The height of this heart's tachycardia in lead II, in mV from peak to peak.
fn tachycardia_mv(patient: &PatientSettings, rhythm: Rhythm) -> f64 {
    let script = Script::only(rhythm).expect("the rhythms of the bench are in range (this is a bug)");
    let mut patient = patient_of(&PatientSettings { script, ..patient.clone() });
    let lead = &patient.next(10 * 500).leads_mv[Lead::II as usize];
    // The first beats come out of nothing.
    let (low, high) = lead[1000..].iter().fold((f32::MAX, f32::MIN), |(low, high), &mv| (low.min(mv), high.max(mv)));
    f64::from(high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tachycardias_have_the_rate_and_the_height_of_the_standard() {
        let beds = bench(1);
        assert_eq!(beds.len(), 9 * RUNS);
        for (index, trial) in beds.iter().take(6 * RUNS).enumerate() {
            let (rate_bpm, name, expected_mv) = TACHYCARDIAS[index / RUNS];
            let episode = trial.episode.unwrap();
            let mut patient = patient_of(&trial.bed.patient);
            let lead = patient.next((trial.seconds * 500.0) as usize).leads_mv[Lead::II as usize].clone();
            let within = &lead[((episode.onset_s + 2.0) * 500.0) as usize..((episode.end_s - 1.0) * 500.0) as usize];
            let height_mv =
                within.iter().copied().fold(f32::MIN, f32::max) - within.iter().copied().fold(f32::MAX, f32::min);
            assert!((f64::from(height_mv) / expected_mv - 1.0).abs() < 0.05, "{name}: {height_mv} mV");
            let beats = patient.truth().beats;
            let beats = beats.iter().filter(|beat| (episode.onset_s..=episode.end_s).contains(&beat.r_s)).count();
            let measured_bpm = 60.0 * (beats - 1) as f64 / (episode.end_s - episode.onset_s);
            assert!((measured_bpm - rate_bpm).abs() < 2.0, "{name}: {measured_bpm} a minute");
        }
    }

    #[test]
    fn steps_are_exact() {
        for trial in &bench(1)[6 * RUNS..8 * RUNS] {
            let episode = trial.episode.unwrap();
            let beats = patient_of(&trial.bed.patient).truth_until(trial.seconds).beats;
            let rr_s = |from_s: f64, to_s: f64| {
                let within: Vec<f64> =
                    beats.iter().map(|beat| beat.r_s).filter(|r_s| (from_s..=to_s).contains(r_s)).collect();
                within.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
            };
            assert!(rr_s(0.0, episode.onset_s - 1.6).iter().all(|rr_s| (rr_s - 0.75).abs() < 1e-9));
            let expected_s = if trial.code == TrialCode::Hrhi { 0.5 } else { 1.5 };
            assert!(rr_s(episode.onset_s, episode.end_s).iter().all(|rr_s| (rr_s - expected_s).abs() < 1e-9));
        }
        for trial in &bench(1)[8 * RUNS..] {
            let episode = trial.episode.unwrap();
            assert!((EPISODE_S..EPISODE_S + 1.5).contains(&(episode.end_s - episode.onset_s)));
        }
    }
}
