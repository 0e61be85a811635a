//! The kinds of hostile input, and how they are sent.

pub mod commands;
pub mod files;
pub mod kind;
pub mod line;
pub mod packages;
pub mod requests;
pub mod waveforms;
