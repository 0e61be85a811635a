//! Annotation files in the MIT format, `annot(5)`: bytes in, annotations out, and back.
//!
//! The file is a list of 16-bit words, low byte first: six bits of code and ten of value. A code up to 49 is an
//! annotation, its value the distance from the one before. Larger codes carry longer distances and the fields of
//! the annotation before them.

use std::path::{Path, PathBuf};

use super::{
    error::{AnnotationProblem, RecordError},
    labels::Label,
    record::read_bytes,
};

/// The largest annotation file read, in bytes: about thirty million beats.
const MAX_BYTES: u64 = 64 << 20;
/// The text, before a number, of the note that states the time unit of a file.
const TIME_RESOLUTION: &str = "## time resolution: ";

/// Codes of words that are no annotations.
const SKIP: u16 = 59;
const NUMBER: u16 = 60;
const SUBTYPE: u16 = 61;
const CHANNEL: u16 = 62;
const AUX: u16 = 63;
/// The largest value in a word.
const MAX_VALUE: i64 = 1023;

/// One annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The sample it belongs to, counted from 0 at the rate of the record or, if the file states one, of the file.
    pub sample: i64,
    /// What it says.
    pub label: Label,
    /// A subtype whose meaning depends on the label; usually 0.
    pub subtype: i8,
    /// The signal it belongs to; 0 if to all.
    pub channel: u8,
    /// A number whose meaning depends on the annotator; usually 0.
    pub number: i8,
    /// Text, such as the name of a rhythm. Never empty when read; an empty one is not written.
    pub aux: Option<String>,
}

/// The annotations of one file, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnnotationFile {
    /// Where it was read from; empty if it was made.
    pub path: PathBuf,
    /// The rate of the sample numbers, if the file states one; else it is the record's.
    pub rate_hz: Option<f64>,
    /// The annotations, without the note that states the rate.
    pub annotations: Vec<Annotation>,
}

impl AnnotationFile {
    /// With sample numbers at `rate_hz`, the frame rate of the record, whichever rate the file was written at.
    #[must_use]
    pub fn to_rate(mut self, rate_hz: f64) -> AnnotationFile {
        if let Some(own) = self.rate_hz.replace(rate_hz)
            && (own - rate_hz).abs() > f64::EPSILON * rate_hz
        {
            for annotation in &mut self.annotations {
                annotation.sample = (annotation.sample as f64 * (rate_hz / own)).round() as i64;
            }
        }
        self
    }

    /// The annotations that mark heartbeats.
    pub fn beats(&self) -> impl Iterator<Item = &Annotation> {
        self.annotations.iter().filter(|annotation| annotation.label.is_beat())
    }
}

/// Reads an annotation file.
pub fn read_annotations(path: &Path) -> Result<AnnotationFile, RecordError> {
    let bytes = read_bytes(path, MAX_BYTES)?;
    decode(&bytes).map_err(|(offset, problem)| RecordError::Annotations { path: path.to_owned(), offset, problem }).map(
        |mut annotations| {
            let rate_hz = annotations.first().and_then(stated_rate_hz);
            if rate_hz.is_some() {
                annotations.remove(0);
            }
            AnnotationFile { path: path.to_owned(), rate_hz, annotations }
        },
    )
}

/// Writes an annotation file, replacing what is at `path`.
///
/// The annotations are written in their order, which WFDB programs expect to be that of time. A rate, where there
/// is one, is stated in a note at the start.
pub fn write_annotations(path: &Path, file: &AnnotationFile) -> Result<(), RecordError> {
    let note = file.rate_hz.map(|rate_hz| Annotation {
        sample: 0,
        label: Label::NOTE,
        subtype: 0,
        channel: 0,
        number: 0,
        aux: Some(format!("{TIME_RESOLUTION}{rate_hz}")),
    });
    let notes = usize::from(note.is_some());
    let bytes = encode(note.iter().chain(&file.annotations)).map_err(|(index, problem)| RecordError::Unwritable {
        path: path.to_owned(),
        index: index.saturating_sub(notes),
        problem,
    })?;
    std::fs::write(path, bytes).map_err(|source| RecordError::Write { path: path.to_owned(), source })
}

/// The rate a note at the start of a file states.
fn stated_rate_hz(first: &Annotation) -> Option<f64> {
    if (first.sample, first.label) != (0, Label::NOTE) {
        return None;
    }
    let rate_hz: f64 = first.aux.as_deref()?.strip_prefix(TIME_RESOLUTION)?.trim().parse().ok()?;
    (rate_hz.is_finite() && rate_hz > 0.0).then_some(rate_hz)
}

