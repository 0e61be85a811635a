//! Portraits are the same for the same seed, and their truth is what was drawn: rhythm, block, wall and limits.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;

use super::*;
use crate::{
    lead::Lead,
    patient::{Anatomy, Condition, ConditionKind, Conduction, NoiseLevels, Territory, WaveAnatomy},
    rhythm::{Rhythm, Script},
    truth::BeatClass,
};

/// A body with the QRS complexes that most portraits have; those of the average heart are at the upper end.
fn slim() -> Anatomy {
    Anatomy { qrs: WaveAnatomy { wide: 0.88, ..WaveAnatomy::default() }, ..Anatomy::default() }
}

/// The truth about a patient with this rhythm, conduction and condition.
fn truth(seed: u64, rhythm: Rhythm, conduction: Conduction, condition: Option<ConditionKind>) -> PortraitTruth {
    let settings = PatientSettings {
        conduction,
        anatomy: slim(),
        noise: NoiseLevels::NONE,
        conditions: condition.into_iter().map(Condition::always).collect(),
        ..PatientSettings::new(seed, Script::only(rhythm).unwrap())
    };
    PortraitTruth::of(&settings, &Patient::new(settings.clone()).unwrap(), 3.0)
}

const SINUS: Rhythm = Rhythm::Sinus { rate_bpm: 72.0 };

#[test]
fn a_seed_is_a_portrait_and_another_seed_another() {
    let portrait = Portrait::draw(7);
    assert_eq!(portrait, Portrait::draw(7));
    assert_ne!(portrait.leads_mv, Portrait::draw(8).leads_mv);
    assert!(portrait.leads_mv.iter().all(|lead| lead.len() == SAMPLES && lead.iter().all(|mv| mv.is_finite())));
}

#[test]
fn limb_leads_stay_consistent_through_body_noise_and_filters() {
    for seed in 0..20 {
        let portrait = Portrait::draw(seed);
        let [i, ii, iii, avr, ..] = &portrait.leads_mv;
        for n in (0..SAMPLES).step_by(97) {
            // Each lead is rounded to a step of at most 5 µV by itself.
            assert!((ii[n] - i[n] - iii[n]).abs() < 0.012, "seed {seed}");
            assert!((avr[n] + i[n].midpoint(ii[n])).abs() < 0.012, "seed {seed}");
        }
    }
}

#[test]
fn every_finding_is_drawn_and_none_too_often() {
    let mut counts: BTreeMap<String, u32> = Finding::all().into_iter().map(|finding| (finding.name(), 0)).collect();
    let (portraits, mut normal) = (1500, 0);
    for seed in 0..portraits {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let settings = draw::settings(seed, 4.0, &mut random);
        let findings = PortraitTruth::of(&settings, &Patient::new(settings.clone()).unwrap(), 4.0).findings;
        normal += u64::from(findings == [Finding::SinusRhythm]);
        for finding in findings {
            *counts.get_mut(&finding.name()).unwrap() += 1;
        }
    }
    assert!((100..300).contains(&normal), "{normal} normal ECGs");
    for (name, count) in &counts {
        assert!(*count >= 3, "{name} was drawn {count} times");
        let most = if name == "sinus-rhythm" { 0.75 } else { 0.25 };
        assert!(f64::from(*count) < most * portraits as f64, "{name} was drawn {count} times");
    }
}

#[test]
fn rates_and_intervals_are_those_of_the_rhythm() {
    let normal = truth(1, SINUS, Conduction::Normal, None);
    assert!((normal.rate_bpm.unwrap() - 72.0).abs() < 2.5);
    assert!((120.0..200.0).contains(&normal.pr_ms.unwrap()) && normal.qrs_ms.unwrap() < 120.0);
    assert_eq!(normal.findings, [Finding::SinusRhythm]);
    let late = truth(1, Rhythm::FirstDegreeBlock { rate_bpm: 60.0, delay_s: 0.12 }, Conduction::Normal, None);
    assert!((late.pr_ms.unwrap() - normal.pr_ms.unwrap() - 120.0).abs() < 15.0);
    assert!(late.has(Finding::FirstDegreeAvBlock));
    let still = truth(1, Rhythm::Asystole, Conduction::Normal, None);
    assert_eq!((still.rate_bpm, still.leads, still.findings), (None, None, vec![Finding::Asystole]));
}

