//! The life of the alarms of one bed: raised once, escalated, acknowledged, latched, cleared; nothing open is forgotten.

mod taken_over;

use std::collections::BTreeMap;

use taken_over::TakenOver;

use super::{AlarmCode, Condition, Evidence, Limits, Priority, Situation};
use crate::ecg::{Duration, Time};

/// What happened to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Its condition is met.
    Raised,
    /// It was raised before as a lesser alarm: the same event has become worse.
    Escalated,
    /// Somebody took note.
    Acknowledged,
    /// Its condition is over; it waits for somebody to take note.
    Latched,
    /// It is over.
    Cleared,
    /// It still stands: said again after a restart, and announced at last when what stood above it has ended.
    Continued,
}

/// Somebody took note of an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// When.
    pub at: Time,
    /// Until when it is silent; while it lasts it sounds again afterwards.
    pub audio_off_until: Time,
}

/// A change of state of one alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmEvent {
    /// Which alarm.
    pub code: AlarmCode,
    /// As which it was first raised: with the onset it names the alarm for good.
    pub first_code: AlarmCode,
    /// What happened to it.
    pub change: Change,
    /// When that was.
    pub at: Time,
    /// When the condition began.
    pub onset: Time,
    /// When it was raised as this code: an escalation raises it anew.
    pub raised_at: Time,
    /// When the condition ended; where an end is told with a delay, before it is told.
    pub cleared_at: Option<Time>,
    /// Why it is logged and not announced: the alarm above it in the chain, or itself within its time-out.
    pub suppressed_by: Option<AlarmCode>,
    /// Who took note and when.
    pub acknowledged: Option<Acknowledgement>,
    /// One line that says why it was raised.
    pub message: String,
    /// What carries it.
    pub evidence: Vec<Evidence>,
}

impl AlarmEvent {
    /// Is it to be announced, or only logged?
    pub fn is_announced(&self) -> bool {
        self.suppressed_by.is_none()
    }

    /// Is the window of this change to be read? Of what is announced now, with something to say about the patient.
    pub fn is_worth_reading(&self) -> bool {
        let is_new = matches!(self.change, Change::Raised | Change::Escalated);
        is_new && self.is_announced() && self.code.priority().is_worth_reading()
    }

    /// No change is said to be earlier than what is known of the alarm already: one that was latched before the monitor's clock
    /// was set back may end long after, by the new clock earlier.
    fn changed(&self, change: Change, at: Time) -> AlarmEvent {
        let at = self.cleared_at.map_or(self.raised_at, |cleared_at| cleared_at.max(self.raised_at)).max(at);
        AlarmEvent { change, at, ..self.clone() }
    }
}

/// What was met so lately when a bed is given up has not ended: the end of a rhythm is known some beats later.
const KNOWN_WITHIN_S: f64 = 10.0;

/// Another instance is ahead of this one by at most so much of a bed's data.
const FORETOLD_WITHIN_S: f64 = 3600.0;

/// The alarms of one bed.
#[derive(Clone, Debug)]
pub struct AlarmEngine {
    limits: Limits,
    open: BTreeMap<AlarmCode, AlarmEvent>,
    /// When the condition of each open alarm was last met.
    met: BTreeMap<AlarmCode, Time>,
    /// When each alarm with a time-out was last announced.
    announced: BTreeMap<AlarmCode, Time>,
    /// Up to which moment the episodes of a code have been told: a span that is still in the findings is not told twice.
    told: BTreeMap<AlarmCode, Time>,
    /// What has its name from the instance that had the bed before.
    taken_over: TakenOver,
}

