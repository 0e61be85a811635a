//! gemwatch: a streaming bedside ECG monitor whose every claim points at the waveform that carries it.
//!
//! # Layout, in the order in which data meets it
//!
//! - [`ecg`]: the vocabulary. Leads, time, chunks, strips.
//! - [`wire`]: what travels on the topics. Protobuf in, JSON out, and their schemas.
//! - [`broker`]: the Kafka broker as both ends see it. Settings, checks, one in process for the demo.
//! - [`source`]: where chunks come from. Kafka, recordings, simulated patients.
//! - [`publish`]: where alerts and vitals go. Kafka, JSON Lines.
//! - [`alarm`]: the catalogue, the limits, the life cycle.
//! - [`triage`]: which window is read next.
//! - [`paper`]: the 12-lead page as an image.
//! - [`gem`]: the GEM model package, its preprocessing and its decoding on ONNX Runtime.
//! - [`validate`]: how good it is. Scores against reference annotations, after ANSI/AAMI EC57.
//! - [`config`]: the settings, layered over `config/gemwatch.toml`.
//! - [`telemetry`]: tracing, metrics, health.

pub mod alarm;
pub mod beats;
pub mod bed;
pub mod broker;
pub mod config;
pub mod ecg;
pub mod gem;
pub mod grounding;
pub mod measure;
pub mod paper;
pub mod pipeline;
pub mod publish;
pub mod rhythm;
pub mod signal;
pub mod source;
pub mod telemetry;
pub mod triage;
pub mod validate;
pub mod ward;
pub mod wire;
