//! The command line as people and programs meet it: help, mistakes, exit status, and what the commands print.

mod program;
#[path = "program/schema.rs"]
mod schema;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gemwatch::paper::{PageInfo, read_page_info};
use gemwatch::wire::Explanation;
use program::{gemwatch, lacks_runtime, left_out, recordings, stderr, stdout};
use serde_json::Value;
use tempfile::TempDir;

/// Runs the program with these arguments.
fn run(arguments: &[&str]) -> Output {
    gemwatch().args(arguments).output().unwrap()
}

#[test]
fn help() {
    for command in ["", "demo", "run", "replay", "explain", "convert", "dataset", "evaluate", "doctor"] {
        let arguments = [command, "--help"];
        let output = run(if command.is_empty() { &arguments[1..] } else { &arguments });
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
        let name = if command.is_empty() { "help" } else { &format!("help_{command}") };
        insta::assert_snapshot!(name, stdout(&output));
    }
}

/// A record of one second, made here, so that mistakes can be made without the test recordings.
fn made() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("made.hea"), "made 1 100 100\nmade.dat 80 200/mV 8 0 0 0 0 II\n").unwrap();
    fs::write(folder.path().join("made.dat"), [128; 100]).unwrap();
    let path = folder.path().join("made");
    (folder, path)
}

/// What is said about a mistake that the user can mend, paths below `folder` without it.
fn mistake(command: &mut Command, folder: &Path) -> String {
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{}", stderr(&output));
    stderr(&output).replace(&format!("{}/", folder.display()), "")
}

