//! What can be wrong with a recording: in goes the place where reading stopped, out comes a message that names
//! the file, the line or byte, what was found and, where it helps, what to do.

use std::{io, path::PathBuf};

use crate::ecg::ChunkError;

/// Why a recording, or something in it, cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the fields are named in the message
pub enum RecordError {
    /// The file system refused.
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The file system refused a file to be written.
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A folder or device where a file should be.
    #[error("{} is no ordinary file", path.display())]
    NotAFile { path: PathBuf },
    /// A file far beyond what a header or an annotation file holds.
    #[error("{} has {bytes} bytes, at most {limit} are read: is it the right file?", path.display())]
    FileTooLarge { path: PathBuf, bytes: u64, limit: u64 },
    /// No line but comments and blanks.
    #[error("{} has no record line: is it a WFDB header?", path.display())]
    NoRecordLine { path: PathBuf },
    /// A field of the header cannot be understood.
    #[error("{} line {line}: {field} {value:?} is not {expected}", path.display())]
    Header { path: PathBuf, line: usize, field: &'static str, value: String, expected: &'static str },
    /// A field that must be there is not.
    #[error("{} line {line}: {field} is missing", path.display())]
    MissingField { path: PathBuf, line: usize, field: &'static str },
    /// A record made of other records.
    #[error(
        "{} line {line}: the record has {segments} segments; multi-segment records are not supported, open its \
         segments one by one", path.display()
    )]
    MultiSegment { path: PathBuf, line: usize, segments: String },
    /// Fewer signal lines than the record line states.
    #[error("{} line {line}: the record line states {stated} signals, {found} are described", path.display())]
    MissingSignals { path: PathBuf, line: usize, stated: usize, found: usize },
    /// A signal format that is not read.
    #[error(
        "{} line {line}: signal format {format} is not supported (16, 212 and 80 are); convert the record with xform",
        path.display()
    )]
    Format { path: PathBuf, line: usize, format: u32 },
    /// Two signals of one file disagree on how it is stored.
    #[error(
        "{} line {line}: {signal_file} has another format or byte offset here than for the signal before it",
        path.display()
    )]
    UnlikeSignals { path: PathBuf, line: usize, signal_file: String },
    /// More samples than are held in memory.
    #[error(
        "{} line {line}: the record has more than {limit} samples; cut it into shorter records", path.display()
    )]
    TooManySamples { path: PathBuf, line: usize, limit: u64 },
    /// A field of a binary file that cannot be understood.
    #[error("{} byte {byte}: {field} {value:?} is not {expected}", path.display())]
    Field { path: PathBuf, byte: u64, field: &'static str, value: String, expected: &'static str },
    /// Something in a binary file is longer than what it lies in.
    #[error("{} byte {byte}: {what} takes {bytes} bytes, {left} are left: the file is truncated or damaged", path.display())]
    Beyond { path: PathBuf, byte: u64, what: &'static str, bytes: u64, left: u64 },
    /// More samples than are held in memory, in a format without lines.
    #[error("{} has more than {limit} samples; cut it into shorter recordings", path.display())]
    TooLong { path: PathBuf, limit: u64 },
    /// A signal file shorter than the header states.
    #[error(
        "{} has {found_bytes} bytes, its header asks for {expected_bytes}: it is truncated or of another record",
        path.display()
    )]
    Truncated { path: PathBuf, expected_bytes: u64, found_bytes: u64 },
    /// The samples are not those the header was written for.
    #[error(
        "{} signal {signal}: the samples add up to the checksum {computed}, the header states {stated}: the file is \
         damaged or of another record", path.display()
    )]
    Checksum { path: PathBuf, signal: String, stated: i16, computed: i16 },
    /// A record without ECG.
    #[error("record {} has no ECG signal, only {signals}", path.display())]
    NoEcg { path: PathBuf, signals: String },
    /// A moment outside of the record.
    #[error("record {} lasts {length_s:.1} s, there is nothing at second {at_s}", path.display())]
    NoSuchMoment { path: PathBuf, at_s: f64, length_s: f64 },
    /// A lead that was not recorded.
    #[error("record {} has no lead {lead}, only {present}", path.display())]
    NoSuchLead { path: PathBuf, lead: String, present: String },
    /// A chunk length that no chunk can have.
    #[error("record {} cannot be cut into chunks of {seconds} s: more than 0 and at most {limit} s are possible",
        path.display())]
    ChunkLength { path: PathBuf, seconds: f64, limit: f64 },
    /// The record's leads do not fit into chunks.
    #[error("record {} cannot be streamed, from sample {sample} on", path.display())]
    Chunk {
        path: PathBuf,
        sample: usize,
        #[source]
        source: ChunkError,
    },
    /// An annotation file that cannot be understood.
    #[error("{} byte {offset}", path.display())]
    Annotations {
        path: PathBuf,
        offset: usize,
        #[source]
        problem: AnnotationProblem,
    },
    /// An annotation that the file format cannot hold.
    #[error("{} annotation {index}", path.display())]
    Unwritable {
        path: PathBuf,
        index: usize,
        #[source]
        problem: AnnotationProblem,
    },
}

/// What is wrong with an annotation, or with the bytes that should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the fields are named in the message
pub enum AnnotationProblem {
    /// The file ends in the middle.
    #[error("the file ends without an end marker: it is truncated or no MIT annotation file")]
    NoEnd,
    /// A code that no version of the format knows.
    #[error("annotation code {code} is unknown: is it a MIT annotation file?")]
    UnknownCode { code: u8 },
    /// A subtype, channel, number or text before any annotation.
    #[error("a field stands before the first annotation: is it a MIT annotation file?")]
    NothingToDescribe,
    /// A text longer than 255 bytes.
    #[error("its text has {bytes} bytes, at most 255 can be written")]
    AuxTooLong { bytes: usize },
    /// The format counts the distance to the annotation before in 32 bits.
    #[error("it is too far from the annotation before it to be written")]
    TooFar,
}
