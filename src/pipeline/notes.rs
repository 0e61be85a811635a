//! The acknowledgements that were heard, for alarms that are not open here yet.
//!
//! A bed that another instance had is heard again from before its open alarms; they rise again under the same ids, and
//! what a nurse has taken note of there must not sound anew here. In go acknowledgements in the order of their arrival,
//! out comes the one for an alarm that rises. Bounded: the oldest go first.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use crate::alarm::AlarmCode;
use crate::ecg::Time;

/// More than a large ward acknowledges in a shift.
const MOST: usize = 20_000;

/// Who took note of an alarm, and when by the clock of whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) by: String,
    pub(super) at: Time,
}

/// The latest acknowledgements.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: HashMap<(Uuid, AlarmCode), Note>,
    order: VecDeque<(Uuid, AlarmCode)>,
}

impl Notes {
    /// Keeps the first note of an alarm.
    pub(super) fn keep(&mut self, alert_id: Uuid, code: AlarmCode, note: Note) {
        if self.notes.contains_key(&(alert_id, code)) {
            return;
        }
        if self.order.len() == MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.notes.remove(&oldest);
        }
        self.order.push_back((alert_id, code));
        self.notes.insert((alert_id, code), note);
    }

    /// The note of this alarm.
    pub(super) fn of(&self, alert_id: Uuid, code: AlarmCode) -> Option<&Note> {
        self.notes.get(&(alert_id, code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_note_counts_and_the_oldest_go() {
        let note = |by: &str| Note { by: by.to_owned(), at: Time::default() };
        let id = |number: usize| Uuid::from_u128(number as u128);
        let mut notes = Notes::default();
        notes.keep(id(0), AlarmCode::Asystole, note("first"));
        notes.keep(id(0), AlarmCode::Asystole, note("second"));
        assert_eq!(notes.of(id(0), AlarmCode::Asystole), Some(&note("first")));
        assert_eq!(notes.of(id(0), AlarmCode::VentricularFibrillation), None);
        for number in 1..=MOST {
            notes.keep(id(number), AlarmCode::Asystole, note("more"));
        }
        assert_eq!(notes.of(id(0), AlarmCode::Asystole), None);
        assert_eq!((notes.notes.len(), notes.order.len()), (MOST, MOST));
    }
}
