//! Recordings on disk: WFDB records, as `PhysioNet` publishes them, with the annotation files beside them, EDF and EDF+ files,
//! and DICOM waveform objects.
//!
//! In comes the path of a record, out come its signals, its ECG leads, the same leads as a stream of
//! [`Chunk`](crate::ecg::Chunk)s, and its annotations; annotations can also be written. What comes after [`Record::open`] knows
//! no format.
//!
//! Of WFDB are read single-segment records in the signal formats 16, 212 and 80, with any number of signal files, samples a
//! frame, skew and byte offset (so that MATLAB files of the form `16+24` are read too). The formats are those of the WFDB
//! Applications Guide: `header(5)`, `signal(5)` and `annot(5)` (<https://physionet.org/physiotools/wag/>).
//!
//! Files are not trusted: sizes are bounded, nothing is allocated from a length that was not compared with the
//! file, and every error names the file and the place in it.

mod annotations;
mod chunks;
mod dicom;
mod edf;
mod error;
mod formats;
mod header;
mod labels;
mod lead_names;
mod leads;
mod record;
mod scale;
mod wfdb;
mod window;

pub use annotations::{Annotation, AnnotationFile, read_annotations, write_annotations};
pub use chunks::Chunks;
pub use error::{AnnotationProblem, RecordError};
pub use labels::Label;
pub use record::{Record, Signal};
