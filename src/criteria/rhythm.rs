//! The rhythm of the conducted beats: P waves, regularity, rate.
//!
//! In go the measurements, the beats and what is known of AV block, out come the findings that have the rhythm's name.

use super::heard::{Beat, Heard};
use super::{Criterion, Finding, Outcome, reliable};
use crate::ecg::Lead;
use crate::measure::{Measured, Measurements};

/// Bradycardia and tachycardia (AHA/ACC/HRS guideline on bradycardia, Kusumoto et al., Circulation 2019, with the common
/// definition below 60 bpm; the protocol of ECG-R1).
pub(super) const BRADYCARDIA_BPM: f64 = 60.0;
pub(super) const TACHYCARDIA_BPM: f64 = 100.0;
/// A mean of a few RR intervals, each changing with the breath, does not tell 59 from 61 bpm.
const RATE_MARGIN_BPM: f64 = 2.0;

/// RR intervals of conducted beats that differ by more than this part of their mean make an irregular rhythm. Sinus
/// arrhythmia is commonly defined by 120 ms or 10 %; the breath of a healthy adult at rest reaches 10 %, so here it is 15 %.
const IRREGULAR: f64 = 0.15;
const IRREGULAR_MARGIN: f64 = 0.05;
/// Without order: an interval differs from the nearest of the three before it by this part of the mean, on average. Breathing
/// changes intervals little by little, and patterns repeat themselves.
const WITHOUT_ORDER: f64 = 0.03;

/// A P wave before this share of the beats is a rhythm with, before that share one without P waves.
const WITH_P: f64 = 0.7;
const WITHOUT_P: f64 = 0.3;
/// Above this rate the P wave lies on the T wave before it.
const HIDDEN_P_BPM: f64 = 150.0;
/// The axis of a sinus P wave is 0° to 75° (AHA/ACCF/HRS part III and common teaching); measured to 15°.
const SINUS_P_AXIS: std::ops::RangeInclusive<f64> = -15.0..=90.0;
/// A junctional rhythm beats up to about 100 bpm, an accelerated one included; faster without P waves is called
/// supraventricular tachycardia (ACC/AHA/HRS guideline, Page et al., Circulation 2016: above 100 bpm).
const NARROW_MS: f64 = 120.0;

/// How regular the conducted beats are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regularity {
    /// RR intervals between neighbouring conducted beats.
    pub intervals: usize,
    /// Longest less shortest of them in parts of their mean.
    pub spread: Option<f64>,
    /// Mean distance of an interval to the nearest of the three before it, in parts of the mean.
    pub disorder: Option<f64>,
}

/// The regularity of the beats that neither come from the ventricles nor follow one that does.
pub(super) fn regularity(heard: &Heard) -> Regularity {
    let conducted = |pair: &[Beat]| pair.iter().all(|beat| beat.is_conducted() || is_paced(beat));
    let intervals: Vec<f64> =
        heard.beats.windows(2).filter(|pair| conducted(pair)).map(|pair| pair[1].at_s - pair[0].at_s).collect();
    let count = intervals.len();
    if count < 3 {
        return Regularity { intervals: count, spread: None, disorder: None };
    }
    let mean = intervals.iter().sum::<f64>() / count as f64;
    let extreme = |pick: fn(f64, f64) -> f64| intervals.iter().copied().reduce(pick).unwrap_or(mean);
    let apart = |four: &[f64]| four[..3].iter().map(|before| (four[3] - before).abs()).fold(f64::INFINITY, f64::min);
    let compared = count - 3;
    let disorder = intervals.windows(4).map(apart).sum::<f64>() / compared.max(1) as f64;
    Regularity {
        intervals: count,
        spread: Some((extreme(f64::max) - extreme(f64::min)) / mean),
        disorder: (compared > 0).then(|| disorder / mean),
    }
}

fn is_paced(beat: &Beat) -> bool {
    beat.class == crate::beats::BeatClass::Paced
}

/// Which P waves there are.
fn p_waves(measurements: &Measurements) -> (Outcome, Outcome) {
    match reliable(&measurements.intervals.p_presence) {
        // P and T lie on one another: what is marked may be either.
        _ if reliable(&measurements.heart_rate).is_some_and(|bpm| bpm > HIDDEN_P_BPM) => {
            (Outcome::NotMeasurable, Outcome::NotMeasurable)
        }
        Some(share) if share >= WITH_P => (Outcome::Met, Outcome::NotMet),
        Some(share) if share <= WITHOUT_P => (Outcome::NotMet, Outcome::Met),
        _ => (Outcome::NotMeasurable, Outcome::NotMeasurable),
    }
}

/// Do the P waves come from the sinus node, as far as their direction says?
fn is_sinus_p(measurements: &Measurements) -> bool {
    let upright = |lead: Lead| measurements.lead(&lead).and_then(|lead| lead.average.p_mv).is_none_or(|mv| mv > -0.02);
    let axis = reliable(&measurements.p_axis).is_none_or(|axis| SINUS_P_AXIS.contains(&axis));
    axis && upright(Lead::II)
}

