//! One step after another: the scheduler decides, the backend computes, the callers hear.
//!
//! Synchronous and without a clock; the thread around it is in [`queue`](super::queue).

use std::{
    collections::HashMap,
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use super::{
    backend::Backend,
    request::{EngineError, Event, Ticket, Written},
    scheduler::{Answer, Refusal, Request, Row, Scheduler, Settings, Step},
};
use crate::gem::{error::GemError, text_stream::TextStream};

/// A request with what belongs to it.
pub(super) struct Job<I> {
    pub(super) request: Request,
    pub(super) input: I,
    pub(super) events: Sender<Event>,
}

/// A request that is not answered yet.
struct Open<B: Backend> {
    /// Until there is a prompt.
    input: Option<B::Input>,
    /// Kept to the end: a text that lost its slot starts from it again.
    prompt: Option<B::Prompt>,
    text: TextStream,
    events: Sender<Event>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// There was something to do.
    Worked,
    /// There is nothing to do before this moment.
    Idle { until: Option<Duration> },
}

/// The scheduler, the backend and the open requests.
pub(super) struct Batcher<B: Backend> {
    scheduler: Scheduler,
    positions: usize,
    backend: B,
    open: HashMap<Ticket, Open<B>>,
    /// Requests whose callers do not listen any more.
    deserted: Vec<Ticket>,
    last_error: Option<Arc<GemError>>,
    // Used again in every step.
    tickets: Vec<Ticket>,
    rows: Vec<Row>,
    next: Vec<Option<u32>>,
}

impl<B: Backend> Batcher<B> {
    pub(super) fn new(settings: Settings, backend: B) -> Batcher<B> {
        let (slots, positions) = (settings.slots, settings.positions);
        Batcher {
            scheduler: Scheduler::new(settings),
            positions,
            backend,
            open: HashMap::new(),
            deserted: Vec::new(),
            last_error: None,
            tickets: Vec::with_capacity(slots),
            rows: Vec::with_capacity(slots),
            next: Vec::with_capacity(slots),
        }
    }

    /// Whether every request was answered.
    #[cfg(test)]
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// The backend, when there is nothing more to do.
    #[cfg(test)]
    pub(super) fn into_backend(self) -> B {
        self.backend
    }

    /// Takes a request.
    pub(super) fn submit(&mut self, job: Job<B::Input>) {
        let Job { request, input, events } = job;
        let open = Open { input: Some(input), prompt: None, text: TextStream::default(), events };
        self.open.insert(request.ticket, open);
        self.scheduler.submit(request);
        self.answer();
    }

    /// Ends a request.
    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.scheduler.cancel(ticket);
        self.answer();
    }

    /// Does the next step.
    pub(super) fn step(&mut self, now: Duration) -> Progress {
        let step = self.scheduler.next(now);
        let done = match &step {
            Step::Rebuild => self.backend.rebuild().map(|()| {
                self.scheduler.rebuilt();
                tracing::warn!("the model's sessions were made anew");
            }),
            Step::Encode(tickets) => self.encode(tickets),
            Step::Prefill { ticket, slot } => self.prefill(*ticket, *slot),
            Step::Decode => self.decode(),
            Step::Wait { until } => {
                self.answer();
                return Progress::Idle { until: *until };
            }
        };
        if let Err(error) = done {
            tracing::error!(error = &error as &dyn std::error::Error, ?step, "a step of the model failed");
            self.last_error = Some(Arc::new(error));
            self.scheduler.failed(&step, now);
        }
        while let Some(ticket) = self.deserted.pop() {
            self.scheduler.cancel(ticket);
        }
        self.answer();
        Progress::Worked
    }

    fn encode(&mut self, tickets: &[Ticket]) -> Result<(), GemError> {
        let inputs: Vec<&B::Input> =
            tickets.iter().filter_map(|ticket| self.open.get(ticket)?.input.as_ref()).collect();
        for (ticket, prompt) in tickets.iter().zip(self.backend.encode(&inputs)?) {
            self.scheduler.encoded(*ticket, B::positions(&prompt));
            if let Some(open) = self.open.get_mut(ticket) {
                open.input = None;
                open.prompt = Some(prompt);
            }
        }
        Ok(())
    }

    fn prefill(&mut self, ticket: Ticket, slot: usize) -> Result<(), GemError> {
        let prompt = self.open.get(&ticket).and_then(|open| open.prompt.as_ref());
        let prompt = prompt.expect("only requests with a prompt are given a slot (this is a bug)");
        let token = self.backend.prefill(slot, prompt, self.scheduler.tokens(slot))?;
        self.scheduler.prefilled(slot, token);
        self.tell(ticket, token);
        Ok(())
    }

    fn decode(&mut self) -> Result<(), GemError> {
        self.tickets.clear();
        self.rows.clear();
        self.next.clear();
        for (ticket, row) in self.scheduler.rows() {
            self.tickets.push(ticket);
            self.rows.push(row);
        }
        self.backend.decode(&self.rows, &mut self.next)?;
        self.scheduler.decoded(&self.next);
        for index in 0..self.tickets.len() {
            self.tell(self.tickets[index], self.next[index]);
        }
        Ok(())
    }

    /// Hands on what a token adds to a text.
    fn tell(&mut self, ticket: Ticket, token: Option<u32>) {
        let (Some(token), Some(open)) = (token, self.open.get_mut(&ticket)) else { return };
        let mut is_heard = true;
        let events = &open.events;
        open.text.push(self.backend.piece(token), &mut |text| {
            is_heard &= events.send(Event::Text(text.to_owned())).is_ok();
        });
        if !is_heard {
            self.deserted.push(ticket);
        }
    }

    /// Hands out the answers that there are by now.
    fn answer(&mut self) {
        for Answer { ticket, outcome, tokens, prompt } in self.scheduler.answers() {
            let Some(open) = self.open.remove(&ticket) else { continue };
            let events = open.events;
            let written = match outcome {
                Ok(finish) => {
                    let say = &mut |text: &str| drop(events.send(Event::Text(text.to_owned())));
                    Ok(Written { text: open.text.finish(say), tokens, prompt_tokens: prompt, finish })
                }
                Err(Refusal::Deadline) => Err(EngineError::Late),
                Err(Refusal::TooLong { positions }) => Err(EngineError::TooLong { positions, most: self.positions }),
                Err(Refusal::NotANumber { token }) => Err(EngineError::NotANumber { token }),
                Err(Refusal::Failed) => {
                    let error = self.last_error.clone();
                    Err(EngineError::Failed(error.expect("a step failed before a request did (this is a bug)")))
                }
            };
            // Who does not listen any more needs no answer.
            drop(events.send(Event::Done(written)));
        }
    }
}
