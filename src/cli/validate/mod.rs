//! `gemwatch validate`: scores against the reference annotations beside recordings.

mod alarms;
mod beats;
mod diagnoses;
mod find;
mod intervals;

use clap::{Args, Subcommand};

use super::failure::Failure;

/// Score against the reference annotations of public databases
#[derive(Debug, Args)]
pub struct Validate {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Alarms(alarms::Alarms),
    Beats(beats::Beats),
    Diagnoses(diagnoses::DiagnosesOf),
    Intervals(intervals::Intervals),
}

impl Validate {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Alarms(alarms) => alarms.run(),
            What::Beats(beats) => beats.run(),
            What::Diagnoses(diagnoses) => diagnoses.run(),
            What::Intervals(intervals) => intervals.run(),
        }
    }
}
