//! Windows of recordings.
//!
//! In: a WFDB record. Out: its windows of ten seconds, one after the other, with the diagnosis statements that came with it.
//! What is said of them is what the criteria say: nobody knows the truth.

use super::facts::Facts;
use super::text;
use super::{SECONDS, Window, statements};
use crate::criteria::examine;
use crate::measure::measure;
use crate::source::recordings::{Label, Record, RecordError};

/// The first `most` windows of a record, as many as it has; a record shorter than a window has one that ends early.
pub fn windows(record: &Record, seed: u64, most: usize) -> Result<Vec<Window>, RecordError> {
    let length_s = record.samples as f64 / record.rate_hz;
    let count = ((length_s / SECONDS).floor() as usize).clamp(1, most.max(1));
    let from_header = statements::of_comments(&record.comments);
    (0..count)
        .map(|index| {
            let from_s = index as f64 * SECONDS;
            let strip = record.window(from_s, SECONDS)?;
            let measurements = measure(&strip);
            let facts = Facts::of_recording(&measurements, &examine(&strip, &measurements));
            let id = if most > 1 { format!("{}-{index:03}", record.name) } else { record.name.clone() };
            let own_seed = seed ^ hash(&id);
            let mut statements = from_header.clone();
            statements.extend(rhythm_at(record, from_s));
            Ok(Window {
                question: text::question(own_seed).to_owned(),
                text: text::write(&facts, own_seed),
                id,
                seed: None,
                strip,
                measurements,
                truth: None,
                statements,
                facts,
            })
        })
        .collect()
}

/// The rhythm that the reference annotations name for this moment, where there are any.
fn rhythm_at(record: &Record, at_s: f64) -> Option<String> {
    let annotations = record.annotations("atr").ok()?.annotations;
    let sample = (at_s * record.rate_hz) as i64;
    let rhythms = annotations.iter().filter(|annotation| annotation.label == Label::RHYTHM);
    let own = rhythms.take_while(|annotation| annotation.sample <= sample + record.rate_hz as i64).last()?;
    statements::of_rhythm(own.aux.as_deref()?).map(str::to_owned)
}

/// FNV-1a (Fowler, Noll, Vo): the words of a window depend on its name, not on its place among the arguments.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
