//! An alert as Alert Communication Management has it (IHE Devices, formerly Patient Care Device; transaction PCD-04, Report
//! Alert): what a manager of alerts takes in to tell those who carry a device.
//!
//! In goes an alert, out comes one HL7 version 2.6 message `ORU^R40`, its segments separated by CR. [`mapping`] has the table
//! from states and priorities to facets. gemwatch is the Alert Reporter; it takes no answer in.
//!
//! - Events and attributes have the codes of ISO/IEEE 11073-10101 (coding system `MDC`) with the name in English beside them,
//!   alarms without such a code the own ones of gemwatch (`99GEMWATCH`).
//! - `OBR-3` names the message, `OBR-29` the alert, so that all that is said of one alert belongs together. Both are made from
//!   the alert: who converts the same alert twice sends the same message twice.
//! - A stream is not a patient: its id is the patient's identifier of type `RI` (resource), the bed in `PV1-3`, and the equipment
//!   in `OBX-18`, to be mapped by whoever routes it.
//! - The evidence and the reading are notes (`NTE`).

mod hl7;
pub mod mapping;

use uuid::Uuid;

use crate::wire::{Alert, AlertState};
use hl7::{components, escaped, segment, time};
use mapping::facets;

/// Who speaks.
const OWN: &str = "GEMWATCH";
/// The profile of the message: IHE's object identifier of the transaction.
const PROFILE: &str = "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.4^ISO";
/// The monitor as a whole, and where its facets hang in the containment tree.
const MONITOR: &str = "69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC";
const TREE: &str = "1.0.0.0";
/// What an alert of the patient comes from.
const ECG: &str = "131328^MDC_ECG_ELEC_POTL^MDC";
/// The alert as such, in OBR and in its first facet.
const EVENT: &str = "196616^MDC_EVT_ALARM^MDC";
/// The results are as the machine found them.
const NOT_VERIFIED: &str = "R";
/// The bytes around a message on a connection (minimal lower layer protocol).
const FRAME: (&str, &str) = ("\u{b}", "\u{1c}\r");

/// The message, each segment ended by CR.
pub fn message(alert: &Alert) -> String {
    let facets = facets(alert);
    let (stream, at) = (escaped(&alert.stream_id), time(changed_at(alert)));
    let name = message_name(alert).simple().to_string();
    let mut segments = vec![
        segment(
            "MSH",
            // The first field is the separator itself.
            &[
                (1, r"^~\&"),
                (2, OWN),
                (6, &at),
                (8, "ORU^R40^ORU_R40"),
                (9, &name),
                (10, "P"),
                (11, "2.6"),
                (14, "AL"),
                (15, "NE"),
                (17, "UNICODE UTF-8"),
                (20, PROFILE),
            ],
        ),
        segment("PID", &[(3, &format!("{stream}^^^{OWN}^RI")), (5, "^^^^^^U")]),
        segment("PV1", &[(2, "U"), (3, &format!("^^{stream}"))]),
        segment(
            "OBR",
            &[(1, "1"), (3, &format!("{name}^{OWN}")), (4, EVENT), (7, &at), (29, &format!("^{}&{OWN}", alert.id))],
        ),
        segment("OBX", &[(1, "1"), (3, MONITOR), (4, TREE), (11, "X"), (18, &format!("{stream}^{OWN}"))]),
    ];
    let source = if facets.alert_type == "ST" { MONITOR } else { ECG };
    let interpretation = format!("A~{}~{}", facets.priority, facets.alert_type);
    let observations = [
        ("CWE", EVENT, event(alert)),
        ("CWE", "68480^MDC_ATTR_ALERT_SOURCE^MDC", source.to_owned()),
        ("ST", "68481^MDC_ATTR_EVENT_PHASE^MDC", facets.event_phase.to_owned()),
        ("ST", "68482^MDC_ATTR_ALARM_STATE^MDC", facets.alarm_state.to_owned()),
        ("ST", "68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC", facets.inactivation_state.to_owned()),
        ("ST", "68484^MDC_ATTR_ALARM_PRIORITY^MDC", facets.priority.to_owned()),
        ("ST", "68485^MDC_ATTR_ALERT_TYPE^MDC", facets.alert_type.to_owned()),
        ("ST", "68546^MDC_ATTR_ALERT_TEXT^MDC", escaped(&format!("{}: {}", alert.name, alert.message))),
    ];
    for (index, (value_type, what, value)) in observations.iter().enumerate() {
        let (number, facet) = ((index + 2).to_string(), format!("{TREE}.{}", index + 1));
        let fields = [(1, number.as_str()), (2, value_type), (3, what), (4, &facet), (5, value), (11, NOT_VERIFIED)];
        let first = [(8, interpretation.as_str()), (14, at.as_str())];
        let more = if index == 0 { &first[..] } else { &[] };
        segments.push(segment("OBX", &[&fields[..], more].concat()));
    }
    segments.extend(notes(alert).iter().enumerate().map(|(index, note)| {
        segment("NTE", &[(1, (index + 1).to_string().as_str()), (2, "L"), (3, escaped(note).as_str())])
    }));
    segments.join("\r") + "\r"
}

