//! DICOM waveform objects: in goes the path of a 12-lead, general or ambulatory ECG, out comes its record.
//!
//! The samples of an object lie in multiplex groups, each with channels, a rate and a time offset of its own. Those that were
//! recorded become one record: a lead that several groups have at one rate, as the rhythm strip of a page has, is one signal,
//! with "no sample" where no group has it. What was derived from them, such as median beats, is left out and named.
//!
//! The attributes are those of DICOM PS3.3, C.10.9 (Waveform Module); leads are named by the codes of PS3.16, CID 3001.

mod channel;
mod elements;
mod group;

use std::path::Path;

use elements::{Elements, Reader, Tag, Wanted};
use group::Group;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::{
    error::RecordError,
    header::utc,
    record::{MAX_SAMPLES, Record, Signal, name_of, pacer_pulses, read_bytes, shortened, with_suffix},
};
use crate::ecg::{Duration, INVALID_SAMPLE, Time};

/// The largest file read: samples of 16 bits, and room for the rest.
const MAX_BYTES: u64 = 2 * MAX_SAMPLES + (16 << 20);
/// The bytes before the mark.
const PREAMBLE_BYTES: usize = 128;
const MARK: &[u8] = b"DICM";
/// The group of what is said of the file.
const FILE_GROUP: u16 = 2;
/// The group of waveforms: nothing behind it is read.
const WAVEFORM_GROUP: u16 = 0x5400;

const TRANSFER_SYNTAX: Tag = (0x0002, 0x0010);
const SOP_CLASS: Tag = (0x0008, 0x0016);
const CONTENT_DATE: Tag = (0x0008, 0x0023);
const ACQUIRED: Tag = (0x0008, 0x002a);
const CONTENT_TIME: Tag = (0x0008, 0x0033);
const WAVEFORMS: Tag = (0x5400, 0x0100);

const OF_FILE: &[Wanted] = &[Wanted { tag: TRANSFER_SYNTAX, items: None }];
const OF_OBJECT: &[Wanted] = &[
    Wanted { tag: SOP_CLASS, items: None },
    Wanted { tag: CONTENT_DATE, items: None },
    Wanted { tag: ACQUIRED, items: None },
    Wanted { tag: CONTENT_TIME, items: None },
    Wanted { tag: WAVEFORMS, items: Some(group::WANTED) },
];

/// The objects that are read: identifier and name.
const ECG_OBJECTS: [(&str, &str); 3] = [
    ("1.2.840.10008.5.1.4.1.1.9.1.1", "12-Lead ECG Waveform Storage"),
    ("1.2.840.10008.5.1.4.1.1.9.1.2", "General ECG Waveform Storage"),
    ("1.2.840.10008.5.1.4.1.1.9.1.3", "Ambulatory ECG Waveform Storage"),
];

/// Does a file begin as DICOM files do?
pub fn is_marked(first: &[u8]) -> bool {
    first.get(PREAMBLE_BYTES..).is_some_and(|rest| rest.starts_with(MARK))
}

/// Reads the file at `path`.
pub fn open(path: &Path) -> Result<Record, RecordError> {
    let bytes = read_bytes(path, MAX_BYTES)?;
    let reader = Reader { path, bytes: &bytes, is_explicit: true };
    if !is_marked(&bytes) {
        let value = format!("{} bytes", bytes.len());
        return Err(reader.bad(PREAMBLE_BYTES, "the mark of the file", value, "DICM: is it a DICOM file?"));
    }
    let first = PREAMBLE_BYTES + MARK.len();
    let (of_file, behind) = reader.elements(first, bytes.len(), FILE_GROUP, OF_FILE)?;
    let is_explicit = match of_file.text(TRANSFER_SYNTAX).as_str() {
        "1.2.840.10008.1.2" => false,
        "1.2.840.10008.1.2.1" => true,
        other => {
            let byte = of_file.bytes(TRANSFER_SYNTAX).map_or(first, |(_, byte)| byte);
            let expected = "little endian, explicit or implicit; convert the file with dcmconv";
            return Err(reader.bad(byte, "the transfer syntax", shortened(other), expected));
        }
    };
    let reader = Reader { is_explicit, ..reader };
    let (object, _) = reader.elements(behind, bytes.len(), WAVEFORM_GROUP, OF_OBJECT)?;
    record(&reader, &object)
}

