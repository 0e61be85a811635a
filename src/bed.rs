//! One patient's whole alarm path: time line, resampling, beats, rhythm, alarms, vitals, windows.
//!
//! In go chunks of one stream as they arrive, word of silence, acknowledgements, limits and word that nobody reads windows, out
//! come [`BedOutput`]s. No I/O, no clock: the same input gives the same output, however it is cut into chunks.

mod history;
mod leads;
mod points;
mod stretch;

use std::sync::Arc;

use crate::alarm::{AlarmCode, AlarmEngine, AlarmEvent, Limits, Situation};
use crate::beats::BeatClass;
use crate::ecg::{Chunk, Duration, Lead, Strip, Time};
use crate::measure::EVERY_S;
use crate::rhythm::{LONGEST_INTERVAL_S, Rhythm};
use crate::signal::quality::Quality;
use crate::signal::timeline::{DropReason, HORIZON_S, Placed, StartReason, Timeline};
use crate::signal::{Block, RATE_HZ};
pub use points::BeatPoints;
use stretch::{Learnt, Stretch};

/// Alarms are looked at every 100 ms.
const STEP: u64 = 50;

/// A beat is known at the latest this long after its R peak (search-back excepted).
const DETECTION_DELAY: Duration = Duration::from_nanos(200_000_000);

/// What one bed is set to.
#[derive(Clone, Debug, Default)]
pub struct BedSettings {
    /// Alarm limits.
    pub limits: Limits,
    /// Seconds between the rounds in which the bed is read without an alarm; 0 for none.
    pub round_s: f64,
    /// Are the waves of each beat marked?
    pub points: bool,
    /// Does nobody read windows? Then none is cut, which takes some milliseconds.
    pub unread: bool,
}

/// What a bed says.
#[derive(Clone, Debug, PartialEq)]
pub enum BedOutput {
    /// A beat was found.
    Beat(Beat),
    /// The waves of a beat were marked, at most about a second after its R peak.
    Points(BeatPoints),
    /// An alarm was raised or cleared; when raised, with the 10 s that led to it.
    Alarm {
        /// The change.
        event: AlarmEvent,
        /// The window that ends when it is raised, if it [is worth reading](AlarmEvent::is_worth_reading) and there are samples.
        window: Option<Strip>,
    },
    /// A second has passed.
    Vitals(VitalsSecond),
    /// A window to be read on the bed's round.
    Round(Strip),
    /// A chunk was not used.
    Dropped(DropReason),
    /// The time line started anew.
    Started(StartReason),
}

/// One beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Time of the R peak.
    pub at: Time,
    /// Which kind of beat.
    pub class: BeatClass,
}

/// One second of a bed.
#[derive(Clone, Debug, PartialEq)]
pub struct VitalsSecond {
    /// End of the second.
    pub at: Time,
    /// Displayed heart rate in bpm.
    pub heart_rate_bpm: Option<f64>,
    /// Ventricular beats of the last minute.
    pub ventricular_beats_a_minute: Option<usize>,
    /// QTc (Bazett) of the last ten seconds in ms.
    pub qtc_ms: Option<f64>,
    /// Each lead, what it was good for, and its ST level of the last ten seconds in mV.
    pub leads: Vec<(Lead, Quality, Option<f64>)>,
}

/// Why windows are not read.
#[derive(Debug)]
struct Degraded {
    /// The first moment in data time at which it was so.
    since: Option<Time>,
    reason: Arc<str>,
}

/// One patient.
#[derive(Debug)]
pub struct Bed {
    settings: BedSettings,
    timeline: Timeline,
    alarms: AlarmEngine,
    rhythm: Rhythm,
    stretch: Option<Stretch>,
    silent_since: Option<Time>,
    /// When the monitor's clock was last set.
    clock_jump: Option<Time>,
    degraded: Option<Degraded>,
    next_round: Option<Time>,
    /// Used again for each chunk.
    placed: Vec<Placed>,
}

impl Bed {
    /// A bed with these settings.
    pub fn new(settings: BedSettings) -> Bed {
        Bed {
            alarms: AlarmEngine::new(settings.limits.clone()),
            settings,
            timeline: Timeline::default(),
            rhythm: Rhythm::default(),
            stretch: None,
            silent_since: None,
            clock_jump: None,
            degraded: None,
            next_round: None,
            placed: Vec::new(),
        }
    }

