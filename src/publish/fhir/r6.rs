//! FHIR R6: a `DeviceAlert` and the `Observation` that it is derived from.
//!
//! R6 is not final. This is the resource as the first full ballot has it (6.0.0-ballot4 of December 2025,
//! <https://hl7.org/fhir/6.0.0-ballot4/devicealert.html>). The second one (6.0.0-ballot5) takes `presence` out, calls
//! `occurrencePeriod` `occurrence` and `signal.indication` `signal.period`, and moves some systems of codes to HL7 Terminology;
//! whoever reads that draft renames these.
//!
//! | alert | `presence` | signal: `activationState`, `presence` |
//! | --- | --- | --- |
//! | `raised`, `escalated`, `continue`, `interpreted` | true | `on`, `on` |
//! | `acknowledged`, and what comes after it | true | `paused`, `ack` |
//! | `latched` | false | `on`, `latched` |
//! | `cleared`, and a reading that comes after the end | false | `on`, `off` |
//! | logged only | as above | `off`, `off` |
//!
//! Its signal is the tile of the ward board: gemwatch makes no sound.

use serde_json::{Value, json};

use super::{alarm, evidence, evidence_id, subject, url, without_empty};
use crate::alarm::Priority;
use crate::wire::{Alert, AlertState};

/// The bundle of an alert.
pub fn bundle(alert: &Alert) -> Value {
    let entries = vec![(alert.id.to_string(), device_alert(alert)), (evidence_id(alert), evidence(alert))];
    super::bundle(alert, entries)
}

fn device_alert(alert: &Alert) -> Value {
    let signal = Signal::of(alert);
    let (kind, priority) = match alert.priority {
        Priority::High => ("physiological", "high"),
        Priority::Medium => ("physiological", "medium"),
        Priority::Low => ("physiological", "low"),
        Priority::Technical => ("technical", "low"),
    };
    let alert_is_over = !alert.is_present() && signal.presence == "off";
    let resource = json!({
        "resourceType": "DeviceAlert",
        "identifier": [{ "system": "urn:gemwatch:alert", "value": alert.id.to_string() }],
        "status": if alert_is_over { "completed" } else { "in-progress" },
        "type": coded("type", kind),
        "priority": coded("priority", priority),
        "code": alarm(alert),
        "subject": subject(alert),
        "presence": alert.is_present(),
        "occurrencePeriod": without_empty(json!({ "start": alert.onset, "end": alert.cleared_at })),
        "device": { "display": "gemwatch" },
        "acknowledged": alert.acknowledged_by.is_some(),
        "acknowledgedBy": alert.acknowledged_by.as_ref().map(|by| json!({ "display": by })),
        "derivedFrom": [{ "observation": { "reference": url(&evidence_id(alert)) } }],
        "label": format!("{}: {}", alert.name, alert.message),
        "signal": [signal.resource(alert)],
    });
    without_empty(resource)
}

/// A code of one of the systems that came with the resource.
fn coded(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": format!("http://hl7.org/fhir/devicealert-{system}"), "code": code }] })
}

/// What somebody who looks at the board sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Signal {
    activation: &'static str,
    presence: &'static str,
}

impl Signal {
    fn of(alert: &Alert) -> Signal {
        let is_acknowledged = alert.acknowledged_by.is_some();
        let (activation, presence) = match (alert.announced, alert.state, alert.is_present()) {
            (false, ..) => ("off", "off"),
            (true, AlertState::Latched, _) => ("on", "latched"),
            (true, _, false) => ("on", "off"),
            (true, _, true) if is_acknowledged => ("paused", "ack"),
            (true, _, true) => ("on", "on"),
        };
        Signal { activation, presence }
    }

    fn resource(self, alert: &Alert) -> Value {
        let end = match self.presence {
            "ack" => alert.acknowledged_at.as_ref(),
            "off" => alert.cleared_at.as_ref(),
            _ => None,
        };
        let shown = alert.announced.then(|| without_empty(json!({ "start": alert.raised_at, "end": end })));
        without_empty(json!({
            "activationState": coded("activationState", self.activation),
            "presence": coded("presence", self.presence),
            "manifestation": coded("manifestation", "visual"),
            "indication": shown,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::alert;
    use super::*;

    #[test]
    fn an_alert_becomes_a_device_alert() {
        insta::assert_json_snapshot!("r6", bundle(&alert(AlertState::Acknowledged)));
    }

    #[test]
    fn each_row_of_the_table_holds() {
        for (state, presence, activation, signal, status) in [
            (AlertState::Raised, true, "on", "on", "in-progress"),
            (AlertState::Escalated, true, "on", "on", "in-progress"),
            (AlertState::Continue, true, "on", "on", "in-progress"),
            (AlertState::Interpreted, true, "on", "on", "in-progress"),
            (AlertState::Acknowledged, true, "paused", "ack", "in-progress"),
            (AlertState::Latched, false, "on", "latched", "in-progress"),
            (AlertState::Cleared, false, "on", "off", "completed"),
        ] {
            let mut alert = alert(state);
            let resource = device_alert(&alert);
            assert_eq!(resource["presence"], presence, "{state:?}");
            assert_eq!(resource["status"], status, "{state:?}");
            let code = |resource: &Value, member: &str| resource["signal"][0][member]["coding"][0]["code"].clone();
            assert_eq!(
                (code(&resource, "activationState"), code(&resource, "presence")),
                (json!(activation), json!(signal))
            );
            alert.announced = false;
            let logged = device_alert(&alert);
            assert_eq!((code(&logged, "activationState"), code(&logged, "presence")), (json!("off"), json!("off")));
            assert_eq!(logged["presence"], presence, "{state:?}");
        }
        let late = Alert { cleared_at: alert(AlertState::Cleared).cleared_at, ..alert(AlertState::Interpreted) };
        assert_eq!(Signal::of(&late), Signal { activation: "on", presence: "off" });
    }
}
