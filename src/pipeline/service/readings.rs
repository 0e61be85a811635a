//! Who reads: nobody, the desk of this instance, the service itself, or readers that run apart.
//!
//! In go windows, from the beds or from the topic of requests; out come readings, or requests for others. A request that
//! came from the topic is committed once its answer was acknowledged.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Instant;

use tokio::sync::mpsc;

use super::cause::Cause;
use super::{Input, Readings, Service, ServiceError};
use crate::ecg::{StreamId, Time};
use crate::gem::engine::Priority;
use crate::pipeline::desk::{Answer, Desk, FromReader};
use crate::pipeline::interpreter::{Interpreter, InterpreterError, in_full, unavailable};
use crate::pipeline::monitor::ReadingRequest;
use crate::pipeline::outgoing;
use crate::source::kafka::{Position, Ticket};
use crate::telemetry::events::{ModelState, ModelStateChanged, ReadingRequestTaken};
use crate::wire::reading_request::{self, Cleared, Content, Window};
use crate::wire::{Alert, AlertState};

/// Who reads, once the service runs.
pub(super) enum Readers {
    Nobody,
    Desk(Box<Desk>),
    AtOnce(Box<Interpreter>),
    Elsewhere,
}

impl Readers {
    /// Starts those who read; they are heard at the receiver.
    pub(super) fn open(readings: Readings) -> (Readers, mpsc::Receiver<FromReader>) {
        let nothing_said = mpsc::channel(1).1;
        match readings {
            Readings::None => (Readers::Nobody, nothing_said),
            Readings::Elsewhere => (Readers::Elsewhere, nothing_said),
            Readings::AtOnce(interpreter) => (Readers::AtOnce(interpreter), nothing_said),
            Readings::Desk(settings, capacity) => {
                ModelStateChanged { state: ModelState::Loading }.emit();
                let (desk, words) = Desk::open(settings, capacity);
                (Readers::Desk(Box::new(desk)), words)
            }
            Readings::Refused(capacity) => {
                let desk = Desk::without_model(capacity, InterpreterError::NotWanted);
                (Readers::Desk(Box::new(desk)), nothing_said)
            }
        }
    }

    /// The desk of this instance.
    pub(super) fn desk(&self) -> Option<&Desk> {
        if let Readers::Desk(desk) = self { Some(desk) } else { None }
    }

    fn desk_mut(&mut self) -> Option<&mut Desk> {
        if let Readers::Desk(desk) = self { Some(desk) } else { None }
    }
}

