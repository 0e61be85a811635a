//! What the beats of this bed look like: a handful of shapes, and which of them is the patient's own conduction.
//!
//! In go shapes, each joins the template it is like or starts one. The dominant template is the one that occurs most,
//! in time and narrow; nobody has to label a beat. A wide and fast rhythm is never chosen at first. Once chosen it gives
//! way to one that looks ventricular only when that is known to be conducted, as the same P wave comes before it (a new
//! bundle branch block), when it is paced, or when its own beats have all but gone and the rate is that of no tachycardia:
//! neither a ventricular tachycardia nor a run of idioventricular beats becomes the norm.

use super::leads::LeadWeights;
use super::shape::{Cut, Likeness, Shape};

/// The most templates kept; the least used one gives way.
pub(super) const MOST: usize = 10;
/// A beat joins a template from this correlation on ...
const JOINS_CORRELATION: f64 = 0.9;
/// ... less by what its own noise takes from the correlation, but no less than this ...
const LEAST_CORRELATION: f64 = 0.75;
/// ... and when it is at most this much larger or smaller.
const JOINS_AMPLITUDE: f64 = 1.6;
/// Templates average over about 16 beats, the judgement of what they are over 12.
const SHAPE_BEATS: u32 = 16;
const JUDGED_BEATS: u32 = 12;
/// One beat does not say more than this (log odds).
const MOST_JUDGED: f64 = 3.0;
/// A template is known to be ventricular, or not, from this many beats on.
const KNOWN_BEATS: u32 = 3;
/// The use of a template fades over 128 beats.
const FADES_OVER: f64 = 128.0;
/// Templates start from clean beats. While nothing is known, after so many noisy ones in a row that were like none, from the
/// next too; later the waves of fibrillation would be learned.
const NOISY_BEATS: u32 = 3;
/// To become dominant a template must hold a quarter of what was seen, in at least five beats.
const DOMINANT_PART: f64 = 0.25;
const DOMINANT_BEATS: u32 = 5;
/// The dominant template gives way to one that counts half as much again.
const GIVES_WAY_TO: f64 = 1.5;
/// The dominant template is only just known up to this many beats and gives way to any other.
const JUST_KNOWN_BEATS: u32 = 30;
/// Its beats have all but gone when it holds less than this of what was seen: some 500 beats.
const GONE_PART: f64 = 0.02;
/// What is faster than 100 a minute may be a tachycardia.
const TACHYCARDIA_S: f64 = 0.6;
/// The same P wave: this correlation and no more than this factor in amplitude ...
const SAME_P: f64 = 0.8;
const SAME_P_AMPLITUDE: f64 = 2.0;
/// ... in the mean of so many beats, over which P waves that march through would cancel.
const P_BEATS: u32 = 24;
/// Wide and fast: as wide as bundle branch block, at more than 120 a minute.
const WIDE_MS: f64 = 140.0;
const FAST_S: f64 = 0.5;

/// One kind of beat.
#[derive(Clone, Debug)]
pub(super) struct Template {
    shape: Shape,
    /// Beats that joined it; 0 for room that is not used.
    pub beats: u32,
    weight: f64,
    /// Those of them that did not come early.
    in_time: u32,
    /// Mean width in ms.
    pub width_ms: f64,
    /// Part of its latest beats that came early.
    pub early: f64,
    /// Mean RR interval before its beats in seconds.
    interval_s: f64,
    /// Mean speed (see [`Cut::speed`]).
    pub speed: f64,
    /// Mean of the log odds that its beats were ventricular by themselves, and of how many beats.
    pub log_odds: f64,
    pub judged: u32,
    /// Part of its latest beats with a pacing pulse.
    pub paced: f64,
}

/// What a template learns from a beat besides its shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Width in ms.
    pub width_ms: f64,
    /// See [`Cut::speed`].
    pub speed: f64,
    /// Free of noise?
    pub clean: bool,
    /// Did it come early?
    pub early: bool,
    /// The RR interval before it in seconds.
    pub interval_s: f64,
    pub pulse: Pulse,
}