/// The record of an object.
fn record(reader: &Reader, object: &Elements) -> Result<Record, RecordError> {
    let class = object.text(SOP_CLASS);
    let Some((_, class)) = ECG_OBJECTS.iter().find(|(uid, _)| *uid == class) else {
        let byte = object.bytes(SOP_CLASS).map_or(object.byte(), |(_, byte)| byte);
        return Err(reader.bad(
            byte,
            "the SOP class",
            shortened(&class),
            "that of a 12-lead, general or ambulatory ECG",
        ));
    };
    let (mut groups, mut left_out) = (Vec::new(), Vec::new());
    for item in object.items(WAVEFORMS) {
        match Group::read(reader, item, &mut left_out)? {
            Some(group) if !group.channels.is_empty() => groups.push(group),
            _ => {}
        }
    }
    if groups.is_empty() {
        let signals = if left_out.is_empty() { "an empty waveform sequence".to_owned() } else { left_out.join(", ") };
        return Err(RecordError::NoEcg { path: reader.path.to_owned(), signals });
    }
    let frame_rate_hz = frame_rate_hz(reader, &groups)?;
    // All is counted from the earliest sample.
    let earliest_s = groups.iter().map(|group| group.offset_s).fold(f64::INFINITY, f64::min);
    let mut signals: Vec<Signal> = Vec::new();
    for group in &groups {
        group.put(reader, frame_rate_hz, earliest_s, &mut signals)?;
    }
    let frames =
        signals.iter().map(|signal| signal.samples.len().div_ceil(signal.samples_per_frame)).max().unwrap_or(0);
    let in_frame: usize = signals.iter().map(|signal| signal.samples_per_frame).sum();
    if frames.saturating_mul(in_frame) as u64 > MAX_SAMPLES {
        return Err(RecordError::TooLong { path: reader.path.to_owned(), limit: MAX_SAMPLES });
    }
    for signal in &mut signals {
        signal.samples.resize(frames * signal.samples_per_frame, INVALID_SAMPLE);
    }
    Ok(Record {
        name: name_of(reader.path),
        path: reader.path.to_owned(),
        start: start(object).map(|start| start + Duration::from_secs_f64(earliest_s)),
        rate_hz: frame_rate_hz,
        samples: frames,
        signals,
        comments: vec![(*class).to_owned()],
        left_out,
        pacer_pulses: pacer_pulses(&with_suffix(reader.path, "pace"), frame_rate_hz, frames)?,
    })
}

/// Frames a second such that every rate is a whole number of samples a frame: the greatest that divides all of them, in mHz.
fn frame_rate_hz(reader: &Reader, groups: &[Group]) -> Result<f64, RecordError> {
    let first = &groups[0];
    if groups.iter().all(|group| group.rate_hz.total_cmp(&first.rate_hz).is_eq()) {
        return Ok(first.rate_hz);
    }
    let mut frame_mhz = 0;
    for group in groups {
        let mhz = (group.rate_hz * 1000.0).round();
        if (group.rate_hz * 1000.0 - mhz).abs() > 1e-6 {
            let expected = "a whole number of mHz, or that of all other groups";
            return Err(reader.bad(group.byte, "the sampling frequency", group.rate_hz.to_string(), expected));
        }
        frame_mhz = greatest_common_divisor(frame_mhz, mhz as u64);
    }
    Ok(frame_mhz as f64 / 1000.0)
}

/// When it was recorded; without a time zone UTC is taken.
fn start(object: &Elements) -> Option<Time> {
    let acquired = object.text(ACQUIRED);
    let content = format!("{}{}", object.text(CONTENT_DATE), object.text(CONTENT_TIME));
    let text = if acquired.is_empty() { content } else { acquired };
    let (moment, zone) = text.split_at(text.find(['+', '-']).unwrap_or(text.len()));
    let moment = DateTime::strptime("%Y%m%d%H%M%S%.f", moment).ok()?;
    let from_utc = if zone.is_empty() { Offset::UTC } else { offset(zone)? };
    Some(utc(moment)? - Duration::from_nanos(i64::from(from_utc.seconds()) * 1_000_000_000))
}

/// `+0130` as an offset from UTC.
fn offset(zone: &str) -> Option<Offset> {
    let digits =
        zone.get(1..).filter(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (hours, minutes): (i32, i32) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    let seconds = (hours * 60 + minutes) * 60;
    Offset::from_seconds(if zone.starts_with('-') { -seconds } else { seconds }).ok()
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
