//! The command: what a ward tells gemwatch on `ecg.commands`, and what it comes to.
//!
//! In: the JSON of one message and the limits that beds may start from. Out: an [`Order`] for one bed, or a
//! [`CommandError`] that says what is wrong. Every instance hears every command, so that any can take over any bed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::rfc3339::read_rfc3339;
use crate::alarm::{AlarmCode, LimitError, LimitProfiles, Limits, Profile};
use crate::ecg::{StreamId, StreamIdError, Time};

/// The longest command in bytes.
const LONGEST_BYTES: usize = 65_536;

/// The longest name of a person or program in bytes.
const LONGEST_NAME_BYTES: usize = 200;

/// What somebody wants of one bed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// An alarm is taken note of: its sound pauses, and a latched one ends.
    Acknowledge(Acknowledge),
    /// The bed has these limits from now on, instead of those it had.
    SetLimits(SetLimits),
}

/// Somebody takes note of an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// Whose alarm.
    pub stream_id: String,
    /// The id of the alert.
    pub alert_id: Uuid,
    /// As which alarm it was seen: one that has become worse since is to be taken note of anew.
    pub code: AlarmCode,
    /// Who takes note, up to 200 bytes.
    pub by: String,
    /// When (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// Somebody sets the limits of a bed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLimits {
    /// Which bed.
    pub stream_id: String,
    /// Whose limits to start from; left out, those of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The limits that differ from those. With neither profile nor limits the bed is set back.
    #[serde(default)]
    #[schemars(with = "Limits")]
    pub limits: Map<String, Value>,
    /// Who sets them, up to 200 bytes.
    pub by: String,
    /// When (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// What is to happen to one bed.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// This alarm is taken note of.
    Acknowledge {
        /// The id of the alert.
        alert_id: Uuid,
        /// As which alarm it was seen.
        code: AlarmCode,
        /// Who.
        by: String,
        /// When, by the clock of whoever sent it.
        at: Time,
    },
    /// These limits hold from now on.
    SetLimits(Box<Limits>),
}

