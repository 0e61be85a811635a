//! The signal against its truth: what a cardiologist would check on a printed page, on many seeds.

use proptest::prelude::*;
use simulators::{
    lead::Lead,
    patient::{NoiseLevels, Patient, PatientSettings},
    rhythm::{Afterwards, Rhythm, Script, Step},
    truth::{BeatClass, BeatTruth},
};

const RATE_HZ: f64 = 500.0;

/// `seconds` of a patient and the patient after them.
fn recorded(settings: PatientSettings, seconds: f64) -> ([Vec<f32>; 12], Patient) {
    let samples = (seconds * settings.rate_hz) as usize;
    let mut patient = Patient::new(settings).unwrap();
    (patient.next(samples).leads_mv, patient)
}

fn only(seed: u64, rhythm: Rhythm) -> PatientSettings {
    PatientSettings::new(seed, Script::only(rhythm).unwrap())
}

/// The lead within `before_s` and `after_s` of a beat.
fn around<'a>(lead: &'a [f32], beat: &BeatTruth, before_s: f64, after_s: f64) -> Option<&'a [f32]> {
    let at = |t_s: f64| (t_s * RATE_HZ).round() as usize;
    (beat.r_s > before_s).then(|| lead.get(at(beat.r_s - before_s)..at(beat.r_s + after_s))).flatten()
}

