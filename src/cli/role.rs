//! What an instance does, and what it needs for it.

use clap::ValueEnum;
use gemwatch::broker::Topics;

/// What an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Alarms, vital signs and readings, and the ward board of these beds
    All,
    /// Alarms and vital signs; readers are asked to read
    Monitor,
    /// Readings of the windows that monitors ask to be read
    Reader,
    /// The ward board of all beds, whoever watches them
    Board,
}

impl Role {
    /// Does it read or write the topic of this name?
    pub fn needs(self, topics: &Topics, name: &str) -> bool {
        let written_by_readers = [&topics.alerts, &topics.readings, &topics.dead_letters];
        match self {
            Role::All => name != topics.reading_requests,
            Role::Monitor => name != topics.readings,
            Role::Board => {
                let shown = [&topics.waveforms, &topics.vitals, &topics.alerts, &topics.alert_state, &topics.commands];
                shown.iter().any(|topic| *topic == name)
            }
            Role::Reader => name == topics.reading_requests || written_by_readers.iter().any(|topic| *topic == name),
        }
    }
}
