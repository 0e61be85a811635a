//! Which kind of beat: normal, supraventricular, ventricular, fusion, paced, or none that can be told.
//!
//! In go the samples of all leads and the R peaks that the detector found, out comes each beat with its class, 200 ms
//! after its R peak or when it was detected, whichever is later. Nothing looks ahead and nobody labels a beat: the bed's
//! own beats are learned as [`templates`], a beat is compared with the dominant one ([`shape`], [`leads`]), measured
//! ([`qrs`], [`timing`]), weighed ([`evidence`]) and judged ([`rules`]).

mod evidence;
mod leads;
mod qrs;
mod recent;
mod rules;
mod shape;
mod templates;
mod timing;

use std::collections::VecDeque;

use evidence::Evidence;
use qrs::Qrs;
use recent::Recent;
use shape::{Cut, Shape};
use templates::{Matches, Pulse, Seen, Templates};
use timing::{Timing, When};

/// A beat is classified when this many samples (200 ms) have come after its R peak.
const DECIDED_AFTER: u64 = 100;
const _: () = assert!(DECIDED_AFTER > shape::AFTER && DECIDED_AFTER > qrs::AFTER);

/// Beats that may wait to be classified. The detector's refractory time lets two come in the time that one waits.
const MOST_WAITING: usize = 16;

/// A pacer mark belongs to a beat when it lies up to 200 ms before its R peak or 40 ms after it (marks are stamped by the
/// monitor, not by sample).
const MARK_BEFORE: u64 = 100;
const MARK_AFTER: u64 = 20;
/// A monitor that marked a beat within the last minute marks all pulses: a beat without one is not paced.
const MARKS_FOR: u64 = (crate::signal::RATE_HZ * 60.0) as u64;
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
    /// From both at once: a fusion of a ventricular and a normal beat.
    Fusion,
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
            BeatClass::Fusion => 'F',
            BeatClass::Paced => '/',
            BeatClass::Unclassifiable => 'Q',
        }
    }
}

/// A beat and its class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassifiedBeat {
    /// Sample of the R peak, counted from the start of the stretch.
    pub r_peak: u64,
    /// What it is.
    pub class: BeatClass,
    /// Which of the shapes kept for this bed it has; `None` for a noisy beat that has none of them.
    pub shape: Option<usize>,
    /// Is that the shape in which most of the patient's beats are conducted?
    pub own: bool,
    /// Its width in ms; `None` where it could not be measured.
    pub width_ms: Option<u32>,
    /// Correlation of what comes before it with the P wave of the patient's own beats, -1 to 1; `None` while none is known.
    pub p_wave: Option<f32>,
}

