//! `gemwatch config`: are the settings right, and which are in force?

use std::path::PathBuf;

use anstream::println;
use clap::{Args, Subcommand};

use super::failure::{BadInput, Failure};
use gemwatch::config::{Config, Origin};

/// Check the settings, or show those in force and where each was set
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch config check --config ward.toml       everything that is wrong at once: key, value, what is allowed
  gemwatch config show --config ward.toml        as TOML, a line a key; secrets are named and not shown
  gemwatch config show --set --config ward.toml  only what differs from config/gemwatch.toml")]
pub struct ConfigCommand {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Say everything that is wrong with the settings, with the key, the value and what is allowed
    Check(Settings),
    /// Show the settings in force as TOML, and where each was set
    Show(Show),
}

#[derive(Debug, Args)]
struct Settings {
    /// The settings
    #[arg(long, value_name = "FILE", env = "GEMWATCH_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    settings: Settings,
    /// Only those that were set, by file or environment
    #[arg(long)]
    set: bool,
}

impl ConfigCommand {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        match self.question {
            Question::Check(Settings { config }) => {
                Config::load(config.as_deref()).bad_input()?;
                println!("ok");
            }
            Question::Show(Show { settings: Settings { config }, set }) => {
                let in_force = Config::in_force(config.as_deref()).bad_input()?;
                for setting in in_force.iter().filter(|setting| !set || setting.origin != Origin::Defaults) {
                    println!("{setting}");
                }
            }
        }
        Ok(())
    }
}
