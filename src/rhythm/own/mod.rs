//! The patient's own QRS complexes, seen through whatever else is on a lead.
//!
//! In go the patient's own beats and the latest samples of all leads, out comes how many of the patient's own complexes
//! a lead holds, and whether the [`OwnRhythm`] goes on. An electrode that moves adds waves to its leads that look like
//! beats, like fibrillation, or hide the beats; but the complexes are still there, in time, in the band where they are
//! steep. Ventricles that fibrillate or beat by themselves make none. What is learned is one shape a lead and the RR
//! interval; looking costs time and is done on suspicion only.

mod shape;
mod steep;

use super::beat_log::BeatLog;
use super::{OwnRhythm, Run};
use crate::ecg::{Duration, Lead, Time};
use crate::signal::quality::Quality;
use shape::{MOST, OwnShape};
use steep::{RATE_HZ, Steep, TAKEN, WINDOW};

/// The filters delay a complex by this much.
const DELAY_S: f64 = 0.024;
/// A complex is in the window as a whole this long after its R peak.
const WHOLE_AFTER_S: f64 = 0.13;
/// Shapes are learned from leads of at least this quality.
const LEAST_QUALITY: Quality = Quality::Muscle;
/// The own interval is the mean of about so many.
const MEAN_INTERVALS: f64 = 8.0;
/// An interval between two own beats is one of the own rhythm in this part of the mean ...
const LEARNED: std::ops::Range<f64> = 0.6..1.6;
/// ... and goes on with it in this one.
const FITS: std::ops::Range<f64> = 0.75..1.3;
/// The own rhythm is seen when its complexes fill this many seconds of the window, and are two at least.
const SEEN_S: f64 = 2.4;
const LEAST_COMPLEXES: usize = 2;
/// ... and the last is no longer ago than this many intervals.
const LATEST_PART: f64 = 1.5;
/// It goes on through a run when it shares this part of the run's time, when the run is so many times as fast, and when so
/// many of its complexes lie within the run for sure: a single one may be a ventricular beat that is like them.
const SHARED_PART: f64 = 0.4;
const FASTER: f64 = 1.25;
const WITHIN: usize = 2;

/// What is known of one bed.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnComplexes {
    leads: Vec<(Lead, OwnShape)>,
    steep: Steep,
    /// The lead that learns next.
    next: usize,
    /// Up to which beat each has learned.
    learned_until: Vec<Option<Time>>,
    interval_s: Option<f64>,
}

impl OwnComplexes {
    /// The leads from now on.
    pub fn start(&mut self, leads: &[Lead]) {
        if !self.leads.iter().map(|(lead, _)| lead).eq(leads) {
            self.leads = leads.iter().map(|lead| (lead.clone(), OwnShape::default())).collect();
            self.learned_until = vec![None; leads.len()];
        }
        self.next = 0;
    }

    /// The latest beat of the log is new.
    pub fn beat(&mut self, log: &BeatLog) {
        let mut latest = log.latest();
        let (Some(beat), Some(before)) = (latest.next(), latest.next()) else { return };
        if !(beat.own && before.own) {
            return;
        }
        let seen_s = beat.at.seconds_since(before.at);
        let mean_s = *self.interval_s.get_or_insert(seen_s);
        if LEARNED.contains(&(seen_s / mean_s)) {
            self.interval_s = Some(mean_s + (seen_s - mean_s) / MEAN_INTERVALS);
        } else if log.latest().take(4).all(|beat| beat.own) {
            // Another rhythm by now.
            self.interval_s = log.mean_interval_s(0);
        }
    }

    /// Leads learn from the own beats of the log: one after the other, and at first all.
    pub fn learn<Samples: Iterator<Item = f32>>(
        &mut self,
        now: Time,
        qualities: impl Iterator<Item = Quality>,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
        log: &BeatLog,
    ) {
        self.next = (self.next + 1) % self.leads.len().max(1);
        let window_s = WINDOW as f64 / RATE_HZ;
        for (lead, ((known, learned_until), quality)) in
            self.leads.iter_mut().zip(&mut self.learned_until).zip(qualities).enumerate()
        {
            let (_, shape) = known;
            if quality.weight() < LEAST_QUALITY.weight() || lead != self.next && shape.is_known() {
                continue;
            }
            // A complex must have come whole.
            let is_whole = |at: &Time| now.seconds_since(*at) > WHOLE_AFTER_S;
            let is_new = |at: &Time| now.seconds_since(*at) < window_s && learned_until.is_none_or(|until| *at > until);
            let own = || log.latest().filter(|beat| beat.own).map(|beat| beat.at).filter(is_whole).take_while(is_new);
            let (Some(latest), Some(samples_mv)) = (own().next(), latest_mv(lead, TAKEN)) else { continue };
            let window_mv = self.steep.window(samples_mv);
            for at in own() {
                let place = (window_s - now.seconds_since(at) + DELAY_S) * RATE_HZ;
                shape.learn(&window_mv, place.round().max(0.0) as usize);
            }
            *learned_until = Some(latest);
        }
    }

