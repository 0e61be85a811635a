//! The alert as FHIR R4: an `Observation` with the waveform, one with the evidence, and a `Communication` that says what was
//! raised, in a `Bundle`.
//!
//! Leads have the codes of ISO/IEEE 11073-10101 as the ECG example of FHIR has them (system `urn:oid:2.16.840.1.113883.6.24`).
//! Streams are not patients: the subject is the stream's id, to be mapped by whoever imports it.

use serde_json::{Value, json};

use super::super::alerts::Known;
use crate::alarm::Priority;
use crate::ecg::{Strip, StripLead};
use crate::wire::{Alert, rfc3339};

const IEEE_11073: &str = "urn:oid:2.16.840.1.113883.6.24";
const UCUM: &str = "http://unitsofmeasure.org";

/// `MDC_ECG_ELEC_POTL`.
const ECG_CODE: &str = "131328";

/// The bundle.
pub fn json(known: &Known, strip: &Strip) -> Vec<u8> {
    let alert = &known.alert;
    let bundle = json!({
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": alert.raised_at,
        "entry": [
            entry(&format!("{}-ecg", alert.id), waveform(alert, strip)),
            entry(&format!("{}-evidence", alert.id), evidence(alert)),
            entry(&alert.id.to_string(), communication(known)),
        ],
    });
    serde_json::to_vec_pretty(&bundle).expect("this is JSON (this is a bug)")
}

fn entry(id: &str, mut resource: Value) -> Value {
    resource["id"] = json!(id);
    json!({ "fullUrl": format!("urn:gemwatch:{id}"), "resource": resource })
}

fn subject(alert: &Alert) -> Value {
    json!({ "identifier": { "system": "urn:gemwatch:stream", "value": alert.stream_id } })
}

fn waveform(alert: &Alert, strip: &Strip) -> Value {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "procedure",
        }] }],
        "code": { "coding": [{ "system": IEEE_11073, "code": ECG_CODE, "display": "MDC_ECG_ELEC_POTL" }] },
        "subject": subject(alert),
        "effectivePeriod": { "start": rfc3339(strip.start), "end": rfc3339(strip.end()) },
        "component": strip.leads.iter().map(|lead| lead_component(lead, strip.rate_hz)).collect::<Vec<_>>(),
    })
}

/// Microvolts as integers; `E` is "no sample", as the type `SampledData` has it.
fn lead_component(lead: &StripLead, rate_hz: f64) -> Value {
    let sample = |mv: &f32| if mv.is_finite() { format!("{:.0}", mv * 1000.0) } else { "E".to_owned() };
    let coding = match lead.lead.mdc_code() {
        Some(code) => json!([{ "system": IEEE_11073, "code": code.to_string() }]),
        None => json!([]),
    };
    let mut code = json!({ "text": format!("lead {}", lead.lead) });
    if coding != json!([]) {
        code["coding"] = coding;
    }
    json!({
        "code": code,
        "valueSampledData": {
            "origin": { "value": 0, "unit": "uV", "system": UCUM, "code": "uV" },
            "period": 1000.0 / rate_hz,
            "dimensions": 1,
            "data": lead.samples_mv.iter().map(sample).collect::<Vec<_>>().join(" "),
        },
    })
}

fn evidence(alert: &Alert) -> Value {
    let component = |evidence: &crate::wire::Evidence| {
        json!({
            "code": { "text": format!("{} in {}", evidence.what, evidence.leads.join(" ")) },
            "valueQuantity": { "value": evidence.value, "unit": evidence.unit },
        })
    };
    json!({
        "resourceType": "Observation",
        "status": "preliminary",
        "code": alarm(alert),
        "subject": subject(alert),
        "effectiveDateTime": alert.raised_at,
        "valueString": alert.message,
        "component": alert.evidence.iter().map(component).collect::<Vec<_>>(),
    })
}

fn alarm(alert: &Alert) -> Value {
    let own = json!({ "system": "urn:gemwatch:alarm", "code": alert.code.as_str(), "display": alert.name });
    let standard = alert.mdc_code.map(|code| json!({ "system": IEEE_11073, "code": code.to_string() }));
    let codings: Vec<Value> = [own].into_iter().chain(standard).collect();
    json!({ "coding": codings, "text": alert.name })
}

fn communication(known: &Known) -> Value {
    let alert = &known.alert;
    let priority = match alert.priority {
        Priority::High => "stat",
        Priority::Medium => "urgent",
        Priority::Low | Priority::Technical => "routine",
    };
    let mut payload = vec![json!({ "contentString": format!("{}: {}", alert.name, alert.message) })];
    if let Some(reading) = &alert.reading {
        let remark = reading.remark.as_ref().map_or_else(String::new, |remark| format!(" ({remark})"));
        payload.push(json!({ "contentString": format!("read by {}{remark}: {}", reading.model, reading.text) }));
    }
    let about = ["ecg", "evidence"].map(|part| json!({ "reference": format!("urn:gemwatch:{}-{part}", alert.id) }));
    json!({
        "resourceType": "Communication",
        "status": if known.is_open() { "in-progress" } else { "completed" },
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/communication-category", "code": "alert",
        }] }],
        "priority": priority,
        "subject": subject(alert),
        "topic": alarm(alert),
        "about": about,
        "sent": alert.raised_at,
        "payload": payload,
    })
}
