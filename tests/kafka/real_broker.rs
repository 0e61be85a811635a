//! A real Apache Kafka broker for the tests of this binary: one for all of them, started by the first that asks.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

static BROKER: OnceLock<Option<RealBroker>> = OnceLock::new();

/// `broker.sh run`, which stops the broker when its standard input closes: on drop, and when this process ends,
/// however it ends.
struct RealBroker {
    script: Child,
    bootstrap_servers: String,
}

/// Where the broker listens. `None`, and a line on standard error, where there is no Java or no Maven; with `CI` set, a failure.
pub fn bootstrap_servers() -> Option<&'static str> {
    let broker = BROKER.get_or_init(|| {
        let missing = ["java", "mvn"].into_iter().find(|program| !runs(program));
        match missing {
            None => Some(RealBroker::start()),
            Some(program) => {
                assert!(std::env::var_os("CI").is_none(), "{program} is needed for the tests against a real broker");
                None
            }
        }
    });
    if broker.is_none() {
        eprintln!("left out: no Java/Maven");
    }
    broker.as_ref().map(|broker| broker.bootstrap_servers.as_str())
}

fn runs(program: &str) -> bool {
    Command::new(program)
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl RealBroker {
    fn start() -> RealBroker {
        let mut script = Command::new("bash")
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka/broker.sh"), "run"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash starts");
        let mut line = String::new();
        let stdout = script.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("broker.sh speaks UTF-8");
        let Some(bootstrap_servers) = line.trim_end().strip_prefix("bootstrap=") else {
            panic!("broker.sh did not start a broker (see above): {:?}", script.wait());
        };
        RealBroker { bootstrap_servers: bootstrap_servers.to_owned(), script }
    }
}

impl Drop for RealBroker {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
