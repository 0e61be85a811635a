//! Tables of other programs, and the statements in the comments of a header: refused with a reason, or numbers that are some.
#![no_main]

use std::collections::BTreeMap;

use gemwatch::{
    dataset::statements,
    validate::{detections, episodes, rows::read_rows},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let comments: Vec<String> = text.lines().map(str::to_owned).collect();
    statements::of_comments(&comments);
    statements::of_scp_codes(text);
    episodes::Reference::of_simulation(&comments);
    episodes::Reference::without_fibrillation(&comments);
    let rows = match read_rows(text) {
        Ok(rows) => rows,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let rates_hz: BTreeMap<String, f64> = [("100".to_owned(), 360.0), ("r".to_owned(), 500.0)].into();
    let _ = detections::beats(&rows, &rates_hz);
    let _ = episodes::of_table(&rows);
});
