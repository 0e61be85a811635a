//! `gemwatch dataset` and `gemwatch evaluate` as programs: files that others read, the same bytes for the same seed, and what
//! comes of a broken run.

#[expect(dead_code, reason = "it serves other tests as well")]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gemwatch::source::recordings::Record;
use program::{gemwatch, stderr, stdout};

/// Every file of a folder and what is in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in
        walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file())
    {
        let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        found.insert(name, fs::read(entry.path()).unwrap());
    }
    found
}

fn run(arguments: &[&str]) -> String {
    let output = gemwatch().args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn a_question_file_with_records_and_pages_that_the_same_seed_makes_again() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, seed: &str| {
        let out = folder.path().join(name);
        run(&["dataset", "--simulated", "3", "--seed", seed, "--out", out.to_str().unwrap()]);
        files(&out)
    };
    let made = make("one", "4");
    assert!(made == make("two", "4"), "the same seed made other files");
    assert!(made["questions.json"] != make("three", "5")["questions.json"]);
    let questions: Vec<serde_json::Value> = serde_json::from_slice(&made["questions.json"]).unwrap();
    let lines = String::from_utf8(made["windows.jsonl"].clone()).unwrap();
    assert_eq!((questions.len(), lines.lines().count()), (3, 3));
    for (question, line) in questions.iter().zip(lines.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        assert_eq!(question["conversations"][1]["value"], line["text"]);
        assert_eq!(text(&question["conversations"][0]["value"]), format!("<image>\n{}", text(&line["question"])));
        assert!(made.contains_key(&format!("images/{}", text(&question["image"]))));
        let record = Record::open(&folder.path().join("one/ecg").join(text(&question["ecg"]))).unwrap();
        assert_eq!((record.signals.len(), record.samples, record.rate_hz), (12, 5000, 500.0));
    }
}

#[test]
fn flat_arrays_hold_what_their_description_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("train");
    run(&["dataset", "--simulated", "2", "--tensors", "--out", out.to_str().unwrap()]);
    let made = files(&out);
    let description: serde_json::Value = serde_json::from_slice(&made["dataset.json"]).unwrap();
    assert_eq!(description["ecg"]["shape"], serde_json::json!([2, 12, 5000]));
    assert_eq!(made["ecg.i16"].len(), 2 * 12 * 5000 * 2);
    assert_eq!(description["pixels"]["shape"], serde_json::json!([2, 336, 336]));
    assert_eq!(made["pixels.u8"].len(), 2 * 336 * 336);
    // White paper with dark traces, between the two grey bands of the square.
    let page = &made["pixels.u8"][168 * 336..170 * 336];
    assert!(page.iter().any(|value| *value > 240) && made["pixels.u8"][..336].iter().all(|value| *value == 122));
    let again = ["dataset", "--simulated", "2", "--tensors", "--out", out.to_str().unwrap()];
    let again = gemwatch().args(again).output().unwrap();
    assert!(
        again.status.code() == Some(2) && stderr(&again).contains("holds a data set already"),
        "{}",
        stderr(&again)
    );
}

#[test]
fn answers_are_scored_against_the_waveform() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("data");
    run(&["dataset", "--simulated", "6", "--seed", "9", "--out", out.to_str().unwrap()]);
    let questions: Vec<serde_json::Value> =
        serde_json::from_slice(&fs::read(out.join("questions.json")).unwrap()).unwrap();
    let score = |name: &str, text: &dyn Fn(&serde_json::Value) -> String| -> BTreeMap<String, f64> {
        let answers = folder.path().join(name);
        let line = |question: &serde_json::Value| {
            serde_json::json!({ "question_id": question["id"], "text": text(question) }).to_string() + "\n"
        };
        fs::write(&answers, questions.iter().map(line).collect::<String>()).unwrap();
        let questions = out.join("questions.json");
        let json = run(&["evaluate", questions.to_str().unwrap(), "--answers", answers.to_str().unwrap(), "--json"]);
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let mean = |mean: &serde_json::Value| Some((mean["criterion"].as_str()?.to_owned(), mean["mean"].as_f64()?));
        report["computed"].as_array().unwrap().iter().filter_map(mean).collect()
    };
    let own = score("own.jsonl", &|question| question["conversations"][1]["value"].as_str().unwrap().to_owned());
    let wrong =
        score("wrong.jsonl", &|_| "Ventricular fibrillation at 20 bpm with a PR interval of 400 ms.".to_owned());
    assert!(own["GroundedECGUnderstanding"] > 90.0 && wrong["GroundedECGUnderstanding"] < 30.0, "{own:?} {wrong:?}");
    assert!(own["AnalysisCompleteness"] > wrong["AnalysisCompleteness"]);
    // How it is argued is for a judge to say.
    assert!(!own.contains_key("EvidenceBasedReasoning"));
}