/// `has_atrial_pace`: P waves were found at a steady pace, followed by QRS complexes or not.
pub(super) fn findings(
    measurements: &Measurements,
    regularity: &Regularity,
    has_atrial_pace: bool,
    known: &[Finding],
) -> Vec<Finding> {
    let known = |criterion: Criterion| {
        known.iter().find(|finding| finding.criterion == criterion).map_or(Outcome::NotMeasurable, |f| f.outcome)
    };
    // Where the ventricles fibrillate or stand still, no interval and no P wave before a complex means anything.
    let no_beats = known(Criterion::VentricularFibrillation).or(known(Criterion::Asystole));
    let (present, absent) = p_waves(measurements);
    let (present, absent) = (present.and(no_beats.contrary()), absent.and(no_beats.contrary()));
    let dissociated = known(Criterion::ThirdDegreeBlock);
    let is_blocked = dissociated == Outcome::Met || known(Criterion::SecondDegreeBlock) == Outcome::Met;
    // P waves that no QRS complex follows are P waves. The sinus node may set their pace, which the beats do not tell.
    let (present, absent) = match present {
        Outcome::NotMet if is_blocked => (Outcome::NotMeasurable, Outcome::NotMet),
        _ if is_blocked => (present, Outcome::NotMet),
        _ => (present, absent),
    };
    let irregular = irregular(measurements, regularity, no_beats);
    let disorder = match regularity.disorder {
        Some(part) if no_beats != Outcome::Met => Outcome::of(part > WITHOUT_ORDER).and(irregular.outcome),
        _ => Outcome::NotMeasurable,
    };
    let slow = below(Criterion::Bradycardia, "ventricular rate below 60 bpm", measurements, f64::MIN..BRADYCARDIA_BPM);
    let fast = below(Criterion::Tachycardia, "ventricular rate above 100 bpm", measurements, TACHYCARDIA_BPM..f64::MAX);
    let ventricular = known(Criterion::VentricularTachycardia);
    let sinus_p = if is_sinus_p(measurements) { present } else { present.and(Outcome::NotMet) };
    let led = if dissociated == Outcome::Met { Outcome::NotMeasurable } else { Outcome::Met };
    let sinus = sinus_p.and(led).and(match ventricular {
        // A run leaves the rhythm around it what it is.
        Outcome::Met if present == Outcome::Met => Outcome::Met,
        other => other.contrary(),
    });
    let narrow = reliable(&measurements.intervals.qrs).map_or(Outcome::NotMeasurable, |ms| Outcome::of(ms < NARROW_MS));
    let of_rate = |criterion, rule, outcome: Outcome, rate: &Finding| Finding {
        outcome: outcome.and(rate.outcome),
        is_borderline: rate.is_borderline && outcome == Outcome::Met,
        criterion,
        rule,
        ..rate.clone()
    };
    let p = &measurements.intervals.p_presence;
    let rr = &measurements.rr_mean;
    let not_fast = fast.outcome.contrary();
    let regular = irregular.outcome.contrary();
    vec![
        Finding::bare(
            Criterion::SinusRhythm,
            "an upright P wave in II before each conducted QRS complex, axis of P 0° to 75°",
            sinus,
        )
        .at(p),
        of_rate(Criterion::SinusBradycardia, "sinus rhythm below 60 bpm", sinus, &slow),
        of_rate(Criterion::SinusTachycardia, "sinus rhythm above 100 bpm", sinus, &fast),
        Finding::bare(Criterion::AbsentP, "a P wave before 30 % of the QRS complexes or fewer", absent).at(p),
        Finding::bare(
            Criterion::AtrialFibrillation,
            "no P waves, and RR intervals that differ by more than 15 % without order",
            absent.and(disorder).and(Outcome::of(!has_atrial_pace)),
        )
        .at(&measured_spread(rr, regularity)),
        Finding::bare(
            Criterion::JunctionalRhythm,
            "no P waves, regular, QRS below 120 ms, up to 100 bpm",
            absent.and(regular).and(narrow).and(not_fast).and(known(Criterion::Paced).contrary()),
        )
        .at(p),
        Finding::bare(
            Criterion::SupraventricularTachycardia,
            "no P waves before the QRS complexes, regular, QRS below 120 ms, above 100 bpm",
            absent.and(regular).and(narrow).and(fast.outcome),
        )
        .at(&measurements.heart_rate),
        irregular,
        slow,
        fast,
    ]
}

fn below(
    criterion: Criterion,
    rule: &'static str,
    measurements: &Measurements,
    limits: std::ops::Range<f64>,
) -> Finding {
    Finding::within(criterion, rule, &measurements.heart_rate, limits, RATE_MARGIN_BPM)
}

fn irregular(measurements: &Measurements, regularity: &Regularity, no_beats: Outcome) -> Finding {
    let measured = measured_spread(&measurements.rr_mean, regularity);
    let rule = "RR intervals of conducted beats that differ by more than 15 % of their mean";
    let criterion = Criterion::IrregularRhythm;
    if no_beats == Outcome::Met {
        return Finding::bare(criterion, rule, Outcome::NotMeasurable).at(&measured);
    }
    let limits = 100.0 * IRREGULAR..f64::MAX;
    Finding::within(criterion, rule, &measured, limits, 100.0 * IRREGULAR_MARGIN)
}

/// The spread of the RR intervals in per cent of their mean.
fn measured_spread(rr: &Measured, regularity: &Regularity) -> Measured {
    Measured { value: regularity.spread.map(|part| 100.0 * part), unit: "%", ..rr.clone() }
}