impl AlarmEngine {
    /// With these limits.
    pub fn new(limits: Limits) -> AlarmEngine {
        AlarmEngine {
            limits,
            open: BTreeMap::new(),
            met: BTreeMap::new(),
            announced: BTreeMap::new(),
            told: BTreeMap::new(),
            taken_over: TakenOver::default(),
        }
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Other limits from now on. What is open stays open until it ends by them.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The alarms that are raised and not cleared, latched ones among them.
    pub fn open(&self) -> impl Iterator<Item = &AlarmEvent> {
        self.open.values()
    }

    /// What changes at this moment, most urgent alarm first.
    pub fn update(&mut self, situation: &Situation) -> Vec<AlarmEvent> {
        let mut events = self.open_overdue(situation.now);
        events.extend(AlarmCode::ALL.iter().flat_map(|code| self.update_one(*code, situation)));
        self.announce_what_remains(situation.now, &mut events);
        events
    }

    /// What changes at a moment of silence: about the equipment only. Data that come late must find the alarms of the patient
    /// as they were.
    pub fn update_equipment(&mut self, situation: &Situation) -> Vec<AlarmEvent> {
        let of_equipment = AlarmCode::ALL.iter().filter(|code| code.priority() == Priority::Technical);
        of_equipment.flat_map(|code| self.update_one(*code, situation)).collect()
    }

    /// What was only logged because of an alarm above it is announced when that one has ended and this one lasts.
    fn announce_what_remains(&mut self, now: Time, events: &mut Vec<AlarmEvent>) {
        let over = |code: AlarmCode, by: AlarmCode| {
            by != code && self.open.get(&by).is_none_or(|above| above.cleared_at.is_some())
        };
        let remains = |event: &&AlarmEvent| {
            event.cleared_at.is_none() && event.suppressed_by.is_some_and(|by| over(event.code, by))
        };
        let codes: Vec<AlarmCode> = self.open.values().filter(remains).map(|event| event.code).collect();
        for code in codes {
            // Another one may still stand above it.
            let suppressed_by = self.suppressed_by(code, now);
            let Some(event) = self.open.get_mut(&code) else { continue };
            event.suppressed_by = suppressed_by;
            if suppressed_by.is_none() {
                events.push(event.changed(Change::Continued, now));
                self.announced.insert(code, now);
            }
        }
    }

    /// The bed was watched up to now or longer by somebody else, who left these alarms open; `now` is the last moment at which alarms
    /// were judged here. They go on here under their names, whatever was found of them since; then all that is open is said once
    /// more. What the other has said of later data is raised under its name when it is found here.
    pub fn take_over(&mut self, left_open: Vec<AlarmEvent>, now: Time) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        for mut left in left_open {
            let ahead_s = left.raised_at.seconds_since(now);
            if ahead_s > 0.0 && ahead_s <= FORETOLD_WITHIN_S {
                self.taken_over.foretell(left);
                continue;
            }
            // Beyond that it was latched before the monitor's clock was set back.
            left.cleared_at = left.cleared_at.filter(|cleared_at| *cleared_at <= now || ahead_s > 0.0);
            if let Some(found) = self.open.values_mut().find(|event| is_same(event, &left)) {
                found.acknowledged = found.acknowledged.take().or(left.acknowledged);
                continue;
            }
            let found = self.open.get(&left.code).filter(|found| found.cleared_at.is_none());
            if left.cleared_at.is_some() && found.is_some() {
                // What was found here is a new episode: the one that waited to be taken note of ends.
                events.push(left.changed(Change::Cleared, now));
                continue;
            }
            self.go_on(left, now);
        }
        events.extend(self.open.values().map(|event| event.changed(Change::Continued, now)));
        events
    }

    /// Another instance that had the bed before has raised this alarm, of data that are still to come here.
    pub fn foretell(&mut self, event: AlarmEvent) {
        self.taken_over.foretell(event);
    }

    /// An alarm of another goes on here.
    fn go_on(&mut self, left: AlarmEvent, now: Time) {
        let found = self.open.get(&left.code).filter(|found| found.cleared_at.is_none());
        self.taken_over.goes_on(left.code, found.map(|found| found.onset), now);
        self.met.insert(left.code, now.max(left.raised_at));
        self.open.insert(left.code, left);
    }

