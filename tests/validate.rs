//! Scores of `gemwatch validate`: against numbers that an independent scorer gave for the same tables, and of the alarm
//! path against what `replay` wrote of it.
//!
//! The tables are reference annotations of the test recordings, moved, dropped and renamed by fixed rules, so that every
//! rule of the scoring has work to do. The committed numbers were printed by the scorer beside the recordings:
//! `peers.py quality-qrs mitdb --records 207,208 --detectors none --external x=beats.csv` and
//! `peers.py quality-delineation ludb --records 1,5 --detectors none --external x=points.csv` (and `qtdb --records
//! sel100,sel231`). Where `GEMWATCH_PYTHON` names a Python with wfdb and numpy, it is run again.

#![expect(clippy::unreadable_literal, reason = "the numbers stand as the scorer printed them")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gemwatch::source::recordings::{Label, Record, read_annotations};
use serde_json::Value;
use tempfile::TempDir;

/// The folder of test recordings; `None`, said aloud, where it is missing. With `CI` set it must be there.
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("GEMWATCH_RECORDINGS")
        .map_or_else(|| Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/ecg")).to_owned(), PathBuf::from);
    if folder.join("MANIFEST.csv").is_file() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no recordings at {}", folder.display());
    eprintln!("left out: no recordings at {} (set GEMWATCH_RECORDINGS)", folder.display());
    None
}

