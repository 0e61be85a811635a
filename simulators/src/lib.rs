//! Bedside monitors that feed gemwatch: synthetic 12-lead patients whose every beat and rhythm is known.
//!
//! This crate knows nothing of gemwatch. It speaks the published wire schema (`proto/gemwatch/v1/waveform.proto`)
//! as the monitor of any vendor would, so what it finds out about gemwatch holds for real monitors too.
//!
//! In the order in which data passes:
//!
//! - [`scenario`]: who lies in which bed and what happens to them; from a TOML file or built in.
//! - [`rhythm`]: the rhythms a heart can have, and the script of one patient.
//! - [`patient`]: the heart, the torso and the electrodes: script in, leads in mV and truth out.
//! - [`portrait`]: one patient's ten seconds under twelve leads, drawn from a seed, with the truth that a reader can find.
//! - [`truth`]: what really happened, to score a monitor against.
//! - [`monitor`]: cuts the leads into numbered chunks of digital values, loses leads, falls silent.
//! - [`line`](mod@line): what goes wrong between a monitor and the broker: late, lost, repeated and reordered chunks, wrong clocks.
//! - [`wire`]: a chunk as the Protobuf message.
//! - [`feed`]: sends the chunks of a whole ward to Kafka, paced by the clock. The only module with a clock.
//! - [`record`]: writes every bed as a WFDB record with its truth as annotations.

pub mod feed;
pub mod lead;
pub mod line;
pub mod monitor;
pub mod patient;
pub mod portrait;
pub mod record;
pub mod rhythm;
pub mod scenario;
pub mod truth;
pub mod wire;
