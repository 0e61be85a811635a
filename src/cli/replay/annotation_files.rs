//! Beats as WFDB annotation files, one a record: what `bxb` and other programs of WFDB compare and show.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::beat_rows::BeatRow;
use gemwatch::source::recordings::{Annotation, AnnotationFile, Label, Record, write_annotations};

/// Extensions of what belongs to a record, not to a detector.
const TAKEN: [&str; 6] = ["atr", "hea", "dat", "mat", "edf", "xws"];

/// The name of an annotator: the extension of its files.
pub fn parse_annotator(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 20 || !text.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        return Err("must be letters and digits, such as gw".to_owned());
    }
    if TAKEN.contains(&text.to_lowercase().as_str()) {
        return Err(format!("must be another than {text}: such files belong to the recordings"));
    }
    Ok(text.to_owned())
}

/// Annotations of every record, written when all has been heard.
pub struct AnnotationFiles {
    annotator: String,
    folder: PathBuf,
    rates_hz: HashMap<String, f64>,
    beats: BTreeMap<String, Vec<Annotation>>,
}

impl AnnotationFiles {
    /// For these records, whose names must differ.
    pub fn new(annotator: &str, folder: PathBuf, records: &[Record]) -> anyhow::Result<AnnotationFiles> {
        if !folder.is_dir() {
            bail!("{} is no folder: annotations cannot be written to it", folder.display());
        }
        let rates_hz: HashMap<_, _> = records.iter().map(|record| (record.name.clone(), record.rate_hz)).collect();
        if rates_hz.len() < records.len() {
            bail!("two of the records have the same name: their annotations would be one file");
        }
        let beats = rates_hz.keys().map(|name| (name.clone(), Vec::new())).collect();
        Ok(AnnotationFiles { annotator: annotator.to_owned(), folder, rates_hz, beats })
    }

    /// Notes a beat.
    pub fn take(&mut self, row: &BeatRow) {
        if let (Some(rate_hz), Some(beats)) = (self.rates_hz.get(row.stream_id), self.beats.get_mut(row.stream_id)) {
            let label = Label::from_mnemonic(row.label.encode_utf8(&mut [0; 4])).unwrap_or(Label::UNCLASSIFIABLE);
            let sample = row.sample(*rate_hz).max(0);
            beats.push(Annotation { sample, label, subtype: 0, channel: 0, number: 0, aux: None });
        }
    }

    /// Writes `RECORD.ANNOTATOR` for every record, also for those without beats.
    pub fn finish(self) -> anyhow::Result<()> {
        for (name, mut annotations) in self.beats {
            // A beat that was searched back for is said after the one that follows it.
            annotations.sort_by_key(|annotation| annotation.sample);
            let path = self.folder.join(format!("{name}.{}", self.annotator));
            let file = AnnotationFile { annotations, ..AnnotationFile::default() };
            write_annotations(&path, &file).with_context(|| format!("cannot write the annotations of {name}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotators_are_plain_words_and_never_those_of_the_recordings() {
        assert_eq!(parse_annotator("gw"), Ok("gw".to_owned()));
        for text in ["", "../gw", "a.b", "atr", "HEA", "dat", "gw gw"] {
            assert!(parse_annotator(text).is_err(), "{text}");
        }
    }
}
