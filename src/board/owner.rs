//! The one task that owns what the board knows.
//!
//! In go what the pipeline says ([`Feed`]), what pages ask and do; out go messages to every screen and answers to single requests.

use std::time::{Duration as ClockDuration, Instant};

use axum::extract::ws::Message;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::alerts::Known;
use super::protocol::{PageSays, ServerSays};
use super::screens::Screens;
use super::ward::Ward;
use crate::ecg::{Chunk, Time};
use crate::telemetry::events::BoardBehind;
use crate::wire::{Acknowledge, Alert, Vitals};

/// What the pipeline has said and the board has not taken yet: some seconds of a large ward.
const MOST_WAITING: usize = 20_000;

/// How often waveforms go to the screens.
const DRAW_EVERY: ClockDuration = ClockDuration::from_millis(50);

/// How often a page hears that the server lives.
const PULSE_EVERY: ClockDuration = ClockDuration::from_secs(1);

/// What the board is set to.
#[derive(Clone, Copy, Debug)]
pub struct BoardSettings {
    /// Alerts that are kept with their ten seconds: each takes some 100 kB.
    pub most_alerts: usize,
    /// Whether a recording is shown instead of a ward.
    pub is_replay: bool,
}

/// Somebody takes note of an alarm; to be written on the topic of commands.
#[derive(Debug)]
pub struct Acknowledgement {
    /// The command.
    pub command: Acknowledge,
    /// Whether the broker has it.
    pub done: oneshot::Sender<Result<(), AcknowledgeError>>,
}

/// Why an acknowledgement did not get through.
#[derive(Debug, thiserror::Error)]
#[error("the acknowledgement did not reach the broker: {detail}")]
pub struct AcknowledgeError {
    /// What it said.
    pub detail: String,
}

/// What the pipeline says.
enum Said {
    Chunk(Box<Chunk>),
    Vitals(Box<Vitals>),
    Alert(Box<Alert>, Time),
}

/// What pages ask and do.
enum Asked {
    Open { page: mpsc::Sender<Message>, number: oneshot::Sender<u64> },
    Close { number: u64 },
    Says { number: u64, says: Result<PageSays, String> },
    Trends { stream_id: String, answer: oneshot::Sender<Option<String>> },
    AlertsOf { stream_id: String, answer: oneshot::Sender<Vec<Alert>> },
    Alert { id: Uuid, answer: oneshot::Sender<Option<Known>> },
}

/// The way into the board for whoever hears the pipeline.
#[derive(Clone, Debug)]
pub struct Feed(mpsc::Sender<Said>);

/// The board as its pages reach it.
#[derive(Clone, Debug)]
pub struct Board {
    pub(super) is_replay: bool,
    asked: mpsc::Sender<Asked>,
    pub(super) acknowledgements: Option<mpsc::Sender<Acknowledgement>>,
}

impl std::fmt::Debug for Said {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Said::Chunk(_) => "Chunk",
            Said::Vitals(_) => "Vitals",
            Said::Alert(..) => "Alert",
        })
    }
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Asked")
    }
}

impl Feed {
    /// A chunk was taken in.
    pub fn chunk(&self, chunk: &Chunk) {
        self.say(Said::Chunk(Box::new(chunk.clone())));
    }

    /// A second of a bed.
    pub fn vitals(&self, vitals: &Vitals) {
        self.say(Said::Vitals(Box::new(vitals.clone())));
    }

    /// An alert has changed; `at` is when that was true (data time).
    pub fn alert(&self, alert: &Alert, at: Time) {
        self.say(Said::Alert(Box::new(alert.clone()), at));
    }

    /// Waits until the board has room: for recordings, which come faster than life.
    pub fn wait(&self) {
        while self.0.capacity() < MOST_WAITING / 2 {
            std::thread::sleep(ClockDuration::from_millis(1));
        }
    }

    /// The alarm path does not wait for the board.
    fn say(&self, said: Said) {
        if let Err(mpsc::error::TrySendError::Full(said)) = self.0.try_send(said) {
            BoardBehind { what: &format!("{said:?}") }.emit();
        }
    }
}