/// Did a pacemaker give a pulse for a beat?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulse {
    /// It did: the monitor marked it, or it shows.
    Seen,
    /// None shows.
    NotSeen,
    /// The monitor marks pulses, and marked none.
    NotMarked,
}

/// The templates of one bed.
#[derive(Clone, Debug)]
pub(super) struct Templates {
    all: Vec<Template>,
    dominant: Option<usize>,
    /// Noisy beats in a row that were like none.
    noisy: u32,
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
    /// Log odds that a beat of this shape is ventricular, when those of the beat by itself are given.
    pub fn log_odds_with(&self, log_odds: f64) -> f64 {
        let judged = f64::from(self.judged);
        (log_odds + judged * self.log_odds) / (1.0 + judged)
    }

    /// Like a ventricular tachycardia, whatever the patient's other beats are.
    pub fn is_wide_and_fast(&self) -> bool {
        self.width_ms >= WIDE_MS && self.interval_s < FAST_S
    }

    fn learn(&mut self, seen: &Seen) {
        self.beats = self.beats.saturating_add(1);
        self.weight += 1.0;
        let part = 1.0 / f64::from(self.beats.min(SHAPE_BEATS));
        self.interval_s += part * (seen.interval_s - self.interval_s);
        self.early += part * (f64::from(u8::from(seen.early)) - self.early);
        // A beat without a pulse is none of the pacemaker's where pulses are marked, even if it looks like one.
        match seen.pulse {
            Pulse::Seen => self.paced += part * (1.0 - self.paced),
            Pulse::NotSeen => self.paced -= part * self.paced,
            Pulse::NotMarked => {}
        }
        if seen.clean {
            self.width_ms += part * (seen.width_ms - self.width_ms);
            self.speed += part * (seen.speed - self.speed);
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
            in_time: 0,
            weight: 0.0,
            width_ms: 0.0,
            early: 0.0,
            interval_s: 0.0,
            speed: 0.0,
            log_odds: 0.0,
            judged: 0,
            paced: 0.0,
        };
        Templates { all: vec![free; MOST], dominant: None, noisy: 0, weights: LeadWeights::new(lead_count) }
    }

    /// One of them.
    pub fn get(&self, index: usize) -> &Template {
        &self.all[index]
    }

    /// The dominant one.
    pub fn dominant(&self) -> Option<usize> {
        self.dominant
    }

    /// How like the P wave of the dominant template what comes before a beat is; none while no P wave is known.
    pub fn p_likeness(&self, beat: &Cut, matches: &Matches) -> Option<Likeness> {
        let index = self.dominant?;
        let shift = matches.all[index]?.shift;
        self.all[index].shape.p_likeness(beat, self.weights.get(), shift)
    }

    /// Compares a beat with all of them; `unrest` is the noise before it, see [`Qrs::unrest`](super::qrs::Qrs::unrest).
    pub fn compare(&self, beat: &Cut, unrest: f64) -> Matches {
        let joins_from = (JOINS_CORRELATION * (1.0 - unrest * unrest).max(0.0).sqrt()).max(LEAST_CORRELATION);
        let mut matches = Matches::default();
        for (found, template) in matches.all.iter_mut().zip(&self.all).filter(|(_, template)| template.beats > 0) {
            *found = template.shape.likeness(beat, self.weights.get());
        }
        let joins = |likeness: &Likeness| {
            let scale = likeness.amplitude.max(1.0 / likeness.amplitude);
            likeness.correlation >= joins_from && scale < JOINS_AMPLITUDE
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
            if !seen.early {
                known.in_time = known.in_time.saturating_add(1);
                known.shape.learn_p(beat, found.shift, 1.0 / f64::from(known.in_time.min(SHAPE_BEATS)));
            }
            index
        } else if seen.clean || self.dominant.is_none() && self.noisy >= NOISY_BEATS {
            self.start(beat, seen)
        } else {
            self.noisy = self.noisy.saturating_add(1);
            return None;
        };
        self.noisy = 0;
        self.all[index].learn(seen);
        self.choose_dominant();
        Some(index)
    }

