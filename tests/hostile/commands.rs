//! What may come on the topic of commands.

use serde_json::{Value, json};

use super::kind::{Kind, Outcome, Sent};

/// Makes the messages of a kind.
pub type Make = fn() -> Vec<Sent>;

const KEY: &str = "bed 1";

fn sent(value: impl Into<Vec<u8>>) -> Sent {
    Sent::hostile(KEY, value)
}

fn set_limits() -> Value {
    json!({"command": "set_limits", "stream_id": KEY, "limits": {}, "by": "A. Nurse", "at": "2026-11-25T08:00:00Z"})
}

/// A command as it should be but for these fields.
fn but(fields: &[(&str, Value)]) -> Sent {
    let mut command = set_limits();
    for (key, value) in fields {
        command[*key] = value.clone();
    }
    sent(command.to_string())
}

fn kind(name: &'static str, outcome: Outcome, input: Make) -> Kind<Make> {
    Kind { name, outcome, input }
}

/// All kinds.
pub fn kinds() -> Vec<Kind<Make>> {
    vec![
        kind("text that is no JSON, no text at all, nothing", Outcome::DeadLetter("value is no command"), || {
            vec![sent("acknowledge!"), sent(b"\xff\xfe\x00"), sent([]), sent("null"), sent("[]"), sent("{\"command\"")]
        }),
        kind("60 kB of nested brackets", Outcome::DeadLetter("value is no command"), || {
            let in_the_limits = set_limits().to_string().replace("{}", &format!("{{\"off\": {}", "[".repeat(60_000)));
            vec![sent("[".repeat(60_000)), sent(in_the_limits)]
        }),
        kind(
            "1 MB of nested brackets",
            Outcome::DeadLetter("command has 1000000 bytes, at most 65536 are allowed"),
            || vec![sent("[".repeat(1_000_000))],
        ),
        kind("a command that nobody knows", Outcome::DeadLetter("unknown variant"), || {
            vec![but(&[("command", json!("silence"))]), but(&[("command", json!("x".repeat(60_000)))])]
        }),
        kind("a field that nobody knows", Outcome::DeadLetter("unknown field"), || vec![but(&[("volume", json!(11))])]),
        kind("limits outside their range", Outcome::DeadLetter("limits cannot be used"), || {
            let limits = [
                json!({"asystole_s": 60}),
                json!({"asystole_s": -1}),
                json!({"asystole_s": 1e308}),
                json!({"off": ["VFIB"]}),
                json!({"asystole_s": "long"}),
                json!({"asystole": 5}),
                json!({"ventricular_tachycardia_beats": 1e10}),
            ];
            limits.map(|limits| but(&[("limits", limits)])).to_vec()
        }),
        kind("nobody who says so, or 60 kB of a name", Outcome::DeadLetter("by must name somebody"), || {
            [String::new(), "n".repeat(60_000), "A.\nNurse".to_owned()].map(|by| but(&[("by", json!(by))])).to_vec()
        }),
        kind("a time that is none", Outcome::DeadLetter("is no time as RFC 3339 has it"), || {
            let times = ["yesterday", "2026-13-45T99:00:00Z", "", "99999999-01-01T00:00:00Z"];
            times.map(|at| but(&[("at", json!(at))])).to_vec()
        }),
        kind("a stream id that is none", Outcome::DeadLetter("stream_id cannot be used"), || {
            ["", "bed\u{0}1", &"s".repeat(201)].map(|stream_id| but(&[("stream_id", json!(stream_id))])).to_vec()
        }),
        kind(
            "an acknowledgement of an alert that does not exist",
            Outcome::Used("kept, since the alarm may rise here again"),
            || {
                let command = json!({
                    "command": "acknowledge", "stream_id": "bed nowhere", "alert_id": "a1a2a3a4-b1b2-c1c2-d1d2-d3d4d5d6d7d8",
                    "code": "VTAC", "by": "A. Nurse", "at": "2026-11-25T08:00:00Z",
                });
                vec![sent(command.to_string())]
            },
        ),
        kind(
            "an acknowledgement of an alarm, or with an id, that cannot be",
            Outcome::DeadLetter("value is no command"),
            || {
                let acknowledge = |alert_id: &str, code: &str| {
                    let command = json!({"command": "acknowledge", "stream_id": KEY, "alert_id": alert_id, "code": code, "by": "x", "at": "2026-11-25T08:00:00Z"});
                    sent(command.to_string())
                };
                vec![acknowledge("a1a2a3a4-b1b2-c1c2-d1d2-d3d4d5d6d7d8", "NOSUCH"), acknowledge("1", "VTAC")]
            },
        ),
        kind(
            "limits of a bed that does not exist",
            Outcome::Used("kept for when it comes, of 10 000 beds at most"),
            || vec![but(&[("stream_id", json!("bed nowhere")), ("limits", json!({"asystole_s": 5}))])],
        ),
    ]
}
