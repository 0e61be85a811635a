//! The board: beside the service, which it hears, or by itself, following the topics. It brings acknowledgements to the topic of
//! commands.

use std::time::Duration;

use anyhow::Context;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::role::Role;
use gemwatch::board::{AcknowledgeError, Acknowledgement, Board, BoardSettings, Feed};
use gemwatch::broker::{BrokerCheck, KafkaSettings, check_broker};
use gemwatch::ecg::Chunk;
use gemwatch::pipeline::Said;
use gemwatch::pipeline::service::Observer;
use gemwatch::publish::kafka::KafkaPublisher;
use gemwatch::publish::{Outgoing, Topic};
use gemwatch::source::kafka::{Pseudonyms, WholeArrival, read_from_now, read_whole};
use gemwatch::telemetry::Readiness;
use gemwatch::wire::{Acknowledge, Alert, Command, read_rfc3339, waveform};

/// Alerts that a ward's board keeps, each with its ten seconds: some 30 MB.
const MOST_ALERTS: usize = 300;

/// How often the brokers are asked whether they are there, and how long they may take to answer.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(5);

/// Acknowledgements that wait for the broker.
const MOST_WAITING: usize = 64;

/// What the service tells the board.
pub struct BoardObserver(pub Feed);

impl Observer for BoardObserver {
    fn chunk(&mut self, chunk: &Chunk) {
        self.0.chunk(chunk);
    }

    fn said(&mut self, said: &Said) {
        match said {
            Said::Alert { alert, at } => self.0.alert(alert, *at),
            Said::Vitals { vitals, .. } => self.0.vitals(vitals),
            Said::Round { .. }
            | Said::Beat { .. }
            | Said::Points { .. }
            | Said::Read(_)
            | Said::Dropped { .. }
            | Said::Started(_) => {}
        }
    }
}

/// Starts the board of a ward that lives.
pub fn start(kafka: &KafkaSettings) -> anyhow::Result<(Board, Feed)> {
    let publisher = KafkaPublisher::new(kafka).context("cannot write commands")?;
    let (sink, acknowledgements) = mpsc::channel(MOST_WAITING);
    tokio::spawn(write(publisher, acknowledgements));
    Ok(Board::start(BoardSettings { most_alerts: MOST_ALERTS, is_replay: false }, Some(sink)))
}

/// Says every few seconds whether the brokers answer and have the topics that a board follows, in a task of its own.
pub fn look_for_brokers(kafka: KafkaSettings, readiness: Readiness) {
    tokio::spawn(async move {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let asked = kafka.clone();
            let answer = tokio::task::spawn_blocking(move || check_broker(&asked, PATIENCE)).await;
            let Ok(answer) = answer else { return };
            let missing = |check: BrokerCheck| {
                let missing = check.topics.iter().filter(|topic| topic.partitions.is_none());
                let of_board = missing.filter(|topic| Role::Board.needs(&kafka.topics, &topic.name));
                of_board.map(ToString::to_string).next().map_or(Ok(()), Err)
            };
            readiness.set("broker", answer.map_err(|error| error.to_string()).and_then(missing));
        }
    });
}

/// Follows the topics of the whole ward until `shutdown` is done: what stands already, and what comes from now on.
pub async fn follow(
    kafka: &KafkaSettings,
    pseudonyms: Option<&Pseudonyms>,
    feed: &Feed,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let topics = &kafka.topics;
    let mut waveforms = read_from_now(kafka, &topics.waveforms)?;
    let mut vitals = read_from_now(kafka, &topics.vitals)?;
    let mut alerts = read_from_now(kafka, &topics.alerts)?;
    let mut standing = read_whole(kafka, &topics.alert_state)?;
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            Some(message) = waveforms.recv() => {
                // Monitors and their dead letters say what is wrong with the others.
                if let Some(Ok(mut chunk)) = value(message).map(|value| waveform::decode(&value)) {
                    if let Some(pseudonyms) = pseudonyms {
                        chunk.stream_id = pseudonyms.of(chunk.stream_id.as_str().as_bytes());
                    }
                    feed.chunk(&chunk);
                }
            }
            Some(message) = vitals.recv() => {
                if let Some(vitals) = read(message) {
                    feed.vitals(&vitals);
                }
            }
            Some(message) = alerts.recv() => alert(feed, message),
            Some(message) = standing.recv() => alert(feed, message),
        }
    }
}

fn value(message: WholeArrival) -> Option<Vec<u8>> {
    match message {
        WholeArrival::Message { value, .. } => value,
        WholeArrival::CaughtUp => None,
    }
}

/// What is no message of gemwatch is not shown, and said.
fn read<T: DeserializeOwned>(message: WholeArrival) -> Option<T> {
    let read = serde_json::from_slice(&value(message)?);
    read.inspect_err(|error| tracing::warn!(%error, "a message that the board cannot read")).ok()
}

fn alert(feed: &Feed, message: WholeArrival) {
    let Some(alert) = read::<Alert>(message) else { return };
    // An alert does not say when it changed but for its end: the latest of what it names.
    let times = [Some(&alert.raised_at), alert.acknowledged_at.as_ref(), alert.cleared_at.as_ref()];
    let at = times.into_iter().flatten().filter_map(|text| read_rfc3339(text)).max();
    feed.alert(&alert, at.unwrap_or_default());
}

/// One after the other: who waits is a person at a page.
async fn write(publisher: KafkaPublisher, mut acknowledgements: mpsc::Receiver<Acknowledgement>) {
    while let Some(Acknowledgement { command, done }) = acknowledgements.recv().await {
        let sent = publisher.send(outgoing(command)).await;
        // Whoever has left the page is not told.
        let _ = done.send(sent.map_err(|error| AcknowledgeError { detail: error.to_string() }));
    }
}

fn outgoing(command: Acknowledge) -> Outgoing {
    // By its alert, so that a compacted topic keeps each.
    let key = Some(command.alert_id.to_string().into_bytes());
    let payload = serde_json::to_vec(&Command::Acknowledge(command)).expect("a command is JSON (this is a bug)");
    Outgoing { topic: Topic::Commands, key, headers: Vec::new(), payload: Some(payload) }
}
