//! `bedside`: bedside monitors for those who have none. Feeds Kafka with simulated patients, records them and
//! tells the truth about them.

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// Wrong usage or bad input.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    match cli::run(cli::Bedside::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut said = error.to_string();
            eprintln!("bedside: {said}");
            for cause in error.chain().skip(1).map(ToString::to_string) {
                // Some libraries repeat their cause in their own message.
                if !said.contains(&cause) {
                    eprintln!("  because: {cause}");
                    said = cause;
                }
            }
            if error.is::<simulators::scenario::ScenarioError>() {
                ExitCode::from(BAD_INPUT)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
