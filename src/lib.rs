//! gemwatch: a streaming bedside ECG monitor whose every claim points at the waveform that carries it.
//!
//! # Layout, in the order in which data meets it
//!
//! - [`ecg`]: the vocabulary. Leads, time, chunks, strips.
//! - [`wire`]: what travels on the topics. Protobuf in, JSON out, and their schemas.
//! - [`broker`]: the Kafka broker as both ends see it. Settings, checks, one in process for the demo.
//! - [`source`]: where chunks come from. Kafka, recordings, simulated patients.
//! - [`pipeline`]: joins source, ward, triage, model and publish; the only place with tasks and clocks.
//! - [`ward`], [`bed`]: all patients, and one patient's whole alarm path from here to [`alarm`].
//! - [`signal`]: time line, resampling, filters, quality of each lead, derived leads.
//! - [`beats`]: every beat found, classified, its waves marked.
//! - [`rhythm`]: what the beats and the waveform amount to. Rates, fibrillation, runs, pauses, patterns, noise.
//! - [`alarm`]: the catalogue, the limits, when each begins and ends, the life cycle.
//! - [`triage`]: which window is read next.
//! - [`measure`]: intervals, axes, ST, T and Q of a window, with where each was measured; ST and QTc over minutes.
//! - [`criteria`]: the published criteria applied to a window. Findings, met or not, each with what carries it.
//! - [`paper`]: the 12-lead page as an image.
//! - [`gem`]: the GEM model package, its preprocessing and its decoding on ONNX Runtime.
//! - [`grounding`]: claims in a text, and the check of each against the measurements.
//! - [`publish`]: where alerts and vitals go. Kafka, JSON Lines, the forms of neighbouring systems.
//! - [`board`]: the ward board, its page and what it knows.
//! - [`dataset`]: windows with what is true of them, to train and test models.
//! - [`evaluate`]: readings scored by the criteria of the Grounded ECG Understanding task.
//! - [`chat`]: a client of servers that speak OpenAI's chat completions.
//! - [`validate`]: how good it is. Scores against reference annotations, after ANSI/AAMI EC57.
//! - [`config`]: the settings, layered over `config/gemwatch.toml`.
//! - [`http`]: who may see health, metrics and other pages, and how much of it.
//! - [`telemetry`]: tracing, metrics, readiness.

pub mod alarm;
pub mod beats;
pub mod bed;
pub mod board;
pub mod broker;
pub mod chat;
pub mod config;
pub mod criteria;
pub mod dataset;
pub mod ecg;
pub mod evaluate;
pub mod gem;
pub mod grounding;
pub mod http;
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
