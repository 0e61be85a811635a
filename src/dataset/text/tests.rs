//! What the texts read like, and that none says what the facts do not.

use std::collections::BTreeSet;

use simulators::portrait::{Finding, Wall};

use super::super::facts::{PWaves, Sign};
use super::super::{Window, simulated};
use super::*;
use crate::ecg::Lead;

/// A normal ECG.
fn normal() -> Facts {
    Facts {
        rhythm: Some(Finding::SinusRhythm),
        findings: vec![Finding::SinusRhythm],
        rate_bpm: Some(71.6),
        is_regular: Some(true),
        longest_rr_ms: Some(850.0),
        p: Some(PWaves::Conducted),
        pr_ms: Some(158.0),
        qrs_ms: Some(92.0),
        qt_ms: Some(384.0),
        qtc_ms: Some(419.0),
        axis_deg: Some(48.0),
        upright_t: vec![Lead::I, Lead::II, Lead::V3, Lead::V4, Lead::V5, Lead::V6],
        st_is_unremarkable: true,
        t_is_unremarkable: true,
        ..Facts::default()
    }
}

fn infarction() -> Facts {
    let sign = |lead: Lead, mv: f64| Sign { lead, mv };
    Facts {
        findings: vec![
            Finding::SinusRhythm,
            Finding::FirstDegreeAvBlock,
            Finding::StElevation(Wall::Inferior),
            Finding::StDepression(Wall::Lateral),
            Finding::PathologicalQ(Wall::Inferior),
        ],
        pr_ms: Some(224.0),
        elevated: vec![sign(Lead::II, 0.18), sign(Lead::III, 0.31), sign(Lead::AVF, 0.24)],
        depressed: vec![sign(Lead::I, -0.07), sign(Lead::AVL, -0.13)],
        with_q: vec![sign(Lead::III, -0.4), sign(Lead::AVF, -0.2)],
        st_is_unremarkable: false,
        t_is_unremarkable: false,
        ..normal()
    }
}

fn fibrillation() -> Facts {
    Facts {
        rhythm: Some(Finding::AtrialFibrillation),
        findings: vec![Finding::AtrialFibrillation, Finding::LeftBundleBranchBlock, Finding::LeftAxisDeviation],
        rate_bpm: Some(124.0),
        is_regular: Some(false),
        p: Some(PWaves::Fibrillatory),
        pr_ms: None,
        qrs_ms: Some(152.0),
        axis_deg: Some(-48.0),
        v1_fits: true,
        ..normal()
    }
}

fn arrest() -> Facts {
    Facts {
        rhythm: Some(Finding::VentricularFibrillation),
        findings: vec![Finding::VentricularFibrillation],
        ..Facts::default()
    }
}

#[test]
fn texts_read_like_those_of_a_cardiologist() {
    let texts =
        [("normal", normal()), ("infarction", infarction()), ("fibrillation", fibrillation()), ("arrest", arrest())]
            .map(|(name, facts)| {
                let own: Vec<String> = (1..=3).map(|seed| write(&facts, seed)).collect();
                format!("{name}\n{}", own.join("\n"))
            });
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn the_seed_changes_the_words_and_not_what_they_say() {
    let texts: BTreeSet<String> = (0..200).map(|seed| write(&infarction(), seed)).collect();
    assert!(texts.len() > 190, "{} texts of 200", texts.len());
    for text in texts {
        for fact in ["72", "224", "92", "384", "419", "48", "II, III and aVF", "I and aVL", "III and aVF"] {
            assert!(text.contains(fact), "{fact} is missing: {text}");
        }
        assert!(!text.contains('{') && !text.contains("  ") && text.ends_with('.'), "{text}");
    }
}

/// The numbers of a text, without those that are part of a name (V2, lead II) or of a term.
fn numbers(text: &str) -> Vec<f64> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '/';
    let words = text.split(|c: char| !is_part(c)).flat_map(|word| word.split('/'));
    words.filter_map(|word| word.trim_end_matches('.').parse().ok()).collect()
}

/// The numbers that may be said of a window.
fn allowed(window: &Window) -> Vec<f64> {
    let facts = &window.facts;
    let global = [facts.rate_bpm, facts.pr_ms, facts.qrs_ms, facts.qt_ms, facts.qtc_ms, facts.axis_deg];
    let mut allowed: Vec<f64> = global.into_iter().flatten().map(f64::round).collect();
    allowed.extend(facts.ventricular_s.iter().chain(&facts.sokolow_lyon_mv).map(|value| (value * 10.0).round() / 10.0));
    allowed.extend(facts.longest_rr_ms.map(|ms| (ms / 100.0).round() / 10.0));
    for sign in facts.elevated.iter().chain(&facts.depressed) {
        allowed.extend([(sign.mv.abs() * 100.0).round() / 10.0, (sign.mv.abs() * 100.0).round() / 100.0]);
    }
    allowed
}

#[test]
fn every_number_is_a_fact_and_rhythm_and_rate_come_first() {
    for index in 0..60 {
        let window = simulated::window(77, index);
        let allowed = allowed(&window);
        for number in numbers(&window.text) {
            // Millimetres are rounded from millivolts once more.
            assert!(allowed.iter().any(|known| (known - number).abs() < 0.051), "{number} in {}", window.text);
        }
        let words = window.text.split_whitespace().count();
        assert!(words <= MOST_WORDS, "{words} words");
        let first = window.text.split_inclusive(". ").next().unwrap();
        if let Some(rate_bpm) = window.facts.rate_bpm {
            assert!(first.contains(&format!("{:.0}", rate_bpm.round())), "{first}");
        }
    }
}

#[test]
fn half_of_the_questions_are_gems_own() {
    let own = (0..1000).filter(|seed| question(*seed).starts_with("Interpret the provided ECG image")).count();
    assert!((450..650).contains(&own), "{own}");
    assert_eq!(question(4), question(4));
}
