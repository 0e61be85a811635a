//! A Kafka broker inside this process, for the demo and for tests: librdkafka's mock cluster.
//!
//! It speaks the real protocol on a loopback port, groups and idempotent producers included. **It is no store**:
//! a partition keeps about 5 MB and drops the oldest messages beyond that without a word, and nothing survives
//! the process. Fine for a ward at the speed of life, where readers keep up; not for replays at full speed.
//! The first join of a consumer group takes 3 s, and that of a member which left and comes back up to 10 s.

use std::error::Error;
use std::sync::mpsc;
use std::thread;

use rdkafka::mocking::MockCluster;

use super::{BrokerError, Topics};

/// A running embedded broker. It stops when dropped.
#[derive(Debug)]
pub struct EmbeddedBroker {
    bootstrap_servers: String,
    /// Dropping it tells the thread that owns the cluster to end.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Starts a broker with these topics, each with `partitions` partitions.
    pub fn start(topics: &Topics, partitions: i32) -> Result<EmbeddedBroker, BrokerError> {
        let names = topics.names().map(str::to_owned);
        let (stop, stopped) = mpsc::channel();
        let (started, bootstrap_servers) = mpsc::channel();
        // The handle of the cluster cannot leave its thread.
        let serve = move || match cluster(&names, partitions) {
            Ok(cluster) => {
                let _ = started.send(Ok(cluster.bootstrap_servers()));
                // Ends with an error as soon as the sender is dropped: that is the signal.
                let _: Result<(), _> = stopped.recv();
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        };
        let failed = |source: Box<dyn Error + Send + Sync>| BrokerError::Embedded { source };
        let thread = thread::Builder::new()
            .name("embedded-broker".to_owned())
            .spawn(serve)
            .map_err(|source| failed(source.into()))?;
        let bootstrap_servers = bootstrap_servers
            .recv()
            .map_err(|source| failed(source.into()))?
            .map_err(|source| failed(source.into()))?;
        Ok(EmbeddedBroker { bootstrap_servers, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens: the value for `kafka.brokers`.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported already.
            let _ = thread.join();
        }
    }
}

fn cluster(
    topics: &[String],
    partitions: i32,
) -> Result<MockCluster<'static, rdkafka::producer::DefaultProducerContext>, rdkafka::error::KafkaError> {
    let cluster = MockCluster::new(1)?;
    for topic in topics {
        cluster.create_topic(topic, partitions, 1)?;
    }
    Ok(cluster)
}