impl Service<'_> {
    /// A bed wants a window to be read; gives what is known at once.
    pub(super) async fn read(&mut self, request: ReadingRequest, cause: Cause) -> Result<Vec<Answer>, ServiceError> {
        Ok(match &mut self.readers {
            Readers::Nobody => Vec::new(),
            Readers::Desk(desk) => {
                // A round that a crash has taken comes round again.
                let reading = cause.ticket.filter(|_| request.alert.is_some()).map(Ticket::reading);
                if let Some(reading) = reading {
                    self.progress.hold(reading);
                }
                desk.request(request, reading, cause.trace)
            }
            Readers::AtOnce(interpreter) => {
                let reading = tokio::task::block_in_place(|| {
                    interpreter.read(&request.strip, Priority::default(), &|| false, &mut |_| {})
                });
                vec![Answer { said: Some(request.answer(reading)), ticket: None, trace: cause.trace }]
            }
            Readers::Elsewhere => {
                let outgoing = tokio::task::block_in_place(|| request.outgoing());
                self.send(outgoing, None, cause).await?;
                Vec::new()
            }
        })
    }

    /// An alert changed: those who read its window must know when it is over.
    pub(super) async fn alert_changed(&mut self, alert: &Alert, at: Time, cause: Cause) -> Result<(), ServiceError> {
        let (AlertState::Cleared | AlertState::Latched, Some(cleared_at)) = (alert.state, &alert.cleared_at) else {
            return Ok(());
        };
        match &mut self.readers {
            Readers::Desk(desk) => desk.cleared(alert.id, cleared_at),
            Readers::Elsewhere if alert.priority.is_worth_reading() => {
                let cleared = Cleared { alert_id: alert.id, cleared_at: cleared_at.clone() };
                let stream_id =
                    StreamId::new(&alert.stream_id).expect("alerts are of streams with an id (this is a bug)");
                // By the same key as the request, and so behind it.
                self.send(outgoing::cleared(&stream_id, cleared, at), None, cause).await?;
            }
            Readers::Nobody | Readers::AtOnce(_) | Readers::Elsewhere => {}
        }
        Ok(())
    }

    /// What is still to be read of the requests has changed. Until all of it was, nothing is answered: word that the alert is
    /// over may be there already.
    pub(super) async fn behind_on(&mut self, change: impl FnOnce(&mut BTreeSet<i32>)) -> Result<(), ServiceError> {
        if self.input != Input::ReadingRequests {
            return Ok(());
        }
        change(&mut self.behind);
        let is_behind = !self.behind.is_empty();
        let answers = self.readers.desk_mut().map_or_else(Vec::new, |desk| desk.catch_up(is_behind));
        self.answered(answers).await
    }

    /// A monitor has said something to the readers.
    pub(super) async fn requested(
        &mut self,
        message: reading_request::Message,
        position: &Position,
    ) -> Result<(), ServiceError> {
        let ticket = self.progress.arrived_alone(position.partition, position.offset);
        let span = self.trace_message(message.stream_id.as_str(), position, Instant::now());
        let desk = self.readers.desk_mut();
        match (message.content, desk) {
            (Content::Window(window), Some(desk)) => {
                ReadingRequestTaken { stream_id: message.stream_id.as_str() }.emit();
                let Window { alert, strip, deadline, .. } = *window;
                let request = ReadingRequest { stream_id: message.stream_id, alert, strip, deadline };
                let answers = desk.request(request, Some(ticket), span.context().clone());
                self.answered(answers).await?;
            }
            (Content::Cleared(Cleared { alert_id, cleared_at }), Some(desk)) => {
                desk.cleared(alert_id, &cleared_at);
                self.progress.release(ticket);
            }
            (_, None) => self.progress.release(ticket),
        }
        Ok(())
    }

    /// A request that no broker takes is answered with the reason: nobody else will.
    pub(super) async fn cannot_be_asked(
        &mut self,
        payload: &[u8],
        why: &(dyn Error + Sync),
        cause: Cause,
    ) -> Result<(), ServiceError> {
        let Ok(reading_request::Message { stream_id, content: Content::Window(window) }) =
            reading_request::decode(payload)
        else {
            return Ok(());
        };
        let Window { alert, strip, deadline, .. } = *window;
        let reading = unavailable("none", why, &strip);
        let said = ReadingRequest { stream_id, alert, strip, deadline }.answer(reading);
        self.say(said, cause).await
    }

    /// While chunks wait in heaps nothing more is given to the model.
    pub(super) async fn alarms_first(&mut self) -> Result<(), ServiceError> {
        let is_late = self.backlog.is_late(Instant::now());
        if is_late == self.is_late {
            return Ok(());
        }
        self.is_late = is_late;
        if is_late {
            tracing::warn!("chunks wait: nothing more is read until they do not");
        } else {
            tracing::info!("chunks no longer wait: windows are read again");
        }
        let answers = self.readers.desk_mut().map_or_else(Vec::new, |desk| desk.hold(is_late));
        self.answered(answers).await
    }

    /// Word from the threads that read.
    pub(super) async fn reader_said(&mut self, word: FromReader) -> Result<(), ServiceError> {
        let desk = self.readers.desk_mut();
        let answers = match word {
            FromReader::Loaded(loaded) => {
                match &loaded {
                    Ok(model) => {
                        tracing::info!(model = model.name, slots = model.slots, "model loaded");
                        ModelStateChanged { state: ModelState::Ready }.emit();
                        self.readiness.set("model", Ok(()));
                        self.monitor.degrade(None);
                    }
                    Err(error) => {
                        let error = in_full(error.as_ref());
                        tracing::error!(error, "no model: alarms go on, readings are not available");
                        ModelStateChanged { state: ModelState::Failed }.emit();
                        self.monitor.degrade(Some(&error));
                        self.readiness.set("model", Err(error));
                    }
                }
                desk.map_or_else(Vec::new, |desk| desk.loaded(loaded))
            }
            FromReader::Read(done) => {
                let (request, reading) = *done;
                let answers = desk.map_or_else(Vec::new, |desk| desk.finished(request, reading));
                self.model_fails();
                answers
            }
        };
        self.answered(answers).await
    }

    /// Says so once the model fails at every window, and once it reads again.
    fn model_fails(&mut self) {
        let failing = self.readers.desk().and_then(Desk::failing);
        if failing.is_some() == self.is_failing {
            return;
        }
        self.is_failing = failing.is_some();
        ModelStateChanged { state: if self.is_failing { ModelState::Failed } else { ModelState::Ready } }.emit();
        if let Some(reason) = failing {
            tracing::error!(reason, "the model fails: alarms go on, readings are not available");
        } else {
            tracing::info!("the model reads again");
        }
        self.readiness.set("model", failing.map_or(Ok(()), |reason| Err(reason.to_owned())));
        self.monitor.degrade(failing);
    }

    /// Publishes answers, each held against the request it belongs to.
    async fn answered(&mut self, answers: Vec<Answer>) -> Result<(), ServiceError> {
        for Answer { said, ticket, trace } in answers {
            if let Some(said) = said {
                self.say(said, Cause { ticket, trace, ..Cause::now() }).await?;
            }
            if let Some(ticket) = ticket {
                self.progress.release(ticket);
            }
        }
        Ok(())
    }
}
