//! EDF and EDF+ files: in goes the path, out comes the record of their ECG signals.
//!
//! Every signal may have a rate of its own; what is no ECG is left out and named. A discontinuous file (EDF+D) becomes a record
//! with "no sample" in its gaps. Samples outside of the range that a signal states, and the lowest value of 16 bits, which WFDB
//! programs write for it, are "no sample". Annotations become comments.

mod header;
mod tal;

use std::{fs::File, io::Read, path::Path};

use header::{Header, Kind, PART_BYTES, Range16, SignalPart};
use tal::{Tal, tals};

use super::{
    error::RecordError,
    lead_names::{lead_name, names_ecg},
    record::{MAX_SAMPLES, Record, Signal, name_of, open_file, pacer_pulses, read_error, with_suffix},
    scale::Scale,
};
use crate::ecg::{Duration, INVALID_SAMPLE, Time};

/// The most annotations that become comments.
const MAX_COMMENTS: usize = 10_000;

/// Does a file begin as EDF files do?
pub fn is_marked(first: &[u8]) -> bool {
    first.starts_with(b"0       ")
}

/// Reads the file at `path`.
pub fn open(path: &Path) -> Result<Record, RecordError> {
    let (mut file, file_bytes) = open_file(path)?;
    let mut head = Vec::new();
    read_on(&mut file, path, &mut head, PART_BYTES as u64, 0, "the header")?;
    let signals = header::signals_stated(path, &head)?;
    read_on(&mut file, path, &mut head, (PART_BYTES * signals) as u64, PART_BYTES as u64, "the header")?;
    let header = header::parse(path, &head)?;
    let layout = Layout::new(path, &head, &header, file_bytes)?;
    let mut reading = Reading::new(path, &header, &layout);
    let mut content = Vec::new();
    for index in 0..layout.records {
        let byte = layout.first_byte + index * layout.record_bytes;
        content.clear();
        read_on(&mut file, path, &mut content, layout.record_bytes, byte, "a data record")?;
        reading.record(index, byte, &content)?;
    }
    reading.finish(&header)
}

/// Reads so many bytes more; `byte` is where they begin, for the error.
fn read_on(
    file: &mut File,
    path: &Path,
    content: &mut Vec<u8>,
    bytes: u64,
    byte: u64,
    what: &'static str,
) -> Result<(), RecordError> {
    let read = file.take(bytes).read_to_end(content).map_err(|source| read_error(path, source))?;
    if (read as u64) < bytes {
        return Err(RecordError::Beyond { path: path.to_owned(), byte, what, bytes, left: read as u64 });
    }
    Ok(())
}

/// A signal that is read.
struct Kept {
    label: String,
    units: String,
    scale: Scale,
    range: Range16,
    /// Samples in a data record, and where they begin in it, in samples.
    samples: usize,
    first: usize,
}

/// Where everything is in a data record.
struct Layout {
    kept: Vec<Kept>,
    left_out: Vec<String>,
    /// The annotation signals: where they begin in a data record and how long they are, in bytes.
    annotations: Vec<(usize, usize)>,
    records: u64,
    record_bytes: u64,
    first_byte: u64,
    /// Frames in a data record: as many as all signals have samples for.
    frames: usize,
}

impl Layout {
    fn new(path: &Path, head: &[u8], header: &Header, file_bytes: u64) -> Result<Layout, RecordError> {
        let (mut kept, mut left_out, mut annotations) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = 0_u64;
        for part in &header.signals {
            let samples = u64::from(part.samples_per_record);
            if part.holds_annotations() {
                annotations.push((first * 2, samples * 2));
            } else if let Some(why) = why_left_out(part) {
                left_out.push(format!("{} ({}): {why}", part.label, part.units));
            } else {
                kept.push((part, first));
            }
            first += samples;
        }
        let record_bytes = first * 2;
        let room = file_bytes.saturating_sub(head.len() as u64);
        let held = room.checked_div(record_bytes).unwrap_or(0);
        let records = header.records.unwrap_or(held);
        if records > held {
            let expected = records.saturating_mul(record_bytes).saturating_add(head.len() as u64);
            let (path, found_bytes) = (path.to_owned(), file_bytes);
            return Err(RecordError::Truncated { path, expected_bytes: expected, found_bytes });
        }
        if kept.is_empty() {
            let names = header.signals.iter().map(|part| format!("{} ({})", part.label, part.units));
            return Err(RecordError::NoEcg { path: path.to_owned(), signals: names.collect::<Vec<_>>().join(", ") });
        }
        let frames = kept.iter().map(|(part, _)| part.samples_per_record).fold(0, greatest_common_divisor);
        let in_record: u64 = kept.iter().map(|(part, _)| u64::from(part.samples_per_record)).sum();
        if records.checked_mul(in_record).is_none_or(|samples| samples > MAX_SAMPLES) {
            return Err(RecordError::TooLong { path: path.to_owned(), limit: MAX_SAMPLES });
        }
        let kept =
            kept.into_iter().map(|(part, first)| Kept::new(path, head, part, first)).collect::<Result<_, _>>()?;
        // What follows is only used where there is a data record, and that is as long as the file at most.
        let annotations = annotations.into_iter().map(|(at, bytes)| (at as usize, bytes as usize)).collect();
        let first_byte = head.len() as u64;
        Ok(Layout { kept, left_out, annotations, records, record_bytes, first_byte, frames: frames as usize })
    }
}

