//! Every rhythm against what its name promises: intervals, beat classes and waves, on many seeds.

use proptest::prelude::*;
use simulators::{
    lead::Lead,
    patient::{Conduction, Disturbance, DisturbanceKind, Electrode, NoiseLevels, Patient, PatientSettings},
    rhythm::{Afterwards, Rhythm, Script, Step},
    truth::{BeatClass, BeatTruth},
};

fn settings(seed: u64, rhythm: Rhythm) -> PatientSettings {
    let script = Script::only(rhythm).unwrap();
    PatientSettings { noise: NoiseLevels::NONE, ..PatientSettings::new(seed, script) }
}

fn beats(seed: u64, rhythm: Rhythm, seconds: f64) -> Vec<BeatTruth> {
    Patient::new(settings(seed, rhythm)).unwrap().truth_until(seconds).beats
}

/// One letter a beat.
fn classes(beats: &[BeatTruth]) -> String {
    beats.iter().map(|beat| if beat.class == BeatClass::Normal { 'N' } else { 'V' }).collect()
}

fn intervals_s(beats: &[BeatTruth]) -> Vec<f64> {
    beats.windows(2).map(|pair| pair[1].r_s - pair[0].r_s).collect()
}

#[test]
fn rates_are_those_asked_for() {
    let asked = [
        (Rhythm::Sinus { rate_bpm: 20.0 }, 20.0),
        (Rhythm::Sinus { rate_bpm: 280.0 }, 280.0),
        (Rhythm::SupraventricularTachycardia { rate_bpm: 190.0 }, 190.0),
        (Rhythm::JunctionalRhythm { rate_bpm: 50.0 }, 50.0),
        (Rhythm::AtrialFlutter { atrial_rate_bpm: 300.0, waves_per_beat: 2 }, 150.0),
        (Rhythm::AtrialFlutter { atrial_rate_bpm: 280.0, waves_per_beat: 4 }, 70.0),
        (Rhythm::IdioventricularRhythm { rate_bpm: 30.0 }, 30.0),
        (Rhythm::PolymorphicVentricularTachycardia { rate_bpm: 220.0 }, 220.0),
        (Rhythm::CompleteBlock { atrial_rate_bpm: 80.0, escape_rate_bpm: 36.0 }, 36.0),
        (Rhythm::FirstDegreeBlock { rate_bpm: 60.0, delay_s: 0.15 }, 60.0),
        (Rhythm::MobitzTwoBlock { atrial_rate_bpm: 90.0, conducted_beats: 2 }, 60.0),
    ];
    for (rhythm, rate_bpm) in asked {
        let count = beats(3, rhythm, 600.0).len() as f64;
        assert!((count / 10.0 / rate_bpm - 1.0).abs() < 0.03, "{rhythm:?}: {} a minute", count / 10.0);
    }
}

#[test]
fn breathing_moves_the_intervals_of_sinus_arrhythmia_by_a_seventh_and_nothing_those_of_the_bench() {
    let extremes = |rhythm| {
        let intervals = intervals_s(&beats(6, rhythm, 300.0));
        (intervals.iter().copied().fold(f64::MAX, f64::min), intervals.iter().copied().fold(0.0, f64::max))
    };
    let (shortest_s, longest_s) = extremes(Rhythm::SinusArrhythmia { rate_bpm: 60.0 });
    // The usual definition asks for 120 ms between the shortest and the longest.
    assert!((0.2..0.35).contains(&(longest_s - shortest_s)), "{shortest_s} to {longest_s} s");
    let (shortest_s, longest_s) = extremes(Rhythm::RegularSinus { rate_bpm: 80.0 });
    assert!((shortest_s - 0.75).abs() < 1e-9 && (longest_s - 0.75).abs() < 1e-9);
}

#[test]
fn agonal_beats_are_few_wide_and_unlike() {
    let beats = beats(6, Rhythm::AgonalRhythm { rate_bpm: 12.0 }, 300.0);
    assert!((50..70).contains(&beats.len()) && beats.iter().all(|beat| beat.class == BeatClass::Ventricular));
    assert!(beats.iter().all(|beat| beat.qrs_end_s - beat.qrs_onset_s > 0.2));
    let intervals = intervals_s(&beats);
    let (shortest_s, longest_s) =
        (intervals.iter().copied().fold(f64::MAX, f64::min), intervals.iter().copied().fold(0.0, f64::max));
    assert!(longest_s > 1.5 * shortest_s);
}