fn largest(samples: &[f32]) -> f32 {
    samples.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn smallest(samples: &[f32]) -> f32 {
    samples.iter().copied().fold(f32::INFINITY, f32::min)
}

#[test]
fn the_r_peak_of_lead_ii_lies_within_10_ms_of_the_truth() {
    for seed in 0..20 {
        let rate_bpm = 40.0 + 8.0 * seed as f64;
        let (leads, patient) = recorded(only(seed, Rhythm::Sinus { rate_bpm }), 30.0);
        let beats = patient.truth().beats;
        assert!(beats.len() as f64 > 0.45 * rate_bpm, "{} beats at {rate_bpm}/min", beats.len());
        for beat in &beats {
            let Some(window) = around(&leads[Lead::II as usize], beat, 0.06, 0.06) else { continue };
            let peak = window.iter().position(|&mv| mv == largest(window)).unwrap();
            let error_s = peak as f64 / RATE_HZ - 0.06;
            assert!(error_s.abs() < 0.010, "seed {seed}: R peak of lead II is {error_s} s off");
        }
    }
}

#[test]
fn a_sinus_beat_looks_like_one_in_every_lead() {
    for seed in 0..20 {
        let clean = PatientSettings { noise: NoiseLevels::NONE, ..only(seed, Rhythm::Sinus { rate_bpm: 65.0 }) };
        let (leads, patient) = recorded(clean, 8.0);
        let beat = patient.truth().beats[3];
        let qrs = |lead: Lead| around(&leads[lead as usize], &beat, 0.06, 0.07).unwrap();
        let t_wave = |lead: Lead| largest(&around(&leads[lead as usize], &beat, 0.0, 0.36).unwrap()[100..]);
        assert!((0.6..1.6).contains(&largest(qrs(Lead::II))), "R in II {}", largest(qrs(Lead::II)));
        assert!((-1.9..-0.7).contains(&smallest(qrs(Lead::V2))), "S in V2 {}", smallest(qrs(Lead::V2)));
        assert!((0.7..1.9).contains(&largest(qrs(Lead::V5))), "R in V5 {}", largest(qrs(Lead::V5)));
        assert!(smallest(qrs(Lead::AVR)) < -0.5 && largest(qrs(Lead::I)) > 0.2);
        for lead in [Lead::I, Lead::II, Lead::V2, Lead::V3, Lead::V4, Lead::V5, Lead::V6] {
            assert!((0.08..0.8).contains(&t_wave(lead)), "seed {seed}: T in {lead} {}", t_wave(lead));
        }
        let p_wave = around(&leads[Lead::II as usize], &beat, 0.23, -0.08).unwrap();
        assert!((0.07..0.25).contains(&largest(p_wave)), "P in II {}", largest(p_wave));
    }
}

#[test]
fn limb_leads_obey_einthoven_and_goldberger() {
    let steps = [Rhythm::Sinus { rate_bpm: 80.0 }, Rhythm::VentricularFibrillation, Rhythm::Asystole];
    let steps = steps.map(|rhythm| Step { rhythm, seconds: 5.0 }).to_vec();
    let settings = PatientSettings::new(4, Script::new(steps, Afterwards::Hold).unwrap());
    let (leads, _) = recorded(settings, 15.0);
    let [i, ii, iii, avr, avl, avf, ..] = &leads;
    for n in 0..i.len() {
        let differences = [
            iii[n] - (ii[n] - i[n]),
            avr[n] + f32::midpoint(i[n], ii[n]),
            avl[n] - (i[n] - ii[n] / 2.0),
            avf[n] - (ii[n] - i[n] / 2.0),
        ];
        assert!(differences.iter().all(|difference| difference.abs() < 1e-5), "sample {n}: {differences:?}");
    }
}

#[test]
fn ventricular_beats_are_wide_and_unlike_the_others() {
    let rhythm = Rhythm::SinusWithPvcs { rate_bpm: 72.0, pvcs_per_min: 12.0 };
    let clean = PatientSettings { noise: NoiseLevels::NONE, ..only(21, rhythm) };
    let (_, patient) = recorded(clean, 120.0);
    let beats = patient.truth().beats;
    let width_s = |class: BeatClass| {
        let widths = beats.iter().filter(|beat| beat.class == class).map(|beat| beat.qrs_end_s - beat.qrs_onset_s);
        widths.fold((f64::INFINITY, 0.0_f64), |(min, max), width| (min.min(width), max.max(width)))
    };
    assert!(width_s(BeatClass::Normal).1 < 0.115, "{:?}", width_s(BeatClass::Normal));
    assert!(width_s(BeatClass::Ventricular).0 > 0.125, "{:?}", width_s(BeatClass::Ventricular));
}

#[test]
fn asystole_is_flat_above_the_wander() {
    for seed in 0..10 {
        let (leads, _) = recorded(only(seed, Rhythm::Asystole), 15.0);
        for lead in &leads {
            // What is faster than a 0.2 s mean is not wander.
            for window in lead.windows(100) {
                let mean = window.iter().sum::<f32>() / 100.0;
                assert!((window[50] - mean).abs() < 0.05, "seed {seed}: {} mV", window[50] - mean);
            }
            assert!(largest(lead) - smallest(lead) < 0.6, "wander of {} mV", largest(lead) - smallest(lead));
            assert!(largest(lead) > smallest(lead), "a dead line is no asystole");
        }
    }
}

#[test]
fn standstill_has_p_waves_alone() {
    let rhythm = Rhythm::VentricularStandstill { atrial_rate_bpm: 70.0 };
    let clean = PatientSettings { noise: NoiseLevels::NONE, ..only(2, rhythm) };
    let (leads, patient) = recorded(clean, 20.0);
    assert!(patient.truth().beats.is_empty());
    let height = largest(&leads[Lead::II as usize]);
    assert!((0.07..0.25).contains(&height), "P waves of {height} mV");
}

#[test]
fn fibrillating_ventricles_are_coarse_and_never_rest() {
    for seed in 0..10 {
        let clean = PatientSettings { noise: NoiseLevels::NONE, ..only(seed, Rhythm::VentricularFibrillation) };
        let (leads, patient) = recorded(clean, 20.0);
        assert!(patient.truth().beats.is_empty());
        let lead = &leads[Lead::II as usize][500..];
        // A second without 0.2 mV peak to peak would be fine fibrillation at best.
        let heights: Vec<f32> = lead.chunks_exact(500).map(|second| largest(second) - smallest(second)).collect();
        assert!(heights.iter().all(|&height| height > 0.2), "seed {seed}: {heights:?}");
        assert!((0.5..3.0).contains(&heights.iter().copied().fold(0.0, f32::max)), "seed {seed}: {heights:?}");
        let crossings = lead.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
        let rate_hz = crossings as f64 / (lead.len() as f64 / RATE_HZ);
        assert!((3.0..8.0).contains(&rate_hz), "seed {seed}: {rate_hz} Hz");
    }
}

#[test]
fn the_truth_can_be_had_without_the_signal_and_taken_in_pieces() {
    let settings = only(8, Rhythm::SinusWithPvcs { rate_bpm: 80.0, pvcs_per_min: 10.0 });
    let (_, patient) = recorded(settings.clone(), 60.0);
    assert_eq!(Patient::new(settings.clone()).unwrap().truth_until(60.0), patient.truth());
    let mut taken = Vec::new();
    let mut patient = Patient::new(settings).unwrap();
    for _ in 0..60 {
        patient.next(500);
        taken.extend(patient.take_truth().beats);
    }
    assert!(patient.truth().beats.is_empty());
    assert_eq!(
        taken,
        recorded(only(8, Rhythm::SinusWithPvcs { rate_bpm: 80.0, pvcs_per_min: 10.0 }), 60.0).1.truth().beats
    );
}

#[test]
fn the_sampling_rate_changes_neither_beats_nor_waves() {
    let at = |rate_hz: f64| PatientSettings {
        rate_hz,
        noise: NoiseLevels::NONE,
        ..only(6, Rhythm::AtrialFibrillation { rate_bpm: 90.0 })
    };
    let (fast, patient) = recorded(at(1000.0), 10.0);
    let (slow, other) = recorded(at(250.0), 10.0);
    assert_eq!(patient.truth().beats, other.truth().beats);
    for (fast, slow) in fast.iter().zip(&slow) {
        assert!(fast.iter().step_by(4).zip(slow).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}

#[test]
fn the_seed_makes_the_patient() {
    let record = |seed| recorded(only(seed, Rhythm::Sinus { rate_bpm: 70.0 }), 5.0).0;
    assert_eq!(record(1), record(1));
    assert_ne!(record(1), record(2));
}

#[test]
fn impossible_patients_are_refused() {
    let settings = |rate_hz, muscle_mv| PatientSettings {
        rate_hz,
        noise: NoiseLevels { muscle_mv, ..NoiseLevels::default() },
        ..only(1, Rhythm::Asystole)
    };
    for (settings, message) in [
        (settings(0.0, 0.0), "sampling rate is 0 Hz; give 100 to 1000 Hz"),
        (settings(f64::NAN, 0.0), "sampling rate is NaN Hz; give 100 to 1000 Hz"),
        (settings(500.0, -1.0), "noise level is -1 mV; give 0 to 5 mV"),
    ] {
        assert_eq!(Patient::new(settings).map(|_| ()).expect_err(message).to_string(), message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_signal_does_not_depend_on_the_block_sizes(seed: u64, sizes in proptest::collection::vec(0..900_usize, 1..12)) {
        let steps = [
            Rhythm::SinusWithPvcs { rate_bpm: 100.0, pvcs_per_min: 20.0 },
            Rhythm::VentricularFibrillation,
            Rhythm::AtrialFibrillation { rate_bpm: 120.0 },
        ];
        let steps = steps.map(|rhythm| Step { rhythm, seconds: 2.0 }).to_vec();
        let settings = PatientSettings::new(seed, Script::new(steps, Afterwards::Repeat).unwrap());
        let whole = Patient::new(settings.clone()).unwrap().next(sizes.iter().sum());
        let mut patient = Patient::new(settings).unwrap();
        let mut at = 0;
        for size in sizes {
            let block = patient.next(size);
            prop_assert_eq!(block.start_sample, at as u64);
            for (part, whole) in block.leads_mv.iter().zip(&whole.leads_mv) {
                prop_assert_eq!(part.as_slice(), &whole[at..at + size]);
            }
            at += size;
        }
    }
}
