//! Conditions: what they do to ST, T, QRS, P and the intervals, in the truth and in the signal, on many hearts.

use proptest::prelude::*;
use simulators::{
    lead::Lead,
    patient::{Condition, ConditionKind, NoiseLevels, Patient, PatientSettings, Territory},
    rhythm::{Rhythm, Script},
    truth::BeatTruth,
};

const SEEDS: std::ops::Range<u64> = 0..20;

fn settings(seed: u64, conditions: Vec<Condition>) -> PatientSettings {
    let script = Script::only(Rhythm::RegularSinus { rate_bpm: 60.0 }).unwrap();
    PatientSettings { noise: NoiseLevels::NONE, conditions, ..PatientSettings::new(seed, script) }
}

fn beats(seed: u64, conditions: Vec<Condition>, seconds: f64) -> Vec<BeatTruth> {
    Patient::new(settings(seed, conditions)).unwrap().truth_until(seconds).beats
}

/// A beat in the middle of a stretch in which the condition is always there, and the same beat without it.
fn with_and_without(seed: u64, kind: ConditionKind) -> (BeatTruth, BeatTruth) {
    (beats(seed, vec![Condition::always(kind)], 10.0)[5], beats(seed, vec![], 10.0)[5])
}

fn st_change_mv(kind: ConditionKind, seed: u64) -> impl Fn(Lead) -> f32 {
    let (with, without) = with_and_without(seed, kind);
    move |lead| with.st_mv[lead as usize] - without.st_mv[lead as usize]
}

#[test]
fn each_territory_raises_the_leads_that_look_at_it_and_lowers_those_opposite() {
    use Lead::{AVF, AVL, I, II, III, V1, V2, V3, V4, V5, V6};
    let level_mv = 0.3;
    for (territory, best, high, opposite) in [
        (Territory::Anterior, V2, &[V1, V2, V3, V4][..], None),
        (Territory::Lateral, V4, &[I, AVL, V4, V5, V6], Some(III)),
        (Territory::Inferior, III, &[II, III, AVF], Some(AVL)),
        (Territory::Posterior, V2, &[], Some(V2)),
    ] {
        for seed in SEEDS {
            let change = st_change_mv(ConditionKind::StElevation { territory, level_mv }, seed);
            assert!((change(best).abs() - 0.3).abs() < 0.02, "{territory:?}: {}", change(best));
            assert!(high.iter().all(|&lead| change(lead) > 0.1), "{territory:?}");
            assert!(opposite.is_none_or(|lead| change(lead) < -0.05), "{territory:?}");
            let depression = st_change_mv(ConditionKind::StDepression { territory, level_mv }, seed);
            assert!(Lead::ALL.into_iter().all(|lead| (change(lead) + depression(lead)).abs() < 0.01));
        }
    }
}

#[test]
fn the_st_level_of_the_truth_is_that_of_the_signal() {
    let kind = ConditionKind::StElevation { territory: Territory::Inferior, level_mv: 0.25 };
    for seed in SEEDS {
        let mut patient = Patient::new(settings(seed, vec![Condition::always(kind)])).unwrap();
        let leads = patient.next(5000).leads_mv;
        for beat in &patient.truth().beats[1..8] {
            for lead in Lead::ALL {
                let at = |t_s: f64| leads[lead as usize][(t_s * 500.0).round() as usize];
                let st_mv = at(beat.qrs_end_s + 0.06) - at(beat.qrs_onset_s - 0.016);
                assert!((st_mv - beat.st_mv[lead as usize]).abs() < 0.012, "{lead}: {st_mv}");
            }
        }
    }
}

#[test]
fn a_ramp_comes_and_goes_and_moves_neither_qrs_nor_t() {
    let kind = ConditionKind::StElevation { territory: Territory::Anterior, level_mv: 0.2 };
    let ramp = Condition { kind, from_s: 20.0, to_s: 80.0, ramp_s: 20.0 };
    let (with, without) = (beats(4, vec![ramp], 100.0), beats(4, vec![], 100.0));
    let mut changes = Vec::new();
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(
            (with.qrs_onset_s, with.qrs_end_s, with.t_end_s),
            (without.qrs_onset_s, without.qrs_end_s, without.t_end_s)
        );
        changes.push((with.r_s, with.st_mv[Lead::V2 as usize] - without.st_mv[Lead::V2 as usize]));
    }
    let at = |t_s: f64| changes.iter().find(|(r_s, _)| *r_s >= t_s).unwrap().1;
    assert!(at(0.0).abs() < 1e-6 && at(81.0).abs() < 1e-6);
    assert!((at(29.5) - 0.1).abs() < 0.02 && (at(50.0) - 0.2).abs() < 0.01 && (at(69.5) - 0.1).abs() < 0.02);
    assert!(changes.windows(2).all(|pair| (pair[1].1 - pair[0].1).abs() < 0.02), "it does not jump");
}