#[test]
fn patterns_are_patterns() {
    let of = |rhythm| classes(&beats(5, rhythm, 120.0));
    let rate_bpm = 70.0;
    assert!(of(Rhythm::Bigeminy { rate_bpm })[1..41].contains(&"NV".repeat(19)));
    assert!(of(Rhythm::Trigeminy { rate_bpm })[1..41].contains(&"NNV".repeat(12)));
    for run_beats in [2_u8, 3, 13] {
        let runs = of(Rhythm::VentricularRuns { rate_bpm, run_beats, run_rate_bpm: 150.0, runs_per_min: 4.0 });
        assert!(runs.starts_with(&format!("NNN{}N", "V".repeat(run_beats.into()))), "{runs}");
        let lengths: Vec<usize> = runs.split('N').map(str::len).filter(|&length| length > 0).collect();
        let whole = &lengths[..lengths.len() - 1];
        assert!(whole.len() >= 4 && whole.iter().all(|&length| length == usize::from(run_beats)), "{runs}");
    }
}

#[test]
fn an_r_on_t_complex_begins_before_the_t_wave_is_over() {
    for seed in 0..10 {
        let beats = beats(seed, Rhythm::ROnTPvcs { rate_bpm: 75.0, pvcs_per_min: 6.0 }, 120.0);
        let pairs: Vec<_> = beats.windows(2).filter(|pair| pair[1].class == BeatClass::Ventricular).collect();
        assert!(pairs.len() >= 8);
        assert!(pairs.iter().all(|pair| pair[1].qrs_onset_s < pair[0].t_end_s - 0.04), "seed {seed}");
    }
}

#[test]
fn a_pause_is_as_long_as_asked() {
    let rhythm = Rhythm::SinusWithPauses { rate_bpm: 70.0, pause_s: 3.2, pauses_per_min: 3.0 };
    let intervals = intervals_s(&beats(4, rhythm, 120.0));
    assert_eq!(intervals.iter().filter(|&&rr_s| (rr_s - 3.2).abs() < 1e-9).count(), 6, "{intervals:?}");
    assert!(intervals.iter().all(|&rr_s| !(1.1..=3.1).contains(&rr_s)));
}

#[test]
fn wenckebach_shortens_rr_until_the_pause() {
    let rhythm = Rhythm::WenckebachBlock { atrial_rate_bpm: 80.0, conducted_beats: 4 };
    let intervals = intervals_s(&beats(4, rhythm, 60.0));
    let longest = intervals.iter().copied().fold(0.0, f64::max);
    // Twice the P interval less what PR had grown.
    assert!((1.2..1.45).contains(&longest), "{longest}");
    let pauses = intervals.iter().filter(|&&rr_s| rr_s > 1.1).count();
    assert!((intervals.len() / 4 - 1..=intervals.len() / 4 + 1).contains(&pauses), "{pauses}");
}

#[test]
fn the_two_foci_and_the_turning_axis_look_unlike() {
    for rhythm in [
        Rhythm::MultiformPvcs { rate_bpm: 70.0, pvcs_per_min: 15.0 },
        Rhythm::PolymorphicVentricularTachycardia { rate_bpm: 200.0 },
        Rhythm::TorsadesDePointes { rate_bpm: 200.0 },
    ] {
        let mut patient = Patient::new(settings(1, rhythm)).unwrap();
        let leads = patient.next(500 * 30).leads_mv;
        let peaks = patient.truth().beats;
        let peaks = peaks.iter().filter(|beat| beat.class == BeatClass::Ventricular);
        let heights: Vec<f32> = peaks.map(|beat| leads[Lead::II as usize][(beat.r_s * 500.0) as usize]).collect();
        let (up, down) =
            (heights.iter().filter(|&&mv| mv > 0.3).count(), heights.iter().filter(|&&mv| mv < -0.3).count());
        assert!(up >= 3 && down >= 3, "{rhythm:?}: {heights:?}");
    }
}

#[test]
fn flutter_waves_are_seen_between_the_beats_and_fine_fibrillation_is_small() {
    let peak_to_peak = |rhythm| {
        let lead = Patient::new(settings(2, rhythm)).unwrap().next(5000).leads_mv[Lead::II as usize].split_off(500);
        lead.iter().copied().fold(f32::MIN, f32::max) - lead.iter().copied().fold(f32::MAX, f32::min)
    };
    let fine = peak_to_peak(Rhythm::FineVentricularFibrillation { peak_mv: 0.1 });
    assert!((0.1..0.35).contains(&fine), "{fine} mV");
    let flutter = Rhythm::AtrialFlutter { atrial_rate_bpm: 300.0, waves_per_beat: 4 };
    let mut patient = Patient::new(settings(2, flutter)).unwrap();
    let lead = patient.next(5000).leads_mv[Lead::II as usize].clone();
    let beats = patient.truth().beats;
    let between = |pair: &[BeatTruth]| {
        let rest = &lead[(pair[0].t_end_s * 500.0) as usize..(pair[1].qrs_onset_s * 500.0) as usize];
        rest.iter().copied().fold(f32::MIN, f32::max) - rest.iter().copied().fold(f32::MAX, f32::min)
    };
    assert!(beats.windows(2).skip(1).all(|pair| (0.12..0.4).contains(&between(pair))));
}