impl Kept {
    fn new(path: &Path, head: &[u8], part: &SignalPart, first: u64) -> Result<Kept, RecordError> {
        let range = part.range(path, head)?;
        let (lowest, highest) = (f64::from(range.digital.0), f64::from(range.digital.1));
        let slope = (range.physical.1 - range.physical.0) / (highest - lowest);
        let scale = Scale::new(slope, range.physical.0 - slope * lowest)
            .ok_or_else(|| part.bad_range(path, head, "near enough to the physical maximum, or to 0"))?;
        Ok(Kept {
            label: lead_name(&part.label).to_owned(),
            units: part.units.clone(),
            scale,
            range,
            samples: part.samples_per_record as usize,
            first: first as usize,
        })
    }

    /// The samples of a data record.
    fn samples<'a>(&'a self, content: &'a [u8]) -> impl Iterator<Item = i32> + 'a {
        let own = content.get(self.first * 2..(self.first + self.samples) * 2).unwrap_or_default();
        let (lowest, highest) = self.range.digital;
        own.chunks_exact(2).map(move |pair| match i16::from_le_bytes([pair[0], pair[1]]) {
            i16::MIN => INVALID_SAMPLE,
            stored if (lowest..=highest).contains(&stored) => self.scale.digital(stored),
            _ => INVALID_SAMPLE,
        })
    }
}

/// Why a signal is not read; `None` if it is.
fn why_left_out(part: &SignalPart) -> Option<&'static str> {
    // Only what the label and the unit say is looked at.
    let signal = Signal {
        description: part.label.clone(),
        units: part.units.clone(),
        rate_hz: 0.0,
        samples_per_frame: 1,
        gain_per_unit: 1.0,
        calibrated: true,
        baseline: 0,
        adc_resolution_bits: 16,
        adc_zero: 0,
        samples: Vec::new(),
    };
    if !names_ecg(&part.label) {
        Some("its label names no ECG lead")
    } else if !signal.is_ecg() {
        Some("its unit is no voltage, or its label names another signal")
    } else if part.samples_per_record == 0 {
        Some("it has no samples")
    } else {
        None
    }
}

/// What has been read of the data records.
struct Reading<'a> {
    path: &'a Path,
    kind: Kind,
    layout: &'a Layout,
    /// Frames a second.
    rate_hz: f64,
    samples: Vec<Vec<i32>>,
    /// Frames so far, those of gaps among them.
    frames: usize,
    /// When the first data record begins, in seconds after the start in the header.
    first_onset_s: f64,
    comments: Vec<String>,
    untold: usize,
}