    /// Takes a chunk that has passed [`Chunk::check`].
    pub fn push(&mut self, chunk: &Chunk) -> Vec<BedOutput> {
        let mut out = Vec::new();
        self.timeline.push(chunk, &mut self.placed);
        self.place(&mut out);
        out
    }

    /// No chunk has come although data time must be `now` by the clock of whoever waits for it.
    pub fn silent_until(&mut self, now: Time) -> Vec<BedOutput> {
        let mut out = Vec::new();
        // What waits for a missing chunk waits in vain.
        if self.timeline.end().is_some_and(|end| now.seconds_since(end) > HORIZON_S) {
            self.timeline.flush(&mut self.placed);
            self.place(&mut out);
        }
        if let Some(end) = self.timeline.end().filter(|end| *end < now) {
            self.silence(end, now, &mut out);
        }
        out
    }

    /// The bed is given up at `now`: its open alarms end.
    pub fn close(mut self, now: Time) -> Vec<BedOutput> {
        let mut out = Vec::new();
        self.timeline.flush(&mut self.placed);
        self.place(&mut out);
        self.end_stretch(&mut out);
        out.extend(self.alarms.close(now).into_iter().map(|event| BedOutput::Alarm { event, window: None }));
        out
    }

    /// Other limits from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.settings.limits = limits.clone();
        self.alarms.set_limits(limits);
    }

    /// Nobody reads windows any more, for this reason; or somebody does again.
    pub fn degrade(&mut self, reason: Option<Arc<str>>) {
        self.degraded = reason.map(|reason| Degraded { since: None, reason });
    }

    /// The alarms that are raised and not cleared.
    pub fn open_alarms(&self) -> impl Iterator<Item = &AlarmEvent> {
        self.alarms.open()
    }

    /// Somebody takes note of an open alarm, in data time between its being raised and now: a sound must not pause for
    /// longer because a clock is fast. None if it is not open.
    pub fn acknowledge(&mut self, code: AlarmCode, by: &str, at: Time) -> Option<BedOutput> {
        let latest = self.timeline.end().map_or(at, |end| at.min(end));
        self.alarms.acknowledge(code, by, latest).map(|event| BedOutput::Alarm { event, window: None })
    }

    /// Somebody else has watched this bed up to what was heard last, and left these alarms open. All that is open is said again.
    pub fn take_over(&mut self, left_open: Vec<AlarmEvent>) -> Vec<BedOutput> {
        let Some(now) = self.judged_until() else { return Vec::new() };
        let events = self.alarms.take_over(left_open, now);
        events.into_iter().map(|event| BedOutput::Alarm { event, window: None }).collect()
    }

    /// Somebody else who had this bed before has raised this alarm, of data that are still to come here.
    pub fn foretell(&mut self, event: AlarmEvent) {
        self.alarms.foretell(event);
    }

    /// Time just after the last sample that was heard; `None` before the first chunk.
    pub fn heard_until(&self) -> Option<Time> {
        self.timeline.end()
    }

    /// The last moment at which alarms of the patient were judged; `None` before the first chunk. What another says of a later one is
    /// still to be found here, although samples of that moment may have been heard.
    pub fn judged_until(&self) -> Option<Time> {
        self.stretch.as_ref().map(Stretch::judged_until)
    }

    /// The last 10 s at 500 Hz, derived limb leads included; `None` when there are no samples.
    pub fn window(&self) -> Option<Strip> {
        let stretch = self.stretch.as_ref()?;
        stretch.history.window(stretch.time_of(stretch.seen))
    }

    /// Takes what the time line has placed.
    fn place(&mut self, out: &mut Vec<BedOutput>) {
        let mut placed = std::mem::take(&mut self.placed);
        for placed in placed.drain(..) {
            match placed {
                Placed::Start { after, at, rate_hz, leads, reason } => {
                    if let (StartReason::ClockSetBack, Some(end)) = (reason, after) {
                        self.end_of_clock(end, out);
                    } else {
                        self.end_of_silence(after, at, out);
                        self.end_stretch(out);
                    }
                    if matches!(reason, StartReason::ClockSetBack | StartReason::ClockSetForward) {
                        self.clock_jump = Some(at);
                    }
                    self.start(at, rate_hz, leads, reason);
                    out.push(BedOutput::Started(reason));
                }
                Placed::Samples { after, start, leads_mv, pacer_marks } => {
                    self.end_of_silence(Some(after), start, out);
                    for at in pacer_marks {
                        let at = self.stretch.as_mut().map_or(at, |stretch| stretch.pacer_mark(at));
                        self.rhythm.pacer_mark(at);
                    }
                    self.samples(|stretch, block| stretch.resample(&leads_mv, block), out);
                    self.timeline.give_back(leads_mv);
                }
                Placed::Dropped(reason) => out.push(BedOutput::Dropped(reason)),
            }
        }
        self.placed = placed;
    }

    fn silence(&mut self, since: Time, now: Time, out: &mut Vec<BedOutput>) {
        self.silent_since = Some(since);
        self.update_alarms(now, AlarmEngine::update_equipment, out);
    }

    /// A gap in the data is silence that is already over.
    fn end_of_silence(&mut self, end_before: Option<Time>, start: Time, out: &mut Vec<BedOutput>) {
        let no_data = Duration::from_secs_f64(self.settings.limits.no_data_s);
        if let Some(end) = end_before.filter(|end| start >= *end + no_data) {
            self.silence(end, end + no_data, out);
        }
        if self.silent_since.take().is_some() {
            self.update_alarms(start, AlarmEngine::update_equipment, out);
        }
    }

    /// The monitor's clock was set back after `end`: nothing that carries a time of the old clock may meet one of the new.
    fn end_of_clock(&mut self, end: Time, out: &mut Vec<BedOutput>) {
        self.end_stretch(out);
        let ended = self.alarms.clock_set_back(end);
        out.extend(ended.into_iter().map(|event| BedOutput::Alarm { event, window: None }));
        self.rhythm = Rhythm::default();
        self.silent_since = None;
        self.next_round = None;
        if let Some(stretch) = &mut self.stretch {
            stretch.trends.clock_set_back();
        }
        if let Some(degraded) = &mut self.degraded {
            degraded.since = None;
        }
    }

    fn end_stretch(&mut self, out: &mut Vec<BedOutput>) {
        self.samples(Stretch::rest, out);
        let Some(stretch) = &mut self.stretch else { return };
        for beat in stretch.last_beats() {
            self.rhythm.beat(stretch.time_of(beat.r_peak), self.settings.limits.asystole_s);
        }
        out.extend(stretch.end());
    }

    fn start(&mut self, at: Time, rate_hz: f64, leads: Vec<Lead>, reason: StartReason) {
        // Other leads are no gap: the time since the last beat goes on, so that a monitor which changes them again and
        // again cannot hide an asystole.
        if reason != StartReason::NewFormat {
            self.rhythm.interrupt();
        }
        // What a beat looks like, and what ST and QT were, is still true after a gap, if the leads are the same.
        let learnt = match self.stretch.take() {
            Some(before) if before.leads.names().eq(leads.iter()) => before.learnt_so_far(),
            _ => Learnt::nothing(&leads),
        };
        self.rhythm.start(&leads);
        self.next_round.get_or_insert(at + Duration::from_secs_f64(self.settings.round_s.max(10.0)));
        self.stretch = Some(Stretch::new(leads, at, rate_hz, learnt, self.settings.points));
    }

    /// Hears the samples that `bring` puts into a block.
    fn samples(&mut self, bring: impl FnOnce(&mut Stretch, &mut Block), out: &mut Vec<BedOutput>) {
        let Some(stretch) = &mut self.stretch else { return };
        let mut block = std::mem::take(&mut stretch.block);
        bring(stretch, &mut block);
        for index in 0..block.len() {
            self.sample(&block, index, out);
        }
        if let Some(stretch) = &mut self.stretch {
            stretch.block = block;
        }
    }

    fn sample(&mut self, block: &Block, index: usize, out: &mut Vec<BedOutput>) {
        let Some(stretch) = &mut self.stretch else { return };
        let now = stretch.time_of(stretch.seen);
        stretch.history.push(block, index);
        stretch.leads.push(block, index, now);
        let values = block.leads.iter().map(|lead| lead.samples_mv[index]).zip(stretch.leads.usable());
        let beat = stretch.detector.push(values.clone());
        stretch.classifier.push(values);
        stretch.seen += 1;
        let now = stretch.time_of(stretch.seen);
        if let Some(beat) = beat {
            let at = stretch.time_of(beat.r_peak);
            self.rhythm.beat(at, self.settings.limits.asystole_s);
            stretch.classifier.beat(beat.r_peak);
        }
        if let Some(beat) = stretch.classifier.classified() {
            self.rhythm.classified(stretch.classed(beat));
            stretch.remember(beat);
            out.push(stretch.beat(beat));
        }
        if let Some(points) = &mut stretch.points {
            if let Some(beat) = beat {
                points.beat(beat, &stretch.detector, &stretch.history, stretch.seen);
            }
            out.extend(points.due(&stretch.history, stretch.seen).map(BedOutput::Points));
        }
        if !stretch.leads.any_usable() {
            self.rhythm.interrupt();
        } else if stretch.detector.is_ready() {
            // The first seconds of a stretch count too: a patient in asystole has no beat to learn from.
            self.rhythm.watch(stretch.leads.usable_since().max(stretch.origin));
        }
        let seen = stretch.seen;
        if seen.is_multiple_of(STEP) {
            let (qualities, noise) = (stretch.leads.qualities(), stretch.detector.noise());
            self.rhythm.update(now, qualities, noise, |lead, count| stretch.history.latest(lead, count));
            self.update_alarms(now, AlarmEngine::update, out);
        }
        if seen.is_multiple_of(RATE_HZ as u64) {
            self.second(now, out);
        }
    }

    fn second(&mut self, now: Time, out: &mut Vec<BedOutput>) {
        let Some(stretch) = &mut self.stretch else { return };
        if stretch.seen.is_multiple_of((EVERY_S * RATE_HZ) as u64) {
            stretch.measure_cycle(now);
        }
        let Some(stretch) = &self.stretch else { return };
        let states = stretch.leads.names().zip(stretch.leads.qualities());
        let leads = states.map(|(lead, quality)| (lead.clone(), quality, stretch.trends.st_mv(lead))).collect();
        out.push(BedOutput::Vitals(VitalsSecond {
            at: now,
            heart_rate_bpm: self.displayed_heart_rate(now),
            ventricular_beats_a_minute: self.rhythm.findings().ventricular_beats.map(|count| count.beats),
            qtc_ms: stretch.trends.latest_qtc_ms(),
            leads,
        }));
        if self.settings.round_s > 0.0 && self.next_round.is_some_and(|due| now >= due) {
            self.next_round = Some(now + Duration::from_secs_f64(self.settings.round_s));
            out.extend(self.window().map(BedOutput::Round));
        }
    }

    /// No rate is shown once there was no beat for as long as asystole takes, and for longer than the lowest rate has it.
    fn displayed_heart_rate(&self, now: Time) -> Option<f64> {
        let seen_until = now - DETECTION_DELAY;
        let last = self.rhythm.last_beat()?;
        let longest_s = self.settings.limits.asystole_s.max(LONGEST_INTERVAL_S);
        let quiet = seen_until.seconds_since(last) > longest_s;
        self.rhythm.heart_rate(seen_until).filter(|_| !quiet)
    }

    fn update_alarms(
        &mut self,
        now: Time,
        update: fn(&mut AlarmEngine, &Situation) -> Vec<AlarmEvent>,
        out: &mut Vec<BedOutput>,
    ) {
        let degraded = self.degraded.as_mut();
        let degraded = degraded.map(|degraded| (*degraded.since.get_or_insert(now), &degraded.reason));
        let Some(stretch) = &mut self.stretch else { return };
        stretch.leads.list_usable();
        let off = stretch.leads.off();
        let seen_until = stretch.time_of(stretch.seen).min(now) - DETECTION_DELAY;
        let situation = Situation {
            now,
            seen_until,
            rhythm: &self.rhythm,
            trends: &stretch.trends,
            usable: stretch.leads.listed(),
            off: &off,
            silent_since: self.silent_since,
            clock_jump: self.clock_jump,
            degraded: degraded.map(|(since, reason)| (since, &**reason)),
        };
        for event in update(&mut self.alarms, &situation) {
            let is_read = event.is_worth_reading() && !self.settings.unread;
            let window = if is_read { self.window() } else { None };
            out.push(BedOutput::Alarm { event, window });
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod hostile_tests;
