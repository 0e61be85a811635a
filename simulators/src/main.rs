//! `bedside`: bedside monitors for those who have none. Feeds Kafka with simulated patients and tells the truth about them.

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// Wrong usage or bad input.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    match cli::run(cli::Bedside::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bedside: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            if error.is::<simulators::scenario::ScenarioError>() {
                ExitCode::from(BAD_INPUT)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
