//! The command line of gemwatch; see `gemwatch --help`.

mod cli;

use clap::Parser;
use gemwatch::gem::runtime;

fn main() {
    if let Err(error) = runtime::restart_without_telemetry() {
        eprintln!("warning: readings will not be available: {error}");
    }
    let status = match cli::Cli::parse().run() {
        Ok(()) => 0,
        Err(failure) => failure.report(),
    };
    runtime::exit(status);
}
