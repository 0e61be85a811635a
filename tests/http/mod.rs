//! The program and its clients.

pub mod issuer;

use std::fmt::Write;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often the log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// `gemwatch run`, far from any broker. Killed when dropped; its log is shown when the test fails.
pub struct Program {
    child: Child,
    folder: TempDir,
    /// Where it serves.
    pub address: SocketAddr,
}

impl Program {
    /// With these lines in `[http]`, these tokens and the files of these keys.
    pub fn start(more: &str, tokens: &[(&str, &str)], files: &[(&str, &str)]) -> Program {
        Program::start_at("127.0.0.1:0", more, tokens, files)
    }

    pub fn start_at(listen: &str, more: &str, tokens: &[(&str, &str)], files: &[(&str, &str)]) -> Program {
        let folder = settings(listen, more, tokens, files);
        let child = spawn(&folder);
        let address = "127.0.0.1:1".parse().unwrap();
        let mut program = Program { child, folder, address };
        let started = Instant::now();
        let port = loop {
            let log = program.log();
            // {"...","message":"serving ...","address":"127.0.0.1:1234",...}
            let served = log.lines().find(|line| line.contains("serving /healthz"));
            let address = served.and_then(|line| line.split_once("\"address\":\"")?.1.split_once('"'));
            if let Some((address, _)) = address {
                break address.parse::<SocketAddr>().unwrap().port();
            }
            assert!(program.child.try_wait().unwrap().is_none(), "it has ended:\n{log}");
            assert!(started.elapsed() < PATIENCE, "it does not serve:\n{log}");
            sleep(LOOK_EVERY);
        };
        program.address.set_port(port);
        program
    }

    /// What it says when it does not start.
    pub fn refuses_to_start(more: &str, tokens: &[(&str, &str)]) -> String {
        let folder = settings("127.0.0.1:0", more, tokens, &[]);
        let mut child = spawn(&folder);
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("it has started");
            }
            sleep(LOOK_EVERY);
        };
        assert_eq!(status.code(), Some(2));
        fs::read_to_string(log_of(&folder)).unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn log(&self) -> String {
        fs::read_to_string(log_of(&self.folder)).unwrap()
    }

    /// Ends it, and gives its log.
    pub fn end(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("log of gemwatch run:\n{}", self.log());
        }
    }
}

fn log_of(folder: &TempDir) -> PathBuf {
    folder.path().join("log")
}

/// A folder with the settings, tokens and files.
fn settings(listen: &str, more: &str, tokens: &[(&str, &str)], files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // Nobody listens at port 1; the log says everything but what the libraries say.
    let mut text = "kafka.brokers = \"127.0.0.1:1\"\nreadings.model = \"none\"\n\
                    telemetry = { log = \"warn,gemwatch=trace\", log_format = \"json\" }\n[http]\n"
        .to_owned();
    writeln!(text, "listen = {listen:?}").unwrap();
    for (name, token) in tokens {
        writeln!(text, "tokens.{name} = {:?}", file(name, token)).unwrap();
    }
    for (name, content) in files {
        writeln!(text, "{name} = {:?}", file(name, content)).unwrap();
    }
    text.push_str(more);
    file("gemwatch.toml", &text);
    folder
}

fn spawn(folder: &TempDir) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gemwatch"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GEMWATCH_")) {
        command.env_remove(name);
    }
    let log = File::create(log_of(folder)).unwrap();
    command
        .args(["run", "--config"])
        .arg(folder.path().join("gemwatch.toml"))
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A client that trusts this certificate (PEM) alone, if one is given.
pub fn client(certificate: Option<&str>) -> Agent {
    let roots = certificate.map(|pem| Certificate::from_pem(pem.as_bytes()).unwrap());
    let tls =
        TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots.into_iter().collect::<Vec<_>>())).build();
    Agent::config_builder().tls_config(tls).http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

pub fn get(agent: &Agent, url: &str, credential: Option<String>) -> Answer {
    let request = agent.get(url);
    let request =
        credential.into_iter().fold(request, |request, credential| request.header("authorization", credential));
    let mut answer = request.call().unwrap();
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
    };
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().iter().map(header).collect(),
        body: answer.body_mut().read_to_string().unwrap(),
    }
}
