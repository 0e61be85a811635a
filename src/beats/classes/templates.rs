//! What the beats of this bed look like: a handful of shapes, and which of them is the patient's own conduction.
//!
//! In go shapes, each joins the template it is like or starts one. The dominant template is the one that occurs most,
//! in time and narrow; nobody has to label a beat. Once chosen it gives way to a much wider one only when its own beats
//! have all but gone: a run of idioventricular beats does not become the norm, a new bundle branch block does.

use super::leads::LeadWeights;
use super::shape::{Cut, Likeness, Shape};

/// The most templates kept; the least used one gives way.
pub(super) const MOST: usize = 10;
/// A beat joins a template from this correlation on ...
const JOINS_CORRELATION: f64 = 0.9;
/// ... and when it is at most this much larger or smaller.
const JOINS_AMPLITUDE: f64 = 1.6;
/// Templates average over about 16 beats, their judgement over 8.
const SHAPE_BEATS: u32 = 16;
const JUDGED_BEATS: u32 = 8;
/// The use of a template fades over 128 beats.
const FADES_OVER: f64 = 128.0;
/// To become dominant a template must hold a quarter of what was seen, in at least five beats.
const DOMINANT_PART: f64 = 0.25;
const DOMINANT_BEATS: u32 = 5;
/// The dominant template gives way to one that counts half as much again.
const GIVES_WAY_TO: f64 = 1.5;
/// Another template is much wider from this ratio on ...
const MUCH_WIDER: f64 = 1.25;
/// ... and then the dominant one must hold less than this of what was seen, unless it is itself only just known.
const GONE_PART: f64 = 0.02;
const JUST_KNOWN_BEATS: u32 = 30;

/// One kind of beat.
#[derive(Clone, Debug)]
pub(super) struct Template {
    shape: Shape,
    /// Beats that joined it; 0 for room that is not used.
    pub beats: u32,
    weight: f64,
    /// Mean width in ms.
    pub width_ms: f64,
    /// Part of its latest beats that came early.
    pub early: f64,
    /// Part of its latest beats that were ventricular by themselves.
    pub ventricular: f64,
    /// Part of its latest beats with a pacing pulse.
    pub paced: f64,
}

/// What a template learns from a beat besides its shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Width in ms.
    pub width_ms: f64,
    /// Free of noise?
    pub clean: bool,
    /// Did it come early?
    pub early: bool,
    /// With a pacing pulse?
    pub pulse: bool,
}

/// The templates of one bed.
#[derive(Clone, Debug)]
pub(super) struct Templates {
    all: Vec<Template>,
    dominant: Option<usize>,
    pub weights: LeadWeights,
}

/// How like each template a beat is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Matches {
    all: [Option<Likeness>; MOST],
    /// The template that it joins, if any.
    pub nearest: Option<usize>,
}

impl Template {
    /// Is it the patient's own from here on, though not the dominant one? It came in time again and again, and its beats
    /// were not ventricular by themselves.
    pub fn is_usual(&self) -> bool {
        self.beats >= 12 && self.early < 0.3 && self.ventricular < 0.4
    }

    fn learn(&mut self, seen: &Seen) {
        self.beats = self.beats.saturating_add(1);
        self.weight += 1.0;
        let part = 1.0 / f64::from(self.beats.min(SHAPE_BEATS));
        self.early += part * (f64::from(u8::from(seen.early)) - self.early);
        self.paced += part * (f64::from(u8::from(seen.pulse)) - self.paced);
        if seen.clean {
            self.width_ms += part * (seen.width_ms - self.width_ms);
        }
    }

    /// How much it counts as the patient's own: often, in time, narrow.
    fn rank(&self) -> f64 {
        self.weight * (1.0 - 0.7 * self.early) * (80.0 / self.width_ms.max(80.0)).powi(2)
    }
}

impl Matches {
    /// How like the template of this index.
    pub fn with(&self, index: usize) -> Option<Likeness> {
        self.all[index]
    }
}