#[test]
fn wrong_usage_ends_with_status_2() {
    let here = Path::new("/");
    insta::assert_snapshot!(mistake(gemwatch().args(["replay"]), here), @r"
    error: the following required arguments were not provided:
      <RECORD>...

    Usage: gemwatch replay <RECORD>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(mistake(gemwatch().args(["replay", "100", "--speed", "0"]), here), @r#"
    error: invalid value '0' for '--speed <SPEED>': must be a number above 0, or "max"

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(mistake(gemwatch().args(["demo", "--duration", "soon"]), here), @r"
    error: invalid value 'soon' for '--duration <DURATION>': must be a time such as 60s, 5m or 1h

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(mistake(gemwatch().args(["demo", "--beds", "0"]), here), @r"
    error: invalid value '0' for '--beds <BEDS>': 0 is not in 1..=200

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(mistake(gemwatch().args(["explain", "100", "--layout", "gem"]), here), @r"
    error: the following required arguments were not provided:
      --image <FILE>

    Usage: gemwatch explain --image <FILE> --layout <LAYOUT> <RECORD>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(mistake(gemwatch().args(["watch"]), here), @r"
    error: unrecognized subcommand 'watch'

    Usage: gemwatch <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn a_record_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["replay", "explain"] {
        let mut command_line = gemwatch();
        command_line.arg(command).arg(folder.path().join("missing"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(mistake(&mut command_line, folder.path()), @r"
            error: cannot read missing.hea
              because: No such file or directory (os error 2)
            ");
        }
    }
}

#[test]
fn wrong_settings_are_named_with_what_would_be_right() {
    let (folder, record) = made();
    let config = folder.path().join("ward.toml");
    fs::write(&config, "[kafka]\nbroker = \"a\"\n[alarms]\nasystole_s = 2\n").unwrap();
    for command in ["run", "doctor", "replay"] {
        let mut command_line = gemwatch();
        command_line.arg(command).arg("--config").arg(&config);
        if command == "replay" {
            command_line.arg(&record);
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(mistake(&mut command_line, folder.path()), @r"
            error: the settings cannot be used:
              - kafka.broker is not a key; the keys here are brokers, group, readers_group, instance, topics, offset_reset, rehear_s, properties, property_files (set in ward.toml)
              - alarms.asystole_s = 2 must lie in 3 to 10 (set in ward.toml)
            ");
        }
    }
    let mut command = gemwatch();
    command.arg("run").arg("--config").arg(folder.path().join("missing.toml"));
    insta::assert_snapshot!(mistake(&mut command, folder.path()), @r"
    error: the settings cannot be used:
      - cannot read missing.toml: No such file or directory (os error 2)
    ");
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let (folder, record) = made();
    let explain = |arguments: [&str; 2]| {
        let mut command = gemwatch();
        let value = if arguments[0] == "--at" { arguments[1].into() } else { folder.path().join(arguments[1]) };
        command.arg("explain").arg(&record).args(["--model", "none", arguments[0]]).arg(value);
        mistake(&mut command, folder.path())
    };
    insta::assert_snapshot!(explain(["--at", "5000"]), @"error: record made lasts 1.0 s, there is nothing at second 5000");
    insta::assert_snapshot!(explain(["--reading", "missing.txt"]), @r"
    error: cannot read missing.txt
      because: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(explain(["--image", "missing/page.png"]), @r"
    error: cannot write missing/page.png
      because: No such file or directory (os error 2)
    ");
    let mut replay = gemwatch();
    replay.arg("replay").arg(&record).args(["--model", "none", "--vitals"]).arg(folder.path().join("missing/vitals"));
    insta::assert_snapshot!(mistake(&mut replay, folder.path()), @r"
    error: cannot write missing/vitals
      because: No such file or directory (os error 2)
    ");
}

#[test]
fn who_listens_no_longer_is_no_reason_to_panic() {
    let Some(folder) = recordings() else { return };
    let mut command = gemwatch();
    command.arg("explain").arg(folder.join("ptb-xl/00001_hr")).args(["--model", "none"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

/// What `explain` prints about a record of the test set, with this on its standard input.
fn explained(record: &str, arguments: &[&str], input: &str) -> Option<String> {
    let folder = recordings()?;
    let mut command = gemwatch();
    command.arg("explain").arg(folder.join(record)).args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if lacks_runtime(&output) {
        return None;
    }
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    Some(stdout(&output))
}

/// What somebody might have written about the first record of PTB-XL, whose rate is 64 bpm.
const REPORT: &str = "There is a heart rate of 64 bpm and no tachycardia. The ventricular rate is 110 bpm.\n";

#[test]
fn a_report_is_checked_claim_by_claim() {
    let Some(text) = explained("ptb-xl/00001_hr", &["--reading", "-"], REPORT) else { return };
    insta::assert_snapshot!("explain_ptb-xl_00001_hr", text);
}

#[test]
fn an_explanation_for_programs_fits_its_schema() {
    let Some(text) = explained("ptb-xl/00001_hr", &["--reading", "-", "--json"], REPORT) else { return };
    let document: Value = serde_json::from_str(&text).unwrap();
    schema::validate(&schema::validator("explanation"), &document);
    let explanation: Explanation = serde_json::from_value(document).unwrap();
    let reading = explanation.reading.unwrap();
    let claims: Vec<(&str, String)> = reading
        .claims
        .iter()
        .map(|claim| (&reading.text[claim.from..claim.to], format!("{:?}", claim.verdict)))
        .collect();
    let expected = [
        ("heart rate of 64 bpm", "Supported"),
        ("no tachycardia", "Supported"),
        ("ventricular rate is 110 bpm", "Contradicted"),
    ];
    assert_eq!(claims, expected.map(|(words, verdict)| (words, verdict.to_owned())));
    assert_eq!(reading.grounding_score, Some(2.0 / 3.0));
    assert_eq!((explanation.leads.len(), explanation.absent_leads.len()), (12, 0));
}

#[test]
fn the_shipped_model_reads_and_says_what_it_is() {
    let Some(text) = explained("ptb-xl/00001_hr", &["--json"], "") else { return };
    let explanation: Explanation = serde_json::from_str(&text).unwrap();
    schema::validate(&schema::validator("explanation"), &serde_json::from_str(&text).unwrap());
    let reading = explanation.reading.unwrap();
    assert_eq!((reading.model.as_str(), reading.trained, reading.remark), ("gem-small", true, None));
    // Ten seconds of a sinus rhythm at 64 bpm, as its cardiologist has it.
    assert!(reading.text.to_lowercase().contains("sinus"), "{}", reading.text);
    assert!(reading.claims.len() >= 5, "{:#?}", reading.claims);
    assert!(reading.grounding_score.unwrap() >= 0.8, "{:#?}", reading.claims);
}

/// The page that `explain` draws.
fn page(record: &str, layout: &str) -> Option<PageInfo> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.png");
    let image = path.to_str().unwrap();
    let text = explained(record, &["--reading", "-", "--image", image, "--layout", layout], REPORT)?;
    assert!(text.ends_with(&format!("\nPage: {image}\n")), "{text}");
    let png = fs::read(&path).unwrap();
    let info = read_page_info(&png).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert!(pixels.iter().any(|pixel| *pixel != pixels[0]), "the page is empty");
    Some(info)
}

#[test]
fn the_page_knows_its_record_and_its_geometry() {
    for (layout, name, traces) in [("clinician", "clinician-3x4", 13), ("gem", "gem-12x1", 12)] {
        let Some(info) = page("ptb-xl/00001_hr", layout) else { return };
        assert_eq!((info.stream_id.as_str(), info.start.as_str()), ("00001_hr", "1970-01-01T00:00:00Z"));
        assert!((info.seconds - 10.0).abs() < 1e-9 && (info.rate_hz - 500.0).abs() < 1e-9, "{info:?}");
        assert_eq!(info.layout, name);
        assert_eq!(info.geometry.traces.len(), traces);
        // The middle of a trace is found again: the pixel leads to the lead and to the sample.
        for trace in &info.geometry.traces {
            let seconds = f64::midpoint(trace.start_s, trace.end_s());
            let (lead, sample) = info.sample_at(trace.x_of(seconds), trace.y_of(0.0)).unwrap();
            assert_eq!((lead, sample), (trace.lead.clone(), (seconds * 500.0).round() as u64));
        }
    }
}

#[test]
fn missing_leads_are_named() {
    let Some(text) = explained("mitdb/100", &["--model", "none", "--at", "300"], "") else { return };
    assert!(text.contains("  recorded  MLII V5\n"), "{text}");
    assert!(text.contains("  derived   none\n"), "{text}");
    assert!(text.contains("  missing   I II III aVR aVL aVF V1 V2 V3 V4 V6\n"), "{text}");
    assert!(!text.contains("Reading by"), "{text}");
    let Some(text) = explained("mitdb/100", &["--model", "none", "--json"], "") else { return };
    schema::validate(&schema::validator("explanation"), &serde_json::from_str(&text).unwrap());
}

/// Seconds at the head of a line of the demo.
fn seconds(line: &str) -> f64 {
    line.trim_start().split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("no time in {line}"))
}

/// Takes 40 s, for it is played at the speed of life.
#[test]
fn the_demo_shows_an_asystole_raised_read_and_over() {
    let output = run(&["demo", "--beds", "2", "--duration", "40s"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
    let line = |what: &str| text.lines().find(|line| line.contains("bed-01") && line.contains(what));
    let raised = line("!!! ASYSTOLE: no QRS complex for").unwrap_or_else(|| panic!("{text}"));
    // The patient goes into asystole after 20 s.
    assert!((23.0..=25.0).contains(&seconds(raised)), "{text}");
    let read = line("Asystole read:").unwrap_or_else(|| panic!("{text}"));
    if read.contains("onnx runtime cannot be used") {
        left_out("the reading of the demo, for there is no ONNX Runtime");
    } else {
        assert!(!read.contains('['), "{text}");
    }
    let over = line("Asystole over, not acknowledged").unwrap_or_else(|| panic!("{text}"));
    assert!((32.0..=36.0).contains(&seconds(over)), "{text}");
    let asystoles = text.lines().filter(|line| line.contains("!!!")).count();
    assert_eq!(asystoles, 1, "{text}");
    let found = text.lines().find_map(|line| line.strip_prefix("bed-01: asystole began at 20.0 s, raised ")).unwrap();
    assert!((3.0..=5.0).contains(&seconds(found)), "{text}");
    assert!(text.contains("bed-02 appears") && text.contains("2 beds; published: "), "{text}");
}
