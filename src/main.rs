//! The command line of gemwatch; see `gemwatch --help`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    if let Err(error) = gemwatch::gem::runtime::restart_without_telemetry() {
        eprintln!("warning: readings will not be available: {error}");
    }
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