/// Why a command cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Too long.
    #[error("command has {bytes} bytes, at most {LONGEST_BYTES} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not one of the commands there are.
    #[error("value is no command")]
    Json(#[from] serde_json::Error),
    /// No stream id.
    #[error("stream_id cannot be used")]
    StreamId(#[from] StreamIdError),
    /// Nobody said so.
    #[error("by must name somebody in 1 to {LONGEST_NAME_BYTES} bytes without control characters")]
    By,
    /// No time.
    #[error("at = {text:?} is no time as RFC 3339 has it")]
    At {
        /// What stands there.
        text: String,
    },
    /// Limits that do not exist, or not of this type.
    #[error("limits cannot be used")]
    Limits(#[source] serde_json::Error),
    /// Limits out of range.
    #[error("limits cannot be used: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Range(Vec<LimitError>),
}

impl Command {
    /// Reads one message.
    pub fn read(bytes: &[u8]) -> Result<Command, CommandError> {
        if bytes.len() > LONGEST_BYTES {
            return Err(CommandError::TooLong { bytes: bytes.len() });
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// What it comes to, and for which bed.
    pub fn order(&self, profiles: &LimitProfiles) -> Result<(StreamId, Order), CommandError> {
        let (stream_id, by, at) = match self {
            Command::Acknowledge(Acknowledge { stream_id, by, at, .. })
            | Command::SetLimits(SetLimits { stream_id, by, at, .. }) => (stream_id, by, at),
        };
        let stream_id = StreamId::new(stream_id)?;
        if !(1..=LONGEST_NAME_BYTES).contains(&by.len()) || by.chars().any(char::is_control) {
            return Err(CommandError::By);
        }
        let at = read_rfc3339(at).ok_or_else(|| CommandError::At { text: at.clone() })?;
        let order = match self {
            Command::Acknowledge(Acknowledge { alert_id, code, .. }) => {
                Order::Acknowledge { alert_id: *alert_id, code: *code, by: by.clone(), at }
            }
            Command::SetLimits(set) => Order::SetLimits(Box::new(set.changed(profiles.limits(set.profile))?)),
        };
        Ok((stream_id, order))
    }
}

impl SetLimits {
    fn changed(&self, limits: &Limits) -> Result<Limits, CommandError> {
        let mut value = serde_json::to_value(limits).map_err(CommandError::Limits)?;
        if let Value::Object(keys) = &mut value {
            keys.extend(self.limits.clone());
        }
        let changed: Limits = serde_json::from_value(value).map_err(CommandError::Limits)?;
        let errors = changed.check();
        if errors.is_empty() { Ok(changed) } else { Err(CommandError::Range(errors)) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(command: &Value) -> Result<(StreamId, Order), CommandError> {
        Command::read(command.to_string().as_bytes())?.order(&profiles())
    }

    fn profiles() -> LimitProfiles {
        let neonate = Limits { asystole_s: 3.0, extreme_tachycardia_bpm: 220.0, ..Limits::default() };
        LimitProfiles { of_ages: [Limits::default(), Limits::default(), neonate], ..LimitProfiles::default() }
    }

    fn set(limits: &Value) -> Value {
        json!({"command": "set_limits", "stream_id": "bed-7", "limits": limits, "by": "A. Nurse", "at": "2026-11-25T08:00:00Z"})
    }

    fn words(error: &CommandError) -> String {
        let source = std::error::Error::source(error).map(ToString::to_string);
        std::iter::once(error.to_string()).chain(source).collect::<Vec<_>>().join(": ")
    }

    #[test]
    fn an_acknowledgement_names_alert_alarm_and_nurse() {
        let command = json!({
            "command": "acknowledge", "stream_id": "bed-7", "alert_id": "a1a2a3a4-b1b2-c1c2-d1d2-d3d4d5d6d7d8",
            "code": "VTAC", "by": "A. Nurse", "at": "1970-01-01T00:00:02.5Z",
        });
        let (stream_id, order) = order(&command).unwrap();
        assert_eq!(stream_id.as_str(), "bed-7");
        let expected = Order::Acknowledge {
            alert_id: "a1a2a3a4-b1b2-c1c2-d1d2-d3d4d5d6d7d8".parse().unwrap(),
            code: AlarmCode::VentricularTachycardia,
            by: "A. Nurse".to_owned(),
            at: Time::from_nanos(2_500_000_000),
        };
        assert_eq!(order, expected);
    }

    #[test]
    fn limits_change_what_they_name_and_nothing_else() {
        let (_, changed) = order(&set(&json!({"high_heart_rate_bpm": 130, "off": ["CPLT"]}))).unwrap();
        let off = vec![AlarmCode::Couplet];
        let expected = Limits { high_heart_rate_bpm: 130.0, off, ..Limits::default() };
        assert_eq!(changed, Order::SetLimits(Box::new(expected)));
        let mut command = set(&json!({"pause_s": 2.0}));
        command["profile"] = json!("neonate");
        let expected = Limits { pause_s: 2.0, ..profiles().of_ages[2].clone() };
        assert_eq!(order(&command).unwrap().1, Order::SetLimits(Box::new(expected)));
        let (_, back) = order(&set(&json!({}))).unwrap();
        assert_eq!(back, Order::SetLimits(Box::default()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut nobody = set(&json!({}));
        nobody["by"] = json!("");
        let mut never = set(&json!({}));
        never["at"] = json!("yesterday");
        let mut more = set(&json!({}));
        more["reason"] = json!("x");
        for (command, expected) in [
            (set(&json!({"asystole_s": 60})), "asystole_s = 60 is outside 3 to 10"),
            (set(&json!({"off": ["VFIB"]})), "off: VFIB is of high priority and cannot be switched off"),
            (set(&json!({"asystole": 5})), "unknown field `asystole`"),
            (set(&json!({"pause_s": "long"})), "invalid type: string \"long\""),
            (nobody, "by must name somebody"),
            (never, "at = \"yesterday\" is no time"),
            (more, "unknown field `reason`"),
            (json!({"command": "silence", "stream_id": "bed-7"}), "unknown variant `silence`"),
        ] {
            let error = words(&order(&command).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
        let long = vec![b' '; LONGEST_BYTES + 1];
        assert!(matches!(Command::read(&long), Err(CommandError::TooLong { .. })));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            if let Ok(command) = Command::read(&bytes) {
                let _ = command.order(&profiles());
            }
        }
    }
}