/// The annotations in the bytes of a file; what follows the end marker is ignored. The error states the byte.
fn decode(bytes: &[u8]) -> Result<Vec<Annotation>, (usize, AnnotationProblem)> {
    let mut annotations: Vec<Annotation> = Vec::new();
    let mut sample = 0_i64;
    // Channel and number hold until they are changed, the other fields for one annotation.
    let (mut channel, mut number) = (0, 0);
    let mut offset = 0;
    loop {
        let at = offset;
        let mut take = |length: usize| {
            let taken = bytes.get(offset..).and_then(|rest| rest.get(..length)).ok_or((at, AnnotationProblem::NoEnd));
            offset += length;
            taken
        };
        let low_first = |pair: &[u8]| u16::from(pair[0]) | (u16::from(pair[1]) << 8);
        let word = low_first(take(2)?);
        let (code, value) = (word >> 10, word & 0x3ff);
        if word == 0 {
            return Ok(annotations);
        }
        if code == SKIP {
            let distance = take(4)?;
            let high_low = (u32::from(low_first(distance)) << 16) | u32::from(low_first(&distance[2..]));
            sample += i64::from(high_low as i32);
            continue;
        }
        if let Some(label) = Label::from_code(code as u8) {
            sample += i64::from(value);
            annotations.push(Annotation { sample, label, subtype: 0, channel, number, aux: None });
            continue;
        }
        if code < SKIP {
            return Err((at, AnnotationProblem::UnknownCode { code: code as u8 }));
        }
        let annotation = annotations.last_mut().ok_or((at, AnnotationProblem::NothingToDescribe))?;
        match code {
            NUMBER => {
                number = value as i8;
                annotation.number = number;
            }
            SUBTYPE => annotation.subtype = value as i8,
            CHANNEL => {
                channel = value as u8;
                annotation.channel = channel;
            }
            _ => {
                let length = usize::from(value & 0xff);
                let text = &take(length.next_multiple_of(2))?[..length];
                annotation.aux = aux_text(text);
            }
        }
    }
}

/// A text as it is meant: without the NUL at its end that many writers put, and Latin-1 where it is not UTF-8.
fn aux_text(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = &bytes[..end];
    let text = std::str::from_utf8(text).map_or_else(|_| text.iter().map(|b| char::from(*b)).collect(), str::to_owned);
    (!text.is_empty()).then_some(text)
}

/// The bytes of a file with these annotations. The error states the index of the annotation.
fn encode<'a>(annotations: impl Iterator<Item = &'a Annotation>) -> Result<Vec<u8>, (usize, AnnotationProblem)> {
    let mut bytes = Vec::new();
    let word = |bytes: &mut Vec<u8>, code: u16, value: u16| {
        bytes.extend_from_slice(&((code << 10) | (value & 0x3ff)).to_le_bytes());
    };
    let (mut sample, mut channel, mut number) = (0_i64, 0, 0);
    for (index, annotation) in annotations.enumerate() {
        let mut distance = annotation.sample.checked_sub(sample).ok_or((index, AnnotationProblem::TooFar))?;
        // Code 0 at distance 0 would be the end marker.
        let end_marker = annotation.label.code() == 0 && distance == 0;
        if !(0..=MAX_VALUE).contains(&distance) || end_marker {
            let rest = i64::from(annotation.label.code() == 0);
            let skip = i32::try_from(distance - rest).map_err(|_| (index, AnnotationProblem::TooFar))? as u32;
            word(&mut bytes, SKIP, 0);
            bytes.extend_from_slice(&((skip >> 16) as u16).to_le_bytes());
            bytes.extend_from_slice(&(skip as u16).to_le_bytes());
            distance = rest;
        }
        word(&mut bytes, u16::from(annotation.label.code()), distance as u16);
        if annotation.subtype != 0 {
            word(&mut bytes, SUBTYPE, annotation.subtype as u16);
        }
        if annotation.channel != channel {
            word(&mut bytes, CHANNEL, u16::from(annotation.channel));
        }
        if annotation.number != number {
            word(&mut bytes, NUMBER, annotation.number as u16);
        }
        let aux = annotation.aux.as_deref().unwrap_or_default().as_bytes();
        if !aux.is_empty() {
            let length =
                u8::try_from(aux.len()).map_err(|_| (index, AnnotationProblem::AuxTooLong { bytes: aux.len() }))?;
            word(&mut bytes, AUX, u16::from(length));
            bytes.extend_from_slice(aux);
            if aux.len() % 2 == 1 {
                bytes.push(0);
            }
        }
        (sample, channel, number) = (annotation.sample, annotation.channel, annotation.number);
    }
    word(&mut bytes, 0, 0);
    Ok(bytes)
}

#[cfg(test)]
#[path = "annotations_tests.rs"]
mod tests;
