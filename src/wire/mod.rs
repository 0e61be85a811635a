//! What travels on the topics.
//!
//! [`waveform`]: chunks of ECG as Protobuf, in.

pub mod waveform;
