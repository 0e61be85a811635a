//! What speaks for a ventricular beat and what against it, as log odds.
//!
//! A ventricular beat starts outside the conduction system: it looks unlike the patient's own beats, it is wide and
//! slow, and it comes early (AHA/ACC/HRS 2009 on intraventricular conduction). Noise and the place where the next sinus
//! beat is due speak against it. The parts are added as in logistic regression; their weights were fitted to MIT-BIH
//! records with and without added electrode noise, on one lead and on two, each record counting the same, and rounded.

use super::shape::Likeness;
use super::timing::When;

/// Log odds of a beat that nothing is known of.
const AT_FIRST: f64 = -4.3;
/// For each norm of the dominant beat that it differs by, up to [`MOST_DIFFERENCE`].
const UNLIKE: f64 = 2.7;
const MOST_DIFFERENCE: f64 = 1.5;
/// For each factor of e that it is slower by, up to a factor of 2.
const SLOWER: f64 = 4.4;
const MOST_SLOWER: f64 = 0.7;
/// For a complex that is steep for 80 ms (0) to 140 ms (1).
const WIDE: f64 = 2.3;
const WIDE_FROM_MS: f64 = 80.0;
const WIDE_TO_MS: f64 = 140.0;
/// For one that comes early (1) or late (-0.5).
const EARLY: f64 = 2.8;
/// Early is 20 % before time, and as much more as half of what the rhythm varies by itself.
const EARLY_PART: f64 = 0.2;
const LEAST_VARIED: f64 = 0.08;
const VARIES_BY_IRREGULARITY: f64 = 3.0;
/// For one that comes when the next of a regular rhythm is due.
const ON_TIME: f64 = -3.5;
const ON_TIME_PART: f64 = 0.05;
/// From this irregularity on no beat is due: atrial fibrillation.
const IRREGULAR: f64 = 0.08;
/// For slope before the complex in parts of its own.
const UNREST: f64 = -4.5;
const MOST_UNREST: f64 = 0.8;
/// For one before which the P wave of the patient's own beats is missing, as far as it can be seen; 0 at this correlation.
const WITHOUT_P: f64 = 1.5;
const EVEN_P: f64 = 0.4;
/// For what the latest of the patient's own beats differed by from what they should be.
const DISTURBED: f64 = -1.9;
const MOST_DISTURBED: f64 = 0.8;
/// For every part of it above one half, where the own beats can hardly be told from noise any more, when nothing comes
/// regularly either.
const HEAVILY_DISTURBED: f64 = -4.0;
const HEAVILY_FROM: f64 = 0.5;
/// For being more like a known ventricular beat than like any other.
const LIKE_VENTRICULAR: f64 = 0.5;
/// For a noisy complex of no known shape, not even roughly that of a ventricular beat.
const STRAY: f64 = -3.0;
const ROUGHLY_VENTRICULAR: f64 = 0.6;

/// All that is known of a beat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// How like the dominant template it is.
    pub likeness: Likeness,
    /// How fast it moves in parts of the dominant template's speed.
    pub speed: f64,
    pub width_ms: f64,
    pub when: When,
    /// See [`Qrs::unrest`](super::qrs::Qrs::unrest).
    pub unrest: f64,
    /// Mean difference of the latest beats that were like the dominant template.
    pub disturbed: f64,
    /// Correlation with the ventricular template that it is most like, and with the other that it is most like.
    pub most_ventricular: f64,
    pub most_other: f64,
    /// Noisy, and of no known shape.
    pub stray: bool,
    /// Was the beat before it supraventricular?
    pub after_supraventricular: bool,
    /// How like the P wave of the dominant template what comes before it is.
    pub p_likeness: Option<Likeness>,
}

impl Evidence {
    /// By how much of the running interval the beat came early, beyond half of what the rhythm varies.
    pub fn early(&self) -> f64 {
        1.0 - self.when.interval - 0.5 * LEAST_VARIED.max(VARIES_BY_IRREGULARITY * self.when.irregularity)
    }

    /// From 0 to 1.
    fn on_time(&self) -> f64 {
        let regular = (1.0 - self.when.irregularity / IRREGULAR).max(0.0);
        regular * (-(self.when.off_time / ON_TIME_PART).powi(2)).exp()
    }

    /// From -0.5 (the patient's P wave comes before it) to 0.5 (another deflection or none does).
    fn without_p(&self) -> f64 {
        self.p_likeness.map_or(0.0, |p_wave| (EVEN_P - p_wave.correlation).clamp(-0.5, 0.5))
    }

    /// Natural logarithm of the odds that the beat is ventricular.
    pub fn log_odds(&self) -> f64 {
        let unlike = self.likeness.difference().min(MOST_DIFFERENCE);
        let slower = (-self.speed.max(1e-6).ln()).clamp(0.0, MOST_SLOWER);
        let wide = ((self.width_ms - WIDE_FROM_MS) / (WIDE_TO_MS - WIDE_FROM_MS)).clamp(0.0, 1.0);
        let early = (self.early() / EARLY_PART).clamp(-0.5, 1.0);
        let disturbed = self.disturbed.min(MOST_DISTURBED);
        let other = self.likeness.correlation.max(self.most_other);
        AT_FIRST
            + UNLIKE * unlike
            + SLOWER * slower
            + WIDE * wide
            + EARLY * early
            + ON_TIME * self.on_time()
            + UNREST * self.unrest.min(MOST_UNREST)
            + WITHOUT_P * self.without_p() * (1.0 - disturbed)
            + DISTURBED * disturbed
            + HEAVILY_DISTURBED * (disturbed - HEAVILY_FROM).max(0.0) * (self.when.irregularity / IRREGULAR).min(1.0)
            + LIKE_VENTRICULAR * (self.most_ventricular - other).clamp(-0.5, 1.0)
            + if self.stray && self.most_ventricular < ROUGHLY_VENTRICULAR { STRAY } else { 0.0 }
    }
}
