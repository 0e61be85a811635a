//! The command line: one file a command.

mod board;
mod config;
mod convert;
mod dataset;
mod demo;
mod doctor;
mod evaluate;
mod explain;
mod failure;
mod model;
mod recording;
mod reload;
mod replay;
mod role;
mod run;
mod shutdown;
mod tables;
mod validate;

use clap::{Parser, Subcommand};

pub use failure::Failure;

/// Streaming bedside ECG monitor: arrhythmia alarms from the waveform, GEM readings, every claim checked.
///
/// Research use only. gemwatch is not a medical device.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Run(run::Run),
    Replay(replay::Replay),
    Explain(explain::Explain),
    Convert(convert::Convert),
    Validate(validate::Validate),
    Dataset(dataset::Dataset),
    Evaluate(evaluate::Evaluate),
    Config(config::ConfigCommand),
    Doctor(doctor::Doctor),
}

impl Cli {
    /// Does what was asked for.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Demo(command) => command.run(),
            Command::Run(command) => command.run(),
            Command::Replay(command) => command.run(),
            Command::Explain(command) => command.run(),
            Command::Convert(command) => command.run(),
            Command::Validate(command) => command.run(),
            Command::Dataset(command) => command.run(),
            Command::Evaluate(command) => command.run(),
            Command::Config(command) => command.run(),
            Command::Doctor(command) => command.run(),
        }
    }
}
