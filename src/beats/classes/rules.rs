//! Which class the evidence makes of a beat.
//!
//! In go the log odds that a beat is ventricular, its likeness to the patient's own beats and its time; the classes are
//! those of ANSI/AAMI EC57. A noisy beat is no ventricular one: each is a false alarm.

use super::BeatClass;
use super::evidence::Evidence;
use super::templates::Template;

/// A template is paced when this part of its beats has a pacing pulse.
pub(super) const PACED_PART: f64 = 0.4;

/// A beat is the patient's own up to this difference from the dominant template (see
/// [`Likeness::difference`](super::shape::Likeness::difference)) ...
const LIKE: f64 = 0.45;
/// ... and its time is that of the own rhythm from this correlation on.
pub(super) const OWN: f64 = 0.75;
/// What is at least roughly so tells how disturbed the signal is, over about six beats.
pub(super) const ROUGHLY_OWN: f64 = 0.5;
/// ... unless it may be ventricular itself.
pub(super) const SURELY_NOT: f64 = -0.5;
pub(super) const DISTURBED_BEATS: f64 = 6.0;

/// Ventricular from these log odds on.
const VENTRICULAR: f64 = 0.0;
/// Between these log odds a beat that is like a ventricular one and like the own one is a fusion of both ...
const FUSION: std::ops::Range<f64> = -2.5..1.4;
/// ... from these correlations on.
const FUSION_VENTRICULAR: f64 = 0.8;
const FUSION_OWN: f64 = 0.5;

/// An early beat is supraventricular when it comes this much too early, in parts of the running interval ...
const EARLY: f64 = 0.13;
/// ... and six times as early as the rhythm varies by itself ...
const VARIES_BY_IRREGULARITY: f64 = 6.0;
/// ... but in a rhythm that varies more than this no beat comes too early (atrial fibrillation) ...
const IRREGULAR: f64 = 0.08;
/// ... not right after another short interval (bigeminy's other half) unless that was supraventricular too ...
const SHORT: f64 = 0.82;
/// ... and when its P wave is not the sinus P wave: one that is so like it is an early sinus beat.
const SINUS_P: f64 = 0.65;
/// What comes this early falls on the T wave before, and its P wave is not learned.
pub(super) const EARLY_FOR_P: f64 = 0.85;

/// Noise: as much slope before the complex as this part of its own, or no end of it in sight.
const UNREST: f64 = 0.36;
const ENDLESS_MS: f64 = 270.0;

/// A wide and fast rhythm that is all there is must be seen for so many beats.
const AT_FIRST_BEATS: u32 = 5;

/// Is the complex free of noise?
pub(super) fn is_clean(unrest: f64, width_ms: f64) -> bool {
    unrest < UNREST && width_ms < ENDLESS_MS
}

/// The class of a beat while there is no dominant template to compare it with.
pub(super) fn class_at_first(template: Option<&Template>, clean: bool) -> BeatClass {
    match template {
        Some(template) if template.beats >= AT_FIRST_BEATS && template.is_wide_and_fast() => BeatClass::Ventricular,
        _ if clean => BeatClass::Normal,
        _ => BeatClass::Unclassifiable,
    }
}

/// The class of a beat with these log odds of being ventricular.
pub(super) fn class(evidence: &Evidence, log_odds: f64, dominant: bool, clean: bool) -> BeatClass {
    let like = dominant || evidence.likeness.difference() < LIKE;
    let between = FUSION.contains(&log_odds)
        && evidence.most_ventricular >= FUSION_VENTRICULAR.max(evidence.most_other)
        && evidence.likeness.correlation >= FUSION_OWN;
    if !like && between {
        BeatClass::Fusion
    } else if !like && log_odds > VENTRICULAR {
        BeatClass::Ventricular
    } else if !like && !clean && evidence.likeness.correlation < OWN {
        BeatClass::Unclassifiable
    } else if is_premature(evidence) {
        BeatClass::Supraventricular
    } else {
        BeatClass::Normal
    }
}

fn is_premature(evidence: &Evidence) -> bool {
    let when = &evidence.when;
    let sinus = evidence.p_likeness.is_some_and(|likeness| likeness.correlation > SINUS_P);
    let follows = when.interval_before > SHORT || evidence.after_supraventricular;
    when.irregularity < IRREGULAR
        && 1.0 - when.interval > EARLY.max(VARIES_BY_IRREGULARITY * when.irregularity)
        && follows
        && !sinus
}
