//! The latest beats with their classes, in order, and what their RR intervals are like.

use std::collections::VecDeque;

use crate::beats::BeatClass;
use crate::ecg::Time;

/// Beats kept.
const KEPT: usize = 20;
/// Beats over which the mean RR interval is taken.
const MEAN_OVER: usize = 16;
/// A longer interval holds missed beats and enters no mean.
const LONGEST_S: f64 = 3.0;

/// A beat with all that its class says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassedBeat {
    /// Its R peak.
    pub at: Time,
    /// Which kind.
    pub class: BeatClass,
    /// Which of the shapes known of this bed; `None` for a noisy one.
    pub shape: Option<usize>,
    /// Is it conducted as most of the patient's beats are?
    pub own: bool,
    /// Width in ms, where it could be measured.
    pub width_ms: Option<u32>,
    /// Correlation of what comes before it with the P wave of the patient's own beats; `None` while none is known.
    pub p_wave: Option<f32>,
}

impl ClassedBeat {
    pub(super) fn is_ventricular(&self) -> bool {
        self.class == BeatClass::Ventricular
    }
}

/// The latest beats.
#[derive(Clone, Debug)]
pub(super) struct BeatLog {
    beats: VecDeque<ClassedBeat>,
}

impl Default for BeatLog {
    fn default() -> BeatLog {
        BeatLog { beats: VecDeque::with_capacity(KEPT) }
    }
}

impl BeatLog {
    /// Takes the next beat; one that is not later than the last is left out.
    pub fn push(&mut self, beat: ClassedBeat) -> bool {
        if self.beats.back().is_some_and(|last| beat.at <= last.at) {
            return false;
        }
        if self.beats.len() == KEPT {
            self.beats.pop_front();
        }
        self.beats.push_back(beat);
        true
    }

    /// Nothing is known any more.
    pub fn clear(&mut self) {
        self.beats.clear();
    }

    /// The latest beat first.
    pub fn latest(&self) -> impl DoubleEndedIterator<Item = &ClassedBeat> + ExactSizeIterator {
        self.beats.iter().rev()
    }

    /// The RR interval before the latest beat in seconds.
    pub fn last_interval_s(&self) -> Option<f64> {
        let mut latest = self.latest();
        let (last, before) = (latest.next()?, latest.next()?);
        Some(last.at.seconds_since(before.at))
    }

    /// Mean of the RR intervals before the latest `skipped` beats, in seconds: without those next to a ventricular beat
    /// where two others are left. `None` before four beats.
    pub fn mean_interval_s(&self, skipped: usize) -> Option<f64> {
        let pairs = || {
            let earlier = self.latest().skip(skipped + 1);
            self.latest().skip(skipped).zip(earlier).take(MEAN_OVER)
        };
        let mean = |ventricular_too: bool| {
            let fits = |(later, before): &(&ClassedBeat, &ClassedBeat)| {
                ventricular_too || !later.is_ventricular() && !before.is_ventricular()
            };
            let intervals = pairs().filter(fits).map(|(later, before)| later.at.seconds_since(before.at));
            let (count, sum) =
                intervals.filter(|s| *s <= LONGEST_S).fold((0_u32, 0.0), |(count, sum), s| (count + 1, sum + s));
            (count, sum / f64::from(count.max(1)))
        };
        [false, true].into_iter().map(mean).zip([2, 3]).find(|((count, _), least)| count >= least).map(|((_, s), _)| s)
    }
}
