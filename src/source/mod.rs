//! Where chunks come from.
//!
//! [`kafka`]: the topic `ecg.waveforms`, as one member of a consumer group. [`recordings`]: WFDB records, EDF
//! files and DICOM waveform objects.

pub mod kafka;
pub mod recordings;