/// Runs gemwatch, which must succeed, and gives its standard output.
fn gemwatch<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_gemwatch"))
        .args(arguments)
        .env("ORT_DISABLE_TELEMETRY", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

/// The scorer's JSON for a table; none, said aloud, where no Python is named.
fn scorer(recordings: &Path, arguments: &[&str], table: &Path) -> Option<Value> {
    let Some(python) = std::env::var_os("GEMWATCH_PYTHON") else {
        eprintln!("left out: the scorer is not run again (GEMWATCH_PYTHON names no Python with wfdb and numpy)");
        return None;
    };
    let json = table.with_extension("json");
    let output = Command::new(python)
        .arg(recordings.join("../bench/peers.py"))
        .args(arguments)
        .args(["--detectors", "none", "--external", &format!("x={}", table.display()), "--json"])
        .arg(&json)
        .current_dir(recordings)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    if words.contains("ModuleNotFoundError") {
        eprintln!("left out: the scorer is not run again (GEMWATCH_PYTHON has no wfdb or numpy)");
        return None;
    }
    assert!(output.status.success(), "{words}");
    Some(serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap())
}

/// Equal but for the last bits of a sum.
fn assert_same(what: &str, ours: &Value, theirs: f64) {
    let ours = ours.as_f64().unwrap_or_else(|| panic!("{what}: {ours}"));
    assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{what}: {ours} instead of {theirs}");
}

/// Beats moved by up to 65 samples (the window is 54), each 29th missing, each 17th doubled, some classes wrong.
fn moved_beats(folder: &Path, names: &[&str]) -> String {
    let mut table = "record,sample,label\n".to_owned();
    for name in names {
        let file = read_annotations(&folder.join(format!("{name}.atr"))).unwrap();
        for (k, beat) in file.beats().enumerate().filter(|(k, _)| k % 29 != 0) {
            let label = match k % 143 {
                n if n % 11 == 0 => "V",
                n if n % 13 == 0 => "A",
                _ => beat.label.mnemonic(),
            };
            let offset = (k as i64 * 7919) % 131 - 65;
            let offset = if k % 5 == 0 { offset } else { offset / 8 };
            writeln!(table, "{name},{},{label}", beat.sample + offset).unwrap();
            if k % 17 == 0 {
                writeln!(table, "{name},{},N", beat.sample + 100).unwrap();
            }
        }
        for flutter in file.annotations.iter().filter(|annotation| annotation.label == Label::FLUTTER_WAVE) {
            writeln!(table, "{name},{},V", flutter.sample).unwrap();
        }
    }
    table
}

#[test]
fn beats_score_as_the_independent_scorer_scores_them() {
    let Some(recordings) = recordings() else { return };
    let folder = recordings.join("mitdb");
    let temp = TempDir::new().unwrap();
    let table = temp.path().join("beats.csv");
    fs::write(&table, moved_beats(&folder, &["207", "208"])).unwrap();
    let records = [path(&folder, "207"), path(&folder, "208.hea")];
    let arguments = ["validate", "beats", &records[0], &records[1], "--json", "--beats"];
    let ours: Value =
        serde_json::from_str(&gemwatch(arguments.iter().map(Path::new).chain([table.as_path()]))).unwrap();
    let gross = &ours["gross"];
    let expected = BEATS;
    let mut all: Vec<(&str, &Value, f64)> = Vec::new();
    for ((name, theirs), value) in expected.iter().zip([
        &gross["true_positives"],
        &gross["false_negatives"],
        &gross["false_positives"],
        &gross["se"],
        &gross["ppv"],
        &ours["bias_ms"],
        &ours["jitter_ms"],
        &gross["v_se"],
        &gross["v_ppv"],
        &gross["s_se"],
        &gross["s_ppv"],
    ]) {
        all.push((name, value, *theirs));
    }
    if let Some(theirs) = scorer(&recordings, &["quality-qrs", "mitdb", "--records", "207,208"], &table) {
        for (name, committed) in expected {
            assert_same(name, &theirs["results"][0][*name], *committed);
        }
    }
    for (name, ours, theirs) in all {
        assert_same(name, ours, theirs);
    }
}

/// What the scorer prints for these beats.
const BEATS: &[(&str, f64)] = &[
    ("TP", 3761.0),
    ("FN", 268.0),
    ("FP", 359.0),
    ("Se", 93.3482253660958),
    ("PP", 91.2864077669903),
    ("bias_ms", -0.07016455434429378),
    ("sd_ms", 37.96029800749166),
    ("VEB_Se", 86.92390139335477),
    ("VEB_PP", 74.67771639042357),
    ("SVEB_Se", 81.65137614678899),
    ("SVEB_PP", 24.79108635097493),
];

/// Points moved by up to 90 samples, each 23rd missing.
fn moved_points(folder: &Path, name: &str, annotators: &[(&str, &str)]) -> String {
    let mut table = String::new();
    let rate_hz = Record::open(&folder.join(name)).unwrap().rate_hz;
    for (annotator, lead) in annotators {
        let file = read_annotations(&folder.join(format!("{name}.{annotator}"))).unwrap();
        let marks = file.annotations.windows(3).enumerate().filter(|(k, _)| k % 23 != 0);
        for (k, three) in marks {
            let wave = match three[1].label.mnemonic() {
                "p" => "P",
                "N" => "QRS",
                "t" => "T",
                _ => continue,
            };
            let shift = (k as i64 * 7919 + i64::from(lead.as_bytes()[lead.len() - 1])) % 181 - 90;
            let shift = if k % 5 == 0 { shift } else { shift / 16 };
            for (mark, point) in three.iter().zip(["on", "peak", "off"]) {
                let time_s = (mark.sample + shift) as f64 / rate_hz;
                writeln!(table, "{name},{lead},{wave}_{point},{time_s}").unwrap();
            }
        }
    }
    table
}

/// Each point's row of the independent scorer: n, Se, mean, SD, SD within a record, median.
type PointRows = &'static [(&'static str, [f64; 6])];

fn check_points(names: &[&str], database: &str, annotators: &[(&str, &str)], expected: PointRows) {
    let Some(recordings) = recordings() else { return };
    let folder = recordings.join(database);
    let temp = TempDir::new().unwrap();
    let table = temp.path().join("points.csv");
    let rows: String = names.iter().map(|name| moved_points(&folder, name, annotators)).collect();
    fs::write(&table, format!("record,lead,point,time_s\n{rows}")).unwrap();
    let records: Vec<String> = names.iter().map(|name| path(&folder, name)).collect();
    let arguments = ["validate", "intervals", &records[0], &records[1], "--json", "--points"];
    let ours: Value =
        serde_json::from_str(&gemwatch(arguments.iter().map(Path::new).chain([table.as_path()]))).unwrap();
    let points = ours[0]["points"].as_array().unwrap();
    let by_name: BTreeMap<&str, &Value> =
        points.iter().map(|point| (point["point"].as_str().unwrap(), point)).collect();
    let theirs = scorer(&recordings, &["quality-delineation", database, "--records", &names.join(",")], &table);
    assert_eq!(by_name.len(), expected.len());
    for (name, expected) in expected {
        let ours = by_name[name];
        let keys = ["count", "found", "mean_ms", "sd_ms", "sd_within_record_ms", "median_abs_ms"];
        for ((key, their_key), expected) in
            keys.into_iter().zip(["n", "Se", "mean_ms", "sd_ms", "sd_record_ms", "median_abs_ms"]).zip(expected)
        {
            if let Some(theirs) = &theirs {
                assert_same(&format!("{name} {key}"), &theirs["results"][0]["points"][name][their_key], *expected);
            }
            assert_same(&format!("{name} {key}"), &ours[key], *expected);
        }
    }
}

