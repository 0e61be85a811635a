//! FHIR R4: an `Observation` with the waveform where it is there, one with the evidence, and a `Communication` that says what was
//! raised and what was read of it.

use serde_json::{Value, json};

use super::{IEEE_11073, alarm, evidence, evidence_id, subject, url, without_empty};
use crate::alarm::Priority;
use crate::ecg::{Strip, StripLead};
use crate::wire::{Alert, rfc3339};

const UCUM: &str = "http://unitsofmeasure.org";

/// `MDC_ECG_ELEC_POTL`.
const ECG_CODE: &str = "131328";

/// The bundle of an alert, with its ten seconds where they are there.
pub fn bundle(alert: &Alert, strip: Option<&Strip>) -> Value {
    let ecg_id = format!("{}-ecg", alert.id);
    let about = strip.map(|_| ecg_id.clone()).into_iter().chain([evidence_id(alert)]);
    let about: Vec<Value> = about.map(|id| json!({ "reference": url(&id) })).collect();
    let waveform = strip.map(|strip| (ecg_id, waveform(alert, strip)));
    let others = [(evidence_id(alert), evidence(alert)), (alert.id.to_string(), communication(alert, &about))];
    super::bundle(alert, waveform.into_iter().chain(others).collect())
}

fn waveform(alert: &Alert, strip: &Strip) -> Value {
    let observation = json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "procedure",
        }] }],
        "code": { "coding": [{ "system": IEEE_11073, "code": ECG_CODE, "display": "MDC_ECG_ELEC_POTL" }] },
        "subject": subject(alert),
        "effectivePeriod": { "start": rfc3339(strip.start), "end": rfc3339(strip.end()) },
        "component": strip.leads.iter().map(|lead| lead_component(lead, strip.rate_hz)).collect::<Vec<_>>(),
    });
    without_empty(observation)
}

/// Microvolts as integers; `E` is "no sample", as the type `SampledData` has it.
fn lead_component(lead: &StripLead, rate_hz: f64) -> Value {
    let sample = |mv: &f32| if mv.is_finite() { format!("{:.0}", mv * 1000.0) } else { "E".to_owned() };
    let mut code = json!({ "text": format!("lead {}", lead.lead) });
    if let Some(mdc_code) = lead.lead.mdc_code() {
        code["coding"] = json!([{ "system": IEEE_11073, "code": mdc_code.to_string() }]);
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

fn communication(alert: &Alert, about: &[Value]) -> Value {
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
    json!({
        "resourceType": "Communication",
        "status": if alert.is_present() { "in-progress" } else { "completed" },
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

#[cfg(test)]
mod tests {
    use super::super::super::tests::alert;
    use super::*;
    use crate::ecg::{Lead, Time};
    use crate::wire::AlertState;

    #[test]
    fn an_alert_becomes_a_bundle() {
        insta::assert_json_snapshot!("r4", bundle(&alert(AlertState::Raised), None));
    }

    #[test]
    fn the_waveform_is_there_where_it_is_known() {
        let leads = vec![
            StripLead { lead: Lead::II, derived: false, samples_mv: vec![0.5, f32::NAN, -0.001] },
            StripLead { lead: Lead::from_name("MCL1"), derived: false, samples_mv: vec![0.0; 3] },
        ];
        let strip = Strip { start: Time::from_nanos(0), rate_hz: 500.0, leads };
        let bundle = bundle(&alert(AlertState::Cleared), Some(&strip));
        let [ecg, _, communication] = &bundle["entry"].as_array().unwrap()[..] else { panic!("three entries") };
        assert_eq!(ecg["resource"]["component"][0]["valueSampledData"]["data"], "500 E -1");
        assert_eq!(ecg["resource"]["component"][1]["code"], json!({ "text": "lead MCL1" }));
        assert_eq!(communication["resource"]["about"][0]["reference"], ecg["fullUrl"]);
        assert_eq!(communication["resource"]["status"], "completed");
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let mut alert = alert(AlertState::Raised);
        alert.evidence.clear();
        let bundle = bundle(&alert, None);
        assert_eq!(bundle["entry"][0]["resource"].get("component"), None);
    }
}
