//! What the ward says on the topic of commands, followed by the service.
//!
//! In: messages of the topic. Out: orders to the monitor and what follows from them; dead letters for what is no command; and
//! of each a line for the audit log.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::cause::Cause;
use super::{MOST_BEDS, Service, ServiceError};
use crate::broker::KafkaSettings;
use crate::pipeline::Said;
use crate::pipeline::interpreter::in_full;
use crate::publish::DeadLetter;
use crate::source::kafka::{Position, Pseudonyms, WholeArrival, read_whole};
use crate::telemetry::events::{CommandKind, CommandRejected, CommandTaken};
use crate::telemetry::trace::Span;
use crate::wire::{AuditOutcome, Command, CommandError, Order};

/// How long the first chunk waits for the commands that are there already. A bed with wrong limits for a moment may give a
/// false alarm; a ward without alarms is worse.
pub(super) const CATCH_UP: Duration = Duration::from_secs(10);

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
    ) -> Result<mpsc::Receiver<WholeArrival>, ServiceError> {
        if !self.is_live {
            return Ok(mpsc::channel(1).1);
        }
        let mut arrivals = read_whole(settings, &settings.topics.commands)?;
        let deadline = tokio::time::Instant::now() + CATCH_UP;
        loop {
            match timeout_at(deadline, arrivals.recv()).await {
                Ok(Some(WholeArrival::CaughtUp)) => {
                    self.audit.caught_up();
                    break;
                }
                Ok(None) => break,
                // What is no command is a dead letter of those who ran when it came. Now it is logged and counted alone, or
                // each start of each instance would write it anew.
                Ok(Some(WholeArrival::Message { position, value, .. })) => {
                    if let Some(Err(error)) = value.map(|value| self.follow(&position, &value)) {
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
    pub(super) async fn command(&mut self, arrival: WholeArrival) -> Result<(), ServiceError> {
        let (position, key, value) = match arrival {
            WholeArrival::Message { position, key, value: Some(value) } => (position, key, value),
            // What is taken back has been followed before.
            WholeArrival::Message { value: None, .. } => return Ok(()),
            WholeArrival::CaughtUp => {
                self.audit.caught_up();
                return Ok(());
            }
        };
        match self.follow(&position, &value) {
            Ok(followed) => {
                for said in followed {
                    let cause = Cause::now();
                    let span = match &said {
                        Said::Alert { alert, .. } => self.trace_message(&alert.stream_id, &position, cause.heard),
                        _ => Span::default(),
                    };
                    self.say(said, cause.part_of(&span)).await?;
                }
                Ok(())
            }
            Err(error) => self.no_command(&position, key.as_deref(), &value, &self.words(&error)).await,
        }
    }

    /// What is wrong. A cause may quote the command, and so a name: it is told only where names are.
    fn words(&self, error: &NotFollowed) -> String {
        if self.pseudonyms.is_some() { error.to_string() } else { in_full(error) }
    }

    /// Follows what is a command, and takes down what came of it.
    fn follow(&mut self, position: &Position, value: &[u8]) -> Result<Vec<Said>, NotFollowed> {
        let (command, followed) = match Command::read(value) {
            Ok(command) => {
                let followed = self.order(&command);
                (Some(command), followed)
            }
            Err(error) => (None, Err(error.into())),
        };
        let (outcome, reason) = match (&followed, &command) {
            (Err(error), _) => (AuditOutcome::Refused, Some(self.words(error))),
            // No alarm here has changed by it.
            (Ok(said), Some(Command::Acknowledge(_))) if said.is_empty() => (AuditOutcome::Kept, None),
            (Ok(_), _) => (AuditOutcome::Followed, None),
        };
        // What is refused may be about a bed by its name.
        let is_told = outcome != AuditOutcome::Refused || self.pseudonyms.is_none();
        self.audit.heard(position, command.as_ref().filter(|_| is_told), outcome, reason.as_deref());
        followed
    }

    fn order(&mut self, command: &Command) -> Result<Vec<Said>, NotFollowed> {
        let (stream_id, order) = command.order(&self.profiles)?;
        if self.pseudonyms.is_some() && !Pseudonyms::is_pseudonym(&stream_id) {
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
            if self.pseudonyms.is_some() { (None, None, Some(value.len())) } else { (key, Some(value), None) };
        let letter = DeadLetter { topic, partition, offset, key, payload, withheld_bytes, reason };
        self.send(letter.outgoing(), None, Cause::now()).await
    }
}