impl Templates {
    /// Room for all templates of so many leads.
    pub fn new(lead_count: usize) -> Templates {
        let free = Template {
            shape: Shape::new(lead_count),
            beats: 0,
            weight: 0.0,
            width_ms: 0.0,
            early: 0.0,
            ventricular: 0.0,
            paced: 0.0,
        };
        Templates { all: vec![free; MOST], dominant: None, weights: LeadWeights::new(lead_count) }
    }

    /// One of them.
    pub fn get(&self, index: usize) -> &Template {
        &self.all[index]
    }

    /// The dominant one.
    pub fn dominant(&self) -> Option<usize> {
        self.dominant
    }

    /// Compares a beat with all of them.
    pub fn compare(&self, beat: &Cut) -> Matches {
        let mut matches = Matches::default();
        for (found, template) in matches.all.iter_mut().zip(&self.all).filter(|(_, template)| template.beats > 0) {
            *found = template.shape.likeness(beat, self.weights.get());
        }
        let joins = |likeness: &Likeness| {
            let scale = likeness.amplitude.max(1.0 / likeness.amplitude);
            likeness.correlation >= JOINS_CORRELATION && scale < JOINS_AMPLITUDE
        };
        matches.nearest = (0..MOST)
            .filter_map(|index| Some((index, matches.all[index].filter(joins)?.correlation)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(index, _)| index);
        matches
    }

    /// Learns from a beat; the template that it is of, none for a noisy beat that is like none.
    pub fn learn(&mut self, beat: &Cut, matches: &Matches, seen: &Seen) -> Option<usize> {
        self.all.iter_mut().for_each(|template| template.weight *= 1.0 - 1.0 / FADES_OVER);
        let index = if let Some((index, found)) = matches.nearest.and_then(|index| Some((index, matches.all[index]?))) {
            let known = &mut self.all[index];
            known.shape.learn(beat, found.shift, 1.0 / f64::from((known.beats + 1).min(SHAPE_BEATS)));
            self.weights.learn(beat, &known.shape, found.shift);
            index
        } else if seen.clean {
            self.start(beat, seen.width_ms)
        } else {
            return None;
        };
        self.all[index].learn(seen);
        self.choose_dominant();
        Some(index)
    }

    /// Was the beat that joined this template ventricular by itself?
    pub fn judge(&mut self, index: usize, ventricular: bool) {
        let template = &mut self.all[index];
        let part = 1.0 / f64::from(template.beats.min(JUDGED_BEATS));
        template.ventricular += part * (f64::from(u8::from(ventricular)) - template.ventricular);
    }

    /// A new template in the room of the least used one.
    fn start(&mut self, beat: &Cut, width_ms: f64) -> usize {
        let index = (0..MOST)
            .filter(|index| self.dominant != Some(*index))
            .min_by(|a, b| self.all[*a].weight.total_cmp(&self.all[*b].weight))
            .unwrap_or(0);
        let template = &mut self.all[index];
        template.shape.clear();
        template.shape.learn(beat, Shape::UNSHIFTED, 1.0);
        (template.beats, template.weight, template.width_ms) = (0, 0.0, width_ms);
        (template.early, template.ventricular, template.paced) = (0.0, 0.0, 0.0);
        index
    }

    fn choose_dominant(&mut self) {
        let total: f64 = self.all.iter().map(|template| template.weight).sum();
        let common = |template: &Template| template.weight >= DOMINANT_PART * total && template.beats >= DOMINANT_BEATS;
        let best = (0..MOST)
            .filter(|index| common(&self.all[*index]))
            .max_by(|a, b| self.all[*a].rank().total_cmp(&self.all[*b].rank()));
        let Some(best) = best else { return };
        let Some(now) = self.dominant.map(|index| &self.all[index]) else {
            self.dominant = Some(best);
            return;
        };
        let new = &self.all[best];
        let may_follow = new.width_ms < MUCH_WIDER * now.width_ms
            || new.paced > super::rules::PACED_PART
            || now.beats < JUST_KNOWN_BEATS
            || now.weight < GONE_PART * total;
        if new.rank() > GIVES_WAY_TO * now.rank() && may_follow {
            self.dominant = Some(best);
        }
    }
}
