//! The ward board of the real program: its page, its WebSocket, an alert with its files, an acknowledgement, a recording.

#[path = "program/mod.rs"]
#[expect(dead_code, reason = "the rest is for the tests of the command line")]
mod program;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use gemwatch::source::recordings::Record;
use program::{gemwatch, recordings};
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};
use ureq::Agent;

const PATIENCE: Duration = Duration::from_mins(1);

/// The program with a board, killed when dropped.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    /// Starts it and waits until it says where its board is.
    fn start(arguments: &[&str], says_on_stderr: bool) -> Program {
        let mut command = gemwatch();
        command
            .args(arguments)
            .env("GEMWATCH_HTTP__LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, error) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (said, other): (Box<dyn Read + Send>, Box<dyn Read + Send>) =
            if says_on_stderr { (Box::new(error), Box::new(out)) } else { (Box::new(out), Box::new(error)) };
        let drain = |mut from: Box<dyn Read + Send>| {
            std::thread::spawn(move || std::io::copy(&mut from, &mut std::io::sink()));
        };
        drain(other);
        let mut said = BufReader::new(said);
        let address = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "it has ended without a board");
            if let Some((_, address)) = line.split_once("http://") {
                break address.split_once('/').unwrap().0.to_owned();
            }
        };
        drain(Box::new(said));
        Program { child, address }
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("http://{}{path}", self.address)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap())
    }

    fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent
            .post(format!("http://{}{path}", self.address))
            .content_type("application/json")
            .send(body.to_string())
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn live(&self) -> Live {
        let mut request = format!("ws://{}/api/live", self.address).into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", "gemwatch.board.v1".parse().unwrap());
        let (socket, answer) = tungstenite::connect(request).unwrap();
        assert_eq!(answer.headers()["sec-websocket-protocol"], "gemwatch.board.v1");
        Live(socket)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Live(WebSocket<MaybeTlsStream<TcpStream>>);

impl Live {
    /// Hears until `is_it` finds what it looks for.
    fn until<T>(&mut self, what: &str, mut is_it: impl FnMut(&Message) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < PATIENCE, "no {what}");
            if let Some(found) = is_it(&self.0.read().unwrap()) {
                return found;
            }
        }
    }

    fn text<T>(&mut self, what: &str, is_it: impl Fn(&Value) -> Option<T>) -> T {
        self.until(what, |message| match message {
            Message::Text(text) => is_it(&serde_json::from_str(text.as_str()).unwrap()),
            _ => None,
        })
    }
}