#[test]
fn blocks_turn_the_axis_and_widen_the_complex_as_they_should() {
    for seed in 0..20 {
        let of = |conduction| truth(seed, SINUS, conduction, None);
        let (left, right) = (of(Conduction::LeftAnteriorFascicularBlock), of(Conduction::LeftPosteriorFascicularBlock));
        assert!(left.has(Finding::LeftAnteriorFascicularBlock), "seed {seed}: {:?}", left.qrs_axis_deg);
        assert!(right.has(Finding::LeftPosteriorFascicularBlock), "seed {seed}: {:?}", right.qrs_axis_deg);
        // As a machine reads it, which is some 15 ms wider than a caliper.
        assert!(left.qrs_ms.unwrap() < 130.0 && right.qrs_ms.unwrap() < 130.0);
        let both = of(Conduction::BifascicularBlock);
        assert!(both.has(Finding::RightBundleBranchBlock) && both.has(Finding::LeftAnteriorFascicularBlock));
        assert!(of(Conduction::LeftBundleBranchBlock).has(Finding::LeftBundleBranchBlock));
    }
}

#[test]
fn conditions_show_on_the_wall_that_they_are_about() {
    let on = |condition| truth(3, SINUS, Conduction::Normal, Some(condition));
    let territory = Territory::Inferior;
    assert!(on(ConditionKind::StElevation { territory, level_mv: 0.3 }).has(Finding::StElevation(Wall::Inferior)));
    assert!(on(ConditionKind::OldInfarction { territory, level_mv: 0.9 }).has(Finding::PathologicalQ(Wall::Inferior)));
    let inverted = on(ConditionKind::TerritorialTInversion { territory, level_mv: 0.9 });
    assert!(inverted.has(Finding::TInversion(Wall::Inferior)) && !inverted.has(Finding::TInversion(Wall::Anterior)));
    let leads = inverted.leads.unwrap();
    assert!(leads[Lead::AVF as usize].t_mv < -0.1 && leads[Lead::V3 as usize].t_mv > 0.1);
    assert!(on(ConditionKind::WolffParkinsonWhite).pr_ms.unwrap() < 125.0);
}

#[test]
fn a_premature_atrial_beat_is_early_narrow_and_resets_the_sinus_node() {
    let rhythm = Rhythm::SinusWithPacs { rate_bpm: 70.0, pacs_per_min: 14.0 };
    let truth = truth(5, rhythm, Conduction::Normal, None);
    assert!(truth.has(Finding::PrematureAtrialComplexes) && !truth.has(Finding::PrematureVentricularComplexes));
    let early: Vec<_> = truth.beats.windows(3).filter(|beats| beats[1].class == BeatClass::PrematureAtrial).collect();
    for beats in &early {
        let (before_s, after_s) = (beats[1].r_s - beats[0].r_s, beats[2].r_s - beats[1].r_s);
        assert!(before_s < 0.8 * 60.0 / 70.0 && before_s + after_s < 1.95 * 60.0 / 70.0, "{before_s} + {after_s} s");
    }
    assert!(!early.is_empty());
}

#[test]
fn an_average_body_changes_nothing() {
    let settings = PatientSettings::new(11, Script::only(SINUS).unwrap());
    assert_eq!(settings.anatomy, Anatomy::default());
    let turned = PatientSettings { anatomy: Anatomy { pr_longer_s: 0.03, ..Anatomy::default() }, ..settings.clone() };
    let pr_ms = |settings: &PatientSettings| {
        PortraitTruth::of(settings, &Patient::new(settings.clone()).unwrap(), 3.0).pr_ms.unwrap()
    };
    assert!((pr_ms(&turned) - pr_ms(&settings) - 30.0).abs() < 3.0);
}

#[test]
fn labels_are_unique_and_in_kebab_case() {
    let names: Vec<String> = Finding::all().into_iter().map(Finding::name).collect();
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    assert_eq!(Finding::SecondDegreeAvBlockMobitzIi.name(), "second-degree-av-block-mobitz-ii");
    assert_eq!(Finding::StElevation(Wall::Septal).name(), "st-elevation-septal");
}