impl Reading<'_> {
    fn new<'a>(path: &'a Path, header: &Header, layout: &'a Layout) -> Reading<'a> {
        Reading {
            path,
            kind: header.kind,
            layout,
            rate_hz: layout.frames as f64 / header.record_s,
            samples: vec![Vec::new(); layout.kept.len()],
            frames: 0,
            first_onset_s: 0.0,
            comments: Vec::new(),
            untold: 0,
        }
    }

    /// Takes a data record that begins at this byte of the file.
    fn record(&mut self, index: u64, byte: u64, content: &[u8]) -> Result<(), RecordError> {
        let onset_s = if self.kind == Kind::Plain { None } else { self.annotations(index, byte, content)? };
        if let (Kind::Discontinuous, Some(onset_s)) = (self.kind, onset_s) {
            self.gap(byte, onset_s)?;
        } else if self.kind == Kind::Discontinuous {
            let (path, field, value) = (self.path.to_owned(), "the start of the data record", String::new());
            let expected = "stated, as EDF+D asks for";
            return Err(RecordError::Field { path, byte, field, value, expected });
        }
        for (kept, samples) in self.layout.kept.iter().zip(&mut self.samples) {
            samples.extend(kept.samples(content));
        }
        self.frames += self.layout.frames;
        Ok(())
    }

    /// Takes the annotations of a data record and gives its start, if it is stated.
    fn annotations(&mut self, index: u64, byte: u64, content: &[u8]) -> Result<Option<f64>, RecordError> {
        let mut onset_s = None;
        for (number, (at, bytes)) in self.layout.annotations.iter().enumerate() {
            let lists = tals(content.get(*at..at + bytes).unwrap_or_default()).map_err(|bad| RecordError::Field {
                path: self.path.to_owned(),
                byte: byte + (at + bad.offset) as u64,
                field: bad.field,
                value: bad.value,
                expected: bad.expected,
            })?;
            let stamp = lists.first().filter(|list| number == 0 && list.texts.first().is_some_and(String::is_empty));
            onset_s = onset_s.or(stamp.map(|list| list.onset_s));
            if let Some(onset_s) = onset_s.filter(|_| index == 0) {
                self.first_onset_s = onset_s;
            }
            self.take_comments(&lists);
        }
        Ok(onset_s)
    }

    fn take_comments(&mut self, lists: &[Tal]) {
        for list in lists {
            let at_s = list.onset_s - self.first_onset_s;
            for text in list.texts.iter().filter(|text| !text.is_empty()) {
                if self.comments.len() < MAX_COMMENTS {
                    self.comments.push(format!("{at_s} s: {text}"));
                } else {
                    self.untold += 1;
                }
            }
        }
    }

    /// Fills the time up to the start of a data record.
    fn gap(&mut self, byte: u64, onset_s: f64) -> Result<(), RecordError> {
        let begin = ((onset_s - self.first_onset_s) * self.rate_hz).round();
        if begin < self.frames as f64 {
            return Err(RecordError::Field {
                path: self.path.to_owned(),
                byte,
                field: "the start of the data record",
                value: format!("{onset_s} s"),
                expected: "behind the data record before it",
            });
        }
        let per_frame = |kept: &Kept| kept.samples / self.layout.frames.max(1);
        let in_frame: usize = self.layout.kept.iter().map(per_frame).sum();
        if (begin + self.layout.frames as f64) * in_frame as f64 > MAX_SAMPLES as f64 {
            return Err(RecordError::TooLong { path: self.path.to_owned(), limit: MAX_SAMPLES });
        }
        for (kept, samples) in self.layout.kept.iter().zip(&mut self.samples) {
            samples.resize(begin as usize * per_frame(kept), INVALID_SAMPLE);
        }
        self.frames = begin as usize;
        Ok(())
    }

    fn finish(mut self, header: &Header) -> Result<Record, RecordError> {
        if self.untold > 0 {
            self.comments.push(format!("{} more annotations", self.untold));
        }
        let frames_in_record = self.layout.frames.max(1);
        let signal = |(kept, samples): (&Kept, Vec<i32>)| Signal {
            description: kept.label.clone(),
            units: kept.units.clone(),
            rate_hz: kept.samples as f64 / header.record_s,
            samples_per_frame: kept.samples / frames_in_record,
            gain_per_unit: kept.scale.gain_per_unit,
            calibrated: true,
            baseline: kept.scale.baseline,
            adc_resolution_bits: 16,
            adc_zero: 0,
            samples,
        };
        let offset = Duration::from_secs_f64(self.first_onset_s);
        Ok(Record {
            name: name_of(self.path),
            path: self.path.to_owned(),
            start: header.start.map(|start: Time| start + offset),
            rate_hz: self.rate_hz,
            samples: self.frames,
            signals: self.layout.kept.iter().zip(self.samples).map(signal).collect(),
            comments: self.comments,
            left_out: self.layout.left_out.clone(),
            pacer_pulses: pacer_pulses(&with_suffix(self.path, "pace"), self.rate_hz, self.frames)?,
        })
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
