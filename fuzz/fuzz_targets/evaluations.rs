//! JSON that others write: answers, questions, and what the topics carry. Refused, or the same when it is written and read again.
#![no_main]

use std::{fmt::Debug, fs, path::Path};

use gemwatch::{
    evaluate::files::{self, Answer},
    evaluate::judge::Judgement,
    wire::{Alert, Explanation, RoundReading, Vitals},
};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

thread_local! {
    static FOLDER: tempfile::TempDir = {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        made.expect("a folder for the files can be made")
    };
}

fuzz_target!(|bytes: &[u8]| {
    comes_back::<Alert>(bytes);
    comes_back::<Vitals>(bytes);
    comes_back::<Explanation>(bytes);
    comes_back::<RoundReading>(bytes);
    FOLDER.with(|folder| {
        let path = folder.path().join("file");
        fs::write(&path, bytes).expect("the folder can be written");
        if let Err(error) = files::questions(&path) {
            assert!(!error.to_string().is_empty());
        }
        if let Ok(judgements) = files::lines::<Judgement>(&path) {
            for judgement in judgements {
                assert!(judgement.scores().values().all(|score| score.is_finite()));
            }
        }
        if let Ok(answers) = files::lines::<Answer>(&path) {
            let mut lines = Vec::new();
            for answer in &answers {
                serde_json::to_writer(&mut lines, answer).expect("an answer is JSON");
                lines.push(b'\n');
            }
            fs::write(&path, lines).expect("the folder can be written");
            assert_eq!(files::lines::<Answer>(&path).expect("what was written can be read"), answers);
        }
    });
});

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_vec(&value).expect("what was JSON is JSON");
    assert_eq!(serde_json::from_slice::<T>(&written).expect("what was written can be read"), value);
}
