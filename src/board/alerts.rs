//! The alerts that the board knows: how each stands, how it came to that, and the ten seconds that led to it.
//!
//! In go changes of state as they are published, out comes each alert as it stands now. Bounded: the oldest that are over go
//! first, then the oldest of all.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use uuid::Uuid;

use super::waves::Window;
use crate::alarm::AlarmCode;
use crate::ecg::Time;
use crate::wire::{Alert, AlertState, rfc3339};

/// Changes of state of one alert that are told.
const MOST_CHANGES: usize = 100;

/// One change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeOfState {
    /// What it became.
    pub state: AlertState,
    /// As which alarm.
    pub code: AlarmCode,
    /// When (RFC 3339, data time).
    pub at: String,
}

/// One alert.
#[derive(Clone, Debug)]
pub struct Known {
    /// As it stands; a reading that came once is kept.
    pub alert: Alert,
    /// How it came to that.
    pub changes: Vec<ChangeOfState>,
    /// The ten seconds before it was raised, as far as they were there.
    pub window: Option<Window>,
}

impl Known {
    /// Does it stand?
    pub fn is_open(&self) -> bool {
        self.alert.is_present()
    }
}

/// All of them.
#[derive(Debug)]
pub struct Alerts {
    most: usize,
    known: HashMap<Uuid, Known>,
    /// In the order in which they were heard of.
    order: VecDeque<Uuid>,
}

impl Alerts {
    /// None yet; so many are kept.
    pub fn new(most: usize) -> Alerts {
        Alerts { most: most.max(1), known: HashMap::new(), order: VecDeque::new() }
    }

    /// Takes a change of state, true at `at`. `window` cuts the ten seconds for an alert that is new or has become another.
    pub fn hear(&mut self, alert: &Alert, at: Time, window: impl FnOnce() -> Option<Window>) -> &Known {
        if !self.known.contains_key(&alert.id) {
            self.make_room();
            self.order.push_back(alert.id);
        }
        let known = self.known.entry(alert.id).or_insert_with(|| Known {
            alert: alert.clone(),
            changes: Vec::new(),
            window: None,
        });
        if known.window.is_none() || alert.raised_at != known.alert.raised_at {
            // A window that is not there any more is no reason to forget the one that was.
            known.window = window().or(known.window.take());
        }
        let change = ChangeOfState { state: alert.state, code: alert.code, at: rfc3339(at) };
        // Said again by whoever has taken the bed over: nothing has changed.
        if known.changes.last() != Some(&change) && known.changes.len() < MOST_CHANGES {
            known.changes.push(change);
        }
        let is_first = known.changes.len() == 1;
        if alert.state == AlertState::Interpreted && !is_first {
            // Made while it may have become worse, been taken note of or ended: only the reading is news.
            known.alert.reading.clone_from(&alert.reading);
        } else {
            let reading = alert.reading.clone().or(known.alert.reading.take());
            known.alert = Alert { reading, ..alert.clone() };
        }
        known
    }

    /// One of them.
    pub fn get(&self, id: Uuid) -> Option<&Known> {
        self.known.get(&id)
    }

    /// All, in the order in which they were heard of.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Known> {
        self.order.iter().filter_map(|id| self.known.get(id))
    }

    fn make_room(&mut self) {
        if self.order.len() < self.most {
            return;
        }
        let over = self.order.iter().position(|id| self.known.get(id).is_none_or(|known| !known.is_open()));
        if let Some(id) = self.order.remove(over.unwrap_or(0)) {
            self.known.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::{AlarmEvent, Change};
    use crate::ecg::{Lead, StreamId};

    fn alert(onset: i64, change: Change) -> Alert {
        let event = AlarmEvent {
            code: AlarmCode::Asystole,
            first_code: AlarmCode::Asystole,
            change,
            at: Time::from_nanos(onset),
            onset: Time::from_nanos(onset),
            raised_at: Time::from_nanos(onset),
            cleared_at: (change == Change::Cleared).then(|| Time::from_nanos(onset + 1)),
            suppressed_by: None,
            acknowledged: None,
            message: "no QRS complex for 4.0 s".to_owned(),
            evidence: vec![],
        };
        Alert::new(&StreamId::new("bed-1").unwrap(), &event)
    }

    fn window() -> Window {
        Window { start: Time::default(), rate_hz: 500.0, leads: vec![(Lead::II, vec![0; 10])] }
    }

    #[test]
    fn the_window_of_the_first_word_stays_and_what_is_said_twice_is_told_once() {
        let mut alerts = Alerts::new(10);
        let raised = alert(1, Change::Raised);
        alerts.hear(&raised, Time::from_nanos(1), || Some(window()));
        alerts.hear(&raised, Time::from_nanos(1), || panic!("it is there"));
        let cleared = alert(1, Change::Cleared);
        let known = alerts.hear(&cleared, Time::from_nanos(2), || None);
        assert!(!known.is_open() && known.window.is_some());
        let states: Vec<AlertState> = known.changes.iter().map(|change| change.state).collect();
        assert_eq!(states, [AlertState::Raised, AlertState::Cleared]);
    }

    #[test]
    fn the_oldest_that_is_over_makes_room() {
        let mut alerts = Alerts::new(2);
        alerts.hear(&alert(1, Change::Raised), Time::from_nanos(1), || None);
        alerts.hear(&alert(2, Change::Cleared), Time::from_nanos(2), || None);
        alerts.hear(&alert(3, Change::Raised), Time::from_nanos(3), || None);
        let onsets = |alerts: &Alerts| alerts.all().map(|known| known.alert.onset.clone()).collect::<Vec<_>>();
        assert_eq!(onsets(&alerts).len(), 2);
        assert!(alerts.get(alert(1, Change::Raised).id).is_some(), "it stands");
        alerts.hear(&alert(4, Change::Raised), Time::from_nanos(4), || None);
        assert!(alerts.get(alert(1, Change::Raised).id).is_none(), "the oldest of all");
    }
}
