//! Alarms of another instance that had the bed before: what it left open, and what it said of data that are still to come here.
//!
//! A bed that is heard from the middle on may find the same event some milliseconds earlier or later. It goes on under the name
//! that people know it by, and its end is judged by what is found here.

use std::collections::BTreeMap;

use super::is_same;
use crate::alarm::{AlarmCode, AlarmEvent};
use crate::ecg::{Duration, Time};

/// What is found here is what the other told when their onsets are at most so far apart.
const SAME_WITHIN_S: f64 = 2.0;

/// No bed has more open alarms than there are kinds of them; what comes beyond that is nonsense from outside.
const MOST_FORETOLD: usize = 64;

/// What counts over a minute is known again after one.
const COUNTED_OVER_S: f64 = 60.0;

/// The alarms that have their names from another.
#[derive(Clone, Debug, Default)]
pub(super) struct TakenOver {
    found: BTreeMap<AlarmCode, Found>,
    /// Alarms that the other raised later than what has been heard here.
    foretold: Vec<AlarmEvent>,
}

/// How an open alarm of another looks from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It began at this moment.
    Since(Time),
    /// Nothing of it is seen yet, which until this moment proves nothing.
    NotBefore(Time),
}

impl TakenOver {
    /// An open alarm goes on here under the name of another; found here since `onset`, if at all.
    pub(super) fn goes_on(&mut self, code: AlarmCode, onset: Option<Time>, now: Time) {
        let patience_s = match code {
            AlarmCode::FrequentVentricularBeats | AlarmCode::StChange | AlarmCode::LongQtc => COUNTED_OVER_S,
            _ => SAME_WITHIN_S,
        };
        let not_before = Found::NotBefore(now + Duration::from_secs_f64(patience_s));
        self.found.insert(code, onset.map_or(not_before, Found::Since));
    }

    /// When this open alarm began, as it is found here; `None` if that is its own onset.
    pub(super) fn onset(&self, code: AlarmCode) -> Option<Time> {
        match self.found.get(&code) {
            Some(Found::Since(onset)) => Some(*onset),
            _ => None,
        }
    }

    /// Until when it proves nothing that this alarm is not found here.
    pub(super) fn not_before(&self, code: AlarmCode) -> Option<Time> {
        match self.found.get(&code) {
            Some(Found::NotBefore(until)) => Some(*until),
            _ => None,
        }
    }

    /// This alarm is found here, since `onset`.
    pub(super) fn is_found(&mut self, code: AlarmCode, onset: Time) {
        self.found.insert(code, Found::Since(onset));
    }

    /// This alarm is over.
    pub(super) fn is_over(&mut self, code: AlarmCode) {
        self.found.remove(&code);
    }

    /// The other has raised this alarm already, of data that are still to come here.
    pub(super) fn foretell(&mut self, event: AlarmEvent) {
        self.foretold.retain(|before| !is_same(before, &event));
        if self.foretold.len() == MOST_FORETOLD {
            self.foretold.remove(0);
        }
        self.foretold.push(event);
    }

    /// What the other has told of the event that is raised here as `code` with this onset. What it has told of its becoming worse
    /// is still to come.
    pub(super) fn told_of(&mut self, code: AlarmCode, onset: Time) -> Option<AlarmEvent> {
        let is_near = |event: &AlarmEvent| onset.seconds_since(event.onset).abs() <= SAME_WITHIN_S;
        if let Some(index) = self.foretold.iter().position(|event| event.code == code && is_near(event)) {
            return Some(self.foretold.remove(index));
        }
        self.foretold.iter().find(|event| event.first_code == code && is_near(event)).cloned()
    }

    /// What was foretold for so long ago that it will not be found here any more.
    pub(super) fn overdue(&mut self, now: Time) -> Vec<AlarmEvent> {
        let is_overdue = |event: &mut AlarmEvent| now.seconds_since(event.raised_at) > SAME_WITHIN_S;
        self.foretold.extract_if(.., is_overdue).collect()
    }

    /// All that was foretold and has not been found.
    pub(super) fn all_foretold(&mut self) -> Vec<AlarmEvent> {
        std::mem::take(&mut self.foretold)
    }
}