    /// The beat that joined this template was ventricular by itself with these log odds.
    pub fn judge(&mut self, index: usize, log_odds: f64) {
        let template = &mut self.all[index];
        template.judged = (template.judged + 1).min(JUDGED_BEATS);
        let said = log_odds.clamp(-MOST_JUDGED, MOST_JUDGED);
        template.log_odds += (said - template.log_odds) / f64::from(template.judged);
    }

    /// The largest correlation of a beat with a template that is known to be ventricular, or with one that is known not
    /// to be; that which the beat joins does not count. -1 without such a template.
    pub fn most_like(&self, matches: &Matches, ventricular: bool) -> f64 {
        let known = |index: &usize| {
            let template = &self.all[*index];
            matches.nearest != Some(*index) && template.beats >= KNOWN_BEATS && (template.log_odds > 0.0) == ventricular
        };
        let all = (0..MOST).filter(known).filter_map(|index| matches.all[index]);
        all.map(|likeness| likeness.correlation).fold(-1.0, f64::max)
    }

    /// A new template in the room of the least used one.
    fn start(&mut self, beat: &Cut, seen: &Seen) -> usize {
        let index = (0..MOST)
            .filter(|index| self.dominant != Some(*index))
            .min_by(|a, b| self.all[*a].weight.total_cmp(&self.all[*b].weight))
            .unwrap_or(0);
        let template = &mut self.all[index];
        template.shape.clear();
        template.shape.learn(beat, Shape::UNSHIFTED, 1.0);
        (template.beats, template.weight, template.early, template.paced) = (0, 0.0, 0.0, 0.0);
        (template.width_ms, template.speed, template.interval_s) = (seen.width_ms, seen.speed, seen.interval_s);
        (template.log_odds, template.judged, template.in_time) = (0.0, 0, 0);
        index
    }

    fn choose_dominant(&mut self) {
        let total: f64 = self.all.iter().map(|template| template.weight).sum();
        let common = |template: &Template| template.weight >= DOMINANT_PART * total && template.beats >= DOMINANT_BEATS;
        let best = (0..MOST)
            .filter(|index| common(&self.all[*index]))
            .max_by(|a, b| self.all[*a].rank().total_cmp(&self.all[*b].rank()));
        let Some(best) = best else { return };
        let new = &self.all[best];
        let Some(now) = self.dominant.map(|index| &self.all[index]) else {
            if !new.is_wide_and_fast() || new.paced > super::rules::PACED_PART {
                self.dominant = Some(best);
            }
            return;
        };
        let may_follow = new.log_odds <= 0.0
            || new.paced > super::rules::PACED_PART
            || now.beats < JUST_KNOWN_BEATS
            || now.weight < GONE_PART * total && new.interval_s > TACHYCARDIA_S
            || self.has_p_wave_of(new, now);
        if new.rank() > GIVES_WAY_TO * now.rank() && may_follow {
            self.dominant = Some(best);
            // What was ventricular against the old one is not so against itself.
            let adopted = &mut self.all[best];
            (adopted.log_odds, adopted.judged) = (0.0, 0);
        }
    }

    /// Does the same P wave come before the beats of both?
    fn has_p_wave_of(&self, new: &Template, now: &Template) -> bool {
        let known = new.in_time >= P_BEATS && now.in_time >= P_BEATS && new.interval_s > FAST_S;
        known
            && now.shape.p_likeness_of(&new.shape, self.weights.get()).is_some_and(|likeness| {
                let scale = likeness.amplitude.max(1.0 / likeness.amplitude);
                likeness.correlation > SAME_P && scale < SAME_P_AMPLITUDE
            })
    }
}
