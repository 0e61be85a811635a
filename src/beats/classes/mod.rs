//! Which kind of beat: normal, supraventricular, ventricular, paced, or none that can be told.
//!
//! In go the samples of all leads and the R peaks that the detector found, out comes each beat with its class, 200 ms
//! after its R peak or when it was detected, whichever is later. Nothing looks ahead and nobody labels a beat: the bed's
//! own beats are learned as [`templates`], a beat is compared with the dominant one ([`shape`]), measured ([`qrs`],
//! [`timing`]) and judged ([`rules`]).

mod leads;
mod qrs;
mod recent;
mod rules;
mod shape;
mod templates;
mod timing;

use std::collections::VecDeque;

use qrs::Qrs;
use recent::Recent;
use rules::Evidence;
use shape::Cut;
use templates::{Seen, Templates};
use timing::Timing;

/// A beat is classified when this many samples (200 ms) have come after its R peak.
const DECIDED_AFTER: u64 = 100;
const _: () = assert!(DECIDED_AFTER > shape::AFTER && DECIDED_AFTER > qrs::AFTER);

/// Beats that may wait to be classified. The detector's refractory time lets two come in the time that one waits.
const MOST_WAITING: usize = 16;

/// A pacer mark belongs to a beat when it lies up to 200 ms before its R peak or 40 ms after it (marks are stamped by the
/// monitor, not by sample).
const MARK_BEFORE: u64 = 100;
const MARK_AFTER: u64 = 20;
/// The most pacer marks kept: ten seconds of a pacemaker's upper rate, with both chambers paced, are fewer.
const MOST_MARKS: usize = 64;

/// The classes of ANSI/AAMI EC57, paced beats apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeatClass {
    /// Conducted as most beats of the patient are, bundle branch block included.
    Normal,
    /// Conducted so, but too early.
    Supraventricular,
    /// From the ventricles.
    Ventricular,
    /// Paced, or fused with a paced beat.
    Paced,
    /// Too noisy to tell.
    Unclassifiable,
}

impl BeatClass {
    /// The annotation code of the WFDB format.
    pub fn wfdb_code(self) -> char {
        match self {
            BeatClass::Normal => 'N',
            BeatClass::Supraventricular => 'S',
            BeatClass::Ventricular => 'V',
            BeatClass::Paced => '/',
            BeatClass::Unclassifiable => 'Q',
        }
    }
}

/// A beat and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassifiedBeat {
    /// Sample of the R peak, counted from the start of the stretch.
    pub r_peak: u64,
    /// What it is.
    pub class: BeatClass,
}

/// Classifies the beats of one bed.
#[derive(Clone, Debug)]
pub struct Classifier {
    recent: Recent,
    timing: Timing,
    templates: Templates,
    cut: Cut,
    waiting: VecDeque<u64>,
    marks: VecDeque<u64>,
    /// Part of the latest eight or so beats that were like none before.
    novelty: f64,
}

impl Classifier {
    /// For this many leads.
    pub fn new(lead_count: usize) -> Classifier {
        Classifier {
            recent: Recent::new(lead_count),
            timing: Timing::new(),
            templates: Templates::new(lead_count),
            cut: Cut::new(lead_count),
            waiting: VecDeque::with_capacity(MOST_WAITING),
            marks: VecDeque::with_capacity(MOST_MARKS),
            novelty: 0.0,
        }
    }

    /// Starts a new stretch of the same leads: samples count anew, what was learned stays. Take the
    /// [`unfinished`](Classifier::unfinished) beats first.
    pub fn restart(&mut self) {
        self.recent.restart();
        self.timing.restart();
        self.waiting.clear();
        self.marks.clear();
    }

    /// The monitor saw a pacing pulse at this sample, which need not have come yet.
    pub fn pacer_mark(&mut self, sample: u64) {
        if self.marks.len() < MOST_MARKS {
            self.marks.push_back(sample);
        }
    }

    /// The detector has found a beat with its R peak at this sample.
    pub fn beat(&mut self, r_peak: u64) {
        // More can only wait when the beats do not come from the detector.
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(r_peak);
        }
    }

    /// Takes the next sample, one value in mV a lead, and whether that lead can be used; before
    /// [`beat`](Classifier::beat) for a beat that this sample has brought.
    pub fn push(&mut self, samples_mv: impl Iterator<Item = (f32, bool)>) {
        self.recent.push(samples_mv);
    }

    /// The next beat that can be classified by now.
    pub fn classified(&mut self) -> Option<ClassifiedBeat> {
        let r_peak = *self.waiting.front().filter(|r_peak| **r_peak + DECIDED_AFTER < self.recent.now())?;
        self.waiting.pop_front();
        self.marks.retain(|mark| *mark + MARK_BEFORE >= r_peak);
        Some(ClassifiedBeat { r_peak, class: self.classify(r_peak) })
    }

    /// The beats that still wait when a stretch ends: without what follows them they cannot be classified.
    pub fn unfinished(&mut self) -> impl Iterator<Item = ClassifiedBeat> + use<'_> {
        self.waiting.drain(..).map(|r_peak| ClassifiedBeat { r_peak, class: BeatClass::Unclassifiable })
    }

    fn classify(&mut self, r_peak: u64) -> BeatClass {
        let marked =
            self.marks.iter().any(|mark| (r_peak.saturating_sub(MARK_BEFORE)..=r_peak + MARK_AFTER).contains(mark));
        let qrs = Qrs::at(&self.recent, self.templates.weights.get(), r_peak);
        let Some(qrs) = qrs.filter(|_| self.cut.take(&self.recent, r_peak)) else {
            self.timing.beat(r_peak);
            return if marked { BeatClass::Paced } else { BeatClass::Unclassifiable };
        };
        let matches = self.templates.compare(&self.cut);
        let when = self.timing.beat(r_peak);
        let clean = rules::is_clean(qrs.unrest, qrs.width_ms);
        let seen = Seen {
            width_ms: qrs.width_ms,
            clean,
            early: when.interval < rules::EARLY_SUPRAVENTRICULAR,
            pulse: qrs.pulse || marked,
        };
        let joined = self.templates.learn(&self.cut, &matches, &seen);
        let novelty = self.novelty;
        let template = joined.map(|index| self.templates.get(index));
        let is_new = template.is_none_or(|template| template.beats < 2);
        self.novelty += (f64::from(u8::from(is_new)) - self.novelty) / 8.0;
        let paced =
            marked || template.is_some_and(|template| template.beats >= 4 && template.paced > rules::PACED_PART);
        if paced {
            return BeatClass::Paced;
        }
        let usual = self.templates.dominant();
        let (Some(likeness), Some(usual)) = (usual.and_then(|index| matches.with(index)), usual) else {
            return if clean { BeatClass::Normal } else { BeatClass::Unclassifiable };
        };
        let evidence = Evidence {
            likeness,
            dominant: joined == Some(usual),
            usual: template.is_some_and(templates::Template::is_usual),
            template_beats: template.map_or(0, |template| template.beats),
            width_ms: qrs.width_ms,
            usual_width_ms: self.templates.get(usual).width_ms,
            clean,
            when,
            novelty,
        };
        let class = evidence.class();
        let Some(index) = joined else { return class };
        if class != BeatClass::Unclassifiable {
            self.templates.judge(index, class == BeatClass::Ventricular);
        }
        // What is ventricular at most times is so when its time does not show it.
        let template = self.templates.get(index);
        let known = !evidence.dominant && template.beats >= 4 && template.ventricular >= 0.5;
        if known && class != BeatClass::Supraventricular { BeatClass::Ventricular } else { class }
    }
}

#[cfg(test)]
mod tests;
