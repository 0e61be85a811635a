//! The criteria by which something counts as found.
//!
//! In: the numbers of a portrait, its rhythm, conduction and conditions. Out: findings in the order of [`Finding::all`].
//!
//! Sources: AHA/ACCF/HRS recommendations for the standardization and interpretation of the electrocardiogram, parts III
//! (conduction), IV (ST, T, QT) and V (hypertrophy), 2009; Fourth Universal Definition of Myocardial Infarction, 2018 (ST, Q).

use super::{Finding, PortraitTruth, Wall, base_of};
use crate::{
    lead::Lead,
    patient::{ConditionKind, Conduction},
    rhythm::Rhythm,
    truth::{BeatClass, LeadTruth},
};

const SLOW_BPM: f64 = 60.0;
const FAST_BPM: f64 = 100.0;
const LONG_PR_MS: f64 = 200.0;
const WIDE_QRS_MS: f64 = 120.0;
const LONG_QTC_MS: f64 = 460.0;
/// Left and right of these the axis deviates.
const LEFT_AXIS_DEG: f64 = -30.0;
const RIGHT_AXIS_DEG: f64 = 90.0;
/// Left of this it is that of a left anterior fascicular block.
const FASCICULAR_AXIS_DEG: f64 = -45.0;
/// Sinus arrhythmia: longest less shortest RR interval, in ms.
const ARRHYTHMIA_MS: f64 = 160.0;
/// ST elevation from J to J + 60 ms in two leads of a wall; in V2 and V3 it takes the second.
const ST_ELEVATION_MV: [f64; 2] = [0.1, 0.2];
const ST_DEPRESSION_MV: f64 = -0.05;
const T_INVERSION_MV: f64 = -0.1;
/// A Q wave that is so deep, and so long or deeper than this part of the R wave.
const Q_MV: f64 = -0.1;
const Q_MS: f64 = 40.0;
const Q_OF_R: f64 = 0.25;
/// Sokolow-Lyon: S in V1 and the larger R of V5 and V6; Cornell: R in aVL and S in V3.
const SOKOLOW_LYON_MV: f64 = 3.5;
const CORNELL_MV: f64 = 2.8;
/// Low voltage: every QRS complex of the limb leads from peak to peak, or every one of the chest leads.
const LOW_LIMB_MV: f64 = 0.5;
const LOW_CHEST_MV: f64 = 1.0;

/// The axis of the QRS complex from the areas in I and II; an augmented lead is 2/√3 times weaker than a bipolar one.
pub(super) fn axis_deg(leads: &[LeadTruth; 12]) -> Option<f64> {
    let (one, two) = (leads[Lead::I as usize].qrs_area_mv_ms, leads[Lead::II as usize].qrs_area_mv_ms);
    let down = (two - one / 2.0) * 2.0 / 3.0_f64.sqrt();
    (one.hypot(down) > 0.8).then(|| down.atan2(one).to_degrees())
}

/// Everything that is found.
pub(super) fn findings(
    truth: &PortraitTruth,
    rhythm: Rhythm,
    conduction: Conduction,
    conditions: &[ConditionKind],
) -> Vec<Finding> {
    let base = base_of(rhythm, conduction);
    let mut found: Vec<Finding> = base.into_iter().collect();
    if base == Some(Finding::SinusRhythm) {
        found.extend(of_sinus_rate(truth, rhythm));
    }
    found.extend(of_conduction_to_the_ventricles(truth, rhythm));
    found.extend(ectopy(truth, rhythm));
    let is_basic_conducted = truth.classes().any(|class| class == BeatClass::Normal);
    if conduction == Conduction::Paced && truth.classes().any(|class| class == BeatClass::Paced) {
        found.push(Finding::VentricularPacing);
    } else if matches!(rhythm, Rhythm::AtrialPacing { .. }) || is_basic_conducted {
        found.extend(of_the_complex(truth, conduction, conditions));
    }
    let order = Finding::all();
    found.sort_by_key(|finding| order.iter().position(|known| known == finding));
    found.dedup();
    found
}