#[test]
fn a_ward_lives_in_the_browser_and_an_alarm_is_taken_note_of() {
    // The patient in the first bed has no heartbeat from the 20th second on, for twelve seconds.
    let program = Program::start(&["demo", "--beds", "2", "--duration", "2m"], false);
    let (status, page) = program.get("/");
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, 200);
    for view in ["/beds/bed-01", "/alerts/x", "/replay"] {
        assert_eq!(program.get(view), (200, page.clone().into_bytes()));
    }
    // Every file that the page names is there, and what those import.
    let mut wanted: Vec<String> = references(&page);
    let mut seen = BTreeSet::new();
    while let Some(path) = wanted.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let (status, content) = program.get(&path);
        assert_eq!(status, 200, "{path}");
        let folder = path.rsplit_once('/').unwrap().0;
        let content = String::from_utf8(content).unwrap();
        wanted.extend(imports(&content).iter().map(|name| format!("{folder}/{name}")));
    }
    assert!(seen.len() > 20, "{seen:?}");

    let mut live = program.live();
    let is_ward = |value: &Value| (value["type"] == "ward").then_some(());
    live.text("ward", is_ward);
    let vitals = live.text("vital signs", |value| (value["type"] == "vitals").then(|| value["vitals"].clone()));
    let stream_id = vitals["stream_id"].as_str().unwrap().to_owned();
    let trace = json!({ "stream_id": stream_id, "lead": "II" });
    let watch = json!({ "type": "watch", "columns_a_second": 100, "history_s": 5.0, "traces": [trace] });
    live.0.send(Message::text(watch.to_string())).unwrap();
    let (mut next, mut columns) = (None, 0);
    live.until("three seconds of waveform", |message| {
        let Message::Binary(bytes) = message else { return None };
        assert_eq!(bytes[..4], [1, 1, 0, 0]);
        let first = f64::from_le_bytes(bytes[16..24].try_into().unwrap());
        let count = u16::from_le_bytes([bytes[14], bytes[15]]);
        assert!(next.is_none_or(|next: f64| (next - first).abs() < 0.5), "columns are missing");
        assert_eq!(bytes.len(), 24 + 4 * usize::from(count));
        next = Some(first + f64::from(count));
        columns += count;
        (columns >= 300).then_some(())
    });
    live.0.send(Message::text("{\"type\":\"shout\"}")).unwrap();
    live.text("refusal", |value| (value["type"] == "refused").then_some(()));

    let id = live.text("asystole", |value| {
        let alert = &value["alert"];
        (alert["code"] == "ASYS").then(|| alert["id"].as_str().unwrap().to_owned())
    });
    let alert = program.json(&format!("/api/alerts/{id}"));
    assert_eq!(alert["changes"][0]["state"], "raised");
    let window = &alert["window"];
    assert_eq!(window["leads"].as_array().unwrap().len(), 12);
    assert_eq!(window["leads"][0]["uv"].as_array().unwrap().len(), 5000);

    let path = format!("/api/alerts/{id}/acknowledge");
    let nobody = program.post(&path, &json!({ "code": "ASYS" }));
    assert_eq!(nobody.0, 422, "{nobody:?}");
    let taken = program.post(&path, &json!({ "code": "ASYS", "by": "nurse" }));
    assert_eq!(taken.0, 202, "{taken:?}");
    live.text("acknowledgement", |value| {
        let alert = &value["alert"];
        (alert["id"] == id.as_str() && alert["acknowledged_by"] == "nurse").then_some(())
    });
    assert_eq!(
        program.post("/api/alerts/00000000-0000-0000-0000-000000000000/acknowledge", &json!({ "code": "ASYS" })).0,
        404
    );

    check_files(&program, &id);
    let trends = program.json(&format!("/api/beds/{stream_id}/trends"));
    assert!(trends["heart_rate_bpm"].as_array().unwrap().iter().any(Value::is_number), "{trends}");
    assert!(program.json("/api/beds/bed-01/alerts").as_array().unwrap().iter().any(|alert| alert["id"] == id.as_str()));
    assert_eq!(program.json("/api/session")["mode"], "live");
}

/// What can be taken away of an alert is what it says it is.
fn check_files(program: &Program, id: &str) {
    let file = |name: &str| {
        let (status, content) = program.get(&format!("/api/alerts/{id}/{name}"));
        assert_eq!(status, 200, "{name}");
        content
    };
    assert_eq!(file("page.png")[..4], *b"\x89PNG");
    let pdf = file("page.pdf");
    assert!(pdf.starts_with(b"%PDF") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
    let folder = tempfile::tempdir().unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file("wfdb.zip"))).unwrap();
    archive.extract(folder.path()).unwrap();
    let name = archive.file_names().next().unwrap().to_owned();
    let record = Record::open(&folder.path().join(name).with_extension("hea")).unwrap();
    assert_eq!((record.signals.len(), record.samples, record.rate_hz), (12, 5000, 500.0));
    let bundle: Value = serde_json::from_slice(&file("fhir.json")).unwrap();
    assert_eq!(bundle["entry"][0]["resource"]["component"].as_array().unwrap().len(), 12);
    assert_eq!(bundle["entry"][2]["resource"]["priority"], "stat");
    assert_eq!(program.get(&format!("/api/alerts/{id}/page.gif")).0, 404);
}