fn any_rhythm() -> impl Strategy<Value = Rhythm> {
    let rate_bpm = 40.0..110.0_f64;
    prop_oneof![
        (15.0..300.0_f64).prop_map(|rate_bpm| Rhythm::Sinus { rate_bpm }),
        rate_bpm.clone().prop_map(|rate_bpm| Rhythm::Bigeminy { rate_bpm }),
        rate_bpm.clone().prop_map(|rate_bpm| Rhythm::Trigeminy { rate_bpm }),
        (rate_bpm.clone(), 0.1..13.0_f64)
            .prop_map(|(rate_bpm, pvcs_per_min)| Rhythm::MultiformPvcs { rate_bpm, pvcs_per_min }),
        (rate_bpm.clone(), 0.1..13.0_f64)
            .prop_map(|(rate_bpm, pvcs_per_min)| Rhythm::ROnTPvcs { rate_bpm, pvcs_per_min }),
        (rate_bpm.clone(), 2..=13_u8, 40.0..250.0_f64, 0.1..15.0_f64).prop_map(
            |(rate_bpm, run_beats, run_rate_bpm, runs_per_min)| Rhythm::VentricularRuns {
                rate_bpm,
                run_beats,
                run_rate_bpm,
                runs_per_min
            }
        ),
        (rate_bpm.clone(), 1.5..10.0_f64, 0.1..10.0_f64).prop_map(|(rate_bpm, pause_s, pauses_per_min)| {
            Rhythm::SinusWithPauses { rate_bpm, pause_s, pauses_per_min }
        }),
        (rate_bpm.clone(), 0.05..0.25_f64)
            .prop_map(|(rate_bpm, delay_s)| Rhythm::FirstDegreeBlock { rate_bpm, delay_s }),
        (rate_bpm.clone(), 2..=8_u8).prop_map(|(atrial_rate_bpm, conducted_beats)| Rhythm::WenckebachBlock {
            atrial_rate_bpm,
            conducted_beats
        }),
        (rate_bpm.clone(), 1..=8_u8)
            .prop_map(|(atrial_rate_bpm, conducted_beats)| Rhythm::MobitzTwoBlock { atrial_rate_bpm, conducted_beats }),
        (rate_bpm, 20.0..60.0_f64)
            .prop_map(|(atrial_rate_bpm, escape_rate_bpm)| Rhythm::CompleteBlock { atrial_rate_bpm, escape_rate_bpm }),
        (130.0..250.0_f64).prop_map(|rate_bpm| Rhythm::SupraventricularTachycardia { rate_bpm }),
        (220.0..340.0_f64, 2..=4_u8)
            .prop_map(|(atrial_rate_bpm, waves_per_beat)| Rhythm::AtrialFlutter { atrial_rate_bpm, waves_per_beat }),
        any_paced_rhythm(),
        (40.0..100.0_f64).prop_map(|rate_bpm| Rhythm::SinusArrhythmia { rate_bpm }),
        (15.0..300.0_f64).prop_map(|rate_bpm| Rhythm::RegularSinus { rate_bpm }),
        (5.0..20.0_f64).prop_map(|rate_bpm| Rhythm::AgonalRhythm { rate_bpm }),
        (15.0..100.0_f64).prop_map(|rate_bpm| Rhythm::IdioventricularRhythm { rate_bpm }),
        (150.0..300.0_f64).prop_map(|rate_bpm| Rhythm::PolymorphicVentricularTachycardia { rate_bpm }),
        (150.0..300.0_f64).prop_map(|rate_bpm| Rhythm::TorsadesDePointes { rate_bpm }),
        Just(Rhythm::VentricularFibrillation),
        (0.05..0.3_f64).prop_map(|peak_mv| Rhythm::FineVentricularFibrillation { peak_mv }),
        Just(Rhythm::Asystole),
    ]
}

fn any_paced_rhythm() -> impl Strategy<Value = Rhythm> {
    let rate_bpm = 40.0..110.0_f64;
    prop_oneof![
        rate_bpm.clone().prop_map(|rate_bpm| Rhythm::AtrialPacing { rate_bpm }),
        rate_bpm.clone().prop_map(|rate_bpm| Rhythm::VentricularPacing { rate_bpm }),
        rate_bpm.clone().prop_map(|rate_bpm| Rhythm::DualChamberPacing { rate_bpm }),
        (rate_bpm.clone(), 1..=20_u8, 1..=5_u8).prop_map(|(rate_bpm, captured_beats, lost_beats)| {
            Rhythm::FailureToCapture { rate_bpm, captured_beats, lost_beats }
        }),
        (rate_bpm.clone(), rate_bpm.clone())
            .prop_map(|(rate_bpm, pacer_rate_bpm)| Rhythm::FailureToSense { rate_bpm, pacer_rate_bpm }),
        (rate_bpm, 1.5..10.0_f64, 0.1..10.0_f64).prop_map(|(rate_bpm, pause_s, pauses_per_min)| {
            Rhythm::FailureToPace { rate_bpm, pause_s, pauses_per_min }
        }),
    ]
}