#[test]
fn points_of_ludb_score_as_the_independent_scorer_scores_them() {
    check_points(&["1", "5"], "ludb", &[("ii", "II"), ("v2", "V2"), ("avr", "aVR")], LUDB);
}

/// What the scorer prints for LUDB.
const LUDB: PointRows = &[
    ("P_on", [132.0, 25.0, 10.787878787878787, 24.395426267503225, 25.24615568199569, 6.0]),
    ("P_peak", [132.0, 25.0, 10.787878787878787, 24.395426267503225, 25.24615568199569, 6.0]),
    ("P_off", [132.0, 25.0, 10.787878787878787, 24.395426267503225, 25.24615568199569, 6.0]),
    ("QRS_on", [156.0, 21.153846153846153, -19.515151515151516, 45.13959574215217, 46.65749785765432, 6.0]),
    ("QRS_off", [156.0, 21.153846153846153, -19.515151515151516, 45.13959574215217, 46.65749785765432, 6.0]),
    ("T_peak", [132.0, 21.96969696969697, 7.103448275862069, 29.90369003592309, 31.118445483591053, 4.0]),
    ("T_off", [132.0, 21.96969696969697, 7.103448275862069, 29.90369003592309, 31.118445483591053, 4.0]),
];

#[test]
fn points_of_qtdb_score_as_the_independent_scorer_scores_them() {
    check_points(&["sel100", "sel231"], "qtdb", &[("q1c", "MLII"), ("q1c", "V5")], QTDB);
}

/// What the scorer prints for QTDB.
const QTDB: PointRows = &[
    ("P_on", [80.0, 88.75, 7.774647887323944, 21.59694630415951, 19.06813840031334, 4.0]),
    ("P_peak", [80.0, 88.75, 7.774647887323944, 21.59694630415951, 19.06813840031334, 4.0]),
    ("P_off", [80.0, 88.75, 7.774647887323944, 21.59694630415951, 19.06813840031334, 4.0]),
    ("QRS_on", [80.0, 82.5, 8.848484848484848, 25.579491325907846, 25.182058517841874, 12.0]),
    ("QRS_off", [80.0, 82.5, 8.848484848484848, 25.579491325907846, 25.182058517841874, 12.0]),
    ("T_peak", [80.0, 88.75, -6.985915492957746, 31.0617254437379, 30.29357276893252, 4.0]),
    ("T_off", [80.0, 88.75, -6.985915492957746, 31.0617254437379, 30.29357276893252, 4.0]),
];

#[test]
fn the_points_of_the_alarm_path_are_scored_without_a_table() {
    let Some(recordings) = recordings() else { return };
    let records = ["ludb/1", "ludb/5", "qtdb/sel100"].map(|name| path(&recordings, name));
    let arguments = ["validate", "intervals", "--json"].into_iter().chain(records.iter().map(String::as_str));
    let reports: Value = serde_json::from_str(&gemwatch(arguments)).unwrap();
    for report in reports.as_array().unwrap() {
        for point in report["points"].as_array().unwrap() {
            let (found, mean_ms) = (point["found"].as_f64().unwrap(), point["mean_ms"].as_f64().unwrap());
            assert!(found >= 95.0 && mean_ms.abs() <= 15.0, "{point}");
        }
    }
    assert_eq!(reports[0]["points"].as_array().unwrap().len(), 7);
    let intervals = reports[0]["intervals"].as_array().unwrap();
    let names: Vec<&str> = intervals.iter().map(|interval| interval["interval"].as_str().unwrap()).collect();
    assert_eq!(names, ["PR", "QRS", "QT"]);
    for interval in intervals {
        assert_eq!((&interval["records"], &interval["measured"]), (&Value::from(2), &Value::from(2)), "{interval}");
        assert!(interval["mean_ms"].as_f64().unwrap().abs() <= 20.0, "{interval}");
    }
}

