//! `gemwatch doctor` in broken situations: what it says is wrong, and what it says to do.

#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_line.rs")]
mod program;

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use gemwatch::gem::Package;
use program::{gemwatch, settings_file};

/// A situation: what differs from one in which everything works, and what the doctor must say of it.
struct Situation {
    name: &'static str,
    /// Settings that follow those of the topics.
    settings: String,
    arguments: &'static [&'static str],
    variables: Vec<(&'static str, String)>,
    /// Words of the fault and of the advice.
    says: [&'static str; 2],
    status: i32,
}

/// The model is looked at only where it is the fault: a reading takes seconds.
const NO_MODEL: &str = "[readings]\nmodel = \"none\"\n[http]\nlisten = \"off\"\n";

fn situation(name: &'static str, settings: &str, says: [&'static str; 2]) -> Situation {
    Situation { name, settings: settings.to_owned(), arguments: &[], variables: Vec::new(), says, status: 1 }
}

/// A package whose weights are cut off.
fn broken_package(folder: &Path) -> String {
    let package = folder.join("package");
    fs::create_dir(&package).unwrap();
    for entry in fs::read_dir(Package::shipped().unwrap()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), package.join(entry.file_name())).unwrap();
    }
    let decoder = fs::read_dir(&package).unwrap().map(|entry| entry.unwrap().path());
    let largest = decoder.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    fs::File::options().write(true).open(&largest).unwrap().set_len(1000).unwrap();
    package.display().to_string()
}

