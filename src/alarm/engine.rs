//! The life of the alarms of one bed: raised once, held while the condition lasts, cleared.

use std::collections::BTreeMap;

use super::{AlarmCode, Evidence, Limits, Situation};
use crate::ecg::Time;

/// A change of state of one alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmEvent {
    /// Which alarm.
    pub code: AlarmCode,
    /// When the condition began: with the code it names the alarm for good.
    pub onset: Time,
    /// When it was raised.
    pub raised_at: Time,
    /// When it ended; `None` in the event that raises it.
    pub cleared_at: Option<Time>,
    /// One line that says why it was raised.
    pub message: String,
    /// What carries it.
    pub evidence: Vec<Evidence>,
}

/// The alarms of one bed.
#[derive(Clone, Debug)]
pub struct AlarmEngine {
    limits: Limits,
    open: BTreeMap<AlarmCode, AlarmEvent>,
}

impl AlarmEngine {
    /// With these limits.
    pub fn new(limits: Limits) -> AlarmEngine {
        AlarmEngine { limits, open: BTreeMap::new() }
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The alarms that are raised and not cleared.
    pub fn open(&self) -> impl Iterator<Item = &AlarmEvent> {
        self.open.values()
    }

    /// What changes at this moment, most urgent alarm first.
    pub fn update(&mut self, situation: &Situation) -> Vec<AlarmEvent> {
        AlarmCode::ALL.iter().filter_map(|code| self.update_one(*code, situation)).collect()
    }

    /// The bed is given up: whatever is open ends.
    pub fn close(&mut self, now: Time) -> Vec<AlarmEvent> {
        std::mem::take(&mut self.open)
            .into_values()
            .map(|event| AlarmEvent { cleared_at: Some(now), ..event })
            .collect()
    }

    fn update_one(&mut self, code: AlarmCode, situation: &Situation) -> Option<AlarmEvent> {
        if let Some(event) = self.open.get(&code) {
            if !situation.ends(code, event.onset, &self.limits) {
                return None;
            }
            let event = self.open.remove(&code)?;
            // Silence is raised by a clock; data that was only late ends it at an earlier time of its own.
            return Some(AlarmEvent { cleared_at: Some(situation.now.max(event.raised_at)), ..event });
        }
        let condition = situation.begins(code, &self.limits)?;
        // What would end at once does not begin: an alarm at its limit must not flicker.
        if situation.ends(code, condition.onset, &self.limits) {
            return None;
        }
        let event = AlarmEvent {
            code,
            onset: condition.onset,
            raised_at: situation.now,
            cleared_at: None,
            message: condition.message,
            evidence: condition.evidence,
        };
        self.open.insert(code, event.clone());
        Some(event)
    }
}