    /// How many of the patient's own complexes this lead holds at their own pace, up to the end of the last three seconds.
    pub fn count<Samples: Iterator<Item = f32>>(
        &self,
        lead: usize,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
    ) -> usize {
        self.in_lead(lead, latest_mv).map_or(0, |seen| seen.complexes)
    }

    /// The patient's own rhythm, if any lead shows that it goes on.
    pub fn rhythm<Samples: Iterator<Item = f32>>(
        &self,
        now: Time,
        qualities: impl Iterator<Item = Quality>,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
    ) -> Option<OwnRhythm> {
        self.rhythms(now, qualities, latest_mv).next().map(|(rhythm, _)| rhythm)
    }

    /// Does it go on at its pace while this run is said to be?
    pub fn goes_on_through<Samples: Iterator<Item = f32>>(
        &self,
        run: &Run,
        now: Time,
        qualities: impl Iterator<Item = Quality>,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
    ) -> bool {
        self.rhythms(now, qualities, latest_mv).any(|(own, seen)| {
            let shared_s = own.to.min(run.to).seconds_since(own.from.max(run.from));
            let ago_s = now.seconds_since(run.to)..=now.seconds_since(run.from);
            let within = seen.sure_ago_s[..seen.complexes].iter().filter(|at| ago_s.contains(at)).count();
            shared_s >= SHARED_PART * run.to.seconds_since(run.from) && run.bpm > FASTER * own.bpm && within >= WITHIN
        })
    }

    /// The patient's own rhythm in each lead that shows it.
    fn rhythms<Samples: Iterator<Item = f32>>(
        &self,
        now: Time,
        qualities: impl Iterator<Item = Quality>,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
    ) -> impl Iterator<Item = (OwnRhythm, Seen)> {
        let least = self.interval_s.map_or(usize::MAX, |mean_s| ((SEEN_S / mean_s) as usize).max(LEAST_COMPLEXES));
        let heard = qualities.enumerate().filter(|(_, quality)| quality.weight() > 0.0);
        let seen = heard.filter_map(move |(lead, _)| self.in_lead(lead, &latest_mv));
        seen.filter(move |seen| seen.complexes >= least).map(move |seen| {
            let at = |ago_s: f64| now - Duration::from_secs_f64(ago_s);
            let bpm = 60.0 * seen.intervals as f64 / (seen.first_ago_s - seen.last_ago_s);
            (OwnRhythm { from: at(seen.first_ago_s), to: at(seen.last_ago_s), bpm }, seen)
        })
    }

    /// The complexes of one lead, back from the last one as long as each follows the one before at the own pace. What may
    /// be one keeps the pace, too, or it is another rhythm whose complexes are like the own ones now and then.
    fn in_lead<Samples: Iterator<Item = f32>>(
        &self,
        lead: usize,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
    ) -> Option<Seen> {
        let mean_s = self.interval_s?;
        let (_, shape) = self.leads.get(lead).filter(|(_, shape)| shape.is_known())?;
        let places = shape.find(&self.steep.window(latest_mv(lead, TAKEN)?));
        let mut latest = places.iter().rev().map(|place| {
            let ago_s = (WINDOW - place.at) as f64 / RATE_HZ + DELAY_S;
            (ago_s, place.is_sure())
        });
        let (last_ago_s, sure) = latest.next().filter(|(ago_s, _)| *ago_s < LATEST_PART * mean_s)?;
        let mut seen =
            Seen { first_ago_s: last_ago_s, last_ago_s, complexes: 0, sure_ago_s: [0.0; MOST], intervals: 0 };
        seen.note(last_ago_s, sure);
        for (ago_s, sure) in latest {
            if !FITS.contains(&((ago_s - seen.first_ago_s) / mean_s)) {
                break;
            }
            seen.note(ago_s, sure);
            seen.intervals += 1;
        }
        (seen.intervals > 0).then_some(seen)
    }
}

/// Complexes at the own pace in one lead.
#[derive(Clone, Copy, Debug)]
struct Seen {
    first_ago_s: f64,
    last_ago_s: f64,
    /// Those that are the patient's own for sure, and when they were, the latest first.
    complexes: usize,
    sure_ago_s: [f64; MOST],
    intervals: usize,
}

impl Seen {
    fn note(&mut self, ago_s: f64, sure: bool) {
        self.first_ago_s = ago_s;
        if sure {
            self.sure_ago_s[self.complexes] = ago_s;
            self.complexes += 1;
        }
    }
}