/// A message as it goes over a connection.
pub fn framed(message: &str) -> String {
    format!("{}{message}{}", FRAME.0, FRAME.1)
}

/// Which alarm: its standard code with the own one beside it, or the own one alone.
fn event(alert: &Alert) -> String {
    let own = [alert.code.as_str(), alert.name.as_str(), "99GEMWATCH"];
    match alert.mdc_code {
        Some(code) => components(&[&code.to_string(), &alert.name, "MDC", own[0], own[1], own[2]]),
        None => components(&own),
    }
}

/// What carries the alert, and what was read.
fn notes(alert: &Alert) -> Vec<String> {
    let evidence = alert.evidence.iter().map(|evidence| {
        let leads = if evidence.leads.is_empty() { String::new() } else { format!(" in {}", evidence.leads.join(" ")) };
        format!("{}: {} {}{leads}", evidence.what, evidence.value, evidence.unit)
    });
    let reading = alert.reading.as_ref().map(|reading| {
        let remark = reading.remark.as_ref().map_or_else(String::new, |remark| format!(" ({remark})"));
        format!("read by {}{remark}: {}", reading.model, reading.text)
    });
    evidence.chain(reading).collect()
}

/// When what the alert says happened, as far as it tells.
fn changed_at(alert: &Alert) -> &str {
    let own = match alert.state {
        AlertState::Acknowledged => alert.acknowledged_at.as_deref(),
        AlertState::Latched | AlertState::Cleared => alert.cleared_at.as_deref(),
        _ => None,
    };
    own.unwrap_or(&alert.raised_at)
}

/// The same alert in the same state has the same message.
fn message_name(alert: &Alert) -> Uuid {
    let name = format!("{}\n{}\n{}", alert.code.as_str(), alert.state.as_str(), changed_at(alert));
    Uuid::new_v5(&alert.id, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::tests::alert;
    use super::*;

    #[test]
    fn an_alert_becomes_a_message() {
        insta::assert_snapshot!("acm", message(&alert(AlertState::Raised)).replace('\r', "\n"));
    }

    #[test]
    fn what_is_said_of_one_alert_belongs_together() {
        let lines = |state| message(&alert(state)).split('\r').map(str::to_owned).collect::<Vec<_>>();
        let (raised, cleared) = (lines(AlertState::Raised), lines(AlertState::Cleared));
        let field = |lines: &[String], name: &str, number: usize| {
            lines.iter().find(|line| line.starts_with(name)).unwrap().split('|').nth(number).unwrap().to_owned()
        };
        assert_eq!(field(&raised, "OBR", 29), field(&cleared, "OBR", 29));
        assert_ne!(field(&raised, "OBR", 3), field(&cleared, "OBR", 3));
        assert_eq!(raised, lines(AlertState::Raised));
        assert_eq!(field(&cleared, "OBR", 7), "19700101000031.000+0000");
    }

    #[test]
    fn no_text_of_an_alert_breaks_its_message() {
        let mut alert = alert(AlertState::Raised);
        (alert.stream_id, alert.message) = ("ward|7^bed&3".to_owned(), "a~b\\c\rd".to_owned());
        let message = message(&alert);
        assert_eq!(message.matches('\r').count(), message.lines().count().max(message.split_terminator('\r').count()));
        assert!(message.contains(r"ward\F\7\S\bed\T\3^^^GEMWATCH^RI"), "{message}");
        assert!(message.contains(r"a\R\b\E\c\X0D\d"), "{message}");
        assert_eq!(framed("MSH\r"), "\u{b}MSH\r\u{1c}\r");
    }

    #[test]
    fn alarms_without_a_standard_code_have_their_own() {
        let mut alert = alert(AlertState::Raised);
        alert.mdc_code = None;
        assert!(message(&alert).contains("|ASYS^Asystole^99GEMWATCH|"), "{}", message(&alert));
    }
}
