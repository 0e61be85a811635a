//! An alert for the tests of what is made of alerts.

use crate::alarm::AlarmCode;
use crate::ecg::{StreamId, Time};
use crate::wire::{Alert, AlertState, Evidence, alert_id, rfc3339};

/// An asystole of bed-01 in this state.
pub fn alert(state: AlertState) -> Alert {
    let at = |seconds: f64| rfc3339(Time::default().plus_samples((seconds * 1000.0) as i64, 1000.0));
    let code = AlarmCode::Asystole;
    let stream_id = StreamId::new("bed-01").unwrap();
    let (is_over, is_known) =
        (matches!(state, AlertState::Latched | AlertState::Cleared), matches!(state, AlertState::Acknowledged));
    Alert {
        id: alert_id(&stream_id, code, Time::from_nanos(19_432_000_000)),
        stream_id: stream_id.to_string(),
        code,
        mdc_code: code.mdc_code(),
        name: code.name().to_owned(),
        priority: code.priority(),
        state,
        announced: true,
        suppressed_by: None,
        acknowledged_by: is_known.then(|| "A. Nurse".to_owned()),
        acknowledged_at: is_known.then(|| at(25.0)),
        audio_off_until: is_known.then(|| at(145.0)),
        message: "no QRS complex for 4.1 s".to_owned(),
        onset: at(19.432),
        raised_at: at(23.7),
        cleared_at: is_over.then(|| at(31.0)),
        window_start: at(13.7),
        evidence: vec![Evidence {
            what: "time without QRS complex".to_owned(),
            value: 4.068,
            unit: "s".to_owned(),
            leads: vec!["II".to_owned(), "V1".to_owned()],
            from_s: 5.732,
            to_s: 9.8,
        }],
        reading: None,
        trace_id: None,
    }
}