#[test]
fn intervals_follow_their_conditions() {
    for seed in SEEDS {
        let (long, usual) = with_and_without(seed, ConditionKind::LongQt { times: 1.4 });
        assert!((long.qt_s() / usual.qt_s() - 1.34).abs() < 0.08, "{}", long.qt_s() / usual.qt_s());
        assert!((long.qrs_s() - usual.qrs_s()).abs() < 1e-9);

        let (preexcited, usual) = with_and_without(seed, ConditionKind::WolffParkinsonWhite);
        assert!(preexcited.pr_s().unwrap() < 0.125, "PR {:?}", preexcited.pr_s());
        assert!(usual.pr_s().unwrap() > 0.125, "PR {:?}", usual.pr_s());
        assert!(preexcited.qrs_s() > 0.11 && preexcited.qrs_s() > usual.qrs_s() + 0.02, "{}", preexcited.qrs_s());

        let (potassium, _) = with_and_without(seed, ConditionKind::Hyperkalaemia);
        assert!(potassium.qrs_s() > 0.12 && potassium.p_onset_s.is_none(), "{potassium:?}");
    }
}

/// Extremes of a lead within a beat.
fn extremes(seed: u64, kind: ConditionKind, lead: Lead) -> ([f32; 2], [f32; 2]) {
    let mut patient = Patient::new(settings(seed, vec![Condition::always(kind)])).unwrap();
    let signal = &patient.next(5000).leads_mv[lead as usize];
    let beat = patient.truth().beats[5];
    let of = |from_s: f64, to_s: f64| {
        let stretch = &signal[(from_s * 500.0) as usize..(to_s * 500.0) as usize];
        [stretch.iter().copied().fold(f32::MAX, f32::min), stretch.iter().copied().fold(f32::MIN, f32::max)]
    };
    (of(beat.qrs_onset_s, beat.qrs_end_s), of(beat.qrs_end_s + 0.08, beat.t_end_s))
}

#[test]
fn voltages_and_t_waves_follow_their_conditions() {
    use ConditionKind::{Amplitude, Hyperkalaemia, LeftVentricularHypertrophy, TInversion};
    for seed in SEEDS {
        let none = Amplitude { times: 1.0 };
        // Sokolow and Lyon: S in V1 and R in V5 together 3.5 mV or more.
        let sokolow = |kind| extremes(seed, kind, Lead::V5).0[1] - extremes(seed, kind, Lead::V1).0[0];
        assert!(
            sokolow(LeftVentricularHypertrophy) > 3.2 && sokolow(none) < 2.9,
            "{} {}",
            sokolow(LeftVentricularHypertrophy),
            sokolow(none)
        );
        let strain = extremes(seed, LeftVentricularHypertrophy, Lead::V6).1;
        assert!(strain[0] < -0.08, "{strain:?}");
        for limb in [Lead::I, Lead::II, Lead::III] {
            let [low, high] = extremes(seed, Amplitude { times: 0.3 }, limb).0;
            assert!(high - low < 0.5, "{limb}: {}", high - low);
        }
        assert!(extremes(seed, TInversion, Lead::V4).1[0] < -0.15 && extremes(seed, none, Lead::V4).1[1] > 0.15);
        assert!(extremes(seed, Hyperkalaemia, Lead::V4).1[1] > 2.0 * extremes(seed, none, Lead::V4).1[1]);
    }
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let territory = prop_oneof![
        Just(Territory::Anterior),
        Just(Territory::Lateral),
        Just(Territory::Inferior),
        Just(Territory::Posterior)
    ];
    let kind = prop_oneof![
        (territory.clone(), 0.02..1.0_f64)
            .prop_map(|(territory, level_mv)| ConditionKind::StElevation { territory, level_mv }),
        (territory, 0.02..1.0_f64)
            .prop_map(|(territory, level_mv)| ConditionKind::StDepression { territory, level_mv }),
        Just(ConditionKind::TInversion),
        Just(ConditionKind::Hyperkalaemia),
        (1.0..1.8_f64).prop_map(|times| ConditionKind::LongQt { times }),
        Just(ConditionKind::LeftVentricularHypertrophy),
        (0.1..5.0_f64).prop_map(|times| ConditionKind::Amplitude { times }),
        Just(ConditionKind::WolffParkinsonWhite),
    ];
    (kind, 0.0..20.0_f64, prop_oneof![0.1..30.0_f64, Just(f64::INFINITY)], 0.0..10.0_f64)
        .prop_map(|(kind, from_s, seconds, ramp_s)| Condition { kind, from_s, to_s: from_s + seconds, ramp_s })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_conditions_together_leave_beats_in_order_and_marks_in_place(
        seed: u64,
        rate_bpm in 40.0..150.0_f64,
        conditions in proptest::collection::vec(any_condition(), 0..5),
    ) {
        let script = Script::only(Rhythm::Sinus { rate_bpm }).unwrap();
        let settings = PatientSettings { script, rate_hz: 125.0, ..settings(seed, conditions) };
        let mut patient = Patient::new(settings).unwrap();
        let leads = patient.next(125 * 30).leads_mv;
        prop_assert!(leads.iter().flatten().all(|mv| mv.abs() <= 20.0));
        for beat in patient.truth().beats {
            prop_assert!(beat.p_onset_s.is_none_or(|p_s| p_s < beat.r_s));
            prop_assert!(beat.qrs_onset_s <= beat.r_s + 0.1 && beat.qrs_end_s >= beat.qrs_onset_s, "{:?}", beat);
            prop_assert!(beat.t_end_s >= beat.qrs_end_s);
            prop_assert!(beat.st_mv.iter().all(|mv| mv.is_finite()));
        }
    }
}