    /// What another has raised and nothing here has confirmed was said all the same: it is open until its end is said.
    fn open_overdue(&mut self, now: Time) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        for foretold in self.taken_over.overdue(now) {
            if self.open.values().any(|event| is_same(event, &foretold)) {
                continue;
            }
            if self.open.get(&foretold.code).is_some_and(|event| event.cleared_at.is_none()) {
                events.push(AlarmEvent { cleared_at: Some(now), ..foretold.changed(Change::Cleared, now) });
            } else {
                // A latched one of the same kind makes room, as for a new episode.
                events.extend(self.open.remove(&foretold.code).map(|latched| latched.changed(Change::Cleared, now)));
                self.go_on(foretold, now);
            }
        }
        events
    }

    /// Somebody takes note of an open alarm: it is silent for a while; one that is latched ends. None if it is not open.
    pub fn acknowledge(&mut self, code: AlarmCode, by: &str, at: Time) -> Option<AlarmEvent> {
        let event = self.open.get_mut(&code)?;
        let at = at.max(event.raised_at);
        let audio_off_until = at + Duration::from_secs_f64(self.limits.audio_off_s);
        event.acknowledged = Some(Acknowledgement { by: by.to_owned(), at, audio_off_until });
        if event.cleared_at.is_some() {
            return self.open.remove(&code).map(|event| event.changed(Change::Cleared, at));
        }
        Some(event.changed(Change::Acknowledged, at))
    }

    /// The monitor's clock was set back after `end`. No time of the old clock means anything on the new one: what is open ends,
    /// or is latched, and what lasts is raised anew; nothing that was told before holds anything back.
    pub fn clock_set_back(&mut self, end: Time) -> Vec<AlarmEvent> {
        self.met.clear();
        self.announced.clear();
        self.told.clear();
        let going_on = self.open.values().filter(|event| event.cleared_at.is_none());
        // Silence is raised by a clock that may be ahead of the data.
        let ends: Vec<(AlarmCode, Time)> = going_on.map(|event| (event.code, end.max(event.raised_at))).collect();
        ends.into_iter().filter_map(|(code, end)| self.end_at(code, end, end)).collect()
    }

    /// The bed is given up: whatever is open ends, latched or not.
    pub fn close(&mut self, now: Time) -> Vec<AlarmEvent> {
        let open = std::mem::take(&mut self.open).into_values().chain(self.taken_over.all_foretold());
        let last_met = |event: &AlarmEvent| {
            let met = self.met.get(&event.code).filter(|_| self.limits.held_s(event.code) > 0.0);
            let over = met.filter(|met| now.seconds_since(**met) > KNOWN_WITHIN_S);
            over.map_or(now, |met| event.raised_at.max(*met))
        };
        open.map(|mut event| {
            event.cleared_at = event.cleared_at.or(Some(last_met(&event)));
            event.changed(Change::Cleared, now)
        })
        .collect()
    }

    fn update_one(&mut self, code: AlarmCode, situation: &Situation) -> Vec<AlarmEvent> {
        match self.open.get(&code) {
            Some(event) if event.cleared_at.is_none() => self.end(code, situation).into_iter().collect(),
            // A new episode while the last one is latched: that one ends, and the new one breaks through.
            Some(_) => {
                let Some(condition) = self.begins(code, situation) else { return Vec::new() };
                let before = self.open.remove(&code).map(|event| event.changed(Change::Cleared, situation.now));
                before.into_iter().chain([self.raise(code, condition, situation.now)]).collect()
            }
            None => {
                let condition = self.begins(code, situation);
                condition.map(|condition| self.raise(code, condition, situation.now)).into_iter().collect()
            }
        }
    }

    fn begins(&self, code: AlarmCode, situation: &Situation) -> Option<Condition> {
        // What has become worse is not told a second time as what it was.
        let is_worse = |event: &AlarmEvent| event.cleared_at.is_none() && lesser(event.code).contains(&code);
        if self.open.values().any(is_worse) {
            return None;
        }
        let condition = situation.begins(code, &self.limits)?;
        // High priority is told again rather than missed.
        if code.priority() != Priority::High && self.told.get(&code).is_some_and(|until| condition.onset <= *until) {
            return None;
        }
        // What would end at once does not begin: an alarm at its limit must not flicker.
        (!situation.ends(code, condition.onset, &self.limits)).then_some(condition)
    }

    fn end(&mut self, code: AlarmCode, situation: &Situation) -> Option<AlarmEvent> {
        let event = self.open.get(&code)?;
        // Silence is raised by a clock; data that was only late ends it at an earlier time of its own.
        let now = situation.now.max(event.raised_at);
        let onset = self.taken_over.onset(code).unwrap_or(event.onset);
        if !situation.ends(code, onset, &self.limits) {
            self.met.insert(code, situation.lasts_until(code).max(event.raised_at));
            return None;
        }
        if let Some(not_before) = self.taken_over.not_before(code) {
            if let Some(condition) = situation.begins(code, &self.limits) {
                self.taken_over.is_found(code, condition.onset);
                return None;
            }
            if now < not_before {
                return None;
            }
        }
        let held_s = self.limits.held_s(code);
        let last_met = self.met.get(&code).map_or(event.raised_at, |met| event.raised_at.max(*met));
        // What is not held ends at once, also at data that were only late: then it was met by the clock later than this.
        if held_s > 0.0 && now.seconds_since(last_met) < held_s {
            return None;
        }
        let is_known_later = held_s > 0.0 || code == AlarmCode::AtrialFibrillation;
        let changed = self.end_at(code, if is_known_later { last_met } else { now }, now)?;
        self.told.extend(lesser(code).iter().chain([&code]).map(|code| (*code, onset.max(changed.onset))));
        Some(changed)
    }

    /// An open alarm ends, or waits for somebody to take note: its condition was over at `cleared_at`, which is known at `now`.
    fn end_at(&mut self, code: AlarmCode, cleared_at: Time, now: Time) -> Option<AlarmEvent> {
        let event = self.open.get_mut(&code)?;
        event.cleared_at = Some(cleared_at);
        let latches = self.limits.latching && code.spec().latching && event.acknowledged.is_none();
        let changed = event.changed(if latches { Change::Latched } else { Change::Cleared }, now);
        if !latches {
            self.open.remove(&code);
        }
        self.taken_over.is_over(code);
        Some(changed)
    }

    fn raise(&mut self, code: AlarmCode, condition: Condition, now: Time) -> AlarmEvent {
        // Rates are measured over the last beats, so that the onset moves; all other events have the same one.
        let moves = matches!(code, AlarmCode::ExtremeTachycardia | AlarmCode::ExtremeBradycardia);
        let onset_here = |event: &AlarmEvent| self.taken_over.onset(event.code).unwrap_or(event.onset);
        let is_it = |event: &AlarmEvent| moves || onset_here(event) == condition.onset;
        let lesser = lesser(code).iter().find(|lesser| self.open.get(lesser).is_some_and(is_it));
        let before = lesser.and_then(|lesser| self.open.remove(lesser));
        let change = if before.is_some() { Change::Escalated } else { Change::Raised };
        let (first_code, onset) = before.map_or((code, condition.onset), |before| (before.first_code, before.onset));
        let mut event = AlarmEvent {
            code,
            first_code,
            change,
            at: now,
            onset,
            raised_at: now,
            cleared_at: None,
            suppressed_by: self.suppressed_by(code, now),
            // What has become worse is to be taken note of anew.
            acknowledged: None,
            message: condition.message,
            evidence: condition.evidence,
        };
        self.taken_over.is_over(code);
        if let Some(told) = self.taken_over.told_of(code, onset) {
            self.taken_over.is_found(code, condition.onset);
            // As it stood when it was raised: what came later comes here again, too.
            event = if told.code == code {
                let suppressed_by = event.suppressed_by;
                AlarmEvent { change, at: now, cleared_at: None, suppressed_by, acknowledged: None, ..told }
            } else {
                AlarmEvent { onset: told.onset, ..event }
            };
        }
        if event.is_announced() {
            self.announced.insert(code, now);
        }
        self.open.insert(code, event.clone());
        self.met.insert(code, now);
        event
    }

    /// Nothing of high priority is ever suppressed.
    fn suppressed_by(&self, code: AlarmCode, now: Time) -> Option<AlarmCode> {
        let spec = code.spec();
        if !matches!(spec.priority, Priority::Medium | Priority::Low) {
            return None;
        }
        let above = |event: &&AlarmEvent| {
            event.cleared_at.is_none() && spec.rank.is_some() && event.code.spec().rank > spec.rank
        };
        let highest = self.open.values().filter(above).max_by_key(|event| event.code.spec().rank);
        let time_out = Duration::from_secs_f64(match spec.timeout_level {
            0 => 0.0,
            1 => self.limits.first_time_out_s,
            _ => self.limits.second_time_out_s,
        });
        let is_repeated = self.announced.get(&code).is_some_and(|last| now < *last + time_out);
        highest.map(|event| event.code).or(is_repeated.then_some(code))
    }
}

/// Are these one alarm, as it was and as it is?
fn is_same(one: &AlarmEvent, other: &AlarmEvent) -> bool {
    (one.first_code, one.onset) == (other.first_code, other.onset)
}

/// The alarms of medium priority that are the same event before it became worse, worst first.
const fn lesser(code: AlarmCode) -> &'static [AlarmCode] {
    match code {
        AlarmCode::VentricularTachycardia | AlarmCode::VentricularBradycardia => &[AlarmCode::VentricularRhythm],
        AlarmCode::ExtremeTachycardia => &[AlarmCode::HighHeartRate],
        AlarmCode::ExtremeBradycardia => &[AlarmCode::LowHeartRate],
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