fn any_conduction() -> impl Strategy<Value = Conduction> {
    prop_oneof![
        Just(Conduction::Normal),
        Just(Conduction::LeftBundleBranchBlock),
        Just(Conduction::RightBundleBranchBlock),
        Just(Conduction::Paced)
    ]
}

fn any_disturbance() -> impl Strategy<Value = Disturbance> {
    use DisturbanceKind::{Compressions, Mains, Motion, Muscle, Saturation};
    let kind = prop_oneof![Just(Motion), Just(Muscle), Just(Mains), Just(Compressions), Just(Saturation)];
    (kind, 0..9_usize, 0.0..20.0_f64, 0.1..10.0_f64, 0.0..2.0_f64).prop_map(
        |(kind, electrode, from_s, seconds, level_mv)| Disturbance {
            kind,
            electrode: Electrode::ALL[electrode],
            from_s,
            to_s: from_s + seconds,
            level_mv,
        },
    )
}

#[test]
fn a_disturbance_shows_in_its_leads_for_its_time_and_only_there() {
    use DisturbanceKind::{Compressions, Mains, Motion, Muscle, Saturation};
    let quiet = settings(3, Rhythm::Sinus { rate_bpm: 70.0 });
    let calm = Patient::new(quiet.clone()).unwrap().next(5000).leads_mv;
    for kind in [Motion, Muscle, Mains, Compressions, Saturation] {
        let disturbance = Disturbance { kind, electrode: Electrode::V1, from_s: 4.0, to_s: 6.0, level_mv: 0.3 };
        let disturbed = PatientSettings { disturbances: vec![disturbance], ..quiet.clone() };
        let leads = Patient::new(disturbed).unwrap().next(5000).leads_mv;
        let differs = |lead: Lead, from: usize, to: usize| {
            let pairs = leads[lead as usize][from..to].iter().zip(&calm[lead as usize][from..to]);
            pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        assert!(differs(Lead::V1, 2000, 3000) > 0.1, "{kind:?}");
        assert!(differs(Lead::V1, 0, 2000) + differs(Lead::V1, 3000, 5000) + differs(Lead::II, 0, 5000) < 1e-6);
    }
}

#[test]
fn leads_that_are_left_out_change_nothing_in_the_others() {
    let script = Script::only(Rhythm::AtrialFibrillation { rate_bpm: 80.0 }).unwrap();
    let settings = PatientSettings::new(4, script);
    let all = Patient::new(settings.clone()).unwrap().next(2000).leads_mv;
    let mut patient = Patient::new(settings).unwrap();
    patient.make_only(&[Lead::II, Lead::V5]);
    let some = patient.next(2000).leads_mv;
    for lead in Lead::ALL {
        let expected: &[f32] = if [Lead::II, Lead::V5].contains(&lead) { &all[lead as usize] } else { &[] };
        assert_eq!(some[lead as usize], expected, "{lead}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_script_gives_finite_values_the_same_in_blocks_of_any_size(
        seed: u64,
        conduction in any_conduction(),
        disturbances in proptest::collection::vec(any_disturbance(), 0..4),
        steps in proptest::collection::vec((any_rhythm(), 2.0..6.0_f64), 1..5),
        sizes in proptest::collection::vec(0..900_usize, 1..8),
    ) {
        let steps = steps.into_iter().map(|(rhythm, seconds)| Step { rhythm, seconds }).collect();
        let script = Script::new(steps, Afterwards::Repeat).unwrap();
        let settings = PatientSettings { conduction, disturbances, rate_hz: 125.0, ..PatientSettings::new(seed, script) };
        let whole = Patient::new(settings.clone()).unwrap().next(sizes.iter().sum());
        prop_assert!(whole.leads_mv.iter().flatten().all(|mv| mv.abs() <= 20.0));
        let mut patient = Patient::new(settings).unwrap();
        let mut at = 0;
        for size in sizes {
            for (part, whole) in patient.next(size).leads_mv.iter().zip(&whole.leads_mv) {
                prop_assert_eq!(part.as_slice(), &whole[at..at + size]);
            }
            at += size;
        }
        let truth = patient.truth();
        prop_assert!(truth.beats.windows(2).all(|pair| pair[0].r_s < pair[1].r_s));
    }
}
