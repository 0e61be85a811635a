//! An alert as FHIR, for whoever keeps records: [`r4`] as Observations and a Communication, [`r6`] as a `DeviceAlert`.
//!
//! In goes an alert, for R4 with its ten seconds where they are there; out comes a `Bundle` of type `collection`.
//!
//! Alarms and leads have the codes of ISO/IEEE 11073-10101 as the ECG example of FHIR has them (system
//! `urn:oid:2.16.840.1.113883.6.24`), alarms the own ones of gemwatch beside them. Streams are not patients: the subject is the
//! stream's id (system `urn:gemwatch:stream`), to be mapped by whoever imports it.

pub mod r4;
pub mod r6;

use serde_json::{Map, Value, json};

use crate::wire::Alert;

const IEEE_11073: &str = "urn:oid:2.16.840.1.113883.6.24";

/// A collection of resources, each with its id.
fn bundle(alert: &Alert, entries: Vec<(String, Value)>) -> Value {
    let entry = |(id, mut resource): (String, Value)| {
        resource["id"] = json!(id);
        json!({ "fullUrl": url(&id), "resource": resource })
    };
    json!({
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": alert.raised_at,
        "entry": entries.into_iter().map(entry).collect::<Vec<_>>(),
    })
}

/// Where the resources of a bundle point at one another.
fn url(id: &str) -> String {
    format!("urn:gemwatch:{id}")
}

fn evidence_id(alert: &Alert) -> String {
    format!("{}-evidence", alert.id)
}

/// Whom it is about.
fn subject(alert: &Alert) -> Value {
    json!({ "identifier": { "system": "urn:gemwatch:stream", "value": alert.stream_id } })
}

/// Which alarm.
fn alarm(alert: &Alert) -> Value {
    let own = json!({ "system": "urn:gemwatch:alarm", "code": alert.code.as_str(), "display": alert.name });
    let standard = alert.mdc_code.map(|code| json!({ "system": IEEE_11073, "code": code.to_string() }));
    let codings: Vec<Value> = [own].into_iter().chain(standard).collect();
    json!({ "coding": codings, "text": alert.name })
}

/// What in the waveform carries the alert.
fn evidence(alert: &Alert) -> Value {
    let component = |evidence: &crate::wire::Evidence| {
        json!({
            "code": { "text": format!("{} in {}", evidence.what, evidence.leads.join(" ")).trim_end_matches(" in ") },
            "valueQuantity": { "value": evidence.value, "unit": evidence.unit },
        })
    };
    let observation = json!({
        "resourceType": "Observation",
        "status": "preliminary",
        "code": alarm(alert),
        "subject": subject(alert),
        "effectiveDateTime": alert.raised_at,
        "valueString": alert.message,
        "component": alert.evidence.iter().map(component).collect::<Vec<_>>(),
    });
    without_empty(observation)
}

/// FHIR has neither empty lists nor empty texts: what is empty is left out.
fn without_empty(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let is_empty = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        _ => value.is_null(),
    };
    Value::Object(members.into_iter().filter(|(_, value)| !is_empty(value)).collect::<Map<_, _>>())
}
