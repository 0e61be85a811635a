//! All that is built on continuous samples: one stretch of the time line, from its start until something breaks it.
//!
//! In go samples and beats, out come classes, marks and cycles. What was learnt goes on into the next stretch.

use std::collections::VecDeque;

use super::history::History;
use super::leads::LeadStates;
use super::points::Points;
use super::{Beat, BedOutput, STEP};
use crate::beats::classes::{ClassifiedBeat, Classifier};
use crate::beats::{BeatClass, DetectedBeat, Detector};
use crate::ecg::{Lead, StripLead, Time};
use crate::measure::{Cycle, CycleBeat, EVERY_S, Trends, cycle};
use crate::rhythm::ClassedBeat;
use crate::signal::pacer::PulseRemoval;
use crate::signal::quality::Quality;
use crate::signal::resample::Resample;
use crate::signal::{Block, RATE_HZ};

/// Beats kept for the average cycle: those of ten seconds at the fastest rate that has one.
const RECENT_BEATS: usize = 42;

/// What is still true in the next stretch, if it has the same leads.
#[derive(Debug)]
pub(super) struct Learnt {
    detector: Detector,
    classifier: Classifier,
    trends: Trends,
}

impl Learnt {
    pub(super) fn nothing(leads: &[Lead]) -> Learnt {
        Learnt {
            detector: Detector::new(leads.len()),
            classifier: Classifier::new(leads.len()),
            trends: Trends::new(leads),
        }
    }
}

/// All that is built on continuous samples.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) origin: Time,
    /// Of the input.
    rate_hz: f64,
    pulses: PulseRemoval,
    resample: Resample,
    pub(super) detector: Detector,
    pub(super) classifier: Classifier,
    pub(super) leads: LeadStates,
    pub(super) history: History,
    pub(super) trends: Trends,
    /// The latest beats, for the average cycle.
    pub(super) recent: VecDeque<CycleBeat>,
    pub(super) points: Option<Points>,
    /// Used again for each chunk.
    pub(super) block: Block,
    /// Samples seen.
    pub(super) seen: u64,
}

impl Stretch {
    pub(super) fn new(leads: Vec<Lead>, at: Time, rate_hz: f64, learnt: Learnt, points: bool) -> Stretch {
        let Learnt { detector, classifier, trends } = learnt;
        let points = points.then(|| Points::new(leads.clone(), at));
        Stretch {
            origin: at,
            rate_hz,
            pulses: PulseRemoval::new(leads.len(), rate_hz),
            resample: Resample::new(leads.clone(), rate_hz),
            detector,
            classifier,
            leads: LeadStates::new(&leads, at),
            history: History::new(leads),
            trends,
            recent: VecDeque::with_capacity(RECENT_BEATS),
            points,
            block: Block::default(),
            seen: 0,
        }
    }

    /// What the next stretch starts from.
    pub(super) fn learnt_so_far(self) -> Learnt {
        let (mut detector, mut classifier) = (self.detector, self.classifier);
        detector.restart();
        classifier.restart();
        Learnt { detector, classifier, trends: self.trends }
    }

    pub(super) fn time_of(&self, sample: u64) -> Time {
        self.origin.plus_samples(sample as i64, RATE_HZ)
    }

    /// The last moment at which alarms were judged. It is a little before the end of what was heard: filters and another sampling
    /// rate hold samples back.
    pub(super) fn judged_until(&self) -> Time {
        self.time_of(self.seen - self.seen % STEP)
    }

    pub(super) fn beat(&self, beat: ClassifiedBeat) -> BedOutput {
        BedOutput::Beat(Beat { at: self.time_of(beat.r_peak), class: beat.class })
    }

    pub(super) fn classed(&self, beat: ClassifiedBeat) -> ClassedBeat {
        let ClassifiedBeat { r_peak, class, shape, own, width_ms, p_wave } = beat;
        ClassedBeat { at: self.time_of(r_peak), class, shape, own, width_ms, p_wave }
    }

    /// Keeps a beat for the average cycle.
    pub(super) fn remember(&mut self, beat: ClassifiedBeat) {
        if self.recent.len() == RECENT_BEATS {
            self.recent.pop_front();
        }
        let own = beat.own && beat.class != BeatClass::Ventricular;
        self.recent.push_back(CycleBeat { r_peak: beat.r_peak, own });
    }

    /// The average cycle of the last ten seconds, on the leads whose ST level can be trusted.
    pub(super) fn measure_cycle(&mut self, now: Time) {
        let length = (EVERY_S * RATE_HZ) as u64;
        let from = self.seen - length;
        let in_rows = |beat: &CycleBeat| Some(CycleBeat { r_peak: beat.r_peak.checked_sub(from)?, ..*beat });
        let beats: Vec<CycleBeat> = self.recent.iter().filter_map(in_rows).collect();
        let qualities = self.leads.qualities();
        let trusted: Vec<bool> =
            qualities.map(|quality| matches!(quality, Quality::Good | Quality::Mains | Quality::Muscle)).collect();
        let row = |(index, lead): (usize, &Lead)| {
            let mut samples_mv = Vec::with_capacity(length as usize);
            self.history.copy(index, from..self.seen, self.seen, &mut samples_mv);
            StripLead { lead: lead.clone(), derived: false, samples_mv }
        };
        let rows: Vec<StripLead> =
            self.leads.names().enumerate().filter(|(index, _)| trusted[*index]).map(row).collect();
        let measured = cycle(&rows, &beats).map(|measured| {
            let mut levels = measured.st_mv.into_iter();
            let st_mv = trusted.iter().map(|trusted| trusted.then(|| levels.next().flatten()).flatten()).collect();
            Cycle { st_mv, ..measured }
        });
        self.trends.push(now, measured.as_ref());
    }

    /// The beats that its end has cut off before they were decided on.
    pub(super) fn last_beats(&mut self) -> Vec<DetectedBeat> {
        let found = self.detector.rest();
        for beat in &found {
            self.classifier.beat(beat.r_peak);
            if let Some(points) = &mut self.points {
                points.beat(*beat, &self.detector, &self.history, self.seen);
            }
        }
        found
    }

    /// The beats that its end has left without a class or marks.
    pub(super) fn end(&mut self) -> Vec<BedOutput> {
        let unfinished: Vec<_> = self.classifier.unfinished().collect();
        let mut out: Vec<BedOutput> = unfinished.into_iter().map(|beat| self.beat(beat)).collect();
        while let Some(points) = self.points.as_mut().and_then(|points| points.rest(&self.history, self.seen)) {
            out.push(BedOutput::Points(points));
        }
        out
    }

    /// The monitor saw a pulse of a pacemaker in the samples that come next. Gives its time as the samples are counted here:
    /// that of the chunk is rounded, each time from another start.
    pub(super) fn pacer_mark(&mut self, at: Time) -> Time {
        let since_origin_s = at.seconds_since(self.origin).max(0.0);
        let sample = (since_origin_s * self.rate_hz).round();
        self.pulses.mark(sample as u64);
        self.classifier.pacer_mark((sample / self.rate_hz * RATE_HZ).round() as u64);
        self.origin.plus_samples(sample as i64, self.rate_hz)
    }

    /// Rows of mV at the rate of the input as a block at [`RATE_HZ`], without pulses.
    pub(super) fn resample(&mut self, leads_mv: &[Vec<f32>], block: &mut Block) {
        self.resample.push_into(self.pulses.push(leads_mv), block);
    }

    /// What of it still waits when the input ends.
    pub(super) fn rest(&mut self, block: &mut Block) {
        self.resample.push_into(self.pulses.rest(), block);
    }
}