impl Board {
    /// Starts the owner; `acknowledgements` is the way to the topic of commands, if there is one. Needs a running `tokio` runtime.
    pub fn start(settings: BoardSettings, acknowledgements: Option<mpsc::Sender<Acknowledgement>>) -> (Board, Feed) {
        let (feed, said) = mpsc::channel(MOST_WAITING);
        let (asked, questions) = mpsc::channel(64);
        tokio::spawn(own(settings, said, questions));
        (Board { is_replay: settings.is_replay, asked, acknowledgements }, Feed(feed))
    }

    /// A page has come. Gives its number; none once the board has ended.
    pub(super) async fn open(&self, page: mpsc::Sender<Message>) -> Option<u64> {
        self.ask(|number| Asked::Open { page, number }).await
    }

    /// A page has gone.
    pub(super) async fn close(&self, number: u64) {
        let _ = self.asked.send(Asked::Close { number }).await;
    }

    /// A page has said something.
    pub(super) async fn says(&self, number: u64, says: Result<PageSays, String>) {
        let _ = self.asked.send(Asked::Says { number, says }).await;
    }

    /// The trends of a bed as JSON.
    pub(super) async fn trends(&self, stream_id: String) -> Option<String> {
        self.ask(|answer| Asked::Trends { stream_id, answer }).await.flatten()
    }

    /// The alerts of a bed.
    pub(super) async fn alerts_of(&self, stream_id: String) -> Vec<Alert> {
        self.ask(|answer| Asked::AlertsOf { stream_id, answer }).await.unwrap_or_default()
    }

    /// One alert.
    pub(super) async fn alert(&self, id: Uuid) -> Option<Known> {
        self.ask(|answer| Asked::Alert { id, answer }).await.flatten()
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Asked) -> Option<T> {
        let (sender, answer) = oneshot::channel();
        self.asked.send(question(sender)).await.ok()?;
        answer.await.ok()
    }
}

async fn own(settings: BoardSettings, mut said: mpsc::Receiver<Said>, mut questions: mpsc::Receiver<Asked>) {
    let (mut ward, mut screens) = (Ward::new(settings.most_alerts), Screens::default());
    let (mut draw, mut pulse) = (interval(DRAW_EVERY), interval(PULSE_EVERY));
    draw.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The pipeline may have ended while people still look.
    let mut is_fed = true;
    loop {
        tokio::select! {
            heard = said.recv(), if is_fed => match heard {
                Some(said) => {
                    if let Some(text) = hear(&mut ward, said) {
                        screens.tell(text);
                    }
                }
                None => is_fed = false,
            },
            asked = questions.recv() => match asked {
                Some(asked) => answer(&ward, &mut screens, asked),
                None => return,
            },
            _ = draw.tick() => screens.draw(&ward),
            _ = pulse.tick() => {
                screens.tell(ServerSays::Pulse.text());
                ward.forget(Instant::now()).into_iter().for_each(|text| screens.tell(text));
            }
        }
    }
}

fn hear(ward: &mut Ward, said: Said) -> Option<String> {
    match said {
        Said::Chunk(chunk) => ward.chunk(&chunk, Instant::now()),
        Said::Vitals(vitals) => ward.vitals(&vitals),
        Said::Alert(alert, at) => Some(ward.alert(&alert, at)),
    }
}

/// Whoever does not wait for the answer any more does not get it.
fn answer(ward: &Ward, screens: &mut Screens, asked: Asked) {
    match asked {
        Asked::Open { page, number } => drop(number.send(screens.open(page, ward.all()))),
        Asked::Close { number } => screens.close(number),
        Asked::Says { number, says } => {
            if let Err(detail) = says.and_then(|says| screens.watch(number, says)) {
                screens.tell_one(number, ServerSays::Refused { detail }.text());
            }
        }
        Asked::Trends { stream_id, answer } => {
            let reply = ward.bed(&stream_id).map(|bed| bed.trends.reply(&stream_id));
            let text = reply.map(|reply| serde_json::to_string(&reply).expect("trends are JSON (this is a bug)"));
            drop(answer.send(text));
        }
        Asked::AlertsOf { stream_id, answer } => {
            let of_bed = ward.alerts().filter(|known| known.alert.stream_id == stream_id);
            drop(answer.send(of_bed.map(|known| known.alert.clone()).collect()));
        }
        Asked::Alert { id, answer } => drop(answer.send(ward.known(id).cloned())),
    }
}
