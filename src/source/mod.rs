//! Where chunks come from.
//!
//! [`kafka`]: the topic `ecg.waveforms`, as one member of a consumer group.

pub mod kafka;
