//! One line of the audit log: what a ward has told gemwatch, and what came of it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Acknowledge, Command, SetLimits};
use crate::alarm::{AlarmCode, Profile};

/// The longest text of a refused command that is kept, in characters; the dead letter has all of it.
const LONGEST_TEXT: usize = 500;

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AuditRecord {
    /// When gemwatch has heard it, by its own clock (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    pub heard_at: String,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was wanted: `acknowledge` or `set_limits`; left out where the message is no command, as all that follows of it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Who, as the command says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When, as the command says, by the clock of whoever sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Which bed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_id: Option<String>,
    /// Which alert, of an acknowledgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_id: Option<Uuid>,
    /// As which alarm it was seen, of an acknowledgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<AlarmCode>,
    /// Whose limits to start from, if the command says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The limits that were set; left out where they were refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Map<String, Value>>,
    /// The topic it came on.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The place in the partition.
    pub offset: i64,
}

/// What came of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    /// The alarm is acknowledged, the limits hold.
    Followed,
    /// No such alarm waits for it in this instance: it is kept, should the alarm rise here.
    Kept,
    /// It cannot be followed.
    Refused,
}

impl AuditOutcome {
    /// The word in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuditOutcome::Followed => "followed",
            AuditOutcome::Kept => "kept",
            AuditOutcome::Refused => "refused",
        }
    }
}

impl AuditRecord {
    /// The line about a message at this place; `command` is what could be read of it, `reason` why it was refused.
    pub fn new(
        heard_at: String,
        place: (&str, i32, i64),
        command: Option<&Command>,
        outcome: AuditOutcome,
        reason: Option<&str>,
    ) -> AuditRecord {
        let (topic, partition, offset) = place;
        let mut record = AuditRecord {
            heard_at,
            outcome,
            reason: reason.map(shortened),
            command: None,
            by: None,
            at: None,
            stream_id: None,
            alert_id: None,
            code: None,
            profile: None,
            limits: None,
            topic: topic.to_owned(),
            partition,
            offset,
        };
        let (name, stream_id, by, at) = match command {
            None => return record,
            Some(Command::Acknowledge(Acknowledge { stream_id, alert_id, code, by, at })) => {
                (record.alert_id, record.code) = (Some(*alert_id), Some(*code));
                ("acknowledge", stream_id, by, at)
            }
            Some(Command::SetLimits(SetLimits { stream_id, profile, limits, by, at })) => {
                record.profile = *profile;
                record.limits = (outcome != AuditOutcome::Refused).then(|| limits.clone());
                ("set_limits", stream_id, by, at)
            }
        };
        record.command = Some(name.to_owned());
        (record.stream_id, record.by, record.at) =
            (Some(shortened(stream_id)), Some(shortened(by)), Some(shortened(at)));
        record
    }
}

fn shortened(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(command: &Value, outcome: AuditOutcome, reason: Option<&str>) -> Value {
        let command = Command::read(command.to_string().as_bytes()).ok();
        let record = AuditRecord::new("now".into(), ("ecg.commands", 3, 7), command.as_ref(), outcome, reason);
        serde_json::to_value(record).unwrap()
    }

    #[test]
    fn a_line_says_who_what_when_and_what_came_of_it() {
        let id = "a1a2a3a4-b1b2-c1c2-d1d2-d3d4d5d6d7d8";
        let acknowledge = json!({
            "command": "acknowledge", "stream_id": "bed-7", "alert_id": id, "code": "VTAC",
            "by": "A. Nurse", "at": "2026-11-25T08:00:00Z",
        });
        let mut expected = acknowledge.clone();
        for (name, value) in [
            ("heard_at", json!("now")),
            ("outcome", json!("followed")),
            ("topic", json!("ecg.commands")),
            ("partition", json!(3)),
            ("offset", json!(7)),
        ] {
            expected[name] = value;
        }
        assert_eq!(line(&acknowledge, AuditOutcome::Followed, None), expected);
    }

    #[test]
    fn what_was_refused_is_kept_short() {
        let set = json!({
            "command": "set_limits", "stream_id": "x".repeat(5000), "profile": "neonate", "limits": {"asystole_s": 99},
            "by": "A. Nurse", "at": "now",
        });
        let refused = line(&set, AuditOutcome::Refused, Some(&"y".repeat(5000)));
        assert!(refused.to_string().len() < 2000, "{refused}");
        assert_eq!((refused.get("limits"), &refused["profile"]), (None, &json!("neonate")));
        assert_eq!(line(&set, AuditOutcome::Followed, None)["limits"], json!({"asystole_s": 99}));
        let nonsense = line(&json!("nonsense"), AuditOutcome::Refused, Some("value is no command"));
        let expected = json!({
            "heard_at": "now", "outcome": "refused", "reason": "value is no command",
            "topic": "ecg.commands", "partition": 3, "offset": 7,
        });
        assert_eq!(nonsense, expected);
    }
}
