//! What goes wrong in a run, and when: drawn from its seed.

use std::fmt;
use std::str::FromStr;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The kind of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Processes are killed and started again.
    WorkerKilled,
    /// Processes stand still for a while (SIGSTOP), up to 30 s.
    WorkerStopped,
    /// Processes come and go in good order.
    WorkersRolling,
    /// Brokers are killed and started again.
    BrokerKilled,
    /// Brokers are restarted in good order: every leader moves.
    LeadersMove,
    /// A broker stands still: the others and the clients wait for it in vain.
    BrokerStopped,
    /// No broker is there for a while.
    Outage,
    /// The topic gets more partitions, and another process comes for them.
    PartitionsAdded,
    /// The disk of a broker is full.
    DiskFull,
    /// Whatever there is.
    Mixed,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::WorkerKilled,
        Kind::WorkerStopped,
        Kind::WorkersRolling,
        Kind::BrokerKilled,
        Kind::LeadersMove,
        Kind::BrokerStopped,
        Kind::PartitionsAdded,
        Kind::DiskFull,
        Kind::Mixed,
        Kind::Outage,
    ];

    /// Those of which one run each takes no long.
    pub const QUICK: [Kind; 3] = [Kind::WorkerKilled, Kind::WorkersRolling, Kind::BrokerKilled];

    const fn name(self) -> &'static str {
        match self {
            Kind::WorkerKilled => "worker-killed",
            Kind::WorkerStopped => "worker-stopped",
            Kind::WorkersRolling => "workers-rolling",
            Kind::BrokerKilled => "broker-killed",
            Kind::LeadersMove => "leaders-move",
            Kind::BrokerStopped => "broker-stopped",
            Kind::Outage => "outage",
            Kind::PartitionsAdded => "partitions-added",
            Kind::DiskFull => "disk-full",
            Kind::Mixed => "mixed",
        }
    }

    /// How much faster than life the patients live in such a run.
    pub const fn speed(self) -> f64 {
        match self {
            Kind::WorkerStopped | Kind::WorkersRolling | Kind::Mixed => 2.5,
            Kind::Outage | Kind::DiskFull | Kind::BrokerStopped => 3.0,
            _ => 5.0,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Kind, String> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| format!("no kind of fault is called {name:?}"))
    }
}

/// Something that goes wrong, and is put right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// kill -9 of one of the processes; another starts after a while.
    KillWorker { after_s: f64 },
    /// SIGSTOP, and SIGCONT after a while.
    StopWorker { for_s: f64 },
    /// A process is asked to end; another starts after a while.
    ReplaceWorker { after_s: f64 },
    /// One more process.
    AddWorker,
    /// kill -9 of a broker, which starts again after a while.
    KillBroker { for_s: f64 },
    /// A broker is asked to end, and starts again.
    RestartBroker,
    /// SIGSTOP of a broker, and SIGCONT after a while.
    StopBroker { for_s: f64 },
    /// kill -9 of all brokers, which start again after a while.
    KillAllBrokers { for_s: f64 },
    /// The topic of the waveforms gets two more partitions.
    AddPartitions,
    /// The disk of the last broker is full for a while.
    FillDisk { for_s: f64 },
}

/// The faults of a run that lasts `seconds`, each with its moment.
pub fn schedule(kind: Kind, seed: u64, seconds: f64) -> Vec<(f64, Fault)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0xfa17);
    let mut faults = Vec::new();
    let mut at_s = random.random_range(2.0..5.0);
    while at_s < seconds - 1.0 {
        let fault = draw(kind, &mut random);
        faults.push((at_s, fault));
        let pause_s = match kind {
            // All of them come and go every ten seconds.
            Kind::WorkersRolling => 10.0,
            Kind::Outage | Kind::DiskFull | Kind::PartitionsAdded => f64::INFINITY,
            _ => random.random_range(4.0..12.0),
        };
        at_s += pause_s + lasts_s(fault);
    }
    faults
}

fn draw(kind: Kind, random: &mut impl Rng) -> Fault {
    match kind {
        Kind::WorkerKilled => Fault::KillWorker { after_s: random.random_range(0.0..3.0) },
        Kind::WorkerStopped => {
            let for_s = if random.random_bool(0.4) { 30.0 } else { random.random_range(1.0..15.0) };
            Fault::StopWorker { for_s }
        }
        Kind::WorkersRolling if random.random_bool(0.3) => Fault::AddWorker,
        Kind::WorkersRolling => Fault::ReplaceWorker { after_s: random.random_range(0.0..2.0) },
        Kind::BrokerKilled => Fault::KillBroker { for_s: random.random_range(1.0..6.0) },
        Kind::LeadersMove => Fault::RestartBroker,
        Kind::BrokerStopped => Fault::StopBroker { for_s: random.random_range(2.0..20.0) },
        Kind::Outage => Fault::KillAllBrokers { for_s: random.random_range(3.0..10.0) },
        Kind::PartitionsAdded => Fault::AddPartitions,
        Kind::DiskFull => Fault::FillDisk { for_s: random.random_range(4.0..10.0) },
        Kind::Mixed => {
            let kinds = [Kind::WorkerKilled, Kind::WorkersRolling, Kind::BrokerKilled, Kind::LeadersMove];
            draw(kinds[random.random_range(0..kinds.len())], random)
        }
    }
}

/// How long a fault lasts before the next may come.
fn lasts_s(fault: Fault) -> f64 {
    match fault {
        Fault::KillWorker { after_s } | Fault::ReplaceWorker { after_s } => after_s,
        Fault::StopWorker { for_s }
        | Fault::KillBroker { for_s }
        | Fault::StopBroker { for_s }
        | Fault::KillAllBrokers { for_s }
        | Fault::FillDisk { for_s } => for_s,
        Fault::AddWorker | Fault::RestartBroker | Fault::AddPartitions => 0.0,
    }
}
