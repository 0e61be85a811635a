//! The alerts that stand on the whole ward, as `ecg.alert-state` tells them.
//!
//! In go the messages of that topic, out comes what another instance left open of a bed that this one takes over. Bounded.

use std::collections::HashMap;

use uuid::Uuid;

use crate::alarm::AlarmEvent;
use crate::ecg::StreamId;
use crate::wire::Alert;

/// Ten open alerts for each of as many beds as there may be.
const MOST: usize = 50_000;

/// Why a message tells of no alert.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotStanding {
    #[error("key is no alert id")]
    Key,
    #[error("value is no alert that gemwatch has written")]
    Value,
    #[error("{MOST} alerts stand already")]
    TooMany,
}

/// The open alerts.
#[derive(Debug, Default)]
pub(super) struct Standing {
    alerts: HashMap<Uuid, (StreamId, AlarmEvent)>,
}

impl Standing {
    /// Takes a message; gives stream and id of an alert that stands by it, and the alert.
    pub(super) fn hear(
        &mut self,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<Option<(StreamId, Uuid, AlarmEvent)>, NotStanding> {
        let key = key.and_then(|key| std::str::from_utf8(key).ok());
        let id: Uuid = key.and_then(|key| key.parse().ok()).ok_or(NotStanding::Key)?;
        let Some(value) = value else {
            self.alerts.remove(&id);
            return Ok(None);
        };
        let alert: Alert = serde_json::from_slice(value).map_err(|_| NotStanding::Value)?;
        let (stream_id, event) = alert.left_open().filter(|_| alert.id == id).ok_or(NotStanding::Value)?;
        if self.alerts.len() >= MOST && !self.alerts.contains_key(&id) {
            return Err(NotStanding::TooMany);
        }
        self.alerts.insert(id, (stream_id.clone(), event.clone()));
        Ok(Some((stream_id, id, event)))
    }

    /// Does anything stand of a bed?
    pub(super) fn has(&self, stream_id: &StreamId) -> bool {
        self.alerts.values().any(|(of, _)| of == stream_id)
    }

    /// What stands of a bed, in the order of its alarms.
    pub(super) fn of(&self, stream_id: &StreamId) -> Vec<AlarmEvent> {
        let of_the_bed = self.alerts.values().filter(|(of, _)| of == stream_id);
        let mut events: Vec<AlarmEvent> = of_the_bed.map(|(_, event)| event.clone()).collect();
        events.sort_by_key(|event| (event.code, event.onset));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::{AlarmCode, Change};
    use crate::ecg::Time;

    fn alert(stream_id: &str, onset: i64) -> Alert {
        let event = AlarmEvent {
            code: AlarmCode::Asystole,
            first_code: AlarmCode::Asystole,
            change: Change::Raised,
            at: Time::from_nanos(onset),
            onset: Time::from_nanos(onset),
            raised_at: Time::from_nanos(onset),
            cleared_at: None,
            suppressed_by: None,
            acknowledged: None,
            message: "no QRS complex for 4.0 s".to_owned(),
            evidence: vec![],
        };
        Alert::new(&StreamId::new(stream_id).unwrap(), &event)
    }

    fn hear(standing: &mut Standing, alert: &Alert) -> Option<(StreamId, Uuid, AlarmEvent)> {
        let value = serde_json::to_vec(alert).unwrap();
        standing.hear(Some(alert.id.to_string().as_bytes()), Some(&value)).unwrap()
    }

    #[test]
    fn what_stands_is_what_was_said_and_not_taken_back() {
        let bed = StreamId::new("bed-1").unwrap();
        let (first, second, other) = (alert("bed-1", 1), alert("bed-1", 2), alert("bed-2", 1));
        let mut standing = Standing::default();
        for alert in [&second, &first, &other] {
            assert!(hear(&mut standing, alert).is_some());
        }
        let onsets =
            |standing: &Standing| standing.of(&bed).iter().map(|event| event.onset.as_nanos()).collect::<Vec<_>>();
        assert_eq!(onsets(&standing), [1, 2]);
        assert_eq!(standing.hear(Some(first.id.to_string().as_bytes()), None), Ok(None));
        assert_eq!(onsets(&standing), [2]);
    }

    #[test]
    fn nonsense_does_not_stand() {
        let mut standing = Standing::default();
        let (alert, other) = (alert("bed-1", 1), alert("bed-1", 2));
        let value = serde_json::to_vec(&alert).unwrap();
        assert_eq!(standing.hear(None, Some(&value)), Err(NotStanding::Key));
        assert_eq!(standing.hear(Some(b"\xff"), Some(&value)), Err(NotStanding::Key));
        assert_eq!(standing.hear(Some(other.id.to_string().as_bytes()), Some(&value)), Err(NotStanding::Value));
        assert_eq!(standing.hear(Some(alert.id.to_string().as_bytes()), Some(b"{}")), Err(NotStanding::Value));
        assert!(standing.of(&StreamId::new("bed-1").unwrap()).is_empty());
    }
}