/// The files that a page names.
fn references(page: &str) -> Vec<String> {
    page.split('"').filter(|text| text.starts_with("/assets/")).map(str::to_owned).collect()
}

/// The modules that a module imports, and what a style sheet does.
fn imports(module: &str) -> Vec<String> {
    let quoted = module.split(['"', '\'']).filter_map(|text| text.strip_prefix("./"));
    let is_file = |name: &&str| Path::new(name).extension().is_some_and(|ending| ending == "js" || ending == "css");
    quoted.filter(is_file).map(str::to_owned).collect()
}

#[test]
fn a_recording_is_shown_beside_its_annotations() {
    let Some(recordings) = recordings() else { return };
    let record = recordings.join("mitdb/208");
    let path = record.to_str().unwrap();
    let program = Program::start(&["replay", path, "--model", "none", "--board"], true);
    let replay = program.json("/api/replay");
    assert_eq!((&replay["record"], &replay["leads"][0]), (&json!("208"), &json!("MLII")));
    let count = |name: &str| replay[name].as_array().unwrap().len();
    assert!(count("beats") > 1000 && count("reference") > 1000, "{} {}", count("beats"), count("reference"));
    let alert = &replay["alerts"][0];
    let detail = program.json(&format!("/api/alerts/{}", alert["id"].as_str().unwrap()));
    assert!(detail["window"]["leads"][0]["uv"].is_array(), "{}", detail["window"]);

    // The highest value of a beat is the same in one column and in many.
    let highest = |columns: usize| {
        let path = format!("/api/replay/columns?lead=MLII&from_s=10&to_s=12&columns={columns}");
        let (status, bytes) = program.get(&path);
        assert_eq!((status, bytes.len()), (200, 4 * columns));
        bytes.chunks(4).map(|column| i16::from_le_bytes([column[2], column[3]])).max()
    };
    assert_eq!(highest(1), highest(500));
    assert_eq!(program.get("/api/replay/columns?lead=MLII&from_s=2&to_s=1&columns=5").0, 422);
    assert_eq!(program.json("/api/session")["mode"], "replay");
}

#[test]
fn a_stranger_sees_the_page_and_no_patient() {
    let folder = tempfile::tempdir().unwrap();
    let token = "0123456789abcdef0123456789abcdef";
    let file = folder.path().join("token");
    std::fs::File::create(&file).unwrap().write_all(token.as_bytes()).unwrap();
    let settings = folder.path().join("ward.toml");
    let text = format!(
        "kafka.brokers = \"127.0.0.1:1\"\nreadings.model = \"none\"\ntelemetry.log_format = \"json\"\n[http]\nlisten = \"127.0.0.1:0\"\ntokens.ward = {file:?}\n"
    );
    std::fs::write(&settings, text).unwrap();
    let mut child = gemwatch()
        .args(["run", "--role", "board", "--config"])
        .arg(&settings)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let address = loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "it has ended");
        if let Some((_, rest)) = line.split_once("\"address\":\"") {
            break rest.split_once('"').unwrap().0.to_owned();
        }
    };
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    let program = Program { child, address };
    assert_eq!(program.get("/").0, 200);
    for path in ["/api/session", "/api/live", "/api/beds/x/trends", "/api/alerts/x", "/api/alerts/x/page.png"] {
        assert_eq!(program.get(path).0, 401, "{path}");
    }
    let connect = |offers: &str| {
        let mut request = format!("ws://{}/api/live", program.address).into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", offers.parse().unwrap());
        tungstenite::connect(request).map(|(socket, _)| Live(socket))
    };
    assert!(connect("gemwatch.board.v1").is_err());
    // base64url of the token.
    let right = "gemwatch.bearer.MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    let mut live = connect(&format!("gemwatch.board.v1, {right}")).unwrap();
    live.text("ward", |value| (value["type"] == "ward").then_some(()));
}