fn situations(folder: &Path, taken: u16) -> Vec<Situation> {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let variable = |name, value: &str| (name, value.to_owned());
    let broker_at = |address: &str| vec![variable("GEMWATCH_KAFKA__BROKERS", address)];
    let model = |model: &str| format!("[readings]\nmodel = {model:?}\n[http]\nlisten = \"off\"\n");
    vec![
        Situation {
            variables: broker_at(&nobody.to_string()),
            ..situation(
                "no broker",
                NO_MODEL,
                ["no Kafka broker answered", "start the broker, or set kafka.brokers to where it listens"],
            )
        },
        Situation {
            variables: broker_at("kafka.invalid:9092"),
            ..situation("a broker of a wrong name", NO_MODEL, ["kafka.invalid:9092", "set kafka.brokers"])
        },
        Situation {
            variables: vec![variable("GEMWATCH_KAFKA__TOPICS__ALERTS", "ward.alerts")],
            ..situation(
                "a topic that is missing",
                NO_MODEL,
                ["topic ward.alerts: missing", "--create --topic ward.alerts"],
            )
        },
        Situation {
            variables: vec![variable("GEMWATCH_KAFKA__PROPERTIES__SASL_USERNAM", "gemwatch")],
            ..situation(
                "a property that is misspelt",
                NO_MODEL,
                ["sasl.usernam is none of librdkafka's", "correct it in kafka.properties"],
            )
        },
        Situation {
            variables: vec![variable("GEMWATCH_KAFKA__PROPERTIES__SECURITY_PROTOCOL", "SSL")],
            ..situation("encryption where the broker has none", NO_MODEL, ["broker", "security.protocol"])
        },
        situation(
            "no package",
            &model(&folder.join("nowhere").display().to_string()),
            ["model package", "export it again, or set readings.model to another"],
        ),
        situation("a package that is cut off", &model(&broken_package(folder)), ["model package", "export it again"]),
        Situation {
            variables: vec![variable("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")],
            ..situation(
                "no ONNX Runtime",
                &model("shipped"),
                ["ONNX Runtime", "alarms work without it; readings do not"],
            )
        },
        Situation {
            arguments: &["--role", "reader"],
            ..situation(
                "a reader without a model",
                NO_MODEL,
                ["readings.model is \"none\"", "set readings.model to \"shipped\""],
            )
        },
        situation(
            "an address that is taken",
            &format!("[readings]\nmodel = \"none\"\n[http]\nlisten = \"127.0.0.1:{taken}\"\n"),
            ["another program listens", "set http.listen to a free address"],
        ),
        situation(
            "an address of another machine",
            "[readings]\nmodel = \"none\"\n[http]\nlisten = \"192.0.2.1:9464\"\n",
            ["cannot listen on 192.0.2.1:9464", "an address of this machine"],
        ),
        situation(
            "an audit log that cannot be written",
            &format!("{NO_MODEL}[audit]\nfile = \"/nowhere/audit.jsonl\"\n"),
            ["/nowhere/audit.jsonl cannot be written to", "let the folder be there"],
        ),
        situation(
            "a collector that does not answer",
            &format!("{NO_MODEL}[telemetry]\notlp_endpoint = \"http://{nobody}\"\n"),
            ["no answer at", "start the collector"],
        ),
        Situation {
            status: 2,
            ..situation(
                "settings out of range, two at once",
                &format!("{NO_MODEL}[alarms]\nasystole_s = 90.0\nheart_rate = 3\n"),
                ["alarms.asystole_s = 90", "alarms.heart_rate is not a key"],
            )
        },
        Situation {
            status: 2,
            ..situation(
                "a secret that is not there",
                &format!("{NO_MODEL}[pseudonyms]\nkey_file = \"/nowhere/key\"\n"),
                ["pseudonyms.key_file = \"/nowhere/key\" cannot be read", "let it be there"],
            )
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_situation_has_its_advice() {
    let (_broker, kafka) = line::embedded("doctor", 2);
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    taken.set_nonblocking(true).unwrap();
    // All at once: most of them wait for an answer that does not come.
    let asked: Vec<_> = situations(folder.path(), taken.local_addr().unwrap().port())
        .into_iter()
        .map(|situation| {
            let of_its_own = tempfile::tempdir_in(folder.path()).unwrap().keep();
            let settings = settings_file(&of_its_own, &kafka, &situation.settings);
            let mut command = gemwatch(&["doctor", "--config", settings.to_str().unwrap()]);
            command.args(situation.arguments).envs(situation.variables.iter().map(|(name, value)| (name, value)));
            (situation, tokio::task::spawn_blocking(move || command.output().unwrap()))
        })
        .collect();
    for (situation, output) in asked {
        let output = output.await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        println!("{}:\n{said}", situation.name);
        assert_eq!(output.status.code(), Some(situation.status), "{}:\n{said}", situation.name);
        let [fault, advice] = situation.says;
        if situation.status == 1 {
            let at = said.find("FAULT").unwrap_or_else(|| panic!("{}: no fault in\n{said}", situation.name));
            let told = &said[at..];
            assert!(told.contains(fault), "{}: {fault:?} is missing in\n{said}", situation.name);
            let advised = told.lines().any(|line| line.contains("-> ") && line.contains(advice));
            assert!(advised, "{}: no advice {advice:?} in\n{said}", situation.name);
            assert_eq!(said.matches("FAULT").count(), 1, "{}: one fault has one advice\n{said}", situation.name);
        } else {
            assert!(said.contains(fault) && said.contains(advice), "{}: {said}", situation.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_runs_is_asked_whether_it_is_ready() {
    let (_broker, kafka) = line::embedded("doctor-ready", 1);
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let more = format!("[readings]\nmodel = \"none\"\n[http]\nlisten = \"{address}\"\n");
    let settings = settings_file(folder.path(), &kafka, &more);
    let service = program::Service::start(&settings);
    program::page(format!("http://{address}/readyz"), |status, _| status == 200).await;
    let doctor = move || {
        let output = gemwatch(&["doctor", "--config", settings.to_str().unwrap()]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, said) = tokio::task::spawn_blocking(doctor).await.unwrap();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains(&format!("an instance is alive on {address}")) && said.contains("it is at work"), "{said}");
    drop(service);
}