fn of_sinus_rate(truth: &PortraitTruth, rhythm: Rhythm) -> Vec<Finding> {
    let mut found = Vec::new();
    // Where beats come early or fail to come, the rate of the ventricles is not that of the sinus node.
    let is_plain = matches!(
        rhythm,
        Rhythm::Sinus { .. }
            | Rhythm::RegularSinus { .. }
            | Rhythm::SinusArrhythmia { .. }
            | Rhythm::FirstDegreeBlock { .. }
    );
    if let Some(rate_bpm) = truth.rate_bpm.filter(|_| is_plain) {
        found.extend((rate_bpm < SLOW_BPM).then_some(Finding::SinusBradycardia));
        found.extend((rate_bpm > FAST_BPM).then_some(Finding::SinusTachycardia));
    }
    let spread_ms = truth.rr_range_ms.map_or(0.0, |[least, most]| most - least);
    if matches!(rhythm, Rhythm::SinusArrhythmia { .. }) && spread_ms > ARRHYTHMIA_MS {
        found.push(Finding::SinusArrhythmia);
    }
    if let Rhythm::SinusWithPauses { pause_s, .. } = rhythm {
        let longest_ms = truth.rr_range_ms.map_or(0.0, |[_, most]| most);
        found.extend((longest_ms > pause_s * 950.0).then_some(Finding::SinusPause));
    }
    found
}

fn of_conduction_to_the_ventricles(truth: &PortraitTruth, rhythm: Rhythm) -> Option<Finding> {
    let longest_ms = truth.rr_range_ms.map_or(0.0, |[_, most]| most);
    match rhythm {
        // Without a dropped beat in the window nobody can see it.
        Rhythm::WenckebachBlock { atrial_rate_bpm, .. } if longest_ms > 1.25 * 60_000.0 / atrial_rate_bpm => {
            Some(Finding::SecondDegreeAvBlockMobitzI)
        }
        Rhythm::MobitzTwoBlock { atrial_rate_bpm, .. } if longest_ms > 1.5 * 60_000.0 / atrial_rate_bpm => {
            Some(Finding::SecondDegreeAvBlockMobitzIi)
        }
        Rhythm::CompleteBlock { .. } => Some(Finding::CompleteAvBlock),
        Rhythm::WenckebachBlock { .. } | Rhythm::MobitzTwoBlock { .. } => None,
        _ => truth.pr_ms.filter(|pr_ms| *pr_ms > LONG_PR_MS).map(|_| Finding::FirstDegreeAvBlock),
    }
}

fn ectopy(truth: &PortraitTruth, rhythm: Rhythm) -> Vec<Finding> {
    let mut found = Vec::new();
    let classes: Vec<BeatClass> = truth.classes().collect();
    let is_ectopic = |class: &BeatClass| *class == BeatClass::Ventricular;
    // In a rhythm of the ventricles, or where they escape, no beat is premature.
    let has_others = classes.contains(&BeatClass::Normal) && !matches!(rhythm, Rhythm::CompleteBlock { .. });
    if has_others && classes.iter().any(is_ectopic) {
        found.push(Finding::PrematureVentricularComplexes);
        let in_a_row = classes.windows(2).any(|pair| pair.iter().all(is_ectopic));
        found.extend(in_a_row.then_some(Finding::VentricularRun));
    }
    match rhythm {
        Rhythm::Bigeminy { .. } => found.push(Finding::VentricularBigeminy),
        Rhythm::Trigeminy { .. } => found.push(Finding::VentricularTrigeminy),
        _ => {}
    }
    found.extend(classes.contains(&BeatClass::PrematureAtrial).then_some(Finding::PrematureAtrialComplexes));
    found
}

