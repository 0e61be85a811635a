//! A replay through the topics of a broker: one side sends the chunks, the other is the service itself.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use indicatif::ProgressBar;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::super::failure::{BadInput, Failure};
use super::{CHUNK_S, Outputs, Pace, Speed, bed_settings};
use gemwatch::broker::{KafkaSettings, delete_topic, ensure_topics};
use gemwatch::config::Config;
use gemwatch::ecg::{Chunk, StreamId, Time};
use gemwatch::pipeline::service::{Input, Observer, Readings, ServiceSettings, serve};
use gemwatch::pipeline::{Interpreter, Said};
use gemwatch::publish::kafka::KafkaPublisher;
use gemwatch::publish::{Outgoing, Topic};
use gemwatch::source::recordings::Record;
use gemwatch::telemetry::Readiness;
use gemwatch::wire::waveform;

/// Chunks that may be on their way: an embedded broker keeps about 5 MB a partition, and a record must not outrun it.
const MOST_UNDERWAY: usize = 500;

const BROKER_PATIENCE: Duration = Duration::from_secs(10);

/// Writes what the service says and tells the sender which chunks have arrived.
struct Listener<'a> {
    outputs: &'a mut Outputs,
    starts: HashMap<StreamId, Time>,
    arrived: mpsc::UnboundedSender<()>,
}

impl Observer for Listener<'_> {
    fn chunk(&mut self, _: &Chunk) {
        // The sender has gone when the replay ends early.
        let _ = self.arrived.send(());
    }

    fn said(&mut self, said: &Said) {
        let start = match said {
            Said::Beat { stream_id, .. } | Said::Points { stream_id, .. } => {
                self.starts.get(stream_id).copied().unwrap_or_default()
            }
            _ => Time::default(),
        };
        self.outputs.take(said, start);
    }
}

/// Plays the records one after the other through the broker.
pub fn replay(
    records: &[Record],
    brokers: &str,
    config: &Config,
    interpreter: Option<Interpreter>,
    speed: Speed,
    outputs: &mut Outputs,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    // A topic and a group of this replay alone: other instances do not hear it, and old chunks do not mix with it.
    let name = format!("replay-{}", Uuid::new_v4().simple());
    let mut kafka = KafkaSettings { brokers: brokers.to_owned(), group: name.clone(), ..config.kafka.clone() };
    kafka.topics.waveforms = format!("{}.{name}", config.kafka.topics.waveforms);
    runtime.block_on(async {
        ensure_topics(&kafka, 1, 1, BROKER_PATIENCE).await.bad_input()?;
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let id = |record: &Record| StreamId::new(&record.name).map(|id| (id, record.start.unwrap_or_default()));
        let starts = records.iter().map(id).collect::<Result<_, _>>().bad_input()?;
        let bed = bed_settings(config, outputs.want_points());
        let mut listener = Listener { outputs, starts, arrived };
        let readings = interpreter.map_or(Readings::None, |interpreter| Readings::AtOnce(Box::new(interpreter)));
        let settings = ServiceSettings {
            input: Input::Waveforms,
            kafka: kafka.clone(),
            bed,
            is_live: false,
            profiles: config.limit_profiles(),
            changed_limits: None,
            audit_file: None,
            pseudonyms: None,
        };
        let mut sent = Ok(());
        let all_sent = async { sent = send(records, &kafka, speed, arrivals, progress).await };
        let served = Box::pin(serve(&settings, readings, Readiness::new([]), &mut listener, all_sent)).await;
        let deleted = delete_topic(&kafka, &kafka.topics.waveforms, BROKER_PATIENCE).await;
        served.map_err(anyhow::Error::from)?;
        deleted.map_err(anyhow::Error::from)?;
        sent
    })
}

/// Sends every chunk and waits until each has arrived at the service.
async fn send(
    records: &[Record],
    kafka: &KafkaSettings,
    speed: Speed,
    mut arrivals: mpsc::UnboundedReceiver<()>,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    let sender = KafkaPublisher::new(kafka).map_err(anyhow::Error::from)?;
    let mut underway = 0;
    for record in records {
        progress.set_message(record.name.clone());
        let pace = Pace::new(speed);
        let stream_id = StreamId::new(&record.name).bad_input()?;
        let start = record.start.unwrap_or_default();
        for chunk in record.chunks(stream_id, CHUNK_S).bad_input()? {
            tokio::time::sleep(pace.wait(chunk.end().seconds_since(start))).await;
            let outgoing = Outgoing {
                topic: Topic::Waveforms,
                key: Some(chunk.stream_id.as_str().as_bytes().to_vec()),
                headers: Vec::new(),
                payload: Some(waveform::encode(&chunk)),
            };
            // The acknowledgement is that the chunk arrives at the other end.
            drop(sender.enqueue(outgoing).await.map_err(anyhow::Error::from)?);
            underway += 1;
            while underway >= MOST_UNDERWAY || arrivals.try_recv().is_ok() {
                if underway >= MOST_UNDERWAY {
                    arrivals.recv().await;
                }
                underway -= 1;
            }
            progress.inc((chunk.len() as f64 * record.rate_hz / chunk.rate_hz) as u64);
        }
    }
    while underway > 0 {
        arrivals.recv().await;
        underway -= 1;
    }
    Ok(())
}
