//! What the ward says on the topic of commands, followed by the service.
//!
//! In: messages of the topic. Out: orders to the monitor and what follows from them; dead letters for what is no command.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::{MOST_BEDS, Service, ServiceError};
use crate::broker::KafkaSettings;
use crate::pipeline::Said;
use crate::pipeline::interpreter::in_full;
use crate::publish::DeadLetter;
use crate::source::kafka::{CommandArrival, Position, Pseudonyms, read_commands};
use crate::telemetry::events::{CommandKind, CommandRejected, CommandTaken};
use crate::wire::{Command, CommandError, Order};

/// How long the first chunk waits for the commands that are there already. A bed with wrong limits for a moment may give a
/// false alarm; a ward without alarms is worse.
const CATCH_UP: Duration = Duration::from_secs(10);

/// Beds with limits of their own, open or not.
const MOST_OWN_LIMITS: usize = 2 * MOST_BEDS;

/// Why a command is not followed.
#[derive(Debug, thiserror::Error)]
enum NotFollowed {
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error("{MOST_OWN_LIMITS} beds have limits of their own already")]
    TooMany,
    #[error(
        "stream_id is no pseudonym, and beds are known by their pseudonyms alone: take it from an alert or from vital signs"
    )]
    NoPseudonym,
}

impl Service<'_> {
    /// Starts to listen to the ward, and follows what it has said before now. Nobody is listened to in a replay.
    pub(super) async fn commands(
        &mut self,
        settings: &KafkaSettings,
    ) -> Result<mpsc::Receiver<CommandArrival>, ServiceError> {
        if !self.is_live {
            return Ok(mpsc::channel(1).1);
        }
        let mut arrivals = read_commands(settings)?;
        let deadline = tokio::time::Instant::now() + CATCH_UP;
        loop {
            match timeout_at(deadline, arrivals.recv()).await {
                Ok(Some(CommandArrival::CaughtUp) | None) => break,
                // What is no command is a dead letter of those who ran when it came. Now it is logged and counted alone, or
                // each start of each instance would write it anew.
                Ok(Some(CommandArrival::Message { value, .. })) => {
                    if let Some(Err(error)) = value.map(|value| self.follow(&value)) {
                        CommandRejected { detail: &self.words(&error) }.emit();
                    }
                }
                Err(_) => {
                    tracing::warn!("not all commands have been read yet; alarms go on with the limits known so far");
                    break;
                }
            }
        }
        Ok(arrivals)
    }

    /// Follows a command that has just come.
    pub(super) async fn command(&mut self, arrival: CommandArrival) -> Result<(), ServiceError> {
        // What is taken back has been followed before.
        let CommandArrival::Message { position, key, value: Some(value) } = arrival else { return Ok(()) };
        match self.follow(&value) {
            Ok(followed) => {
                for said in followed {
                    self.say(said, None, Instant::now()).await?;
                }
                Ok(())
            }
            Err(error) => self.no_command(&position, key.as_deref(), &value, &self.words(&error)).await,
        }
    }

    /// What is wrong. A cause may quote the command, and so a name: it is told only where names are.
    fn words(&self, error: &NotFollowed) -> String {
        if self.has_pseudonyms { error.to_string() } else { in_full(error) }
    }

    fn follow(&mut self, value: &[u8]) -> Result<Vec<Said>, NotFollowed> {
        let (stream_id, order) = Command::read(value)?.order(&self.profiles)?;
        if self.has_pseudonyms && !Pseudonyms::is_pseudonym(&stream_id) {
            return Err(NotFollowed::NoPseudonym);
        }
        let command = match &order {
            Order::Acknowledge { .. } => CommandKind::Acknowledge,
            Order::SetLimits(_) if self.monitor.ward().with_own_limits() >= MOST_OWN_LIMITS => {
                return Err(NotFollowed::TooMany);
            }
            Order::SetLimits(_) => CommandKind::SetLimits,
        };
        CommandTaken { stream_id: stream_id.as_str(), command }.emit();
        Ok(self.monitor.order(&stream_id, order))
    }

    async fn no_command(
        &mut self,
        position: &Position,
        key: Option<&[u8]>,
        value: &[u8],
        reason: &str,
    ) -> Result<(), ServiceError> {
        CommandRejected { detail: reason }.emit();
        let (topic, partition, offset) = (position.topic.as_str(), position.partition, position.offset);
        let (key, payload, withheld_bytes) =
            if self.has_pseudonyms { (None, None, Some(value.len())) } else { (key, Some(value), None) };
        let letter = DeadLetter { topic, partition, offset, key, payload, withheld_bytes, reason };
        self.send(letter.outgoing(), None, None, Instant::now()).await
    }
}