#[test]
fn the_alarm_path_scores_as_what_replay_wrote_of_it() {
    let Some(recordings) = recordings() else { return };
    let temp = TempDir::new().unwrap();
    let record = path(&recordings, "cudb/cu01");
    let (beats, alerts) = (path(temp.path(), "beats.jsonl"), path(temp.path(), "alerts.jsonl"));
    let folder = path(temp.path(), "");
    gemwatch([
        "replay",
        &record,
        "--model",
        "none",
        "--beats",
        &beats,
        "--alerts",
        &alerts,
        "--annotations",
        "gw",
        "--annotations-dir",
        &folder,
    ]);
    let straight = gemwatch(["validate", "beats", &record, "--learning", "10", "--json"]);
    let written = gemwatch(["validate", "beats", &record, "--learning", "10", "--json", "--beats", &beats]);
    assert_eq!(straight, written);
    let report: Value = serde_json::from_str(&straight).unwrap();
    assert!(report["gross"]["true_positives"].as_u64().unwrap() > 0, "{straight}");

    let annotations = read_annotations(&temp.path().join("cu01.gw")).unwrap();
    assert_eq!(annotations.rate_hz, None, "samples are those of the record");
    let rate_hz = Record::open(Path::new(&record)).unwrap().rate_hz;
    let rows = fs::read_to_string(&beats).unwrap();
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut from_rows: Vec<(i64, String)> = rows
        .map(|row| {
            let sample = (row["time_s"].as_f64().unwrap() * rate_hz).round_ties_even() as i64;
            (sample, row["label"].as_str().unwrap().to_owned())
        })
        .collect();
    from_rows.sort_by_key(|(sample, _)| *sample);
    let from_annotations: Vec<(i64, String)> =
        annotations.annotations.iter().map(|beat| (beat.sample, beat.label.to_string())).collect();
    assert_eq!(from_annotations, from_rows);
    assert!(from_rows.len() > 100);
}

/// The bars for ventricular beats on MIT-BIH records (EC57, gross, five minutes of learning).
#[test]
fn ventricular_beats_of_mitdb_are_told() {
    let Some(recordings) = recordings() else { return };
    let names = ["100", "105", "118", "119", "203", "207", "208", "217", "222", "231"];
    let records = names.map(|name| path(&recordings.join("mitdb"), name));
    let arguments = ["validate", "beats", "--json"].into_iter().chain(records.iter().map(String::as_str));
    let report: Value = serde_json::from_str(&gemwatch(arguments)).unwrap();
    let rate = |name: &str| report["gross"][name].as_f64().unwrap();
    let [se, ppv, fpr] = ["v_se", "v_ppv", "v_fpr"].map(rate);
    eprintln!("V Se {se:.1} %, +P {ppv:.1} %, FPR {fpr:.2} %");
    assert!(se >= 93.0 && ppv >= 94.0 && fpr <= 0.5, "V Se {se} +P {ppv} FPR {fpr}");
}

#[test]
fn diagnoses_are_scored_against_the_statements_of_recordings() {
    let Some(folder) = recordings() else { return };
    // Statements of the header, and of PTB-XL's table.
    let records = ["ludb/1", "ptb-xl/00012_hr", "ptb-xl/00001_hr"].map(|name| path(&folder, name));
    let arguments = ["validate", "diagnoses", "--json", "--list"].map(str::to_owned);
    let report: Value = serde_json::from_str(&gemwatch(arguments.into_iter().chain(records))).unwrap();
    assert_eq!(report["records"], 3);
    let row = |name: &str| {
        let rows = report["diagnoses"].as_array().unwrap();
        rows.iter().find(|row| row["diagnosis"] == name).unwrap_or_else(|| panic!("no row of {name}")).clone()
    };
    let bradycardia = row("sinus bradycardia");
    assert_eq!((&bradycardia["stated"], &bradycardia["criteria"]["sensitivity"]), (&2.into(), &100.0.into()));
    assert_eq!((&row("sinus rhythm")["stated"], &row("paced rhythm")["stated"]), (&3.into(), &0.into()));
    let statements: Vec<&Value> =
        report["cases"].as_array().unwrap().iter().map(|case| &case["statements"][0]).collect();
    assert_eq!(statements, ["Rhythm: Sinus bradycardia", "normal ECG", "normal ECG"]);
    assert!(report["grounding"].is_null(), "nobody read");
}