/// What the conducted beats look like.
fn of_the_complex(truth: &PortraitTruth, conduction: Conduction, conditions: &[ConditionKind]) -> Vec<Finding> {
    let mut found = Vec::new();
    let has = |kind: ConditionKind| conditions.contains(&kind);
    let is_wide = truth.qrs_ms.is_some_and(|qrs_ms| qrs_ms >= WIDE_QRS_MS);
    let bypass = has(ConditionKind::WolffParkinsonWhite);
    let potassium = has(ConditionKind::Hyperkalaemia);
    let axis_deg = truth.qrs_axis_deg;
    let is_left = axis_deg.is_some_and(|deg| (-90.0..LEFT_AXIS_DEG).contains(&deg));
    let is_right = axis_deg.is_some_and(|deg| deg > RIGHT_AXIS_DEG);
    found.extend(bypass.then_some(Finding::WolffParkinsonWhite));
    found.extend(potassium.then_some(Finding::Hyperkalaemia));
    match conduction {
        Conduction::LeftBundleBranchBlock if is_wide => found.push(Finding::LeftBundleBranchBlock),
        Conduction::RightBundleBranchBlock | Conduction::BifascicularBlock if is_wide => {
            found.push(Finding::RightBundleBranchBlock);
        }
        _ if is_wide && !bypass && !potassium => found.push(Finding::IntraventricularConductionDelay),
        _ => {}
    }
    let anterior = matches!(conduction, Conduction::LeftAnteriorFascicularBlock | Conduction::BifascicularBlock);
    if anterior && axis_deg.is_some_and(|deg| (-90.0..=FASCICULAR_AXIS_DEG).contains(&deg)) {
        found.push(Finding::LeftAnteriorFascicularBlock);
    }
    if conduction == Conduction::LeftPosteriorFascicularBlock && is_right {
        found.push(Finding::LeftPosteriorFascicularBlock);
    }
    found.extend(is_left.then_some(Finding::LeftAxisDeviation));
    found.extend(is_right.then_some(Finding::RightAxisDeviation));
    found.extend(is_low(truth).then_some(Finding::LowVoltage));
    let is_narrow = !is_wide && !bypass;
    found.extend((is_narrow && is_hypertrophied(truth)).then_some(Finding::LeftVentricularHypertrophy));
    let is_long =
        truth.qtc_ms.is_some_and(|qtc_ms| qtc_ms > LONG_QTC_MS) && truth.rate_bpm.is_some_and(|bpm| bpm < 110.0);
    found.extend((is_long && !is_wide).then_some(Finding::ProlongedQt));
    // In left bundle branch block, with a bypass or potassium ST and T follow from the QRS complex.
    if conduction != Conduction::LeftBundleBranchBlock && !bypass && !potassium {
        for wall in Wall::ALL {
            found.extend(of_wall(truth, wall, conduction));
        }
    }
    found
}

fn of_wall(truth: &PortraitTruth, wall: Wall, conduction: Conduction) -> Vec<Finding> {
    let both = |is: &dyn Fn(Lead, &LeadTruth) -> bool| {
        let one = |lead: &Lead| truth.lead(*lead).is_some_and(|shape| is(*lead, shape));
        wall.leads().iter().filter(|lead| one(lead)).count() >= 2
    };
    let elevated = |lead: Lead, shape: &LeadTruth| {
        shape.st_level_mv() >= ST_ELEVATION_MV[usize::from(matches!(lead, Lead::V2 | Lead::V3))]
    };
    let q =
        |_: Lead, shape: &LeadTruth| shape.q_mv <= Q_MV && (shape.q_ms >= Q_MS || -shape.q_mv > Q_OF_R * shape.r_mv);
    // Right bundle branch block turns ST and T in V1 to V3 by itself.
    let says_little = matches!(wall, Wall::Anterior | Wall::Septal)
        && matches!(conduction, Conduction::RightBundleBranchBlock | Conduction::BifascicularBlock);
    let mut found = Vec::new();
    found.extend(both(&elevated).then_some(Finding::StElevation(wall)));
    if !says_little {
        found.extend(both(&|_, shape| shape.st_level_mv() <= ST_DEPRESSION_MV).then_some(Finding::StDepression(wall)));
        found.extend(both(&|_, shape| shape.t_mv <= T_INVERSION_MV).then_some(Finding::TInversion(wall)));
    }
    found.extend(both(&q).then_some(Finding::PathologicalQ(wall)));
    found
}

fn is_low(truth: &PortraitTruth) -> bool {
    let below = |leads: &[Lead], limit_mv: f64| {
        leads
            .iter()
            .all(|lead| truth.lead(*lead).is_some_and(|shape| shape.r_mv - shape.s_mv.min(shape.q_mv) < limit_mv))
    };
    below(&Lead::ALL[..6], LOW_LIMB_MV) || below(&Lead::ALL[6..], LOW_CHEST_MV)
}

fn is_hypertrophied(truth: &PortraitTruth) -> bool {
    let of = |lead: Lead| truth.lead(lead).copied().unwrap_or_default();
    let depth = |lead: Lead| -of(lead).s_mv.min(of(lead).q_mv);
    let sokolow_lyon_mv = depth(Lead::V1) + of(Lead::V5).r_mv.max(of(Lead::V6).r_mv);
    let cornell_mv = of(Lead::AVL).r_mv + depth(Lead::V3);
    sokolow_lyon_mv >= SOKOLOW_LYON_MV || cornell_mv > CORNELL_MV
}
