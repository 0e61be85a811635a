//! What makes a beat supraventricular, ventricular or not worth a name.
//!
//! A ventricular beat starts outside the conduction system: it looks unlike the patient's own beats, and it comes early or
//! is wide (AHA/ACC/HRS 2009 on intraventricular conduction; ANSI/AAMI EC57 for the classes). A noisy beat is no ventricular
//! one: each is a false alarm.

use super::BeatClass;
use super::shape::Likeness;
use super::timing::When;

/// A template is paced when this part of its beats has a pacing pulse.
pub(super) const PACED_PART: f64 = 0.4;

/// The difference from the dominant template (see [`Likeness::difference`]) up to which a beat is like it ...
const LIKE: f64 = 0.6;
/// ... from which on it is unlike it ...
const UNLIKE: f64 = 0.7;
/// ... and from which on it is so when the rhythm is irregular, where coming early means little.
const UNLIKE_IRREGULAR: f64 = 1.0;
/// So unlike that in an irregular rhythm it is ventricular at any width.
const OPPOSITE: f64 = 1.5;
/// So unlike, and so much larger, that it need not be as wide as [`WIDE_MS`].
const LARGE_AND_OPPOSITE: f64 = 1.8;

/// Wide by the patient's own measure and, as the width is that of the steep part, by that of bundle branch block.
const WIDE_RATIO: f64 = 1.4;
const WIDE_MS: f64 = 120.0;
/// Narrow: then it must be very unlike to be ventricular (aberration that narrow is supraventricular).
const NARROW_MS: f64 = 70.0;
const NARROW_RATIO: f64 = 1.25;
const NARROW_UNLIKE: f64 = 1.2;

/// Early is more than 12 % before its time, or three times what the rhythm varies by itself.
const EARLY: f64 = 0.12;
const EARLY_BY_IRREGULARITY: f64 = 3.0;
/// A beat of the usual shape is supraventricular when it comes this early, in parts of the running interval.
pub(super) const EARLY_SUPRAVENTRICULAR: f64 = 0.85;
/// In a rhythm that varies more than this by that measure no beat of the usual shape comes too early.
const MOST_VARIED: f64 = 0.18;
/// Irregular, as atrial fibrillation is.
const IRREGULAR: f64 = 0.08;

/// Noise: as much slope before the complex as this part of its own, or no end of it in sight.
const UNREST: f64 = 0.36;
const ENDLESS_MS: f64 = 270.0;
/// Less than this of the usual amplitude is no ventricular beat.
const SMALLEST: f64 = 0.4;
/// When this part of the latest beats was like none before, shapes say nothing.
const NOVELTY: f64 = 0.3;

/// Is the complex free of noise?
pub(super) fn is_clean(unrest: f64, width_ms: f64) -> bool {
    unrest < UNREST && width_ms < ENDLESS_MS
}

/// All that is known of a beat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// How like the dominant template it is.
    pub likeness: Likeness,
    /// Of the dominant template, or of another that is the patient's own.
    pub dominant: bool,
    pub usual: bool,
    /// Beats of its template, this one included; 0 without.
    pub template_beats: u32,
    pub width_ms: f64,
    pub usual_width_ms: f64,
    pub clean: bool,
    pub when: When,
    /// Part of the latest beats that were like none before.
    pub novelty: f64,
}

impl Evidence {
    /// The class of the beat by itself.
    pub fn class(&self) -> BeatClass {
        let difference = self.likeness.difference();
        let irregular = self.when.irregularity > IRREGULAR;
        let ratio = self.width_ms / self.usual_width_ms.max(1.0);
        let wide = ratio >= WIDE_RATIO && (self.width_ms >= WIDE_MS || difference >= LARGE_AND_OPPOSITE);
        let ahead = 1.0 - self.when.interval;
        let varies = EARLY_BY_IRREGULARITY * self.when.irregularity;
        let in_time = varies > MOST_VARIED || ahead <= (1.0 - EARLY_SUPRAVENTRICULAR).max(varies);
        let own = if in_time { BeatClass::Normal } else { BeatClass::Supraventricular };
        let like = self.dominant || self.usual || difference < LIKE;
        if like && (self.dominant || !wide || difference < UNLIKE) {
            return own;
        }
        if !self.clean || self.likeness.amplitude < SMALLEST {
            return BeatClass::Unclassifiable;
        }
        let narrow = self.usual_width_ms < WIDE_MS
            && self.width_ms < NARROW_MS
            && ratio < NARROW_RATIO
            && difference < NARROW_UNLIKE;
        if difference < if irregular { UNLIKE_IRREGULAR } else { UNLIKE } || narrow {
            return own;
        }
        let early = ahead > EARLY.max(varies);
        if !(early || wide || irregular && self.is_aberrant_at_any_time(difference, ratio)) {
            return own;
        }
        if self.novelty < NOVELTY || self.template_beats >= 3 {
            BeatClass::Ventricular
        } else {
            BeatClass::Unclassifiable
        }
    }

    /// Of quite another shape, so that in an irregular rhythm its time need not speak for it.
    fn is_aberrant_at_any_time(&self, difference: f64, ratio: f64) -> bool {
        let correlation = self.likeness.correlation;
        let other_course = correlation < 0.4 || correlation < 0.6 && ratio > 1.1;
        difference >= OPPOSITE || self.width_ms >= 100.0 && other_course
    }
}