impl ClassifiedBeat {
    /// A beat of which only this is known.
    fn only(r_peak: u64, class: BeatClass) -> ClassifiedBeat {
        ClassifiedBeat { r_peak, class, shape: None, own: false, width_ms: None, p_wave: None }
    }
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
    /// The latest beat with a mark.
    marked: Option<u64>,
    /// Mean difference of the latest beats that were like the dominant template from it.
    disturbed: f64,
    /// The class of the beat before.
    before: Option<BeatClass>,
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
            marked: None,
            disturbed: 0.1,
            before: None,
        }
    }

    /// Starts a new stretch of the same leads: samples count anew, what was learned stays. Take the
    /// [`unfinished`](Classifier::unfinished) beats first.
    pub fn restart(&mut self) {
        self.recent.restart();
        self.timing.restart();
        self.waiting.clear();
        self.marks.clear();
        self.marked = None;
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
        let beat = self.classify(r_peak);
        self.before = Some(beat.class);
        Some(beat)
    }

    /// The beats that still wait when a stretch ends: without what follows them they cannot be classified.
    pub fn unfinished(&mut self) -> impl Iterator<Item = ClassifiedBeat> + use<'_> {
        self.waiting.drain(..).map(|r_peak| ClassifiedBeat::only(r_peak, BeatClass::Unclassifiable))
    }

    fn classify(&mut self, r_peak: u64) -> ClassifiedBeat {
        let marked =
            self.marks.iter().any(|mark| (r_peak.saturating_sub(MARK_BEFORE)..=r_peak + MARK_AFTER).contains(mark));
        if marked {
            self.marked = Some(r_peak);
        }
        let qrs = Qrs::at(&self.recent, self.templates.weights.get(), r_peak);
        let Some(qrs) = qrs.filter(|_| self.cut.take(&self.recent, r_peak)) else {
            self.timing.beat(r_peak);
            return ClassifiedBeat::only(r_peak, if marked { BeatClass::Paced } else { BeatClass::Unclassifiable });
        };
        let matches = self.templates.compare(&self.cut, qrs.unrest);
        let when = self.timing.beat(r_peak);
        let seen = Seen {
            width_ms: qrs.width_ms,
            speed: self.cut.speed(self.templates.weights.get(), Shape::UNSHIFTED),
            clean: rules::is_clean(qrs.unrest, qrs.width_ms),
            early: when.interval < rules::EARLY_FOR_P,
            interval_s: when.interval * when.running_s,
            pulse: match self.marked {
                _ if marked || qrs.pulse => Pulse::Seen,
                Some(marked) if r_peak < marked + MARKS_FOR => Pulse::NotMarked,
                _ => Pulse::NotSeen,
            },
        };
        let evidence = self.evidence(&matches, &qrs, &seen, when);
        let joined = self.templates.learn(&self.cut, &matches, &seen);
        let p_wave = evidence.as_ref().and_then(|evidence| Some(evidence.p_likeness?.correlation as f32));
        let class = self.judge(r_peak, joined, evidence, &seen, marked);
        let own = joined.is_some() && joined == self.templates.dominant();
        ClassifiedBeat { r_peak, class, shape: joined, own, width_ms: Some(qrs.width_ms.round() as u32), p_wave }
    }

    /// The class of a beat that joined this template.
    fn judge(
        &mut self,
        r_peak: u64,
        joined: Option<usize>,
        evidence: Option<Evidence>,
        seen: &Seen,
        marked: bool,
    ) -> BeatClass {
        let template = joined.map(|index| self.templates.get(index));
        if marked {
            return BeatClass::Paced;
        }
        if template.is_some_and(|template| template.beats >= 4 && template.paced > rules::PACED_PART) {
            // As a pacemaker's beats but without a pulse: from the same ventricle, by itself.
            return if seen.pulse == Pulse::NotMarked { BeatClass::Ventricular } else { BeatClass::Paced };
        }
        let Some(evidence) = evidence else {
            return rules::class_at_first(template, seen.clean);
        };
        let by_itself = evidence.log_odds();
        let log_odds = template.map_or(by_itself, |template| template.log_odds_with(by_itself));
        if let Some(index) = joined {
            self.templates.judge(index, by_itself);
        }
        let dominant = joined.is_some() && joined == self.templates.dominant();
        if dominant || evidence.likeness.correlation > rules::OWN {
            self.timing.own(r_peak);
        }
        if evidence.likeness.correlation > rules::ROUGHLY_OWN && log_odds < rules::SURELY_NOT {
            self.disturbed += (evidence.likeness.difference().min(1.0) - self.disturbed) / rules::DISTURBED_BEATS;
        }
        rules::class(&evidence, log_odds, dominant, seen.clean)
    }

    /// What speaks for and against a ventricular beat; none while there is no dominant template.
    fn evidence(&self, matches: &Matches, qrs: &Qrs, seen: &Seen, when: When) -> Option<Evidence> {
        let dominant = self.templates.dominant()?;
        Some(Evidence {
            likeness: matches.with(dominant)?,
            speed: seen.speed / self.templates.get(dominant).speed.max(1e-6),
            width_ms: qrs.width_ms,
            when,
            unrest: qrs.unrest,
            disturbed: self.disturbed,
            most_ventricular: self.templates.most_like(matches, true),
            most_other: self.templates.most_like(matches, false),
            stray: !seen.clean && matches.nearest.is_none(),
            after_supraventricular: self.before == Some(BeatClass::Supraventricular),
            p_likeness: self.templates.p_likeness(&self.cut, matches),
        })
    }
}

#[cfg(test)]
mod tests;
