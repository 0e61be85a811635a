//! Alerts of a simulated patient in the forms of neighbouring systems, through the program.

#[expect(dead_code, reason = "the rest is for tests that need recordings or a model")]
mod program;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;
use std::{fs, thread};

use gemwatch::wire::{Alert, AlertState};
use program::{gemwatch, stderr, stdout};
use serde_json::Value;
use simulators::record::record;
use simulators::scenario::Ward;
use tempfile::TempDir;

/// A patient whose heart stops for 12 s.
const WARD: &str = r#"
[[bed]]
stream_id = "bed-1"
seed = 1
script = [
  { rhythm = "sinus", rate_bpm = 72, for_s = 30 },
  { rhythm = "asystole", for_s = 12 },
  { rhythm = "sinus", rate_bpm = 84, for_s = 20 },
]
"#;

/// What a replay of the patient says, and the file that has it.
fn alerts() -> (TempDir, PathBuf, Vec<Alert>) {
    let folder = tempfile::tempdir().unwrap();
    let ward = Ward::from_toml(WARD).unwrap();
    let written = record(&ward, Duration::from_secs(62), folder.path()).unwrap();
    let output = gemwatch().arg("replay").arg(&written[0].path).args(["--model", "none"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let path = folder.path().join("alerts.jsonl");
    fs::write(&path, &output.stdout).unwrap();
    let alerts = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (folder, path, alerts)
}

/// Converts what comes on standard input.
fn convert(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = gemwatch();
    command.arg("convert").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut standard_input, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = thread::spawn(move || standard_input.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

fn field(message: &str, segment: &str, number: usize) -> String {
    let line =
        message.split('\r').find(|line| line.starts_with(segment)).unwrap_or_else(|| panic!("{segment}: {message}"));
    line.split('|').nth(number).unwrap_or_default().to_owned()
}

#[test]
fn alerts_of_a_replay_are_converted_into_every_form() {
    let (_folder, path, alerts) = alerts();
    assert!(alerts.iter().any(|alert| alert.state == AlertState::Raised && alert.code.as_str() == "ASYS"));
    let path = path.to_str().unwrap();
    for (form, kind) in [("fhir-r4", "Communication"), ("fhir-r6", "DeviceAlert")] {
        let output = gemwatch().args(["convert", "--to", form, path]).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
        let bundles: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(bundles.len(), alerts.len());
        for (bundle, alert) in bundles.iter().zip(&alerts) {
            let resources = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
            let own = resources.into_iter().find(|resource| resource["resourceType"] == kind).unwrap();
            assert_eq!(own["id"], alert.id.to_string());
            assert_eq!(own["subject"]["identifier"]["value"], "bed-1");
        }
    }

    let announced: Vec<&Alert> = alerts.iter().filter(|alert| alert.announced).collect();
    let output = gemwatch().args(["convert", "--to", "acm", path]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let messages: Vec<&str> = text.split_terminator('\n').collect();
    assert_eq!(messages.len(), announced.len());
    for (message, alert) in messages.iter().zip(&announced) {
        assert!(message.starts_with(r"MSH|^~\&|GEMWATCH|") && message.ends_with('\r'), "{message}");
        assert_eq!(field(message, "MSH", 8), "ORU^R40^ORU_R40");
        assert_eq!(field(message, "OBR", 29), format!("^{}&GEMWATCH", alert.id));
    }
    let phase = |message: &&str| field(message, "OBX|4", 5);
    let of_asystole: Vec<String> = messages.iter().filter(|message| message.contains("^ASYS^")).map(phase).collect();
    assert_eq!(of_asystole.first().map(String::as_str), Some("start"), "{of_asystole:?}");
}

#[test]
fn a_stream_of_alerts_is_converted_as_it_comes() {
    let (_folder, path, alerts) = alerts();
    let content = fs::read(path).unwrap();
    let framed = convert(&["--to", "acm", "--mllp"], &content);
    assert_eq!(framed.status.code(), Some(0), "{}", stderr(&framed));
    let announced = alerts.iter().filter(|alert| alert.announced).count();
    let text = stdout(&framed);
    assert_eq!((text.matches('\u{b}').count(), text.matches("\u{1c}\r").count()), (announced, announced));

    // What is no alert is named and costs nothing else.
    let first = content.split(|byte| *byte == b'\n').next().unwrap();
    let mixed = [first, b"\n\n{}\n\xff\xfe\n", first, b"\n"].concat();
    let output = convert(&["--to", "fhir-r4", "-"], &mixed);
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(2), 2));
    let said = stderr(&output);
    assert!(said.contains("- line 3 is no alert: ") && said.contains("- line 4 is no alert: "), "{said}");
    assert!(said.ends_with("error: 2 lines of - are no alerts\n"), "{said}");

    let output = convert(&["--to", "fhir-r4", "--mllp"], b"");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    assert!(stderr(&output).contains("use it with --to acm"));
    let output = gemwatch().args(["convert", "--to", "acm", "/nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot read /nowhere"), "{}", stderr(&output));
}
