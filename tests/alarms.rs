//! Alarms against the truth: on simulated patients, whose figures `docs/alarms.md` states, and on recordings.
//!
//! `docs/alarms.md` is made from the catalogue and from what is measured here: `GEMWATCH_WRITE=1 cargo test --test alarms`
//! writes it anew. Seeds are fixed, so the figures are the same each time.

#[expect(dead_code, reason = "it serves other tests as well")]
mod program;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use gemwatch::alarm::{AlarmCode, CATALOGUE};
use program::{gemwatch, recordings, stderr, stdout};
use serde_json::Value;
use simulators::record::record_trial;
use simulators::scenario::{TrialCode, trial};

/// Simulated episodes of each alarm.
const EPISODES: usize = 20;
const SEED: u64 = 20_261_125;

/// The report of `gemwatch validate alarms --json`.
fn validate(arguments: &[&str], folder: &Path) -> Value {
    let mut command = gemwatch();
    let output = command.args(["validate", "alarms", "--json"]).arg(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// The row of a code in a report.
fn row(report: &Value, code: &str) -> Value {
    let rows = report["codes"].as_array().unwrap();
    rows.iter().find(|row| row["code"] == code).cloned().unwrap_or_else(|| panic!("no {code} in {report:#}"))
}

/// Scores simulated episodes of an alarm; none where they are not simulated yet.
fn simulated(code: AlarmCode) -> Option<Value> {
    let trial_code = TrialCode::ALL.into_iter().find(|one| one.name() == code.as_str())?;
    let folder = tempfile::tempdir().unwrap();
    for bed in trial(trial_code, EPISODES, SEED, 0.0) {
        record_trial(&bed, folder.path()).unwrap();
    }
    Some(row(&validate(&["--shortest", "0"], folder.path()), code.as_str()))
}

fn seconds(row: &Value, key: &str) -> String {
    row[key].as_f64().map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1}"))
}

/// The document, and what of it must hold.
fn document() -> String {
    let mut text = format!(
        "# Alarms\n\n\
         Made by `GEMWATCH_WRITE=1 cargo test --test alarms` from the catalogue (`src/alarm/rows.rs`) and from {EPISODES} simulated\n\
         episodes of each alarm (`bedside trial`, seed {SEED}): other hearts each time, clean to 6 dB noise, 1 to 12 leads, normal\n\
         conduction, bundle branch block and paced. Found is how many were raised; delays run from the episode's onset to the\n\
         alarm: median, 95 %, longest. Limits, their defaults and ranges are in `config/gemwatch.toml`.\n\n\
         | alarm | name | priority | definition | delay by design | found | delay measured, s | source |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for spec in &CATALOGUE {
        let priority = format!("{:?}", spec.priority).to_lowercase();
        let latching = if spec.latching { ", latches" } else { "" };
        let (found, delays) = simulated(spec.code).map_or(("-".to_owned(), "-".to_owned()), |row| {
            let delays = ["median_delay_s", "p95_delay_s", "longest_delay_s"].map(|key| seconds(&row, key));
            (format!("{} of {}", row["found"], row["episodes"]), delays.join(", "))
        });
        let _ = writeln!(
            text,
            "| {} | {} | {priority}{latching} | {} | {} | {found} | {delays} | {} |",
            spec.text, spec.name, spec.definition, spec.delay, spec.source
        );
    }
    text += "\nWith `alarms.latching = false` no alarm latches. While an alarm of a higher rank stands, one of medium or low priority is logged\n\
             (`announced: false`) and announced if it is still there afterwards; high priority is never held back. While it is noisy\n\
             only high priority is looked for.\n";
    text
}

/// What the document says is what is measured, and high priority is found as often as it says at least.
#[test]
fn the_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/alarms.md");
    let text = document();
    if env::var_os("GEMWATCH_WRITE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "docs/alarms.md is not current; now it would say\n{text}");
}

/// A folder of the test recordings.
fn folder(name: &str) -> Option<PathBuf> {
    Some(recordings()?.join(name))
}

#[test]
fn every_long_fibrillation_is_raised_within_seconds() {
    let Some(vfdb) = folder("vfdb") else { return };
    let row_of_vfdb = row(&validate(&[], &vfdb), "VFIB");
    let cudb = vfdb.with_file_name("cudb");
    let table = cudb.join("vf_windows_5s.csv");
    let row_of_cudb = row(&validate(&["--episodes", table.to_str().unwrap()], &cudb), "VFIB");
    for (row, episodes) in [(row_of_vfdb, 6), (row_of_cudb, 23)] {
        assert_eq!((&row["episodes"], &row["found"]), (&episodes.into(), &episodes.into()), "{row:#}");
        assert!(row["median_delay_s"].as_f64().unwrap() <= 6.0, "{row:#}");
    }
}

#[test]
fn no_true_alarm_of_the_challenge_is_suppressed() {
    let Some(folder) = folder("cinc2015") else { return };
    let challenge = &validate(&[], &folder)["challenge"];
    assert_eq!(challenge["false_negatives"], 0, "{challenge:#}");
    assert!(challenge["score"].as_f64().unwrap() >= 90.0, "{challenge:#}");
}

#[test]
fn long_atrial_fibrillation_is_told() {
    let Some(folder) = folder("cpsc2021") else { return };
    let row = row(&validate(&["--shortest", "30"], &folder), "AFIB");
    assert_eq!(row["found"], row["episodes"], "{row:#}");
    assert!(row["longest_delay_s"].as_f64().unwrap() <= 30.0, "{row:#}");
}
